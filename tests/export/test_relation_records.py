import json

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import DocBin, Span

from spacy_clinical.export.arrow import read_parquet, write_parquet
from spacy_clinical.export.docs import load_tokenizer, make_doc
from spacy_clinical.export.jsonl import format_line, read_lines
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.export.relation_records import (
    DATE_SHAPE,
    SHAPES,
    bare_relations,
    restore_relations,
    shape_rows,
)
from spacy_clinical.export.shapes import Field
from spacy_clinical.extensions.attributes import add_to
from spacy_clinical.types import Note
from tests.export.made import (
    RELATED_TEXT,
    load_relations,
    make_one_record,
    make_related,
)


def read(place):
    return RELATED_TEXT[place["start"] : place["end"]]


def test_relations_have_the_characters_of_both_sides():
    record = make_related()
    found = {
        (row["label"], read(row["head"]), read(row["child"]))
        for row in record["relations"]
    }
    assert ("MODIFY", "Sodium", "128 mmol/L") in found
    assert ("MODIFY", "pain", "left knee") in found
    assert list(record["relations"][0]) == list(SHAPES["relations"])
    json.dumps(record, allow_nan=False)


def test_medications_have_numbers_codes_and_places():
    rows = {row["drug"]["text"]: row for row in make_related()["medications"]}
    metoprolol = rows["Metoprolol tartrate"]
    assert metoprolol["other_names"][0]["text"] == "Lopressor"
    assert (metoprolol["route"]["name"], metoprolol["prn"]) == ("oral", True)
    assert read(metoprolol["reason"]) == "chest pain"
    assert metoprolol["frequency"]["frequency"] == 2
    assert [row["sequence"] for row in rows["Prednisone"]["dosages"]] == [1, 2]
    assert rows["Lisinopril"]["status"] == "stop"
    assert rows["warfarin"]["assertion"] == ["is_negated"]
    assert read(rows["ibuprofen"]["dose"]) == "2-4 tabs"


def test_measurements_have_values_units_and_parts():
    rows = {row["analyte"]["key"]: row for row in make_related()["measurements"]}
    sodium = rows["sodium"]
    assert (sodium["value"], sodium["unit"], sodium["flag"]) == (128.0, "mmol/L", "L")
    assert (sodium["range_low"], sodium["range_high"]) == (135.0, 145.0)
    assert [part["value"] for part in rows["blood_pressure"]["components"]] == [120, 80]
    assert rows["ejection_fraction"]["comparator"] == "<"


def test_entities_have_dates():
    record = make_related()
    dates = {row["text"]: row["date"] for row in record["entities"]}
    assert list(dates["2019-02-03"]) == list(DATE_SHAPE)
    assert dates["2019-02-03"]["value"] == "2019-02-03"
    assert dates["Sodium"] is None


def test_records_make_docs_again():
    record = make_related()
    made = load_relations()(RELATED_TEXT)
    doc = make_doc(record, load_tokenizer())
    for name in SHAPES:
        assert len(doc._.get(name)) == len(made._.get(name)) > 0
    assert doc._.relations == made._.relations
    assert [row["drug"] for row in doc._.medications] == [
        row["drug"] for row in made._.medications
    ]
    again = make_record(Note("n1", RELATED_TEXT, {}, "x.txt"), doc)
    for name in (*SHAPES, "entities"):
        assert again[name] == record[name]
    assert [ent._.date for ent in doc.ents] == [ent._.date for ent in made.ents]
    packed = DocBin(docs=[doc], store_user_data=True).to_bytes()
    [unpacked] = DocBin().from_bytes(packed).get_docs(doc.vocab)
    assert unpacked._.medications == doc._.medications


@pytest.mark.parametrize("with_text", [True, False])
def test_parquet_and_lines_are_read_back_exactly(tmp_path, with_text):
    records = [make_related(), make_one_record()]
    if not with_text:
        records = [without_text(record) for record in records]
    lines = tmp_path / "x.jsonl"
    lines.write_text("".join(map(format_line, records)), encoding="utf8")
    write_parquet(read_lines(lines), tmp_path / "x.parquet")
    again = list(read_parquet(tmp_path / "x.parquet"))
    assert [json.dumps(r) for r in again] == [json.dumps(r) for r in records]


def make_old():
    record = make_related()
    for name in SHAPES:
        del record[name]
    for row in record["entities"]:
        del row["date"]
    return record


def test_records_of_earlier_versions_are_read(tmp_path):
    old = make_old()
    doc = make_doc(old, load_tokenizer())
    assert doc._.medications == doc._.relations == []
    assert without_text(old).keys().isdisjoint(SHAPES)
    assert "date" not in without_text(old)["entities"][0]
    write_parquet([old], tmp_path / "x.parquet")
    [again] = read_parquet(tmp_path / "x.parquet")
    assert again.keys().isdisjoint(SHAPES)
    assert again["entities"][0]["date"] is None


@pytest.mark.parametrize(
    "junk", [None, "x", 3, {"drug": 1}, [1, None, {}, {"drug": 2}]]
)
def test_what_is_no_such_row_is_left_out(junk, tmp_path):
    record = make_related()
    for name in SHAPES:
        assert shape_rows(junk, name) == []
        record[name] = junk
    record["entities"][0]["date"] = junk
    doc = make_doc(record, load_tokenizer())
    assert doc._.medications == []
    bare = without_text(record)
    assert bare["medications"] == []
    write_parquet([record], tmp_path / "x.parquet")
    [again] = read_parquet(tmp_path / "x.parquet")
    assert again["measurements"] == []


# Without text


def test_numbers_codes_and_places_stay_without_text():
    record = make_related()
    bare = without_text(record)
    for row, before in zip(bare["medications"], record["medications"], strict=True):
        del before["drug"]["text"]
        for name in before["other_names"]:
            del name["text"]
        assert row == before
    for row, before in zip(bare["measurements"], record["measurements"], strict=True):
        named = ("value_text", "unit_text", "date")
        assert row == {k: v for k, v in before.items() if k not in named} | {
            "date": None
        }
    assert bare["relations"] == record["relations"]


def test_days_do_not_stay_without_text():
    written = json.dumps(without_text(make_related()))
    for day in ("2019", "2020-03", "03/04"):
        assert day not in written


def test_how_long_something_lasts_stays():
    doc = spacy.blank("en")("for six months")
    doc.ents = [Span(doc, 0, 3, "Duration")]
    value = {"type": "DURATION", "value": "P6M", "resolved": True, "reason": ""}
    doc.ents[0]._.date = value
    bare = without_text(make_record(Note("n", doc.text, {}, ""), doc))
    assert bare["entities"][0]["date"]["value"] == "P6M"


def fill(shape, word):
    """Make a value of a shape that has a word wherever it may."""
    if isinstance(shape, Field):
        return {str: word, int: 1, float: 1.0, bool: True}[shape.type]
    if isinstance(shape, list):
        return [fill(shape[0], word)]
    return {name: fill(inner, word) for name, inner in shape.items()}


WORDS = st.text(min_size=1).map("zq".__add__) | st.sampled_from(
    ["zq", "2019-02-03", "ZQ.", "mg/zq", "P6zq", "10*3zq", "1-1zq"]
)


@given(WORDS)
def test_no_field_keeps_a_word_of_the_note(word):
    for name, shape in SHAPES.items():
        # Labels come from models.
        rows = [fill(shape, word)]
        for row in rows:
            for one in (row, row.get("head"), row.get("child"), row.get("drug")):
                if one and "label" in one:
                    one["label"] = "X"
            for one in row.get("other_names", ()):
                one["label"] = "X"
        bare = bare_relations(rows, name, labels=(), kb_ids=())
        assert len(bare) == 1
        assert word not in json.dumps(bare, ensure_ascii=False)


def test_ids_of_drugs_stay_if_their_entity_keeps_it():
    record = make_related()
    for row in record["medications"]:
        row["drug"]["kb_id"] = "1191"
    assert without_text(record)["medications"][0]["drug"]["kb_id"] == ""
    record["entities"][0].update(kb_id="1191", kb_ents=[{"id": "1191", "score": 1.0}])
    vocabulary = {"name": "rxnorm", "version": "1", "sha256": "0" * 64}
    record["provenance"]["clinical_linker"] = {"vocabularies": [vocabulary]}
    assert without_text(record)["medications"][0]["drug"]["kb_id"] == "1191"


def test_words_of_other_components_do_not_stay():
    doc = load_relations()(RELATED_TEXT)
    rows = doc._.medications
    rows[0]["status"] = rows[0]["section"] = "zyxxo"
    rows[0]["dosages"][0]["dose"] = {"unit": "zyxxo", "start_char": 1, "end_char": 2}
    rows[0]["note"] = "zyxxo"
    doc._.medications = rows
    add_to(doc, "clinical_provenance", "x", {"own_labels": ["zyxxo"]})
    record = make_record(Note("n", doc.text, {}, ""), doc)
    assert "zyxxo" not in format_line(without_text(record))


def test_a_long_list_takes_linear_time():
    text = "MEDICATIONS:\n" + "Prednisone 40 mg daily\n" * 3000
    record = make_related(text)
    assert len(record["medications"]) == 3000
    assert len(without_text(record)["medications"]) == 3000
    assert len(restore_relations(record)["medications"]) == 3000
