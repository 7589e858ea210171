# SPDX-License-Identifier: MIT
"""Values that are not what they seem, by name; for tests of what the classes and functions make of them.

It knows which values are nasty, and no rule of MQTT. hostile_cases.py makes calls of them.
"""

import array
import ctypes
import decimal
import enum
import math
import struct
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from samples import (
    FILTER,
)
from values import Index, Items, Liar, Number, Text

import mqtt5
from mqtt5 import (
    QoS,
)


class Boom(Exception):  # noqa: N818
    """Raised by hostile objects, so that it differs from every exception of the package."""


def boom(*_: Any, **__: Any) -> Any:
    raise Boom("boom")


def made(name: str, *bases: type, **members: Any) -> Any:
    """A class of that name, whose repr can be compared from one process to the other."""
    return type(name, bases, {"__repr__": lambda self: f"<{name}>", **members})


def method(result: Any) -> Callable[..., Any]:
    return lambda *_, **__: result


def lying_class(cls: type) -> Any:
    return made(f"Says{cls.__name__}", object, __class__=property(method(cls)))()


def self_containing(cls: Any = list) -> Any:
    loop = cls()
    loop.append(loop)
    return loop


def twice_itself() -> Any:
    loop: list[Any] = []
    loop += [loop, loop]
    return loop


def deep() -> Any:
    value: Any = ["a"]
    for _ in range(5000):
        value = [value]
    return value


def running_generator() -> Iterator[Any]:
    """A generator that is running while it is iterated."""
    cell: list[Any] = []

    def generator() -> Iterator[Any]:
        yield from cell[0]

    cell.append(generator())
    return cell[0]


def failing_generator() -> Iterator[Any]:
    yield "a"
    boom()


def dead_proxy() -> Any:
    return weakref.proxy(Text2("gone"))


class Text2(str):  # without slots: it can be referred to weakly
    pass


LIVE = Text2("live")


def released() -> memoryview:
    view = memoryview(bytearray(b"ab"))
    view.release()
    return view


def numbered() -> Any:
    class Pair(ctypes.Structure):
        _fields_ = (("a", ctypes.c_uint8), ("b", ctypes.c_double))

    return Pair(1, 2.0)


def zero_dimensional() -> memoryview:
    return memoryview(ctypes.c_uint16(0x4142))


class Shrinking(list[Any]):
    """Its items are gone after the first."""

    def __iter__(self) -> Iterator[Any]:
        for item in list.__iter__(self):
            self.clear()
            yield item


def shrinking_dict() -> dict[Any, Any]:
    """Converting a key changes the dict."""
    found: dict[Any, Any] = {}

    class Key(int):
        def __index__(self) -> int:
            found[len(found) + 1] = None
            return 1

        def __hash__(self) -> int:
            found[len(found) + 100] = None
            return 1

    found[Index()] = None
    found.update({Key(1): None})
    return found


class Foreign(enum.IntEnum):
    ONE = 1
    ODD = 77


class Flagged(enum.IntFlag):
    ONE = 1


ODD_STR = {
    "encode": boom,
    "__str__": boom,
    "__len__": boom,
    "__hash__": boom,
    "__eq__": boom,
    "__iter__": boom,
    "__getitem__": boom,
}


ODD_INT = dict.fromkeys(
    ["__index__", "__int__", "__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__bool__", "__neg__", "__str__"], boom
)


ODD_LIST = dict.fromkeys(["__len__", "__getitem__", "__contains__", "__eq__", "__bool__"], boom)


#: By a name for each; called anew for each use.
VALUES: dict[str, Callable[[], Any]] = {
    # what raises, or gives what it should not
    "index raises": made("A", object, __index__=boom),
    "index raises TypeError": made("A", object, __index__=lambda self: "a" + 1),  # type: ignore[operator]
    "index gives a str": made("A", object, __index__=method("1")),
    "index gives None": made("A", object, __index__=method(None)),
    "index gives a bool": made("A", object, __index__=method(True)),
    "index gives a subclass": made("A", object, __index__=method(Number(1))),
    "index is huge": made("A", object, __index__=method(10**5000)),
    "index is right": Index,
    "iter raises": made("A", object, __iter__=boom),
    "iter gives an int": made("A", object, __iter__=method(5)),
    "iter is None": made("A", object, __iter__=None),
    "next raises": lambda: map(boom, "ab"),
    "generator that raises": failing_generator,
    "generator that runs": running_generator,
    "items by number": made("A", object, __getitem__=lambda self, i: "ab"[i]),
    "items by number that raise": made("A", object, __getitem__=boom),
    "a huge length hint": made("A", object, __iter__=lambda self: iter("ab"), __length_hint__=method(2**62)),
    "a length hint that raises": made("A", object, __iter__=lambda self: iter("ab"), __length_hint__=boom),
    "a length that is huge": made("A", object, __iter__=lambda self: iter("ab"), __len__=method(2**62)),
    "a length that raises": made("A", object, __iter__=lambda self: iter("ab"), __len__=boom),
    "repr raises": made("A", object, __repr__=boom),
    "repr gives an int": made("A", object, __repr__=method(5)),
    "repr is huge": made("A", object, __repr__=method("x" * 1_000_000)),
    "repr is not Unicode": made("A", object, __repr__=method("\ud800")),
    "hash raises": made("A", object, __hash__=boom, __eq__=boom),
    "bool raises": made("A", object, __bool__=boom),
    "getattribute raises": made("A", object, __getattribute__=boom),
    "class raises": made("A", object, __class__=property(boom)),
    "a mock": lambda: mock.MagicMock(name="m"),
    "a mock of str": lambda: mock.MagicMock(spec=str, name="m"),
    "a mock of bytes": lambda: mock.MagicMock(spec=bytes, name="m"),
    **{
        f"says it is a {cls.__name__}": lambda cls=cls: lying_class(cls)
        for cls in (str, bytes, int, bool, tuple, list, bytearray, type(None), QoS, mqtt5.Will, mqtt5.TopicFilter)
    },
    "proxy of a str": lambda: weakref.proxy(LIVE),
    "proxy of nothing": dead_proxy,
    # subclasses
    "str subclass": lambda: Text("text"),
    "str subclass, all raises": lambda: made("A", str, **ODD_STR)("text"),
    "str subclass that lies": lambda: Liar("text"),
    "bytes subclass, all raises": lambda: made("A", bytes, **{**ODD_STR, "__bytes__": boom})(b"data"),
    "bytearray subclass": lambda: made("A", bytearray, __len__=method(2**40), __getitem__=boom)(b"data"),
    "int subclass": lambda: Number(1),
    "int subclass, all raises": lambda: made("A", int, __hash__=int.__hash__, **ODD_INT)(1),
    "int subclass, hash raises": lambda: made("A", int, __hash__=boom)(1),
    "int subclass that is 99": lambda: Number(2),
    "tuple subclass": lambda: Items(("a", "b")),
    "tuple subclass, iter raises": lambda: made("A", tuple, __iter__=boom)(("a", "b")),
    "tuple subclass, other iter": lambda: made("A", tuple, __iter__=lambda self: iter("cd"))(("a", "b")),
    "tuple subclass, others raise": lambda: made("A", tuple, __hash__=boom, **ODD_LIST)(("a", "b")),
    "tuple subclass, long": lambda: made("A", tuple, __len__=method(2))(("a", "b", "c")),
    "tuple subclass, short": lambda: made("A", tuple, __len__=method(2))(("a",)),
    "tuple subclass, huge": lambda: made("A", tuple, __len__=method(2**62))(("a", "b")),
    "list subclass, iter raises": lambda: made("A", list, __iter__=boom)(["a", "b"]),
    "list subclass, others raise": lambda: made("A", list, **ODD_LIST)(["a", "b"]),
    "list subclass, short": lambda: made("A", list, __len__=method(2))(["a"]),
    "list that empties itself": lambda: Shrinking(["a", "b"]),
    "list of numbers that empties itself": lambda: Shrinking([1, 2]),
    "dict that changes": shrinking_dict,
    # enums
    "no member of QoS": lambda: int.__new__(QoS, 77),
    "not the member of QoS": lambda: int.__new__(QoS, 1),
    "no member of a reason code": lambda: int.__new__(mqtt5.PubAckReasonCode, 77),
    "foreign enum": lambda: Foreign.ONE,
    "foreign enum, odd": lambda: Foreign.ODD,
    "flag": lambda: Flagged.ONE,
    "flags": lambda: Flagged.ONE | Flagged(64),
    "another packet's reason": lambda: mqtt5.SubAckReasonCode.NOT_AUTHORIZED,
    # containers
    "contains itself": self_containing,
    "contains itself twice": twice_itself,
    "tuple around itself": lambda: (self_containing(),),
    "deeply nested": deep,
    "bytes in a list": lambda: [b"a"],
    "a set": lambda: {"a"},
    "a dict": lambda: {"a": "b"},
    "dict items": lambda: {"a": "b"}.items(),
    "a pair": lambda: ("a", "b"),
    "pairs": lambda: [("a", "b")],
    "numbers": lambda: [1, 2],
    "huge numbers": lambda: [10**5000, -(10**5000)],
    "filters": lambda: [FILTER],
    "zip": lambda: zip("ab", "cd", strict=True),
    "range": lambda: range(1, 4),
    "a string iterator": lambda: iter("ab"),
    # numbers
    "10**5000": lambda: 10**5000,
    "-10**5000": lambda: -(10**5000),
    "2**63": lambda: 2**63,
    "-2**63 - 1": lambda: -(2**63) - 1,
    "nan": lambda: math.nan,
    "inf": lambda: math.inf,
    "complex": lambda: 1j,
    "decimal": lambda: decimal.Decimal(1),
    # strings
    "lone surrogate": lambda: "\ud800",
    "lone surrogate at the end": lambda: "x" * 1000 + "\udfff",
    "U+0000": lambda: "a\0",
    "wide": lambda: "\U0010ffff",
    "latin": lambda: "é",
    # buffers
    "released": released,
    "two dimensions": lambda: memoryview(b"abcdef").cast("B", (2, 3)),
    "no dimension": zero_dimensional,
    "every second byte": lambda: memoryview(b"abcdef")[::2],
    "backwards": lambda: memoryview(b"abcdef")[::-1],
    "signed chars": lambda: memoryview(b"abcdef").cast("c"),
    "doubles": lambda: array.array("d", [1.5, 2.5]),
    "every second double": lambda: memoryview(array.array("d", [1.5, 2.5, 3.5]))[::2],
    "pointers": lambda: memoryview(struct.pack("P", 0)).cast("P"),
    "ctypes array": lambda: (ctypes.c_uint8 * 3)(1, 2, 3),
    "ctypes matrix": lambda: (ctypes.c_uint16 * 2 * 2)(),
    "ctypes structure": numbered,
    "ctypes nothing": lambda: (ctypes.c_uint8 * 0)(),
    "empty view": lambda: memoryview(b""),
    # other things
    "a class": lambda: int,
    "a packet class": lambda: mqtt5.PublishPacket,
    "a module": lambda: math,
    "NotImplemented": lambda: NotImplemented,
    "Ellipsis": lambda: ...,
}


if sys.version_info >= (3, 12):
    VALUES |= {
        "buffer raises": made("A", object, __buffer__=boom),
        "buffer is not a view": made("A", object, __buffer__=method(b"ab")),
        "buffer is right": made("A", object, __buffer__=lambda self, flags: memoryview(b"ab")),
        "buffer is released": made("A", object, __buffer__=lambda self, flags: released()),
        "bytes subclass with a buffer": lambda: made("A", bytes, __buffer__=lambda self, flags: memoryview(b"x"))(b"d"),
    }
