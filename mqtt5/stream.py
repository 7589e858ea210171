# SPDX-License-Identifier: MIT
"""Reading: one packet from a buffer, or packet after packet from a stream that arrives in pieces.

It documents the engine's functions. It does not know how they work.
"""

from collections.abc import Iterator

from mqtt5._engine import face
from mqtt5.packets import Packet

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from typing_extensions import Buffer
else:
    Buffer = bytes | bytearray | memoryview  # any bytes-like object; Python before 3.12 has no name for it


@face
def read(buffer: Buffer) -> tuple[Packet, int]:
    """Reads the packet at the start of the buffer. Returns it and its size in bytes.

    The buffer is any bytes-like object; bytes after the packet are left alone. Raises IncompleteError if the packet
    has not arrived in full, DecodeError if the specification does not allow it. The packet does not refer to the
    buffer.
    """
    raise NotImplementedError


@face
class Decoder:
    """Reads packets from a stream of bytes that arrives in pieces of any size.

    Call `feed()` with each piece, then iterate: each step returns the next packet, and the iteration ends when
    more data is needed. A packet that is not allowed raises DecodeError, after all packets before it. Every later
    step raises it again, since the start of the next packet is unknown. Once iterated to the end, a decoder holds
    at most the beginning of one packet.

    `max_packet_size` limits the size of a whole packet in bytes, as the Maximum Packet Size of CONNECT and
    CONNACK does (3.1.2.11.4, 3.2.2.3.6): a larger one is refused, with reason code 0x95, as soon as its
    length has arrived. None: only the protocol's limit, 268,435,460 bytes.
    """

    __slots__ = ()

    def __init__(self, max_packet_size: int | None = None) -> None:
        raise NotImplementedError

    def feed(self, data: Buffer, /) -> None:
        """Adds data that has arrived, any bytes-like object. The caller may change or reuse it afterwards."""
        raise NotImplementedError

    @property
    def buffered(self) -> int:
        """Number of bytes that wait for more. If it is not 0 at the end of a stream, the last packet was cut."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Packet]:
        raise NotImplementedError

    def __next__(self) -> Packet:
        raise NotImplementedError
