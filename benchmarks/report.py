# SPDX-License-Identifier: MIT
"""Tables from the results of bench.py: times, ratios, geometric means, and how far they are from what is aimed at.

It does not know how the results were measured.
"""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from worker import BOTH, CONSTRUCT, FLOOR, READ_BYTES, READ_OTHERS, READ_VIEW, WRITE

if TYPE_CHECKING:
    import pyperf

#: For each subject and for "floor", a benchmark called "case: operation".
Suites = dict[str, "pyperf.BenchmarkSuite"]

TITLES = {"speedups": "ours, speedups", "cffi": "ours, CFFI", "rust": "Rust", "zmqtt": "zmqtt", "paho": "paho"}
OURS = ("speedups", "cffi")


def geometric_mean(values: Iterable[float]) -> float:
    return math.exp(statistics.fmean(math.log(value) for value in values))


class Results:
    """Seconds, looked up by subject, case and operation."""

    def __init__(self, suites: Suites, labels: list[str]) -> None:
        self.labels = labels
        self.values: dict[tuple[str, str, str], tuple[float, ...]] = {}
        for name, suite in suites.items():
            for benchmark in suite.get_benchmarks():
                label, _, operation = benchmark.get_name().rpartition(": ")
                self.values[name, label, operation] = benchmark.get_values()
        metadata = {name: suite.get_benchmarks()[0].get_metadata() for name, suite in suites.items()}
        anyone = next(iter(metadata.values()))
        self.machine = str(anyone["machine"])
        self.date = str(next(iter(suites.values())).get_dates()[0].date())
        self.versions = {name: str(found["subject_version"]) for name, found in metadata.items() if name != "floor"}
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
        """How many times as fast as the peer the subject is, by their lowest times."""
        mine, other = self.nanoseconds(subject, label, operation), self.nanoseconds(peer, label, operation)
        return other / mine if mine and other else None

    def ratios(self, subject: str, peer: str, operation: str) -> dict[str, float]:
        found = {label: self.ratio(subject, peer, label, operation) for label in self.labels}
        return {label: ratio for label, ratio in found.items() if ratio is not None}

    def round_ratios(self, subject: str, peer: str, operation: str) -> dict[str, float]:
        """The same by the median of the ratios within each round."""
        return {
            label: statistics.median(
                other / mine
                for mine, other in zip(
                    self.values[subject, label, operation], self.values[peer, label, operation], strict=True
                )
            )
            for label in self.ratios(subject, peer, operation)
        }

    def over_floor(self, subject: str, label: str, operation: str = READ_VIEW) -> float | None:
        mine, floor = self.nanoseconds(subject, label, operation), self.nanoseconds("floor", label, FLOOR)
        return mine / floor if mine and floor else None


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


def goals(results: Results, subject: str) -> list[Goal]:
    read, both = (results.ratios(subject, "rust", operation) for operation in (READ_VIEW, BOTH))
    others = results.ratios(subject, "rust", READ_OTHERS)
    found = []
    if read and both:
        single = {f"{label}, {READ_VIEW}": ratio for label, ratio in read.items()}
        single |= {f"{label}, {BOTH}": ratio for label, ratio in both.items()}
        worst = min(single, key=lambda name: single[name])
        found += [
            Goal(f"{READ_VIEW}: times as fast as Rust, geometric mean", geometric_mean(read.values()), 1.6, 2),
            Goal(f"{BOTH}: times as fast as Rust, geometric mean", geometric_mean(both.values()), 2.5, 3.5),
            Goal(f"{READ_OTHERS}: times as fast as Rust, geometric mean", geometric_mean(others.values()), 1.6, 2),
            Goal(f"the worst single case ({worst})", single[worst], 1, 1.3),
        ]
    for operation in (READ_VIEW, READ_OTHERS):
        floors = [ratio for label in results.labels if (ratio := results.over_floor(subject, label, operation))]
        if floors:
            found.append(Goal(f"{operation}: times the floor", geometric_mean(floors), 1.5, at_most=True))
    return found


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


def times(results: Results, operation: str) -> str:
    subjects = [name for name in results.subjects if results.has(name, operation)]
    pairs = [(ours, "rust") for ours in results.ours if "rust" in subjects]
    with_floor = operation in (READ_VIEW, READ_OTHERS, READ_BYTES)
    header = ["ns", *(TITLES[name] for name in subjects), *(f"Rust / {TITLES[ours][6:]}" for ours, _ in pairs)]
    header += ["floor", f"{TITLES[results.ours[0]][6:]} / floor"] if with_floor else []
    rows = []
    for label in results.labels:
        if not any((name, label, operation) in results.values for name in subjects):
            continue
        row = [label, *(number(results.nanoseconds(name, label, operation)) for name in subjects)]
        row += [number(results.ratio(ours, peer, label, operation), ".2f") for ours, peer in pairs]
        if with_floor:
            row.append(number(results.nanoseconds("floor", label, FLOOR)))
            row.append(number(results.over_floor(results.ours[0], label, operation), ".2f"))
        rows.append(row)
    means = ["geometric mean", *("" for _ in subjects)]
    means += [number(geometric_mean(results.ratios(ours, peer, operation).values()), ".2f") for ours, peer in pairs]
    if with_floor:
        floors = [r for label in results.labels if (r := results.over_floor(results.ours[0], label, operation))]
        means += ["", number(geometric_mean(floors), ".2f")]
    return grid(header, [*rows, means])


def summary(results: Results) -> str:
    header = ["times as fast as", "operation", "cases", "geometric mean", "by rounds", "worst", "worst case"]
    rows = []
    for ours in results.ours:
        for peer in [name for name in results.subjects if name not in OURS]:
            for operation in (READ_VIEW, READ_OTHERS, READ_BYTES, BOTH, CONSTRUCT, WRITE):
                found = results.ratios(ours, peer, operation)
                if not found:
                    continue
                worst = min(found, key=lambda label: found[label])
                rows.append(
                    [
                        f"{TITLES[ours]}, than {TITLES[peer]}",
                        operation,
                        str(len(found)),
                        f"{geometric_mean(found.values()):.2f}",
                        f"{geometric_mean(results.round_ratios(ours, peer, operation).values()):.2f}",
                        f"{found[worst]:.2f}",
                        worst,
                    ]
                )
    return grid(header, rows, left=2)


def markdown(results: Results) -> str:
    versions = ", ".join(f"{TITLES[name]} {version}" for name, version in results.versions.items())
    parts = [
        "# Times of single packets",
        f"{results.machine}; {results.date}. {versions}. Nanoseconds, the lowest of {results.rounds} rounds; "
        "`benchmarks/bench.py` says how they are measured, and `benchmarks/README.md` what they mean. "
        "Ratios above 1: ours is faster. `-`: that package has no such operation.",
        "## Goals",
    ]
    for ours in results.ours[:1]:
        parts.append(f"Of {TITLES[ours]}:")
        parts.append(grid(["goal", "found", "target", "aim", ""], [goal.row() for goal in goals(results, ours)]))
    parts += ["## Summary", summary(results)]
    for operation in (READ_VIEW, BOTH, READ_OTHERS, READ_BYTES, CONSTRUCT, WRITE):
        parts += [f"## {operation}", times(results, operation)]
    return "\n\n".join(parts) + "\n"
