"""`spacy-clinical import`: read corrected notes back from annotation tools."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from tqdm import tqdm

from spacy_clinical.commands.console import (
    SOME_FAILED,
    load_pipeline,
    print_rows,
    stop_on_errors,
    tell,
)
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.brat import write_brat
from spacy_clinical.export.correction.annotated import Read, make_record
from spacy_clinical.export.correction.merge import merge_all
from spacy_clinical.export.correction.read import KINDS, find_kind, read_annotations
from spacy_clinical.export.docbin import write_docbin
from spacy_clinical.export.docs import load_tokenizer, make_docs
from spacy_clinical.export.jsonl import write_records
from spacy_clinical.export.reading import read_records
from spacy_clinical.types import NoteFailure

Kind = Enum("Kind", [(name, name) for name in KINDS], type=str)  # type: ignore[misc]


@dataclass
class _Counts:
    n_notes: int = 0
    n_entities: int = 0
    n_left_out: int = 0
    failures: list[NoteFailure] = field(default_factory=list)


def import_corrections(
    source: Annotated[
        Path,
        typer.Argument(
            help="What the tool exported: a file or a folder of "
            + "; ".join(row.what for row in KINDS.values())
            + "."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="What to write: .spacy or .jsonl (records); else a new folder of BRAT "
            "files.",
        ),
    ],
    kind: Annotated[
        Kind | None,
        typer.Option(
            "--format", "-f", case_sensitive=False, help="Format, if not detected."
        ),
    ] = None,
    notes: Annotated[
        Path | None,
        typer.Option(
            help="Records that were exported. What the format can't hold is taken from "
            "them, and notes whose text was changed are refused."
        ),
    ] = None,
    corrected: Annotated[
        bool,
        typer.Option(
            "--corrected",
            help="Only notes that are known to be corrected (Label Studio, Prodigy).",
        ),
    ] = False,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            help=".spacy and BRAT: pipeline whose tokenizer to use. Default: the "
            "clinical tokenizer.",
        ),
    ] = "",
) -> None:
    """Read corrected notes, and write what spacy train and other commands read.

    Notes that a person has rejected or skipped in the tool are left out.

    Exit status: 0; 1 if some notes were refused, or 2 if nothing was done.
    """
    counts = _Counts()
    with stop_on_errors(output):
        name = kind.value if kind is not None else find_kind(source)
        read = _watch(read_annotations(source, name), counts, corrected=corrected)
        records = _count(_make_records(read, name, notes), counts)
        # A folder or file without notes would train nothing.
        first = next(records, None)
        if first is None:
            _tell_failures(counts)
            raise CodedValueError(Errors.C767.format(path=source))
        output.parent.mkdir(parents=True, exist_ok=True)
        _write(_chain(first, records), output, model)
    _tell_failures(counts)
    rows = [("Notes", str(counts.n_notes)), ("Entities", str(counts.n_entities))]
    rows += [("Left out", str(counts.n_left_out))] if counts.n_left_out else []
    rows += [("Refused", str(len(counts.failures)))] if counts.failures else []
    print_rows([*rows, ("Folder" if output.is_dir() else "File", str(output))])
    if counts.failures:
        raise typer.Exit(SOME_FAILED)


def _watch(read: Iterable[Read], counts: _Counts, *, corrected: bool) -> Iterator[Read]:
    """Show a progress bar, and leave out notes that weren't corrected.

    Of notes with the same id and text, the first is kept.
    """
    seen: set[tuple[str, int]] = set()
    # disable=None: a bar only on a terminal.
    for one in tqdm(read, unit="note", disable=None):
        if isinstance(one, NoteFailure):
            yield one
        elif one.status == "rejected" or (corrected and one.status != "corrected"):
            counts.n_left_out += 1
        elif (key := (one.note.id, hash(one.note.text))) in seen:
            message = Errors.C937.format(source=one.note.source, id=one.note.id)
            yield NoteFailure(one.note.source, message)
        else:
            seen.add(key)
            yield one


def _make_records(
    read: Iterable[Read], kind: str, notes: Path | None
) -> Iterator[dict[str, Any] | NoteFailure]:
    if notes is None:
        for one in read:
            yield one if isinstance(one, NoteFailure) else make_record(one)
    else:
        known = {record["id"]: record for record in read_records(notes)}
        yield from merge_all(read, known, KINDS[kind].holds, notes)


def _count(
    records: Iterable[dict[str, Any] | NoteFailure], counts: _Counts
) -> Iterator[dict[str, Any]]:
    for record in records:
        if isinstance(record, NoteFailure):
            counts.failures.append(record)
        else:
            counts.n_notes += 1
            counts.n_entities += len(record["entities"])
            yield record


def _chain(
    first: dict[str, Any], others: Iterator[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    yield first
    yield from others


def _write(records: Iterator[dict[str, Any]], output: Path, model: str) -> None:
    if output.suffix == ".jsonl":
        write_records(records, output)
        return
    nlp = load_pipeline(model) if model else load_tokenizer()
    if output.suffix == ".spacy":
        write_docbin(make_docs(records, nlp, kind="docbin"), output)
    else:
        write_brat(make_docs(records, nlp, kind="brat"), output)


def _tell_failures(counts: _Counts) -> None:
    for failure in counts.failures:
        tell(failure.message)
