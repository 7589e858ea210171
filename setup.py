# SPDX-License-Identifier: MIT
"""Only what pyproject.toml cannot say: the CFFI module, the native engine for CPython, which may fail to build, and
that the programs that write the test vectors are not part of the package.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py


def paths(pattern: str) -> list[str]:
    return sorted(path.as_posix() for path in Path().glob(pattern))


class BuildPython(build_py):
    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        return [] if package == "mqtt5.vectors" else super().find_package_modules(package, package_dir)


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
    cmdclass={"build_py": BuildPython},
    cffi_modules=["build_ffi.py:ffibuilder"],
    ext_modules=[native] if sys.implementation.name == "cpython" else [],
)
