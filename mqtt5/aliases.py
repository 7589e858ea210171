# SPDX-License-Identifier: MIT
"""Topic aliases (3.3.2.3.4): numbers that stand for topics, from one side of one connection to the other.

It knows which alias stands for which topic. It does not know connections, or whether a packet was really sent.
"""

from __future__ import annotations

from collections import OrderedDict

from mqtt5._converters import converter, is_a, size_limit
from mqtt5._engine import BasePacket
from mqtt5._errors import refuse_argument, refuse_type, too_large
from mqtt5.enums import PacketType
from mqtt5.exceptions import DecodeError
from mqtt5.packets import PublishPacket

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from typing import Any, TypeVar

    P = TypeVar("P", bound=BasePacket)

PROPERTY_SIZE = 3  # bytes of an alias in a packet

_maximum = converter(int, 0, 65535, "must be from 0 to 65535")


def _is_publish(packet: object) -> bool:
    if not is_a(packet, BasePacket):
        raise refuse_type(packet, "packet", "an MQTT packet")
    return is_a(packet, PublishPacket)


class TopicAliasSender:
    """Replaces topics by aliases in the PUBLISH packets that are sent on one connection.

    `maximum` is what the receiver accepts: `topic_alias_max` of its CONNACK or CONNECT. Aliases end with the
    connection: create a new one for each, also when a session is resumed.

    Send the packets that `apply()` returns in the order of the calls, and call `forget()` with those that cannot be
    sent. To send a packet again on another connection, keep the one given to `apply()`, not the returned one. Only
    one thread at a time may use it.
    """

    __slots__ = ("_aliases", "_maximum")

    def __init__(self, maximum: int) -> None:
        self._maximum: int = _maximum(maximum, "maximum")
        # By topic, the least recently used first. Without a topic, that of a forgotten packet: by itself.
        self._aliases: OrderedDict[str | int, int] = OrderedDict()

    def apply(self, packet: P, *, max_packet_size: int | None = None) -> P:
        """Returns the packet to write: with an alias, and without its topic if the receiver knows the alias.

        A new topic gets a free alias, or the one that was unused for longest. A topic of up to 3 bytes, which is not
        longer than an alias, gets none. An alias that the packet already has, from another connection, is removed.
        Other packets than PUBLISH are returned as they are.

        With `max_packet_size`, that of the receiver, a PUBLISH does not get an alias that would make it too large.
        If it is too large anyway, PacketTooLarge is raised, and nothing is assigned. Raises ValueError if the topic
        is empty: first give a received packet its topic (`TopicAliasReceiver`).
        """
        limit = size_limit(max_packet_size, "max_packet_size")
        if not _is_publish(packet):
            return packet
        publish: Any = packet
        topic = publish.topic
        if not topic:
            rule = "the topic of an alias from another connection must be resolved first [3.3.2.3.4]"
            raise refuse_argument(topic, "PublishPacket.topic", rule)
        made = plain = publish if publish.topic_alias is None else publish.replace(topic_alias=None)
        alias = self._aliases.get(topic)
        if alias is not None:
            made = publish.replace(topic="", topic_alias=alias)
        elif self._maximum and len(topic.encode()) > PROPERTY_SIZE:
            used = len(self._aliases)
            alias = used + 1 if used < self._maximum else next(iter(self._aliases.values()))
            made = publish.replace(topic_alias=alias)
            if limit and made.packet_size > limit:
                alias, made = None, plain
        if limit and made.packet_size > limit:
            raise too_large("PublishPacket", made.packet_size, limit)
        if alias is not None:
            if topic not in self._aliases and len(self._aliases) == self._maximum:
                self._aliases.popitem(last=False)
            self._aliases[topic] = alias
            self._aliases.move_to_end(topic)
        return made  # type: ignore[no-any-return]

    def forget(self, packet: BasePacket) -> None:
        """Takes back the alias of a packet that `apply()` returned and that was not sent.

        Call it before the next `apply()`. Otherwise, the receiver may get an alias whose topic it was not sent, and
        close the connection. Does nothing for a packet that assigns no alias.
        """
        if _is_publish(packet):
            topic, alias = packet.topic, packet.topic_alias  # type: ignore[attr-defined]
            if alias is not None and self._aliases.get(topic) == alias:
                self._aliases[alias] = self._aliases.pop(topic)
                self._aliases.move_to_end(alias, last=False)


class TopicAliasReceiver:
    """Gives the PUBLISH packets that are received on one connection their topics back.

    `maximum` is the `topic_alias_max` that this side announced in its CONNECT or CONNACK. Aliases end with the
    connection: create a new one for each, also when a session is resumed. It keeps up to `maximum` topics of up to
    65,535 bytes. Only one thread at a time may use it.
    """

    __slots__ = ("_maximum", "_topics")

    def __init__(self, maximum: int) -> None:
        self._maximum: int = _maximum(maximum, "maximum")
        self._topics: dict[int, str] = {}  # by alias

    def resolve(self, packet: P) -> P:
        """Returns the packet with its topic and without its alias, so that it can be matched, stored and forwarded.

        Packets without an alias are returned as they are. Raises DecodeError with reason code 0x94 if the alias is
        above the maximum, 0x82 if there is neither a topic nor one that was sent for the alias: answer with the error's
        `disconnect()` and close the connection.
        """
        if not _is_publish(packet):
            return packet
        publish: Any = packet
        alias, topic = publish.topic_alias, publish.topic
        if alias is None:
            return packet
        if alias > self._maximum:
            raise self._refuse(publish, f"the topic alias is above the Topic Alias Maximum, {self._maximum}", 0x94)
        topic = topic or self._topics.get(alias)
        if topic is None:
            raise self._refuse(publish, "no topic was sent for this topic alias", 0x82)
        self._topics[alias] = topic
        return publish.replace(topic=topic, topic_alias=None)  # type: ignore[no-any-return]

    def _refuse(self, publish: PublishPacket, rule: str, reason_code: int) -> DecodeError:
        return DecodeError(
            f"PUBLISH topic_alias={publish.topic_alias}: {rule} [3.3.2.3.4]",
            reason_code=reason_code,
            field="topic_alias",
            packet_type=PacketType.PUBLISH,
            packet_id=publish.packet_id,
        )
