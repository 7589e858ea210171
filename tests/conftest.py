# SPDX-License-Identifier: MIT
"""Shared by all tests: the hypothesis profiles, a line that names the tested engine, and one line for each reason to
skip.

MQTT5_ENGINE=native|portable chooses the engine, HYPOTHESIS_PROFILE=ci|default how much is tried (ci if CI is set).
"""

import gc
import os
import platform
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

import mqtt5

IN_CI = os.environ.get("CI") == "true"

COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "print_blob": True}
settings.register_profile("default", max_examples=100, **COMMON)
settings.register_profile("ci", max_examples=300, derandomize=True, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if IN_CI else "default"))


def pytest_report_header() -> str:
    implementation = f"{platform.python_implementation()} {platform.python_version()}"
    return f"mqtt5 {mqtt5.__version__} from {os.path.dirname(mqtt5.__file__)}, engine {mqtt5.engine}, {implementation}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.getreports("skipped")
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"SKIPPED {count}: {reason}")


@pytest.fixture(scope="session")
def missing() -> Callable[[str], None]:
    """Call it with what is missing: skips the test, or fails it in CI, where everything should be there."""

    def stop(reason: str) -> None:
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)

    return stop


@pytest.fixture
def frozen_heap() -> Iterator[None]:
    """Hides from the collector what exists already, which would take long to visit."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
