# SPDX-License-Identifier: MIT
"""TopicAliasSender and TopicAliasReceiver (3.3.2.3.4), each alone and as the two ends of one direction.

The tests of what clients and brokers got wrong name the public report.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import full_packets

import mqtt5
from mqtt5 import PacketTooLarge, PublishPacket, TopicAliasReceiver, TopicAliasSender


def publish(topic: str, alias: int | None = None, **fields: object) -> PublishPacket:
    return PublishPacket(topic, b"p", topic_alias=alias, **fields)  # type: ignore[arg-type]


def sent(sender: TopicAliasSender, topic: str) -> tuple[str, int | None]:
    packet = sender.apply(publish(topic))
    return packet.topic, packet.topic_alias


# ------------------------------------------------------------------ sending


def test_topic_is_sent_with_its_alias_first_and_without_after() -> None:
    """paho.golang #271: the first packet needs the topic too."""
    sender = TopicAliasSender(2)
    assert sent(sender, "sensors/a") == ("sensors/a", 1)
    assert sent(sender, "sensors/a") == ("", 1)
    assert sent(sender, "sensors/b") == ("sensors/b", 2)
    assert sent(sender, "sensors/a") == ("", 1)
    assert sent(sender, "sensors/b") == ("", 2)


def test_alias_unused_for_longest_gets_new_topic() -> None:
    sender = TopicAliasSender(2)
    for topic in ("topic/a", "topic/b", "topic/a"):
        sent(sender, topic)
    assert sent(sender, "topic/c") == ("topic/c", 2)
    assert sent(sender, "topic/a") == ("", 1)
    assert sent(sender, "topic/b") == ("topic/b", 2)
    assert sent(sender, "topic/c") == ("topic/c", 1)


def test_maximum_of_zero_sends_no_alias() -> None:
    """mosquitto #3630: an alias that the program set must not reach the peer either."""
    sender = TopicAliasSender(0)
    packet = publish("sensors/a")
    assert sender.apply(packet) is packet
    assert sender.apply(packet) is packet
    assert sender.apply(publish("sensors/a", 1)) == packet


@pytest.mark.parametrize("topic", ["a", "abc", "ü1"])
def test_topic_not_longer_than_alias_is_sent_as_it_is(topic: str) -> None:
    sender, packet = TopicAliasSender(1), publish(topic)
    assert sender.apply(packet) is packet
    assert sent(sender, "long/topic") == ("long/topic", 1)


@pytest.mark.parametrize("topic", ["abcd", "üü"])
def test_topic_longer_than_alias_gets_shorter(topic: str) -> None:
    sender = TopicAliasSender(1)
    sender.apply(publish(topic))
    assert len(sender.apply(publish(topic)).write()) == len(publish(topic).write()) - 1


def test_alias_of_other_connection_is_replaced() -> None:
    """A broker that forwards what it received must not forward the publisher's alias."""
    sender = TopicAliasSender(1)
    assert sender.apply(publish("sensors/a", 77)) == publish("sensors/a", 1)
    assert sender.apply(publish("ab", 77)) == publish("ab")


def test_alias_without_topic_refused() -> None:
    for maximum in (0, 5):
        with pytest.raises(ValueError, match=r"^PublishPacket\.topic='': .*resolved first \[3\.3\.2\.3\.4\]$"):
            TopicAliasSender(maximum).apply(publish("", 1))


def test_packets_other_than_publish_pass() -> None:
    sender, receiver = TopicAliasSender(5), TopicAliasReceiver(5)
    for packet in full_packets():
        if not isinstance(packet, PublishPacket):
            assert sender.apply(packet) is packet
            assert receiver.resolve(packet) is packet
            sender.forget(packet)


def test_all_other_fields_stay() -> None:
    class Own(PublishPacket):
        pass

    packet = Own("sensors/a", b"p", qos=2, retain=True, packet_id=7, duplicate=True, user_properties=[("a", "b")])
    sender, receiver = TopicAliasSender(1), TopicAliasReceiver(1)
    for _ in range(2):
        again = receiver.resolve(sender.apply(packet))
        assert again == packet
        assert type(again) is Own


# ----------------------------------------------------------- what was not sent


def test_too_large_packet_assigns_nothing() -> None:
    sender = TopicAliasSender(1)
    large = PublishPacket("sensors/a", bytes(100))
    with pytest.raises(PacketTooLarge) as caught:
        sender.apply(large, max_packet_size=50)
    assert (caught.value.packet_size, caught.value.max_packet_size) == (len(large.write()), 50)
    assert sent(sender, "sensors/a") == ("sensors/a", 1)
    with pytest.raises(PacketTooLarge):
        sender.apply(PublishPacket("sensors/b", bytes(100)), max_packet_size=50)
    assert sent(sender, "sensors/a") == ("", 1)


def test_alias_that_makes_packet_too_large_not_added() -> None:
    sender, packet = TopicAliasSender(1), publish("sensors/a")
    size = len(packet.write())
    for limit in (size, size + 2):
        assert sender.apply(packet, max_packet_size=limit) is packet
    assert sender.apply(packet, max_packet_size=size + 3) == publish("sensors/a", 1)
    assert sender.apply(packet, max_packet_size=size - 6) == publish("", 1)
    with pytest.raises(PacketTooLarge):
        sender.apply(packet, max_packet_size=size - 7)


def test_forgotten_packet_frees_its_alias() -> None:
    sender = TopicAliasSender(2)
    sent(sender, "topic/a")
    packet = sender.apply(publish("topic/b"))
    sender.forget(packet)
    assert sent(sender, "topic/c") == ("topic/c", 2)
    assert sent(sender, "topic/a") == ("", 1)
    assert sent(sender, "topic/b") == ("topic/b", 2)


def test_forgotten_packet_without_assignment_changes_nothing() -> None:
    sender = TopicAliasSender(2)
    sent(sender, "topic/a")
    for packet in (sender.apply(publish("topic/a")), sender.apply(publish("a")), publish("topic/a", 9)):
        sender.forget(packet)
        assert sent(sender, "topic/a") == ("", 1)


# ---------------------------------------------------------------- receiving


def test_alias_above_maximum_refused() -> None:
    for maximum in (0, 3, 65534):
        for topic in ("a", ""):
            packet = publish(topic, maximum + 1, qos=1, packet_id=9)
            with pytest.raises(mqtt5.DecodeError, match=f"topic_alias={maximum + 1}: .* Maximum, {maximum} ") as caught:
                TopicAliasReceiver(maximum).resolve(packet)
            error = caught.value
            assert (error.reason_code, error.field, error.packet_id) == (0x94, "topic_alias", 9)
            assert error.packet_type is mqtt5.PacketType.PUBLISH
            assert error.disconnect().reason_code is mqtt5.DisconnectReasonCode.TOPIC_ALIAS_INVALID


def test_alias_without_known_topic_refused() -> None:
    receiver = TopicAliasReceiver(65535)
    receiver.resolve(publish("a", 1))
    with pytest.raises(mqtt5.DecodeError, match="topic_alias=2: no topic was sent for this topic alias") as caught:
        receiver.resolve(publish("", 2))
    assert (caught.value.reason_code, caught.value.field) == (0x82, "topic_alias")
    assert receiver.resolve(publish("", 1)) == publish("a")


def test_refused_alias_assigns_nothing() -> None:
    receiver = TopicAliasReceiver(1)
    with pytest.raises(mqtt5.DecodeError):
        receiver.resolve(publish("a", 2))
    with pytest.raises(mqtt5.DecodeError):
        receiver.resolve(publish("", 1))


def test_resolved_packet_has_topic_and_no_alias() -> None:
    receiver, plain = TopicAliasReceiver(5), publish("sensors/a")
    assert receiver.resolve(plain) is plain
    assert receiver.resolve(publish("sensors/a", 5)) == plain
    assert receiver.resolve(publish("", 5)) == plain
    assert receiver.resolve(publish("sensors/b", 5)) == publish("sensors/b")
    assert receiver.resolve(publish("", 5)) == publish("sensors/b")


def test_each_connection_begins_without_aliases() -> None:
    """paho.mqtt.java #527, mosquitto #2494, #3628: a table that outlives its connection."""
    stored = publish("sensors/a", qos=1, packet_id=1)
    first = TopicAliasSender(5)
    first.apply(stored)
    assert first.apply(stored).topic == ""
    again = TopicAliasSender(5).apply(stored.replace(duplicate=True))
    assert TopicAliasReceiver(5).resolve(again).topic == "sensors/a"


def test_both_directions_use_the_same_alias_at_once() -> None:
    """MQTT.js #1300: the two directions are independent, and so are their maxima."""
    client_sends, server_receives = TopicAliasSender(2), TopicAliasReceiver(2)
    server_sends, client_receives = TopicAliasSender(1), TopicAliasReceiver(1)
    for _ in range(3):
        up, down = client_sends.apply(publish("to/server")), server_sends.apply(publish("to/client"))
        assert up.topic_alias == down.topic_alias == 1
        assert server_receives.resolve(mqtt5.read(up.write())[0]) == publish("to/server")
        assert client_receives.resolve(mqtt5.read(down.write())[0]) == publish("to/client")


@given(
    st.integers(0, 4),
    st.lists(
        st.tuples(st.sampled_from(["topic/a", "topic/b", "topic/c", "topic/ü", "topic/long", "x"]), st.integers(0, 9)),
        max_size=60,
    ),
)
def test_receiver_gets_the_topics_of_any_sequence(maximum: int, steps: list[tuple[str, int]]) -> None:
    """Of packets that are sent (0 to 7), dropped and forgotten (8), or too large (9)."""
    sender, receiver = TopicAliasSender(maximum), TopicAliasReceiver(maximum)
    for topic, what in steps:
        packet = publish(topic)
        if what == 9:
            with pytest.raises(PacketTooLarge):
                sender.apply(packet, max_packet_size=5)
            continue
        written = sender.apply(packet)
        assert (written.topic_alias or 0) <= maximum
        if what == 8:
            sender.forget(written)
        else:
            assert receiver.resolve(mqtt5.read(written.write())[0]) == packet


@pytest.mark.parametrize("cls", [TopicAliasSender, TopicAliasReceiver])
def test_wrong_arguments_refused(cls: type) -> None:
    for wrong in (-1, 65536):
        with pytest.raises(ValueError, match=f"maximum={wrong}: must be from 0 to 65535"):
            cls(wrong)
    with pytest.raises(TypeError, match="maximum must be an int, not NoneType"):
        cls(None)
    for method in ("apply", "forget") if cls is TopicAliasSender else ("resolve",):
        with pytest.raises(TypeError, match="packet must be an MQTT packet, not bytes"):
            getattr(cls(1), method)(b"")


def test_wrong_size_refused() -> None:
    with pytest.raises(ValueError, match="max_packet_size=0: must be at least 1"):
        TopicAliasSender(1).apply(publish("a"), max_packet_size=0)
