"""The command line: `spacy-clinical`, or `python -m spacy_clinical`.

Nothing printed here quotes a note: failures are told by file, row and code.
"""

import re
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, TextIO, TypeAlias

import spacy
import typer
from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm

from spacy_clinical.about import __version__
from spacy_clinical.errors import Errors, Warnings
from spacy_clinical.export.folder import (
    INDEX_FILE,
    RECORDS_FILE,
    Totals,
    list_outputs,
    prepare_folder,
    write_folder,
)
from spacy_clinical.export.form_folder import (
    FIELDS_FILE,
    list_form_outputs,
    write_forms,
)
from spacy_clinical.export.form_folder import INDEX_FILE as FORMS_INDEX
from spacy_clinical.export.form_folder import RECORDS_FILE as FORMS_FILE
from spacy_clinical.forms import read_forms
from spacy_clinical.models import DEFAULT_MODEL, load
from spacy_clinical.notes import read_notes
from spacy_clinical.sources import Source, list_forms, list_sources
from spacy_clinical.stream import annotate_notes
from spacy_clinical.tuning import read_labelled, tune_pipeline
from spacy_clinical.types import Note, NoteFailure

_SOME_FAILED = 1
_WRONG_USE = 2
_CODED = re.compile(r"\[[CEW]\d{3,4}\]")

_Result: TypeAlias = tuple[Note, Doc]

# Rich's tracebacks would print local variables, among them notes.
app = typer.Typer(
    name="spacy-clinical",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Sections, entities and codes from clinical notes, and fields from forms.",
)


def main() -> None:
    """Run the command line."""
    app(prog_name="spacy-clinical")


def _show_version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit()


@app.callback()
def _set_options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    pass


@app.command()
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
) -> None:
    """Find sections, entities and codes in notes; write notes.jsonl, one record a note.

    Exit status: 0 if every note was read and annotated, 1 if some failed (the others
    are written), 2 if nothing could be done.
    """
    if n_process == 0:
        raise typer.BadParameter("0 is not a number of processes.")
    unread: list[NoteFailure] = []
    with _short_warnings():
        try:
            sources = list_sources(paths, skip=list_outputs(output))
            prepare_folder(output, html=html)
            nlp = _load(model)
        except OSError as error:
            _stop(str(error), _WRONG_USE)
        start = time.perf_counter()
        notes = _read_all(sources, unread, text_column, id_column)
        results = annotate_notes(nlp, notes, batch_size=batch_size, n_process=n_process)
        try:
            totals = write_folder(
                _watch(results, _count_notes(sources)),
                output,
                html=html,
                with_text=not no_text,
                unread=unread,
                model=_get_title(nlp),
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            _stop(Errors.C310.format(path=output, reason=reason), _SOME_FAILED)
    if totals.n_repeated_ids:
        _tell(Warnings.W303.format(n_notes=totals.n_repeated_ids))
    n_failed = totals.n_failed + len(unread)
    _print_summary(totals, n_failed, time.perf_counter() - start, output, html)
    if n_failed:
        raise typer.Exit(_SOME_FAILED)


@app.command()
def forms(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="PDFs, scans (PNG, JPEG, TIFF), hOCR, ALTO, Tesseract's TSV, Textract's "
            "or Azure's JSON, or folders of them.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder to write to; made if need be."),
    ],
    html: Annotated[
        bool, typer.Option(help="Whether to write pages with pictures of the forms.")
    ] = True,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "-m", help="A pipeline with a form extractor; else what ships."
        ),
    ] = None,
    ocr: Annotated[
        str,
        typer.Option(help="Look at pages: auto (those without text), always, never."),
    ] = "auto",
    language: Annotated[
        str, typer.Option(help="As Tesseract names it: eng, eng+spa ...")
    ] = "eng",
    dpi: Annotated[int, typer.Option(min=50, help="That PDFs are drawn with.")] = 300,
    max_pages: Annotated[int, typer.Option(min=1, help="Of one file.")] = 500,
    password: Annotated[
        str | None, typer.Option(envvar="PDF_PASSWORD", help="Of encrypted PDFs.")
    ] = None,
) -> None:
    """Find the fields of forms; write forms.jsonl, fields.csv and pages to look at.

    Exit status: 0 if every page was read, 1 if some were not (the others are written),
    2 if nothing could be done.
    """
    if ocr not in ("auto", "always", "never"):
        raise typer.BadParameter("--ocr is auto, always or never.")
    with _short_warnings():
        try:
            files = list_forms(paths, skip=list_form_outputs(output))
            prepare_folder(output)
            nlp = _load_form_pipeline(model)
        except OSError as error:
            _stop(str(error), _WRONG_USE)
        start = time.perf_counter()
        settings = {"ocr": ocr, "language": language, "dpi": dpi}
        limits = {"max_pages": max_pages, "password": password}
        results = _extract(nlp, files, {**settings, **limits})
        try:
            totals = write_forms(
                results, output, html=html, model=_get_title(nlp), password=password
            )
        except OSError as error:
            text = str(error)
            if _CODED.match(text):
                _stop(text, _WRONG_USE)
            reason = error.strerror or type(error).__name__
            _stop(Errors.C310.format(path=output, reason=reason), _SOME_FAILED)
    seconds = time.perf_counter() - start
    rows = [
        ("Forms", str(totals.n_forms)),
        ("Pages", str(totals.n_pages)),
        ("Fields", str(totals.n_fields)),
        ("Failed", f"{totals.n_failed} forms, {totals.n_bad_pages} pages"),
        ("Time", f"{seconds:.1f} s, {totals.n_pages / max(seconds, 1e-9):.1f} pages/s"),
        ("Records", str(output / FORMS_FILE)),
        ("Table", str(output / FIELDS_FILE)),
    ]
    if html:
        rows.append(("Pages", str(output / FORMS_INDEX)))
    for name, value in rows:
        typer.echo(f"{name:<10}{value}")
    if totals.n_failed or totals.n_bad_pages:
        raise typer.Exit(_SOME_FAILED)


def _go_on(*failed: Any) -> Any:
    """The Doc itself says what failed."""


def _load_form_pipeline(name: str | None) -> Language:
    if name is not None:
        return _load(name)
    nlp = spacy.blank("en")
    nlp.meta["name"], nlp.meta["version"] = "form_extractor", __version__
    nlp.add_pipe("clinical_form_extractor")
    return nlp


def _extract(
    nlp: Language, files: Sequence[Path], options: dict[str, Any]
) -> Iterator[tuple[Path, Doc]]:
    """Read forms and find their fields; show how far it is, and tell what failed."""
    # disable=None: no bar where nobody would see it.
    nlp.set_error_handler(_go_on)
    with tqdm(unit="page", disable=None) as bar:
        for i, path in enumerate(files, start=1):
            bar.set_postfix_str(f"form {i} of {len(files)}", refresh=False)
            watch = {"watch": lambda number: bar.update()}
            [doc] = read_forms([path], nlp.vocab, **options, **watch)
            for _, component in nlp.pipeline:
                doc = component(doc)
            if doc._.clinical_error is not None:
                _tell(f"{path}: {doc._.clinical_error['message']}")
            for page in doc._.pages:
                if page["error"]:
                    _tell(page["error"])
            yield path, doc


@app.command()
def tune(
    model: Annotated[
        str, typer.Argument(help="A pipeline: shipped, installed, or a folder.")
    ],
    corpus: Annotated[
        Path,
        typer.Argument(
            help="Labelled notes that it did not learn from: a .spacy file, a folder "
            "of CodiEsp, or a table of texts and codes (separated by ;)."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the tuned pipeline.")
    ],
    component: Annotated[
        str, typer.Option(help="Name of the categorizer in the pipeline.")
    ] = "clinical_icd9_categorizer",
    text_column: Annotated[
        str, typer.Option(help="Column of a table that holds the notes.")
    ] = "text",
    label_column: Annotated[
        str, typer.Option(help="Column of a table that holds their codes.")
    ] = "label",
    min_positives: Annotated[
        int,
        typer.Option(min=1, help="Notes that a code needs for its own threshold."),
    ] = 20,
) -> None:
    """Find the thresholds of codes that give the best F1, and save them.

    Exit status: 0, or 2 if nothing could be done.
    """
    with _short_warnings():
        try:
            nlp = _load(model)
            read = read_labelled(
                corpus, text_column=text_column, label_column=label_column
            )
            # disable=None: no bar where nobody would see it.
            examples = list(tqdm(read(nlp), unit="note", disable=None))
            found = tune_pipeline(
                nlp, examples, component=component, min_positives=min_positives
            )
            prepare_folder(output)
            nlp.to_disk(output)
        except (OSError, ValueError) as error:
            text = str(error)
            kind = type(error).__name__
            _stop(text if _CODED.match(text) else kind, _WRONG_USE)
    typer.echo(f"Notes     {len(examples)}")
    typer.echo(f"Codes     {len(found.by_label)} with a threshold of their own")
    typer.echo(f"Others    {found.common:.3f}")
    typer.echo(f"Pipeline  {output}")


def _load(name: str) -> Language:
    try:
        return load(name)
    except (OSError, ValueError, ImportError) as error:
        text = str(error)
        if text.startswith("[C311]"):
            raise
        reason = f"{type(error).__name__}: {text}"
        raise OSError(Errors.C314.format(name=name, error=reason)) from error


def _get_title(nlp: Language) -> str:
    return "{lang}_{name} {version}".format(**nlp.meta)


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
                _tell(note.message)


def _watch(results: Iterator[_Result], total: int | None) -> Iterator[_Result]:
    """Show how far the notes are, and tell which of them failed."""
    # disable=None: no bar where nobody would see it.
    for note, doc in tqdm(results, total=total, unit="note", disable=None):
        if doc._.clinical_error is not None:
            _tell(f"{note.source}: {doc._.clinical_error['message']}")
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
    for name, value in rows:
        typer.echo(f"{name:<10}{value}")


def _tell(message: str) -> None:
    tqdm.write(message, file=sys.stderr)


def _stop(message: str, status: int) -> NoReturn:
    _tell(message)
    raise typer.Exit(status)


@contextmanager
def _short_warnings() -> Iterator[None]:
    """Print warnings without source lines, and foreign ones without their text."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        text = str(message)
        if not _CODED.match(text):
            text = f"{category.__name__} in {Path(filename).name}"
        _tell(text)

    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = show
        yield
