# SPDX-License-Identifier: MIT
"""Counts memory and references before and after, to find what leaks.

What is counted: blocks of memory, references to everything that is passed in and to everything that lives for ever,
on debug builds of Python all references. MQTT5_SAFETY=N in the environment repeats everything N times as often.
"""

import array
import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

import hostile
import pytest
from samples import full, names_of

import mqtt5

MORE = int(os.environ.get("MQTT5_SAFETY", "1"))


FEWER = 23 if MORE == 1 else 1  #: Takes every FEWERth combination of fields and values; a prime.


VALUES = full()
Job = Callable[[], object]


counted = pytest.mark.skipif(
    not getattr(sys, "getallocatedblocks", lambda: 0)(),
    reason="this Python does not count its blocks of memory (PyPy, or PYTHONMALLOC=malloc)",
)


def short(value: object) -> str:
    try:
        return repr(value)[:60]
    except Exception:
        return f"<{type(value).__name__}>"


def attempt(job: Job) -> None:
    with contextlib.suppress(Exception):
        job()


def everlasting() -> list[Any]:
    """Objects to which a reference too many, or too few, is easily kept."""
    found: list[Any] = [
        None,
        True,
        False,
        (),
        b"",
        "",
        0,
        1,
        65535,
        int,
        str,
        bytes,
        tuple,
        bool,
        TypeError,
        ValueError,
    ]
    for value in vars(mqtt5).values():
        found.append(value)
        if isinstance(value, type) and issubclass(value, int):
            found += list(value)
    for value in VALUES:
        found.append(value)
        for name in names_of(value):
            found += [name, getattr(value, name), type(value).__dict__[name]]
    found += [mqtt5.DecodeError.__init__, mqtt5.BasePacket, hostile.Boom]
    return found


class Census:
    """Counts before and after; growth() says what has become more."""

    def __init__(self, given: Iterable[Any] = ()) -> None:
        self.watched = [*everlasting(), *given]
        self.before = self.count()
        self.before = self.count()  # the second one finds the first one's list

    def count(self) -> tuple[int, int, Any]:
        """Without making objects that would count: hence the array."""
        gc.collect()
        blocks = sys.getallocatedblocks()
        total = sys.gettotalrefcount() if hasattr(sys, "gettotalrefcount") else 0
        return blocks, total, array.array("q", map(sys.getrefcount, self.watched))

    def growth(self, limit: int) -> list[str]:
        blocks, total, references = self.count()
        found = []
        if blocks - self.before[0] > limit:
            found.append(f"{blocks - self.before[0]} blocks of memory")
        if total - self.before[1] > limit * 10:
            found.append(f"{total - self.before[1]} references")
        for each, now, then in zip(self.watched, references, self.before[2], strict=True):
            if abs(now - then) > limit and not (isinstance(each, int) and type(each) is int and each < 257):
                found.append(f"{now - then} references to {short(each)}")
        return sorted(set(found))


def growth_of(jobs: list[tuple[str, Job]], times: int, given: Iterable[Any]) -> list[str]:
    """Growth in every round. Caches of Python itself fill up once."""
    for _ in range(4):
        census = Census(given)
        for _ in range(times):
            for _, job in jobs:
                attempt(job)
        growth = census.growth(times // 2)
        if not growth:
            break
    return growth


def guilty(jobs: list[tuple[str, Job]], times: int, given: list[Any]) -> list[str]:
    """The jobs that leak: runs all, and if memory has grown, each half, down to single jobs."""
    if not growth_of(jobs, times, given):
        return []
    if len(jobs) > 1:
        half = len(jobs) // 2
        return guilty(jobs[:half], times, given) + guilty(jobs[half:], times, given)
    return [f"{jobs[0][0]}: {growth} in 300 times" for growth in growth_of(jobs, 300, given)]


def check_flat(jobs: list[tuple[str, Job]], times: int, given: Iterable[Any] = ()) -> None:
    for _ in range(3):  # fills caches
        for _, job in jobs:
            attempt(job)
    gc.collect()
    gc.freeze()  # it need not look at what there is already
    try:
        leaks = guilty(jobs, times * MORE, list(given))
    finally:
        gc.unfreeze()
    assert not leaks, "\n".join(leaks[:40])
