"""Read records from JSON Lines, Parquet files, and folders of both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spacy_clinical.errors import (
    CodedFileNotFoundError,
    CodedImportError,
    CodedOSError,
    Errors,
)
from spacy_clinical.export.jsonl import read_lines

TABLE = ".parquet"
# What `annotate` writes in one go or in shards; else what Spark writes.
LINES = ("notes.jsonl", "shards/part-*.jsonl")


def find_files(path: Path) -> list[Path]:
    """Find the files of records in a folder, those written last; or take a file.

    RAISES FileNotFoundError: C301, if there is nothing; C320, if a folder has none.
    """
    if path.is_file():
        return [path]
    if not path.exists():
        raise CodedFileNotFoundError(Errors.C301.format(path=path))
    groups = [files for pattern in LINES if (files := sorted(path.glob(pattern)))]
    if groups:
        return max(groups, key=lambda files: max(f.stat().st_mtime for f in files))
    tables = sorted(path.glob(f"*{TABLE}"))
    if not tables:
        raise CodedFileNotFoundError(Errors.C320.format(path=path))
    return tables


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Read the records of notes, one at a time.

    path: A file of JSON Lines or of Parquet (.parquet), or a folder: what `annotate`
        has written, or Parquet files such as Spark writes.
    YIELDS: Records, as `records.make_record` makes them.
    RAISES OSError: C301, C302 and C320, if there is nothing that can be read.
    RAISES ValueError: C318 and C327, where something is no record.
    RAISES ImportError: C317, if a Parquet file needs pyarrow.
    """
    try:
        for file in find_files(path):
            yield from _read_table(file) if file.suffix == TABLE else read_lines(file)
    except OSError as error:
        if error.strerror is None:
            raise
        message = Errors.C302.format(source=path, reason=error.strerror)
        raise CodedOSError(message) from None


def _read_table(path: Path) -> Iterator[dict[str, Any]]:
    try:
        # Only these files need pyarrow.
        from spacy_clinical.export.arrow import read_parquet
    except ImportError as error:
        raise CodedImportError(Errors.C317) from error
    return read_parquet(path)
