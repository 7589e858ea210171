# SPDX-License-Identifier: MIT
"""Engine 1: packets to bytes and back over the CFFI module, complete on every Python.

All rules are the C library's: this asks it, and turns its answers into packets, bytes and exceptions. It does
not know any packet or field by name, MQTT's rules, or the wire format.
"""

import dataclasses
import functools
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from mqtt5 import _schema
from mqtt5._convert import refuse_type, short, to_string
from mqtt5._ffi import ffi, lib
from mqtt5._schema import Schema
from mqtt5._structs import ACCESSORS, ITEMS, PACKET_AT, Accessors, default_of
from mqtt5.exceptions import DecodeError, IncompleteError

# ------------------------------------------------------------------ memory


class Slot:
    """Memory for one conversion: a packet's struct, a heap for what it points to, and room for its bytes."""

    __slots__ = ("address", "head", "heap", "memory", "out", "out_address", "view")

    SIZE = 4096

    def __init__(self, heap_size: int = SIZE, room: int = SIZE) -> None:
        self.head = ffi.new("mqtt5_slot *")
        self.view = ffi.buffer(self.head)
        self.memory = ffi.new("uint8_t[]", heap_size), ffi.new("uint8_t[]", room)
        self.heap, self.out = map(ffi.buffer, self.memory)
        self.address = int(ffi.cast("uintptr_t", self.memory[0]))
        self.head.out, self.head.room = self.memory[1], room
        self.out_address = int(ffi.cast("uintptr_t", self.memory[1]))


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
    if value.__class__ in _bindings:
        return sum(_footprint(getattr(value, field.name)) for field in _bindings[value.__class__].fields)
    return 0


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
            plain += [f"{f.name}.__class__ is bool" for f in self.accessors.always if f.type is bool]
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
                "        except Exception:",
                "            pass",
            ]
        return functools.wraps(self.cls.write)(
            self.accessors.compile("write_packet", [*lines, "    return write(self)"])
        )

    def make_init(self) -> Any:
        """An __init__ for exactly this class; classes derived from it get that of the dataclass."""
        # Keyword-only parameters take twice as long to fill with their defaults: so the first positional argument
        # too many goes into one of its own.
        parameters, arguments, plain = ["self"], ["self"], []
        for field in self.fields:
            name, default = field.name, default_of(field)
            if field.keyword and "surplus=cls" not in parameters:
                parameters.append("surplus=cls")
                arguments.append("*(() if surplus is cls else (surplus,))")
            parameters.append(name if field.default is dataclasses.MISSING else f"{name}={default}")
            arguments.append(f"{name}={name}" if field.keyword else name)
            if field.property or field.flag:
                plain.append(f"{name} is {default}")
            elif field.nullable:
                plain.append(f"({name} is None or {name}.__class__ is type_{name} and {name} > 0)")
            else:
                plain.append(f"{name}.__class__ is type_{name}")
        lines = [
            f"def __init__({', '.join(parameters)}):",
            f"    if self.__class__ is not cls{' or surplus is not cls' if 'surplus=cls' in parameters else ''}:",
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
                "        except Exception:",
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
        except Exception:
            size = 0
        data: bytes = slot.out[:size] if size > 0 else b""
        _free_slots.append(slot)
        return data or self._write_exactly(value)

    def check(self, value: Any) -> None:
        """Whether the values of fields that have exactly their types are right."""
        packet = self._probe(value) if self.is_part else value
        slot = (self._holder if self.is_part else self)._filled(packet)
        if lib.mqtt5_check_slot(slot.head) < 0:
            self._refuse(value, slot.head.error)

    def _filled(self, value: Any) -> Slot:
        """A slot large enough, with that packet."""
        slot = Slot(_footprint(tuple(getattr(value, field.name) for field in self.fields)), 1)
        self.accessors.fill(value, slot.view, PACKET_AT, slot.heap, slot.address, 0)
        return slot

    def _write_exactly(self, value: Any) -> bytes:
        """Raises what is wrong with a packet that was changed by force; and writes one that is large."""
        exact = self.draft()
        for field in self.fields:
            setattr(exact, field.name, field.convert(getattr(value, field.name), f"{self.cls.__name__}.{field.name}"))
        slot = self._filled(exact)
        size = lib.mqtt5_encode_slot(slot.head)
        if size == -lib.MQTT5_NO_SPACE:
            room = slot.head.size
            out = ffi.new("uint8_t[]", room)
            slot.head.out, slot.head.room = out, room
            size = lib.mqtt5_encode_slot(slot.head)
        if size < 0:
            self._refuse(value, slot.head.error)
        return bytes(ffi.buffer(slot.head.out, size))

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
        text = _text(lib.mqtt5_strerror(error.status))
        label, wrong, name = type(value).__name__, value, _field_name(error.field, self)
        if not self.is_part and error.field & lib.MQTT5_IN_WILL:
            label, wrong = f"{label}.will", value.will
        if not hasattr(wrong, name):
            raise ValueError(f"{short(value, 300) if self.is_part else label}: {text}")
        wrong = getattr(wrong, name)
        if isinstance(wrong, tuple) and wrong:
            name, wrong = f"{name}[{error.index}]", wrong[error.index]
        raise ValueError(f"{label}.{name}={short(wrong)}: {text}")


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


def _field_name(number: int, binding: Binding) -> str:
    """The name of a field as its class has it; else as the library has it."""
    for field in binding.fields:
        if field.property and field.property == number & ~lib.MQTT5_IN_WILL:
            return field.name
    return _text(lib.mqtt5_field_name(number))


def _convert(value: Any) -> None:
    """Turns each field into exactly its type."""
    for field in _binding(value).fields:
        old = getattr(value, field.name)
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
    if buffer.__class__ is bytes and _BYTES_STAY:
        slot = _take_slot()
        found = _read_slot(buffer, len(buffer), slot.head)
        if found > 0:
            result = _readers[found](buffer, slot.view)
            _free_slots.append(slot)
            return result
    return decode(buffer, 0, 0)


_read_slot = lib.mqtt5_read_slot


def decode(buffer: Any, start: int, max_packet_size: int) -> tuple[Any, int]:
    if buffer.__class__ is bytes and _BYTES_STAY:
        return _decode(buffer, start, 0, max_packet_size)
    with _contiguous(buffer) as source:  # released at once: a bytearray cannot change its size before
        return _decode(source, start, start, max_packet_size)


def _decode(source: Any, start: int, origin: int, max_packet_size: int) -> tuple[Any, int]:
    """Of bytes, origin is 0; of anything else it is start, and the packet's bytes are copied."""
    slot = _take_slot()
    found = lib.mqtt5_decode_slot(source, start, len(source), origin, max_packet_size, slot.head)
    if found <= 0:
        raise _decode_error(-found, slot, source, start)
    data = source if source.__class__ is bytes else ffi.buffer(source)[start : start + slot.head.size]
    packet, size = _readers[found](data, slot.view)
    _free_slots.append(slot)
    return packet, start + size


# Where objects do not move, a bytes object can be handed to C as it is.
_BYTES_STAY = sys.implementation.name == "cpython"


def _contiguous(buffer: Any) -> Any:
    try:
        return ffi.from_buffer(buffer)
    except TypeError:
        raise refuse_type(buffer, "buffer", "a bytes-like object") from None
    except BufferError:  # its bytes are not in one piece
        return ffi.from_buffer(bytes(memoryview(buffer)))


def _decode_error(status: int, slot: Slot, source: Any, start: int) -> Exception:
    text = _text(lib.mqtt5_strerror(status))
    if status == lib.MQTT5_INCOMPLETE:
        needed = slot.head.size
        return IncompleteError(f"{text}: {len(source) - start} of {needed} bytes", needed=needed)
    error = slot.head.error
    binding = _by_type.get(slot.head.packet.type)
    label = binding.cls.packet_type.name if binding else "packet"
    field = _text(lib.mqtt5_field_name(error.field))
    if error.field & lib.MQTT5_IN_WILL:
        field = f"will.{field}"
    elif binding:
        field = _field_name(error.field, binding)
    where = start + error.offset
    data: bytes = (source if source.__class__ is bytes else ffi.buffer(source))[where : where + 8]
    found = data.hex(" ") + (" ..." if len(source) > where + 8 else "")
    return DecodeError(
        f"{label} {field} at offset {error.offset} ({found}): {text}",
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
