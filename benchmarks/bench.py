# SPDX-License-Identifier: MIT
"""Times every packet of cases.py in both engines of ours and in the peers from PyPI, in one run, and compares.

    scripts/setup bench && scripts/peers
    .venv/bin/python benchmarks/bench.py [--fast] [--table FILE] [--chart FILE] [--json DIRECTORY]

Each subject has a process of its own, which all take their turns: in each round, each operation on each packet is
timed for about 10 ms in one subject after the other, beginning with another one each time. So what slows the machine
for a while slows all of them. The rounds of a packet are spread over the whole run, and the processes are started
anew a few times, as memory layout and hashing differ between them.

Figures are the lowest of all rounds: noise only adds. Ratios are those of the figures. As a check, the geometric
means stand there a second time, of the medians of the ratios within each round.

pyperf's Runner cannot take turns between interpreters; the worker's loops do what its own do, and the results are
pyperf's: one file for each subject, a run for each process, a value for each round. So this works:

    .venv/bin/python -m pyperf compare_to before/speedups.json after/speedups.json --table
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import pyperf
import report
from cases import CASES
from subjects import Process, fingerprint, machine, start
from worker import BOTH, CONSTRUCT, FLOOR, READ_BYTES, READ_OTHERS, READ_VIEW, WRITE

OPERATIONS = (READ_VIEW, READ_OTHERS, READ_BYTES, BOTH, CONSTRUCT, WRITE, FLOOR)

#: Of what pyperf knows about the machine: not its name, nor any path.
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


def check(workers: list[Process]) -> list[str]:
    """The bytes of each case, in hex, after making sure that all subjects write the same packets."""
    ours = next(worker for worker in workers if worker.subject.ours)
    found = []
    for index, case in enumerate(CASES):
        data = ours.ask("written", case=index)
        for worker in workers:
            written = worker.ask("written", case=index)
            if isinstance(written, dict) or written == data:
                continue
            # The order of properties is free, and some write an empty property length that may be left out.
            if not ours.ask("same", case=index, data=written):
                raise SystemExit(f"{worker.subject.title} writes {case.label} as another packet: {written}")
        found.append(data)
    return found


def measure(processes: int, rounds: int, seconds: float) -> report.Suites:
    suites: report.Suites = {}
    runs: dict[tuple[str, str], list[pyperf.Run]] = {}
    started, build = time.monotonic(), fingerprint()
    for number in range(processes):
        workers = start("worker.py", quiet=number > 0)
        if fingerprint() != build:
            raise SystemExit("mqtt5 was changed while it was measured")
        encoded = check(workers)
        loops: dict[tuple[int, str, str], int] = {}
        floor_in = next(worker for worker in workers if worker.subject.ours)
        for index, data in enumerate(encoded):
            for worker in workers:
                prepared = worker.ask("prepare", case=index, data=data, seconds=seconds)
                if "cannot" not in prepared:
                    loops |= {(index, operation, worker.subject.name): each for operation, each in prepared.items()}
        values: dict[tuple[int, str, str], list[float]] = {}
        for turn in range(rounds):
            message = f"process {number + 1}/{processes}, round {turn + 1}/{rounds}, {time.monotonic() - started:.0f} s"
            print(f"\r{message}  ", end="", file=sys.stderr, flush=True)
            for index in range(len(CASES)):
                for operation in OPERATIONS:
                    shift = (turn + index) % len(workers)
                    for worker in workers[shift:] + workers[:shift]:
                        key = (index, operation, worker.subject.name)
                        if key in loops and (operation != FLOOR or worker is floor_in):
                            taken = worker.ask("time", case=index, operation=operation, loops=loops[key])
                            values.setdefault(key, []).append(taken)
        metadata = collect()
        for (index, operation, name), each in values.items():
            version = next(worker.version for worker in workers if worker.subject.name == name)
            benchmark = f"{CASES[index].label}: {operation}"
            details = {
                "name": benchmark,
                "loops": loops[index, operation, name],
                "subject": name,
                "subject_version": version or "unknown",
                "machine": machine(),
            }
            subject = "floor" if operation == FLOOR else name
            run = pyperf.Run(each, metadata=metadata | details, collect_metadata=False)
            runs.setdefault((subject, benchmark), []).append(run)
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
    parser = argparse.ArgumentParser(description="Times every packet in our engines and in the peers.")
    parser.add_argument("--fast", action="store_true", help="less than a minute, and less exact")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the ratios, as SVG or PNG")
    parser.add_argument("--json", type=Path, metavar="DIRECTORY", help="write the results for pyperf")
    parser.add_argument("--load", type=Path, metavar="DIRECTORY", help="take the results from there, measure nothing")
    options = parser.parse_args()
    if options.load:
        suites = {path.stem: pyperf.BenchmarkSuite.load(str(path)) for path in sorted(options.load.glob("*.json"))}
    elif options.fast:
        suites = measure(processes=1, rounds=7, seconds=0.005)
    else:
        suites = measure(processes=3, rounds=10, seconds=0.010)
    if options.json:
        options.json.mkdir(parents=True, exist_ok=True)
        for name, suite in suites.items():
            suite.dump(str(options.json / f"{name}.json"), replace=True)
    results = report.Results(suites, [case.label for case in CASES])
    text = report.markdown(results)
    print(text)
    if options.table:
        options.table.write_text(text, encoding="utf-8")
    if options.chart:
        import chart

        chart.draw(results, options.chart)


if __name__ == "__main__":
    main()
