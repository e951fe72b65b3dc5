"""The columns of records as Arrow tables and Parquet files have them.

A row is a note. `SCHEMA` is the same for all notes, so that files can be joined; what a
record lacks (the text, after --no-text) is null. The columns:

    id, source         string
    meta               string: the other columns of the note's row, as JSON
    n_chars            int64
    text               string
    sections           list of struct: label, loinc, title (string), start, end,
                       body_start (int64), score (float64)
    subsections        list of struct: label, title (string), start, end, body_start
                       (int64), section (string), score (float64)
    entities           list of struct: label, text (string), start, end (int64),
                       score (float64), section (string), is_negated, is_uncertain,
                       is_historical, is_hypothetical, is_family (bool), assertion
                       (struct: scores (struct of these five, float64), cues (list of
                       struct: start, end (int64), category, direction, rule (string)),
                       section (string)), kb_id (string), kb_ents (list of struct: id
                       (string), score (float64)), concept (struct: id, name, vocabulary,
                       version (string), types (list of string), xrefs (list of struct:
                       system (string), xref_codes (list of string)), score (float64), how (string), parts (list of
                       the same)), date (struct: type, value, value_end, mod, anchor,
                       offset, freq (string), resolved (bool), reason (string))
    overlapping        as entities
    codes              list of struct: code, label, title, chapter, chapter_codes
                       (string), ccs, icd10 (list of string), score (float64), evidence
                       (list of struct: section (string), start, end (int64), score
                       (float64))
    abbreviations      list of struct: start, end (int64), text, long_form, label, source
                       (string), long_start, long_end (int64), readings (list of string)
    relations, medications, measurements
                       list of struct, with the fields of `relation_records`: numbers
                       (float64), places and counts (int64), truth values (bool), else
                       strings
    n_sentences        int64
    sentences          list of int64
    pieces             string: JSON, as components differ in what they say
    provenance         string: JSON
    error              struct: component, code, type, message (string)
    answers, statements
                       list of struct, with the fields of `answer_records`: places (int64),
                       scores (float64), else strings; null if nothing was asked
    identifiers        list of struct: label, kind, text (string), start, end (int64), score
                       (float64), source (string); null if nothing has looked for them

and, in files of records that have attributes of other components (`NAMED_SCHEMA`):

    attributes         string: those of the note, as JSON; entities and overlapping have
                       such a field too, as their last
    tokens             list of struct: start, end (int64), attributes (string: JSON)

What they mean, `records` says. The metadata of the schema gives the version of this
layout (`spacy_clinical.schema`) and of the package (`spacy_clinical.version`).
"""

from collections.abc import Mapping

import pyarrow as pa

from spacy_clinical.about import __title__, __version__
from spacy_clinical.export.abbreviations import FIELDS as ABBREVIATION_FIELDS
from spacy_clinical.export.answer_records import ANSWER_SHAPES
from spacy_clinical.export.relation_records import DATE, DATE_SHAPE, SHAPES
from spacy_clinical.export.shapes import Field, Shape
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES

SCHEMA_VERSION = 6
_KINDS = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def _make_type(shape: Shape) -> pa.DataType:
    """Make the type of values of a shape."""
    if isinstance(shape, Field):
        return _KINDS[shape.type]
    if isinstance(shape, list):
        return pa.list_(_make_type(shape[0]))
    return pa.struct([(name, _make_type(inner)) for name, inner in shape.items()])


# Types of fields that are neither strings nor lists of rows.
_TYPES = {
    **dict.fromkeys(("n_chars", "n_sentences", "start", "end"), pa.int64()),
    **dict.fromkeys(("body_start", "long_start", "long_end"), pa.int64()),
    "score": pa.float64(),
    **dict.fromkeys(CONTEXT_ATTRIBUTES, pa.bool_()),
    "scores": pa.struct(dict.fromkeys(CONTEXT_ATTRIBUTES, pa.float64())),
    "sentences": pa.list_(pa.int64()),
    **dict.fromkeys(("ccs", "icd10", "readings"), pa.list_(pa.string())),
    **dict.fromkeys(("types", "xref_codes"), pa.list_(pa.string())),
    "error": pa.struct(
        dict.fromkeys(("component", "code", "type", "message"), pa.string())
    ),
    DATE: _make_type(DATE_SHAPE),
    **{n: _make_type([s]) for n, s in {**SHAPES, **ANSWER_SHAPES}.items()},
}
# The fields of rows, by the columns that hold them.
_ENTITY = " ".join(
    (
        *("label text start end score section", *CONTEXT_ATTRIBUTES, "assertion"),
        "kb_id kb_ents concept date",
    )
)
_CONCEPT_FIELDS = "id name vocabulary version types xrefs score how"
_ROWS = {
    "sections": "label loinc title start end body_start score",
    "subsections": "label title start end body_start section score",
    "entities": _ENTITY,
    "overlapping": _ENTITY,
    "codes": "code label title chapter chapter_codes ccs icd10 score evidence",
    "abbreviations": " ".join(ABBREVIATION_FIELDS),
    "evidence": "section start end score",
    "identifiers": "label kind text start end score source",
    "cues": "start end category direction rule",
    "kb_ents": "id score",
    "parts": _CONCEPT_FIELDS,
    "xrefs": "system xref_codes",
}
# The fields of structs, as of rows.
_STRUCTS = {"assertion": "scores cues section", "concept": f"{_CONCEPT_FIELDS} parts"}
_NAMED_ROWS = {
    **_ROWS,
    **dict.fromkeys(("entities", "overlapping"), f"{_ENTITY} attributes"),
    "tokens": "start end attributes",
}
_COLUMNS = (
    "id source meta n_chars text sections subsections entities overlapping codes "
    "abbreviations relations medications measurements n_sentences sentences pieces "
    "provenance error identifiers answers statements"
)


def _list_fields(names: str, rows: Mapping[str, str]) -> list[pa.Field]:
    """List the fields of a schema or of rows.

    rows: The names of the fields of rows, by the name of the field that holds them.
    """
    types = {
        name: pa.list_(pa.struct(_list_fields(rows[name], rows)))
        if name in rows
        else pa.struct(_list_fields(_STRUCTS[name], rows))
        if name in _STRUCTS
        else _TYPES.get(name, pa.string())
        for name in names.split()
    }
    return [pa.field(name, kind) for name, kind in types.items()]


_METADATA = {
    f"{__title__}.schema": str(SCHEMA_VERSION),
    f"{__title__}.version": __version__,
}
SCHEMA = pa.schema(_list_fields(_COLUMNS, _ROWS), metadata=_METADATA)
NAMED_SCHEMA = pa.schema(
    _list_fields(f"{_COLUMNS} attributes tokens", _NAMED_ROWS), metadata=_METADATA
)
