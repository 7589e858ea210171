# SPDX-License-Identifier: MIT
"""Every vector that has options, read with them whole, cut short, byte by byte and with a tail, and written again.

What is right is in the vectors; these tests know only which argument an option is.
"""

import copy
import pickle
from typing import Any

import pytest
from option_vectors import FIT, LENIENT, OPTION_FILES
from vectors_data import ALL, FILES, check_each

import mqtt5
from mqtt5.testing import OptionVector

each_file = pytest.mark.parametrize("file", OPTION_FILES)

TAIL = b"\xc0\x00\xff"

FIRST = {"client": mqtt5.ConnectPacket("c"), "server": mqtt5.ConnAckPacket()}


def arguments(vector: OptionVector) -> dict[str, Any]:
    """The arguments of read() and Decoder, except for the stage."""
    options = vector.options
    limits = {name: int(options[name]) for name in ("max_packet_size", "max_list_items") if name in options}
    return {
        "sender": options.get("sender"),
        "strict": "lenient" not in vector.options,
        "forbid_control_characters": "forbid_control_characters" in options,
        **limits,
    }


def decoder_of(vector: OptionVector) -> mqtt5.Decoder:
    """A Decoder at the stage of the line."""
    stage = vector.options.get("stage")
    decoder = mqtt5.Decoder(**arguments(vector), from_start=stage is not None)
    if stage == "open":
        decoder.feed(FIRST[vector.options["sender"]].write())
        assert len(list(decoder)) == 1
    return decoder


def read(vector: OptionVector, data: bytes) -> tuple[mqtt5.Packet, int]:
    """As mqtt5.read(), also where the stage has to be known."""
    if "stage" not in vector.options:
        return mqtt5.read(data, **arguments(vector))
    decoder = decoder_of(vector)
    decoder.feed(data)
    for packet in decoder:
        return packet, len(data) - decoder.buffered
    raise mqtt5.IncompleteError(needed=len(data) + 1)


def check_error(vector: OptionVector, error: mqtt5.DecodeError) -> None:
    """What the line says of a refused packet; what it says nothing about is left open."""
    assert error.reason_code == vector.code
    assert error.packet_type == (vector.data[0] >> 4 or None)
    found = {
        "field": error.field,
        "offset": error.offset,
        "index": error.index or 0,
        "size": error.packet_size or 0,
        "id": error.packet_id or 0,
        "protocol": error.protocol,
        "level": error.protocol_level or 0,
    }
    for name, value in vector.result.items():
        assert str(found[name]) == value, name
    for name in ("packet_size", "packet_id", "protocol_level"):
        assert getattr(error, name) != 0, f"{name} is None if it is unknown"
    if "level" in vector.result and "protocol" not in vector.result:
        assert error.protocol is None
    if "index" not in vector.result:
        assert error.index is None, "not a list"


def shown(packet: Any, name: str) -> str:
    """The value of a field, as the format writes it."""
    for part in name.split("."):
        packet = getattr(packet, part)
    if isinstance(packet, tuple):
        return ",".join(str(int(item)) for item in packet)
    return f'"{packet}"' if isinstance(packet, str) else str(int(packet))


@each_file
def test_whole(file: str) -> None:
    def check(vector: OptionVector) -> None:
        if not vector.valid:
            with pytest.raises(mqtt5.DecodeError) as caught:
                read(vector, vector.data)
            check_error(vector, caught.value)
            return
        packet, size = read(vector, vector.data)
        assert size == len(vector.data)
        assert packet.lenient == (vector.result.get("lenient") == "1")
        for name, value in vector.result.items():
            if name not in ("lenient", "entries", "written"):
                assert shown(packet, name) == value

    check_each(OPTION_FILES[file], check)


@each_file
def test_prefix_never_accepted(file: str) -> None:
    def check(vector: OptionVector) -> None:
        for size in range(min(len(vector.data), 100)):
            with pytest.raises(mqtt5.Error) as caught:
                read(vector, vector.data[:size])
            if isinstance(caught.value, mqtt5.DecodeError):
                assert not vector.valid
                assert caught.value.reason_code == vector.code

    check_each(OPTION_FILES[file], check)


@each_file
def test_bytes_after_packet_do_not_matter(file: str) -> None:
    def check(vector: OptionVector) -> None:
        if vector.valid:
            assert read(vector, vector.data + TAIL) == read(vector, vector.data)
            return
        with pytest.raises(mqtt5.DecodeError) as caught:
            read(vector, vector.data + TAIL)
        check_error(vector, caught.value)

    check_each(OPTION_FILES[file], check)


@each_file
def test_decoder_byte_by_byte(file: str) -> None:
    def check(vector: OptionVector) -> None:
        decoder = decoder_of(vector)
        found: list[object] = []
        try:
            for i in range(len(vector.data)):
                decoder.feed(vector.data[i : i + 1])
                found += list(decoder)
        except mqtt5.DecodeError as error:
            found.append(error.reason_code)
        assert found == [mqtt5.read(vector.data, strict=False)[0] if vector.valid else vector.code]
        assert decoder.buffered == 0 or not vector.valid

    check_each([vector for vector in OPTION_FILES[file] if len(vector.data) < 400], check)


@each_file
def test_written_as_line_says(file: str) -> None:
    def check(vector: OptionVector) -> None:
        packet, _ = read(vector, vector.data)
        data = packet.write()
        if vector.verdict == "ok":
            assert data == vector.data
        else:
            assert data != vector.data
            assert data.hex() == vector.result.get("written", data.hex())
        again, size = mqtt5.read(data, strict=False)
        assert (again, size) == (packet, len(data))
        for same in (copy.copy(packet), copy.deepcopy(packet), pickle.loads(pickle.dumps(packet)), packet.replace()):
            assert same == packet
            assert same.lenient is packet.lenient
            assert same.write() == data

    # The codec keeps a default that was sent only if nothing was omitted: see "(its default)" in README.md.
    lines = [vector for vector in OPTION_FILES[file] if vector.valid]
    if lines:
        check_each(lines, check)


@each_file
def test_option_only_restricts(file: str) -> None:
    """What an option other than lenient accepts is accepted without it, and means the same."""

    def check(vector: OptionVector) -> None:
        packet, _ = read(vector, vector.data)
        if packet.lenient:
            with pytest.raises(mqtt5.DecodeError):
                mqtt5.read(vector.data)
        else:
            assert mqtt5.read(vector.data)[0] == packet

    lines = [vector for vector in OPTION_FILES[file] if vector.valid]
    if lines:
        check_each(lines, check)


@pytest.mark.parametrize("file", FILES)
def test_lenient_accepts_only_what_is_listed(file: str) -> None:
    def check(vector: Any) -> None:
        listed = LENIENT.get(vector.data, vector)
        if not listed.valid:
            with pytest.raises(mqtt5.DecodeError) as caught:
                mqtt5.read(vector.data, strict=False)
            assert caught.value.reason_code == listed.code
            return
        packet, size = mqtt5.read(vector.data, strict=False)
        assert size == len(vector.data)
        assert packet.lenient is not vector.valid
        if vector.valid:
            assert packet == mqtt5.read(vector.data)[0]

    check_each(FILES[file], check)


def test_skip_goes_on_after_refused_packet() -> None:
    """The next packet is read, unless where the refused one ends is unknown."""
    ping = mqtt5.PingReqPacket().write()

    def check(vector: Any) -> None:
        options = arguments(vector) | {"sender": None} if isinstance(vector, OptionVector) else {}
        decoder = mqtt5.Decoder(**options)
        decoder.feed(vector.data)
        try:
            list(decoder)
        except mqtt5.DecodeError as error:
            if error.packet_size is None:
                with pytest.raises(mqtt5.DecodeError):
                    decoder.skip()
                return
            decoder.skip()
            decoder.feed(bytes(error.packet_size - len(vector.data)) + ping)
            assert list(decoder) == [mqtt5.PingReqPacket()]

    small = [vector for vector in ALL if not vector.valid and len(vector.data) < 400]
    check_each([*small, *OPTION_FILES["options-lenient.tsv"], *OPTION_FILES["options-places.tsv"]], check)


def test_fit_writes_what_line_says() -> None:
    def check(vector: OptionVector) -> None:
        packet, _ = mqtt5.read(vector.data)
        limit = int(vector.options["fit"])
        if vector.valid:
            written = packet.write(max_packet_size=limit)
            assert written.hex() == vector.result.get("written", vector.data.hex())
            return
        with pytest.raises(mqtt5.PacketTooLarge) as caught:
            packet.write(max_packet_size=limit)
        assert caught.value.packet_size == int(vector.result["size"]) == packet.packet_size
        assert caught.value.max_packet_size == limit

    check_each(FIT, check)
