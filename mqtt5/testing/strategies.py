# SPDX-License-Identifier: MIT
"""Hypothesis strategies: packets that the specification allows, topic names and topic filters.

    @given(packets())
    def test_my_codec(packet: mqtt5.Packet) -> None: ...

The rules are written here once more, from the specification and not from the package: this is what tests the package
too. It needs the package `hypothesis`.
"""

from enum import IntEnum
from typing import Any, TypeVar

from hypothesis import strategies as st

import mqtt5

__all__ = ["packets", "packets_of", "subscriptions", "texts", "topic_filters", "topic_names", "wills"]

_P = TypeVar("_P", bound=mqtt5.BasePacket)

# Characters of one to four bytes; no U+0000 and no surrogates (1.5.4).
_characters = st.characters(codec="utf-8", exclude_characters="\0")
_texts = st.text(_characters, max_size=20)
_names = st.text(st.one_of(st.sampled_from("a/$ü\U0001f600"), _characters), min_size=1, max_size=20).map(
    lambda text: text.replace("+", "x").replace("#", "x")
)
_data = st.binary(max_size=40)
_payloads = st.one_of(_data, st.binary(max_size=1), st.builds(bytes, st.integers(0, 20_000)))
_flags = st.booleans()
_bits = st.integers(0, 1)


def _numbers(lowest: int, highest: int) -> st.SearchStrategy[int]:
    """With the boundaries of variable byte integers."""
    edges = [edge for edge in (0, 1, 127, 128, 16383, 16384, 65535, highest) if lowest <= edge <= highest]
    return st.one_of(st.sampled_from(edges), st.integers(lowest, highest))


_u16 = _numbers(0, 0xFFFF)
_u32 = _numbers(0, 0xFFFFFFFF)
_packet_ids = _numbers(1, 0xFFFF)
_subscription_ids = _numbers(1, 268435455)
_user_properties = st.lists(st.tuples(_texts, _texts), max_size=4)


def _optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


def texts() -> st.SearchStrategy[str]:
    """UTF-8 encoded strings (1.5.4), control characters included."""
    return _texts


def topic_names() -> st.SearchStrategy[str]:
    """Topic names (4.7)."""
    return _names


@st.composite
def topic_filters(draw: st.DrawFn) -> str:
    """Topic filters (4.7.1), half of them of shared subscriptions (4.8.2)."""
    levels = draw(st.lists(st.one_of(_names, st.just("+"), st.just("")), min_size=1, max_size=5))
    if draw(_flags):
        levels.append("#")
    text = "/".join(levels) or "/"
    if draw(_flags):
        name = draw(_names).replace("/", "x")
        return f"$share/{name}/{text}"
    # What begins like a shared subscription would have to be one.
    return f"x{text}" if text.startswith("$share/") and text[:1] != "+" else text


@st.composite
def subscriptions(draw: st.DrawFn) -> mqtt5.TopicFilter:
    """Topic filters with their options (3.8.3.1)."""
    pattern = draw(topic_filters())
    return mqtt5.TopicFilter(
        pattern,
        max_qos=draw(st.sampled_from(mqtt5.QoS)),
        no_local=draw(_flags) and not pattern.startswith("$share/"),
        retain_as_published=draw(_flags),
        retain_handling=draw(st.sampled_from(mqtt5.RetainHandling)),
    )


_MESSAGE: dict[str, st.SearchStrategy[Any]] = {
    "payload_format_indicator": _bits,
    "message_expiry_interval": _optional(_u32),
    "content_type": _optional(_texts),
    "response_topic": _optional(_names),
    "correlation_data": _optional(_data),
    "user_properties": _user_properties,
}

_wills = st.builds(
    mqtt5.Will,
    _names,
    payload=_optional(_data),
    qos=st.sampled_from(mqtt5.QoS),
    retain=_flags,
    will_delay_interval=_u32,
    **_MESSAGE,
)


@st.composite
def _authentication(draw: st.DrawFn) -> dict[str, Any]:
    """Data only with a method."""
    method = draw(_optional(_texts))
    return {
        "authentication_method": method,
        "authentication_data": draw(_optional(_data)) if method is not None else None,
    }


@st.composite
def _connects(draw: st.DrawFn) -> mqtt5.ConnectPacket:
    return mqtt5.ConnectPacket(
        draw(_texts),
        username=draw(_optional(_texts)),
        password=draw(_optional(_data)),
        clean_start=draw(_flags),
        will=draw(_optional(_wills)),
        keep_alive=draw(_u16),
        session_expiry_interval=draw(_u32),
        request_problem_info=draw(_flags),
        request_response_info=draw(_flags),
        receive_max=draw(_numbers(1, 0xFFFF)),
        topic_alias_max=draw(_u16),
        max_packet_size=draw(_optional(_numbers(1, 0xFFFFFFFF))),
        user_properties=draw(_user_properties),
        **draw(_authentication()),
    )


_connacks = st.builds(
    mqtt5.ConnAckPacket,
    session_present=_flags,
    reason_code=st.sampled_from(mqtt5.ConnAckReasonCode),
    session_expiry_interval=_optional(_u32),
    assigned_client_id=_optional(_texts),
    server_keep_alive=_optional(_u16),
    authentication_method=_optional(_texts),
    authentication_data=_optional(_data),
    response_info=_optional(_texts),
    server_reference=_optional(_texts),
    reason_str=_optional(_texts),
    receive_max=_numbers(1, 0xFFFF),
    topic_alias_max=_u16,
    max_qos=st.sampled_from(mqtt5.QoS),
    retain_available=_flags,
    max_packet_size=_optional(_numbers(1, 0xFFFFFFFF)),
    wildcard_subscription_available=_flags,
    subscription_id_available=_flags,
    shared_subscription_available=_flags,
    user_properties=_user_properties,
)


@st.composite
def _publishes(draw: st.DrawFn) -> mqtt5.PublishPacket:
    qos = draw(st.sampled_from(mqtt5.QoS))
    alias = draw(_optional(_numbers(1, 0xFFFF)))
    return mqtt5.PublishPacket(
        "" if alias is not None and draw(_flags) else draw(_names),
        draw(_payloads),
        qos=qos,
        retain=draw(_flags),
        packet_id=draw(_packet_ids) if qos else None,
        duplicate=bool(qos) and draw(_flags),
        subscription_ids=draw(st.lists(_subscription_ids, max_size=4)),
        topic_alias=alias,
        **{name: draw(values) for name, values in _MESSAGE.items()},
    )


_REASONED: dict[str, st.SearchStrategy[Any]] = {"reason_str": _optional(_texts), "user_properties": _user_properties}


def _acknowledgements(cls: type[_P], codes: type[IntEnum]) -> st.SearchStrategy[_P]:
    return st.builds(cls, _packet_ids, reason_code=st.sampled_from(codes), **_REASONED)


def _answers(cls: type[_P], codes: type[IntEnum]) -> st.SearchStrategy[_P]:
    return st.builds(cls, _packet_ids, st.lists(st.sampled_from(codes), min_size=1, max_size=10), **_REASONED)


@st.composite
def _auths(draw: st.DrawFn) -> mqtt5.AuthPacket:
    """The method may be missing with the reason Success alone."""
    fields = draw(_authentication())
    with_method = fields["authentication_method"] is not None
    return mqtt5.AuthPacket(
        reason_code=draw(st.sampled_from(mqtt5.AuthReasonCode)) if with_method else mqtt5.AuthReasonCode.SUCCESS,
        **fields,
        **{name: draw(values) for name, values in _REASONED.items()},
    )


_BY_CLASS: dict[type, st.SearchStrategy[Any]] = {
    mqtt5.ConnectPacket: _connects(),
    mqtt5.ConnAckPacket: _connacks,
    mqtt5.PublishPacket: _publishes(),
    mqtt5.PubAckPacket: _acknowledgements(mqtt5.PubAckPacket, mqtt5.PubAckReasonCode),
    mqtt5.PubRecPacket: _acknowledgements(mqtt5.PubRecPacket, mqtt5.PubRecReasonCode),
    mqtt5.PubRelPacket: _acknowledgements(mqtt5.PubRelPacket, mqtt5.PubRelReasonCode),
    mqtt5.PubCompPacket: _acknowledgements(mqtt5.PubCompPacket, mqtt5.PubCompReasonCode),
    mqtt5.SubscribePacket: st.builds(
        mqtt5.SubscribePacket,
        _packet_ids,
        st.lists(subscriptions(), min_size=1, max_size=4),
        subscription_id=_optional(_subscription_ids),
        user_properties=_user_properties,
    ),
    mqtt5.SubAckPacket: _answers(mqtt5.SubAckPacket, mqtt5.SubAckReasonCode),
    mqtt5.UnsubscribePacket: st.builds(
        mqtt5.UnsubscribePacket,
        _packet_ids,
        st.lists(topic_filters(), min_size=1, max_size=4),
        user_properties=_user_properties,
    ),
    mqtt5.UnsubAckPacket: _answers(mqtt5.UnsubAckPacket, mqtt5.UnsubAckReasonCode),
    mqtt5.PingReqPacket: st.just(mqtt5.PingReqPacket()),
    mqtt5.PingRespPacket: st.just(mqtt5.PingRespPacket()),
    mqtt5.DisconnectPacket: st.builds(
        mqtt5.DisconnectPacket,
        reason_code=st.sampled_from(mqtt5.DisconnectReasonCode),
        session_expiry_interval=_optional(_u32),
        server_reference=_optional(_texts),
        **_REASONED,
    ),
    mqtt5.AuthPacket: _auths(),
}


def wills() -> st.SearchStrategy[mqtt5.Will]:
    """Wills (3.1.2.5)."""
    return _wills


def packets_of(cls: type[_P]) -> st.SearchStrategy[_P]:
    """Packets of this class, one of the 15 packet classes."""
    return _BY_CLASS[cls]


def packets() -> st.SearchStrategy[mqtt5.Packet]:
    """Packets of all classes."""
    return st.one_of(*_BY_CLASS.values())
