# SPDX-License-Identifier: MIT
"""Picks the engine that turns packets into bytes and back; the only file that knows that there are two.

MQTT5_ENGINE=cffi or MQTT5_ENGINE=speedups in the environment forces one. It does not know what an engine
does beyond the functions below, or which packets there are.
"""

import os
from importlib import import_module

from mqtt5._typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mqtt5.packets import Packet

    def check(value: Any) -> None:
        """Converts and checks the fields of a packet or part; raises TypeError or ValueError."""

    def write(packet: Any) -> bytes: ...

    def read(buffer: Any) -> tuple[Packet, int]:
        """The packet that the buffer begins with, and its size."""
        ...

    def decode(buffer: Any, start: int, max_packet_size: int) -> tuple[Packet, int]:
        """The packet at offset start, and the offset behind it; a max_packet_size of 0 is no limit."""
        ...

    def topic_matches(pattern: str, topic: str) -> bool: ...

    def replace(read: Any, decoder: Any) -> tuple[Any, Any]:
        """The engine's own of the two, which behave alike and take the documentation of these, or these themselves."""
        ...


#: The name of the engine in use.
name = ""


def start() -> None:
    """Loads the engine, whose functions are those of this module from then on. The packet classes must be there."""
    wanted = os.environ.get("MQTT5_ENGINE", "")
    if wanted not in ("", "cffi", "speedups"):
        raise ImportError(f"MQTT5_ENGINE={wanted}: there is no such engine; known are cffi and speedups")
    engine = None
    if wanted != "cffi":
        try:
            engine = import_module("mqtt5._speedups")
        except ImportError as error:
            if wanted:
                raise ImportError(f"MQTT5_ENGINE=speedups: that engine is not part of this build ({error})") from error
    if engine is None:
        try:
            engine = import_module("mqtt5._cffi")
        except ModuleNotFoundError as error:
            if error.name != "mqtt5._ffi":
                raise
            raise ImportError(
                "mqtt5._ffi, the compiled part of mqtt5, is not there. In a source directory, which Python prefers to "
                "an installed package, run `pip install -e .`"
            ) from error
    for function in ("check", "write", "read", "decode", "topic_matches", "replace"):
        globals()[function] = getattr(engine, function, None)
    globals()["name"] = engine.__name__.removeprefix("mqtt5._")
