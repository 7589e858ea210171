# SPDX-License-Identifier: MIT
"""Reading: one packet from a buffer, or packet after packet from a stream that arrives in pieces.

It knows where packets begin and end in what has arrived. It does not know what is in them, or where the
bytes come from.
"""

from collections.abc import Iterator
from copy import copy

from mqtt5 import _engine
from mqtt5._convert import refuse_type, size_limit
from mqtt5._typing import TYPE_CHECKING, NoReturn
from mqtt5.exceptions import DecodeError, IncompleteError
from mqtt5.packets import Packet

if TYPE_CHECKING:
    from typing_extensions import Buffer
else:
    Buffer = bytes | bytearray | memoryview  # and others: there is no name for it before Python 3.12


def read(buffer: Buffer) -> tuple[Packet, int]:
    """The packet that the buffer begins with, and its size in bytes.

    The buffer is any bytes-like object; what follows the packet in it is left alone. Raises
    IncompleteError if the packet has not arrived in full, DecodeError if it is not one that the
    specification allows. The packet does not refer to the buffer.
    """
    return _engine.read(buffer)


class Decoder:
    """Reads packets from a stream of bytes that arrives in pieces of any size.

    `feed()` it what has arrived, then iterate: each step gives the next packet, and the iteration ends where
    more data is needed. A packet that is not allowed raises DecodeError, after all packets before it have been
    given, and so does every later step: what follows it cannot be read. Between two calls of `feed()`, once
    iterated to the end, a decoder holds no more than the beginning of one packet.

    `max_packet_size` limits the size of a whole packet in bytes, as the Maximum Packet Size of CONNECT and
    CONNACK does (3.1.2.11.4, 3.2.2.3.6): a larger one is refused, with reason code 0x95, as soon as its
    length has arrived. None: no limit but the protocol's 268,435,460 bytes.
    """

    __slots__ = ("_at", "_buffer", "_error", "_limit", "_needed")

    def __init__(self, max_packet_size: int | None = None) -> None:
        self._limit = size_limit(max_packet_size, "max_packet_size")
        self._buffer = bytearray()
        self._at = 0  # where the next packet begins
        self._needed = 0  # its size, as far as that is known
        self._error: DecodeError | None = None

    def feed(self, data: Buffer, /) -> None:
        """Adds what has arrived, any bytes-like object. It may be changed, and used for something else, afterwards."""
        try:
            view = memoryview(data)
        except TypeError:
            raise refuse_type(data, "data", "a bytes-like object") from None
        with view:
            if self._error is not None:
                return
            self._drop_read()
            self._buffer += view if view.contiguous else view.tobytes()

    @property
    def buffered(self) -> int:
        """How many bytes wait for more: not 0 at the end of a stream means that it broke off in a packet."""
        return len(self._buffer) - self._at

    def __iter__(self) -> Iterator[Packet]:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"cannot pickle or copy '{type(self).__name__}' object")

    def __next__(self) -> Packet:
        if self._error is not None:
            raise copy(self._error)
        if self.buffered < max(self._needed, 1):
            self._drop_read()
            raise StopIteration
        try:
            packet, self._at = _engine.decode(self._buffer, self._at, self._limit)
        except IncompleteError as error:
            self._needed = error.needed
            self._drop_read()
            raise StopIteration from None
        except DecodeError as error:
            self._error = copy(error)  # without the traceback, which leads back here
            self._at = len(self._buffer)
            self._drop_read()
            raise
        self._needed = 0
        return packet

    def _drop_read(self) -> None:
        del self._buffer[: self._at]
        self._at = 0


if not TYPE_CHECKING:
    read, Decoder = _engine.replace(read, Decoder)
