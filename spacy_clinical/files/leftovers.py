"""Temporary files and folders: who still works on them, and what killed runs left.

Their names are those that `tempfile` makes beside the file that they are for:
.notes.jsonl.k3x9ab_2. Whoever makes one holds a lock on it, which ends with its process:
so another run knows that what no process holds is a leftover.
"""

import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import lock_descriptor, unlock_descriptor

# As tempfile makes them; all digits may be a date.
TOKEN = r"(?![0-9]{8}$)[a-z0-9_]{8}"
# Seconds after which a file counts as abandoned, where there are no locks.
LONG_AGO = 24 * 3600.0


def try_lock(descriptor: int) -> bool | None:
    """Lock an open file or folder, until it is closed or the process ends.

    RETURNS: Whether it is locked now; None where there are no locks.
    """
    try:
        return lock_descriptor(descriptor, blocking=False)
    except OSError:
        return None


def unlock(descriptor: int) -> None:
    """Let others in, though forked processes may still have it open, and close it."""
    with suppress(OSError):
        unlock_descriptor(descriptor)
    os.close(descriptor)


def is_same(descriptor: int, path: Path) -> bool:
    """Check whether an open file is still the one of this name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False


@contextmanager
def hold(path: Path) -> Iterator[bool]:
    """Keep others from taking a temporary file or folder for a leftover.

    YIELDS: Whether it is there; before it was held, another process may have removed it.
    """
    # Folders can't be opened there, and locked files can't be written.
    if sys.platform == "win32":
        yield True
        return
    # Some file systems lock only what may be written to.
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW)
    except FileNotFoundError:
        yield False
        return
    try:
        yield try_lock(descriptor) is not False and is_same(descriptor, path)
    finally:
        unlock(descriptor)


def is_held(path: Path) -> bool | None:
    """Check whether a process holds a temporary file; None if there are no locks."""
    if sys.platform == "win32":
        return None
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        locked = try_lock(descriptor)
        return None if locked is None else not locked
    finally:
        unlock(descriptor)


def is_leftover(path: Path) -> bool:
    """Check whether no process uses a temporary file or folder any more."""
    found = os.lstat(path)
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        return False
    held = is_held(path)
    return time.time() - found.st_mtime > LONG_AGO if held is None else not held


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files and folders that killed runs left beside a file.

    path: The file or folder that they would have become.
    """
    pattern = re.compile(rf"\.{re.escape(path.name)}\.{TOKEN}")
    with os.scandir(path.parent) as entries:
        names = [entry.name for entry in entries if pattern.fullmatch(entry.name)]
    for name in names:
        made = path.parent / name
        # What vanishes meanwhile, or may not be removed, is not ours.
        with suppress(OSError):
            if is_leftover(made):
                _remove(made)


def _remove(path: Path) -> None:
    if not path.is_dir():
        path.unlink()
    # As tempfile names folders; no other folder may be removed.
    elif stat.S_IMODE(path.stat().st_mode) == 0o700:
        shutil.rmtree(path)
