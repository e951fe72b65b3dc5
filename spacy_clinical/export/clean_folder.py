"""An output folder of notes without their identifiers.

    notes.jsonl         records, see `clean_records`; of a run in shards, shards/*.jsonl
    report.json         on request: counts of what was removed, by label and kind
    report.md           the same as a table
    audit.html          on request: a sample of clean notes for people to check
    before_after.html   on request: notes and clean notes side by side

All files are only for their owner to read. Nothing but before_after.html holds anything
of the original.
"""

import hashlib
import heapq
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from spacy_clinical.about import __version__
from spacy_clinical.export.clean_records import CleanRecord
from spacy_clinical.export.folder import RECORDS_FILE, clean_folder, remove_outputs
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.pages.clean import Row, make_row, render_clean
from spacy_clinical.export.pages.folder import is_made_page
from spacy_clinical.files.atomic import open_atomic, open_text, replace_together
from spacy_clinical.files.json_text import read_json, write_json
from spacy_clinical.files.leftovers import remove_leftovers
from spacy_clinical.types import NoteFailure

REPORT_FILE, TABLE_FILE = "report.json", "report.md"
AUDIT_FILE, PAGE_FILE = "audit.html", "before_after.html"
_OTHERS = (REPORT_FILE, TABLE_FILE, AUDIT_FILE, PAGE_FILE)


class CleanTotals(NamedTuple):
    """Counts of a run.

    n_clean: Notes in which identifiers were replaced.
    n_identifiers: Identifiers that were replaced.
    n_kept: Identifiers that were found and left as they are.
    n_failed: Notes that failed, and files and rows that could not be read.
    """

    n_notes: int
    n_clean: int
    n_identifiers: int
    n_kept: int
    n_failed: int


def list_clean_outputs(folder: Path) -> list[Path]:
    """List the paths that a run may write beside its records."""
    return [(folder / name).resolve() for name in _OTHERS]


def write_clean_folder(
    records: Iterable[CleanRecord | NoteFailure],
    folder: Path,
    *,
    html: bool = False,
    offsets: bool = False,
    model: str = "",
) -> CleanTotals:
    """Write the records of clean notes, and with `html` a page beside the originals.

    They appear together when the last note is done. Earlier output in the folder is
    replaced, also what `annotate` wrote: it quotes the notes.

    records: With their originals and offsets if there will be a page.
    folder: An existing folder. No other run writes to it.
    offsets: Whether to write offsets to the records.
    model: Name and version of the pipeline, for the page.
    """
    totals: Counter[str] = Counter(dict.fromkeys(CleanTotals._fields, 0))
    clean_folder(folder)
    paths = [folder / RECORDS_FILE, *([folder / PAGE_FILE] if html else [])]
    with ExitStack() as stack:
        made = stack.enter_context(replace_together(paths))
        with open_text(made[0]) as lines:

            def write() -> Iterator[Row]:
                for record in records:
                    if isinstance(record, NoteFailure):
                        totals["n_failed"] += 1
                        continue
                    totals.update(_count(record))
                    if html and record["error"] is None:
                        yield make_row(record)
                    record.pop("original", None)
                    if not offsets:
                        record.pop("offsets", None)
                    lines.write(format_line(record))

            if html:
                with open_text(made[1]) as page:
                    title = "Before and after"
                    page.writelines(render_clean(write(), title=title, model=model))
            else:
                deque(write(), maxlen=0)
        remove_outputs(folder)
        remove_extras(folder)
    return CleanTotals(**totals)


def remove_extras(folder: Path) -> None:
    """Remove reports and pages of an earlier run, and no other files."""
    for name in _OTHERS:
        path = folder / name
        remove_leftovers(path)
        if is_made_page(path) or _is_report(path):
            path.unlink()


def write_extras(
    folder: Path,
    paths: Iterable[Path],
    *,
    report: bool,
    n_audit: int,
    model: str = "",
) -> None:
    """Write the report of a run that is done, and the sample to check.

    paths: The files of its records.
    report: Whether to write the report.
    n_audit: Number of notes in the sample; 0 for none.
    model: Name and version of the pipeline, for the page.
    """
    counts = Report()
    sample: list[tuple[int, int, CleanRecord]] = []
    for number, record in enumerate(read_clean(paths)):
        counts.add(record)
        if n_audit and record["error"] is None:
            entry = (-_draw(record["id"], number), number, record)
            keep = heapq.heappush if len(sample) < n_audit else heapq.heappushpop
            keep(sample, entry)
    if report:
        with open_atomic(folder / REPORT_FILE) as handle:
            handle.write(write_json(counts.describe(), indent=1))
        with open_atomic(folder / TABLE_FILE) as handle:
            handle.write(counts.format_table())
    if n_audit:
        ordered = sorted(sample, key=lambda entry: entry[1])
        rows = (make_row(record) for *_, record in ordered)
        with open_atomic(folder / AUDIT_FILE) as handle:
            handle.writelines(
                render_clean(rows, title="Clean notes to check", model=model)
            )


def read_clean(paths: Iterable[Path]) -> Iterator[CleanRecord]:
    """Read the records of a run that is done."""
    for path in paths:
        with path.open("rb") as lines:
            for line in lines:
                yield read_json(line)


class Report:
    """Counts what was done with the identifiers of notes, and holds none of them."""

    def __init__(self) -> None:
        self.n_notes = self.n_failed = self.n_without = self.n_chars = 0
        self.by_type: Counter[tuple[str, str, str]] = Counter()
        self.repeats: Counter[tuple[str, str, str]] = Counter()
        self.failures: Counter[str] = Counter()

    def add(self, record: CleanRecord) -> None:
        """Count a record."""
        self.n_notes += 1
        self.n_chars += record["n_chars"]
        if record["error"] is not None:
            self.n_failed += 1
            self.failures[record["error"]["code"] or record["error"]["type"]] += 1
            return
        self.n_without += not record["identifiers"]
        for row in record["identifiers"]:
            by = row["label"], row["kind"], row["mode"]
            self.by_type[by] += 1
            self.repeats[by] += row["repeated"]

    def describe(self) -> dict[str, Any]:
        """Describe the counts as plain data."""
        return {
            "package": __version__,
            "n_notes": self.n_notes,
            "n_failed": self.n_failed,
            "n_without_identifiers": self.n_without,
            "n_chars": self.n_chars,
            "identifiers": [
                {
                    **dict(zip(("label", "kind", "mode"), by, strict=True)),
                    "count": count,
                    "repeats": self.repeats[by],
                }
                for by, count in sorted(self.by_type.items())
            ],
            "failures": dict(sorted(self.failures.items())),
        }

    def format_table(self) -> str:
        """Format the counts as Markdown."""
        lines = [
            "# Identifiers that were found",
            "",
            f"{self.n_notes} notes, {self.n_failed} of them failed and not written, "
            f"{self.n_without} without identifiers.",
            "",
            "Repeats are places that no component found: what stands there was found "
            "elsewhere in the note. Many of them mean that more may have been missed. "
            "What stands only where nothing found it isn't counted: check a sample.",
            "",
            "| label | kind | mode | count | repeats |",
            "|---|---|---|---:|---:|",
        ]
        lines += [
            f"| {' | '.join(by)} | {count} | {self.repeats[by]} |"
            for by, count in sorted(self.by_type.items())
        ]
        return "\n".join(lines) + "\n"


def _count(record: CleanRecord) -> dict[str, int]:
    n_kept = sum(row["mode"] == "keep" for row in record["identifiers"])
    n_replaced = len(record["identifiers"]) - n_kept
    return {
        "n_notes": 1,
        "n_clean": int(n_replaced > 0),
        "n_identifiers": n_replaced,
        "n_kept": n_kept,
        "n_failed": int(record["error"] is not None),
    }


def _draw(note_id: str, number: int) -> int:
    """Draw a number for a note, so that the same run always has the same sample."""
    text = f"{number} {note_id}".encode("utf8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def _is_report(path: Path) -> bool:
    """Check whether a file is a report of this package."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as handle:
        head = handle.read(64)
    return head.startswith((b'{\n "package"', b"# Identifiers that were found"))
