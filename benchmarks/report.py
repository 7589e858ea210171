# SPDX-License-Identifier: MIT
"""Tables from the results of bench.py: times, ratios, geometric means, and whether the targets are met.

It does not know how the results were measured.
"""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from worker import BOTH, CONSTRUCT, OPERATIONS, READ, STREAM, WRITE

if TYPE_CHECKING:
    import pyperf

#: For each subject, benchmarks called "case: operation".
Suites = dict[str, "pyperf.BenchmarkSuite"]

TITLES = {name: name for name in ("native", "portable", "earlier", "rust", "zmqtt", "paho")} | {"rust": "Rust"}
OURS = ("native", "portable")


def geometric_mean(values: Iterable[float]) -> float:
    return math.exp(statistics.fmean(math.log(value) for value in values))


class Results:
    """Seconds, looked up by subject, case and operation."""

    def __init__(self, suites: Suites, labels: list[str]) -> None:
        self.values: dict[tuple[str, str, str], tuple[float, ...]] = {}
        for name, suite in suites.items():
            for benchmark in suite.get_benchmarks():
                label, _, operation = benchmark.get_name().rpartition(": ")
                self.values[name, label, operation] = benchmark.get_values()
        self.labels = [label for label in labels if any(label == key[1] for key in self.values)]
        metadata = {name: suite.get_benchmarks()[0].get_metadata() for name, suite in suites.items()}
        anyone = next(iter(metadata.values()))
        self.machine = str(anyone["machine"])
        self.date = str(next(iter(suites.values())).get_dates()[0].date())
        self.versions = {name: str(found["subject_version"]) for name, found in metadata.items()}
        self.subjects = [name for name in TITLES if name in suites]
        self.ours = [name for name in OURS if name in suites]
        self.rounds = max(len(values) for values in self.values.values())

    def nanoseconds(self, subject: str, label: str, operation: str) -> float | None:
        """The lowest of all rounds."""
        values = self.values.get((subject, label, operation))
        return min(values) * 1e9 if values else None

    def has(self, subject: str, operation: str) -> bool:
        return any((subject, label, operation) in self.values for label in self.labels)

    def ratio(self, subject: str, peer: str, label: str, operation: str) -> float | None:
        """The lowest time of the peer divided by that of the subject."""
        mine, other = self.nanoseconds(subject, label, operation), self.nanoseconds(peer, label, operation)
        return other / mine if mine and other else None

    def ratios(self, subject: str, peer: str, operation: str) -> dict[str, float]:
        found = {label: self.ratio(subject, peer, label, operation) for label in self.labels}
        return {label: ratio for label, ratio in found.items() if ratio is not None}

    def round_ratio(self, subject: str, peer: str, label: str, operation: str) -> float:
        """The same by the median of the ratios within each round."""
        pairs = zip(self.values[subject, label, operation], self.values[peer, label, operation], strict=True)
        return statistics.median(other / mine for mine, other in pairs)


@dataclass(frozen=True)
class Goal:
    what: str
    value: float
    target: float
    aim: float | None = None
    at_most: bool = False

    def row(self) -> list[str]:
        def met(limit: float) -> bool:
            return self.value <= limit if self.at_most else self.value >= limit

        verdict = "met" if met(self.target) else "not met"
        if self.aim is not None and met(self.target):
            verdict = "met, and the aim" if met(self.aim) else "met, not the aim"
        sign = "at most " if self.at_most else ""
        aim = "" if self.aim is None else f"{sign}{self.aim:g}"
        return [self.what, f"{self.value:.2f}", f"{sign}{self.target:g}", aim, verdict]


def goals_table(goals: list[Goal]) -> str:
    return grid(["goal", "measured", "target", "aim", ""], [goal.row() for goal in goals])


def goals(results: Results) -> list[Goal]:
    """The native engine's; the portable engine's on PyPy, where there is no other."""
    found = []
    for operation, target, aim in ((READ, 1.4, 1.5), (STREAM, 4.5, 5), (CONSTRUCT, 2.4, 2.6), (WRITE, 1.5, 1.8)):
        ratios = results.ratios("native", "rust", operation)
        if ratios:
            what = f"{operation}: times as fast as Rust, geometric mean of {len(ratios)} packets"
            found.append(Goal(what, geometric_mean(ratios.values()), target, aim))
    if "native" not in results.subjects:
        for operation in (READ, BOTH):
            ratios = results.ratios("portable", "zmqtt", operation)
            found += [Goal(f"{label}, {operation}: times as fast as zmqtt", ratios[label], 1)
                      for label in ratios if label.startswith("PUBLISH QoS 1")]  # fmt: skip
    return found


def slower(results: Results, ours: str, peer: str) -> str:
    """The single cases in which the peer is faster, slowest first; empty if there is none."""
    found = [
        (ratio, label, operation)
        for operation in OPERATIONS
        for label, ratio in results.ratios(ours, peer, operation).items()
        if ratio < 1
    ]
    rows = [
        [
            label,
            operation,
            f"{ratio:.2f}",
            f"{results.round_ratio(ours, peer, label, operation):.2f}",
            number(results.nanoseconds(ours, label, operation)),
            number(results.nanoseconds(peer, label, operation)),
        ]
        for ratio, label, operation in sorted(found)
    ]
    return grid(["packet", "operation", "ratio", "by rounds", TITLES[ours], TITLES[peer]], rows, left=2) if rows else ""


def grid(header: list[str], rows: list[list[str]], left: int = 1) -> str:
    """A Markdown table that is readable as it is; all but the first columns are aligned to the right."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells: list[str]) -> str:
        padded = [
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * width if column < left else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    return "\n".join([line(header), line(rule), *map(line, rows)])


def number(value: float | None, form: str = ".0f") -> str:
    return "-" if value is None else format(value, form)


def pairs(results: Results, operation: str) -> list[tuple[str, str]]:
    """Each of our engines with each peer. An earlier build runs its fastest engine, so it is compared with ours."""
    return [
        (ours, peer)
        for ours in results.ours
        for peer in results.subjects
        if peer not in OURS and results.ratios(ours, peer, operation) and (peer != "earlier" or ours == results.ours[0])
    ]


def times(results: Results, operation: str) -> str:
    subjects = [name for name in results.subjects if results.has(name, operation)]
    shown = [pair for pair in pairs(results, operation) if pair[1] in ("earlier", "rust")] or pairs(results, operation)
    header = ["ns", *(TITLES[name] for name in subjects), *(f"{TITLES[peer]} / {ours}" for ours, peer in shown)]
    rows = []
    for label in results.labels:
        if any((name, label, operation) in results.values for name in subjects):
            row = [label, *(number(results.nanoseconds(name, label, operation)) for name in subjects)]
            rows.append(row + [number(results.ratio(*pair, label, operation), ".2f") for pair in shown])
    means = [number(geometric_mean(results.ratios(*pair, operation).values()), ".2f") for pair in shown]
    return grid(header, [*rows, ["geometric mean", *("" for _ in subjects), *means]])


def summary(results: Results) -> str:
    header = ["times as fast as", "operation", "cases", "geometric mean", "by rounds", "worst", "worst case"]
    rows = []
    order = [pair for operation in OPERATIONS for pair in pairs(results, operation)]
    for ours, peer in dict.fromkeys(sorted(order, key=lambda pair: OURS.index(pair[0]))):
        for operation in OPERATIONS:
            found = results.ratios(ours, peer, operation)
            if not found:
                continue
            worst = min(found, key=lambda label: found[label])
            by_rounds = [results.round_ratio(ours, peer, label, operation) for label in found]
            row = [f"{TITLES[ours]}, than {TITLES[peer]}", operation, str(len(found))]
            row += [f"{geometric_mean(found.values()):.2f}", f"{geometric_mean(by_rounds):.2f}"]
            rows.append([*row, f"{found[worst]:.2f}", worst])
    return grid(header, rows, left=2)


def markdown(results: Results) -> str:
    versions = ", ".join(f"{TITLES[name]} {version}" for name, version in results.versions.items())
    parts = [
        "# Times of single packets",
        f"{results.machine}; {results.date}. {versions}. Nanoseconds, the lowest of {results.rounds} rounds; "
        "`benchmarks/bench.py` says how they are measured, and `benchmarks/README.md` what they mean. "
        "Ratios above 1: ours is faster. `-`: that package has no such operation.",
    ]
    if found := goals(results):
        parts += ["## Targets", goals_table(found)]
    parts += ["## Summary", summary(results)]
    for peer in ("rust", "earlier"):
        if "native" in results.ours and (table := slower(results, "native", peer)):
            parts += [f"## Where the native engine is slower than {TITLES[peer]}", table]
    for operation in OPERATIONS:
        if any(results.has(name, operation) for name in results.subjects):
            parts += [f"## {operation}", times(results, operation)]
    return "\n\n".join(parts) + "\n"
