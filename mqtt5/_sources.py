# SPDX-License-Identifier: MIT
"""Where the C library is that this package was built from, for programs that are to contain the same codec.

It knows where an installation and a checkout have it. It does not know what its files are called or hold.
"""

import os


def get_include() -> str:
    """The directory with `mqtt5.h`, for the compiler's -I. All else in there belongs to the sources."""
    package = os.path.dirname(os.path.abspath(__file__))
    for parent in (package, os.path.dirname(package)):  # as installed; in a checkout, or from an editable install
        if os.path.exists(os.path.join(parent, "csrc", "mqtt5.h")):
            return os.path.join(parent, "csrc")
    raise FileNotFoundError(f"this installation of mqtt5 lacks the C library: {os.path.join(package, 'csrc')}")


def get_sources() -> list[str]:
    """The C files to compile into a program or extension module that includes `mqtt5.h`."""
    directory = get_include()
    return [os.path.join(directory, name) for name in sorted(os.listdir(directory)) if name.endswith(".c")]
