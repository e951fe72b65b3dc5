"""Agreement of two people, or of a person and a pipeline, on the same notes.

A place is labelled alike exactly if both have it with the same borders and label, and
relaxed if both have places with that label that overlap. F1 needs no side to be right: it
is the same either way round. Kappa counts words: whether both have each in a place of the
label, corrected for what chance would give (Cohen 1960).
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy

from spacy_clinical.types import Bools1d

# Start and end (characters), and label.
Place: TypeAlias = tuple[int, int, str]
# In the confusion of labels: what the other side hasn't labelled.
NONE = "(none)"
_WORD = re.compile(r"\w+|[^\w\s]")


class Pair(NamedTuple):
    """A note that was annotated twice."""

    text: str
    first: Sequence[Place]
    second: Sequence[Place]


class LabelAgreement(NamedTuple):
    """Agreement on a label, or on all.

    n_first, n_second: Places of each side.
    exact, relaxed: F1; None without places.
    kappa: None where it is undefined, as both sides say the same of every word.
    """

    label: str
    n_first: int
    n_second: int
    exact: float | None
    relaxed: float | None
    kappa: float | None


class Agreement(NamedTuple):
    """Agreement on notes.

    total: On all labels. Its kappa is of the labels of each word.
    by_label: The most frequent label first.
    confusion: Number of places by the label of the first side and that of the second's
        place that overlaps it most.
    """

    n_notes: int
    n_words: int
    total: LabelAgreement
    by_label: list[LabelAgreement]
    confusion: Counter[tuple[str, str]]


def measure_agreement(pairs: Iterable[Pair]) -> Agreement:
    """Compare the annotations of notes, one note at a time."""
    counts: dict[str, Counter[str]] = {}
    words: Counter[tuple[str, str]] = Counter()
    confusion: Counter[tuple[str, str]] = Counter()
    n_notes = n_words = 0
    for pair in pairs:
        n_notes += 1
        sides = sorted(pair.first), sorted(pair.second)
        for label in {label for side in sides for *_, label in side}:
            own = [[p for p in side if p[2] == label] for side in sides]
            counts.setdefault(label, Counter()).update(_match(*own))
        confusion.update(_confuse(*sides))
        n_words += _count_words(pair.text, *sides, counts, words)
    by_label = [
        _summarize(label, count, _measure_binary(count, n_words))
        for label, count in sorted(
            counts.items(),
            key=lambda item: (-item[1]["first"] - item[1]["second"], item[0]),
        )
    ]
    total = _summarize("", sum(counts.values(), Counter()), measure_kappa(words))
    return Agreement(n_notes, n_words, total, by_label, confusion)


def _match(first: Sequence[Place], second: Sequence[Place]) -> dict[str, int]:
    """Count the places of a label, and those that have a counterpart."""
    return {
        "first": len(first),
        "second": len(second),
        "exact": sum((Counter(first) & Counter(second)).values()),
        "relaxed_first": sum(place is not None for place in _pair_up(first, second)),
        "relaxed_second": sum(place is not None for place in _pair_up(second, first)),
    }


def _pair_up(
    places: Sequence[Place], others: Sequence[Place]
) -> list[tuple[int, Place] | None]:
    """Find the place of another side that overlaps each most, with its index.

    others: In the order of the text.
    """
    starts = [start for start, *_ in others]
    longest = max((end - start for start, end, _ in others), default=0)
    found: list[tuple[int, Place] | None] = []
    for place in places:
        start, end, label = place
        best: tuple[tuple[int, bool, int], int] | None = None
        number = bisect_left(starts, start - longest)
        while number < len(others) and others[number][0] < end:
            other = others[number]
            shared = min(end, other[1]) - max(start, other[0])
            rank = shared, other[2] == label, start - other[0]
            if shared > 0 and (best is None or rank > best[0]):
                best = rank, number
            number += 1
        found.append(None if best is None else (best[1], others[best[1]]))
    return found


def _confuse(
    first: Sequence[Place], second: Sequence[Place]
) -> Iterable[tuple[str, str]]:
    seen = set()
    for place, other in zip(first, _pair_up(first, second), strict=True):
        if other is None:
            yield place[2], NONE
        else:
            seen.add(other[0])
            yield place[2], other[1][2]
    back = _pair_up(second, first)
    for number, (place, other) in enumerate(zip(second, back, strict=True)):
        if number not in seen:
            yield (NONE if other is None else other[1][2]), place[2]


def _count_words(
    text: str,
    first: Sequence[Place],
    second: Sequence[Place],
    counts: dict[str, Counter[str]],
    words: Counter[tuple[str, str]],
) -> int:
    """Count the words of a note by what both sides say of them.

    counts: By label, words that both have, or one of them alone.
    words: By the labels that each side gives them.
    RETURNS: The number of words.
    """
    spans = [match.span() for match in _WORD.finditer(text)]
    masks = [_cover(spans, side) for side in (first, second)]
    for label in set(masks[0]) | set(masks[1]):
        none = numpy.zeros(len(spans), dtype=bool)
        one, other = (mask.get(label, none) for mask in masks)
        both = int((one & other).sum())
        count = counts[label]
        count["both"] += both
        count["first_words"] += int(one.sum())
        count["second_words"] += int(other.sum())
    names = [_name_words(mask, len(spans)) for mask in masks]
    words.update(zip(*names, strict=True))
    return len(spans)


def _cover(
    spans: Sequence[tuple[int, int]], places: Sequence[Place]
) -> dict[str, Bools1d]:
    """Mark the words of places, by their labels."""
    starts = numpy.array([start for start, _ in spans], dtype=numpy.int64)
    ends = numpy.array([end for _, end in spans], dtype=numpy.int64)
    masks: dict[str, Bools1d] = {}
    for start, end, label in places:
        mask = masks.setdefault(label, numpy.zeros(len(spans), dtype=bool))
        mask[numpy.searchsorted(ends, start, "right") : starts.searchsorted(end)] = True
    return masks


def _name_words(masks: dict[str, Bools1d], n_words: int) -> list[str]:
    """Name the labels of each word; "" for none."""
    names = [""] * n_words
    for label in sorted(masks):
        for i in numpy.flatnonzero(masks[label]):
            names[i] += f"{label}\n"
    return names


def _measure_binary(count: Counter[str], n_words: int) -> float | None:
    both, one, other = count["both"], count["first_words"], count["second_words"]
    table = Counter(
        {
            ("yes", "yes"): both,
            ("yes", "no"): one - both,
            ("no", "yes"): other - both,
            ("no", "no"): n_words - one - other + both,
        }
    )
    return measure_kappa(table)


def measure_kappa(table: Counter[tuple[str, str]]) -> float | None:
    """Measure Cohen's kappa; None where it is undefined.

    table: Number of things by what each side says of them.
    SOURCE: Cohen 1960, A Coefficient of Agreement for Nominal Scales.
    """
    n = sum(table.values())
    sides: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for names, number in table.items():
        for side, name in zip(sides, names, strict=True):
            side[name] += number
    by_chance = sum(sides[0][name] * sides[1][name] for name in sides[0])
    if by_chance == n * n:
        return None
    alike = n * sum(number for (one, other), number in table.items() if one == other)
    return (alike - by_chance) / (n * n - by_chance)


def _summarize(label: str, count: Counter[str], kappa: float | None) -> LabelAgreement:
    n_first, n_second = count["first"], count["second"]
    if not n_first + n_second:
        return LabelAgreement(label, 0, 0, None, None, kappa)
    shares = [
        count[f"relaxed_{side}"] / max(count[side], 1) for side in ("first", "second")
    ]
    relaxed = 2 * shares[0] * shares[1] / (sum(shares) or 1.0)
    exact = 2 * count["exact"] / (n_first + n_second)
    return LabelAgreement(label, n_first, n_second, exact, relaxed, kappa)


def to_json(agreement: Agreement) -> dict[str, Any]:
    """Make plain data of an agreement, for JSON."""
    return {
        "n_notes": agreement.n_notes,
        "n_words": agreement.n_words,
        "total": _to_plain(agreement.total),
        "by_label": {row.label: _to_plain(row) for row in agreement.by_label},
        "confusion": [
            {"first": first, "second": second, "n": n}
            for (first, second), n in agreement.confusion.most_common()
        ],
    }


def _to_plain(row: LabelAgreement) -> dict[str, Any]:
    values = {name: v for name, v in row._asdict().items() if name != "label"}
    return {
        name: round(v, 6) if isinstance(v, float) else v for name, v in values.items()
    }
