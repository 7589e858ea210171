# SPDX-License-Identifier: MIT
"""`import mqtt5`: what it needs, what it does not, and what happens where something is missing.

A missing module is an ImportError with its name, and nothing worse: no crash, no other exception, no half of a package.
"""

import json
import sys

import pytest
from engines import ENGINES, PACKAGE, each_engine, run, start

import mqtt5

#: Each test names the engine that it starts.
pytestmark = pytest.mark.once

#: Starts an interpreter without site, whose files may import anything.
BARE = ("-S", "-E")


def paths() -> str:
    return f"import sys; sys.path[:] = {[str(PACKAGE.parent), *sys.path]!r}\n"


def bare(code: str, engine: str) -> str:
    """Runs code without site; the engine is forced in the code, since -E hides the environment."""
    return run(f"import os; os.environ['MQTT5_ENGINE'] = {engine!r}\n{paths()}{code}", *BARE)


def loaded_by(engine: str, code: str = "import mqtt5") -> set[str]:
    """The modules that are there after the code, and were not before."""
    found = bare(f"before = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before))", engine)
    return set(found.split())


@each_engine
def test_import_prints_nothing(engine: str) -> None:
    assert run("import mqtt5", "-W", "error", engine=engine) == ""


@pytest.mark.skipif("native" not in ENGINES, reason="this installation has no native engine")
def test_import_of_native_engine_light() -> None:
    modules = loaded_by("native")
    assert "mqtt5._native" in modules
    heavy = {"cffi", "_cffi_backend", "mqtt5._ffi", "mqtt5._portable", "dataclasses", "inspect", "typing", "ctypes"}
    heavy.add("typing_extensions")
    assert modules & heavy == set()


@pytest.mark.skipif("native" not in ENGINES, reason="this installation has no native engine")
def test_use_of_native_engine_imports_nothing() -> None:
    """The work of every program imports no further module; errors and dataclasses.fields() may."""
    code = """
import mqtt5
before = set(sys.modules)
packet = mqtt5.PublishPacket("t", b"p", qos=1, packet_id=1, user_properties=[("a", "b")])
assert mqtt5.read(packet.write())[0] == packet
assert hash(packet.replace(packet_id=2)) != hash(packet)
assert mqtt5.topic_matches("a/#", "a")
decoder = mqtt5.Decoder()
decoder.feed(packet.write())
assert list(decoder) == [packet]
repr(packet)
print(*(set(sys.modules) - before))
"""
    assert bare(code, "native").split() == []


BLOCKED = """
class Finder:
    '''Fails to import one module, as where its file is missing.'''
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            raise ImportError(f"injected: {{name}}", name=name)

sys.meta_path.insert(0, Finder())
sys.modules.pop({name!r}, None)
"""
TRIED = """
try:
    import mqtt5
except ImportError as error:
    while error.__cause__ is not None and not str(error).startswith("injected"):
        error = error.__cause__
    print("refused", "injected" in str(error), "mqtt5" in sys.modules)
else:
    packet = mqtt5.PublishPacket("t", b"p", user_properties=[("a", "b")])
    assert mqtt5.read(packet.write())[0] == packet
    print("works", mqtt5.engine)
"""


def try_without(name: str, engine: str) -> str:
    """The result of an import without that module. The interpreter must exit normally."""
    return bare(BLOCKED.format(name=name) + TRIED, engine).strip()


def modules_on_the_way(engine: str) -> list[str]:
    """All that `import mqtt5` finds through an importer, built-in modules aside."""
    found = bare(
        """
names = []
class Watcher:
    def find_spec(self, name, path=None, target=None):
        names.append(name)
sys.meta_path.insert(0, Watcher())
import mqtt5, json
print(json.dumps(names[: names.index("json")]))
""",
        engine,
    )
    return list(dict.fromkeys(json.loads(found)))


@pytest.mark.slow
@each_engine
def test_import_without_one_module_refused(engine: str) -> None:
    """Each module on the way, one at a time. A second attempt, with the module, works: nothing is left of the first.

    Of our own modules each is needed. The standard library does without some of its own, names another one, or keeps
    what it did not find.
    """
    names = modules_on_the_way(engine)
    ours = [name for name in names if name.partition(".")[0] == "mqtt5"]
    assert f"mqtt5._{engine}" in ours
    assert len(ours) >= 8
    for name in names:
        code = BLOCKED.format(name=name) + TRIED + "del sys.meta_path[0]\n" + TRIED
        first, second = bare(code, engine).splitlines()
        if name in ours:
            assert (first, second) == ("refused True False", f"works {engine}"), name
        else:
            possible = {"refused True False", "refused False False", f"works {engine}"}
            assert {first, second} <= possible, name


def test_import_without_cffi_names_it() -> None:
    """The native engine does not need it; the portable one says what is missing."""
    for engine in ENGINES:
        if engine == "native":
            assert try_without("_cffi_backend", engine) == "works native"
            continue
        done = start(f"{paths()}{BLOCKED.format(name='_cffi_backend')}import mqtt5", *BARE[:1], engine="portable")
        assert done.returncode == 1
        text = done.stderr.splitlines()[-1]
        assert text.startswith("ImportError: mqtt5 cannot start the portable engine, mqtt5._portable: ")
        assert "_cffi_backend" in text


@pytest.mark.skipif("native" not in ENGINES, reason="this installation has no native engine")
def test_import_without_native_falls_back() -> None:
    assert try_without("mqtt5._native", "") == "works portable"
    assert try_without("mqtt5._native", "native") == "refused True False"


def test_import_without_any_engine_names_both() -> None:
    code = paths() + BLOCKED.format(name="mqtt5._native") + BLOCKED.format(name="mqtt5._portable") + "import mqtt5"
    done = start(code, *BARE[:1], engine="")
    assert done.returncode == 1
    text = done.stderr.splitlines()[-1]
    assert text.startswith("ImportError: mqtt5 cannot start the native engine, mqtt5._native: injected")
    assert "; the portable engine, mqtt5._portable: injected: mqtt5._portable" in text
    assert "pip install" in text


@each_engine
def test_use_without_one_module_raises_import_error(engine: str) -> None:
    """A module that is imported on first use may be missing too: an ImportError then, not a crash."""
    code = """
import mqtt5
packet = mqtt5.PublishPacket("t", b"p")
class Derived(mqtt5.PublishPacket): pass
def assign(): packet.topic = "x"
def delete(): del packet.topic
uses = {
    "dataclasses": [assign, delete],
    "inspect": [lambda: mqtt5.PublishPacket.__signature__],
    "copy": [lambda: Derived("t", b"").__deepcopy__({})],
}
for name, calls in uses.items():
    class Finder:
        def find_spec(self, wanted, path=None, target=None):
            if wanted == name:
                raise ImportError("injected", name=name)
    sys.meta_path.insert(0, Finder())
    kept = sys.modules.pop(name, None)
    for call in calls:
        try:
            call()
        except (ImportError, AttributeError) as error:
            assert str(error)
    del sys.meta_path[0]
    if kept is not None:
        sys.modules[name] = kept
assert packet == mqtt5.PublishPacket("t", b"p")
print("done")
"""
    assert bare(code, engine) == "done\n"


@each_engine
def test_import_again_after_removal_independent(engine: str) -> None:
    """As a reload of everything does: two packages at once, each with its own classes."""
    code = """
import mqtt5
first = mqtt5
for name in [name for name in sys.modules if name.partition(".")[0] == "mqtt5" and name != "mqtt5._ffi"]:
    del sys.modules[name]
import mqtt5
assert first is not mqtt5
for each, other in (first, mqtt5), (mqtt5, first):
    packet = each.PublishPacket("t", b"p", qos=1, packet_id=1)
    assert each.read(packet.write()) == (packet, len(packet.write()))
    assert type(each.read(packet.write())[0]) is each.PublishPacket
    assert packet != other.PublishPacket("t", b"p", qos=1, packet_id=1)
    try:
        each.ConnectPacket("c", will=other.Will("t"))
    except TypeError:
        pass
    else:
        raise AssertionError
print(first.engine, mqtt5.engine)
"""
    assert bare(code, engine).split() == [engine, engine]


def test_package_version_is_text() -> None:
    assert mqtt5.__version__.count(".") == 2
