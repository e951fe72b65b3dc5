"""From scores of pairs to relations."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy

from spacy_clinical.heads.span_pairs import PairInput
from spacy_clinical.relations.mentions import Mention, Relation
from spacy_clinical.types import Floats2d


class Cutoffs(NamedTuple):
    """Thresholds that scores have to reach.

    threshold (0 to 1): The best head of a child, by label.
    more (0 to 1): Each further head of the child with the same label.
    """

    threshold: Mapping[str, float]
    more: float


def decode_relations(
    scores: Floats2d,
    pairs: PairInput,
    mentions: Sequence[Mention],
    labels: Sequence[str],
    cutoffs: Cutoffs,
) -> list[Relation]:
    """Choose relations: a child has one head for each label, and more only where their
    scores are high. Two mentions don't have a label both ways.

    scores (n_pairs, 2 * n_labels): From 0 to 1; those where the first mention is the
        child, then those where the second is.
    RETURNS: In the order of the children, then of the heads.
    """
    n_labels = len(labels)
    thresholds = numpy.asarray([cutoffs.threshold[name] for name in labels] * 2)
    lowest = numpy.minimum(thresholds, cutoffs.more)
    at, columns = numpy.nonzero((scores >= lowest) & pairs.can_be)
    found = scores[at, columns]
    is_child_first = columns < n_labels
    first, second = pairs.first[at], pairs.second[at]
    children = numpy.where(is_child_first, first, second).tolist()
    heads = numpy.where(is_child_first, second, first).tolist()
    best_first = numpy.argsort(-found, kind="stable").tolist()
    have: set[tuple[int, int]] = set()
    chosen: dict[tuple[int, int, int], float] = {}
    limits, values = thresholds.tolist(), found.tolist()
    for i in best_first:
        child, head, column = children[i], heads[i], int(columns[i])
        label = column % n_labels
        has_one = (label, child) in have
        needed = max(cutoffs.more, limits[column]) if has_one else limits[column]
        if values[i] >= needed and (label, head, child) not in chosen:
            have.add((label, child))
            chosen[label, child, head] = values[i]
    return [
        Relation(labels[label], mentions[child], mentions[head], score)
        for (label, child, head), score in sorted(
            chosen.items(), key=lambda item: (item[0][1:], item[0][0])
        )
    ]
