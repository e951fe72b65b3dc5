"""Files that appear whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from spacy_clinical.errors import Errors


@contextmanager
def open_atomic(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 file for writing that takes its place only when all is written.

    Until then it is a temporary file beside it, which is removed if anything
    fails. Only the owner may read it, before and after.

    path: In a folder that exists.
    """
    with (
        replace_atomic(path) as made,
        # Names of files need not be valid Unicode; in JSON the escape reads back.
        made.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        yield file


@contextmanager
def replace_atomic(path: Path) -> Iterator[Path]:
    """Name a temporary file that takes its place when all is written.

    For writers that open files themselves; as `open_atomic` otherwise.

    path: In a folder that exists.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(descriptor)
    try:
        yield Path(name)
        with open(name, "rb+") as handle:
            os.fsync(handle.fileno())
        _put(Path(name), path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


@contextmanager
def fill_folder(path: Path) -> Iterator[Path]:
    """Name a temporary folder that takes its place when all its files are written.

    Only the owner may look into it, before and after. Its files are written by
    `open_atomic` or `replace_atomic`, which see that they are on the disk.

    path: An empty folder, or none; what holds it exists.
    RAISES FileExistsError: C326, if something is there.
    """
    path = path.resolve()
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FileExistsError(Errors.C326.format(path=path))
    name = tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        yield Path(name)
        if path.exists():
            path.rmdir()
        _put(Path(name), path)
    except BaseException:
        shutil.rmtree(name, ignore_errors=True)
        raise


def _put(made: Path, path: Path) -> None:
    """Move what was made to its place, where it stays if power fails."""
    os.replace(made, path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
