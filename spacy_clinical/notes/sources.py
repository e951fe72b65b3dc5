"""Find the files that hold notes."""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from spacy_clinical.errors import CodedFileNotFoundError, Errors, Warnings, warn
from spacy_clinical.files.own_outputs import OwnOutputs, warn_of_own
from spacy_clinical.files.regular import open_regular, show_path
from spacy_clinical.files.walk import Walk
from spacy_clinical.notes.encoding import find_binary_kind
from spacy_clinical.types import NoteFailure, list_names

STANDARD_INPUT = "-"
_FORMATS = {
    **dict.fromkeys((".txt", ".text", ".html", ".htm", ".xhtml"), "text"),
    **dict.fromkeys((".xml", ".cda", ".hl7", ".rtf", ".docx"), "text"),
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
_SUFFIXES = ", ".join(_FORMATS)


class Source(NamedTuple):
    """A file with one note or with many.

    path: None for standard input.
    note_id: Id of its note, or the start of the ids of its rows.
    kind: "text", "jsonl", "csv", "tsv" or "parquet".
    """

    path: Path | None
    note_id: str
    kind: str

    @property
    def name(self) -> str:
        """The name of the file in messages and records."""
        return STANDARD_INPUT if self.path is None else show_path(self.path)


def list_sources(
    paths: str | Sequence[str], *, skip: Collection[Path] = ()
) -> list[Source | NoteFailure]:
    """Find the files that hold notes, folders in depth and in order of name.

    paths: Files, folders, or "-" for one note on standard input. A file named here
        is read whatever its ending, and whoever wrote it; in folders the ending decides,
        and what this package has written is left out, which one warning (W307) says.
    skip (resolved): Files and folders to leave out, such as earlier output.
    RETURNS: Also a failure for each folder and file that can't be read.
    RAISES FileNotFoundError: C301, if a path does not exist.
    """
    sources: list[Source | NoteFailure] = []
    own = OwnOutputs()
    for name in list_names(paths):
        path = Path(name)
        if name == STANDARD_INPUT:
            sources.append(Source(None, "stdin", "text"))
        elif os.path.isdir(name):
            sources.extend(_list_folder(path, skip, own))
        elif os.path.exists(name):
            kind = _get_kind(path) or "text"
            sources.append(Source(path, show_path(path.stem), kind))
        else:
            raise CodedFileNotFoundError(Errors.C301.format(path=show_path(name)))
    warn_of_own(own, paths)
    return sources


def _get_kind(path: Path) -> str | None:
    return _FORMATS.get(path.suffix.lower())


def _list_folder(
    folder: Path, skip: Collection[Path], own: OwnOutputs
) -> Iterator[Source | NoteFailure]:
    n_found = n_left_out = 0
    walk = Walk(folder, skip)
    for path in own.leave_out(walk, folder):
        source = _inspect(path, folder)
        n_found += source is not None
        n_left_out += source is None
        if source is not None:
            yield source
    for path, reason in walk.unreadable:
        name = show_path(path)
        yield NoteFailure(name, Errors.C302.format(source=name, reason=reason))
    walk.warn_of_links()
    name = show_path(folder)
    if n_left_out and n_found:
        warn(Warnings.W302.format(n_files=n_left_out, source=name, suffixes=_SUFFIXES))
    if not n_found and not walk.unreadable:
        message = Errors.C313.format(source=name, suffixes=_SUFFIXES)
        yield NoteFailure(name, message)


def _inspect(path: Path, folder: Path) -> Source | NoteFailure | None:
    """Make a source or a failure of a file in a folder; None for files to leave out.

    Scans, PDFs and archives are failures, as there may be notes in them.
    """
    name, kind = show_path(path), _get_kind(path)
    try:
        is_regular = stat.S_ISREG(os.stat(path).st_mode)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if isinstance(error, FileNotFoundError) and os.path.islink(path):
            reason = "it links to nothing"
        return NoteFailure(name, Errors.C302.format(source=name, reason=reason))
    if not is_regular:
        return NoteFailure(name, Errors.C315.format(source=name))
    if kind is not None:
        note_id = path.relative_to(folder).with_suffix("").as_posix()
        return Source(path, show_path(note_id), kind)
    try:
        with open_regular(path) as handle:
            binary_kind = find_binary_kind(handle.read(16))
    except OSError:
        return None
    if binary_kind is None:
        return None
    return NoteFailure(name, Errors.C303.format(source=name, kind=binary_kind))
