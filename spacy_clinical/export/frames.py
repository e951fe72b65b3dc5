"""Docs or records as data frames of pandas or polars, a row for each finding.

    notes      id, source, n_chars, n_sentences, error (its message)
    sections   id, label, loinc, title, start, end, body_start, score
    entities   id, label, text, start, end, score, section
    codes      id, code, title, chapter, score
    fields     id, key, option, value, page, score (of forms)

Offsets and numbers are int64, scores float64, all else strings, in both libraries and
also where there are no rows. What is unknown is null. `id` is the note's: see `to_frame`.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, Literal

from spacy.tokens import Doc

from spacy_clinical.errors import Errors
from spacy_clinical.export.docs import get_note
from spacy_clinical.export.records import make_record
from spacy_clinical.json_text import keep_finite
from spacy_clinical.types import Note

Rows = Literal["notes", "sections", "entities", "codes", "fields"]
Library = Literal["pandas", "polars"]

COLUMNS: dict[Rows, tuple[str, ...]] = {
    "notes": ("id", "source", "n_chars", "n_sentences", "error"),
    "sections": (
        "id",
        "label",
        "loinc",
        "title",
        "start",
        "end",
        "body_start",
        "score",
    ),
    "entities": ("id", "label", "text", "start", "end", "score", "section"),
    "codes": ("id", "code", "title", "chapter", "score"),
    "fields": ("id", "key", "option", "value", "page", "score"),
}
INTEGERS = {"n_chars", "n_sentences", "start", "end", "body_start", "page"}
FLOATS = {"score"}


def to_frame(
    docs: Iterable[Doc | Mapping[str, Any] | tuple[Any, Any]],
    rows: Rows = "entities",
    *,
    library: Library = "pandas",
) -> Any:
    """Make a data frame of what was found.

    docs: Docs; pairs of a Note and its Doc, as `annotate_notes` yields, or of a Doc and
        its id, as `nlp.pipe(as_tuples=True)` does; or records. A bare Doc has the id
        that `docs.set_note` kept, or else its number.
    rows: What a row is: a note, a section, an entity, a code, or a field of a form.
    library: The one that is installed.
    RAISES ImportError: C324, if it isn't.
    """
    found = [
        row
        for number, item in enumerate(docs)
        for row in list_rows(_make_record(item, number), rows)
    ]
    columns = {name: [row.get(name) for row in found] for name in COLUMNS[rows]}
    try:
        frames = import_module(library)
    except ImportError as error:
        raise ImportError(Errors.C324.format(library=library)) from error
    if library == "polars":
        types = {name: getattr(frames, _get_type(name).title()) for name in columns}
        return frames.DataFrame(columns, schema=types)
    return frames.DataFrame(columns).astype({n: _get_type(n) for n in columns})


def list_rows(record: Mapping[str, Any], rows: Rows) -> Iterator[dict[str, Any]]:
    """The rows of a record; the keys are `COLUMNS`, and others."""
    if rows == "notes":
        error = record["error"]
        yield {**record, "error": None if error is None else error["message"]}
        return
    for row in record.get(rows) or ():
        value = row.get("value")
        # A column has one type: what is ticked is written.
        written = {"value": str(value).lower()} if isinstance(value, bool) else {}
        score = {"score": keep_finite(row.get("score"))}
        yield {"id": record["id"], **row, **score, **written}


def _get_type(name: str) -> str:
    """The type of a column, as pandas names it."""
    if name in INTEGERS:
        return "int64"
    return "float64" if name in FLOATS else "string"


def _make_record(item: Any, number: int) -> Mapping[str, Any]:
    if isinstance(item, Mapping):
        return item
    first, second = item if isinstance(item, tuple) else (item, None)
    doc, context = (first, second) if isinstance(first, Doc) else (second, first)
    if isinstance(context, Note):
        note = context
    elif context is not None:
        note = Note(str(context), doc.text, {}, "")
    else:
        note = get_note(doc) or Note(str(number), doc.text, {}, "")
    return {**make_record(note, doc), "fields": doc._.form_fields}
