"""A lock that keeps two runs from writing to the same folder."""

import os
import time
from pathlib import Path
from types import TracebackType

from spacy_clinical.errors import CodedBlockingIOError, Errors
from spacy_clinical.files.leftovers import is_same, try_lock, unlock

LOCK_FILE = ".lock"
# Seconds to wait for the workers of a killed run to end.
PATIENCE = 5.0


# Not filelock.FileLock, which leaves its file in the folder. On file systems without
# locks, its file would lock the folder for good after the process is killed.
class FolderLock:
    """An exclusive lock on a folder, until it is released or the process ends.

    The lock file is removed then, or by the next run if the process was killed.

    folder: An existing folder. On file systems without locks, nothing is locked.
    patience (seconds): Time to wait for the lock.
    RAISES BlockingIOError: C339, if another run has the lock.
    """

    def __init__(self, folder: Path, *, patience: float = PATIENCE) -> None:
        self._path = folder / LOCK_FILE
        self._descriptor: int | None = None
        limit = time.monotonic() + patience
        while not self._try():
            if time.monotonic() > limit:
                raise CodedBlockingIOError(Errors.C339.format(path=folder))
            time.sleep(0.05)

    def __enter__(self) -> "FolderLock":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def release(self) -> None:
        """Release the lock, even if forked workers still have the file open."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        try:
            # A file that isn't empty belongs to another program.
            if is_same(descriptor, self._path) and not os.fstat(descriptor).st_size:
                self._path.unlink()
        # The file may stay; only the lock matters.
        except OSError:
            pass
        finally:
            unlock(descriptor)

    def _try(self) -> bool:
        # Windows has no such flag.
        no_links = getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | no_links, 0o600)
        # The previous owner may have removed the file that was opened here.
        if try_lock(descriptor) is False or not is_same(descriptor, self._path):
            unlock(descriptor)
            return False
        self._descriptor = descriptor
        return True
