# SPDX-License-Identifier: MIT
"""A few seconds of fuzz/fuzz_read.py, so that it keeps working, and that it does find what is wrong."""

import importlib.util
import os
import random
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


def broken_read(option: str, **wrong: Any) -> Any:
    """read(), but where the option is given, with these arguments."""
    read = mqtt5.read

    def replaced(data: bytes, **options: Any) -> Any:
        return read(data, **(options | wrong if option in options else options))

    return replaced


@pytest.mark.parametrize(
    ("oracle", "data", "option", "wrong"),
    [
        ("check_lenient", "c000", "strict", {"max_packet_size": 1}),
        ("check_size", "c000", "max_packet_size", {"max_packet_size": None}),
        ("check_size", "40020001", "max_packet_size", {"max_packet_size": 2}),
        ("check_items", "90050001000000", "max_list_items", {"max_list_items": None}),
        ("check_items", "900400010000", "max_list_items", {"max_packet_size": 1}),
        ("check_controls", "30050001610001", "forbid_control_characters", {"max_packet_size": 1}),
        ("check_controls", "30050001010070", "forbid_control_characters", {"forbid_control_characters": False}),
        ("check_sender", "c000", "sender", {"sender": "server"}),
        ("check_sender", "4003000195", "sender", {"sender": None, "strict": False}),
    ],
)
def test_oracle_holds_and_finds_what_is_wrong(
    fuzz: Any, monkeypatch: pytest.MonkeyPatch, oracle: str, data: str, option: str, wrong: dict[str, Any]
) -> None:
    packet = bytes.fromhex(data)

    def run() -> None:
        for seed in range(20):
            getattr(fuzz, oracle)(random.Random(seed), packet)

    run()
    monkeypatch.setattr(mqtt5, "read", broken_read(option, **wrong))
    with pytest.raises(AssertionError):
        run()


def test_skip_oracle_holds_and_finds_what_is_wrong(fuzz: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    packets = [bytes.fromhex(data) for data in ("c000", "4003000155", "c000", "40020001")]
    for seed in range(20):
        fuzz.check_skip(random.Random(seed), packets)
    monkeypatch.setattr(fuzz, "drain", lambda decoder, found: False)
    with pytest.raises(AssertionError, match="skip: 0 packets instead of 3"):
        fuzz.check_skip(random.Random(1), packets)
