# SPDX-License-Identifier: MIT
"""Converters: they turn an argument of a constructor into a value of exactly the type that its field holds.

A converter takes a value and its name in error texts. It raises TypeError for a wrong type, and ValueError for a value
that the type cannot hold. This file knows Python's types. It does not know packets, MQTT's rules or C.
"""

from __future__ import annotations

from enum import IntEnum
from operator import index
from types import UnionType

from mqtt5._errors import refuse_argument, refuse_type
from mqtt5.enums import Code
from mqtt5.enums import unlisted as unlisted  # for engines

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Converter = Callable[[Any, str], Any]


def arguments_of(annotation: Any) -> tuple[Any, ...]:
    """Like typing.get_args() for a union or a tuple[], without importing typing."""
    arguments: tuple[Any, ...] = getattr(annotation, "__args__", ())
    return arguments


def plain_type(annotation: Any) -> Any:
    """X for `X | None` and for a sequence of X; tuple for a pair."""
    arguments = arguments_of(annotation)
    if isinstance(annotation, UnionType):
        return next(argument for argument in arguments if argument is not type(None))
    if Ellipsis in arguments:
        return plain_type(arguments[0])
    return getattr(annotation, "__origin__", annotation)


def is_a(value: object, cls: Any) -> bool:
    """Like isinstance(), but ignores the value's __class__."""
    return issubclass(type(value), cls)


def plain_text(value: Any) -> Any:
    """Exactly a str for one of a derived class, which may compare as it likes. Any other value is unchanged."""
    return str.__str__(value) if is_a(value, str) else value


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
    """The limit for C: 0 for None, which means no limit. A limit above 32 bits becomes the largest of them."""
    if value is None:
        return 0
    try:
        number = int.__index__(index(value))  # exactly an int: a class derived from it may compare as it likes
    except TypeError:
        raise refuse_type(value, name, "an int or None") from None
    if number < 1:
        raise refuse_argument(number, name, "must be at least 1, or None for no limit")
    return min(number, 0xFFFFFFFF)


#: The sides of a connection as C numbers them: mqtt5_sender.
SENDERS = {"client": 1, "server": 2}


def to_sender(value: Any, name: str) -> int:
    """The number of a sender for C: 0 for None, which means either."""
    if value is None:
        return 0
    if not is_a(value, str):
        raise refuse_type(value, name, '"client", "server" or None')
    try:
        return SENDERS[str.__str__(value)]
    except KeyError:
        raise refuse_argument(value, name, 'must be "client", "server" or None') from None


def _bytes(value: Any, name: str) -> bytes:
    try:
        with memoryview(value) as view:  # released at once: a bytearray can be resized again
            return bytes(view)
    except TypeError:
        raise refuse_type(value, name, "a bytes-like object") from None


def to_bool(value: Any, name: str) -> bool:
    if not is_a(value, bool):
        raise refuse_type(value, name, "a bool")
    return bool(value)


def _integer(lowest: int, highest: int, rule: str) -> Converter:
    def convert(value: Any, name: str) -> int:
        try:
            number = index(value)
        except TypeError:
            raise refuse_type(value, name, "an int") from None
        if not lowest <= number <= highest:
            raise refuse_argument(number, name, rule)
        return int(number)

    return convert


def _enum(members: type[IntEnum], lenient: bool) -> Converter:
    by_number = {int(member): member for member in members}  # calling the enum takes four times as long

    def convert(value: Any, name: str) -> IntEnum:
        if not is_a(value, int):
            raise refuse_type(value, name, f"a {members.__name__} or its integer")
        number = index(value)
        try:
            return by_number[number]
        except KeyError:
            if lenient and issubclass(members, Code) and 0 <= number <= 0xFF:
                return unlisted(members, number)
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


def hiding(inner: Converter) -> Converter:
    def convert(value: Any, name: str) -> Any:
        try:
            return inner(value, name)
        except TypeError:
            pass  # whose text shows the value, also as the context of another exception
        raise refuse_type(value, name, "a bytes-like object", secret=True)

    return convert


def converter(annotation: Any, lowest: int, highest: int, rule: str, lenient: bool = False) -> Converter:
    """The converter for a field or item with this annotation; a number out of range breaks the rule.

    A lenient one takes any byte as a reason code.
    """
    arguments = arguments_of(annotation)
    if isinstance(annotation, UnionType):
        inner = converter(plain_type(annotation), lowest, highest, rule, lenient)
        return lambda value, name: None if value is None else inner(value, name)
    if getattr(annotation, "__origin__", None) is tuple:
        plain = [argument for argument in arguments if argument is not Ellipsis]
        items = [converter(argument, lowest, highest, rule, lenient) for argument in plain]
        return _many(items[0]) if Ellipsis in arguments else _pair(*items)
    if annotation is int:
        return _integer(lowest, highest, rule)
    if issubclass(annotation, IntEnum):
        return _enum(annotation, lenient)
    exact: dict[Any, Converter] = {str: to_string, bytes: _bytes, bool: to_bool}
    return exact.get(annotation) or _instance(annotation)
