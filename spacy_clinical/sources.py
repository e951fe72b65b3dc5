"""Find the files that hold notes."""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from spacy_clinical.encoding import find_binary_kind
from spacy_clinical.errors import Errors, Warnings, warn
from spacy_clinical.types import NoteFailure

STANDARD_INPUT = "-"
_FORMATS = {
    ".txt": "text",
    ".text": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
_SUFFIXES = ", ".join(_FORMATS)


_FORMS = frozenset(
    {
        *(".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"),
        *(".hocr", ".html", ".xml", ".json", ".tsv"),
    }
)


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
        return STANDARD_INPUT if self.path is None else str(self.path)


def list_sources(
    paths: Sequence[str], *, skip: Collection[Path] = ()
) -> list[Source | NoteFailure]:
    """Find the files that hold notes, folders in depth and in order of name.

    paths: Files, folders, or "-" for one note on standard input. A file named here
        is read whatever its ending; in folders the ending decides.
    skip (resolved): Files and folders to leave out, such as earlier output.
    RETURNS: Also a failure for each folder and file that can't be read.
    RAISES FileNotFoundError: C301, if a path does not exist.
    """
    found: list[Source | NoteFailure] = []
    for name in paths:
        path = Path(name)
        if name == STANDARD_INPUT:
            found.append(Source(None, "stdin", "text"))
        elif os.path.isdir(name):
            found.extend(_list_folder(path, skip))
        elif os.path.exists(name):
            found.append(Source(path, path.stem, _get_kind(path) or "text"))
        else:
            raise FileNotFoundError(Errors.C301.format(path=name))
    return found


def list_forms(paths: Sequence[str], *, skip: Collection[Path] = ()) -> list[Path]:
    """Find the files that hold forms, folders in depth and in order of name.

    paths: Files or folders. A file named here is read whatever its ending; in folders
        the ending decides.
    skip (resolved): Files and folders to leave out, such as earlier output.
    RAISES FileNotFoundError: C301, if a path does not exist; C313, if there are none.
    """
    found: list[Path] = []
    for name in paths:
        if os.path.isdir(name):
            files = _walk(Path(name), skip, [])
            found += [path for path in files if path.suffix.lower() in _FORMS]
        elif os.path.exists(name):
            found.append(Path(name))
        else:
            raise FileNotFoundError(Errors.C301.format(path=name))
    if not found:
        suffixes = ", ".join(sorted(_FORMS))
        raise FileNotFoundError(
            Errors.C313.format(source=", ".join(paths), suffixes=suffixes)
        )
    return found


def _get_kind(path: Path) -> str | None:
    return _FORMATS.get(path.suffix.lower())


def _list_folder(
    folder: Path, skip: Collection[Path]
) -> Iterator[Source | NoteFailure]:
    unreadable: list[OSError] = []
    n_found = n_left_out = 0
    for path in _walk(folder, skip, unreadable):
        found = _inspect(path, folder)
        n_found += found is not None
        n_left_out += found is None
        if found is not None:
            yield found
    for error in unreadable:
        reason = error.strerror or type(error).__name__
        yield NoteFailure(
            str(error.filename),
            Errors.C302.format(source=error.filename, reason=reason),
        )
    if n_left_out and n_found:
        warn(
            Warnings.W302.format(n_files=n_left_out, source=folder, suffixes=_SUFFIXES)
        )
    if not n_found and not unreadable:
        message = Errors.C313.format(source=folder, suffixes=_SUFFIXES)
        yield NoteFailure(str(folder), message)


def _walk(
    folder: Path, skip: Collection[Path], unreadable: list[OSError]
) -> Iterator[Path]:
    """Go through the files of a folder, in depth and in order, but for hidden ones.

    unreadable: Gets what went wrong with folders that can't be read.
    """
    for parent, folders, names in os.walk(folder, onerror=unreadable.append):
        here = Path(parent)
        folders[:] = sorted(
            name
            for name in folders
            if name[0] != "." and (here / name).resolve() not in skip
        )
        for name in sorted(names):
            if name[0] != "." and (here / name).resolve() not in skip:
                yield here / name


def _inspect(path: Path, folder: Path) -> Source | NoteFailure | None:
    """Decide about a file in a folder; None leaves it out.

    Scans, PDFs and archives are failures, as there may be notes in them.
    """
    kind = _get_kind(path)
    if not path.is_file():
        if path.is_symlink() and not path.exists():
            reason = "it links to nothing"
            message = Errors.C302.format(source=path, reason=reason)
        else:
            message = Errors.C315.format(source=path)
        return NoteFailure(str(path), message)
    if kind is not None:
        note_id = path.relative_to(folder).with_suffix("").as_posix()
        return Source(path, note_id, kind)
    try:
        with path.open("rb") as handle:
            binary_kind = find_binary_kind(handle.read(16))
    except OSError:
        return None
    if binary_kind is None:
        return None
    return NoteFailure(str(path), Errors.C303.format(source=path, kind=binary_kind))
