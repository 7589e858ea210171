# SPDX-License-Identifier: MIT
"""Objects that behave like built-in types and are not: their subclasses, and what only has an __index__."""


class Text(str):
    __slots__ = ()

    def encode(self, *_: object) -> bytes:  # type: ignore[override]
        return b"another text"

    def __str__(self) -> str:
        return "another text"


class Data(bytes):
    def __bytes__(self) -> bytes:
        return b"other data"


class Number(int):
    def __index__(self) -> int:
        return 99

    def __int__(self) -> int:
        return 99


class Index:
    def __index__(self) -> int:
        return 7


class Items(tuple):  # type: ignore[type-arg]
    pass


class Liar(str):
    """Says that it is short."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:  # type: ignore[override]
        return b"x" * 100_000

    def __len__(self) -> int:
        return 1
