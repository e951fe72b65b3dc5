"""Other names in the places of entities."""

import random
from collections.abc import Iterator, Mapping, Sequence

from spacy_clinical.concepts.abbreviations import Abbreviations
from spacy_clinical.corpora.note_style.edits import Draft, Edit

# Types of the inventory whose short forms stand for whole entities.
SHORT_TYPES = (
    "Disease_disorder",
    "Sign_symptom",
    "Medication",
    "Diagnostic_procedure",
    "Therapeutic_procedure",
    "Biological_structure",
    "Frequency",
)
# The same types under the names that public corpora have for them.
SAME_TYPES = {
    "Disease": "Disease_disorder",
    "Condition": "Disease_disorder",
    "Chemical": "Medication",
    "Drug": "Medication",
    "Measurement": "Diagnostic_procedure",
    "Procedure": "Therapeutic_procedure",
}


def list_same(label: str) -> frozenset[str]:
    """List all names of a type: its own, and those of public corpora."""
    return frozenset(
        {label, *(name for name, same in SAME_TYPES.items() if same == label)}
    )


def list_short_names(abbreviations: Abbreviations) -> dict[str, list[str]]:
    """List the short forms that may stand for an entity, by its label."""
    names: dict[str, list[str]] = {}
    for row in abbreviations:
        if row.label in SHORT_TYPES and len(row.short) > 1:
            names.setdefault(row.label, []).append(row.short)
            if not row.is_exact and row.short.lower() != row.short:
                names[row.label].append(row.short.lower())
    for label, same in SAME_TYPES.items():
        if same in names:
            names[label] = names[same]
    return names


def swap_names(
    draft: Draft, names: Mapping[str, Sequence[str]], rate: float
) -> Iterator[Edit]:
    """Find entities to give other names of their type.

    The same name of a text becomes the same other name everywhere.

    names: By label.
    rate (0 to 1): Probability for each name.
    """
    chosen: dict[tuple[str, str], str | None] = {}
    for place in draft.entities:
        if place.label not in names:
            continue
        old = draft.text[place.start : place.end]
        key = (place.label, old.lower())
        if key not in chosen:
            is_swapped = random.random() < rate
            chosen[key] = random.choice(names[place.label]) if is_swapped else None
        new = chosen[key]
        if new is not None:
            is_title = old[:1].isupper() and old[1:2].islower()
            yield Edit(*place[:2], new[:1].upper() + new[1:] if is_title else new)
