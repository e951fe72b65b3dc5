"""Relations as pages show them: what belongs to each entity, in groups of one label."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from spacy_clinical.export.pages.wording import EN_DASH, shorten
from spacy_clinical.export.relation_records import shape_rows

# How a label is read from the head: "pain — with — severe".
_NAMES = {
    "MODIFY": "with",
    "SUB_PROCEDURE": "includes",
    "IDENTICAL": "same as",
    "CAUSE": "caused by",
    "BEFORE": "after",
    "AFTER": "before",
    "OVERLAP": "same time as",
}
_MAX_WORDS = 60


class Related(NamedTuple):
    """One end of a relation.

    type: Label of the entity.
    entity: Its number in the record; None if it is none.
    """

    words: str
    type: str
    entity: int | None
    score: float | None = None


class RelationGroup(NamedTuple):
    """All that belongs to an entity.

    members: By the name of the relation.
    """

    head: Related
    members: list[tuple[str, list[Related]]]


def group_relations(record: Mapping[str, Any]) -> list[RelationGroup]:
    """Group the relations of a record by their heads, in the order of the note.

    record: As `records.make_record` makes it.
    """
    numbers = {(e["start"], e["end"]): i for i, e in enumerate(record["entities"])}
    text = record.get("text") or ""

    def show(side: Mapping[str, Any], score: float | None = None) -> Related:
        start, end = side["start"], side["end"]
        words = shorten(text[start:end], _MAX_WORDS) or f"{start}{EN_DASH}{end}"
        return Related(words, side["label"] or "", numbers.get((start, end)), score)

    groups: dict[tuple[int, int], dict[str, list[Related]]] = {}
    heads: dict[tuple[int, int], Related] = {}
    rows = shape_rows(record.get("relations"), "relations")
    rows.sort(key=lambda row: (row["head"]["start"], row["child"]["start"]))
    for row in rows:
        head = row["head"]
        place = head["start"], head["end"]
        heads.setdefault(place, show(head))
        names = groups.setdefault(place, {})
        child = show(row["child"], row["score"])
        names.setdefault(name_relation(row["label"]), []).append(child)
    return [
        RelationGroup(heads[place], list(names.items()))
        for place, names in groups.items()
    ]


def name_relation(label: str) -> str:
    """Name a relation as it is read from its head."""
    return _NAMES.get(label, label.replace("_", " ").lower())
