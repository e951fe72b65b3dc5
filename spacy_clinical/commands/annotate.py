"""`spacy-clinical annotate`: annotate notes, and write records and pages."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from spacy.language import Language

from spacy_clinical.commands.console import (
    SOME_FAILED,
    check_inputs,
    load_code,
    load_pipeline,
    print_rows,
    stop_on_errors,
    tell,
)
from spacy_clinical.commands.options import (
    BatchSize,
    CodeFile,
    Force,
    IdColumn,
    Limit,
    Markup,
    MarkupMode,
    NoText,
    OnlyFailed,
    Output,
    Paths,
    Pipeline,
    Processes,
    Restart,
    ShardSize,
    TextColumn,
)
from spacy_clinical.commands.progress import Rows, format_time, list_records, watch
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
from spacy_clinical.scale.jobs import HandedOn
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
    annotate_chunk,
    annotate_chunks,
    make_chunks,
)
from spacy_clinical.types import Note

# Records of chunks of notes, and what the reader passed on without annotating.
Results: TypeAlias = Iterator[list[Record] | HandedOn]


def annotate(
    paths: Paths,
    output: Output,
    html: Annotated[
        bool, typer.Option("--html", help="Also write HTML pages and an index.")
    ] = False,
    model: Pipeline = DEFAULT_MODEL,
    text_column: TextColumn = "text",
    id_column: IdColumn = None,
    markup: MarkupMode = Markup.convert,
    batch_size: BatchSize = 32,
    n_process: Processes = 1,
    no_text: NoText = False,
    shard_size: ShardSize = 0,
    limit: Limit = 0,
    only_failed: OnlyFailed = False,
    force: Force = False,
    restart: Restart = False,
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
        list_records(watch(chunks, notes)),
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
        ("Time", format_time(totals.n_notes, start)),
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
        return watch(results, notes)

    totals = writer.write(notes, work)
    rows = [
        ("Notes", f"{totals.n_notes}, {totals.n_new} of them new"),
        ("Failed", str(totals.n_failed)),
        ("Time", format_time(totals.n_new, start)),
        ("Records", f"{writer.folder / SHARDS_FOLDER}, {totals.n_shards} files"),
    ]
    return rows, totals.n_failed
