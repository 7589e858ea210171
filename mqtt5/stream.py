# SPDX-License-Identifier: MIT
"""Reading: one packet from a buffer, or packet after packet from a stream that arrives in pieces.

It documents what the engine does. It does not know how.
"""

from collections.abc import Iterator

from mqtt5._engine import face
from mqtt5.packets import Packet

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from typing_extensions import Buffer
else:
    Buffer = bytes | bytearray | memoryview  # and others: there is no name for it before Python 3.12


@face
def read(buffer: Buffer) -> tuple[Packet, int]:
    """The packet that the buffer begins with, and its size in bytes.

    The buffer is any contiguous bytes-like object; bytes after the packet are left alone. Raises IncompleteError if
    the packet has not arrived in full, DecodeError if it is not one that the specification allows. The packet does
    not refer to the buffer.
    """
    raise NotImplementedError


@face
class Decoder:
    """Reads packets from a stream of bytes that arrives in pieces of any size.

    `feed()` it what has arrived, then iterate: each step gives the next packet, and the iteration ends where
    more data is needed. A packet that is not allowed raises DecodeError, after all packets before it have been
    given, and so does every later step: what follows it cannot be read. Between two calls of `feed()`, once
    iterated to the end, a decoder holds at most the beginning of one packet.

    `max_packet_size` limits the size of a whole packet in bytes, as the Maximum Packet Size of CONNECT and
    CONNACK does (3.1.2.11.4, 3.2.2.3.6): a larger one is refused, with reason code 0x95, as soon as its
    length has arrived. None: no limit but the protocol's 268,435,460 bytes.
    """

    __slots__ = ()

    def __init__(self, max_packet_size: int | None = None) -> None:
        raise NotImplementedError

    def feed(self, data: Buffer, /) -> None:
        """Adds what has arrived, any bytes-like object. It may be changed, and used for something else, afterwards."""
        raise NotImplementedError

    @property
    def buffered(self) -> int:
        """How many bytes wait for more: not 0 at the end of a stream means that it broke off in a packet."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Packet]:
        raise NotImplementedError

    def __next__(self) -> Packet:
        raise NotImplementedError
