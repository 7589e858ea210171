# SPDX-License-Identifier: MIT
"""Code that uses mqtt5, with the expected reports of type checkers. test_typing.py passes it to mypy and pyright.

A line that must be an error ends with `# E: ` and then mypy's error code and pyright's rule; no other line may be one.
assert_type() is an error where the type is another.
"""

import array
import dataclasses
from typing import Any, assert_never, assert_type

import mqtt5
from mqtt5 import (
    BasePacket,
    ConnAckPacket,
    ConnAckReasonCode,
    ConnectPacket,
    Decoder,
    DisconnectPacket,
    PacketType,
    PubAckPacket,
    PubAckReasonCode,
    PublishPacket,
    QoS,
    RetainHandling,
    SubAckPacket,
    SubAckReasonCode,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubAckReasonCode,
    UnsubscribePacket,
    Will,
    lowlevel,
)


def constructors(data: bytearray, view: memoryview, words: list[str]) -> None:
    publish = PublishPacket("topic", b"payload")
    assert_type(publish, PublishPacket)
    PublishPacket(topic="topic", payload=data)
    PublishPacket("t", view, correlation_data=data)
    PublishPacket("t", array.array("B"), correlation_data=None)
    PublishPacket("t", b"", qos=QoS.AT_LEAST_ONCE, packet_id=1, subscription_ids=[1, 2])
    PublishPacket("t", b"", subscription_ids=(1, 2), user_properties=[("a", "b")])
    PublishPacket("t", b"", subscription_ids={1, 2}, user_properties=(("a", "b"), ("c", "d")))
    PublishPacket("t", b"", subscription_ids=range(3), user_properties=None)
    PublishPacket("t", b"", user_properties={"a": "b"}.items())
    SubscribePacket(1, [TopicFilter(word) for word in words])
    SubscribePacket(1, (TopicFilter(word, max_qos=QoS.AT_MOST_ONCE) for word in words))
    UnsubscribePacket(1, words)
    UnsubscribePacket(1, ("a", "b"))
    SubAckPacket(1, [SubAckReasonCode.NOT_AUTHORIZED])
    SubAckPacket(1, [0, 1, 0x80])
    SubAckPacket(1, (SubAckReasonCode.NOT_AUTHORIZED, 0x80))
    UnsubAckPacket(1, [0x11])
    UnsubAckPacket(1, iter([UnsubAckReasonCode.SUCCESS]))
    ConnectPacket("c", will=Will("w", payload=data), username="u", password=view)
    ConnAckPacket()
    ConnAckPacket(reason_code=ConnAckReasonCode.BANNED, max_qos=1)
    DisconnectPacket(reason_code=0x82)
    PubAckPacket(1, reason_code=0x10)


def wrong_arguments() -> None:
    PublishPacket("t")  # E: call-arg reportCallIssue
    PublishPacket()  # E: call-arg reportCallIssue
    PublishPacket("t", b"", QoS.AT_MOST_ONCE)  # E: call-arg reportCallIssue
    PublishPacket("t", b"", nothing=1)  # E: call-arg reportCallIssue
    PublishPacket(b"t", b"")  # E: arg-type reportArgumentType
    PublishPacket("t", "payload")  # E: arg-type reportArgumentType
    PublishPacket("t", None)  # E: arg-type reportArgumentType
    PublishPacket("t", b"", packet_id="1")  # E: arg-type reportArgumentType
    PublishPacket("t", b"", correlation_data="c")  # E: arg-type reportArgumentType
    PublishPacket("t", b"", subscription_ids=1)  # E: arg-type reportArgumentType
    PublishPacket("t", b"", subscription_ids=["1"])  # E: list-item reportArgumentType
    PublishPacket("t", b"", user_properties=["ab"])  # E: list-item reportArgumentType
    PublishPacket("t", b"", user_properties=[("a", 1)])  # E: list-item reportArgumentType
    SubscribePacket(1, ["a"])  # E: list-item reportArgumentType
    SubscribePacket(1, TopicFilter("a"))  # E: arg-type reportArgumentType
    SubAckPacket(1, ["0"])  # E: list-item reportArgumentType
    SubAckPacket(1, 0)  # E: arg-type reportArgumentType
    PubAckPacket(1, reason_code="SUCCESS")  # E: arg-type reportArgumentType
    PublishPacket("t", b"", qos=None)  # E: arg-type reportArgumentType
    ConnectPacket("c", will="w")  # E: arg-type reportArgumentType
    ConnectPacket("c", "u")  # E: call-arg reportCallIssue
    ConnectPacket("c", keep_alive=None)  # E: arg-type reportArgumentType
    ConnAckPacket(True)  # E: call-arg reportCallIssue
    TopicFilter("a", retain_handling=b"")  # E: arg-type reportArgumentType


def attributes(
    publish: PublishPacket, connect: ConnectPacket, connack: ConnAckPacket, subscribe: SubscribePacket
) -> None:
    assert_type(publish.topic, str)
    assert_type(publish.payload, bytes)
    assert_type(publish.qos, QoS)
    assert_type(publish.retain, bool)
    assert_type(publish.packet_id, int | None)
    assert_type(publish.correlation_data, bytes | None)
    assert_type(publish.content_type, str | None)
    assert_type(publish.subscription_ids, tuple[int, ...])
    assert_type(publish.user_properties, tuple[tuple[str, str], ...])
    assert_type(publish.packet_type, PacketType)
    assert_type(publish.write(), bytes)
    assert_type(connect.will, Will | None)
    assert_type(connect.password, bytes | None)
    assert_type(connect.keep_alive, int)
    if connect.will is not None:
        assert_type(connect.will.payload, bytes | None)
    assert_type(connack.reason_code, ConnAckReasonCode)
    assert_type(connack.max_packet_size, int | None)
    assert_type(subscribe.topic_filters, tuple[TopicFilter, ...])
    assert_type(subscribe.topic_filters[0].retain_handling, RetainHandling)
    for name, value in publish.user_properties:
        assert_type(name, str)
        assert_type(value, str)


def frozen(publish: PublishPacket, will: Will) -> None:
    publish.topic = "x"  # E: misc reportAttributeAccessIssue
    publish.qos = QoS.AT_MOST_ONCE  # E: misc reportAttributeAccessIssue
    publish.payload = b""  # E: misc reportAttributeAccessIssue
    publish.correlation_data = b""  # E: misc reportAttributeAccessIssue
    publish.user_properties = ()  # E: misc reportAttributeAccessIssue
    publish.subscription_ids = (1,)  # E: misc reportAttributeAccessIssue
    will.payload = None  # E: misc reportAttributeAccessIssue
    publish.nothing = 1  # E: attr-defined reportAttributeAccessIssue
    publish.user_properties.append(("a", "b"))  # E: attr-defined reportAttributeAccessIssue
    will.write()  # E: attr-defined reportAttributeAccessIssue


def reading(buffer: bytes, array_: bytearray, view: memoryview) -> None:
    packet, size = mqtt5.read(buffer)
    assert_type(packet, mqtt5.Packet)
    assert_type(size, int)
    mqtt5.read(array_)
    mqtt5.read(view)
    mqtt5.read("text")  # E: arg-type reportArgumentType
    mqtt5.read()  # E: call-arg reportCallIssue
    assert_type(mqtt5.read(buffer, strict=False, sender="client", max_packet_size=9)[0].lenient, bool)
    mqtt5.read(buffer, max_list_items=1, forbid_control_characters=True, sender=None)
    mqtt5.read(buffer, sender="broker")  # E: arg-type reportArgumentType
    mqtt5.read(buffer, False)  # E: call-arg reportCallIssue
    assert_type(packet.write(), bytes)
    assert_type(packet.packet_type, PacketType)
    print(packet.topic)  # E: union-attr reportAttributeAccessIssue


def streams(chunks: list[bytes]) -> None:
    decoder = Decoder(max_packet_size=100)
    Decoder(None)
    Decoder("100")  # E: arg-type reportArgumentType
    Decoder(100, sender="server", from_start=False, strict=False, max_list_items=9, forbid_control_characters=True)
    Decoder(sender=1)  # E: arg-type reportArgumentType
    assert_type(decoder.max_list_items, int | None)
    decoder.max_packet_size = None
    decoder.max_list_items = 10
    decoder.max_packet_size = "1"  # E: assignment reportAttributeAccessIssue
    for chunk in chunks:
        decoder.feed(chunk)
        for packet in decoder:
            assert_type(packet, mqtt5.Packet)
    assert_type(decoder.buffered, int)
    decoder.skip()
    assert_type(next(decoder), mqtt5.Packet)
    decoder.feed("text")  # E: arg-type reportArgumentType
    try:
        mqtt5.read(b"")
    except mqtt5.IncompleteError as error:
        assert_type(error.needed, int)
    except mqtt5.DecodeError as error:
        assert_type(error.reason_code, int)
        assert_type(error.field, str)
        assert_type(error.offset, int)
        assert_type(error.index, int | None)
        assert_type(error.packet_type, PacketType | None)
        assert_type(error.packet_size, int | None)
        assert_type(error.packet_id, int | None)
        assert_type(error.protocol, str | None)
        assert_type(error.protocol_level, int | None)


def sending(publish: PublishPacket, will: Will) -> None:
    assert_type(publish.packet_size, int)
    assert_type(publish.write(max_packet_size=9, forbid_control_characters=True), bytes)
    assert_type(publish.write_parts(max_packet_size=None), tuple[bytes, bytes])
    publish.write(9)  # E: call-arg reportCallIssue
    publish.packet_size = 1  # E: misc reportAttributeAccessIssue
    assert_type(will.publish(), PublishPacket)
    assert_type(will.publish(7).lenient, bool)
    template = mqtt5.PublishTemplate(publish)
    assert_type(template.write(packet_id=7, qos=QoS.AT_LEAST_ONCE, topic_alias=None, subscription_ids=[1]), bytes)
    assert_type(template.write_parts(retain=..., duplicate=False, message_expiry_interval=9), tuple[bytes, bytes])
    template.write(payload=b"")  # E: call-arg reportCallIssue
    template.write(qos="1")  # E: arg-type reportArgumentType
    mqtt5.PublishTemplate(will)  # E: arg-type reportArgumentType
    try:
        publish.write(max_packet_size=1)
    except mqtt5.PacketTooLarge as error:
        assert_type(error.packet_size, int)
        assert_type(error.max_packet_size, int)


def narrowing(packet: mqtt5.Packet) -> str:
    match packet:
        case PublishPacket(topic, payload, qos=QoS.AT_MOST_ONCE):
            assert_type(topic, str)
            assert_type(payload, bytes)
        case PublishPacket(packet_id=packet_id):
            assert_type(packet_id, int | None)
        case ConnectPacket(client_id, will=Will(topic, payload=testament)):
            assert_type(client_id, str)
            assert_type(topic, str)
            assert_type(testament, bytes | None)
        case SubscribePacket(number, filters):
            assert_type(number, int)
            assert_type(filters, tuple[TopicFilter, ...])
        case SubAckPacket(_, reason_codes):
            assert_type(reason_codes, tuple[SubAckReasonCode, ...])
        case mqtt5.PingReqPacket() | mqtt5.PingRespPacket():
            pass
        case _:
            pass
    if isinstance(packet, PubAckPacket):
        assert_type(packet.reason_code, PubAckReasonCode)
        return "puback"
    if packet.packet_type is PacketType.PUBLISH:
        return "publish"
    return "another"


def exhaustive(packet: mqtt5.Packet) -> int:
    match packet:
        case ConnectPacket() | ConnAckPacket() | PublishPacket() | PubAckPacket():
            return 1
        case mqtt5.PubRecPacket() | mqtt5.PubRelPacket() | mqtt5.PubCompPacket():
            return 2
        case SubscribePacket() | SubAckPacket() | UnsubscribePacket() | mqtt5.UnsubAckPacket():
            return 3
        case mqtt5.PingReqPacket() | mqtt5.PingRespPacket():
            return 4
        case DisconnectPacket() | mqtt5.AuthPacket():
            return 5
        case _:
            assert_never(packet)


def not_exhaustive(packet: mqtt5.Packet) -> int:
    match packet:
        case ConnectPacket() | ConnAckPacket() | PublishPacket() | PubAckPacket():
            return 1
        case _:
            assert_never(packet)  # E: arg-type reportArgumentType


def base_packet(value: object, base: BasePacket, cls: type[BasePacket]) -> type[BasePacket]:
    match value:
        case BasePacket():
            assert_type(value, BasePacket)
            assert_type(value.write(), bytes)
        case _:
            pass
    if isinstance(value, BasePacket):
        assert_type(value.packet_type, PacketType)
    assert_type(base.replace(), BasePacket)
    assert_type(cls.packet_type, PacketType)
    known: list[type[BasePacket]] = [PublishPacket, SubAckPacket, Subclass]
    known.append(Will)  # E: arg-type reportArgumentType
    known.append(cls)
    registry: dict[type[BasePacket], str] = {PublishPacket: "publish", ConnectPacket: "connect"}
    assert_type(registry[type(base)], str)
    return PublishPacket


def engine() -> None:
    assert_type(mqtt5.engine, str)


def copies(publish: PublishPacket) -> None:
    assert_type(publish.replace(topic="x"), PublishPacket)
    assert_type(TopicFilter("a").replace(pattern="b"), TopicFilter)
    assert_type(dataclasses.replace(publish, topic="x"), PublishPacket)
    assert_type(dataclasses.replace(publish, topic="x"), str)  # E: assert-type reportAssertTypeFailure
    assert_type(hash(publish), int)
    assert_type(publish == publish, bool)
    print(publish < publish)  # E: operator reportOperatorIssue
    assert_type({publish: 1}[publish], int)


def topics() -> None:
    assert_type(mqtt5.topic_matches("a/#", "a"), bool)
    mqtt5.topic_matches("a", b"a")  # E: arg-type reportArgumentType
    assert_type(mqtt5.split_shared("$share/n/a"), tuple[str | None, str])
    mqtt5.check_topic_name(1)  # E: arg-type reportArgumentType
    mqtt5.check_topic_filter(b"a")  # E: arg-type reportArgumentType
    tree: mqtt5.TopicTree[int] = mqtt5.TopicTree()
    tree["a/#"] = 1
    tree["a/#"] = "1"  # E: assignment reportArgumentType
    assert_type(tree["a/#"], int)
    assert_type(list(tree.match("a")), list[int])
    assert_type(tree.get("a"), int | None)


def aliases(publish: PublishPacket, packet: mqtt5.Packet) -> None:
    sender, receiver = mqtt5.TopicAliasSender(5), mqtt5.TopicAliasReceiver(5)
    assert_type(sender.apply(publish, max_packet_size=None), PublishPacket)
    assert_type(receiver.resolve(publish), PublishPacket)
    assert_type(sender.forget(packet), None)
    mqtt5.TopicAliasSender("5")  # E: arg-type reportArgumentType
    sender.apply(b"")  # E: type-var reportArgumentType


class Subclass(PublishPacket):
    def size(self) -> int:
        return len(self.payload)


def subclasses() -> None:
    packet = Subclass("t", b"")
    assert_type(packet, Subclass)
    assert_type(packet.size(), int)
    assert_type(packet.topic, str)
    assert_type(packet.replace(topic="x"), Subclass)
    Subclass("t")  # E: call-arg reportCallIssue
    accept: mqtt5.Packet = packet
    assert_type(accept.write(), bytes)


def the_c_library() -> None:
    assert_type(mqtt5.get_include(), str)
    assert_type(mqtt5.get_sources(), list[str])
    assert_type(lowlevel.lib, Any)
    lowlevel.body(lowlevel.ffi.new("mqtt5_packet *")).qos = 1
    lowlevel.body()  # E: call-arg reportCallIssue
