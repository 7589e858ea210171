# SPDX-License-Identifier: MIT
"""The join of a declaration with the C struct: by name, with a kind that fits, or an ImportError that says which."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from samples import COMPONENTS, PACKETS, ids, names_of

import mqtt5
from mqtt5 import PacketType, _engine, _fields
from mqtt5._fields import KW_ONLY, Alias, Coded, Many, ManyCoded, UserProperties

Reflect = Callable[[int], Iterable[tuple[Any, ...]]]

reflect: Reflect = _engine._chosen.reflect  # type: ignore[attr-defined]

PUBACK: dict[str, Any] = {
    "packet_id": int,
    "_": KW_ONLY,
    "reason_code": Coded[mqtt5.PubAckReasonCode],
    "reason_str": str | None,
    "user_properties": UserProperties,
}
DEFAULTS: dict[str, Any] = {
    "reason_code": mqtt5.PubAckReasonCode.SUCCESS,
    "reason_str": None,
    "user_properties": (),
}


def declared(packet_type: PacketType = PacketType.PUBACK, **changes: Any) -> type:
    """A class with the fields of PUBACK's, but for these types; None takes a field away."""
    fields = {name: kind for name, kind in (PUBACK | changes).items() if kind is not None}
    defaults = {name: default for name, default in DEFAULTS.items() if name in fields}
    return type("Declared", (), {"__annotations__": fields, "packet_type": packet_type, **defaults})


def test_join_of_fitting_class_gives_fields() -> None:
    fields = _fields.join(declared(), reflect).fields
    assert [field.name for field in fields] == ["packet_id", "reason_code", "reason_str", "user_properties"]
    assert [field.label for field in fields] == [f"Declared.{field.name}" for field in fields]
    assert [field.keyword for field in fields] == [False, True, True, True]
    assert [field.required for field in fields] == [True, False, False, False]
    assert [field.property for field in fields] == [0, 0, 0x1F, 0x26]
    assert [field.type for field in fields] == [int, mqtt5.PubAckReasonCode, str, tuple]
    assert len({field.offset for field in fields}) == 4


def test_join_of_alias_names_field() -> None:
    cls = declared()
    cls.reason = Alias("reason_str")  # type: ignore[attr-defined]
    fields = {field.name: field.alias for field in _fields.join(cls, reflect).fields}
    assert fields == {"packet_id": "", "reason_code": "", "reason_str": "reason", "user_properties": ""}


@pytest.mark.parametrize("name", ["packet_id", "reason_code", "reason_str", "user_properties"])
def test_join_of_missing_field_refused(name: str) -> None:
    with pytest.raises(ImportError, match=rf"^Declared and the C library disagree about {name}$"):
        _fields.join(declared(**{name: None}), reflect)


@pytest.mark.parametrize("name", ["surplus", "reason_codes", "content_type"])
def test_join_of_surplus_field_refused(name: str) -> None:
    with pytest.raises(ImportError, match=rf"^Declared and the C library disagree about {name}$"):
        _fields.join(declared(**{name: str | None}), reflect)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("packet_id", str),
        ("packet_id", bytes | None),
        ("packet_id", Coded[mqtt5.QoS]),
        ("packet_id", bool),
        ("packet_id", Many[int]),
        ("reason_code", str),
        ("reason_code", bytes),
        ("reason_code", ManyCoded[mqtt5.PubAckReasonCode]),
        ("reason_str", int | None),
        ("reason_str", bytes | None),
        ("user_properties", Many[str]),
        ("user_properties", str),
        ("user_properties", tuple[str, str]),
        ("user_properties", Many[mqtt5.TopicFilter]),
    ],
    ids=str,
)
def test_join_of_wrong_type_refused(name: str, kind: Any) -> None:
    with pytest.raises(ImportError, match=rf"^Declared\.{name}: \w+ does not fit"):
        _fields.join(declared(**{name: kind}), reflect)


@pytest.mark.parametrize("packet_type", set(PacketType) - set(range(4, 8)), ids=str)
def test_join_with_other_struct_refused(packet_type: PacketType) -> None:
    with pytest.raises(ImportError, match=r"^Declared\b"):
        _fields.join(declared(packet_type), reflect)


@pytest.mark.parametrize("cls", PACKETS + COMPONENTS, ids=ids)
def test_reflect_of_struct_names_fields_of_class(cls: Any) -> None:
    struct = _fields.COMPONENTS[cls.__name__] if cls in COMPONENTS else int(cls.packet_type)
    members = list(reflect(struct))
    assert sorted(name for name, *_ in members) == sorted(names_of(cls))
    assert len({offset for _, _, offset, *_ in members}) == len(members)
    assert all(0 <= prop < 128 for _, _, _, _, prop, *_ in members)
