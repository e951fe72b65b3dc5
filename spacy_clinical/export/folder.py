"""An output folder: records of all notes, and pages to read them."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from spacy_clinical.errors import Errors
from spacy_clinical.export.atomic import open_atomic
from spacy_clinical.export.html import (
    IndexRow,
    make_index_row,
    render_index,
    render_note,
)
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.records import Record, without_text
from spacy_clinical.types import NoteFailure

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
    records: Iterable[Record],
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

    records: With text if there will be pages.
    folder: As `prepare_folder` left it.
    with_text: Whether the records quote the note. Pages always do.
    unread: Files and rows that could not be read, complete once `records` are.
    model: Name and version of the pipeline, for the pages.
    """
    totals = Counter(dict.fromkeys(Totals._fields[:-1], 0))
    rows: list[IndexRow] = []
    # Numbers, as there may be millions of ids.
    known: set[int] = set()
    with open_atomic(folder / RECORDS_FILE) as lines:
        for record in records:
            totals.update(_count(record))
            known.add(hash(record["id"]))
            lines.write(format_line(record if with_text else without_text(record)))
            if html:
                page = _name_page(len(rows) + 1)
                rows.append(make_index_row(record, page))
                _write_page(folder / page, record, model)
    if html:
        remove_old_pages(folder, _name_page, n_pages=len(rows))
        messages = [failure.message for failure in unread]
        with open_atomic(folder / INDEX_FILE) as handle:
            handle.write(render_index(rows, unread=messages, model=model))
    n_repeated_ids = totals["n_notes"] - len(known)
    return Totals(**totals, n_repeated_ids=n_repeated_ids)


def _count(record: Record) -> dict[str, int]:
    return {
        "n_notes": 1,
        "n_sections": len(record["sections"]),
        "n_entities": len(record["entities"]),
        "n_codes": len(record["codes"]),
        "n_failed": int(record["error"] is not None),
    }


def _name_page(number: int) -> str:
    return f"{_PAGES_FOLDER}/note-{number:05}.html"


def remove_old_pages(
    folder: Path, name_page: Callable[[int], str], *, n_pages: int
) -> None:
    """Remove the pages of an earlier run that had more of them.

    name_page: Names the page of a number, from 1, in the folder.
    """
    number = n_pages + 1
    while (page := folder / name_page(number)).exists():
        page.unlink()
        number += 1


def _write_page(path: Path, record: Record, model: str) -> None:
    with open_atomic(path) as handle:
        handle.write(render_note(record, model=model, index=f"../{INDEX_FILE}"))
