# SPDX-License-Identifier: MIT
"""A program bundled by PyInstaller with no option but its name: every import is one that a bundler sees."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from engines import ENGINES, PACKAGE

pytestmark = [pytest.mark.once, pytest.mark.slow]

PROGRAM = """
import mqtt5

packet = mqtt5.PublishPacket("topic", b"payload", qos=1, packet_id=7, user_properties=[("name", "value")])
assert mqtt5.read(packet.write()) == (packet, len(packet.write()))
assert mqtt5.topic_matches("a/#", "a/b")
try:
    mqtt5.read(bytes.fromhex("300400012300"))
except mqtt5.DecodeError as error:
    print(error.disconnect().write().hex(), end=" ")
print(mqtt5.engine)
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, missing: Callable[[str], None]) -> Path:
    if find_spec("PyInstaller") is None:
        missing("PyInstaller is not installed: scripts/setup dev")
    directory = tmp_path_factory.mktemp("bundle")
    (directory / "program.py").write_text(PROGRAM, "utf-8")
    variables = os.environ | {"PYTHONPATH": str(PACKAGE.parent), "PYINSTALLER_CONFIG_DIR": str(directory / "cache")}
    variables.pop("MQTT5_ENGINE", None)
    done = subprocess.run(
        [sys.executable, "-m", "PyInstaller", "--log-level", "WARN", "program.py"],
        cwd=directory,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return directory / "dist" / "program" / "program"


@pytest.mark.parametrize("engine", [None, *ENGINES])
def test_bundle_without_hidden_imports_runs(bundle: Path, engine: str | None) -> None:
    """In an environment without this Python: the package is found in the bundle or not at all."""
    variables = {"PATH": "/nowhere"} | ({} if engine is None else {"MQTT5_ENGINE": engine})
    done = subprocess.run([bundle], cwd="/", env=variables, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.split() == ["e00181", engine or ENGINES[0]]
