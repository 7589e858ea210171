# SPDX-License-Identifier: MIT
"""The exceptions of reading.

They know how an error is described, and which packet answers it. They do not know what is an error.
Constructing and writing a packet raise plain TypeError and ValueError.
"""

from enum import IntEnum

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import

if TYPE_CHECKING:
    from mqtt5.packets import ConnAckPacket, DisconnectPacket


class Error(Exception):
    """Anything that reading bytes can raise: either of the two below."""


class IncompleteError(Error, IndexError):
    """The bytes are the beginning of a packet. Nothing is wrong; read on.

    `needed` is the size in bytes of the whole packet as soon as its fixed header is there, before that
    the least number of bytes with which it is worth to ask again.
    """

    def __init__(self, message: str = "", *, needed: int = 0) -> None:
        super().__init__(message)
        self.needed = needed


class DecodeError(Error, ValueError):
    """The bytes are not a packet that the specification allows.

    `connack()` or `disconnect()` is what to answer with. `reason_code` (an int) is the code for it (4.13). `field`
    names the field that is wrong as the packet classes do (or as the specification does, for what they do not
    show), `offset` is where it begins, counted in bytes from the start of the buffer, for a `Decoder` from the
    start of the packet; 0 for a field that is missing.
    """

    def __init__(self, message: str = "", *, reason_code: int = 0x81, field: str = "", offset: int = 0) -> None:
        super().__init__(message)
        self.reason_code = reason_code
        self.field = field
        self.offset = offset

    def connack(self, reason_str: str | None = None) -> "ConnAckPacket":
        """What a server answers before it accepts the connection: with this code, if CONNACK has it (3.2.2.2)."""
        from mqtt5.enums import ConnAckReasonCode
        from mqtt5.packets import ConnAckPacket

        return ConnAckPacket(reason_code=self._code_of(ConnAckReasonCode), reason_str=reason_str)

    def disconnect(self, reason_str: str | None = None) -> "DisconnectPacket":
        """What either side answers later: with this code, if DISCONNECT has it (3.14.2.1)."""
        from mqtt5.enums import DisconnectReasonCode
        from mqtt5.packets import DisconnectPacket

        return DisconnectPacket(reason_code=self._code_of(DisconnectReasonCode), reason_str=reason_str)

    def _code_of(self, codes: type[IntEnum]) -> int:
        """0x84, of a CONNECT, is no code of DISCONNECT, nor is 0x94, of a PUBLISH, one of CONNACK."""
        return self.reason_code if self.reason_code in set(codes) else 0x82  # Protocol Error
