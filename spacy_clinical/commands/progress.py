"""Progress and failures of commands that work on many notes."""

import time
from collections.abc import Iterator
from typing import TypeAlias, TypeVar

from tqdm import tqdm

from spacy_clinical.commands.console import tell
from spacy_clinical.notes.reader import NoteReader
from spacy_clinical.scale.jobs import AnyRecord, HandedOn, NotesPassed
from spacy_clinical.types import NoteFailure

# Names and values of the summary.
Rows: TypeAlias = list[tuple[str, str]]
R = TypeVar("R", bound=AnyRecord)


def watch(
    results: Iterator[list[R] | HandedOn], notes: NoteReader
) -> Iterator[list[R] | HandedOn]:
    """Show a progress bar, and print failures."""
    n_new = n_passed = 0
    # disable=None: a bar only on a terminal. smoothing=0: the mean rate of all notes.
    with tqdm(unit="note", disable=None, smoothing=0) as bar:
        for result in results:
            if isinstance(result, NoteFailure):
                tell(result.message)
            elif isinstance(result, NotesPassed):
                n_passed += result.n_notes
            else:
                for record in result:
                    if record["error"] is not None:
                        tell(f"{record['source']}: {record['error']['message']}")
                n_new += len(result)
                bar.initial = n_passed
                bar.total = max(notes.n_expected, n_passed + n_new)
                bar.update(n_passed + n_new - bar.n)
            yield result


def list_records(results: Iterator[list[R] | HandedOn]) -> Iterator[R | NoteFailure]:
    """List records one by one, and what could not be read."""
    for result in results:
        if isinstance(result, NoteFailure):
            yield result
        elif not isinstance(result, NotesPassed):
            yield from result


def format_time(n_notes: int, start: float) -> str:
    """Describe how long a run took.

    start: When it began, by `time.perf_counter`.
    """
    seconds = time.perf_counter() - start
    return f"{seconds:.1f} s, {n_notes / max(seconds, 1e-9):.1f} notes/s"
