# SPDX-License-Identifier: MIT
"""The fields of a packet class: read from its declaration, and joined with the C struct by their names.

It knows the annotations of a declaration, and which of them fit a kind of C member. It does not know any field by
name, MQTT's rules, or how an engine uses the description.
"""

from __future__ import annotations

from enum import IntEnum

from mqtt5._classes import Lazy, NoDataclass, dataclass_fields, documentation, signature
from mqtt5._converters import arguments_of, converter, hiding, plain_type
from mqtt5.enums import Code

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from dataclasses import KW_ONLY as KW_ONLY
    from typing import Any, Generic, TypeVar, overload

    from typing_extensions import Buffer

    from mqtt5._converters import Converter

    _T = TypeVar("_T")
    _E = TypeVar("_E", bound=IntEnum)

    class Bytes:
        """To type checkers, a bytes field: constructed from any bytes-like object."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Bytes: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> bytes: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: Buffer) -> None: ...

    class OptionalBytes:
        """The same, or None."""

        @overload
        def __get__(self, instance: None, owner: Any) -> OptionalBytes: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> bytes | None: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: Buffer | None) -> None: ...

    class Coded(Generic[_E]):
        """To type checkers, an enum field: constructed from a member or its integer."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Coded[_E]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> _E: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: _E | int) -> None: ...

    class Many(Generic[_T]):
        """To type checkers, a sequence: constructed from any iterable or None, read as a tuple."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Many[_T]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> tuple[_T, ...]: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: Iterable[_T] | None) -> None: ...

    class ManyCoded(Generic[_E]):
        """To type checkers, a sequence of enum members, each constructed from a member or its integer."""

        @overload
        def __get__(self, instance: None, owner: Any) -> ManyCoded[_E]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> tuple[_E, ...]: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: Iterable[_E | int] | None) -> None: ...

    SecretBytes = OptionalBytes
    UserProperties = Many[tuple[str, str]]
else:

    class KW_ONLY:  # noqa: N801  the name of dataclasses
        """Marks the fields after it as keyword-only, like dataclasses.KW_ONLY, without that slow import."""

    class Coded:
        """At run time a field is annotated with the type of its value."""

        def __class_getitem__(cls, item):
            return item

    class Many:
        """At run time a field is annotated with the type of its value."""

        def __class_getitem__(cls, item):
            return tuple[item, ...]

    ManyCoded = Many
    Bytes = bytes
    OptionalBytes = bytes | None
    UserProperties = tuple[tuple[str, str], ...]

    class SecretBytes:
        """In a declaration: OptionalBytes that neither a repr nor an error text shows."""


class Alias:
    """A second name of a field, for code written for other versions: a keyword of the constructor and an attribute."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self if instance is None else getattr(instance, self.name)


# ------------------------------------------------------------------- kinds


class Kind(IntEnum):
    """The kind of a member of a C struct: mqtt5_kind."""

    BOOL, BYTE, U16, U32, VARINT, STRING, BINARY, PAYLOAD, WILL = range(9)
    VARINTS, USER_PROPERTIES, TOPIC_FILTERS, REASON_CODES, PATTERNS = range(9, 14)


#: The largest number that a kind holds.
HIGHEST = {Kind.BYTE: 0xFF, Kind.U16: 0xFFFF, Kind.U32: 0xFFFFFFFF, Kind.VARINT: 268435455, Kind.VARINTS: 268435455}

#: The types that fit a kind; for a list, those of its items. Components by name, since each engine makes its own.
TYPES: dict[int, tuple[Any, ...]] = {
    Kind.BOOL: (bool,),
    Kind.BYTE: (int, bool, IntEnum),
    Kind.U16: (int,),
    Kind.U32: (int,),
    Kind.VARINT: (int,),
    Kind.STRING: (str,),
    Kind.BINARY: (bytes,),
    Kind.PAYLOAD: (bytes,),
    Kind.WILL: ("Will",),
    Kind.VARINTS: (int,),
    Kind.USER_PROPERTIES: (tuple,),
    Kind.TOPIC_FILTERS: ("TopicFilter",),
    Kind.REASON_CODES: (IntEnum,),
    Kind.PATTERNS: (str,),
}

#: The structs that are not packets, by the name of their class: MQTT5_STRUCT_*.
COMPONENTS = {"Will": 0, "TopicFilter": 16}


class Required:
    """The default of a field that has none."""


class Field:
    """One field of a class, and the struct member of the same name."""

    __slots__ = (
        "alias",  # a second name, "" if it has none
        "annotation",
        "convert",  # a Converter
        "convert_lenient",  # the same for a lenient object; differs for reason codes only
        "default",  # Required if it has none
        "flag",  # offset of the bool that marks it as present; 0 if it has none
        "highest",  # the largest number that its C type holds; 0 if it is not a number. The C library knows the rule
        "is_list",  # a sequence
        "keyword",  # keyword-only
        "kind",
        "label",  # "Class.name"
        "lowest",
        "members",  # of an enum or a bool in a byte: its values by number; else None
        "name",
        "nullable",  # None is zero or empty in C, without a flag or property bit
        "offset",  # in the struct
        "property",  # identifier; 0 if it is not a property
        "required",  # has no default
        "secret",  # its value is hidden in reprs and error texts
        "type",  # without None; for a sequence, that of its items
    )
    if TYPE_CHECKING:
        alias: str
        annotation: Any
        convert: Converter
        convert_lenient: Converter
        default: Any
        flag: int
        highest: int
        is_list: bool
        keyword: bool
        kind: int
        label: str
        lowest: int
        members: dict[int, Any] | None
        name: str
        nullable: bool
        offset: int
        property: int
        required: bool
        secret: bool
        type: Any


class Declaration:
    """A declared class: its fields in order, its struct, and the rest of its body."""

    __slots__ = ("fields", "name", "namespace", "struct")

    def __init__(self, cls: type, fields: tuple[Field, ...], struct: int) -> None:
        body = {key: value for key, value in vars(cls).items() if key not in {"__dict__", "__weakref__"}}
        for field in fields:
            body.pop(field.name, None)
        for key in [key for key in body if key.startswith(("__annot", "__static_attributes__"))]:
            del body[key]
        body["__annotations__"] = {field.name: field.annotation for field in fields}
        body["__match_args__"] = tuple([field.name for field in fields if not field.keyword])
        home, name, text = cls.__module__, cls.__name__, cls.__doc__ or ""
        body["__doc__"] = Lazy("", lambda: documentation(home, name, text, fields))
        body["__signature__"] = Lazy(name, lambda: signature(fields))
        body["__dataclass_fields__"] = Lazy("", lambda: dataclass_fields(name, fields))
        body["__dataclass_params__"] = NoDataclass(name)
        self.name = name
        self.fields = fields
        self.struct = struct
        self.namespace = body


# ---------------------------------------------------------------- the join


def join(cls: type, reflect: Callable[[int], Iterable[tuple[Any, ...]]]) -> Declaration:
    """The declaration of a class. reflect(struct) gives a tuple for each member, in the order of mqtt5_member:

    name, kind, offset, flag, property, lowest, highest.

    Raises ImportError if the class and the struct do not have the same fields, of matching types.
    """
    packet_type: Any = getattr(cls, "packet_type", None)
    struct = COMPONENTS[cls.__name__] if packet_type is None else int(packet_type)
    members = {name: member for name, *member in reflect(struct)}
    aliases = {value.name: key for key, value in vars(cls).items() if isinstance(value, Alias)}
    keyword, fields = False, []
    for name, annotation in cls.__annotations__.items():
        if annotation is KW_ONLY:
            keyword = True
            continue
        field = Field()
        field.name, field.keyword, field.secret = name, keyword, annotation is SecretBytes
        field.annotation = OptionalBytes if field.secret else annotation
        field.label, field.alias = f"{cls.__name__}.{name}", aliases.get(name, "")
        field.default = vars(cls).get(name, Required)
        field.required = field.default is Required
        if name in members:
            _complete(field, *members[name])
        fields.append(field)
    differ = {field.name for field in fields} ^ members.keys()
    if differ:
        raise ImportError(f"{cls.__name__} and the C library disagree about {', '.join(sorted(differ))}")
    return Declaration(cls, tuple(fields), struct)


def _complete(field: Field, kind: int, offset: int, flag: int, prop: int, lowest: int, highest: int) -> None:
    """Completes a field with the description of its C member, and its converter."""
    plain = plain_type(field.annotation)
    allowed = TYPES[kind]
    fits = plain in allowed or plain.__name__ in allowed or (IntEnum in allowed and issubclass(plain, IntEnum))
    if not fits or (Ellipsis in arguments_of(field.annotation)) != (kind >= Kind.VARINTS):
        raise ImportError(f"{field.label}: {plain.__name__} does not fit what the C library holds")
    field.kind, field.offset, field.flag, field.property, field.type = kind, offset, flag, prop, plain
    field.is_list = kind >= Kind.VARINTS
    field.nullable = field.default is None and not prop and not flag
    field.lowest, field.highest = int(field.nullable), HIGHEST.get(Kind(kind), 0)
    field.members = None
    if issubclass(plain, IntEnum):
        field.members = {int(member): member for member in plain}
    elif plain is bool:
        field.members = {0: False, 1: True}
    limits = field.lowest, field.highest, f"must be from {lowest} to {highest}"
    field.convert = converter(field.annotation, *limits)
    if field.secret:
        field.convert = hiding(field.convert)
    is_coded = issubclass(plain, Code)
    field.convert_lenient = converter(field.annotation, *limits, lenient=True) if is_coded else field.convert
