"""Read records from JSON Lines, Parquet and .spacy files, and folders of these."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from spacy.tokens import DocBin
from spacy.vocab import Vocab

from spacy_clinical.errors import (
    CodedFileNotFoundError,
    CodedImportError,
    CodedOSError,
    CodedValueError,
    Errors,
)
from spacy_clinical.export.docs import get_note
from spacy_clinical.export.jsonl import read_lines
from spacy_clinical.export.records import make_record
from spacy_clinical.files.regular import open_regular
from spacy_clinical.types import Note

TABLE, DOCS = ".parquet", ".spacy"
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
    for suffix in (TABLE, DOCS):
        files = sorted(path.glob(f"*{suffix}"))
        if files:
            return files
    raise CodedFileNotFoundError(Errors.C320.format(path=path))


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Read the records of notes, one at a time.

    path: A file of JSON Lines, Parquet (.parquet) or Docs (.spacy), or a folder: what
        `annotate` has written, or files of the last two, such as Spark writes.
    YIELDS: Records, as `records.make_record` makes them.
    RAISES OSError: C301, C302 and C320, if there is nothing that can be read.
    RAISES ValueError: C318 and C327, where something is no record.
    RAISES ImportError: C317, if a Parquet file needs pyarrow.
    """
    try:
        for file in find_files(path):
            yield from _READERS.get(file.suffix, read_lines)(file)
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


def _read_docs(path: Path) -> Iterator[dict[str, Any]]:
    open_regular(path).close()
    try:
        docs = DocBin(store_user_data=True).from_disk(path)
    # A wrong format may raise anything.
    except Exception:
        source = f"'{path.name}'"
        raise CodedValueError(Errors.C318.format(source=source)) from None
    for number, doc in enumerate(docs.get_docs(Vocab())):
        source = f"{path.name}:{number}"
        note = get_note(doc) or Note(f"{path.stem}-{number}", doc.text, {}, source)
        yield dict(make_record(note, doc))


_READERS: dict[str, Callable[[Path], Iterator[dict[str, Any]]]] = {
    TABLE: _read_table,
    DOCS: _read_docs,
}
