# SPDX-License-Identifier: MIT
"""Tries an installed package with nothing but Python: python tests/smoke.py

Run where neither a compiler nor pytest is: by cibuildwheel in each wheel's own environment, by nox -s wheel and
scripts/pythons. Every engine that belongs to this Python must start, and pass all vectors.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from vectors_data import ALL, TOPICS

CPYTHON = sys.implementation.name == "cpython"
ENGINES = ["native", "portable"] if CPYTHON else ["portable"]


def engine() -> str:
    """Passes the vectors through the engine that runs; its name, and how many those were."""
    import mqtt5

    package = Path(mqtt5.__file__).parent
    assert package.parent != Path(__file__).parent.parent, f"{package} is the checkout, and not an installed package"
    assert (package / "py.typed").is_file()
    assert (package / "csrc" / "mqtt5.h").samefile(Path(mqtt5.get_include()) / "mqtt5.h")
    for vector in ALL:
        try:
            packet, size = mqtt5.read(vector.data)
        except mqtt5.DecodeError as error:
            found = ("bad", error.reason_code)
        else:
            found = ("packet", 0)
            assert size == len(vector.data), vector
            assert mqtt5.read(packet.write())[0] == packet, vector
        assert found == (("packet", 0) if vector.valid else ("bad", vector.code)), vector
    for topic in TOPICS:
        try:
            verdict = "match" if mqtt5.topic_matches(topic.filter, topic.topic) else "differ"
        except ValueError:
            verdict = "invalid"
        assert verdict == topic.verdict, topic
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        assert not sys._is_gil_enabled(), "the GIL is on again"  # type: ignore[attr-defined]
    return f"{mqtt5.engine}: {len(ALL)} packets, {len(TOPICS)} topics"


def main() -> None:
    if sys.argv[1:] == ["--engine"]:
        print(engine())
        return
    default = ""
    for wanted in ("", *ENGINES):
        command = [sys.executable, "-W", "error", __file__, "--engine"]
        done = subprocess.run(command, env=os.environ | {"MQTT5_ENGINE": wanted}, capture_output=True, text=True)
        if done.returncode != 0 or done.stderr:
            sys.exit(f"engine {wanted or 'by default'}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        default = default or done.stdout
        assert done.stdout.startswith(wanted), (wanted, done.stdout)
        print(f"{sys.implementation.name} {sys.version.split()[0]}, {done.stdout}", end="")
    assert default.startswith(ENGINES[0] + ":"), f"expected {ENGINES[0]} by default, found {default}"


if __name__ == "__main__":
    main()
