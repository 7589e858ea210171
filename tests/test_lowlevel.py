# SPDX-License-Identifier: MIT
"""mqtt5.lowlevel: the samples of its page, and that it is the C interface as the header declares it."""

import gc
import re
from pathlib import Path

import pytest
from engines import cpython

import mqtt5
from mqtt5 import lowlevel
from mqtt5.lowlevel import body, ffi, lib

PAGE = Path(__file__).parent.parent / "docs" / "lowlevel.md"
HEADER = (Path(mqtt5.get_include()) / "mqtt5.h").read_text("utf-8")
DECLARED = HEADER.split("/* cdef begin */")[1].split("/* cdef end */")[0].replace("MQTT5_API ", "")
INTERNAL = re.compile("slot|image|direct_view")


@cpython
def test_samples_of_page_run():
    """They are one program; each block stands at its own line, so that an error names the line of the page."""
    text = PAGE.read_text("utf-8")
    blocks = list(re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    assert len(blocks) >= 5
    names = {}
    for block in blocks:
        source = "\n" * text.count("\n", 0, block.start(1)) + block[1]
        exec(compile(source, str(PAGE), "exec"), names)


def test_lib_is_what_the_header_declares():
    text = re.sub(r"/\*.*?\*/", "", DECLARED, flags=re.DOTALL)
    functions = set(re.findall(r"\b(mqtt5_\w+)\(", text))
    constants = set(re.findall(r"\bMQTT5_\w+", text))
    assert len(functions) >= 16
    public = {name for name in dir(lib) if not INTERNAL.search(name)}
    assert public == functions | constants


def test_header_types_and_macros_prefixed():
    """Functions and constants have it, otherwise the test above would fail."""
    types, structs, unions = ffi.list_types()
    names = {*types, *structs, *unions, *re.findall(r"^ *# *define (\w+)", HEADER, re.MULTILINE)}
    assert {"mqtt5_packet", "mqtt5_status", "MQTT5_VIEW"} <= names
    assert [name for name in names if not name.lower().startswith("mqtt5_")] == []


@pytest.mark.parametrize("packet_type", list(mqtt5.PacketType))
def test_body_is_the_struct_of_each_type(packet_type):
    packet = ffi.new("mqtt5_packet *", {"type": packet_type})
    if packet_type in (mqtt5.PacketType.PINGREQ, mqtt5.PacketType.PINGRESP):
        assert body(packet) is None
    else:
        # A name that is the same type as another one is spelled as that in C.
        expected = ffi.typeof(f"mqtt5_{packet_type.name.lower()}")
        assert ffi.typeof(body(packet)) is expected
        assert ffi.addressof(body(packet).properties) == ffi.addressof(getattr(packet, "as").properties)


@pytest.mark.parametrize("number", [0, 16, 255])
def test_body_of_no_packet_at_all(number):
    with pytest.raises(ValueError, match=f"type must be an mqtt5_type, not {number}"):
        body(ffi.new("mqtt5_packet *", {"type": number}))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_fields_are_views_of_the_callers_bytes(kind):
    message = mqtt5.PublishPacket("a/b", bytes(range(256)) * 1000, user_properties=[("k", "v")] * 3)
    received = kind(message.write())
    source = ffi.from_buffer("uint8_t[]", received)
    packet, size = ffi.new("mqtt5_packet *"), ffi.new("size_t *")
    assert lib.mqtt5_decode(source, len(source), ffi.NULL, packet, size, ffi.NULL) == lib.MQTT5_OK
    payload = body(packet).payload
    start = payload.data - source
    view = memoryview(received)[start : start + payload.size]
    assert view == message.payload == bytes(ffi.buffer(payload.data, payload.size))
    assert ffi.from_buffer("uint8_t[]", view) == payload.data  # the same place in memory
    del source, received, packet, payload
    gc.collect()
    assert view == message.payload  # it keeps what it is a view of


def test_decoded_packet_encoded_unchanged():
    data = mqtt5.SubscribePacket(
        1, [mqtt5.TopicFilter("a/#"), mqtt5.TopicFilter("b")], user_properties=[("", "")]
    ).write()
    source, out = ffi.from_buffer("uint8_t[]", data), bytearray(len(data))
    packet, size = ffi.new("mqtt5_packet *"), ffi.new("size_t *")
    assert lib.mqtt5_decode(source, len(source), ffi.NULL, packet, size, ffi.NULL) == lib.MQTT5_OK
    assert (
        lib.mqtt5_encode(packet, ffi.NULL, ffi.from_buffer("uint8_t[]", out, True), len(out), size, ffi.NULL)
        == lib.MQTT5_OK
    )
    assert out == data


def test_its_names():
    assert sorted(lowlevel.__all__) == ["body", "ffi", "lib"]
    assert lowlevel.__doc__
