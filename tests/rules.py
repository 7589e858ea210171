# SPDX-License-Identifier: MIT
"""The rules that constructors, write() and read() enforce alike: tables of what breaks each.

Typed from the specification; they know no engine. test_rules.py and test_wrong_types.py go through them.
"""

from typing import Any

from mqtt5 import (
    AuthPacket,
    ConnAckPacket,
    ConnectPacket,
    DisconnectPacket,
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PubCompPacket,
    PublishPacket,
    PubRecPacket,
    PubRelPacket,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubscribePacket,
    Will,
)

STRING = [b"a", 1, ["a"], ("a",), object()]


BYTES = ["a", 1, [1, 2], object(), 1.5]


INTEGER = ["1", 1.0, b"\1", [1], object()]


BOOL = [0, 1, "True", b"", [], object()]


ENUM = ["1", 1.0, b"\1", [1], object()]


LIST = ["ab", b"ab", bytearray(b"ab"), memoryview(b"ab"), 1, object()]


NONE = [None]


WRONG_TYPES = {
    Will: {
        "topic": STRING + NONE,
        "payload": BYTES,
        "qos": ENUM + NONE,
        "retain": BOOL + NONE,
        "payload_format_indicator": INTEGER + NONE,
        "message_expiry_interval": INTEGER,
        "content_type": STRING,
        "response_topic": STRING,
        "correlation_data": BYTES,
        "will_delay_interval": INTEGER + NONE,
        "user_properties": LIST,
    },
    TopicFilter: {
        "pattern": STRING + NONE,
        "max_qos": ENUM + NONE,
        "no_local": BOOL + NONE,
        "retain_as_published": BOOL + NONE,
        "retain_handling": ENUM + NONE,
    },
    ConnectPacket: {
        "client_id": STRING + NONE,
        "username": STRING,
        "password": BYTES,
        "clean_start": BOOL + NONE,
        "will": ["w", b"w", 1, ("w",), {"topic": "w"}, PingReqPacket()],
        "keep_alive": INTEGER + NONE,
        "session_expiry_interval": INTEGER + NONE,
        "authentication_method": STRING,
        "authentication_data": BYTES,
        "request_problem_info": BOOL + NONE,
        "request_response_info": BOOL + NONE,
        "receive_max": INTEGER + NONE,
        "topic_alias_max": INTEGER + NONE,
        "max_packet_size": INTEGER,
        "user_properties": LIST,
    },
    ConnAckPacket: {
        "session_present": BOOL + NONE,
        "reason_code": ENUM + NONE,
        "session_expiry_interval": INTEGER,
        "assigned_client_id": STRING,
        "server_keep_alive": INTEGER,
        "authentication_method": STRING,
        "authentication_data": BYTES,
        "response_info": STRING,
        "server_reference": STRING,
        "reason_str": STRING,
        "receive_max": INTEGER + NONE,
        "topic_alias_max": INTEGER + NONE,
        "max_qos": ENUM + NONE,
        "retain_available": BOOL + NONE,
        "max_packet_size": INTEGER,
        "wildcard_subscription_available": BOOL + NONE,
        "subscription_id_available": BOOL + NONE,
        "shared_subscription_available": BOOL + NONE,
        "user_properties": LIST,
    },
    PublishPacket: {
        "topic": STRING + NONE,
        "payload": BYTES + NONE,
        "qos": ENUM + NONE,
        "retain": BOOL + NONE,
        "packet_id": INTEGER,
        "duplicate": BOOL + NONE,
        "payload_format_indicator": INTEGER + NONE,
        "message_expiry_interval": INTEGER,
        "content_type": STRING,
        "response_topic": STRING,
        "correlation_data": BYTES,
        "subscription_ids": LIST,
        "topic_alias": INTEGER,
        "user_properties": LIST,
    },
    **{
        cls: {"packet_id": INTEGER + NONE, "reason_code": ENUM + NONE, "reason_str": STRING, "user_properties": LIST}
        for cls in (PubAckPacket, PubRecPacket, PubRelPacket, PubCompPacket)
    },
    SubscribePacket: {
        "packet_id": INTEGER + NONE,
        "topic_filters": LIST,
        "subscription_id": INTEGER,
        "user_properties": LIST,
    },
    **{
        cls: {"packet_id": INTEGER + NONE, "reason_codes": LIST, "reason_str": STRING, "user_properties": LIST}
        for cls in (SubAckPacket, UnsubAckPacket)
    },
    UnsubscribePacket: {"packet_id": INTEGER + NONE, "patterns": LIST, "user_properties": LIST},
    PingReqPacket: {},
    PingRespPacket: {},
    DisconnectPacket: {
        "reason_code": ENUM + NONE,
        "session_expiry_interval": INTEGER,
        "server_reference": STRING,
        "reason_str": STRING,
        "user_properties": LIST,
    },
    AuthPacket: {
        "reason_code": ENUM + NONE,
        "authentication_method": STRING,
        "authentication_data": BYTES,
        "reason_str": STRING,
        "user_properties": LIST,
    },
}


LONG = "x" * 65536


def framed(first: str, body: str) -> str:
    """The hex of a packet of less than 130 bytes."""
    body = body.replace(" ", "")
    return f"{first}{len(body) // 2:02x}{body}"


def connect(properties: str = "", payload: str = "0000", flags: int = 0) -> str:
    properties = properties.replace(" ", "")
    return framed("10", f"00044d515454 05 {flags:02x} 0000 {len(properties) // 2:02x} {properties} {payload}")


def will(properties: str = "", topic: str = "0001 74", flags: int = 4) -> str:
    properties = properties.replace(" ", "")
    return connect(payload=f"0000 {len(properties) // 2:02x} {properties} {topic} 0000", flags=flags)


def publish(properties: str = "", topic: str = "0001 74") -> str:
    properties = properties.replace(" ", "")
    return framed("30", f"{topic} {len(properties) // 2:02x} {properties}")


def subscribe(pattern: str, options: int = 0) -> str:
    data = pattern.encode()
    return framed("82", f"0001 00 {len(data):04x} {data.hex()} {options:02x}")


def unsubscribe(pattern: str) -> str:
    data = pattern.encode()
    return framed("a2", f"0001 00 {len(data):04x} {data.hex()}")


#: The rules that a constructor can break, by the name of the status in csrc/mqtt5.h. Each row: a class, the fields that
#: break the rule, the last of them the one to blame, and bytes that break it too: None where no bytes can say it.
BROKEN: dict[str, list[tuple[type, dict[str, Any], str | None]]] = {
    "BAD_UTF8": [
        (ConnectPacket, {"client_id": "\0"}, connect(payload="0001 00")),
        (ConnectPacket, {"client_id": "a\udfffb"}, connect(payload="0005 61 edbfbf 62")),
        (ConnectPacket, {"username": "\0"}, connect(payload="0000 0001 00", flags=0x80)),
        (ConnectPacket, {"authentication_method": "\0"}, connect("15 0001 00")),
        (ConnAckPacket, {"assigned_client_id": "\0"}, "2007 0000 04 12 0001 00"),
        (ConnAckPacket, {"authentication_method": "\ud800"}, "2009 0000 06 15 0003 eda080"),
        (ConnAckPacket, {"response_info": "\0"}, "2007 0000 04 1a 0001 00"),
        (ConnAckPacket, {"server_reference": "\0"}, "2007 0000 04 1c 0001 00"),
        (ConnAckPacket, {"reason_str": "\0"}, "2007 0000 04 1f 0001 00"),
        (PublishPacket, {"topic": "\ud800"}, publish(topic="0003 eda080")),
        (PublishPacket, {"topic": "\0"}, publish(topic="0001 00")),
        (PublishPacket, {"content_type": "a\0"}, publish("03 0002 6100")),
        (PublishPacket, {"response_topic": "\0"}, publish("08 0001 00")),
        (
            PublishPacket,
            {"user_properties": [("a", "b"), ("a", "\0")]},
            publish("26 0001 61 0001 62 26 0001 61 0001 00"),
        ),
        (PublishPacket, {"user_properties": [("\ud800", "")]}, publish("26 0003 eda080 0000")),
        (PubAckPacket, {"reason_str": "\0"}, "4008 0001 00 04 1f 0001 00"),
        (PubRecPacket, {"reason_str": "\udc80"}, "5008 0001 00 04 1f 0001 80"),
        (SubAckPacket, {"reason_str": "\0"}, "9008 0001 04 1f 0001 00 00"),
        (TopicFilter, {"pattern": "a\0"}, subscribe("a\0")),
        (UnsubscribePacket, {"patterns": ["a", "\0"]}, unsubscribe("\0")),
        (DisconnectPacket, {"server_reference": "\0"}, "e006 00 04 1c 0001 00"),
        (AuthPacket, {"authentication_method": "\0"}, "f006 00 04 15 0001 00"),
        (Will, {"topic": "\0"}, will(topic="0001 00")),
        (Will, {"content_type": "\0"}, will("03 0001 00")),
        (Will, {"user_properties": [("", "\0")]}, will("26 0000 0001 00")),
    ],
    "TOO_LONG": [
        *[
            (cls, {name: value}, None)
            for cls, names in {
                Will: ["topic", "content_type", "response_topic"],
                TopicFilter: ["pattern"],
                ConnectPacket: ["client_id", "username", "authentication_method"],
                ConnAckPacket: ["assigned_client_id", "authentication_method", "response_info", "server_reference"],
                PublishPacket: ["topic", "content_type", "response_topic"],
                PubAckPacket: ["reason_str"],
                DisconnectPacket: ["server_reference", "reason_str"],
                AuthPacket: ["authentication_method", "reason_str"],
            }.items()
            for name in names
            for value in (LONG, "ä" * 32768)
        ],
        (Will, {"payload": bytes(65536)}, None),
        (Will, {"correlation_data": bytes(65536)}, None),
        (ConnectPacket, {"password": bytes(65536)}, None),
        (ConnectPacket, {"authentication_method": "", "authentication_data": bytes(65536)}, None),
        (ConnAckPacket, {"authentication_data": bytearray(65536)}, None),
        (PublishPacket, {"correlation_data": bytes(65536)}, None),
        (AuthPacket, {"authentication_method": "", "authentication_data": bytes(65536)}, None),
        (UnsubscribePacket, {"patterns": ["a", LONG]}, None),
        (SubAckPacket, {"user_properties": [(LONG, "")]}, None),
        (SubAckPacket, {"user_properties": [("", ""), ("", LONG)]}, None),
    ],
    "BAD_QOS_FLAGS": [
        (PublishPacket, {"packet_id": 1, "qos": 3}, "3606 0001 74 0001 00"),
        (Will, {"qos": 3}, will(flags=0x1C)),
    ],
    "DUP_WITHOUT_QOS": [(PublishPacket, {"duplicate": True}, "3804 0001 74 00")],
    "PACKET_ID_WITHOUT_QOS": [(PublishPacket, {"packet_id": 1}, None)],
    "NO_PACKET_ID": [
        (PublishPacket, {"qos": 1, "packet_id": None}, "3206 0001 74 0000 00"),
        (PublishPacket, {"qos": 2, "packet_id": 0}, "3406 0001 74 0000 00"),
        (PubAckPacket, {"packet_id": 0}, "4002 0000"),
        (PubRecPacket, {"packet_id": 0}, "5002 0000"),
        (PubRelPacket, {"packet_id": 0}, "6202 0000"),
        (PubCompPacket, {"packet_id": 0}, "7002 0000"),
        (SubscribePacket, {"packet_id": 0}, "8207 0000 00 0001 66 00"),
        (SubAckPacket, {"packet_id": 0}, "9004 0000 00 00"),
        (UnsubscribePacket, {"packet_id": 0}, "a206 0000 00 0001 66"),
        (UnsubAckPacket, {"packet_id": 0}, "b004 0000 00 00"),
    ],
    "NO_TOPIC": [
        (PublishPacket, {"topic": ""}, publish(topic="0000")),
        (PublishPacket, {"user_properties": [("a", "b")], "topic": ""}, publish("26 0001 61 0001 62", "0000")),
    ],
    "ZERO_TOPIC_ALIAS": [
        (PublishPacket, {"topic_alias": 0}, publish("23 0000")),
        (PublishPacket, {"topic": "", "topic_alias": 0}, publish("23 0000", "0000")),
    ],
    "NOT_BOOLEAN": [
        (PublishPacket, {"payload_format_indicator": 2}, publish("01 02")),
        (PublishPacket, {"payload_format_indicator": -1}, publish("01 ff")),
        (Will, {"payload_format_indicator": 255}, will("01 ff")),
        (ConnAckPacket, {"max_qos": 3}, "2005 0000 02 24 03"),
    ],
    "ZERO_VALUE": [
        (PublishPacket, {"subscription_ids": [1, 0]}, publish("0b 01 0b 00")),
        (SubscribePacket, {"subscription_id": 0}, "8209 0001 02 0b 00 0001 66 00"),
        (ConnectPacket, {"receive_max": 0}, connect("21 0000")),
        (ConnectPacket, {"max_packet_size": 0}, connect("27 00000000")),
        (ConnAckPacket, {"receive_max": 0}, "2006 0000 03 21 0000"),
        (ConnAckPacket, {"max_packet_size": 0}, "2008 0000 05 27 00000000"),
    ],
    "OUT_OF_RANGE": [
        *[
            (cls, {name: value}, None)
            for cls, name, highest in [
                (ConnectPacket, "keep_alive", 2**16),
                (ConnectPacket, "session_expiry_interval", 2**32),
                (ConnectPacket, "receive_max", 2**16),
                (ConnectPacket, "topic_alias_max", 2**16),
                (ConnectPacket, "max_packet_size", 2**32),
                (ConnAckPacket, "session_expiry_interval", 2**32),
                (ConnAckPacket, "server_keep_alive", 2**16),
                (ConnAckPacket, "receive_max", 2**16),
                (ConnAckPacket, "topic_alias_max", 2**16),
                (ConnAckPacket, "max_packet_size", 2**32),
                (Will, "message_expiry_interval", 2**32),
                (Will, "will_delay_interval", 2**32),
                (PublishPacket, "message_expiry_interval", 2**32),
                (PublishPacket, "topic_alias", 2**16),
                (PublishPacket, "payload_format_indicator", 2**8),
                (PubAckPacket, "packet_id", 2**16),
                (PubRecPacket, "packet_id", 2**16),
                (PubRelPacket, "packet_id", 2**16),
                (PubCompPacket, "packet_id", 2**16),
                (SubscribePacket, "packet_id", 2**16),
                (SubscribePacket, "subscription_id", 2**28),
                (SubAckPacket, "packet_id", 2**16),
                (UnsubscribePacket, "packet_id", 2**16),
                (UnsubAckPacket, "packet_id", 2**16),
                (DisconnectPacket, "session_expiry_interval", 2**32),
            ]
            for value in (highest, -1, 2**64, -(2**64))
        ],
        (PublishPacket, {"qos": 1, "packet_id": 2**16}, None),
        (PublishPacket, {"qos": 1, "packet_id": -1}, None),
        (PublishPacket, {"subscription_ids": [1, 2**28]}, None),
        (PublishPacket, {"subscription_ids": [-1]}, None),
    ],
    "BAD_TOPIC_NAME": [
        (PublishPacket, {"topic": "a/#"}, publish(topic="0003 612f23")),
        (PublishPacket, {"topic": "+"}, publish(topic="0001 2b")),
        (PublishPacket, {"topic_alias": 1, "topic": "a#"}, publish("23 0001", "0002 6123")),
        (PublishPacket, {"response_topic": ""}, publish("08 0000")),
        (PublishPacket, {"response_topic": "+"}, publish("08 0001 2b")),
        (Will, {"topic": ""}, will(topic="0000")),
        (Will, {"topic": "#"}, will(topic="0001 23")),
        (Will, {"response_topic": "#"}, will("08 0001 23")),
    ],
    "BAD_TOPIC_FILTER": [
        *[
            (TopicFilter, {"pattern": text}, subscribe(text))
            for text in ("", "a#", "#/", "#/a", "a/#/b", "+a", "a+", "a/+b/c", "##", "++", "+#", "$share/n/#/a")
        ],
        *[
            (UnsubscribePacket, {"patterns": ["a", text]}, unsubscribe(text))
            for text in ("", "a#", "#/a", "+a", "$share/n/a+")
        ],
    ],
    "BAD_SHARE_NAME": [
        *[
            (TopicFilter, {"pattern": text}, subscribe(text))
            for text in ("$share/", "$share//", "$share//a", "$share/n", "$share/n/", "$share/+/a", "$share/#")
        ],
        (UnsubscribePacket, {"patterns": ["$share//a"]}, unsubscribe("$share//a")),
    ],
    "SHARED_NO_LOCAL": [(TopicFilter, {"no_local": True, "pattern": "$share/n/f"}, subscribe("$share/n/f", 4))],
    "BAD_REQUESTED_QOS": [(TopicFilter, {"max_qos": 3}, subscribe("f", 3))],
    "BAD_RETAIN_HANDLING": [(TopicFilter, {"retain_handling": 3}, subscribe("f", 0x30))],
    "EMPTY_LIST": [
        (SubscribePacket, {"topic_filters": []}, "8203 0001 00"),
        (SubscribePacket, {"topic_filters": None}, "8203 0001 00"),
        (UnsubscribePacket, {"patterns": ()}, "a203 0001 00"),
        (SubAckPacket, {"reason_codes": ()}, "9003 0001 00"),
        (UnsubAckPacket, {"reason_codes": set()}, "b003 0001 00"),
    ],
    "BAD_REASON_CODE": [
        (ConnAckPacket, {"reason_code": 1}, "2003 00 01 00"),
        (PubAckPacket, {"reason_code": 0x92}, "4003 0001 92"),
        (PubRecPacket, {"reason_code": 0x11}, "5003 0001 11"),
        (PubRelPacket, {"reason_code": 0x10}, "6203 0001 10"),
        (PubCompPacket, {"reason_code": 0x80}, "7003 0001 80"),
        (SubAckPacket, {"reason_codes": [0, 3]}, "9005 0001 00 00 03"),
        (UnsubAckPacket, {"reason_codes": [0, 0x97]}, "b005 0001 00 00 97"),
        (DisconnectPacket, {"reason_code": 0x8C}, "e001 8c"),
        (AuthPacket, {"authentication_method": "m", "reason_code": 0x80}, "f006 80 04 15 0001 6d"),
    ],
    "NO_AUTHENTICATION_METHOD": [
        (ConnectPacket, {"authentication_data": b"d"}, connect("16 0001 64")),
        (ConnectPacket, {"authentication_data": b""}, connect("16 0000")),
        (AuthPacket, {"reason_code": 0x18, "authentication_method": None}, "f002 18 00"),
        (AuthPacket, {"reason_code": 0x19, "authentication_method": None}, "f002 19 00"),
        (AuthPacket, {"authentication_data": b"d"}, "f006 00 04 16 0001 64"),
    ],
}


#: What no constructor can break: there is no argument for it.
NOT_ARGUMENTS = {
    "OK",
    "INCOMPLETE",
    "NO_SPACE",
    "RESERVED_TYPE",
    "RESERVED_FLAGS",
    "BAD_VARINT",
    "TRUNCATED",
    "TRAILING_BYTES",
    "UNKNOWN_PROPERTY",
    "MISPLACED_PROPERTY",
    "WILL_FLAGS",
    "UNSUPPORTED_PROTOCOL",
    "REPEATED_PROPERTY",
    "WRONG_DIRECTION",  # only where the C codec is built for one side
    "PACKET_TOO_LARGE",  # write() finds it: test_packet_beyond_mqtt_limit_refused
    # Only with an option of reading or writing: test_write_options.py, test_refused_packets.py, test_error_texts.py
    "CONTROL_CHARACTER",
    "SENDER_TYPE",
    "SENDER_PROPERTY",
    "SENDER_REASON_CODE",
    "NOT_CONNECTED",
    "ALREADY_CONNECTED",
    "TOO_MANY_ITEMS",
    # Only in mqtt5_alias_*
    "TOPIC_ALIAS_TOO_LARGE",
    "UNKNOWN_TOPIC_ALIAS",
}


#: The reason codes that answer them. The rest is 0x81, what cannot be parsed or is a malformed name.
ANSWERS = {
    "ZERO_TOPIC_ALIAS": 0x94,
    **dict.fromkeys(["NOT_BOOLEAN", "ZERO_VALUE", "NO_PACKET_ID", "BAD_REASON_CODE", "NO_TOPIC", "EMPTY_LIST"], 0x82),
    **dict.fromkeys(["BAD_REQUESTED_QOS", "BAD_RETAIN_HANDLING", "SHARED_NO_LOCAL", "NO_AUTHENTICATION_METHOD"], 0x82),
}
