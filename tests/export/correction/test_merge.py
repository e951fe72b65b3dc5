from pathlib import Path

import pytest

from spacy_clinical.errors import CodedValueError
from spacy_clinical.export.correction.annotated import Holds, Mark
from spacy_clinical.export.correction.merge import merge, merge_all
from spacy_clinical.types import Note, NoteFailure
from tests.export.correction.made import ANNOTATED, TEXT, make_made_record

ALL, NOTHING = Holds(True, True, True, True), Holds(False, False, False, False)
PATH = Path("notes.jsonl")


def make_original():
    record = make_made_record()
    record["entities"][0] |= {"score": 0.7, "date": None}
    return record | {"meta": {"ward": "4"}, "codes": [{"code": "486"}]}


def test_what_a_format_cannot_hold_is_kept():
    bare = [mark._replace(attributes=(), concepts=()) for mark in ANNOTATED.marks[:1]]
    new = Mark("entities", 0, 1, "New")
    made = merge(
        ANNOTATED._replace(marks=[*bare, new], links=[]), make_original(), NOTHING
    )
    assert [ent["label"] for ent in made["entities"]] == ["New", "Sign_symptom"]
    assert made["entities"][1]["is_negated"] is True
    assert made["entities"][1]["score"] == 0.7
    assert made["overlapping"] == made["relations"] == []
    assert made["meta"] == {"ward": "4"}
    assert made["codes"] == [{"code": "486"}]
    assert made["sections"]
    assert made["identifiers"]


def test_corrections_count_where_the_format_holds_them():
    bare = [mark._replace(attributes=(), concepts=()) for mark in ANNOTATED.marks[:2]]
    made = merge(ANNOTATED._replace(marks=bare, links=[]), make_original(), ALL)
    assert made["entities"][0]["is_negated"] is False
    assert made["entities"][1]["kb_id"] == ""
    assert made["sections"] == made["identifiers"] == []


def test_notes_whose_text_differs_are_refused():
    other = ANNOTATED.note._replace(text=TEXT.replace("fever", "chills"))
    at = TEXT.index("fever")
    with pytest.raises(CodedValueError, match=rf"\[C763\].*n/1.*character {at}"):
        merge(ANNOTATED._replace(note=other), make_original(), ALL)
    shorter = ANNOTATED.note._replace(text=TEXT[:-1])
    with pytest.raises(CodedValueError, match=rf"\[C763\].*character {len(TEXT) - 1}"):
        merge(ANNOTATED._replace(note=shorter), make_original(), ALL)


def test_control_characters_that_xml_has_not_come_back():
    record = make_original() | {"text": TEXT.replace("HPI", "H\x00I")}
    cleaned = ANNOTATED.note._replace(text=TEXT.replace("HPI", "H I"))
    made = merge(ANNOTATED._replace(note=cleaned), record, ALL)
    assert made["text"] == record["text"]


def test_one_note_that_is_refused_stops_no_other():
    unknown = ANNOTATED._replace(note=Note("n2", TEXT, {}, "x"))
    failed = NoteFailure("a", "[C760] ...")
    records = {"n/1": make_original()}
    first, second, third = merge_all([failed, unknown, ANNOTATED], records, ALL, PATH)
    assert first is failed
    assert second.message.startswith("[C764]")
    assert third["id"] == "n/1"
