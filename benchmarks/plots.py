"""Plots of the rows of all benchmarks: speed, quality and memory, as SVG and PNG."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from reports import MIB, OURS, SHARE, TIMES, Row, is_ours

from spacy_clinical.evaluation.plots import BLUE, GREY, INK, STYLE

# Told apart by all kinds of eyes, and in grey (Okabe and Ito 2008), as are the marks.
ORANGE, GREEN, PURPLE, SKY, BROWN = (
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#8c510a",
)
GRID = "#e3e8ee"
# Of what computes in a precision; all else is GREEN.
SERIES = {"fp32": BLUE, "bf16": ORANGE}
OTHER_SERIES = "as it comes"
PEER_MARKS = (
    ("s", GREY),
    ("^", ORANGE),
    ("D", GREEN),
    ("v", PURPLE),
    ("P", SKY),
    ("X", BROWN),
)
WIDTH = 8.0
DPI = 200
LINE_HEIGHT = 0.2
SIGN = "\N{MULTIPLICATION SIGN}"
TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def save_plots(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Draw what there are rows for.

    rows: Of all benchmarks.
    folder: Where to save speed, quality and memory, each as .svg and .png.
    RETURNS: The files; of an earlier run those that there are no rows for are removed.
    """
    kinds: dict[str, tuple[str, Callable[[Sequence[Row]], Figure]]] = {
        "speed": (TIMES, draw_speed),
        "quality": (SHARE, draw_quality),
        "memory": (MIB, draw_memory),
    }
    files = []
    with mpl.rc_context(STYLE):
        for name, (unit, draw) in kinds.items():
            shown = [row for row in rows if row.unit == unit]
            paths = [folder / f"{name}{suffix}" for suffix in (".svg", ".png")]
            if not shown:
                for path in paths:
                    path.unlink(missing_ok=True)
                continue
            figure = draw(shown)
            for path in paths:
                metadata = {"Date": None} if path.suffix == ".svg" else None
                figure.savefig(path, dpi=DPI, metadata=metadata)
            files += paths
    return files


def draw_speed(rows: Sequence[Row]) -> Figure:
    """Draw how many times as fast as each peer we are; whiskers from min to max.

    rows: Ratios.
    """
    lines = _group(rows, _name_ratio)
    figure, axes = _make_axes(lines)
    axes.set_xscale("log")
    for y, _, of_line in lines:
        for place, row in _spread(y, of_line):
            color = SERIES.get(_name_series(row), GREEN)
            height = 0.8 / len(of_line)
            axes.barh(place, row.median - 1, height, left=1, color=color)
            reach = [[row.median - row.min], [row.max - row.median]]
            axes.errorbar(row.median, place, xerr=reach, color=INK, lw=0.9, capsize=1.5)
            right = max(row.max, 1)
            axes.annotate(
                f"{row.median:.{1 if row.median >= 1 else 2}f}",
                (right, place),
                (4, 0),
                textcoords="offset points",
                va="center",
                size=8,
            )
    axes.axvline(1, color=INK, lw=1)
    low = min(0.9, *(row.min for row in rows))
    high = max(1.1, *(row.max for row in rows))
    axes.set_xlim(low / 1.2, high * 1.35)
    axes.xaxis.set_major_locator(FixedLocator(TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}{SIGN}"))
    axes.set_xlabel(
        "speed of spacy_clinical over that of the peer, log scale\n"
        "(median of the rounds; whiskers from the lowest to the highest)",
        # Labels on the left may leave the axes little room.
        loc="right",
    )
    found = {_name_series(row) for row in rows}
    names = [name for name in (*SERIES, OTHER_SERIES) if name in found]
    handles = [Patch(color=SERIES.get(name, GREEN), label=name) for name in names]
    _finish(figure, handles, f"Speed against each peer: right of 1{SIGN} we are faster")
    return figure


def draw_quality(rows: Sequence[Row]) -> Figure:
    """Draw all systems' scores side by side, a line for each quantity.

    rows: Shares, from 0 to 1.
    """
    lines = _group(rows, lambda row: row.quantity)
    figure, axes = _make_axes(lines, height=1.25)
    peers = list(dict.fromkeys(row.system for row in rows if not is_ours(row.system)))
    marks = {
        name: PEER_MARKS[i % len(PEER_MARKS)] for i, name in enumerate(sorted(peers))
    }
    for y, _, of_line in lines:
        # Ours is the lowest. Systems that score the same stand above each other.
        ordered = sorted(of_line, key=lambda row: is_ours(row.system))
        for place, row in _spread(y, ordered, width=0.8):
            ours = is_ours(row.system)
            mark, color = ("o", BLUE) if ours else marks[row.system]
            axes.plot([row.min, row.max], [place, place], color=color, lw=1.2)
            size = 6.5 if ours else 5.5
            axes.plot(
                row.median,
                place,
                mark,
                color=color,
                ms=size,
                mec="white",
                clip_on=False,
            )
            if ours:
                text = f"{row.median:.3f}"
                axes.annotate(text, (1.03, y), va="center", size=8, color=BLUE)
    axes.set_xlim(0, 1.1)
    axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.set_xlabel("score from 0 to 1 (spacy_clinical's on the right)")
    has_ours = any(is_ours(row.system) for row in rows)
    shown = {**({OURS: ("o", BLUE)} if has_ours else {}), **marks}
    handles = [
        Line2D([], [], marker=mark, color=color, ls="", mec="white", ms=7, label=name)
        for name, (mark, color) in shown.items()
    ]
    _finish(figure, handles, "Quality: more is better")
    return figure


def draw_memory(rows: Sequence[Row]) -> Figure:
    """Draw what all systems need.

    rows: In MiB.
    """
    titled = [row._replace(task=f"{row.task}: {row.quantity}") for row in rows]
    lines = _group(titled, lambda row: row.system)
    figure, axes = _make_axes(lines)
    for y, _, of_line in lines:
        for place, row in _spread(y, of_line):
            color = BLUE if is_ours(row.system) else GREY
            axes.barh(place, row.median, 0.8 / len(of_line), color=color)
            reach = [[row.median - row.min], [row.max - row.median]]
            if row.min < row.max:
                axes.errorbar(row.median, place, xerr=reach, color=INK, lw=0.9)
            axes.annotate(
                f"{row.median:,.0f}",
                (row.max, place),
                (4, 0),
                textcoords="offset points",
                va="center",
                size=8,
            )
    axes.set_xlim(0, 1.12 * max(row.max for row in rows))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.set_xlabel("MiB")
    handles = [Patch(color=BLUE, label=OURS), Patch(color=GREY, label="others")]
    _finish(figure, handles, "Memory: less is better")
    return figure


# A line of a plot: its place, its label, and its rows; titles have none.
Line = tuple[float, str, list[Row]]


def _group(rows: Sequence[Row], name: Callable[[Row], str]) -> list[Line]:
    """Put the rows of a task under its title, one line for each name."""
    tasks: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        tasks.setdefault(row.task, {}).setdefault(name(row), []).append(row)
    lines: list[Line] = []
    y = 0.0
    for task, of_task in tasks.items():
        lines.append((y, task, []))
        for title, of_line in of_task.items():
            y += 1 if len(of_line) < 2 else 1.3
            lines.append((y, title, of_line))
        y += 1.5
    return lines


def _make_axes(lines: Sequence[Line], height: float = 1.0) -> tuple[Figure, Any]:
    last = lines[-1][0]
    size = (WIDTH, 1.2 + LINE_HEIGHT * height * (last + 2))
    figure = Figure(figsize=size, layout="constrained", facecolor="white")
    axes: Any = figure.add_subplot()
    axes.set_yticks([y for y, _, _ in lines], [title for _, title, _ in lines])
    for label, (_, _, of_line) in zip(axes.get_yticklabels(), lines, strict=True):
        label.set_weight("normal" if of_line else "bold")
    axes.set_ylim(last + 0.8, -0.8)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=GRID)
    axes.set_axisbelow(True)
    return figure, axes


def _spread(
    y: float, rows: Sequence[Row], width: float = 0.85
) -> list[tuple[float, Row]]:
    """Give each row of a line a place of its own."""
    step = width / max(len(rows), 1)
    first = y - step * (len(rows) - 1) / 2
    return [(first + i * step, row) for i, row in enumerate(rows)]


def _name_series(row: Row) -> str:
    """Say what a row's color tells: the precision, if it has one."""
    series = row.system.removeprefix(OURS).removeprefix(", ")
    return series if series in SERIES else OTHER_SERIES


def _name_ratio(row: Row) -> str:
    series = row.system.removeprefix(OURS).removeprefix(", ")
    if series in SERIES or not series:
        return f"against {row.baseline}"
    return f"{series}, against {row.baseline}"


def _finish(figure: Figure, handles: Sequence[Any], title: str) -> None:
    figure.suptitle(title, x=0.01, ha="left", weight="bold", size=11)
    figure.legend(
        handles=list(handles),
        loc="outside lower center",
        ncols=min(len(handles), 4),
        frameon=False,
    )
