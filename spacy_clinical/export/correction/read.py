"""Find out which format annotations have, and read them."""

import codecs
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

from spacy_clinical.errors import (
    CodedFileNotFoundError,
    CodedImportError,
    CodedValueError,
    Errors,
)
from spacy_clinical.export.correction import (
    doccano,
    label_studio,
    prodigy,
    standoff,
)
from spacy_clinical.export.correction.annotated import (
    Annotated,
    Holds,
    Read,
    list_annotations,
    read_safely,
)
from spacy_clinical.export.reading import find_files, read_records
from spacy_clinical.files.json_text import read_json
from spacy_clinical.files.regular import open_regular, show_path
from spacy_clinical.types import NoteFailure

ReadAll: TypeAlias = Callable[[Path], Iterator[Read]]
# Fields of the first row of JSON Lines, by format.
_ROWS = {
    "records": {"id", "sections", "entities"},
    "prodigy": {"text", "spans"},
    "doccano": {"text", "entities"},
}
_HOLDS_ALL = Holds(attributes=True, concepts=True, sections=True, identifiers=True)


class Kind(NamedTuple):
    """A format of annotations.

    what: For messages.
    read: Reads a file or a folder.
    suffixes: Of its files.
    """

    what: str
    read: ReadAll
    holds: Holds
    suffixes: tuple[str, ...]


def _read_records(path: Path) -> Iterator[Read]:
    for number, record in enumerate(read_records(path), start=1):
        source = f"{path.name}, record {number}"
        yield read_safely(partial(list_annotations, record), source, "a record")


def _read_cas(path: Path) -> Iterator[Read]:
    try:
        # Only this format needs dkpro-cassis.
        from spacy_clinical.export.correction.cas import read_folder
    except ImportError as error:
        raise CodedImportError(Errors.C766) from error
    return read_folder(path)


KINDS = {
    "label-studio": Kind(
        label_studio.KIND, label_studio.read_tasks, label_studio.HOLDS, (".json",)
    ),
    "doccano": Kind(doccano.KIND, doccano.read_rows, doccano.HOLDS, (".jsonl",)),
    "prodigy": Kind(prodigy.KIND, prodigy.read_rows, prodigy.HOLDS, (".jsonl",)),
    "inception": Kind("UIMA CAS (XMI)", _read_cas, _HOLDS_ALL, (".xmi",)),
    "brat": Kind(standoff.KIND, standoff.read_folder, standoff.HOLDS, (".txt", ".ann")),
    "records": Kind(
        "records (.jsonl, .parquet) or .spacy",
        _read_records,
        _HOLDS_ALL,
        (".jsonl", ".parquet", ".spacy"),
    ),
}
# Those that are read as whole folders.
_FOLDERS = ("brat", "inception", "records")


def read_annotations(path: Path, kind: str = "") -> Iterator[Read]:
    """Read annotated notes.

    path: A file, or a folder of files in one format.
    kind: The format, a key of `KINDS`; "" to find it out.
    YIELDS: The notes, or why one can't be read.
    RAISES OSError: C301, if there is no such path.
    RAISES ValueError: C760, if a file is no list of tasks; C765, if no format fits.
    RAISES ImportError: C317 and C766, if a package is needed.
    """
    kind = kind or find_kind(path)
    chosen = KINDS[kind]
    if path.is_dir() and kind not in _FOLDERS:
        for suffix in chosen.suffixes:
            for file in sorted(path.rglob(f"*{suffix}")):
                yield from chosen.read(file)
    else:
        yield from chosen.read(path)


def find_kind(path: Path) -> str:
    """Find the format of a file or of a folder's files.

    RAISES OSError: C301, if there is no such path.
    RAISES ValueError: C765, if no format fits.
    """
    if not path.exists():
        raise CodedFileNotFoundError(Errors.C301.format(path=show_path(path)))
    kind = _find_file_kind(path) if path.is_file() else _find_folder_kind(path)
    if not kind:
        known = "; ".join(f"{name}: {row.what}" for name, row in KINDS.items())
        raise CodedValueError(Errors.C765.format(path=show_path(path), known=known))
    return kind


def _find_folder_kind(path: Path) -> str:
    for suffix, kind in ((".ann", "brat"), (".xmi", "inception")):
        if next(path.rglob(f"*{suffix}"), None) is not None:
            return kind
    try:
        files = find_files(path)
    except CodedFileNotFoundError:
        files = [*sorted(path.rglob("*.json")), *sorted(path.rglob("*.jsonl"))]
    return _find_file_kind(files[0]) if files else ""


def _find_file_kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".spacy"):
        return "records"
    if suffix == ".txt" and path.with_suffix(".ann").is_file():
        return "brat"
    if suffix == ".xmi":
        return "inception"
    if suffix not in (".json", ".jsonl", ".ndjson"):
        return ""
    with open_regular(path) as lines:
        for line in lines:
            # Some systems begin files with a mark.
            line = line.removeprefix(codecs.BOM_UTF8).strip()
            if not line:
                continue
            if line[:1] == b"[":
                return "label-studio"
            try:
                row = read_json(line)
            except (ValueError, RecursionError):
                return ""
            names = set(row) if isinstance(row, dict) else set()
            # doccano's name for entities without relations.
            names |= {"entities"} if "label" in names else set()
            # Prodigy leaves out the spans where there are none.
            names |= {"spans"} if names & {"tokens", "_task_hash"} else set()
            return next((name for name, own in _ROWS.items() if own <= names), "")
    return ""


def split_failures(
    read: Iterator[Read], failures: list[NoteFailure]
) -> Iterator[Annotated]:
    """Keep failures apart from notes.

    failures: Where they go.
    """
    for one in read:
        if isinstance(one, NoteFailure):
            failures.append(one)
        else:
            yield one
