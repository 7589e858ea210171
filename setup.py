# SPDX-License-Identifier: MIT
"""Only what pyproject.toml cannot say: the CFFI module, and the engine in C for CPython, which may fail to build."""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup


def paths(pattern: str) -> list[str]:
    return sorted(path.as_posix() for path in Path().glob(pattern))


#: What all files declare for each other is for none outside of the unit; the compiler puts it where it is called.
PRIVATE = """\
#define ENGINE static
#if defined(__GNUC__)
#define MQTT5_API static __attribute__((unused))
#endif
"""


def unit(sources: list[str]) -> str:
    """One file of all of them, so that the compiler sees what is called from other files: that is 9% of the time."""
    path = Path("build/_speedups_unit.c")
    path.parent.mkdir(exist_ok=True)
    path.write_text(PRIVATE + "".join(f'#include "{source}"\n' for source in sources), encoding="utf-8")
    return path.as_posix()


speedups = Extension(
    "mqtt5._speedups",
    [unit(paths("mqtt5/_speedups*.c") + paths("csrc/*.c"))],
    include_dirs=[".", "csrc"],
    depends=paths("mqtt5/_speedups*.[ch]") + paths("csrc/*.[ch]"),
    # Nothing but PyInit__speedups is for others: calls inside need not be looked up.
    extra_compile_args=["-fvisibility=hidden"] if os.name == "posix" else [],
    optional=True,
)

setup(
    cffi_modules=["build_ffi.py:ffibuilder"],
    ext_modules=[speedups] if sys.implementation.name == "cpython" else [],
)
