# SPDX-License-Identifier: MIT
"""What the fields of a packet class are: read from its declaration, and joined with the C struct by their names.

It knows annotations, Python's types, and how a value of each type is converted. It does not know any field by name,
MQTT's rules, or how an engine uses what it says. Where a class and its struct disagree, it raises ImportError.
"""

from __future__ import annotations

from enum import IntEnum
from operator import index
from types import UnionType

from mqtt5._errors import refuse_argument, refuse_type

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from dataclasses import KW_ONLY as KW_ONLY
    from typing import Any, Generic, NoReturn, TypeVar, overload

    from typing_extensions import Buffer

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

    UserProperties = Many[tuple[str, str]]
    Converter = Callable[[Any, str], Any]
else:

    class KW_ONLY:  # noqa: N801
        """Marks the fields after it as keyword-only, as dataclasses.KW_ONLY, which takes long to import."""

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


class Alias:
    """A second name of a field, for code written for other versions: a keyword of the constructor and an attribute."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self if instance is None else getattr(instance, self.name)


# ------------------------------------------------------------------- kinds


class Kind(IntEnum):
    """How a C struct holds a member: mqtt5_kind."""

    BOOL, BYTE, U16, U32, VARINT, STRING, BINARY, PAYLOAD, WILL = range(9)
    VARINTS, USER_PROPERTIES, TOPIC_FILTERS, REASON_CODES, PATTERNS = range(9, 14)


#: The largest number that a kind holds.
HIGHEST = {Kind.BYTE: 0xFF, Kind.U16: 0xFFFF, Kind.U32: 0xFFFFFFFF, Kind.VARINT: 268435455, Kind.VARINTS: 268435455}

#: Which types may stand for a kind, of a list for its items. Components go by name: each engine makes its own.
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
    """In place of the default of a field that has none."""


class Field:
    """One field of a class, and the struct member of the same name."""

    __slots__ = (
        "alias",  # a second name, "" if it has none
        "annotation",
        "convert",  # a Converter
        "default",  # Required if it has none
        "flag",  # offset of the bool that says that it is there; 0 if it has none
        "highest",  # of a number: the range that its C type and absence leave; else 0
        "keyword",  # keyword-only
        "kind",
        "label",  # "Class.name"
        "lowest",
        "members",  # of an enum or a bool in a byte: its values by number; else None
        "name",
        "nullable",  # None is zero or empty in C, where nothing else says that it is absent
        "offset",  # in the struct
        "property",  # identifier; 0 if it is not a property
        "required",  # has no default
        "type",  # without None; of a sequence, that of its items
    )
    if TYPE_CHECKING:
        alias: str
        annotation: Any
        convert: Converter
        default: Any
        flag: int
        highest: int
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
        type: Any


class Declaration:
    """A declared class: its fields in order, its struct, and what else its body holds."""

    __slots__ = ("fields", "name", "namespace", "struct")

    def __init__(self, cls: type, fields: tuple[Field, ...], struct: int) -> None:
        body = {key: value for key, value in vars(cls).items() if key not in {"__dict__", "__weakref__"}}
        for field in fields:
            body.pop(field.name, None)
        for key in [key for key in body if key.startswith(("__annot", "__static_attributes__"))]:
            del body[key]
        body["__annotations__"] = {field.name: field.annotation for field in fields}
        body["__match_args__"] = tuple([field.name for field in fields if not field.keyword])
        body["__signature__"] = Lazy(cls.__name__, lambda: _signature(fields))
        body["__dataclass_fields__"] = Lazy("", lambda: _dataclass_fields(cls.__name__, fields))
        body["__dataclass_params__"] = NoDataclass(cls.__name__)
        self.name = cls.__name__
        self.fields = fields
        self.struct = struct
        self.namespace = body


# ---------------------------------------------------------------- the join


def join(cls: type, reflect: Callable[[int], Iterable[tuple[str, int, int, int, int]]]) -> Declaration:
    """The declaration of a class. reflect(struct) gives (name, kind, offset, flag, property) of each member.

    Raises ImportError if the class and the struct do not have the same fields, of matching types.
    """
    packet_type: Any = getattr(cls, "packet_type", None)
    struct = COMPONENTS[cls.__name__] if packet_type is None else int(packet_type)
    members = {name: (kind, offset, flag, prop) for name, kind, offset, flag, prop in reflect(struct)}
    aliases = {value.name: key for key, value in vars(cls).items() if isinstance(value, Alias)}
    keyword, fields = False, []
    for name, annotation in cls.__annotations__.items():
        if annotation is KW_ONLY:
            keyword = True
            continue
        field = Field()
        field.name, field.annotation, field.keyword = name, annotation, keyword
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


def _complete(field: Field, kind: int, offset: int, flag: int, prop: int) -> None:
    """Adds what the C struct says of a field, and how it is converted."""
    plain = _plain_type(field.annotation)
    allowed = TYPES[kind]
    fits = plain in allowed or plain.__name__ in allowed or (IntEnum in allowed and issubclass(plain, IntEnum))
    if not fits or (Ellipsis in _arguments(field.annotation)) != (kind >= Kind.VARINTS):
        raise ImportError(f"{field.label}: {plain.__name__} does not fit what the C library holds")
    field.kind, field.offset, field.flag, field.property, field.type = kind, offset, flag, prop, plain
    field.nullable = field.default is None and not prop and not flag
    field.lowest, field.highest = int(field.nullable), HIGHEST.get(Kind(kind), 0)
    field.members = None
    if issubclass(plain, IntEnum):
        field.members = {int(member): member for member in plain}
    elif plain is bool:
        field.members = {0: False, 1: True}
    field.convert = _converter(field.annotation, field.lowest, field.highest)


def _arguments(annotation: Any) -> tuple[Any, ...]:
    """As typing.get_args() for a union or a tuple[], without typing."""
    arguments: tuple[Any, ...] = getattr(annotation, "__args__", ())
    return arguments


def _plain_type(annotation: Any) -> Any:
    """X for `X | None` and for a sequence of X; tuple for a pair."""
    arguments = _arguments(annotation)
    if isinstance(annotation, UnionType):
        return next(argument for argument in arguments if argument is not type(None))
    if Ellipsis in arguments:
        return _plain_type(arguments[0])
    return getattr(annotation, "__origin__", annotation)


# -------------------------------------------------------------- converters
#
# A converter takes a value and the name to call it by, and gives a value of exactly the field's type. It raises
# TypeError for another type and ValueError for what no value of that type may be.


def is_a(value: object, cls: Any) -> bool:
    """As isinstance(), but whatever the value says of its class."""
    return issubclass(type(value), cls)


def to_string(value: Any, name: str) -> str:
    if not is_a(value, str):
        raise refuse_type(value, name, "a str")
    text = str.__str__(value)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise refuse_argument(value, name, f"a string must be well-formed Unicode [1.5.4]: {error.reason}") from None
    return text


def size_limit(value: Any, name: str) -> int:
    """0 for None, which is no limit; a limit beyond all sizes is as good as any other."""
    if value is None:
        return 0
    if not hasattr(value, "__index__"):
        raise refuse_type(value, name, "an int or None")
    if index(value) < 1:
        raise refuse_argument(value, name, "must be at least 1, or None for no limit")
    return min(index(value), 0xFFFFFFFF)


def _bytes(value: Any, name: str) -> bytes:
    try:
        with memoryview(value) as view:  # released at once: a bytearray can be resized again
            return bytes(view)
    except TypeError:
        raise refuse_type(value, name, "a bytes-like object") from None


def _bool(value: Any, name: str) -> bool:
    if not is_a(value, bool):
        raise refuse_type(value, name, "a bool")
    return bool(value)


def _integer(lowest: int, highest: int) -> Converter:
    def convert(value: Any, name: str) -> int:
        try:
            number = index(value)
        except TypeError:
            raise refuse_type(value, name, "an int") from None
        if not lowest <= number <= highest:
            raise refuse_argument(number, name, f"must be from {lowest} to {highest}")
        return int(number)

    return convert


def _enum(members: type[IntEnum]) -> Converter:
    by_number = {int(member): member for member in members}  # to call the enum takes four times as long

    def convert(value: Any, name: str) -> IntEnum:
        if not is_a(value, int):
            raise refuse_type(value, name, f"a {members.__name__} or its integer")
        number = index(value)
        try:
            return by_number[number]
        except KeyError:
            raise refuse_argument(number, name, f"not a {members.__name__}") from None

    return convert


def _instance(cls: type) -> Converter:
    def convert(value: Any, name: str) -> Any:
        if not is_a(value, cls):
            raise refuse_type(value, name, f"a {cls.__name__}")
        return value

    return convert


def _pair(first: Converter, second: Converter) -> Converter:
    def convert(value: Any, name: str) -> tuple[Any, Any]:
        if not is_a(value, (tuple, list)) or len(value) != 2:
            raise refuse_type(value, name, "a pair of strings (name, value)")
        left, right = value
        return first(left, name), second(right, name)

    return convert


def _many(item: Converter) -> Converter:
    def convert(value: Any, name: str) -> tuple[Any, ...]:
        if value is None:
            return ()
        if is_a(value, (str, bytes, bytearray, memoryview)):
            raise refuse_type(value, name, "a sequence or None")
        try:
            items = iter(value)
        except TypeError:
            raise refuse_type(value, name, "a sequence or None") from None
        return tuple([item(each, f"{name}[{i}]") for i, each in enumerate(items)])

    return convert


def _converter(annotation: Any, lowest: int, highest: int) -> Converter:
    """The converter for a field or item so annotated, whose numbers are in that range."""
    arguments = _arguments(annotation)
    if isinstance(annotation, UnionType):
        inner = _converter(_plain_type(annotation), lowest, highest)
        return lambda value, name: None if value is None else inner(value, name)
    if getattr(annotation, "__origin__", None) is tuple:
        items = [_converter(argument, lowest, highest) for argument in arguments if argument is not Ellipsis]
        return _many(items[0]) if Ellipsis in arguments else _pair(*items)
    if annotation is int:
        return _integer(lowest, highest)
    if issubclass(annotation, IntEnum):
        return _enum(annotation)
    exact: dict[Any, Converter] = {str: to_string, bytes: _bytes, bool: _bool}
    return exact.get(annotation) or _instance(annotation)


# ------------------------------------------- what the classes show to others


class Lazy:
    """A class attribute that is built on first use. With a name: hidden from subclasses that construct differently."""

    def __init__(self, name: str, build: Callable[[], Any]) -> None:
        self.name = name
        self.build = build
        self.built: Any = None

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        for cls in owner.__mro__ if self.name else ():
            if cls.__name__ == self.name and vars(cls).get("__signature__") is self:
                break
            if "__init__" in vars(cls) or "__new__" in vars(cls):
                raise AttributeError("__signature__")
        if self.built is None:
            self.built = self.build()
        return self.built


class NoDataclass:
    """In place of __dataclass_params__: dataclass(), applied to a subclass, asks its bases whether they are frozen."""

    init = repr = eq = order = unsafe_hash = False
    match_args = kw_only = slots = True
    weakref_slot = False

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def frozen(self) -> NoReturn:
        raise TypeError(f"a class derived from {self.name} cannot be a dataclass: it may add behaviour, but no fields")


def _signature(fields: tuple[Field, ...]) -> Any:
    from inspect import Parameter, Signature

    parameters = []
    for field in fields:
        kind = Parameter.KEYWORD_ONLY if field.keyword else Parameter.POSITIONAL_OR_KEYWORD
        default = Parameter.empty if field.required else field.default
        parameters.append(Parameter(field.name, kind, default=default, annotation=field.annotation))
    return Signature(parameters)


def _dataclass_fields(name: str, fields: tuple[Field, ...]) -> Any:
    import dataclasses

    specs = [
        (f.name, f.annotation, dataclasses.field(kw_only=f.keyword, **({} if f.required else {"default": f.default})))
        for f in fields
    ]
    twin: Any = dataclasses.make_dataclass(name, specs, init=False, repr=False, eq=False)
    return twin.__dataclass_fields__


def new_arguments(packet: Any, fields: tuple[Field, ...]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments that construct an equal packet: for __getnewargs_ex__()."""
    positional = tuple([getattr(packet, field.name) for field in fields if not field.keyword])
    given = [(field, getattr(packet, field.name)) for field in fields if field.keyword]
    return positional, {field.name: value for field, value in given if value is not field.default}


def duplicate(packet: Any, memo: dict[int, Any] | None = None) -> Any:
    """A copy of an object of a derived class, with what that adds; with a memo, of which a deep copy is made."""
    cls = type(packet)
    args, keywords = packet.__getnewargs_ex__()
    twin = cls.__new__(cls, *args, **keywords)
    state = packet.__getstate__()
    if memo is not None:
        from copy import deepcopy

        memo[id(packet)] = twin
        state = deepcopy(state, memo)
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    for added in (attributes, slots):
        for name, value in (added or {}).items():
            setattr(twin, name, value)
    return twin
