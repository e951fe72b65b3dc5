"""Keep two runs from writing to the same folder at once."""

import sys
import time
from contextlib import suppress
from pathlib import Path

from spacy_clinical.errors import Errors

# Windows has none: nobody is kept out there.
if sys.platform != "win32":
    import fcntl

LOCK_FILE = ".lock"
# Seconds that the workers of a run that was killed have to end.
PATIENCE = 5.0


class FolderLock:
    """A folder that is this process's own, until it is released or the process ends.

    folder: That exists. File systems that know no locks let everyone in.
    RAISES BlockingIOError: C339, if another run has it.
    """

    def __init__(self, folder: Path, *, patience: float = PATIENCE) -> None:
        self._handle = (folder / LOCK_FILE).open("w")
        limit = time.monotonic() + patience
        while not self._try():
            if time.monotonic() > limit:
                self.release()
                raise BlockingIOError(Errors.C339.format(path=folder))
            time.sleep(0.05)

    def release(self) -> None:
        """Let others in, though forked workers may still have the file open."""
        if sys.platform != "win32" and not self._handle.closed:
            with suppress(OSError):
                fcntl.flock(self._handle, fcntl.LOCK_UN)
        self._handle.close()

    def _try(self) -> bool:
        if sys.platform != "win32":
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            # Not every file system has locks.
            except OSError:
                return True
        return True
