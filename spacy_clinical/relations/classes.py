"""Meanings of the labels of a classifier of pairs: relations, or none."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy

from spacy_clinical.types import Bools1d, Floats1d, Floats2d, Ints1d

# Labels that say that there is no relation, in GAD and EU-ADR, ChemProt and DDI.
NEGATIVE = ("0", "false", "False", "FALSE", "DDI-false", "NONE", "none", "no_relation")
_TINY = 1e-12


class Classes:
    """The labels of a classifier, one for each column of its logits.

    names: As published.
    negative: Those that say that there is no relation.
    relations: What others stand for, by their names; those that aren't listed keep theirs.
        Several may stand for the same.
    """

    def __init__(
        self,
        names: Sequence[str],
        negative: Sequence[str],
        relations: Mapping[str, str],
    ) -> None:
        self.names = list(names)
        self.negative = [name for name in self.names if name in negative]
        self.relations = {
            name: relations.get(name, name)
            for name in self.names
            if name not in self.negative
        }

    @cached_property
    def labels(self) -> list[str]:
        """Labels of relations, in the order of the columns."""
        return list(dict.fromkeys(self.relations.values()))

    @cached_property
    def _members(self) -> Floats2d:
        """Meanings of the columns (n_classes, n_labels + 1); the last: no relation."""
        table = numpy.zeros((len(self.names), len(self.labels) + 1))
        for row, name in enumerate(self.names):
            label = self.relations.get(name)
            table[row, -1 if label is None else self.labels.index(label)] = 1
        return table

    def score(self, logits: Floats2d) -> Floats2d:
        """Compute the probabilities of labels (n_pairs, n_labels + 1); the last is that of
        no relation.

        logits (n_pairs, n_classes): Of the classifier.
        """
        found: Floats2d = _find_probabilities(logits) @ self._members
        return found

    def compute_loss(
        self, logits: Floats2d, gold: Ints1d, known: Bools1d
    ) -> tuple[float, Floats2d]:
        """Compute the cross entropy, summed over pairs, and its gradient.

        gold (n_pairs): Indices of labels; `n_labels` for none.
        known (n_labels): Whether the annotations say something of a label. A pair without
            a known one may have any of the others.
        """
        p = _find_probabilities(logits)
        may_be = numpy.eye(len(self.labels) + 1)
        may_be[-1, :-1] = ~known
        allowed = p * (may_be[gold] @ self._members.T)
        sums = numpy.maximum(allowed.sum(axis=1, keepdims=True), _TINY)
        gradient: Floats2d = p - allowed / sums
        return float(-numpy.log(sums).sum()), gradient.astype("float32")


def _find_probabilities(logits: Floats2d) -> Floats2d:
    shifted: Floats2d = logits.astype("float64")
    shifted = shifted - shifted.max(axis=1, keepdims=True, initial=-numpy.inf)
    odds = numpy.exp(shifted)
    sums: Floats1d = odds.sum(axis=1, keepdims=True)
    return odds / sums
