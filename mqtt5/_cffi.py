# SPDX-License-Identifier: MIT
"""Engine 1: packets to bytes and back over the CFFI module, complete on every Python.

All rules are the C library's: this asks it, and turns its answers into packets, bytes and exceptions. It does
not know any packet or field by name, MQTT's rules, or the wire format.
"""

import dataclasses
import functools
import struct
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from mqtt5 import _schema
from mqtt5._convert import refuse_type, short, to_string
from mqtt5._ffi import ffi, lib
from mqtt5._schema import Field, Schema
from mqtt5._structs import ACCESSORS, ITEMS, PACKET_AT, Accessors, default_of
from mqtt5.exceptions import DecodeError, IncompleteError

# ------------------------------------------------------------------ memory


class Slot:
    """Memory for one conversion: a packet's struct, a heap for what it points to, and room for its bytes."""

    __slots__ = ("address", "head", "heap", "memory", "out", "out_address", "view")

    SIZE = 65536

    def __init__(self, heap_size: int = SIZE, room: int = SIZE) -> None:
        self.head = ffi.new("mqtt5_slot *")
        self.view = ffi.buffer(self.head)
        self.memory = _new_bytes("uint8_t[]", heap_size), _new_bytes("uint8_t[]", room)
        self.heap, self.out = map(ffi.buffer, self.memory)
        self.address = int(ffi.cast("uintptr_t", self.memory[0]))
        self.head.out, self.head.room = self.memory[1], room
        self.out_address = int(ffi.cast("uintptr_t", self.memory[1]))


_new_bytes = ffi.new_allocator(should_clear_after_alloc=False)
_free_slots: list[Slot] = []


def _take_slot() -> Slot:
    try:
        return _free_slots.pop()
    except IndexError:
        return Slot()


def _footprint(value: Any) -> int:
    """No less than what the fields of a packet or part, or the items of a tuple, take on the heap."""
    if isinstance(value, str):
        return 4 * len(value)
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, tuple):
        return 8 + sum(64 + _footprint(item) for item in value)
    for cls in type(value).__mro__:
        if cls in _bindings:
            return sum(_footprint(getattr(value, field.name)) for field in _bindings[cls].fields)
    return 0


# What making a struct or an image raises if a field is not of its type, or a slot is too small.
UNFIT = (AttributeError, OverflowError, TypeError, ValueError, struct.error)


# ---------------------------------------------------------------- bindings


class Binding:
    """A packet class or part, and what the engine does with it."""

    def __init__(self, schema: Schema) -> None:
        self.cls: Any = schema.cls
        self.fields = schema.fields
        # A class of the same layout, without the frozen __setattr__. Objects are made as drafts and then change
        # their class: to set each field of a frozen object takes several times as long.
        thawed = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
        self.draft: Any = type(self.cls.__name__, (self.cls,), {**thawed, "__init__": object.__init__})
        self.slow_init: Any = vars(self.cls)["__init__"]
        self.accessors = ACCESSORS[self.cls] = Accessors(schema, self.draft)
        self.is_part = self.accessors.is_part
        self.accessors.names.update(
            set_class=object.__dict__["__class__"].__set__,
            slow_init=self.slow_init,
            check=check,
            write=self.write,
            take_slot=_free_slots.pop,
            give_back=_free_slots.append,
            Slot=Slot,
            Unfit=UNFIT,
            nothing=object(),
            check_image=lib.mqtt5_check_image,
            encode_image=lib.mqtt5_encode_image,
        )

    # ------------------------------------------- the fast way, for packets with no more than their fixed fields
    #
    # Whatever goes wrong there is left to the general way, which says what it is.

    def _has_image(self) -> bool:
        fixed = self.accessors.always
        return not self.is_part and all(field in fixed or field.property or field.flag for field in self.fields)

    def make_write(self) -> Any:
        """A method for packets with no more than their fixed fields; the others go the general way."""
        lines = ["def write_packet(self):"]
        if self._has_image():
            plain = [f"self.{f.name} is {default_of(f)}" for f in self.fields if f.property or f.flag]
            exact = [f for f in self.accessors.always if not f.flag and f.type in (bool, bytes)]
            plain += [_exactness(field) for field in exact]
            data, image = self.accessors.image(f"slot.out_address, {Slot.SIZE}", True)
            lines += [
                *[f"    {field.name} = self.{field.name}" for field in self.accessors.always if not field.flag],
                f"    if {' and '.join(plain) or True}:",
                "        try:",
                *["            " + line for line in data],
                "            try:",
                "                slot = take_slot()",
                "            except IndexError:",
                "                slot = Slot()",
                f"            size = encode_image({image})",
                "            if size > 0:",
                "                data = slot.out[:size]",
                "                give_back(slot)",
                "                return data",
                "        except Unfit:",
                "            pass",
            ]
        return functools.wraps(self.cls.write)(
            self.accessors.compile("write_packet", [*lines, "    return write(self)"])
        )

    def make_init(self) -> Any:
        """An __init__ for exactly this class; classes derived from it get that of the dataclass."""
        # Keyword-only parameters take twice as long to fill with their defaults: so the first positional argument
        # too many goes into one of its own.
        parameters, arguments, plain, positional = ["self"], ["self"], [], ""
        for field in self.fields:
            name, default = field.name, default_of(field)
            if field.keyword and "_surplus=nothing" not in parameters:
                parameters.append("_surplus=nothing")
                positional = ", ".join(arguments)
            parameters.append(name if field.default is dataclasses.MISSING else f"{name}={default}")
            arguments.append(f"{name}={name}" if field.keyword else name)
            if field.property or field.flag:
                plain.append(f"{name} is {default}")
            elif field.nullable:
                plain.append(f"({name} is None or type({name}) is type_{name} and {name} > 0)")
            else:
                plain.append(_exactness(field))
        lines = [f"def __init__({', '.join(parameters)}):"]
        if positional:  # that of the dataclass says what is wrong
            lines += ["    if _surplus is not nothing:", f"        return slow_init({positional}, _surplus)"]
        lines += [
            "    if self.__class__ is not cls:",
            f"        return slow_init({', '.join(arguments)})",
            "    set_class(self, draft)",
            *[f"    self.{field.name} = {field.name}" for field in self.fields],
            "    self.__class__ = cls",
        ]
        if self._has_image():
            data, image = self.accessors.image("0, 0", False)
            lines += [
                f"    if {' and '.join(plain) or True}:",
                "        try:",
                *["            " + line for line in data],
                f"            if check_image({image}) == 0:",
                "                return",
                "        except Unfit:",
                "            pass",
            ]
        init = self.accessors.compile("__init__", [*lines, "    check(self)"])
        init.__qualname__ = self.slow_init.__qualname__
        return functools.wraps(self.slow_init)(init)

    # ----------------------------------------------------------- the general way

    def write(self, value: Any) -> bytes:
        slot = _take_slot()
        try:
            self.accessors.fill(value, slot.view, PACKET_AT, slot.heap, slot.address, 0)
            size = lib.mqtt5_encode_slot(slot.head)
        except UNFIT:
            size = 0
        data: bytes = slot.out[:size] if size > 0 else b""
        _free_slots.append(slot)
        return data or self._write_exactly(value)

    def check(self, value: Any) -> None:
        """Whether the values of fields that have exactly their types are right."""
        fill = (self._holder if self.is_part else self).accessors.fill
        packet = self._probe(value) if self.is_part else value
        slot = _take_slot()
        try:
            fill(packet, slot.view, PACKET_AT, slot.heap, slot.address, 0)
        except UNFIT:
            _free_slots.append(slot)
            slot = Slot(_footprint(packet), 1)
            fill(packet, slot.view, PACKET_AT, slot.heap, slot.address, 0)
        if lib.mqtt5_check_slot(slot.head) < 0:
            self._refuse(value, slot.head.error)
        if len(slot.heap) == Slot.SIZE:
            _free_slots.append(slot)

    def _exact(self, value: Any) -> Any:
        """A draft of a packet or part that may have been changed by force; raises what constructing it would."""
        exact = self.draft()
        for field in self.fields:
            new = field.convert(getattr(value, field.name), f"{self.cls.__name__}.{field.name}")
            if field.type in _bindings:
                part = _bindings[field.type]
                new = tuple(map(part._exact, new)) if field.kind in ITEMS else new and part._exact(new)
            setattr(exact, field.name, new)
        return exact

    def _write_exactly(self, value: Any) -> bytes:
        """Raises what is wrong with a packet that was changed by force; and writes one that is large."""
        exact = self._exact(value)
        footprint = _footprint(exact)
        slot = Slot(footprint, footprint + Slot.SIZE)  # what lists take on the heap is more than on the wire
        self.accessors.fill(exact, slot.view, PACKET_AT, slot.heap, slot.address, 0)
        size = lib.mqtt5_encode_slot(slot.head)
        if size < 0:
            self._refuse(value, slot.head.error)
        return slot.out[:size]  # type: ignore[no-any-return]

    @functools.cached_property
    def _holder(self) -> "Binding":
        """Of a part: the packet that holds it."""
        return next(b for b in _bindings.values() if any(field.type is self.cls for field in b.fields))

    def _probe(self, part: Any) -> Any:
        """The smallest packet that holds a part, so that the library can check it."""
        packet = self._holder.draft()
        for field in self._holder.fields:
            if field.type is self.cls:
                value = (part,) if field.kind in ITEMS else part
            elif field.default is dataclasses.MISSING:
                value = "" if field.type is str else 1
            else:
                value = field.default
            setattr(packet, field.name, value)
        return packet

    def _refuse(self, value: Any, error: Any) -> NoReturn:
        """Raises the ValueError for what the library says of a packet, or of a part in its probe."""
        label, wrong, name = type(value).__name__, value, _field_name(error.field, self.fields)
        if not self.is_part and error.field & lib.MQTT5_FIELD_IN_WILL:
            will = next(field.name for field in self.fields if field.kind == lib.MQTT5_KIND_WILL)
            label, wrong = f"{label}.{will}", getattr(value, will)
        if self.is_part and not hasattr(wrong, name):  # the library speaks of the list that it is in
            name = self.fields[0].name
        if hasattr(wrong, name):
            wrong = getattr(wrong, name)
            if isinstance(wrong, tuple) and wrong:
                name, wrong = f"{name}[{error.index}]", wrong[error.index]
            label = f"{label}.{name}={short(wrong)}"
        raise ValueError(f"{label}: {_text(lib.mqtt5_strerror(error.status))}")


def _exactness(field: Field) -> str:
    """The test that a value is exactly of its type. It asks type(), since __class__ can be feigned."""
    if field.type is bool:
        return f"({field.name} is False or {field.name} is True)"
    return f"type({field.name}) is type_{field.name}"


# ------------------------------------------------------- what an engine does

_bindings: dict[type, Binding] = {}
_by_type: dict[int, Binding] = {}
_readers: dict[int, Callable[..., tuple[Any, int]]] = {}


def _binding(value: object) -> Binding:
    """That of the value's class, or of the one that it is derived from."""
    for cls in type(value).__mro__:
        if cls in _bindings:
            return _bindings[cls]
    raise TypeError(f"{short(value)} is no packet")


def _text(constant: Any) -> str:
    text: bytes = ffi.string(constant)
    return text.decode()


def _field_name(number: int, fields: tuple[Field, ...]) -> str:
    """The name of a field as its class, which has these fields, has it; else as the library has it."""
    for field in fields:
        if field.property and field.property == number & ~lib.MQTT5_FIELD_IN_WILL:
            return field.name
    return _text(lib.mqtt5_field_name(number))


def _convert(value: Any) -> None:
    """Turns each field into exactly its type."""
    for field in _binding(value).fields:
        old = getattr(value, field.name)
        if old is not field.default:
            new = field.convert(old, f"{type(value).__name__}.{field.name}")
            if new is not old:
                object.__setattr__(value, field.name, new)


def check(value: Any) -> None:
    _convert(value)
    _binding(value).check(value)


def write(packet: Any) -> bytes:
    binding = _bindings.get(packet.__class__) or _binding(packet)
    return binding.write(packet)


def read(buffer: Any) -> tuple[Any, int]:
    if buffer.__class__ is memoryview and buffer.nbytes < 1024:
        buffer = buffer.tobytes()
    if buffer.__class__ is not bytes:
        return decode(buffer, 0, 0)
    try:
        slot = _free_slots.pop()
    except IndexError:
        slot = Slot()
    source = buffer if _BYTES_STAY else ffi.from_buffer(buffer)
    found = _decode_slot(source, len(buffer), slot.head)
    if found <= 0:
        error = _decode_error(-found, slot, buffer, len(buffer))
        _free_slots.append(slot)
        raise error
    result = _readers[found](buffer, slot.view)
    _free_slots.append(slot)
    return result


def decode(buffer: Any, start: int, max_packet_size: int) -> tuple[Any, int]:
    """Of a copy, since others may change the buffer meanwhile."""
    slot = _take_slot()
    with _contiguous(buffer) as source:  # released at once: a bytearray cannot change its size before
        found = lib.mqtt5_frame_slot(source, start, len(source), max_packet_size, slot.head)
        if found < 0:
            error = _decode_error(-found, slot, ffi.buffer(source)[start : start + 16], len(source) - start)
            _free_slots.append(slot)
            raise error
        data: bytes = ffi.buffer(source)[start : start + slot.head.size]
    _free_slots.append(slot)
    packet, size = read(data)
    return packet, start + size


_decode_slot = lib.mqtt5_decode_slot

# Where objects do not move, a bytes object can be handed to C as it is.
_BYTES_STAY = sys.implementation.name == "cpython"


def _contiguous(buffer: Any) -> Any:
    try:
        return ffi.from_buffer(buffer)
    except TypeError:
        raise refuse_type(buffer, "buffer", "a bytes-like object") from None
    except BufferError:  # its bytes are not in one piece
        return ffi.from_buffer(bytes(memoryview(buffer)))


def _decode_error(status: int, slot: Slot, data: bytes, size: int) -> Exception:
    """For what the library says of the packet that begins with data; size bytes of it have arrived."""
    text = _text(lib.mqtt5_strerror(status))
    if status == lib.MQTT5_INCOMPLETE:
        needed = slot.head.size
        return IncompleteError(f"{text}: {size} of {needed} bytes", needed=needed)
    error = slot.head.error
    binding = _by_type.get(slot.head.packet.type)
    label = binding.cls.packet_type.name if binding else "packet"
    field = _field_name(error.field, binding.fields if binding else ())
    if error.field & lib.MQTT5_FIELD_IN_WILL:
        field = f"will.{field}"
    found = data[error.offset : error.offset + 8].hex(" ") + (" ..." if size > error.offset + 8 else "")
    return DecodeError(
        f"{label} {field} at offset {error.offset} ({found or 'nothing left'}): {text}",
        reason_code=lib.mqtt5_reason_code(status),
        field=field,
        offset=error.offset,
    )


def topic_matches(pattern: str, topic: str) -> bool:
    views = []
    kept = []
    for name, value, rule in (
        ("pattern", pattern, lib.mqtt5_check_topic_filter),
        ("topic", topic, lib.mqtt5_check_topic_name),
    ):
        data = to_string(value, name).encode()
        kept.append(ffi.from_buffer(data))
        view = ffi.new("mqtt5_view *", (kept[-1], len(data)))
        status = rule(view[0])
        if status:
            raise ValueError(f"{name}={short(value)}: {_text(lib.mqtt5_strerror(status))}")
        views.append(view[0])
    return bool(lib.mqtt5_topic_matches(*views))


for _schema_of in (*_schema.PARTS, *_schema.PACKETS):
    _bindings[_schema_of.cls] = Binding(_schema_of)
    if _schema_of in _schema.PACKETS:
        _by_type[_schema_of.struct] = _bindings[_schema_of.cls]
        _readers[_schema_of.struct] = _bindings[_schema_of.cls].accessors.read
for _each in _bindings.values():
    if not _each.is_part:
        _each.cls.write = _each.make_write()
    _each.cls.__init__ = _each.make_init()
