"""An output folder of forms: records, a table of fields, the tables on their pages, and
pages to look at."""

import io
import itertools
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from spacy.tokens import Doc

from spacy_clinical.export.form_records import (
    COLUMNS,
    TABLE_COLUMNS,
    describe_table,
    list_rows,
    list_table_rows,
    make_form_record,
)
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.pages.folder import (
    PagesFolder,
    is_made_page,
    warn_of_removed,
)
from spacy_clinical.export.pages.form_html import (
    FormRow,
    make_form_row,
    render_form,
    render_form_index,
)
from spacy_clinical.files.atomic import open_text, replace_together
from spacy_clinical.files.cells import TableWriter
from spacy_clinical.files.leftovers import remove_leftovers
from spacy_clinical.files.regular import show_path

RECORDS_FILE = "forms.jsonl"
FIELDS_FILE = "fields.csv"
TABLES_FILE = "tables.csv"
INDEX_FILE = "forms.html"
PAGES_FOLDER = "form_pages"
TABLES_FOLDER = "form_tables"


class FormResult(NamedTuple):
    """A form that has been read and extracted.

    pictures: Of its pages, as JPEG; None where there is none. Asked for only if pages are
        written, one after the other.
    """

    path: Path
    doc: Doc
    pictures: Iterable[bytes | None] = ()


class FormTotals(NamedTuple):
    """Counts of what was written.

    n_failed: Forms that could not be read or extracted.
    n_bad_pages: Pages that could not be read, of other forms.
    """

    n_forms: int
    n_pages: int
    n_fields: int
    n_tables: int
    n_failed: int
    n_bad_pages: int


def list_form_outputs(folder: Path) -> list[Path]:
    """Name all that `write_forms` may write, so that it is not read as forms."""
    files = RECORDS_FILE, FIELDS_FILE, TABLES_FILE, INDEX_FILE
    names = (*files, PAGES_FOLDER, TABLES_FOLDER)
    return [(folder / name).resolve() for name in names]


def write_forms(
    results: Iterable[FormResult | tuple[Path, Doc]],
    folder: Path,
    *,
    html: bool = True,
    model: str = "",
) -> FormTotals:
    """Write the record and the fields of each form, a file for each table on its pages,
    and with `html` a page for each.

    Records, fields, tables, pages and index appear together when the last form is written; an
    earlier run's are there until then, and go. The pages show pictures of the forms.

    results: Pairs of a path and a Doc have no pictures.
    folder: Exists, and can be written to. No other run writes to it.
    model: Name and version of what labelled them, for the pages.
    """
    rows: list[FormRow] = []
    n_failed = n_bad_pages = n_tables = 0
    index = folder / INDEX_FILE
    pages = PagesFolder(index, name=PAGES_FOLDER, stem="form")
    tables = PagesFolder(
        folder / TABLES_FILE, name=TABLES_FOLDER, stem="table", suffix=".csv"
    )
    always = RECORDS_FILE, FIELDS_FILE, TABLES_FILE
    names = (*always, *([INDEX_FILE] if html else []))
    paths = [folder / name for name in names]
    old = [index] if is_made_page(index) else []
    for path in (*paths, index):
        remove_leftovers(path)
    pages.remove_leftovers()
    tables.remove_leftovers()
    with ExitStack() as stack:
        run = stack.enter_context(pages.fill()) if html else None
        tables_run = stack.enter_context(tables.fill())
        made = stack.enter_context(replace_together(paths, gone=old))
        with (
            open_text(made[0]) as lines,
            open_text(made[1]) as fields,
            open_text(made[2]) as names_of_tables,
        ):
            writer = TableWriter(fields, COLUMNS)
            list_writer = TableWriter(names_of_tables, TABLE_COLUMNS)
            for path, doc, pictures in itertools.starmap(FormResult, results):
                form_id, source = show_path(path.stem), show_path(path)
                record = make_form_record(doc, form_id=form_id, source=source)
                lines.write(format_line(record))
                for row in list_rows(record):
                    writer.write(row)
                for table in record["tables"]:
                    n_tables += 1
                    name = tables.name_page(tables_run, n_tables)
                    tables.write(tables_run, n_tables, _format_table(table))
                    list_writer.write(describe_table(table, file=name, source=source))
                number = len(rows) + 1
                page = "" if run is None else pages.name_page(run, number)
                rows.append(make_form_row(record, page))
                n_failed += record["error"] is not None
                n_bad_pages += sum(bool(p["error"]) for p in record["pages"])
                if run is not None:
                    link = pages.link_to_index()
                    content = render_form(
                        record,
                        itertools.chain(pictures, itertools.repeat(None)),
                        list_words(doc),
                        model=model,
                        index=link,
                    )
                    pages.write(run, number, content)
        tables.sync(tables_run)
        if run is not None:
            pages.sync(run)
            with open_text(made[3]) as handle:
                handle.write(render_form_index(rows, model=model))
    # The new index is in place, so nothing links to the earlier pages.
    tables.remove_others(tables_run if n_tables else None)
    had_pages = pages.remove_others(run)
    if not html:
        removed = [*old, *([pages.path] if had_pages else [])]
        warn_of_removed(folder, [path.name for path in removed])
    return FormTotals(
        n_forms=len(rows),
        n_pages=sum(row.n_pages for row in rows),
        n_fields=sum(row.n_fields for row in rows),
        n_tables=n_tables,
        n_failed=n_failed,
        n_bad_pages=n_bad_pages,
    )


def _format_table(table: dict[str, Any]) -> str:
    names, *rows = list_table_rows(table)
    handle = io.StringIO(newline="")
    writer = TableWriter(handle, names)
    for row in rows:
        writer.write(row)
    return handle.getvalue()


def list_words(doc: Doc) -> list[list[tuple[str, tuple[float, ...]]]]:
    """List the words of each page with their boxes."""
    words: list[list[tuple[str, tuple[float, ...]]]] = [[] for _ in doc._.pages]
    for token in doc:
        if token._.box is not None:
            words[token._.page - 1].append((token.text, token._.box))
    return words
