"""Folders for caches: opened where they are there, made once where they aren't."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from spacy_clinical.errors import CodedOSError, name_type
from spacy_clinical.files.lock import FolderLock

CACHE_VARIABLE = "SPACY_CLINICAL_CACHE"
# Seconds to wait for another process that makes the same folder.
PATIENCE = 600.0
Opened = TypeVar("Opened")


def find_cache() -> Path:
    """Find the folder for caches, as the system has it."""
    if value := os.environ.get(CACHE_VARIABLE):
        return Path(value).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "spacy_clinical"


def open_or_make(
    folder: Path,
    name: str,
    open_folder: Callable[[Path], Opened],
    make: Callable[[Path], object],
    *,
    message: Any,
) -> Opened:
    """Open a folder in the cache. Where it isn't there yet or is damaged, make it first:
    one process does, others wait.

    name: Of the vocabulary, for the error.
    open_folder: Opens it, or raises OSError or ValueError.
    make: Makes it, so that it appears when it is complete.
    message: Of the error, in the catalog: with name, path, reason and variable.
    RAISES OSError: With that message, if it can't be made.
    """
    try:
        return open_folder(folder)
    except (OSError, ValueError):
        pass
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FolderLock(folder.parent, patience=PATIENCE):
            # Another process may have done it.
            try:
                return open_folder(folder)
            except (OSError, ValueError):
                shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            return open_folder(folder)
    except OSError as error:
        if isinstance(error, CodedOSError):
            raise
        reason = error.strerror or name_type(error)
        raise CodedOSError(
            message.format(
                name=name, path=folder.parent, reason=reason, variable=CACHE_VARIABLE
            )
        ) from None
