# SPDX-License-Identifier: MIT
"""Pickles of every protocol, within a process, across processes, and from one engine to the other."""

import contextlib
import pickle
import subprocess
import sys
from typing import Any

import pytest
from engines import each_engine, environment, run
from samples import each_class, each_sample, full, least, packet_with

from mqtt5 import (
    PublishPacket,
    SubscribePacket,
    TopicFilter,
)

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


class Derived(PublishPacket):
    pass


@each_protocol
@each_sample
def test_pickle_of_object_loads_equal(value: Any, protocol: int) -> None:
    for pickled in (pickle.dumps(value, protocol), pickle._dumps(value, protocol)):  # type: ignore[attr-defined]
        for loads in (pickle.loads, pickle._loads):  # type: ignore[attr-defined]
            again = loads(pickled)
            assert again == value
            assert type(again) is type(value)
            assert packet_with(again).write() == packet_with(value).write()


@each_protocol
@each_class
def test_pickle_of_least_object_loads_equal(cls: Any, protocol: int) -> None:
    assert pickle.loads(pickle.dumps(least(cls), protocol)) == least(cls)


@each_protocol
def test_pickle_of_subclass_keeps_attributes(protocol: int) -> None:
    packet: Any = Derived("t", b"p", qos=1, packet_id=5)
    packet.note, packet.itself = "kept", packet
    again = pickle.loads(pickle.dumps(packet, protocol))
    assert (type(again), again, again.note) == (Derived, packet, "kept")
    assert again.itself is again


@each_protocol
def test_pickle_shares_component_objects(protocol: int) -> None:
    topic_filter = TopicFilter("a")
    one, other = pickle.loads(
        pickle.dumps([SubscribePacket(1, [topic_filter]), SubscribePacket(2, [topic_filter])], protocol)
    )
    assert one.topic_filters[0] is other.topic_filters[0]


LOAD = """
import pickle, sys
import mqtt5, samples
loaded = pickle.loads(bytes.fromhex(sys.stdin.read()))
assert loaded == [samples.full()] * len(loaded), loaded
assert [samples.packet_with(value).write() for value in loaded[0]] == [
    samples.packet_with(value).write() for value in samples.full()
]
print(mqtt5.engine)
"""

DUMP = """
import pickle, samples, mqtt5
print(mqtt5.engine, pickle.dumps([samples.full() for _ in range(2)], {protocol}).hex())
"""


@each_engine
def test_pickle_read_by_other_process_and_engine(engine: str) -> None:
    """From this engine to each one, and from each one to this."""
    data = pickle.dumps([pickle.loads(pickle.dumps(full(), protocol)) for protocol in PROTOCOLS])
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        env=environment(engine),
        input=data.hex(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"{engine}\n", "")
    for protocol in PROTOCOLS:
        name, pickled = run(DUMP.format(protocol=protocol), engine=engine).split()
        assert name == engine
        assert pickle.loads(bytes.fromhex(pickled)) == [full()] * 2


def test_pickle_with_forged_state_changes_nothing() -> None:
    """The state of an object is not a way around the rules."""
    packet = PublishPacket("t", b"")
    construct, arguments, *_ = packet.__reduce_ex__(4)
    for state in ({}, {"topic": "#"}, (None, {"topic": "#"}), ["#", b""], (None, {"qos": 3}), ({"topic": 1}, None)):
        again = construct(*arguments)
        with contextlib.suppress(TypeError, ValueError, AttributeError):
            again.__setstate__(state)
        assert again == packet


@each_protocol
def test_pickle_with_forged_arguments_refused(protocol: int) -> None:
    """Loading constructs the packet, and so checks it."""
    pickled = pickle.dumps(PublishPacket("good/topic", b"payload"), protocol)
    assert pickled.count(b"good/topic") == 1
    with pytest.raises(ValueError, match="topic='good/#opic'"):
        pickle.loads(pickled.replace(b"good/topic", b"good/#opic"))
