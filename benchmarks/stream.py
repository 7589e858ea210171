# SPDX-License-Identifier: MIT
"""How fast packets are read from a stream: over a TCP socket on 127.0.0.1, from memory, and in many small pieces.

    .venv/bin/python benchmarks/stream.py [--fast] [--earlier DIR] [--table FILE]

Ours with its Decoder, and the native engine also with a read() loop as users of PyPI's mqtt5 write it; the peers as
their users do: PyPI's mqtt5 with that loop, zmqtt with its PacketBuffer. (paho-mqtt has no stream reader apart from
its client, which reads the beginning of each packet from the socket byte by byte; it is not here.) Each has a process
of its own, all take their turns; figures are the best of all rounds. Every packet's topic is accessed, so that a
package that decodes late has to decode.

Over the socket, a process that does nothing else sends the same block of whole packets again and again, until the
receiver closes the connection. The receiver counts packets for a fixed time. From memory, 1 MiB of packets comes in
chunks of 64 KiB, which do not end where packets end.
"""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from report import Goal, goals_table, grid
from subjects import HERE, Process, arguments, is_worker, machine, publish, serve, start, turns

CHUNK = 65536
MIB = 1 << 20

#: What is sent: the payload's size, and how many topics there are.
SCENARIOS = {"small": (4, 1), "small, many topics": (4, 1000), "1 KiB": (1024, 1)}

#: Reads all packets from chunks and returns how many there were.
Reader = Callable[[Iterable[Any]], int]


def message(payload: bytes, packet_id: int | None, topic: bytes = b"sensors/0000") -> bytes:
    """A PUBLISH with QoS 1, or 0 without a packet identifier: so the sender needs none of the packages."""
    middle = b"" if packet_id is None else packet_id.to_bytes(2, "big")
    body = len(topic).to_bytes(2, "big") + topic + middle + b"\0" + payload
    length, size = len(body), b""
    while length > 127:
        size += bytes([length & 127 | 128])
        length >>= 7
    return bytes([0x30 if packet_id is None else 0x32]) + size + bytes([length]) + body


def block(scenario: str, size: int = MIB) -> tuple[bytes, int]:
    """About that many bytes of whole packets, every second one with QoS 1, and their number."""
    payload, topics = bytes(SCENARIOS[scenario][0]), SCENARIOS[scenario][1]
    count = 2 * (size // len(message(payload, 1) + message(payload, None)))
    parts = [
        message(payload, None if number % 2 else number % 65535 + 1, b"sensors/%04d" % (number % topics))
        for number in range(count)
    ]
    return b"".join(parts), count


# ---------------------------------------------------------------------- sender


def sender() -> None:
    """Sends to each connection the scenario it asks for with one byte; ends with its standard input."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    print(listener.getsockname()[1], flush=True)
    blocks = [block(scenario)[0] for scenario in SCENARIOS]
    gone = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        gone.set()

    threading.Thread(target=wait, daemon=True).start()
    while not gone.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        with connection:
            connection.settimeout(5)
            try:
                data = blocks[connection.recv(1)[0]]
                while True:
                    connection.sendall(data)
            except OSError:
                pass  # the receiver has enough


# ---------------------------------------------------------------------- worker


def package() -> Any:
    import mqtt5

    return mqtt5


def decoder_reader() -> Reader:
    decoder_class = package().Decoder

    def run(chunks: Iterable[Any]) -> int:
        count = 0
        decoder = decoder_class()
        for chunk in chunks:
            decoder.feed(chunk)
            for packet in decoder:
                if packet.topic:
                    count += 1
        return count

    return run


def loop_reader() -> Reader:
    read = package().read

    def run(chunks: Iterable[Any]) -> int:
        count = 0
        buffer = bytearray()
        for chunk in chunks:
            buffer += chunk
            at = 0
            with memoryview(buffer) as view:
                while True:
                    try:
                        packet, size = read(view[at:])
                    except IndexError:
                        break
                    at += size
                    if packet.topic:
                        count += 1
            del buffer[:at]
        return count

    return run


def zmqtt_reader() -> Reader:
    from zmqtt._internal.packets.reader import PacketBuffer

    def run(chunks: Iterable[Any]) -> int:
        count = 0
        buffer = PacketBuffer(version="5.0")
        for chunk in chunks:
            buffer.feed(chunk)
            for packet in buffer:
                if packet.topic:
                    count += 1
        return count

    return run


class Worker:
    def __init__(self, name: str) -> None:
        if name == "zmqtt":
            self.readers = {"PacketBuffer": zmqtt_reader()}
        elif name == "rust":
            self.readers = {"read() loop": loop_reader()}
        else:
            self.readers = {"Decoder": decoder_reader()}
            if name == "native":
                self.readers["read() loop"] = loop_reader()
        self.kept: dict[str, tuple[list[bytes], int]] = {}

    def names(self) -> list[str]:
        return list(self.readers)

    def from_socket(self, reader: str, scenario: str, port: int, seconds: float) -> list[float]:
        """[packets, bytes, seconds]"""
        received = 0
        start = end = 0.0
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(bytes([list(SCENARIOS).index(scenario)]))

            def chunks() -> Iterable[bytes]:
                nonlocal received, start, end
                connection.recv(1, socket.MSG_PEEK)  # the sender has begun
                start = time.perf_counter()
                while time.perf_counter() - start < seconds:
                    chunk = connection.recv(CHUNK)
                    if not chunk:
                        raise SystemExit("the sender is gone")
                    received += len(chunk)
                    yield chunk
                end = time.perf_counter()

            count = self.readers[reader](chunks())
        return [count, received, end - start]

    def from_memory(self, reader: str, scenario: str, seconds: float) -> list[float]:
        """[packets, bytes, seconds]: of the block, the best of as many turns as fit into the time."""
        if scenario not in self.kept:
            data, count = block(scenario)
            self.kept[scenario] = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)], count
        chunks, count = self.kept[scenario]
        size = sum(map(len, chunks))
        taken: list[float] = []
        while not taken or sum(taken) < seconds:
            start = time.perf_counter()
            found = self.readers[reader](chunks)
            taken.append(time.perf_counter() - start)
            assert found == count, "packets are missing"
        return [count, size, min(taken)]

    def pieces(self, reader: str, size: int, piece: int, repeat: int) -> float:
        """Seconds until one PUBLISH with this payload has come out, having come in pieces: the best of some times."""
        chunks = cut(size, piece)
        found = []
        for _ in range(repeat):
            start = time.perf_counter()
            count = self.readers[reader](chunks)
            found.append(time.perf_counter() - start)
            assert count == 1, "no packet"
        return min(found)

    def join(self, size: int, piece: int, repeat: int) -> float:
        """The same for the bytes of that packet alone."""
        chunks = cut(size, piece)
        found = []
        for _ in range(repeat):
            start = time.perf_counter()
            joined = b"".join(chunks)
            found.append(time.perf_counter() - start)
            assert len(joined) > size
            del joined  # before the next is made, as the packets are
        return min(found)


def cut(size: int, piece: int) -> list[bytes]:
    data = message(bytes(size), 1)
    return [data[at : at + piece] for at in range(0, len(data), piece)]


# ---------------------------------------------------------------------- report

Key = tuple[str, str]  # subject, reader
EARLIER, RUST = ("earlier", "Decoder"), ("rust", "read() loop")


def measure(runs: list[tuple[Process, str]], rounds: int, do: str, **request: Any) -> dict[Key, list[Any]]:
    """The answers of all rounds; in each, all take their turn, beginning with another one."""
    found: dict[Key, list[Any]] = {}
    for turn in range(rounds):
        for process, reader in turns(runs, turn):
            print(f"\r{do} {turn + 1}/{rounds} {process.name:10}", end="", file=sys.stderr, flush=True)
            answer = process.ask(do, reader=reader, **request)
            found.setdefault((process.name, reader), []).append(answer)
    print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    return found


def rates(runs: list[tuple[Process, str]], answers: dict[Key, list[Any]]) -> str:
    best = {key: max(count / seconds for count, _, seconds in each) for key, each in answers.items()}
    volume = {key: max(size / seconds for _, size, seconds in each) for key, each in answers.items()}
    rows = []
    for process, reader in runs:
        mine = best[process.name, reader]
        rows.append([process.subject.title, reader, f"{mine:,.0f}", f"{volume[process.name, reader] / 1e6:.1f}"])
        rows[-1] += [f"{mine / best[peer]:.2f}" if peer in best else "-" for peer in (EARLIER, RUST)]
    return grid(["package", "reader", "messages/s", "MB/s", "than earlier", "than Rust"], rows, left=2)


def what(size: int, topics: int) -> str:
    return f"PUBLISH, QoS 0 and 1, {size} bytes, {topics} topic{'s' if topics > 1 else ''}"


def main() -> None:
    options = arguments("Reads streams of packets in our engines, in an earlier build and in the peers.").parse_args()
    rounds, seconds = (3, 0.2) if options.fast else (9, 0.4)
    processes = start("stream.py", options, only=("native", "portable", "earlier", "rust", "zmqtt"))
    runs = [(process, reader) for process in processes for reader in process.ask("names")]
    ours = [(process, reader) for process, reader in runs if process.subject.ours and reader == "Decoder"]
    first = ours[0][0].subject
    parts = [
        "# Streams",
        f"{machine()}; {time.strftime('%Y-%m-%d')}. The best of {rounds} rounds; from memory, the best turn of each.",
    ]

    goals = []
    own = first.python(str(HERE / "stream.py"), "--sender", stdin=-1)
    assert own.stdout is not None
    assert own.stdin is not None
    port = int(own.stdout.readline())
    for scenario, (size, topics) in SCENARIOS.items():
        answers = measure(runs, rounds, "from_socket", scenario=scenario, port=port, seconds=seconds)
        parts += [f"## Over TCP on 127.0.0.1: {what(size, topics)}", rates(runs, answers)]
    own.stdin.close()
    own.wait()

    for scenario, (size, topics) in SCENARIOS.items():
        answers = measure(runs, rounds, "from_memory", scenario=scenario, seconds=seconds / 2)
        parts += [f"## From memory, in chunks of 64 KiB: {what(size, topics)}", rates(runs, answers)]
        best = {key: max(count / taken for count, _, taken in each) for key, each in answers.items()}
        if size == 4 and first.name == "native" and RUST in best:
            ratio = best["native", "Decoder"] / best[RUST]
            goals.append(Goal(f"from memory, {scenario}: times as fast as Rust", ratio, 4.5, 5))

    parts.append("## One PUBLISH with 1 MiB, in chunks of 64 KiB")
    joins = []
    taken_by: dict[Key, list[float]] = {}
    for _ in range(2 * rounds):
        joins.append(ours[0][0].ask("join", size=MIB, piece=CHUNK, repeat=5))
        for key, each in measure(runs, 1, "pieces", size=MIB, piece=CHUNK, repeat=5).items():
            taken_by.setdefault(key, []).extend(each)
    rows = []
    for process, reader in runs:
        taken = min(taken_by[process.name, reader])
        rows.append([process.subject.title, reader, f"{taken * 1e6:,.0f}", f"{taken / min(joins):.2f}"])
    rows.append(["bytes.join of the chunks", "", f"{min(joins) * 1e6:,.0f}", "1.00"])
    parts.append(grid(["package", "reader", "µs", "times the join"], rows, left=2))
    ratio = min(taken_by[first.name, "Decoder"]) / min(joins)
    goals.append(Goal("one PUBLISH with 1 MiB: times the join", ratio, 1.2, at_most=True))

    sizes = [MIB // 4, MIB // 2, MIB, 2 * MIB]
    parts.append("## One PUBLISH, 10 bytes at a time, in ms")
    rows = []
    few = [(process, reader) for process, reader in ours + runs if reader in ("Decoder", "PacketBuffer")]
    few = list(dict.fromkeys(few))
    times: dict[Key, list[float]] = {}
    for size in sizes:
        for key, each in measure(few, 2 if options.fast else 3, "pieces", size=size, piece=10, repeat=1).items():
            times.setdefault(key, []).append(min(each))
    for process, reader in few:
        each = times[process.name, reader]
        growth = each[-1] / each[0] / 8
        rows.append([process.subject.title, reader, *(f"{taken * 1e3:.1f}" for taken in each), f"{growth:.2f}"])
    joined = [ours[0][0].ask("join", size=size, piece=10, repeat=5) for size in sizes]
    growth = joined[-1] / joined[0] / 8
    rows.append(["bytes.join of the pieces", "", *(f"{taken * 1e3:.1f}" for taken in joined), f"{growth:.2f}"])
    header = ["package", "reader", "256 KiB", "512 KiB", "1 MiB", "2 MiB", "2 MiB / 256 KiB / 8"]
    parts.append(grid(header, rows, left=2))
    parts.append("In the last column, 1 is linear time and 8 quadratic.")

    for process in processes:
        process.close()
    parts[2:2] = ["## Targets", f"The Decoder of {first.title}.", goals_table(goals)]
    publish("\n\n".join(parts) + "\n", options.table)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sender"]:
        sender()
    elif is_worker():
        serve(Worker)
    else:
        main()
