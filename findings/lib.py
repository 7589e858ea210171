# SPDX-License-Identifier: MIT
"""Helpers of the scripts: raw MQTT packets, a broker on loopback, a capture file, and a comparison."""

import atexit
import contextlib
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time

_failures = []


def same(what, seen, expected):
    """Prints what was seen; the script fails at the end if it is not what was seen before."""
    if isinstance(seen, list):
        seen = [item.hex() if isinstance(item, bytes) else item for item in seen]
    elif isinstance(seen, bytes):
        seen = seen.hex()
    print(f"{what}: {seen!r}")
    if seen != expected:
        print(f"    CHANGED, was {expected!r}")
        _failures.append(what)


def _finish():
    sys.stdout.flush()
    if _failures:
        os._exit(1)


atexit.register(_finish)


def varint(number):
    out = b""
    while True:
        number, low = number >> 7, number & 127
        out += bytes([low | (128 if number else 0)])
        if not number:
            return out


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(data)) + data


def packet(head, body=b""):
    return bytes([head]) + varint(len(body)) + body


def properties(data):
    return varint(len(data)) + data


def user(name, value):
    return b"\x26" + text(name) + text(value)


def connect(client="x", props=b"", flags=2, will=b"", version=5):
    body = text("MQTT") + bytes([version, flags, 0, 60]) + (properties(props) if version == 5 else b"")
    return packet(0x10, body + text(client) + will)


def subscribe(topic, options=0, packet_id=1, props=b""):
    return packet(0x82, struct.pack(">H", packet_id) + properties(props) + text(topic) + bytes([options]))


def publish(topic, payload=b"x", qos=0, packet_id=None, props=b"", retain=0):
    ident = struct.pack(">H", packet_id) if qos else b""
    return packet(0x30 | qos << 1 | retain, text(topic) + ident + properties(props) + payload)


class Peer:
    """A plain socket that sends a CONNECT and reads whole packets."""

    def __init__(self, port, *args, **kwargs):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.data = b""
        self.send(connect(*args, **kwargs))
        self.answer = self.get()

    def send(self, *packets):
        self.socket.sendall(b"".join(packets))

    def get(self, seconds=2.0):
        self.socket.settimeout(seconds)
        while True:
            head = re.match(rb"(?s).[\x80-\xff]{0,3}[\0-\x7f]", self.data)
            if head:
                size = head.end() + sum((byte & 127) << 7 * i for i, byte in enumerate(head[0][1:]))
                if len(self.data) >= size:
                    found, self.data = self.data[:size], self.data[size:]
                    return found
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                return None
            except OSError:
                return "closed"
            if not more:
                return "closed"
            self.data += more

    def all(self, seconds=0.7):
        """Everything until nothing comes for a while."""
        found = []
        while (item := self.get(seconds)) is not None:
            found.append(item)
            if item == "closed":
                break
        return found

    def close(self):
        self.socket.close()
        time.sleep(0.3)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.05)
    raise TimeoutError("no server")


@contextlib.contextmanager
def mosquitto(settings=""):
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/conf", "w") as file:
            file.write(f"listener {port} 127.0.0.1\nallow_anonymous true\n{settings}")
        path = os.environ["PATH"] + ":/usr/sbin"
        with open(f"{folder}/log", "w") as log:
            process = subprocess.Popen(
                ["mosquitto", "-c", f"{folder}/conf"], env={**os.environ, "PATH": path}, stdout=log, stderr=log
            )
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait(5)


def _checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 65535) + (total >> 16)
    return ~total & 65535


class Capture:
    """A pcap file (raw IP) of one TCP connection to port 1883, with its handshake."""

    def __init__(self):
        self.frames = []
        self.sequence = [1000, 5000]
        for server, flags in ((0, 2), (1, 0x12), (0, 0x10)):
            self._segment(server, flags, b"")

    def _segment(self, server, flags, data):
        ends = [(b"\x7f\0\0\1", 50000), (b"\x7f\0\0\2", 1883)]
        (source, source_port), (target, target_port) = ends[::-1] if server else ends
        ack = 0 if flags == 2 else self.sequence[1 - server]
        head = (source_port, target_port, self.sequence[server], ack, 0x50, flags, 65535)
        tcp = struct.pack(">HHIIBBHHH", *head, 0, 0) + data
        check = _checksum(source + target + b"\0\6" + struct.pack(">H", len(tcp)) + tcp)
        tcp = tcp[:16] + struct.pack(">H", check) + tcp[18:]
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0, source, target)
        self.frames.append(ip[:10] + struct.pack(">H", _checksum(ip)) + ip[12:] + tcp)
        self.sequence[server] += len(data) + bool(flags & 3)

    def client(self, data):
        self._segment(0, 0x18, data)

    def server(self, data):
        self._segment(1, 0x18, data)

    def save(self, name):
        with open(name, "wb") as file:
            file.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
            for second, frame in enumerate(self.frames):
                file.write(struct.pack("<IIII", 1000 + second, 0, len(frame), len(frame)) + frame)


def tshark(name, *options):
    done = subprocess.run(["tshark", "-r", name, *options], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout
