"""Write records as Arrow tables and Parquet files. Needs pyarrow (extra "parquet").

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
                       the same))
    overlapping        as entities
    codes              list of struct: code, label, title, chapter, chapter_codes
                       (string), ccs, icd10 (list of string), score (float64), evidence
                       (list of struct: section (string), start, end (int64), score
                       (float64))
    abbreviations      list of struct: start, end (int64), text, long_form, label, source
                       (string), long_start, long_end (int64), readings (list of string)
    n_sentences        int64
    sentences          list of int64
    pieces             string: JSON, as components differ in what they say
    provenance         string: JSON
    error              struct: component, code, type, message (string)
    identifiers        list of struct: label, kind, text (string), start, end (int64), score
                       (float64), source (string); null if nothing has looked for them

and, in files of records that have attributes of other components (`NAMED_SCHEMA`):

    attributes         string: those of the note, as JSON; entities and overlapping have
                       such a field too, as their last
    tokens             list of struct: start, end (int64), attributes (string: JSON)

What they mean, `records` says. The metadata of the schema gives the version of this
layout (`spacy_clinical.schema`) and of the package (`spacy_clinical.version`).
"""

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spacy_clinical.about import __title__, __version__
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.abbreviations import FIELDS as ABBREVIATION_FIELDS
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.files.atomic import replace_atomic
from spacy_clinical.files.json_text import keep_finite, read_json, write_json

SCHEMA_VERSION = 4
# Rows and characters of a row group, which is held in memory.
ROWS, CHARS = 1000, 16_000_000
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
}
# The fields of rows, by the columns that hold them.
_ENTITY = " ".join(
    (
        *("label text start end score section", *CONTEXT_ATTRIBUTES, "assertion"),
        "kb_id kb_ents concept",
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
    "abbreviations n_sentences sentences pieces provenance error identifiers"
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
_JSON = ("meta", "pieces", "provenance", "attributes")
# Their rows have concepts.
_LINKED, _CONCEPT = ("entities", "overlapping"), "concept"
# Their rows have attributes.
_NAMED = ("entities", "overlapping", "tokens")
_SCORED = (
    *("sections", "subsections", "entities", "overlapping", "codes", "identifiers"),
)
# Fields that every record has, if only without a value.
_KEPT = frozenset(
    {
        *("score", "assertion", *CONTEXT_ATTRIBUTES, "concept"),
        *("long_start", "long_end"),
    }
)
_NEEDED = {"id", "sections", "entities"}
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def make_table(
    records: Iterable[Mapping[str, Any]], *, schema: pa.Schema = None
) -> pa.Table:
    """Make a table with a row for each record.

    Halves of surrogate pairs, which Arrow can't hold, become U+FFFD.

    schema: `SCHEMA` or `NAMED_SCHEMA`. None: the latter if a record has attributes.
    """
    records = list(records)
    schema = choose_schema(records) if schema is None else schema
    rows = [_make_row(record, schema) for record in records]
    try:
        return pa.Table.from_pylist(rows, schema=schema)
    except UnicodeEncodeError:
        return pa.Table.from_pylist(_replace_halves(rows), schema=schema)


def choose_schema(records: Iterable[Mapping[str, Any]]) -> pa.Schema:
    """Choose the schema: `NAMED_SCHEMA` if a record has attributes, else `SCHEMA`."""
    return NAMED_SCHEMA if any("attributes" in r for r in records) else SCHEMA


def write_parquet(records: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write records, some at a time; the file appears when all are written.

    path: In a folder that exists.
    RETURNS: The number of records.
    """
    groups = _gather(records)
    n_rows = 0
    with replace_atomic(path) as part:
        first = next(groups, [])
        writer = _open(part, choose_schema(first))
        try:
            for rows in itertools.chain([first], groups):
                # Records of runs with and without attributes lie side by side.
                if writer.schema is SCHEMA and choose_schema(rows) is not SCHEMA:
                    writer = _widen(writer, part)
                writer.write_table(make_table(rows, schema=writer.schema))
                n_rows += len(rows)
        finally:
            writer.close()
    return n_rows


def _open(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, schema, compression="zstd")


def _widen(writer: pq.ParquetWriter, path: Path) -> pq.ParquetWriter:
    """Write the rows so far again, under the schema that has attributes."""
    writer.close()
    before = path.with_name(f"{path.name}.before")
    path.rename(before)
    try:
        writer = _open(path, NAMED_SCHEMA)
        for rows in _gather(read_parquet(before)):
            writer.write_table(make_table(rows, schema=NAMED_SCHEMA))
    finally:
        before.unlink()
    return writer


def read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    """Read records back as they were written.

    YIELDS: Records, as `records.make_record` makes them.
    RAISES ValueError: C327, if the file isn't one of records.
    """
    try:
        with pq.ParquetFile(path) as file:
            present = set(file.schema_arrow.names)
            lacking = sorted(_NEEDED - present)
            if lacking:
                reason = f"no column {', '.join(lacking)}"
                raise CodedValueError(Errors.C327.format(path=path, reason=reason))
            names = [name for name in NAMED_SCHEMA.names if name in present]
            for batch in file.iter_batches(batch_size=100, columns=names):
                yield from map(_make_record, batch.to_pylist())
    # Its messages may quote what is in the file.
    except pa.ArrowException as error:
        reason = type(error).__name__
        raise CodedValueError(Errors.C327.format(path=path, reason=reason)) from None


def _gather(records: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Group records into lists that may be held in memory at once."""
    rows: list[Mapping[str, Any]] = []
    n_chars = 0
    for record in records:
        rows.append(record)
        n_chars += record.get("n_chars") or 0
        if len(rows) == ROWS or n_chars > CHARS:
            yield rows
            rows, n_chars = [], 0
    if rows:
        yield rows


def _make_row(record: Mapping[str, Any], schema: pa.Schema) -> dict[str, Any]:
    row = {name: record.get(name) for name in schema.names}
    for name in _JSON:
        if name in record:
            row[name] = write_json(record[name])
    for name in _SCORED:
        row[name] = _keep_finite(row[name])
    for name in _NAMED:
        row[name] = _convert_attributes(row.get(name), write_json)
    for name in _LINKED:
        row[name] = _convert_xrefs(row.get(name), _list_systems)
    return row


def _convert_attributes(rows: Any, convert: Callable[[Any], Any]) -> Any:
    """Convert the attributes of rows: from one row to another, their names differ."""
    if not isinstance(rows, list):
        return rows
    key = "attributes"
    return [{**row, key: convert(row[key])} if key in row else row for row in rows]


def _convert_xrefs(rows: Any, convert: Callable[[Any], Any]) -> Any:
    """Convert the cross-references of concepts: from one to another, systems differ."""
    if not isinstance(rows, list):
        return rows
    return [
        {**row, _CONCEPT: _convert_concept(row[_CONCEPT], convert)}
        if row.get(_CONCEPT)
        else row
        for row in rows
    ]


def _convert_concept(
    concept: Mapping[str, Any], convert: Callable[[Any], Any]
) -> dict[str, Any]:
    converted = {**concept, "xrefs": convert(concept["xrefs"])}
    if concept.get("parts"):
        parts = [_convert_concept(part, convert) for part in concept["parts"]]
        converted["parts"] = parts
    return converted


def _list_systems(xrefs: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"system": name, "xref_codes": codes} for name, codes in xrefs.items()]


def _joxref_codess(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {row["system"]: row["xref_codes"] for row in rows}


def _keep_finite(rows: Any) -> Any:
    """Replace scores that are NaN or infinite by None, those of evidence too."""
    if not isinstance(rows, list):
        return rows
    kept = [{**row, "score": keep_finite(row.get("score"))} for row in rows]
    for row in kept:
        if "evidence" in row:
            row["evidence"] = _keep_finite(row["evidence"])
    return kept


def _make_record(row: dict[str, Any]) -> dict[str, Any]:
    record = {
        name: read_json(value) if name in _JSON else _drop_nulls(value)
        for name, value in row.items()
        if value is not None
    }
    for name in _NAMED:
        if name in record:
            record[name] = _convert_attributes(record[name], read_json)
    for name in _LINKED:
        if name in record:
            record[name] = _convert_xrefs(record[name], _joxref_codess)
    record["error"] = row.get("error")
    return record


def _drop_nulls(value: Any, kept: Collection[str] = _KEPT) -> Any:
    """Leave out fields that a record lacked.

    kept: Fields that stay without a value.
    """
    if isinstance(value, list):
        return [_drop_nulls(item) for item in value]
    if isinstance(value, dict):
        return {
            name: _drop_nulls(item, () if name == "scores" else _KEPT)
            for name, item in value.items()
            if item is not None or name in kept
        }
    return value


def _replace_halves(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF_PAIR.sub("\ufffd", value)
    if isinstance(value, list):
        return [_replace_halves(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _replace_halves(item) for name, item in value.items()}
    return value
