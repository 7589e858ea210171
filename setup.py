# SPDX-License-Identifier: MIT
"""Only what pyproject.toml cannot say: the CFFI module, and the native engine for CPython, which may fail to build."""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup


def paths(pattern: str) -> list[str]:
    return sorted(path.as_posix() for path in Path().glob(pattern))


# Link-time optimization, so that what is called from other files is inlined; only the init function is visible.
flags = ["-fvisibility=hidden", "-flto=auto"] if os.name == "posix" else []

native = Extension(
    "mqtt5._native",
    paths("native/*.c") + paths("csrc/*.c"),
    include_dirs=["csrc"],
    depends=paths("native/*.h") + paths("csrc/*.h"),
    extra_compile_args=flags,
    extra_link_args=flags,
    optional=True,
)

setup(
    cffi_modules=["build_ffi.py:ffibuilder"],
    ext_modules=[native] if sys.implementation.name == "cpython" else [],
)
