"""Records that are assembled from the relations of a Doc: one row for each kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from spacy.tokens import Doc

from spacy_clinical.relations.dates.resolve import resolve_dates
from spacy_clinical.relations.measurements.assemble import assemble_measurements
from spacy_clinical.relations.medications import assemble_medications

Records: TypeAlias = list[dict[str, Any]]

# By the attribute of Docs that they are written to: medications, measurements. Each is
# given a Doc and its relations, as `doc._.relations` has them.
RECORD_MAKERS: Mapping[str, Callable[[Doc, Records], Sequence[Mapping[str, Any]]]] = {
    "medications": assemble_medications,
    "measurements": assemble_measurements,
}
# Resolve the dates in a Doc: records with start_char and end_char, which are written to
# `span._.date`.
DATE_RESOLVERS: tuple[Callable[[Doc], Records], ...] = (resolve_dates,)


def write_records(doc: Doc) -> None:
    """Write the records that follow from the relations of a Doc, and its dates."""
    relations = doc._.relations
    for attribute, make in RECORD_MAKERS.items():
        doc._.set(attribute, make(doc, relations))
    for resolve in DATE_RESOLVERS:
        for record in resolve(doc):
            span = doc.char_span(
                record["start_char"], record["end_char"], alignment_mode="expand"
            )
            if span is not None:
                span._.date = record
