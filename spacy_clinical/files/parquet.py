"""Rows of Parquet files as plain values. Needs pyarrow (extra "parquet")."""

import base64
import datetime
import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

# Rows that are held at once.
ROWS = 256


class BrokenParquetError(ValueError):
    """Bytes that are no Parquet file, or no whole one; named by the kind of fault."""


class BrokenRows(NamedTuple):
    """Rows that can't be read, from where they stand to the last of them.

    kind: Of the fault.
    """

    last: int
    kind: str


class ParquetRows:
    """Read a file row by row, some hundreds at a time.

    handle: Of an open file.
    as_bytes: Columns whose bytes are left as they are; others' become Base64.
    RAISES BrokenParquetError: If it is no Parquet file.
    """

    def __init__(self, handle: BinaryIO, *, as_bytes: Collection[str] = ()) -> None:
        try:
            self._file = pq.ParquetFile(handle)
            self.columns: list[str] = list(self._file.schema_arrow.names)
            self.n_rows = int(self._file.metadata.num_rows)
        except Exception as error:
            raise BrokenParquetError(type(error).__name__) from None
        self._as_bytes = as_bytes

    def __enter__(self) -> "ParquetRows":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any] | BrokenRows | None]]:
        """Go through the rows.

        YIELDS: Numbers from 1 on, and rows; None for one whose text isn't Unicode.
        """
        number = 0
        for group in range(self._file.num_row_groups):
            last = number + int(self._file.metadata.row_group(group).num_rows)
            try:
                for batch in self._file.iter_batches(ROWS, row_groups=[group]):
                    for row in self._list_rows(batch):
                        number += 1
                        failed = isinstance(row, _Failed)
                        yield number, BrokenRows(number, row.kind) if failed else row
            # The other groups may be whole.
            except Exception as error:
                if number < last:
                    yield number + 1, BrokenRows(last, type(error).__name__)
            number = last

    def _list_rows(self, batch: pa.RecordBatch) -> Iterator[Any]:
        names = batch.schema.names
        columns = [
            list(_list_values(column, name in self._as_bytes))
            for name, column in zip(names, batch.columns, strict=True)
        ]
        for values in zip(*columns, strict=True):
            failed = [value for value in values if isinstance(value, _Failed)]
            if any(failure.kind == UnicodeDecodeError.__name__ for failure in failed):
                yield None
            elif failed:
                yield failed[0]
            else:
                yield dict(zip(names, values, strict=True))


class _Failed(NamedTuple):
    """A value that can't be read.

    kind: Of the fault.
    """

    kind: str


def _list_values(column: pa.Array, as_bytes: bool) -> Iterator[Any]:
    try:
        values = column.to_pylist()
        plain = [
            value if as_bytes and isinstance(value, bytes) else make_plain(value)
            for value in values
        ]
    # One value is enough, such as a time that Python has no room for.
    except Exception:
        plain = [_get_value(scalar, as_bytes) for scalar in column]
    return iter(plain)


def _get_value(scalar: pa.Scalar, as_bytes: bool) -> Any:
    try:
        if as_bytes and isinstance(scalar, pa.BinaryScalar):
            return scalar.as_py()
        return _make_plain_by_parts(scalar)
    except Exception as error:
        return _Failed(type(error).__name__)


def _make_plain_by_parts(scalar: pa.Scalar) -> Any:
    """Turn a value into a plain one though Python can't hold a part of it."""
    try:
        return make_plain(scalar.as_py())
    except UnicodeDecodeError:
        raise
    except Exception:
        if isinstance(scalar, pa.StructScalar):
            return {str(key): _make_plain_by_parts(scalar[key]) for key in scalar}
        if isinstance(scalar, pa.ListScalar):
            return [_make_plain_by_parts(item) for item in scalar.values]
        if isinstance(scalar, pa.DictionaryScalar | pa.ExtensionScalar):
            return _make_plain_by_parts(scalar.value)
        return _describe_time(scalar)


def _describe_time(scalar: Any) -> str:
    """Write a time that Python has no room for, or in a zone that it doesn't know.

    Those with a zone are in UTC.
    """
    kind = scalar.type
    try:
        if pa.types.is_timestamp(kind):
            text = scalar.cast(pa.timestamp(kind.unit)).cast(pa.string()).as_py()
            # Years of more digits than Arrow writes.
            if text.startswith("<"):
                return f"{scalar.value} {kind.unit}"
            return text.replace(" ", "T") + ("+00:00" if kind.tz else "")
        return str(scalar.cast(pa.string()).as_py())
    except pa.ArrowException:
        return f"{scalar.value} {kind.unit}"


def make_plain(value: Any) -> Any:
    """Turn a value into one that JSON has: dates in ISO 8601, bytes in Base64."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): make_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [make_plain(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    # numpy's numbers are of other types.
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    # Decimals, durations and UUIDs as they are written.
    return value if isinstance(value, int) else str(value)
