"""`spacy-clinical review`: say which notes to correct first."""

from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated as Argument

import typer
from spacy.language import Language
from tqdm import tqdm

from spacy_clinical.commands.console import (
    SOME_FAILED,
    load_code,
    load_pipeline,
    print_rows,
    stop_on_errors,
    tell,
)
from spacy_clinical.commands.options import CodeFile
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.correction.annotated import (
    Annotated,
    list_annotations,
)
from spacy_clinical.export.correction.read import read_annotations, split_failures
from spacy_clinical.export.correction.review import (
    COLUMNS,
    Measures,
    Seen,
    make_rows,
    measure_note,
    rank_notes,
)
from spacy_clinical.export.records import make_record
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.files.cells import TableWriter
from spacy_clinical.scale.stream import annotate_notes
from spacy_clinical.types import Note, NoteFailure

# Rows that are printed; the table has all.
MAX_SHOWN = 10


def review(
    notes: Argument[
        Path,
        typer.Argument(help="What spacy-clinical annotate wrote, or .spacy."),
    ],
    output: Argument[
        Path, typer.Option("--output", "-o", help="Table to write (.csv).")
    ],
    known: Argument[
        Path | None,
        typer.Option(
            help="Notes that were corrected before, in any format that import reads: words "
            "and labels that they lack are new. Default: those that only one note has."
        ),
    ] = None,
    against: Argument[
        str,
        typer.Option(
            metavar="MODEL",
            help="Another pipeline: where it finds other entities, one of them is wrong.",
        ),
    ] = "",
    threshold: Argument[
        float,
        typer.Option(min=0, max=1, help="Threshold that unsure scores are near to."),
    ] = 0.5,
    code: CodeFile = None,
) -> None:
    """Order notes by what there is to correct: what the pipeline is least sure of, what it
    hasn't seen, and where two pipelines disagree.

    Exit status: 0; 1 if some notes couldn't be read, or 2 if nothing was done.
    """
    failures: list[NoteFailure] = []
    with stop_on_errors(output):
        load_code(code)
        nlp = load_pipeline(against) if against else None
        # The notes are read twice, as their words needn't fit into memory.
        seen = Seen(_read(known or notes, failures))
        least = 2 if known is None else 1
        failures.clear()
        # disable=None: a bar only on a terminal.
        read = tqdm(_read(notes, failures), unit="note", disable=None)
        measured = list(_measure(read, seen, nlp, threshold, least))
        if not measured and not failures:
            raise CodedValueError(Errors.C767.format(path=notes))
        ranked = rank_notes(measured)
        output.parent.mkdir(parents=True, exist_ok=True)
        with open_atomic(output) as handle:
            table = TableWriter(handle, COLUMNS)
            for row in make_rows(ranked):
                table.write(row[name] for name in COLUMNS)
    for failure in failures:
        tell(failure.message)
    print_rows([("Notes", str(len(measured))), ("File", str(output))])
    for row in list(make_rows(ranked))[:MAX_SHOWN]:
        typer.echo(f"{row['rank']:>4}  {row['id']}: {row['reasons']}")
    if failures:
        raise typer.Exit(SOME_FAILED)


def _read(path: Path, failures: list[NoteFailure]) -> Iterator[Annotated]:
    return split_failures(read_annotations(path), failures)


def _measure(
    notes: Iterator[Annotated],
    seen: Seen,
    nlp: Language | None,
    threshold: float,
    least: int,
) -> Iterator[Measures]:
    measure = partial(measure_note, seen=seen, threshold=threshold, least=least)
    if nlp is None:
        for one in notes:
            yield measure(one)
        return
    waiting: deque[Annotated] = deque()

    def feed() -> Iterator[Note]:
        for one in notes:
            waiting.append(one)
            yield one.note

    for note, doc in annotate_notes(nlp, feed()):
        one = waiting.popleft()
        found = list_annotations(make_record(note, doc))
        # A pipeline that failed says nothing of a note.
        failed = doc._.clinical_error is not None
        ents = [mark for mark in found.marks if mark.layer == "entities"]
        yield measure(one, other=None if failed else ents)
