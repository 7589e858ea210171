# SPDX-License-Identifier: MIT
"""Calls with hostile values and with what is refused, each with a name, and the outcome of each as a line of text.

main() prints the outcomes under the engine that MQTT5_ENGINE names, as JSON, so that two engines can be compared.
"""

import dataclasses
import itertools
import json
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from hostile import VALUES
from rules import BROKEN, WRONG_TYPES
from samples import CLASSES, REQUIRED, arguments_of, names_of
from vectors_data import ALL

import mqtt5

Case = Callable[[], Any]


def sound(value: Any) -> Any:
    """The packet or part, if it can be written and is read as the same again; its repr and bytes."""
    packet = value
    if isinstance(value, mqtt5.Will):
        packet = mqtt5.ConnectPacket("c", will=value)
    if isinstance(value, mqtt5.TopicFilter):
        packet = mqtt5.SubscribePacket(1, [value])
    data = packet.write()
    expected = packet
    if isinstance(packet, mqtt5.ConnectPacket) and packet.will is not None and packet.will.payload is None:
        expected = dataclasses.replace(packet, will=dataclasses.replace(packet.will, payload=b""))
    if mqtt5.read(data) != (expected, len(data)):
        raise AssertionError(f"{value!r} is written as {data.hex()}")
    return value, data


def constructions() -> Iterator[tuple[str, Case]]:
    """Each class with each value for each of its fields, also inside of a sequence."""
    for cls in CLASSES:
        required = arguments_of(cls)
        for name in names_of(cls):
            many = isinstance(required.get(name, cls.__dataclass_fields__[name].default), tuple)
            for label, make in VALUES.items():
                where = f"{cls.__name__}({name}={label})"
                yield where, lambda cls=cls, name=name, make=make, r=required: sound(cls(**{**r, name: make()}))
                if many:
                    yield (
                        where.replace("=", "=[") + "]",
                        lambda cls=cls, name=name, make=make, r=required: sound(cls(**{**r, name: [make()]})),
                    )
                if name == "user_properties":
                    yield (
                        where.replace("=", "=[(a, ") + ")]",
                        lambda cls=cls, name=name, make=make, r=required: sound(cls(**{**r, name: [("a", make())]})),
                    )


def reads() -> Iterator[tuple[str, Case]]:
    """Everything that read() and feed() can be given, and what is wrong in the vectors."""
    for label, make in VALUES.items():
        yield f"read({label})", lambda make=make: mqtt5.read(make())
        yield f"feed({label})", lambda make=make: fed(make())
        yield f"topic_matches({label})", lambda make=make: mqtt5.topic_matches(make(), "a")
        yield f"topic_matches('a', {label})", lambda make=make: mqtt5.topic_matches("a", make())
        yield f"TopicTree[{label}]", lambda make=make: mqtt5.TopicTree().update([(make(), 1)])
        yield f"TopicTree.match({label})", lambda make=make: mqtt5.TopicTree().match(make())
        yield f"Decoder({label})", lambda make=make: mqtt5.Decoder(make()).buffered
    for vector in ALL:
        yield f"{vector.where}: read", lambda data=vector.data: mqtt5.read(data)
        yield f"{vector.where}: read a bytearray", lambda data=vector.data: mqtt5.read(bytearray(data))
        yield f"{vector.where}: Decoder", lambda data=vector.data: fed(data)


def fed(data: Any) -> Any:
    decoder = mqtt5.Decoder()
    decoder.feed(data)
    return list(decoder), decoder.buffered


def refusals() -> Iterator[tuple[str, Case]]:
    """The values of rules.py that constructors refuse, to compare the whole text of the exceptions."""
    for cls, fields in WRONG_TYPES.items():
        for name, values in fields.items():
            for i, value in enumerate(values):
                arguments = {**arguments_of(cls), name: value}
                yield f"{cls.__name__}.{name}: wrong type {i}", lambda cls=cls, a=arguments: cls(**a)
    for status, rows in BROKEN.items():
        for i, (cls, given, _) in enumerate(rows):
            arguments = {**arguments_of(cls), **given}
            yield f"{cls.__name__}: {status} {i}", lambda cls=cls, a=arguments: cls(**a)
    for cls in CLASSES:
        required = REQUIRED.get(cls, ())
        for label, positional, keywords in (
            ("nothing", (), {}),
            ("too many", (*required, 1, 2, 3), {}),
            ("twice", required, arguments_of(cls)),
            ("unknown", required, {"nothing": 1}),
            ("unknown, two", required, {"nothing": 1, "nowhere": 2}),
            ("not a name", required, {"": 1}),
            ("no Unicode", required, {"\ud800": 1}),
            ("self", required, {"self": 1}),
            ("unknown and nothing", (), {"nothing": 1}),
        ):
            yield f"{cls.__name__}: {label}", lambda cls=cls, p=positional, k=keywords: cls(*p, **k)


def every_case() -> Iterator[tuple[str, Case]]:
    return itertools.chain(refusals(), constructions(), reads())


def outcome(case: Case) -> str:
    """One line, the same for the same behaviour in every process; how many arguments are too many does not count."""
    try:
        result = case()
        text = f"gives {result!r}"
    except Exception as error:
        extra = "".join(f" {key}={value!r}" for key, value in sorted(vars(error).items()))
        text = f"raises {type(error).__name__}: {error}{extra}"
    text = re.sub(
        r"(takes) .* positional arguments?.* (but) .* (were|was) given", r"\1 too many positional arguments", text
    )
    return re.sub(r"0x[0-9a-f]{6,}|id='\d+'", "ADDRESS", text)


def main() -> None:
    warnings.simplefilter("ignore")
    found = {label: outcome(case) for label, case in every_case()}
    print(json.dumps([mqtt5.engine, found]))
