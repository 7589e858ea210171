# SPDX-License-Identifier: MIT
"""The choice of the engine, and what both share besides results: names, signatures, documentation."""

import inspect
import pickle
import subprocess
import sys
import typing
from collections.abc import Callable
from typing import Any

import pytest
from engines import ENGINES, each_engine, environment, run, start
from samples import CLASSES, ids

import mqtt5
from mqtt5 import (
    AuthPacket,
    BasePacket,
    ConnectPacket,
    Decoder,
    PingReqPacket,
    PublishPacket,
    QoS,
    SubscribePacket,
    TopicFilter,
    Will,
)

DELIVERY = (
    "packet_id=None, qos=Ellipsis, retain=Ellipsis, duplicate=False, topic_alias=Ellipsis, subscription_ids=Ellipsis, "
    "message_expiry_interval=Ellipsis"
)
SIGNATURES = {
    "read": "(buffer, *, strict=True, sender=None, max_packet_size=None, max_list_items=None, "
    "forbid_control_characters=False)",
    "Decoder": "(max_packet_size=None, *, sender=None, from_start=True, strict=True, max_list_items=None, "
    "forbid_control_characters=False)",
    "Decoder.feed": "(self, data, /)",
    "Decoder.skip": "(self)",
    "PublishPacket.replace": "(self, **changes)",
    "PublishPacket.write": "(self, *, max_packet_size=None, forbid_control_characters=False)",
    "PublishPacket.write_parts": "(self, *, max_packet_size=None, forbid_control_characters=False)",
    "PublishTemplate": "(packet)",
    "PublishTemplate.write": f"(self, *, {DELIVERY})",
    "PublishTemplate.write_parts": f"(self, *, {DELIVERY})",
    "Will.publish": "(self, packet_id=None)",
    "topic_matches": "(filter, topic)",
}


def find(name: str) -> object:
    found: object = mqtt5
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize(("name", "signature"), SIGNATURES.items())
def test_signature_of_function_as_documented(name: str, signature: str) -> None:
    parameters = inspect.signature(find(name)).parameters.values()  # type: ignore[arg-type]
    plain = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    shown = str(inspect.Signature(plain))
    assert shown.replace("(self, /", "(self") == signature


@pytest.mark.parametrize(
    ("name", "words"),
    {
        "read": "left alone",
        "Decoder": "in pieces of any size",
        "Decoder.feed": "bytes-like object",
        "Decoder.buffered": "wait for more",
        "Decoder.max_packet_size": "Largest packet",
        "Decoder.max_list_items": "Largest number of items",
        "PublishPacket.lenient": "docs/leniencies.md",
        "PublishPacket.packet_size": "without writing",
        "PublishPacket.write": "shortest encoding",
        "PublishTemplate": "encoded once",
    }.items(),
)
def test_documentation_of_function_complete(name: str, words: str) -> None:
    found = find(name)
    assert words in (inspect.getdoc(found) or "")
    assert not (inspect.getdoc(found) or "").startswith("(")


def test_names_of_functions_lead_back() -> None:
    assert (mqtt5.Decoder.__module__, mqtt5.Decoder.__qualname__) == ("mqtt5.stream", "Decoder")
    assert (mqtt5.read.__module__, mqtt5.read.__name__) == ("mqtt5.stream", "read")
    assert (mqtt5.topic_matches.__module__, mqtt5.topic_matches.__name__) == ("mqtt5.topics", "topic_matches")
    assert (BasePacket.__module__, BasePacket.__qualname__) == ("mqtt5._engine", "BasePacket")
    assert pickle.loads(pickle.dumps([mqtt5.read, mqtt5.Decoder, mqtt5.topic_matches, BasePacket])) == [
        mqtt5.read,
        mqtt5.Decoder,
        mqtt5.topic_matches,
        BasePacket,
    ]


WHICH = "import mqtt5; print(mqtt5.engine, mqtt5.PingReqPacket().write().hex())"


def test_engine_by_default_is_best() -> None:
    for wanted in (None, ""):
        assert run(WHICH, engine=wanted).split() == [ENGINES[0], "c000"]


@each_engine
def test_engine_forced_runs(engine: str) -> None:
    assert run(WHICH, engine=engine).split() == [engine, "c000"]


@each_engine
def test_engine_in_version_of_command_line(engine: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mqtt5", "--version"],
        env=environment(engine),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert mqtt5.__version__ in done.stdout
    assert engine in done.stdout


@pytest.mark.parametrize("engine", ["nonsense", "NATIVE", " ", "cffi", "speedups"])
def test_engine_of_unknown_name_refused(engine: str) -> None:
    """The names of older versions among them: the error gives the new ones."""
    done = start("import mqtt5", engine=engine)
    assert (done.returncode, done.stdout) == (1, "")
    text = done.stderr.splitlines()[-1]
    assert text == f"ImportError: MQTT5_ENGINE={engine}: unknown engine; there are native and portable"


def test_engine_is_public_name() -> None:
    assert mqtt5.engine in ("native", "portable")
    assert mqtt5.engine == (__import__("os").environ.get("MQTT5_ENGINE") or ENGINES[0])


@pytest.mark.parametrize("cls", CLASSES, ids=ids)
def test_type_hints_of_class_resolved(cls: Any) -> None:
    hints = typing.get_type_hints(cls)
    parameters = inspect.signature(cls).parameters
    assert {name: hints[name] for name in parameters} == {n: p.annotation for n, p in parameters.items()}
    assert all(isinstance(hint, type) or typing.get_args(hint) for hint in hints.values())


def test_type_hints_of_publish_as_documented() -> None:
    hints = typing.get_type_hints(PublishPacket)
    expected = {
        "topic": str,
        "payload": bytes,
        "qos": QoS,
        "retain": bool,
        "packet_id": int | None,
        "duplicate": bool,
        "payload_format_indicator": int,
        "message_expiry_interval": int | None,
        "content_type": str | None,
        "response_topic": str | None,
        "correlation_data": bytes | None,
        "subscription_ids": tuple[int, ...],
        "topic_alias": int | None,
        "user_properties": tuple[tuple[str, str], ...],
    }
    assert {name: hints[name] for name in expected} == expected
    assert typing.get_type_hints(ConnectPacket)["will"] == Will | None
    assert typing.get_type_hints(SubscribePacket)["topic_filters"] == tuple[TopicFilter, ...]


def test_bytearray_after_construction_resizable() -> None:
    """No view of it is left, also where objects are not freed at once."""
    data = bytearray(b"payload")
    with memoryview(data) as view:
        assert AuthPacket(authentication_method="m", authentication_data=view).authentication_data == b"payload"
    packets = [
        PublishPacket("t", data, correlation_data=data),
        Will("t", payload=data),
        ConnectPacket("c", password=data, authentication_method="m", authentication_data=data),
    ]
    data += b"more"
    data.clear()
    assert packets[0].payload == packets[1].payload == packets[2].password == b"payload"  # type: ignore[union-attr]


def test_bytearray_after_read_resizable() -> None:
    buffer = bytearray(PingReqPacket().write() + b"\x30")
    decoder = Decoder()
    steps: list[Callable[[], object]] = [
        lambda: mqtt5.read(buffer),
        lambda: decoder.feed(buffer),
        lambda: list(decoder),
    ]
    for step in steps:
        step()
        buffer.extend(b"\0")
        del buffer[-1]
    for wrong in (b"", b"\x30", b"\0\0"):
        buffer[:] = wrong
        with pytest.raises(mqtt5.Error):
            mqtt5.read(buffer)
        buffer.extend(b"\0")
