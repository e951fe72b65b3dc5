"""Keep libraries from quoting what they read in logs and warnings."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from PIL import Image

# Pillow logs metadata of pictures, and its warnings are of broken metadata.
LOGGERS = ("PIL", "pypdfium2")
SILENT = logging.CRITICAL + 1


class _Quiet:
    """Set the levels of loggers when the first reader starts, and back after the last.

    The levels and the filters of warnings are the whole process's: readers in several
    threads must not restore what another one has set.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._n_readers = 0
        self._levels: dict[logging.Logger, int] = {}
        self._warnings = warnings.catch_warnings()

    def enter(self) -> None:
        with self._lock:
            self._n_readers += 1
            if self._n_readers > 1:
                return
            for logger in _list_loggers():
                self._levels[logger] = logger.level
                logger.setLevel(SILENT)
            self._warnings = warnings.catch_warnings()
            self._warnings.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
            warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

    def leave(self) -> None:
        with self._lock:
            self._n_readers -= 1
            if self._n_readers:
                return
            self._warnings.__exit__(None, None, None)
            for logger, level in self._levels.items():
                # Unless it was set meanwhile.
                if logger.level == SILENT:
                    logger.setLevel(level)
            self._levels.clear()


def _list_loggers() -> list[logging.Logger]:
    """List the loggers of libraries, and those below them that have a level of their
    own."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    below = tuple(f"{name}." for name in LOGGERS)
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and name.startswith(below):
            loggers.append(logger)
    return loggers


_QUIET = _Quiet()


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Silence the libraries that read forms, for as long as one is read."""
    _QUIET.enter()
    try:
        yield
    finally:
        _QUIET.leave()
