"""Records that are assembled from the relations of a Doc: one row for each kind."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

from spacy.tokens import Doc

Record: TypeAlias = Mapping[str, Any]
Relations: TypeAlias = Sequence[Record] | None

# What makes the records of an attribute of Docs, from a Doc and its relations. They are
# imported with the first note, because their patterns take longer to compile than
# `spacy.blank` takes.
RECORD_MAKERS: Mapping[str, tuple[str, str]] = {
    "medications": ("spacy_clinical.relations.medications", "assemble_medications"),
    "measurements": (
        "spacy_clinical.relations.measurements.assemble",
        "assemble_measurements",
    ),
}
META_READER = ("spacy_clinical.relations.dates.anchors", "find_meta_dates")
DATE_RESOLVER = ("spacy_clinical.relations.dates.resolve", "resolve_dates")


def keep_meta_dates(doc: Doc, meta: Mapping[str, Any]) -> None:
    """Keep the dates that a note's metadata state, from which others are counted."""
    doc._.note_dates = _load(*META_READER)(meta)


def write_records(doc: Doc, relations: Relations) -> None:
    """Write the records that follow from the relations of a Doc, and its dates.

    relations: Those of `doc._.relations`; None if each kind of record should look by
        itself for what belongs together.
    """
    for attribute, place in RECORD_MAKERS.items():
        doc._.set(attribute, _load(*place)(doc, relations))
    for record in _load(*DATE_RESOLVER)(doc):
        span = doc.char_span(
            record["start_char"], record["end_char"], alignment_mode="expand"
        )
        if span is not None:
            span._.date = record


@cache
def _load(module: str, name: str) -> Callable[..., Any]:
    return getattr(import_module(module), name)
