# SPDX-License-Identifier: MIT
"""The exceptions of reading.

They know how an error is described. They do not know what is an error, or which packets there are.
Constructing and writing a packet raise plain TypeError and ValueError.
"""


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

    `reason_code` (an int) is the code to answer with (4.13): `ConnAckPacket(reason_code=e.reason_code)`
    to a CONNECT, `DisconnectPacket(reason_code=e.reason_code)` to anything else. 0x84, which only
    CONNACK has, comes from a CONNECT alone; 0x94, which only DISCONNECT has, from a PUBLISH.
    `field` names the field that is wrong as the packet classes do (or as the specification does, for
    what they do not show), `offset` is where it begins, counted in bytes from the start of the buffer,
    for a `Decoder` from the start of the packet.
    """

    def __init__(self, message: str = "", *, reason_code: int = 0x81, field: str = "", offset: int = 0) -> None:
        super().__init__(message)
        self.reason_code = reason_code
        self.field = field
        self.offset = offset
