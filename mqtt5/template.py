# SPDX-License-Identifier: MIT
"""One message for many receivers: the PUBLISH is encoded once, and each delivery patches what differs.

It documents the engine's class. It does not know the encoding.
"""

from collections.abc import Iterable
from types import EllipsisType

from mqtt5._engine import face
from mqtt5.packets import PublishPacket


@face
class PublishTemplate:
    """A PUBLISH that was checked and encoded once, to be written many times.

    `write()` returns what `packet.replace(...).write()` would return, or raises what that would raise. The arguments
    are what may differ between deliveries. An argument that is not given, or `...`, is that of the packet. packet_id
    and duplicate belong to one delivery: they are never taken from the packet, which so needs no packet_id.

    A template cannot be changed, copied or pickled. It keeps the packet's leniency.
    """

    __slots__ = ()

    def __init__(self, packet: PublishPacket) -> None:
        raise NotImplementedError

    def write(
        self,
        *,
        packet_id: int | None = None,
        qos: int | EllipsisType = ...,
        retain: bool | EllipsisType = ...,
        duplicate: bool = False,
        topic_alias: int | EllipsisType | None = ...,
        subscription_ids: Iterable[int] | EllipsisType | None = ...,
        message_expiry_interval: int | EllipsisType | None = ...,
    ) -> bytes:
        """The packet of one delivery as bytes."""
        raise NotImplementedError

    def write_parts(
        self,
        *,
        packet_id: int | None = None,
        qos: int | EllipsisType = ...,
        retain: bool | EllipsisType = ...,
        duplicate: bool = False,
        topic_alias: int | EllipsisType | None = ...,
        subscription_ids: Iterable[int] | EllipsisType | None = ...,
        message_expiry_interval: int | EllipsisType | None = ...,
    ) -> tuple[bytes, bytes]:
        """Like write(), in two parts: the payload, which all deliveries share, and all before it.

        For writelines() or sendmsg(). The time does not depend on the size of the payload.
        """
        raise NotImplementedError
