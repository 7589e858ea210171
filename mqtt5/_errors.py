# SPDX-License-Identifier: MIT
"""The exceptions for what the C library refuses, with their texts; the same for every engine.

It knows how a status of the library is put into words, and how a field is called in Python. It does not know
what is an error, or how packets are read and written.
"""

from mqtt5 import _schema
from mqtt5._convert import short
from mqtt5._ffi import ffi, lib
from mqtt5._schema import Field
from mqtt5._typing import Any
from mqtt5.exceptions import DecodeError, IncompleteError


def refuse_value(value: Any, status: int, number: int, index: int) -> ValueError:
    """For a packet, or a part in its smallest packet, and the library's error of it: status, field and index."""
    schema = _schema.of(value)
    is_part = schema in _schema.PARTS
    label, wrong, name = type(value).__name__, value, _field_name(number, schema.fields)
    if not is_part and number & lib.MQTT5_FIELD_IN_WILL:
        will = next(field.name for field in schema.fields if field.kind == lib.MQTT5_KIND_WILL)
        label, wrong = f"{label}.{will}", getattr(value, will)
    if is_part and not hasattr(wrong, name):  # the library speaks of the list that it is in
        name = schema.fields[0].name
    if hasattr(wrong, name):
        wrong = getattr(wrong, name)
        if isinstance(wrong, tuple) and wrong:
            name, wrong = f"{name}[{index}]", wrong[index]
        label = f"{label}.{name}"
        return refuse_argument(wrong, label, status)
    return ValueError(f"{label}: {_text(lib.mqtt5_strerror(status))}")


def refuse_argument(value: object, name: str, status: int) -> ValueError:
    return ValueError(f"{name}={short(value)}: {_text(lib.mqtt5_strerror(status))}")


def refuse_packet(status: int, packet_type: int, number: int, offset: int, found: bytes) -> DecodeError:
    """For the library's error, and what there is at its offset: 9 bytes, or less at the end."""
    schema = next((schema for schema in _schema.PACKETS if schema.struct == packet_type), None)
    label = schema.cls.packet_type.name if schema else "packet"
    field = _field_name(number, schema.fields if schema else ())
    if number & lib.MQTT5_FIELD_IN_WILL:
        field = f"will.{field}"
    shown = found[:8].hex(" ") + (" ..." if len(found) > 8 else "")
    return DecodeError(
        f"{label} {field} at offset {offset} ({shown or 'nothing left'}): {_text(lib.mqtt5_strerror(status))}",
        reason_code=lib.mqtt5_reason_code(status),
        field=field,
        offset=offset,
    )


def incomplete(size: int, needed: int) -> IncompleteError:
    """For a packet of which size bytes have arrived."""
    text = _text(lib.mqtt5_strerror(lib.MQTT5_INCOMPLETE))
    return IncompleteError(f"{text}: {size} of {needed} bytes", needed=needed)


def _text(constant: Any) -> str:
    text: bytes = ffi.string(constant)
    return text.decode()


def _field_name(number: int, fields: tuple[Field, ...]) -> str:
    """The name of a field as its class, which has these fields, has it; else as the library has it."""
    for field in fields:
        if field.property and field.property == number & ~lib.MQTT5_FIELD_IN_WILL:
            name: str = field.name
            return name
    return _text(lib.mqtt5_field_name(number))
