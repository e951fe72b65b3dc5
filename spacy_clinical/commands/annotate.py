"""`spacy-clinical annotate`: annotate notes, and write records and pages."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

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
    Added,
    BatchSize,
    CodeFile,
    Force,
    IdColumn,
    Limit,
    Links,
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
    check_batch_options,
)
from spacy_clinical.commands.progress import (
    Rows,
    format_time,
    list_records,
    watch,
    write_shards,
)
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
from spacy_clinical.export.pages.concepts import parse_links
from spacy_clinical.models import DEFAULT_MODEL, get_title
from spacy_clinical.notes.reader import NoteReader
from spacy_clinical.notes.sources import list_sources
from spacy_clinical.scale.jobs import AnnotateJob
from spacy_clinical.scale.parts import (
    list_shard_outputs,
    replace_shards,
)
from spacy_clinical.scale.seals import describe_run
from spacy_clinical.scale.shards import ShardWriter
from spacy_clinical.scale.workers import WARM_UP, make_chunks, run_chunks


def annotate(
    paths: Paths,
    output: Output,
    html: Annotated[
        bool, typer.Option("--html", help="Also write HTML pages and an index.")
    ] = False,
    model: Pipeline = DEFAULT_MODEL,
    add: Added = None,
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
    link: Links = None,
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
    check_batch_options(n_process, shard_size, html=html, resumes=only_failed or force)
    if no_text and html:
        raise typer.BadParameter("--html writes the notes' text: leave out --no-text.")
    with stop_on_errors():
        load_code(code)
        named = parse_attributes(attributes or ())
        links = parse_links(link or ())
        outputs = [*list_outputs(output), *list_shard_outputs(output)]
        check_inputs(paths, outputs)
        sources = list_sources(paths, skip=outputs)
        prepare_folder(output, html=html)
        nlp = load_pipeline(model, add or ())
        check_attributes(named)
    notes = NoteReader(
        sources,
        text_column=text_column,
        id_column=id_column,
        markup=markup.value,
        limit=limit,
    )
    # With --html, there is always a text for pages to quote.
    job = AnnotateJob(nlp, not no_text, named.list_names())
    with stop_on_errors(output, status=SOME_FAILED):
        if shard_size:
            run = describe_run(
                nlp,
                shard_size=shard_size,
                with_text=not no_text,
                components=job.work([WARM_UP])[0]["provenance"],
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
            rows, n_failed = write_shards(job, notes, notes, writer, n_process)
        else:
            with replace_shards(output, restart=restart):
                rows, n_failed = _write_folder(
                    job,
                    notes,
                    output,
                    html=html,
                    links=links,
                    batch_size=batch_size,
                    n_process=n_process,
                )
        if no_text:
            warn_of_text(output, outputs)
    print_rows(rows)
    if n_failed:
        raise typer.Exit(SOME_FAILED)


def _write_folder(
    job: AnnotateJob,
    notes: NoteReader,
    output: Path,
    *,
    html: bool,
    links: Mapping[str, str],
    batch_size: int,
    n_process: int,
) -> tuple[Rows, int]:
    """Write all records to one file. RETURNS: The summary, and the failures' number."""
    start = time.perf_counter()
    chunks = make_chunks(notes, batch_size)
    results = run_chunks(job, chunks, n_process=n_process)
    totals = write_folder(
        list_records(watch(results, notes)),
        output,
        html=html,
        with_text=job.with_text,
        model=get_title(job.nlp),
        links=links,
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
