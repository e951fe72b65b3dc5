"""Plots of an evaluation as SVG. They need matplotlib (extra "plots")."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy
from matplotlib.figure import Figure

from spacy_clinical.evaluation.agreement import NONE, LabelAgreement
from spacy_clinical.evaluation.evaluate import (
    MISSED,
    SPURIOUS,
    Curve,
    Evaluation,
    LabelScore,
)
from spacy_clinical.files.atomic import replace_atomic

INK, BLUE, GREY = "#1d2733", "#1f6fb2", "#8b98a7"
# Maximum number of labels in a plot; the tables have all.
MAX_LABELS = 45
MAX_TYPES = 25
STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    # Equal evaluations give equal files.
    "svg.hashsalt": "spacy-clinical",
}


def draw_plots(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Draw all plots of an evaluation.

    RETURNS: The files: by_label_*.svg, thresholds_*.svg, confusion.svg.
    """
    files = []
    with mpl.rc_context(STYLE):
        for kind, rows in evaluation.by_label.items():
            files.append(
                _save(draw_labels(rows, kind), folder / f"by_label_{kind}.svg")
            )
        for curve in evaluation.curves:
            path = folder / f"thresholds_{curve.name}.svg"
            files.append(_save(draw_curve(curve), path))
        if evaluation.confusion:
            figure = draw_confusion(evaluation.confusion)
            files.append(_save(figure, folder / "confusion.svg"))
    return files


def draw_labels(rows: Sequence[LabelScore], kind: str) -> Figure:
    """Draw bars of F1 by label, with markers for precision and recall."""
    shown = list(rows)[:MAX_LABELS][::-1]
    figure = Figure(figsize=(7.5, 1.1 + 0.21 * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    places = numpy.arange(len(shown))
    axes.barh(places, [r.f for r in shown], color=BLUE, alpha=0.75, label="F1")
    axes.plot([r.p for r in shown], places, "|", color=INK, ms=7, label="precision")
    axes.plot([r.r for r in shown], places, ".", color=INK, ms=5, label="recall")
    axes.set_yticks(places, [r.label for r in shown])
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.7, len(shown) - 0.3)
    axes.grid(axis="x", color="#e3e8ee")
    axes.set_axisbelow(True)
    left_out = (
        f", the best {len(shown)} of {len(rows)}" if len(rows) > len(shown) else ""
    )
    axes.set_title(f"{kind}: F1 by label{left_out}", loc="left", weight="bold")
    axes.legend(frameon=False, loc="lower right")
    return figure


def draw_curve(curve: Curve) -> Figure:
    """Draw precision, recall and F1 by threshold, and mark the best F1."""
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(curve.thresholds, curve.p, "--", color=GREY, label="precision")
    axes.plot(curve.thresholds, curve.r, ":", color=GREY, label="recall")
    axes.plot(curve.thresholds, curve.f, color=BLUE, lw=2, label="F1")
    best = int(curve.f.argmax())
    at, value = float(curve.thresholds[best]), float(curve.f[best])
    axes.plot([at], [value], "o", color=BLUE)
    axes.annotate(
        f"{value:.3f} at {at:.2f}", (at, value), (6, 6), textcoords="offset points"
    )
    axes.set_xlabel("threshold")
    axes.set_ylim(0, 1)
    axes.grid(color="#e3e8ee")
    axes.set_title(f"{curve.name} by threshold", loc="left", weight="bold")
    axes.legend(frameon=False)
    return figure


def draw_agreement(
    rows: Sequence[LabelAgreement],
    confusion: Counter[tuple[str, str]],
    folder: Path,
    sides: tuple[str, str] = ("first", "second"),
) -> list[Path]:
    """Draw the plots of an agreement.

    sides: Names of both.
    RETURNS: The files: agreement.svg, confusion.svg.
    """
    with mpl.rc_context(STYLE):
        figures = {
            "agreement.svg": draw_agreement_by_label(rows),
            "confusion.svg": draw_confusion(confusion, sides=sides, missed=NONE),
        }
        return [_save(figure, folder / name) for name, figure in figures.items()]


def draw_agreement_by_label(rows: Sequence[LabelAgreement]) -> Figure:
    """Draw bars of relaxed and exact F1 by label, with markers for kappa."""
    shown = list(rows)[:MAX_LABELS][::-1]
    figure = Figure(figsize=(7.5, 1.4 + 0.21 * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    places = numpy.arange(len(shown))
    relaxed = [row.relaxed or 0.0 for row in shown]
    axes.barh(places, relaxed, color=GREY, alpha=0.5, label="relaxed F1")
    axes.barh(places, [r.exact or 0.0 for r in shown], color=BLUE, label="exact F1")
    known = [(r.kappa, i) for i, r in enumerate(shown) if r.kappa is not None]
    axes.plot(
        [k for k, _ in known], [i for _, i in known], "|", color=INK, label="kappa"
    )
    labels = [f"{row.label} ({row.n_first}, {row.n_second})" for row in shown]
    axes.set_yticks(places, labels)
    # Kappa is negative where chance would agree more.
    axes.set_xlim(min([0.0, *(k for k, _ in known)]), 1)
    axes.set_ylim(-0.7, max(len(shown), 1) - 0.3)
    axes.grid(axis="x", color="#e3e8ee")
    axes.set_axisbelow(True)
    axes.set_title("Agreement by label", loc="left", weight="bold")
    figure.legend(frameon=False, loc="outside lower center", ncols=3)
    return figure


def draw_confusion(
    confusion: Counter[tuple[str, str]],
    *,
    sides: tuple[str, str] = ("gold", "predicted"),
    missed: str = MISSED,
) -> Figure:
    """Draw the confusion of types, as shares of the first side's entities.

    sides: Names of both.
    missed: What stands for no entity of the second side.
    """
    sums: Counter[str] = Counter()
    for (gold, _), n in confusion.items():
        sums[gold] += n
    hidden = (SPURIOUS, missed)
    types = [t for t, _ in sums.most_common() if t not in hidden][:MAX_TYPES]
    columns = [*types, missed]
    shares = numpy.asarray(
        [[confusion[g, c] / max(sums[g], 1) for c in columns] for g in types]
    ).reshape(len(types), len(columns))
    size = 2.6 + 0.28 * len(columns)
    figure = Figure(figsize=(size + 1, size), layout="constrained")
    axes: Any = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(numpy.arange(len(columns)), columns, rotation=90)
    axes.set_yticks(numpy.arange(len(types)), [f"{t} ({sums[t]})" for t in types])
    axes.set_xlabel(sides[1])
    axes.set_ylabel(sides[0])
    axes.set_title("Confusion of entity types", loc="left", weight="bold")
    figure.colorbar(image, ax=axes, shrink=0.6, label=f"share of {sides[0]}")
    return figure


def _save(figure: Figure, path: Path) -> Path:
    with replace_atomic(path) as part:
        figure.savefig(part, format="svg", metadata={"Date": None})
    return path
