"""Runs of names and values, "Na 138 K 5.2 Cl 101": each value is that of the name directly
before it, as records have it (`measurements/attach.py`).

A head that reads the rows around a value finds a name on either side, and may read the whole
run one step off.
"""

import re
from collections.abc import Iterator

import numpy

from spacy_clinical.heads.span_pairs import PairInput
from spacy_clinical.relations.inventory import Inventory
from spacy_clinical.relations.mentions import MODIFY
from spacy_clinical.types import Floats2d, Ints2d

# Share of the values in such runs of MACCROBAT's train part that are so annotated (94 of
# 96; the other two have no name).
RUN_SCORE = 0.98
_LINK = re.compile(r"\s{0,3}[,;:=-]?\s{0,3}")
_MAX_LINK = 7
_HAS_DIGIT = re.compile(r"\d")


def settle_runs(
    text: str,
    places: Ints2d,
    pairs: PairInput,
    scores: Floats2d,
    inventory: Inventory,
) -> tuple[PairInput, Floats2d]:
    """Let the values of runs belong to the names before them, whatever a head says.

    text: Of the Doc.
    places (n_mentions, 2): Starts and ends of the mentions (characters, half open).
    scores (n_pairs, 2 * n_labels): From 0 to 1.
    inventory: The labels and types. Values are what modifies names.
    RETURNS: The pairs, with the labels they can have, and their scores.
    """
    if MODIFY not in inventory.labels:
        return pairs, scores
    label = inventory.labels.index(MODIFY)
    columns = label, len(inventory.labels) + label
    # The name of each value of a run, and -1 for all other mentions.
    names = numpy.full(len(places), -1)
    for name, value in _find_runs(text, places, pairs, inventory):
        names[value] = name
    if (names < 0).all():
        return pairs, scores
    can_be, scores = pairs.can_be.copy(), scores.copy()
    sides = (pairs.first, pairs.second), (pairs.second, pairs.first)
    for column, (children, heads) in zip(columns, sides, strict=True):
        is_settled = names[children] >= 0
        is_own = is_settled & (heads == names[children]) & can_be[:, column]
        can_be[is_settled & ~is_own, column] = False
        scores[is_own, column] = RUN_SCORE
    return pairs._replace(can_be=can_be), scores


def _find_runs(
    text: str, places: Ints2d, pairs: PairInput, inventory: Inventory
) -> Iterator[tuple[int, int]]:
    """Find the names of runs with their values: mentions that follow each other."""
    n = len(places)
    # Which of two neighbors is a value of the other: the second, the first, or neither.
    values = [""] * n
    beside = numpy.flatnonzero(pairs.second == pairs.first + 1)
    for row in beside.tolist():
        at = int(pairs.first[row])
        types = int(pairs.types[at]), int(pairs.types[at + 1])
        is_first = types in inventory.modifiers
        if not is_first and types[::-1] not in inventory.modifiers:
            continue
        if not _are_linked(text, places, at):
            continue
        start, end = places[at if is_first else at + 1].tolist()
        if _HAS_DIGIT.search(text, start, end):
            values[at] = "first" if is_first else "second"
    at = 0
    while at < n:
        start = at
        while (
            at + 1 < n
            and values[at]
            and (at == start or _goes_on(values, pairs, at, start))
        ):
            at += 1
        # Of two names and two values, the first is a name.
        if at - start >= 3 and values[start] == "second":
            yield from ((name, name + 1) for name in range(start, at, 2))
        at = max(at, start + 1)


def _goes_on(values: list[str], pairs: PairInput, at: int, start: int) -> bool:
    """Check whether the next mention is of the same type as the last but one."""
    is_other = values[at] != values[at - 1]
    return is_other and bool(pairs.types[at + 1] == pairs.types[at - 1])


def _are_linked(text: str, places: Ints2d, at: int) -> bool:
    start, end = int(places[at, 1]), int(places[at + 1, 0])
    is_near = 0 <= end - start <= _MAX_LINK
    return is_near and _LINK.fullmatch(text, start, end) is not None
