import json

import spacy
from spacy.tokens import Doc, Span, SpanGroup

from spacy_clinical.export.assertions import FIELDS
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.types import Note

TEXT = "Seen today.\nHPI: chest pain, fever\nPE:\nCV: no murmur"


def make_doc(nlp):
    """Two sections, the second with a subsection; three entities, two that overlap."""
    nlp.add_pipe("clinical_section_splitter")
    doc = nlp(TEXT)
    chest_pain, pain, murmur = (
        doc.char_span(TEXT.index(text), TEXT.index(text) + len(text), label=label)
        for text, label in (
            ("chest pain", "Sign_symptom"),
            ("pain", "Other"),
            ("murmur", "Sign_symptom"),
        )
    )
    doc.ents = [chest_pain, murmur]
    doc.spans["ner"] = SpanGroup(
        doc, spans=[chest_pain, pain], attrs={"scores": [0.912345, 0.25]}
    )
    return doc


def test_make_record_tells_all_that_was_found():
    doc = make_doc(spacy.blank("en"))
    record = make_record(Note("a", TEXT, {"ward": "4B"}, "a.txt"), doc)
    assert {key: record[key] for key in ("id", "source", "meta", "text")} == {
        "id": "a",
        "source": "a.txt",
        "meta": {"ward": "4B"},
        "text": TEXT,
    }
    assert record["n_chars"] == len(TEXT)
    found = [(row["label"], row["loinc"], row["title"]) for row in record["sections"]]
    assert found == [
        ("preamble", "", ""),
        ("history_of_present_illness", "10164-2", "HPI"),
        ("physical_exam", "29545-1", "PE"),
    ]
    assert [TEXT[row["body_start"] : row["end"]] for row in record["sections"]] == [
        "Seen today.\n",
        "chest pain, fever\n",
        "CV: no murmur",
    ]
    (subsection,) = record["subsections"]
    assert subsection["section"] == "physical_exam"
    assert TEXT[subsection["start"] : subsection["end"]] == "CV: no murmur"
    assert TEXT[subsection["body_start"] : subsection["end"]] == "no murmur"
    assert record["entities"] == [
        {
            "label": "Sign_symptom",
            "text": "chest pain",
            "start": 17,
            "end": 27,
            "score": 0.9123,
            "section": "history_of_present_illness",
            **dict.fromkeys(FIELDS),
            **{"kb_id": "", "kb_ents": [], "concept": None, "date": None},
        },
        {
            "label": "Sign_symptom",
            "text": "murmur",
            "start": 46,
            "end": 52,
            "score": None,
            "section": "physical_exam",
            **dict.fromkeys(FIELDS),
            **{"kb_id": "", "kb_ents": [], "concept": None, "date": None},
        },
    ]
    (overlapping,) = record["overlapping"]
    assert (overlapping["text"], overlapping["score"]) == ("pain", 0.25)
    assert "clinical_section_splitter" in record["provenance"]
    assert record["error"] is None


def test_make_record_has_the_same_keys_for_every_doc():
    nlp = spacy.blank("en")
    full = make_record(Note("a", TEXT, {}, "a.txt"), make_doc(nlp))
    empty = make_record(Note("b", "", {}, "b.txt"), Doc(nlp.vocab))
    assert list(empty) == list(full)
    assert empty["n_sentences"] == 0


def test_make_record_covers_a_title_without_a_body():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    record = make_record(Note("a", "ALLERGIES:", {}, "a.txt"), nlp("ALLERGIES:"))
    (section,) = record["sections"]
    assert (section["label"], section["body_start"]) == ("allergies", 10)


def test_make_record_counts_sentences():
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    note = Note("a", "One. Two. Three.", {}, "a.txt")
    assert make_record(note, nlp(note.text))["n_sentences"] == 3


def test_without_text_quotes_nothing():
    record = make_record(Note("a", TEXT, {}, "a.txt"), make_doc(spacy.blank("en")))
    line = format_line(without_text(record))
    assert not any(word in line for word in ("today", "HPI", "pain", "PE", "CV"))
    assert json.loads(line)["entities"][0]["start"] == 17
    assert record["entities"][0]["text"] == "chest pain"


def test_format_line_is_one_line_for_every_reader():
    text = "a\u2028b\u2029c\x85d\ne\x0b\x1cf\U0001f915\u05d0"
    line = format_line({"text": text})
    assert len(line.splitlines()) == 1
    assert json.loads(line)["text"] == text
    assert "\U0001f915\u05d0" in line


def test_make_record_stays_fast_with_many_entities():
    nlp = spacy.blank("en")
    doc = nlp("pain " * 20_000)
    spans = [Span(doc, i, i + 1, label="Sign_symptom") for i in range(len(doc))]
    doc.ents = spans
    doc.spans["ner"] = SpanGroup(doc, spans=spans, attrs={"scores": [0.5] * len(doc)})
    record = make_record(Note("a", doc.text, {}, "a.txt"), doc)
    assert {ent["score"] for ent in record["entities"]} == {0.5}
