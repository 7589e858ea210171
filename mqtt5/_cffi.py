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

from mqtt5 import _errors, _schema
from mqtt5._convert import refuse_type, to_string
from mqtt5._ffi import ffi, lib
from mqtt5._postponed import Postponed
from mqtt5._schema import Field, Schema
from mqtt5._structs import ACCESSORS, ITEMS, PACKET_AT, PART_CLASSES, Accessors, default_of
from mqtt5._typing import Any
from mqtt5.packets import BasePacket

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
    if isinstance(value, _schema.CLASSES):
        return sum(_footprint(getattr(value, field.name)) for field in _schema.of(value).fields)
    return 0


# What making a struct or an image raises if a field is not of its type, or a slot is too small.
UNFIT = (AttributeError, OverflowError, TypeError, ValueError, struct.error)


# ---------------------------------------------------------------- bindings


class Binding:
    """A packet class or part, and what the engine does with it."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.cls: Any = schema.cls
        self.fields = schema.fields
        # A class of the same layout, without the frozen __setattr__. Objects are made as drafts and then change
        # their class: to set each field of a frozen object takes several times as long.
        thawed = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
        self.draft: Any = type(self.cls.__name__, (self.cls,), {**thawed, "__init__": object.__init__})
        self.slow_init: Any = _slow_inits[self.cls].__get__(None, self.cls)
        for field in self.fields:
            if field.type in PART_CLASSES:
                _ = _bindings[field.type]
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
        return functools.wraps(BasePacket.write)(
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
        binding, packet = self._probe(value) if self.is_part else (self, value)
        fill = binding.accessors.fill
        slot = _take_slot()
        try:
            fill(packet, slot.view, PACKET_AT, slot.heap, slot.address, 0)
        except UNFIT:
            _free_slots.append(slot)
            slot = Slot(_footprint(packet), 1)
            fill(packet, slot.view, PACKET_AT, slot.heap, slot.address, 0)
        if lib.mqtt5_check_slot(slot.head) < 0:
            raise _refusal(value, slot.head.error)
        if len(slot.heap) == Slot.SIZE:
            _free_slots.append(slot)

    def _exact(self, value: Any) -> Any:
        """A draft of a packet or part that may have been changed by force; raises what constructing it would."""
        exact = self.draft()
        for field in self.fields:
            new = field.convert(getattr(value, field.name), f"{self.cls.__name__}.{field.name}")
            if field.type in PART_CLASSES:
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
            raise _refusal(value, slot.head.error)
        return slot.out[:size]  # type: ignore[no-any-return]

    def _probe(self, part: Any) -> tuple["Binding", Any]:
        """The smallest packet that holds a part, so that the library can check it, and its binding."""
        schema, place, values = _schema.holder(self.schema)
        binding = _bindings[schema.cls]
        packet = binding.draft()
        for field, value in zip(schema.fields, values, strict=True):
            setattr(packet, field.name, value)
        setattr(packet, place.name, (part,) if place.kind in ITEMS else part)
        return binding, packet


def _exactness(field: Field) -> str:
    """The test that a value is exactly of its type. It asks type(), since __class__ can be feigned."""
    if field.type is bool:
        return f"({field.name} is False or {field.name} is True)"
    return f"type({field.name}) is type_{field.name}"


# ------------------------------------------------------- what an engine does


class _Made(dict[Any, Any]):
    """Makes its values when they are asked for: to make all takes longer than the rest of the import."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make

    def __missing__(self, key: Any) -> Any:
        return self.setdefault(key, self.make(key))


_slow_inits: dict[type, Any] = {cls: vars(cls)["__init__"] for cls in _schema.CLASSES}
_bindings: dict[type, Binding] = _Made(lambda cls: Binding(_schema.BY_CLASS[cls]))
_readers: dict[int, Callable[..., tuple[Any, int]]] = _Made(
    lambda struct: next(_bindings[each.cls] for each in _schema.PACKETS if each.struct == struct).accessors.read
)


def _binding(value: object) -> Binding:
    """That of the value's class, or of the one that it is derived from."""
    return _bindings[_schema.of(value).cls]


def _refusal(value: Any, error: Any) -> ValueError:
    return _errors.refuse_value(value, error.status, error.field, error.index)


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
    if type(buffer) is memoryview and buffer.nbytes < 1024:
        buffer = buffer.tobytes()
    if type(buffer) is not bytes:
        return decode(buffer, 0, 0)
    try:
        slot = _free_slots.pop()
    except IndexError:
        slot = Slot()
    source = buffer if _BYTES_STAY else ffi.from_buffer(buffer)
    found = _decode_slot(source, len(buffer), slot.head)
    if found <= 0:
        try:  # not by a name, which would keep the buffer with the traceback
            raise _decode_error(-found, slot, buffer, len(buffer))
        finally:
            _free_slots.append(slot)
    result = _readers[found](buffer, slot.view)
    _free_slots.append(slot)
    return result


def decode(buffer: Any, start: int, max_packet_size: int) -> tuple[Any, int]:
    """Of a copy, since others may change the buffer meanwhile; another thread may have cut it already."""
    slot = _take_slot()
    with _contiguous(buffer) as source:  # released at once: a bytearray cannot change its size before
        start = min(start, len(source))
        found = lib.mqtt5_frame_slot(source, start, len(source), max_packet_size, slot.head)
        if found < 0:
            try:
                raise _decode_error(-found, slot, ffi.buffer(source)[start : start + 16], len(source) - start)
            finally:
                _free_slots.append(slot)
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
    if status == lib.MQTT5_INCOMPLETE:
        return _errors.incomplete(size, slot.head.size)
    error = slot.head.error
    found = data[error.offset : error.offset + 9]
    return _errors.refuse_packet(status, slot.head.packet.type, error.field, error.offset, found)


def replace(documented_read: Any, decoder: Any) -> tuple[Any, Any]:
    """One call less; the Decoder in Python does."""
    return functools.wraps(documented_read)(read), decoder


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
            raise _errors.refuse_argument(value, name, status)
        views.append(view[0])
    return bool(lib.mqtt5_topic_matches(*views))


def _postpone(cls: Any, name: str, make: Callable[[Binding], Any]) -> None:
    Postponed(cls, name, lambda: make(_bindings[cls]))


for _cls in _schema.CLASSES:
    _postpone(_cls, "__init__", Binding.make_init)
    if _cls not in PART_CLASSES:
        _postpone(_cls, "write", Binding.make_write)
