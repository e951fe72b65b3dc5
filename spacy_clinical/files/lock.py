"""Keep two runs from writing to the same folder at once."""

import os
import time
from pathlib import Path
from types import TracebackType

from spacy_clinical.errors import CodedBlockingIOError, Errors
from spacy_clinical.files.leftovers import is_same, try_lock, unlock

LOCK_FILE = ".lock"
# Seconds that the workers of a run that was killed have to end.
PATIENCE = 5.0


# Not filelock.FileLock: that leaves its file in the folder, and where a file system knows
# no locks it makes one that stays, and keeps others out, when the process is killed.
class FolderLock:
    """A folder that is this process's own, until it is released or the process ends.

    Its lock file is there no longer than that, or until the next run, if the process
    was killed.

    folder: That exists. File systems that know no locks let everyone in.
    RAISES BlockingIOError: C339, if another run has it.
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
        """Let others in, though forked workers may still have the file open."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        try:
            # Another program's file of that name would not be empty.
            if is_same(descriptor, self._path) and not os.fstat(descriptor).st_size:
                self._path.unlink()
        # It may stay: what counts is the lock.
        except OSError:
            pass
        finally:
            unlock(descriptor)

    def _try(self) -> bool:
        # Windows follows no links of others.
        no_links = getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | no_links, 0o600)
        # Who had it before may have removed the file that was opened here.
        if try_lock(descriptor) is False or not is_same(descriptor, self._path):
            unlock(descriptor)
            return False
        self._descriptor = descriptor
        return True
