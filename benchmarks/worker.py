# SPDX-License-Identifier: MIT
"""Runs one subject of bench.py in a process of its own: python -S worker.py --worker SUBJECT, with its PYTHONPATH.

It checks what a subject reads and writes before that is timed. It knows how to express a case in each subject's own
interface. It does not know the other subjects, or what the times are for.

Plain values (texts, bytes, enum members, lists of those) exist before the clock starts. A timed statement constructs
the packets, the Will and the TopicFilters. The loop around the statement, about 10 ns, is part of the time.
"""

import socket
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import distributions
from itertools import cycle
from timeit import Timer
from typing import Any, ClassVar

from cases import CASES, POSITIONAL, Case, Member, New, variant
from subjects import is_worker, serve

READ = "read, new texts"
STREAM = "stream, new texts"
BOTH = "construct + write"
CONSTRUCT = "construct"
WRITE = "write"
SAME = "read, the same packet"
OPERATIONS = (READ, STREAM, BOTH, CONSTRUCT, WRITE, SAME)

VARIANTS = 1024
CHUNK = 65536

#: An operation's source text, the names in it, and how often it does what is timed.
Statement = tuple[str, dict[str, Any], int]
Statements = dict[str, Statement]
#: Reads all packets from a chunk of whole packets, as a connection would, and returns their number.
Reader = Callable[[Any], int]


class CannotError(Exception):
    """This subject has no such packet, or not all of it."""


class Source:
    """An expression that constructs things, and the values that it names."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}

    def name(self, value: Any) -> str:
        """A name for a value that is there beforehand."""
        name = f"v{len(self.names)}"
        self.names[name] = value
        return name

    def call(self, function: Callable[..., Any], positional: Iterable[str], named: dict[str, str]) -> str:
        name = f"new_{function.__name__}"
        self.names[name] = function
        return f"{name}({', '.join([*positional, *(f'{key}={text}' for key, text in named.items())])})"


class Subject:
    """The common base. Operations that a subject lacks are missing from its statements."""

    name = ""
    version = ""

    def written(self, case: Case) -> bytes:
        raise NotImplementedError

    def statements(self, case: Case, data: bytes) -> Statements:
        """The statements to time. Raises AssertionError if the subject reads a different packet."""
        raise NotImplementedError

    def reading(self, case: Case, text: str, function: Callable[..., Any], reader: Reader) -> Statements:
        """Reading 1,024 packets in turn, whose texts and packet identifiers differ: one by one, and as a stream.

        READ includes taking the next one, about 25 ns. STREAM is one chunk of at most 64 KiB at a time.
        """
        written = [self.written(variant(case, index)) for index in range(VARIANTS)]
        chunk = b"".join(written[: max(1, CHUNK // len(written[0]))])
        take = cycle([memoryview(data) for data in written]).__next__
        found: Statements = {READ: (text, {"read": function, "take": take}, 1)}
        try:
            counts = {reader(chunk), reader(chunk)}
        except BufferError:  # zmqtt's needs reference counting: PyPy still has a view of its bytearray
            return found
        assert counts == {min(VARIANTS, max(1, CHUNK // len(written[0])))}, "packets are missing"
        return found | {STREAM: ("reader(chunk)", {"reader": reader, "chunk": chunk}, counts.pop())}

    def same(self, case: Case, data: bytes) -> bool:
        """Whether data, which is other bytes than we write, is this packet."""
        raise NotImplementedError


def version_of(distribution: str) -> str:
    """Its metadata may not be beside it: ours is read from the package itself."""
    return next((found.version for found in distributions(name=distribution)), "")


# ------------------------------------------------------- ours, and PyPI's mqtt5


def decoder_reader(decoder: Any) -> Reader:
    """For a class that is fed and then iterated, as ours and zmqtt's."""

    def run(chunk: Any) -> int:
        count = 0
        decoder.feed(chunk)
        for _ in decoder:
            count += 1
        return count

    return run


def loop_reader(read: Callable[..., Any]) -> Reader:
    """As users of PyPI's mqtt5 write it: IndexError means that more is needed."""
    buffer = bytearray()

    def run(chunk: Any) -> int:
        nonlocal buffer
        count = at = 0
        buffer += chunk
        with memoryview(buffer) as view:
            while True:
                try:
                    _, size = read(view[at:])
                except IndexError:
                    break
                at += size
                count += 1
        del buffer[:at]
        return count

    return run


class Package(Subject):
    """Our package, an earlier build of it, and PyPI's mqtt5, whose interface is the same."""

    def __init__(self, name: str) -> None:
        import mqtt5

        self.package: Any = mqtt5
        self.name = name
        engine = sys.modules.get("mqtt5._engine")
        assert (engine is None) == (name == "rust"), f"the wrong mqtt5: {mqtt5.__file__}"
        assert engine is None or name in (engine.name, "earlier"), f"the wrong engine: {engine.name}"
        self.version = mqtt5.__version__ if engine else version_of("mqtt5")

    def reader(self) -> Reader:
        decoder = getattr(self.package, "Decoder", None)
        return decoder_reader(decoder()) if decoder else loop_reader(self.package.read)

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if isinstance(value, Member):
            enum, _, member = value.name.partition(".")
            return getattr(getattr(self.package, enum), member)
        return value

    def construct(self, new: New, source: Source) -> str:
        def expression(value: Any) -> str:
            if isinstance(value, New):
                return self.construct(value, source)
            if isinstance(value, list) and any(isinstance(item, New) for item in value):
                return f"[{', '.join(expression(item) for item in value)}]"
            return source.name(self.resolve(value))

        texts = {name: expression(value) for name, value in new.fields.items()}
        positional = [texts.pop(name) for name in POSITIONAL.get(new.name, ())]
        return source.call(getattr(self.package, new.name), positional, texts)

    def packet(self, case: Case) -> Any:
        source = Source()
        return eval(self.construct(case.packet, source), source.names)

    def written(self, case: Case) -> bytes:
        return bytes(self.packet(case).write())

    def same(self, case: Case, data: bytes) -> bool:
        return bool(self.package.read(data) == (self.packet(case), len(data)))

    def statements(self, case: Case, data: bytes) -> Statements:
        packet, view, read = self.packet(case), memoryview(data), self.package.read
        assert read(view) == (packet, len(data)), f"{read(view)} is not {packet}"
        source = Source()
        text = self.construct(case.packet, source)
        return self.reading(case, "read(take())", read, self.reader()) | {
            BOTH: (f"{text}.write()", source.names, 1),
            CONSTRUCT: (text, source.names, 1),
            WRITE: ("packet.write()", {"packet": packet}, 1),
            SAME: ("read(view)", {"read": read, "view": view}, 1),
        }


# ----------------------------------------------------------------------- zmqtt

#: How zmqtt and paho spell the words that we shorten.
WORDS = {"id": "identifier", "ids": "identifier", "info": "information", "max": "maximum", "str": "string"}


def spelled(name: str) -> str:
    """receive_max: receive_maximum; but max_packet_size: maximum_packet_size."""
    return "_".join(WORDS.get(word, word) for word in name.split("_"))


class Zmqtt(Subject):
    """zmqtt's packets in pure Python. It checks little, and keeps one subscription identifier."""

    #: Fields that are not properties, and zmqtt's name for some.
    FIELDS = frozenset({
        "client_id", "clean_start", "keep_alive", "username", "password", "will",
        "topic", "payload", "qos", "retain", "duplicate", "packet_id",
        "session_present", "reason_code", "reason_codes", "topic_filters", "patterns",
        "pattern", "max_qos", "no_local", "retain_as_published", "retain_handling",
    })  # fmt: skip
    NAMES: ClassVar[dict[str, str]] = {
        "clean_start": "clean_session",
        "keep_alive": "keepalive",
        "duplicate": "dup",
        "topic_filters": "subscriptions",
        "patterns": "topic_filters",
        "pattern": "topic_filter",
        "max_qos": "qos",
    }
    #: What it has no default for, or another one.
    DEFAULTS: ClassVar[dict[str, dict[str, Any]]] = {
        "ConnectPacket": {"clean_session": False, "keepalive": 0},
        "ConnAckPacket": {"session_present": False, "return_code": 0},
        "Will": {"payload": b"", "qos": 0, "retain": False},
        "PublishPacket": {"qos": 0, "retain": False, "dup": False},
        "TopicFilter": {"qos": 2, "retain_as_published": True},
    }

    def __init__(self) -> None:
        from zmqtt._internal.packets import codec, properties
        from zmqtt._internal.packets.reader import PacketBuffer
        from zmqtt._internal.types.retain_handling import RetainHandling

        self.codec, self.properties, self.buffer_class = codec, properties, PacketBuffer
        self.version = version_of("zmqtt")
        self.retain_handling = RetainHandling

    def member(self, name: str) -> Any:
        """Reason codes are plain ints there."""
        enum, _, member = name.partition(".")
        if enum == "QoS":
            return self.codec.QoS[member]
        if enum == "RetainHandling":
            return self.retain_handling({"SEND_ALWAYS": 0, "SEND_NEVER": 2}[member])
        return CODES[member]

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return tuple(self.resolve(item) for item in value)
        return self.member(value.name) if isinstance(value, Member) else value

    def construct(self, new: New, source: Source) -> str:
        kind = {"TopicFilter": "SubscriptionRequest"}.get(new.name, new.name.removesuffix("Packet"))
        texts = {
            name: source.name(self.codec.QoS(value) if name == "qos" else value)
            for name, value in self.DEFAULTS.get(new.name, {}).items()
        }
        properties: dict[str, str] = {}
        for name, value in new.fields.items():
            if isinstance(value, New):
                text = self.construct(value, source)
            elif isinstance(value, list) and isinstance(value[0], New):
                text = f"({', '.join(self.construct(item, source) for item in value)},)"
            elif name == "subscription_ids":
                if len(value) > 1:
                    raise CannotError("it keeps one subscription identifier")
                text = source.name(value[0])
            else:
                text = source.name(self.resolve(value))
            if name not in self.FIELDS or (name == "max_qos" and new.name == "ConnAckPacket"):
                properties["user_properties" if name == "user_properties" else spelled(name)] = text
                continue
            name = self.NAMES.get(name, name)
            if new.name in ("ConnAckPacket", "SubAckPacket"):
                name = name.replace("reason_code", "return_code")
            texts[name] = text
        if properties:
            group = "PubAck" if new.name.startswith("Pub") and kind != "Publish" else kind
            texts["properties"] = source.call(getattr(self.properties, f"{group}Properties"), (), properties)
        return source.call(getattr(self.codec, kind), (), texts)

    def packet(self, case: Case) -> Any:
        source = Source()
        return eval(self.construct(case.packet, source), source.names)

    def written(self, case: Case) -> bytes:
        return bytes(self.codec.encode(self.packet(case), version="5.0"))

    def statements(self, case: Case, data: bytes) -> Statements:
        packet, view, decode = self.packet(case), memoryview(data), self.codec.decode
        found = decode(view, version="5.0")
        assert found == (packet, len(data)), f"{found} is not {packet}"
        source = Source()
        text = self.construct(case.packet, source)
        names = {"encode": self.codec.encode, "decode": decode, "view": view, "packet": packet}
        reader = decoder_reader(self.buffer_class(version="5.0"))
        return self.reading(case, "read(take(), version='5.0')", decode, reader) | {
            BOTH: (f"encode({text}, version='5.0')", source.names | {"encode": names["encode"]}, 1),
            CONSTRUCT: (text, source.names, 1),
            WRITE: ("encode(packet, version='5.0')", names, 1),
            SAME: ("decode(view, version='5.0')", names, 1),
        }


#: The reason codes that the cases use, for the packages that take plain integers.
CODES = {
    "SUCCESS": 0x00,
    "GRANTED_QOS_AT_LEAST_ONCE": 0x01,
    "GRANTED_QOS_EXACTLY_ONCE": 0x02,
    "NO_SUBSCRIPTION_EXISTED": 0x11,
    "CONTINUE_AUTHENTICATION": 0x18,
    "NOT_AUTHORIZED": 0x87,
    "PACKET_ID_NOT_FOUND": 0x92,
    "QUOTA_EXCEEDED": 0x97,
    "USE_ANOTHER_SERVER": 0x9C,
}


# ------------------------------------------------------------------------ paho


class Paho(Subject):
    """paho-mqtt's functions for single packets, which are parts of its client.

    It reads what a client receives, and writes what a client sends. Reading: the function of the packet's type, given
    what follows the fixed header, as a bytearray, as its client does; finding the packet's end, which its client
    does byte by byte while it receives, is not in the time, nor is the message object that it then makes. Topics stay
    bytes. Writing: the client's method, with a client that keeps the bytes instead of sending them; with that come
    its preparations for a log. There are no packet objects, so nothing to construct or to write alone.
    """

    READS = ("Publish", "ConnAck", "PubAck", "PubRec", "PubRel", "PubComp", "SubAck", "UnsubAck", "Disconnect")

    def __init__(self) -> None:
        from paho.mqtt import _packet, packettypes, properties, reasoncodes, subscribeoptions
        from paho.mqtt.client import CallbackAPIVersion, Client, MQTTv5

        class Keeping(Client):  # type: ignore[misc] # it has no types here
            """A client that keeps the packet that it would send."""

            kept: Any = b""
            mid = 0

            def _packet_queue(self, command: Any, packet: Any, mid: Any, qos: Any, info: Any = None) -> Any:
                self.kept = packet
                return 0

            def _mid_generate(self) -> int:
                return self.mid

        self.client = Keeping(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        self.client._sock = socket.socket()  # never connected: it asks only whether there is one
        self.functions, self.protocol, self.types = _packet, MQTTv5, packettypes.PacketTypes
        self.properties_class, self.reason_class = properties.Properties, reasoncodes.ReasonCode
        self.options_class = subscribeoptions.SubscribeOptions
        self.version = version_of("paho-mqtt")

    def plain(self, value: Any) -> Any:
        if isinstance(value, Member):
            names = {"AT_MOST_ONCE": 0, "AT_LEAST_ONCE": 1, "EXACTLY_ONCE": 2, "SEND_ALWAYS": 0, "SEND_NEVER": 2}
            member = value.name.partition(".")[2]
            return names[member] if member in names else CODES[member]
        return value

    def properties(self, kind: str, fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """An expression for the properties among these fields, made attribute by attribute as paho's users do."""
        number = getattr(self.types, kind.upper())
        known = self.properties_class(number)
        chosen = {}
        for name, value in fields.items():
            camel = "".join(word.capitalize() for word in spelled(name).split("_"))
            camel = "UserProperty" if name == "user_properties" else camel
            identifier = known.getIdentFromName(camel)
            if identifier != -1 and number in known.properties[identifier][1]:
                chosen[camel] = value
        if not chosen:
            return "None", {}
        lines = "".join(f"\n    p.{name} = values[{name!r}]" for name in chosen)
        space = {"Properties": self.properties_class, "kind": number, "values": chosen}
        exec(f"def make():\n    p = Properties(kind){lines}\n    return p", space)
        return "make()", {"make": space["make"]}

    def sender(self, case: Case) -> tuple[str, dict[str, Any]]:
        """The statement that constructs and writes; afterwards the client has the bytes."""
        kind = case.packet.name.removesuffix("Packet")
        fields = {name: self.plain(value) for name, value in case.packet.fields.items()}
        properties, names = self.properties(kind, fields)
        names["client"] = self.client
        if kind in ("PubAck", "PubRec", "PubRel", "PubComp"):
            if len(fields) > 1:
                raise CannotError("its client always sends success")
            return f"client._send_{kind.lower()}(mid)", names | {"mid": fields["packet_id"]}
        if kind == "PingReq":
            return "client._send_pingreq()", names
        if kind == "Publish":
            names |= {"topic": fields["topic"], "payload": fields["payload"], "mid": fields.get("packet_id")}
            flags = f"{fields.get('qos', 0)}, {fields.get('retain', False)}, {fields.get('duplicate', False)}"
            return f"client._send_publish(mid, topic.encode(), payload, {flags}, None, {properties})", names
        if kind == "Unsubscribe":
            names |= {"patterns": fields["patterns"]}
            return f"client._send_unsubscribe(False, [text.encode() for text in patterns], {properties})", names
        if kind == "Subscribe":
            items = []
            for index, item in enumerate(fields["topic_filters"]):
                given = {name: self.plain(value) for name, value in item.fields.items()}
                names[f"p{index}"] = given["pattern"]
                options = (
                    f"{given.get('max_qos', 2)}, {given.get('no_local', False)}, "
                    f"{given.get('retain_as_published', True)}, {given.get('retain_handling', 0)}"
                )
                items.append(f"(p{index}.encode(), Options({options}))")
            names["Options"] = self.options_class
            return f"client._send_subscribe(False, [{', '.join(items)}], {properties})", names
        if kind == "Disconnect":
            code = fields.get("reason_code", 0)
            names |= {"Reason": self.reason_class, "kind": self.types.DISCONNECT}
            reason = f"Reason(kind, identifier={code})" if code else "None"
            return f"client._send_disconnect({reason}, {properties})", names
        if kind == "Connect" and "will" not in fields:
            names |= {"text": fields["client_id"]}
            self.client._clean_start = fields["clean_start"]
            return f"client._client_id = text.encode(); client._send_connect({fields['keep_alive']})", names
        raise CannotError("its client does not send it, or not from one call")

    def written(self, case: Case) -> bytes:
        self.client.mid = case.packet.fields.get("packet_id", 0)
        text, names = self.sender(case)
        exec(text, names)
        return bytes(self.client.kept)

    def statements(self, case: Case, data: bytes) -> Statements:
        found: Statements = {}
        try:
            self.written(case)
            found[BOTH] = (*self.sender(case), 1)
        except CannotError:
            pass
        kind = case.packet.name.removesuffix("Packet")
        if kind in self.READS:
            function = getattr(self.functions, f"decode_{kind.lower()}")
            header = next(index for index in range(1, 5) if data[index] < 0x80) + 1
            body = bytearray(data[header:])
            result = function(data[0], body, self.protocol)
            self.check(case, result)
            names = {"decode": function, "first": data[0], "version": self.protocol, "take": cycle([body]).__next__}
            found[READ] = ("decode(first, take(), version)", names, 1)
        if not found:
            raise CannotError("its client neither sends nor receives it")
        return found

    def check(self, case: Case, result: Any) -> None:
        fields = {name: self.plain(value) for name, value in case.packet.fields.items()}
        if hasattr(result, "topic"):
            wanted = (fields["topic"].encode(), fields["payload"])
            assert (result.topic, bytes(result.payload)) == wanted, f"{result} is not {case}"
        if hasattr(result, "mid"):
            assert result.mid == fields.get("packet_id", 0), f"{result} is not {case}"
        if "reason_code" in fields:
            assert result.reason.value == fields["reason_code"], f"{result} is not {case}"
        if "reason_str" in fields:
            assert result.properties.ReasonString == fields["reason_str"], f"{result} is not {case}"


# ---------------------------------------------------------------------- worker


PYPY = sys.implementation.name == "pypy"


def timer(text: str, names: dict[str, Any]) -> Timer:
    """With the garbage collector on, as users have it.

    PyPy does not make an object that nothing refers to, nor what only that would contain. So the last one is kept.
    A loop over a function of the engine is not affected.
    """
    if PYPY and "for " not in text:
        text = f"kept[0] = {text}"
    return Timer(text, "import gc; gc.enable()", globals=names | {"kept": [None]})


def loops_for(each: Timer, seconds: float) -> int:
    """The number of loops that take about that long, after a JIT compiler has compiled them."""
    warm = 0.3 if PYPY else 0.0
    while True:
        loops, taken = 1, 0.0
        while taken < seconds / 4:
            loops *= 4
            taken = each.timeit(loops)
            warm -= taken
        if warm <= 0:
            return max(1, round(loops * seconds / taken))


class Worker:
    def __init__(self, name: str) -> None:
        self.subject: Subject = {"zmqtt": Zmqtt, "paho": Paho}[name]() if name in ("zmqtt", "paho") else Package(name)
        self.version = self.subject.version
        self.timers: dict[tuple[int, str], Timer] = {}
        self.batches: dict[tuple[int, str], int] = {}

    def written(self, case: int) -> Any:
        try:
            return self.subject.written(CASES[case]).hex()
        except CannotError as error:
            return {"cannot": str(error)}

    def same(self, case: int, data: str) -> bool:
        return self.subject.same(CASES[case], bytes.fromhex(data))

    def prepare(self, case: int, data: str, seconds: float) -> Any:
        """Checks a case and finds how many loops take about that long: {operation: loops}."""
        try:
            statements = self.subject.statements(CASES[case], bytes.fromhex(data))
        except CannotError as error:
            return {"cannot": str(error)}
        found = {}
        for operation, statement in statements.items():
            each = self.timers[case, operation] = timer(*statement[:2])
            self.batches[case, operation] = statement[2]
            found[operation] = loops_for(each, seconds)
        return found

    def time(self, case: int, operation: str, loops: int) -> float:
        """Seconds for one, in the mean of that number of loops."""
        return self.timers[case, operation].timeit(loops) / loops / self.batches[case, operation]


if __name__ == "__main__" and is_worker():
    serve(Worker)
