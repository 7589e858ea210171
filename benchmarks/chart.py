# SPDX-License-Identifier: MIT
"""Draws the results of bench.py: for every packet, how many times as fast as PyPI's mqtt5 (Rust) the others are.

It does not know how the results were measured. Needs matplotlib.
"""

from pathlib import Path

from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, NullLocator
from report import Results, geometric_mean
from worker import BOTH, READ

PEER = "rust"
AHEAD, SLOWER, OTHER, GREY = "#0b6e4f", "#c1292e", "#2f6db5", "#8a8a8a"
#: The marker, colour and text of subjects without bars. The others have few operations, or are for developers.
MARKS = {"portable": ("o", OTHER, "ours, the portable engine"), "zmqtt": ("x", GREY, "zmqtt")}
TICKS = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8]


def tick(value: float, _: object) -> str:
    return f"{value:g}\N{MULTIPLICATION SIGN}" if value >= 1 else f"1/{1 / value:.0f}"


def panel(axes: Axes, results: Results, operation: str) -> None:
    rows = range(len(results.labels))
    ours = results.ours[0]
    main = results.ratios(ours, PEER, operation)
    lowest, highest = 0.7, 1.4
    for name in [name for name in results.subjects if name not in (ours, PEER)]:
        found = results.ratios(name, PEER, operation)
        points = [(found[label], row) for row, label in zip(rows, results.labels, strict=True) if label in found]
        if not points or name not in MARKS:
            continue
        values, places = zip(*points, strict=True)
        lowest = min(lowest, *values)
        marker, colour, _ = MARKS[name]
        axes.scatter(values, places, s=26, marker=marker, color=colour, linewidths=1.3,
                     facecolors=colour if marker == "x" else "none", zorder=2)  # fmt: skip
    for row, label in zip(rows, results.labels, strict=True):
        if label not in main:
            continue
        colour = AHEAD if main[label] >= 1 else SLOWER
        axes.barh(row, main[label] - 1, left=1, height=0.62, color=colour, zorder=3)
        ahead = main[label] >= 1
        axes.annotate(f"{main[label]:.2f}", (main[label], row), (4 if ahead else -4, 0), textcoords="offset points",
                      ha="left" if ahead else "right", va="center", fontsize=9, color=colour, zorder=4,
                      bbox={"boxstyle": "square,pad=0.1", "color": "white"})  # fmt: skip
        lowest, highest = min(lowest, main[label]), max(highest, main[label])
    mean = geometric_mean(main.values())
    axes.axvline(1, color="black", linewidth=1.2, zorder=5)
    axes.axvline(mean, color=AHEAD if mean >= 1 else SLOWER, linewidth=1.2, linestyle="--", zorder=1)
    axes.set_xscale("log", base=2)
    axes.set_xlim(lowest / 1.25, highest * 1.6)
    axes.set_xticks([value for value in TICKS if lowest / 1.25 <= value <= highest * 1.6])
    axes.xaxis.set_major_formatter(FuncFormatter(tick))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="x", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_title(f"{operation}\ngeometric mean {mean:.2f} times as fast", fontsize=12)
    axes.set_xlabel("times as fast as PyPI's mqtt5 (logarithmic)")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)


def draw(results: Results, path: Path) -> None:
    if PEER not in results.subjects:
        raise SystemExit("there is nothing to draw: the peer that all are compared with was omitted")
    with rc_context({"svg.hashsalt": "mqtt5", "font.size": 11, "font.family": "DejaVu Sans"}):
        metadata = {"Date": None} if path.suffix == ".svg" else None
        figure_of(results).savefig(path, metadata=metadata, facecolor="white", dpi=110)


def figure_of(results: Results) -> Figure:
    figure = Figure(figsize=(11, 0.29 * len(results.labels) + 2.6))
    both = figure.subplots(1, 2, sharey=True)
    for axes, operation in zip(both, (READ, BOTH), strict=True):
        panel(axes, results, operation)
    both[0].set_yticks(range(len(results.labels)), results.labels, fontsize=10)
    both[0].set_ylim(len(results.labels) - 0.4, -0.6)
    figure.suptitle("Times as fast as mqtt5 0.8 from PyPI (written in Rust)", fontsize=14, x=0.5, y=0.99)
    handles: list[Artist] = [
        Rectangle((0, 0), 1, 1, color=AHEAD),
        Rectangle((0, 0), 1, 1, color=SLOWER),
        Line2D([], [], color="black", linewidth=1.2),
        Line2D([], [], color=AHEAD, linewidth=1.2, linestyle="--"),
    ]
    texts = [f"ours, the {results.ours[0]} engine: faster", "ours: slower", "as fast as PyPI's mqtt5", "geometric mean"]
    for name, (marker, colour, text) in MARKS.items():
        if name in results.subjects and name != results.ours[0]:
            handles.append(Line2D([], [], color=colour, marker=marker, markerfacecolor="none", linestyle=""))
            texts.append(text)
    figure.legend(handles, texts, loc="lower center", ncols=3, frameon=False, fontsize=10, bbox_to_anchor=(0.5, 0.025))
    names = {"rust": "PyPI's mqtt5", "zmqtt": "zmqtt"}
    versions = ", ".join(f"{names[name]} {version}" for name, version in results.versions.items() if name in names)
    note = f"{results.machine}; {results.date}. {versions}. Lowest of {results.rounds} rounds."
    figure.text(0.5, 0.008, note, ha="center", fontsize=8.5, color="#444444")
    figure.tight_layout(rect=(0, 0.085, 1, 0.99))
    return figure
