# SPDX-License-Identifier: MIT
"""Every vector, read and written in every way there is.

Each test is for one file and goes through all of its lines. What is right is in the vectors; these tests know
only what it means for a packet to be right, wrong or incomplete.
"""

import copy
import dataclasses
import pickle

import pytest
from samples import without_secrets
from vectors_data import ALL, FILES, TOPICS, Vector, check_each

import mqtt5

each_file = pytest.mark.parametrize("file", FILES)

#: Up to this size a packet is tried at every prefix and byte by byte.
SHORT = 400


def outcome(data: bytes | bytearray | memoryview) -> object:
    """The result of read(), for comparison: the packet, the needed size, or the error."""
    try:
        packet, size = mqtt5.read(data)
    except mqtt5.IncompleteError as error:
        return "incomplete", error.needed
    except mqtt5.DecodeError as error:
        return "bad", error.reason_code, error.field, error.offset
    return "packet", packet, size


def expected(vector: Vector) -> object:
    """The same for a whole vector. Fields and offsets are not in the vectors: they are as read() says."""
    found = outcome(vector.data)
    if vector.valid:
        assert found == ("packet", mqtt5.read(vector.data)[0], len(vector.data))
    else:
        assert found[:2] == ("bad", vector.code)
    return found


def prefixes(size: int) -> list[int]:
    """The sizes of the proper prefixes of a packet, or of a long one those at both ends and some between."""
    if size <= SHORT:
        return list(range(size))
    return sorted({*range(100), *range(100, size, size // 50), *range(size - 100, size)})


def header_size(data: bytes) -> int:
    """The size of a valid fixed header."""
    return next(i for i in range(1, 5) if data[i] < 0x80) + 1


def test_there_are_vectors_for_every_packet_type() -> None:
    assert {vector.data[0] >> 4 for vector in ALL if vector.valid} == set(range(1, 16))
    assert {vector.code for vector in ALL} == {0, 0x81, 0x82, 0x84, 0x94}
    assert len(ALL) > 8000


@each_file
def test_whole(file: str) -> None:
    def check(vector: Vector) -> None:
        if vector.valid:
            packet, size = mqtt5.read(vector.data)
            assert size == len(vector.data)
            assert packet.packet_type == vector.data[0] >> 4
            return
        with pytest.raises(mqtt5.DecodeError) as caught:
            mqtt5.read(vector.data)
        error = caught.value
        assert error.reason_code == vector.code
        assert type(error.reason_code) is int
        assert type(error.field) is str
        assert error.field != ""
        assert type(error.offset) is int
        assert 0 <= error.offset <= len(vector.data)
        assert error.field in str(error)

    check_each(FILES[file], check)


@each_file
def test_prefix_of_valid_packet_incomplete(file: str) -> None:
    def check(vector: Vector) -> None:
        header = header_size(vector.data)
        for size in prefixes(len(vector.data)):
            with pytest.raises(mqtt5.IncompleteError) as caught:
                mqtt5.read(vector.data[:size])
            # Two bytes are the shortest packet; of a longer header the next byte has to be seen.
            needed = len(vector.data) if size >= header else max(2, size + 1)
            assert (size, caught.value.needed) == (size, needed)
            assert type(caught.value.needed) is int

    check_each([vector for vector in FILES[file] if vector.valid], check)


@each_file
def test_prefix_of_bad_packet_same_or_incomplete(file: str) -> None:
    def check(vector: Vector) -> None:
        for size in prefixes(len(vector.data)):
            found = outcome(vector.data[:size])
            if found[0] == "incomplete":
                assert found[1] > size
            else:
                assert (size, found[:2]) == (size, ("bad", vector.code))

    check_each([vector for vector in FILES[file] if not vector.valid], check)


@each_file
def test_bytes_behind_a_packet_do_not_matter(file: str) -> None:
    def check(vector: Vector) -> None:
        for tail in (b"\x00", b"\xff", b"\xc0\x00", vector.data[:1000], b"\x80" * 10):
            assert outcome(vector.data + tail) == expected(vector), tail

    check_each(FILES[file], check)


@each_file
def test_any_buffer(file: str) -> None:
    def check(vector: Vector) -> None:
        right = expected(vector)
        assert outcome(bytearray(vector.data)) == right
        assert outcome(memoryview(vector.data)) == right
        assert outcome(memoryview(bytearray(vector.data))) == right
        larger = bytearray(b"\x30\x00\xff" + vector.data + b"\xff\x30")
        with memoryview(larger) as view, view[3:] as rest, view[3:-2] as exact, exact.toreadonly() as readonly:
            assert outcome(rest) == right
            assert outcome(exact) == right
            assert outcome(readonly) == right
        larger.append(0)  # a BufferError if anything still held the buffer

    check_each(FILES[file], check)


@each_file
def test_packet_independent_of_buffer(file: str) -> None:
    def check(vector: Vector) -> None:
        buffer = bytearray(vector.data)
        packet, _ = mqtt5.read(buffer)
        buffer[:] = bytes(len(buffer))
        assert packet == mqtt5.read(vector.data)[0]

    check_each([vector for vector in FILES[file] if vector.valid], check)


def decoded(decoder: mqtt5.Decoder) -> list[object]:
    """The packets that a decoder gives, and the error that ends them."""
    found: list[object] = []
    try:
        for packet in decoder:
            found.append(packet)
    except mqtt5.DecodeError as error:
        found.append(("bad", error.reason_code, error.field, error.offset))
    return found


@each_file
def test_decoder_whole(file: str) -> None:
    def check(vector: Vector) -> None:
        right = expected(vector)
        decoder = mqtt5.Decoder()
        decoder.feed(vector.data)
        assert decoded(decoder) == [right[1] if vector.valid else right]
        assert decoder.buffered == 0

    check_each(FILES[file], check)


@each_file
def test_decoder_byte_by_byte(file: str) -> None:
    def check(vector: Vector) -> None:
        right = expected(vector)
        decoder = mqtt5.Decoder()
        for i in range(len(vector.data)):
            decoder.feed(vector.data[i : i + 1])
            found = decoded(decoder)
            if vector.valid:
                last = i + 1 == len(vector.data)
                assert found == ([right[1]] if last else [])
                assert decoder.buffered == (0 if last else i + 1)
            elif found:
                assert len(found) == 1
                # An error may be clear before the end; then it is the same one, or one of the same code.
                assert found[0][:2] == right[:2]
                break
        else:
            assert vector.valid, "no error at all"

    check_each([vector for vector in FILES[file] if len(vector.data) <= SHORT], check)


@each_file
def test_decoder_all_packets_in_one_chunk(file: str) -> None:
    vectors = [vector for vector in FILES[file] if vector.valid]
    packets = [mqtt5.read(vector.data)[0] for vector in vectors]
    decoder = mqtt5.Decoder()
    decoder.feed(b"".join(vector.data for vector in vectors))
    assert decoded(decoder) == packets
    assert decoder.buffered == 0


@each_file
def test_decoder_returns_packets_before_bad_one(file: str) -> None:
    first = mqtt5.PublishPacket("first", b"payload")

    def check(vector: Vector) -> None:
        decoder = mqtt5.Decoder()
        decoder.feed(first.write() + vector.data + first.write())
        assert decoded(decoder) == [first, expected(vector)]
        assert decoded(decoder) == [expected(vector)]

    check_each([vector for vector in FILES[file] if not vector.valid], check)


@each_file
def test_write(file: str) -> None:
    def check(vector: Vector) -> None:
        packet, _ = mqtt5.read(vector.data)
        data = packet.write()
        assert type(data) is bytes
        if vector.verdict == "ok":
            assert data == vector.data
            return
        assert data != vector.data
        # AUTH is written with its reason code and property length: deployed codecs refuse F0 00.
        assert len(data) <= len(vector.data) or vector.data == b"\xf0\x00"
        assert mqtt5.read(data) == (packet, len(data))
        assert mqtt5.read(data)[0].write() == data

    check_each([vector for vector in FILES[file] if vector.valid], check)


@each_file
def test_construct_again(file: str) -> None:
    def check(vector: Vector) -> None:
        packet, _ = mqtt5.read(vector.data)
        fields = {field.name: getattr(packet, field.name) for field in dataclasses.fields(packet)}
        again = type(packet)(**fields)
        assert again == packet
        assert hash(again) == hash(packet)
        assert again.write() == packet.write()
        for name, value in fields.items():
            assert type(getattr(again, name)) is type(value), name

    check_each([vector for vector in FILES[file] if vector.valid], check)


@each_file
def test_copies(file: str) -> None:
    names = vars(mqtt5)

    def check(vector: Vector) -> None:
        packet, _ = mqtt5.read(vector.data)
        copies = [
            pickle.loads(pickle.dumps(packet)),
            copy.copy(packet),
            copy.deepcopy(packet),
            dataclasses.replace(packet),
        ]
        bare = without_secrets(packet)
        assert eval(repr(bare), {}, names) == bare
        for same in copies:
            assert type(same) is type(packet)
            assert same == packet
            assert hash(same) == hash(packet)
            assert same.write() == packet.write()
            assert repr(same) == repr(packet)

    check_each([vector for vector in FILES[file] if vector.valid], check)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_protocols(protocol: int) -> None:
    for vectors in FILES.values():
        packet, _ = mqtt5.read(next(vector.data for vector in vectors if vector.valid))
        assert pickle.loads(pickle.dumps(packet, protocol)) == packet


def test_packets_equal_if_written_alike() -> None:
    """Two packets are equal, with equal hashes, exactly if their bytes are."""
    written: dict[bytes, mqtt5.Packet] = {}
    packets: dict[mqtt5.Packet, bytes] = {}
    for vector in ALL:
        if vector.valid:
            packet, _ = mqtt5.read(vector.data)
            data = packet.write()
            assert written.setdefault(data, packet) == packet, vector.where
            assert packets.setdefault(packet, data) == data, vector.where
    assert len(written) == len(packets) > 1500


# ------------------------------------------------------------------ topics


def test_topics() -> None:
    failures = []
    for line in TOPICS:
        try:
            found = "match" if mqtt5.topic_matches(line.pattern, line.topic) else "differ"
        except ValueError:
            found = "invalid"
        if found != line.verdict:
            failures.append(f"{line.where}: {line.pattern!r} {line.topic!r}: {found}, should be {line.verdict}")
    assert not failures, "\n".join(failures)
    assert {line.verdict for line in TOPICS} == {"match", "differ", "invalid"}


def test_topics_and_packets_agree() -> None:
    """topic_matches() and the packets refuse the same filters and names."""
    for line in TOPICS:
        try:
            mqtt5.topic_matches(line.pattern, line.topic)
        except ValueError:
            valid = False
        else:
            valid = True
        try:
            mqtt5.TopicFilter(line.pattern)
            mqtt5.UnsubscribePacket(1, [line.pattern])
            mqtt5.PublishPacket(line.topic, b"")
            mqtt5.Will(line.topic)
        except ValueError:
            assert not valid, line
        else:
            assert valid, line


@pytest.mark.parametrize("wrong", [None, b"a", 1, ["a"]])
def test_topic_matches_takes_strings(wrong: object) -> None:
    with pytest.raises(TypeError, match="filter must be a str"):
        mqtt5.topic_matches(wrong, "a")
    with pytest.raises(TypeError, match="topic must be a str"):
        mqtt5.topic_matches("a", wrong)


def test_topic_matches_names_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="filter='a/#/b'"):
        mqtt5.topic_matches("a/#/b", "a")
    with pytest.raises(ValueError, match=r"topic='a/\+'"):
        mqtt5.topic_matches("a", "a/+")
    with pytest.raises(ValueError, match="topic="):
        mqtt5.topic_matches("a", "a\ud800")
    with pytest.raises(ValueError, match="filter="):
        mqtt5.topic_matches("a" * 65536, "a")
