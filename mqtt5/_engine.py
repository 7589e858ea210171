# SPDX-License-Identifier: MIT
"""Picks the engine that turns packets into bytes and back; the only file that knows that there are two.

MQTT5_ENGINE=native or MQTT5_ENGINE=portable in the environment forces one. The native engine imports nothing, so this
file passes it the modules that it needs. It does not know what a packet is, or how an engine works.

An engine offers:

- `packet`, the decorator that makes a class from the declaration of a packet or component;
- `face`, the decorator that replaces a documented function or class by the engine's with the same name: Immutable,
  BasePacket, PublishTemplate, read, Decoder, topic_matches;
- `reflect(struct)`, the members of a C struct.
"""

from __future__ import annotations

import os

from mqtt5 import _classes, _converters, _errors, _fields

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

    from mqtt5.enums import PacketType

    _T = TypeVar("_T")

    @dataclass_transform(frozen_default=True)
    def packet(cls: type[_T], /) -> type[_T]: ...

    def face(documented: _T, /) -> _T: ...
else:
    Any, Self = object, "Immutable"  # for typing.get_type_hints() of the methods below


def _start() -> tuple[str, ModuleType]:
    wanted = os.environ.get("MQTT5_ENGINE", "")
    if wanted not in ("", "native", "portable"):
        raise ImportError(f"MQTT5_ENGINE={wanted}: unknown engine; there are native and portable")
    missing = ""
    if wanted != "portable":
        try:
            import mqtt5._native as _native
        except ImportError as error:
            missing = f"the native engine, mqtt5._native: {error}"
            if wanted:
                raise ImportError(f"cannot start {missing}") from error
        else:
            _native.start(_fields, _converters, _classes, _errors)
            return "native", _native
    try:
        import mqtt5._portable as _portable
    except ImportError as error:
        missing += f"{'; ' if missing else ''}the portable engine, mqtt5._portable: {error}"
        raise ImportError(
            f"mqtt5 cannot start {missing}. In a source directory, which Python prefers to an installed package, "
            "run `pip install -e .`"
        ) from error
    return "portable", _portable


name, _chosen = _start()
if not TYPE_CHECKING:
    packet, face = _chosen.packet, _chosen.face


@face
class Immutable:
    """Checked on construction, then immutable. Raises TypeError for a wrong type, ValueError for a wrong value."""

    __slots__ = ()

    if TYPE_CHECKING:

        def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]: ...

    @property
    def lenient(self) -> bool:
        """Whether it was read with strict=False and strict reading refuses it.

        Copies, pickles and replace() keep it, and so does whatever is written or made from it: what
        docs/leniencies.md lists is then allowed, and nothing else. It does not take part in == and hash().
        """
        raise NotImplementedError

    def replace(self, **changes: Any) -> Self:
        """Returns another object with these fields changed, checked like a new one."""
        raise NotImplementedError

    @classmethod
    def _make_lenient(cls, args: tuple[Any, ...], keywords: dict[str, Any]) -> Self:
        """Constructs a lenient object, of exactly a packet's or component's class; for mqtt5._classes."""
        raise NotImplementedError


@face
class BasePacket(Immutable):
    """The base class of the 15 control packets, for isinstance() and `case BasePacket():`."""

    __slots__ = ()

    if TYPE_CHECKING:
        packet_type: ClassVar[PacketType]

    @property
    def packet_size(self) -> int:
        """The number of bytes that write() returns, without writing (2.1.4)."""
        raise NotImplementedError

    def write(self, *, max_packet_size: int | None = None, forbid_control_characters: bool = False) -> bytes:
        """The packet as bytes, in its shortest encoding: a field at its default is not sent.

        `max_packet_size` is the Maximum Packet Size of the receiver. To fit, the reason string is left out, and if
        that is not enough the user properties too, from packets whose section says so (as 3.4.2.2.2). Raises
        PacketTooLarge, a ValueError, if the packet is larger, or larger than MQTT allows (2.1.4).

        `forbid_control_characters` refuses U+0001 to U+001F and U+007F to U+009F in strings (1.5.4) with ValueError.
        """
        raise NotImplementedError

    def write_parts(
        self, *, max_packet_size: int | None = None, forbid_control_characters: bool = False
    ) -> tuple[bytes, bytes]:
        """Like write(), in two parts: the payload, and all before it. For writelines() or sendmsg().

        The payload is the packet's own bytes object, not a copy; b"" if the packet has no payload.
        """
        raise NotImplementedError
