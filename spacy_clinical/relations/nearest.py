"""The nearest head: what relations can be found without a model."""

import numpy

from spacy_clinical.heads.span_pairs import PairInput
from spacy_clinical.relations.inventory import Inventory, PairType
from spacy_clinical.types import Floats2d

# What the attributes of MACCROBAT's train part belong to, where no training data say it.
MODIFIES = {
    "Administration": ("Medication",),
    "Area": ("Sign_symptom",),
    "Biological_structure": (
        "Diagnostic_procedure",
        "Disease_disorder",
        "Sign_symptom",
        "Therapeutic_procedure",
    ),
    "Color": (
        "Coreference",
        "Sign_symptom",
    ),
    "Detailed_description": (
        "Diagnostic_procedure",
        "Disease_disorder",
        "Sign_symptom",
        "Therapeutic_procedure",
    ),
    "Distance": (
        "Biological_structure",
        "Diagnostic_procedure",
        "Sign_symptom",
        "Therapeutic_procedure",
    ),
    "Dosage": ("Medication",),
    "Frequency": (
        "Clinical_event",
        "Coreference",
        "Diagnostic_procedure",
        "Medication",
        "Sign_symptom",
        "Therapeutic_procedure",
    ),
    "Lab_value": (
        "Diagnostic_procedure",
        "Sign_symptom",
    ),
    "Nonbiological_location": (
        "Clinical_event",
        "Diagnostic_procedure",
    ),
    "Qualitative_concept": (
        "Diagnostic_procedure",
        "Disease_disorder",
        "Sign_symptom",
        "Therapeutic_procedure",
    ),
    "Quantitative_concept": (
        "Biological_structure",
        "Diagnostic_procedure",
        "Medication",
        "Sign_symptom",
    ),
    "Severity": (
        "Disease_disorder",
        "Sign_symptom",
    ),
    "Shape": (
        "Biological_structure",
        "Diagnostic_procedure",
        "Disease_disorder",
        "Sign_symptom",
    ),
    "Texture": (
        "Biological_structure",
        "Coreference",
        "Diagnostic_procedure",
        "Sign_symptom",
    ),
    "Volume": (
        "Biological_structure",
        "Coreference",
        "Disease_disorder",
        "Sign_symptom",
    ),
}


def make_default_inventory() -> Inventory:
    """Make the inventory of a component that has seen no training data."""
    pairs = {
        PairType("MODIFY", child, head): 1.0
        for child, heads in MODIFIES.items()
        for head in heads
    }
    types = sorted({name for pair in pairs for name in pair[1:]})
    return Inventory(["MODIFY"], types, (), pairs)


def score_nearest(pairs: PairInput, n_labels: int) -> Floats2d:
    """Score pairs of mentions by how near they are: the nearest head that a child may have
    in its sentence gets 1, and others 0. Of two that are as near, the first counts.

    n_labels: Number of labels of relations.
    RETURNS (n_pairs, 2 * n_labels): Scores.
    """
    scores = numpy.zeros(pairs.can_be.shape, dtype="float32")
    gaps = pairs.tokens[pairs.second, 0] - pairs.tokens[pairs.first, 1]
    at, columns = numpy.nonzero(pairs.can_be & (pairs.n_units == 0)[:, None])
    children = numpy.where(columns < n_labels, pairs.first[at], pairs.second[at])
    ranked = numpy.lexsort((at, gaps[at]))
    owners = children[ranked] * n_labels + columns[ranked] % n_labels
    _, nearest = numpy.unique(owners, return_index=True)
    chosen = ranked[nearest]
    scores[at[chosen], columns[chosen]] = 1
    return scores
