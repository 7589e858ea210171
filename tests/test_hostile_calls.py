# SPDX-License-Identifier: MIT
"""Strange ways to call a class: names, positions, and every form of a call."""

import functools
import sys
from typing import Any

import hostile
import pytest
from engines import native
from hostile import Boom, boom
from samples import FILTER, each_sample, names_of

from mqtt5 import (
    PingReqPacket,
    PublishPacket,
    Will,
)


class Name(str):
    """A str subclass as the name of an argument."""

    __slots__ = ()


class LoudName(str):
    __slots__ = ()
    __eq__ = boom
    __hash__ = str.__hash__


def not_interned(text: str) -> str:
    return "".join([text[:1], text[1:]])


@each_sample
def test_keyword_of_equal_text_accepted(value: Any) -> None:
    fields = {name: getattr(value, name) for name in names_of(value)}
    for spell in (str, Name, not_interned, sys.intern):
        assert type(value)(**{spell(name): field for name, field in fields.items()}) == value
    for spell in (Name, not_interned):
        with pytest.raises(TypeError, match="'nothing'"):
            type(value)(**fields, **{spell("nothing"): 1})
    if fields:
        first = next(iter(fields))
        with pytest.raises(TypeError, match=f"'{first}'|positional"):
            type(value)(*fields.values(), **{not_interned(first): 1})


def test_keyword_with_own_comparison() -> None:
    for name in ("topic", "nothing"):
        try:
            packet = PublishPacket(**{LoudName(name): "t", "payload": b""})
        except (Boom, TypeError):
            continue
        assert (name, packet) == ("topic", PublishPacket("t", b""))


def test_keyword_not_string_refused() -> None:
    with pytest.raises(TypeError, match="keywords must be strings"):
        PublishPacket("t", b"", **{1: 2})  # type: ignore[misc]


@pytest.mark.parametrize("name", [1, object(), b"topic", (1, 2, 3, 4, 5), 1.5, None], ids=lambda n: type(n).__name__)
def test_keyword_not_string_from_partial_refused(name: Any) -> None:
    """A derived class is called by type(), which does not look at them."""
    for cls in (PublishPacket, type("Derived", (PublishPacket,), {})):
        call = functools.partial(cls, "t", b"")
        call.keywords[name] = 1
        with pytest.raises(TypeError, match="keyword"):
            call()


@native
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, Boom])
def test_exception_of_value_in_wrong_call_raised(error: Any) -> None:
    """An interrupt is not lost where the arguments do not fit either. The portable engine looks at these first."""

    class Number:
        def __index__(self) -> int:
            raise error

    with pytest.raises(error):
        PublishPacket(packet_id=Number(), nothing=1)  # type: ignore[call-arg, arg-type]


@each_sample
def test_class_called_in_every_way(value: Any) -> None:
    cls: Any = type(value)
    fields = {name: getattr(value, name) for name in names_of(value)}

    class Keys:
        def keys(self) -> Any:
            return fields.keys()

        def __getitem__(self, name: str) -> Any:
            return fields[name]

    for made in (
        cls(**fields),
        cls(**Keys()),
        cls.__call__(**fields),
        type.__call__(cls, **fields),
        functools.partial(cls, **fields)(),
        functools.partial(type.__call__, cls)(**fields),
        cls.__new__(cls, **fields),
    ):
        assert made == value
        assert type(made) is cls
    assert list(map(PublishPacket, "ab", [b"", b"x"])) == [PublishPacket("a", b""), PublishPacket("b", b"x")]
    for call in (cls.__call__, functools.partial(type.__call__, cls)):
        with pytest.raises(TypeError, match="'nothing'"):
            call(**fields, nothing=1)


def test_call_with_many_arguments_refused() -> None:
    with pytest.raises(TypeError, match="positional"):
        PublishPacket(*range(100_000))
    with pytest.raises(TypeError, match="unexpected keyword"):
        PublishPacket("t", b"", **{f"name{i}": i for i in range(10_000)})
    with pytest.raises(TypeError):
        PingReqPacket(*[None] * 1000)


def test_write_of_other_objects_refused() -> None:
    for other in (None, 1, object(), Will("w"), FILTER, PublishPacket, hostile.lying_class(PublishPacket), "text"):
        with pytest.raises((TypeError, AttributeError)):
            PublishPacket.write(other)
        try:
            assert PingReqPacket.write(other) == PingReqPacket().write()  # it asks for no field
        except (AttributeError, TypeError) as error:
            assert str(error)  # noqa: PT017
    ping: Any = PingReqPacket.__new__(PingReqPacket)
    assert ping.write() == PingReqPacket().write()
