# SPDX-License-Identifier: MIT
"""A few seconds of fuzz/fuzz_read.py, so that it keeps working, and that it does find what is wrong."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mqtt5

SCRIPT = Path(__file__).parent.parent / "fuzz" / "fuzz_read.py"

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="fuzz/ is not here")


@pytest.fixture(scope="module")
def fuzz() -> Any:
    spec = importlib.util.spec_from_file_location("fuzz_read", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_fuzzing_for_two_seconds() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--seconds", "2", "--seed", "1"],
        env=os.environ | {"PYTHONPATH": str(Path(mqtt5.__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    counts = dict(reversed(pair) for pair in re.findall(r"(\d+) (ok|bad|incomplete)", done.stdout))
    assert all(int(counts[result]) > 100 for result in ("ok", "bad", "incomplete")), done.stdout


def test_finding_reported(fuzz: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(data: bytes) -> Any:
        raise IndexError("no documented exception")

    monkeypatch.setattr(mqtt5, "read", broken)
    monkeypatch.setattr(sys, "argv", ["fuzz_read.py", "--seconds", "1", "--seed", "7"])
    assert fuzz.main() == 1
    assert re.match(
        r"finding with --seed 7: IndexError: no documented exception\n[0-9a-f]+\n$", capsys.readouterr().out
    )


@pytest.mark.parametrize("data", ["c000", "40020001", "4000", "30", "00", "400300019900"])
def test_check(fuzz: Any, data: str) -> None:
    assert fuzz.check(bytes.fromhex(data)) in ("ok", "bad", "incomplete")
