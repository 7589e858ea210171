# SPDX-License-Identifier: MIT
"""The tested engine, marks for tests of one engine alone, and running Python code in a separate process."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import mqtt5

HERE = Path(__file__).parent
PACKAGE = Path(mqtt5.__file__).parent

#: The engines that this installation has.
ENGINES = ["native", "portable"] if find_spec("mqtt5._native") else ["portable"]

native = pytest.mark.skipif(mqtt5.engine != "native", reason="of the native engine")
portable = pytest.mark.skipif(mqtt5.engine != "portable", reason="of the portable engine")
each_engine = pytest.mark.parametrize("engine", ENGINES)
cpython = pytest.mark.skipif(
    sys.implementation.name != "cpython", reason="of CPython: PyPy has other rules for memory, classes and imports"
)
#: Whether the collector may run at nearly every allocation: without the GIL it waits for the heap to grow by a quarter.
eager_collector = pytest.mark.skipif(
    not getattr(sys, "_is_gil_enabled", lambda: True)(),
    reason="the collector of this Python cannot be made to run often",
)


def environment(engine: str | None) -> dict[str, str]:
    """The environment of a process that imports the package under test with this engine; None: the default one."""
    variables = {name: value for name, value in os.environ.items() if name != "MQTT5_ENGINE"}
    if engine is not None:
        variables["MQTT5_ENGINE"] = engine
    variables["PYTHONPATH"] = os.pathsep.join([str(PACKAGE.parent), str(HERE), variables.get("PYTHONPATH", "")])
    return variables


def start(
    code: str, *options: str, engine: str | None = mqtt5.engine, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Runs the code. A crash shows as a negative return code, with what faulthandler says in stderr."""
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", *options, "-c", code],
        env=environment(engine),
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def run(code: str, *options: str, engine: str | None = mqtt5.engine, timeout: float = 120) -> str:
    """The output of the code. Fails unless it exits with 0 and prints nothing to stderr."""
    done = start(code, *options, engine=engine, timeout=timeout)
    assert (done.returncode, done.stderr) == (0, ""), f"{done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout
