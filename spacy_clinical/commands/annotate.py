"""`spacy-clinical annotate`: annotate notes, and write records and pages."""

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

# Names and values of the summary.
Rows: TypeAlias = list[tuple[str, str]]
# Records of chunks of notes, and what the reader passed on without annotating.
Results: TypeAlias = Iterator[list[Record] | HandedOn]


def annotate(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="Files of text, HTML, CDA, HL7, RTF or DOCX; .jsonl, .ndjson, .csv, "
            ".tsv or .parquet tables with a text column; folders of these; or - for "
            "one note from standard input.",
        ),
    ],
    output: Output,
    html: Annotated[
        bool, typer.Option("--html", help="Also write HTML pages and an index.")
    ] = False,
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", help="Pipeline: shipped, installed, or a folder."
        ),
    ] = DEFAULT_MODEL,
    text_column: TextColumn = "text",
    id_column: Annotated[
        str | None,
        typer.Option(help="Column of a table with the ids of the notes. Default: id."),
    ] = None,
    markup: Annotated[
        Markup,
        typer.Option(
            case_sensitive=False,
            help="Notes in HTML, CDA, HL7, RTF or DOCX, or with escaped line breaks: "
            "convert them to plain text, refuse them, or keep them unchanged.",
        ),
    ] = Markup.convert,
    batch_size: Annotated[
        int, typer.Option(min=1, help="Number of notes in a batch.")
    ] = 32,
    n_process: Annotated[
        int, typer.Option(min=-1, help="Number of processes; -1 for one per core.")
    ] = 1,
    no_text: NoText = False,
    shard_size: Annotated[
        int,
        typer.Option(
            min=0,
            help="For long runs: write files of this many notes, and resume an "
            "interrupted run with the same options. 0 for a single file.",
        ),
    ] = 0,
    limit: Annotated[
        int, typer.Option(min=0, help="Maximum number of notes; 0 for all.")
    ] = 0,
    only_failed: Annotated[
        bool,
        typer.Option("--only-failed", help="Retry notes that failed before."),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Resume a run that was started with another pipeline, and redo shards "
            "whose notes have changed.",
        ),
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Delete earlier results and start again.")
    ] = False,
    code: CodeFile = None,
    attributes: Annotated[
        list[str] | None,
        typer.Option(
            "--attributes",
            "-a",
            metavar="NAME",
            help="Custom attributes to add to the records: span._.negex, "
            "doc._.language, token._.is_cue. Separate by commas, or repeat the option.",
        ),
    ] = None,
) -> None:
    """Find sections, entities and codes in notes, and write one record per note.

    Records are written to notes.jsonl. With --shard-size, they are in shards/*.jsonl,
    failures in failures.jsonl, and the settings of the run in run.json. Earlier output
    of this command in the folder is replaced.

    Exit status: 0 if all notes were annotated, 1 if some failed (the others are
    written), 2 if nothing was done.
    """
    if n_process == 0:
        raise typer.BadParameter("--n-process must be at least 1, or -1.")
    if shard_size and html:
        raise typer.BadParameter("--html can't be used with --shard-size.")
    if no_text and html:
        raise typer.BadParameter("--html writes the notes' text: leave out --no-text.")
    if not shard_size and (only_failed or force):
        raise typer.BadParameter("--only-failed and --force need --shard-size.")
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
    """Write all records to one file. RETURNS: The summary, and the failures' number."""
    start = time.perf_counter()
    chunks = annotate_chunks(
        nlp,
        make_chunks(notes, batch_size),
        n_process=n_process,
        # Pages quote notes even if records don't.
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
    """Write records in shards. RETURNS: The summary, and the failures' number."""
    start = time.perf_counter()

    def work(chunks: Iterator[Sequence[Note] | HandedOn]) -> Results:
        results = annotate_chunks(
            nlp,
            chunks,
            n_process=n_process,
            with_text=writer.run["with_text"],
            attributes=writer.run["attributes"],
        )
        return _watch(results, notes)

    totals = writer.write(notes, work)
    rows = [
        ("Notes", f"{totals.n_notes}, {totals.n_new} of them new"),
        ("Failed", str(totals.n_failed)),
        ("Time", _format_time(totals.n_new, start)),
        ("Records", f"{writer.folder / SHARDS_FOLDER}, {totals.n_shards} files"),
    ]
    return rows, totals.n_failed


def _watch(results: Results, notes: NoteReader) -> Results:
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


def _list_records(results: Results) -> Iterator[Record | NoteFailure]:
    for result in results:
        if isinstance(result, NoteFailure):
            yield result
        elif not isinstance(result, NotesPassed):
            yield from result


def _format_time(n_notes: int, start: float) -> str:
    seconds = time.perf_counter() - start
    return f"{seconds:.1f} s, {n_notes / max(seconds, 1e-9):.1f} notes/s"
