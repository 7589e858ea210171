# SPDX-License-Identifier: MIT
"""The texts of all errors, and the exceptions that carry them; the same for every engine.

It knows how to word a rule of the C library, a field and a value. It does not know what is an error, or how packets
are read and written. A field is described by `mqtt5._fields.Field`, a rule by its text in the C library.
docs/errors.md lists every text.
"""

from __future__ import annotations

import reprlib

from mqtt5.enums import PacketType
from mqtt5.exceptions import DecodeError, IncompleteError, PacketTooLarge

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mqtt5._fields import Field

#: Added by the C library to the number of a field in the CONNECT's Will (MQTT5_FIELD_IN_WILL).
IN_WILL = 128


#: The largest packet that MQTT allows (2.1.4).
LARGEST = 268435460

#: Texts for the protocols that the C library recognizes.
FOREIGN = {
    "mqtt-3.1": "MQTT 3.1",
    "mqtt-3.1.1": "MQTT 3.1.1",
    "tls": "TLS: the connection is encrypted",
    "http": "HTTP",
    "websocket": "a WebSocket frame: only its content is MQTT",
    "proxy-v1": "the PROXY protocol, version 1: its header precedes the MQTT packets",
    "proxy-v2": "the PROXY protocol, version 2: its header precedes the MQTT packets",
}
#: What a packet of an older MQTT means, by its type.
OLDER = {1: "the client does not use MQTT 5.0", 2: "the server does not support MQTT 5.0"}

#: Printed instead of a secret.
HIDDEN = "<hidden>"

#: The fields of CONNECT, CONNACK and AUTH that precede every secret, and their sizes in bytes.
BEFORE_SECRETS = {
    "protocol_name": 6,
    "protocol_version": 1,
    "connect_flags": 1,
    "keep_alive": 2,
    "session_present": 1,
    "reason_code": 1,
}


class Short(reprlib.Repr):
    """The repr of values, cut if it is long; the same on each Python for an int of more digits than Python prints."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = 60

    def repr_int(self, x: int, level: int) -> str:
        try:
            int.__repr__(x)
        except ValueError:
            return "<int too long to print>"
        return super().repr_int(x, level)


def short(value: object) -> str:
    """The repr of a value for an error text."""
    try:
        return Short().repr(value)
    except ValueError:  # an int in an object of another type
        return f"<{type(value).__name__} too long to print>"


def refuse_type(value: object, name: str, expected: str, secret: bool = False) -> TypeError:
    """For an argument of the wrong type."""
    return TypeError(f"{name} must be {expected}, not {type(value).__name__}: {HIDDEN if secret else short(value)}")


def refuse_argument(value: object, name: str, rule: str) -> ValueError:
    """For an argument that breaks a rule."""
    return ValueError(f"{name}={short(value)}: {rule}")


def refuse_call(fields: Sequence[Field], name: str, count: int, keywords: Sequence[str]) -> TypeError:
    """For a call of a class with positional or keyword arguments that do not fit its fields."""
    positional = [field.name for field in fields if not field.keyword]
    if count > len(positional):
        takes = f"{len(positional)} positional argument{'' if len(positional) == 1 else 's'}"
        return TypeError(f"{name}() takes {takes} but {count} were given")
    known = {key: field.name for field in fields for key in (field.name, field.alias) if key}
    taken = set(positional[:count])
    for key in keywords:
        if key not in known:
            return TypeError(f"{name}() got an unexpected keyword argument {key!r}")
        if known[key] in taken:
            return TypeError(f"{name}() got multiple values for argument {key!r}")
        taken.add(known[key])
    missing = [repr(field.name) for field in fields if field.required and field.name not in taken]
    return TypeError(f"{name}() missing required argument{'s' * (len(missing) > 1)}: {', '.join(missing)}")


def refuse_value(fields: Sequence[Field], value: Any, rule: str, number: int, name: str, index: int) -> ValueError:
    """For a packet or component that breaks a rule. number and name are those of the field in C, index of the item."""
    label, wrong, name = fields[0].label.partition(".")[0], value, _name_of(fields, number, name)
    if number & IN_WILL:
        label, wrong = f"{label}.will", value.will
    if name == "topic_filters" and not hasattr(wrong, name):  # C's name for the field of a TopicFilter
        name = fields[0].name
    if not hasattr(wrong, name):
        return ValueError(f"{label}: {rule}")
    wrong = getattr(wrong, name)
    if any(each.secret and each.name == name for each in fields):
        return ValueError(f"{label}.{name}={HIDDEN}: {rule}")
    if isinstance(wrong, tuple) and wrong:
        name, wrong = f"{name}[{index}]", wrong[index]
    return refuse_argument(wrong, f"{label}.{name}", rule)


def refuse_packet(
    fields: Sequence[Field],
    packet: str,
    rule: str,
    reason_code: int,
    number: int,
    name: str,
    offset: int,
    index: int,
    found: bytes | None,
    packet_type: int,
    packet_size: int,
    packet_id: int,
    protocol: str | None,
    protocol_level: int,
) -> DecodeError:
    """For bytes that break a rule: packet is the name of the type, found up to 9 bytes from the offset on.

    found is None if the bytes may be the rest of a packet with a secret, whose length was wrong. For each of the
    numbers from packet_type on, 0 is one that is not known. The protocol is a key of FOREIGN.

    If the packet may hold a secret, only fields that precede every secret are shown: after a wrong length, a secret
    can be anywhere.
    """
    field = _name_of(fields, number, name)
    if number & IN_WILL:
        field = f"will.{field}"
    if found is None:
        shown = "bytes not shown"
    elif any(each.secret for each in fields):
        size = 4 if offset < 2 else BEFORE_SECRETS.get(name, 0)  # the fixed header, and less than three bytes more
        shown = found[:size].hex(" ") or ("bytes not shown" if found else "")
    else:
        shown = found[:8].hex(" ") + (" ..." if len(found) > 8 else "")
    text = f"{packet} {field} at offset {offset} ({shown or 'nothing left'}): {rule}".lstrip()
    if reason_code == 0x95:  # Packet too large
        text += f": {packet_size} bytes"
    if protocol:
        text += f"; this looks like {FOREIGN[protocol]}"
        if protocol.startswith("mqtt") and packet_type in OLDER:
            text += f": {OLDER[packet_type]}"
    return DecodeError(
        text,
        reason_code=reason_code,
        field=field,
        offset=offset,
        index=index if any(each.is_list and each.name == field.removeprefix("will.") for each in fields) else None,
        packet_type=PacketType(packet_type) if packet_type else None,
        packet_size=packet_size or None,
        packet_id=packet_id or None,
        protocol=protocol,
        protocol_level=protocol_level or None,
    )


def again(error: DecodeError) -> DecodeError:
    """The same error without its traceback, to be raised once more."""
    twin = type(error)(*error.args)
    twin.__dict__.update(error.__dict__)
    return twin


def incomplete(rule: str, size: int, needed: int) -> IncompleteError:
    """For a packet that has not arrived in full: size of needed bytes are available."""
    return IncompleteError(f"{rule}: {size} of {needed} bytes", needed=needed)


def too_large(label: str, packet_size: int, max_packet_size: int) -> PacketTooLarge:
    """For a packet that cannot be written. label is the name of its class; a limit of 0 is MQTT's."""
    limit = min(max_packet_size or LARGEST, LARGEST)
    rule = f"max_packet_size is {limit}" if limit < LARGEST else f"MQTT allows {LARGEST} [2.1.4]"
    text = f"{label}: the packet has {packet_size} bytes, {rule}"
    return PacketTooLarge(text, packet_size=packet_size, max_packet_size=limit)


def nothing_to_skip() -> ValueError:
    """For a call of Decoder.skip() without an error."""
    return ValueError("nothing to skip: no error was raised")


def refuse_change(name: str, verb: str) -> AttributeError:
    """For a change of a field; verb is "assign to" or "delete"."""
    from dataclasses import FrozenInstanceError

    return FrozenInstanceError(f"cannot {verb} field {name!r}: packets are immutable, use replace()")


def _name_of(fields: Sequence[Field], number: int, name: str) -> str:
    """The name of a field in the class: property 11 has one name in SUBSCRIBE, another in PUBLISH."""
    return next((field.name for field in fields if field.property and field.property == number & ~IN_WILL), name)
