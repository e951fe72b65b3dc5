"""`spacy-clinical export`: records in other formats."""

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from spacy.tokens import Doc
from tqdm import tqdm

from spacy_clinical.commands.console import (
    WRONG_USE,
    CodeFile,
    get_message,
    get_write_message,
    load_code,
    load_pipeline,
    print_rows,
    short_warnings,
    stop,
)
from spacy_clinical.errors import Errors, Warnings, warn
from spacy_clinical.export import brat, conll, docbin, fhir, jsonl, omop, tables
from spacy_clinical.export.docs import count_extended, load_tokenizer, make_docs
from spacy_clinical.export.fhir_values import is_date
from spacy_clinical.export.reading import read_records
from spacy_clinical.export.records import without_text

Records: TypeAlias = Iterator[Any]

FORMATS = {
    "jsonl": "records, one a line",
    "parquet": "records, nested",
    "csv": "folder of tables",
    "docbin": "folder of .spacy files, or one",
    "brat": "folder of .txt and .ann",
    "conll": "tokens with BIO tags",
    "fhir": "R4 Bundles, one a line",
    "omop": "NOTE_NLP as CSV",
}
# They need Docs, and so the text.
OF_DOCS = ("docbin", "brat", "conll")
SPANS = ("sections", "subsections", "entities", "overlapping")


@dataclass
class _Options:
    date: str
    subject: str
    date_column: str
    first_id: int | None
    model: str


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
            help="notes.jsonl, the folder that spacy-clinical annotate wrote, or Parquet "
            "files that export or Spark wrote."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="The file, or the new folder, to write."),
    ],
    kind: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="; ".join(f"{name}: {what}" for name, what in FORMATS.items()) + ".",
        ),
    ],
    no_text: Annotated[
        bool,
        typer.Option(
            "--no-text",
            help="Leave out all that is made of a note's words: texts, titles, labels "
            "of unknown sections, other columns of its table. Ids and sources stay.",
        ),
    ] = False,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            help="docbin, brat, conll: the pipeline whose tokens to use, if not the "
            "clinical tokenizer's.",
        ),
    ] = "",
    subject: Annotated[
        str | None,
        typer.Option(
            help="fhir: key of the metadata that holds the patient's id; patient_id, "
            "but with --no-text only if it is named here."
        ),
    ] = None,
    date: Annotated[
        str,
        typer.Option(help="Of the notes (fhir) or of processing (omop), if not today."),
    ] = "",
    date_column: Annotated[
        str,
        typer.Option(help="fhir: key of the metadata that holds a note's own date."),
    ] = "",
    first_id: Annotated[
        int | None,
        typer.Option(
            min=0, help="omop: number the rows from here, for ids of 32 bits."
        ),
    ] = None,
    code: CodeFile = None,
) -> None:
    """Write the records of notes in another format.

    What is written appears when it is complete. A folder must be new, or empty.

    Exit status: 0, or 2 if nothing could be done.
    """
    kind = kind.strip().lower()
    if kind not in FORMATS:
        raise typer.BadParameter(f"--format is one of {', '.join(FORMATS)}.")
    if no_text and kind in OF_DOCS:
        raise typer.BadParameter(f"--no-text goes without --format {kind}.")
    if kind == "parquet" and find_spec("pyarrow") is None:
        stop(Errors.C317, WRONG_USE)
    options = _Options(
        _check_date(date, kind),
        "patient_id" if subject is None else subject,
        date_column,
        first_id,
        model,
    )
    # Columns that are named may be shown.
    named = [name for name in (subject, date_column) if name and kind == "fhir"]
    counts = _Counts()
    with short_warnings():
        try:
            load_code(code)
            output.parent.mkdir(parents=True, exist_ok=True)
            bare = partial(without_text, keep_meta=named) if no_text else None
            found = _watch(read_records(records), counts, bare)
            _write(found, output, kind, options, counts)
        except OSError as error:
            stop(get_write_message(error, output), WRONG_USE)
        except (ValueError, ImportError) as error:
            stop(get_message(error), WRONG_USE)
        except (KeyError, TypeError, AttributeError):
            source = f"Number {counts.n_notes} in '{records}'"
            stop(Errors.C318.format(source=source), WRONG_USE)
        if counts.n_extended:
            n, n_spans = counts.n_extended, counts.n_spans
            warn(Warnings.W201.format(n=n, n_spans=n_spans, path=records))
    rows = [("Notes", str(counts.n_notes)), ("Failed", str(counts.n_failed))]
    print_rows([*rows, ("Folder" if output.is_dir() else "File", str(output))])


def _check_date(date: str, kind: str) -> str:
    """RAISES Exit: With C328, if the format doesn't take such a date."""
    day = date or datetime.date.today().isoformat()
    # OMOP has days only.
    if is_date(day) and (kind != "omop" or len(day) == len("2026-09-14")):
        return day
    patterns = "YYYY-MM-DD" if kind == "omop" else "YYYY, YYYY-MM or YYYY-MM-DD"
    stop(Errors.C328.format(date=date, kind=kind, pattern=patterns), WRONG_USE)


def _watch(
    records: Records, counts: _Counts, bare: Callable[[Any], Any] | None
) -> Records:
    """Show how far the records are, and count what is in them.

    bare: What leaves the notes' words out, if they are left out.
    """
    # disable=None: no bar unless a terminal shows it.
    for record in tqdm(records, unit="note", disable=None):
        counts.n_notes += 1
        counts.n_failed += record["error"] is not None
        counts.n_spans += sum(len(record.get(name) or ()) for name in SPANS)
        yield record if bare is None else bare(record)


def _write(
    records: Records, output: Path, kind: str, options: _Options, counts: _Counts
) -> None:
    if kind in OF_DOCS:
        _write_docs(records, output, kind, options.model, counts)
    elif kind == "parquet":
        # Only this format needs pyarrow.
        from spacy_clinical.export.arrow import write_parquet

        write_parquet(records, output)
    elif kind == "fhir":
        fhir.write_bundles(
            records,
            output,
            date=options.date,
            subject_key=options.subject,
            date_key=options.date_column,
        )
    elif kind == "omop":
        omop.write_rows(records, output, date=options.date, first_id=options.first_id)
    elif kind == "csv":
        tables.write_tables(records, output)
    else:
        jsonl.write_records(records, output)


def _write_docs(
    records: Records, output: Path, kind: str, model: str, counts: _Counts
) -> None:
    nlp = load_pipeline(model) if model else load_tokenizer()
    docs = _count_extended(make_docs(records, nlp, kind=kind), counts)
    if kind == "brat":
        brat.write_brat(docs, output)
    elif kind == "conll":
        conll.write_conll(docs, output)
    elif output.suffix == ".spacy":
        docbin.write_docbin(docs, output)
    else:
        docbin.write_docbins(docs, output)


def _count_extended(docs: Iterable[Doc], counts: _Counts) -> Iterator[Doc]:
    for doc in docs:
        counts.n_extended += count_extended(doc)
        yield doc
