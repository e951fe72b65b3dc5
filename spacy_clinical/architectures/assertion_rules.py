"""Input of models that say something of entities, and the model of rules alone."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Model

from spacy_clinical.types import Floats2d, Ints2d


class Targets(NamedTuple):
    """Places in a Doc to say something of.

    places (n_places, 2): Their starts and ends (characters, half open).
    sentences (characters): The starts of sentences, ascending.
    """

    doc: Doc
    places: Ints2d
    sentences: Sequence[int]


AssertionModel: TypeAlias = Model[list[Targets], list[Floats2d]]


def build_assertion_rules() -> AssertionModel:
    """Build no model: `clinical_assertion` works by rules alone."""
    return Model("assertion_rules", _say_nothing)


def _say_nothing(model: Any, given: Any, is_train: bool) -> Any:
    return [numpy.zeros((len(one.places), 0), "float32") for one in given], lambda d: d
