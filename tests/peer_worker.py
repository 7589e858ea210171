# SPDX-License-Identifier: MIT
"""Runs one peer of test_peers.py in a process of its own: python -S peer_worker.py PEER DIRECTORY

A request is a line of JSON, {"data": hex, "name": class, "fields": {...}}; so is its answer, {"data": hex} with the
packet as the peer writes it, perhaps "fields" as it reads them, or {"error": text}. It does not know our mqtt5.
"""

import json
import sys
from typing import Any

PEER, DIRECTORY = sys.argv[1:]
sys.path.insert(0, DIRECTORY)

Answer = dict[str, Any]


def plain(value: Any) -> Any:
    """As JSON: bytes as hex, parts as dicts."""
    if isinstance(value, (bytes, bytearray)):
        return {"hex": value.hex()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str):
        return value
    if hasattr(value, "__int__"):  # the enums of PyPI's mqtt5 are not ints
        return int(value)
    return {
        name: plain(getattr(value, name))
        for name in dir(value)
        if not name.startswith("_") and not callable(getattr(value, name))
    }


def raw(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def rust(request: Answer) -> Answer:
    import mqtt5

    packet, size = mqtt5.read(bytes.fromhex(request["data"]))
    assert size == len(request["data"]) // 2, "size"
    return {"data": packet.write().hex(), "fields": plain(packet)}


def zmqtt(request: Answer) -> Answer:
    from zmqtt._internal.packets.codec import decode, encode

    packet, size = decode(bytes.fromhex(request["data"]), version="5.0")
    assert size == len(request["data"]) // 2, "size"
    return {"data": encode(packet, version="5.0").hex()}


# --------------------------------------------------------------------- paho

#: Our names for paho's properties.
PAHO = {
    "payload_format_indicator": "PayloadFormatIndicator",
    "message_expiry_interval": "MessageExpiryInterval",
    "content_type": "ContentType",
    "response_topic": "ResponseTopic",
    "correlation_data": "CorrelationData",
    "subscription_id": "SubscriptionIdentifier",
    "subscription_ids": "SubscriptionIdentifier",
    "session_expiry_interval": "SessionExpiryInterval",
    "authentication_method": "AuthenticationMethod",
    "authentication_data": "AuthenticationData",
    "request_problem_info": "RequestProblemInformation",
    "will_delay_interval": "WillDelayInterval",
    "request_response_info": "RequestResponseInformation",
    "server_reference": "ServerReference",
    "reason_str": "ReasonString",
    "receive_max": "ReceiveMaximum",
    "topic_alias_max": "TopicAliasMaximum",
    "topic_alias": "TopicAlias",
    "user_properties": "UserProperty",
    "max_packet_size": "MaximumPacketSize",
}

#: The defaults of the specification, which are not sent.
DEFAULTS = {
    "payload_format_indicator": 0,
    "request_problem_info": 1,
    "request_response_info": 0,
    "receive_max": 65535,
    "topic_alias_max": 0,
    "will_delay_interval": 0,
    "subscription_ids": [],
    "user_properties": [],
}


def paho_properties(kind: str, fields: Answer) -> Any:
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    properties = Properties(getattr(PacketTypes, kind))
    for name, value in fields.items():
        default = DEFAULTS.get(name, 0 if (kind, name) == ("CONNECT", "session_expiry_interval") else None)
        if name in PAHO and value != default:
            value = raw(value)
            setattr(properties, PAHO[name], [tuple(pair) for pair in value] if name == "user_properties" else value)
    return properties


def paho_client() -> Any:
    """A client that keeps the packet that it would send."""
    from paho.mqtt.client import CallbackAPIVersion, Client, MQTTv5

    class Kept(Client):
        def _packet_queue(self, command: int, packet: bytes, mid: int, qos: int, info: Any = None) -> Any:
            self.kept = bytes(packet)
            return 0

        def _mid_generate(self) -> int:
            return self.mid

    client = Kept(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    client._sock = object()  # it asks only whether there is one
    return client


def paho(request: Answer) -> Answer:
    """The client writes the packets that clients send; of the others, the properties are read and written."""
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode
    from paho.mqtt.subscribeoptions import SubscribeOptions

    fields = {name: raw(value) for name, value in request["fields"].items() if name != "will"}
    kind = request["name"].removesuffix("Packet").upper()
    properties = paho_properties(kind, fields) if "properties" not in request else None
    if properties is not None and properties.isEmpty():
        properties = None
    client = paho_client()
    client.mid = fields.get("packet_id")
    if "properties" in request:
        properties = Properties(getattr(PacketTypes, kind))
        properties.unpack(bytes.fromhex(request["properties"]))
        return {"data": properties.pack().hex()}
    if kind == "CONNECT":
        client._client_id = fields["client_id"].encode()
        client._clean_start = bool(fields["clean_start"])
        client._username = None if fields["username"] is None else fields["username"].encode()
        client._password = fields["password"]
        client._connect_properties = properties
        will = request["fields"]["will"]
        if will is not None:
            client._will = True
            client._will_topic = will["topic"].encode()
            client._will_payload = raw(will["payload"])
            client._will_qos, client._will_retain = will["qos"], bool(will["retain"])
            client._will_properties = paho_properties("WILLMESSAGE", will)
        client._send_connect(fields["keep_alive"])
    elif kind == "PUBLISH":
        client._send_publish(
            fields["packet_id"],
            fields["topic"].encode(),
            fields["payload"],
            fields["qos"],
            bool(fields["retain"]),
            bool(fields["duplicate"]),
            None,
            properties,
        )
    elif kind == "SUBSCRIBE":
        topics = [
            (
                topic["pattern"].encode(),
                SubscribeOptions(
                    topic["max_qos"],
                    bool(topic["no_local"]),
                    bool(topic["retain_as_published"]),
                    topic["retain_handling"],
                ),
            )
            for topic in request["fields"]["topic_filters"]
        ]
        client._send_subscribe(False, topics, properties)
    elif kind == "UNSUBSCRIBE":
        client._send_unsubscribe(False, [pattern.encode() for pattern in fields["patterns"]], properties)
    elif kind == "DISCONNECT":
        code = fields["reason_code"]
        reason = ReasonCode(PacketTypes.DISCONNECT, identifier=code) if code or properties else None
        client._send_disconnect(reason, properties)
    elif kind == "PINGREQ":
        client._send_pingreq()
    else:
        getattr(client, f"_send_{kind.lower()}")(fields["packet_id"])
    return {"data": client.kept.hex()}


def main() -> None:
    run = {"rust": rust, "zmqtt": zmqtt, "paho": paho}[PEER]
    for line in sys.stdin:
        try:
            answer = run(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
