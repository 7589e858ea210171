# SPDX-License-Identifier: MIT
"""Arguments of a wrong type: TypeError, with the field, the type and the value in its text."""

import inspect
from collections.abc import Callable

import pytest
from rules import WRONG_TYPES
from samples import SECRETS, each_class, given

from mqtt5 import (
    ConnectPacket,
    PubAckPacket,
    PublishPacket,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubscribePacket,
)


@each_class
def test_argument_of_wrong_type_refused(cls: type) -> None:
    assert list(WRONG_TYPES[cls]) == list(inspect.signature(cls).parameters)
    for name, values in WRONG_TYPES[cls].items():
        for value in values:
            with pytest.raises(TypeError) as caught:
                given(cls, **{name: value})
            text = str(caught.value)
            assert text.startswith(f"{cls.__name__}.{name} must be "), (value, text)
            assert f"not {type(value).__name__}" in text, (value, text)
            if name in SECRETS:
                assert text.endswith(f"not {type(value).__name__}: <hidden>")
            elif not isinstance(value, memoryview) and type(value) is not object:
                assert repr(value) in text, (value, text)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: SubscribePacket(1, [TopicFilter("a"), "b"]), r"SubscribePacket.topic_filters\[1\] .* str: 'b'"),
        (lambda: SubscribePacket(1, [("a", 0)]), r"topic_filters\[0\] .* tuple"),
        (lambda: UnsubscribePacket(1, ["a", b"b"]), r"UnsubscribePacket.patterns\[1\] .* bytes: b'b'"),
        (lambda: SubAckPacket(1, [0, "0"]), r"SubAckPacket.reason_codes\[1\] .* str: '0'"),
        (lambda: SubAckPacket(1, [None]), r"reason_codes\[0\] .* NoneType"),
        (lambda: UnsubAckPacket(1, [0, 0.0]), r"UnsubAckPacket.reason_codes\[1\] .* float"),
        (
            lambda: PublishPacket("t", b"", subscription_ids=[1, "2"]),
            r"PublishPacket.subscription_ids\[1\] .* str: '2'",
        ),
        (lambda: PublishPacket("t", b"", user_properties=[("a", "b"), ("a", 1)]), r"user_properties\[1\] .* int: 1"),
        (lambda: PublishPacket("t", b"", user_properties=[(b"a", "b")]), r"user_properties\[0\] .* bytes: b'a'"),
        (lambda: PublishPacket("t", b"", user_properties=[("a",)]), r"user_properties\[0\] .* tuple: \('a',\)"),
        (lambda: PublishPacket("t", b"", user_properties=[("a", "b", "c")]), r"user_properties\[0\] .* tuple"),
        (lambda: PublishPacket("t", b"", user_properties=["ab"]), r"user_properties\[0\] .* str: 'ab'"),
        (lambda: PublishPacket("t", b"", user_properties={"ab": "c"}), r"user_properties\[0\] .* str: 'ab'"),
        (lambda: PublishPacket("t", b"", user_properties=[None]), r"user_properties\[0\] .* None"),
        (lambda: PublishPacket("t", b"", user_properties=[{"a", "b"}]), r"user_properties\[0\] .* set: "),
        (lambda: PublishPacket("t", b"", user_properties=[iter("ab")]), r"user_properties\[0\] .*iterator: "),
    ],
)
def test_item_of_wrong_type_refused(make: Callable[[], object], text: str) -> None:
    with pytest.raises(TypeError, match=text):
        make()


def test_error_text_of_long_value_cut() -> None:
    for make in (
        lambda: PublishPacket("+" * 60_000, b""),
        lambda: PublishPacket("t", "x" * 1_000_000),
        lambda: PublishPacket(b"x" * 1_000_000, b""),
        lambda: SubAckPacket(1, [10**4000]),
        lambda: ConnectPacket("c", keep_alive=10**4000),
        lambda: ConnectPacket("c", keep_alive=10**5000),  # more digits than Python turns into text
        lambda: ConnectPacket("c", keep_alive=-(10**5000)),
        lambda: PubAckPacket(1, reason_code=10**5000),
        lambda: PublishPacket("t", b"", user_properties=[("n" * 100_000, "\0" * 100_000)]),
        lambda: PublishPacket("t", b"", user_properties=["x" * 100_000]),
        lambda: TopicFilter("$share/x/" + "y" * 60_000, no_local=True),
    ):
        with pytest.raises((TypeError, ValueError)) as caught:
            make()
        assert len(str(caught.value)) < 1000
