# SPDX-License-Identifier: MIT
"""Several interpreters in one process: the native engine works in each, and nothing is left when they end.

From Python 3.12 on each has a GIL of its own. The portable engine is not among them: cffi cannot be loaded there.
MQTT5_INTERPRETER_ROUNDS in the environment says how often four are made, used at once, and ended.
"""

import os
import sys

import pytest
from engines import ENGINES, PACKAGE, native, run

pytestmark = [
    native,
    pytest.mark.skipif(sys.implementation.name != "cpython", reason="PyPy has one interpreter in a process"),
]

ROUNDS = int(os.environ.get("MQTT5_INTERPRETER_ROUNDS", "4"))

#: One API for all versions: create(), run(id, code) that raises, destroy(id).
API = """
import os, sys, threading
try:
    import _interpreters as api
except ImportError:
    import _xxsubinterpreters as api

def create():
    return api.create()

def run(interpreter, code):
    failed = (getattr(api, "exec", None) or api.run_string)(interpreter, code)
    if failed is not None:
        raise RuntimeError(getattr(failed, "formatted", failed))
"""

USE = f"""
import os, sys
sys.path[:] = {[str(PACKAGE.parent), *sys.path]!r}
os.environ["MQTT5_ENGINE"] = "native"
import mqtt5
assert mqtt5.engine == "native"
packet = mqtt5.PublishPacket("t" * 20, b"p" * 50, qos=1, packet_id=1, user_properties=[("a", "b")] * 3)
connect = mqtt5.ConnectPacket("c", will=mqtt5.Will("w", payload=b"x"))
class Derived(mqtt5.PublishPacket): pass
decoder = mqtt5.Decoder()
for i in range(50):
    data = packet.replace(packet_id=i + 1).write() + connect.write()
    decoder.feed(data)
    assert list(decoder) == [packet.replace(packet_id=i + 1), connect]
    assert hash(mqtt5.read(data)[0]) == hash(packet.replace(packet_id=i + 1))
    assert Derived("t", b"").write() == mqtt5.PublishPacket("t", b"").write()
try:
    packet.topic = "x"
except AttributeError:
    pass
for wrong in (b"", b"\\\\0\\\\0", b"\\\\x30\\\\x03\\\\0\\\\1#"):
    try:
        mqtt5.read(wrong)
    except mqtt5.Error as error:
        assert str(error)
kept = [packet, Derived("t", b"p")]
kept.append(kept)
Derived.kept = kept
"""

#: The modules of the standard library that mqtt5 imports, for comparison.
STDLIB = """
import os, sys, enum, reprlib, operator, types, dataclasses
"""

MEASURE = """
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

errors = []
def work(interpreter):
    try:
        run(interpreter, CODE)
    except BaseException as error:
        errors.append(error)

def round():
    interpreters = [create() for _ in range(4)]
    threads = [threading.Thread(target=work, args=(each,)) for each in interpreters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in interpreters:
        api.destroy(each)
    if errors:
        raise errors[0]

for _ in range(4):
    round()
before = resident()
for _ in range(ROUNDS):
    round()
print(resident() - before)
"""


def test_interpreter_beside_main_one_works() -> None:
    code = f"""{API}
CODE = {USE!r}
first, second = create(), create()
for each in (first, second, first):
    run(each, CODE)
exec(CODE)
api.destroy(first)
exec(CODE)
run(second, CODE)
api.destroy(second)
exec(CODE)
print("done")
"""
    assert run(code, timeout=300) == "done\n"


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the size of a process is read from /proc")
def test_interpreters_used_at_once_leave_no_memory() -> None:
    """Four at once, again and again: not more growth than with the standard library's modules alone.

    Free-threaded Python 3.14 and Python 3.12 and 3.13 keep megabytes of each interpreter that ends, whatever it has
    imported: nothing can be told there.
    """
    grown = {}
    for name, code in (("stdlib", STDLIB), ("mqtt5", USE)):
        grown[name] = int(run(f"{API}\nROUNDS = {ROUNDS}\nCODE = {code!r}\n{MEASURE}", timeout=600))
        if grown["stdlib"] > 5_000_000 + ROUNDS * 4 * 500_000:
            pytest.skip(f"this Python keeps {grown['stdlib'] // (ROUNDS * 4):,} bytes of each interpreter by itself")
    noise = 5_000_000  # of the allocator, however many rounds
    assert grown["mqtt5"] < grown["stdlib"] + noise + ROUNDS * 4 * 10_000, grown


@pytest.mark.skipif("portable" not in ENGINES, reason="this installation has no portable engine")
def test_interpreter_with_portable_engine_imports_or_refuses() -> None:
    """cffi cannot be loaded in an interpreter with its own GIL: an ImportError, not a crash."""
    code = f"""{API}
each = create()
run(each, '''
import os, sys
sys.path[:] = {[str(PACKAGE.parent), *sys.path]!r}
os.environ["MQTT5_ENGINE"] = "portable"
try:
    import mqtt5
except ImportError as error:
    assert str(error)
else:
    assert mqtt5.read(mqtt5.PingReqPacket().write())[1] == 2
''')
api.destroy(each)
print("done")
"""
    assert run(code) == "done\n"
