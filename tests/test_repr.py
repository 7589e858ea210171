# SPDX-License-Identifier: MIT
"""repr(): an expression that gives an equal object, without the fields at their default."""

import contextlib
import re
from typing import Any

import pytest
from hostile import Boom, boom
from samples import (
    SECRETS,
    arguments_of,
    each_class,
    each_sample,
    ids,
    least,
    names_of,
    without_secrets,
)

import mqtt5
from mqtt5 import (
    AuthPacket,
    ConnAckPacket,
    ConnectPacket,
    PingReqPacket,
    PubAckPacket,
    PublishPacket,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    Will,
)


@each_sample
def test_repr_of_full_object_evaluates_to_equal(value: Any) -> None:
    text = repr(value)
    bare = without_secrets(value)
    assert eval(repr(bare), {}, vars(mqtt5)) == bare
    assert text.startswith(f"{type(value).__name__}(")
    assert [f"{name}=" in text for name in names_of(value)] == [True] * len(names_of(value))
    assert str(value) == text == f"{value}"


@each_class
def test_repr_of_least_object_shows_required_fields(cls: Any) -> None:
    value = least(cls)
    assert eval(repr(value), {}, vars(mqtt5)) == value
    shown = re.findall(r"(\w+)=", repr(value).replace("(TopicFilter(pattern=", "("))
    assert shown == list(arguments_of(cls))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (PubAckPacket(1), "PubAckPacket(packet_id=1)"),
        (PingReqPacket(), "PingReqPacket()"),
        (ConnAckPacket(), "ConnAckPacket()"),
        (ConnAckPacket(receive_max=5, max_qos=0), "ConnAckPacket(receive_max=5, max_qos=QoS.AT_MOST_ONCE)"),
        (PublishPacket("t", b"\0"), "PublishPacket(topic='t', payload=b'\\x00')"),
        (
            PublishPacket("t", b"", qos=1, packet_id=2, content_type="", user_properties=[("a", "b")]),
            "PublishPacket(topic='t', payload=b'', qos=QoS.AT_LEAST_ONCE, packet_id=2, content_type='', "
            "user_properties=(('a', 'b'),))",
        ),
        (
            SubscribePacket(1, [TopicFilter("f", no_local=True)]),
            "SubscribePacket(packet_id=1, topic_filters=(TopicFilter(pattern='f', no_local=True),))",
        ),
        (
            SubAckPacket(1, [0, 0x80]),
            "SubAckPacket(packet_id=1, reason_codes=(SubAckReasonCode.GRANTED_QOS_AT_MOST_ONCE, "
            "SubAckReasonCode.UNSPECIFIED_ERROR))",
        ),
        (ConnectPacket("c", will=Will("w")), "ConnectPacket(client_id='c', will=Will(topic='w'))"),
    ],
    ids=ids,
)
def test_repr_text_leaves_out_defaults(value: Any, text: str) -> None:
    assert repr(value) == text


def test_repr_of_component_that_raises_propagates() -> None:
    class Loud(Will):
        __slots__ = ()
        __repr__ = boom

    with pytest.raises(Boom):
        repr(ConnectPacket("c", will=Loud("t")))


def test_repr_of_cycle_ends() -> None:
    """A component of a derived class may refer to the packet that holds it."""

    class LastWill(Will):
        def __repr__(self) -> str:
            return f"LastWill({self.owner!r})"  # type: ignore[attr-defined]

    will: Any = LastWill("t")
    will.owner = ConnectPacket("c", will=will)
    with contextlib.suppress(RecursionError):
        assert "..." in repr(will.owner)


@pytest.mark.parametrize("cls", [ConnectPacket, ConnAckPacket, AuthPacket], ids=ids)
@pytest.mark.parametrize("name", SECRETS)
def test_repr_of_secret_hidden(cls: Any, name: str) -> None:
    if name not in names_of(cls):
        assert (cls, name) in [(ConnAckPacket, "password"), (AuthPacket, "password")]
        return
    value = least(cls).replace(**{"authentication_method": "m", name: b"s3cret"})
    text = repr(value)
    assert f"{name}=<hidden>" in text
    assert "s3cret" not in text
    assert getattr(value, name) == b"s3cret"
    with pytest.raises(SyntaxError):
        eval(text, {}, vars(mqtt5))
    assert f"{name}=<hidden>" in repr(value.replace(**{name: b""}))
    assert name not in repr(least(cls))
