# SPDX-License-Identifier: MIT
"""The command line, `mqtt5` or `python -m mqtt5`: `mqtt5 decode` prints packets as the expressions that make them;
--cflags and --sources print the compiler options and files that build the C library into another program.

It knows the textual forms of bytes and results. It does not know the content of a packet.
"""

import argparse
import dataclasses
import json
import os
import re
import shlex
import sys
from io import StringIO, TextIOWrapper
from typing import Any

try:
    from mqtt5 import (
        DecodeError,
        Decoder,
        Error,
        IncompleteError,
        Packet,
        ReasonCode,
        __version__,
        engine,
        get_include,
        get_sources,
        read,
    )
except ImportError as error:  # this file is ours, the package is not: an engine that is missing fails earlier
    raise SystemExit(
        f"error: {error}\n"
        "Another distribution has replaced files of mqtt5-codec. To get them back:\n"
        "pip uninstall mqtt5, then pip install --force-reinstall mqtt5-codec"
    ) from None
from mqtt5._errors import HIDDEN

DESCRIPTION = """\
Prints each packet in the input on a line, after its offset in bytes:

  0: PingReqPacket()

A packet that is not allowed or not complete is an error and ends the output. Errors go to standard error. With
--keep-going the output goes on after a packet that is not allowed, if its size is known.
Exit status: 0; 1 after any such error; 2 if the input cannot be read.

--sender tells which side of a connection sent the packets: what that side must not send is an error too. The input is
then all that this side sent, from the connection's start; --join is for input that begins later.

--lenient tolerates what docs/leniencies.md lists. A packet that needs it is followed by "# lenient", since it cannot be
made by an expression.

A password and authentication data print as <hidden>. With --show-secrets each line is a complete expression."""

EPILOG = """\
Input: HEX arguments are joined. A file, or standard input, is hexadecimal text if all of it is hex digits, spaces,
newlines, colons, commas and the x of 0x; if not, it is the bytes themselves. (No packet that is allowed consists of
such characters.) --hex or --raw forces one. In hexadecimal text two digits are a byte; spaces, colons and commas
separate whole bytes, with or without 0x before them.

--json: one object a line.
A packet: offset, size, type (name of the class), lenient, fields (bytes as hex digits, enum members as integers).
An error: error (name of the exception), packet_offset (start of its packet in the input), offset (place of the error
in the input), message, and either size and needed (bytes of the packet in the input, and bytes that the whole packet
needs, as far as known), or the attributes of DecodeError: reason_code, field, index, packet_type, packet_size,
packet_id, protocol, protocol_level (null if not known)."""

BUILDING = "To build a program with the C library: cc $(python -m mqtt5 --cflags) main.c $(python -m mqtt5 --sources)"

HEX_TEXT = frozenset(b"0123456789abcdefABCDEFxX:, \t\r\n\f\v")


OTHER = """\
warning: the distribution mqtt5 %s is installed too. Both have the import name mqtt5 and overwrite each other's files.
To keep this one: pip uninstall mqtt5, then pip install --force-reinstall mqtt5-codec"""


class Version(argparse.Action):
    """Like argparse's own action, but looks for the other distribution, and only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import importlib.metadata

        print(f"mqtt5-codec {__version__}, {engine} engine")
        try:
            other = importlib.metadata.version("mqtt5")
        except importlib.metadata.PackageNotFoundError:
            pass
        else:
            sys.stdout.flush()
            print(OTHER % other, file=sys.stderr)
        parser.exit()


class InputError(Exception):
    """The input is not hexadecimal text, or cannot be read."""


def from_hex(text: str) -> bytes:
    pieces = []
    for word in re.finditer(r"[^\s:,]+", text):
        digits = re.sub("^0[xX]", "", word[0])
        try:
            if not re.fullmatch("([0-9a-fA-F]{2})+", digits):
                raise ValueError
            pieces.append(bytes.fromhex(digits))
        except ValueError:
            column = word.start() - text.rfind("\n", 0, word.start())
            line = text.count("\n", 0, word.start()) + 1
            wrong = re.search("[^0-9a-fA-F]", digits)
            why = f"{wrong[0]!r} is not a hexadecimal digit" if wrong else "a byte takes two digits"
            raise InputError(f"bad hexadecimal text in line {line}, column {column}: {why}") from None
    return b"".join(pieces)


def from_file(name: str, form: str | None) -> bytes:
    try:
        if name == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(name, "rb") as file:
                data = file.read()
    except OSError as error:
        raise InputError(f"{name}: {error.strerror}") from error
    if form == "hex" or (form is None and HEX_TEXT.issuperset(data)):
        return from_hex(data.decode("latin-1"))
    return data


def plain(value: Any, secrets: bool) -> Any:
    """The value as JSON has it. Without secrets, they are hidden as in a repr."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [plain(item, secrets) for item in value]
    if dataclasses.is_dataclass(value):
        pairs = [(field, getattr(value, field.name)) for field in dataclasses.fields(value)]
        hidden = {field.name for field, item in pairs if not (field.repr or secrets or item is None)}
        return {field.name: HIDDEN if field.name in hidden else plain(item, secrets) for field, item in pairs}
    return value


def expression(packet: Packet) -> str:
    """The repr of a packet with its secrets."""
    pairs = [(field, getattr(packet, field.name)) for field in dataclasses.fields(packet)]
    shown = [f"{field.name}={value!r}" for field, value in pairs if value != field.default]
    return f"{type(packet).__name__}({', '.join(shown)})"


def show_packet(packet: Packet, offset: int, size: int, as_json: bool, secrets: bool) -> None:
    if as_json:
        known = {"offset": offset, "size": size, "type": type(packet).__name__, "lenient": packet.lenient}
        print(json.dumps(known | {"fields": plain(packet, secrets)}))
    else:
        text = expression(packet) if secrets else repr(packet)
        print(f"{offset}: {text}{'  # lenient' if packet.lenient else ''}")


def show_error(error: Error, offset: int, left: int, as_json: bool) -> None:
    known: dict[str, Any] = {"error": type(error).__name__, "packet_offset": offset, "message": str(error)}
    if isinstance(error, DecodeError):
        kind = error.packet_type
        known |= vars(error) | {"offset": offset + error.offset, "packet_type": kind.name if kind is not None else None}
        code = f"reason code 0x{error.reason_code:02X} {ReasonCode(error.reason_code).name}"
        text = f"{known['offset']}: {code}, field {error.field}, in the packet at {offset}: {error}"
    else:
        assert isinstance(error, IncompleteError)
        known |= {"offset": offset + left, "size": left, "needed": error.needed}
        text = f"{known['offset']}: the input ends in the packet at {offset}, after {left} of {error.needed} bytes"
    sys.stdout.flush()  # so that the two do not mix where they go to the same place
    print(json.dumps(known) if as_json else f"error at {text}", file=sys.stderr)


def decode(data: bytes, options: argparse.Namespace) -> int:
    reading: Any = {"strict": not options.lenient, "sender": options.sender}
    decoder = Decoder(from_start=not options.join, **reading)
    decoder.feed(data)
    offset = status = 0
    while True:
        try:
            packet = next(decoder, None)
            if packet is None:
                break
            size = len(data) - decoder.buffered - offset
            show_packet(packet, offset, size, options.json, options.show_secrets)
        except DecodeError as error:
            show_error(error, offset, len(data) - offset, options.json)
            status = 1
            if not options.keep_going or error.packet_size is None:
                return status
            decoder.skip()
        offset = len(data) - decoder.buffered
    if decoder.buffered:
        try:
            read(data[offset:], **reading)
        except Error as error:
            show_error(error, offset, len(data) - offset, options.json)
            status = 1
    return status


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mqtt5", description="MQTT 5.0 packets on the command line.", epilog=BUILDING)
    parser.add_argument("--version", action=Version, nargs=0, help="print distribution, version and engine, and exit")
    parser.add_argument("--cflags", action="store_true", help="print the compiler's option to find mqtt5.h, and exit")
    parser.add_argument("--sources", action="store_true", help="print the C files to compile, and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    decoder = commands.add_parser(
        "decode",
        help="print packets given as hexadecimal text or in a file",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    decoder.add_argument("hex", nargs="*", metavar="HEX", help="the bytes; '-' alone reads standard input")
    decoder.add_argument("--file", metavar="F", help="read this file; '-' is standard input")
    decoder.add_argument("--json", action="store_true", help="print JSON objects, errors too")
    decoder.add_argument("--keep-going", action="store_true", help="after a packet that is not allowed, print the next")
    decoder.add_argument("--lenient", action="store_true", help="tolerate known faults of deployed programs")
    decoder.add_argument("--sender", choices=["client", "server"], help="the side that sent the packets")
    decoder.add_argument("--join", action="store_true", help="with --sender: the connection began before the input")
    decoder.add_argument("--show-secrets", action="store_true", help="print passwords and authentication data")
    form = decoder.add_mutually_exclusive_group()
    form.add_argument("--hex", action="store_const", dest="form", const="hex", help="the input is hexadecimal text")
    form.add_argument("--raw", action="store_const", dest="form", const="raw", help="the input is the bytes themselves")
    args = parser.parse_args(arguments)
    if args.cflags or args.sources:
        if args.command:
            parser.error(f"--cflags and --sources do not go with {args.command}")
        flags = ["-I" + get_include()] if args.cflags else []
        print(shlex.join(flags + (get_sources() if args.sources else [])))
        return 0
    if not args.command:
        parser.error("the following arguments are required: COMMAND")
    if bool(args.hex) == bool(args.file):
        decoder.error("give either HEX, or --file F, or - for standard input")
    if args.join and not args.sender:
        decoder.error("--join is for --sender: without it, any packet may be the first")
    name = "-" if args.hex == ["-"] else args.file
    if name is None and args.form == "raw":
        decoder.error("--raw is for --file F and -: arguments are hexadecimal text")
    try:
        data = from_hex(" ".join(args.hex)) if name is None else from_file(name, args.form)
    except InputError as error:
        decoder.error(str(error))
    return decode(data, args)


def run() -> int:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, as with >&-
            setattr(sys, name, StringIO())
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for a repr that the terminal cannot show
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, as in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that flushing at exit does not fail again
        status = 141  # as if ended by SIGPIPE
    except KeyboardInterrupt:
        status = 130
    return status


if __name__ == "__main__":
    sys.exit(run())
