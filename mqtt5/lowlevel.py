# SPDX-License-Identifier: MIT
"""The C library from Python: flat structs instead of objects, and nothing is copied. docs/lowlevel.md shows how.

`ffi` and `lib` are those of CFFI. `lib` has what `csrc/mqtt5.h` declares between its two cdef markers, under the same
names and with the same rules: the functions, the constants, the members of enums. `ffi` knows the types. The inline
functions and macros at the end of the header are not there; `body()` is there in addition.

As in C, nothing here looks after memory. What a struct points to must be kept alive, and as it is, for as long as the
struct is used, and a wrong pointer ends the process. The functions may be called from any thread; CFFI lets other
threads run meanwhile, so nothing that they work on may be changed by one of those.
"""

from typing import Any

from mqtt5._ffi import ffi as _ffi
from mqtt5._ffi import lib as _lib

__all__ = ["body", "ffi", "lib"]

ffi: Any = _ffi
lib: Any = _lib

# Of each mqtt5_type the member of mqtt5_packet.as: MQTT5_CONNECT has connect.
_members = {value: name.removeprefix("MQTT5_").lower() for value, name in ffi.typeof("mqtt5_type").elements.items()}


def body(packet: Any) -> Any:
    """Of an `mqtt5_packet *` the struct of its type: the `packet->as.publish` of a PUBLISH.

    (`as` is a keyword of Python, so that `packet.as` cannot be written.) None for PINGREQ and PINGRESP, which have
    nothing. The struct is part of the packet and does not keep it alive.
    """
    member = _members.get(packet.type)
    if member is None:
        raise ValueError(f"type must be an mqtt5_type, not {packet.type}")
    return getattr(getattr(packet, "as"), member, None)
