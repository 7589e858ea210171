# SPDX-License-Identifier: MIT
"""What a constructor takes: turns each argument into exactly the type that its field holds, or says why not.

It knows Python's types. It does not know packets, MQTT's rules or C: the value of a field that has the
right type is not its matter, apart from whether its number fits.
"""

import reprlib
from collections.abc import Callable
from enum import IntEnum
from operator import index
from types import UnionType

from mqtt5._typing import Any

Converter = Callable[[Any, str], Any]
"""Takes a value and the name to call it by; raises TypeError or ValueError."""


def is_a(value: object, cls: type | tuple[type, ...]) -> bool:
    """As isinstance(), but whatever the value says of its class."""
    return issubclass(type(value), cls)


def short(value: object) -> str:
    """The repr of a value, for an error message: cut if it is long."""
    cut = reprlib.Repr()
    cut.maxstring = cut.maxother = cut.maxlong = 60
    try:
        return cut.repr(value)
    except ValueError:  # an int of more digits than Python prints
        return f"<{type(value).__name__} too long to print>"


def refuse_type(value: object, name: str, expected: str) -> TypeError:
    return TypeError(f"{name} must be {expected}, not {type(value).__name__}: {short(value)}")


def to_string(value: Any, name: str) -> str:
    if not is_a(value, str):
        raise refuse_type(value, name, "a str")
    text = str.__str__(value)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name}={short(value)}: a string must be well-formed Unicode [1.5.4]: {error.reason}"
        ) from None
    return text


def size_limit(value: Any, name: str) -> int:
    """0 for None, which is no limit; a limit beyond all sizes is as good as any other."""
    if value is None:
        return 0
    if not hasattr(value, "__index__"):
        raise refuse_type(value, name, "an int or None")
    if index(value) < 1:
        raise ValueError(f"{name}={short(value)}: must be at least 1, or None for no limit")
    return min(index(value), 0xFFFFFFFF)


def _bytes(value: Any, name: str) -> bytes:
    try:
        return bytes(memoryview(value))
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
            raise ValueError(f"{name}={short(number)}: must be from {lowest} to {highest}")
        return int(number)

    return convert


def _enum(members: type[IntEnum]) -> Converter:
    def convert(value: Any, name: str) -> IntEnum:
        if not is_a(value, int):
            raise refuse_type(value, name, f"a {members.__name__} or its integer")
        number = index(value)
        try:
            return members(number)
        except ValueError:
            raise ValueError(f"{name}={short(number)}: not a {members.__name__}") from None

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


def _optional(convert: Converter) -> Converter:
    return lambda value, name: None if value is None else convert(value, name)


def arguments_of(annotation: Any) -> tuple[Any, ...]:
    """What typing.get_args() says of a union or a tuple[], without typing."""
    found: tuple[Any, ...] = getattr(annotation, "__args__", ())
    return found


def converter(annotation: Any, lowest: int, highest: int) -> Converter:
    """The converter for a field or item so annotated, whose numbers are in that range."""
    args = arguments_of(annotation)
    if isinstance(annotation, UnionType):
        (inner,) = [arg for arg in args if arg is not type(None)]
        return _optional(converter(inner, lowest, highest))
    if getattr(annotation, "__origin__", None) is tuple:
        items = [converter(arg, lowest, highest) for arg in args if arg is not Ellipsis]
        return _many(items[0]) if Ellipsis in args else _pair(*items)
    if annotation is int:
        return _integer(lowest, highest)
    if issubclass(annotation, IntEnum):
        return _enum(annotation)
    exact: dict[Any, Converter] = {str: to_string, bytes: _bytes, bool: _bool}
    return exact.get(annotation) or _instance(annotation)
