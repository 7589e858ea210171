# SPDX-License-Identifier: MIT
"""tshark as a second opinion on the bytes: it dissects packets, from its fields a packet is put together, and that one
must be equal to the packet which was written. So every field counts: flags, identifiers, reason codes, properties.

Each test states where tshark differs from the specification.
"""

import struct
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import samples
from peers import ROOT, program

import mqtt5
from mqtt5 import (
    AuthPacket,
    ConnAckPacket,
    ConnectPacket,
    DisconnectPacket,
    PacketType,
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PubCompPacket,
    PublishPacket,
    PubRecPacket,
    PubRelPacket,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubscribePacket,
    Will,
)

# --------------------------------------------------------------------------------------------------------- the capture

CLIENT, SERVER = True, False
Stream = list[tuple[bool, bytes]]


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def write_capture(path: Path, streams: Iterable[Stream]) -> None:
    """A capture file (pcap) of TCP connections to port 1883, each with what its two sides have sent."""
    frames: list[bytes] = []
    for port, stream in enumerate(streams, 20_000):
        sequence = {CLIENT: 1_000, SERVER: 2_000}

        def add(sender: bool, flags: int, data: bytes, port: int = port, sequence: dict[bool, int] = sequence) -> None:
            addresses = [bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])][:: 1 if sender is CLIENT else -1]
            ports = [port, 1883][:: 1 if sender is CLIENT else -1]
            acknowledged = sequence[not sender] if flags & 0x10 else 0
            tcp = struct.pack(">HHIIBBHHH", *ports, sequence[sender], acknowledged, 0x50, flags, 65535, 0, 0) + data
            pseudo = b"".join(addresses) + struct.pack(">BBH", 0, 6, len(tcp))
            tcp = tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:]
            ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), len(frames) & 0xFFFF, 0x4000, 64, 6, 0)
            ip += b"".join(addresses)
            ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
            cards = [b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"][:: -1 if sender is CLIENT else 1]
            frames.append(b"".join(cards) + b"\x08\0" + ip + tcp)
            sequence[sender] += len(data) + (flags >> 1 & 1)

        add(CLIENT, 0x02, b"")
        add(SERVER, 0x12, b"")
        add(CLIENT, 0x10, b"")
        for sender, data in stream:
            for start in range(0, len(data), 60_000):
                add(sender, 0x18, data[start : start + 60_000])
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1)
    records = (struct.pack("<IIII", i // 1000, i % 1000 * 1000, len(f), len(f)) + f for i, f in enumerate(frames))
    path.write_bytes(header + b"".join(records))


ASCII = bytes(byte if 0x20 <= byte < 0x7F or byte == 0x0A else 0x3F for byte in range(256))


def dissect(path: Path, streams: Iterable[Stream]) -> list[ET.Element]:
    """tshark's view: one element for each MQTT packet, in order."""
    tshark = program("tshark", "tshark")
    write_capture(path, streams)
    command = [tshark, "-n", "-r", str(path), "-Y", "mqtt", "-T", "pdml", "-J", "mqtt _ws.malformed"]
    run = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    packets: list[ET.Element] = []
    # Not every character that MQTT allows is allowed in XML. The values are there in hexadecimal too.
    for frame in ET.fromstring(run.stdout.translate(ASCII)).iter("packet"):
        packets += [protocol for protocol in frame.iter("proto") if protocol.get("name") in ("mqtt", "_ws.malformed")]
    return packets


# ----------------------------------------------------------------------------------------- from tshark's fields to ours

# Table 2-4 of the specification, with the names of this package.
PROPERTIES = {
    0x01: ("payload_format_indicator", "number"),
    0x02: ("message_expiry_interval", "number"),
    0x03: ("content_type", "text"),
    0x08: ("response_topic", "text"),
    0x09: ("correlation_data", "bytes"),
    0x0B: ("subscription_id", "number"),
    0x11: ("session_expiry_interval", "number"),
    0x12: ("assigned_client_id", "text"),
    0x13: ("server_keep_alive", "number"),
    0x15: ("authentication_method", "text"),
    0x16: ("authentication_data", "bytes"),
    0x17: ("request_problem_info", "flag"),
    0x18: ("will_delay_interval", "number"),
    0x19: ("request_response_info", "flag"),
    0x1A: ("response_info", "text"),
    0x1C: ("server_reference", "text"),
    0x1F: ("reason_str", "text"),
    0x21: ("receive_max", "number"),
    0x22: ("topic_alias_max", "number"),
    0x23: ("topic_alias", "number"),
    0x24: ("max_qos", "number"),
    0x25: ("retain_available", "flag"),
    0x26: ("user_properties", "pair"),
    0x27: ("max_packet_size", "number"),
    0x28: ("wildcard_subscription_available", "flag"),
    0x29: ("subscription_id_available", "flag"),
    0x2A: ("shared_subscription_available", "flag"),
}
CLASSES = {int(cls.packet_type): cls for cls in samples.PACKETS}


def raw(field: ET.Element) -> bytes:
    return bytes.fromhex(field.get("value", ""))


def text(field: ET.Element) -> str:
    return raw(field).decode()


def number(field: ET.Element) -> int:
    return int(field.get("show", ""), 0)


def properties(tree: ET.Element) -> dict[str, Any]:
    """The properties below `mqtt.properties` or `mqtt.will_properties`."""
    found: dict[str, Any] = {}
    fields = iter(tree)
    length = next(fields)
    assert length.get("name") == "mqtt.property_len"
    for field in fields:
        assert field.get("name") == "mqtt.property_id"
        name, kind = PROPERTIES[number(field)]
        if name == "content_type":
            field = next(fields)
            assert field.get("name") == "mqtt.property.content_type"
            value: Any = raw(field)[2:].decode()  # here tshark takes the length to the value
        elif kind in ("text", "bytes"):
            sized, field = next(fields), next(fields)
            assert (sized.get("name"), field.get("name")) == ("mqtt.prop_string_len", "mqtt.prop_string")
            value = text(field) if kind == "text" else raw(field)
            assert number(sized) == len(raw(field))
        elif kind == "pair":
            names = [next(fields) for _ in range(4)]
            assert [f.get("name") for f in names] == [
                "mqtt.prop_key_len",
                "mqtt.prop_key",
                "mqtt.prop_value_len",
                "mqtt.prop_value",
            ]
            value = (text(names[1]), text(names[3]))
            assert [number(names[0]), number(names[2])] == [len(raw(names[1])), len(raw(names[3]))]
        else:
            field = next(fields)
            assert field.get("name") in ("mqtt.prop_number", "mqtt.property.max_qos", "mqtt.property.topic_alias")
            value = bool(number(field)) if kind == "flag" else number(field)
        if kind == "pair" or name == "subscription_id":
            found.setdefault(name, []).append(value)
        else:
            assert name not in found
            found[name] = value
    return found


def packet_of(tree: ET.Element) -> mqtt5.Packet:
    """The packet that tshark has seen, put together from its fields."""
    many: dict[str, list[ET.Element]] = {}
    for field in tree.iter("field"):
        many.setdefault(field.get("name", ""), []).append(field)
    one = {name: fields[0] for name, fields in many.items()}
    kind = PacketType(number(one["mqtt.msgtype"]))
    cls = CLASSES[kind]
    fields: dict[str, Any] = properties(one["mqtt.properties"]) if "mqtt.properties" in one else {}
    code = f"mqtt.{kind.name.lower()}.reason_code"
    if kind is PacketType.PUBLISH:
        fields |= {
            "topic": text(one["mqtt.topic"]),
            "payload": raw(one["mqtt.msg"]) if "mqtt.msg" in one else b"",
            "qos": number(one["mqtt.qos"]),
            "retain": bool(number(one["mqtt.retain"])),
            "duplicate": bool(number(one["mqtt.dupflag"])),
            "subscription_ids": fields.pop("subscription_id", []),
        }
    elif kind is PacketType.CONNECT:
        assert text(one["mqtt.protoname"]) == "MQTT"
        assert number(one["mqtt.ver"]) == 5
        fields |= {
            "client_id": text(one["mqtt.clientid"]),
            "clean_start": bool(number(one["mqtt.conflag.cleansess"])),
            "keep_alive": number(one["mqtt.kalive"]),
        }
        if number(one["mqtt.conflag.uname"]):
            fields["username"] = text(one["mqtt.username"])
        if number(one["mqtt.conflag.passwd"]):
            fields["password"] = raw(one["mqtt.passwd"])
        if number(one["mqtt.conflag.willflag"]):
            fields["will"] = Will(
                text(one["mqtt.willtopic"]),
                payload=raw(one["mqtt.willmsg"]) if "mqtt.willmsg" in one else b"",
                qos=number(one["mqtt.conflag.qos"]),
                retain=bool(number(one["mqtt.conflag.retain"])),
                **properties(one["mqtt.will_properties"]),
            )
    elif kind is PacketType.CONNACK:
        fields["session_present"] = bool(number(one["mqtt.conack.flags.sp"]))
        fields["reason_code"] = number(one[code])
    elif kind is PacketType.SUBSCRIBE:
        (fields["subscription_id"],) = fields.pop("subscription_id", [None])
        patterns = [text(f) for f in many["mqtt.topic"]]
        options = [{f.get("name"): number(f) for f in each} for each in many["mqtt.subscription_options"]]
        fields["topic_filters"] = [
            TopicFilter(
                pattern,
                max_qos=option["mqtt.subscription_options_qos"],
                no_local=bool(option["mqtt.subscription_options_nl"]),
                retain_as_published=bool(option["mqtt.subscription_options_rap"]),
                retain_handling=option["mqtt.subscription_options_retain"],
            )
            for pattern, option in zip(patterns, options, strict=True)
        ]
    elif kind is PacketType.UNSUBSCRIBE:
        fields["patterns"] = [text(f) for f in many["mqtt.topic"]]
    elif kind in (PacketType.SUBACK, PacketType.UNSUBACK):
        fields["reason_codes"] = [number(f) for f in many[code]]
    elif code in one:
        fields["reason_code"] = number(one[code])
    if "mqtt.msgid" in one:
        fields["packet_id"] = number(one["mqtt.msgid"])
    return cls(**fields)


def complaints(tree: ET.Element) -> list[str]:
    if tree.get("name") == "_ws.malformed":
        return ["malformed"]
    return [
        f"{field.get('name')}: {sub.get('show')}"
        for field in tree.iter("field")
        for expert in field.findall("field[@name='_ws.expert']")
        for sub in expert.findall("field[@name='_ws.expert.message']")
    ]


# ------------------------------------------------------------------------------------------------------------ the tests

ANSWER = samples.REASONED
MESSAGE = samples.MESSAGE
USER_PROPERTIES = samples.USER_PROPERTIES
FULL_CONNECT = samples.FULL[ConnectPacket]
FULL_CONNACK = samples.FULL[ConnAckPacket].replace(reason_code=0)  # Session Present goes with Success alone
FULL_PUBLISH = samples.FULL[PublishPacket]
FILTERS = [
    TopicFilter(f"größe/{qos}/+", max_qos=qos, no_local=local, retain_as_published=kept, retain_handling=handling)
    for qos in range(3)
    for local in (False, True)
    for kept in (False, True)
    for handling in range(3)
]


def packets() -> Iterable[tuple[bool, mqtt5.Packet]]:
    """Packets of every type, the smallest and the largest, every property and reason code, from both sides."""
    yield CLIENT, ConnectPacket("")
    yield CLIENT, FULL_CONNECT
    yield CLIENT, ConnectPacket("c", username="u", will=Will("w", payload=b""))
    yield CLIENT, ConnectPacket("c", password=b"", will=Will("w", payload=b"x", qos=1))
    yield SERVER, ConnAckPacket()
    yield SERVER, FULL_CONNACK
    for connack in mqtt5.ConnAckReasonCode:
        yield SERVER, ConnAckPacket(reason_code=connack)
    for side in (CLIENT, SERVER):
        yield side, PublishPacket("t", b"")
        yield side, FULL_PUBLISH
        for name, value in MESSAGE.items():
            yield side, PublishPacket("t", b"payload", **{name: value})
        yield side, PublishPacket("t" * 65_535, bytes(range(256)) * 10, qos=1, packet_id=1)
        for answer in (PubAckPacket, PubRecPacket, PubRelPacket, PubCompPacket):
            codes = type(answer(1).reason_code)
            for code in codes:
                yield side, answer(1, reason_code=code)
                yield side, answer(0xFFFF, reason_code=code, **ANSWER)
            yield side, answer(0x1234, reason_str="")
    yield CLIENT, SubscribePacket(1, [TopicFilter("#")])
    yield CLIENT, SubscribePacket(0xFFFF, FILTERS, subscription_id=268_435_455, user_properties=USER_PROPERTIES)
    yield SERVER, mqtt5.SubAckPacket(1, [0])
    yield SERVER, mqtt5.SubAckPacket(0xFFFF, list(mqtt5.SubAckReasonCode), **ANSWER)
    yield CLIENT, UnsubscribePacket(1, ["#"])
    yield CLIENT, UnsubscribePacket(0xFFFF, ["größe/+/#", "$share/g/a", "/"], user_properties=USER_PROPERTIES)
    yield SERVER, UnsubAckPacket(1, [0])
    yield SERVER, UnsubAckPacket(0xFFFF, list(mqtt5.UnsubAckReasonCode), **ANSWER)
    yield CLIENT, PingReqPacket()
    yield SERVER, PingRespPacket()
    yield CLIENT, AuthPacket(reason_code=0x19, authentication_method="SCRAM-SHA-1")
    for side in (CLIENT, SERVER):
        for auth in mqtt5.AuthReasonCode:
            yield side, AuthPacket(reason_code=auth, authentication_method="m", authentication_data=b"\xff", **ANSWER)
    yield SERVER, AuthPacket()
    for disconnect in mqtt5.DisconnectReasonCode:
        yield CLIENT, DisconnectPacket(reason_code=disconnect)
        yield CLIENT, DisconnectPacket(reason_code=disconnect, session_expiry_interval=0, **ANSWER)
        yield SERVER, DisconnectPacket(reason_code=disconnect, server_reference="größe", **ANSWER)


PACKETS = list(packets())


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[ET.Element]:
    path = tmp_path_factory.mktemp("tshark") / "packets.pcap"
    return dissect(path, [[(sender, packet.write()) for sender, packet in PACKETS]])


def test_tshark_sees_every_packet(seen: list[ET.Element]) -> None:
    assert len(seen) == len(PACKETS)
    assert {type(packet) for _, packet in PACKETS} == set(CLASSES.values())


@pytest.mark.parametrize(
    "index", range(len(PACKETS)), ids=[f"{i}-{packet.packet_type.name}" for i, (_, packet) in enumerate(PACKETS)]
)
def test_tshark_agrees(seen: list[ET.Element], index: int) -> None:
    packet, tree = PACKETS[index][1], seen[index]
    assert complaints(tree) == []
    data = packet.write()
    fields = {field.get("name"): field for field in tree.iter("field")}
    assert raw(fields["mqtt.hdrflags"]) == data[:1]
    assert int(tree.get("size", "")) == len(data)
    assert data.startswith(data[:1] + raw(fields["mqtt.len"]))
    assert packet_of(tree) == packet


def test_tshark_agrees_about_every_valid_vector(tmp_path: Path) -> None:
    streams: list[Stream] = []
    for file in sorted((ROOT / "tests" / "vectors").glob("[!o]*.tsv")):  # without options
        for line in file.read_text(encoding="utf-8").split("\n"):
            if line.startswith(("ok\t", "alt\t")):
                tokens = (token.partition("*") for token in line.split("\t")[2].split(" "))
                data = b"".join(bytes.fromhex(unit) * int(times or 1) for unit, _, times in tokens)
                if len(data) < 3_000:  # what tshark says of the others takes long to read
                    connect = [] if data[0] >> 4 == PacketType.CONNECT else [(CLIENT, ConnectPacket("").write())]
                    streams.append([*connect, (CLIENT, data)])
    assert len(streams) > 1_000
    trees = iter(dissect(tmp_path / "vectors.pcap", streams))
    for stream in streams:
        for _, data in stream:
            tree = next(trees)
            assert packet_of(tree) == mqtt5.read(data)[0], data.hex(" ")
            # Aliases are those of earlier packets, which are not there. For binary data see the next test.
            known = ("mqtt.topic: Unknown topic alias", "mqtt.prop_string: Trailing stray characters")
            assert [complaint for complaint in complaints(tree) if complaint not in known] == [], data.hex(" ")
    assert next(trees, None) is None


def test_tshark_takes_binary_data_for_text(tmp_path: Path) -> None:
    """Correlation data is Binary Data (3.3.2.3.6, 1.5.6) and may hold zeros; tshark 4.0 warns, the bytes are right."""
    packet = PublishPacket("t", b"", correlation_data=b"\x00\xff")
    _, tree = dissect(tmp_path / "f.pcap", [[(CLIENT, ConnectPacket("").write()), (CLIENT, packet.write())]])
    assert complaints(tree) in ([], ["mqtt.prop_string: Trailing stray characters"])
    assert packet_of(tree) == packet


def test_tshark_follows_topic_aliases(tmp_path: Path) -> None:
    """Two aliases, for tshark 4.0 has one table for both directions, where the two are independent (3.3.2.3.4)."""
    sent = [
        (CLIENT, ConnectPacket("")),
        (CLIENT, PublishPacket("from/client", b"1", topic_alias=1)),
        (SERVER, PublishPacket("from/server", b"2", topic_alias=2)),
        (CLIENT, PublishPacket("", b"3", topic_alias=1)),
        (SERVER, PublishPacket("", b"4", topic_alias=2)),
    ]
    trees = dissect(tmp_path / "f.pcap", [[(sender, packet.write()) for sender, packet in sent]])
    assert [packet_of(tree) for tree in trees] == [packet for _, packet in sent]
    assert [complaints(tree) for tree in trees] == [[]] * 5
    topics = [
        [field.get("show") for field in tree.iter("field") if field.get("name") == "mqtt.topic"] for tree in trees
    ]
    assert topics[3][-1] == "from/client"
    assert topics[4][-1] == "from/server"


@pytest.mark.parametrize("size", [7, 50, 1_000_000])
def test_packets_and_segments_do_not_coincide(tmp_path: Path, size: int) -> None:
    """No segment ends within a remaining length (2.1.4): tshark 4.0 does not wait for the rest of it."""
    sent = [FULL_CONNECT, FULL_PUBLISH, PingReqPacket(), SubscribePacket(1, FILTERS), DisconnectPacket()]
    data = b"".join(packet.write() for packet in sent)
    pieces = [(CLIENT, data[start : start + size]) for start in range(0, len(data), size)]
    trees = dissect(tmp_path / "f.pcap", [pieces])
    assert [packet_of(tree) for tree in trees] == sent
    assert [complaints(tree) for tree in trees] == [[]] * len(sent)


@pytest.mark.parametrize(
    "data",
    [
        "30 05 0009 61 00 70",  # the topic is longer than the packet
        "30 05 0001 61 05 08",  # the properties are longer than the packet
        "30 03 0001 61",  # no property length
        "40 01 00",  # half a packet identifier
        "82 05 0001 00 0009",  # the filter is longer than the packet
    ],
)
def test_tshark_can_complain(tmp_path: Path, data: str) -> None:
    """The other tests would not notice if this one did not pass."""
    stream = [(CLIENT, ConnectPacket("").write()), (CLIENT, bytes.fromhex(data))]
    trees = dissect(tmp_path / "f.pcap", [stream])
    with pytest.raises(mqtt5.DecodeError):
        mqtt5.read(bytes.fromhex(data))
    assert [complaint for tree in trees[1:] for complaint in complaints(tree)]
