"""Records that are assembled from the entities and the text of a Doc: one row for each
kind."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from spacy.tokens import Doc

# What makes the records of an attribute of Docs, from a Doc. They are
# imported with the first note, because their patterns take longer to compile than
# `spacy.blank` takes.
RECORD_MAKERS: Mapping[str, tuple[str, str]] = {
    "medications": ("spacy_clinical.relations.medications", "assemble_medications"),
    "measurements": (
        "spacy_clinical.relations.measurements.assemble",
        "assemble_measurements",
    ),
}
# Those that have dates.
DATED = frozenset({"measurements"})
META_READER = ("spacy_clinical.relations.dates.anchors", "find_meta_dates")
DATE_RESOLVER = ("spacy_clinical.relations.dates.resolve", "resolve_dates")


def keep_meta_dates(doc: Doc, meta: Mapping[str, Any]) -> None:
    """Keep the dates that a note's metadata state, from which others are counted."""
    doc._.note_dates = _load(*META_READER)(meta)


def write_records(doc: Doc, *, day_first: bool | None = None) -> None:
    """Write the records of what belongs together in a Doc, and its dates.

    day_first: Whether "3/4" is the third of April. None: as each note shows.

    Each kind looks by itself: what stands between a drug and a dose, or a test and a value,
    says whose it is more surely than a head, which may read a list one step off.
    """
    for attribute, place in RECORD_MAKERS.items():
        settings = {"day_first": day_first} if attribute in DATED else {}
        doc._.set(attribute, _load(*place)(doc, **settings))
    for record in _load(*DATE_RESOLVER)(doc, day_first=day_first):
        span = doc.char_span(
            record["start_char"], record["end_char"], alignment_mode="expand"
        )
        if span is not None:
            span._.date = record


@cache
def _load(module: str, name: str) -> Callable[..., Any]:
    return getattr(import_module(module), name)
