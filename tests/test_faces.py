# SPDX-License-Identifier: MIT
"""The functions and classes of the engine have the texts and the parameters that their Python sources document.

The native engine repeats the texts of functions, methods and attributes in C.
"""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import mqtt5

Function = ast.FunctionDef | ast.ClassDef


def faces() -> Iterator[tuple[str, Function, Any]]:
    """What is decorated with face, and its documented members: a label, the source, and the engine's object."""
    for module in ("_engine", "stream", "template", "topics"):
        tree = ast.parse(Path(mqtt5.__file__).with_name(f"{module}.py").read_text(encoding="utf-8"))
        for node in tree.body:
            if not isinstance(node, Function) or "face" not in map(ast.unparse, node.decorator_list):
                continue
            found = getattr(import_module(f"mqtt5.{module}"), node.name)
            yield node.name, node, found
            for member in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(member, ast.FunctionDef) and ast.get_docstring(member) and member.name[0] != "_":
                    yield f"{node.name}.{member.name}", member, inspect.getattr_static(found, member.name)


FACES = {label: (node, found) for label, node, found in faces()}


def test_all_faces_found() -> None:
    expected = {"Immutable.lenient", "BasePacket.write", "Decoder.skip", "PublishTemplate.write_parts", "read"}
    assert expected < set(FACES)


@pytest.mark.parametrize("label", FACES)
def test_text_of_face_is_that_of_its_source(label: str) -> None:
    node, found = FACES[label]
    assert inspect.getdoc(getattr(found, "__func__", found)) == ast.get_docstring(node)


def parameters(node: ast.FunctionDef) -> str:
    """The signature without annotations, as inspect writes it."""
    arguments = node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.kwarg):
        if argument is not None:
            argument.annotation = None
    scope: dict[str, Any] = {}
    exec(f"def function({ast.unparse(arguments)}): ...", scope)
    return str(inspect.signature(scope["function"]))


CALLED = [label for label, (node, found) in FACES.items() if isinstance(node, ast.FunctionDef) and callable(found)]


@pytest.mark.parametrize("label", CALLED)
def test_parameters_of_face_are_those_of_its_source(label: str) -> None:
    node, found = FACES[label]
    signature = inspect.signature(getattr(found, "__func__", found))
    plain = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    shown = str(inspect.Signature(plain))
    assert shown.replace("(self, /", "(self") == parameters(node)


@pytest.mark.parametrize("cls", [mqtt5.Decoder, mqtt5.PublishTemplate])
def test_parameters_of_class_are_those_of_its_source(cls: Any) -> None:
    (node,) = [member for member in FACES[cls.__name__][0].body if getattr(member, "name", "") == "__init__"]
    signature = inspect.signature(cls)
    plain = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    assert isinstance(node, ast.FunctionDef)
    assert str(inspect.Signature(plain)) == parameters(node).replace("self, ", "")
