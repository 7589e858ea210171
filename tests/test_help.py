# SPDX-License-Identifier: MIT
"""help(), type hints and pytest's explanations: how tools show the public classes and functions, on both engines."""

import compileall
import inspect
import pydoc
import re
import shutil
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engines import ENGINES, PACKAGE, each_engine, environment
from samples import CLASSES, each_class, ids, names_of

import mqtt5
from mqtt5 import ConnectPacket, DecodeError, PublishPacket


def members() -> Iterator[tuple[str, Any]]:
    """The classes, methods and functions that have a public name."""
    for name in mqtt5.__all__:
        found = getattr(mqtt5, name)
        if not callable(found):
            continue
        yield name, found
        for key in dir(found) if isinstance(found, type) else ():
            member = inspect.getattr_static(found, key)
            if isinstance(member, property):
                member = member.fget
            elif isinstance(member, (classmethod, staticmethod)):
                member = member.__func__
            if inspect.isroutine(member) and not key.startswith("_"):
                yield f"{name}.{key}", member


MEMBERS = dict(members())


@pytest.mark.parametrize("name", MEMBERS)
def test_type_hints_of_public_name_resolved(name: str) -> None:
    found = MEMBERS[name]
    hints = typing.get_type_hints(found) if hasattr(found, "__annotations__") else {}
    if inspect.isroutine(found) and str(getattr(found, "__module__", "mqtt5")).startswith(
        "mqtt5"
    ):  # in C, it cannot carry hints
        assert bool(hints) == inspect.isfunction(found)
    assert all(isinstance(hint, type) or typing.get_args(hint) for hint in hints.values())


def test_type_hints_of_answers_name_packets() -> None:
    assert typing.get_type_hints(DecodeError.connack)["return"] is mqtt5.ConnAckPacket
    assert typing.get_type_hints(DecodeError.disconnect)["return"] is mqtt5.DisconnectPacket


@each_class
def test_signature_has_values_as_defaults(cls: Any) -> None:
    """Sequences have () and not a factory or a placeholder."""
    for name, parameter in inspect.signature(cls).parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            field = cls.__dataclass_fields__[name]
            assert parameter.default == field.default
            plural = str(parameter.annotation).startswith("tuple[")
            assert (parameter.default == ()) == plural


def texts_of(cls: Any) -> dict[str, str]:
    """The text of each field in the documentation of a class."""
    lines = inspect.getdoc(cls).splitlines()[1:]  # type: ignore[union-attr]
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        if start := re.match(r"(\w+): ", line):
            name = start[1]
            found[name] = ""
        elif line.startswith("    "):
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found


@each_class
def test_documentation_states_section_of_each_field(cls: Any) -> None:
    texts = texts_of(cls)
    assert list(texts) == names_of(cls)
    for name, text in texts.items():
        assert re.search(r"\((\d+\.)+\d+(, (\d+\.)+\d+)*\)\.$", text), f"{name}: {text}"


#: The kinds of numbers, and what the text of a field of each states.
RANGES = {
    r"(_id|_alias|receive_max|max_packet_size)$": "1 to ",
    r"_interval$": r"seconds, (0|1) to 4,294,967,295",
    r"keep_alive$": r"seconds, 0 to 65,535",
    r"topic_alias_max$": r"0 to 65,535",
}


@pytest.mark.parametrize("cls", CLASSES, ids=ids)
def test_documentation_states_range_of_each_number(cls: Any) -> None:
    hints = typing.get_type_hints(cls)
    for name, text in texts_of(cls).items():
        for pattern, said in RANGES.items():
            if re.search(pattern, name) and hints[name] in (int, int | None):
                assert re.search(said, text), f"{name}: {text}"


def test_help_shows_fields_and_texts() -> None:
    shown = pydoc.plain(pydoc.render_doc(PublishPacket))
    assert "topic_alias: int | None = None\n" in shown
    assert texts_of(PublishPacket)["qos"] in " ".join(shown.replace("|", " ").split())
    assert "subscription_ids: tuple[int, ...] = ()\n" in shown
    assert "password: bytes | None = None\n" in pydoc.plain(pydoc.render_doc(ConnectPacket))


@each_engine
def test_help_without_source_shows_names_and_types(engine: str, tmp_path: Path) -> None:
    copy = tmp_path / "mqtt5"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_file(copy / "packets.py", legacy=True, quiet=2)
    (copy / "packets.py").unlink()
    done = subprocess.run(
        [sys.executable, "-c", "import mqtt5; print(mqtt5.__file__); print(mqtt5.PubAckPacket.__doc__)"],
        env=environment(engine) | {"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    file, *lines = done.stdout.splitlines()
    assert Path(file) == copy / "__init__.py"
    assert lines == [
        "PUBACK: the answer to a PUBLISH with QoS 1 (3.4).",
        "",
        "packet_id: int",
        "reason_code: mqtt5.enums.PubAckReasonCode = PubAckReasonCode.SUCCESS",
        "reason_str: str | None = None",
        "user_properties: tuple[tuple[str, str], ...] = ()",
    ]


UNEQUAL = """\
from mqtt5 import PublishPacket

def test_unequal():
    assert PublishPacket("t", b"", retain=True) == PublishPacket("t", b"x", user_properties=[("k", "v")])
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_pytest_names_differing_fields(engine: str, tmp_path: Path) -> None:
    (tmp_path / "test_unequal.py").write_text(UNEQUAL)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-vv", "test_unequal.py"],
        env=environment(engine),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    _, found, differing = done.stdout.partition("Differing attributes:")
    assert found, done.stdout
    assert "['payload', 'retain', 'user_properties']" in differing
    assert "Drill down into differing attribute retain:" in differing
