# SPDX-License-Identifier: MIT
"""PyPI's gmqtt, a client in pure Python, talks to examples/broker.py."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from conversation import MESSAGE, USER_PROPERTIES, content, publish, receive
from peers import HOST, WAIT, Link, peer_importable

from mqtt5 import DisconnectReasonCode, PublishPacket, QoS, Will

#: gmqtt's names of the properties of a message, and ours.
NAMES = {
    "payload_format_id": "payload_format_indicator",
    "message_expiry_interval": "message_expiry_interval",
    "content_type": "content_type",
    "response_topic": "response_topic",
    "correlation_data": "correlation_data",
    "user_property": "user_properties",
}
PROPERTIES = {theirs: MESSAGE[ours] for theirs, ours in NAMES.items()}


@pytest.fixture(scope="module")
def gmqtt() -> Iterator[ModuleType]:
    with peer_importable("gmqtt"):
        import gmqtt

        yield gmqtt


class Client:
    """gmqtt's client, with its callbacks turned into queues that can be waited for."""

    def __init__(self, gmqtt: ModuleType, client_id: str, **options: Any) -> None:
        self.client = gmqtt.Client(client_id, **options)
        self.client.set_config({"reconnect_retries": 0})
        self.queues: dict[str, asyncio.Queue[Any]] = {}
        for event in ("connect", "message", "disconnect", "subscribe", "unsubscribe"):
            self.queues[event] = asyncio.Queue()
            setattr(self.client, f"on_{event}", lambda _, *data, queue=self.queues[event]: queue.put_nowait(data) or 0)

    async def wait(self, event: str) -> Any:
        """The arguments of the next callback of this name."""
        return await self.queues[event].get()


def run(gmqtt: ModuleType, port: int, name: str, test: Callable[[Client], Awaitable[None]], **options: Any) -> None:
    """Runs the test with a connected client, which disconnects afterwards."""

    async def bounded() -> None:
        async with asyncio.timeout(2 * WAIT):
            it = Client(gmqtt, name, **options)
            await it.client.connect(HOST, port, keepalive=60)
            try:
                await test(it)
            finally:
                await it.client.disconnect(reason_string="bye", user_property=USER_PROPERTIES)

    asyncio.run(bounded())


def test_gmqtt_connect_reads_connack(gmqtt: ModuleType, ours: int, name: str) -> None:
    async def test(it: Client) -> None:
        _, reason_code, properties = await it.wait("connect")
        assert reason_code == 0
        assert properties["receive_maximum"] == [100]
        assert properties["maximum_packet_size"] == [256 * 1024]
        assert properties["shared_subscription_available"] == [0]
        it.client.subscribe(f"{name}/a", qos=1)
        assert (await it.wait("subscribe"))[1] == (1,)
        for code in (0x00, 0x11):
            it.client.unsubscribe(f"{name}/a")
            assert (await it.wait("unsubscribe"))[1] == (code,)

    # Of the properties that both sides name, gmqtt shows its own values.
    run(gmqtt, ours, name, test, topic_alias_maximum=5, request_problem_info=1, user_property=USER_PROPERTIES)


@pytest.mark.parametrize("qos", QoS)
def test_gmqtt_publish_brings_all_properties(gmqtt: ModuleType, ours: int, witness: Link, name: str, qos: QoS) -> None:
    """Three times with an alias, and without the topic after the first."""
    witness.subscribe(name)

    async def test(it: Client) -> None:
        for number in range(3):
            topic = "" if number else name
            it.client.publish(topic, b"%d" % number, qos=qos, **PROPERTIES, topic_alias=5)
            message = await asyncio.to_thread(receive, witness)
            expected = PublishPacket(name, b"%d" % number, qos=qos, packet_id=1 if qos else None, **MESSAGE)
            assert content(message) == content(expected)

    run(gmqtt, ours, f"{name}-out", test)


@pytest.mark.parametrize("qos", QoS)
def test_gmqtt_receives_all_properties(gmqtt: ModuleType, ours: int, witness: Link, name: str, qos: QoS) -> None:
    sent = PublishPacket(name, b"payload", qos=qos, packet_id=7 if qos else None, **MESSAGE)

    async def test(it: Client) -> None:
        it.client.subscribe(gmqtt.Subscription(name, qos=2, no_local=True), subscription_identifier=268_435_455)
        assert (await it.wait("subscribe"))[1] == (2,)
        for _ in range(5):
            await asyncio.to_thread(publish, witness, sent)
        for _ in range(5):
            topic, payload, received_qos, properties = await it.wait("message")
            assert (topic, payload, received_qos) == (name, b"payload", qos)
            assert properties["subscription_identifier"] == [268_435_455]
            assert {field: properties[field] for field in PROPERTIES} == {
                field: list(value) if field == "user_property" else [value] for field, value in PROPERTIES.items()
            }

    run(gmqtt, ours, f"{name}-in", test, receive_maximum=2)


def test_will_of_gmqtt_is_published(gmqtt: ModuleType, ours: int, witness: Link, name: str) -> None:
    """Another client takes the session over, so the Will is due; gmqtt is told why."""
    witness.subscribe(name)

    async def test(it: Client) -> None:
        with Link(ours) as link:
            link.connect(name)
            [body] = await it.wait("disconnect")  # all after the fixed header
            assert body[0] == DisconnectReasonCode.SESSION_TAKEN_OVER
            message = await asyncio.to_thread(receive, witness)
        assert content(message) == content(Will(name, payload=b"gone", qos=QoS.EXACTLY_ONCE, **MESSAGE))

    run(gmqtt, ours, name, test, will_message=gmqtt.Message(name, b"gone", qos=2, **PROPERTIES))
