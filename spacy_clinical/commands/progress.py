"""Progress and failures of commands that work on many notes or forms."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from spacy.language import Language
from tqdm import tqdm

from spacy_clinical.commands.console import tell
from spacy_clinical.export.form_folder import FormResult
from spacy_clinical.files.regular import show_path
from spacy_clinical.forms.read import open_forms
from spacy_clinical.notes.reader import NoteReader
from spacy_clinical.scale.jobs import AnyRecord, HandedOn, Job, NotesPassed
from spacy_clinical.scale.parts import SHARDS_FOLDER
from spacy_clinical.scale.shards import ShardWriter
from spacy_clinical.scale.stream import run_components
from spacy_clinical.scale.workers import run_chunks
from spacy_clinical.types import Note, NoteFailure

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


def write_shards(
    job: Job[R],
    notes: Iterable[Note | NoteFailure],
    reader: NoteReader,
    writer: ShardWriter,
    n_process: int,
) -> tuple[Rows, int]:
    """Write the records of a job in shards; show a progress bar, and print failures.

    notes: What to work on.
    reader: Where they come from.
    RETURNS: The summary, and the failures' number.
    """
    start = time.perf_counter()

    def work(
        chunks: Iterator[Sequence[Note] | HandedOn],
    ) -> Iterator[list[R] | HandedOn]:
        return watch(run_chunks(job, chunks, n_process=n_process), reader)

    totals = writer.write(notes, work)
    rows = [
        ("Notes", f"{totals.n_notes}, {totals.n_new} of them new"),
        ("Failed", str(totals.n_failed)),
        ("Time", format_time(totals.n_new, start)),
        ("Records", f"{writer.folder / SHARDS_FOLDER}, {totals.n_shards} files"),
    ]
    return rows, totals.n_failed


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


def read_forms(
    nlp: Language,
    files: Sequence[Path],
    options: Mapping[str, Any],
    *,
    names: Sequence[str] = (),
) -> Iterator[FormResult]:
    """Read forms and run a pipeline on them; show a progress bar, and print failures.

    nlp: The pipeline. Its error handler is set.
    options: See `forms.read.read_form`.
    names: What to call the files in messages; their paths if there are none.
    """
    # disable=None: a bar only on a terminal.
    nlp.set_error_handler(_go_on)
    with tqdm(unit="page", disable=None) as bar:
        for i, path in enumerate(files, start=1):
            bar.set_postfix_str(f"form {i} of {len(files)}", refresh=False)
            watch_pages = {"watch": lambda number: bar.update()}
            shown = names[i - 1] if names else show_path(path)
            own = {"name": shown} if names else {}
            for form in open_forms([path], nlp.vocab, **options, **own, **watch_pages):
                doc = run_components(nlp.pipeline, form.doc)
                if doc._.clinical_error is not None:
                    tell(f"{shown}: {doc._.clinical_error['message']}")
                for page in doc._.pages:
                    if page["error"]:
                        tell(page["error"])
                yield FormResult(path, doc, form.pictures)


def _go_on(*failed: Any) -> Any:
    """Handle an error by doing nothing; `doc._.clinical_error` reports it."""
