# SPDX-License-Identifier: MIT
"""Only what pyproject.toml cannot say: the CFFI module, and the engine in C for CPython, which may fail to build."""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup


def paths(pattern: str) -> list[str]:
    return sorted(path.as_posix() for path in Path().glob(pattern))


speedups = Extension(
    "mqtt5._speedups",
    paths("mqtt5/_speedups*.c") + paths("csrc/*.c"),
    include_dirs=["csrc"],
    depends=paths("mqtt5/*.h") + paths("csrc/*.h"),
    # Nothing but PyInit__speedups is for others: calls inside need not be looked up.
    extra_compile_args=["-fvisibility=hidden"] if os.name == "posix" else [],
    optional=True,
)

setup(
    cffi_modules=["build_ffi.py:ffibuilder"],
    ext_modules=[speedups] if sys.implementation.name == "cpython" else [],
)
