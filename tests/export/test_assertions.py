import csv
import json

import pytest
import spacy
from spacy.tokens import DocBin, Span

from spacy_clinical.export.arrow import read_parquet, write_parquet
from spacy_clinical.export.assertions import FIELDS
from spacy_clinical.export.docs import get_note, load_tokenizer, make_doc
from spacy_clinical.export.frames import to_frame
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.export.tables import write_tables
from spacy_clinical.extensions.assertion_attributes import (
    CONTEXT_ATTRIBUTES,
    mark_assertion,
    set_assertion,
)
from spacy_clinical.scale.workers import annotate_chunks
from spacy_clinical.types import Note
from tests.export.made import (
    FINDINGS,
    SAID,
    check_parquet,
    load_assertion,
    make_assessed,
    make_one_record,
)


def read_true(rows):
    return {
        row["text"]: {name for name in CONTEXT_ATTRIBUTES if row[name]} for row in rows
    }


def test_a_record_says_what_holds_and_why():
    record = make_assessed()
    assert read_true(record["entities"]) == FINDINGS
    assert all(row["is_negated"] in (True, False) for row in record["entities"])
    fever = record["entities"][1]["assertion"]
    assert fever["scores"]["is_negated"] == 1.0
    [cue] = fever["cues"]
    assert SAID[cue["start"] : cue["end"]] == "Denies"
    assert (cue["category"], cue["direction"]) == ("negated", "before")
    json.dumps(record, allow_nan=False)


def test_what_nothing_has_assessed_is_null():
    for row in make_one_record()["entities"]:
        assert {name: row[name] for name in FIELDS} == dict.fromkeys(FIELDS)


def test_attributes_of_other_components_count_where_one_is_true():
    doc = spacy.blank("en")("no fever, cough")
    doc.ents = [Span(doc, 1, 2, "X"), Span(doc, 3, 4, "X")]
    doc.ents[0]._.is_negated = True
    first, second = make_record(Note("n", doc.text, {}, ""), doc)["entities"]
    assert (first["is_negated"], first["is_family"]) == (True, False)
    assert first["assertion"] is None
    assert second["is_negated"] is None


def test_what_was_not_asked_for_is_null():
    doc = spacy.blank("en")("no fever")
    doc.ents = [Span(doc, 1, 2, "X")]
    set_assertion(doc.ents[0], {"is_negated": 0.1})
    [row] = make_record(Note("n", doc.text, {}, ""), doc)["entities"]
    assert (row["is_negated"], row["is_family"]) == (False, None)


def test_without_text_no_words_are_left():
    doc = spacy.blank("en")("Zyxxo fever in Plugh")
    doc.ents = [Span(doc, 1, 2, "X")]
    cues = [
        {"start": 0, "end": 5, "category": c, "direction": "before", "rule": rule}
        for c, rule in (("negated", "zyxxo"), ("negated", "no"), ("zyxxo", "zyxxo"))
    ]
    set_assertion(doc.ents[0], {"is_negated": 1.0}, cues=cues, section="plugh")
    record = make_record(Note("n", doc.text, {}, ""), doc)
    record["entities"][0]["assertion"]["scores"]["zyxxo"] = 0.5
    record["entities"][0]["is_family"] = "zyxxo"
    bare = without_text(record)
    written = json.dumps(bare).lower()
    assert "zyxxo" not in written
    assert "plugh" not in written
    [row] = bare["entities"]
    assert row["is_negated"] is True
    own, shipped, _ = row["assertion"]["cues"]
    assert own == {"start": 0, "end": 5, "category": "negated", "direction": "before"}
    assert shipped["rule"] == "no"
    assert row["assertion"]["section"] == "other"


def test_shipped_rules_stay_without_text():
    text = "Denies fever. gout: no. FAMILY HISTORY:\nasthma"
    record = make_assessed(text)
    bare = without_text(record)
    for row, before in zip(bare["entities"], record["entities"], strict=True):
        assert row["assertion"] == before["assertion"]


@pytest.mark.parametrize("with_text", [True, False])
def test_parquet_is_read_back_exactly(tmp_path, with_text):
    check_parquet(make_assessed(), tmp_path / "x.parquet", with_text=with_text)


def make_old():
    record = make_assessed()
    for row in record["entities"]:
        for name in FIELDS:
            del row[name]
    return record


def test_records_of_earlier_versions_are_read(tmp_path):
    old = make_old()
    doc = make_doc(old, load_tokenizer())
    assert not any(ent._.any_context_attributes for ent in doc.ents)
    assert "assertion_cues" not in doc.spans
    assert without_text(old)["entities"][0].keys().isdisjoint(FIELDS)
    frame = to_frame([old])
    assert frame["is_negated"].isna().all()
    write_parquet([old], tmp_path / "x.parquet")
    [again] = read_parquet(tmp_path / "x.parquet")
    assert again["entities"][0]["is_negated"] is None
    write_tables([old], tmp_path / "tables")


def test_docs_of_records_say_the_same():
    record = make_assessed()
    doc = make_doc(record, load_tokenizer())
    made = load_assertion()(SAID)
    assert [e._.assertion for e in doc.ents] == [e._.assertion for e in made.ents]
    cues = [
        [(s.text, s.label_) for s in d.spans["assertion_cues"]] for d in (doc, made)
    ]
    assert cues[0] == cues[1] != []
    data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    [again] = DocBin().from_bytes(data).get_docs(doc.vocab)
    assert make_record(get_note(again), again)["entities"] == record["entities"]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_have_columns_of_assertion(library):
    pytest.importorskip(library)
    frame = to_frame([make_assessed(), make_one_record()], library=library)
    assert list(frame["is_negated"])[:3] == [False, True, False]
    last = list(frame["is_negated"])[-1]
    assert last is None or last is not True
    cues = list(frame["cues"])
    assert json.loads(cues[1])[0]["category"] == "negated"
    assert cues[0] == "[]"


def test_attributes_that_are_asked_for_have_no_second_column(tmp_path):
    doc = spacy.blank("en")("no fever")
    doc.ents = [Span(doc, 1, 2, "X")]
    frame = to_frame([doc], attributes="span._.is_negated,span._.is_family")
    assert list(frame["is_negated"]) == [False]
    assert frame["is_historical"].isna().all()
    assert len(set(frame.columns)) == len(frame.columns) == 19
    mark_assertion(doc.ents[0], ["is_family"])
    note = Note("n", doc.text, {}, "")
    record = make_record(note, doc, attributes="span._.is_negated")
    write_tables([record], tmp_path / "t")
    with (tmp_path / "t" / "entities.csv").open(newline="") as handle:
        [row] = csv.DictReader(handle)
    assert (row["is_negated"], row["is_family"]) == ("false", "true")
    assert "span._.is_negated" not in row


def test_other_processes_say_the_same():
    notes = [Note(str(i), f"{SAID} {i}", {}, "") for i in range(3)]
    chunks = [[note] for note in notes]
    found = [
        [
            r
            for records in annotate_chunks(load_assertion(), chunks, n_process=n)
            for r in records
        ]
        for n in (1, 2)
    ]
    assert found[0] == found[1]
    assert read_true(found[1][2]["entities"]) == FINDINGS
