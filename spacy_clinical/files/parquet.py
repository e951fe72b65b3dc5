"""Reader of Parquet rows as plain values. It needs pyarrow (extra "parquet")."""

import base64
import datetime
import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

# Number of rows to read at once.
ROWS = 256


class BrokenParquetError(ValueError):
    """A file that isn't Parquet or is incomplete. The message is the error's type."""


class BrokenRows(NamedTuple):
    """A range of rows that can't be read, from the current one on.

    last: Number of the last of them.
    kind: Type of the error.
    """

    last: int
    kind: str


class ParquetRows:
    """Rows of a Parquet file, read in small batches.

    handle: The open file.
    as_bytes: Columns whose bytes are kept; those of other columns become Base64.
    RAISES BrokenParquetError: If it isn't a Parquet file.
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
        """Read the rows.

        YIELDS: Row numbers, starting at 1, and rows; None for a row with invalid UTF-8.
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
            # Other row groups may be intact.
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

    kind: Type of the error.
    """

    kind: str


def _list_values(column: pa.Array, as_bytes: bool) -> Iterator[Any]:
    try:
        values = column.to_pylist()
        plain = [
            value if as_bytes and isinstance(value, bytes) else make_plain(value)
            for value in values
        ]
    # A single value may cause it, such as a time out of Python's range.
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
    """Convert a value to a plain one, even if Python can't represent a part of it."""
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
    """Format a time that is out of Python's range, or in an unknown time zone.

    Times with a zone are given in UTC.
    """
    kind = scalar.type
    try:
        if pa.types.is_timestamp(kind):
            text = scalar.cast(pa.timestamp(kind.unit)).cast(pa.string()).as_py()
            # Arrow doesn't format years with many digits.
            if text.startswith("<"):
                return f"{scalar.value} {kind.unit}"
            return text.replace(" ", "T") + ("+00:00" if kind.tz else "")
        return str(scalar.cast(pa.string()).as_py())
    except pa.ArrowException:
        return f"{scalar.value} {kind.unit}"


def make_plain(value: Any) -> Any:
    """Convert a value to JSON types, with ISO 8601 for dates and Base64 for bytes."""
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
    # NumPy numbers become Python numbers.
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    # Decimals, durations and UUIDs become strings.
    return value if isinstance(value, int) else str(value)
