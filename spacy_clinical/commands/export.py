"""`spacy-clinical export`: convert records to other formats."""

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from spacy.tokens import Doc
from tqdm import tqdm

from spacy_clinical.commands.console import (
    WRONG_USE,
    load_code,
    load_pipeline,
    print_rows,
    stop,
    stop_on_errors,
)
from spacy_clinical.commands.options import CodeFile, NoText
from spacy_clinical.errors import Errors, Warnings, warn
from spacy_clinical.export.docs import count_extended, load_tokenizer, make_docs
from spacy_clinical.export.fhir_values import is_date
from spacy_clinical.export.formats import FORMATS, OF_DOCS, Options
from spacy_clinical.export.reading import read_records
from spacy_clinical.export.records import without_text

Records: TypeAlias = Iterator[Any]

Kind = Enum("Kind", [(name, name) for name in FORMATS], type=str)  # type: ignore[misc]
SPANS = ("sections", "subsections", "entities", "overlapping")


@dataclass
class _Counts:
    n_notes: int = 0
    n_failed: int = 0
    n_spans: int = 0
    n_extended: int = 0


def export(
    records: Annotated[
        Path,
        typer.Argument(
            help="notes.jsonl, the output folder of spacy-clinical annotate, Parquet "
            "files from export or Spark, or .spacy."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="File or new folder to write."),
    ],
    kind: Annotated[
        Kind,
        typer.Option(
            "--format",
            "-f",
            case_sensitive=False,
            help="; ".join(f"{name}: {row.what}" for name, row in FORMATS.items())
            + ".",
        ),
    ],
    no_text: NoText = False,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            help=f"{', '.join(OF_DOCS)}: pipeline whose tokenizer to use. Default: the "
            "clinical tokenizer.",
        ),
    ] = "",
    subject: Annotated[
        str | None,
        typer.Option(
            help="fhir: metadata key of the patient's id. Default: patient_id, or none "
            "with --no-text."
        ),
    ] = None,
    date: Annotated[
        str,
        typer.Option(help="Date of notes (fhir) or processing (omop). Default: today."),
    ] = "",
    date_column: Annotated[
        str,
        typer.Option(help="fhir: metadata key of a note's own date."),
    ] = "",
    first_id: Annotated[
        int | None,
        typer.Option(
            min=0, help="omop: first id of the rows, for databases with 32-bit ids."
        ),
    ] = None,
    code: CodeFile = None,
) -> None:
    """Convert the records of notes to another format.

    The output appears once it is complete. An output folder must be new or empty.

    Exit status: 0, or 2 if nothing was done.
    """
    chosen = FORMATS[kind.value]
    if no_text and chosen.needs_text:
        raise typer.BadParameter(f"--no-text can't be used with --format {kind.value}.")
    if chosen.needs and find_spec(chosen.needs) is None:
        stop(Errors.C766 if chosen.needs == "cassis" else Errors.C317, WRONG_USE)
    day = _check_date(date, kind.value, days_only=chosen.days_only)
    options = Options(day, subject, date_column, first_id)
    # Columns named in an option are exported even with --no-text.
    named = options.named if chosen.shows_named else []
    counts = _Counts()
    with stop_on_errors(output):
        load_code(code)
        output.parent.mkdir(parents=True, exist_ok=True)
        bare = partial(without_text, keep_meta=named) if no_text else None
        notes = _watch(read_records(records), counts, bare)
        if chosen.of_docs:
            nlp = load_pipeline(model) if model else load_tokenizer()
            notes = _count_extended(make_docs(notes, nlp, kind=kind.value), counts)
        try:
            chosen.write(notes, output, options)
        except (KeyError, TypeError, AttributeError):
            source = f"Number {counts.n_notes} in '{records}'"
            stop(Errors.C318.format(source=source), WRONG_USE)
        if counts.n_extended:
            n, n_spans = counts.n_extended, counts.n_spans
            warn(Warnings.W201.format(n=n, n_spans=n_spans, path=records))
    rows = [("Notes", str(counts.n_notes)), ("Failed", str(counts.n_failed))]
    print_rows([*rows, ("Folder" if output.is_dir() else "File", str(output))])


def _check_date(date: str, kind: str, *, days_only: bool) -> str:
    """Check a date, or get today's. RAISES Exit: C328, if the format can't use it."""
    day = date or datetime.date.today().isoformat()
    if is_date(day) and (not days_only or len(day) == len("2026-09-14")):
        return day
    patterns = "YYYY-MM-DD" if days_only else "YYYY, YYYY-MM or YYYY-MM-DD"
    stop(Errors.C328.format(date=date, kind=kind, pattern=patterns), WRONG_USE)


def _watch(
    records: Records, counts: _Counts, bare: Callable[[Any], Any] | None
) -> Records:
    """Show a progress bar, and count records, failures and spans.

    bare: Function that removes the notes' words; None to keep them.
    """
    # disable=None: a bar only on a terminal.
    for record in tqdm(records, unit="note", disable=None):
        counts.n_notes += 1
        counts.n_failed += record["error"] is not None
        counts.n_spans += sum(len(record.get(name) or ()) for name in SPANS)
        yield record if bare is None else bare(record)


def _count_extended(docs: Iterable[Doc], counts: _Counts) -> Iterator[Doc]:
    for doc in docs:
        counts.n_extended += count_extended(doc)
        yield doc
