"""An output folder: records of all notes, and pages to read them."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from spacy.tokens import Doc

from spacy_clinical.errors import Errors
from spacy_clinical.export.atomic import open_atomic
from spacy_clinical.export.html import (
    IndexRow,
    make_index_row,
    render_index,
    render_note,
)
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.records import Record, make_record, without_text
from spacy_clinical.types import Note, NoteFailure

RECORDS_FILE = "notes.jsonl"
INDEX_FILE = "index.html"
_PAGES_FOLDER = "pages"


class Totals(NamedTuple):
    """What was written: numbers of notes, of their findings and of failed notes."""

    n_notes: int
    n_sections: int
    n_entities: int
    n_codes: int
    n_failed: int
    n_repeated_ids: int


def list_outputs(folder: Path) -> list[Path]:
    """Name all that `write_folder` may write, so that it is not read as notes."""
    return [
        (folder / name).resolve() for name in (RECORDS_FILE, INDEX_FILE, _PAGES_FOLDER)
    ]


def prepare_folder(folder: Path, *, html: bool = False) -> None:
    """Make an output folder and make sure that files can be written there.

    html: Whether pages will be written too.
    RAISES OSError: C310, if they can't.
    """
    try:
        (folder / _PAGES_FOLDER if html else folder).mkdir(parents=True, exist_ok=True)
        probe = folder / f".{RECORDS_FILE}.probe"
        with open_atomic(probe):
            pass
        os.unlink(probe)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise OSError(Errors.C310.format(path=folder, reason=reason)) from error


def write_folder(
    results: Iterable[tuple[Note, Doc]],
    folder: Path,
    *,
    html: bool = False,
    with_text: bool = True,
    unread: Sequence[NoteFailure] = (),
    model: str = "",
) -> Totals:
    """Write the record of each note, and with `html` a page for each and an index.

    The records appear when the last is written, an earlier run's until then. Pages
    of an earlier run are replaced.

    folder: As `prepare_folder` left it.
    with_text: Whether the records quote the note. Pages always do.
    unread: Files and rows that could not be read, complete once `results` are.
    model: Name and version of the pipeline, for the pages.
    """
    rows: list[IndexRow] = []
    with open_atomic(folder / RECORDS_FILE) as lines:
        for note, doc in results:
            record = make_record(note, doc)
            page = _name_page(len(rows) + 1)
            rows.append(make_index_row(record, page))
            lines.write(format_line(record if with_text else without_text(record)))
            if html:
                _write_page(folder / page, record, model)
    if html:
        _remove_old_pages(folder, n_pages=len(rows))
        messages = [failure.message for failure in unread]
        with open_atomic(folder / INDEX_FILE) as handle:
            handle.write(render_index(rows, unread=messages, model=model))
    return Totals(
        n_notes=len(rows),
        n_sections=sum(row.n_sections for row in rows),
        n_entities=sum(row.n_entities for row in rows),
        n_codes=sum(len(row.codes) for row in rows),
        n_failed=sum(bool(row.error) for row in rows),
        n_repeated_ids=len(rows) - len({row.note_id for row in rows}),
    )


def _name_page(number: int) -> str:
    return f"{_PAGES_FOLDER}/note-{number:05}.html"


def _remove_old_pages(folder: Path, *, n_pages: int) -> None:
    """Remove the pages of an earlier run that had more notes."""
    number = n_pages + 1
    while (page := folder / _name_page(number)).exists():
        page.unlink()
        number += 1


def _write_page(path: Path, record: Record, model: str) -> None:
    with open_atomic(path) as handle:
        handle.write(render_note(record, model=model, index=f"../{INDEX_FILE}"))
