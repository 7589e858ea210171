# SPDX-License-Identifier: MIT
"""An extension module that contains the C library of mqtt5, of the version of the package that it is built with."""

from setuptools import Extension, setup

import mqtt5

setup(
    name="topic-count",
    version="1.0",
    ext_modules=[
        Extension("topic_count", ["topic_count.c", *mqtt5.get_sources()], include_dirs=[mqtt5.get_include()]),
    ],
)
