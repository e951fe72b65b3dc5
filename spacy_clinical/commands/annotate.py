"""`spacy-clinical annotate`: notes in, records and pages out."""

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm

from spacy_clinical.commands.console import (
    SOME_FAILED,
    WRONG_USE,
    get_title,
    get_write_message,
    load_pipeline,
    print_rows,
    short_warnings,
    stop,
    tell,
)
from spacy_clinical.errors import Warnings
from spacy_clinical.export.folder import (
    INDEX_FILE,
    RECORDS_FILE,
    Totals,
    list_outputs,
    prepare_folder,
    write_folder,
)
from spacy_clinical.models import DEFAULT_MODEL
from spacy_clinical.notes import read_notes
from spacy_clinical.scale.shards import (
    SHARDS_FOLDER,
    describe_run,
    forget_failed,
    list_shard_outputs,
    prepare_run,
    write_shards,
)
from spacy_clinical.sources import Source, list_sources
from spacy_clinical.stream import annotate_notes
from spacy_clinical.types import Note, NoteFailure

Result: TypeAlias = tuple[Note, Doc]


def annotate(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Text files, folders of them, .jsonl, .ndjson, .csv or .tsv tables "
            "with a text column, or - for one note on standard input.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder to write to; made if need be."),
    ],
    html: Annotated[
        bool, typer.Option("--html", help="Also write pages to read, and an index.")
    ] = False,
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", help="A pipeline: shipped, installed, or a folder."
        ),
    ] = DEFAULT_MODEL,
    text_column: Annotated[
        str, typer.Option(help="Column of a table that holds the notes.")
    ] = "text",
    id_column: Annotated[
        str | None,
        typer.Option(help="Column of a table that holds their ids, if not id."),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, help="Notes that are worked on together.")
    ] = 32,
    n_process: Annotated[
        int, typer.Option(min=-1, help="Processes; -1 for one a processor.")
    ] = 1,
    no_text: Annotated[
        bool,
        typer.Option("--no-text", help="Leave all that quotes a note out of records."),
    ] = False,
    shard_size: Annotated[
        int,
        typer.Option(
            min=0,
            help="For long runs: write records in files of so many notes, and go on "
            "where an earlier run with the same options was cut off.",
        ),
    ] = 0,
    limit: Annotated[
        int, typer.Option(min=0, help="Notes to annotate; 0 for all.")
    ] = 0,
    only_failed: Annotated[
        bool,
        typer.Option("--only-failed", help="Do files with failed notes again."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Throw away what another run has done.")
    ] = False,
) -> None:
    """Find sections, entities and codes in notes; write notes.jsonl, one record a note.

    With --shard-size, records are in shards/*.jsonl, what failed in failures.jsonl, and
    what made them in run.json.

    Exit status: 0 if every note was read and annotated, 1 if some failed (the others
    are written), 2 if nothing could be done.
    """
    if n_process == 0:
        raise typer.BadParameter("0 is not a number of processes.")
    if shard_size and html:
        raise typer.BadParameter("--html goes without --shard-size.")
    if not shard_size and (only_failed or force):
        raise typer.BadParameter("--only-failed and --force go with --shard-size.")
    unread: list[NoteFailure] = []
    with short_warnings():
        try:
            outputs = [*list_outputs(output), *list_shard_outputs(output)]
            sources = list_sources(paths, skip=outputs)
            prepare_folder(output, html=html)
            nlp = load_pipeline(model)
        except OSError as error:
            stop(str(error), WRONG_USE)
        start = time.perf_counter()
        notes = _read_all(sources, unread, text_column, id_column)
        if limit:
            notes = itertools.islice(notes, limit)
        if shard_size:
            settings = {
                "text_column": text_column,
                "id_column": id_column,
                "no_text": no_text,
                "shard_size": shard_size,
                "limit": limit,
            }
            files = [s.path for s in sources if isinstance(s, Source) and s.path]
            try:
                run = describe_run(nlp, files, settings)
                prepare_run(output, run, force=force)
                if only_failed:
                    forget_failed(output)
                _write_shards(
                    nlp, notes, output, unread, settings, batch_size, n_process
                )
            except ValueError as error:
                stop(str(error), WRONG_USE)
            except OSError as error:
                stop(get_write_message(error, output), SOME_FAILED)
            return
        results = annotate_notes(nlp, notes, batch_size=batch_size, n_process=n_process)
        try:
            totals = write_folder(
                _watch(results, _count_notes(sources)),
                output,
                html=html,
                with_text=not no_text,
                unread=unread,
                model=get_title(nlp),
            )
        except OSError as error:
            stop(get_write_message(error, output), SOME_FAILED)
    if totals.n_repeated_ids:
        tell(Warnings.W303.format(n_notes=totals.n_repeated_ids))
    n_failed = totals.n_failed + len(unread)
    _print_summary(totals, n_failed, time.perf_counter() - start, output, html)
    if n_failed:
        raise typer.Exit(SOME_FAILED)


def _write_shards(
    nlp: Language,
    notes: Iterator[Note],
    output: Path,
    unread: list[NoteFailure],
    settings: dict[str, Any],
    batch_size: int,
    n_process: int,
) -> None:
    start = time.perf_counter()

    def work(feed: Iterator[Note]) -> Iterator[Result]:
        results = annotate_notes(nlp, feed, batch_size=batch_size, n_process=n_process)
        yield from _watch(results, None)

    totals = write_shards(
        notes,
        work,
        output,
        size=settings["shard_size"],
        with_text=not settings["no_text"],
        unread=unread,
    )
    seconds = time.perf_counter() - start
    rows = [
        ("Notes", f"{totals.n_notes}, {totals.n_new} of them now"),
        ("Failed", str(totals.n_failed)),
        ("Time", f"{seconds:.1f} s, {totals.n_new / max(seconds, 1e-9):.1f} notes/s"),
        ("Records", f"{output / SHARDS_FOLDER}, {totals.n_shards} files"),
    ]
    print_rows(rows)
    if totals.n_failed:
        raise typer.Exit(SOME_FAILED)


def _read_all(
    sources: Sequence[Source | NoteFailure],
    unread: list[NoteFailure],
    text_column: str,
    id_column: str | None,
) -> Iterator[Note]:
    """Read all sources; tell and collect what can't be read."""
    for source in sources:
        found: Iterable[Note | NoteFailure]
        if isinstance(source, Source):
            found = read_notes(source, text_column=text_column, id_column=id_column)
        else:
            found = [source]
        for note in found:
            if isinstance(note, Note):
                yield note
            else:
                unread.append(note)
                tell(note.message)


def _watch(results: Iterator[Result], total: int | None) -> Iterator[Result]:
    """Show how far the notes are, and tell which of them failed."""
    # disable=None: no bar where nobody would see it.
    for note, doc in tqdm(results, total=total, unit="note", disable=None):
        if doc._.clinical_error is not None:
            tell(f"{note.source}: {doc._.clinical_error['message']}")
        yield note, doc


def _count_notes(sources: Sequence[Source | NoteFailure]) -> int | None:
    """The number of notes, if no table makes it unknown."""
    kinds = [source.kind for source in sources if isinstance(source, Source)]
    return len(kinds) if set(kinds) <= {"text"} else None


def _print_summary(
    totals: Totals, n_failed: int, seconds: float, output: Path, html: bool
) -> None:
    rate = totals.n_notes / seconds if seconds > 0 else 0.0
    rows = [
        ("Notes", str(totals.n_notes)),
        ("Sections", str(totals.n_sections)),
        ("Entities", str(totals.n_entities)),
        ("Codes", str(totals.n_codes)),
        ("Failed", str(n_failed)),
        ("Time", f"{seconds:.1f} s, {rate:.1f} notes/s"),
        ("Records", str(output / RECORDS_FILE)),
    ]
    if html:
        rows.append(("Pages", str(output / INDEX_FILE)))
    print_rows(rows)
