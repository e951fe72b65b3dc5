"""What all commands share: how they speak, fail and load pipelines.

Nothing printed quotes a note: failures are told by file, row and code.
"""

import os
import sys
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TextIO

import typer
from spacy.language import Language
from tqdm import tqdm
from typer.core import TyperCommand

from spacy_clinical.errors import (
    CodedError,
    CodedOSError,
    Errors,
    find_code,
    get_own_message,
    name_type,
)
from spacy_clinical.models import load
from spacy_clinical.models.code import import_code

SOME_FAILED = 1
WRONG_USE = 2


class PlainCommand(TyperCommand):
    """A command whose usage has no braces around what must be given, in any version."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        pieces = super().collect_usage_pieces(ctx)
        return [piece.strip("{}").replace("}...", "...") for piece in pieces]


def load_code(path: Path | None) -> None:
    """Import the file of --code, before anything is written.

    RAISES OSError: C360, if it can't be.
    """
    if path is not None:
        import_code(path)


def load_pipeline(name: str) -> Language:
    """Load a pipeline.

    RAISES OSError: C311 and C314, if it can't be.
    """
    try:
        return load(name)
    except (OSError, ValueError, ImportError) as error:
        if isinstance(error, CodedError) and error.code == "C311":
            raise
        reason = f"{name_type(error)}: {error}"
        raise CodedOSError(Errors.C314.format(name=name, error=reason)) from error


def get_message(error: Exception) -> str:
    """Get the message of a coded error; of others, which may quote a note, the type."""
    return str(error) if find_code(error) else name_type(error)


def get_write_message(error: OSError, folder: Path) -> str:
    """Describe why nothing can be written to an output folder."""
    message = get_own_message(error)
    if message is not None:
        return message
    reason = error.strerror or type(error).__name__
    return Errors.C310.format(path=folder, reason=reason)


def check_inputs(paths: Sequence[str], outputs: Collection[Path]) -> None:
    """Keep a command from taking the place of what it reads.

    paths: Files and folders to read. In folders, earlier output is left out.
    outputs (resolved): Files and folders that it may write.
    RAISES OSError: C342, if a path is one of them or in one of them.
    """
    for name in paths:
        path = Path(os.path.realpath(name))
        if any(place in outputs for place in (path, *path.parents)):
            raise CodedOSError(Errors.C342.format(path=name))


def print_rows(rows: Sequence[tuple[str, str]]) -> None:
    """Print names with their values."""
    width = max(10, *(len(name) + 2 for name, _ in rows))
    for name, value in rows:
        typer.echo(f"{name:<{width}}{value}")


def tell(message: str) -> None:
    """Print a line on standard error, beside progress bars."""
    tqdm.write(message, file=sys.stderr)


def stop(message: str, status: int) -> NoReturn:
    """Print a message and exit with a status."""
    tell(message)
    raise typer.Exit(status)


@contextmanager
def stop_on_errors(
    folder: Path | None = None, *, status: int = WRONG_USE
) -> Iterator[None]:
    """Print the message of an error and exit; shorten warnings until then.

    folder: What is written to, if anything is.
    status: Exit status after errors that have no code, such as those of a full disk.
    """
    with short_warnings():
        try:
            yield
        except (OSError, ValueError, ImportError) as error:
            if folder is not None and isinstance(error, OSError):
                message = get_write_message(error, folder)
            else:
                message = get_message(error)
            stop(message, WRONG_USE if find_code(error) else status)


@contextmanager
def owner_only() -> Iterator[None]:
    """Let only the owner read what is written, by libraries that open files themselves."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def short_warnings() -> Iterator[None]:
    """Print warnings without source lines, and foreign ones without their text."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        foreign = f"{category.__name__} in {Path(filename).name}"
        tell(str(message) if find_code(message) else foreign)

    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = show
        yield
