"""Select the columns of a head, and the codes that they stand for."""

from collections.abc import Sequence
from functools import partial, reduce

import numpy

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.icd9.codes import Icd9Label, Kind, read_labels, select_labels
from spacy_clinical.icd9.tables import RollUp, join_scores, list_categories
from spacy_clinical.types import Floats1d


class Outputs:
    """The codes of a component: columns of its head, and categories they roll up to.

    labels: The selected columns.
    codes, raw: Of all, in the order of scores; a rolled-up category has "" as raw.
    made_for: All columns, the kinds that were selected, and `how`.
    """

    def __init__(
        self, labels: Sequence[Icd9Label], how: RollUp | None, made_for: object
    ) -> None:
        self.labels = list(labels)
        self.made_for = made_for
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
        """Find the selected columns that a code's score comes from."""
        n_labels = len(self.labels)
        return [code] if code < n_labels else self.members[self.codes[code]]

    def roll_up(self, p: Floats1d) -> Floats1d:
        """Add the scores of rolled-up categories: (n_labels) → (n_codes)."""
        join = partial(join_scores, how=self.how or "max")
        rolled = [
            reduce(join, (float(p[column]) for column in columns), 0.0)
            for columns in self.members.values()
        ]
        return numpy.concatenate([p, numpy.asarray(rolled)])


def select_outputs(
    columns: Sequence[str],
    kinds: Sequence[Kind],
    how: RollUp | None,
    *,
    name: str,
    source: str,
) -> Outputs:
    """Select the columns of a head that stand for codes of some kinds.

    columns: The labels of all columns, as the checkpoint writes them.
    how: How categories are rolled up to; None: they are not.
    name, source: The component and its checkpoint, for errors.
    RAISES ValueError: C404, if most columns are no codes; C405, if none is selected.
    """
    labels = read_labels(columns)
    categories = set(list_categories())
    coded = [label for label in labels if label.kind != "word"]
    n_right = sum(label.category in categories for label in coded)
    if not n_right or 2 * n_right < len(coded):
        raise CodedValueError(
            Errors.C404.format(name=name, n=len(labels), source=source)
        )
    chosen = select_labels(labels, kinds)
    if not chosen:
        raise CodedValueError(
            Errors.C405.format(
                name=name,
                kinds=", ".join(kinds),
                known=", ".join(sorted({label.kind for label in labels})),
            )
        )
    return Outputs(chosen, how, (columns, list(kinds), how))
