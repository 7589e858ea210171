# SPDX-License-Identifier: MIT
"""Writes the test vectors beside it: MQTT 5.0 packets as bytes, each with the verdict a strict codec must reach.

Packets are put together from the specification's tables, and the verdict follows from how they are put together.
It knows no codec and parses nothing. Without arguments it rewrites the files and the line counts in
docs/conformance.md; with --check it changes nothing and exits with 1 if any of them differs.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
CONFORMANCE = HERE.parent.parent / "docs" / "conformance.md"

# --------------------------------------------------------------------------------------------------------------------
# Tables of the specification
# --------------------------------------------------------------------------------------------------------------------

MALFORMED, PROTOCOL, VERSION, ALIAS = 0x81, 0x82, 0x84, 0x94  # the codes that answer what one packet can do wrong

# Section 2.1.2 and 2.1.3: packet type and the flags that are fixed for it (PUBLISH has none that are fixed).
TYPES = {
    "CONNECT": 0x10,
    "CONNACK": 0x20,
    "PUBLISH": 0x30,
    "PUBACK": 0x40,
    "PUBREC": 0x50,
    "PUBREL": 0x62,
    "PUBCOMP": 0x70,
    "SUBSCRIBE": 0x82,
    "SUBACK": 0x90,
    "UNSUBSCRIBE": 0xA2,
    "UNSUBACK": 0xB0,
    "PINGREQ": 0xC0,
    "PINGRESP": 0xD0,
    "DISCONNECT": 0xE0,
    "AUTH": 0xF0,
}

# The statement about the flags of a type, where it has one of its own besides 2.1.3-1.
FLAG_STATEMENTS = {
    "PUBREL": "3.6.1-1",
    "SUBSCRIBE": "3.8.1-1",
    "UNSUBSCRIBE": "3.10.1-1",
    "DISCONNECT": "3.14.1-1",
    "AUTH": "3.15.1-1",
}


class Property(NamedTuple):
    name: str
    kind: str  # byte, two, four, var, text, binary, pair
    sample: bytes  # a valid value that is not the default, as it stands on the wire
    where: str  # the packets of table 2-4


REQUESTS = "PUBLISH SUBSCRIBE UNSUBSCRIBE"
ACKS = "PUBACK PUBREC PUBREL PUBCOMP SUBACK UNSUBACK DISCONNECT AUTH"

# Table 2-4 (section 2.2.2.2).
PROPERTIES = {
    1: Property("payload format indicator", "byte", b"\x01", "PUBLISH WILL"),
    2: Property("message expiry interval", "four", b"\0\0\0\x0a", "PUBLISH WILL"),
    3: Property("content type", "text", b"\0\x02ct", "PUBLISH WILL"),
    8: Property("response topic", "text", b"\0\x02rt", "PUBLISH WILL"),
    9: Property("correlation data", "binary", b"\0\x02cd", "PUBLISH WILL"),
    11: Property("subscription identifier", "var", b"\x05", "PUBLISH SUBSCRIBE"),
    17: Property("session expiry interval", "four", b"\0\0\0\x0a", "CONNECT CONNACK DISCONNECT"),
    18: Property("assigned client identifier", "text", b"\0\x02id", "CONNACK"),
    19: Property("server keep alive", "two", b"\0\x3c", "CONNACK"),
    21: Property("authentication method", "text", b"\0\x02am", "CONNECT CONNACK AUTH"),
    22: Property("authentication data", "binary", b"\0\x02ad", "CONNECT CONNACK AUTH"),
    23: Property("request problem information", "byte", b"\x00", "CONNECT"),
    24: Property("will delay interval", "four", b"\0\0\0\x0a", "WILL"),
    25: Property("request response information", "byte", b"\x01", "CONNECT"),
    26: Property("response information", "text", b"\0\x02ri", "CONNACK"),
    28: Property("server reference", "text", b"\0\x02sr", "CONNACK DISCONNECT"),
    31: Property("reason string", "text", b"\0\x02rs", f"CONNACK {ACKS}"),
    33: Property("receive maximum", "two", b"\0\x0a", "CONNECT CONNACK"),
    34: Property("topic alias maximum", "two", b"\0\x0a", "CONNECT CONNACK"),
    35: Property("topic alias", "two", b"\0\x05", "PUBLISH"),
    36: Property("maximum QoS", "byte", b"\x01", "CONNACK"),
    37: Property("retain available", "byte", b"\x00", "CONNACK"),
    38: Property("user property", "pair", b"\0\x01k\0\x01v", f"CONNECT CONNACK WILL {REQUESTS} {ACKS}"),
    39: Property("maximum packet size", "four", b"\0\0\0\x64", "CONNECT CONNACK"),
    40: Property("wildcard subscription available", "byte", b"\x00", "CONNACK"),
    41: Property("subscription identifier available", "byte", b"\x00", "CONNACK"),
    42: Property("shared subscription available", "byte", b"\x00", "CONNACK"),
}

# The section of chapter 3 about the properties of a packet, and its subsection for each property.
PROPERTY_SECTIONS = {
    "CONNECT": ("3.1.2.11", {17: 2, 33: 3, 39: 4, 34: 5, 25: 6, 23: 7, 38: 8, 21: 9, 22: 10}),
    "WILL": ("3.1.3.2", {24: 2, 1: 3, 2: 4, 3: 5, 8: 6, 9: 7, 38: 8}),
    "CONNACK": (
        "3.2.2.3",
        {17: 2, 33: 3, 36: 4, 37: 5, 39: 6, 18: 7, 34: 8, 31: 9, 38: 10, 40: 11, 41: 12, 42: 13}
        | {19: 14, 26: 15, 28: 16, 21: 17, 22: 18},
    ),
    "PUBLISH": ("3.3.2.3", {1: 2, 2: 3, 35: 4, 8: 5, 9: 6, 38: 7, 11: 8, 3: 9}),
    "PUBACK": ("3.4.2.2", {31: 2, 38: 3}),
    "PUBREC": ("3.5.2.2", {31: 2, 38: 3}),
    "PUBREL": ("3.6.2.2", {31: 2, 38: 3}),
    "PUBCOMP": ("3.7.2.2", {31: 2, 38: 3}),
    "SUBSCRIBE": ("3.8.2.1", {11: 2, 38: 3}),
    "SUBACK": ("3.9.2.1", {31: 2, 38: 3}),
    "UNSUBSCRIBE": ("3.10.2.1", {38: 2}),
    "UNSUBACK": ("3.11.2.1", {31: 2, 38: 3}),
    "DISCONNECT": ("3.14.2.2", {17: 2, 31: 3, 38: 4, 28: 5}),
    "AUTH": ("3.15.2.2", {21: 2, 22: 3, 31: 4, 38: 5}),
}

ONE_BIT = {1, 23, 25, 36, 37, 40, 41, 42}  # must be 0 or 1
NOT_ZERO = {11: PROTOCOL, 33: PROTOCOL, 35: ALIAS, 39: PROTOCOL}  # must not be 0, and the code that answers it
DEFAULTS = {1: 0, 17: 0, 23: 1, 24: 0, 25: 0, 33: 65535, 34: 0, 37: 1, 40: 1, 41: 1, 42: 1}  # absent means this

# The reason codes of each packet: its own table in chapter 3, the statement that binds the sender to it, and its
# column of the common table in section 2.4.
PUBLISH_ERRORS = {0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}
REASONS = {
    "CONNACK": ("3.2.2-8", {0x00, *range(0x80, 0x8B), 0x8C, 0x90, 0x95, 0x97, *range(0x99, 0x9E), 0x9F}),
    "PUBACK": ("3.4.2-1", {0x00, 0x10, *PUBLISH_ERRORS}),
    "PUBREC": ("3.5.2-1", {0x00, 0x10, *PUBLISH_ERRORS}),
    "PUBREL": ("3.6.2-1", {0x00, 0x92}),
    "PUBCOMP": ("3.7.2-1", {0x00, 0x92}),
    "SUBACK": ("3.9.3-2", {0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2}),
    "UNSUBACK": ("3.11.3-2", {0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91}),
    "DISCONNECT": (
        "3.14.2-1",
        {0x00, 0x04, *range(0x80, 0x84), 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, *range(0x93, 0xA3)},
    ),
    "AUTH": ("3.15.2-1", {0x00, 0x18, 0x19}),
}
COMMON_REASONS = {name: codes | ({0x8C} if name == "DISCONNECT" else set()) for name, (_, codes) in REASONS.items()}

# --------------------------------------------------------------------------------------------------------------------
# Bytes
# --------------------------------------------------------------------------------------------------------------------

Bytes = tuple[bytes, ...]  # a packet or a part of it; its pieces become the tokens of a line


def u8(number: int) -> Bytes:
    return (number.to_bytes(1),)


def u16(number: int) -> Bytes:
    return (number.to_bytes(2),)


def u32(number: int) -> Bytes:
    return (number.to_bytes(4),)


def varint(number: int, width: int = 1) -> Bytes:
    """A variable byte integer of at least `width` bytes: more than it needs makes it not minimal."""
    groups: list[int] = []
    while number or len(groups) < width:
        groups.append(number & 127 | 128)
        number >>= 7
    groups[-1] &= 127
    return (bytes(groups),)


def text(value: str | bytes) -> Bytes:
    """A string, or binary data: two bytes of length before it."""
    value = value.encode() if isinstance(value, str) else value
    return (len(value).to_bytes(2), value)


def size(part: Bytes) -> int:
    return sum(map(len, part))


def flat(part: Bytes) -> Bytes:
    """The same bytes in one piece, so that a repetition in them shows."""
    return (b"".join(part),)


def packet(first: int, *parts: Bytes) -> Bytes:
    """A packet whose remaining length is right and minimal."""
    body = sum(parts, ())
    return u8(first) + varint(size(body)) + body


def prop(ident: int, *value: bytes) -> Bytes:
    """One property, with the sample value of its table row unless another is given."""
    return u8(ident) + (value or (PROPERTIES[ident].sample,))


def section(*properties: Bytes) -> Bytes:
    """Property length and properties."""
    body = sum(properties, ())
    return varint(size(body)) + body


def user(name: str | bytes, value: str | bytes) -> Bytes:
    return prop(38, *text(name), *text(value))


REPETITION = re.compile(rb"(.{1,8}?)\1{15,}", re.DOTALL)


def tokens(part: Bytes) -> str:
    """Hexadecimal, a token for each piece; what is one short unit again and again becomes unit*count."""
    out = []
    for piece in part:
        start = 0
        for run in REPETITION.finditer(piece):
            out.append(piece[start : run.start()].hex())
            out.append(f"{run[1].hex()}*{len(run[0]) // len(run[1])}")
            start = run.end()
        out.append(piece[start:].hex())
    return " ".join(filter(None, out))


# --------------------------------------------------------------------------------------------------------------------
# The book of all vectors
# --------------------------------------------------------------------------------------------------------------------


@dataclass
class Line:
    verdict: str
    code: int
    part: Bytes
    what: str
    refs: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        refs = "".join(f"[MQTT-{ref}]" if "-" in ref else f"[{ref}]" for ref in self.refs)
        return f"{self.verdict}\t{self.code:02x}\t{tokens(self.part)}\t{self.what} {refs}"


class Book:
    """The lines of every file. Bytes stand in one line only, in all files together: where a second rule comes to
    the same packet, it must come to the same verdict, and its references join those of the first line."""

    def __init__(self) -> None:
        self.files: dict[str, list[Line | str]] = {}
        self.seen: dict[bytes, Line] = {}
        self.current: list[Line | str] = []

    def open(self, file: str, heading: str) -> None:
        self.current = self.files.setdefault(file, [])
        self.current.append(heading)

    def add(self, verdict: str, code: int, part: Bytes, what: str, *refs: str) -> None:
        if not refs:
            raise ValueError(f"no reference: {what}")
        raw = b"".join(part)
        line = self.seen.get(raw)
        if line is None:
            line = self.seen[raw] = Line(verdict, code, part, what)
            self.current.append(line)
        if (line.verdict, line.code) != (verdict, code):
            raise ValueError(f"{tokens(part)} is both {line.verdict} {line.what!r} and {verdict} {what!r}")
        line.refs += [ref for ref in refs if ref not in line.refs]

    def ok(self, part: Bytes, what: str, *refs: str) -> None:
        self.add("ok", 0, part, what, *refs)

    def alt(self, part: Bytes, what: str, *refs: str) -> None:
        self.add("alt", 0, part, what, *refs)

    def bad(self, code: int, part: Bytes, what: str, *refs: str) -> None:
        self.add("bad", code, part, what, *refs)

    def lines(self) -> Iterator[tuple[str, Line]]:
        for file, lines in self.files.items():
            yield from ((file, line) for line in lines if isinstance(line, Line))

    def texts(self) -> Iterator[tuple[str, str]]:
        for file, lines in self.files.items():
            out = [f"# {file}: written by generate.py, see README.md"]
            for line, following in zip(lines, [*lines[1:], ""], strict=True):
                if isinstance(line, Line):
                    out.append(str(line))
                elif isinstance(following, Line):  # a heading without lines is omitted
                    out += ["", f"# {line}"]
            yield file, "\n".join(out) + "\n"


# --------------------------------------------------------------------------------------------------------------------
# Places where properties stand
# --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A packet (or the Will in a CONNECT) as a frame for its property section."""

    name: str
    first: int
    head: Bytes  # the bytes before the property length
    tail: Bytes  # the bytes after the properties

    @property
    def file(self) -> str:
        return "connect.tsv" if self.name == "WILL" else f"{self.name.lower()}.tsv"

    @property
    def title(self) -> str:
        return "Will" if self.name == "WILL" else self.name

    @property
    def allowed(self) -> list[int]:
        """The identifiers of its properties in the encoder's order: ascending, the user property last."""
        return sorted(PROPERTY_SECTIONS[self.name][1], key=lambda ident: (ident == 38, ident))

    def ref(self, ident: int) -> str:
        base, subsections = PROPERTY_SECTIONS[self.name]
        return f"{base}.{subsections[ident]}" if ident in subsections else "2.2.2.2"

    def packet(self, *properties: Bytes) -> Bytes:
        return packet(self.first, self.head, section(*properties), self.tail)

    def need(self, ident: int) -> Bytes:
        """What must stand before a property for it to be allowed: authentication data wants its method."""
        return prop(21) if ident == 22 and self.name in ("CONNECT", "AUTH") else ()


def connect_head(flags: int, keep_alive: int = 60) -> Bytes:
    return text("MQTT") + u8(5) + u8(flags) + u16(keep_alive)


ONE = u16(1)  # a packet identifier
NONE = varint(0)  # no properties
CLIENT = text("c")
PLACES = {
    place.name: place
    for place in (
        Place("CONNECT", 0x10, connect_head(0x02), CLIENT),
        Place("WILL", 0x10, connect_head(0x06) + NONE + CLIENT, text("w") + text("p")),
        Place("CONNACK", 0x20, u8(0) + u8(0), ()),
        Place("PUBLISH", 0x30, text("t"), (b"pay",)),
        Place("PUBACK", 0x40, ONE + u8(0), ()),
        Place("PUBREC", 0x50, ONE + u8(0), ()),
        Place("PUBREL", 0x62, ONE + u8(0), ()),
        Place("PUBCOMP", 0x70, ONE + u8(0), ()),
        Place("SUBSCRIBE", 0x82, ONE, text("f") + u8(0)),
        Place("SUBACK", 0x90, ONE, u8(0)),
        Place("UNSUBSCRIBE", 0xA2, ONE, text("f")),
        Place("UNSUBACK", 0xB0, ONE, u8(0)),
        Place("DISCONNECT", 0xE0, u8(0), ()),
        Place("AUTH", 0xF0, u8(0), ()),
    )
}
ACK_PLACES = ("PUBACK", "PUBREC", "PUBREL", "PUBCOMP")


def check_tables() -> None:
    """The specification states these facts twice; both statements are above, and must agree."""
    for name, (_, subsections) in PROPERTY_SECTIONS.items():
        assert set(subsections) == {ident for ident, row in PROPERTIES.items() if name in row.where.split()}, name
    for name, (_, codes) in REASONS.items():
        assert COMMON_REASONS[name] - codes <= {0x8C}, name  # 2.4 lists it for DISCONNECT, 3.14.2.1 does not


# --------------------------------------------------------------------------------------------------------------------
# Properties, alike for every place
# --------------------------------------------------------------------------------------------------------------------

NUMBERS = {
    "byte": (0, 1, 2, 3, 127, 128, 254, 255),
    "two": (0, 1, 2, 127, 128, 255, 256, 32767, 32768, 65534, 65535),
    "four": (0, 1, 2, 127, 128, 255, 256, 65535, 65536, 2**24 - 1, 2**24, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1),
    "var": (0, 1, 2, 127, 128, 129, 16383, 16384, 2097151, 2097152, 268435454, 268435455),
}
WRITERS = {"byte": u8, "two": u16, "four": u32, "var": varint}
OTHERS = {"byte": b"\x01", "two": b"\1\2", "four": b"\1\2\3\4", "var": b"\x7f", "text": b"\0\1o", "binary": b"\0\1o"}
LONG_VALUES = {"var": b"\xff\xff\xff\x7f"}  # samples of more than one byte, to be cut

UNKNOWN = [ident for ident in range(128) if ident not in PROPERTIES]
FEW_UNKNOWN = [0, 4, 7, 10, 12, 16, 20, 27, 29, 30, 32, 43, 64, 127]


def properties(book: Book, place: Place) -> None:
    book.open(place.file, f"{place.title} properties: values")
    for ident in place.allowed:
        values(book, place, ident)
    book.open(place.file, f"{place.title} properties: repeated")
    for ident in place.allowed:
        repeated(book, place, ident)
    book.open(place.file, f"{place.title} properties: several, and their order")
    together(book, place)
    book.open(place.file, f"{place.title} properties: cut off")
    for ident in place.allowed:
        cut_values(book, place, ident)
    book.open(place.file, f"{place.title} properties: those of other packets")
    for ident, row in PROPERTIES.items():
        if ident not in place.allowed:
            book.bad(MALFORMED, place.packet(prop(ident)), f"{place.title} with {row.name}", "2.2.2.2")
    book.open(place.file, f"{place.title} properties: unknown identifiers")
    unknown(book, place)
    book.open(place.file, f"{place.title} property length")
    property_length(book, place)


def judge(place: Place, ident: int, number: int) -> tuple[str, int]:
    if ident in ONE_BIT and number > 1:
        return "bad", PROTOCOL
    if number == 0 and ident in NOT_ZERO:
        return "bad", NOT_ZERO[ident]
    if ident == 17 and place.name != "CONNECT":  # elsewhere absent is not 0 but the CONNECT's value
        return "ok", 0
    return ("alt" if DEFAULTS.get(ident) == number else "ok"), 0


def values(book: Book, place: Place, ident: int) -> None:
    row = PROPERTIES[ident]
    refs = [place.ref(ident)]
    label = f"{place.title} {row.name}"
    need = place.need(ident)
    if row.kind in NUMBERS:
        for number in NUMBERS[row.kind]:
            verdict, code = judge(place, ident, number)
            note = " (its default)" if verdict == "alt" else ""
            own = ["3.3.2-8"] if ident == 35 else []
            part = place.packet(prop(ident, *WRITERS[row.kind](number)))
            book.add(verdict, code, part, f"{label} {number}{note}", *own, *refs)
    if row.kind == "var":
        for number, width in ((1, 2), (1, 3), (1, 4), (127, 2), (128, 3), (16383, 3), (16384, 4), (2097151, 4)):
            part = place.packet(prop(ident, *varint(number, width)))
            book.bad(MALFORMED, part, f"{label} {number} in {width} bytes", "1.5.5-1")
        for raw in (b"\x81\x80\x80\x80\x00", b"\x80\x80\x80\x80\x01", b"\xff\xff\xff\xff\x7f", b"\xff\xff\xff\xff\x0f"):
            book.bad(MALFORMED, place.packet(prop(ident, raw)), f"{label} of five bytes", "1.5.5")
    if row.kind in ("text", "binary"):
        for length in (0, 1, 127, 128, 255, 256):
            part = place.packet(need, prop(ident, *text(b"x" * length)))
            if ident == 8 and not length:
                book.bad(MALFORMED, part, f"{label} is empty", "4.7.3-1", *refs)
            else:
                book.ok(part, f"{label} of {length} bytes", *refs)
    if row.kind == "binary":
        for raw in (b"\x00", b"\xff\xfe", b"\xc0\x80", b"#/+", bytes(range(16))):
            part = place.packet(need, prop(ident, *text(raw)))
            book.ok(part, f"{label} may be any bytes: {raw.hex()}", "1.5.6", *refs)
    if row.kind == "pair":
        for name, value in (("", ""), ("", "v"), ("k", ""), ("k", "v"), ("name", "x" * 130), ("x" * 130, "value")):
            what = f"{label}, name of {len(name)} bytes, value of {len(value)}"
            book.ok(place.packet(user(name, value)), what, "1.5.7-1", *refs)


def repeated(book: Book, place: Place, ident: int) -> None:
    row = PROPERTIES[ident]
    refs = [place.ref(ident)]
    label = f"{place.title} with {row.name}"
    twice = place.packet(place.need(ident), prop(ident), prop(ident))
    if ident == 38:
        book.ok(twice, f"{label} twice, the same", *refs)
        book.ok(place.packet(user("k", "1"), user("k", "2")), f"{label} twice, same name", *refs)
        book.ok(place.packet(user("b", "1"), user("a", "1")), f"{label} twice, names not sorted", *refs)
        book.ok(place.packet(user("", ""), user("", "")), f"{label} twice, empty", *refs)
        book.ok(place.packet(*[user("n", str(i)) for i in range(9)]), f"{label} nine times", *refs)
    elif (place.name, ident) == ("PUBLISH", 11):
        book.ok(twice, f"{label} twice, the same", "3.3.4", *refs)
        book.ok(place.packet(prop(11, b"\x07"), prop(11, b"\x02")), f"{label} twice, not sorted", *refs)
        ids = [prop(11, *varint(1 << bit)) for bit in range(28)]
        book.ok(place.packet(*ids), f"{label} twenty-eight times", *refs)
    else:
        book.bad(PROTOCOL, twice, f"{label} twice, the same", *refs)
        other = prop(ident, OTHERS[row.kind])
        if prop(ident) != other:
            part = place.packet(place.need(ident), prop(ident), other)
            book.bad(PROTOCOL, part, f"{label} twice, two values", *refs)
        if 38 in place.allowed:
            part = place.packet(place.need(ident), prop(ident), user("k", "v"), prop(ident))
            book.bad(PROTOCOL, part, f"{label} twice, a user property between", *refs)


def together(book: Book, place: Place) -> None:
    idents = place.allowed
    all_of_them = [prop(ident) for ident in idents]
    refs = ["2.2.2.2"]
    book.ok(place.packet(*all_of_them), f"{place.title} with all its properties, in order", *refs)
    if len(idents) > 1:
        book.alt(place.packet(*reversed(all_of_them)), f"{place.title} with all its properties, backwards", *refs)
    for i in range(len(idents) - 1):
        one, two = idents[i], idents[i + 1]
        pair = f"{PROPERTIES[two].name} before {PROPERTIES[one].name}"
        book.alt(place.packet(place.need(one), prop(two), prop(one)), f"{place.title}: {pair}", *refs)
    for ident in idents:
        if ident == 38:
            continue
        name = PROPERTIES[ident].name
        needed, up = place.need(ident) + prop(ident), user("k", "v")
        label = f"{place.title}: {name}"
        book.ok(place.packet(needed, up), f"{label} and a user property, in order", *refs)
        book.alt(place.packet(up, needed), f"{label} and a user property, the other way", *refs)
        book.alt(place.packet(up, needed, user("k", "w")), f"{label} between two user properties", *refs)


def cut_values(book: Book, place: Place, ident: int) -> None:
    row = PROPERTIES[ident]
    label = f"{place.title} {row.name}"
    value = LONG_VALUES.get(row.kind, row.sample)
    need = place.need(ident)
    for length in range(len(value)):
        part = place.packet(need, prop(ident, value[:length]))
        book.bad(MALFORMED, part, f"{label} ends after {length} of {len(value)} bytes", "2.2.2.2")
    full = need + prop(ident, value)
    for less in sorted({1, (len(value) + 1) // 2, len(value)}):
        part = packet(place.first, place.head, varint(size(full) - less), full, place.tail)
        book.bad(MALFORMED, part, f"{label} runs {less} past the property length, bytes follow", "2.2.2.1")
    for more in (1, 100):
        part = packet(place.first, place.head, varint(size(full) + more), full)
        book.bad(MALFORMED, part, f"{label}, property length runs {more} past the packet", "2.2.2.1")
    if place.tail:
        part = packet(place.first, place.head, varint(size(full) + 1), full, place.tail)
        book.bad(MALFORMED, part, f"{label}, property length takes in a byte of the next field", "2.2.2.1")
    if row.kind in ("text", "binary", "pair"):
        part = place.packet(need, prop(ident, b"\xff\xff", value[2:]))
        book.bad(MALFORMED, part, f"{label} with a length of 65535 and few bytes", "2.2.2.2")


def unknown(book: Book, place: Place) -> None:
    everywhere = place.name in ("CONNECT", "PUBLISH")
    for ident in UNKNOWN if everywhere else FEW_UNKNOWN:
        part = place.packet((bytes([ident]),), (b"\x01",))
        book.bad(MALFORMED, part, f"{place.title} with property {ident}", "2.2.2.2")
        if everywhere and ident in FEW_UNKNOWN:
            part = place.packet(user("k", "v"), (bytes([ident]),))
            book.bad(MALFORMED, part, f"{place.title} with property {ident} after another, no value", "2.2.2.2")
    for number in (128, 16383, 16384, 2097151, 2097152, 268435455):
        part = place.packet(varint(number), (b"\x01",))
        book.bad(MALFORMED, part, f"{place.title} with property {number}", "2.2.2.2")
    for ident in place.allowed if everywhere else [38]:
        for width in (2, 4):
            part = place.packet(place.need(ident), varint(ident, width), (PROPERTIES[ident].sample,))
            what = f"{place.title} with the identifier {ident} in {width} bytes"
            book.bad(MALFORMED, part, what, "1.5.5-1", "2.2.2.2")
    for raw, what in ((b"\xa6\x80\x80\x80\x00", "of five bytes"), (b"\xa6", "that is cut off")):
        book.bad(MALFORMED, place.packet((raw,)), f"{place.title} with an identifier {what}", "1.5.5")


def property_length(book: Book, place: Place) -> None:
    for width in (2, 3, 4):
        for part in ((), prop(38)):
            whole = packet(place.first, place.head, varint(size(part), width), part, place.tail)
            what = f"{place.title} with a property length of {size(part)} in {width} bytes"
            book.bad(MALFORMED, whole, what, "1.5.5-1", "2.2.2.1")
    for raw in (b"\x80\x80\x80\x80\x00", b"\x80\x80\x80\x80\x01", b"\xff\xff\xff\xff\x7f"):
        part = packet(place.first, place.head, (raw,), place.tail)
        book.bad(MALFORMED, part, f"{place.title} with a property length of five bytes", "1.5.5", "2.2.2.1")
    for raw in (b"\x80", b"\xff", b"\x80\x80", b"\xff\xff\xff", b"\x01", b"\x7f", b"\xff\xff\xff\x7f"):
        part = packet(place.first, place.head, (raw,))
        book.bad(MALFORMED, part, f"{place.title} ends after the property length {raw.hex()}", "2.2.2.1")
    for length in (127, 128, 129):
        part = place.packet(user("k", "x" * (length - 6)))
        book.ok(part, f"{place.title} with a property length of {length}", "1.5.5", "2.2.2.1")
    for length in (127, 128):
        rest = size(place.head) + size(place.tail) + 1
        part = place.packet(user("k", "x" * (length - rest - 6)))
        book.ok(part, f"{place.title} with a remaining length of {length}", "1.5.5", "2.1.4")


# --------------------------------------------------------------------------------------------------------------------
# What several packets share
# --------------------------------------------------------------------------------------------------------------------


def cuts(book: Book, name: str, first: int, body: Bytes, known: dict[int, tuple[str, int]], *refs: str) -> None:
    """The packet ends early, and its remaining length says so: malformed, but for the lengths in `known`."""
    raw = b"".join(body)
    for length in range(len(raw)):
        verdict, code = known.get(length, ("bad", MALFORMED))
        part = packet(first, (raw[:length],))
        book.add(verdict, code, part, f"{name} shortened to {length} of {len(raw)} bytes", *refs)


OK, ALT, EMPTY = ("ok", 0), ("alt", 0), ("bad", PROTOCOL)


def reason_sweep(book: Book, name: str, before: Bytes, after: Bytes, what: str, *refs: str, zero: str = "ok") -> None:
    """All 256 values of a reason code; `zero` is the verdict when it is 0."""
    statement, codes = REASONS[name]
    for code in range(256):
        part = packet(TYPES[name], before, u8(code), after)
        label = f"{name} with reason code 0x{code:02x}{what}"
        if code in codes:
            book.add(zero if code == 0 else "ok", 0, part, label, statement, *refs)
        else:
            book.bad(PROTOCOL, part, label, statement)


def zero_identifier(book: Book, name: str, body: Bytes, *refs: str) -> None:
    book.bad(PROTOCOL, packet(TYPES[name], u16(0), body), f"{name} with packet identifier 0", *refs)
    for number in (2, 127, 128, 255, 256, 32768, 65535):
        part = packet(TYPES[name], u16(number), body)
        book.ok(part, f"{name} with packet identifier {number}", *refs)


def words(line: str) -> list[str]:
    return line.split()


# Names with a wildcard, which no topic name may have; then names, filters and what only looks like them.
WILD_NAMES = words("# + /# /+ a/# a/+ a# a+ #a +a a/b# +/a a/+/b a+b a#b $SYS/#")

GOOD_NAMES = [
    *words("/ // /// /a a/ a//b /a/b/ a/b/c/d A $ $SYS/uptime $share $share/ $share/g $share/g/a $SHARE/a a/$b *"),
    *("a/*", "?", " ", "a b", "\u00e9", "\u6e29/\u5ea6", "\U0001f600", "x" * 127, "x" * 128, "x" * 256),
]

GOOD_FILTERS = [
    *words("a / // # + +/+ /+ +/ /# a/# +/# a/+/# a/+/b +/a/+ a//# a//+ a/ /a a//b $ $SYS/# $SYS/+/x $SYS *"),
    *("a/$share/b", " ", "a b", "\u00e9/+", "\u6e29/#"),
]

SHARED_FILTERS = [
    *words("$share/g/a $share/g/# $share/g/+ $share/g// $share/g//a $share/g/a/# $share/g/+/b/# $share/g/$SYS/x"),
    *words("$share/g/$share $share/g/$share/h/x $share/$/a $share/a/b/c/d $share/$share/a $share/g/+/+"),
    *("$share/ /a", "$share/g/ ", "$share/\u00e9/a"),
]

NOT_SHARED = [
    *words("$share $shared/x $sharex/g/a $SHARE/x/y $Share/g/a /$share/g/a share/g/a"),
    " $share/g/a",
]

BAD_FILTERS = {
    "4.7.3-1": [""],
    "4.7.1-1": [
        *words("## #/ #/a /#/ a# #a a/#/b a/#b a/b# a/## /## a/#/# #/# $SYS/#/x sport#"),
        *("#\u00e9", " #", "# "),
    ],
    "4.7.1-2": [*words("++ +a a+ a+b a/+b a/b+ +/+a a/++/b /++ $SYS+ +$"), "+ ", " +", "\u00e9+"],
    "4.7.1": words("+# #+ a/+# a/#+ +/#+"),
    "4.8.2-1": words("$share/ $share// $share//a $share//# $share///"),
    "4.8.2-2": [
        *words("$share/g $share/g/ $share/+/a $share/#/a $share/g+/a $share/g#/a $share/+g/a $share/# $share/+"),
        *words("$share/g# $share/+/ $share/g/a# $share/g/#/a $share/g/+a $share/g/a+ $share/g/## $share/g/#/"),
        *("$share/g/++", "$share/\u00e9"),
    ],
}


def ascii_of(value: str) -> str:
    shown = value if len(value) <= 40 else f"{value[:3]}... ({len(value)})"
    return ascii(shown)


def names(book: Book, title: str, build: Callable[[str], Bytes], *refs: str) -> None:
    """Topic names in one field; `build` puts the text into a packet."""
    for name in GOOD_NAMES:
        book.ok(build(name), f"{title} {ascii_of(name)}", "4.7.3", *refs)
    for name in WILD_NAMES:
        book.bad(MALFORMED, build(name), f"{title} {ascii_of(name)} has a wildcard", "4.7.0-1", *refs)


def filters(book: Book, title: str, build: Callable[[str], Bytes], *refs: str) -> None:
    for name in GOOD_FILTERS:
        book.ok(build(name), f"{title} {ascii_of(name)}", "4.7.1", *refs)
    for name in SHARED_FILTERS:
        book.ok(build(name), f"{title} {ascii_of(name)}, shared", "4.8.2-1", "4.8.2-2", *refs)
    for name in NOT_SHARED:
        book.ok(build(name), f"{title} {ascii_of(name)} is not a shared one", "4.8.2", *refs)
    for statement, bad in BAD_FILTERS.items():
        for name in bad:
            book.bad(MALFORMED, build(name), f"{title} {ascii_of(name)}", statement, *refs)


# --------------------------------------------------------------------------------------------------------------------
# Packet by packet
# --------------------------------------------------------------------------------------------------------------------


def connect_packet(flags: int = 0x02, *payload: Bytes, head: Bytes = (), props: Bytes = NONE) -> Bytes:
    return packet(0x10, head or connect_head(flags), props, *(payload or (CLIENT,)))


def connect(book: Book) -> None:
    book.open("connect.tsv", "CONNECT: smallest and largest")
    will = NONE + text("w") + text("p")
    book.ok(connect_packet(0x00, text("")), "CONNECT: nothing but an empty client identifier", "3.1.3.1", "3.1.3-3")
    book.ok(connect_packet(0x02, text("")), "CONNECT: clean start", "3.1.2.4")
    book.ok(connect_packet(0x02), "CONNECT: client identifier c", "3.1.3-3")
    everything = section(*[prop(ident) for ident in PLACES["CONNECT"].allowed])
    all_will = section(*[prop(ident) for ident in PLACES["WILL"].allowed]) + text("w/t") + text("payload")
    full = connect_packet(0xF6, text("client"), all_will, text("user"), text("secret"), props=everything)
    book.ok(full, "CONNECT: every field and every property", "3.1.2-9", "3.1.3-1")
    book.ok(connect_packet(0x06, CLIENT, will), "CONNECT: with a Will", "3.1.2-9")

    book.open("connect.tsv", "CONNECT: shortened")
    refs = ("3.1.4-1",)
    cuts(book, "CONNECT with everything", 0x10, full[2:], {}, *refs)
    cuts(book, "CONNECT with a client identifier", 0x10, connect_packet(0x02, text("client"))[2:], {}, *refs)
    cuts(book, "CONNECT with a Will", 0x10, connect_packet(0x06, CLIENT, will)[2:], {}, "3.1.2-9", *refs)
    cuts(book, "CONNECT with a user name", 0x10, connect_packet(0x82, CLIENT, text("user"))[2:], {}, "3.1.2-17", *refs)
    cuts(book, "CONNECT with a password", 0x10, connect_packet(0x42, CLIENT, text("pass"))[2:], {}, "3.1.2-19", *refs)

    book.open("connect.tsv", "CONNECT: protocol name and version")
    for name in [*words("MQIsdp mqtt Mqtt MQTt MQT MQTTT M AMQP HTTP"), "", "MQTT ", " MQTT", "\ufeffMQTT"]:
        for version in (3, 5):
            head = text(name) + u8(version) + u8(2) + u16(60)
            label = f"CONNECT: protocol name {ascii_of(name)}, version {version}"
            book.bad(VERSION, connect_packet(head=head), label, "3.1.2-1")
    book.bad(VERSION, packet(0x10, text("MQIsdp")), "CONNECT: other protocol name and nothing after it", "3.1.2-1")
    for length in (127, 128, 300):
        head = text("M" * length) + u8(5) + u8(2) + u16(60)
        book.bad(VERSION, connect_packet(head=head), f"CONNECT: protocol name of {length} bytes", "3.1.2-1")
    for version in (0, 1, 2, 3, 4, 6, 7, 8, 10, 16, 32, 53, 64, 127, 128, 131, 132, 133, 254, 255):
        head = text("MQTT") + u8(version) + u8(2) + u16(60)
        book.bad(VERSION, connect_packet(head=head), f"CONNECT: protocol version {version}", "3.1.2-2")
    for version, name in ((3, "MQIsdp"), (4, "MQTT")):
        old = packet(0x10, text(name), u8(version), u8(2), u16(60), text("client"))
        book.bad(VERSION, old, f"CONNECT as version {version} of the protocol has it", "3.1.2-2")
        old = packet(0x10, text(name), u8(version))
        book.bad(VERSION, old, f"CONNECT: version {version} and nothing after it", "3.1.2-2")
        old = packet(0x10, text(name), u8(version), u8(1), u16(60), text("client"))
        book.bad(VERSION, old, f"CONNECT: version {version}, and the reserved flag", "3.1.2-2")

    book.open("connect.tsv", "CONNECT: all flags")
    for flags in range(256):
        connect_flags(book, flags)

    book.open("connect.tsv", "CONNECT: flags and payload that differ")
    for flags, payload, what, ref in (
        (0x82, CLIENT, "user name flag without user name", "3.1.2-17"),
        (0x42, CLIENT, "password flag without password", "3.1.2-19"),
        (0xC2, CLIENT + text("u"), "user name and password flags, only one of them", "3.1.2-19"),
        (0x06, CLIENT, "Will flag without Will", "3.1.2-9"),
        (0x06, CLIENT + NONE, "Will flag with Will properties only", "3.1.2-9"),
        (0x06, CLIENT + NONE + text("w"), "Will flag without Will payload", "3.1.2-9"),
        (0x06, CLIENT + text("w") + text("p"), "Will flag without Will properties", "3.1.2-9"),
        (0x02, CLIENT + text("u"), "user name without its flag", "3.1.2-16"),
        (0x42, CLIENT + text("u") + text("p"), "user name and password, flag of the password only", "3.1.2-16"),
        (0x82, CLIENT + text("u") + text("p"), "user name and password, flag of the user name only", "3.1.2-18"),
        (0x02, CLIENT + text("u") + text("p"), "user name and password without flags", "3.1.2-18"),
        (0x02, CLIENT + will, "Will without its flag", "3.1.3"),
        (0x06, CLIENT + will + text("u"), "user name after the Will without its flag", "3.1.2-16"),
        (0x86, CLIENT + will, "Will, but no user name though its flag is set", "3.1.2-17"),
        (0x46, CLIENT + will, "Will, but no password though its flag is set", "3.1.2-19"),
    ):
        book.bad(MALFORMED, connect_packet(flags, payload), f"CONNECT: {what}", ref)
    for flags, fields in ((0x02, ()), (0x06, will), (0x82, text("u")), (0xC6, will + text("u") + text("p"))):
        for tail in (b"\0", b"\0\0", b"x"):
            part = connect_packet(flags, CLIENT, fields, (tail,))
            book.bad(MALFORMED, part, f"CONNECT, flags 0x{flags:02x}: {tail.hex()} after its last field", "3.1.4-1")

    book.open("connect.tsv", "CONNECT: fields")
    for keep_alive in NUMBERS["two"]:
        part = connect_packet(head=connect_head(2, keep_alive))
        book.ok(part, f"CONNECT: keep alive {keep_alive}", "3.1.2.10")
    letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for start in range(0, len(letters), 23):
        name = letters[start : start + 23]
        book.ok(connect_packet(0x02, text(name)), f"CONNECT: client identifier {name}", "3.1.3-5")
    for name in ("c" * 24, "c" * 127, "c" * 128, "c" * 256, "a/b+#", "$", " ", "\u00e9\U0001f600"):
        book.ok(connect_packet(0x02, text(name)), f"CONNECT: client identifier {ascii_of(name)}", "3.1.3.1")
    book.ok(connect_packet(0x02, text("c" * 65535)), "CONNECT: client identifier of 65535 bytes", "3.1.3.1", "1.5.4")
    for length in (0, 1, 127, 128, 256):
        value = "x" * length
        what = f"of {length} bytes"
        book.ok(connect_packet(0x82, CLIENT, text(value)), f"CONNECT: user name {what}", "3.1.2-17", "3.1.3.5")
        book.ok(connect_packet(0x42, CLIENT, text(value)), f"CONNECT: password {what}, no user name", "3.1.2.9")
        both = connect_packet(0xC2, CLIENT, text("u"), text(value))
        book.ok(both, f"CONNECT: password {what}", "3.1.2-19", "3.1.3.6")
        part = connect_packet(0x06, CLIENT, NONE, text("w"), text(value))
        book.ok(part, f"CONNECT: Will payload {what}", "3.1.3.4")
    fields = NONE + text("w") + text("p" * 65535) + text("u" * 65535) + text("s" * 65535)
    part = connect_packet(0xC6, CLIENT, fields)
    book.ok(part, "CONNECT: Will payload, user name and password of 65535 bytes", "3.1.3")
    book.ok(connect_packet(0xC2, CLIENT, text(""), text("")), "CONNECT: user name and password both empty", "3.1.2.9")
    for raw in (b"\0", b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80"):
        part = connect_packet(0x42, CLIENT, text(raw))
        book.ok(part, f"CONNECT: password {raw.hex()} is not text, nor need it be", "3.1.3.6", "1.5.6")
        part = connect_packet(0x06, CLIENT, NONE, text("w"), text(raw))
        book.ok(part, f"CONNECT: Will payload {raw.hex()} is not text, nor need it be", "3.1.3.4", "1.5.6")
        part = connect_packet(0x06, CLIENT, section(prop(1)), text("w"), text(raw))
        book.ok(part, f"CONNECT: Will payload {raw.hex()} said to be text: not looked into", "3.1.3.2.3")

    book.open("connect.tsv", "CONNECT: Will topic")
    names(book, "Will topic", lambda name: connect_packet(0x06, CLIENT, NONE, text(name), text("p")), "3.1.3.3")
    book.bad(MALFORMED, connect_packet(0x06, CLIENT, NONE, text(""), text("p")), "Will topic is empty", "4.7.3-1")
    long_topic = connect_packet(0x06, CLIENT, NONE, text("w" * 65535), text("p"))
    book.ok(long_topic, "Will topic of 65535 bytes", "4.7.3-3")

    def reply(name: str) -> Bytes:
        return PLACES["WILL"].packet(prop(8, *text(name)))

    names(book, "Will response topic", reply, "3.1.3.2.6")

    book.open("connect.tsv", "CONNECT: authentication")
    place = PLACES["CONNECT"]
    book.ok(place.packet(prop(21)), "CONNECT: method without data", "3.1.2.11.9")
    for length in (0, 1, 130):
        part = place.packet(prop(22, *text(b"x" * length)))
        what = f"CONNECT: authentication data of {length} bytes without a method"
        book.bad(PROTOCOL, part, what, "3.1.2.11.10")
    book.bad(PROTOCOL, place.packet(prop(17), prop(22), user("k", "v")), "CONNECT: data without method", "3.1.2.11.10")
    book.alt(place.packet(prop(22), prop(21)), "CONNECT: data before its method", "2.2.2.2")

    properties(book, PLACES["CONNECT"])
    properties(book, PLACES["WILL"])


def connect_flags(book: Book, flags: int) -> None:
    """One value of the flags, with the payload that its bits ask for."""
    user_name, password, retain, qos = flags & 0x80, flags & 0x40, flags & 0x20, flags >> 3 & 3
    payload = CLIENT
    payload += NONE + text("w") + text("p") if flags & 4 else ()
    payload += text("u") if user_name else ()
    payload += text("s") if password else ()
    part = connect_packet(flags, payload)
    wrong = []
    if flags & 1:
        wrong.append(("reserved flag", "3.1.2-3"))
    if not flags & 4 and qos:
        wrong.append((f"Will QoS {qos} without Will flag", "3.1.2-11"))
    if not flags & 4 and retain:
        wrong.append(("Will retain without Will flag", "3.1.2-13"))
    if flags & 4 and qos == 3:
        wrong.append(("Will QoS 3", "3.1.2-12"))
    if wrong:
        what = ", ".join(reason for reason, _ in wrong)
        book.bad(MALFORMED, part, f"CONNECT flags 0x{flags:02x}: {what}", *[ref for _, ref in wrong])
    else:
        refs = ["3.1.2-17" if user_name else "3.1.2-16", "3.1.2-19" if password else "3.1.2-18"]
        refs += ["3.1.2-9", "3.1.2-12"] if flags & 4 else []
        book.ok(part, f"CONNECT flags 0x{flags:02x} and the fields they announce", *refs)


def connack(book: Book) -> None:
    place = PLACES["CONNACK"]
    book.open("connack.tsv", "CONNACK: smallest and largest")
    book.ok(place.packet(), "CONNACK: accepted", "2.2.2-1", "3.2.2-8")
    everything = section(*[prop(ident) for ident in place.allowed])
    full = packet(0x20, u8(1), u8(0), everything)
    book.ok(full, "CONNACK: session present and every property", "3.2.2.3")
    book.ok(packet(0x20, u8(0), u8(0x9F), everything), "CONNACK: refused, every property", "3.2.2.3")
    book.open("connack.tsv", "CONNACK: shortened, and too long")
    cuts(book, "CONNACK", 0x20, full[2:], {}, "3.2.2")
    book.bad(MALFORMED, packet(0x20, u8(0), u8(0)), "CONNACK without property length", "2.2.2-1")
    book.bad(MALFORMED, packet(0x20, u8(1), u8(0)), "CONNACK, session present, without property length", "2.2.2-1")
    book.bad(MALFORMED, packet(0x20, u8(0), u8(0x80)), "CONNACK, refused, without property length", "2.2.2-1")
    book.bad(MALFORMED, packet(0x20, u8(0)), "CONNACK without reason code", "3.2.2")
    for tail in (b"\0", b"\0\0", b"x", b"\x26"):
        book.bad(MALFORMED, packet(0x20, u8(0), u8(0), NONE, (tail,)), f"CONNACK, then {tail.hex()}", "3.2.3")
        part = packet(0x20, u8(0), u8(0), section(prop(38)), (tail,))
        book.bad(MALFORMED, part, f"CONNACK with a property, then {tail.hex()}", "3.2.3")
    book.open("connack.tsv", "CONNACK: all acknowledge flags")
    for flags in range(256):
        part = packet(0x20, u8(flags), u8(0), NONE)
        if flags > 1:
            book.bad(MALFORMED, part, f"CONNACK flags 0x{flags:02x}", "3.2.2-1")
        else:
            book.ok(part, f"CONNACK: session present {flags}", "3.2.2-1")
    book.open("connack.tsv", "CONNACK: all reason codes")
    reason_sweep(book, "CONNACK", u8(0), NONE, "")
    book.open("connack.tsv", "CONNACK: what is let pass")
    for code in (0x80, 0x84, 0x87, 0x9F):
        part = packet(0x20, u8(1), u8(code), NONE)
        book.ok(part, f"CONNACK: session present though reason 0x{code:02x}", "3.2.2.1.1")
    for code in (0x00, 0x80, 0x9C, 0x9D):
        part = packet(0x20, u8(0), u8(code), section(prop(28)))
        book.ok(part, f"CONNACK: server reference with reason 0x{code:02x}", "3.2.2.3.16")
    book.ok(place.packet(prop(22)), "CONNACK: authentication data without method", "3.2.2.3.18")
    book.ok(place.packet(prop(17, *u32(0))), "CONNACK: session expiry 0 differs from none", "3.2.2.3.2")
    properties(book, place)


def publish_packet(topic: str | bytes, payload: bytes = b"", *props: Bytes, flags: int = 0, ident: int = 1) -> Bytes:
    identifier = u16(ident) if flags & 6 else ()
    return packet(0x30 | flags, text(topic), identifier, section(*props), (payload,))


def publish(book: Book) -> None:
    place = PLACES["PUBLISH"]
    book.open("publish.tsv", "PUBLISH: smallest and largest")
    book.ok(publish_packet("t"), "PUBLISH: topic t, empty payload", "3.3.3", "2.2.2-1", "3.3.2-1")
    book.ok(publish_packet("t", b"p"), "PUBLISH: topic t, payload p", "3.3.3")
    book.ok(publish_packet("t", b"p", flags=2), "PUBLISH: QoS 1", "3.3.1.2")
    everything = [prop(ident) for ident in place.allowed]
    full = publish_packet("topic/name", b"payload", *everything, flags=13, ident=65535)
    book.ok(full, "PUBLISH: every flag and every property", "3.3.2")
    book.open("publish.tsv", "PUBLISH: shortened")
    start = size(full[2:]) - len(b"payload")
    shorter = {start + i: OK for i in range(8)}
    cuts(book, "PUBLISH with everything", 0x3D, full[2:], shorter, "3.3.2")
    part = publish_packet("a/b", b"xyz")
    cuts(book, "PUBLISH of QoS 0", 0x30, part[2:], {6: OK, 7: OK, 8: OK}, "3.3.2", "3.3.2-1")
    part = publish_packet("a/b", b"xyz", flags=4)
    cuts(book, "PUBLISH of QoS 2", 0x34, part[2:], {8: OK, 9: OK, 10: OK}, "3.3.2", "3.3.2-1")
    book.bad(MALFORMED, packet(0x30, text("t")), "PUBLISH without property length", "2.2.2-1")
    book.bad(MALFORMED, packet(0x32, text("t"), ONE), "PUBLISH of QoS 1 without property length", "2.2.2-1")

    book.open("publish.tsv", "PUBLISH: packet identifier")
    for flags in (2, 4, 10, 13):
        qos = flags >> 1 & 3
        for ident in (1, 2, 127, 128, 255, 256, 32768, 65535):
            part = publish_packet("t", b"p", flags=flags, ident=ident)
            book.ok(part, f"PUBLISH, flags {flags}, packet identifier {ident}", "2.2.1-3", "2.2.1-4")
        part = publish_packet("t", b"p", flags=flags, ident=0)
        book.bad(PROTOCOL, part, f"PUBLISH of QoS {qos}, flags {flags}, identifier 0", "2.2.1-3", "2.2.1-4")
    for payload in (b"\0\x0a\0", b"\0\x01\0p", b"\0\0"):
        part = publish_packet("t", payload)
        book.ok(part, f"PUBLISH of QoS 0: {payload.hex()} is payload, not an identifier", "2.2.1-2")
    for raw in (b"\x01\x00\x00", b"\x12\x34\x00"):
        part = packet(0x30, text("t"), (raw,))
        what = f"PUBLISH of QoS 0 with a packet identifier {raw[:2].hex()}, read as properties"
        book.bad(MALFORMED, part, what, "2.2.1-2")

    book.open("publish.tsv", "PUBLISH: topic name")
    names(book, "PUBLISH topic", lambda name: publish_packet(name, b"p"), "3.3.2-2")
    book.ok(publish_packet("t" * 65535), "PUBLISH topic of 65535 bytes", "4.7.3-3", "3.3.2-1")
    book.ok(publish_packet("/" * 65535), "PUBLISH topic of 65535 slashes", "4.7.3", "4.7.3-3")
    book.ok(publish_packet("\u6e29" * 21845), "PUBLISH topic of 21845 characters in 65535 bytes", "4.7.3-3")
    for flags in (0, 2, 5):
        part = publish_packet("", b"p", flags=flags)
        book.bad(PROTOCOL, part, f"PUBLISH, flags {flags}: empty topic, no alias", "3.3.2.1", "4.7.3-1")
        part = publish_packet("", b"p", prop(35), flags=flags)
        book.ok(part, f"PUBLISH, flags {flags}: empty topic and an alias", "3.3.2.1", "3.3.2.3.4")
    book.bad(PROTOCOL, publish_packet("", b"", user("k", "v")), "PUBLISH: empty topic, properties, no alias", "3.3.2.1")
    for alias in (1, 2, 65535):
        part = publish_packet("", b"p", prop(35, *u16(alias)))
        book.ok(part, f"PUBLISH: empty topic, alias {alias}", "3.3.2.3.4")
    for flags in (0, 2, 4):
        part = publish_packet("t", b"", prop(35, *u16(0)), flags=flags)
        book.bad(ALIAS, part, f"PUBLISH, flags {flags}: alias 0", "3.3.2-8")
    book.bad(ALIAS, publish_packet("", b"p", prop(35, *u16(0))), "PUBLISH: empty topic, alias 0", "3.3.2-8")

    book.open("publish.tsv", "PUBLISH: response topic")
    names(book, "PUBLISH response topic", lambda name: place.packet(prop(8, *text(name))), "3.3.2-14")
    long_value = place.packet(prop(8, *text("r" * 65535)))
    book.ok(long_value, "PUBLISH response topic of 65535 bytes", "4.7.3-3", "3.3.2-13")

    book.open("publish.tsv", "PUBLISH: payload")
    for payload in (b"\0", b"\xff", b"\xff\xfe\xfd", b"\xc0\x80", b"\xed\xa0\x80", bytes(range(256))):
        what = payload.hex() if len(payload) < 9 else f"of {len(payload)} bytes"
        book.ok(publish_packet("t", payload), f"PUBLISH: payload {what}", "3.3.3")
        part = publish_packet("t", payload, prop(1))
        book.ok(part, f"PUBLISH: payload {what} said to be text: not looked into", "3.3.2.3.2")
    for number in (0, 1):
        for other in (2, 11, 38):
            part = publish_packet("t", b"p", prop(1, *u8(number)), prop(other))
            verdict, note = ("ok", "") if number else ("alt", " (its default)")
            what = f"PUBLISH: payload format {number}{note} and {PROPERTIES[other].name}"
            book.add(verdict, 0, part, what, "3.3.2.3.2")
    book.open("publish.tsv", "PUBLISH: subscription identifiers among others")
    one, two = prop(11, b"\x01"), prop(11, b"\x02")
    part = place.packet(prop(9), one, two, user("k", "v"))
    book.ok(part, "PUBLISH: two subscription identifiers in place", "3.3.2.3.8")
    book.alt(place.packet(one, prop(9), two), "PUBLISH: subscription identifiers apart", "2.2.2.2")
    book.alt(place.packet(user("k", "v"), one, two), "PUBLISH: subscription identifiers last", "2.2.2.2")
    book.bad(PROTOCOL, place.packet(one, prop(11, b"\0")), "PUBLISH: second subscription identifier 0", "3.3.2.3.8")
    many = flat(prop(11, b"\x01") * 5000)
    book.ok(place.packet(many), "PUBLISH: 5000 equal subscription identifiers", "3.3.4")
    many = flat(user("k", "v") * 10000)
    book.ok(place.packet(many), "PUBLISH: 10000 equal user properties", "3.3.2.3.7")
    properties(book, place)


def acks(book: Book) -> None:
    for name in ACK_PLACES:
        place = PLACES[name]
        first, file = place.first, place.file
        chapter = f"3.{TYPES[name] >> 4}.2"
        statement, codes = REASONS[name]
        error = max(codes)
        book.open(file, f"{name}: all its forms")
        book.ok(packet(first, ONE), f"{name}: success, two bytes", f"{chapter}.1", statement)
        book.alt(packet(first, ONE, u8(0)), f"{name}: success, reason written though it need not be", f"{chapter}.1")
        part = packet(first, ONE, u8(0), NONE)
        book.alt(part, f"{name}: success, reason and property length written though they need not be", f"{chapter}.2.1")
        book.ok(packet(first, ONE, u8(error)), f"{name}: an error, three bytes", f"{chapter}.2.1", statement)
        part = packet(first, ONE, u8(error), NONE)
        book.alt(part, f"{name}: an error, property length written though it need not be", f"{chapter}.2.1")
        book.ok(place.packet(prop(31)), f"{name}: success and a property", f"{chapter}.2.1")
        for code in sorted(codes):
            part = packet(first, ONE, u8(code), section(prop(31), prop(38)))
            book.ok(part, f"{name}: reason 0x{code:02x} and every property", statement)
            if code:
                part = packet(first, ONE, u8(code), NONE)
                book.alt(part, f"{name}: reason 0x{code:02x} and no properties", f"{chapter}.2.1")
        book.open(file, f"{name}: shortened, and too long")
        full = packet(first, u16(513), u8(error), section(prop(31), prop(38)))
        cuts(book, name, first, full[2:], {2: OK, 3: OK}, chapter)
        for tail in (b"\0", b"\0\0", b"x", b"\x1f"):
            part = packet(first, ONE, u8(0), NONE, (tail,))
            book.bad(MALFORMED, part, f"{name}, then {tail.hex()}", f"3.{TYPES[name] >> 4}.3")
            part = packet(first, ONE, u8(error), section(prop(38)), (tail,))
            book.bad(MALFORMED, part, f"{name} with a property, then {tail.hex()}", f"3.{TYPES[name] >> 4}.3")
        book.open(file, f"{name}: packet identifier")
        zero_identifier(book, name, (), "2.2.1")
        zero_identifier(book, name, u8(error), "2.2.1")
        part = packet(first, u16(0), u8(0), section(prop(38)))
        book.bad(PROTOCOL, part, f"{name} with a property and packet identifier 0", "2.2.1")
        book.open(file, f"{name}: all reason codes")
        reason_sweep(book, name, ONE, (), "", zero="alt")
        for code in (0x01, 0x7F, 0x81, 0xFF):
            part = packet(first, ONE, u8(code), NONE)
            book.bad(PROTOCOL, part, f"{name} with reason code 0x{code:02x} and property length", statement)
        properties(book, place)


def subscribe_packet(*pairs: tuple[str, int], ident: int = 1) -> Bytes:
    return packet(0x82, u16(ident), NONE, *[text(name) + u8(options) for name, options in pairs])


def subscribe(book: Book) -> None:
    place = PLACES["SUBSCRIBE"]
    book.open("subscribe.tsv", "SUBSCRIBE: smallest and largest")
    book.ok(subscribe_packet(("f", 0)), "SUBSCRIBE: one filter", "3.8.3-1", "3.8.3-2", "2.2.2-1")
    full = packet(0x82, u16(513), section(prop(11), prop(38)), text("a/b"), u8(1), text("c/#"), u8(0x2E))
    book.ok(full, "SUBSCRIBE: two filters and every property", "3.8.3-1")
    book.open("subscribe.tsv", "SUBSCRIBE: shortened, and too long")
    start = 2 + size(section(prop(11), prop(38)))
    cuts(book, "SUBSCRIBE", 0x82, full[2:], {start: EMPTY, start + 6: OK}, "3.8.3")
    book.bad(PROTOCOL, packet(0x82, ONE, NONE), "SUBSCRIBE without filters", "3.8.3-2")
    book.bad(PROTOCOL, packet(0x82, ONE, section(prop(38))), "SUBSCRIBE with a property, no filters", "3.8.3-2")
    book.bad(PROTOCOL, packet(0x82, ONE, section(prop(11))), "SUBSCRIBE with an identifier, no filters", "3.8.3-2")
    for tail in (b"\0", b"\0\0", b"\0\x01", b"\0\x01g", b"x", b"\xff\xff\0"):
        part = packet(0x82, ONE, NONE, text("f"), u8(0), (tail,))
        book.bad(MALFORMED, part, f"SUBSCRIBE, then {tail.hex()} where a filter should be", "3.8.3")
    book.open("subscribe.tsv", "SUBSCRIBE: packet identifier")
    zero_identifier(book, "SUBSCRIBE", NONE + text("f") + u8(0), "2.2.1-3")
    book.open("subscribe.tsv", "SUBSCRIBE: all subscription options whose errors have one code")
    for options in range(256):
        part = subscribe_packet(("f", options))
        label = f"SUBSCRIBE: options 0x{options:02x}"
        refused = [f"QoS {3}"] * (options & 3 == 3) + ["retain handling 3"] * (options >> 4 & 3 == 3)
        if not options & 0xC0:
            if refused:
                book.bad(PROTOCOL, part, f"{label}: {', '.join(refused)}", "3.8.3.1")
            else:
                book.ok(part, label, "3.8.3.1")
        elif not refused:
            book.bad(MALFORMED, part, f"{label}: reserved bits", "3.8.3-5")
    for options, code in ((0x40, MALFORMED), (0x80, MALFORMED), (0x03, PROTOCOL), (0x30, PROTOCOL)):
        ref = "3.8.3-5" if code == MALFORMED else "3.8.3.1"
        part = subscribe_packet(("f", 0), ("g", options))
        book.bad(code, part, f"SUBSCRIBE: second options 0x{options:02x}", ref)
        part = subscribe_packet(("f", options), ("g", 0))
        book.bad(code, part, f"SUBSCRIBE: first options 0x{options:02x}, then another filter", ref)
    book.open("subscribe.tsv", "SUBSCRIBE: topic filters")
    filters(book, "SUBSCRIBE filter", lambda name: subscribe_packet((name, 1)))
    for name in ("a#", "+a", "", "$share/g", "$share//a"):
        bad, good = (name, 0), ("f", 0)
        book.bad(MALFORMED, subscribe_packet(good, bad), f"SUBSCRIBE: second filter {ascii_of(name)}", "4.7.1")
        book.bad(MALFORMED, subscribe_packet(bad, good), f"SUBSCRIBE: first filter {ascii_of(name)}", "4.7.1")
    for name in SHARED_FILTERS:
        part = subscribe_packet((name, 4))
        book.bad(PROTOCOL, part, f"SUBSCRIBE: {ascii_of(name)} with no local", "3.8.3-4")
    shared, ordinary = ("$share/g/a", 4), ("f", 4)
    book.bad(PROTOCOL, subscribe_packet(ordinary, shared), "SUBSCRIBE: second one shared, no local", "3.8.3-4")
    book.bad(PROTOCOL, subscribe_packet(shared, ordinary), "SUBSCRIBE: first one shared, no local", "3.8.3-4")
    for name in NOT_SHARED:
        book.ok(subscribe_packet((name, 4)), f"SUBSCRIBE: {ascii_of(name)} with no local", "3.8.3.1")
    book.ok(subscribe_packet(("$share/g/a", 0x2A)), "SUBSCRIBE: shared, all options but no local", "3.8.3-4")
    book.ok(subscribe_packet(("f", 1), ("f", 2)), "SUBSCRIBE: the same filter twice", "3.8.3")
    book.ok(subscribe_packet(*[(f"f/{i}", i % 3) for i in range(20)]), "SUBSCRIBE: twenty filters", "3.8.3")
    book.ok(packet(0x82, ONE, NONE, flat((text("f") + u8(0)) * 5000)), "SUBSCRIBE: 5000 filters", "3.8.3")
    for name in ("f" * 127, "f" * 128, "f" * 65535, "/" * 65535, "+/" * 32767 + "#", "$share/" + "g" * 65526 + "/a"):
        book.ok(subscribe_packet((name, 0)), f"SUBSCRIBE filter {ascii_of(name)}", "4.7.3-3", "3.8.3-1")
    properties(book, place)


def suback(book: Book) -> None:
    for name in ("SUBACK", "UNSUBACK"):
        place = PLACES[name]
        first, file = place.first, place.file
        chapter = f"3.{TYPES[name] >> 4}"
        statement, codes = REASONS[name]
        granted = ("3.8.4-7",) if name == "SUBACK" else ()
        book.open(file, f"{name}: smallest and largest")
        book.ok(packet(first, ONE, NONE, u8(0)), f"{name}: one reason code", "2.2.2-1", statement, *granted)
        every = (bytes(sorted(codes)),)
        book.ok(packet(first, ONE, NONE, every), f"{name}: every reason code", statement, *granted)
        full = packet(first, u16(513), section(prop(31), prop(38)), every)
        book.ok(full, f"{name}: every reason code and every property", statement)
        backwards = (bytes(sorted(codes, reverse=True)),)
        book.ok(packet(first, ONE, NONE, backwards), f"{name}: every reason code, backwards", statement)
        book.open(file, f"{name}: shortened")
        start = size(full[2:]) - len(codes)
        known = {start: EMPTY} | {start + i + 1: OK for i in range(len(codes))}
        cuts(book, name, first, full[2:], known, f"{chapter}.2")
        book.bad(PROTOCOL, packet(first, ONE, NONE), f"{name} without reason codes", f"{chapter}.3")
        for properties_ in (prop(31), prop(38)):
            part = packet(first, ONE, section(properties_))
            book.bad(PROTOCOL, part, f"{name} with a property and no reason codes", f"{chapter}.3")
        book.open(file, f"{name}: packet identifier")
        zero_identifier(book, name, NONE + u8(0), "2.2.1")
        book.open(file, f"{name}: all reason codes")
        reason_sweep(book, name, ONE + NONE, (), "", *granted)
        for code in range(256):
            if code not in codes and code % 16 in (3, 7, 15):
                part = packet(first, ONE, NONE, u8(0), u8(code))
                book.bad(PROTOCOL, part, f"{name}: second reason code 0x{code:02x}", statement)
                part = packet(first, ONE, NONE, u8(0), u8(code), u8(0))
                book.bad(PROTOCOL, part, f"{name}: middle reason code 0x{code:02x}", statement)
        book.open(file, f"{name}: many reason codes")
        for count in (2, 3, 10, 124, 125, 1000, 16380, 16381, 65536):
            part = packet(first, ONE, NONE, (b"\x80" * count,))
            book.ok(part, f"{name}: {count} reason codes", f"{chapter}.3")
        properties(book, place)


def unsubscribe_packet(*topic_filters: str) -> Bytes:
    return packet(0xA2, ONE, NONE, *map(text, topic_filters))


def unsubscribe(book: Book) -> None:
    place = PLACES["UNSUBSCRIBE"]
    book.open("unsubscribe.tsv", "UNSUBSCRIBE: smallest and largest")
    book.ok(unsubscribe_packet("f"), "UNSUBSCRIBE: one filter", "3.10.3-1", "3.10.3-2", "2.2.2-1")
    full = packet(0xA2, u16(513), section(prop(38), prop(38)), text("a/b"), text("c/#"))
    book.ok(full, "UNSUBSCRIBE: two filters and properties", "3.10.3-1")
    book.open("unsubscribe.tsv", "UNSUBSCRIBE: shortened, and too long")
    start = 2 + size(section(prop(38), prop(38)))
    cuts(book, "UNSUBSCRIBE", 0xA2, full[2:], {start: EMPTY, start + 5: OK}, "3.10.3")
    book.bad(PROTOCOL, packet(0xA2, ONE, NONE), "UNSUBSCRIBE without filters", "3.10.3-2")
    book.bad(PROTOCOL, packet(0xA2, ONE, section(prop(38))), "UNSUBSCRIBE with a property, no filters", "3.10.3-2")
    for tail in (b"\0", b"\0\0", b"\0\x01", b"x", b"\xff\xff\0", b"\0\x02g"):
        part = packet(0xA2, ONE, NONE, text("f"), (tail,))
        book.bad(MALFORMED, part, f"UNSUBSCRIBE, then {tail.hex()} where a filter should be", "3.10.3")
    book.open("unsubscribe.tsv", "UNSUBSCRIBE: packet identifier")
    zero_identifier(book, "UNSUBSCRIBE", NONE + text("f"), "2.2.1-3")
    book.open("unsubscribe.tsv", "UNSUBSCRIBE: topic filters")
    filters(book, "UNSUBSCRIBE filter", unsubscribe_packet)
    for name in ("a#", "+a", "", "$share/g", "$share//a"):
        book.bad(MALFORMED, unsubscribe_packet("f", name), f"UNSUBSCRIBE: second filter {ascii_of(name)}", "4.7.1")
        book.bad(MALFORMED, unsubscribe_packet(name, "f"), f"UNSUBSCRIBE: first filter {ascii_of(name)}", "4.7.1")
    book.ok(unsubscribe_packet("f", "f"), "UNSUBSCRIBE: the same filter twice", "3.10.3")
    book.ok(unsubscribe_packet(*[f"f/{i}" for i in range(20)]), "UNSUBSCRIBE: twenty filters", "3.10.3")
    book.ok(packet(0xA2, ONE, NONE, flat(text("f") * 5000)), "UNSUBSCRIBE: 5000 filters", "3.10.3")
    for name in ("f" * 127, "f" * 128, "f" * 65535, "$share/g/" + "/" * 65526):
        book.ok(unsubscribe_packet(name), f"UNSUBSCRIBE filter {ascii_of(name)}", "4.7.3-3", "3.10.3-1")
    properties(book, place)


def pings(book: Book) -> None:
    for name in ("PINGREQ", "PINGRESP"):
        first = TYPES[name]
        chapter = f"3.{first >> 4}"
        book.open(f"{name.lower()}.tsv", f"{name} has nothing after its header")
        book.ok(packet(first), f"{name}: its only form", f"{chapter}.1")
        for tail in (b"\0", b"\0\0", b"\x01", b"\0\x01", b"\0\x01\0", b"ping", b"\xc0\0", b"x" * 127, b"x" * 128):
            what = f"{name} with {len(tail)} bytes after its header"
            book.bad(MALFORMED, packet(first, (tail,)), what, f"{chapter}.2", f"{chapter}.3")


def disconnect(book: Book) -> None:
    place = PLACES["DISCONNECT"]
    statement, codes = REASONS["DISCONNECT"]
    book.open("disconnect.tsv", "DISCONNECT: all its forms")
    book.ok(packet(0xE0), "DISCONNECT: normal, nothing written", "3.14.2.1", statement)
    book.alt(packet(0xE0, u8(0)), "DISCONNECT: normal, reason written though it need not be", "3.14.2.1")
    book.alt(packet(0xE0, u8(0), NONE), "DISCONNECT: normal, reason and property length written", "3.14.2.2.1")
    book.ok(packet(0xE0, u8(4)), "DISCONNECT: publish the Will, one byte", "3.14.2.2.1", statement)
    book.alt(packet(0xE0, u8(4), NONE), "DISCONNECT: publish the Will, property length written", "3.14.2.2.1")
    every = section(*[prop(ident) for ident in place.allowed])
    for code in sorted(codes):
        book.ok(packet(0xE0, u8(code), every), f"DISCONNECT: reason 0x{code:02x} and every property", statement)
        book.alt(packet(0xE0, u8(code), NONE), f"DISCONNECT: reason 0x{code:02x} and no properties", "3.14.2.2.1")
        part = packet(0xE0, u8(code), section(prop(28)))
        book.ok(part, f"DISCONNECT: server reference with reason 0x{code:02x}", "3.14.2.2.5")
    book.open("disconnect.tsv", "DISCONNECT: shortened, and too long")
    cuts(book, "DISCONNECT", 0xE0, packet(0xE0, u8(0x98), every)[2:], {0: OK, 1: OK}, "3.14.2")
    for tail in (b"\0", b"\0\0", b"x", b"\x1f"):
        book.bad(MALFORMED, packet(0xE0, u8(0), NONE, (tail,)), f"DISCONNECT, then {tail.hex()}", "3.14.3")
        part = packet(0xE0, u8(0x80), section(prop(38)), (tail,))
        book.bad(MALFORMED, part, f"DISCONNECT with a property, then {tail.hex()}", "3.14.3")
    book.open("disconnect.tsv", "DISCONNECT: all reason codes")
    reason_sweep(book, "DISCONNECT", (), (), "", "3.14.2.2.1", zero="alt")
    for code in (0x01, 0x7F, 0x8C, 0x91, 0xFF):
        part = packet(0xE0, u8(code), NONE)
        book.bad(PROTOCOL, part, f"DISCONNECT with reason code 0x{code:02x} and property length", statement)
    book.open("disconnect.tsv", "DISCONNECT: what is let pass")
    part = place.packet(prop(17, *u32(0)))
    book.ok(part, "DISCONNECT: session expiry 0 differs from none", "3.14.2.2.2")
    part = packet(0xE0, u8(0x8B), section(prop(17)))
    book.ok(part, "DISCONNECT: session expiry with a reason that servers send", "3.14.2.2.2")
    properties(book, place)


def auth(book: Book) -> None:
    place = PLACES["AUTH"]
    statement, codes = REASONS["AUTH"]
    book.open("auth.tsv", "AUTH: all its forms")
    book.alt(packet(0xF0), "AUTH: success, nothing written", "3.15.2.1")
    book.ok(packet(0xF0, u8(0), NONE), "AUTH: success with reason and property length", "2.2.2-1", statement)
    every = section(*[prop(ident) for ident in place.allowed])
    for code in sorted(codes):
        book.ok(packet(0xF0, u8(code), every), f"AUTH: reason 0x{code:02x} and every property", statement, "4.12.0-5")
        part = packet(0xF0, u8(code), section(prop(21)))
        book.ok(part, f"AUTH: reason 0x{code:02x} and a method", statement, "4.12.0-5")
        part = packet(0xF0, u8(code), section(prop(21, *text(""))))
        book.ok(part, f"AUTH: reason 0x{code:02x} and an empty method", "3.15.2.2.2")
        part = packet(0xF0, u8(code), section(prop(22), prop(21)))
        book.alt(part, f"AUTH: reason 0x{code:02x}, data before its method", "2.2.2.2")
        book.bad(MALFORMED, packet(0xF0, u8(code)), f"AUTH: reason 0x{code:02x}, no property length", "3.15.2.2.1")
    book.open("auth.tsv", "AUTH: without its method")
    rows = (("", ()), (", reason string", prop(31)), (", user property", prop(38)), (", both", prop(31) + prop(38)))
    for code in (0x18, 0x19):
        for what, part in rows:
            whole = packet(0xF0, u8(code), section(part))
            book.bad(PROTOCOL, whole, f"AUTH: reason 0x{code:02x}, no method{what}", "3.15.2.2.2", "4.12.0-5")
    for what, part in rows[1:]:
        book.ok(packet(0xF0, u8(0), section(part)), f"AUTH: success, no method{what}", "3.15.2.1")
    for code in sorted(codes):
        for value in (b"", b"x"):
            part = packet(0xF0, u8(code), section(prop(22, *text(value))))
            what = f"AUTH: reason 0x{code:02x}, data of {len(value)} bytes without a method"
            book.bad(PROTOCOL, part, what, "3.15.2.2.2", "3.15.2.2.3")
    book.open("auth.tsv", "AUTH: shortened, and too long")
    cuts(book, "AUTH", 0xF0, packet(0xF0, u8(0x18), every)[2:], {0: ALT}, "3.15.2")
    for tail in (b"\0", b"\0\0", b"x", b"\x1f"):
        book.bad(MALFORMED, packet(0xF0, u8(0), NONE, (tail,)), f"AUTH, then {tail.hex()}", "3.15.3")
        part = packet(0xF0, u8(0x18), section(prop(21)), (tail,))
        book.bad(MALFORMED, part, f"AUTH with a method, then {tail.hex()}", "3.15.3")
    book.open("auth.tsv", "AUTH: all reason codes")
    reason_sweep(book, "AUTH", (), section(prop(21), prop(22)), " and a method", "4.12.0-5")
    properties(book, place)


# --------------------------------------------------------------------------------------------------------------------
# Fixed header
# --------------------------------------------------------------------------------------------------------------------


def smallest(name: str) -> Bytes:
    """A short valid body for each type."""
    bodies = {
        "CONNECT": connect_head(2) + NONE + CLIENT,
        "CONNACK": u8(0) + u8(0) + NONE,
        "PUBLISH": text("t") + NONE,
        "SUBSCRIBE": ONE + NONE + text("f") + u8(0),
        "SUBACK": ONE + NONE + u8(0),
        "UNSUBSCRIBE": ONE + NONE + text("f"),
        "UNSUBACK": ONE + NONE + u8(0),
        "AUTH": u8(0) + NONE,
    }
    return ONE if name in ACK_PLACES else bodies.get(name, ())


def framing(book: Book) -> None:
    book.open("framing.tsv", "Packet types and flags")
    for flags in range(16):
        book.bad(MALFORMED, packet(flags), f"reserved type 0, flags {flags}", "2.1.2")
    for rest in (b"\x01\0", b"\x02\0\0", b"\x80\x01" + b"\0" * 128):
        book.bad(MALFORMED, (b"\0", rest), f"reserved type 0 with {len(rest) - 1} more bytes", "2.1.2")
    for name, first in TYPES.items():
        for flags in range(16):
            if name == "PUBLISH":
                publish_flags(book, flags)
            elif flags == first & 15:
                part = packet(first, smallest(name))
                own = FLAG_STATEMENTS.get(name)
                book.ok(part, f"{name} with its flags {flags}", "2.1.3-1", *([own] if own else []))
            else:
                part = packet(first & 0xF0 | flags, smallest(name))
                own = FLAG_STATEMENTS.get(name)
                book.bad(MALFORMED, part, f"{name} with flags {flags}", "2.1.3-1", *([own] if own else []))

    book.open("framing.tsv", "Remaining length: boundaries")
    for length in (4, 126, 127, 128, 129, 255, 256, 16382, 16383, 16384, 16385, 65535, 65536, 2097151, 2097152):
        part = publish_packet("t", b"x" * (length - 4))
        book.ok(part, f"PUBLISH with a remaining length of {length}", "1.5.5", "2.1.4")
    for length in (16383, 16384):
        part = PLACES["PUBLISH"].packet(user("k", "x" * (length - 6)))
        book.ok(part, f"PUBLISH with a property length of {length}", "1.5.5", "2.2.2.1")
        part = PLACES["CONNACK"].packet(user("k", "x" * (length - 6)))
        book.ok(part, f"CONNACK with a property length of {length}", "1.5.5", "2.2.2.1")

    book.open("framing.tsv", "Remaining length: not minimal, or too long")
    for name, first in TYPES.items():
        body = smallest(name)
        for width in (2, 3, 4):
            part = u8(first) + varint(size(body), width) + body
            book.bad(MALFORMED, part, f"{name} with its remaining length in {width} bytes", "1.5.5-1", "2.1.4")
        for raw in (b"\x80\x80\x80\x80\x00", b"\x80\x80\x80\x80\x01", b"\xff\xff\xff\xff\x7f", b"\xff\xff\xff\xff"):
            part = (*u8(first), raw, *body)
            book.bad(MALFORMED, part, f"{name} with a fifth byte of remaining length, {raw.hex()}", "1.5.5", "2.1.4")
    for number, width in ((0, 2), (1, 2), (127, 2), (127, 3), (128, 3), (16383, 3), (16384, 4), (2097151, 4)):
        part = u8(0x30) + varint(number, width) + text("t") + NONE
        book.bad(MALFORMED, part, f"a remaining length of {number} in {width} bytes, header alone", "1.5.5-1", "2.1.4")

    book.open("framing.tsv", "Strings and binary data of the greatest length")
    long_value = "x" * 65535
    for place, ident in (("DISCONNECT", 31), ("CONNACK", 26), ("CONNECT", 21), ("PUBLISH", 9), ("WILL", 3)):
        part = PLACES[place].packet(prop(ident, *text(long_value)))
        what = f"{PLACES[place].title} {PROPERTIES[ident].name} of 65535 bytes"
        book.ok(part, what, PLACES[place].ref(ident), "1.5.4" if ident != 9 else "1.5.6")
    part = PLACES["PUBREC"].packet(user(long_value, long_value))
    book.ok(part, "PUBREC user property, name and value of 65535 bytes", "1.5.7-1")
    part = PLACES["UNSUBACK"].packet(user(long_value, ""), user("", long_value))
    book.ok(part, "UNSUBACK with two user properties that are half long and half empty", "1.5.7-1")


def publish_flags(book: Book, flags: int) -> None:
    """DUP 8, QoS 6, RETAIN 1; the identifier is there if the QoS bits ask for it."""
    qos = flags >> 1 & 3
    part = publish_packet("t", b"", flags=flags)
    label = f"PUBLISH with flags {flags}"
    if qos == 3:
        book.bad(MALFORMED, part, f"{label}: QoS 3", "3.3.1-4")
    elif flags & 8 and not qos:
        book.bad(MALFORMED, part, f"{label}: DUP though QoS 0", "3.3.1-2", "4.3.1-1")
    elif qos:
        book.ok(part, f"{label}: QoS {qos} with an identifier", "3.3.1.2", "2.2.1-3", "2.2.1-4")
    else:
        book.ok(part, f"{label}: QoS 0 without an identifier", "2.2.1-2", "4.3.1-1")


# --------------------------------------------------------------------------------------------------------------------
# Text
# --------------------------------------------------------------------------------------------------------------------

# Bytes, what they are, and whether they are tried in every field (else only in the first few).
WELL_FORMED = (
    ("01", "control character U+0001", True),
    ("1f", "control character U+001F", False),
    ("20", "space", False),
    ("7e", "U+007E", False),
    ("7f", "U+007F, greatest of one byte", False),
    ("c280", "U+0080, least of two bytes", True),
    ("c29f", "control character U+009F", False),
    ("c3a9", "U+00E9", False),
    ("65cc81", "e and a combining accent", False),
    ("dfbf", "U+07FF, greatest of two bytes", False),
    ("e0a080", "U+0800, least of three bytes", False),
    ("e18080", "U+1000", False),
    ("e6b8a9e5baa6", "two letters of three bytes", False),
    ("ecbfbf", "U+CFFF", False),
    ("ed9fbf", "U+D7FF, last before the surrogates", True),
    ("ee8080", "U+E000, first after the surrogates", False),
    ("efb790", "noncharacter U+FDD0", False),
    ("efb7af", "noncharacter U+FDEF", False),
    ("efbfbd", "U+FFFD", False),
    ("efbfbe", "noncharacter U+FFFE", False),
    ("efbfbf", "noncharacter U+FFFF, greatest of three bytes", True),
    ("f0908080", "U+10000, least of four bytes", False),
    ("f09f9880", "U+1F600", False),
    ("f09fbfbe", "noncharacter U+1FFFE", False),
    ("f1808080", "U+40000", False),
    ("f3bfbfbf", "noncharacter U+FFFFF", False),
    ("f4808080", "U+100000", False),
    ("f48fbfbf", "noncharacter U+10FFFF, the greatest", True),
    ("61c3a9e6b8a9f09f9880", "one character of each length", False),
)
BYTE_ORDER_MARKS = (
    ("efbbbf", "U+FEFF alone", True),
    ("efbbbf61", "U+FEFF first", True),
    ("61efbbbf", "U+FEFF last", False),
    ("61efbbbf62", "U+FEFF in the middle", False),
    ("efbbbfefbbbf", "U+FEFF twice", False),
)
NULLS = (
    ("00", "U+0000 alone", True),
    ("0061", "U+0000 first", False),
    ("6100", "U+0000 last", False),
    ("610062", "U+0000 in the middle", True),
    ("0000", "U+0000 twice", False),
)
ILL_FORMED = (
    ("80", "continuation byte alone, least", True),
    ("bf", "continuation byte alone, greatest", False),
    ("6180", "continuation byte after a letter", False),
    ("8061", "continuation byte before a letter", False),
    ("c2a080", "one continuation byte too many, after two bytes", False),
    ("e0a08080", "one continuation byte too many, after three bytes", False),
    ("f090808080", "one continuation byte too many, after four bytes", False),
    ("c080", "U+0000 in two bytes", True),
    ("c0af", "slash in two bytes", False),
    ("c1bf", "U+007F in two bytes", False),
    ("e08080", "U+0000 in three bytes", False),
    ("e080af", "slash in three bytes", False),
    ("e09fbf", "U+07FF in three bytes", False),
    ("f0808080", "U+0000 in four bytes", False),
    ("f08080af", "slash in four bytes", False),
    ("f08fbfbf", "U+FFFF in four bytes", False),
    ("f880808080", "U+0000 in five bytes", False),
    ("fc8080808080", "U+0000 in six bytes", False),
    ("eda080", "surrogate U+D800", True),
    ("edadbf", "surrogate U+DB7F", False),
    ("edae80", "surrogate U+DB80", False),
    ("edafbf", "surrogate U+DBFF", False),
    ("edb080", "surrogate U+DC00", False),
    ("edbfbf", "surrogate U+DFFF", False),
    ("eda080edb080", "pair of surrogates", False),
    ("f4908080", "U+110000", True),
    ("f4bfbfbf", "U+13FFFF", False),
    ("f5808080", "U+140000", False),
    ("f7bfbfbf", "U+1FFFFF", False),
    ("f888808080", "U+200000", False),
    ("fbbfbfbfbf", "U+3FFFFFF", False),
    ("fc8480808080", "U+4000000", False),
    ("fdbfbfbfbfbf", "U+7FFFFFFF", False),
    ("c0", "byte C0", False),
    ("c1", "byte C1", False),
    *((f"{byte:02x}", f"byte {byte:02X}", byte == 0xFF) for byte in range(0xF5, 0x100)),
    ("fffe", "byte order mark of UTF-16, little", False),
    ("feff", "byte order mark of UTF-16, big", False),
    ("e9", "U+00E9 as Latin-1 has it", False),
    ("c2", "first of two bytes", False),
    ("df", "first of two bytes, greatest", False),
    ("e0", "first of three bytes", False),
    ("e0a0", "first two of three bytes, E0", False),
    ("e180", "first two of three bytes, E1", True),
    ("ed9f", "first two of three bytes, ED", False),
    ("efbf", "first two of three bytes, EF", False),
    ("efbb", "first two bytes of U+FEFF", False),
    ("f0", "first of four bytes", False),
    ("f090", "first two of four bytes", False),
    ("f09080", "first three of four bytes, F0", False),
    ("f18080", "first three of four bytes, F1", False),
    ("f48fbf", "first three of four bytes, F4", False),
    ("c261", "letter for the second of two bytes", False),
    ("c27f", "7F for the second of two bytes", False),
    ("c2c0", "C0 for the second of two bytes", False),
    ("c2ff", "FF for the second of two bytes", False),
    ("e16180", "letter for the second of three bytes", False),
    ("e17f80", "7F for the second of three bytes", False),
    ("e1c080", "C0 for the second of three bytes", False),
    ("e18061", "letter for the third of three bytes", False),
    ("e1807f", "7F for the third of three bytes", False),
    ("e180c0", "C0 for the third of three bytes", False),
    ("f1618080", "letter for the second of four bytes", False),
    ("f17f8080", "7F for the second of four bytes", False),
    ("f1c08080", "C0 for the second of four bytes", False),
    ("f1806180", "letter for the third of four bytes", False),
    ("f1807f80", "7F for the third of four bytes", False),
    ("f180c080", "C0 for the third of four bytes", False),
    ("f1808061", "letter for the fourth of four bytes", True),
    ("f180807f", "7F for the fourth of four bytes", False),
    ("f18080c0", "C0 for the fourth of four bytes", False),
    ("616263ff", "FF after letters", False),
    ("61" * 31 + "c0", "C0 after 31 letters", False),
    ("61" * 64 + "80" + "61" * 64, "continuation byte between 64 letters and 64 letters", False),
)


def in_property(place: str, ident: int) -> Callable[[bytes], Bytes]:
    frame = PLACES[place]
    return lambda raw: frame.packet(frame.need(ident), prop(ident, *text(raw)))


# Where text stands, how to put bytes there, whether all classes are tried, and the statement about that field.
TEXT_FIELDS = (
    ("PUBLISH topic", lambda raw: publish_packet(raw, b"p"), True, ["3.3.2-1"]),
    ("client identifier", lambda raw: connect_packet(2, text(raw)), True, ["3.1.3-4"]),
    ("user property name", lambda raw: PLACES["CONNACK"].packet(user(raw, "v")), True, ["1.5.7-1"]),
    ("user property value", lambda raw: PLACES["PUBLISH"].packet(user("k", raw)), True, ["1.5.7-1"]),
    ("reason string", in_property("PUBACK", 31), True, ["3.4.2.2.2"]),
    ("SUBSCRIBE filter", lambda raw: packet(0x82, ONE, NONE, text(raw), u8(0)), True, ["3.8.3-1"]),
    ("UNSUBSCRIBE filter", lambda raw: packet(0xA2, ONE, NONE, text(raw)), False, ["3.10.3-1"]),
    ("ShareName", lambda raw: packet(0x82, ONE, NONE, text(b"$share/" + raw + b"/f"), u8(0)), False, ["3.8.3-1"]),
    ("shared filter", lambda raw: packet(0x82, ONE, NONE, text(b"$share/g/" + raw), u8(0)), False, ["3.8.3-1"]),
    ("user name", lambda raw: connect_packet(0x82, CLIENT, text(raw)), False, ["3.1.3-12"]),
    ("Will topic", lambda raw: connect_packet(6, CLIENT, NONE, text(raw), text("p")), False, ["3.1.3-11"]),
    ("Will content type", in_property("WILL", 3), False, ["3.1.3.2.5"]),
    ("Will response topic", in_property("WILL", 8), False, ["3.1.3.2.6"]),
    ("Will user property value", lambda raw: PLACES["WILL"].packet(user("k", raw)), False, ["1.5.7-1"]),
    ("content type", in_property("PUBLISH", 3), False, ["3.3.2-19"]),
    ("response topic", in_property("PUBLISH", 8), False, ["3.3.2-13"]),
    ("CONNECT authentication method", in_property("CONNECT", 21), False, ["3.1.2.11.9"]),
    ("AUTH authentication method", in_property("AUTH", 21), False, ["3.15.2.2.2"]),
    ("AUTH reason string", in_property("AUTH", 31), False, ["3.15.2.2.4"]),
    ("assigned client identifier", in_property("CONNACK", 18), False, ["3.2.2.3.7"]),
    ("response information", in_property("CONNACK", 26), False, ["3.2.2.3.15"]),
    ("CONNACK server reference", in_property("CONNACK", 28), False, ["3.2.2.3.16"]),
    ("DISCONNECT server reference", in_property("DISCONNECT", 28), False, ["3.14.2.2.5"]),
    ("SUBACK user property name", lambda raw: PLACES["SUBACK"].packet(user(raw, "v")), False, ["1.5.7-1"]),
)


def utf8(book: Book) -> None:
    classes = (
        ("ok", 0, WELL_FORMED, ["1.5.4"]),
        ("ok", 0, BYTE_ORDER_MARKS, ["1.5.4-3"]),
        ("bad", MALFORMED, NULLS, ["1.5.4-2"]),
        ("bad", MALFORMED, ILL_FORMED, ["1.5.4-1"]),
    )
    for label, build, every_class, own in TEXT_FIELDS:
        book.open("utf8.tsv", f"{label[0].upper()}{label[1:]}")
        for verdict, code, rows, refs in classes:
            topic = ["4.7.3-2"] if rows is NULLS and ("topic" in label or "ilter" in label) else []
            for raw, what, everywhere in rows:
                if every_class or everywhere:
                    book.add(verdict, code, build(bytes.fromhex(raw)), f"{label}: {what}", *refs, *topic, *own)


# --------------------------------------------------------------------------------------------------------------------
# The specification's own examples
# --------------------------------------------------------------------------------------------------------------------


def spec(book: Book) -> None:
    book.open("spec.tsv", "Examples of the specification; what it leaves open is filled in")
    book.ok(publish_packet("A\U0002a6d4"), "the string of section 1.5.4, as a topic", "1.5.4")
    for number, raw in ((127, "7f"), (128, "8001"), (16383, "ff7f"), (16384, "808001")):
        part = packet(0x82, ONE, section(prop(11, bytes.fromhex(raw))), text("f"), u8(0))
        book.ok(part, f"table of section 1.5.5: {number} as a subscription identifier", "1.5.5")
    for number, raw in ((2097151, "ffff7f"), (2097152, "80808001"), (268435455, "ffffff7f")):
        part = packet(0x82, ONE, section(prop(11, bytes.fromhex(raw))), text("f"), u8(0))
        book.ok(part, f"table of section 1.5.5: {number} as a subscription identifier", "1.5.5")
    head = connect_head(0xCE, 10) + section(prop(17, *u32(10)))
    payload = text("client") + NONE + text("will") + text("gone") + text("user") + text("pass")
    book.ok(packet(0x10, head, payload), "CONNECT: the variable header of section 3.1.2.12", "3.1.2.12")
    book.ok(publish_packet("a/b", flags=2, ident=10), "PUBLISH: the variable header of section 3.3.2", "3.3.2.3.9")
    part = packet(0x82, u16(10), NONE, text("a/b"), u8(1), text("c/d"), u8(2))
    book.ok(part, "SUBSCRIBE: the header of section 3.8.2 and the payload of 3.8.3", "3.8.2", "3.8.3.1")
    part = packet(0xA2, u16(10), NONE, text("a/b"), text("c/d"))
    book.ok(part, "UNSUBSCRIBE: the payload of section 3.10.3", "3.10.3")
    part = packet(0xE0, u8(0), section(prop(17, *u32(0))))
    book.ok(part, "DISCONNECT: the variable header of section 3.14.2", "3.14.2.2.5")
    for filter_ in ("sport/tennis/player1/#", "sport/#", "#", "sport/tennis/#"):
        book.ok(subscribe_packet((filter_, 0)), f"filter {filter_} of section 4.7.1.2", "4.7.1-1")
    for filter_ in ("sport/tennis#", "sport/tennis/#/ranking"):
        book.bad(MALFORMED, subscribe_packet((filter_, 0)), f"filter {filter_} of section 4.7.1.2", "4.7.1-1")
    for filter_ in ("sport/tennis/+", "sport/+", "+", "+/tennis/#", "sport/+/player1", "+/+", "/+"):
        book.ok(subscribe_packet((filter_, 0)), f"filter {filter_} of section 4.7.1.3", "4.7.1-2")
    book.bad(MALFORMED, subscribe_packet(("sport+", 0)), "filter sport+ of section 4.7.1.3", "4.7.1-2")
    for filter_ in ("+/monitor/Clients", "$SYS/#", "$SYS/monitor/+"):
        book.ok(subscribe_packet((filter_, 0)), f"filter {filter_} of section 4.7.2", "4.7.2")
    for topic in ("ACCOUNTS", "Accounts", "Accounts payable", "/finance", "finance"):
        book.ok(publish_packet(topic), f"topic {topic} of section 4.7.3", "4.7.3")
    for filter_ in ("$share/consumer1/sport/tennis/+", "$share/consumer2/sport/tennis/+", "$share/consumer1//finance"):
        what = f"filter {filter_} of section 4.8.2"
        book.ok(subscribe_packet((filter_, 0)), what, "4.8.2-1", "4.8.2-2")
        book.ok(unsubscribe_packet(filter_), f"{what}, to unsubscribe", "4.8.2-1", "4.8.2-2")
    for reference in ("myserver.xyz.org", "myserver.xyz.org:8883", "10.10.151.22:8883 [fe80::9610:3eff:fe1c]:1883"):
        for first, before in ((0x20, u8(0) + u8(0x9D)), (0xE0, u8(0x9C))):
            part = packet(first, before, section(prop(28, *text(reference))))
            book.ok(part, f"server reference {reference} of section 4.11, type {first >> 4}", "4.11")
    for method, opening, steps in (
        ("SCRAM-SHA-1", "client-first-data", ("server-first-data", "client-final-data", "server-final-data")),
        ("GS2-KRB5", None, (None, "initial context token", "reply context token", None, "outcome of authentication")),
    ):
        method_property = prop(21, *text(method))
        opening_data = prop(22, *text(opening)) if opening else ()
        part = connect_packet(0x02, CLIENT, props=section(method_property, opening_data))
        book.ok(part, f"CONNECT that opens {method}, section 4.12", "4.12")
        for number, step in enumerate(steps, 1):
            data = prop(22, *text(step)) if step else ()
            last = number == len(steps)
            first, before = (0x20, u8(0) + u8(0)) if last else (0xF0, u8(0x18))
            part = packet(first, before, section(method_property, data))
            what = f"step {number} of {method}, section 4.12: {step or 'no data'}"
            book.ok(part, what, *(["4.12"] if last else ["4.12", "4.12.0-5"]))


# --------------------------------------------------------------------------------------------------------------------
# Topic matching
# --------------------------------------------------------------------------------------------------------------------


class Match(NamedTuple):
    verdict: str  # match, differ, invalid
    filter: str
    topic: str
    what: str
    refs: tuple[str, ...]


def group(what: str, *refs: str, match: str = "", differ: str = "", invalid: str = "") -> list[Match]:
    """Pairs of filter and topic, written `filter topic, filter topic`; a space in a name is written _."""
    rows = []
    for verdict, pairs in (("match", match), ("differ", differ), ("invalid", invalid)):
        for pair in filter(None, pairs.split(", ")):
            pattern, topic = pair.replace("EMPTY", "").split(" ")
            rows.append(Match(verdict, pattern.replace("_", " "), topic.replace("_", " "), what, refs))
    return rows


TOPICS = [
    *group(
        "no wildcard",
        "4.7.3",
        match="a a, a/b a/b, sport/tennis/player1 sport/tennis/player1, / /, // //, /a /a, a/ a/, a//b a//b",
        differ="a b, a a/b, a/b a, a/b a/c, a/b b/b, a aa, aa a, a/b/c a/b, a/b a/b/c, ab a/b, a/b ab",
    ),
    *group(
        "case counts",
        "4.7.3",
        match="ACCOUNTS ACCOUNTS",
        differ="ACCOUNTS Accounts, a A, A/b a/b, a/B a/b, \u00e9 \u00c9",
    ),
    *group(
        "spaces count",
        "4.7.3",
        match="Accounts_payable Accounts_payable, _ _, a_b/+ a_b/c, + _, a/+ a/_",
        differ="a a_, a _a, _a a, a_ a, Accounts_payable Accountspayable",
    ),
    *group(
        "slashes at either end count",
        "4.7.3",
        match="/finance /finance, finance/ finance/",
        differ="/finance finance, finance /finance, finance/ finance, finance finance/, / //, // /, a/b /a/b, a/b a/b/",
    ),
    *group(
        "many levels",
        "4.7.1-1",
        match="sport/tennis/player1/# sport/tennis/player1, sport/tennis/player1/# sport/tennis/player1/ranking, "
        "sport/tennis/player1/# sport/tennis/player1/score/wimbledon, sport/# sport, sport/# sport/, "
        "sport/# sport/tennis, # a, # a/b/c, # /, # //, # /a, # a/, # _, a/# a//, a/b/# a/b, a/b/# a/b/c/d",
        differ="sport/tennis/player1/# sport/tennis/player2, sport/# sports, sport/# Sport, sport/# /sport, "
        "a/b/# a, a/b/# a/c, a/# b, a/# ab, a/# aa/b, sport/tennis/player1/# sport/tennis",
    ),
    *group(
        "many levels, and empty ones",
        "4.7.1.1",
        match="/# /, /# /a, /# /a/b, /# //, //# //, //# /, //# //a, a//# a/, a//# a//, a//# a//b",
        differ="/# a, /# a/b, //# /a, a//# a, a//# a/b, //# a",
    ),
    *group(
        "one level",
        "4.7.1-2",
        match="sport/tennis/+ sport/tennis/player1, sport/tennis/+ sport/tennis/player2, sport/+ sport/, + a, "
        "+/b a/b, a/+/c a/b/c, +/+ a/b, +/+/+ a/b/c, sport/+/player1 sport/tennis/player1, + abc, a/+ a/b",
        differ="sport/tennis/+ sport/tennis/player1/ranking, sport/+ sport, + a/b, + a/, + /a, +/b a/c, a/+/c a/c, "
        "a/+/c a/b/d, a/+/c a/b/c/d, +/+ a, +/+ a/b/c, a/+ b/c, a/+ a/b/c, a/+ a",
    ),
    *group(
        "one level, and empty ones",
        "4.7.1.1",
        match="/+ /finance, +/+ /finance, +/ a/, +/ /, /+ /, +/+ /, +/+/+ //, a/+/b a//b, a/+/ a//, +/a /a, +/+ a/",
        differ="+ /finance, + /, /+ finance, +/ a, /+ a/b, +/+ //, a/+/b a/b, a/+ a//, +/a a, /+ //",
    ),
    *group(
        "both wildcards",
        "4.7.1",
        match="+/tennis/# sport/tennis, +/tennis/# sport/tennis/player1, +/# a, +/# a/b/c, +/# /, +/# a/, a/+/# a/b, "
        "a/+/# a/b/c, a/+/# a/, +/+/# a/b, +/b/# a/b, /+/# /a, +/# /a",
        differ="+/tennis/# sport, +/tennis/# tennis, +/tennis/# a/b/tennis, a/+/# a, +/+/# a, a/+/# b/c, /+/# a",
    ),
    *group(
        "a wildcard first, a topic that begins with $",
        "4.7.2-1",
        differ="# $SYS, # $SYS/monitor/Clients, + $SYS, +/monitor/Clients $SYS/monitor/Clients, +/# $SYS/a, "
        "+/+ $SYS/a, # $, + $, +/a $/a, # $share/a/b, # $a, +/ $SYS/, # $/, +/# $",
    ),
    *group(
        "a topic that begins with $, named by the filter",
        "4.7.2",
        match="$SYS/# $SYS/monitor/Clients, $SYS/# $SYS, $SYS/monitor/+ $SYS/monitor/Clients, $SYS $SYS, $ $, $/# $/a, "
        "$SYS/+ $SYS/uptime, $SYS/+/# $SYS/a/b, $/+ $/, $/a $/a",
        differ="$SYS/# $sys/a, $SYS/# SYS/a, $SYS/+ $SYS, SYS/# $SYS/a, $SYS/# $SYSTEM/a, $SYS/a $SYS/b",
    ),
    *group(
        "a $ elsewhere is a letter like others",
        "4.7.2",
        match="# a/$SYS, +/$SYS a/$SYS, a/+ a/$SYS, a/# a/$b/c, +/+ /$SYS, # /$SYS, /# /$SYS, +/$a /$a, + a$, /+ /$SYS",
        differ="a/+ $a/b, a$ a",
    ),
    *group(
        "shared: the filter after the ShareName counts",
        "4.8.2",
        match="$share/consumer1/sport/tennis/+ sport/tennis/player1, $share/consumer2/sport/tennis/+ sport/tennis/p, "
        "$share/consumer1//finance /finance, $share/g/a a, $share/g/# a/b, $share/g/+ a, $share/g/a/# a, $share/g// /, "
        "$share/g//# /a, $share/\u00e9/a a, $share/_/a a, $share/g/$SYS/# $SYS/a, $share/g/$SYS $SYS, $share/g/a_b a_b",
        differ="$share/g/a $share/g/a, $share/g/a g/a, $share/g/a b, $share/g/+ a/b, $share/g/a/b b, $share/g/a A, "
        "$share/consumer1//finance finance, $share/g/a share/g/a, $share/g/# $share/g/a, $share/g/a/+ a",
    ),
    *group(
        "shared: a wildcard first does not match a topic that begins with $",
        "4.7.2-1",
        differ="$share/g/# $SYS/a, $share/g/+ $SYS, $share/g/+/a $SYS/a, $share/g/+/# $SYS",
    ),
    *group(
        "shared once only: the rest is an ordinary filter",
        "4.8.2",
        match="$share/g/$share/h/x $share/h/x, $share/g/$share $share, $share/g/$share/h/+ $share/h/y",
        differ="$share/g/$share/h/x x, $share/g/$share/h/x h/x",
    ),
    *group(
        "much like a shared one, but ordinary",
        "4.8.2",
        match="$share $share, $SHARE/x/y $SHARE/x/y, $shared/g/a $shared/g/a, share/g/a share/g/a, "
        "/$share/g/a /$share/g/a, $SHARE/# $SHARE/x, $sharex/+ $sharex/y",
        differ="$SHARE/x/y y, $share $share/, $share $share/g/a, $shared/g/a a, $SHARE/x/y $share/x/y",
    ),
    *group(
        "other letters than ASCII, compared as they are",
        "4.7.3-4",
        match="caf\u00e9/+ caf\u00e9/a, \u6e29\u5ea6/# \u6e29\u5ea6/1, + \u6e29\u5ea6, + \U0001f600, "
        "\U0001f600 \U0001f600, a/\u00e9/# a/\u00e9, \ufeffa \ufeffa, e\u0301 e\u0301",
        differ="caf\u00e9 cafe, caf\u00e9 cafe\u0301, \u00e9 e\u0301, e\u0301 \u00e9, \ufeffa a, a \ufeffa, "
        "\u00df ss, \ufb01 fi, \u212b \u00c5, \u6e29 \u5ea6, \uff0b a, \uff03 a, a\u2215b a/b, \u01c4 \u01c6, \u00a0 _",
    ),
    *group(
        "filter: # not alone in the last level",
        "4.7.1-1",
        invalid="sport/tennis# sport/tennis, sport/tennis/#/ranking sport/tennis/x/ranking, #/ a/, #/a a, ## a, "
        "a/## a/b, a# a, #a a, a/#b a/b, a/#/ a/, /#/a /b/a, $SYS/#/x $SYS/a/x",
    ),
    *group(
        "filter: + not alone in its level",
        "4.7.1-2",
        invalid="sport+ sport, +a a, a+ a, ++ a, a/+b a/b, a/b+ a/b, a/b+/c a/b/c, /++ /a, +# a, #+ a, $SYS+ $SYS",
    ),
    *group(
        "filter: shared, not well formed",
        "4.8.2-1",
        "4.8.2-2",
        invalid="$share/ a, $share// a, $share//a a, $share/g a, $share/g/ a, $share/+/a a, $share/#/a a, "
        "$share/g+/a a, $share/# a, $share/+ a, $share/g/a# a, $share/g/+a a, $share/g/#/a a, $share/g# a",
    ),
    *group("filter or topic is empty", "4.7.3-1", invalid="EMPTY a, a EMPTY, EMPTY EMPTY, # EMPTY, + EMPTY, /# EMPTY"),
    *group(
        "topic: has a wildcard",
        "4.7.0-1",
        invalid="# #, # +, + +, a/# a/#, a/+ a/+, a a#, a a+, a/b a/+/b, # a/#, + a+b, $SYS/# $SYS/#",
    ),
]


def topics_text() -> str:
    seen = set()
    out = ["# topics.tsv: written by generate.py, see README.md"]
    what = None
    for row in TOPICS:
        if row[1:3] in seen:
            raise ValueError(f"twice: {row}")
        seen.add(row[1:3])
        if row.what != what:
            what = row.what
            out += ["", f"# {what}"]
        refs = "".join(f"[MQTT-{ref}]" if "-" in ref else f"[{ref}]" for ref in row.refs)
        out.append(f"{row.verdict}\t{row.filter}\t{row.topic}\t{row.what} {refs}")
    return "\n".join(out) + "\n"


# --------------------------------------------------------------------------------------------------------------------
# The conformance table
# --------------------------------------------------------------------------------------------------------------------


def count_references(files: dict[str, str]) -> dict[str, dict[str, int]]:
    """How many lines of each file carry a statement."""
    counts: dict[str, dict[str, int]] = {}
    for file, content in files.items():
        for line in content.splitlines():
            for statement in re.findall(r"\[(MQTT-[^]]+)\]", line):
                of_files = counts.setdefault(statement, {})
                of_files[file] = of_files.get(file, 0) + 1
    return counts


def conformance_text(old: str, files: dict[str, str]) -> str:
    """The page with the counts filled in: they end a row of the table, after the word `Vectors:`."""
    counts = count_references(files)

    def fill(row: re.Match[str]) -> str:
        found = ", ".join(f"{file} {count}" for file, count in sorted(counts.get(row["id"], {}).items()))
        return f"| {row['id']} | codec | {row['why']} Vectors: {found or 'none'} |"

    return re.sub(r"^\| (?P<id>MQTT-\S+) \| codec \| (?P<why>.*?) ?(?:Vectors: .*)?\|$", fill, old, flags=re.MULTILINE)


CHAPTERS = (
    *(spec, connect, connack, publish, acks, subscribe, suback, unsubscribe, pings, disconnect, auth, framing, utf8),
)


def outputs() -> dict[Path, str]:
    """Every file and what it should hold."""
    from options import option_texts  # which imports this file

    check_tables()
    book = Book()
    for write in CHAPTERS:
        write(book)
    files = dict(book.texts()) | {"topics.tsv": topics_text()} | dict(option_texts())
    found = {HERE / name: content for name, content in files.items()}
    if CONFORMANCE.exists():
        found[CONFORMANCE] = conformance_text(CONFORMANCE.read_text(encoding="utf-8"), files)
    return found


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    stale = []
    for path, content in outputs().items():
        data = content.encode()
        if not path.exists() or path.read_bytes() != data:
            stale.append(path)
            if not arguments:
                path.write_bytes(data)
    if arguments:
        for path in stale:
            print(f"{path} is not what generate.py writes", file=sys.stderr)
        return 1 if stale else 0
    return 0


if __name__ == "__main__":
    sys.modules["generate"] = sys.modules["__main__"]  # for options.py: not a second copy
    sys.exit(main(sys.argv[1:]))
