# SPDX-License-Identifier: MIT
"""Reading: one packet from a buffer, or packet after packet from a stream that arrives in pieces.

It documents the engine's functions. It does not know how they work.
"""

from collections.abc import Iterator

from mqtt5._engine import face
from mqtt5.packets import Packet

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from typing import Literal

    from typing_extensions import Buffer

    Sender = Literal["client", "server"] | None
else:
    Sender = str | None
    Buffer = bytes | bytearray | memoryview  # any bytes-like object; Python before 3.12 has no name for it


@face
def read(
    buffer: Buffer,
    *,
    strict: bool = True,
    sender: Sender = None,
    max_packet_size: int | None = None,
    max_list_items: int | None = None,
    forbid_control_characters: bool = False,
) -> tuple[Packet, int]:
    """Reads the packet at the start of the buffer. Returns it and its size in bytes.

    The buffer is any bytes-like object; bytes after the packet are left alone. Raises IncompleteError if the packet
    has not arrived in full, DecodeError if the specification does not allow it. The packet does not refer to the
    buffer.

    `strict=False` tolerates what docs/leniencies.md lists, and nothing else; such a packet is `lenient`.

    `sender` is the side that sent the packet. What this side may not send is refused: types of packets, flags,
    properties and reason codes.

    `max_packet_size` limits the size of a whole packet in bytes, as the Maximum Packet Size of CONNECT and
    CONNACK does (3.1.2.11.4, 3.2.2.3.6): a larger one is refused, with reason code 0x95, as soon as its
    length has arrived. `max_list_items` limits the number of items of each list in a packet, with reason code 0x97:
    user properties, topic filters, reason codes, subscription identifiers. None: no limit but the protocol's.

    `forbid_control_characters` refuses U+0001 to U+001F and U+007F to U+009F in strings (1.5.4).
    """
    raise NotImplementedError


@face
class Decoder:
    """Reads packets from a stream of bytes that arrives in pieces of any size.

    Call `feed()` with each piece, then iterate: each step returns the next packet, and the iteration ends when
    more data is needed. A packet that is not allowed raises DecodeError, after all packets before it. Every later
    step raises it again, unless `skip()` passes over the packet: do that, or stop feeding, since data after the
    packet is kept. Once iterated to the end, a decoder holds at most the beginning of one packet.

    The options are those of `read()`. With a `sender`, the first packet must be one that begins a connection: CONNECT
    from a client, CONNACK or AUTH from a server; and a second CONNECT or CONNACK is refused. `from_start=False` is for
    a stream that is joined later: then any packet may be the first.
    """

    __slots__ = ()

    def __init__(
        self,
        max_packet_size: int | None = None,
        *,
        sender: Sender = None,
        from_start: bool = True,
        strict: bool = True,
        max_list_items: int | None = None,
        forbid_control_characters: bool = False,
    ) -> None:
        raise NotImplementedError

    def feed(self, data: Buffer, /) -> None:
        """Adds data that has arrived, any bytes-like object. The caller may change or reuse it afterwards."""
        raise NotImplementedError

    def skip(self) -> None:
        """Passes over the packet that raised DecodeError, so that the next step goes on with the packet after it.

        The rest of that packet may still have to arrive; it is not kept. Raises the DecodeError again if the size of
        the packet is not known, since the start of the next one is not either. Raises ValueError without an error.
        """
        raise NotImplementedError

    @property
    def buffered(self) -> int:
        """Number of bytes that wait for more. If it is not 0 at the end of a stream, the last packet was cut."""
        raise NotImplementedError

    @property
    def max_packet_size(self) -> int | None:
        """Largest packet in bytes, or None. A change applies to each packet that no step has returned yet."""
        raise NotImplementedError

    @max_packet_size.setter
    def max_packet_size(self, limit: int | None) -> None:
        raise NotImplementedError

    @property
    def max_list_items(self) -> int | None:
        """Largest number of items of a list, or None. A change applies to each packet that no step has returned yet."""
        raise NotImplementedError

    @max_list_items.setter
    def max_list_items(self, limit: int | None) -> None:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Packet]:
        raise NotImplementedError

    def __next__(self) -> Packet:
        raise NotImplementedError
