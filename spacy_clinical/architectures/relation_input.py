"""Input of models that say which mentions belong together, and the model of none."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Model

from spacy_clinical.heads.span_pairs import PairInput
from spacy_clinical.types import Floats2d, Ints2d


class RelationInput(NamedTuple):
    """Mentions of a Doc, and pairs of them.

    places (n_mentions, 2): Starts and ends of the mentions (characters, half open).
    types (n_mentions): What each is called in the text of a pair.
    """

    doc: Doc
    places: Ints2d
    pairs: PairInput
    types: Sequence[str] = ()


RelationModel: TypeAlias = Model[list[RelationInput], list[Floats2d]]


def build_nearest_head() -> RelationModel:
    """Build no model: each mention belongs to the nearest of a type that it may modify."""
    return Model("nearest_head", _say_nothing)


def _say_nothing(model: Any, given: Any, is_train: bool) -> Any:
    return [
        numpy.zeros(one.pairs.can_be.shape, "float32") for one in given
    ], lambda d: d
