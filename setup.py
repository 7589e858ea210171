# SPDX-License-Identifier: MIT
"""Only what pyproject.toml cannot say: the CFFI module."""

from setuptools import setup

setup(cffi_modules=["build_ffi.py:ffibuilder"])
