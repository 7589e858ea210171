# SPDX-License-Identifier: MIT
"""Gives typing_cases.py to mypy and pyright, as a user would with strict settings, and compares their errors line by
line with the comments there. Without the tools the tests are skipped, in CI they fail.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import mqtt5

pytestmark = pytest.mark.once

CASES = Path(__file__).parent / "typing_cases.py"
PACKAGE = Path(mqtt5.__file__).parent

Errors = set[tuple[int, str]]


def expected(column: int) -> Errors:
    """From the comments: the error code of mypy, or the rule of pyright."""
    errors = set()
    for number, line in enumerate(CASES.read_text("utf-8").splitlines(), 1):
        match = re.search(r"# E: (\S+) (\S+)$", line)
        if match:
            errors.add((number, match.group(column)))
    assert len(errors) > 20
    return errors


def described(errors: Errors) -> str:
    lines = CASES.read_text("utf-8").splitlines()
    return "\n".join(f"{number}: {lines[number - 1].strip()} [{code}]" for number, code in sorted(errors))


def compare(found: Errors, column: int, output: str) -> None:
    wanted = expected(column)
    assert found == wanted, (
        f"not found:\n{described(wanted - found)}\nnot expected:\n{described(found - wanted)}\n{output[-3000:]}"
    )


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def test_package_marked_as_typed() -> None:
    assert (PACKAGE / "py.typed").exists()
    assert not list(PACKAGE.rglob("*.pyi"))


def test_mypy(missing: Callable[[str], None], tmp_path: Path) -> None:
    done = run(
        "mypy",
        "--strict",
        "--config-file=",
        f"--cache-dir={tmp_path}",
        "--no-pretty",
        "--show-error-codes",
        str(CASES),
        MYPYPATH=str(PACKAGE.parent),
    )
    if "No module named" in done.stderr:
        missing("mypy is not installed")
    found = re.findall(r"^.*?typing_cases\.py:(\d+): error: .*\[([\w-]+)\]$", done.stdout, re.MULTILINE)
    compare({(int(line), code) for line, code in found}, 1, done.stdout + done.stderr)


def test_pyright(missing: Callable[[str], None], tmp_path: Path) -> None:
    config = {"include": [CASES.name], "extraPaths": [str(PACKAGE.parent)], "typeCheckingMode": "strict"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    shutil.copy(CASES, tmp_path)  # pyright looks at nothing outside the directory of its configuration
    done = run("pyright", "--outputjson", "-p", str(tmp_path / "pyrightconfig.json"))
    if not done.stdout.startswith("{"):  # not installed, or without the node that it needs
        missing(f"pyright does not run: {done.stderr[-200:]}")
    errors = json.loads(done.stdout)["generalDiagnostics"]
    found = {
        (error["range"]["start"]["line"] + 1, error.get("rule", ""))
        for error in errors
        if error["severity"] != "information"
    }
    # What follows from an error is of unknown type: not a second error.
    wrong = {line for line, _ in expected(2)}
    found = {(line, rule) for line, rule in found if line not in wrong or not rule.startswith("reportUnknown")}
    compare(found, 2, done.stdout)
