# SPDX-License-Identifier: MIT
"""Times TopicTree.match() with 100,000 filters beside paho-mqtt's MQTTMatcher, and setting and deleting them.

    .venv/bin/python benchmarks/topics.py [--fast] [--table FILE]

Each subject has the same filters, in the same order, in a process of its own, and looks for the same 1,000 topics. All
must find the same. They take turns: in each round, each is timed for about 20 ms. A time is the median of all rounds. A
ratio is the median of the ratios within each round.
"""

import random
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from report import Goal, geometric_mean, goals_table, grid, number
from subjects import Process, arguments, is_worker, machine, publish, serve, start, turns

MEASURED = ("native", "portable", "paho")
COUNT, SEARCHES = 100_000, 1000
TARGET = 2
SEED = 1


# ----------------------------------------------------------------- filters


def deep_topic(index: int) -> list[str]:
    site, building, floor, room, device = (index // 10**digit % 10 for digit in range(5))
    return [f"site{site}", f"building{building}", f"floor{floor}", f"room{room}", f"device{device}", "temperature"]


def wildcards(levels: list[str], chance: random.Random) -> list[str]:
    """One level becomes +, or the last ones #."""
    at = chance.randrange(len(levels))
    return [*levels[:at], "#"] if chance.random() < 0.2 else [*levels[:at], "+", *levels[at + 1 :]]


def varied(chance: random.Random, wild: float) -> list[str]:
    """One to eight levels of twelve names; each may be +."""
    levels = ["+" if chance.random() < wild else f"name{chance.randrange(12)}" for _ in range(chance.randrange(1, 9))]
    return [*levels, "#"] if chance.random() < wild / 2 else levels


def some(case: str, chance: random.Random) -> Iterator[tuple[list[str], list[str]]]:
    """Without end: a filter, and a topic to look for."""
    while True:
        index = chance.randrange(COUNT)
        deep = deep_topic(index)
        yield {
            "flat, no wildcards": ([f"device{index}"], [f"device{index}"]),
            "flat, all with wildcards": ([f"device{index}", chance.choice("+#")], [f"device{index}", "state"]),
            "deep, no wildcards": (deep, deep),
            "deep, a third with wildcards": (deep if index % 3 else wildcards(deep, chance), deep),
            "deep, all with wildcards": (wildcards(deep, chance), deep),
            "varied, many matches": (varied(chance, 0.2), varied(chance, 0)),
            "no match": (wildcards(deep, chance), ["other", *deep[1:]]),
        }[case]


CASES = (
    *("flat, no wildcards", "flat, all with wildcards", "deep, no wildcards", "deep, a third with wildcards"),
    *("deep, all with wildcards", "varied, many matches", "no match"),
)


def filters_and_topics(case: str) -> tuple[list[str], list[str]]:
    """Up to 100,000 different filters; some cases have fewer, after as many attempts."""
    chance, filters, topics = random.Random(SEED), dict[str, None](), list[str]()
    for _, (each, topic) in zip(range(2 * COUNT), some(case, chance), strict=False):
        filters["/".join(each)] = None
        topics.append("/".join(topic))
        if len(filters) == COUNT:
            break
    index = 0
    while len(filters) < COUNT:  # below a level of their own, so that they change nothing but the size
        filters[f"more/{index}/+"] = None
        index += 1
    return list(filters), chance.sample(topics, SEARCHES)


# ------------------------------------------------------------------ worker


class Worker:
    def __init__(self, name: str) -> None:
        if name == "paho":
            import paho.mqtt
            from paho.mqtt.matcher import MQTTMatcher

            self.new, self.search, self.version = MQTTMatcher, MQTTMatcher.iter_match, paho.mqtt.__version__
        else:
            import mqtt5

            self.new, self.search, self.version = mqtt5.TopicTree, mqtt5.TopicTree.match, mqtt5.__version__

    def prepare(self, case: str) -> dict[str, Any]:
        filters, self.topics = filters_and_topics(case)
        self.tree: Any = None  # the last case's is gone
        began = time.perf_counter()
        self.tree = self.new()
        for index, each in enumerate(filters):
            self.tree[each] = index
        set_at = time.perf_counter()
        found = [sorted(self.search(self.tree, topic)) for topic in self.topics]
        deleting = self.new()
        for index, each in enumerate(filters[:SEARCHES]):
            deleting[each] = index
        delete_at = time.perf_counter()
        for each in filters[:SEARCHES]:
            del deleting[each]
        deleted = time.perf_counter() - delete_at
        return {
            "found": sum(map(len, found)) / SEARCHES,
            "sum": sum(map(sum, found)),
            "set": (set_at - began) / len(filters),
            "delete": deleted / SEARCHES,
        }

    def time(self, seconds: float) -> float:
        """Of one search, its values taken."""
        search, tree, done, began = self.search, self.tree, 0, time.perf_counter()
        while (taken := time.perf_counter() - began) < seconds:
            for topic in self.topics:
                for _ in search(tree, topic):
                    pass
            done += SEARCHES
        return taken / done


# ------------------------------------------------------------------ report


def measure(processes: list[Process], rounds: int, seconds: float) -> tuple[list[list[str]], dict[str, list[float]]]:
    """The rows of the table, and for each of our engines and case the ratio to paho-mqtt."""
    rows, ratios = [], dict[str, list[float]]()
    for case in CASES:
        prepared = {process.name: process.ask("prepare", case=case) for process in processes}
        assert len({each["sum"] for each in prepared.values()}) == 1, f"{case}: not all find the same"
        values: dict[str, list[float]] = {process.name: [] for process in processes}
        for turn in range(rounds):
            print(f"\r{case}: round {turn + 1}/{rounds} ", end="", file=sys.stderr, flush=True)
            for process in turns(processes, turn):
                values[process.name].append(process.ask("time", seconds=seconds))
        print(file=sys.stderr)
        row = [case, f"{prepared[processes[0].name]['found']:.2f}"]
        row += [number(statistics.median(values[process.name]) * 1e9) for process in processes]
        for process in processes:
            if process.subject.ours and "paho" in values:
                found = [b / a for a, b in zip(values[process.name], values["paho"], strict=True)]
                ratios.setdefault(process.name, []).append(statistics.median(found))
                row.append(f"{ratios[process.name][-1]:.2f}")
        for step in ("set", "delete"):
            row += [number(prepared[process.name][step] * 1e9) for process in processes]
        rows.append(row)
    return rows, ratios


def main() -> None:
    options = arguments("Times searches in 100,000 topic filters.").parse_args()
    processes = start("topics.py", options, only=MEASURED)
    rows, ratios = measure(processes, *((5, 0.01) if options.fast else (21, 0.02)))
    for process in processes:
        process.close()
    names = [process.name for process in processes]
    header = ["ns, medians", "found", *names, *(f"paho / {name}" for name in ratios)]
    header += [f"{step}, {name}" for step in ("set", "delete") for name in names]
    versions = ", ".join(f"{process.subject.title} {process.version}" for process in processes)
    parts = ["# Searches in 100,000 topic filters", f"{machine()}; {time.strftime('%Y-%m-%d')}. {versions}."]
    if "native" in ratios:
        mean, worst = geometric_mean(ratios["native"]), min(ratios["native"])
        goals = [
            Goal(f"times as fast as paho, geometric mean of {len(CASES)} sets", mean, TARGET),
            Goal("times as fast as paho, worst set", worst, TARGET),
        ]
        parts += ["## Targets", "Of the native engine.", goals_table(goals)]
    publish("\n\n".join([*parts, "## One search", grid(header, rows)]) + "\n", options.table)


if __name__ == "__main__":
    if is_worker():
        serve(Worker)
    else:
        main()
