# SPDX-License-Identifier: MIT
"""For tests of MQTT programs: packets that break rules, and the project's test vectors.

`packet()`, `varint()`, `utf8()` and `properties()` put any bytes together, right or wrong:

    valid = packet(1, 0, utf8("MQTT") + b"\\x05\\x02\\0\\x3c" + properties() + utf8("client"))
    reserved_flag = packet(1, 1, valid[2:])
    length_too_long = packet(12, 0, b"", size=5)
    alias_of_zero = packet(3, 0, utf8("topic") + properties((0x23, b"\\0\\0")) + b"payload")

`vectors()`, `option_vectors()` and `topic_vectors()` read the vectors: packets and topics with the verdict that the
specification demands. `mqtt5.testing.strategies` has Hypothesis strategies for packets; it needs the package
`hypothesis` (`pip install mqtt5-codec[testing]`).

`import mqtt5` does not import this. It knows how bytes are put together, and no rule of MQTT.
"""

from mqtt5.testing._vectors import (
    VECTOR_FORMAT,
    OptionVector,
    TopicVector,
    Vector,
    option_vectors,
    topic_vectors,
    vector_directory,
    vectors,
)

__all__ = [
    "VECTOR_FORMAT",
    "OptionVector",
    "TopicVector",
    "Vector",
    "option_vectors",
    "packet",
    "properties",
    "topic_vectors",
    "utf8",
    "varint",
    "vector_directory",
    "vectors",
]


def packet(type: int, flags: int, body: bytes, *, length: int | None = None, size: int | None = None) -> bytes:
    """A packet with this type (0 to 15), these flags (0 to 15) and all that follows the remaining length (2.1).

    `length` is a remaining length that differs from the size of the body, `size` the number of bytes to write it in.
    """
    for name, value in (("type", type), ("flags", flags)):
        if not 0 <= value <= 15:
            raise ValueError(f"{name}={value}: must be from 0 to 15")
    return bytes([type << 4 | flags]) + varint(len(body) if length is None else length, size) + body


def varint(n: int, size: int | None = None) -> bytes:
    """A variable byte integer (1.5.5) in as few bytes as it takes, or in `size` bytes.

    MQTT allows up to 4 bytes, and as few as possible; this writes any number in any number of bytes.
    """
    if n < 0:
        raise ValueError(f"n={n}: must not be negative")
    needed = max(1, (n.bit_length() + 6) // 7)
    if size is not None and size < needed:
        raise ValueError(f"size={size}: {n} takes {needed} bytes")
    count = size or needed
    return bytes([n >> 7 * i & 0x7F | (0x80 if i + 1 < count else 0) for i in range(count)])


def utf8(text: str | bytes, *, length: int | None = None) -> bytes:
    """A UTF-8 encoded string (1.5.4) or binary data (1.5.6): two bytes of length, and the text.

    The text may be anything: U+0000, surrogates, or as bytes what is not UTF-8. `length` is one that differs from the
    size of the text.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else _bytes(text)
    return _u16(len(data) if length is None else length) + data


def properties(*items: bytes | tuple[int, bytes], length: int | None = None, size: int | None = None) -> bytes:
    """A property length and the properties (2.2.2). An item is an identifier and its value, or raw bytes.

    `length` is a property length that differs from their size, `size` the number of bytes to write it in.
    """
    data = b"".join(varint(item[0]) + item[1] if isinstance(item, tuple) else _bytes(item) for item in items)
    return varint(len(data) if length is None else length, size) + data


def _bytes(data: bytes) -> bytes:
    return bytes(memoryview(data))  # bytes(5) would be five zeros


def _u16(number: int) -> bytes:
    if not 0 <= number <= 0xFFFF:
        raise ValueError(f"length={number}: must be from 0 to 65535; a longer text needs a length of its own")
    return number.to_bytes(2, "big")
