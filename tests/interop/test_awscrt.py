# SPDX-License-Identifier: MIT
"""The MQTT 5 client of PyPI's awscrt, written in C, talks to examples/broker.py.

It refuses to publish or subscribe with QoS 2; so QoS 2 is tried only from the other side, where it is reduced.
"""

import queue
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from conversation import MESSAGE, USER_PROPERTIES, content, publish, receive
from peers import HOST, WAIT, Link, peer_importable

from mqtt5 import DisconnectReasonCode, PublishPacket, QoS, Will

EVENTS = {
    "success": "on_lifecycle_event_connection_success_fn",
    "disconnection": "on_lifecycle_event_disconnection_fn",
    "stopped": "on_lifecycle_event_stopped_fn",
    "publish": "on_publish_callback_fn",
}


@pytest.fixture(scope="module")
def aws() -> Iterator[ModuleType]:
    with peer_importable("awscrt"):
        from awscrt import mqtt5

        yield mqtt5


class Client:
    """awscrt's client, with its callbacks turned into queues that can be waited for."""

    def __init__(self, aws: ModuleType, port: int, **connect: Any) -> None:
        self.aws = aws
        self.queues: dict[str, queue.Queue[Any]] = {event: queue.Queue() for event in EVENTS}
        callbacks = {name: self.queues[event].put for event, name in EVENTS.items()}
        aliases = aws.TopicAliasingOptions(
            outbound_behavior=aws.OutboundTopicAliasBehaviorType.LRU,
            inbound_behavior=aws.InboundTopicAliasBehaviorType.ENABLED,
        )
        options = aws.ClientOptions(
            HOST, port, connect_options=aws.ConnectPacket(**connect), topic_aliasing_options=aliases, **callbacks
        )
        self.client = aws.Client(options)
        self.client.start()

    def wait(self, event: str) -> Any:
        """The argument of the next callback of this name."""
        return self.queues[event].get(timeout=WAIT)

    def user_properties(self) -> list[Any]:
        return [self.aws.UserProperty(*pair) for pair in USER_PROPERTIES]

    def message(self, topic: str, payload: bytes, qos: int, **fields: Any) -> Any:
        """A PUBLISH with all properties."""
        return self.aws.PublishPacket(
            payload=payload,
            qos=self.aws.QoS(qos),
            topic=topic,
            payload_format_indicator=self.aws.PayloadFormatIndicator.AWS_MQTT5_PFI_UTF8,
            message_expiry_interval_sec=MESSAGE["message_expiry_interval"],
            content_type=MESSAGE["content_type"],
            response_topic=MESSAGE["response_topic"],
            correlation_data=MESSAGE["correlation_data"],
            user_properties=self.user_properties(),
            **fields,
        )

    def subscribe(self, pattern: str, qos: int, **fields: Any) -> list[int]:
        subscription = self.aws.Subscription(pattern, self.aws.QoS(qos), **fields)
        packet = self.aws.SubscribePacket([subscription], 268_435_455, self.user_properties())
        return [int(code) for code in self.client.subscribe(packet).result(WAIT).reason_codes]

    def stop(self) -> None:
        packet = self.aws.DisconnectPacket(reason_string="bye", user_properties=self.user_properties())
        self.client.stop(packet)
        self.wait("stopped")


@pytest.fixture
def client(aws: ModuleType, ours: int) -> Iterator[Callable[..., Client]]:
    """Makes connected clients that are stopped after the test."""
    clients: list[Client] = []

    def make(**connect: Any) -> Client:
        clients.append(Client(aws, ours, **connect))
        clients[-1].wait("success")
        return clients[-1]

    yield make
    for each in clients:
        each.stop()


def arrived(message: Any) -> dict[str, Any]:
    """The fields of a message that conversation.content() gives of a packet."""
    return content(
        PublishPacket(
            message.topic,
            message.payload,
            qos=QoS(message.qos),
            packet_id=1 if message.qos else None,
            payload_format_indicator=message.payload_format_indicator,
            message_expiry_interval=message.message_expiry_interval_sec,
            content_type=message.content_type,
            response_topic=message.response_topic,
            correlation_data=message.correlation_data_bytes,
            user_properties=[(each.name, each.value) for each in message.user_properties],
        )
    )


def test_awscrt_connect_is_accepted(aws: ModuleType, ours: int, name: str) -> None:
    it = Client(
        aws,
        ours,
        client_id="",
        username="größe",
        password="secret",
        keep_alive_interval_sec=60,
        session_expiry_interval_sec=100,
        request_problem_information=True,
        request_response_information=True,
        receive_maximum=10,
        maximum_packet_size=100_000,
    )
    accepted = it.wait("success")
    connack, settings = accepted.connack_packet, accepted.negotiated_settings
    assert (connack.reason_code, connack.session_present) == (0, False)
    assert connack.assigned_client_identifier
    assert (connack.session_expiry_interval_sec, connack.shared_subscription_available) == (0, False)
    assert settings.maximum_packet_size_to_server == connack.maximum_packet_size
    assert settings.topic_alias_maximum_to_server == connack.topic_alias_maximum > 0
    it.stop()
    assert it.wait("disconnection").disconnect_packet is None


@pytest.mark.parametrize("qos", [0, 1])
def test_awscrt_publish_brings_all_properties(
    client: Callable[..., Client], witness: Link, name: str, qos: int
) -> None:
    """Three times: from the second on, it sends an alias and no topic."""
    it = client()
    witness.subscribe(f"{name}/out")
    for number in range(3):
        answer = it.client.publish(it.message(f"{name}/out", b"%d" % number, qos)).result(WAIT)
        assert not answer.puback.reason_code
        expected = PublishPacket(f"{name}/out", b"%d" % number, qos=qos, packet_id=1 if qos else None, **MESSAGE)
        assert content(receive(witness)) == content(expected)


@pytest.mark.parametrize("qos", QoS)
def test_awscrt_receives_all_properties(client: Callable[..., Client], witness: Link, name: str, qos: QoS) -> None:
    it = client(receive_maximum=3)
    assert it.subscribe(f"{name}/+", 1, no_local=True, retain_as_published=True) == [1]
    sent = PublishPacket(f"{name}/in", b"payload", qos=qos, packet_id=7 if qos else None, **MESSAGE)
    for _ in range(10):
        publish(witness, sent)
    for _ in range(10):
        message = it.wait("publish").publish_packet
        assert message.subscription_identifiers == [268_435_455]
        assert arrived(message) == {**content(sent), "qos": min(qos, 1)}
    codes = it.client.unsubscribe(it.aws.UnsubscribePacket([f"{name}/+", "other"])).result(WAIT).reason_codes
    assert [int(code) for code in codes] == [0x00, 0x11]


def test_will_of_awscrt_is_published(client: Callable[..., Client], ours: int, witness: Link, name: str) -> None:
    """Another client takes the session over, so the Will is due; awscrt is told why."""
    witness.subscribe(name)
    it = client(client_id=name, will=client().message(name, b"gone", 1), will_delay_interval_sec=0)
    with Link(ours) as link:
        link.connect(name)
        lost = it.wait("disconnection").disconnect_packet
        assert lost.reason_code == DisconnectReasonCode.SESSION_TAKEN_OVER
        assert content(receive(witness)) == content(Will(name, payload=b"gone", qos=QoS.AT_LEAST_ONCE, **MESSAGE))
