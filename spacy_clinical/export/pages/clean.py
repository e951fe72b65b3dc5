"""Pages of clean notes: colors say which identifiers were where, beside the original or not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jinja2

from spacy_clinical.about import __version__
from spacy_clinical.export.clean_records import CleanRecord, PlaceRecord
from spacy_clinical.export.pages.wording import make_visible
from spacy_clinical.identifiers.found import LABELS

_HUES = dict(
    zip(LABELS, (2, 322, 47, 210, 138, 26, 170, 245, 90, 276, 195), strict=True)
)
_NAMES = {
    "PATIENT": "Patient",
    "STAFF": "Staff",
    "AGE": "Age",
    "DATE": "Date",
    "PHONE": "Phone",
    "ID": "Number",
    "EMAIL": "E-mail",
    "PATORG": "Organization",
    "LOC": "Place",
    "HOSP": "Hospital",
    "OTHERPHI": "Other",
}
_OTHER = "other"
_KEEP = "keep"


class Kind(NamedTuple):
    """A kind of identifiers on a page: its CSS class, name, hue and how many there are."""

    key: str
    name: str
    hue: int | None
    n_found: int = 0


class Part(NamedTuple):
    """A stretch of a text on a page.

    key: The CSS class of the identifier that it is or was; "" for other text.
    name: Of its kind, as exactly as it is known.
    is_kept: Whether it was left as it is.
    """

    text: str
    key: str = ""
    name: str = ""
    is_kept: bool = False


class Row(NamedTuple):
    """A note on a page, with its original or without.

    kinds: Of the identifiers in it.
    """

    note_id: str
    kinds: list[Kind]
    clean: list[Part]
    original: list[Part]


def make_row(record: CleanRecord) -> Row:
    """Make what a page shows of a record.

    record: With its original and offsets if both are to be shown.
    """
    places = record["identifiers"]
    original = record.get("original", "")
    counts = Counter(_get_key(row["label"]) for row in places)
    new = [(row["start"], row["end"]) for row in places]
    return Row(
        record["id"],
        [kind._replace(n_found=counts[kind.key]) for kind in KINDS if counts[kind.key]],
        _cut(record["text"], places, new),
        _cut(original, places, _find_old(record)) if original else [],
    )


def render_clean(rows: Iterable[Row], *, title: str, model: str) -> Iterator[str]:
    """Make a page, a few rows at a time.

    title: What is on it.
    model: Name and version of the pipeline, for the foot of the page.
    """
    return _load_template().generate(
        **{"rows": rows, "heading": title, "model": model, "version": __version__},
        **{"types": (), "kinds": KINDS},
    )


def _name(label: str) -> str:
    return _NAMES.get(label, label).lower()


def _get_key(label: str) -> str:
    return label.lower() if label in _HUES else _OTHER


KINDS = [
    *(Kind(_get_key(label), _NAMES[label], hue) for label, hue in _HUES.items()),
    Kind(_OTHER, "Unknown kind", None),
]


def _find_old(record: CleanRecord) -> list[tuple[int, int]]:
    """Find where the identifiers of a clean text were in the original."""
    replaced = record.get("offsets", [])
    found, shift, i = [], 0, 0
    for row in record["identifiers"]:
        # What was replaced before moves what was kept.
        while i < len(replaced) and replaced[i][2] < row["start"]:
            shift = replaced[i][1] - replaced[i][3]
            i += 1
        start, end = row["start"] + shift, row["end"] + shift
        if i < len(replaced) and replaced[i][2] == row["start"]:
            start, end = replaced[i][:2]
            shift = end - replaced[i][3]
            i += 1
        found.append((start, end))
    return found


def _cut(
    text: str, rows: Sequence[PlaceRecord], places: Sequence[tuple[int, int]]
) -> list[Part]:
    """Cut a text at its identifiers."""
    parts, done = [], 0
    for row, (start, end) in zip(rows, places, strict=True):
        name = row["kind"].replace("_", " ") or _name(row["label"])
        is_kept = row["mode"] == _KEEP
        parts.append(Part(text[done:start]))
        parts.append(Part(text[start:end], _get_key(row["label"]), name, is_kept))
        done = end
    parts.append(Part(text[done:]))
    return [part for part in parts if part.text]


@cache
def _load_template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = make_visible
    return environment.get_template("clean.html")
