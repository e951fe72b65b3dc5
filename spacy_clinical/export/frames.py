"""Make data frames of pandas or polars of Docs or records, a row for each finding.

    notes      id, source, n_chars, n_sentences, error (its message)
    sections   id, label, loinc, title, start, end, body_start, score
    entities   id, label, text, start, end, score, section, is_negated, is_uncertain,
               is_historical, is_hypothetical, is_family, cues (as JSON), kb_id,
               concept_name, vocabulary, concept_score, date, date_end
    concepts   id, label, text, start, end, kb_id, name, vocabulary, version, types, xrefs
               (as JSON), score, how; of an entity with several concepts a row for each
    abbreviations
               id, text, long_form, label, source, start, end
    relations  id, label, head_label, head, head_start, head_end, child_label, child,
               child_start, child_end, score
    medications
               id, drug, kb_id, dose, dose_high, dose_unit, strength, strength_unit, form,
               route, times, times_high, period, period_high, period_unit, when, duration,
               duration_high, duration_unit, is_prn, reason, dispense, dispense_unit,
               refills, status, is_negated ... is_family, section, start, end, dosages (as
               JSON): twice a day is 2 times in a period of 1 d
    measurements
               id, name, analyte, part, loinc, value, value_high, comparator, unit (UCUM),
               value_text, unit_text, range_low, range_high, flag, flag_source, date,
               section, start, end; of a blood pressure a row for each part
    answers    id, question, asked, text, score, null_score, section, sentence (its text),
               start, end, n_best (as JSON)
    statements id, statement, hypothesis, label, score, scores, windows (as JSON)
    codes      id, code, title, chapter, score
    identifiers id, label, kind, text, start, end, score, source
    fields     id, key, option, value, page, score (of forms)
    cells      id, table (its number in the form), row, column, n_rows, n_columns, is_head,
               head (the name of the column), text, page, source (of tables of forms)
    tokens     id, start, end (of those that have attributes)

Attributes (`attributes`) are columns of notes, entities and tokens, under their names:
`negex`, or `span._.score` where there is such a column already. Their type is that of
their values: truth values, whole numbers, numbers, else strings (lists as JSON).

Offsets and numbers are int64, scores float64, what begins with "is_" truth values, all
else strings, in both libraries and also where there are no rows. What is unknown is null. `id` is the note's: see `to_frame`.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, Literal, cast, get_args

from spacy.tokens import Doc

from spacy_clinical.errors import CodedImportError, CodedValueError, Errors
from spacy_clinical.export.answer_records import (
    ANSWER_COLUMNS,
    ANSWER_SHAPES,
    STATEMENT_COLUMNS,
    list_answer_rows,
)
from spacy_clinical.export.attributes import Named, Values, parse_attributes
from spacy_clinical.export.concepts import list_concept_rows
from spacy_clinical.export.docs import get_note
from spacy_clinical.export.form_records import (
    CELL_COLUMNS,
    list_cells,
    name_table_columns,
)
from spacy_clinical.export.records import make_record
from spacy_clinical.export.relation_records import DATE, SHAPES
from spacy_clinical.export.relation_rows import (
    MEASUREMENT_COLUMNS,
    MEDICATION_COLUMNS,
    RELATION_COLUMNS,
    list_relation_rows,
)
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.files.json_text import keep_finite, write_json
from spacy_clinical.types import Note

Rows = Literal[
    "notes",
    "sections",
    "entities",
    "codes",
    "concepts",
    "abbreviations",
    "relations",
    "medications",
    "measurements",
    "answers",
    "statements",
    "identifiers",
    "fields",
    "cells",
    "tokens",
]
Library = Literal["pandas", "polars"]

COLUMNS: dict[Rows, tuple[str, ...]] = {
    "notes": ("id", "source", "n_chars", "n_sentences", "error"),
    "sections": (
        *("id", "label", "loinc", "title", "start", "end", "body_start", "score"),
    ),
    "entities": (
        *("id", "label", "text", "start", "end", "score", "section"),
        *(*CONTEXT_ATTRIBUTES, "cues"),
        *("kb_id", "concept_name", "vocabulary", "concept_score"),
        *("date", "date_end"),
    ),
    "concepts": (
        *("id", "label", "text", "start", "end", "kb_id", "name", "vocabulary"),
        *("version", "types", "xrefs", "score", "how"),
    ),
    "codes": ("id", "code", "title", "chapter", "score"),
    "abbreviations": ("id", "text", "long_form", "label", "source", "start", "end"),
    "relations": RELATION_COLUMNS,
    "medications": MEDICATION_COLUMNS,
    "measurements": MEASUREMENT_COLUMNS,
    "answers": ANSWER_COLUMNS,
    "statements": STATEMENT_COLUMNS,
    "identifiers": ("id", "label", "kind", "text", "start", "end", "score", "source"),
    "fields": ("id", "key", "option", "value", "page", "score"),
    "cells": CELL_COLUMNS,
    "tokens": ("id", "start", "end"),
}
# Whose attributes the rows have.
OWNERS: dict[Rows, str] = {"notes": "doc", "entities": "span", "tokens": "token"}
# Types of columns that are not strings, as pandas names them.
_TYPES = {
    **dict.fromkeys(("n_chars", "n_sentences", "start", "end"), "int64"),
    **dict.fromkeys(("body_start", "page"), "int64"),
    **dict.fromkeys(("table", "row", "column", "n_rows", "n_columns"), "int64"),
    **dict.fromkeys(("head_start", "head_end", "child_start", "child_end"), "int64"),
    **dict.fromkeys(("times", "times_high", "refills"), "Int64"),
    **dict.fromkeys(("score", "concept_score", "null_score"), "float64"),
    **dict.fromkeys(("dose", "dose_high", "strength", "dispense"), "float64"),
    **dict.fromkeys(("period", "period_high", "duration", "duration_high"), "float64"),
    **dict.fromkeys(("value_high", "range_low", "range_high"), "float64"),
    **dict.fromkeys((*CONTEXT_ATTRIBUTES, "is_prn", "is_former"), "boolean"),
    "is_head": "boolean",
}
# Where they differ from those of columns with the same name.
_OWN_TYPES: dict[str, dict[str, str]] = {
    "measurements": {"value": "float64"},
    # A question may have no answer.
    "answers": {"start": "Int64", "end": "Int64"},
}
ATTRIBUTES = "attributes"


def to_frame(
    docs: Iterable[Doc | Mapping[str, Any] | tuple[Any, Any]],
    rows: Rows = "entities",
    *,
    library: Library = "pandas",
    attributes: Named = (),
) -> Any:
    """Make a data frame of the findings of Docs or records.

    docs: Docs; pairs of a Note and its Doc, as `annotate_notes` yields, or of a Doc and
        its id, as `nlp.pipe(as_tuples=True)` does; or records. A bare Doc has the id
        that `docs.set_note` kept, or else its number.
    rows: What a row is: a note, a section, an entity, a code, a concept, an abbreviation, an
        identifier, a field of a form, a cell of one of its tables, or a token that has
        attributes. The singular ("entity") is accepted too.
    library: "pandas" or "polars", which must be installed.
    attributes: Attributes of other components to include: "span._.negex". Records
        already hold theirs.
    RAISES ValueError: C364, if there is no such kind of rows or library; C361 and C362,
        if there are no such attributes.
    RAISES ImportError: C324, if the library isn't installed.
    """
    kind = cast(Rows, find_name(rows, COLUMNS, what="kind of rows"))
    library = cast(Library, find_name(library, get_args(Library), what="library"))
    named = parse_attributes(attributes)
    attributes = named.list_names()
    found_rows = [
        row
        for number, item in enumerate(docs)
        for row in list_rows(_make_record(item, number, attributes), kind)
    ]
    names = dict.fromkeys(getattr(named, OWNERS[kind]) if kind in OWNERS else ())
    if kind == "entities":
        names = {name: None for name in names if name not in CONTEXT_ATTRIBUTES}
    names.update(dict.fromkeys(n for row in found_rows for n in row[ATTRIBUTES]))
    columns = {name: [row.get(name) for row in found_rows] for name in COLUMNS[kind]}
    known = {**_TYPES, **_OWN_TYPES.get(kind, {})}
    types = {name: known.get(name, "string") for name in columns}
    for name in names:
        values = [row[ATTRIBUTES].get(name) for row in found_rows]
        column = name_column(name, kind)
        types[column], columns[column] = _make_column(values)
    return make_frame(columns, types, library)


def make_table_frames(
    docs: Iterable[Doc | Mapping[str, Any]], *, library: Library = "pandas"
) -> list[Any]:
    """Make a data frame of each table of forms, with its heads as names of columns.

    Columns without a head are called "column 3"; of those with the same head, the second
    is called "Dose 2". All values are strings.

    docs: Docs of forms, or their records.
    library: See `to_frame`.
    RAISES ValueError: C364, if there is no such library.
    RAISES ImportError: C324, if the library isn't installed.
    """
    library = cast(Library, find_name(library, get_args(Library), what="library"))
    made = []
    for item in docs:
        tables = item._.form_tables if isinstance(item, Doc) else item.get("tables")
        for table in tables or ():
            names = name_table_columns(table["heads"])
            rows = (
                zip(*table["rows"], strict=True) if table["rows"] else [()] * len(names)
            )
            columns = {name: [*cells] for name, cells in zip(names, rows, strict=True)}
            made.append(make_frame(columns, dict.fromkeys(names, "string"), library))
    return made


def make_frame(
    columns: Mapping[str, list[Any]], types: Mapping[str, str], library: Library
) -> Any:
    """Make a data frame of columns.

    types: Of each column, as pandas names it.
    RAISES ImportError: C324, if the library isn't installed.
    """
    try:
        frames = import_module(library)
    except ImportError as error:
        raise CodedImportError(Errors.C324.format(library=library)) from error
    if library == "polars":
        schema = {name: getattr(frames, t.title()) for name, t in types.items()}
        return frames.DataFrame(columns, schema=schema)
    return frames.DataFrame(columns).astype(types)


def find_name(name: str, names: Iterable[str], *, what: str) -> str:
    """Find a name among others; case doesn't matter, and the singular is accepted.

    what: What is named, for the error.
    RAISES ValueError: C364, if none matches.
    """
    names = list(names)
    wanted = str(name).strip().lower()
    for form in (wanted, f"{wanted}s", f"{wanted.removesuffix('y')}ies"):
        if form in names:
            return form
    raise CodedValueError(
        Errors.C364.format(what=what, name=name, known=", ".join(names))
    )


def name_column(attribute: str, rows: Rows) -> str:
    """Name the column of an attribute so that no other column has that name."""
    is_taken = attribute in COLUMNS[rows]
    return f"{OWNERS[rows]}._.{attribute}" if is_taken else attribute


def list_rows(record: Mapping[str, Any], rows: Rows) -> Iterator[dict[str, Any]]:
    """List the rows of a record; the keys are `COLUMNS`, `attributes`, and others."""
    if rows == "notes":
        error = record["error"]
        message = None if error is None else error["message"]
        yield {**record, "error": message, ATTRIBUTES: record.get(ATTRIBUTES) or {}}
        return
    found = record.get(rows) or ()
    if rows == "concepts":
        found = list_concept_rows(record["entities"])
    if rows in SHAPES:
        found = list_relation_rows(record, rows)
    if rows == "cells":
        found = list_cells(record.get("tables"))
    if rows in ANSWER_SHAPES:
        found = list_answer_rows(record, rows, write_value)
    for row in found:
        value = row.get("value")
        # A column has one type, so booleans are written as text.
        written = {"value": str(value).lower()} if isinstance(value, bool) else {}
        score = {"score": keep_finite(row.get("score"))}
        named = {ATTRIBUTES: row.get(ATTRIBUTES) or {}}
        said: dict[str, Any] = {}
        if rows == "entities":
            said = _read_assertion(row, named[ATTRIBUTES]) | _read_concept(row)
            said |= _read_date(row)
        if rows == "medications":
            said = {name: write_value(row[name]) for name in ("dosages", "former")}
        if rows == "concepts":
            said = {name: write_value(row.get(name)) for name in ("types", "xrefs")}
        if rows == "abbreviations":
            said = {name: row.get(name) or None for name in ("long_form", "label")}
        yield {"id": record["id"], **row, **score, **written, **named, **said}


def _read_assertion(row: Mapping[str, Any], named: Values) -> dict[str, Any]:
    """Read the columns of an entity that say whether it holds.

    Attributes of these names that were asked for are in the same columns.
    """
    kept = row.get("assertion")
    said: dict[str, Any] = {
        name: row[name] if isinstance(row.get(name), bool) else named.get(name)
        for name in CONTEXT_ATTRIBUTES
    }
    others = {k: v for k, v in named.items() if k not in said}
    cues = None if kept is None else write_value(kept["cues"])
    return {
        **{
            name: value if isinstance(value, bool) else None
            for name, value in said.items()
        },
        "cues": cues,
        ATTRIBUTES: others,
    }


def _read_concept(row: Mapping[str, Any]) -> dict[str, Any]:
    """Read the columns of an entity that say what it means."""
    concept = row.get("concept") or {}
    return {
        "kb_id": row.get("kb_id") or None,
        "concept_name": concept.get("name"),
        "vocabulary": concept.get("vocabulary"),
        "concept_score": keep_finite(concept.get("score")),
    }


def _read_date(row: Mapping[str, Any]) -> dict[str, Any]:
    """Read the columns of an entity that say when."""
    value = row.get(DATE) or {}
    return {"date": value.get("value"), "date_end": value.get("value_end")}


def write_value(value: Any) -> Any:
    """Write booleans, and values that a column can't hold, such as lists, as JSON."""
    is_simple = value is None or isinstance(value, str | int | float)
    if is_simple and not isinstance(value, bool):
        return value
    return write_json(value, ensure_ascii=False)


def _make_column(values: list[Any]) -> tuple[str, list[Any]]:
    """Find the type of a column of any values, and make them all of that type.

    RETURNS: The type, as pandas names it where values may be missing.
    """
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "boolean", values
    if kinds == {int} and all(v is None or abs(v) < 2**63 for v in values):
        return "Int64", values
    if kinds and kinds <= {int, float}:
        return "float64", [None if v is None else float(v) for v in values]
    written = [None if value is None else str(write_value(value)) for value in values]
    return "string", written


def _make_record(item: Any, number: int, attributes: Named) -> Mapping[str, Any]:
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
    return {
        **make_record(note, doc, attributes=attributes),
        "fields": doc._.form_fields,
        "tables": doc._.form_tables,
    }
