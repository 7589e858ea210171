# SPDX-License-Identifier: MIT
"""Moves the fields of packets and parts between Python objects and the C structs, through memory that CFFI shows.

For each class it generates the code from the schema, since a loop over the fields takes three times as long.
It knows the kinds and offsets of struct members; it does not know any packet or field by name, what a value
must be, or when anything is read or written.
"""

import struct
from collections.abc import Callable, Sequence
from enum import IntEnum

from mqtt5 import _schema
from mqtt5._ffi import ffi, lib
from mqtt5._schema import Field, Schema
from mqtt5._typing import Any

POINTER = "Q" if ffi.sizeof("void *") == 8 else "I"
VIEW = struct.Struct(f"=2{POINTER}")
LIST = struct.Struct(f"=4{POINTER}")  # items, wire, count
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


PART_CLASSES = tuple(schema.cls for schema in _schema.PARTS)

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
    if field.type in PART_CLASSES:
        return ACCESSORS[field.type].read
    number = struct.Struct("=" + FORMATS[field.kind])
    make: Callable[[int], Any] = field.type
    return lambda data, memory, at, address: make(number.unpack_from(memory, at)[0])


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
    if field.type in PART_CLASSES:
        return ACCESSORS[field.type].fill
    number = struct.Struct("=" + FORMATS[field.kind])

    def put_number(item: int, memory: Any, at: int, heap: Any, address: int, end: int) -> int:
        number.pack_into(memory, at, item)
        return end

    return put_number


# ---------------------------------------------------------- generated code


def _layout(members: list[tuple[int, str, str]]) -> tuple[struct.Struct, int, str]:
    """A Struct for members (offset, format, names) that skips what is between, its offset, and all names."""
    members = sorted(members)
    start = members[0][0] if members else 0
    text = "="
    for offset, item, _ in members:
        text += f"{offset - start - struct.calcsize(text)}x{item}"
    return struct.Struct(text), start, ", ".join(names for _, _, names in members)


def always_of(schema: Schema) -> list[Field]:
    """Fields whose member is always there, texts and numbers."""
    return [f for f in schema.fields if not f.property and f.kind in FORMATS and f.kind not in ITEMS]


def direct_of(schema: Schema) -> list[Field]:
    """The texts among them, of packets; there are at most two."""
    if schema in _schema.PARTS:
        return []
    return [field for field in always_of(schema) if field.kind in VIEWS and not field.flag]


for _packet in _schema.PACKETS:
    lib.mqtt5_direct_views[_packet.struct] = ([field.offset for field in direct_of(_packet)] + [0, 0])[:2]


class Accessors:
    """The functions for one class, and parts of code for others.

    In the generated code the variables of a field are NAME; NAME_at and NAME_size for the pointer and size of
    a text, NAME_data for its bytes; has_NAME for its flag. The struct is at offset at of view. Pointers read are
    relative to address; pointers written lead into the heap, which is at address and used up to end.
    """

    def __init__(self, schema: Schema, draft: type) -> None:
        self.schema = schema
        self.fields = schema.fields
        self.is_part = schema in _schema.PARTS
        self.always = always_of(schema)
        self.direct = direct_of(schema)
        self.names = self._names(draft)
        #: read(data, view) -> (object, size); of a part: read(data, view, at, address) -> object
        self.read: Callable[..., Any] = self.compile("read", self._read_lines())
        #: fill(value, view, at, heap, address, end) -> end; raises if the heap is too small or a field of another type.
        self.fill: Callable[..., int] = self.compile("fill", self._fill_lines())

    def _names(self, draft: type) -> dict[str, Any]:
        """What the generated code refers to."""
        names: dict[str, Any] = {
            "cls": self.schema.cls,
            "draft": draft,
            "address_of": struct.Struct(f"={ffi.offsetof('mqtt5_slot', 'address')}x{POINTER}").unpack_from,
            "put_present": struct.Struct("=Q").pack_into,
            "encode": str.encode,
        }
        for field in self.fields:
            names[f"default_{field.name}"] = field.default
            names[f"type_{field.name}"] = tuple if field.kind in ITEMS else field.type
            if issubclass(field.type, IntEnum):
                names[f"members_{field.name}"] = {int(member): member for member in field.type}
            if field.kind in ITEMS:
                names[f"read_{field.name}"] = _list_reader(field)
                names[f"fill_{field.name}"] = _list_writer(field)
            elif field.type in PART_CLASSES:
                names[f"read_{field.name}"] = ACCESSORS[field.type].read
                names[f"fill_{field.name}"] = ACCESSORS[field.type].fill
            else:
                names[f"struct_{field.name}"] = struct.Struct("=" + FORMATS[field.kind])
        return names

    def compile(self, name: str, lines: list[str]) -> Any:
        names = dict(self.names)
        exec(compile("\n".join(lines), f"<mqtt5 {self.schema.cls.__name__} {name}>", "exec"), names)
        return names[name]

    def _layout(self, *extra: tuple[int, str, str]) -> tuple[struct.Struct, int, str]:
        """Of the members that are always there, and some more (offset, format, variables)."""
        members = list(extra)
        if self.schema.properties >= 0:
            members.append((self.schema.properties, "Q", "present"))
        members += [(field.flag, "?", f"has_{field.name}") for field in self.fields if field.flag]
        members += [(field.offset, FORMATS[field.kind], variables_of(field)) for field in self.always]
        return _layout(members)

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
        present: list[str] = []
        if not self.is_part:  # only where it is needed
            early = any(field.flag or (field.kind in ITEMS and not field.property) for field in self.fields)
            (lines if early else present).append(f"    {'' if early else '    '}address = address_of(view)[0]")
        for field in self.fields:
            name, member = field.name, f"{at} + {field.offset}"
            code = [f"made.{name} = {read_expression(field, member)}"]
            if field.kind in VIEWS and field not in self.direct:
                code.insert(0, f"{name}_at -= address")
            if field.property:
                if field.kind not in ITEMS:
                    code.insert(0, f"{variables_of(field)}, = struct_{name}.unpack_from(view, {member})")
                lines.append(f"    made.{name} = {default_of(field)}")
                present += [f"        if present & {1 << field.property}:", *["            " + line for line in code]]
            elif field.flag:
                lines += [f"    made.{name} = None", f"    if has_{name}:", *["        " + line for line in code]]
            else:
                lines += ["    " + line for line in code]
        if any(field.property for field in self.fields):
            lines += ["    if present:", *present]
        return [*lines, "    made.__class__ = cls", "    return made" if self.is_part else "    return made, size"]

    def _fill_lines(self) -> list[str]:
        """Any packet or part. Raises if a field is not of its type."""
        extra = [] if self.is_part else [(ffi.offsetof("mqtt5_packet", "type"), "B", str(self.schema.struct))]
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
                    f"{name}_data = {data_of(field)}",
                    f"{name}_size = len({name}_data)",
                    f"{name}_at = address + end",
                    f"heap[end : end + {name}_size] = {name}_data",
                    f"end += {name}_size",
                ]
            elif field.kind in ITEMS or field.type in PART_CLASSES:
                code.append(f"end = fill_{name}({name}, view, {member}, heap, address, end)")
            if field.nullable and field.kind not in VIEWS:
                code.append(f"{name} = 0 if {name} is None else {name} or -1")  # 0 itself does not fit
            if field.type not in PART_CLASSES or field.kind in ITEMS:  # a part checks its own fields
                unless_none = f"{name} is not None and " if field.nullable else ""
                code.insert(0, f"if {unless_none}type({name}) is not type_{name}: raise TypeError")
            if field.property:
                lines.append(f"if {name} is not {default_of(field)}:")
                if field.kind not in ITEMS:
                    code.append(f"struct_{name}.pack_into(view, {member}, {variables_of(field)})")
                code.append(f"present |= {1 << field.property}")
                if field.default is not None:  # what is equal to the default may be another object
                    code = [code[0], f"if {name} != {default_of(field)}:", *["    " + line for line in code[1:]]]
            elif field.flag:
                first.append(f"has_{name} = {name} is not None")
                if lines is first:
                    first.append(f"{name}_at = {name}_size = 0")
                lines.append(f"if has_{name}:")
            lines += ["    " + line for line in code] if field.property or field.flag else code
        if any(field.property for field in self.fields):
            rest += ["if present:", f"    put_present(view, at + {self.schema.properties}, present)"]
        return [
            "def fill(value, view, at, heap, address, end):",
            *(["    if not issubclass(type(value), cls): raise TypeError"] if self.is_part else []),
            *[f"    {field.name} = value.{field.name}" for field in self.fields],
            *["    " + line for line in first + rest],
            "    return end",
        ]

    def image(self, out: str, binary: bool) -> tuple[list[str], str]:
        """Lines, and then an expression for the image of a packet with no more than its fixed fields.

        Without the data of binary fields it will do for a check, which does not look at those.
        """
        members = [(field.flag, "?", "False") for field in self.fields if field.flag]
        for field in self.always:
            if field in self.direct:
                members.append((field.offset + VIEW.size // 2, POINTER, f"len({data_name_of(field)})"))
            elif not field.flag:
                members.append(
                    (
                        field.offset,
                        FORMATS[field.kind],
                        f"(0 if {field.name} is None else {field.name} or -1)" if field.nullable else field.name,
                    )
                )
        layout, start, variables = _layout(members)
        head = f"={2 * POINTER}HHI"
        self.names["pack_image"] = struct.Struct(head + layout.format.removeprefix("=")).pack
        lines = [f"{field.name}_data = {data_of(field)}" for field in self.direct if field.type is str]
        data = "".join(f" + {data_name_of(field)}" for field in self.direct if binary or field.type is str)
        return lines, f"pack_image({out}, {start}, {layout.size}, {self.schema.struct}, {variables}){data}"


def variables_of(field: Field) -> str:
    return f"{field.name}_at, {field.name}_size" if field.kind in VIEWS else field.name


def default_of(field: Field) -> str:
    """The expression for a default: a constant is faster."""
    return "None" if field.default is None else f"default_{field.name}"


def data_of(field: Field) -> str:
    """The expression for the bytes of a text."""
    if field.type is str:
        return f"encode({field.name})"  # which only a real str has
    return f"{field.name} or b''" if field.nullable else field.name


def data_name_of(field: Field) -> str:
    return f"{field.name}_data" if field.type is str else field.name


def read_expression(field: Field, member: str) -> str:
    """Makes the value of a field from its variables."""
    name = field.name
    if field.kind in VIEWS:
        part = f"data[{name}_at : {name}_at + {name}_size]"
        return f"{part}.decode()" if field.type is str else part
    if field.kind in ITEMS:
        return f"read_{name}(view, {member}, data, address)"
    if field.type in PART_CLASSES:
        return f"read_{name}(data, view, {member}, address)"
    if issubclass(field.type, IntEnum):
        return f"members_{name}[{name}]"
    if field.type is bool and field.kind != lib.MQTT5_KIND_BOOL:
        return f"{name} != 0"
    return f"{name} or None" if field.nullable else name


#: Those of a part are there before those of the packets that it is in.
ACCESSORS: dict[type, Accessors] = {}
