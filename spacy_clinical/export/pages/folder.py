"""Keep the files of each run in a folder of its own: an index links to one run only.

    index.html                          leads to the pages of the run that made it
    pages/run-k3x9ab_2/note-00001.html

A run fills a new folder, then its index takes the place of the old one, then the old
folder goes. A name of a page stands for the same note as long as it is there.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from spacy_clinical.errors import Warnings, warn
from spacy_clinical.files.atomic import make_folder, open_new, sync_folder
from spacy_clinical.files.leftovers import TOKEN, is_held, is_leftover

_RUN = re.compile(rf"run-{TOKEN}")
# In the foot of all pages, which is at their end or before their data.
_MARK = b"Made by spacy-clinical "
_HEAD, _TAIL = 1 << 17, 1 << 12


class PagesFolder:
    """The pages of an output folder, and what is left there of earlier runs.

    index: The page, or the table, that leads to them, beside the folder.
    name: Of the folder that holds a folder for each run.
    stem: The start of the pages' names.
    suffix: Their end. The index of tables (".csv") has their names at the start of lines.
    """

    def __init__(
        self, index: Path, *, name: str, stem: str, suffix: str = ".html"
    ) -> None:
        self.index = index
        self.path = index.parent / name
        self.stem = stem
        self.suffix = suffix
        page = rf"{re.escape(stem)}-\d{{5,}}{re.escape(suffix)}"
        # Also temporary files of earlier versions.
        self._page = re.compile(rf"{page}|\.{page}\.{TOKEN}")

    @contextmanager
    def fill(self) -> Iterator[Path]:
        """Make a folder for the pages of a run, which is removed again if the run fails."""
        self.path.mkdir(exist_ok=True)
        with make_folder(self.path, prefix="run-") as run:
            try:
                yield run
            except BaseException:
                # An interrupted run may be in place already.
                if run.name != self._find_run():
                    shutil.rmtree(run, ignore_errors=True)
                raise

    def name_page(self, run: Path, number: int) -> str:
        """Get the link from the index to a page; numbers start at 1."""
        return f"{self.path.name}/{run.name}/{self.stem}-{number:05}{self.suffix}"

    def write(self, run: Path, number: int, content: str) -> None:
        """Write a page of a run, and flush it to the disk."""
        with open_new(self.index.parent / self.name_page(run, number)) as handle:
            handle.write(content)

    def sync(self, run: Path) -> None:
        """Flush the pages of a run to the disk."""
        sync_folder(run)
        sync_folder(self.path)

    def link_to_index(self) -> str:
        """Get the link from the pages to the index."""
        return f"../../{self.index.name}"

    def remove_leftovers(self) -> None:
        """Remove the pages of runs that were killed before they were in place."""
        if self.path.is_dir():
            self._remove_runs(self._find_run(), is_leftover)

    def remove_others(self, keep: Path | None) -> bool:
        """Remove the pages of all runs but one, and no other files.

        keep: The folder of that run.
        RETURNS: Whether there were any.
        RAISES OSError: If they can't be removed.
        """
        if not self.path.is_dir():
            return False
        # Earlier versions wrote all pages to one folder.
        is_found = self._remove_pages(self.path)
        kept = None if keep is None else keep.name
        is_found |= self._remove_runs(kept, lambda run: not is_held(run))
        with suppress(OSError):
            self.path.rmdir()
        return is_found

    def _find_run(self) -> str | None:
        """Find the name of the folder that the index leads to."""
        lead = 'href="' if self.suffix == ".html" else "^"
        link = re.compile(rf"{lead}{re.escape(self.path.name)}/({_RUN.pattern})/")
        with (
            suppress(OSError),
            self.index.open(encoding="utf8", errors="replace") as lines,
        ):
            for line in lines:
                if match := link.search(line):
                    return match[1]
        return None

    def _remove_runs(self, keep: str | None, is_over: Callable[[Path], bool]) -> bool:
        """Remove the pages of runs, except those that other processes use.

        is_over: Whether no process uses a folder any more.
        """
        is_found = False
        with os.scandir(self.path) as entries:
            runs = [Path(entry) for entry in entries if _is_run(entry)]
        for run in runs:
            if run.name != keep and is_over(run):
                self._remove_pages(run)
                with suppress(OSError):
                    run.rmdir()
                is_found = True
        return is_found

    def _remove_pages(self, folder: Path) -> bool:
        with os.scandir(folder) as entries:
            pages = [entry.path for entry in entries if self._is_page(entry)]
        for page in pages:
            os.unlink(page)
        if pages:
            sync_folder(folder)
        return bool(pages)

    def _is_page(self, entry: "os.DirEntry[str]") -> bool:
        is_file = entry.is_file(follow_symlinks=False)
        return is_file and self._page.fullmatch(entry.name) is not None


def is_made_page(path: Path) -> bool:
    """Check whether a file is a page that this package made."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as handle:
        head = handle.read(_HEAD)
        handle.seek(max(0, path.stat().st_size - _TAIL))
        return _MARK in head or _MARK in handle.read()


def warn_of_removed(folder: Path, names: Sequence[str]) -> None:
    """Warn (W305) that earlier outputs were removed from a folder."""
    if names:
        warn(Warnings.W305.format(path=folder, names=", ".join(names)))


def _is_run(entry: "os.DirEntry[str]") -> bool:
    is_folder = entry.is_dir(follow_symlinks=False)
    return is_folder and _RUN.fullmatch(entry.name) is not None
