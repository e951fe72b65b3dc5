"""Concepts of entities, in records.

An entity in a record has these fields, of `clinical_linker` or of any component that sets
`span.kb_id_` or `span._.kb_ents`:

    kb_id        id of its concept; "" without one
    kb_ents      the best candidates: id and score of each
    concept      null, or the concept: id, name, vocabulary, version, types, xrefs (codes by
                 system: {"ICD10CM": ["I10"]}), score, how; and parts, the concepts of
                 which an entity names several
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TypedDict, cast

from spacy.tokens import Span

from spacy_clinical.extensions.concept_attributes import Linked, get_linked
from spacy_clinical.files.json_text import round_finite

FIELDS = ("kb_id", "kb_ents", "concept")
# What the system of codes is called in cross-references.
_ICD9, _ICD10 = "ICD9CM", "ICD10CM"
# What isn't a finding of the patient's.
_NOT_STATED = ("is_negated", "is_hypothetical", "is_family")


class CandidateRecord(TypedDict):
    """The id of a concept that an entity may mean."""

    id: str
    score: float | None


class ConceptRecord(TypedDict, total=False):
    """A concept; `concept_attributes` says what its fields are."""

    id: str
    name: str
    vocabulary: str
    version: str
    types: list[str]
    xrefs: dict[str, list[str]]
    score: float | None
    how: str
    parts: list["ConceptRecord"]


def describe_concept(span: Span) -> dict[str, Any]:
    """Read the fields of a span."""
    row = get_linked(span)
    if row is None:
        return {"kb_id": span.kb_id_, "kb_ents": [], "concept": None}
    concept = shape_concept(row.concept)
    return {
        # Spans of groups may have none, though they were linked.
        "kb_id": span.kb_id_ or (concept["id"] if concept else ""),
        "kb_ents": _shape_candidates(row.candidates),
        "concept": concept,
    }


def shape_concept(value: Any) -> ConceptRecord | None:
    """Copy the known fields of a concept, each of its type; None if it is none.

    value: A record, which may come from anywhere.
    """
    if not isinstance(value, Mapping) or not value.get("id"):
        return None
    concept: ConceptRecord = {
        "id": str(value["id"]),
        "name": str(value.get("name") or ""),
        "vocabulary": str(value.get("vocabulary") or ""),
        "version": str(value.get("version") or ""),
        "types": _list_texts(value.get("types")),
        "xrefs": _shape_xrefs(value.get("xrefs")),
        "score": _read_score(value.get("score")),
        "how": str(value.get("how") or ""),
    }
    parts = [shape_concept(part) for part in _list_items(value.get("parts"))]
    if parts:
        concept["parts"] = [part for part in parts if part is not None]
    return concept


def _shape_candidates(value: Any) -> list[CandidateRecord]:
    """Copy candidates: pairs as scispaCy has them, or records."""
    candidates: list[CandidateRecord] = []
    for item in _list_items(value):
        if isinstance(item, Mapping):
            pair = item.get("id"), item.get("score")
        else:
            pair = (*_list_items(item), None, None)[:2]
        if pair[0]:
            candidates.append({"id": str(pair[0]), "score": _read_score(pair[1])})
    return candidates


def _shape_xrefs(value: Any) -> dict[str, list[str]]:
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {str(system): _list_texts(codes) for system, codes in pairs}


def _list_items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _list_texts(value: Any) -> list[str]:
    return [str(item) for item in _list_items(value)]


def _read_score(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return round_finite(float(value)) if is_number else None


def list_parts(row: Mapping[str, Any]) -> list[ConceptRecord]:
    """List the concepts of an entity: one, or those of its parts; none if it has none.

    row: The record of an entity.
    """
    concept: ConceptRecord | None = row.get("concept")
    return [] if concept is None else concept.get("parts") or [concept]


def bare_concept(
    row: Mapping[str, Any], vocabularies: Collection[str]
) -> dict[str, Any]:
    """Copy the fields of an entity that come from vocabularies, not from the note.

    row: A record of an entity, which may come from anywhere.
    vocabularies: Names of those that a component of this package has looked up concepts
        in. What has another origin may be words of the note.
    """
    if not any(name in row for name in FIELDS):
        return {}
    concept = shape_concept(row.get("concept"))
    known = [] if concept is None else [concept, *concept.get("parts", ())]
    if not all(one["vocabulary"] in vocabularies for one in known):
        concept = None
    candidates = _shape_candidates(row.get("kb_ents")) if vocabularies else []
    ids = {one["id"] for one in candidates} | {(concept or {}).get("id")}
    kb_id = row.get("kb_id") or ""
    return {
        "kb_id": kb_id if kb_id in ids else "",
        "kb_ents": candidates,
        "concept": concept,
    }


def restore_concept(row: Mapping[str, Any]) -> Linked | None:
    """Make what a Doc keeps of an entity; None if it has nothing to keep.

    row: A record of an entity. Earlier versions wrote no concepts.
    """
    concept, found = (
        shape_concept(row.get("concept")),
        _shape_candidates(row.get("kb_ents")),
    )
    if concept is None and not found:
        return None
    candidates = tuple((one["id"], one["score"] or 0.0) for one in found)
    place = row["start"], row["end"], row["label"]
    return Linked(*place, candidates, cast(dict[str, Any] | None, concept))


def list_concept_rows(entities: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    """List the concepts of entities as rows of a table.

    entities: Their records. One with several concepts has a row for each.
    """
    for ent in entities:
        place = {name: ent.get(name) for name in ("label", "text", "start", "end")}
        unknown: ConceptRecord = {"id": ent.get("kb_id") or "", "score": None}
        for concept in list_parts(ent) or [unknown]:
            if concept["id"]:
                yield {**place, **concept, "kb_id": concept["id"]}


def find_icd10(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """Find the codes of ICD-10-CM that the concepts of a note have, by its codes of
    ICD-9-CM.

    A concept belongs to a code if it has that one, or a code under it, as a cross-reference
    too. Entities that are denied, hypothetical or a relative's have none.

    record: As `records.make_record` makes it.
    RETURNS: For each of the record's codes, names of concepts by their codes.
    """
    stated = [
        concept
        for ent in record["entities"]
        if not any(ent.get(name) is True for name in _NOT_STATED)
        for concept in list_parts(ent)
    ]
    found = []
    for row in record.get("codes") or ():
        code = str(row["code"])
        found.append(
            {
                icd10: concept.get("name") or ""
                for concept in stated
                if any(_is_under(one, code) for one in _list_codes(concept, _ICD9))
                for icd10 in _list_codes(concept, _ICD10)
            }
        )
    return found


def _list_codes(concept: ConceptRecord, system: str) -> list[str]:
    return (concept.get("xrefs") or {}).get(system) or []


def _is_under(code: str, category: str) -> bool:
    """Check whether a code is another one, or a finer code under it."""
    start = category if "." in category else f"{category}."
    return code == category or code.startswith(start)
