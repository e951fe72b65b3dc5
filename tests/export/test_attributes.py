"""Attributes of other components, in records and all that is made of them."""

import csv
import json

import numpy
import pytest
from spacy.tokens import Doc, DocBin, Span, Token
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.export.attributes import (
    make_plain,
    parse_attributes,
    show_values,
    without_words,
)
from spacy_clinical.export.docs import load_tokenizer, make_doc
from spacy_clinical.export.fhir import make_bundle
from spacy_clinical.export.frames import to_frame
from spacy_clinical.export.html import render_note
from spacy_clinical.export.omop import list_rows
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.export.viewer import Run, make_view, render_view
from spacy_clinical.types import Note
from tests.commands.own_code import OwnAssertion
from tests.conftest import load_blank

TEXT = "HPI: no pneumonia. Mother had asthma. He had sepsis. Takes aspirin daily.\n"
ENTS = [
    ("Disease_disorder", "pneumonia"),
    ("Disease_disorder", "asthma"),
    ("Disease_disorder", "sepsis"),
    ("Medication", "aspirin"),
]
NAMES = ["span._.negex", "span._.is_family,span._.is_historical", "span._.certainty"]
ALL = [*NAMES, "span._.words", "doc._.own_language", "token._.is_cue"]


def make_annotated():
    nlp = load_blank("clinical_section_splitter")
    doc = nlp(TEXT)
    starts = [(label, TEXT.index(word), word) for label, word in ENTS]
    doc.ents = [doc.char_span(s, s + len(word), label=lab) for lab, s, word in starts]
    return OwnAssertion(nlp, "own")(doc)


def make(attributes=ALL):
    note = Note("n1", TEXT, {}, "x.txt")
    return make_record(note, make_annotated(), attributes=attributes)


def test_a_record_has_the_attributes_that_are_named():
    record = make()
    values = [ent["attributes"] for ent in record["entities"]]
    assert [v["negex"] for v in values] == [True, False, False, False]
    assert [v["is_family"] for v in values] == [False, True, False, False]
    assert [type(v["certainty"]) for v in values] == [float] * 4
    assert record["attributes"] == {"own_language": "<b>en</b>"}
    rows = [{"start": 5, "end": 7, "attributes": {"is_cue": True}}]
    assert record["tokens"] == rows
    json.dumps(record, allow_nan=False)


def test_a_record_without_names_is_as_before():
    record = make(())
    assert "attributes" not in record
    assert "tokens" not in record
    assert all("attributes" not in ent for ent in record["entities"])


@pytest.mark.parametrize(
    "name",
    ["negex", "span.negex", "ent._.negex", "span._.", "span._.a b", "", "span._.1"],
)
def test_what_names_no_attribute_is_refused(name):
    with pytest.raises(ValueError, match=rf"\[C361\] '{name}'"):
        parse_attributes(name)


@pytest.mark.parametrize(
    "name", ["span._.nobody_adds", "token._.negex", "doc._.a_method"]
)
def test_unknown_attributes_and_methods_are_refused(name):
    doc = make_annotated()
    Doc.set_extension("a_method", method=len, force=True)
    with pytest.raises(ValueError, match=rf"\[C362\] .*'{name}'"):
        make_record(Note("1", TEXT, {}, ""), doc, attributes=name)


def test_a_value_that_is_no_plain_data_fails_the_note_and_not_its_findings():
    record = make("span._.unplain,span._.negex")
    assert record["error"]["code"] == "C363"
    assert "span._.unplain" in record["error"]["message"]
    assert not any(word in record["error"]["message"] for _, word in ENTS)
    assert record["entities"][0]["attributes"] == {"unplain": None, "negex": True}


def test_an_attribute_that_raises_quotes_nothing():
    def fail(span):
        raise KeyError(span.text)

    doc = make_annotated()
    Span.set_extension("fails", getter=fail, force=True)
    record = make_record(Note("1", TEXT, {}, ""), doc, attributes="span._.fails")
    assert "KeyError" in record["error"]["message"]
    assert "pneumonia" not in record["error"]["message"]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (numpy.bool_(True), True),
        (numpy.int64(3), 3),
        (float("nan"), None),
        (numpy.float32("inf"), None),
        ((1, "a", [None]), [1, "a", [None]]),
        ({"a": (1,)}, {"a": [1]}),
    ],
)
def test_values_become_plain(value, plain):
    found = make_plain(value)
    assert found == plain
    assert type(found) is type(plain)


@pytest.mark.parametrize("value", [{1}, {1: 2}, b"x", object(), numpy.zeros(2)])
def test_others_are_not_plain(value):
    with pytest.raises(TypeError):
        make_plain(value)


def test_a_value_in_itself_is_refused():
    value = []
    value.append(value)
    with pytest.raises(TypeError, match="too deep"):
        make_plain(value)


def test_without_text_only_truth_values_and_scores_stay():
    values = {"a": True, "b": 0.5, "c": "words", "d": ["w"], "e": 4711, "f": {"w": 1}}
    assert without_words({**values, "g": None}) == {"a": True, "b": 0.5, "g": None}
    bare = json.dumps(without_text(make()))
    assert "<i>" not in bare
    assert "<b>" not in bare
    assert '"negex": true' in bare


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_have_columns_of_attributes(library):
    pytest.importorskip(library)
    doc = make_annotated()
    frame = to_frame([doc], "entities", library=library, attributes=ALL)
    assert list(frame["negex"]) == [True, False, False, False]
    assert list(frame["certainty"]) == [0.5] * 4
    notes = to_frame([doc], "notes", library=library, attributes=ALL)
    assert list(notes["own_language"]) == ["<b>en</b>"]
    tokens = to_frame([doc], "tokens", library=library, attributes=ALL)
    assert list(tokens["is_cue"]) == [True]
    from_records = to_frame([make()], library=library)
    assert list(from_records.columns) == list(frame.columns)
    empty = to_frame([], library=library, attributes="span._.score")
    assert "span._.score" in empty.columns


def test_a_frame_of_records_with_and_without_attributes():
    frame = to_frame([make(()), make()])
    assert frame["negex"].isna().sum() == 4


def test_parquet_gives_them_back(tmp_path):
    arrow = pytest.importorskip("spacy_clinical.export.arrow")
    for records in ([make()], [make(()), make()], [make(), make(())]):
        path = tmp_path / "x.parquet"
        assert arrow.write_parquet(records, path) == len(records)
        assert list(arrow.read_parquet(path)) == records


def test_parquet_widens_when_attributes_come_late(tmp_path, monkeypatch):
    arrow = pytest.importorskip("spacy_clinical.export.arrow")
    monkeypatch.setattr(arrow, "ROWS", 1)
    records = [make(()), make(), make(())]
    arrow.write_parquet(records, tmp_path / "x.parquet")
    assert list(arrow.read_parquet(tmp_path / "x.parquet")) == records
    assert [path.name for path in tmp_path.iterdir()] == ["x.parquet"]


def test_records_become_docs_with_attributes():
    doc = make_doc(make(), load_tokenizer())
    assert [ent._.negex for ent in doc.ents] == [True, False, False, False]
    assert doc._.own_language == "<b>en</b>"
    data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    [again] = DocBin().from_bytes(data).get_docs(doc.vocab)
    assert [ent._.negex for ent in again.ents] == [True, False, False, False]


def test_records_from_elsewhere_set_nothing_but_plain_attributes():
    record = make("span._.negex,doc._.own_language")
    record["attributes"] = {"icd9": "x", "not a name": 1, "never_added": 2}
    record["entities"][0]["attributes"]["score"] = "x"
    doc = make_doc(record, load_tokenizer())
    assert doc._.icd9 == []
    assert doc._.never_added == 2
    assert doc.ents[0]._.score is None
    Doc.remove_extension("never_added")


def list_resources(record, kind):
    bundle = make_bundle(record, subject=None, date="2026-01-01")
    resources = [entry["resource"] for entry in bundle["entry"]]
    return [r for r in resources if r["resourceType"] == kind]


def test_fhir_heeds_assertion():
    record = make()
    conditions = list_resources(record, "Condition")
    status = {
        c["code"]["text"]: c["verificationStatus"]["coding"][0]["code"]
        for c in conditions
    }
    assert status == {"pneumonia": "refuted", "sepsis": "unconfirmed"}
    [relative] = list_resources(record, "FamilyMemberHistory")
    assert relative["condition"][0]["code"]["text"] == "asthma"
    extensions = {e["url"]: e for e in conditions[0]["extension"]}
    assert extensions["urn:spacy-clinical:attribute:negex"]["valueBoolean"] is True


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("is_negated", {"MedicationStatement": "not-taken"}),
        ("negex", {"MedicationStatement": "not-taken"}),
        ("is_hypothetical", {"MedicationStatement": "intended"}),
        ("is_family", {}),
        ("is_uncertain", {"MedicationStatement": "unknown"}),
        ("is_historical", {"MedicationStatement": "unknown"}),
    ],
)
def test_fhir_says_of_a_medication_what_attributes_do(name, kinds):
    record = make(())
    record["entities"][3]["attributes"] = {name: True}
    found = list_resources(record, "MedicationStatement")
    assert {r["resourceType"]: r["status"] for r in found} == kinds


def test_omop_heeds_assertion():
    rows = {r["lexical_variant"]: r for r in list_rows(make(), date="2026-01-01")}
    exists = {name: row["term_exists"] for name, row in rows.items()}
    assert exists == {"pneumonia": "N", "asthma": "N", "sepsis": "Y", "aspirin": "Y"}
    assert "negation=true" in rows["pneumonia"]["term_modifiers"]
    assert "subject=family" in rows["asthma"]["term_modifiers"]
    assert rows["sepsis"]["term_temporal"] == "Past"
    assert "certainty=0.5" in rows["sepsis"]["term_modifiers"]
    rows = {r["lexical_variant"]: r for r in list_rows(make(()), date="2026-01-01")}
    assert rows["sepsis"]["term_exists"] == ""


def test_pages_show_them_escaped():
    page = render_note(make())
    assert ">negex<" in page
    assert "&lt;i&gt;aspirin" in page
    assert "&lt;b&gt;en" in page
    assert "<i>aspirin" not in page
    assert "is_cue" not in page
    view = render_view(make_view([Run("a", [make()])]))
    assert "negex" in view
    assert "<i>aspirin" not in view


def test_what_is_false_or_unknown_is_not_shown():
    values = {"is_negated": True, "negex": False, "a_b": 0, "n": None, "t": ""}
    assert show_values(values) == ["negated", "a b: 0"]


def test_tables_have_columns_that_come_late(tmp_path):
    records = [make(()), make()]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / "notes.jsonl").write_text(lines)
    out = tmp_path / "tables"
    args = ["export", str(tmp_path / "notes.jsonl"), "-o", str(out), "-f", "CSV"]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0, result.output
    with (out / "entities.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["negex"] for row in rows] == ["", "", "", "", "true", *["false"] * 3]
    assert (out / "tokens.csv").is_file()
    assert not list(out.glob("*.part"))


def teardown_module():
    for owner, names in ((Span, ["fails", "unplain"]), (Doc, ["a_method"])):
        for name in names:
            if owner.has_extension(name):
                owner.remove_extension(name)
    assert not Token.has_extension("negex")
