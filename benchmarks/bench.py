# SPDX-License-Identifier: MIT
"""Times every packet of cases.py in both of our engines, in an earlier build and in the peers from PyPI, in one run.

    scripts/setup bench && .venv/bin/nox -s peers
    .venv/bin/python benchmarks/bench.py [--fast] [--earlier DIR] [--table FILE] [--chart FILE] [--json DIRECTORY]

Each subject has a process of its own. In each round, each operation on each packet is timed for about 10 ms in one
subject after the other, beginning with another one each time, so a slow moment of the machine hits all of them. The
rounds of a packet are spread over the whole run. The processes are started anew a few times, as memory layout and
hashing differ between them.

A time is the lowest of all rounds, since noise only adds. A ratio is that of two such times. As a check, the geometric
means are given a second time, of the medians of the ratios within each round.

The results are pyperf's (its Runner cannot take turns between interpreters): one file for each subject, a run for each
process, a value for each round. So this works:

    .venv/bin/python -m pyperf compare_to before/native.json after/native.json --table
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import pyperf
import report
from cases import CASES
from subjects import Process, arguments, fingerprint, machine, publish, start, turns
from worker import OPERATIONS

#: The metadata of pyperf that is kept: not the machine's name, nor any path.
KEPT = (
    "cpu_count",
    "cpu_model_name",
    "date",
    "load_avg_1min",
    "perf_version",
    "platform",
    "python_implementation",
    "python_version",
    "timer",
    "unit",
)


def check(workers: list[Process], cases: list[int]) -> dict[int, str]:
    """The bytes of each case, in hex, after making sure that all subjects write the same packets."""
    ours = next(worker for worker in workers if worker.subject.ours)
    found = {}
    for index in cases:
        found[index] = ours.ask("written", case=index)
        for worker in workers:
            written = worker.ask("written", case=index)
            if isinstance(written, dict) or written == found[index]:
                continue
            # The order of properties is free, and some write an empty property length that may be omitted.
            if not ours.ask("same", case=index, data=written):
                raise SystemExit(f"{worker.subject.title} writes {CASES[index].label} as another packet: {written}")
    return found


def measure(options: argparse.Namespace, processes: int, rounds: int, seconds: float) -> report.Suites:
    cases = [index for index, case in enumerate(CASES) if options.case in case.label]
    suites: report.Suites = {}
    runs: dict[tuple[str, str], list[pyperf.Run]] = {}
    started, build = time.monotonic(), fingerprint()
    for number in range(processes):
        workers = start("worker.py", options, quiet=number > 0)
        if fingerprint() != build:
            raise SystemExit("mqtt5 was changed while it was measured")
        loops: dict[tuple[int, str, str], int] = {}
        for index, data in check(workers, cases).items():
            for worker in workers:
                prepared = worker.ask("prepare", case=index, data=data, seconds=seconds)
                if "cannot" not in prepared:
                    loops |= {(index, operation, worker.name): each for operation, each in prepared.items()}
        values: dict[tuple[int, str, str], list[float]] = {}
        for turn in range(rounds):
            message = f"process {number + 1}/{processes}, round {turn + 1}/{rounds}, {time.monotonic() - started:.0f} s"
            print(f"\r{message}  ", end="", file=sys.stderr, flush=True)
            for index in cases:
                for operation in OPERATIONS:
                    for worker in turns(workers, turn + index):
                        key = (index, operation, worker.name)
                        if key in loops:
                            taken = worker.ask("time", case=index, operation=operation, loops=loops[key])
                            values.setdefault(key, []).append(taken)
        metadata = collect()
        versions = {worker.name: worker.version for worker in workers}
        for (index, operation, name), each in values.items():
            benchmark = f"{CASES[index].label}: {operation}"
            details = {
                "name": benchmark,
                "loops": loops[index, operation, name],
                "subject": name,
                "subject_version": versions[name] or "unknown",
                "machine": machine(),
            }
            run = pyperf.Run(each, metadata=metadata | details, collect_metadata=False)
            runs.setdefault((name, benchmark), []).append(run)
        for worker in workers:
            worker.close()
    print(file=sys.stderr)
    for (subject, _), each_run in runs.items():
        found = pyperf.Benchmark(each_run)
        if subject in suites:
            suites[subject].add_benchmark(found)
        else:
            suites[subject] = pyperf.BenchmarkSuite([found])
    return suites


def collect() -> dict[str, Any]:
    found = pyperf.Run([1.0], collect_metadata=True).get_metadata()
    return {name: found[name] for name in KEPT if name in found}


def main() -> None:
    parser = arguments("Times every packet in our engines, in an earlier build and in the peers.")
    parser.add_argument("--case", default="", metavar="TEXT", help="the packets whose label contains this")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the ratios, as SVG or PNG")
    parser.add_argument("--json", type=Path, metavar="DIRECTORY", help="write the results for pyperf")
    parser.add_argument("--load", type=Path, metavar="DIRECTORY", help="take the results from there, measure nothing")
    options = parser.parse_args()
    if options.load:
        suites = {path.stem: pyperf.BenchmarkSuite.load(str(path)) for path in sorted(options.load.glob("*.json"))}
    elif options.fast:
        suites = measure(options, processes=1, rounds=5, seconds=0.004)
    else:
        suites = measure(options, processes=3, rounds=10, seconds=0.010)
    if options.json:
        options.json.mkdir(parents=True, exist_ok=True)
        for name, suite in suites.items():
            suite.dump(str(options.json / f"{name}.json"), replace=True)
    results = report.Results(suites, [case.label for case in CASES])
    publish(report.markdown(results), options.table)
    if options.chart:
        import chart

        chart.draw(results, options.chart)


if __name__ == "__main__":
    main()
