"""What the gold entities of a Doc say of the types of a model, where a corpus labels only
a part of these, or labels them in another way."""

from collections.abc import Iterable, Mapping, Sequence

from spacy.tokens import Doc

from spacy_clinical.extensions.doc_data import get_whole, keep
from spacy_clinical.types import Borders, PartialLabels

_KEY = "clinical_partial_labels"


def set_partial_labels(
    doc: Doc,
    types: Mapping[str, Sequence[str]],
    known: Iterable[str],
    *,
    borders: Borders = "exact",
    weight: float = 1.0,
) -> None:
    """Write how to read the gold entities of a Doc; see `PartialLabels`."""
    keep(
        doc,
        _KEY,
        {
            "types": {label: list(names) for label, names in types.items()},
            "known": sorted(known),
            "borders": borders,
            "weight": weight,
        },
    )


def get_partial_labels(doc: Doc) -> PartialLabels | None:
    """Get how to read the gold entities of a Doc; None if all types are labelled."""
    kept = get_whole(doc, _KEY)
    if kept is None:
        return None
    return PartialLabels(
        {label: tuple(names) for label, names in kept["types"].items()},
        frozenset(kept["known"]),
        kept["borders"],
        kept["weight"],
    )
