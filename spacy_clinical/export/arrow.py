"""Write records as Arrow tables and Parquet files. Needs pyarrow (extra "parquet").

`arrow_schema` says what the columns are.
"""

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.answer_records import ANSWER_SHAPES, shape_answers
from spacy_clinical.export.arrow_schema import NAMED_SCHEMA, SCHEMA
from spacy_clinical.export.relation_records import DATE, SHAPES, shape_date, shape_rows
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.files.atomic import replace_atomic
from spacy_clinical.files.json_text import keep_finite, read_json, write_json

# Rows and characters of a row group, which is held in memory.
ROWS, CHARS = 1000, 16_000_000
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
        *("score", "assertion", *CONTEXT_ATTRIBUTES, "concept", DATE),
        *("long_start", "long_end"),
    }
)
# Functions that give rows all of their fields, and no others.
_SHAPERS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(SHAPES, shape_rows),
    **dict.fromkeys(ANSWER_SHAPES, shape_answers),
}
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
        row[name] = _shape_dates(_convert_xrefs(row.get(name), _list_systems))
    for name, shape in _SHAPERS.items():
        if name in record:
            row[name] = shape(record[name], name)
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


def _join_systems(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {row["system"]: row["xref_codes"] for row in rows}


def _shape_dates(rows: Any) -> Any:
    """Give the dates of entities all of their fields, and no others."""
    if not isinstance(rows, list):
        return rows
    return [{**r, DATE: shape_date(r[DATE])} if DATE in r else r for r in rows]


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
        if value is not None or name == "error"
    }
    for name in _NAMED:
        if name in record:
            record[name] = _convert_attributes(record[name], read_json)
    for name in _LINKED:
        if name in record:
            record[name] = _shape_dates(_convert_xrefs(record[name], _join_systems))
    # Null fields have been left out.
    for name, shape in _SHAPERS.items():
        if name in record:
            record[name] = shape(record[name], name)
    return {**record, "error": row.get("error")}


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
