import pickle

import pytest
import spacy
from spacy.lang.en import English
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example

from spacy_clinical.pipeline.section_splitter import ClinicalSectionSplitter
from spacy_clinical.sections.titles import SectionTitles

NOTE = (
    "Seen today.\n\nPAST MEDICAL HISTORY\n\nGout.\n\nPHYSICAL EXAM:\nHEENT: clear\n"
    "CV: regular\n\nPLAN: rest"
)


@pytest.fixture
def nlp():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    return nlp


def annotations(doc):
    return {
        key: [
            (span.start, span.end, span.label_, span.kb_id_) for span in doc.spans[key]
        ]
        for key in ("sections", "subsections", "section_titles")
    }


def sections(doc):
    return [
        (section.label_, title and title.text, section._.section_body.text.strip())
        for section in doc.spans["sections"]
        for title in [section._.section_title]
    ]


def labels(doc):
    return [section.label_ for section in doc.spans["sections"]]


def test_splitter_writes_sections_that_tile_the_doc(nlp):
    doc = nlp(NOTE)
    assert sections(doc) == [
        ("preamble", None, "Seen today."),
        ("past_medical_history", "PAST MEDICAL HISTORY", "Gout."),
        ("physical_exam", "PHYSICAL EXAM", "HEENT: clear\nCV: regular"),
        ("plan", "PLAN", "rest"),
    ]
    spans = list(doc.spans["sections"])
    assert [span.kb_id_ for span in spans] == ["", "11348-0", "29545-1", "18776-5"]
    assert spans[0].start == 0
    assert [span.end for span in spans] == [*(s.start for s in spans[1:]), len(doc)]


def test_splitter_writes_parts_with_their_parent(nlp):
    doc = nlp(NOTE)
    parts = [
        (part.label_, part._.section_parent, part._.section_body.text.strip())
        for part in doc.spans["subsections"]
    ]
    assert parts == [
        ("head_eyes_ears_nose_throat", "physical_exam", "clear"),
        ("cardiovascular", "physical_exam", "regular"),
    ]


def test_splitter_names_the_section_of_tokens_and_spans(nlp):
    doc = nlp(NOTE)
    gout = next(token for token in doc if token.text == "Gout")
    assert gout._.section == "past_medical_history"
    assert doc[gout.i : gout.i + 1]._.section == "past_medical_history"
    assert doc[0]._.section == "preamble"


def test_titles_of_parts_are_not_the_preambles(nlp):
    doc = nlp("Service: MEDICINE\n\nALLERGIES: none")
    preamble = doc.spans["sections"][0]
    assert preamble._.section_title is None
    assert doc.spans["subsections"][0]._.section_title.text == "Service"


def test_splitter_leaves_empty_docs_without_sections(nlp):
    assert annotations(nlp("")) == {
        "sections": [],
        "subsections": [],
        "section_titles": [],
    }
    assert labels(nlp(" \n ")) == ["preamble"]


def test_splitter_takes_docs_whose_tokens_ignore_titles(nlp):
    words = ["x.HPI", ":pain.ALLERGIES:", "none"]
    doc = Doc(nlp.vocab, words=words, spaces=[False, False, False])
    nlp.get_pipe("clinical_section_splitter")(doc)
    spans = list(doc.spans["sections"])
    assert spans[0].start == 0
    assert spans[-1].end == 3
    assert [a.end for a in spans[:-1]] == [b.start for b in spans[1:]]


def test_splitter_records_its_rules(nlp):
    record = nlp(NOTE)._.clinical_provenance["clinical_section_splitter"]
    titles = nlp.get_pipe("clinical_section_splitter").titles
    assert record["rules"] == titles.digest
    assert record["rules_version"] == titles.version


def test_splitter_replaces_sections_only_if_told(nlp):
    doc = nlp.make_doc(NOTE)
    doc.spans["sections"] = [Span(doc, 0, len(doc), label="mine")]
    keeper = ClinicalSectionSplitter(overwrite=False)
    assert [span.label_ for span in keeper(doc).spans["sections"]] == ["mine"]
    assert len(ClinicalSectionSplitter()(doc).spans["sections"]) == 4


def test_add_titles_opens_sections_of_new_labels(nlp):
    component = nlp.get_pipe("clinical_section_splitter")
    component.add_titles("wound_log", ["Wound log"], loinc="1-8")
    doc = nlp("WOUND LOG\nclean")
    assert labels(doc) == ["wound_log"]
    assert doc.spans["sections"][0].kb_id_ == "1-8"
    assert "wound_log" in component.labels


def test_settings_come_from_the_config():
    nlp = spacy.blank("en")
    config = {"titles": {"wound_log": ["Wound log"]}, "extend_titles": False}
    nlp.add_pipe("clinical_section_splitter", config=config)
    doc = nlp("WOUND LOG: clean\n\nPLAN: rest")
    assert labels(doc)[0] == "wound_log"
    assert "plan" not in nlp.get_pipe("clinical_section_splitter").labels


def test_initialize_adds_titles(nlp):
    nlp.config["initialize"]["components"]["clinical_section_splitter"] = {
        "titles": {"wound_log": ["Wound log"]}
    }
    nlp.initialize()
    assert labels(nlp("WOUND LOG: clean")) == ["wound_log"]


def test_shipped_titles_are_not_built_again_when_they_are_restored(nlp, monkeypatch):
    component = nlp.get_pipe("clinical_section_splitter")
    saved = component.to_bytes()

    def refuse(rules):
        raise AssertionError

    monkeypatch.setattr(SectionTitles, "from_dict", refuse)
    copy = ClinicalSectionSplitter().from_bytes(saved)
    assert copy.titles.digest == component.titles.digest
    copy.add_titles("wound_log", ["Wound log"])
    assert "wound_log" not in component.titles.labels


@pytest.mark.parametrize("way", ["bytes", "disk", "pickle"])
def test_rules_and_settings_survive_saving(way, nlp, tmp_path):
    component = nlp.get_pipe("clinical_section_splitter")
    component.add_titles("wound_log", ["Wound log"])
    component.max_depth = 1
    if way == "bytes":
        copy = English()
        copy.add_pipe("clinical_section_splitter")
        copy.from_bytes(nlp.to_bytes())
    elif way == "disk":
        nlp.to_disk(tmp_path)
        copy = spacy.load(tmp_path)
    else:
        copy = pickle.loads(pickle.dumps(nlp))
    note = f"{NOTE}\n\nWOUND LOG\nclean"
    doc = copy(note)
    assert annotations(doc) == annotations(nlp(note))
    assert labels(doc)[-1] == "wound_log"
    assert not doc.spans["subsections"]


def test_sections_survive_doc_bin_and_other_processes(nlp):
    docs = list(nlp.pipe([NOTE, "", "PLAN: go"] * 4, n_process=2, batch_size=2))
    again = list(DocBin(docs=docs, store_user_data=True).get_docs(nlp.vocab))
    for doc, copy in zip(docs, again, strict=True):
        assert annotations(copy) == annotations(doc) == annotations(nlp(doc.text))
        assert sections(copy) == sections(doc)


def test_a_bad_note_does_not_harm_its_neighbors(nlp, monkeypatch):
    component = nlp.get_pipe("clinical_section_splitter")
    split = component.predict

    def fail_on_bad(docs):
        if any(doc.text == "bad" for doc in docs):
            raise RuntimeError("broken")
        return split(docs)

    monkeypatch.setattr(component, "predict", fail_on_bad)
    failed = []
    nlp.set_error_handler(lambda name, pipe, docs, error: failed.extend(docs))
    docs = list(nlp.pipe(["PLAN: go", "bad", "HPI: ill"]))
    assert len(failed) == 1
    assert [doc.spans["sections"][0].label_ for doc in docs if doc.spans] == [
        "plan",
        "history_of_present_illness",
    ]


def test_scorer_counts_starts_with_labels(nlp):
    # Gold has three titled sections; one label differs and one is missed.
    predicted = nlp("HPI: ill\nPLAN: rest\n\nGoing on")
    reference = nlp.make_doc(predicted.text)
    first, second = predicted.spans["sections"]
    going = len(reference) - 2
    reference.spans["sections"] = [
        Span(reference, 0, first.end, label="history_of_present_illness"),
        Span(reference, second.start, going, label="goals"),
        Span(reference, going, len(reference), label="signature"),
    ]
    scores = nlp.get_pipe("clinical_section_splitter").score(
        [Example(predicted, reference)]
    )
    assert scores["sections_p"] == pytest.approx(1 / 2)
    assert scores["sections_r"] == pytest.approx(1 / 3)
    assert scores["sections_f"] == pytest.approx(0.4)
    by_type = scores["sections_per_type"]
    assert by_type["history_of_present_illness"]["f"] == 1.0
    assert by_type["goals"]["r"] == by_type["plan"]["p"] == 0.0


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("categories", ["plans"], r"\[C103\].*unknown categories.*plans"),
        ("min_confidence", 1.5, r"\[C104\].*1.5.*'min_confidence'.*0 and 1"),
        ("max_depth", 0, r"\[C104\].* 0 as setting 'max_depth'.*1 and 3"),
    ],
)
def test_settings_out_of_range_are_refused(setting, value, message):
    with pytest.raises(ValueError, match=message):
        ClinicalSectionSplitter(**{setting: value})


def test_rules_of_a_later_format_are_refused():
    component = ClinicalSectionSplitter()
    saved = component.save()
    saved["format"] = 99
    with pytest.raises(ValueError, match=r"\[C105\].*format 99"):
        component.restore(saved)
