# SPDX-License-Identifier: MIT
"""The exceptions of reading.

They describe an error, and make the packet that answers it. They do not know what is an error.
Constructing and writing a packet raise plain TypeError and ValueError.
"""

from enum import IntEnum

import mqtt5


class Error(Exception):
    """The base class of both exceptions that reading bytes can raise."""


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
    """

    def __init__(self, message: str = "", *, reason_code: int = 0x81, field: str = "", offset: int = 0) -> None:
        super().__init__(message)
        self.reason_code = reason_code
        self.field = field
        self.offset = offset

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
