"""Output, errors and loading of pipelines for all commands.

Nothing printed quotes a note: failures name the file, the row and the error code.
"""

import os
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
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
    """A command whose usage line has no braces, with any version of typer."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        pieces = super().collect_usage_pieces(ctx)
        return [piece.strip("{}").replace("}...", "...") for piece in pieces]


def load_code(path: Path | None) -> None:
    """Import the file given by --code, before anything is written.

    RAISES OSError: C360, if it can't be imported.
    """
    if path is not None:
        import_code(path)


def load_pipeline(name: str, add: Iterable[str] = ()) -> Language:
    """Load a pipeline.

    add: Factories of components to add to its end, or names of those to enable.
    RAISES OSError: C311 or C314, if it can't be loaded; C364, if there is no such factory.
    """
    try:
        nlp = load(name)
        for component in add:
            _add_component(nlp, component)
        return nlp
    except (OSError, ValueError, ImportError) as error:
        if isinstance(error, CodedError) and error.code in ("C311", "C364"):
            raise
        reason = f"{name_type(error)}: {error}"
        raise CodedOSError(Errors.C314.format(name=name, error=reason)) from error


def _add_component(nlp: Language, name: str) -> None:
    if name in nlp.disabled:
        nlp.enable_pipe(name)
    elif name not in nlp.component_names:
        if not nlp.has_factory(name):
            ours = {entry.name for entry in entry_points(group="spacy_factories")}
            known = {*nlp.disabled, *(n for n in ours if n.startswith("clinical_"))}
            listed = ", ".join(sorted(known))
            raise CodedOSError(
                Errors.C364.format(what="component", name=name, known=listed)
            )
        nlp.add_pipe(name)


def get_message(error: Exception) -> str:
    """Get the message of a coded error. Others may quote a note: get their type."""
    return str(error) if find_code(error) else name_type(error)


def get_write_message(error: OSError, folder: Path) -> str:
    """Describe why nothing can be written to an output folder."""
    message = get_own_message(error)
    if message is not None:
        return message
    reason = error.strerror or type(error).__name__
    return Errors.C310.format(path=folder, reason=reason)


def check_inputs(paths: Sequence[str], outputs: Collection[Path]) -> None:
    """Check that a command doesn't overwrite its own input.

    paths: Files and folders to read. Earlier output in folders is skipped.
    outputs (resolved): Files and folders that the command may write.
    RAISES OSError: C342, if a path is an output or inside one.
    """
    for name in paths:
        path = Path(os.path.realpath(name))
        if any(place in outputs for place in (path, *path.parents)):
            raise CodedOSError(Errors.C342.format(path=name))


def print_rows(rows: Sequence[tuple[str, str]]) -> None:
    """Print names and their values in two columns."""
    width = max(10, *(len(name) + 2 for name, _ in rows))
    for name, value in rows:
        typer.echo(f"{name:<{width}}{value}")


def tell(message: str) -> None:
    """Print a line to standard error without breaking a progress bar."""
    tqdm.write(message, file=sys.stderr)


def stop(message: str, status: int) -> NoReturn:
    """Print a message and exit with a status."""
    tell(message)
    raise typer.Exit(status)


@contextmanager
def stop_on_errors(
    folder: Path | None = None, *, status: int = WRONG_USE
) -> Iterator[None]:
    """Print the message of an error and exit; also shorten warnings.

    folder: Folder that is written to, if any.
    status: Exit status after errors without a code, such as a full disk.
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
    """Make new files readable only by their owner, also those that libraries open."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def short_warnings() -> Iterator[None]:
    """Print warnings without source lines, and those of other packages without text."""

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
