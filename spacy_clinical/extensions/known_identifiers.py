"""What is known of a note's patient: `doc._.known_identifiers`, to be looked for."""

from collections.abc import Mapping
from typing import Any

from spacy.tokens import Doc

from spacy_clinical.extensions.doc_data import get_whole, keep
from spacy_clinical.files.json_text import read_json, write_json

_NAME = "clinical_known_identifiers"


def _get_known(doc: Doc) -> dict[str, list[str]]:
    kept = get_whole(doc, _NAME)
    known: dict[str, list[str]] = read_json(kept) if kept else {}
    return known


def _set_known(doc: Doc, known: Mapping[str, Any] | None) -> None:
    # As JSON: values may be anything that JSON can hold.
    keep(doc, _NAME, write_json(dict(known)) if known else None)


def register_known_identifiers() -> None:
    """Add the attribute. Repeating it changes nothing."""
    Doc.set_extension(
        "known_identifiers", getter=_get_known, setter=_set_known, force=True
    )
