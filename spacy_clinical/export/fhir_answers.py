"""Items of FHIR's QuestionnaireResponse: answers to questions, and statements.

An item's linkId is the name of the question or statement, and its text its words. The answer
is a string: the words of the note, or the label of the statement. A question without an
answer has an item without one. Scores are extensions (urn:spacy-clinical:score).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from spacy_clinical.export.fhir_status import extend
from spacy_clinical.export.fhir_values import Resource, clean


def make_items(record: Mapping[str, Any]) -> list[Resource]:
    """Make the items of a record's answers and statements."""
    rows = [
        *(
            (row["question"], row.get("asked"), row.get("text"), row)
            for row in record.get("answers") or ()
        ),
        *(
            (row["statement"], row.get("hypothesis"), row.get("label"), row)
            for row in record.get("statements") or ()
        ),
    ]
    items, names = [], set[str]()
    for name, asked, answer, row in rows:
        link = clean(name) or "question"
        while link in names:
            link += "'"
        names.add(link)
        items.append(_make_item(link, asked, answer, row))
    return items


def _make_item(
    link: str, asked: str | None, answer: str | None, row: Mapping[str, Any]
) -> Resource:
    item: Resource = {"linkId": link}
    if clean(asked or ""):
        item["text"] = clean(asked or "")
    if clean(answer or ""):
        item["answer"] = [{**extend(row), "valueString": clean(answer or "")}]
    return item


def filter_places(places: Iterable[int | None]) -> list[int]:
    """List the places of what has one."""
    return [place for place in places if place is not None]
