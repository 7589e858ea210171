# SPDX-License-Identifier: MIT
"""The location of the C library that this package was built from, for programs that compile it in.

It knows the directory in an installation and in a checkout. It does not know the names or content of the files.
"""

import os


def get_include() -> str:
    """The directory with `mqtt5.h`, for the compiler's -I. Its other headers belong to the sources."""
    package = os.path.dirname(os.path.abspath(__file__))
    for parent in (package, os.path.dirname(package)):  # as installed; in a checkout, or from an editable install
        if os.path.exists(os.path.join(parent, "csrc", "mqtt5.h")):
            return os.path.join(parent, "csrc")
    raise FileNotFoundError(f"this installation of mqtt5 lacks the C library: {os.path.join(package, 'csrc')}")


def get_sources() -> list[str]:
    """The C files to compile into a program or extension module that includes `mqtt5.h`."""
    directory = get_include()
    return [os.path.join(directory, name) for name in sorted(os.listdir(directory)) if name.endswith(".c")]
