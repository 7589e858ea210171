# SPDX-License-Identifier: MIT
"""The exceptions of reading, and the one of writing that depends on the receiver.

They describe an error, and make the packet that answers it. They do not know what is an error.
Constructing and writing a packet raise plain TypeError and ValueError, except for PacketTooLarge.
"""

from enum import IntEnum

import mqtt5
from mqtt5.enums import PacketType


class Error(Exception):
    """The base class of all exceptions that are not plain TypeError and ValueError."""


class IncompleteError(Error, IndexError):
    """The bytes are the beginning of a packet: read on.

    `needed` is the size in bytes of the whole packet once its fixed header has arrived. Until then, it is the
    smallest size worth retrying with.
    """

    def __init__(self, message: str = "", *, needed: int = 0) -> None:
        super().__init__(message)
        self.needed = needed


class DecodeError(Error, ValueError):
    """The bytes are not a packet that the specification allows.

    `connack()` and `disconnect()` make the packet to answer with. `reason_code` (an int) is its code (4.13). `field`
    is the name of the wrong field in the packet class, or in the specification if the class does not show it.
    `offset` is the start of that field, counted in bytes from the start of the packet; 0 if the field is missing.
    `index` is that of the wrong item, None if the field is not a list.

    `packet_type`, `packet_size` (in bytes) and `packet_id` describe the refused packet, each None if it is not known.
    With a known `packet_size`, a `Decoder` can `skip()` the packet.

    `protocol` names the protocol that the bytes seem to be: "mqtt-3.1", "mqtt-3.1.1", "tls", "http", "websocket",
    "proxy-v1", "proxy-v2", or None. A `Decoder` looks at the first bytes of its stream only. `protocol_level` is that
    of a CONNECT (3.1.2.2), None for anything else.
    """

    def __init__(
        self,
        message: str = "",
        *,
        reason_code: int = 0x81,
        field: str = "",
        offset: int = 0,
        index: int | None = None,
        packet_type: PacketType | None = None,
        packet_size: int | None = None,
        packet_id: int | None = None,
        protocol: str | None = None,
        protocol_level: int | None = None,
    ) -> None:
        super().__init__(message)
        self.reason_code = reason_code
        self.field = field
        self.offset = offset
        self.index = index
        self.packet_type = packet_type
        self.packet_size = packet_size
        self.packet_id = packet_id
        self.protocol = protocol
        self.protocol_level = protocol_level

    def connack(self, reason_str: str | None = None) -> "mqtt5.ConnAckPacket":
        """The answer of a server that has not yet accepted the connection (3.2.2.2).

        A reason code that CONNACK does not have becomes PROTOCOL_ERROR.
        """
        return mqtt5.ConnAckPacket(reason_code=self._code_of(mqtt5.ConnAckReasonCode), reason_str=reason_str)

    def disconnect(self, reason_str: str | None = None) -> "mqtt5.DisconnectPacket":
        """The answer of either side on an accepted connection (3.14.2.1).

        A reason code that DISCONNECT does not have becomes PROTOCOL_ERROR.
        """
        return mqtt5.DisconnectPacket(reason_code=self._code_of(mqtt5.DisconnectReasonCode), reason_str=reason_str)

    def _code_of(self, codes: type[IntEnum]) -> int:
        return self.reason_code if self.reason_code in set(codes) else 0x82  # Protocol Error


class PacketTooLarge(Error, ValueError):  # noqa: N818  the name of reason code 0x95
    """The packet is larger than the receiver accepts (3.1.2.11.4, 3.2.2.3.6), or than MQTT allows (2.1.4).

    `packet_size` is its size in bytes, `max_packet_size` the limit. It was not written.
    """

    def __init__(self, message: str = "", *, packet_size: int = 0, max_packet_size: int = 0) -> None:
        super().__init__(message)
        self.packet_size = packet_size
        self.max_packet_size = max_packet_size
