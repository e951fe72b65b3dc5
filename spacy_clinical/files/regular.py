"""Open untrusted files: only regular files, and without blocking."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from spacy_clinical.errors import (
    CodedError,
    CodedOSError,
    CodedValueError,
    Errors,
    get_own_message,
)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file to read its bytes.

    Opening a pipe blocks until there is a writer, and opening a device may do anything.
    So the type of the file is checked before it is opened, and again afterwards.

    RAISES OSError: C315, if it is a folder, pipe, socket or device; or the system's
        error.
    """
    _check_kind(path, os.stat(path))
    flags = os.O_RDONLY
    # Some of these flags only exist on Windows or on POSIX systems.
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT"):
        flags |= getattr(os, name, 0)
    handle = os.fdopen(os.open(path, flags), "rb")
    try:
        _check_kind(path, os.fstat(handle.fileno()))
    except OSError:
        handle.close()
        raise
    return handle


def read_regular(path: Path, *, max_bytes: int | None = None) -> bytes:
    """Read a regular file.

    max_bytes: Maximum size; None for no limit.
    RAISES OSError: The errors of `open_regular`; C513, if the file is larger.
    """
    with open_regular(path) as handle:
        if max_bytes is None:
            return handle.read()
        is_larger = os.fstat(handle.fileno()).st_size > max_bytes
        # A file may grow while it is read.
        data = b"" if is_larger else handle.read(max_bytes + 1)
    if is_larger or len(data) > max_bytes:
        name = show_path(path.name)
        raise CodedOSError(Errors.C513.format(name=name, max_bytes=max_bytes))
    return data


def _check_kind(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise CodedOSError(Errors.C315.format(source=show_path(path)))


def show_path(path: str | Path) -> str:
    r"""Format a path as valid Unicode; other bytes become escapes like "\udce9"."""
    return str(path).encode("utf8", "backslashreplace").decode("utf8")


@contextmanager
def coded_errors(source: str | Path) -> Iterator[None]:
    """Re-raise the package's own errors, and convert others, whose messages may quote a
    note.

    RAISES ValueError: C302 or C350, for errors without a code.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, CodedError):
            raise
        raise CodedValueError(describe_error(error, source)) from None


def describe_error(error: Exception, source: str | Path) -> str:
    """Make a coded message for an error of reading a file.

    Errors of libraries may quote the file, so only their type is given.
    """
    message = get_own_message(error)
    if message is not None:
        return message
    if isinstance(error, OSError) and error.strerror:
        return Errors.C302.format(source=show_path(source), reason=error.strerror)
    kind = type(error).__name__
    return Errors.C350.format(source=show_path(source), kind=kind)
