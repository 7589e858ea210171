# SPDX-License-Identifier: MIT
"""What all tests share: the hypothesis profiles, and a line that says which engine is tested.

MQTT5_ENGINE=cffi|speedups chooses the engine, HYPOTHESIS_PROFILE=ci|default how much is tried (ci if CI is set).
"""

import os
import platform

import pytest
from hypothesis import HealthCheck, settings

import mqtt5
from mqtt5 import _engine

IN_CI = os.environ.get("CI") == "true"

COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "print_blob": True}
settings.register_profile("default", max_examples=100, **COMMON)
settings.register_profile("ci", max_examples=300, derandomize=True, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if IN_CI else "default"))


def pytest_report_header() -> str:
    implementation = f"{platform.python_implementation()} {platform.python_version()}"
    return f"mqtt5 {mqtt5.__version__} from {os.path.dirname(mqtt5.__file__)}, engine {_engine.name}, {implementation}"


@pytest.fixture(scope="session")
def missing():
    """To be called with what is not there: skips the test, or fails it where everything should be there."""

    def stop(reason: str) -> None:
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)

    return stop
