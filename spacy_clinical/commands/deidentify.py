"""`spacy-clinical deidentify`: replace the identifiers of notes, and write clean notes."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from spacy_clinical.commands.console import (
    SOME_FAILED,
    check_inputs,
    load_code,
    load_pipeline,
    print_rows,
    stop_on_errors,
)
from spacy_clinical.commands.options import (
    BatchSize,
    CodeFile,
    Force,
    IdColumn,
    Limit,
    Markup,
    MarkupMode,
    Ocr,
    OcrLanguage,
    OcrMode,
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
    read_forms,
    watch,
    write_shards,
)
from spacy_clinical.export.clean_folder import (
    AUDIT_FILE,
    PAGE_FILE,
    TABLE_FILE,
    list_clean_outputs,
    remove_extras,
    write_clean_folder,
    write_extras,
)
from spacy_clinical.export.clean_forms import FORMS_FOLDER, write_clean_forms
from spacy_clinical.export.clean_texts import (
    TEXTS_FOLDER,
    check_texts_folder,
    list_earlier_texts,
    write_clean_texts,
)
from spacy_clinical.export.folder import RECORDS_FILE, list_outputs, prepare_folder
from spacy_clinical.files.lock import FolderLock
from spacy_clinical.files.regular import show_path
from spacy_clinical.forms.files import list_forms
from spacy_clinical.identifiers.replace.keys import (
    KEY_VARIABLE,
    Key,
    load_key,
    make_key,
)
from spacy_clinical.identifiers.replace.modes import Modes, check_modes
from spacy_clinical.models import DEFAULT_MODEL, get_title
from spacy_clinical.notes.reader import NoteReader
from spacy_clinical.notes.sources import list_sources
from spacy_clinical.scale.clean import (
    CleanJob,
    check_finder,
    hide_failures,
    hide_file,
    list_own_labels,
    prepare_finder,
)
from spacy_clinical.scale.parts import (
    list_parts,
    list_shard_outputs,
    replace_shards,
)
from spacy_clinical.scale.seals import describe_run
from spacy_clinical.scale.shards import ShardWriter
from spacy_clinical.scale.stream import annotate_notes
from spacy_clinical.scale.workers import WARM_UP, make_chunks, run_chunks


def deidentify(
    paths: Paths,
    output: Output,
    model: Pipeline = DEFAULT_MODEL,
    mode: Annotated[
        list[str] | None,
        typer.Option(
            "--mode",
            metavar="MODE",
            help="What to do with identifiers: tag, numbered, mask, surrogate, shift, "
            "generalize or keep; or with those of a label or kind: DATE=shift. Repeat "
            "the option for several.",
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="safe_harbor (HIPAA) or strict. --mode is for the rest."),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep", metavar="LABEL", help="Labels and kinds to keep, such as STAFF."
        ),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the secret that surrogates, dates and pseudonyms follow "
            f"from. Default: the variable {KEY_VARIABLE}, or a random one.",
        ),
    ] = None,
    patient_column: Annotated[
        str | None,
        typer.Option(
            help="Column of a table with the ids of patients, whose dates are moved "
            "together. Default: patient_id, subject_id, person_id, patient or mrn."
        ),
    ] = None,
    pseudonymize_ids: Annotated[
        bool,
        typer.Option(
            "--pseudonymize-ids",
            help="Write pseudonyms for all ids and names of files. Those that hold an "
            "identifier of their note, and those of what can't be read, always get one.",
        ),
    ] = False,
    offsets: Annotated[
        bool,
        typer.Option(
            "--offsets", help="Write where the replaced parts were in the originals."
        ),
    ] = False,
    report: Annotated[
        bool,
        typer.Option(
            "--report", help="Write counts of identifiers by type, without any of them."
        ),
    ] = False,
    texts: Annotated[
        bool,
        typer.Option("--texts", help="Write each clean note to a text file, too."),
    ] = False,
    audit: Annotated[
        int,
        typer.Option(
            min=0, help="Write a page with this number of clean notes to check."
        ),
    ] = 0,
    html: Annotated[
        bool,
        typer.Option(
            "--html",
            help="Write a page with originals and clean notes side by side. It holds "
            "all identifiers, and only you can read it.",
        ),
    ] = False,
    forms: Annotated[
        bool,
        typer.Option(
            "--forms",
            help="Read PDFs and scans, and write pictures of their pages with all "
            "identifiers blacked out, without text.",
        ),
    ] = False,
    ocr: OcrMode = Ocr.auto,
    language: OcrLanguage = "eng",
    text_column: TextColumn = "text",
    id_column: IdColumn = None,
    markup: MarkupMode = Markup.convert,
    batch_size: BatchSize = 32,
    n_process: Processes = 1,
    shard_size: ShardSize = 0,
    limit: Limit = 0,
    only_failed: OnlyFailed = False,
    force: Force = False,
    restart: Restart = False,
    code: CodeFile = None,
) -> None:
    """Replace the identifiers of people in notes, and write the clean notes.

    The pipeline must have a component that finds identifiers. Records are written to
    notes.jsonl, or with --shard-size to shards/*.jsonl; annotate can read them. They
    hold no metadata, as any column may hold identifiers. A note that fails isn't written.

    Exit status: 0 if all notes are clean, 1 if some failed (the others are written),
    2 if nothing was done.
    """
    check_batch_options(n_process, shard_size, html=html, resumes=only_failed or force)
    if forms and (shard_size or html or report or audit or texts):
        raise typer.BadParameter(
            "--forms can't be used with --shard-size, --html, --report, --texts or "
            "--audit."
        )
    with stop_on_errors():
        # Before the pipeline is loaded, whose labels may be named, too.
        named = _parse_modes(mode or [])
        check_modes(named, preset)
        earlier = list_earlier_texts(output, _list_records(output))
        if texts:
            check_texts_folder(output, earlier)
        load_code(code)
        outputs = [
            *list_outputs(output),
            *list_shard_outputs(output),
            *list_clean_outputs(output),
            (output / FORMS_FOLDER).resolve(),
            (output / TEXTS_FOLDER).resolve(),
        ]
        check_inputs(paths, outputs)
        files = list_forms(paths, skip=outputs) if forms else []
        sources = [] if forms else list_sources(paths, skip=outputs)
        nlp = load_pipeline(model)
        prepare_finder(nlp)
        modes = Modes(
            named,
            preset=preset,
            keep=keep or (),
            labels=list_own_labels(nlp),
        )
        needs_key = modes.needs_key() or pseudonymize_ids
        key = _find_key(key_file, is_needed=needs_key)
        _, doc = next(iter(annotate_notes(nlp, [WARM_UP])))
        check_finder(nlp, doc)
        prepare_folder(output)
    job = CleanJob(
        nlp,
        modes,
        key,
        patient_column=patient_column,
        pseudonymize=pseudonymize_ids,
        # The page shows what was replaced.
        offsets=offsets or html,
        with_original=html,
    )
    reader = NoteReader(
        sources,
        text_column=text_column,
        id_column=id_column,
        markup=markup.value,
        limit=limit,
    )
    if forms:
        options = {"ocr": ocr.value, "language": language}
        with stop_on_errors(output, status=SOME_FAILED), FolderLock(output):
            rows, n_failed = _write_forms(job, files, output, options)
        print_rows(rows)
        raise typer.Exit(SOME_FAILED if n_failed else 0)
    with stop_on_errors(output, status=SOME_FAILED):
        if shard_size:
            run = describe_run(
                nlp,
                shard_size=shard_size,
                with_text=True,
                components=doc._.clinical_provenance or {},
                code=code,
                task="deidentify",
                settings={
                    "modes": modes.names,
                    # Says whether two keys are the same, and nothing else of them.
                    "key": key.sign() if needs_key else "",
                    "patient_column": patient_column,
                    "pseudonymize_ids": pseudonymize_ids,
                    "offsets": offsets,
                },
            )
            # Clean notes of other settings or keys may tell what is removed here.
            fixed = ("modes", "key", "patient_column", "pseudonymize_ids")
            writer = ShardWriter(
                output,
                run,
                chunk_size=batch_size,
                only_failed=only_failed,
                force=force,
                restart=restart,
                fixed=fixed,
            )
            remove_extras(output)
            notes = hide_failures(reader, key, reader.names)
            rows, n_failed = write_shards(job, notes, reader, writer, n_process)
        else:
            with replace_shards(output, restart=restart):
                rows, n_failed = _write_folder(
                    job,
                    reader,
                    output,
                    html=html,
                    offsets=offsets,
                    batch_size=batch_size,
                    n_process=n_process,
                )
        records = _list_records(output)
        write_extras(
            output, records, report=report, n_audit=audit, model=get_title(nlp)
        )
        write_clean_texts(output, records if texts else [], earlier)
    rows += [("Texts", str(output / TEXTS_FOLDER))] if texts else []
    rows += [("Report", str(output / TABLE_FILE))] if report else []
    rows += [("To check", str(output / AUDIT_FILE))] if audit else []
    print_rows(rows)
    if n_failed:
        raise typer.Exit(SOME_FAILED)


def _list_records(output: Path) -> list[Path]:
    """List the files of the records in a folder, those of a run in shards, too."""
    parts = [path for path in list_parts(output) if path.suffix == ".jsonl"]
    return parts or [output / RECORDS_FILE]


def _parse_modes(given: Sequence[str]) -> str | dict[str, str] | None:
    """Parse modes such as "tag" and "DATE=shift"."""
    named = dict(part.split("=", 1) for part in given if "=" in part)
    plain = [part for part in given if "=" not in part]
    default = plain[-1] if plain else None
    return {**({"*": default} if default else {}), **named} if named else default


def _find_key(path: Path | None, *, is_needed: bool) -> Key:
    """Load the key; a random one is only said where something follows from it."""
    if is_needed or path is not None or KEY_VARIABLE in os.environ:
        return load_key(path)
    return make_key()


def _write_folder(
    job: CleanJob,
    reader: NoteReader,
    output: Path,
    *,
    html: bool,
    offsets: bool,
    batch_size: int,
    n_process: int,
) -> tuple[Rows, int]:
    """Write all records to one file. RETURNS: The summary, and the failures' number."""
    start = time.perf_counter()
    notes = hide_failures(reader, job.key, reader.names)
    chunks = make_chunks(notes, batch_size)
    results = run_chunks(job, chunks, n_process=n_process)
    totals = write_clean_folder(
        list_records(watch(results, reader)),
        output,
        html=html,
        offsets=offsets,
        model=get_title(job.nlp),
    )
    rows = [
        ("Notes", str(totals.n_notes)),
        ("Replaced", f"{totals.n_identifiers} identifiers in {totals.n_clean} notes"),
        *([("Kept", f"{totals.n_kept} identifiers")] if totals.n_kept else []),
        ("Failed", str(totals.n_failed)),
        ("Time", format_time(totals.n_notes, start)),
        ("Records", str(output / RECORDS_FILE)),
    ]
    if html:
        rows.append(("Page", str(output / PAGE_FILE)))
    return rows, totals.n_failed


def _write_forms(
    job: CleanJob, files: Sequence[Path], output: Path, options: Mapping[str, Any]
) -> tuple[Rows, int]:
    """Write blacked-out forms. RETURNS: The summary, and the failures' number."""
    names = [
        hide_file(show_path(path), job.key, number)
        for number, path in enumerate(files, start=1)
    ]
    totals = write_clean_forms(
        read_forms(job.nlp, files, options, names=names),
        output,
        job.modes,
        job.key,
        pseudonymize=job.pseudonymize,
    )
    rows = [
        ("Forms", str(totals.n_forms)),
        ("Pages", str(totals.n_pages)),
        ("Blacked out", f"{totals.n_identifiers} identifiers"),
        ("Failed", f"{totals.n_failed} forms, {totals.n_bad_pages} pages"),
        ("Files", str(output / FORMS_FOLDER)),
    ]
    return rows, totals.n_failed + totals.n_bad_pages
