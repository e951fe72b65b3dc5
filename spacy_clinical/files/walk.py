"""Search of untrusted folders."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from spacy_clinical.errors import Warnings, warn
from spacy_clinical.files.regular import show_path


class Walk:
    """The files in a folder and its subfolders, in order and without hidden ones.

    Links to folders aren't followed.

    folder: The folder.
    skip: Files and folders to leave out.
    unreadable: Folders that can't be read, with the reasons.
    """

    def __init__(self, folder: Path, skip: Collection[Path]) -> None:
        self.unreadable: list[tuple[Path, str]] = []
        self._folder = folder
        self._skip = skip
        self._n_links = 0

    def __iter__(self) -> Iterator[Path]:
        # No recursion, as folders may be nested very deeply.
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
        """Warn (W309) if links to folders were left out."""
        if self._n_links:
            name = show_path(self._folder)
            warn(Warnings.W309.format(n_links=self._n_links, source=name))

    def _list(self, folder: Path, real: str) -> Iterator[tuple[Path, str, bool]]:
        """List a folder by name: paths, real paths, and whether they are folders."""
        try:
            with os.scandir(folder) as entries:
                by_name = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self.unreadable.append((folder, reason))
            return
        for entry in by_name:
            path, place = folder / entry.name, os.path.join(real, entry.name)
            is_link = entry.is_symlink()
            if is_link:
                # Path.resolve raises an error for circular links.
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
