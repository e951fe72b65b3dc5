"""`spacy-clinical annotate`: notes in, records and pages out."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from spacy.language import Language
from tqdm import tqdm

from spacy_clinical.commands.console import (
    SOME_FAILED,
    check_inputs,
    load_code,
    load_pipeline,
    print_rows,
    stop_on_errors,
    tell,
)
from spacy_clinical.commands.options import CodeFile, Markup, NoText, Output, TextColumn
from spacy_clinical.errors import Warnings
from spacy_clinical.export.attributes import check_attributes, parse_attributes
from spacy_clinical.export.folder import (
    INDEX_FILE,
    RECORDS_FILE,
    list_outputs,
    prepare_folder,
    warn_of_text,
    write_folder,
)
from spacy_clinical.export.records import Record
from spacy_clinical.files.lock import FolderLock
from spacy_clinical.models import DEFAULT_MODEL, get_title
from spacy_clinical.notes.reader import NoteReader
from spacy_clinical.notes.sources import list_sources
from spacy_clinical.scale.parts import (
    SHARDS_FOLDER,
    list_shard_outputs,
    refuse_shards,
    remove_shards,
)
from spacy_clinical.scale.seals import describe_run
from spacy_clinical.scale.shards import ShardWriter
from spacy_clinical.scale.workers import (
    WARM_UP,
    HandedOn,
    NotesPassed,
    annotate_chunk,
    annotate_chunks,
    make_chunks,
)
from spacy_clinical.types import Note, NoteFailure

# Names with their values.
Rows: TypeAlias = list[tuple[str, str]]
# The records of chunks of notes, and what else was handed on.
Results: TypeAlias = Iterator[list[Record] | HandedOn]


def annotate(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="Files of text, HTML, CDA, HL7, RTF or DOCX, folders of them, .jsonl, "
            ".ndjson, .csv, .tsv or .parquet tables with a text column, or - for one "
            "note on standard input.",
        ),
    ],
    output: Output,
    html: Annotated[
        bool, typer.Option("--html", help="Also write pages to read, and an index.")
    ] = False,
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", help="A pipeline: shipped, installed, or a folder."
        ),
    ] = DEFAULT_MODEL,
    text_column: TextColumn = "text",
    id_column: Annotated[
        str | None,
        typer.Option(help="Column of a table that holds their ids, if not id."),
    ] = None,
    markup: Annotated[
        Markup,
        typer.Option(
            case_sensitive=False,
            help="What to do with notes in HTML, CDA, HL7, RTF, DOCX, or with written-out "
            "line ends: convert them to plain text, refuse them, or keep them as they "
            "are.",
        ),
    ] = Markup.convert,
    batch_size: Annotated[
        int, typer.Option(min=1, help="Notes that are worked on together.")
    ] = 32,
    n_process: Annotated[
        int, typer.Option(min=-1, help="Processes; -1 for one a processor.")
    ] = 1,
    no_text: NoText = False,
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
        bool, typer.Option("--only-failed", help="Do notes again that failed before.")
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Go on though the run was begun with another pipeline; do files of "
            "records again whose notes have changed.",
        ),
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Throw away what was done before.")
    ] = False,
    code: CodeFile = None,
    attributes: Annotated[
        list[str] | None,
        typer.Option(
            "--attributes",
            "-a",
            metavar="NAME",
            help="Put what other components have set into the records: span._.negex, "
            "doc._.language, token._.is_cue. Several with commas, or repeat it.",
        ),
    ] = None,
) -> None:
    """Find sections, entities and codes in notes; write notes.jsonl, one record a note.

    With --shard-size, records are in shards/*.jsonl, what failed in failures.jsonl, and
    what made them in run.json. What this command wrote to the folder before is replaced.

    Exit status: 0 if every note was read and annotated, 1 if some failed (the others
    are written), 2 if nothing could be done.
    """
    if n_process == 0:
        raise typer.BadParameter("0 is not a number of processes.")
    if shard_size and html:
        raise typer.BadParameter("--html goes without --shard-size.")
    if no_text and html:
        raise typer.BadParameter("--html goes without --no-text: pages quote notes.")
    if not shard_size and (only_failed or force):
        raise typer.BadParameter("--only-failed and --force go with --shard-size.")
    with stop_on_errors():
        load_code(code)
        named = parse_attributes(attributes or ())
        outputs = [*list_outputs(output), *list_shard_outputs(output)]
        check_inputs(paths, outputs)
        sources = list_sources(paths, skip=outputs)
        prepare_folder(output, html=html)
        nlp = load_pipeline(model)
        check_attributes(named)
    notes = NoteReader(
        sources,
        text_column=text_column,
        id_column=id_column,
        markup=markup.value,
        limit=limit,
    )
    with stop_on_errors(output, status=SOME_FAILED):
        if shard_size:
            run = describe_run(
                nlp,
                shard_size=shard_size,
                with_text=not no_text,
                components=annotate_chunk(nlp, [WARM_UP])[0]["provenance"],
                attributes=named.list_names(),
                code=code,
            )
            writer = ShardWriter(
                output,
                run,
                chunk_size=batch_size,
                only_failed=only_failed,
                force=force,
                restart=restart,
            )
            rows, n_failed = _write_shards(nlp, notes, writer, n_process)
        else:
            with FolderLock(output):
                if not restart:
                    refuse_shards(output)
                rows, n_failed = _write_folder(
                    nlp,
                    notes,
                    output,
                    html=html,
                    with_text=not no_text,
                    batch_size=batch_size,
                    n_process=n_process,
                    attributes=named.list_names(),
                )
                remove_shards(output)
        if no_text:
            warn_of_text(output, outputs)
    print_rows(rows)
    if n_failed:
        raise typer.Exit(SOME_FAILED)


def _write_folder(
    nlp: Language,
    notes: NoteReader,
    output: Path,
    *,
    html: bool,
    with_text: bool,
    batch_size: int,
    n_process: int,
    attributes: Sequence[str],
) -> tuple[Rows, int]:
    """Write all records to one file. RETURNS what to say, and how many failed."""
    start = time.perf_counter()
    chunks = annotate_chunks(
        nlp,
        make_chunks(notes, batch_size),
        n_process=n_process,
        # Pages quote notes even where records don't.
        with_text=with_text or html,
        attributes=attributes,
    )
    totals = write_folder(
        _list_records(_watch(chunks, notes)),
        output,
        html=html,
        with_text=with_text,
        model=get_title(nlp),
    )
    if totals.n_repeated_ids:
        tell(Warnings.W303.format(n_notes=totals.n_repeated_ids))
    rows = [
        ("Notes", str(totals.n_notes)),
        ("Sections", str(totals.n_sections)),
        ("Entities", str(totals.n_entities)),
        ("Codes", str(totals.n_codes)),
        ("Failed", str(totals.n_failed)),
        ("Time", _format_time(totals.n_notes, start)),
        ("Records", str(output / RECORDS_FILE)),
    ]
    if html:
        rows.append(("Pages", str(output / INDEX_FILE)))
    return rows, totals.n_failed


def _write_shards(
    nlp: Language, notes: NoteReader, writer: ShardWriter, n_process: int
) -> tuple[Rows, int]:
    """Write records in shards. RETURNS what to say, and how many failed."""
    start = time.perf_counter()

    def work(chunks: Iterator[Sequence[Note] | HandedOn]) -> Results:
        found = annotate_chunks(
            nlp,
            chunks,
            n_process=n_process,
            with_text=writer.run["with_text"],
            attributes=writer.run["attributes"],
        )
        return _watch(found, notes)

    totals = writer.write(notes, work)
    rows = [
        ("Notes", f"{totals.n_notes}, {totals.n_new} of them now"),
        ("Failed", str(totals.n_failed)),
        ("Time", _format_time(totals.n_new, start)),
        ("Records", f"{writer.folder / SHARDS_FOLDER}, {totals.n_shards} files"),
    ]
    return rows, totals.n_failed


def _watch(results: Results, notes: NoteReader) -> Results:
    """Show how far the notes are, and tell what failed."""
    n_new = n_passed = 0
    # disable=None: no bar unless a terminal shows it. smoothing: the rate of all notes.
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


def _list_records(results: Results) -> Iterator[Record | NoteFailure]:
    for result in results:
        if isinstance(result, NoteFailure):
            yield result
        elif not isinstance(result, NotesPassed):
            yield from result


def _format_time(n_notes: int, start: float) -> str:
    seconds = time.perf_counter() - start
    return f"{seconds:.1f} s, {n_notes / max(seconds, 1e-9):.1f} notes/s"
