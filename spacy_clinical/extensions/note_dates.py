"""Known dates of a note: `doc._.note_dates`."""

from collections.abc import Mapping

from spacy.tokens import Doc

from spacy_clinical.extensions.doc_data import get_whole, keep

_NAME = "clinical_note_dates"


def _get_dates(doc: Doc) -> dict[str, str]:
    return dict(get_whole(doc, _NAME) or {})


def _set_dates(doc: Doc, dates: Mapping[str, str] | None) -> None:
    keep(doc, _NAME, dict(dates) if dates else None)


def register_note_dates() -> None:
    """Add the attribute. Repeating it changes nothing.

    Its values are days as ISO 8601, under note, admission, discharge, surgery and birth.
    """
    Doc.set_extension("note_dates", getter=_get_dates, setter=_set_dates, force=True)
