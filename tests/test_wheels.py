# SPDX-License-Identifier: MIT
"""The wheels that cibuildwheel would build, against the list of those that there should be.

Each wheel has both engines, so there is one per interpreter and system. tests/wheel_contents.py looks into them.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not (ROOT / "build_ffi.py").exists(), reason="the sources are not here"),
]

CPYTHON = ["cp311", "cp312", "cp313", "cp314", "cp314t", "cp315", "cp315t"]
LINUX = ["x86_64", "aarch64", "armv7l", "i686", "ppc64le", "s390x", "riscv64"]

#: PyPy is not there for every system.
EXPECTED = {
    "linux": {
        *(f"{python}-{libc}_{arch}" for python in CPYTHON for libc in ("manylinux", "musllinux") for arch in LINUX),
        *(f"pp311-manylinux_{arch}" for arch in ("x86_64", "aarch64", "i686")),
    },
    "macos": {f"{python}-macosx_{arch}" for python in [*CPYTHON, "pp311"] for arch in ("x86_64", "arm64")},
    "windows": {
        *(f"{python}-{arch}" for python in CPYTHON for arch in ("win_amd64", "win32", "win_arm64")),
        "pp311-win_amd64",
    },
}


@pytest.mark.parametrize("system", EXPECTED)
def test_wheels_of_system_are_the_intended_ones(system: str, missing: Callable[[str], None]) -> None:
    if find_spec("cibuildwheel") is None:
        missing("cibuildwheel is not installed: scripts/setup dev")
    command = [sys.executable, "-m", "cibuildwheel", "--print-build-identifiers", "--platform", system]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found = set(done.stdout.split())
    # PyPy cannot be built for the other kind of Mac than the one that builds.
    skipped = re.match(r"Note: (.*) (?:was|were) selected, but can't be built on", " ".join(done.stderr.split()))
    elsewhere = set(skipped[1].split(", ")) if skipped else set()
    assert elsewhere <= {"pp311-macosx_arm64"}
    assert found | elsewhere == EXPECTED[system]
