# SPDX-License-Identifier: MIT
"""The layers: which Python module imports which, checked by import-linter, and which C file includes which.

The contracts stand in pyproject.toml. Each is broken once here, in a copy, to show that the linter notices.
"""

import re
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINTER = Path(sysconfig.get_path("scripts")) / "lint-imports"
CSRC = ROOT / "csrc"

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not (ROOT / "build_ffi.py").exists(), reason="the sources are not here"),
]


@pytest.fixture
def copied(tmp_path: Path, missing: Callable[[str], None]) -> Path:
    """The Python sources alone: the linter sees no compiled module anyway."""
    if not LINTER.exists():
        missing("import-linter is not installed: scripts/setup dev")
    shutil.copytree(ROOT / "mqtt5", tmp_path / "mqtt5", ignore=shutil.ignore_patterns("*.so", "*.c", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(directory: Path) -> tuple[int, str]:
    done = subprocess.run(
        [LINTER, "--no-cache"], cwd=directory, capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def test_layers_of_package_kept(copied: Path) -> None:
    status, text = lint(copied)
    assert status == 0, text
    assert "4 kept, 0 broken" in text


@pytest.mark.parametrize(
    ("module", "line", "said"),
    [
        ("enums", "import mqtt5.exceptions", "mqtt5.enums is not allowed to import mqtt5.exceptions"),
        ("_errors", "from mqtt5 import _fields", "mqtt5._errors is not allowed to import mqtt5._fields"),
        ("_converters", "import mqtt5._classes", "mqtt5._converters is not allowed to import mqtt5._classes"),
        ("_fields", "def late():\n    from mqtt5._engine import name", "mqtt5._fields is not allowed to import"),
        ("_portable", "from mqtt5.packets import Will", "mqtt5._portable is not allowed to import mqtt5.packets"),
        ("packets", "from mqtt5.stream import read", "mqtt5.packets is not allowed to import mqtt5.stream"),
        ("packets", "import mqtt5._portable", "Only _engine knows the engines BROKEN"),
        ("topics", "import mqtt5.stream", "mqtt5.topics is not allowed to import mqtt5.stream"),
        ("stream", "from mqtt5 import topic_matches", "mqtt5.stream is not allowed to import mqtt5.topics"),
        ("lowlevel", "import mqtt5.packets", "lowlevel uses only the C library BROKEN"),
        ("tree", "from mqtt5.aliases import TopicAliasSender", "mqtt5.tree is not allowed to import mqtt5.aliases"),
        ("__main__", "import mqtt5.testing", "Nothing depends on the helpers for tests BROKEN"),
        ("new", "", "must be declared as a layer"),
    ],
)
def test_import_against_layers_refused(copied: Path, module: str, line: str, said: str) -> None:
    with open(copied / "mqtt5" / f"{module}.py", "a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    status, text = lint(copied)
    assert status == 1, text
    assert said in " ".join(text.split())


# ------------------------------------------------------------------------ C


def includes(path: Path) -> set[str]:
    return set(re.findall(r'^#include "(.*)"', path.read_text("utf-8"), re.MULTILINE))


HEADERS = {path.name: includes(path) for path in CSRC.glob("*.h")}


def test_headers_of_library_without_cycle() -> None:
    assert "mqtt5.h" in HEADERS
    order = list(TopologicalSorter(HEADERS).static_order())
    assert sorted(order) == sorted(HEADERS), "a header includes a file that is not in csrc/"
    with pytest.raises(CycleError):
        TopologicalSorter(HEADERS | {"mqtt5_wire.h": {"mqtt5_value.h"}, "mqtt5.h": {"mqtt5_wire.h"}}).prepare()


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_header_compiles_alone(name: str, tmp_path: Path, missing: Callable[[str], None]) -> None:
    """Each header includes everything that it uses."""
    compiler = shutil.which("cc")
    if compiler is None:
        missing("there is no C compiler")
        return
    (tmp_path / "alone.c").write_text(f'#include "{name}"\nextern int mqtt5_test_alone;\n', "utf-8")
    command = [compiler, "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wno-unused", "-fsyntax-only"]
    done = subprocess.run(
        [*command, "-I", CSRC, tmp_path / "alone.c"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_native_engine_includes_public_header_alone() -> None:
    """The engine uses only the public interface of the C library."""
    found = set().union(*(includes(path) for path in (ROOT / "native").glob("*.[ch]")))
    assert found == {"native.h", "mqtt5.h"}
