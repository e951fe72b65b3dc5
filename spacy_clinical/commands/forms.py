"""`spacy-clinical forms`: extract the fields of forms, and write records and pages."""

import time
from typing import Annotated

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
    CodeFile,
    Ocr,
    OcrLanguage,
    OcrMode,
    Output,
)
from spacy_clinical.commands.progress import read_forms
from spacy_clinical.export.folder import prepare_folder
from spacy_clinical.export.form_folder import (
    FIELDS_FILE,
    INDEX_FILE,
    RECORDS_FILE,
    TABLES_FILE,
    list_form_outputs,
    write_forms,
)
from spacy_clinical.files.lock import FolderLock
from spacy_clinical.forms.files import list_forms
from spacy_clinical.forms.limits import TIMEOUT
from spacy_clinical.models import get_title
from spacy_clinical.scale.pipelines import make_form_pipeline


def forms(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="PDFs, scans (PNG, JPEG, TIFF), hOCR, ALTO, Tesseract TSV, JSON of "
            "Textract or Azure, or folders of these.",
        ),
    ],
    output: Output,
    html: Annotated[
        bool, typer.Option(help="Whether to write pages with pictures of the forms.")
    ] = True,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "-m", help="Pipeline with a form extractor. Default: shipped."
        ),
    ] = None,
    ocr: OcrMode = Ocr.auto,
    language: OcrLanguage = "eng",
    dpi: Annotated[int, typer.Option(min=50, help="Resolution of PDF pages.")] = 300,
    max_pages: Annotated[int, typer.Option(min=1, help="Pages per file.")] = 500,
    timeout: Annotated[
        float,
        typer.Option(
            min=0, help="Seconds per file; pages after this time are not read."
        ),
    ] = TIMEOUT,
    password: Annotated[
        str | None, typer.Option(envvar="PDF_PASSWORD", help="For encrypted PDFs.")
    ] = None,
    code: CodeFile = None,
) -> None:
    """Extract the fields and tables of forms, and write forms.jsonl, fields.csv, a CSV file
    for each table (tables.csv lists them), and HTML pages.

    Exit status: 0 if all pages were read, 1 if some failed (the others are written),
    2 if nothing was done.
    """
    with stop_on_errors(output, status=SOME_FAILED):
        load_code(code)
        outputs = list_form_outputs(output)
        check_inputs(paths, outputs)
        files = list_forms(paths, skip=outputs)
        prepare_folder(output)
        nlp = load_pipeline(model) if model else make_form_pipeline()
        start = time.perf_counter()
        settings = {"ocr": ocr.value, "language": language, "dpi": dpi}
        limits = {"max_pages": max_pages, "timeout": timeout, "password": password}
        results = read_forms(nlp, files, {**settings, **limits})
        with FolderLock(output):
            totals = write_forms(results, output, html=html, model=get_title(nlp))
    seconds = time.perf_counter() - start
    rows = [
        ("Forms", str(totals.n_forms)),
        ("Pages", str(totals.n_pages)),
        ("Fields", str(totals.n_fields)),
        ("Tables", f"{totals.n_tables}, {output / TABLES_FILE}"),
        ("Failed", f"{totals.n_failed} forms, {totals.n_bad_pages} pages"),
        ("Time", f"{seconds:.1f} s, {totals.n_pages / max(seconds, 1e-9):.1f} pages/s"),
        ("Records", str(output / RECORDS_FILE)),
        ("Table", str(output / FIELDS_FILE)),
    ]
    if html:
        rows.append(("Pages", str(output / INDEX_FILE)))
    print_rows(rows)
    if totals.n_failed or totals.n_bad_pages:
        raise typer.Exit(SOME_FAILED)
