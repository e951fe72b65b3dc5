"""Known facts of a note's patient, to be looked for: `doc._.known_identifiers`."""

from collections.abc import Mapping
from typing import Any

from spacy.tokens import Doc

from spacy_clinical.extensions.doc_data import get_whole, keep, restore_lists

_NAME = "clinical_known_identifiers"


def _get_known(doc: Doc) -> dict[str, list[str]]:
    known: dict[str, list[str]] = restore_lists(get_whole(doc, _NAME)) or {}
    return known


def _set_known(doc: Doc, known: Mapping[str, Any] | None) -> None:
    keep(doc, _NAME, dict(known) if known else None)


def register_known_identifiers() -> None:
    """Add the attribute. Repeating it changes nothing."""
    Doc.set_extension(
        "known_identifiers", getter=_get_known, setter=_set_known, force=True
    )
