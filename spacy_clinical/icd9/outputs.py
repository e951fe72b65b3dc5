"""The codes that a head's columns stand for."""

from collections.abc import Sequence

import numpy

from spacy_clinical.icd9.codes import Icd9Label
from spacy_clinical.icd9.tables import RollUp, join_scores
from spacy_clinical.types import Floats1d


class Outputs:
    """The codes of a component: columns of its head, and categories they roll up to.

    labels: The selected columns.
    codes, raw: Of all, in the order of scores; a rolled-up category has "" as raw.
    """

    def __init__(self, labels: Sequence[Icd9Label], how: RollUp | None) -> None:
        self.labels = list(labels)
        self.how = how
        own = {label.code for label in labels}
        self.members: dict[str, list[int]] = {}
        for i, label in enumerate(labels):
            is_finer = label.kind == "3_digit" and label.code != label.category
            if how is not None and is_finer and label.category not in own:
                self.members.setdefault(label.category, []).append(i)
        self.codes = [*(label.code for label in labels), *self.members]
        self.raw = [*(label.raw for label in labels), *[""] * len(self.members)]

    def columns_of(self, code: int) -> list[int]:
        """The selected columns that a code's score comes from."""
        n_labels = len(self.labels)
        return [code] if code < n_labels else self.members[self.codes[code]]

    def roll_up(self, p: Floats1d) -> Floats1d:
        """Add the scores of rolled-up categories: (n_labels) → (n_codes)."""
        rolled = []
        for columns in self.members.values():
            score = 0.0
            for column in columns:
                score = join_scores(score, float(p[column]), self.how or "max")
            rolled.append(score)
        return numpy.concatenate([p, numpy.asarray(rolled)])
