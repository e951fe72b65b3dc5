"""Entities in records: what was found, where, whether it holds, what it means, and when."""

from collections.abc import Collection, Mapping
from typing import Any, TypedDict, cast

from spacy.tokens import Span

from spacy_clinical.export.assertions import (
    FIELDS,
    AssertionRecord,
    bare_assertion,
    describe_assertion,
)
from spacy_clinical.export.attributes import AttributeReader
from spacy_clinical.export.concepts import (
    CandidateRecord,
    ConceptRecord,
    bare_concept,
    describe_concept,
)
from spacy_clinical.export.relation_records import DATE, bare_date, describe_date

# Fields that stay without text; those of assertion and concepts as far as they may.
BARE_FIELDS = frozenset(
    {"label", "start", "end", "score", "section", "attributes", *FIELDS}
)


class EntityRecord(TypedDict, total=False):
    """An entity; `score` is None where the model gave none, and what says whether it
    holds where nothing has looked."""

    label: str
    text: str
    start: int
    end: int
    score: float | None
    section: str
    is_negated: bool | None
    is_uncertain: bool | None
    is_historical: bool | None
    is_hypothetical: bool | None
    is_family: bool | None
    assertion: AssertionRecord | None
    kb_id: str
    kb_ents: list[CandidateRecord]
    concept: ConceptRecord | None
    date: dict[str, Any] | None
    attributes: dict[str, Any]


def make_entity(
    span: Span, score: float | None, reader: AttributeReader
) -> EntityRecord:
    """Make the record of an entity.

    reader: Reads the attributes that are asked for.
    """
    entity: EntityRecord = {
        "label": span.label_,
        "text": span.text,
        "start": span.start_char,
        "end": span.end_char,
        "score": score,
        "section": span._.section,
        **cast(EntityRecord, describe_assertion(span)),
        **cast(EntityRecord, describe_concept(span)),
        "date": describe_date(span),
    }
    if reader.attributes.span:
        entity["attributes"] = reader.read_span(span)
    return entity


def bare_entity(
    row: Mapping[str, Any], labels: Collection[str], vocabularies: Collection[str]
) -> dict[str, Any]:
    """Copy whether an entity holds, what it means and when, without words of the note.

    row: A record of an entity, which may come from anywhere.
    labels: Of sections that may stay.
    vocabularies: See `bare_concept`.
    """
    dated = {DATE: bare_date(row[DATE])} if DATE in row else {}
    return {**bare_assertion(row, labels), **bare_concept(row, vocabularies), **dated}
