"""Rows of Parquet files as plain values. Needs pyarrow (extra "parquet")."""

import base64
import datetime
import decimal
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# Rows that are held at once.
ROWS = 256


class BrokenParquetError(ValueError):
    """Bytes that are no Parquet file, or no whole one; named by the kind of fault."""


class ParquetRows:
    """Read a file row by row, some hundreds at a time.

    path: Of a file.
    RAISES BrokenParquetError: If it is no Parquet file; when iterating, if it is cut off.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = pq.ParquetFile(path)
        except pa.ArrowException as error:
            raise BrokenParquetError(type(error).__name__) from None
        self.columns: list[str] = list(self._file.schema_arrow.names)
        self.n_rows = int(self._file.metadata.num_rows)

    def __enter__(self) -> "ParquetRows":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[dict[str, Any] | None]:
        """Go through the rows; None stands for one whose text isn't Unicode."""
        try:
            for batch in self._file.iter_batches(ROWS):
                yield from _list_rows(batch)
        # Pages that can't be unpacked are an OSError to pyarrow.
        except (pa.ArrowException, OSError) as error:
            raise BrokenParquetError(type(error).__name__) from None


def _list_rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any] | None]:
    try:
        yield from [make_plain(row) for row in batch.to_pylist()]
    except UnicodeDecodeError:
        for i in range(batch.num_rows):
            try:
                yield make_plain(batch.slice(i, 1).to_pylist()[0])
            except UnicodeDecodeError:
                yield None


def make_plain(value: Any) -> Any:
    """Turn a value into one that JSON has: dates in ISO 8601, bytes in Base64."""
    if isinstance(value, Mapping):
        return {str(key): make_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [make_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal | datetime.timedelta):
        return str(value)
    return value
