# SPDX-License-Identifier: MIT
"""Joins the packet classes with the C structs by the names of their fields, once, at import.

It knows where each field is in C and what it is in Python; where the two disagree it raises. It does not
know any field by name, MQTT's rules, or how an engine uses what it says.
"""

import dataclasses
from collections import namedtuple
from enum import IntEnum
from types import UnionType

from mqtt5 import packets
from mqtt5._convert import arguments_of, converter, short
from mqtt5._ffi import ffi, lib
from mqtt5._typing import Any

HIGHEST = {
    lib.MQTT5_KIND_BYTE: 0xFF,
    lib.MQTT5_KIND_U16: 0xFFFF,
    lib.MQTT5_KIND_U32: 0xFFFFFFFF,
    lib.MQTT5_KIND_VARINT: lib.MQTT5_MAX_REMAINING_LENGTH,
    lib.MQTT5_KIND_VARINTS: lib.MQTT5_MAX_REMAINING_LENGTH,
}
LISTS = range(lib.MQTT5_KIND_VARINTS, lib.MQTT5_KIND_PATTERNS + 1)

# Which Python types may stand for a kind; of a list, for its items.
TYPES: dict[int, tuple[type, ...]] = {
    lib.MQTT5_KIND_BOOL: (bool,),
    lib.MQTT5_KIND_BYTE: (int, bool, IntEnum),
    lib.MQTT5_KIND_U16: (int,),
    lib.MQTT5_KIND_U32: (int,),
    lib.MQTT5_KIND_VARINT: (int,),
    lib.MQTT5_KIND_STRING: (str,),
    lib.MQTT5_KIND_BINARY: (bytes,),
    lib.MQTT5_KIND_PAYLOAD: (bytes,),
    lib.MQTT5_KIND_WILL: (packets.Will,),
    lib.MQTT5_KIND_VARINTS: (int,),
    lib.MQTT5_KIND_USER_PROPERTIES: (tuple,),
    lib.MQTT5_KIND_TOPIC_FILTERS: (packets.TopicFilter,),
    lib.MQTT5_KIND_REASON_CODES: (IntEnum,),
    lib.MQTT5_KIND_PATTERNS: (str,),
}


#: One field of a class, and the struct member of the same name.
Field = namedtuple(
    "Field",
    (
        "name",
        "type",  #: Without None; of a sequence, that of its items.
        "default",  #: `dataclasses.MISSING` if it is required.
        "keyword",  #: Keyword-only.
        "kind",  #: mqtt5_kind
        "offset",  #: In the struct.
        "highest",  #: Of a number, else 0.
        "flag",  #: Offset of the bool that says that it is there; 0 if it has none.
        "property",  #: Property identifier; 0 if it is none.
        "nullable",  #: None is zero or empty in C, where nothing else says that it is absent.
        "convert",  #: A Converter.
    ),
)

#: A class and its struct.
Schema = namedtuple(
    "Schema",
    (
        "cls",
        "struct",  #: What mqtt5_reflect() calls it: the packet type, or MQTT5_STRUCT_*.
        "properties",  #: Offset of its mqtt5_properties; -1 if it has none.
        "fields",  #: A tuple of Field, in the order of the class.
    ),
)


def _members(struct: int) -> dict[str, Any]:
    member = ffi.new("mqtt5_member *")
    found: dict[str, Any] = {}
    while lib.mqtt5_reflect(struct, len(found), member):
        name = ffi.string(member.name).decode()
        found[name] = (member.kind, member.offset, member.flag, member.property)
    return found


def _plain_type(annotation: Any) -> Any:
    """Of `X | None` and of a sequence of X: X; of a pair: tuple."""
    args = arguments_of(annotation)
    if isinstance(annotation, UnionType):
        return next(arg for arg in args if arg is not type(None))
    if Ellipsis in args:
        return _plain_type(args[0])
    return getattr(annotation, "__origin__", annotation)


def join(cls: Any, struct: int, properties: int) -> Schema:
    """Raises ImportError if the class and the struct do not have the same fields, of matching types."""
    members = _members(struct)
    declared = dataclasses.fields(cls)
    differ = {field.name for field in declared} ^ members.keys()
    if differ:
        raise ImportError(f"{cls.__name__} and the C library disagree about {', '.join(sorted(differ))}")
    fields = []
    for field in declared:
        kind, offset, flag, identifier = members[field.name]
        plain = _plain_type(field.type)
        fits = plain in TYPES[kind] or (IntEnum in TYPES[kind] and issubclass(plain, IntEnum))
        if not fits or (Ellipsis in arguments_of(field.type)) != (kind in LISTS):
            raise ImportError(f"{cls.__name__}.{field.name}: {plain.__name__} does not fit what the C library holds")
        nullable = field.default is None and not identifier and not flag
        highest = HIGHEST.get(kind, 0)
        convert = converter(field.type, 1 if nullable else 0, highest)
        fields.append(
            Field(
                field.name,
                plain,
                field.default,
                field.kw_only is True,
                kind,
                offset,
                highest,
                flag,
                identifier,
                nullable,
                convert,
            )
        )
    return Schema(cls, int(struct), properties, tuple(fields))


_PROPERTIES = ffi.offsetof("mqtt5_packet", "as")

#: The parts first, since packets are made of them.
PARTS = (
    join(packets.TopicFilter, lib.MQTT5_STRUCT_TOPIC_FILTER, -1),
    join(packets.Will, lib.MQTT5_STRUCT_WILL, ffi.offsetof("mqtt5_will", "properties")),
)
PACKETS = tuple(join(cls, int(cls.packet_type), _PROPERTIES) for cls in packets.CLASSES)
ALL = PARTS + PACKETS
BY_CLASS = {schema.cls: schema for schema in ALL}
CLASSES = tuple(BY_CLASS)


def of(value: object) -> Schema:
    """That of the value's class, or of the one that it is derived from."""
    for cls in type(value).__mro__:
        if cls in BY_CLASS:
            return BY_CLASS[cls]
    raise TypeError(f"{short(value)} is no packet")


def holder(part: Schema) -> tuple[Schema, Field, list[Any]]:
    """The packet that a part stands in, its field for it, and the values of the smallest such packet but for that."""
    schema, place = next((schema, field) for schema in PACKETS for field in schema.fields if field.type is part.cls)
    values: list[Any] = []
    for field in schema.fields:
        if field.default is not dataclasses.MISSING:
            values.append(field.default)
        elif field.kind in LISTS:
            values.append(())
        else:
            values.append("" if field.type is str else 1)
    return schema, place, values
