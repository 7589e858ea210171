# SPDX-License-Identifier: MIT
"""Builds mqtt5._ffi, the CFFI binding of csrc/.

Its declarations are the text of csrc/mqtt5.h between the two markers, and nothing else. It knows how to compile; it
does not know what a packet is, or how Python shows one.
"""

from pathlib import Path

from cffi import FFI

HERE = Path(__file__).parent


def declarations() -> str:
    """The part of the header that CFFI parses."""
    header = (HERE / "csrc" / "mqtt5.h").read_text("utf-8")
    return header.split("/* cdef begin */")[1].split("/* cdef end */")[0].replace("MQTT5_API ", "")


ffibuilder = FFI()
ffibuilder.cdef(declarations())
ffibuilder.set_source(
    "mqtt5._ffi",
    '#include "mqtt5.h"\n',
    include_dirs=["csrc"],
    sources=sorted(f"csrc/{path.name}" for path in (HERE / "csrc").glob("*.c")),
    depends=sorted(f"csrc/{path.name}" for path in (HERE / "csrc").glob("*.h")),
)
