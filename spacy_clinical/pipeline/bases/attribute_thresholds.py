"""Thresholds by attribute of assertion."""

from collections.abc import Mapping
from typing import TypeAlias

import numpy

from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.types import Floats1d, Floats2d

# One for all attributes, or by attribute.
Threshold: TypeAlias = float | Mapping[str, float]
THRESHOLDS = ("threshold", "reject_below", "accept_above")


def spread(threshold: Threshold) -> dict[str, float]:
    """List a threshold by attribute; 0.5 for those that it doesn't name."""
    if isinstance(threshold, Mapping):
        return {**dict.fromkeys(CONTEXT_ATTRIBUTES, 0.5), **threshold}
    return dict.fromkeys(CONTEXT_ATTRIBUTES, threshold)


def move_threshold(scores: Floats2d, threshold: Floats2d | Floats1d) -> Floats2d:
    """Move scores so that a threshold becomes 0.5, and 0 and 1 stay.

    scores, threshold (0 to 1): Arrays of shapes that fit each other.
    """
    low = numpy.maximum(threshold, 1e-9)
    high = numpy.maximum(1 - threshold, 1e-9)
    return numpy.where(
        scores < threshold, 0.5 * scores / low, 1 - 0.5 * (1 - scores) / high
    )
