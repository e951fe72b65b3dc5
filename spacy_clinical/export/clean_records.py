"""Records of notes without their identifiers, ready for JSON.

    id, source      of the note as it was read, or pseudonyms of them
    text            the clean text; "" for a note that failed
    n_chars         length of the clean text
    identifiers     where identifiers were, in the clean text: start, end, label, kind,
                    mode (what was done), repeated (whether it was only found as it
                    stands elsewhere in the note, too)
    offsets         if asked for: where each replaced part was and is: old_start, old_end,
                    new_start, new_end
    provenance      per component, what found them
    error           null, or what failed, as in `records`

Nothing else of the original is in them: no metadata, and no text of a note that failed.
They are notes again: `annotate` reads them.
"""

from typing import Any, TypedDict

from spacy_clinical.errors import Errors
from spacy_clinical.export.records import ErrorRecord
from spacy_clinical.identifiers.replace.deidentify import CleanText
from spacy_clinical.identifiers.replace.offset_map import Replaced
from spacy_clinical.types import Note


class PlaceRecord(TypedDict):
    """An identifier's place in a clean text."""

    start: int
    end: int
    label: str
    kind: str
    mode: str
    repeated: bool


class CleanRecord(TypedDict, total=False):
    """A note without its identifiers, as the module describes.

    original: The text as it was read, for pages only. It isn't written to records.
    """

    id: str
    source: str
    text: str
    n_chars: int
    identifiers: list[PlaceRecord]
    offsets: list[Replaced]
    provenance: dict[str, Any]
    error: ErrorRecord | None
    original: str


def make_clean_record(
    note: Note, result: CleanText, provenance: dict[str, Any], *, offsets: bool = False
) -> CleanRecord:
    """Make the record of a clean text.

    note: With the id and source to write.
    offsets: Whether to write where the replaced parts were.
    """
    record: CleanRecord = {
        "id": note.id,
        "source": note.source,
        "text": result.text,
        "n_chars": len(result.text),
        "identifiers": [
            {
                "start": span.start,
                "end": span.end,
                "label": span.label,
                "kind": span.kind,
                "mode": span.mode,
                "repeated": span.is_repeat,
            }
            for span in result.spans
        ],
        "provenance": provenance,
        "error": None,
    }
    if offsets:
        record["offsets"] = list(result.offsets.replaced)
    return record


def make_failed_record(note: Note, error: ErrorRecord) -> CleanRecord:
    """Make the record of a note that failed, which holds nothing of it.

    note: With the id and source to write.
    error: What failed.
    """
    message = Errors.C895.format(
        n_chars=len(note.text),
        name=error["component"],
        code=f" with {error['code']}" if error["code"] else "",
    )
    return {
        "id": note.id,
        "source": note.source,
        "text": "",
        "n_chars": 0,
        "identifiers": [],
        "provenance": {},
        "error": {**error, "message": str(message)},
    }
