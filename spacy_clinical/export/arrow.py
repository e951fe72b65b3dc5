"""Records as Arrow tables and Parquet files. Needs pyarrow (extra "parquet").

A row is a note; sections, entities, codes and the rest are nested. `SCHEMA` is the same
for all notes, so that files can be joined.
"""

import itertools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# Rows that are held at once.
ROWS = 1000
SECTION = {
    "label": pa.string(),
    "loinc": pa.string(),
    "title": pa.string(),
    "start": pa.int64(),
    "end": pa.int64(),
    "body_start": pa.int64(),
    "section": pa.string(),
}
ENTITY = {
    "label": pa.string(),
    "text": pa.string(),
    "start": pa.int64(),
    "end": pa.int64(),
    "score": pa.float32(),
    "section": pa.string(),
}
EVIDENCE = {
    "section": pa.string(),
    "start": pa.int64(),
    "end": pa.int64(),
    "score": pa.float32(),
}
CODE = {
    "code": pa.string(),
    "title": pa.string(),
    "chapter": pa.string(),
    "score": pa.float32(),
    "evidence": pa.list_(pa.struct(EVIDENCE)),
}
ERROR = dict.fromkeys(("component", "code", "type", "message"), pa.string())
SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "source": pa.string(),
        # What only one engine or table has is kept as JSON.
        "meta": pa.string(),
        "n_chars": pa.int64(),
        "text": pa.string(),
        "sections": pa.list_(pa.struct(SECTION)),
        "subsections": pa.list_(pa.struct(SECTION)),
        "entities": pa.list_(pa.struct(ENTITY)),
        "codes": pa.list_(pa.struct(CODE)),
        "n_sentences": pa.int64(),
        "provenance": pa.string(),
        "error": pa.struct(ERROR),
    }
)


def make_table(records: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Make a table with a row for each record."""
    rows = [_make_row(record) for record in records]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def write_parquet(records: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write records, some at a time. RETURNS their number."""
    n_rows = 0
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        iterator = iter(records)
        while part := list(itertools.islice(iterator, ROWS)):
            writer.write_table(make_table(part))
            n_rows += len(part)
    return n_rows


def _make_row(record: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: record.get(name) for name in SCHEMA.names}
    row["meta"] = json.dumps(record.get("meta") or {}, ensure_ascii=False)
    row["provenance"] = json.dumps(record.get("provenance") or {}, sort_keys=True)
    return row
