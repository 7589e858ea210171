# SPDX-License-Identifier: MIT
"""Engine 1: packets to bytes and back over the CFFI module, complete on every Python.

For each class it generates three functions from the schema: one reads the C struct, one fills it, one is a
faster __init__. All rules are the C library's. It knows structs, by the kinds and offsets of their members;
it does not know any packet or field by name, MQTT's rules, or the wire format.
"""

import dataclasses
import functools
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from mqtt5 import _schema
from mqtt5._convert import refuse_type, short, to_string
from mqtt5._ffi import ffi, lib
from mqtt5._schema import Field, Schema
from mqtt5.exceptions import DecodeError, IncompleteError

POINTER = "Q" if ffi.sizeof("void *") == 8 else "I"
VIEW = struct.Struct(f"=2{POINTER}")
LIST = struct.Struct(f"=4{POINTER}")  # items, wire, count
PAIR = struct.Struct(f"=4{POINTER}")
PACKET_AT = ffi.offsetof("mqtt5_slot", "packet")

VIEWS = (lib.MQTT5_KIND_STRING, lib.MQTT5_KIND_BINARY, lib.MQTT5_KIND_PAYLOAD)
FORMATS = {
    lib.MQTT5_KIND_BOOL: "?",
    lib.MQTT5_KIND_BYTE: "B",
    lib.MQTT5_KIND_U16: "H",
    lib.MQTT5_KIND_U32: "I",
    lib.MQTT5_KIND_VARINT: "I",
    lib.MQTT5_KIND_VARINTS: "I",
    lib.MQTT5_KIND_REASON_CODES: "B",
    **dict.fromkeys(VIEWS, 2 * POINTER),
}
ITEMS = {
    lib.MQTT5_KIND_VARINTS: (lib.mqtt5_next_subscription_id, "uint32_t"),
    lib.MQTT5_KIND_USER_PROPERTIES: (lib.mqtt5_next_user_property, "mqtt5_user_property"),
    lib.MQTT5_KIND_TOPIC_FILTERS: (lib.mqtt5_next_topic_filter, "mqtt5_topic_filter"),
    lib.MQTT5_KIND_REASON_CODES: (lib.mqtt5_next_reason_code, "uint8_t"),
    lib.MQTT5_KIND_PATTERNS: (lib.mqtt5_next_pattern, "mqtt5_view"),
}


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


# ------------------------------------------------------------------- lists


def _list_reader(field: Field) -> Callable[..., Any]:
    take_next, ctype = ITEMS[field.kind]
    read_item = _item_reader(field)

    def read(view: Any, at: int, data: bytes, address: int) -> tuple[Any, ...]:
        rest = ffi.new("mqtt5_list *")
        ffi.buffer(rest)[:] = view[at : at + LIST.size]
        item = ffi.new(f"{ctype} *")
        memory = ffi.buffer(item)
        items = []
        while take_next(rest, item):
            items.append(read_item(data, memory, 0, address))
        return tuple(items)

    return read


def _item_reader(field: Field) -> Callable[..., Any]:
    def view_at(data: bytes, memory: Any, at: int, address: int) -> str:
        where, size = VIEW.unpack_from(memory, at)
        return data[where - address : where - address + size].decode()

    def pair_at(data: bytes, memory: Any, at: int, address: int) -> tuple[str, str]:
        return view_at(data, memory, at, address), view_at(data, memory, at + VIEW.size, address)

    if field.kind == lib.MQTT5_KIND_USER_PROPERTIES:
        return pair_at
    if field.kind == lib.MQTT5_KIND_PATTERNS:
        return view_at
    if field.type in _bindings:
        return _bindings[field.type].read
    number = struct.Struct("=" + FORMATS[field.kind])
    return lambda data, memory, at, address: field.type(number.unpack_from(memory, at)[0])


def _list_writer(field: Field) -> Callable[..., int]:
    size = ffi.sizeof(ITEMS[field.kind][1])
    write_item = _item_writer(field)

    def write(items: Sequence[Any], view: Any, at: int, heap: Any, address: int, end: int) -> int:
        start = (end + 7) & ~7
        end = start + size * len(items)
        for i, item in enumerate(items):
            end = write_item(item, heap, start + i * size, heap, address, end)
        LIST.pack_into(view, at, address + start, 0, 0, len(items))
        return end

    return write


def _item_writer(field: Field) -> Callable[..., int]:
    def put_view(item: str, memory: Any, at: int, heap: Any, address: int, end: int) -> int:
        data = item.encode()
        heap[end : end + len(data)] = data  # ValueError if there is no room
        VIEW.pack_into(memory, at, address + end, len(data))
        return end + len(data)

    def put_pair(item: tuple[str, str], memory: Any, at: int, heap: Any, address: int, end: int) -> int:
        name, value = item
        end = put_view(name, memory, at, heap, address, end)
        return put_view(value, memory, at + VIEW.size, heap, address, end)

    if field.kind == lib.MQTT5_KIND_USER_PROPERTIES:
        return put_pair
    if field.kind == lib.MQTT5_KIND_PATTERNS:
        return put_view
    if field.type in _bindings:
        return _bindings[field.type].fill
    number = struct.Struct("=" + FORMATS[field.kind])

    def put_number(item: int, memory: Any, at: int, heap: Any, address: int, end: int) -> int:
        number.pack_into(memory, at, item)
        return end

    return put_number


# ------------------------------------------------------ generated functions


def _layout(members: list[tuple[int, str, str]]) -> tuple[struct.Struct, int, str]:
    """A Struct for members (offset, format, names) that skips what is between, its offset, and all names."""
    members = sorted(members)
    start = members[0][0] if members else 0
    text = "="
    for offset, item, _ in members:
        text += f"{offset - start - struct.calcsize(text)}x{item}"
    return struct.Struct(text), start, ", ".join(names for _, _, names in members)


class Binding:
    """A schema, and the functions made from it.

    In the generated code the variables of a field are NAME; NAME_at and NAME_size for the pointer and size of
    a text, NAME_data for its bytes; has_NAME for its flag. The struct is at offset at of view. Pointers read are
    relative to address; pointers written lead into the heap, which is at address and used up to end.
    """

    def __init__(self, schema: Schema) -> None:
        self.fields = schema.fields
        self.struct = schema.struct
        self.properties = schema.properties
        self.cls: Any = schema.cls
        self.is_part = schema in _schema.PARTS
        # A class of the same layout, without the frozen __setattr__. Objects are made as drafts and then change
        # their class: to set each field of a frozen object takes several times as long.
        thawed = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
        self.draft: Any = type(self.cls.__name__, (self.cls,), {**thawed, "__init__": object.__init__})
        self.slow_init = self.cls.__init__
        self.always = [f for f in self.fields if not f.property and f.kind in FORMATS and f.kind not in ITEMS]
        self.direct = [field for field in self.always if field.kind in VIEWS and not field.flag and not self.is_part]
        if self.direct:
            lib.mqtt5_direct_views[self.struct] = ([field.offset for field in self.direct] + [0])[:2]
        self.names = self._names()
        self.read = self._compile("read", self._read_lines())
        self.fill = self._compile("fill", self._fill_lines())

    def _names(self) -> dict[str, Any]:
        """What the generated code refers to."""
        names: dict[str, Any] = {
            "cls": self.cls,
            "draft": self.draft,
            "set_class": object.__dict__["__class__"].__set__,
            "slow_init": self.slow_init,
            "check": check,
            "write": self.write,
            "free_slots": _free_slots,
            "Slot": Slot,
            "check_image": lib.mqtt5_check_image,
            "encode_image": lib.mqtt5_encode_image,
            "address_of": struct.Struct(f"={ffi.offsetof('mqtt5_slot', 'address')}x{POINTER}").unpack_from,
            "put_present": struct.Struct("=Q").pack_into,
        }
        for field in self.fields:
            names[f"default_{field.name}"] = field.default
            names[f"type_{field.name}"] = tuple if field.kind in ITEMS else field.type
            names[f"members_{field.name}"] = getattr(field.type, "_value2member_map_", None)
            if field.kind in ITEMS:
                names[f"read_{field.name}"] = _list_reader(field)
                names[f"fill_{field.name}"] = _list_writer(field)
            elif field.type in _bindings:
                names[f"read_{field.name}"] = _bindings[field.type].read
                names[f"fill_{field.name}"] = _bindings[field.type].fill
            else:
                names[f"struct_{field.name}"] = struct.Struct("=" + FORMATS[field.kind])
        return names

    def _compile(self, name: str, lines: list[str]) -> Any:
        names = dict(self.names)
        exec(compile("\n".join(lines), f"<mqtt5 {self.cls.__name__} {name}>", "exec"), names)
        return names[name]

    def _layout(self, *extra: tuple[int, str, str]) -> tuple[struct.Struct, int, str]:
        """Of the members that are always there, and some more (offset, format, variables)."""
        members = list(extra)
        if self.properties >= 0:
            members.append((self.properties, "Q", "present"))
        members += [(field.flag, "?", f"has_{field.name}") for field in self.fields if field.flag]
        members += [(field.offset, FORMATS[field.kind], _variables(field)) for field in self.always]
        return _layout(members)

    # ----------------------------------------------------------------- from C

    def _read_lines(self) -> list[str]:
        size = [] if self.is_part else [(ffi.offsetof("mqtt5_slot", "size") - PACKET_AT, POINTER, "size")]
        layout, start, variables = self._layout(*size)
        self.names["unpack"] = layout.unpack_from
        at = "at" if self.is_part else str(PACKET_AT)
        lines = [
            f"def read(data, view{', at, address' if self.is_part else ''}):",
            f"    {variables}, = unpack(view, {at} + {start})",
            "    made = draft()",
        ]
        present = []
        if not self.is_part:  # only where it is needed
            early = any(field.flag or (field.kind in ITEMS and not field.property) for field in self.fields)
            (lines if early else present).append(f"    {'' if early else '    '}address = address_of(view)[0]")
        for field in self.fields:
            name, member = field.name, f"{at} + {field.offset}"
            code = [f"made.{name} = {_read_expression(field, member)}"]
            if field.kind in VIEWS and field not in self.direct:
                code.insert(0, f"{name}_at -= address")
            if field.property:
                if field.kind not in ITEMS:
                    code.insert(0, f"{_variables(field)}, = struct_{name}.unpack_from(view, {member})")
                lines.append(f"    made.{name} = {_default(field)}")
                present += [f"        if present & {1 << field.property}:", *["            " + line for line in code]]
            elif field.flag:
                lines += [f"    made.{name} = None", f"    if has_{name}:", *["        " + line for line in code]]
            else:
                lines += ["    " + line for line in code]
        if any(field.property for field in self.fields):
            lines += ["    if present:", *present]
        return [*lines, "    made.__class__ = cls", "    return made" if self.is_part else "    return made, size"]

    # ------------------------------------------------------------------- to C

    def _fill_lines(self) -> list[str]:
        """Any packet or part. Raises if a field is not of its type."""
        extra = [] if self.is_part else [(ffi.offsetof("mqtt5_packet", "type"), "B", str(self.struct))]
        layout, start, variables = self._layout(*extra)
        self.names["pack_all"] = layout.pack_into
        # pack_all() zeroes what it skips: so first all that it packs, then the rest.
        first, rest = ["present = 0"], [f"pack_all(view, at + {start}, {variables})"]
        for field in self.fields:
            name, member = field.name, f"at + {field.offset}"
            lines = first if field in self.always else rest
            code = []
            if field.kind in VIEWS:
                code = [
                    f"{name}_data = {_data(field)}",
                    f"{name}_size = len({name}_data)",
                    f"{name}_at = address + end",
                    f"heap[end : end + {name}_size] = {name}_data",
                    f"end += {name}_size",
                ]
            elif field.kind in ITEMS or field.type in _bindings:
                code.append(f"end = fill_{name}({name}, view, {member}, heap, address, end)")
            elif field.type is bool:
                code.append(f"if {name}.__class__ is not bool: raise TypeError")
            elif field.nullable:
                code.append(f"{name} = {name} or 0")
            if field.property:
                lines.append(f"if {name} {'is not' if field.default is None else '!='} {_default(field)}:")
                if field.kind not in ITEMS:
                    code.append(f"struct_{name}.pack_into(view, {member}, {_variables(field)})")
                code.append(f"present |= {1 << field.property}")
            elif field.flag:
                first.append(f"has_{name} = {name} is not None")
                if lines is first:
                    first.append(f"{name}_at = {name}_size = 0")
                lines.append(f"if has_{name}:")
            lines += ["    " + line for line in code] if field.property or field.flag else code
        if any(field.property for field in self.fields):
            rest += ["if present:", f"    put_present(view, at + {self.properties}, present)"]
        return [
            "def fill(value, view, at, heap, address, end):",
            *[f"    {field.name} = value.{field.name}" for field in self.fields],
            *["    " + line for line in first + rest],
            "    return end",
        ]

    def _image(self, out: str, binary: bool) -> tuple[list[str], str]:
        """Lines, and then an expression for the image of a packet with no more than its fixed fields.

        Without the data of binary fields it will do for a check, which does not look at those.
        """
        members = [(field.flag, "?", "False") for field in self.fields if field.flag]
        for field in self.always:
            if field in self.direct:
                members.append((field.offset + VIEW.size // 2, POINTER, f"len({_data_name(field)})"))
            elif not field.flag:
                members.append((field.offset, FORMATS[field.kind], f"{field.name} or 0" if field.nullable else field.name))
        layout, start, variables = _layout(members)
        head = f"={2 * POINTER}HHI"
        self.names["pack_image"] = struct.Struct(head + layout.format.removeprefix("=")).pack
        lines = [f"{field.name}_data = {_data(field)}" for field in self.direct if field.type is str]
        data = "".join(f" + {_data_name(field)}" for field in self.direct if binary or field.type is str)
        return lines, f"pack_image({out}, {start}, {layout.size}, {self.struct}, {variables}){data}"

    def _has_image(self) -> bool:
        return not self.is_part and all(field in self.always or field.property or field.flag for field in self.fields)

    def make_write(self) -> Any:
        """A method for packets with no more than their fixed fields; the others go the general way."""
        lines = ["def write_packet(self):"]
        if self._has_image():
            plain = [f"self.{f.name} is {_default(f)}" for f in self.fields if f.property or f.flag]
            plain += [f"{f.name}.__class__ is bool" for f in self.always if f.type is bool]
            data, image = self._image(f"slot.out_address, {Slot.SIZE}", True)
            lines += [
                *[f"    {field.name} = self.{field.name}" for field in self.always if not field.flag],
                f"    if {' and '.join(plain) or True}:",
                "        try:",
                *["            " + line for line in data],
                "            slot = free_slots.pop() if free_slots else Slot()",
                f"            size = encode_image({image})",
                "            if size > 0:",
                "                data = slot.out[:size]",
                "                free_slots.append(slot)",
                "                return data",
                "        except Exception:",
                "            pass",
            ]
        return functools.wraps(self.cls.write)(self._compile("write_packet", [*lines, "    return write(self)"]))

    def make_init(self) -> Any:
        """An __init__ for exactly this class; classes derived from it get that of the dataclass."""
        # Keyword-only parameters take twice as long to fill with their defaults: so the first positional argument
        # too many goes into one of its own.
        parameters, arguments, plain = ["self"], ["self"], []
        for field in self.fields:
            name, default = field.name, _default(field)
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
            data, image = self._image("0, 0", False)
            lines += [
                f"    if {' and '.join(plain) or True}:",
                "        try:",
                *["            " + line for line in data],
                f"            if check_image({image}) == 0:",
                "                return",
                "        except Exception:",
                "            pass",
            ]
        init = self._compile("__init__", [*lines, "    check(self)"])
        init.__qualname__ = self.slow_init.__qualname__
        return functools.wraps(self.slow_init)(init)

    # ----------------------------------------------------------- the general way

    def write(self, value: Any) -> bytes:
        slot = _free_slots.pop() if _free_slots else Slot()
        try:
            self.fill(value, slot.view, PACKET_AT, slot.heap, slot.address, 0)
            size = lib.mqtt5_encode_slot(slot.head)
        except Exception:
            size = 0
        data: bytes = slot.out[:size] if size > 0 else b""
        _free_slots.append(slot)
        return data or self._write_exactly(value)

    def check(self, value: Any) -> None:
        """Whether the values of fields that have exactly their types are right."""
        if self.is_part:
            slot = self._holder._filled(self._probe(value))
        else:
            slot = self._filled(value)
        if lib.mqtt5_check_slot(slot.head) < 0:
            self._refuse(value, slot.head.error)

    def _filled(self, value: Any) -> Slot:
        """A slot large enough, with that packet."""
        slot = Slot(_footprint(tuple(getattr(value, field.name) for field in self.fields)), 1)
        self.fill(value, slot.view, PACKET_AT, slot.heap, slot.address, 0)
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
        text = ffi.string(lib.mqtt5_strerror(error.status)).decode()
        label, wrong, name = type(value).__name__, value, _field_name(error.field, self)
        if not self.is_part and error.field & lib.MQTT5_IN_WILL:
            label, wrong = f"{label}.will", value.will
        if not hasattr(wrong, name):
            raise ValueError(f"{short(value, 300) if self.is_part else label}: {text}")
        wrong = getattr(wrong, name)
        if isinstance(wrong, tuple) and wrong:
            name, wrong = f"{name}[{error.index}]", wrong[error.index]
        raise ValueError(f"{label}.{name}={short(wrong)}: {text}")


def _variables(field: Field) -> str:
    return f"{field.name}_at, {field.name}_size" if field.kind in VIEWS else field.name


def _default(field: Field) -> str:
    """The expression for a default: a constant is faster."""
    return "None" if field.default is None else f"default_{field.name}"


def _data(field: Field) -> str:
    """The expression for the bytes of a text."""
    if field.type is str:
        return f"{field.name}.encode()"
    return f"{field.name} or b''" if field.nullable else field.name


def _data_name(field: Field) -> str:
    return f"{field.name}_data" if field.type is str else field.name


def _read_expression(field: Field, member: str) -> str:
    """Makes the value of a field from its variables."""
    name = field.name
    if field.kind in VIEWS:
        part = f"data[{name}_at : {name}_at + {name}_size]"
        return f"{part}.decode()" if field.type is str else part
    if field.kind in ITEMS:
        return f"read_{name}(view, {member}, data, address)"
    if field.type in _bindings:
        return f"read_{name}(data, view, {member}, address)"
    if hasattr(field.type, "_value2member_map_"):
        return f"members_{name}[{name}]"
    if field.type is bool and field.kind != lib.MQTT5_KIND_BOOL:
        return f"{name} != 0"
    return f"{name} or None" if field.nullable else name


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


def _field_name(number: int, binding: Binding) -> str:
    """The name of a field as its class has it; else as the library has it."""
    for field in binding.fields:
        if field.property and field.property == number & ~lib.MQTT5_IN_WILL:
            return field.name
    return ffi.string(lib.mqtt5_field_name(number)).decode()


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
    return binding.write(packet)  # type: ignore[no-any-return]


def read(buffer: Any) -> tuple[Any, int]:
    if buffer.__class__ is memoryview and buffer.nbytes < 1024:
        buffer = buffer.tobytes()
    if buffer.__class__ is bytes and _BYTES_STAY:
        slot = _free_slots.pop() if _free_slots else Slot()
        found = _read_slot(buffer, len(buffer), slot.head)
        if found > 0:
            result = _readers[found](buffer, slot.view)
            _free_slots.append(slot)
            return result
    return decode(buffer, 0, 0)


_read_slot = lib.mqtt5_read_slot


def decode(buffer: Any, start: int, max_packet_size: int) -> tuple[Any, int]:
    if buffer.__class__ is bytes and _BYTES_STAY:
        source, origin = buffer, 0
    else:
        source, origin = _contiguous(buffer), start
    try:
        slot = _free_slots.pop()
    except IndexError:
        slot = Slot()
    found = lib.mqtt5_decode_slot(source, start, len(source), origin, max_packet_size, slot.head)
    if found <= 0:
        raise _decode_error(-found, slot, source, start)
    data = source if source is buffer else ffi.buffer(source)[start : start + slot.head.size]
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
    except ValueError:
        raise BufferError("buffer must be contiguous") from None


def _decode_error(status: int, slot: Slot, source: Any, start: int) -> Exception:
    text = ffi.string(lib.mqtt5_strerror(status)).decode()
    if status == lib.MQTT5_INCOMPLETE:
        needed = slot.head.size
        return IncompleteError(f"{text}: {len(source) - start} of {needed} bytes", needed=needed)
    error = slot.head.error
    binding = _by_type.get(slot.head.packet.type)
    label = binding.cls.packet_type.name if binding else "packet"
    field = ffi.string(lib.mqtt5_field_name(error.field)).decode()
    if error.field & lib.MQTT5_IN_WILL:
        field = f"will.{field}"
    elif binding:
        field = _field_name(error.field, binding)
    where = start + error.offset
    found = bytes(source[where : where + 8]).hex(" ")
    return DecodeError(
        f"{label} {field} at offset {error.offset} ({found}...): {text}",
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
            raise ValueError(f"{name}={short(value)}: {ffi.string(lib.mqtt5_strerror(status)).decode()}")
        views.append(view[0])
    return bool(lib.mqtt5_topic_matches(*views))


for _schema_of in (*_schema.PARTS, *_schema.PACKETS):
    _bindings[_schema_of.cls] = Binding(_schema_of)
    if _schema_of in _schema.PACKETS:
        _by_type[_schema_of.struct] = _bindings[_schema_of.cls]
        _readers[_schema_of.struct] = _bindings[_schema_of.cls].read
for _each in _bindings.values():
    if not _each.is_part:
        _each.cls.write = _each.make_write()
    _each.cls.__init__ = _each.make_init()
