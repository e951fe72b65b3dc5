import pickle
import subprocess
import sys

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example

from spacy_clinical.extensions.assertion_attributes import (
    Asserted,
    set_assertion,
    set_assertions,
)
from spacy_clinical.pipeline.assertion import ClinicalAssertion

NOTE = (
    "Seen today for cough. Denies fever, chills.\n\nPAST MEDICAL HISTORY:\nGout\n\n"
    "FAMILY HISTORY:\nMother with stroke\n\nPLAN:\nReturn if rash develops. Rule out PE."
)
TERMS = ["cough", "fever", "chills", "gout", "stroke", "rash", "pe"]
NAMES = ("is_negated", "is_uncertain", "is_historical", "is_hypothetical", "is_family")


def make_pipeline(*, sections=True, **config):
    nlp = spacy.blank("en")
    if sections:
        nlp.add_pipe("clinical_section_splitter")
        nlp.add_pipe("clinical_sentencizer")
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns([{"label": "DISEASE", "pattern": term} for term in TERMS])
    nlp.add_pipe("clinical_assertion", config=config)
    return nlp


@pytest.fixture(scope="module")
def nlp():
    return make_pipeline()


def said(doc):
    return {
        ent.text: {name for name in NAMES if ent._.get(name)}
        for ent in doc.ents
        if any(ent._.get(name) for name in NAMES)
    }


SAID = {
    "fever": {"is_negated"},
    "chills": {"is_negated"},
    "Gout": {"is_historical"},
    "stroke": {"is_family"},
    "rash": {"is_hypothetical"},
    "PE": {"is_uncertain"},
}


def records(doc):
    return [ent._.assertion for ent in doc.ents]


def cues(doc):
    return [(span.text, span.label_) for span in doc.spans["assertion_cues"]]


def test_writes_contexts_attributes(nlp):
    doc = nlp(NOTE)
    assert said(doc) == SAID
    # As code written for medspaCy has it.
    assert [e.text for e in doc.ents if not e._.is_negated][:2] == ["cough", "Gout"]
    assert doc.ents[1]._.context_attributes["is_negated"] is True
    assert doc.ents[1]._.any_context_attributes is True
    assert doc.ents[0]._.any_context_attributes is False


def test_attributes_are_false_before_and_can_be_set():
    doc = spacy.blank("en")("No fever")
    assert doc[1:2]._.is_negated is False
    assert doc[1:2]._.assertion is None
    doc[1:2]._.is_negated = True
    assert doc[1:2]._.is_negated is True


def test_records_say_why(nlp):
    doc = nlp(NOTE)
    record = doc.ents[1]._.assertion
    assert record["scores"] == {name: float(name == "is_negated") for name in NAMES}
    [cue] = record["cues"]
    assert doc.text[cue["start"] : cue["end"]] == "Denies"
    assert cue["category"] == "negated"
    assert cue["direction"] == "before"
    assert cue["rule"] == "denies"
    gout = doc.ents[3]._.assertion
    assert gout["section"] == "past_medical_history"
    assert gout["cues"] == []
    assert ("Denies", "negated") in cues(doc)
    assert ("Return if", "hypothetical") in cues(doc)


def test_works_without_sections_and_sentences():
    assert said(make_pipeline(sections=False)(NOTE)) == SAID


def test_keeps_and_follows_what_is_written(nlp):
    doc = nlp(NOTE)
    wanted = said(doc), records(doc), cues(doc)
    data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    copies = [
        next(iter(DocBin().from_bytes(data).get_docs(nlp.vocab))),
        Doc(nlp.vocab).from_bytes(doc.to_bytes()),
        pickle.loads(pickle.dumps(doc)),
        doc.copy(),
    ]
    for copy in copies:
        assert (said(copy), records(copy), cues(copy)) == wanted
    processed = list(nlp.pipe([NOTE, NOTE], n_process=2))
    for copy in processed:
        assert (said(copy), records(copy), cues(copy)) == wanted


@pytest.mark.filterwarnings(r"ignore:\[W101\]")
def test_joined_docs_have_the_cues_where_they_are_now(nlp):
    doc = Doc.from_docs([nlp("Seen for cough."), nlp("Denies fever.")])
    assert said(doc) == {"fever": {"is_negated"}}
    [cue] = doc.ents[1]._.assertion["cues"]
    assert doc.text[cue["start"] : cue["end"]] == "Denies"


def test_runs_again_without_leaving_anything_behind(nlp):
    doc = nlp("Denies fever.")
    doc.ents[0]._.is_family = True
    component = nlp.get_pipe("clinical_assertion")
    assert said(component(doc)) == {"fever": {"is_negated"}}
    assert cues(doc) == [("Denies", "negated")]


def test_speaks_of_span_groups_and_of_some_labels():
    nlp = spacy.blank("en")
    doc = nlp("No fever, no aspirin")
    doc.spans["mine"] = [
        Span(doc, 1, 2, label="SYMPTOM"),
        Span(doc, 0, 2, label="SYMPTOM"),
        Span(doc, 4, 5, label="DRUG"),
    ]
    component = ClinicalAssertion(spans_keys="mine", labels=["SYMPTOM"])
    component(doc)
    assert [span._.is_negated for span in doc.spans["mine"]] == [True, True, False]


def test_writes_only_the_attributes_asked_for():
    nlp = make_pipeline(attributes=["is_negated"])
    doc = nlp(NOTE)
    assert said(doc) == {"fever": {"is_negated"}, "chills": {"is_negated"}}
    assert doc.ents[0]._.assertion["scores"] == {"is_negated": 0.0}
    assert cues(doc) == [("Denies", "negated")]


def test_cues_come_from_the_config():
    more = {"negated before": ["zilch"], "negated pseudo": ["denies"]}
    doc = make_pipeline(cues=more)("Zilch cough. Denies fever. No chills.")
    assert said(doc) == {"cough": {"is_negated"}, "chills": {"is_negated"}}
    doc = make_pipeline(cues=more, extend_cues=False)("Zilch cough. No chills.")
    assert said(doc) == {"cough": {"is_negated"}}


def test_cues_come_from_a_file(tmp_path):
    path = tmp_path / "mine.cfg"
    path.write_text("[negated before]\ncues = zilch\n", encoding="utf8")
    doc = make_pipeline(cues=str(path))("Zilch cough. No chills.")
    assert said(doc) == {"cough": {"is_negated"}, "chills": {"is_negated"}}
    doc = make_pipeline(cues=str(path), extend_cues=False)("Zilch cough. No chills.")
    assert said(doc) == {"cough": {"is_negated"}}


def test_sections_can_say_something_else():
    sections = {"plan": "", "past_medical_history": "family", "mine": "negated"}
    nlp = make_pipeline()
    nlp.replace_pipe(
        "clinical_assertion", "clinical_assertion", config={"sections": sections}
    )
    assert said(nlp(NOTE))["Gout"] == {"is_family"}
    doc = nlp("PLAN:\nRash")
    assert said(doc) == {}
    with pytest.raises(ValueError, match=r"\[C850\]"):
        ClinicalAssertion(sections={"plan": "later"})


def test_sections_can_be_told_to_say_nothing():
    nlp = make_pipeline(use_sections=False)
    assert "Gout" not in said(nlp("PAST MEDICAL HISTORY\n\nGout\n"))
    assert "Gout" in said(make_pipeline()("PAST MEDICAL HISTORY\n\nGout\n"))


@pytest.mark.parametrize(
    ("key", "cues", "code"),
    [
        ("negativ before", "no", "C850"),
        ("negated behind", "no", "C851"),
        ("", "no", "C850"),
        (None, "no", "C850"),
        ("negated before", [" "], "C852"),
        ("negated before", [3], "C852"),
        ("negated before", ["{nobody}"], "C852"),
    ],
)
def test_cues_that_can_not_be_used_are_refused(key, cues, code):
    component = ClinicalAssertion()
    digest = component.cues.digest
    with pytest.raises(ValueError, match=rf"\[{code}\].*'{key}'"):
        component.add_cues(key, cues)
    assert component.cues.digest == digest


def test_unknown_attributes_are_refused():
    with pytest.raises(ValueError, match=r"\[C854\].*attributes 'is_denied'"):
        ClinicalAssertion(attributes=["is_denied"])


def test_cues_are_saved_with_the_pipeline(tmp_path):
    nlp = make_pipeline(spans_keys=["mine"], labels=["DISEASE"])
    component = nlp.get_pipe("clinical_assertion")
    component.add_cues("negated before", "zilch")
    nlp.to_disk(tmp_path)
    for loaded in (spacy.load(tmp_path), pickle.loads(pickle.dumps(nlp))):
        assert said(loaded("Zilch cough.")) == {"cough": {"is_negated"}}
        other = loaded.get_pipe("clinical_assertion")
        assert other.save() == component.save()
    copy = ClinicalAssertion().from_bytes(component.to_bytes())
    assert copy.save() == component.save()


@pytest.mark.parametrize(
    "damage",
    [
        lambda saved: None,
        lambda saved: {**saved, "format": 99},
        lambda saved: {**saved, "cues": {}},
        lambda saved: {**saved, "cues": {**saved["cues"], "cues": {"x before": ["a"]}}},
        lambda saved: {**saved, "settings": {"spans_keys": 3}},
        lambda saved: {**saved, "settings": {"attributes": ["is_denied"]}},
    ],
)
def test_what_is_damaged_is_refused_whole(damage):
    component = ClinicalAssertion()
    component.add_cues("negated before", "zilch")
    before = component.save()
    with pytest.raises(ValueError, match=r"\[C(?:026|105|854)\]"):
        component.restore(damage(before))
    assert component.save() == before


def test_records_its_rules(nlp):
    record = nlp(NOTE)._.clinical_provenance["clinical_assertion"]
    assert record["rules"] == nlp.get_pipe("clinical_assertion").cues.digest


def test_scores_by_attribute(nlp):
    reference = nlp(NOTE)
    predicted = nlp(NOTE)
    predicted.ents[0]._.is_negated = True
    predicted.ents[4]._.is_family = False
    scores = nlp.get_pipe("clinical_assertion").score([Example(predicted, reference)])
    assert scores["assertion_is_negated_p"] == pytest.approx(2 / 3)
    assert scores["assertion_is_negated_r"] == 1.0
    assert scores["assertion_is_family_f"] == 0.0
    assert scores["assertion_f"] == pytest.approx((0.8 + 0 + 1 + 1 + 1) / 5)


def test_attributes_that_are_there_already_stay():
    # medSpaCy's, whichever comes first.
    code = """
from spacy.tokens import Span
for name in ("is_negated", "is_uncertain", "is_historical", "is_hypothetical", "is_family"):
    Span.set_extension(name, default=False)
Span.set_extension("any_context_attributes", getter=lambda span: "theirs")
import spacy
nlp = spacy.blank("en")
ruler = nlp.add_pipe("entity_ruler")
ruler.add_patterns([{"label": "X", "pattern": "fever"}])
nlp.add_pipe("clinical_assertion")
[ent] = nlp("No fever").ents
print(ent._.is_negated, ent._.is_family, ent._.any_context_attributes)
try:
    Span.set_extension("is_negated", default=False)
except ValueError:
    print("known")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False", "theirs", "known"]


def test_all_capitals_and_empty_notes(nlp):
    assert said(nlp("DENIES FEVER, CHILLS.")) == {
        "FEVER": {"is_negated"},
        "CHILLS": {"is_negated"},
    }
    assert said(nlp("")) == {}
    assert cues(nlp("no targets here")) == []


def test_set_assertions_writes_what_set_assertion_does():
    nlp = spacy.blank("en")
    one, many = nlp("No fever today"), nlp("No fever today")
    cue = {"start": 0, "end": 2, "category": "negated", "direction": "before"}
    for doc in (one, many):
        doc[1:2]._.is_family = True
    set_assertion(one[1:2], dict.fromkeys(NAMES, 0.0) | {"is_negated": 1.0}, cues=[cue])
    set_assertion(one[2:3], dict.fromkeys(NAMES, 0.0))
    found = [Asserted(3, 8, ["is_negated"], [cue]), Asserted(9, 14)]
    set_assertions(many, found, NAMES)
    assert many.user_data == one.user_data
    assert many[1:2]._.assertion == one[1:2]._.assertion


def test_files_of_cues_that_cant_be_read_are_told(tmp_path):
    (tmp_path / "latin.cfg").write_bytes(b"[negated before]\ncues = n\xe3o\n")
    for path in (tmp_path / "none.cfg", tmp_path, tmp_path / "latin.cfg"):
        with pytest.raises((OSError, ValueError), match=r"\[C\d{3}\]"):
            ClinicalAssertion(cues=str(path))
    with pytest.raises(ValueError, match=r"\[C854\].*reject_below"):
        ClinicalAssertion(reject_below={"is_foo": 0.1})


def test_a_cue_that_only_looks_like_one_can_be_of_any_kind():
    component = ClinicalAssertion()
    component.add_cues("any pseudo", ["denies"])
    doc = spacy.blank("en").make_doc("Denies fever")
    doc.ents = [Span(doc, 1, 2, label="Symptom")]
    assert not component(doc).ents[0]._.is_negated
