# SPDX-License-Identifier: MIT
"""Writes the vectors that have options: who sends, lenient reading, control characters, limits, other protocols.

Like generate.py, which runs it, it puts packets together from the specification's tables, and knows no codec.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from generate import (
    ACK_PLACES,
    CLIENT,
    MALFORMED,
    NONE,
    NUMBERS,
    ONE,
    PLACES,
    PROPERTIES,
    PROTOCOL,
    REASONS,
    TEXT_FIELDS,
    TYPES,
    VERSION,
    WILD_NAMES,
    Bytes,
    Place,
    ascii_of,
    connect_head,
    connect_packet,
    packet,
    prop,
    publish_packet,
    section,
    size,
    smallest,
    subscribe_packet,
    text,
    tokens,
    u8,
    u16,
    unsubscribe_packet,
    user,
)

COLUMNS = "# columns: verdict code bytes options result what"
TOO_LARGE, QUOTA = 0x95, 0x97

# --------------------------------------------------------------------------------------------------------------------
# Tables of the specification
# --------------------------------------------------------------------------------------------------------------------

SIDES = ("client", "server")
STAGES = ("", "opening", "open")

# Table 2-1: the direction of flow. Types that are not here flow both ways.
ONLY_FROM = {
    **dict.fromkeys(("CONNECT", "SUBSCRIBE", "UNSUBSCRIBE", "PINGREQ"), "client"),
    **dict.fromkeys(("CONNACK", "SUBACK", "UNSUBACK", "PINGRESP"), "server"),
}

# The column "Sent by" of 3.14.2.1 and 3.15.2.1, and the sentence in the row of 0x10 in 3.4.2.1 and 3.5.2.1.
SERVER_CLOSES = {0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, *range(0x9A, 0xA3)}
CODES_ONLY_FROM = {
    "PUBACK": {"server": {0x10}},
    "PUBREC": {"server": {0x10}},
    "DISCONNECT": {"client": {0x04}, "server": SERVER_CLOSES},
    "AUTH": {"client": {0x19}, "server": {0x00}},
}
CODE_SECTIONS = {"PUBACK": "3.4.2.1", "PUBREC": "3.5.2.1", "DISCONNECT": "3.14.2.1", "AUTH": "3.15.2.1"}

# Properties that both sides have in their tables, but only one side may send in this packet.
PROPERTIES_ONLY_FROM = {
    "PUBLISH": {11: ("server", "3.3.4-6")},
    "DISCONNECT": {17: ("client", "3.14.2-2"), 28: ("server", "3.14.2.2.5")},
}

# Packets that begin with their packet identifier (2.2.1); a PUBLISH has it after its topic.
IDENTIFIED = {*ACK_PLACES, "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK"}

FIRST = {"client": ({"CONNECT"}, "3.1.0-1"), "server": ({"CONNACK", "AUTH"}, "3.2.0-1")}
ONCE = {"client": ("CONNECT", "3.1.0-2"), "server": ("CONNACK", "3.2.0-2")}

# The codes below 0x80 of table 2-6.
SUCCESSES = {0x00, 0x01, 0x02, 0x04, 0x10, 0x11, 0x18, 0x19}

# Names of fields, as error messages give them: properties first.
NAMES = {
    1: "payload_format_indicator",
    2: "message_expiry_interval",
    3: "content_type",
    8: "response_topic",
    9: "correlation_data",
    11: "subscription_ids",
    17: "session_expiry_interval",
    18: "assigned_client_id",
    21: "authentication_method",
    22: "authentication_data",
    24: "will_delay_interval",
    26: "response_info",
    28: "server_reference",
    31: "reason_str",
    36: "max_qos",
    38: "user_properties",
}

# --------------------------------------------------------------------------------------------------------------------
# Lines
# --------------------------------------------------------------------------------------------------------------------


@dataclass
class Line:
    verdict: str
    code: int
    part: Bytes
    options: str
    result: str
    what: str
    refs: tuple[str, ...]

    def __str__(self) -> str:
        refs = "".join(f"[MQTT-{ref}]" if "-" in ref else f"[{ref}]" for ref in self.refs)
        columns = (
            self.verdict,
            f"{self.code:02x}",
            tokens(self.part),
            self.options,
            self.result,
            f"{self.what} {refs}",
        )
        return "\t".join(columns)


class Sheet:
    """The lines of every file. Bytes and options together stand in one line only, in all files: where a second rule
    comes to them, it must come to the same verdict, and its references join those of the first line."""

    def __init__(self) -> None:
        self.files: dict[str, list[Line | str]] = {}
        self.seen: dict[tuple[bytes, str], Line] = {}
        self.current: list[Line | str] = []

    def open(self, file: str, heading: str) -> None:
        self.current = self.files.setdefault(f"options-{file}.tsv", [])
        self.current.append(heading)

    def add(self, verdict: str, code: int, part: Bytes, options: str, what: str, *refs: str, **result: object) -> None:
        words = " ".join(f"{name}={value}" for name, value in result.items())
        new = Line(verdict, code, part, options or "-", words or "-", what, refs)
        line = self.seen.setdefault((b"".join(part), options), new)
        if line is new:
            self.current.append(line)
        if not refs or (line.verdict, line.code) != (verdict, code):
            raise ValueError(f"no reference, or two verdicts: {options} {tokens(part)} {line.what!r} and {what!r}")
        line.refs += tuple(ref for ref in refs if ref not in line.refs)

    def ok(self, part: Bytes, options: str, what: str, *refs: str, **result: object) -> None:
        self.add("ok", 0, part, options, what, *refs, **result)

    def bad(
        self, code: int, part: Bytes, options: str, what: str, *refs: str, field: str, offset: int, **result: object
    ) -> None:
        """The packet is refused and its size is known, unless another size is given."""
        place = {"field": field, "offset": offset, **result}
        self.add("bad", code, part, options, what, *refs, **{"size": size(part), **place})

    def texts(self) -> Iterator[tuple[str, str]]:
        for file, lines in self.files.items():
            out = [f"# {file}: written by generate.py, see README.md", COLUMNS]
            for line in lines:
                out += [str(line)] if isinstance(line, Line) else ["", f"# {line}"]
            yield file, "\n".join(out) + "\n"


def options_of(side: str, stage: str = "") -> str:
    return f"sender={side}" + (f" stage={stage}" if stage else "")


def hexadecimal(part: Bytes) -> str:
    return b"".join(part).hex()


# --------------------------------------------------------------------------------------------------------------------
# Who sends
# --------------------------------------------------------------------------------------------------------------------


def refused_type(side: str, stage: str, name: str) -> tuple[str, ...]:
    """The references of the rule by which this side must not send a packet of this type now; none if it may."""
    first, first_ref = FIRST[side]
    once, once_ref = ONCE[side]
    if ONLY_FROM.get(name, side) != side:
        return ("2.1.2",)
    if stage == "opening" and name not in first:
        return (first_ref, "3.14.0-1") if (side, name) == ("server", "DISCONNECT") else (first_ref,)
    if stage == "open" and name == once:
        return (once_ref,)
    return ()


def refused_code(side: str, stage: str, name: str, code: int) -> tuple[str, ...]:
    for only, codes in CODES_ONLY_FROM.get(name, {}).items():
        if code in codes and side != only:
            return (CODE_SECTIONS[name], REASONS[name][0])
    if (side, stage, name) == ("server", "opening", "AUTH") and code != 0x18:
        return ("4.12.0-2",)
    return ()


def sender(sheet: Sheet) -> None:
    sheet.open("sender", "Each type from each side: at any time, before the handshake's end, and after it")
    for side in SIDES:
        for stage in STAGES:
            for name, first in TYPES.items():
                one_type(sheet, side, stage, name, packet(first, smallest(name)))
    codes(sheet)
    properties(sheet)
    flags(sheet)


def one_type(sheet: Sheet, side: str, stage: str, name: str, part: Bytes) -> None:
    options = options_of(side, stage)
    what = f"{name} from a {side}" + {"": "", "opening": ", first packet", "open": ", connected"}[stage]
    refs = refused_type(side, stage, name)
    if name == "AUTH":  # the smallest says Success
        part = packet(TYPES[name], u8(0x18), section(prop(21)))
    if refs:
        ident = 1 if name in IDENTIFIED else 0
        sheet.bad(PROTOCOL, part, options, what, *refs, field="packet_type", offset=0, id=ident)
    else:
        sheet.ok(part, options, what, "2.1.2")


def with_code(name: str, code: int, properties: Bytes = ()) -> Bytes:
    """A packet with one reason code, in the form that is written."""
    if name in ACK_PLACES:
        rest = () if code == 0 and not properties else u8(code) + (section(properties) if properties else ())
        return packet(TYPES[name], u16(0x1234), rest)
    if name == "DISCONNECT":
        rest = () if code == 0 and not properties else u8(code) + (section(properties) if properties else ())
        return packet(TYPES[name], rest)
    return packet(TYPES[name], u8(code), section(prop(21), properties))


def codes(sheet: Sheet) -> None:
    for name in ("PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "DISCONNECT", "AUTH"):
        sheet.open("sender", f"{name}: each reason code from each side")
        statement, known = REASONS[name]
        ident = {"id": 0x1234} if name in ACK_PLACES else {"id": 0}
        offset = 4 if name in ACK_PLACES else 2
        for side in SIDES:
            for stage in STAGES:
                if refused_type(side, stage, name):
                    continue
                for code in sorted({*known, 0x01, 0x7F, 0xA3, 0xFF}):
                    what = f"{name} with reason code 0x{code:02x} from a {side}"
                    options = options_of(side, stage)
                    refs = refused_code(side, stage, name, code) if code in known else (statement,)
                    for properties in ((), prop(38)):
                        part = with_code(name, code, properties)
                        if refs:
                            place = {"field": "reason_code", "offset": offset} | ident
                            sheet.bad(PROTOCOL, part, options, what, *refs, **place)
                        else:
                            sheet.ok(part, options, what, statement)
    sheet.open("sender", "Short forms: a reason code that is not there is Success")
    for side in SIDES:
        sheet.add("ok", 0, packet(0xE0), options_of(side), f"empty DISCONNECT from a {side}", "3.14.2.1")
        for name in ACK_PLACES:
            part = packet(TYPES[name], u16(0x4321))
            sheet.ok(part, options_of(side), f"{name} of two bytes from a {side}", f"3.{TYPES[name] >> 4}.2.1")
    sheet.open("sender", "PUBREC whose Remaining Length has two bytes, so that byte 4 is not its reason code")
    for count in range(121, 127):
        part = packet(0x50, u16(0x1234), u8(0x80), section((b"\x1f", *text("x" * count))))
        sheet.ok(part, "sender=client", f"PUBREC of {size(part)} bytes", "3.5.2.1")
    sheet.open("sender", "A code that DISCONNECT lacks belongs to neither side")
    for code in (0x88, 0x8A, 0x8C):
        part, what = packet(0xE0, u8(code)), f"DISCONNECT with reason code 0x{code:02x} from a client"
        place = {"field": "reason_code", "offset": 2, "id": 0}
        sheet.bad(PROTOCOL, part, "sender=client", what, "3.14.2-1", **place)
        shown = {"lenient": 1, "reason_code": code, "entries": "reason-code"}
        sheet.ok(part, "sender=client lenient", what, "3.14.2-1", **shown)
    empty = packet(0xF0)
    sheet.add("alt", 0, empty, "sender=server", "empty AUTH from a server", "3.15.2.1")
    what = "empty AUTH from a client: Success"
    sheet.bad(PROTOCOL, empty, "sender=client", what, "3.15.2.1", "3.15.2-1", field="reason_code", offset=0, id=0)


def properties(sheet: Sheet) -> None:
    for name in ("PUBLISH", "DISCONNECT", "AUTH", *ACK_PLACES):
        place = PLACES[name]
        sheet.open("sender", f"{name}: each property from each side")
        rules = PROPERTIES_ONLY_FROM.get(name, {})
        for side in SIDES:
            options = options_of(side)
            code = 0x18 if name == "AUTH" else 0x00
            head = u8(code) if name == "AUTH" else place.head
            for ident in place.allowed:
                before = section(place.need(ident) or (prop(21) if name == "AUTH" and ident != 21 else ()))[1:]
                part = packet(place.first, head, section(before, prop(ident)), place.tail)
                what = f"{name} with {PROPERTIES[ident].name} from a {side}"
                only, ref = rules.get(ident, (side, ""))
                if only == side:
                    sheet.ok(part, options, what, place.ref(ident))
                    continue
                offset = 2 + size(head) + 1 + size(before)
                index = {"index": 0} if ident == 11 else {}
                sheet.bad(PROTOCOL, part, options, what, ref, field=NAMES[ident], offset=offset, **index, id=0)
    sheet.open("sender", "Properties that one side must not send, among others")
    for flags, ident in ((0, b""), (3, b"\x12\x34"), (13, b"\x12\x34")):
        head = text("t") + ((ident,) if ident else ())
        for before, after in (((), prop(38)), (prop(1), prop(11) + prop(38)), ((), prop(11, b"\x07") + prop(35))):
            part = packet(0x30 | flags, head, section(before, prop(11), after), (b"p",))
            what = f"PUBLISH with flags {flags} and subscription identifiers from a"
            sheet.ok(part, "sender=server", f"{what} server", "3.3.2.3.8")
            place = {"field": "subscription_ids", "offset": 2 + size(head) + 1 + size(before), "index": 0}
            number = int.from_bytes(ident)
            sheet.bad(PROTOCOL, part, "sender=client", f"{what} client", "3.3.4-6", **place, id=number)
    part = packet(0xE0, u8(0), section(prop(17), prop(31), prop(38)))
    sheet.ok(part, "sender=client", "DISCONNECT with session expiry and others from a client", "3.14.2.2.2")
    what = "DISCONNECT with session expiry and others from a server"
    sheet.bad(PROTOCOL, part, "sender=server", what, "3.14.2-2", field=NAMES[17], offset=4, id=0)


def flags(sheet: Sheet) -> None:
    sheet.open("sender", "DUP, QoS and RETAIN: the same for both sides")
    for side in SIDES:
        for flag in range(16):
            qos = flag >> 1 & 3
            part = publish_packet("a", b"", flags=flag)
            what = f"PUBLISH with flags {flag} from a {side}"
            if qos == 3:
                place = {"field": "qos", "offset": 0}
                sheet.bad(MALFORMED, part, options_of(side), what, "3.3.1-4", **place)
            elif flag & 8 and not qos:
                place = {"field": "duplicate", "offset": 0}
                sheet.bad(MALFORMED, part, options_of(side), what, "3.3.1-2", **place)
            else:
                sheet.ok(part, options_of(side), what, "3.3.1.1", "3.3.1.2")
    sheet.open("sender", "A header that is malformed stays malformed, from either side")
    for side in SIDES:
        for stage in STAGES:
            options = options_of(side, stage)
            part = packet(0x00)
            sheet.bad(MALFORMED, part, options, "reserved type 0", "2.1.2", field="packet_type", offset=0, size=0)
            for first in (0x11, 0x21, 0x63, 0x80, 0xC1, 0xD1, 0xE1, 0xF1):
                what = f"first byte {first:02x}: reserved flags"
                sheet.bad(MALFORMED, packet(first), options, what, "2.1.3-1", field="flags", offset=0, size=0)
    for side in SIDES:
        part = (b"\xe0", b"\x80\x00")
        what = "DISCONNECT with its remaining length in two bytes"
        sheet.bad(MALFORMED, part, options_of(side), what, "1.5.5-1", field="remaining_length", offset=1, size=0)


# --------------------------------------------------------------------------------------------------------------------
# Lenient
# --------------------------------------------------------------------------------------------------------------------

LENIENT = "lenient"


def is_tolerated(name: str, code: int) -> bool:
    """A reason code outside its packet's table: any error, and what the common table has, where it cannot be mistaken
    for the success of a connection or an authentication."""
    return code >= 0x80 or (code in SUCCESSES and name not in ("CONNACK", "AUTH"))


# Packets of programs, as docs/leniencies.md lists them: entry, packet, what it shows.
OF_PROGRAMS = (
    ("reason-code", "40 03 0007 95", "reason_code", 0x95, "mosquitto 2.0.11", "3.4.2-1"),
    ("reason-code", "40 03 0001 95", "reason_code", 0x95, "mosquitto 2.0.11", "3.4.2-1"),
    ("reason-code", "50 03 0002 95", "reason_code", 0x95, "mosquitto 2.0.11", "3.5.2-1"),
    ("reason-code", "90 04 000f 00 82", "reason_codes", 0x82, "mochi 2", "3.9.3-2"),
    ("reason-code", "62 03 0001 10", "reason_code", 0x10, "emqtt", "3.6.2-1"),
    ("reason-code", "40 03 0001 fe", "reason_code", 0xFE, "no known program", "3.4.2-1"),
    ("payload-format-indicator", "30 06 0001 74 02 01 02", "payload_format_indicator", 2, "EMQX", "3.3.2.3.2"),
    ("response-topic", "30 07 0001 74 03 08 0000", "response_topic", '""', "mosquitto 2.0.11", "4.7.3-1"),
    ("response-topic", "30 08 0001 74 04 08 0001 23", "response_topic", '"#"', "mosquitto 2.0.11", "3.3.2-14"),
)


def lenient(sheet: Sheet) -> None:
    sheet.open("lenient", "Packets of programs")
    for entry, hexes, field, value, program, ref in OF_PROGRAMS:
        part = tuple(bytes.fromhex(token) for token in hexes.split())
        sheet.ok(part, LENIENT, f"a packet of {program}", ref, lenient=1, entries=entry, **{field: value})
    delay = packet(0x30, text("t"), section(prop(24)))
    shown = {"lenient": 1, "entries": "will-delay-interval", "written": hexadecimal(packet(0x30, text("t"), NONE))}
    sheet.add("alt", 0, delay, LENIENT, "a packet of aedes", "2.2.2.2", **shown)
    lenient_codes(sheet)
    lenient_values(sheet)
    lenient_response_topics(sheet)
    lenient_dropped(sheet)
    still_refused(sheet)


REASON_FRAMES: dict[str, tuple[Bytes, Bytes, str]] = {
    "CONNACK": (u8(0), NONE, "ok"),
    **dict.fromkeys(ACK_PLACES, (ONE, (), "alt")),
    "SUBACK": (ONE + NONE, (), "ok"),
    "UNSUBACK": (ONE + NONE, (), "ok"),
    "DISCONNECT": ((), (), "alt"),
    "AUTH": ((), section(prop(21), prop(22)), "ok"),
}


def lenient_codes(sheet: Sheet) -> None:
    for name, (before, after, zero) in REASON_FRAMES.items():
        sheet.open("lenient", f"{name}: all reason codes")
        statement, known = REASONS[name]
        in_list = name in ("SUBACK", "UNSUBACK")
        field = "reason_codes" if in_list else "reason_code"
        for code in range(256):
            part = packet(TYPES[name], before, u8(code), after)
            what = f"{name} with reason code 0x{code:02x}"
            if code in known:
                sheet.add(zero if code == 0 else "ok", 0, part, LENIENT, what, statement, lenient=0)
            elif is_tolerated(name, code):
                sheet.ok(part, LENIENT, what, statement, "2.4", lenient=1, entries="reason-code", **{field: code})
            else:
                place = {"field": field, "offset": 2 + size(before)} | ({"index": 0} if in_list else {})
                ident = 1 if name in ACK_PLACES or in_list else 0
                sheet.bad(PROTOCOL, part, LENIENT, what, statement, **place, id=ident)
    sheet.open("lenient", "Reason codes outside their table, in other forms")
    for name in ACK_PLACES:
        for code in (0x01, 0x7F, 0x81, 0xFF):
            lenient_form(
                sheet, name, code, packet(TYPES[name], ONE, u8(code), NONE), packet(TYPES[name], ONE, u8(code))
            )
            part = packet(TYPES[name], ONE, u8(code), section(prop(31), prop(38)))
            lenient_form(sheet, name, code, part, part)
    for code in (0x01, 0x7F, 0x8C, 0x91, 0xFF):
        lenient_form(sheet, "DISCONNECT", code, packet(0xE0, u8(code), NONE), packet(0xE0, u8(code)))
        part = packet(0xE0, u8(code), section(prop(17), prop(31), prop(38)))
        lenient_form(sheet, "DISCONNECT", code, part, part)
    for name in ("SUBACK", "UNSUBACK"):
        for code in range(256):
            if code not in REASONS[name][1] and code % 16 in (3, 7, 15):
                for codes_ in (bytes([0, code]), bytes([0, code, 0])):
                    lenient_list(sheet, name, codes_, 1)
        lenient_list(sheet, name, bytes([*range(0x80, 0x100), 0x03]), 128)
        lenient_list(sheet, name, bytes(range(0x80, 0x100)), None)


def lenient_form(sheet: Sheet, name: str, code: int, part: Bytes, written: Bytes) -> None:
    statement = REASONS[name][0]
    what = f"{name} with reason code 0x{code:02x}, {size(part)} bytes"
    ident = 1 if name in ACK_PLACES else 0
    if not is_tolerated(name, code):
        offset = 2 + (2 if ident else 0)
        sheet.bad(PROTOCOL, part, LENIENT, what, statement, field="reason_code", offset=offset, id=ident)
    elif part == written:
        sheet.ok(part, LENIENT, what, statement, "2.4", lenient=1, entries="reason-code", reason_code=code)
    else:
        shown = {"lenient": 1, "entries": "reason-code", "reason_code": code, "written": hexadecimal(written)}
        sheet.add("alt", 0, part, LENIENT, what, statement, "2.4", **shown)


def lenient_list(sheet: Sheet, name: str, codes_: bytes, index: int | None) -> None:
    """Of the codes, only the one at the index may be one that is not tolerated."""
    statement = REASONS[name][0]
    part = packet(TYPES[name], ONE, NONE, (codes_,))
    if index is not None and not is_tolerated(name, codes_[index]):
        what = f"{name}, reason code {index} of {len(codes_)} is 0x{codes_[index]:02x}"
        place = {"field": "reason_codes", "offset": size(part) - len(codes_) + index, "index": index}
        sheet.bad(PROTOCOL, part, LENIENT, what, statement, **place, id=1)
    else:
        what = f"{name} with {len(codes_)} reason codes, not all in its table"
        sheet.ok(
            part,
            LENIENT,
            what,
            statement,
            "2.4",
            lenient=1,
            entries="reason-code",
            reason_codes=",".join(map(str, codes_)),
        )


def lenient_values(sheet: Sheet) -> None:
    for name in ("PUBLISH", "WILL"):
        place = PLACES[name]
        sheet.open("lenient", f"{place.title}: payload format indicator")
        prefix = "will." if name == "WILL" else ""
        for number in NUMBERS["byte"]:
            part = place.packet(prop(1, *u8(number)))
            what = f"{place.title} payload format indicator {number}"
            if number == 0:
                what += " (its default)"
            if number > 1:
                shown = {f"{prefix}payload_format_indicator": number}
                sheet.ok(part, LENIENT, what, place.ref(1), lenient=1, entries="payload-format-indicator", **shown)
            else:
                sheet.add("ok" if number else "alt", 0, part, LENIENT, what, place.ref(1), lenient=0)
        for first, second in ((2, 2), (1, 2), (2, 1)):
            part = place.packet(prop(1, *u8(first)), prop(1, *u8(second)))
            where = {"field": f"{prefix}{NAMES[1]}", "offset": 2 + size(place.head) + 3}
            what = f"{place.title} payload format indicator {first}, then {second}"
            sheet.bad(PROTOCOL, part, LENIENT, what, place.ref(1), **where, id=0)


def lenient_response_topics(sheet: Sheet) -> None:
    for name in ("PUBLISH", "WILL"):
        place = PLACES[name]
        sheet.open("lenient", f"{place.title}: response topic")
        prefix = "will." if name == "WILL" else ""
        statement = "3.3.2-14" if name == "PUBLISH" else place.ref(8)
        for topic in ("", *WILD_NAMES):
            part = place.packet(prop(8, *text(topic)))
            shown = {f"{prefix}response_topic": f'"{topic}"'}
            what = f"{place.title} response topic {ascii_of(topic)}"
            sheet.ok(
                part,
                LENIENT,
                what,
                statement,
                *([] if topic else ["4.7.3-1"]),
                lenient=1,
                entries="response-topic",
                **shown,
            )
        for raw in (b"\0", b"#\0", b"\xc0\x80", b"+\xff", b"\xed\xa0\x80"):
            part = place.packet(prop(8, *text(raw)))
            where = {"field": f"{prefix}response_topic", "offset": 2 + size(place.head) + 1}
            what = f"{place.title} response topic of the bytes {raw.hex()}"
            sheet.bad(MALFORMED, part, LENIENT, what, "1.5.4-1", "1.5.4-2", **where, id=0)
        part = place.packet(prop(8, *text("#")), prop(8, *text("a")))
        where = {"field": f"{prefix}response_topic", "offset": 2 + size(place.head) + 1 + 4}
        sheet.bad(PROTOCOL, part, LENIENT, f"{place.title} with two response topics", place.ref(8), **where, id=0)


def lenient_dropped(sheet: Sheet) -> None:
    place = PLACES["PUBLISH"]
    sheet.open("lenient", "PUBLISH: a Will Delay Interval is dropped")
    delay = prop(24)
    for before, after in (((), ()), (prop(1), ()), ((), prop(2) + prop(38)), (prop(38), prop(38)), (prop(8), prop(11))):
        part = place.packet(before, delay, after)
        written = place.packet(before, after)
        shown = {"lenient": 1, "entries": "will-delay-interval", "written": hexadecimal(written)}
        what = f"PUBLISH with will delay interval, {size(before)} bytes before it and {size(after)} after"
        sheet.add("alt", 0, part, LENIENT, what, "2.2.2.2", "3.1.3.2.2", **shown)
    part = packet(0x32, text("t"), u16(0x1234), section(delay), (b"pay",))
    shown = {
        "lenient": 1,
        "entries": "will-delay-interval",
        "written": hexadecimal(packet(0x32, text("t"), u16(0x1234), NONE, (b"pay",))),
    }
    sheet.add("alt", 0, part, LENIENT, "PUBLISH with QoS 1 and will delay interval", "2.2.2.2", **shown)
    part = place.packet(delay, delay)
    where = {"field": "will_delay_interval", "offset": 2 + size(place.head) + 1 + size(delay)}
    sheet.bad(PROTOCOL, part, LENIENT, "PUBLISH with two will delay intervals", "3.1.3.2.2", **where, id=0)
    for length in range(4):
        part = place.packet(prop(24, bytes(length)))
        where = {"field": "will_delay_interval", "offset": 2 + size(place.head) + 1}
        what = f"PUBLISH with will delay interval, cut after {length} bytes"
        sheet.bad(MALFORMED, part, LENIENT, what, "2.2.2.2", **where, id=0)
    sheet.open("lenient", "CONNACK: Maximum QoS 2 is dropped, since absent means 2")
    place = PLACES["CONNACK"]
    written = place.packet()
    for number in NUMBERS["byte"]:
        part = place.packet(prop(36, *u8(number)))
        what = f"CONNACK with maximum QoS {number}"
        if number < 2:
            sheet.ok(part, LENIENT, what, place.ref(36), lenient=0)
        elif number == 2:
            shown = {"lenient": 1, "entries": "maximum-qos", "written": hexadecimal(written)}
            sheet.add("alt", 0, part, LENIENT, what, place.ref(36), **shown)
        else:
            where = {"field": "max_qos", "offset": 5}
            sheet.bad(PROTOCOL, part, LENIENT, what, place.ref(36), **where, id=0)
    emqx = "20 15 00 00 12 2700100000 2402 2501 2a01 2901 220003 2801"
    part = tuple(bytes.fromhex(token) for token in emqx.split())
    sheet.add("alt", 0, part, LENIENT, "CONNACK of EMQX 3.0 beta 2", place.ref(36), lenient=1, entries="maximum-qos")
    for numbers in ((2, 2), (1, 2), (2, 1)):
        part = place.packet(*(prop(36, *u8(number)) for number in numbers))
        what = f"CONNACK with maximum QoS {numbers[0]}, then {numbers[1]}"
        sheet.bad(PROTOCOL, part, LENIENT, what, place.ref(36), field="max_qos", offset=7, id=0)
    sheet.open("lenient", "Several leniencies in one packet")
    place = PLACES["PUBLISH"]
    part = place.packet(prop(1, b"\2"), prop(8, *text("")), prop(24))
    written = place.packet(prop(1, b"\2"), prop(8, *text("")))
    shown = {
        "lenient": 1,
        "entries": "payload-format-indicator,response-topic,will-delay-interval",
        "payload_format_indicator": 2,
        "response_topic": '""',
        "written": hexadecimal(written),
    }
    sheet.add("alt", 0, part, LENIENT, "PUBLISH with three leniencies", place.ref(1), "3.3.2-14", "2.2.2.2", **shown)
    part = PLACES["CONNACK"].packet(prop(36, b"\2"))
    part = (*part[:3], b"\x8d", *part[4:])
    shown = {
        "lenient": 1,
        "entries": "reason-code,maximum-qos",
        "reason_code": 0x8D,
        "written": hexadecimal(packet(0x20, u8(0), u8(0x8D), NONE)),
    }
    sheet.add("alt", 0, part, LENIENT, "CONNACK with two leniencies", "3.2.2-8", "3.2.2.3.4", **shown)


def still_refused(sheet: Sheet) -> None:
    sheet.open("lenient", "What stays refused: framing, lengths, text, bounds and every other rule")
    publish, wild = PLACES["PUBLISH"], prop(1, b"\2")
    head = 2 + size(publish.head) + 1
    rows: list[tuple[int, Bytes, str, str, str, int, dict[str, object]]] = [
        (MALFORMED, packet(0x00), "reserved type", "2.1.2", "packet_type", 0, {"size": 0}),
        (MALFORMED, packet(0x41, ONE, u8(0x95)), "PUBACK with flags", "2.1.3-1", "flags", 0, {"size": 0}),
        (
            MALFORMED,
            (b"\x40", b"\x83\x00", b"\0\1\x95"),
            "PUBACK, its length in two bytes",
            "1.5.5-1",
            "remaining_length",
            1,
            {"size": 0},
        ),
        (MALFORMED, packet(0x40, ONE, u8(0x95), NONE, (b"x",)), "PUBACK, then a byte", "3.4.3", "", 6, {"id": 1}),
        (
            PROTOCOL,
            packet(0x40, u16(0), u8(0x95)),
            "PUBACK with packet identifier 0",
            "2.2.1",
            "packet_id",
            2,
            {"id": 0},
        ),
        (
            PROTOCOL,
            packet(0x90, ONE, NONE),
            "SUBACK without reason codes",
            "3.9.3",
            "reason_codes",
            5,
            {"index": 0, "id": 1},
        ),
        (MALFORMED, publish_packet("#", b"p"), "PUBLISH, wildcard in its topic", "3.3.2-2", "topic", 2, {"id": 0}),
        (PROTOCOL, publish_packet("", b"p"), "PUBLISH without topic and alias", "3.3.2.1", "topic", 2, {"id": 0}),
        (
            MALFORMED,
            publish_packet("t", b"p", flags=8),
            "PUBLISH with DUP and QoS 0",
            "3.3.1-2",
            "duplicate",
            0,
            {"id": 0},
        ),
        (MALFORMED, publish_packet("t", b"p", flags=6), "PUBLISH with QoS 3", "3.3.1-4", "qos", 0, {}),
        (
            0x94,
            publish.packet(wild, prop(35, b"\0\0")),
            "PUBLISH with topic alias 0",
            "3.3.2-8",
            "topic_alias",
            head + 2,
            {"id": 0},
        ),
        (
            PROTOCOL,
            publish.packet(prop(11, b"\0")),
            "PUBLISH with subscription identifier 0",
            "3.3.2.3.8",
            "subscription_ids",
            head,
            {"index": 0, "id": 0},
        ),
        (
            MALFORMED,
            publish.packet(wild, prop(17)),
            "PUBLISH with session expiry interval",
            "2.2.2.2",
            "session_expiry_interval",
            head + 2,
            {"id": 0},
        ),
        (
            MALFORMED,
            publish.packet(prop(28)),
            "PUBLISH with server reference",
            "2.2.2.2",
            "server_reference",
            head,
            {"id": 0},
        ),
        (
            MALFORMED,
            PLACES["SUBSCRIBE"].packet(prop(24)),
            "SUBSCRIBE with will delay interval",
            "2.2.2.2",
            "will_delay_interval",
            5,
            {"id": 1},
        ),
        (
            PROTOCOL,
            PLACES["CONNACK"].packet(prop(37, b"\2")),
            "CONNACK, retain available 2",
            "3.2.2.3.5",
            "retain_available",
            5,
            {"id": 0},
        ),
        (
            PROTOCOL,
            PLACES["CONNACK"].packet(prop(39, bytes(4))),
            "CONNACK, maximum packet size 0",
            "3.2.2.3.6",
            "max_packet_size",
            5,
            {"id": 0},
        ),
        (
            PROTOCOL,
            PLACES["CONNACK"].packet(prop(33, bytes(2))),
            "CONNACK, receive maximum 0",
            "3.2.2.3.3",
            "receive_max",
            5,
            {"id": 0},
        ),
        (
            PROTOCOL,
            packet(0xF0, u8(0x80), NONE),
            "AUTH with an error and no method",
            "3.15.2.2.2",
            "authentication_method",
            0,
            {"id": 0},
        ),
        (
            PROTOCOL,
            subscribe_packet(("$share/g/a", 4)),
            "SUBSCRIBE, shared with No Local",
            "3.8.3-4",
            "topic_filters",
            5,
            {"index": 0, "id": 1},
        ),
        (
            MALFORMED,
            subscribe_packet(("a/#/b", 0)),
            "SUBSCRIBE, a filter that is none",
            "4.7.1-1",
            "topic_filters",
            5,
            {"index": 0, "id": 1},
        ),
        (
            VERSION,
            connect_packet(head=text("MQTT") + u8(4) + u8(2) + u16(60)),
            "CONNECT of version 4",
            "3.1.2-2",
            "protocol_version",
            8,
            {"id": 0},
        ),
        (
            MALFORMED,
            packet(0x10, connect_head(3), NONE, CLIENT),
            "CONNECT with its reserved flag",
            "3.1.2-3",
            "connect_flags",
            9,
            {"id": 0},
        ),
    ]
    for code, part, what, ref, field, offset, more in rows:
        place: dict[str, object] = {"field": field, "offset": offset}
        if not field:
            place = {"field": "remaining_length", "offset": offset}
        sheet.bad(code, part, LENIENT, what, ref, **place, **more)
    sheet.open("lenient", "Who sends is not relaxed")
    part = packet(0x40, u16(0x1234), u8(0x10))
    refs = ("3.4.2.1", "3.4.2-1")
    sheet.bad(
        PROTOCOL,
        part,
        "sender=client lenient",
        "PUBACK 0x10 from a client",
        *refs,
        field="reason_code",
        offset=4,
        id=0x1234,
    )
    part = packet(0x40, u16(0x1234), u8(0x95))
    for side in SIDES:
        sheet.ok(
            part,
            f"sender={side} lenient",
            f"PUBACK 0x95 from a {side}",
            "3.4.2-1",
            "2.4",
            lenient=1,
            entries="reason-code",
            reason_code=0x95,
        )
    part = publish_packet("t", b"p", prop(11))
    sheet.bad(
        PROTOCOL,
        part,
        "sender=client lenient",
        "PUBLISH with subscription identifier from a client",
        "3.3.4-6",
        field="subscription_ids",
        offset=6,
        index=0,
        id=0,
    )
    part = packet(0xE0, u8(0x04))
    sheet.bad(
        PROTOCOL,
        part,
        "sender=server lenient",
        "DISCONNECT 0x04 from a server",
        "3.14.2.1",
        field="reason_code",
        offset=2,
        id=0,
    )
    part = packet(0xE0, u8(0x87))
    sheet.bad(
        PROTOCOL,
        part,
        "sender=client lenient",
        "DISCONNECT 0x87 from a client",
        "3.14.2.1",
        field="reason_code",
        offset=2,
        id=0,
    )
    part = packet(0xB0, ONE, NONE, u8(0x81))
    sheet.bad(PROTOCOL, part, "sender=client lenient", "UNSUBACK from a client", "2.1.2", field="packet_type", offset=0)


# --------------------------------------------------------------------------------------------------------------------
# Control characters
# --------------------------------------------------------------------------------------------------------------------

FORBID = "forbid_control_characters"

# The boundaries of what 1.5.4 says a string should not include, and other bytes that are like them.
CONTROLS = (
    ("01", "U+0001"),
    ("09", "U+0009"),
    ("1f", "U+001F"),
    ("7f", "U+007F"),
    ("c280", "U+0080"),
    ("c29f", "U+009F"),
)
OTHERS = (
    ("20", "U+0020"),
    ("7e", "U+007E"),
    ("c2a0", "U+00A0"),
    ("c380", "U+00C0, whose second byte is 80"),
    ("e0a080", "U+0800, whose last byte is 80"),
    ("efbbbf", "U+FEFF"),
    ("efbfbf", "U+FFFF, a noncharacter"),
    ("f0908080", "U+10000, whose last bytes are 80"),
)

# The fields of TEXT_FIELDS: name, bytes from the beginning of the field to the text, and whether it is an item.
TEXT_PLACES = {
    "PUBLISH topic": ("topic", 2, False),
    "client identifier": ("client_id", 2, False),
    "user property name": ("user_properties", 3, True),
    "user property value": ("user_properties", 6, True),
    "reason string": ("reason_str", 3, False),
    "SUBSCRIBE filter": ("topic_filters", 2, True),
    "UNSUBSCRIBE filter": ("patterns", 2, True),
    "ShareName": ("topic_filters", 9, True),
    "shared filter": ("topic_filters", 11, True),
    "user name": ("username", 2, False),
    "Will topic": ("will.topic", 2, False),
    "Will content type": ("will.content_type", 3, False),
    "Will response topic": ("will.response_topic", 3, False),
    "Will user property value": ("will.user_properties", 6, True),
    "content type": ("content_type", 3, False),
    "response topic": ("response_topic", 3, False),
    "CONNECT authentication method": ("authentication_method", 3, False),
    "AUTH authentication method": ("authentication_method", 3, False),
    "AUTH reason string": ("reason_str", 3, False),
    "assigned client identifier": ("assigned_client_id", 3, False),
    "response information": ("response_info", 3, False),
    "CONNACK server reference": ("server_reference", 3, False),
    "DISCONNECT server reference": ("server_reference", 3, False),
    "SUBACK user property name": ("user_properties", 3, True),
}


def with_place(build: Callable[[bytes], Bytes], raw: bytes, back: int) -> tuple[Bytes, int]:
    """The packet, and where the field begins whose text is `raw`."""
    marked = b"".join(build(b"\xf8" * len(raw)))  # no other byte of these packets
    return build(raw), marked.index(b"\xf8" * len(raw)) - back


def control(sheet: Sheet) -> None:
    for label, build, every_class, _ in TEXT_FIELDS:
        field, back, is_item = TEXT_PLACES[label]
        sheet.open("control", f"{label[0].upper()}{label[1:]}")
        texts = [("", "")] + ([("61" * 15, ""), ("", "62" * 9), ("61" * 20, "62" * 20)] if every_class else [])
        for before, after in texts:
            for raw, what in CONTROLS + OTHERS + (("00", "U+0000"),):
                data = bytes.fromhex(before + raw + after)
                part, offset = with_place(build, data, back)
                whole = f"{label}: {what}" + (
                    f", {len(before) // 2} letters before, {len(after) // 2} after" if before or after else ""
                )
                if (raw, what) in OTHERS:
                    sheet.ok(part, FORBID, whole, "1.5.4")
                    continue
                place: dict[str, object] = {"index": 0} if is_item else {}
                ref = "1.5.4-2" if raw == "00" else "1.5.4"
                sheet.bad(MALFORMED, part, FORBID, whole, ref, field=field, offset=offset, **place)
    sheet.open("control", "Each other string among the properties")
    for place in PLACES.values():
        for ident in place.allowed:
            if PROPERTIES[ident].kind in ("text", "pair"):
                one_string(sheet, place, ident)
    sheet.open("control", "Items of a list: the first that has one")
    part = PLACES["PUBACK"].packet(user("k", "v"), user("k", "v"), user("k", "\x7f"), user("\x01", "v"))
    place = {"field": "user_properties", "offset": 6 + 14, "index": 2, "id": 1}
    sheet.bad(MALFORMED, part, FORBID, "PUBACK, third user property", "1.5.4", **place)
    part = subscribe_packet(("a", 0), ("b", 0), ("c\x01", 0))
    place = {"field": "topic_filters", "offset": 13, "index": 2, "id": 1}
    sheet.bad(MALFORMED, part, FORBID, "SUBSCRIBE, third filter", "1.5.4", **place)
    part = unsubscribe_packet("a", "b\x9f")
    place = {"field": "patterns", "offset": 8, "index": 1, "id": 1}
    sheet.bad(MALFORMED, part, FORBID, "UNSUBSCRIBE, second filter", "1.5.4", **place)
    sheet.open("control", "Bytes that are not text")
    raw = bytes(range(32)) + b"\x7f\x80\x9f"
    sheet.ok(publish_packet("t", raw), FORBID, "PUBLISH payload", "3.3.3")
    sheet.ok(PLACES["PUBLISH"].packet(prop(9, *text(raw))), FORBID, "PUBLISH correlation data", "3.3.2.3.6")
    sheet.ok(PLACES["AUTH"].packet(prop(21), prop(22, *text(raw))), FORBID, "AUTH authentication data", "3.15.2.2.3")
    sheet.ok(connect_packet(0x42, CLIENT, text(raw)), FORBID, "password", "3.1.3.6")
    sheet.ok(connect_packet(6, CLIENT, NONE, text("w"), text(raw)), FORBID, "Will payload", "3.1.3.4")


def one_string(sheet: Sheet, place: Place, ident: int) -> None:
    prefix = "will." if place.name == "WILL" else ""
    offset = 2 + size(place.head) + 1 + size(place.need(ident))
    label = f"{place.title} {PROPERTIES[ident].name}"
    is_pair = PROPERTIES[ident].kind == "pair"
    index: dict[str, object] = {"index": 0} if is_pair else {}
    for raw, bad in ((b"12345\x1f", True), (b"12345 ", False)):
        values = [prop(ident, *text(raw))]
        if is_pair:
            values = [user(raw, ""), user("", raw)]
        for value in values:
            part = place.packet(place.need(ident), value)
            what = f"{label}: {ascii_of(raw.decode())}, property of {size(value)} bytes"
            if bad:
                where = {"field": f"{prefix}{NAMES[ident]}", "offset": offset}
                sheet.bad(MALFORMED, part, FORBID, what, "1.5.4", place.ref(ident), **where, **index)
            elif not is_pair or value == values[0]:
                sheet.ok(part, FORBID, what, "1.5.4", place.ref(ident))


# --------------------------------------------------------------------------------------------------------------------
# Limits
# --------------------------------------------------------------------------------------------------------------------


def limits(sheet: Sheet) -> None:
    for label, build, field, first, width, ident, ref in list_frames():
        sheet.open("limits", f"{label}: number of items")
        for limit in (1, 2, 3, 127, 128):
            for count in (limit - 1, limit, limit + 1):
                if count == 0:
                    continue
                part = build(count)
                options = f"max_list_items={limit}"
                if count <= limit:
                    sheet.ok(part, options, f"{label}: {count}", ref)
                    continue
                longer = size(part) - size(build(1)) - (count - 1) * width  # bytes that the two lengths take more
                place = {"field": field, "offset": first + longer + limit * width, "index": limit, "id": ident}
                sheet.bad(QUOTA, part, options, f"{label}: {count}", ref, **place)
        sheet.ok(build(2000), "max_list_items=2000", f"{label}: 2000", ref)
    sheet.open("limits", "Each list counts by itself")
    pairs, ids = [user("a", "b")] * 2, [prop(11)] * 2
    part = PLACES["PUBLISH"].packet(*ids, *pairs)
    sheet.ok(part, "max_list_items=2", "PUBLISH with two lists of two", "3.3.2.3")
    place = {"field": "subscription_ids", "offset": 8, "index": 1, "id": 0}
    sheet.bad(QUOTA, part, "max_list_items=1", "PUBLISH with two lists of two", "3.3.2.3", **place)
    part = packet(0x10, connect_head(6), section(*pairs), CLIENT, section(*pairs), text("w"), text("p"))
    sheet.ok(part, "max_list_items=2", "CONNECT and its Will with two user properties each", "3.1.2.11.8", "3.1.3.2.8")
    part = packet(0x82, ONE, section(*pairs), text("a"), u8(0), text("b"), u8(0))
    sheet.ok(part, "max_list_items=2", "SUBSCRIBE with two filters and two user properties", "3.8.2.1.3", "3.8.3")
    sheet.open("limits", "Another rule that is broken too comes first")
    part = packet(0x90, ONE, NONE, u8(0), u8(0x03))
    place = {"field": "reason_codes", "offset": 6, "index": 1, "id": 1}
    sheet.bad(PROTOCOL, part, "max_list_items=1", "SUBACK, second of two reason codes", "3.9.3-2", **place)
    sheet.open("limits", "The limit comes before the sender")
    part = packet(0xF0, u8(0x00), section(prop(21), *pairs))
    place = {"field": "user_properties", "index": 1, "id": 0}
    offset = size(part) - size(pairs[1])
    what = "AUTH Success from a client, with two user properties"
    sheet.bad(QUOTA, part, "sender=client max_list_items=1", what, "3.15.2.2.5", offset=offset, **place)
    packet_sizes(sheet)


def list_frames() -> Iterable[tuple[str, Callable[[int], Bytes], str, int, int, int, str]]:
    """Each list: label, builder by count, field, offset of the first item, bytes of an item, packet identifier."""
    for place in PLACES.values():
        prefix = "will." if place.name == "WILL" else ""
        ident = 1 if place.name in IDENTIFIED else 0
        yield (
            f"{place.title} user properties",
            lambda count, place=place: place.packet(prop(38, bytes(4)) * count),
            f"{prefix}user_properties",
            2 + size(place.head) + 1,
            5,
            ident,
            place.ref(38),
        )
    place = PLACES["PUBLISH"]
    frame = place.packet
    yield ("PUBLISH subscription identifiers", lambda n: frame(prop(11) * n), "subscription_ids", 6, 2, 0, "3.3.2.3.8")
    yield ("SUBSCRIBE filters", lambda n: subscribe_packet(*[("#", 0)] * n), "topic_filters", 5, 4, 1, "3.8.3")
    yield ("UNSUBSCRIBE filters", lambda n: unsubscribe_packet(*["#"] * n), "patterns", 5, 3, 1, "3.10.3")
    for name, ref in (("SUBACK", "3.9.3"), ("UNSUBACK", "3.11.3")):
        build = lambda n, name=name: packet(TYPES[name], ONE, NONE, (bytes(n),))  # noqa: E731
        yield (f"{name} reason codes", build, "reason_codes", 5, 1, 1, ref)


def packet_sizes(sheet: Sheet) -> None:
    sheet.open("limits", "Size of the packet, fixed header included")
    parts = [(name, packet(first, smallest(name))) for name, first in TYPES.items()]
    parts = [(name, packet(0xF0, u8(0), NONE) if name == "AUTH" else part) for name, part in parts]
    for length in (127, 128, 16383, 16384):
        parts.append(("PUBLISH", publish_packet("t", b"x" * (length - 4))))
    for name, part in parts:
        whole = size(part)
        sheet.ok(part, f"max_packet_size={whole}", f"{name} of {whole} bytes", "2.1.4")
        for limit in sorted({1, whole // 2, whole - 1} - {0}):
            ref = "3.1.2-24" if ONLY_FROM.get(name) == "server" else "3.2.2-15"
            place = {"field": "remaining_length", "offset": 1, "id": 1 if name in IDENTIFIED else 0}
            sheet.bad(TOO_LARGE, part, f"max_packet_size={limit}", f"{name} of {whole} bytes", ref, **place)
    sheet.open("limits", "Size and sender")
    part = packet(0xB0, smallest("UNSUBACK"))
    place = {"field": "packet_type", "offset": 0}
    sheet.bad(PROTOCOL, part, "sender=client max_packet_size=5", "UNSUBACK of 6 bytes from a client", "2.1.2", **place)
    place = {"field": "remaining_length", "offset": 1}
    sheet.bad(
        TOO_LARGE, part, "sender=server max_packet_size=5", "UNSUBACK of 6 bytes from a server", "3.1.2-24", **place
    )


# --------------------------------------------------------------------------------------------------------------------
# Other protocols
# --------------------------------------------------------------------------------------------------------------------


def old_connect(name: str, level: int) -> Bytes:
    """A CONNECT of an earlier version, which has no properties."""
    return packet(0x10, text(name), u8(level), u8(2), u16(60), CLIENT)


def protocols(sheet: Sheet) -> None:
    sheet.open("protocols", "CONNACK of MQTT 3.1 and 3.1.1: the server does not know MQTT 5.0")
    for flags, code in ((0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (1, 0)):
        part = packet(0x20, u8(flags), u8(code))
        for options in ("", "sender=server", "sender=server stage=opening"):
            what = f"CONNACK of two bytes, flags {flags}, return code {code}"
            place = {"field": "property_length", "offset": 4, "id": 0, "protocol": "mqtt-3.1.1", "level": 0}
            sheet.bad(MALFORMED, part, options, what, "3.2.2.3.1", **place)
    sheet.open("protocols", "CONNECT of other versions")
    rows = (
        ("MQIsdp", 3, "mqtt-3.1"),
        ("MQIsdp", 0x83, "mqtt-3.1"),
        ("MQTT", 4, "mqtt-3.1.1"),
        ("MQTT", 0x84, "mqtt-3.1.1"),
        ("MQTT", 3, ""),
        ("MQTT", 6, ""),
        ("MQTT", 0x85, ""),
        ("MQTT", 0, ""),
        ("MQTT", 255, ""),
    )
    for name, level, protocol in rows:
        for options in ("", "sender=client", "sender=client stage=opening"):
            offset = 2 if name == "MQIsdp" else 8
            place = {"field": "protocol_name" if name == "MQIsdp" else "protocol_version", "offset": offset, "id": 0}
            foreign = {"protocol": protocol} if protocol else {}
            what = f"CONNECT of {name}, level {level}"
            ref = "3.1.2-1" if name == "MQIsdp" else "3.1.2-2"
            sheet.bad(VERSION, old_connect(name, level), options, what, ref, **place, **foreign, level=level)
    foreign_bytes(sheet)


def foreign_bytes(sheet: Sheet) -> None:
    sheet.open("protocols", "First bytes whose header is malformed")
    hello = (b"\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03", b"\x5a" * 32)
    starts: list[tuple[str, Bytes, str, str, int]] = [
        ("tls", hello, "TLS ClientHello", "flags", 0),
        ("tls", (b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03",), "TLS ServerHello", "flags", 0),
        ("tls", (b"\x15\x03\x01\x00\x02\x02\x46",), "TLS alert", "flags", 0),
        ("proxy-v2", (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c",), "PROXY, version 2", "packet_type", 0),
        (
            "websocket",
            (b"\x02\x85\x01\x02\x03\x04", b"\x11\x0f\x03\x00\x05"),
            "WebSocket, a fragment",
            "packet_type",
            0,
        ),
        ("websocket", (b"\x81\x05", b"\x20\x03\x00\x00\x00"), "WebSocket, a text frame", "flags", 0),
    ]
    for word in ("GET", "HEAD", "DELETE", "OPTIONS", "CONNECT", "TRACE"):
        line = f"{word} /mqtt HTTP/1.1\r\nHost: a\r\n\r\n".encode()
        starts.append(("http", (line,), f"HTTP request, {word}", "flags", 0))
    starts.append(("http", (b"HTTP/1.1 400 Bad Request\r\n\r\n",), "HTTP response", "flags", 0))
    for protocol, part, what, field, offset in starts:
        for options in ("", "sender=client stage=opening", "sender=server stage=opening"):
            place = {"field": field, "offset": offset, "size": 0, "id": 0, "protocol": protocol, "level": 0}
            sheet.bad(MALFORMED, part, options, what, "2.1.2" if field == "packet_type" else "2.1.3-1", **place)
    sheet.open(
        "protocols", "First bytes that look like a PUBREC of some 80 bytes, with a reason code that there is not"
    )
    rows = [
        ("http", b"POST /mqtt HTTP/1.1\r\n"),
        ("http", b"PUT / HTTP/1.1\r\n"),
        ("http", b"PATCH / HTTP/1.1\r\n"),
        ("http", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("proxy-v1", b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 1883\r\n"),
        ("proxy-v1", b"PROXY UNKNOWN\r\n"),
    ]
    for protocol, raw in rows:
        more = {"size": 2 + raw[1], "protocol": protocol, "level": 0}
        for side in SIDES:
            place = {"field": "reason_code", "offset": 4} | more
            what = f"{raw[:5]!r}".removeprefix("b") + f" from a {side}"
            sheet.bad(PROTOCOL, (raw,), options_of(side), what, "3.5.2-1", **place)
            place = {"field": "packet_type", "offset": 0} | more
            ref = FIRST[side][1]
            sheet.bad(PROTOCOL, (raw,), options_of(side, "opening"), f"{what}, first", ref, **place)
    sheet.open("protocols", "WebSocket frames that look like a SUBSCRIBE")
    body = b"".join(packet(0x10, smallest("CONNECT")))
    for key in (b"\0\0\0\0", b"\x37\xfa\x21\x3d", b"\x7f\x80\x01\xff"):
        masked = bytes(byte ^ key[i % 4] for i, byte in enumerate(body))
        part = (b"\x82", bytes([0x80 | len(body)]), key, masked)
        remaining, digits = 0, (0x80 | len(body), *key)
        for i, byte in enumerate(digits):
            remaining += (byte & 127) << 7 * i
            if byte < 128:
                break
        header = 2 + i
        minimal = digits[i] != 0
        what = f"WebSocket frame with a CONNECT, masked with {key.hex()}"
        place = (
            {"field": "packet_type", "offset": 0, "size": header + remaining}
            if minimal
            else {"field": "remaining_length", "offset": 1, "size": 0}
        )
        code, ref = (PROTOCOL, "3.1.0-1") if minimal else (MALFORMED, "1.5.5-1")
        sheet.bad(code, part, "sender=client stage=opening", what, ref, **place, protocol="websocket", level=0)
    part = (b"\x82\x05", b"\x20\x03\x00\x00\x00")
    what = "WebSocket frame with a CONNACK"
    more = {"protocol": "websocket", "level": 0}
    for options in ("sender=server", "sender=server stage=opening"):
        sheet.bad(PROTOCOL, part, options, what, "2.1.2", field="packet_type", offset=0, **more)
    part = (b"\x82\x7e\x00\x80", b"\x20\x7e\x00\x00\x7b", prop(26, *text("x" * 120))[0], text("x" * 120)[0], b"x" * 120)
    sheet.bad(
        PROTOCOL,
        part,
        "sender=server stage=opening",
        f"{what}, two bytes of length",
        "2.1.2",
        field="packet_type",
        offset=0,
        size=128,
        **more,
    )
    sheet.open("protocols", "What is not one of these, or is MQTT 5.0 with an error")
    part = packet(0x20, u8(0), u8(0), u8(1))
    place = {"field": "property_length", "offset": 4, "id": 0, "level": 0}
    sheet.bad(MALFORMED, part, "sender=server stage=opening", "CONNACK, property length too long", "2.2.2.1", **place)
    part = packet(0x20, u8(2), u8(0))
    place = {"field": "session_present", "offset": 2, "id": 0, "level": 0}
    sheet.bad(MALFORMED, part, "sender=server stage=opening", "CONNACK with reserved flags", "3.2.2-1", **place)
    for raw in (b"\x00\x00", b"\xff\xff\xff\xff", b"SSH-2.0-x\r\n", b"EHLO a\r\n"):
        field = "packet_type" if raw[0] < 16 else "flags"
        what = f"the bytes {raw.hex()}"
        place = {"field": field, "offset": 0, "size": 0, "id": 0, "level": 0}
        sheet.bad(MALFORMED, (raw,), "sender=client stage=opening", what, "2.1.2", "2.1.3-1", **place)


# --------------------------------------------------------------------------------------------------------------------
# What an error says
# --------------------------------------------------------------------------------------------------------------------


def places(sheet: Sheet) -> None:
    sheet.open("places", "Size and packet identifier of packets that are refused")
    ident = u16(0x1234)
    for name in ("PUBACK", "PUBREC", "PUBREL", "PUBCOMP"):
        first, statement = TYPES[name], REASONS[name][0]
        place = {"field": "reason_code", "offset": 4, "id": 0x1234}
        sheet.bad(PROTOCOL, packet(first, ident, u8(0xFE)), "", f"{name} with reason code 0xfe", statement, **place)
        part = packet(first, ident, u8(0), section(prop(17)))
        place = {"field": "session_expiry_interval", "offset": 6, "id": 0x1234}
        sheet.bad(MALFORMED, part, "", f"{name} with session expiry interval", "2.2.2.2", **place)
        place = {"field": "packet_id", "offset": 2, "id": 0}
        sheet.bad(MALFORMED, packet(first, u8(0x12)), "", f"{name} of one byte", f"3.{first >> 4}.2", **place)
    for name in ("SUBACK", "UNSUBACK"):
        first, statement = TYPES[name], REASONS[name][0]
        place = {"field": "reason_codes", "offset": 7, "index": 2, "id": 0x1234}
        part = packet(first, ident, NONE, (b"\0\0\x55\x66",))
        sheet.bad(PROTOCOL, part, "", f"{name}, third of four reason codes", statement, **place)
    rows: list[tuple[int, Bytes, str, str, dict[str, object]]] = [
        (
            MALFORMED,
            packet(0x82, ident, NONE, text("a"), u8(0), text("a+"), u8(0)),
            "SUBSCRIBE, second filter",
            "4.7.1-2",
            {"field": "topic_filters", "offset": 9, "index": 1, "id": 0x1234},
        ),
        (
            PROTOCOL,
            packet(0x82, ident, NONE, text("a"), u8(3)),
            "SUBSCRIBE, QoS 3",
            "3.8.3.1",
            {"field": "topic_filters", "offset": 5, "index": 0, "id": 0x1234},
        ),
        (
            PROTOCOL,
            packet(0x82, ident, NONE),
            "SUBSCRIBE without filters",
            "3.8.3-2",
            {"field": "topic_filters", "offset": 5, "index": 0, "id": 0x1234},
        ),
        (
            MALFORMED,
            packet(0xA2, ident, NONE, text("a"), text("#b")),
            "UNSUBSCRIBE, second filter",
            "4.7.1-1",
            {"field": "patterns", "offset": 8, "index": 1, "id": 0x1234},
        ),
        (
            MALFORMED,
            packet(0x32, text("+"), ident, NONE, (b"p",)),
            "PUBLISH, QoS 1, wildcard",
            "3.3.2-2",
            {"field": "topic", "offset": 2, "id": 0x1234},
        ),
        (
            MALFORMED,
            packet(0x34, text("t"), ident, section(prop(17)), (b"p",)),
            "PUBLISH, QoS 2, session expiry",
            "2.2.2.2",
            {"field": "session_expiry_interval", "offset": 8, "id": 0x1234},
        ),
        (
            MALFORMED,
            packet(0x30, text("t"), section(prop(17)), (b"pay",)),
            "PUBLISH, QoS 0, session expiry, three bytes",
            "2.2.2.2",
            {"field": "session_expiry_interval", "offset": 6, "id": 0},
        ),
        (
            MALFORMED,
            packet(0x32, text("t"), u8(0x12)),
            "PUBLISH, QoS 1, half of its identifier",
            "3.3.2.2",
            {"field": "packet_id", "offset": 5, "id": 0},
        ),
        (
            MALFORMED,
            packet(0x32, (b"\0\x09t",), ident),
            "PUBLISH, QoS 1, topic too long",
            "3.3.2.1",
            {"field": "topic", "offset": 2, "id": 0},
        ),
        (
            PROTOCOL,
            packet(0x32, text("t"), u16(0), NONE, (b"1",)),
            "PUBLISH, QoS 1, identifier 0",
            "2.2.1",
            {"field": "packet_id", "offset": 5, "id": 0},
        ),
        (
            PROTOCOL,
            publish_packet("t", b"", prop(11), prop(11, b"\0")),
            "PUBLISH, second subscription identifier",
            "3.3.2.3.8",
            {"field": "subscription_ids", "offset": 8, "index": 1, "id": 0},
        ),
        (
            MALFORMED,
            packet(0xF0, u8(0x18), section(user("a", "b"), user("c", "\0"), prop(21))),
            "AUTH, second user property",
            "1.5.4-2",
            {"field": "user_properties", "offset": 11, "index": 1, "id": 0},
        ),
        (
            PROTOCOL,
            packet(0xE0, u8(0x55)),
            "DISCONNECT with reason code 0x55",
            "3.14.2-1",
            {"field": "reason_code", "offset": 2, "id": 0},
        ),
        (
            MALFORMED,
            packet(0x30, (b"\0\1#\0", b"x" * 200)),
            "PUBLISH of 207 bytes, wildcard",
            "3.3.2-2",
            {"field": "topic", "offset": 3, "id": 0},
        ),
    ]
    for code, part, what, ref, place in rows:
        sheet.bad(code, part, "", what, ref, **place)


# --------------------------------------------------------------------------------------------------------------------
# Writing within a Maximum Packet Size
# --------------------------------------------------------------------------------------------------------------------

# The statements by which reason string and user properties are omitted from a packet that would be too large.
OMITTED = {
    "CONNACK": ("3.2.2-19", "3.2.2-20"),
    "PUBACK": ("3.4.2-2", "3.4.2-3"),
    "PUBREC": ("3.5.2-2", "3.5.2-3"),
    "PUBREL": ("3.6.2-2", "3.6.2-3"),
    "PUBCOMP": ("3.7.2-2", "3.7.2-3"),
    "SUBACK": ("3.9.2-1", "3.9.2-2"),
    "UNSUBACK": ("3.11.2-1", "3.11.2-2"),
    "DISCONNECT": ("3.14.2-3", "3.14.2-4"),
    "AUTH": ("3.15.2-2", "3.15.2-3"),
}


def shortest(name: str, properties: Bytes) -> Bytes:
    """The packet with these properties, in the form that is written."""
    place = PLACES[name]
    if name in (*ACK_PLACES, "DISCONNECT") and not properties:
        return packet(place.first, place.head[:-1])  # Success need not be written
    return packet(place.first, place.head, section(properties), place.tail)


def fit(sheet: Sheet) -> None:
    for name, (reason_ref, user_ref) in OMITTED.items():
        sheet.open("fit", f"{name}: first the reason string is omitted, then the user properties")
        others = {"CONNACK": prop(33), "AUTH": prop(21), "DISCONNECT": prop(17)}.get(name, ())
        before, after = (others, ()) if name != "CONNACK" else ((), others)  # 31 stands between 17 or 21, and 33
        reason, users = prop(31, *text("why")), user("k", "v") + user("k", "w")
        for has_reason, has_users in ((True, True), (True, False), (False, True), (False, False)):
            kept = [shortest(name, before + (reason if has_reason else ()) + after + (users if has_users else ()))]
            kept += [shortest(name, before + after + users)] if has_reason and has_users else []
            kept += [shortest(name, before + after)] if has_reason or has_users else []
            refs = (reason_ref,) * has_reason + (user_ref,) * has_users or ("2.1.4",)
            for i, written in enumerate(kept):
                most = size(kept[i - 1]) - 1 if i else size(written) + 1
                for limit in (size(written), most):
                    what = f"{name} of {size(kept[0])} bytes in {limit}"
                    shown = {} if written is kept[0] else {"written": hexadecimal(written)}
                    sheet.add("alt" if i else "ok", 0, kept[0], f"fit={limit}", what, *refs, **shown)
            limit = size(kept[-1]) - 1
            what = f"{name} of {size(kept[0])} bytes in {limit}, too few"
            sheet.add("bad", TOO_LARGE, kept[0], f"fit={limit}", what, "2.1.4", size=size(kept[0]))
    sheet.open("fit", "Packets whose user properties are not omitted")
    for name in ("CONNECT", "WILL", "PUBLISH", "SUBSCRIBE", "UNSUBSCRIBE"):
        part = PLACES[name].packet(user("k", "v"))
        whole = size(part)
        ref = PLACES[name].ref(38)
        sheet.ok(part, f"fit={whole}", f"{PLACES[name].title} with a user property in {whole} bytes", ref)
        what = f"{PLACES[name].title} with a user property in {whole - 1} bytes"
        sheet.add("bad", TOO_LARGE, part, f"fit={whole - 1}", what, ref, size=whole)


CHAPTERS = (sender, lenient, control, limits, protocols, places, fit)


def option_texts() -> Iterator[tuple[str, str]]:
    """Each file and what it holds."""
    sheet = Sheet()
    for write in CHAPTERS:
        write(sheet)
    return sheet.texts()
