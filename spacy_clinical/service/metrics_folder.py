"""Folder in which the processes of a service keep their counts, so that one can send
them all."""

import os
import shutil
import tempfile
from pathlib import Path

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# In memory, where systems have it: a full disk must not end the service.
SHARED_MEMORY = Path("/dev/shm")


class MetricsFolder:
    """A folder for counts, while a service runs. There is no text in it.

    It must be there before `prometheus_client` is imported.
    """

    def __init__(self) -> None:
        self._path = ""

    def __enter__(self) -> None:
        if FOLDER_VARIABLE not in os.environ:
            is_there = SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK)
            place = SHARED_MEMORY if is_there else None
            self._path = tempfile.mkdtemp(prefix="spacy-clinical-metrics-", dir=place)
            os.environ[FOLDER_VARIABLE] = self._path

    def __exit__(self, *_: object) -> None:
        if self._path:
            del os.environ[FOLDER_VARIABLE]
            shutil.rmtree(self._path, ignore_errors=True)


def reserve_space() -> None:
    """Take the room that the counts of this process need.

    They are written as memory: where the disk is full by then, the system ends a process.

    RAISES OSError: If there is no room.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder is None or not hasattr(os, "posix_fallocate"):
        return
    for path in Path(folder).glob(f"*_{os.getpid()}.db"):
        with path.open("r+b") as handle:
            os.posix_fallocate(handle.fileno(), 0, path.stat().st_size)
