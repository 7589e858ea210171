# SPDX-License-Identifier: MIT
"""Hostile arguments, packets changed by force, strange classes, decoders used in strange ways: never a crash, always
the right result or a clear exception, and the same on both engines.

It runs under either engine and does not know how an engine works. The values are in hostile.py; what is about memory
is in test_safety_memory.py, what is about threads in test_safety_threads.py. pytest's faulthandler names the test
that crashes the process.
"""

import contextlib
import copy
import ctypes
import dataclasses
import functools
import gc
import json
import os
import pickle
import re
import subprocess
import sys
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hostile
import pytest
from hostile import Boom, boom, forced
from test_packets import CLASSES, FILTER, REQUIRED, each_class, full, ids, least

import mqtt5
from mqtt5 import (
    ConnectPacket,
    Decoder,
    Packet,
    PingReqPacket,
    PubAckPacket,
    PublishPacket,
    PubRecPacket,
    QoS,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    Will,
    _engine,
)

HERE = Path(__file__).parent
PING = PingReqPacket().write()

cpython = pytest.mark.skipif(
    sys.implementation.name != "cpython", reason="about reference counts and gc, which PyPy does not have so"
)


def isolated(code: str) -> None:
    """Runs code that changes the package for good in a process of its own, under the same engine."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code],
        env={**os.environ, "MQTT5_ENGINE": _engine.name},
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def check_unharmed() -> None:
    """Whatever happened, everything works."""
    for packet in full():
        if isinstance(packet, Packet):
            assert mqtt5.read(packet.write())[0] == packet
    assert mqtt5.topic_matches("a/+", "a/b")


# ---------------------------------------------------- every value in every field

#: What a value raises itself, or what Python says of it, goes through; the rest is the package's.
CLEAR = {
    "TypeError",
    "ValueError",
    "DecodeError",
    "IncompleteError",
    "Boom",
    "ReferenceError",  # of a weak reference
    "RuntimeError",  # of a dict that changes
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that __index__ should not give subclasses of int
        return {label: hostile.outcome(case) for label, case in hostile.every_case()}


@pytest.fixture(scope="module")
def differences(outcomes: dict[str, str]) -> dict[str, str]:
    """By label: the outcomes of both engines, where they are not the same."""
    if _engine.name != "speedups":
        pytest.skip("both engines are compared in the run of speedups")
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", "import hostile; hostile.main()"],
        env={**os.environ, "MQTT5_ENGINE": "cffi"},
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    name, other = json.loads(done.stdout)
    assert name == "cffi"
    assert other.keys() == outcomes.keys()
    return {
        label: f"{label}\n  cffi:     {other[label][:300]}\n  speedups: {outcome[:300]}"
        for label, outcome in outcomes.items()
        if outcome != other[label]
    }


def is_clear(label: str, outcome: str) -> bool:
    raised = re.match(r"raises (\w+): (.*)", outcome, re.DOTALL)
    if raised is None:
        return True
    if "blank" in label and re.search(r"AttributeError: .* has no attribute '\w+'", outcome):
        return True
    return raised[1] in CLEAR and raised[2].strip() != ""


def test_right_result_or_clear_exception(outcomes: dict[str, str]) -> None:
    assert len(outcomes) > 30_000
    unclear = [f"{label}: {outcome[:200]}" for label, outcome in outcomes.items() if not is_clear(label, outcome)]
    assert not unclear, f"{len(unclear)}:\n" + "\n".join(unclear[:50])
    check_unharmed()


def test_both_engines_behave_alike(differences: dict[str, str]) -> None:
    """Exceptions with their whole text, results with their repr and bytes."""
    assert not differences, f"{len(differences)}:\n" + "\n".join(list(differences.values())[:40])


# -------------------------------------------------- arguments that act when converted


class Act:
    """An integer that does something when it is asked for its value."""

    def __init__(self, action: Callable[[], object], value: int = 1) -> None:
        self.action = action
        self.value = value

    def __index__(self) -> int:
        self.action()
        return self.value

    def __repr__(self) -> str:
        self.action()
        return "Act"


class ActRepr:
    """Of a wrong type, and does something when it is put into words for the message."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action = action

    def __repr__(self) -> str:
        self.action()
        return "ActRepr"


def test_a_buffer_that_is_resized_by_a_later_argument() -> None:
    """Nobody holds the buffer then: no BufferError, and what was in it counts."""
    for action in (bytearray.clear, lambda buffer: buffer.extend(b"x" * 10_000)):
        buffer = bytearray(b"secret" * 100)
        packet = ConnectPacket("c", password=buffer, keep_alive=Act(lambda: action(buffer)))  # noqa: B023
        assert packet.password == b"secret" * 100
        assert packet.keep_alive == 1


def test_a_view_that_is_released_by_another_argument() -> None:
    view = memoryview(bytearray(b"secret"))
    packet = ConnectPacket("c", password=view, keep_alive=Act(view.release))
    assert packet.password == b"secret"
    view = memoryview(bytearray(b"secret"))
    with pytest.raises(ValueError, match="released"):
        ConnectPacket("c", keep_alive=Act(view.release), authentication_method="m", authentication_data=view)


def test_a_list_that_changes_while_it_is_converted() -> None:
    """As with any iteration over a list: what it has when its turn comes."""
    numbers: list[Any] = []
    numbers += [Act(numbers.clear), 2, 3]
    assert PublishPacket("t", b"", subscription_ids=numbers).subscription_ids == (1,)
    numbers = []
    numbers += [Act(lambda: numbers.extend([7] * 1000)), 2]
    assert PublishPacket("t", b"", subscription_ids=numbers).subscription_ids == (1, 2, *[7] * 1000)
    codes: list[Any] = [0] * 100
    codes[50] = Act(lambda: codes.__delitem__(slice(None)))
    with pytest.raises(TypeError, match=r"reason_codes\[50\]"):
        SubAckPacket(1, codes)


def test_a_dict_that_changes_while_it_is_converted() -> None:
    numbers: dict[Any, None] = {}
    numbers[Act(lambda: numbers.setdefault(len(numbers)))] = None
    with pytest.raises(RuntimeError, match="changed size"):
        PublishPacket("t", b"", subscription_ids=numbers)


def test_a_pair_that_changes_while_it_is_converted() -> None:
    pair: list[Any] = ["a", "b"]

    def pairs() -> Iterator[Any]:
        yield pair
        pair.clear()
        yield pair

    with pytest.raises(TypeError, match=r"user_properties\[1\]"):
        PublishPacket("t", b"", user_properties=pairs())


def test_a_conversion_that_makes_packets() -> None:
    def nested(depth: int) -> PublishPacket:
        inner = Act(lambda: depth and nested(depth - 1), depth + 1)
        packet = PublishPacket("t", b"", qos=1, packet_id=inner, user_properties=[("a", "b")])
        assert mqtt5.read(packet.write())[0] == packet
        return packet

    assert nested(50).packet_id == 51


def test_a_conversion_without_end() -> None:
    def endless() -> object:
        return PublishPacket("t", b"", qos=1, packet_id=Act(endless))

    with pytest.raises(RecursionError):
        endless()
    check_unharmed()


@pytest.fixture
def frozen_heap() -> Iterator[None]:
    """gc does not look at what there is already, which would take long."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@cpython
@each_class
@pytest.mark.usefixtures("frozen_heap")
def test_a_conversion_that_finds_the_unfinished_packet(cls: Any) -> None:
    """What gc shows of it may miss fields, but is no trap."""
    wrong = (AttributeError, TypeError, ValueError, pickle.PicklingError)
    looking = False

    def look() -> None:
        nonlocal looking
        if looking:
            return
        looking = True
        for found in gc.get_referrers(marker):
            if isinstance(found, (Packet, Will, TopicFilter)):
                for operation in (repr, hash, copy.copy, pickle.dumps, dataclasses.astuple, lambda p: p.write()):
                    with contextlib.suppress(*wrong):
                        operation(found)
        looking = False

    marker = Act(look)
    required = hostile.arguments_of(cls)
    for name in hostile.names_of(cls):
        with contextlib.suppress(TypeError, ValueError):
            cls(**{**required, name: marker})
        if name in ("user_properties", "subscription_ids", "reason_codes"):
            with pytest.raises((TypeError, ValueError)):
                cls(**{**required, name: [marker, None]})
    check_unharmed()


# ------------------------------------------------------------------ how it is called


class Name(str):
    """A str subclass as the name of an argument."""

    __slots__ = ()


class LoudName(str):
    __slots__ = ()
    __eq__ = boom
    __hash__ = str.__hash__


def not_interned(text: str) -> str:
    return "".join([text[:1], text[1:]])


@pytest.mark.parametrize("value", full(), ids=ids)
def test_names_of_arguments_need_not_be_the_same_objects(value: Any) -> None:
    fields = {name: getattr(value, name) for name in hostile.names_of(value)}
    for spell in (str, Name, not_interned, sys.intern):
        assert type(value)(**{spell(name): field for name, field in fields.items()}) == value
    for spell in (Name, not_interned):
        with pytest.raises(TypeError, match="'nothing'"):
            type(value)(**fields, **{spell("nothing"): 1})
    if fields:
        first = next(iter(fields))
        with pytest.raises(TypeError, match=f"'{first}'|positional"):
            type(value)(*fields.values(), **{not_interned(first): 1})


def test_a_name_that_compares_as_it_likes() -> None:
    for name in ("topic", "nothing"):
        try:
            packet = PublishPacket(**{LoudName(name): "t", "payload": b""})
        except (Boom, TypeError):
            continue
        assert (name, packet) == ("topic", PublishPacket("t", b""))


def test_names_that_are_no_strings() -> None:
    with pytest.raises(TypeError, match="keywords must be strings"):
        PublishPacket("t", b"", **{1: 2})  # type: ignore[misc]


@pytest.mark.parametrize("value", full(), ids=ids)
def test_every_way_to_call_a_class(value: Any) -> None:
    cls: Any = type(value)
    fields = {name: getattr(value, name) for name in hostile.names_of(value)}

    class Keys:
        def keys(self) -> Any:
            return fields.keys()

        def __getitem__(self, name: str) -> Any:
            return fields[name]

    bare = cls.__new__(cls)
    bare.__init__(**fields)
    for made in (
        cls(**fields),
        cls(**Keys()),
        cls.__call__(**fields),
        type.__call__(cls, **fields),
        functools.partial(cls, **fields)(),
        functools.partial(type.__call__, cls)(**fields),
        bare,
    ):
        assert made == value
        assert type(made) is cls
    assert list(map(PublishPacket, "ab", [b"", b"x"])) == [PublishPacket("a", b""), PublishPacket("b", b"x")]
    for call in (cls.__call__, functools.partial(type.__call__, cls)):
        with pytest.raises(TypeError, match="'nothing'"):
            call(**fields, nothing=1)


def test_more_arguments_than_any_signature() -> None:
    with pytest.raises(TypeError, match="positional"):
        PublishPacket(*range(100_000))
    with pytest.raises(TypeError, match="unexpected keyword"):
        PublishPacket("t", b"", **{f"name{i}": i for i in range(10_000)})
    with pytest.raises(TypeError):
        PingReqPacket(*[None] * 1000)


def test_init_again_replaces_the_fields() -> None:
    packet: Any = PublishPacket("t", b"payload", qos=1, packet_id=7, user_properties=[("a", "b")])
    packet.__init__("other", bytearray(b"x"))
    assert packet == PublishPacket("other", b"x")
    assert packet.write() == PublishPacket("other", b"x").write()
    for arguments in ((), ("t",), ("#", b""), ("t", "text"), (b"t", b"")):
        with pytest.raises((TypeError, ValueError)):
            packet.__init__(*arguments)
        try:
            assert mqtt5.read(packet.write())[0] == packet
        except (AttributeError, TypeError, ValueError) as error:
            assert str(error)  # noqa: PT017
    packet.__init__("t", b"")
    assert packet == PublishPacket("t", b"")


def test_init_of_something_else() -> None:
    for other in (
        None,
        object(),
        PubAckPacket(1),
        "text",
        hostile.lying_class(PublishPacket),
    ):
        before = repr(other)
        with pytest.raises((TypeError, AttributeError)):
            PublishPacket.__init__(other, "t", b"")
        assert repr(other) == before


# ------------------------------------------------------------- packets by force


@each_class
def test_an_object_that_was_never_initialized(cls: Any) -> None:
    bare = cls.__new__(cls)
    names = hostile.names_of(cls)
    for name in names:
        with pytest.raises(AttributeError, match=name):
            getattr(bare, name)
    operations: list[Callable[[Any], Any]] = [repr, hash, dataclasses.astuple, dataclasses.asdict]
    operations += [lambda value: value == cls.__new__(cls), lambda value: value == least(cls)]
    for operation in operations if names else []:
        with pytest.raises(AttributeError):
            operation(bare)
    if names:
        with pytest.raises((AttributeError, TypeError)) as caught:
            hostile.written(lambda: bare)
        assert str(caught.value)
    else:
        assert bare.write() == cls().write()
    for duplicate in (copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))):
        try:
            again = duplicate(bare)
        except (AttributeError, TypeError):
            continue
        assert type(again) is cls
        assert not any(hasattr(again, name) for name in names)
    bare.__init__(*REQUIRED.get(cls, ()))
    assert bare == least(cls)


@pytest.mark.parametrize("value", full(), ids=ids)
def test_every_operation_on_packets_changed_by_force(value: Any) -> None:
    operations: list[Callable[[Any], Any]] = [repr, hash, copy.copy, copy.deepcopy, pickle.dumps]
    operations += [lambda bad: bad == value, lambda bad: bad == copy.copy(bad)]
    own = (RuntimeError, pickle.PicklingError, Boom, ReferenceError)
    for name in hostile.names_of(value)[:4]:
        for make in hostile.VALUES.values():
            bad = forced(value, name, make())
            for operation in operations:
                try:
                    operation(bad)
                except (AttributeError, TypeError, ValueError, *own):
                    pass
    check_unharmed()


@pytest.mark.parametrize("value", full(), ids=ids)
def test_a_packet_that_contains_itself(value: Any) -> None:
    for name in hostile.names_of(value):
        for wrap in (lambda x: x, lambda x: (x,), lambda x: ((x, x),)):
            bad = copy.copy(value)
            object.__setattr__(bad, name, wrap(bad))
            with pytest.raises((TypeError, ValueError)):
                hostile.written(lambda bad=bad: bad)
            assert "..." in repr(bad)


def test_a_value_that_changes_the_packet_while_it_is_written() -> None:
    """Each field in turn acts when it is converted, and replaces each other field."""
    packet = PublishPacket(
        "topic" * 50,
        b"payload" * 50,
        qos=1,
        packet_id=1,
        content_type="type" * 50,
        correlation_data=b"data" * 50,
        response_topic="r" * 200,
        subscription_ids=(1, 2, 3),
        user_properties=[("n" * 100, "v" * 100)],
    )
    connect = ConnectPacket(
        "client" * 50, username="user" * 50, password=b"word" * 50, will=Will("w" * 200, payload=b"p" * 200)
    )
    for original in (packet, connect):
        names = hostile.names_of(original)
        for acting in names:
            for changed in names:
                bad = copy.copy(original)

                def act(bad: Any = bad, changed: str = changed) -> None:
                    fresh = copy.deepcopy(getattr(original, changed))  # noqa: B023
                    object.__setattr__(bad, changed, fresh if changed.endswith("s") else type(fresh)() if fresh else 0)

                values = (Act(act), ActRepr(act), [Act(act), ActRepr(act)], ((ActRepr(act), "x"),))
                for value in values:
                    object.__setattr__(bad, acting, value)
                    try:
                        data = bad.write()
                    except (TypeError, ValueError) as error:
                        assert str(error)  # noqa: PT017
                    else:
                        assert mqtt5.read(data)[1] == len(data)
    check_unharmed()


def test_a_value_that_takes_the_fields_away_while_it_is_written() -> None:
    for acting in hostile.names_of(PublishPacket):
        bad = PublishPacket("topic" * 50, b"payload" * 50, user_properties=[("n" * 100, "v" * 100)])

        def act(bad: Any = bad) -> None:
            for name in hostile.names_of(bad):
                if hasattr(bad, name):
                    object.__delattr__(bad, name)

        for value in (Act(act), ActRepr(act), [ActRepr(act)]):
            object.__setattr__(bad, acting, value)
            try:
                data = bad.write()
            except (AttributeError, TypeError, ValueError) as error:
                assert str(error)  # noqa: PT017
            else:
                assert mqtt5.read(data)[1] == len(data)
            bad.__init__("topic" * 50, b"payload" * 50)  # type: ignore[misc]


def test_enum_members_that_are_none() -> None:
    for number in (3, 77, 255, 256, -1, 2**64):
        imposter = int.__new__(QoS, number)
        for make in (
            lambda: PublishPacket("t", b"", qos=imposter, packet_id=1),  # noqa: B023
            lambda: forced(PublishPacket("t", b"", qos=1, packet_id=1), "qos", imposter).write(),  # noqa: B023
            lambda: TopicFilter("t", max_qos=imposter),  # noqa: B023
            lambda: forced(SubAckPacket(1, [0]), "reason_codes", (imposter,)).write(),  # noqa: B023
        ):
            with pytest.raises((ValueError, TypeError)) as caught:
                make()
            assert str(caught.value)
    data = forced(PublishPacket("t", b"", qos=1, packet_id=1), "qos", int.__new__(QoS, 1)).write()
    assert data == PublishPacket("t", b"", qos=1, packet_id=1).write()


def test_the_class_of_a_packet_changed_by_force() -> None:
    """Python allows it among classes with the same slots."""
    packet: Any = PubAckPacket(1, reason_code=mqtt5.PubAckReasonCode.NOT_AUTHORIZED, reason_str="r")
    object.__setattr__(packet, "__class__", PubRecPacket)
    assert packet.write() == PubRecPacket(1, reason_code=0x87, reason_str="r").write()
    object.__setattr__(packet, "__class__", mqtt5.PubRelPacket)
    with pytest.raises(ValueError, match="reason_code"):
        packet.write()
    for cls in (PublishPacket, PingReqPacket, Will, int):
        with pytest.raises(TypeError):
            object.__setattr__(PubAckPacket(1), "__class__", cls)


def written_newly(packet: Any) -> bytes:
    return type(packet)(**{name: getattr(packet, name) for name in hostile.names_of(packet)}).write()


@pytest.mark.parametrize("value", [value for value in full() if isinstance(value, Packet)], ids=ids)
def test_a_packet_changed_by_force_right_after_it_was_made(value: Any) -> None:
    """What is known of the packet that was made last does not outlive the change, nor the packet."""
    names = hostile.names_of(value)
    fields = {name: getattr(value, name) for name in names}
    plain = type(value)(*REQUIRED.get(type(value), ()))

    def changed(name: str) -> Any:
        packet = type(value)(**fields)
        object.__setattr__(packet, name, getattr(plain, name))
        return packet

    for name in names:
        try:
            expected = written_newly(changed(name))
        except ValueError:
            packet = changed(name)
            with pytest.raises(ValueError, match=r"\["):
                packet.write()
        else:
            packet = changed(name)
            assert packet.write() == expected
        object.__setattr__(packet, name, fields[name])
        assert packet.write() == value.write()
        packet = type(value)(**fields)
        object.__delattr__(packet, name)
        with pytest.raises((AttributeError, TypeError)):
            packet.write()
    packet = type(value)(**fields)
    type(value)(*REQUIRED.get(type(value), ()))
    assert packet.write() == packet.write() == value.write()
    del packet
    assert type(value)(**fields).write() == value.write()


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if issubclass(cls, Packet) and not REQUIRED.get(cls)])
def test_derived_classes_that_change_a_default(cls: Any) -> None:
    """What is known of a packet with nothing but defaults holds for its own class alone."""
    assert cls().write() is not None
    for name, other in {"reason_str": "changed", "user_properties": (("a", "b"),)}.items():
        if name in hostile.names_of(cls):
            derived = type("Derived", (cls,), {name: property(lambda self, other=other: other)})
            assert derived.__new__(derived).__class__ is derived
            packet = object.__new__(derived)
            for field in dataclasses.fields(cls):
                if field.name != name:
                    object.__setattr__(packet, field.name, getattr(cls(), field.name))
            assert packet.write() == cls(**{name: other}).write()
            assert cls().write() != packet.write()


def test_texts_that_take_the_place_of_freed_ones() -> None:
    """In the packet that was made last: the new text may be where the old one was."""
    for i in range(500):
        packet = PublishPacket(f"topic/{i}", bytes([i % 256]) * 20, user_properties=[(f"name{i}", "value")])
        object.__setattr__(packet, "topic", None)
        object.__setattr__(packet, "topic", f"other/{i}")
        object.__setattr__(packet, "payload", None)
        object.__setattr__(packet, "payload", bytes([i % 255]) * 20)
        object.__setattr__(packet, "user_properties", None)
        object.__setattr__(packet, "user_properties", ((f"eman{i}", "value"),))
        found, _ = mqtt5.read(packet.write())
        expected = PublishPacket(f"other/{i}", bytes([i % 255]) * 20, user_properties=[(f"eman{i}", "value")])
        assert found == expected


def test_parts_changed_by_force_right_after_their_packet_was_made() -> None:
    subscribe = SubscribePacket(1, [TopicFilter("first"), TopicFilter("a" * 50)])
    object.__setattr__(subscribe.topic_filters[0], "pattern", "second")
    assert subscribe.write() == SubscribePacket(1, [TopicFilter("second"), TopicFilter("a" * 50)]).write()
    connect = ConnectPacket("c", will=Will("first", payload=b"payload"))
    object.__setattr__(connect.will, "payload", b"other")
    assert connect.write() == ConnectPacket("c", will=Will("first", payload=b"other")).write()
    connect = ConnectPacket("c", will=Will("first"))
    object.__setattr__(connect.will, "topic", "#")
    with pytest.raises(ValueError, match="topic"):
        connect.write()


@contextlib.contextmanager
def called_by_the_collector(callback: Callable[[str, Any], None]) -> Iterator[None]:
    """With the thresholds as they were afterwards."""
    thresholds = gc.get_threshold()
    gc.callbacks.append(callback)
    try:
        yield
    finally:
        gc.callbacks.remove(callback)
        gc.set_threshold(*thresholds)


@cpython
def test_packets_made_while_another_one_is_made() -> None:
    """The collector may run at every new tuple, and with it any code: here it makes packets of the same classes."""
    made: list[bytes] = []

    def collect(phase: str, info: Any) -> None:
        made.append(PublishPacket(payload=b"other", topic="other", user_properties=[("x", "y")] * 3).write())
        made.append(SubscribePacket(2, [TopicFilter(pattern="other")] * 2).write())

    many = [("a", "b")] * 30  # CPython keeps shorter tuples to use them again, and does not collect for them
    expected = [
        PublishPacket("topic", b"payload", user_properties=many, subscription_ids=(1, 2)).write(),
        SubscribePacket(1, (TopicFilter("first"), TopicFilter("second", no_local=True))).write(),
    ]
    kept: list[Any] = []  # so that new ones are needed
    with called_by_the_collector(collect):
        for i in range(200):
            gc.set_threshold(1 + i % 4)  # so that it is another allocation that starts the collector
            publish = PublishPacket("topic", b"payload", user_properties=many, subscription_ids=[1, 2])
            assert publish.write() == expected[0]
            kept.append(publish)
            filters = [TopicFilter("first"), TopicFilter("second", no_local=True)]
            assert SubscribePacket(1, filters).write() == expected[1]
    assert len(made) > 200
    assert len(set(made)) == 2


def test_no_value_is_written_over_that_somebody_has() -> None:
    """Payloads and texts of one size follow each other: an engine may use the memory of those that are gone."""

    def packets(size: int) -> Iterator[tuple[str, Any]]:
        for i in range(40):
            text = f"{i:->{size}}"  # another one each time, since a text that comes again may be kept
            packet = PublishPacket(text, text.encode(), content_type=text[::-1])
            yield text, mqtt5.read(packet.write())[0]

    for size in (2, 12, 13, 63, 64, 65):
        texts = [(text, packet.topic) for text, packet in packets(size)]
        assert all(topic == text for text, topic in texts)
        payloads = [(text, packet.payload) for text, packet in packets(size)]
        assert all(payload == text.encode() for text, payload in payloads)
        views = [(text, memoryview(packet.payload)) for text, packet in packets(size)]
        assert all(view == text.encode() for text, view in views)
        for text, packet in packets(size):  # a hash that was asked for is not that of the next value
            assert hash(packet.topic) == hash("".join(text))
            assert hash(packet.payload) == hash(b"".join([text.encode()]))
            assert {packet.content_type: 1}["".join(reversed(text))] == 1


@pytest.mark.skipif(not hasattr(ctypes, "pythonapi") or sys.version_info >= (3, 12), reason="only Python 3.11 has it")
def test_texts_that_were_asked_for_their_wide_characters() -> None:
    """Which CPython keeps with the text, whose memory may be used for another one."""
    wide = ctypes.pythonapi.PyUnicode_AsUnicode
    wide.argtypes, wide.restype = [ctypes.py_object], ctypes.c_wchar_p
    for i in range(40):
        packet: Any = mqtt5.read(PublishPacket(f"{i:->20}", b"").write())[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert wide(packet.topic) == f"{i:->20}"
        del packet


def test_calls_inside_of_calls() -> None:
    """How a class was called is remembered; to forget the names of the call before may call it again."""

    class Name(str):
        def __del__(self) -> None:
            PublishPacket("other", b"inside", qos=1, packet_id=3, retain=True)
            PublishPacket(payload=b"inside", topic="other")

    for _ in range(3):
        PublishPacket(**{Name("topic"): "t", "payload": b""})
        packet = PublishPacket("topic", payload=b"payload")
        assert (packet.topic, packet.payload, packet.qos, packet.retain) == ("topic", b"payload", 0, False)
        packet = PublishPacket(topic="topic", payload=b"payload", qos=1, packet_id=2)
        assert (packet.topic, packet.payload, packet.qos, packet.packet_id) == ("topic", b"payload", 1, 2)


@cpython
def test_parts_changed_by_force_while_their_packet_is_made() -> None:
    """By code that the collector runs, when a list becomes a tuple. What was there first is checked, or what came."""
    many = [("a", "b")] * 30

    class Other(TopicFilter):
        __slots__ = ()

    def change(phase: str, info: Any) -> None:
        for part in parts:
            name = "pattern" if isinstance(part, TopicFilter) else "topic"
            if act == "delete":
                with contextlib.suppress(AttributeError):
                    object.__delattr__(part, name)
            elif act == "class":
                with contextlib.suppress(TypeError):
                    object.__setattr__(part, "__class__", Other)
            else:
                text = "".join([act, str(len(made))] * 10)
                object.__setattr__(part, name, text)
                made.append(text)

    made: list[str] = []
    kept: list[Any] = []
    parts: list[Any] = []
    for way in ("other", "#", "delete", "class"):
        act = way
        with called_by_the_collector(change):
            for i in range(100):
                topic_filter, will = TopicFilter("".join(["first", str(i)])), Will("".join(["first", str(i)]))
                parts[:] = [topic_filter, will]
                for make in (
                    lambda f=topic_filter: SubscribePacket(1, [f], user_properties=many),
                    lambda w=will: ConnectPacket("c", will=w, user_properties=many),
                ):
                    with contextlib.suppress(TypeError, ValueError, AttributeError):
                        gc.set_threshold(1 + i % 4)
                        try:
                            packet = make()
                        finally:
                            gc.set_threshold(10_000)
                        kept.append(packet)
                        assert packet.write() == copy.copy(packet).write()
                parts.clear()
    check_unharmed()


@cpython
def test_a_packet_made_while_the_last_one_is_forgotten() -> None:
    """Its parts hold what somebody put there by force, which makes the next packet when it goes."""
    made: list[Any] = []

    class Last:
        def __del__(self) -> None:
            made.append(PublishPacket("".join(["topic", str(len(made))]), bytes([65 + len(made) % 20]) * 20))

    for i in range(50):
        subscribe: Any = SubscribePacket(1, [TopicFilter(f"first/{i}")])
        object.__setattr__(subscribe.topic_filters[0], "pattern", Last())
        object.__setattr__(subscribe, "topic_filters", None)
        del subscribe
        object.__setattr__(made[-1], "payload", None)
        object.__setattr__(made[-1], "payload", bytes([66 + i % 20]) * 18)
        assert made[-1].write().endswith(bytes([66 + i % 20]) * 18)
        assert mqtt5.read(made[-1].write())[0] == made[-1]
    assert len(made) == 50


@cpython
def test_values_are_free_when_the_packet_made_last_is() -> None:
    payload = bytes(1000)
    before = sys.getrefcount(payload)
    packet = PublishPacket("topic", payload)
    assert packet.write()
    del packet
    assert sys.getrefcount(payload) == before


def test_write_of_something_else() -> None:
    for other in (None, 1, object(), Will("w"), FILTER, PublishPacket, hostile.lying_class(PublishPacket), "text"):
        with pytest.raises((TypeError, AttributeError)):
            PublishPacket.write(other)
        try:
            assert PingReqPacket.write(other) == PING  # it asks for no field
        except TypeError as error:
            assert str(error)  # noqa: PT017
    ping: Any = PingReqPacket.__new__(PingReqPacket)
    assert ping.write() == PING


@cpython
def test_classes_that_are_changed() -> None:
    """Fields taken from the classes, replaced by properties, other methods: no crash, whatever else."""
    isolated(
        """if True:
        import mqtt5
        from mqtt5 import PublishPacket as P
        data = P("t", b"p", qos=1, packet_id=1).write()
        old = P("t", b"p")
        bare = P.__new__(P)

        def try_all():
            for call in (lambda: P("t", b"p"), lambda: P("t", b"p", qos=1, packet_id=1), old.write, bare.write,
                         lambda: mqtt5.read(data), lambda: repr(old), lambda: hash(old), lambda: old == P("t", b"p"),
                         lambda: P(), lambda: P("#", b"")):
                try:
                    call()
                except Exception as error:
                    assert str(error)

        for name in ("topic", "payload", "qos", "packet_id", "user_properties"):
            kept = P.__dict__[name]
            for other in (None, property(lambda self: "x"), property(lambda self: 1 / 0), 5, kept, P.retain):
                setattr(P, name, other)
                try_all()
            delattr(P, name)
            try_all()
            setattr(P, name, kept)
        for name in ("__init__", "__post_init__", "__new__", "write", "__setattr__", "__dataclass_fields__"):
            kept = P.__dict__.get(name)
            for other in (lambda self, *a, **k: None, None, 5):
                setattr(P, name, other)
                try_all()
            delattr(P, name)
            try_all()
            if kept is not None:
                setattr(P, name, kept)
        try:
            P.__bases__ = (mqtt5.packets.BasePacket, dict)
        except TypeError:
            pass
        try_all()
        """
    )


# ---------------------------------------------------------------------- subclasses


class Redefined(PublishPacket):
    """A slot of its own with the name of one of its base, which stays empty."""

    __slots__ = ("topic",)


class ByProperty(PublishPacket):
    """A field that is computed."""

    __slots__ = ()

    topic = property(lambda self: "of/the/property", lambda self, value: None)  # type: ignore[assignment]


class ReadOnly(PublishPacket):
    __slots__ = ()

    topic = property(lambda self: "t")  # type: ignore[assignment]


class RaisingProperty(PublishPacket):
    __slots__ = ()

    topic = property(boom, lambda self, value: None)  # type: ignore[assignment]


class ByClass(PublishPacket):
    """A constant instead of the field."""

    __slots__ = ()
    topic = "constant"


class Everything(PublishPacket):
    """Answers for everything."""

    def __getattr__(self, name: str) -> Any:
        return "t"


class Lying(PublishPacket):
    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        return "#" if name == "topic" else super().__getattribute__(name)


class Loud(PublishPacket):
    __slots__ = ()
    __getattribute__ = boom


class NoInit(PublishPacket):
    __slots__ = ()

    def __init__(self, *_: Any) -> None:
        pass


class NoPostInit(PublishPacket):
    __slots__ = ()

    def __post_init__(self) -> None:
        pass


class NewGivesBase(PublishPacket):
    __slots__ = ()

    def __new__(cls, *_: Any, **__: Any) -> Any:
        return PublishPacket.__new__(PublishPacket)


class NewGivesNone(PublishPacket):
    __slots__ = ()

    def __new__(cls, *_: Any, **__: Any) -> Any:
        return None


class NewGivesTheSame(PublishPacket):
    """One object, initialized again and again."""

    __slots__ = ()
    one: Any = None

    def __new__(cls, *_: Any, **__: Any) -> Any:
        if cls.one is None:
            cls.one = object.__new__(cls)
        return cls.one


class Meta(type):
    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        return super().__call__("meta", *arguments, **keywords)


class WithMeta(PublishPacket, metaclass=Meta):
    __slots__ = ()


class WithDict(PublishPacket):
    pass


class WithSlots(PublishPacket):
    __slots__ = ("__weakref__", "more")


class InitSubclass(PublishPacket):
    def __init_subclass__(cls) -> None:
        boom()


def test_subclass_with_a_slot_of_the_same_name() -> None:
    packet = Redefined("topic", b"p")
    assert packet.topic == "topic"
    assert packet.write() == PublishPacket("topic", b"p").write()
    with pytest.raises(AttributeError):
        PublishPacket.__dict__["topic"].__get__(packet)
    with pytest.raises(ValueError, match="topic='#'"):
        Redefined("#", b"")
    object.__delattr__(packet, "topic")
    with pytest.raises((AttributeError, TypeError, ValueError)):
        packet.write()


def test_subclass_with_a_property_for_a_field() -> None:
    assert ByProperty("ignored", b"p").write() == PublishPacket("of/the/property", b"p").write()
    with pytest.raises(AttributeError):
        ReadOnly("t", b"p")
    with pytest.raises(AttributeError):
        ByClass("t", b"p")
    with pytest.raises(Boom):
        RaisingProperty("t", b"p")


def test_subclass_with_other_access_to_attributes() -> None:
    assert Everything("a", b"p").write() == PublishPacket("a", b"p").write()
    with pytest.raises(ValueError, match="topic='#'"):
        Lying("t", b"p")
    with pytest.raises((Boom, ValueError)):
        Loud("#", b"p")


def test_subclass_that_is_not_initialized() -> None:
    packet = NoInit()
    for operation in (repr, hash, lambda value: value.write()):
        with pytest.raises(AttributeError):
            operation(packet)


def test_subclass_that_is_not_checked_is_checked_by_write() -> None:
    packet = NoPostInit("t", bytearray(b"p"), qos=1, packet_id=7, user_properties=[["a", "b"]])
    right = PublishPacket("t", b"p", qos=1, packet_id=7, user_properties=[("a", "b")])
    assert packet.write() == right.write()
    for arguments in (("#", b""), ("t", "text"), (None, None)):
        with pytest.raises((TypeError, ValueError)):
            NoPostInit(*arguments).write()


def test_subclass_with_a_new_of_its_own() -> None:
    base = NewGivesBase("t", b"p")
    assert type(base) is PublishPacket
    with pytest.raises(AttributeError):
        base.write()
    assert NewGivesNone("t", b"p") is None
    first = NewGivesTheSame("a", b"")
    assert NewGivesTheSame("b", b"") is first
    assert first.topic == "b"
    assert first.write() == PublishPacket("b", b"").write()


def test_subclass_with_a_metaclass() -> None:
    packet = WithMeta(b"p")
    assert packet.topic == "meta"
    assert packet.write() == PublishPacket("meta", b"p").write()


def test_subclass_with_more_slots_or_a_dict() -> None:
    for cls in (WithDict, WithSlots):
        packet: Any = cls("t", b"p")
        object.__setattr__(packet, "more", packet)  # a cycle
        assert packet.write() == PublishPacket("t", b"p").write()
        gone = weakref.ref(packet)
        del packet
        gc.collect()
        assert gone() is None


def test_subclass_that_cannot_be_made() -> None:
    with pytest.raises(Boom):
        type("Sub", (InitSubclass,), {})
    for other in (int, PubAckPacket, Exception, Will):
        with pytest.raises(TypeError):
            type("Sub", (PublishPacket, other), {})
    check_unharmed()


@pytest.mark.parametrize(
    "other", [int, str, bytes, tuple, list, dict, set, bytearray, Exception, PubAckPacket, Decoder]
)
def test_subclass_with_a_base_of_another_kind(other: Any) -> None:
    """A packet without fields leaves room for the memory of another type; bases in both orders."""
    for bases in ((PingReqPacket, other), (other, PingReqPacket)):
        cls: Any = type("Both", bases, {})
        values = [cls.__new__(cls)]
        for arguments in ((), (5,)):
            with contextlib.suppress(AttributeError, TypeError):  # it may be no packet then
                values.append(cls(*arguments))
        for value in values:
            with contextlib.suppress(AttributeError, TypeError):
                assert value.write() in (PING, PubAckPacket(5).write())
            for operation in (repr, hash, copy.copy, lambda x: x == x, lambda x: x == PingReqPacket()):
                with contextlib.suppress(AttributeError, TypeError):
                    operation(value)
    check_unharmed()


def test_subclasses_are_freed() -> None:
    """No engine keeps what it learns of a class."""
    cls = type("Local", (PublishPacket,), {"__slots__": ()})
    packet = cls("t", b"p", user_properties=[("a", "b")])
    packet.write()
    gone = weakref.ref(cls)
    del cls, packet
    gc.collect()
    assert gone() is None


def test_parts_that_are_subclasses_with_their_own_access() -> None:
    class Filter(TopicFilter):
        __slots__ = ()
        pattern = property(lambda self: "p", lambda self, value: None)  # type: ignore[assignment]

    class Testament(Will):
        __slots__ = ()
        topic = property(boom, lambda self, value: None)  # type: ignore[assignment]

    assert SubscribePacket(1, [Filter("x")]).write() == SubscribePacket(1, [TopicFilter("p")]).write()
    with pytest.raises(Boom):
        Testament("w")
    bad = Testament.__new__(Testament)
    with pytest.raises((Boom, AttributeError)):
        ConnectPacket("c", will=bad).write()


# ------------------------------------------------------------------------ buffers


def test_a_buffer_of_ctypes() -> None:
    array = (ctypes.c_uint8 * 4)(*PubAckPacket(5).write())
    assert mqtt5.read(array) == (PubAckPacket(5), 4)
    decoder = Decoder()
    decoder.feed(array)
    ctypes.memset(array, 0xFF, 4)
    assert list(decoder) == [PubAckPacket(5)]
    assert PublishPacket("t", array).payload == b"\xff" * 4


def test_reading_does_not_hold_the_buffer() -> None:
    buffer = bytearray(PublishPacket("t", b"payload" * 1000).write())
    packet, _ = mqtt5.read(buffer)
    buffer[:] = b"\xff" * len(buffer)
    buffer.clear()
    assert packet.payload == b"payload" * 1000
    buffer += BAD
    with pytest.raises(mqtt5.DecodeError) as caught:
        mqtt5.read(buffer)
    buffer.clear()
    assert caught.value.field == "duplicate"


def test_a_buffer_larger_than_32_bits() -> None:
    """Only its first packet is looked at. The memory is never touched."""
    mmap = pytest.importorskip("mmap")
    try:
        large = mmap.mmap(-1, 2**32 + 2**20)
    except (OSError, OverflowError, ValueError):
        pytest.skip("no address space for it")
    large[:4] = PubAckPacket(5).write()
    assert mqtt5.read(large) == (PubAckPacket(5), 4)
    with memoryview(large) as view:
        assert mqtt5.read(view) == (PubAckPacket(5), 4)
    large.close()


# ------------------------------------------------------------------------ decoders

STREAM = PING + PubAckPacket(1).write() + PublishPacket("t", b"payload" * 100).write()
IN_STREAM = [PingReqPacket(), PubAckPacket(1), PublishPacket("t", b"payload" * 100)]
BAD = bytes.fromhex("380400017400")


def fed(*chunks: Any) -> Decoder:
    decoder = Decoder()
    for chunk in chunks:
        decoder.feed(chunk)
    return decoder


def test_decoder_without_init() -> None:
    """Refused, or as good as a new one."""
    for operation in (lambda d: d.feed(STREAM), next, list, lambda d: d.buffered, iter):
        decoder = Decoder.__new__(Decoder)
        with contextlib.suppress(AttributeError, RuntimeError, TypeError, ValueError, StopIteration):
            operation(decoder)
        decoder.__init__()  # type: ignore[misc]
        decoder.feed(STREAM)
        assert list(decoder) == IN_STREAM


def test_decoder_init_again_makes_it_new() -> None:
    decoder: Any = Decoder(max_packet_size=4)
    decoder.feed(STREAM)
    with pytest.raises(mqtt5.DecodeError):
        list(decoder)
    decoder.__init__()
    assert decoder.buffered == 0
    assert list(decoder) == []
    decoder.feed(STREAM[:-1])
    assert next(decoder) == PingReqPacket()
    decoder.__init__(5)
    assert decoder.buffered == 0
    decoder.feed(STREAM[:8])
    assert list(decoder) == IN_STREAM[:2]
    for wrong in (0, "5", -1, Boom):
        with pytest.raises((TypeError, ValueError)):
            decoder.__init__(wrong)
    decoder.__init__()
    decoder.feed(STREAM)
    assert list(decoder) == IN_STREAM


def test_decoder_init_during_its_own_init() -> None:
    decoder: Any = Decoder.__new__(Decoder)
    for action in (decoder.__init__, lambda: decoder.feed(STREAM), lambda: list(decoder), lambda: decoder.buffered):
        try:
            decoder.__init__(Act(action, 10_000))
        except (AttributeError, RuntimeError):
            decoder.__init__()
        assert list(decoder) in ([], IN_STREAM)
    decoder.__init__()
    decoder.feed(STREAM)
    assert list(decoder) == IN_STREAM


def test_decoder_subclass() -> None:
    class Counting(Decoder):
        def __init__(self) -> None:
            super().__init__(max_packet_size=10_000)
            self.count = 0

        def feed(self, data: Any) -> None:
            self.count += len(data)
            super().feed(data)

        def __next__(self) -> Any:
            return "packet", super().__next__()

    decoder = Counting()
    decoder.feed(STREAM)
    assert list(decoder) == [("packet", packet) for packet in IN_STREAM]
    assert decoder.count == len(STREAM)

    class Slotted(Decoder):
        __slots__ = ("_buffer", "_error", "more")

    other = Slotted()
    other.feed(STREAM)
    assert list(other) == IN_STREAM

    class Uninitialized(Decoder):
        def __init__(self) -> None:
            pass

    bare = Uninitialized()
    try:
        bare.feed(STREAM)
    except (AttributeError, RuntimeError):
        return
    assert list(bare) == IN_STREAM


def test_decoder_in_a_cycle() -> None:
    class Linked(Decoder):
        pass

    for data in (STREAM, STREAM[:9], BAD, b""):
        decoder: Any = Linked()
        decoder.feed(data)
        decoder.itself = decoder
        decoder.more = iter(decoder), next(decoder, None) if data != BAD else None
        gone = weakref.ref(decoder)
        del decoder
        gc.collect()
        assert gone() is None


@cpython
def test_decoder_is_freed_at_once_after_an_error() -> None:
    """The error that it keeps does not lead back to it."""

    class Watched(Decoder):
        pass

    gc.disable()
    try:
        decoder: Any = Watched()
        decoder.feed(PING + BAD)
        for _ in range(3):
            with contextlib.suppress(mqtt5.DecodeError):
                list(decoder)
        gone = weakref.ref(decoder)
        del decoder
        assert gone() is None
    finally:
        gc.enable()


def test_decoder_errors_are_not_shared() -> None:
    """What somebody does to an exception is not seen in the next one."""
    decoder = fed(BAD)
    errors = []
    for _ in range(3):
        with pytest.raises(mqtt5.DecodeError) as caught:
            next(decoder)
        errors.append(caught.value)
        caught.value.args = ("changed",)
        caught.value.field = "changed"
        caught.value.__cause__ = Boom()
        vars(caught.value).clear()
    with pytest.raises(mqtt5.DecodeError, match="duplicate") as caught:
        next(decoder)
    assert caught.value.field == "duplicate"
    assert caught.value.__cause__ is None
    assert len({id(error) for error in errors}) == 3


@contextlib.contextmanager
def eager_gc() -> Iterator[None]:
    """gc runs at nearly every allocation."""
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Trash:
    """Part of a cycle; acts when gc finds it."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action = action
        self.itself = self

    def __del__(self) -> None:
        self.action()


@cpython
@pytest.mark.usefixtures("frozen_heap")
@pytest.mark.parametrize("action", ["feed", "next", "init", "buffered"])
def test_decoder_used_by_gc_in_the_middle_of_a_step(action: str) -> None:
    """gc runs at nearly every allocation, and what it frees uses the decoder: packets or errors, no crash."""
    acted = []
    decoder: Any = Decoder()

    def act() -> None:
        acted.append(1)
        with contextlib.suppress(mqtt5.Error, BufferError, RuntimeError):
            {"feed": lambda: decoder.feed(STREAM), "next": lambda: next(decoder, None), "init": decoder.__init__}.get(
                action, lambda: decoder.buffered
            )()

    with eager_gc():
        for generation_0 in (1, 2, 3, 5, 8):
            decoder.__init__()
            for _ in range(60):
                gc.set_threshold(1_000_000)
                Trash(act)
                gc.set_threshold(generation_0)
                try:
                    decoder.feed(STREAM)
                    for packet, _ in zip(decoder, range(20), strict=False):
                        assert isinstance(packet, Packet)
                        Trash(act)
                except (mqtt5.Error, BufferError, RuntimeError):
                    decoder.__init__()
    assert len(acted) > 100
    gc.collect()
    check_unharmed()
    decoder.__init__()
    decoder.feed(STREAM)
    assert list(decoder) == IN_STREAM


@cpython
@pytest.mark.usefixtures("frozen_heap")
def test_reading_while_gc_looks_at_what_is_being_read() -> None:
    """A gc callback that uses every packet it can find, finished or not."""
    seen = set()

    def look(phase: str, _: object) -> None:
        if phase == "stop":
            return
        for found in gc.get_objects(0):
            if isinstance(found, (Packet, Will, TopicFilter)):
                try:
                    seen.add(type(found))
                    repr(found)
                    hash(found)
                except (AttributeError, TypeError):
                    pass

    data = [packet.write() for packet in full() if isinstance(packet, Packet)] * 3
    gc.callbacks.append(look)
    try:
        with eager_gc():
            found = [mqtt5.read(each)[0] for each in data] + list(fed(*data)) + full()
    finally:
        gc.callbacks.remove(look)
    assert len(seen) > 10 or _engine.name == "speedups"  # whose packets gc may leave alone
    assert found[: len(data)] == found[len(data) : 2 * len(data)]
    check_unharmed()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="buffers made in Python came with 3.12")
def test_decoder_fed_and_read_by_the_buffer_that_it_is_fed() -> None:
    class Buffer:
        def __init__(self, acquire: Callable[[], object], release: Callable[[], object]) -> None:
            self.acquire, self.release = acquire, release

        def __buffer__(self, flags: int) -> memoryview:
            self.acquire()
            return memoryview(STREAM)

        def __release_buffer__(self, view: memoryview) -> None:
            self.release()

    for name in ("feed", "next", "init", "grow"):
        decoder: Any = Decoder()
        action = {
            "feed": lambda d: d.feed(PING),
            "next": lambda d: next(d, None),
            "init": lambda d: d.__init__(),
            "grow": lambda d: d.feed(PublishPacket("t", bytes(1_000_000)).write()),
        }[name]
        for pair in ((action, lambda _: None), (lambda _: None, action), (action, action)):
            decoder.__init__()
            buffer = Buffer(*[functools.partial(each, decoder) for each in pair])
            try:
                decoder.feed(buffer)
                decoder.feed(buffer)
                for packet in decoder:
                    assert isinstance(packet, Packet)
            except (mqtt5.Error, BufferError, RuntimeError):
                pass
            decoder.__init__()
            decoder.feed(STREAM)
            assert list(decoder) == IN_STREAM
            assert mqtt5.read(buffer)[0] == PingReqPacket()


def test_decoder_whose_packets_are_dropped_in_other_orders() -> None:
    decoder = fed(STREAM * 50)
    iterators = [iter(decoder) for _ in range(3)]
    packets = [next(iterators[i % 3]) for i in range(100)]
    del iterators, decoder
    assert packets == (IN_STREAM * 50)[:100]


def test_iterating_where_the_iteration_has_raised() -> None:
    decoder = fed(STREAM + BAD)
    found = []
    for _ in range(10):
        try:
            found += [next(decoder)]
        except mqtt5.DecodeError:
            with pytest.raises(mqtt5.DecodeError):
                next(decoder)
    assert found == IN_STREAM
    for throw in (Boom, KeyboardInterrupt):
        decoder = fed(STREAM)
        with pytest.raises(throw):
            [boom_after(packet, throw) for packet in decoder]
        assert list(decoder) == IN_STREAM[1:]


def boom_after(_: Packet, throw: type[BaseException]) -> None:
    raise throw


@pytest.mark.parametrize("data", [STREAM, STREAM[:9], PING + BAD, b""])
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda decoder: pickle.loads(pickle.dumps(decoder))])
def test_decoder_duplicated(duplicate: Callable[[Decoder], Decoder], data: bytes) -> None:
    """A decoder of its own that goes on alike; or it refuses."""
    decoder = fed(data)
    next(decoder, None)
    try:
        other = duplicate(decoder)
    except TypeError as error:
        assert "Decoder" in str(error)  # noqa: PT017
        return
    check_goes_on_alike(decoder, other, data)


def check_goes_on_alike(decoder: Decoder, other: Decoder, data: bytes) -> None:
    """The second one has no part in the first."""
    expected = []
    for each in (other, decoder):
        try:
            each.feed(STREAM[9:] if data == STREAM[:9] else PING)
            expected.append((list(each), each.buffered))
        except mqtt5.DecodeError as error:
            expected.append(([str(error)], each.buffered))
    assert expected[0] == expected[1]
    assert expected[0][0]
