"""Temporary files and folders: locks on them, and removal of those of killed runs.

They are named by `tempfile`, next to their target: .notes.jsonl.k3x9ab_2. The process
that creates one holds a lock on it until it ends. So one that isn't locked is a
leftover.
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

# Names that tempfile makes. Eight digits may be a date, so they don't count.
TOKEN = r"(?![0-9]{8}$)[a-z0-9_]{8}"
# Seconds after which a file counts as a leftover on file systems without locks.
LONG_AGO = 24 * 3600.0


def try_lock(descriptor: int) -> bool | None:
    """Try to lock an open file or folder, until it is closed or the process ends.

    RETURNS: Whether this process has the lock; None if locks aren't supported.
    """
    try:
        return lock_descriptor(descriptor, blocking=False)
    except OSError:
        return None


def unlock(descriptor: int) -> None:
    """Unlock and close a file, even if forked processes still have it open."""
    with suppress(OSError):
        unlock_descriptor(descriptor)
    os.close(descriptor)


def is_same(descriptor: int, path: Path) -> bool:
    """Check whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False


@contextmanager
def hold(path: Path) -> Iterator[bool]:
    """Lock a temporary file or folder, so that it doesn't count as a leftover.

    YIELDS: Whether it still exists; another process may have removed it before the
        lock.
    """
    # Windows can't open folders or write to locked files.
    if sys.platform == "win32":
        yield True
        return
    # Some file systems only lock files that are open for writing.
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
    """Check whether a process has locked a file; None if locks aren't supported."""
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
    """Check whether a temporary file or folder is no longer used by any process."""
    status = os.lstat(path)
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return False
    held = is_held(path)
    return time.time() - status.st_mtime > LONG_AGO if held is None else not held


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files and folders that killed runs have left for a target.

    path: The target file or folder.
    """
    pattern = re.compile(rf"\.{re.escape(path.name)}\.{TOKEN}")
    with os.scandir(path.parent) as entries:
        names = [entry.name for entry in entries if pattern.fullmatch(entry.name)]
    for name in names:
        made = path.parent / name
        # It may have been removed meanwhile, or belong to someone else.
        with suppress(OSError):
            if is_leftover(made):
                _remove(made)


def _remove(path: Path) -> None:
    if not path.is_dir():
        path.unlink()
    # tempfile's permissions for folders; other folders must not be removed.
    elif stat.S_IMODE(path.stat().st_mode) == 0o700:
        shutil.rmtree(path)
