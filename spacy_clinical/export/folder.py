"""An output folder: records of all notes, and pages to read them."""

import json
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from spacy_clinical.errors import CodedOSError, Errors, Warnings, warn
from spacy_clinical.export.html import (
    IndexRow,
    make_index_row,
    render_index,
    render_note,
)
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.pages.folder import (
    PagesFolder,
    is_made_page,
    warn_of_removed,
)
from spacy_clinical.export.records import Record, without_text
from spacy_clinical.files.atomic import open_text, replace_together
from spacy_clinical.files.leftovers import remove_leftovers
from spacy_clinical.files.own_outputs import is_own_file, is_own_folder
from spacy_clinical.files.regular import show_path
from spacy_clinical.types import NoteFailure

RECORDS_FILE = "notes.jsonl"
INDEX_FILE = "index.html"
# What `view` writes, unless it is told where.
VIEW_FILE = "view.html"
_PAGES_FOLDER = "pages"


class Totals(NamedTuple):
    """The numbers of notes that were written and of their findings.

    n_failed: Notes that failed, and files and rows that could not be read.
    """

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
    """Make an output folder, and check that files can be written there.

    html: Whether pages will be written too.
    RAISES OSError: C310, if they can't.
    """
    try:
        (folder / _PAGES_FOLDER if html else folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CodedOSError(Errors.C310.format(path=folder, reason=reason)) from error


def write_folder(
    records: Iterable[Record | NoteFailure],
    folder: Path,
    *,
    html: bool = False,
    with_text: bool = True,
    model: str = "",
    links: Mapping[str, str] = MappingProxyType({}),
) -> Totals:
    """Write the record of each note, and with `html` a page for each and an index.

    Records, pages and index appear together when the last is written; an earlier run's
    are there until then, and go. So do its pages without `html`, and the page of `view`.

    records: With text if there will be pages; and what could not be read.
    folder: As `prepare_folder` left it. No other run writes to it.
    with_text: Whether the records quote the note. Pages always do.
    model: Name and version of the pipeline, for the pages.
    links: Where pages link concepts to: see `render_note`.
    """
    totals = Counter(dict.fromkeys(Totals._fields[:-1], 0))
    rows: list[IndexRow] = []
    messages: list[str] = []
    # Numbers, as there may be millions of ids.
    ids: set[int] = set()
    pages, index = _get_pages(folder), folder / INDEX_FILE
    clean_folder(folder)
    old = _list_pages(folder)
    paths = [folder / RECORDS_FILE, *([index] if html else [])]
    with ExitStack() as stack:
        run = stack.enter_context(pages.fill()) if html else None
        made = stack.enter_context(replace_together(paths, gone=old))
        with open_text(made[0]) as lines:
            for record in records:
                if isinstance(record, NoteFailure):
                    totals["n_failed"] += 1
                    if html:
                        messages.append(record.message)
                    continue
                totals.update(_count(record))
                ids.add(hash(record["id"]))
                lines.write(format_line(record if with_text else without_text(record)))
                if run is not None:
                    number = len(rows) + 1
                    rows.append(make_index_row(record, pages.name_page(run, number)))
                    link = pages.link_to_index()
                    content = render_note(record, model=model, index=link, links=links)
                    pages.write(run, number, content)
        if run is not None:
            pages.sync(run)
            with open_text(made[1]) as handle:
                handle.write(render_index(rows, unread=messages, model=model))
    # The new index is in place, so nothing links to the earlier pages.
    had_pages = pages.remove_others(run)
    removed = [path.name for path in old if path not in paths]
    warn_of_removed(
        folder, [*removed, *([_PAGES_FOLDER] if had_pages and not html else [])]
    )
    n_repeated_ids = totals["n_notes"] - len(ids)
    return Totals(**totals, n_repeated_ids=n_repeated_ids)


def clean_folder(folder: Path) -> None:
    """Remove temporary files that killed runs of `write_folder` have left."""
    for name in (RECORDS_FILE, INDEX_FILE, VIEW_FILE):
        remove_leftovers(folder / name)
    _get_pages(folder).remove_leftovers()


def remove_outputs(folder: Path) -> None:
    """Remove what `write_folder` and `view` wrote, and no other files.

    RAISES OSError: If it can't be removed.
    """
    old = _list_pages(folder)
    # The index goes first: it leads to the others.
    for path in old:
        path.unlink()
    if _get_pages(folder).remove_others(None):
        old.append(folder / _PAGES_FOLDER)
    records = folder / RECORDS_FILE
    if _is_made(records):
        records.unlink()
        old.append(records)
    warn_of_removed(folder, [path.name for path in old])


def _get_pages(folder: Path) -> PagesFolder:
    return PagesFolder(folder / INDEX_FILE, name=_PAGES_FOLDER, stem="note")


def _list_pages(folder: Path) -> list[Path]:
    """List the pages about all notes that an earlier run or `view` has made."""
    pages = [folder / INDEX_FILE, folder / VIEW_FILE]
    return [path for path in pages if is_made_page(path)]


def _is_made(path: Path) -> bool:
    """Check whether a file holds records of notes, or nothing."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as lines:
        line = lines.readline()
    try:
        return not line or {"id", "n_chars", "provenance"} <= json.loads(line).keys()
    except (ValueError, AttributeError, RecursionError):
        return False


def warn_of_text(folder: Path, outputs: Collection[Path]) -> None:
    """Name the exports and pages of earlier runs that still quote notes, as `export` and
    `view` write them.

    outputs (resolved): What this run may write.
    """
    paths = sorted(path for path in folder.iterdir() if path.resolve() not in outputs)
    names = [show_path(path.name) for path in paths if _may_hold_text(path)]
    if names:
        warn(Warnings.W308.format(path=folder, names=", ".join(names)))


def _may_hold_text(path: Path) -> bool:
    if path.is_dir():
        return is_own_folder(path) or any(map(is_own_file, path.glob("*")))
    return path.suffix not in (".json", ".spacy") and is_own_file(path)


def _count(record: Record) -> dict[str, int]:
    return {
        "n_notes": 1,
        "n_sections": len(record["sections"]),
        "n_entities": len(record["entities"]),
        "n_codes": len(record["codes"]),
        "n_failed": int(record["error"] is not None),
    }
