# SPDX-License-Identifier: MIT
"""Hostile arguments in every field and function: the right result or a clear exception, the same on both engines."""

import json
import re
import warnings

import hostile_cases
import pytest
from engines import ENGINES, native, run

import mqtt5

#: What a value raises itself, or what Python says of it, goes through; the rest is the package's.
CLEAR = {
    "TypeError",
    "ValueError",
    "DecodeError",
    "IncompleteError",
    "Boom",
    "ReferenceError",  # of a weak reference
    "RuntimeError",  # of a dict that changes
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that __index__ should not give subclasses of int
        return {label: hostile_cases.outcome(case) for label, case in hostile_cases.every_case()}


def is_clear(outcome: str) -> bool:
    raised = re.match(r"raises (\w+): (.*)", outcome, re.DOTALL)
    return raised is None or (raised[1] in CLEAR and raised[2].strip() != "")


def test_hostile_value_gives_result_or_clear_exception(outcomes: dict[str, str]) -> None:
    assert len(outcomes) > 20_000
    unclear = [f"{label}: {outcome[:200]}" for label, outcome in outcomes.items() if not is_clear(outcome)]
    assert not unclear, f"{len(unclear)}:\n" + "\n".join(unclear[:50])


@native
@pytest.mark.skipif("portable" not in ENGINES, reason="this installation has one engine")
def test_hostile_value_on_both_engines_alike(outcomes: dict[str, str]) -> None:
    """Exceptions with their whole text, results with their repr and bytes. Compared in the native engine's run."""
    name, other = json.loads(run("import hostile_cases; hostile_cases.main()", engine="portable", timeout=300))
    assert (mqtt5.engine, name) == ("native", "portable")
    assert other.keys() == outcomes.keys()
    differences = [
        f"{label}\n  portable: {other[label][:300]}\n  native:   {outcome[:300]}"
        for label, outcome in outcomes.items()
        if outcome != other[label]
    ]
    assert not differences, f"{len(differences)}:\n" + "\n".join(differences[:40])
