# SPDX-License-Identifier: MIT
"""The portable engine: packet classes in Python, over the C library by way of CFFI. It runs on every Python.

A field has one closure that converts a value, one that loads it from the C struct and one that stores it there.
Assignment does not change a packet, but object.__setattr__() does, so write() converts and checks again. It knows the
kinds of fields. It does not know any packet by name, any rule of MQTT, or the wire format.
"""

from __future__ import annotations

from functools import update_wrapper

import _cffi_backend  # noqa: F401  # for bundlers; and without it, importing _ffi raises a SystemError

from mqtt5 import _classes, _converters, _errors, _fields
from mqtt5._ffi import ffi, lib
from mqtt5._fields import Kind
from mqtt5.enums import Code
from mqtt5.exceptions import DecodeError

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, NoReturn, Self, TypeVar

    from mqtt5._fields import Field

    _T = TypeVar("_T")
    Load = Callable[[Any], Any]  # (member of a struct) -> value
    Put = Callable[[Any, Any, "Scratch"], None]  # (member, value, memory)

# ------------------------------------------------------------------ memory

_uncleared = ffi.new_allocator(should_clear_after_alloc=False)


class Scratch:
    """Memory for one call: structs, room for the data they point to, and room for a packet's bytes."""

    ROOM = 65536

    def __init__(self) -> None:
        self.packet = ffi.new("mqtt5_packet *")
        self.size = ffi.new("size_t *")
        self.error = ffi.new("mqtt5_error *")
        members = getattr(self.packet, "as")
        self.properties = members.properties  # where each packet has them
        #: By their numbers in mqtt5_reflect().
        self.structs = [getattr(members, name, members.properties) for name in _STRUCTS]
        self.structs[lib.MQTT5_STRUCT_WILL] = ffi.addressof(members.connect, "will")
        self.structs.append(ffi.new("mqtt5_topic_filter *"))
        self.room, self.out = _uncleared("uint8_t[]", self.ROOM), _uncleared("uint8_t[]", self.ROOM)
        self.room_bytes, self.out_bytes = ffi.buffer(self.room), ffi.buffer(self.out)
        self.used = 0
        self.kept: list[Any] = []  # memory that the structs point to, if not in the room
        self.lenient = False  # the object whose values are put

    def lend(self, view: Any, data: bytes) -> None:
        """Points a view to a copy of the bytes; to the bytes themselves if they are large."""
        start, size = self.used, len(data)
        end = start + size
        if end <= self.ROOM:
            self.room_bytes[start:end] = data
            view.data = self.room + start
            self.used = end
        else:
            self.kept.append(ffi.from_buffer("uint8_t[]", data))
            view.data = self.kept[-1]
        view.size = size

    def give_back(self) -> None:
        self.used = self.properties.present = 0
        if self.kept:
            self.kept = []
        _free.append(self)


_free: list[Scratch] = []  # thread-safe: each call pops one, or makes one
_types = {value: name.removeprefix("MQTT5_").lower() for value, name in ffi.typeof("mqtt5_type").elements.items()}
_STRUCTS = [_types.get(number, "properties") for number in range(lib.MQTT5_STRUCT_TOPIC_FILTER)]


def _take() -> Scratch:
    try:
        return _free.pop()
    except IndexError:
        return Scratch()


def _data(view: Any) -> bytes:
    data: bytes = ffi.buffer(view.data, view.size)[:]
    return data


def _text(constant: Any) -> str:
    text: bytes = ffi.string(constant)
    return text.decode()


def _rule(status: int) -> str:
    return _text(lib.mqtt5_strerror(status))


# ------------------------------------------------------------------ fields

#: The C type of the items of a list, and the function that takes off the first.
ITEMS = {
    Kind.VARINTS: ("uint32_t", lib.mqtt5_next_subscription_id),
    Kind.USER_PROPERTIES: ("mqtt5_string_pair", lib.mqtt5_next_user_property),
    Kind.TOPIC_FILTERS: ("mqtt5_topic_filter", lib.mqtt5_next_topic_filter),
    Kind.REASON_CODES: ("uint8_t", lib.mqtt5_next_reason_code),
    Kind.PATTERNS: ("mqtt5_view", lib.mqtt5_next_pattern),
}


def _accessors(field: Field) -> tuple[Load, Put | None]:
    """How to load and put the member of a field, or an item of it. Put is None for a number, which is assigned."""
    if field.type is str:
        return lambda view: _data(view).decode(), lambda view, value, scratch: scratch.lend(view, value.encode())
    if field.type is bytes:
        return _data, lambda view, value, scratch: scratch.lend(view, value or b"")
    if field.type is tuple:
        return lambda pair: (_data(pair.name).decode(), _data(pair.value).decode()), _put_pair
    if field.type in _shapes:
        return _shapes[field.type].load_component, _shapes[field.type].put
    if field.members is not None:
        table = [field.members.get(number) for number in range(256)]
        if issubclass(field.type, Code):
            return lambda n: _converters.unlisted(field.type, n) if table[n] is None else table[n], None
        return lambda number: table[number], None
    return (lambda number: number or None) if field.nullable else lambda number: number, None


def _put_pair(pair: Any, value: tuple[str, str], scratch: Scratch) -> None:
    scratch.lend(pair.name, value[0].encode())
    scratch.lend(pair.value, value[1].encode())


def _list_accessors(field: Field) -> tuple[Load, Put]:
    ctype, take_next = ITEMS[Kind(field.kind)]
    load_item, put_item = _accessors(field)

    def load(member: Any) -> tuple[Any, ...]:
        rest, item = ffi.new("mqtt5_list *", member), ffi.new(f"{ctype} *")
        items = []
        while take_next(rest, item):
            items.append(load_item(item[0]))
        return tuple(items)

    def put(member: Any, values: Sequence[Any], scratch: Scratch) -> None:
        array = ffi.new(f"{ctype}[]", len(values) if put_item else values)
        scratch.kept.append(array)
        member.items, member.wire.data, member.wire.size, member.count = array, ffi.NULL, 0, len(values)
        if put_item:
            for i, value in enumerate(values):
                put_item(array[i], value, scratch)

    return load, put


# A step handles one field of an object; a class joins its steps of each sort into one function. Values are read from
# slots, so that a derived class may use the same names.


def _put_step(field: Field, put: Put | None, slot: Any) -> Callable[..., None]:
    """Converts the value of the field, stores that if `keep` says so, and writes it to the struct."""
    name, has, bit, exact = field.name, f"has_{field.name}", 1 << field.property, field.type
    get, store, default, label = slot.__get__, slot.__set__, field.default, field.label
    lowest, highest, is_list = field.lowest, field.highest, field.kind in ITEMS
    is_number, is_text = exact is int, exact is str and not is_list
    members = None if exact is bool else field.members

    def convert(value: Any, scratch: Scratch) -> Any:
        return (field.convert_lenient if scratch.lenient else field.convert)(value, label)

    def put_number(packet: Any, struct: Any, scratch: Scratch, keep: bool) -> Any:
        value = get(packet)
        if value is not default and (
            type(value) is not exact
            or (is_number and not lowest <= value <= highest)
            or (members and members.get(int(value)) is not value)
        ):
            value = convert(value, scratch)
            if keep:
                store(packet, value)
        setattr(struct, name, value or 0)
        return value

    def put_field(packet: Any, struct: Any, scratch: Scratch, keep: bool) -> Any:
        value = get(packet)
        if type(value) is not exact or is_list:
            value = convert(value, scratch)
            if keep:
                store(packet, value)
        if is_text:
            try:
                scratch.lend(getattr(struct, name), value.encode())
            except UnicodeEncodeError:
                convert(value, scratch)  # raises what is wrong
        else:
            put(getattr(struct, name), value, scratch)  # type: ignore[misc]
        return value

    def put_flagged(packet: Any, struct: Any, scratch: Scratch, keep: bool) -> None:
        present = get(packet) is not None
        setattr(struct, has, present)
        if present:
            put_field(packet, struct, scratch, keep)

    def put_property(packet: Any, struct: Any, scratch: Scratch, keep: bool) -> None:
        if get(packet) is default:
            return
        properties = struct.properties
        if (put_field if put else put_number)(packet, properties, scratch, keep) != default:
            properties.present |= bit

    return put_property if field.property else put_flagged if field.flag else put_field if put else put_number


def _load_step(field: Field, load: Load, slot: Any) -> Callable[..., None]:
    """Stores the value from the struct; that of a property only if it is present."""
    name, has, bit, store = field.name, f"has_{field.name}", 1 << field.property, slot.__set__

    def load_property(packet: Any, properties: Any, present: int, _: None) -> None:
        if present & bit:
            store(packet, load(getattr(properties, name)))

    def load_flagged(packet: Any, struct: Any, *_: None) -> None:
        store(packet, load(getattr(struct, name)) if getattr(struct, has) else None)

    def load_field(packet: Any, struct: Any, *_: None) -> None:
        store(packet, load(getattr(struct, name)))

    return load_property if field.property else load_flagged if field.flag else load_field


def _joined(steps: list[Callable[..., None]]) -> Any:
    """One function for all steps. PyPy compiles nested calls in one piece, but not a loop over functions."""
    while len(steps) != 1:
        steps = [_four(*steps[i : i + 4]) for i in range(0, max(len(steps), 1), 4)]
    return staticmethod(steps[0])


def _four(first: Any = None, second: Any = None, third: Any = None, fourth: Any = None) -> Callable[..., None]:
    def four(a: Any, b: Any, c: Any, d: Any) -> None:
        if first:
            first(a, b, c, d)
        if second:
            second(a, b, c, d)
        if third:
            third(a, b, c, d)
        if fourth:
            fourth(a, b, c, d)

    return four


# ------------------------------------------------------------------ classes


class Shape:
    """The engine's description of a packet class. Each has a subclass, whose attributes PyPy treats as constants."""

    cls: Any
    fields: tuple[Field, ...]
    number: int  # of its struct
    initialize: Any  # (object, *args, **keywords) stores what the constructor is given, and defaults
    blank: tuple[None, ...]  # for the fields without a default
    slots: dict[str, Any]  # descriptors of the values of an object
    by_name: dict[str, Field]
    lenient: Any  # descriptor of its leniency
    payload: Field | None
    aliases: dict[str, str]
    properties: frozenset[str]  # the names of fields that are properties
    is_component: bool
    put_fields: Callable[[Any, Any, Scratch, bool], None]  # (object, struct, scratch, keep)
    put_properties: Callable[[Any, Any, Scratch, bool], None]
    load_fields: Callable[[Any, Any, None, None], None]  # (object, struct, ...)
    load_properties: Callable[[Any, Any, int, None], None]  # (object, struct.properties, present, ...)

    @classmethod
    def construct(cls, derived: Any, args: tuple[Any, ...], keywords: dict[str, Any], lenient: bool = False) -> Any:
        made = _new(cls.cls)
        try:
            cls.initialize(made, *args, **keywords)
        except TypeError:
            renamed = {cls.aliases.get(key, key): value for key, value in keywords.items()}
            try:
                if len(renamed) < len(keywords):
                    raise
                cls.initialize(made, *args, **renamed)
            except TypeError:
                raise _errors.refuse_call(cls.fields, derived.__name__, len(args), list(keywords)) from None
        cls.lenient.__set__(made, lenient)
        scratch = _take()
        scratch.lenient = lenient
        try:
            struct = scratch.structs[cls.number]
            cls.put_fields(made, struct, scratch, True)
            if cls.properties:
                struct.properties.present = 0
                if not cls.properties.isdisjoint(keywords):
                    cls.put_properties(made, struct, scratch, True)
            if derived is not cls.cls:
                exact, made = made, _new(derived)
                for slot in (*cls.slots.values(), cls.lenient):
                    slot.__set__(made, slot.__get__(exact))
            scratch.packet.type = cls.number
            checked = struct if cls.is_component else scratch.packet
            status = _checks[cls.number](checked, LENIENT if lenient else ffi.NULL, scratch.error)
            if status != lib.MQTT5_OK:
                raise cls.refusal(made, status, scratch.error)
        finally:
            scratch.give_back()
        return made

    @classmethod
    def load(cls, struct: Any, lenient: bool) -> Any:
        """The object for a struct."""
        made = _new(cls.cls)
        cls.initialize(made, *cls.blank)
        cls.lenient.__set__(made, lenient)
        cls.load_fields(made, struct, None, None)
        if cls.properties:
            properties = struct.properties
            present = properties.present
            if present:
                cls.load_properties(made, properties, present, None)
        return made

    @classmethod
    def load_component(cls, struct: Any) -> Any:
        """The object for a part of a packet; a Will is lenient if it is not valid by itself."""
        is_will = cls.number == lib.MQTT5_STRUCT_WILL
        lenient = is_will and lib.mqtt5_check_will(ffi.addressof(struct), ffi.NULL, ffi.NULL) != lib.MQTT5_OK
        return cls.load(struct, lenient)

    @classmethod
    def put(cls, struct: Any, value: Any, scratch: Scratch) -> None:
        cls.put_fields(value, struct, scratch, False)
        if cls.properties:
            struct.properties.present = 0
            cls.put_properties(value, struct, scratch, False)

    @classmethod
    def write(cls, packet: Any, encode: Any, max_packet_size: int | None = None, forbid: bool = False) -> bytes:
        """What a function of the C library encodes."""
        lenient = cls.lenient.__get__(packet)
        options = LENIENT if lenient else ffi.NULL
        if max_packet_size is not None or forbid is not False:
            limit = _converters.size_limit(max_packet_size, "max_packet_size")
            forbid = _converters.to_bool(forbid, "forbid_control_characters")
            members = {"max_packet_size": limit, "forbid_control_characters": forbid, "lenient": lenient}
            options = ffi.new("mqtt5_options *", members)
        scratch = _take()
        try:
            made, size, error = scratch.packet, scratch.size, scratch.error
            cls.put_packet(packet, scratch)
            status = encode(made, options, scratch.out, scratch.ROOM, size, error)
            if status == lib.MQTT5_ERR_PACKET_TOO_LARGE:
                if max_packet_size is None or lib.mqtt5_fit(made, options, size, error) != lib.MQTT5_OK:
                    lib.mqtt5_encode(made, options, ffi.NULL, 0, size, ffi.NULL)
                    limit = options.max_packet_size if options else 0
                    raise _errors.too_large(cls.cls.__name__, size[0], limit)
                status = encode(made, options, scratch.out, scratch.ROOM, size, error)
            if status == lib.MQTT5_OK:
                data: bytes = scratch.out_bytes[: size[0]]
            elif status == lib.MQTT5_ERR_NO_SPACE:
                out = _uncleared("uint8_t[]", size[0])
                encode(made, options, out, len(out), size, error)
                data = ffi.buffer(out)[:]
            else:
                raise cls.refusal(packet, status, error)
        finally:
            scratch.give_back()
        return data

    @classmethod
    def put_packet(cls, packet: Any, scratch: Scratch) -> None:
        scratch.lenient = cls.lenient.__get__(packet)
        scratch.packet.type = cls.number
        cls.put(scratch.structs[cls.number], packet, scratch)

    @classmethod
    def measure(cls, packet: Any) -> int:
        """The size of the packet, also if it is larger than MQTT allows."""
        scratch = _take()
        try:
            cls.put_packet(packet, scratch)
            options = LENIENT if scratch.lenient else ffi.NULL
            status = lib.mqtt5_encode(scratch.packet, options, ffi.NULL, 0, scratch.size, scratch.error)
            if status not in (lib.MQTT5_OK, lib.MQTT5_ERR_PACKET_TOO_LARGE):
                raise cls.refusal(packet, status, scratch.error)
            return scratch.size[0]  # type: ignore[no-any-return]
        finally:
            scratch.give_back()

    @classmethod
    def payload_of(cls, packet: Any) -> bytes:
        """The packet's own object."""
        if cls.payload is None:
            return b""
        value = cls.slots[cls.payload.name].__get__(packet)
        return value if type(value) is bytes else cls.payload.convert(value, cls.payload.label)

    @classmethod
    def refusal(cls, value: Any, status: int, error: Any) -> ValueError:
        name = _text(lib.mqtt5_field_name(error.field))
        return _errors.refuse_value(cls.fields, value, _rule(status), error.field, name, error.index)


_new = object.__new__
_shapes: dict[type, type[Shape]] = {}  # by class
_packets: dict[int, type[Shape]] = {}  # by type
_checks = [  # by number
    lib.mqtt5_check_will,
    *[lib.mqtt5_check] * 15,
    lambda topic_filter, _, error: lib.mqtt5_check_subscription(topic_filter, error),
]
LENIENT = ffi.new("mqtt5_options *", {"lenient": True})


class Immutable:
    __slots__ = ()

    if TYPE_CHECKING:
        __shape: type[Shape]

    def __new__(cls, *args: Any, **keywords: Any) -> Self:
        shape = getattr(cls, "_Immutable__shape", None)
        if shape is None:
            raise TypeError(f"cannot create {getattr(cls, '__name__', cls)!r} instances")
        return shape.construct(cls, args, keywords)  # type: ignore[no-any-return]

    def __values(self) -> dict[str, Any]:
        return {name: slot.__get__(self) for name, slot in self.__shape.slots.items()}

    def __eq__(self, other: object) -> bool:
        return self.__values() == other.__values() if type(other) is type(self) else NotImplemented

    # As in a dataclass, whose methods have no file: pytest then shows the fields that differ.
    __eq__.__code__ = __eq__.__code__.replace(co_filename="<string>")

    def __hash__(self) -> int:
        return hash(tuple(self.__values().values()))

    def __repr__(self) -> str:
        values = zip(self.__shape.fields, self.__values().values(), strict=True)
        given = [(field, value) for field, value in values if field.required or value != field.default]
        shown = [f"{field.name}={_errors.HIDDEN if field.secret else repr(value)}" for field, value in given]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __setattr__(self, name: str, value: object) -> None:
        self.__refuse(name, "assign to")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        self.__refuse(name, "delete")
        object.__delattr__(self, name)

    def __refuse(self, name: str, verb: str) -> None:
        if name in self.__shape.slots or name in self.__shape.aliases:
            raise _errors.refuse_change(name, verb)

    @property
    def lenient(self) -> bool:
        return self.__shape.lenient.__get__(self)  # type: ignore[no-any-return]

    def replace(self, **changes: Any) -> Self:
        changes = self.__values() | {self.__shape.aliases.get(key, key): value for key, value in changes.items()}
        return self._make_lenient((), changes) if self.lenient else type(self)(**changes)

    @classmethod
    def _make_lenient(cls, args: tuple[Any, ...], keywords: dict[str, Any]) -> Self:
        return cls.__shape.construct(cls, args, keywords, lenient=True)  # type: ignore[no-any-return]

    __replace__ = replace

    def __copy__(self) -> Self:
        return self if type(self) is self.__shape.cls else _classes.duplicate(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self if type(self) is self.__shape.cls else _classes.duplicate(self, memo)

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return _classes.new_arguments(self, self.__shape.fields)

    def __reduce__(self) -> tuple[Any, ...]:
        return _classes.reduce(self)


class BasePacket(Immutable):
    __slots__ = ()

    def __of(self, name: str) -> type[Shape]:
        if not issubclass(type(self), BasePacket):
            raise TypeError(f"descriptor {name!r} requires a packet, not {_errors.short(self)}")
        shape: type[Shape] = self._Immutable__shape  # type: ignore[attr-defined]
        if shape.is_component:  # of a class that is derived from BasePacket and a component
            raise TypeError(f"expected an MQTT packet, not {type(self)!r}")
        return shape

    @property
    def packet_size(self) -> int:
        return BasePacket.__of(self, "packet_size").measure(self)

    def write(self, *, max_packet_size: int | None = None, forbid_control_characters: bool = False) -> bytes:
        shape = BasePacket.__of(self, "write")
        return shape.write(self, lib.mqtt5_encode, max_packet_size, forbid_control_characters)

    def write_parts(
        self, *, max_packet_size: int | None = None, forbid_control_characters: bool = False
    ) -> tuple[bytes, bytes]:
        shape = BasePacket.__of(self, "write_parts")
        head = shape.write(self, lib.mqtt5_encode_head, max_packet_size, forbid_control_characters)
        return head, shape.payload_of(self)


Immutable.__new__.__module__ = "mqtt5._engine"  # where pickle finds the class: see face()


def packet(declared: type[_T]) -> type[_T]:
    """Makes the class that is declared."""
    declaration = _fields.join(declared, reflect)
    fields, name = declaration.fields, declared.__name__
    body = {"__qualname__": declared.__qualname__, "__slots__": [*[f.name for f in fields], "_lenient"]}
    made: Any = type(name, declared.__bases__, declaration.namespace | body)
    lenient = made._lenient
    del made.__slots__  # else pickle and copy take the fields for what a derived class adds
    del made._lenient  # its place is only known to the engine
    slots = {f.name: vars(made)[f.name] for f in fields}
    loads, puts = {}, {}
    for field, slot in zip(fields, slots.values(), strict=True):
        load, put = _list_accessors(field) if field.kind in ITEMS else _accessors(field)
        loads[field], puts[field] = _load_step(field, load, slot), _put_step(field, put, slot)
    members = {
        "cls": made,
        "fields": fields,
        "number": declaration.struct,
        "initialize": staticmethod(_classes.twin(name, fields).__init__),
        "blank": tuple([None for f in fields if f.required]),
        "slots": slots,
        "by_name": {f.name: f for f in fields},
        "lenient": lenient,
        "payload": next((f for f in fields if f.kind == Kind.PAYLOAD), None),
        "is_component": not issubclass(declared, BasePacket),
        "aliases": {f.alias: f.name for f in fields if f.alias},
        "properties": frozenset([f.name for f in fields if f.property]),
        "put_fields": _joined([puts[f] for f in fields if not f.property]),
        "put_properties": _joined([puts[f] for f in fields if f.property]),
        "load_fields": _joined([loads[f] for f in fields if not f.property]),
        "load_properties": _joined([loads[f] for f in fields if f.property]),
    }
    shape: Any = type(name, (Shape,), members)
    _shapes[made] = made._Immutable__shape = shape
    if not shape.is_component:
        _packets[declaration.struct] = shape
    return made  # type: ignore[no-any-return]


def reflect(struct: int) -> Iterator[tuple[Any, ...]]:
    """(name, kind, offset, flag, property, lowest, highest) of each member of a struct."""
    member, index = ffi.new("mqtt5_member *"), 0
    while lib.mqtt5_reflect(struct, index, member):
        m = member
        yield _text(m.name), m.kind, m.offset, m.flag, m.property, m.lowest, m.highest
        index += 1


# ----------------------------------------------------------------- reading


def read(
    buffer: Any,
    *,
    strict: bool = True,
    sender: str | None = None,
    max_packet_size: int | None = None,
    max_list_items: int | None = None,
    forbid_control_characters: bool = False,
) -> tuple[Any, int]:
    is_limited = sender is not None or max_packet_size is not None or max_list_items is not None
    if is_limited or strict is not True or forbid_control_characters is not False:
        options = _options(strict, sender, max_packet_size, max_list_items, forbid_control_characters)
    else:
        options = ffi.NULL
    if type(buffer) is bytes and len(buffer) <= Scratch.ROOM:
        return _decode(buffer, len(buffer), options, True)
    try:
        source = ffi.from_buffer(buffer)
    except TypeError:
        raise _errors.refuse_type(buffer, "buffer", "a bytes-like object") from None
    except (BufferError, ValueError):  # its bytes are not in one piece
        source = ffi.from_buffer(bytes(memoryview(buffer)))
    with source:  # released at once: a bytearray can be resized again
        arrived = ffi.buffer(source)
        size = len(arrived)
        data = arrived[: _extent(arrived[:HEADER], size, options)]
    return _decode(data, size, options, True)


def _options(
    strict: bool, sender: str | None, max_packet_size: int | None, max_list_items: int | None, forbid: bool
) -> Any:
    """The options of reading, with the names that Python gives them."""
    members: dict[str, int] = {
        "max_packet_size": _converters.size_limit(max_packet_size, "max_packet_size"),
        "sender": _converters.to_sender(sender, "sender"),
        "lenient": not _converters.to_bool(strict, "strict"),
        "max_list_items": _converters.size_limit(max_list_items, "max_list_items"),
        "forbid_control_characters": _converters.to_bool(forbid, "forbid_control_characters"),
    }
    return ffi.new("mqtt5_options *", members)


#: Bytes from the start of a packet that hold its fixed header.
HEADER = 16

#: Bytes from the start of a stream that suffice to recognize another protocol.
START = 64

#: Once this number of bytes has arrived, another protocol may be told from a PUBREC that has not arrived in full.
LOOK_AGAIN = 5


def _extent(data: bytes, arrived: int, options: Any) -> int:
    """The size of the packet that begins with data, as far as known; what has arrived of it if it is refused."""
    size = ffi.new("size_t *")
    status = lib.mqtt5_frame(data, len(data), options, size, ffi.NULL)
    if status in (lib.MQTT5_OK, lib.MQTT5_INCOMPLETE):
        return size[0]  # type: ignore[no-any-return]
    return min(arrived, max(int(size[0]), START))


def _decode(data: bytes, arrived: int, options: Any, at_start: bool, hides: bool = False) -> tuple[Any, int]:
    """Reads a packet from data, which ends with it if more has arrived."""
    size = len(data)
    scratch = _take()
    try:
        if size <= scratch.ROOM:
            scratch.room_bytes[:size] = data
            source = scratch.room
        else:
            source = ffi.from_buffer(data)
        packet = scratch.packet
        status = lib.mqtt5_decode(source, size, options, packet, scratch.size, scratch.error)
        number, needed = packet.type, scratch.size[0]
        if status == lib.MQTT5_OK:
            return _packets[number].load(scratch.structs[number], packet.lenient), needed
        if status == lib.MQTT5_INCOMPLETE:
            raise _errors.incomplete(_rule(status), arrived, needed)
        raise _refusal(data, arrived, status, number, needed, scratch.error, at_start, hides)
    finally:
        scratch.give_back()


def _refusal(
    data: bytes, arrived: int, status: int, number: int, size: int, error: Any, at_start: bool, hides: bool
) -> Exception:
    protocol, level = ffi.NULL, ffi.new("uint8_t *")
    if at_start:
        protocol = lib.mqtt5_foreign_protocol(data, len(data), level)
    return _errors.refuse_packet(
        _packets[number].fields if number in _packets else (),
        _text(lib.mqtt5_type_name(number)),
        _rule(status),
        lib.mqtt5_reason_code(status),
        error.field,
        _text(lib.mqtt5_field_name(error.field)),
        error.offset,
        error.index,
        None if hides else data[error.offset : min(error.offset + 9, _end(data, arrived, error.offset))],
        number,
        size,
        error.packet_id,
        _text(protocol) if protocol else None,
        level[0],
    )


def _end(data: bytes, arrived: int, offset: int) -> int:
    """The end of the bytes that an error text may show: that of the packet, or of a bad fixed header."""
    size = ffi.new("size_t *")
    status = lib.mqtt5_frame(data, len(data), ffi.NULL, size, ffi.NULL)
    if status in (lib.MQTT5_OK, lib.MQTT5_INCOMPLETE) and size[0] <= arrived:
        return size[0]  # type: ignore[no-any-return]
    end = 1
    while offset > 0 and end < min(len(data), 5):
        end += 1
        if data[end - 1] < 0x80:
            break
    return end if offset < end else len(data)


class Decoder:
    __slots__ = (
        "_at_start",
        "_buffer",
        "_error",
        "_hides",
        "_is_open",
        "_moves",
        "_needed",
        "_options",
        "_skipping",
        "_start",
    )

    def __init__(
        self,
        max_packet_size: int | None = None,
        *,
        sender: str | None = None,
        from_start: bool = True,
        strict: bool = True,
        max_list_items: int | None = None,
        forbid_control_characters: bool = False,
    ) -> None:
        options = _options(strict, sender, max_packet_size, max_list_items, forbid_control_characters)
        from_start = _converters.to_bool(from_start, "from_start")
        self._options = options
        self._options.stage = lib.MQTT5_STAGE_OPENING if from_start else lib.MQTT5_STAGE_ANY
        self._is_open = sender is None  # then the stage does not matter
        self._buffer = bytearray()
        self._start = 0  # of the next packet
        self._moves = 0  # changes whenever that moves
        self._needed = 1  # its size, as far as known
        self._skipping = 0  # bytes of a refused packet that have still to arrive
        self._at_start = True  # the buffer begins with the first bytes of the stream
        self._hides = False  # the bytes may be the rest of a packet with a secret, whose length was wrong
        self._error: Any = None

    def feed(self, data: Any, /) -> None:
        try:
            view = memoryview(data)
        except TypeError:
            raise _errors.refuse_type(data, "data", "a bytes-like object") from None
        with view:  # released at once: a bytearray can be resized again
            if self._error is None or self._error.packet_size is not None:
                self._moves += 1
                self._drop_read()
                skipped = min(self._skipping, view.nbytes)
                self._buffer += view.tobytes()[skipped:] if skipped or not view.contiguous else view
                self._skipping -= skipped

    def skip(self) -> None:
        error = self._error
        if error is None:
            raise _errors.nothing_to_skip()
        if error.packet_size is None:
            raise _errors.again(error)
        self._error = None  # the packet was dropped when it was refused

    @property
    def buffered(self) -> int:
        return len(self._buffer) - self._start

    @property
    def max_packet_size(self) -> int | None:
        return self._options.max_packet_size or None

    @max_packet_size.setter
    def max_packet_size(self, limit: int | None) -> None:
        self._options.max_packet_size = _converters.size_limit(limit, "max_packet_size")
        self._needed = 1  # so that the next packet is measured again

    @property
    def max_list_items(self) -> int | None:
        return self._options.max_list_items or None

    @max_list_items.setter
    def max_list_items(self, limit: int | None) -> None:
        self._options.max_list_items = _converters.size_limit(limit, "max_list_items")
        self._needed = 1

    def __iter__(self) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise _refuse_copy(self)

    def __next__(self) -> Any:
        raised = self._error  # another thread may skip it
        if raised is not None:
            raise _errors.again(raised)
        start, arrived = self._start, self.buffered
        if arrived >= self._needed:  # from here on with copies: another thread may change the buffer
            self._needed = _extent(bytes(self._buffer[start : start + HEADER]), arrived, self._options)
            if arrived < LOOK_AGAIN:
                self._needed = min(self._needed, LOOK_AGAIN)
            if arrived >= self._needed:
                data = bytes(self._buffer[start : start + self._needed])
                at_start, moves = self._at_start, self._moves + 1
                # Moves on first: what runs meanwhile, in the collector for example, may use this decoder.
                self._start, self._needed, self._at_start, self._moves = start + len(data), 1, False, moves
                try:
                    made, _ = _decode(data, arrived, self._options, at_start, self._hides)
                except DecodeError as error:
                    shape = _packets.get(error.packet_type or 0)
                    self._hides = self._hides or (shape is not None and any(each.secret for each in shape.fields))
                    if self._moves == moves:
                        self._refuse(error, len(data))
                    raise
                except BaseException:  # no memory, or interrupted: the packet is still there
                    if self._moves == moves:
                        self._start, self._at_start = start, at_start
                    raise
                if not self._is_open:
                    self._open(made)
                return made
        self._drop_read()
        raise StopIteration

    def _refuse(self, error: DecodeError, size: int) -> None:
        """After the first bytes of a refused packet were passed."""
        self._error = _errors.again(error)  # without the traceback, which leads back here
        if error.packet_size is None:
            self._buffer, self._start = bytearray(), 0
        else:  # its rest may have to arrive still
            rest = error.packet_size - size  # negative if more was read, to name a protocol
            passed = min(rest, self.buffered)
            self._start += passed
            self._skipping = rest - passed

    def _open(self, packet: Any) -> None:
        """After a packet: MQTT5_STAGE_OPENING ends with a CONNECT or CONNACK, MQTT5_STAGE_ANY with any."""
        if self._options.stage == lib.MQTT5_STAGE_ANY or packet.packet_type in (lib.MQTT5_CONNECT, lib.MQTT5_CONNACK):
            self._options.stage = lib.MQTT5_STAGE_OPEN
            self._is_open = True

    def _drop_read(self) -> None:
        del self._buffer[: self._start]
        self._start = 0


def _refuse_copy(value: object) -> TypeError:
    return TypeError(f"cannot pickle or copy '{type(value).__name__}' object")


class PublishTemplate:
    __slots__ = ("_data", "_memory", "_packet", "_payload", "_struct")

    if TYPE_CHECKING:
        _packet: Any
        _payload: bytes
        _memory: Any  # that of the payload
        _struct: Any
        _data: Any  # memory for the struct

    def __new__(cls, packet: Any) -> Self:
        shape = _packets[lib.MQTT5_PUBLISH]
        if not _converters.is_a(packet, shape.cls):
            raise _errors.refuse_type(packet, "packet", f"a {shape.cls.__name__}")
        self = _new(cls)
        self._packet, self._payload = packet, shape.payload_of(packet)
        self._memory = ffi.from_buffer("uint8_t[]", self._payload)
        self._struct = ffi.new("mqtt5_template *")
        scratch = _take()
        try:
            shape.put_packet(packet, scratch)
            getattr(scratch.packet, "as").publish.payload = [self._memory, len(self._memory)]
            options, size, error = LENIENT if scratch.lenient else ffi.NULL, scratch.size, scratch.error
            init, struct = lib.mqtt5_template_init, self._struct
            status = init(struct, scratch.packet, options, ffi.NULL, 0, size, error)
            if status == lib.MQTT5_OK:
                self._data = ffi.new("uint8_t[]", max(size[0], 1))
                status = init(struct, scratch.packet, options, self._data, size[0], size, error)
            if status == lib.MQTT5_ERR_PACKET_TOO_LARGE:
                raise _errors.too_large(shape.cls.__name__, shape.measure(packet), 0)
            if status != lib.MQTT5_OK:
                raise shape.refusal(packet, status, error)
        finally:
            scratch.give_back()
        return self

    def __reduce__(self) -> NoReturn:
        raise _refuse_copy(self)

    def write(
        self,
        *,
        packet_id: int | None = None,
        qos: Any = ...,
        retain: Any = ...,
        duplicate: bool = False,
        topic_alias: Any = ...,
        subscription_ids: Any = ...,
        message_expiry_interval: Any = ...,
    ) -> bytes:
        given = _given(packet_id, qos, retain, duplicate, topic_alias, subscription_ids, message_expiry_interval)
        return self.__encode(lib.mqtt5_template_encode, given) or self.__replaced(given).write()

    def write_parts(
        self,
        *,
        packet_id: int | None = None,
        qos: Any = ...,
        retain: Any = ...,
        duplicate: bool = False,
        topic_alias: Any = ...,
        subscription_ids: Any = ...,
        message_expiry_interval: Any = ...,
    ) -> tuple[bytes, bytes]:
        given = _given(packet_id, qos, retain, duplicate, topic_alias, subscription_ids, message_expiry_interval)
        head = self.__encode(lib.mqtt5_template_encode_head, given)
        return (head, self._payload) if head else self.__replaced(given).write_parts()

    def __replaced(self, given: dict[str, Any]) -> Any:
        """A packet like that of replace(), also if its class is a derived one."""
        shape = _packets[lib.MQTT5_PUBLISH]
        values = {name: slot.__get__(self._packet) for name, slot in shape.slots.items()}
        return shape.construct(shape.cls, (), values | given, shape.lenient.__get__(self._packet))

    def __encode(self, encode: Any, given: dict[str, Any]) -> bytes:
        """Converts the given values. b"" if one is refused: the packet with these values then describes why."""
        shape = _packets[lib.MQTT5_PUBLISH]
        delivery = ffi.new("mqtt5_delivery *", self._struct.delivery)
        for name, value in given.items():
            field = shape.by_name[name]
            given[name] = value = field.convert(value, field.label)  # once: it may run code
        for name, value in given.items():
            if name == "subscription_ids":
                items = ffi.new("uint32_t[]", value)
                value = [items, [ffi.NULL, 0], len(items)]
            elif name == "message_expiry_interval":
                delivery.has_message_expiry_interval = value is not None
            elif name == "topic_alias" and value == 0:  # in C, 0 is none
                return b""
            setattr(delivery, name, value or 0)
        scratch = _take()
        try:
            options = LENIENT if shape.lenient.__get__(self._packet) else ffi.NULL
            status = encode(self._struct, delivery, options, scratch.out, scratch.ROOM, scratch.size, ffi.NULL)
            size = scratch.size[0]
            if status == lib.MQTT5_OK:
                return scratch.out_bytes[:size]  # type: ignore[no-any-return]
            if status != lib.MQTT5_ERR_NO_SPACE:
                return b""
            out = _uncleared("uint8_t[]", size)
            encode(self._struct, delivery, options, out, size, scratch.size, ffi.NULL)
            return ffi.buffer(out)[:]  # type: ignore[no-any-return]
        finally:
            scratch.give_back()


def _given(
    packet_id: Any,
    qos: Any,
    retain: Any,
    duplicate: Any,
    topic_alias: Any,
    subscription_ids: Any,
    message_expiry_interval: Any,
) -> dict[str, Any]:
    """The values of a delivery that differ from the packet's, in the order in which a packet converts its fields."""
    given = {
        "qos": qos,
        "retain": retain,
        "packet_id": packet_id,
        "duplicate": duplicate,
        "message_expiry_interval": message_expiry_interval,
        "subscription_ids": subscription_ids,
        "topic_alias": topic_alias,
    }
    return {name: value for name, value in given.items() if value is not ... or name in ("packet_id", "duplicate")}


def topic_matches(filter: str, topic: str) -> bool:
    scratch = _take()
    views = ffi.new("mqtt5_view[2]")
    rules = [("filter", filter, lib.mqtt5_check_topic_filter), ("topic", topic, lib.mqtt5_check_topic_name)]
    try:
        for i, (name, value, check) in enumerate(rules):
            scratch.lend(views[i], _converters.to_string(value, name).encode())
            status = check(views[i])
            if status != lib.MQTT5_OK:
                raise _errors.refuse_argument(value, name, _rule(status))
        return bool(lib.mqtt5_topic_matches(views[0], views[1]))
    finally:
        scratch.give_back()


def face(documented: _T) -> _T:
    """The function or class of this module with the name of a documented one, and its documentation."""
    own: Any = globals()[documented.__name__]  # type: ignore[attr-defined]
    if not isinstance(documented, type):
        update_wrapper(own, documented)  # type: ignore[arg-type]
        return own  # type: ignore[no-any-return]
    own.__doc__, own.__module__ = documented.__doc__, documented.__module__
    for name, member in vars(documented).items():
        member = getattr(member, "__func__", member)  # of a class method
        if isinstance(member, property):
            vars(own)[name].__doc__ = member.__doc__
        elif callable(member):
            made = vars(own).get(name) or vars(own)["__new__"]  # for __init__()
            update_wrapper(getattr(made, "__func__", made), member)
    return own  # type: ignore[no-any-return]
