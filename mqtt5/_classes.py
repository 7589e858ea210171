# SPDX-License-Identifier: MIT
"""The view of a packet class for help(), inspect, dataclasses, copy and pickle.

Everything is built on first use, since most programs never use it. It does not know any field by name, or how an
engine makes a class.
"""

from __future__ import annotations

from copyreg import __newobj_ex__  # type: ignore[attr-defined]

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from mqtt5._fields import Field


class Lazy:
    """A class attribute that is built on first use. With a name: hidden from subclasses that construct differently."""

    def __init__(self, name: str, build: Callable[[], Any]) -> None:
        self.name = name
        self.build = build
        self.built: Any = None

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        for cls in owner.__mro__ if self.name else ():
            if cls.__name__ == self.name and vars(cls).get("__signature__") is self:
                break
            if "__init__" in vars(cls) or "__new__" in vars(cls):
                raise AttributeError("__signature__")
        if self.built is None:
            self.built = self.build()
        return self.built


class NoDataclass:
    """Replaces __dataclass_params__, where dataclass() looks whether the bases of a subclass are frozen."""

    init = repr = eq = order = unsafe_hash = False
    match_args = kw_only = slots = True
    weakref_slot = False

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def frozen(self) -> NoReturn:
        raise TypeError(f"a class derived from {self.name} cannot be a dataclass: it may add behaviour, but no fields")


def signature(fields: tuple[Field, ...]) -> Any:
    from inspect import Parameter, Signature

    parameters = []
    for field in fields:
        kind = Parameter.KEYWORD_ONLY if field.keyword else Parameter.POSITIONAL_OR_KEYWORD
        default = Parameter.empty if field.required else field.default
        parameters.append(Parameter(field.name, kind, default=default, annotation=field.annotation))
    return Signature(parameters)


def twin(name: str, fields: tuple[Field, ...]) -> Any:
    """A plain dataclass with the same fields."""
    import dataclasses

    specs = []
    for field in fields:
        default = {} if field.required else {"default": field.default}
        spec: Any = dataclasses.field(kw_only=field.keyword, repr=not field.secret, **default)
        specs.append((field.name, field.annotation, spec))
    return dataclasses.make_dataclass(name, specs, repr=False, eq=False, frozen=True)


def dataclass_fields(name: str, fields: tuple[Field, ...]) -> Any:
    return twin(name, fields).__dataclass_fields__


def documentation(module: str, name: str, text: str, fields: tuple[Field, ...]) -> str:
    """The text of a class and the texts below its fields, from the source. Without source, only names and types."""
    import ast
    import inspect
    import sys

    texts: dict[str, str] = {}
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, KeyError, TypeError, SyntaxError):
        tree = ast.Module([], [])
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            for field, below in zip(node.body, node.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
                    texts[ast.unparse(field.target)] = inspect.cleandoc(str(ast.literal_eval(below.value)))
    lines = [inspect.cleandoc(text), ""]
    for each in fields:
        default = "" if each.required else f" = {each.default!r}"
        lines.append(f"{each.name}: {inspect.formatannotation(each.annotation)}{default}")
        lines += [f"    {line}" for line in texts.get(each.name, "").splitlines()]
    return "\n".join(lines).rstrip()


def new_arguments(packet: Any, fields: tuple[Field, ...]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments that construct an equal packet, enum members as numbers: for __getnewargs_ex__()."""
    args, keywords = [], {}
    for field in fields:
        value = getattr(packet, field.name)
        if field.keyword and value == field.default:
            continue
        if field.members is not None and field.type is not bool:
            value = tuple(map(int, value)) if isinstance(value, tuple) else int(value)
        if field.keyword:
            keywords[field.name] = value
        else:
            args.append(value)
    return tuple(args), keywords


def reduce(packet: Any) -> tuple[Any, ...]:
    """What pickle and copy need of a packet, for every protocol: for __reduce__()."""
    make = make_lenient if packet.lenient else __newobj_ex__
    return make, (type(packet), *packet.__getnewargs_ex__()), packet.__getstate__()


def make_lenient(cls: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A lenient object: pickles refer to this function."""
    return cls._make_lenient(args, keywords)


def duplicate(packet: Any, memo: dict[int, Any] | None = None) -> Any:
    """A copy of an object of a derived class with its added attributes; with a memo, deep copies of them."""
    cls = type(packet)
    args, keywords = packet.__getnewargs_ex__()
    made = cls.__new__(cls, *args, **keywords)
    state = packet.__getstate__()
    if memo is not None:
        from copy import deepcopy

        memo[id(packet)] = made
        state = deepcopy(state, memo)
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    for added in (attributes, slots):
        for name, value in (added or {}).items():
            setattr(made, name, value)
    return made
