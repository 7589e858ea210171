#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How deep the stack gets below a function: from what GCC's -fcallgraph-info=su writes, a .ci file for each source.

    call_graph.py FUNCTION... -- FILE.ci...

Prints a line for each function: its name, bytes, and the chain of calls that takes them. Fails where there is no such
figure: at recursion, at a call through a pointer, and at a frame whose size is not known when compiling. A function
that is in none of the files (memcpy, the compiler's helpers) counts nothing. It knows nothing of what is measured.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"]*)"')
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"(?: label: "([^"]*)")?')
FRAME = re.compile(r"\\n(\d+) bytes \(([^)]*)\)")


class NoFigureError(Exception):
    pass


def read(paths: list[str]) -> tuple[dict[str, int], dict[str, set[str]]]:
    """The frames of all functions that are defined, and whom each calls."""
    frames: dict[str, int] = {}
    calls: dict[str, set[str]] = {}
    for path in paths:
        for line in Path(path).read_text().splitlines():
            if node := NODE.match(line):
                if frame := FRAME.search(node[2]):  # else it is only declared here
                    if frame[2] != "static":
                        raise NoFigureError(f"{node[1]}: the size of its frame is {frame[2]}")
                    frames[node[1]] = int(frame[1])
            elif edge := EDGE.match(line):
                if edge[2] == "__indirect_call":
                    raise NoFigureError(f"{edge[1]}: a call through a pointer, at {edge[3]}")
                calls.setdefault(edge[1], set()).add(edge[2])
    return frames, calls


def deepest(
    function: str, frames: dict[str, int], calls: dict[str, set[str]], above: tuple[str, ...] = ()
) -> tuple[int, tuple[str, ...]]:
    """Bytes, and the chain from this function on."""
    if function in above:
        raise NoFigureError("recursion: " + " > ".join((*above, function)))
    if function not in frames:
        return 0, ()
    below = [deepest(callee, frames, calls, (*above, function)) for callee in sorted(calls.get(function, ()))]
    size, chain = max(below, default=(0, ()), key=lambda found: found[0])
    return frames[function] + size, (function, *chain)


def main() -> None:
    split = sys.argv.index("--")
    functions, paths = sys.argv[1:split], sys.argv[split + 1 :]
    frames, calls = read(paths)
    for function in frames:
        deepest(function, frames, calls)  # no recursion anywhere
    for function in functions:
        if function not in frames:
            raise NoFigureError(f"{function} is in none of the files")
        size, chain = deepest(function, frames, calls)
        print(function, size, " > ".join(name.rpartition(":")[2] for name in chain))


if __name__ == "__main__":
    try:
        main()
    except NoFigureError as error:
        sys.exit(f"call_graph.py: {error}")
