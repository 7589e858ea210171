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
        return _shapes[field.type].load, _shapes[field.type].put
    if field.members is not None:
        table = [field.members.get(number) for number in range(256)]
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
    get, store, default, convert, label = slot.__get__, slot.__set__, field.default, field.convert, field.label
    lowest, highest, is_list = field.lowest, field.highest, field.kind in ITEMS
    is_number, is_text = exact is int, exact is str and not is_list
    members = None if exact is bool else field.members

    def put_number(packet: Any, struct: Any, scratch: Scratch, keep: bool) -> Any:
        value = get(packet)
        if value is not default and (
            type(value) is not exact
            or (is_number and not lowest <= value <= highest)
            or (members and members.get(int(value)) is not value)
        ):
            value = convert(value, label)
            if keep:
                store(packet, value)
        setattr(struct, name, value or 0)
        return value

    def put_field(packet: Any, struct: Any, scratch: Scratch, keep: bool) -> Any:
        value = get(packet)
        if type(value) is not exact or is_list:
            value = convert(value, label)
            if keep:
                store(packet, value)
        if is_text:
            try:
                scratch.lend(getattr(struct, name), value.encode())
            except UnicodeEncodeError:
                convert(value, label)  # raises what is wrong
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
    aliases: dict[str, str]
    properties: frozenset[str]  # the names of fields that are properties
    is_component: bool
    put_fields: Callable[[Any, Any, Scratch, bool], None]  # (object, struct, scratch, keep)
    put_properties: Callable[[Any, Any, Scratch, bool], None]
    load_fields: Callable[[Any, Any, None, None], None]  # (object, struct, ...)
    load_properties: Callable[[Any, Any, int, None], None]  # (object, struct.properties, present, ...)

    @classmethod
    def construct(cls, derived: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
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
        scratch = _take()
        try:
            struct = scratch.structs[cls.number]
            cls.put_fields(made, struct, scratch, True)
            if cls.properties:
                struct.properties.present = 0
                if not cls.properties.isdisjoint(keywords):
                    cls.put_properties(made, struct, scratch, True)
            if derived is not cls.cls:
                exact, made = made, _new(derived)
                for slot in cls.slots.values():
                    slot.__set__(made, slot.__get__(exact))
            scratch.packet.type = cls.number
            if cls.number == lib.MQTT5_STRUCT_TOPIC_FILTER:
                status = lib.mqtt5_check_subscription(struct, scratch.error)
            else:
                checked = struct if cls.is_component else scratch.packet
                status = _checks[cls.number](checked, ffi.NULL, scratch.error)
            if status != lib.MQTT5_OK:
                raise cls.refusal(made, status, scratch.error)
        finally:
            scratch.give_back()
        return made

    @classmethod
    def load(cls, struct: Any) -> Any:
        """The object for a struct."""
        made = _new(cls.cls)
        cls.initialize(made, *cls.blank)
        cls.load_fields(made, struct, None, None)
        if cls.properties:
            properties = struct.properties
            present = properties.present
            if present:
                cls.load_properties(made, properties, present, None)
        return made

    @classmethod
    def put(cls, struct: Any, value: Any, scratch: Scratch) -> None:
        cls.put_fields(value, struct, scratch, False)
        if cls.properties:
            struct.properties.present = 0
            cls.put_properties(value, struct, scratch, False)

    @classmethod
    def write(cls, packet: Any) -> bytes:
        scratch = _take()
        try:
            cls.put(scratch.structs[cls.number], packet, scratch)
            scratch.packet.type = cls.number
            size = scratch.size
            status = lib.mqtt5_encode(scratch.packet, ffi.NULL, scratch.out, scratch.ROOM, size, scratch.error)
            if status == lib.MQTT5_OK:
                data: bytes = scratch.out_bytes[: size[0]]
            elif status == lib.MQTT5_ERR_NO_SPACE:
                out = _uncleared("uint8_t[]", size[0])
                lib.mqtt5_encode(scratch.packet, ffi.NULL, out, len(out), size, scratch.error)
                data = ffi.buffer(out)[:]
            else:
                raise cls.refusal(packet, status, scratch.error)
        finally:
            scratch.give_back()
        return data

    @classmethod
    def refusal(cls, value: Any, status: int, error: Any) -> ValueError:
        name = _text(lib.mqtt5_field_name(error.field))
        return _errors.refuse_value(cls.fields, value, _rule(status), error.field, name, error.index)


_new = object.__new__
_shapes: dict[type, type[Shape]] = {}  # by class
_packets: dict[int, type[Shape]] = {}  # by type
_checks = [lib.mqtt5_check_will, *[lib.mqtt5_check] * 15]  # by number


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

    def replace(self, **changes: Any) -> Self:
        changes = {self.__shape.aliases.get(key, key): value for key, value in changes.items()}
        return type(self)(**self.__values() | changes)

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

    def write(self) -> bytes:
        if not issubclass(type(self), BasePacket):
            raise TypeError(f"descriptor 'write' requires a packet, not {_errors.short(self)}")
        return self._Immutable__shape.write(self)  # type: ignore[attr-defined,no-any-return]


Immutable.__new__.__module__ = "mqtt5._engine"  # where pickle finds the class: see face()


def packet(declared: type[_T]) -> type[_T]:
    """Makes the class that is declared."""
    declaration = _fields.join(declared, reflect)
    fields, name = declaration.fields, declared.__name__
    body = {"__qualname__": declared.__qualname__, "__slots__": [f.name for f in fields]}
    made: Any = type(name, declared.__bases__, declaration.namespace | body)
    del made.__slots__  # else pickle and copy take the fields for what a derived class adds
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


def read(buffer: Any) -> tuple[Any, int]:
    if type(buffer) is bytes and len(buffer) <= Scratch.ROOM:
        return _decode(buffer, len(buffer), ffi.NULL)
    try:
        source = ffi.from_buffer(buffer)
    except TypeError:
        raise _errors.refuse_type(buffer, "buffer", "a bytes-like object") from None
    except (BufferError, ValueError):  # its bytes are not in one piece
        return read(bytes(memoryview(buffer)))
    with source:  # released at once: a bytearray can be resized again
        arrived = ffi.buffer(source)
        size = len(arrived)
        data = arrived[: _packet_size(arrived[:16], ffi.NULL)]
    return _decode(data, size, ffi.NULL)


def _packet_size(data: bytes, options: Any) -> int:
    """The size of the packet that begins with data, as far as known; the size of data if it is not a packet."""
    size = ffi.new("size_t *")
    status = lib.mqtt5_frame(data, len(data), options, size, ffi.NULL)
    return size[0] if status in (lib.MQTT5_OK, lib.MQTT5_INCOMPLETE) else len(data)


def _decode(data: bytes, arrived: int, options: Any) -> tuple[Any, int]:
    """Reads a packet from data, which ends with it if more has arrived."""
    size = len(data)
    scratch = _take()
    try:
        if size <= scratch.ROOM:
            scratch.room_bytes[:size] = data
            source = scratch.room
        else:
            source = ffi.from_buffer(data)
        status = lib.mqtt5_decode(source, size, options, scratch.packet, scratch.size, scratch.error)
        number, needed = scratch.packet.type, scratch.size[0]
        if status == lib.MQTT5_OK:
            return _packets[number].load(scratch.structs[number]), needed
        if status == lib.MQTT5_INCOMPLETE:
            raise _errors.incomplete(_rule(status), arrived, needed)
        raise _refusal(data, arrived, status, number, scratch.error)
    finally:
        scratch.give_back()


def _refusal(data: bytes, arrived: int, status: int, number: int, error: Any) -> Exception:
    return _errors.refuse_packet(
        _packets[number].fields if number in _packets else (),
        _text(lib.mqtt5_type_name(number)),
        _rule(status),
        lib.mqtt5_reason_code(status),
        error.field,
        _text(lib.mqtt5_field_name(error.field)),
        error.offset,
        error.index,
        data[error.offset : min(error.offset + 9, _end(data, arrived, error.offset))],
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
    return end


class Decoder:
    __slots__ = ("_buffer", "_error", "_needed", "_options", "_start")

    def __init__(self, max_packet_size: int | None = None) -> None:
        self._options = ffi.new("mqtt5_options *", [_converters.size_limit(max_packet_size, "max_packet_size")])
        self._buffer = bytearray()
        self._start = 0  # of the next packet
        self._needed = 1  # its size, as far as known
        self._error: Any = None

    def feed(self, data: Any, /) -> None:
        try:
            view = memoryview(data)
        except TypeError:
            raise _errors.refuse_type(data, "data", "a bytes-like object") from None
        with view:  # released at once: a bytearray can be resized again
            if self._error is None:
                self._drop_read()
                self._buffer += view if view.contiguous else view.tobytes()

    @property
    def buffered(self) -> int:
        return len(self._buffer) - self._start

    def __iter__(self) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"cannot pickle or copy '{type(self).__name__}' object")

    def __next__(self) -> Any:
        if self._error is not None:
            raise _errors.again(self._error)
        start, arrived = self._start, self.buffered
        if arrived >= self._needed:  # from here on with copies: another thread may change the buffer
            self._needed = _packet_size(bytes(self._buffer[start : start + 16]), self._options)
            if arrived >= self._needed:
                data = bytes(self._buffer[start : start + self._needed])
                try:
                    made, size = _decode(data, arrived, self._options)
                except DecodeError as error:
                    self._error = _errors.again(error)  # without the traceback, which leads back here
                    self._buffer, self._start = bytearray(), 0
                    raise
                self._start, self._needed = start + size, 1
                return made
        self._drop_read()
        raise StopIteration

    def _drop_read(self) -> None:
        del self._buffer[: self._start]
        self._start = 0


def topic_matches(pattern: str, topic: str) -> bool:
    scratch = _take()
    views = ffi.new("mqtt5_view[2]")
    rules = [("pattern", pattern, lib.mqtt5_check_topic_filter), ("topic", topic, lib.mqtt5_check_topic_name)]
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
        if isinstance(member, property):
            vars(own)[name].__doc__ = member.__doc__
        elif callable(member):
            update_wrapper(vars(own)[name], member)
    return own  # type: ignore[no-any-return]
