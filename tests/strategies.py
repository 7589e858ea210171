# SPDX-License-Identifier: MIT
"""Hypothesis strategies for every packet class: packets() gives any packet that the rules allow.

The rules are written here once more, from the specification and not from the package.
"""

from hypothesis import strategies as st

import mqtt5

# Characters of one to four bytes; no U+0000 and no surrogates (1.5.4).
characters = st.characters(exclude_characters="\0", exclude_categories=("Cs",))
texts = st.text(characters, max_size=20)
names = st.text(st.one_of(st.sampled_from("a/$ü\U0001f600"), characters), min_size=1, max_size=20).map(
    lambda text: text.replace("+", "x").replace("#", "x")
)
data = st.binary(max_size=40)
payloads = st.one_of(data, st.binary(max_size=1), st.builds(bytes, st.integers(0, 20_000)))
flags = st.booleans()
bits = st.integers(0, 1)


def numbers(lowest: int, highest: int) -> st.SearchStrategy[int]:
    """With the boundaries of variable byte integers."""
    edges = [edge for edge in (0, 1, 127, 128, 16383, 16384, 65535, highest) if lowest <= edge <= highest]
    return st.one_of(st.sampled_from(edges), st.integers(lowest, highest))


u16 = numbers(0, 0xFFFF)
u32 = numbers(0, 0xFFFFFFFF)
packet_ids = numbers(1, 0xFFFF)
subscription_ids = numbers(1, 268435455)
user_properties = st.lists(st.tuples(texts, texts), max_size=4)


def optional(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), values)


@st.composite
def filters(draw: st.DrawFn) -> str:
    """Topic filters: 4.7.1 and 4.8.2."""
    levels = draw(st.lists(st.one_of(names, st.just("+"), st.just("")), min_size=1, max_size=5))
    if draw(flags):
        levels.append("#")
    text = "/".join(levels) or "/"
    if draw(flags):
        name = draw(names).replace("/", "x")
        return f"$share/{name}/{text}"
    # What begins like a shared subscription would have to be one.
    return f"x{text}" if text.startswith("$share/") and text[:1] != "+" else text


@st.composite
def topic_filters(draw: st.DrawFn) -> mqtt5.TopicFilter:
    pattern = draw(filters())
    return mqtt5.TopicFilter(
        pattern,
        max_qos=draw(st.sampled_from(mqtt5.QoS)),
        no_local=draw(flags) and not pattern.startswith("$share/"),
        retain_as_published=draw(flags),
        retain_handling=draw(st.sampled_from(mqtt5.RetainHandling)),
    )


MESSAGE = {
    "payload_format_indicator": bits,
    "message_expiry_interval": optional(u32),
    "content_type": optional(texts),
    "response_topic": optional(names),
    "correlation_data": optional(data),
    "user_properties": user_properties,
}

wills = st.builds(
    mqtt5.Will,
    names,
    payload=optional(data),
    qos=st.sampled_from(mqtt5.QoS),
    retain=flags,
    will_delay_interval=u32,
    **MESSAGE,
)


@st.composite
def authentication(draw: st.DrawFn) -> dict[str, object]:
    """Data only with a method."""
    method = draw(optional(texts))
    return {
        "authentication_method": method,
        "authentication_data": draw(optional(data)) if method is not None else None,
    }


@st.composite
def connects(draw: st.DrawFn) -> mqtt5.ConnectPacket:
    return mqtt5.ConnectPacket(
        draw(texts),
        username=draw(optional(texts)),
        password=draw(optional(data)),
        clean_start=draw(flags),
        will=draw(optional(wills)),
        keep_alive=draw(u16),
        session_expiry_interval=draw(u32),
        request_problem_info=draw(flags),
        request_response_info=draw(flags),
        receive_max=draw(numbers(1, 0xFFFF)),
        topic_alias_max=draw(u16),
        max_packet_size=draw(optional(numbers(1, 0xFFFFFFFF))),
        user_properties=draw(user_properties),
        **draw(authentication()),
    )


connacks = st.builds(
    mqtt5.ConnAckPacket,
    session_present=flags,
    reason_code=st.sampled_from(mqtt5.ConnAckReasonCode),
    session_expiry_interval=optional(u32),
    assigned_client_id=optional(texts),
    server_keep_alive=optional(u16),
    authentication_method=optional(texts),
    authentication_data=optional(data),
    response_info=optional(texts),
    server_reference=optional(texts),
    reason_str=optional(texts),
    receive_max=numbers(1, 0xFFFF),
    topic_alias_max=u16,
    max_qos=st.sampled_from(mqtt5.QoS),
    retain_available=flags,
    max_packet_size=optional(numbers(1, 0xFFFFFFFF)),
    wildcard_subscription_available=flags,
    subscription_id_available=flags,
    shared_subscription_available=flags,
    user_properties=user_properties,
)


@st.composite
def publishes(draw: st.DrawFn) -> mqtt5.PublishPacket:
    qos = draw(st.sampled_from(mqtt5.QoS))
    alias = draw(optional(numbers(1, 0xFFFF)))
    return mqtt5.PublishPacket(
        "" if alias is not None and draw(flags) else draw(names),
        draw(payloads),
        qos=qos,
        retain=draw(flags),
        packet_id=draw(packet_ids) if qos else None,
        duplicate=bool(qos) and draw(flags),
        subscription_ids=draw(st.lists(subscription_ids, max_size=4)),
        topic_alias=alias,
        **{name: draw(values) for name, values in MESSAGE.items()},
    )


REASONED = {"reason_str": optional(texts), "user_properties": user_properties}


def acknowledgements(cls: type, codes: type) -> st.SearchStrategy[mqtt5.Packet]:
    return st.builds(cls, packet_ids, reason_code=st.sampled_from(codes), **REASONED)


def answers(cls: type, codes: type) -> st.SearchStrategy[mqtt5.Packet]:
    return st.builds(cls, packet_ids, st.lists(st.sampled_from(codes), min_size=1, max_size=10), **REASONED)


@st.composite
def auths(draw: st.DrawFn) -> mqtt5.AuthPacket:
    """The method may be missing with the reason Success alone."""
    fields = draw(authentication())
    with_method = fields["authentication_method"] is not None
    return mqtt5.AuthPacket(
        reason_code=draw(st.sampled_from(mqtt5.AuthReasonCode)) if with_method else mqtt5.AuthReasonCode.SUCCESS,
        **fields,
        **{name: draw(values) for name, values in REASONED.items()},
    )


#: For each class, packets of that class.
BY_CLASS: dict[type, st.SearchStrategy[mqtt5.Packet]] = {
    mqtt5.ConnectPacket: connects(),
    mqtt5.ConnAckPacket: connacks,
    mqtt5.PublishPacket: publishes(),
    mqtt5.PubAckPacket: acknowledgements(mqtt5.PubAckPacket, mqtt5.PubAckReasonCode),
    mqtt5.PubRecPacket: acknowledgements(mqtt5.PubRecPacket, mqtt5.PubRecReasonCode),
    mqtt5.PubRelPacket: acknowledgements(mqtt5.PubRelPacket, mqtt5.PubRelReasonCode),
    mqtt5.PubCompPacket: acknowledgements(mqtt5.PubCompPacket, mqtt5.PubCompReasonCode),
    mqtt5.SubscribePacket: st.builds(
        mqtt5.SubscribePacket,
        packet_ids,
        st.lists(topic_filters(), min_size=1, max_size=4),
        subscription_id=optional(subscription_ids),
        user_properties=user_properties,
    ),
    mqtt5.SubAckPacket: answers(mqtt5.SubAckPacket, mqtt5.SubAckReasonCode),
    mqtt5.UnsubscribePacket: st.builds(
        mqtt5.UnsubscribePacket,
        packet_ids,
        st.lists(filters(), min_size=1, max_size=4),
        user_properties=user_properties,
    ),
    mqtt5.UnsubAckPacket: answers(mqtt5.UnsubAckPacket, mqtt5.UnsubAckReasonCode),
    mqtt5.PingReqPacket: st.just(mqtt5.PingReqPacket()),
    mqtt5.PingRespPacket: st.just(mqtt5.PingRespPacket()),
    mqtt5.DisconnectPacket: st.builds(
        mqtt5.DisconnectPacket,
        reason_code=st.sampled_from(mqtt5.DisconnectReasonCode),
        session_expiry_interval=optional(u32),
        server_reference=optional(texts),
        **REASONED,
    ),
    mqtt5.AuthPacket: auths(),
}


def packets() -> st.SearchStrategy[mqtt5.Packet]:
    """Any packet."""
    return st.one_of(*BY_CLASS.values())
