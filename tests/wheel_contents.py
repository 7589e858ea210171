# SPDX-License-Identifier: MIT
"""Checks the files in the source distribution and the wheel. nox -s wheel builds both, and runs this.

MQTT5_SDIST and MQTT5_WHEEL in the environment are their paths.
"""

import os
import subprocess
import sys
import tarfile
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

ROOT = Path(__file__).parent.parent

with tarfile.open(os.environ["MQTT5_SDIST"]) as archive:
    TOP = archive.getnames()[0].partition("/")[0]
    SDIST = {name.partition("/")[2] for name in (member.name for member in archive if member.isfile())}
with zipfile.ZipFile(os.environ["MQTT5_WHEEL"]) as archive:
    WHEEL = {name for name in archive.namelist() if not name.endswith("/")}
    METADATA = {Path(name).name: archive.read(name).decode() for name in WHEEL if ".dist-info/" in name}

PACKAGE = {name for name in WHEEL if ".dist-info/" not in name}
COMPILED = {name for name in PACKAGE if name.endswith((".so", ".pyd"))}


def sources(*patterns: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for pattern in patterns for path in ROOT.glob(pattern)}


def test_wheel_has_both_engines() -> None:
    engines = ["_ffi", "_native"] if sys.implementation.name == "cpython" else ["_ffi"]
    assert sorted(Path(name).name.partition(".")[0] for name in COMPILED) == engines
    assert all(name.endswith(tuple(EXTENSION_SUFFIXES)) for name in COMPILED)


def test_wheel_has_only_package_library_and_vectors() -> None:
    csrc = {f"mqtt5/{name}" for name in sources("csrc/*.[ch]")}
    assert len(csrc) > 10
    vectors = {
        f"mqtt5/{name.removeprefix('tests/')}" for name in sources("tests/vectors/*.tsv", "tests/vectors/FORMAT")
    }
    assert len(vectors) > 25
    python = sources("mqtt5/**/*.py") | {"mqtt5/py.typed"}
    assert python | csrc | vectors == PACKAGE - COMPILED


def test_wheel_is_for_one_interpreter() -> None:
    tags = [line for line in METADATA["WHEEL"].splitlines() if line.startswith("Tag: ")]
    assert len(tags) == 1
    assert not tags[0].startswith("Tag: py3-")
    assert "-abi3-" not in tags[0]


def test_metadata_of_wheel() -> None:
    lines = METADATA["METADATA"].splitlines()
    assert "Name: mqtt5-codec" in lines
    assert "Requires-Python: >=3.11" in lines
    required = [line for line in lines if line.startswith("Requires-Dist: ") and "extra ==" not in line]
    assert len(required) == 1
    assert required[0].startswith("Requires-Dist: cffi>=")


def test_sdist_has_all_sources() -> None:
    """All that is under version control, but for what serves this repository alone."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    kept = {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    left_out = {name for name in kept if name.startswith(".")}
    generated = {"PKG-INFO", "setup.cfg", *(name for name in SDIST if name.startswith("mqtt5_codec.egg-info/"))}
    assert SDIST - generated == kept - left_out
    assert TOP.startswith("mqtt5_codec-")
