"""Answers from the logits of their starts and ends, and the loss."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy

from spacy_clinical.pieces.windows import Window
from spacy_clinical.types import Floats1d, Floats2d, Ints1d

# Spans that are kept of each window and of each text, before duplicates are dropped.
MOST_SPANS = 200


@dataclass(frozen=True)
class Spans:
    """The best spans of a text, and what all of its spans score together.

    first, last (n_spans): Their first and last pieces.
    logits (n_spans): Sum of the logits of start and end, descending.
    log_total: Logarithm of the sum of e^logit over all spans of the text.
    null: The logit that there is no answer: the least of all windows.
    """

    first: Ints1d = field(default_factory=lambda: numpy.zeros(0, dtype="int64"))
    last: Ints1d = field(default_factory=lambda: numpy.zeros(0, dtype="int64"))
    logits: Floats1d = field(default_factory=lambda: numpy.zeros(0))
    log_total: float = -numpy.inf
    null: float = numpy.inf

    def find_scores(self, *, with_null: bool) -> tuple[Floats1d, float]:
        """Compute the probabilities of the spans, and that there is no answer.

        All spans of all windows share one softmax, so that scores can be compared.

        with_null: Whether that there is no answer is one of the possibilities.
        """
        total = self.log_total
        if with_null:
            total = float(numpy.logaddexp(total, self.null))
        null = float(numpy.exp(self.null - total)) if with_null else 0.0
        return numpy.exp(self.logits - total), null


def find_spans(
    windows: Sequence[Window],
    logits: Sequence[Floats2d],
    nulls: Sequence[float],
    *,
    max_length: int,
) -> Spans:
    """Find the best spans of a text.

    A span counts in the window where its first piece has most context: the window that
    keeps this piece.

    windows: Windows of the text.
    logits (window length, 2): For each window, the logits of start and end.
    nulls: For each window, the logit that it has no answer.
    max_length (pieces): Length of the longest span.
    """
    parts = [
        _score_window(window, of_window, max_length)
        for window, of_window in zip(windows, logits, strict=True)
    ]
    if not parts:
        return Spans()
    first, last, scores = (
        numpy.concatenate([part[i] for part in parts]) for i in range(3)
    )
    best = _take_best(scores)
    totals = numpy.asarray([part[3] for part in parts])
    return Spans(
        first[best].astype("int64"),
        last[best].astype("int64"),
        scores[best],
        float(numpy.logaddexp.reduce(totals)),
        float(min(nulls)),
    )


def _score_window(
    window: Window, logits: Floats2d, max_length: int
) -> tuple[Ints1d, Ints1d, Floats1d, float]:
    """Find the best spans that start in the part of a window that is kept.

    RETURNS: Their first and last pieces, their logits, and the logarithm of the sum of
        e^logit over all such spans.
    """
    start, stop, keep_start, keep_stop = window
    starts = logits[keep_start - start : keep_stop - start, 0].astype("float64")
    ends = numpy.full(len(logits) + max_length, -numpy.inf)
    ends[: stop - start] = logits[:, 1]
    # scores[i, j] is that of the span from piece i of the kept part over j more pieces.
    places = numpy.arange(keep_start - start, keep_stop - start)[:, None]
    scores = starts[:, None] + ends[places + numpy.arange(max_length)]
    flat = scores.ravel()
    best = _take_best(flat)
    best = best[numpy.isfinite(flat[best])]
    first = best // max_length + keep_start
    return (
        first,
        first + best % max_length,
        flat[best],
        float(numpy.logaddexp.reduce(flat)),
    )


def _take_best(scores: Floats1d) -> Ints1d:
    """Find the highest scores, in descending order; of equal ones the first."""
    n = min(MOST_SPANS, len(scores))
    if n < len(scores):
        least = numpy.partition(scores, -n)[-n]
        above = numpy.flatnonzero(scores > least)
        equal = numpy.flatnonzero(scores == least)[: n - len(above)]
        chosen = numpy.sort(numpy.concatenate([above, equal]))
    else:
        chosen = numpy.arange(n)
    best: Ints1d = chosen[numpy.argsort(-scores[chosen], kind="stable")]
    return best


class GoldSpan(NamedTuple):
    """The rows of an input in which an answer starts and ends; 0 and 0 for none."""

    first: int
    last: int


def place_gold(
    windows: Iterable[Window],
    starts: Iterable[int],
    gold: tuple[int, int] | None,
) -> list[GoldSpan]:
    """Find the rows of an answer in each window.

    windows: Windows of a text.
    starts: Number of rows before each window.
    gold (pieces): First and last piece of the answer; None if there is none.
    RETURNS: For each window, the rows; those of its first piece, which stands for no
        answer, if the answer isn't all inside.
    """
    rows = []
    for window, before in zip(windows, starts, strict=True):
        row = GoldSpan(0, 0)
        if gold is not None and window.start <= gold[0] <= gold[1] < window.stop:
            shift = before - window.start
            row = GoldSpan(gold[0] + shift, gold[1] + shift)
        rows.append(row)
    return rows


def get_loss(
    logits: Sequence[Floats2d], gold: Sequence[GoldSpan]
) -> tuple[float, list[Floats2d]]:
    """Compute the cross entropy of starts and ends, and its gradient for the logits.

    logits (n_rows, 2): For each window, the logits of all its rows.
    gold: The rows of the answers.
    RETURNS: The mean over windows, starts and ends, as in transformers.
    """
    loss, gradients = 0.0, []
    for rows, place in zip(logits, gold, strict=True):
        X = rows.astype("float64")
        log_P = X - numpy.logaddexp.reduce(X, axis=0)
        at = (list(place), [0, 1])
        loss -= float(log_P[at].sum()) / (2 * len(gold))
        gradient = numpy.exp(log_P)
        gradient[at] -= 1.0
        gradients.append((gradient / (2 * len(gold))).astype(rows.dtype))
    return loss, gradients
