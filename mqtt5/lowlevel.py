# SPDX-License-Identifier: MIT
"""The C library from Python: flat structs instead of objects, and no copies. docs/lowlevel.md shows how.

`ffi` and `lib` are those of CFFI. `lib` has what `csrc/mqtt5.h` declares between its two cdef markers, under the same
names and with the same rules: the functions, the constants, the members of enums. `ffi` knows the types. The inline
functions and macros at the end of the header are not there; `body()` is there in addition.

As in C, memory is the caller's responsibility. The data that a struct points to must stay alive and unchanged while the
struct is used; a wrong pointer ends the process. The functions may be called from any thread. CFFI lets other threads
run meanwhile, and they must not change the data of a running call.
"""

from typing import Any

from mqtt5._ffi import ffi as _ffi
from mqtt5._ffi import lib as _lib

__all__ = ["body", "ffi", "lib"]

ffi: Any = _ffi
lib: Any = _lib

# The member of mqtt5_packet.as for each mqtt5_type: connect for MQTT5_CONNECT.
_members = {value: name.removeprefix("MQTT5_").lower() for value, name in ffi.typeof("mqtt5_type").elements.items()}


def body(packet: Any) -> Any:
    """Returns the struct for the type of an `mqtt5_packet *`: `packet->as.publish` for a PUBLISH.

    (Python cannot spell `packet.as`, since `as` is a keyword.) None for PINGREQ and PINGRESP, which have no struct.
    The struct is part of the packet and does not keep it alive.
    """
    member = _members.get(packet.type)
    if member is None:
        raise ValueError(f"type must be an mqtt5_type, not {packet.type}")
    return getattr(getattr(packet, "as"), member, None)
