"""Find the files that hold notes."""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from spacy_clinical.encoding import find_binary_kind
from spacy_clinical.errors import Errors, Warnings, warn
from spacy_clinical.own_outputs import OwnOutputs
from spacy_clinical.regular_files import open_regular, show_path
from spacy_clinical.types import NoteFailure, list_names

STANDARD_INPUT = "-"
_FORMATS = {
    ".txt": "text",
    ".text": "text",
    ".html": "text",
    ".htm": "text",
    ".xhtml": "text",
    ".xml": "text",
    ".cda": "text",
    ".hl7": "text",
    ".rtf": "text",
    ".docx": "text",
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
        """What messages and records call it."""
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
    found: list[Source | NoteFailure] = []
    own = OwnOutputs()
    for name in list_names(paths):
        path = Path(name)
        if name == STANDARD_INPUT:
            found.append(Source(None, "stdin", "text"))
        elif os.path.isdir(name):
            found.extend(_list_folder(path, skip, own))
        elif os.path.exists(name):
            kind = _get_kind(path) or "text"
            found.append(Source(path, show_path(path.stem), kind))
        else:
            raise FileNotFoundError(Errors.C301.format(path=show_path(name)))
    _tell_own(own, paths)
    return found


def list_forms(
    paths: str | Sequence[str], *, skip: Collection[Path] = ()
) -> list[Path]:
    """Find the files that hold forms, folders in depth and in order of name.

    paths: Files or folders. A file named here is read whatever its ending; in folders
        the ending decides.
    skip (resolved): Files and folders to leave out, such as earlier output.
    RETURNS: Also folders inside that can't be read, so that reading them fails.
    RAISES FileNotFoundError: C301, if a path does not exist; C518, if there are none.
    """
    found: list[Path] = []
    own = OwnOutputs()
    for name in list_names(paths):
        if os.path.isdir(name):
            walk = _Walk(Path(name), skip)
            files = own.leave_out(walk, Path(name))
            found += [path for path in files if path.suffix.lower() in _FORMS]
            found += [folder for folder, _ in walk.unreadable]
            walk.warn_of_links()
        elif os.path.exists(name):
            found.append(Path(name))
        else:
            raise FileNotFoundError(Errors.C301.format(path=show_path(name)))
    _tell_own(own, paths)
    if not found:
        suffixes = ", ".join(sorted(_FORMS))
        raise FileNotFoundError(
            Errors.C518.format(source=", ".join(paths), suffixes=suffixes)
        )
    return found


def _tell_own(own: OwnOutputs, paths: Sequence[str]) -> None:
    if own.n_found:
        source = ", ".join(paths)
        warn(Warnings.W307.format(n_files=own.n_found, source=source))


def _get_kind(path: Path) -> str | None:
    return _FORMATS.get(path.suffix.lower())


def _list_folder(
    folder: Path, skip: Collection[Path], own: OwnOutputs
) -> Iterator[Source | NoteFailure]:
    n_found = n_left_out = 0
    walk = _Walk(folder, skip)
    for path in own.leave_out(walk, folder):
        found = _inspect(path, folder)
        n_found += found is not None
        n_left_out += found is None
        if found is not None:
            yield found
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


class _Walk:
    """Go through the files of a folder, in depth and in order, but for hidden ones.

    Links to folders aren't followed.

    unreadable: Folders that can't be read, and why.
    """

    def __init__(self, folder: Path, skip: Collection[Path]) -> None:
        self.unreadable: list[tuple[Path, str]] = []
        self._folder = folder
        self._skip = skip
        self._n_links = 0

    def __iter__(self) -> Iterator[Path]:
        # Not by recursion: folders may be nested as deep as the system lets them.
        waiting = [(self._folder, os.path.realpath(self._folder))]
        while waiting:
            folders: list[tuple[Path, str]] = []
            for path, real, is_folder in self._list(*waiting.pop()):
                if is_folder:
                    folders.append((path, real))
                else:
                    yield path
            waiting += reversed(folders)

    def warn_of_links(self) -> None:
        """Warn (W309), if links to folders were left out."""
        if self._n_links:
            name = show_path(self._folder)
            warn(Warnings.W309.format(n_links=self._n_links, source=name))

    def _list(self, folder: Path, real: str) -> Iterator[tuple[Path, str, bool]]:
        """What is in a folder, in order of name, where it is, and if it is a folder."""
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self.unreadable.append((folder, reason))
            return
        for entry in found:
            path, place = folder / entry.name, os.path.join(real, entry.name)
            is_link = entry.is_symlink()
            if is_link:
                # Path.resolve raises an error at links in a circle.
                place = os.path.realpath(path)
            if entry.name[0] == "." or Path(place) in self._skip:
                continue
            is_folder = _is_folder(entry)
            if is_folder and is_link:
                self._n_links += 1
            else:
                yield path, place, is_folder


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _inspect(path: Path, folder: Path) -> Source | NoteFailure | None:
    """Decide about a file in a folder; None leaves it out.

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
