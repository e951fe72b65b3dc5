import importlib.util

import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_clinical.pipeline.sentencizer import ClinicalSentencizer

NOTES = [
    "Seen by Dr. Smith. He was well.\n\nALLERGIES: none\n- aspirin\n- lasix b.i.d.",
    "",
    " \n ",
    "\n\nx",
    "word",
    "He was found.The patient left.",
]


@pytest.fixture
def pipeline(nlp):
    nlp.add_pipe("clinical_sentencizer")
    nlp.initialize()
    return nlp


def sentences(doc):
    return [sent.text.strip() for sent in doc.sents]


def test_sentencizer_sets_every_token(pipeline):
    for note in NOTES:
        doc = pipeline(note)
        assert doc.text == note
        assert all(token.is_sent_start is not None for token in doc)
        assert not len(doc) or doc[0].is_sent_start
    assert sentences(pipeline(NOTES[0])) == [
        "Seen by Dr. Smith.",
        "He was well.",
        "ALLERGIES: none",
        "- aspirin",
        "- lasix b.i.d.",
    ]


def test_start_inside_a_token_is_passed_over(pipeline):
    words = ["He", "was", "found.The", "patient", "left", ".", "Then", "home"]
    doc = pipeline(Doc(pipeline.vocab, words=words))
    assert sentences(doc) == ["He was found.The patient left .", "Then home"]


def test_pipe_agrees_with_call(pipeline):
    one_by_one = [sentences(pipeline(note)) for note in NOTES]
    for batch_size in (1, 4):
        docs = pipeline.pipe(NOTES, batch_size=batch_size)
        assert [sentences(doc) for doc in docs] == one_by_one


def add_section(doc, start, end, title_end):
    doc.spans["sections"] = [Span(doc, 0, start), Span(doc, start, end)]
    doc.spans["section_titles"] = [Span(doc, start, title_end)]


@pytest.mark.parametrize("use_sections", [True, False])
def test_sentences_end_at_section_borders(nlp, use_sections):
    nlp.add_pipe("clinical_sentencizer", config={"use_sections": use_sections})
    doc = nlp.make_doc("he was well allergies penicillin")
    add_section(doc, 3, 5, 4)
    expected = ["he was well", "allergies", "penicillin"]
    assert sentences(nlp(doc)) == (expected if use_sections else [doc.text])


def test_white_space_after_a_title_stays_with_it(nlp):
    nlp.add_pipe("clinical_sentencizer")
    doc = nlp.make_doc("well allergies\n\nnone")
    add_section(doc, 1, 4, 2)
    assert [sent.text for sent in nlp(doc).sents] == ["well", "allergies\n\n", "none"]


@pytest.mark.parametrize(
    "body", ["none", "- aspirin", "** none", "(none)", ": none", ""]
)
def test_title_keeps_its_colon(nlp, body):
    nlp.add_pipe("clinical_sentencizer")
    doc = nlp.make_doc(f"well allergies:\n{body}")
    add_section(doc, 1, len(doc), 2)
    expected = ["well", "allergies:\n", body] if body else ["well", "allergies:\n"]
    assert [sent.text for sent in nlp(doc).sents] == expected


def test_overwrite(nlp):
    doc = nlp.make_doc("He left. She stayed")
    for token in doc:
        token.is_sent_start = token.i in (0, 1)
    assert sentences(ClinicalSentencizer()(doc)) == ["He", "left. She stayed"]
    assert sentences(ClinicalSentencizer(overwrite=True)(doc)) == [
        "He left.",
        "She stayed",
    ]


def test_max_tokens_cuts_at_commas_where_it_can(nlp):
    doc = nlp.make_doc("he was, as far as known, at home. Then")
    assert sentences(ClinicalSentencizer(max_tokens=4)(doc)) == [
        "he was,",
        "as far as known",
        ", at home.",
        "Then",
    ]


def test_max_tokens_must_not_be_negative():
    with pytest.raises(ValueError, match=r"\[C203\].*-1"):
        ClinicalSentencizer(max_tokens=-1)


def test_other_annotations_are_untouched(pipeline):
    doc = pipeline.make_doc("He had pain. He left.")
    doc.ents = [Span(doc, 2, 3, label="Sign_symptom")]
    doc.spans["mine"] = [doc[0:3]]
    doc[0].tag_ = "PRP"
    doc = pipeline(doc)
    assert [ent.text for ent in doc.ents] == ["pain"]
    assert doc.spans["mine"][0].text == "He had pain"
    assert doc[0].tag_ == "PRP"
    assert len(list(doc.sents)) == 2


def test_settings_round_trip(nlp, tmp_path):
    settings = {
        "abbreviations": ["qx."],
        "line_breaks": "always",
        "max_tokens": 5,
        "overwrite": True,
        "use_sections": False,
    }
    nlp.add_pipe("clinical_sentencizer", config=settings)
    note = "He has qx. Smith\nhere and there and everywhere"
    expected = sentences(nlp(note))
    component = nlp.get_pipe("clinical_sentencizer")
    assert expected != sentences(ClinicalSentencizer()(nlp.make_doc(note)))
    nlp.to_disk(tmp_path)
    assert sentences(spacy.load(tmp_path)(note)) == expected
    component.to_disk(tmp_path / "component")
    for copy in (
        ClinicalSentencizer().from_bytes(component.to_bytes()),
        ClinicalSentencizer().from_disk(tmp_path / "component"),
    ):
        assert sentences(copy(nlp.make_doc(note))) == expected
        assert {key: getattr(copy, key) for key in settings} == settings


def test_sentences_in_other_processes(pipeline):
    expected = [sentences(pipeline(note)) for note in NOTES]
    docs = list(pipeline.pipe(NOTES, n_process=2, batch_size=2))
    assert [sentences(doc) for doc in docs] == expected


def test_score_counts_sentences(pipeline):
    reference = pipeline.make_doc("He left. She stayed with Dr. X.")
    for token in reference:
        token.is_sent_start = token.text in ("He", "She", "X.")
    example = Example(pipeline.make_doc(reference.text), reference)
    # Found: "He left." and "She ... X."; only the first is among the three of gold.
    scores = pipeline.evaluate([example])
    assert scores["sents_p"] == pytest.approx(1 / 2)


def test_failing_doc_reaches_the_error_handler(pipeline, monkeypatch):
    failed = []
    pipeline.set_error_handler(lambda name, pipe, docs, error: failed.append(name))

    def fail(docs):
        raise RuntimeError

    component = pipeline.get_pipe("clinical_sentencizer")
    monkeypatch.setattr(component, "predict", fail)
    list(pipeline.pipe(["a", "b"]))
    assert failed == ["clinical_sentencizer"] * 2


@pytest.mark.skipif(
    importlib.util.find_spec("scispacy") is not None, reason="scispaCy is installed"
)
def test_scispacy_rules_need_scispacy():
    with pytest.raises(ImportError, match=r"\[C202\].*sentence splitter.*pip install"):
        ClinicalSentencizer(rules="scispacy")


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::SyntaxWarning")
def test_scispacy_rules(nlp):
    pytest.importorskip("scispacy", reason="scispaCy is not installed")
    nlp.add_pipe("clinical_sentencizer", config={"rules": "scispacy"})
    assert sentences(nlp("He was well. She left.")) == ["He was well.", "She left."]
