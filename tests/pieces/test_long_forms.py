"""Long forms for abbreviations, in what a model reads and in the codes of the shipped pipeline."""

import pickle

import pytest
import spacy

from spacy_clinical.extensions.assertion_attributes import mark_assertion
from spacy_clinical.pieces.long_forms import expand_short_forms
from spacy_clinical.pieces.text import Text, read_note
from tests.conftest import load_blank, load_shipped

NAME = "clinical_icd9_categorizer"
LINE = "PMH: HTN, HLD, DM2, CAD s/p CABG, CHF"


@pytest.fixture(scope="module")
def blank():
    return load_blank("clinical_section_splitter", "clinical_sentencizer")


@pytest.fixture(scope="module")
def nlp():
    return load_shipped()


def expand(nlp, note, **settings):
    return expand_short_forms(read_note(nlp(note)), **settings).text


def get_codes(doc):
    return {record["code"] for record in doc._.icd9}


def test_a_model_reads_long_forms(blank):
    assert expand(blank, LINE) == (
        "PMH: hypertension, hyperlipidemia, type 2 diabetes mellitus, coronary artery "
        "disease s/p CABG, congestive heart failure"
    )
    assert expand_short_forms(Text("HTN")).text == "HTN"
    assert expand(blank, "") == ""


@pytest.mark.parametrize(
    "note",
    [
        "denies CHF",
        "No HTN, DM or COPD.",
        "CXR: no PNA",
        "Family history: father with CAD, mother with DM2",
        "Return if SOB.",
    ],
)
def test_what_is_denied_stays_as_it_is(blank, note):
    forms = {"CHF", "HTN", "DM", "COPD", "PNA", "CAD", "DM2", "SOB"}
    forms = {
        word
        for word in note.replace(".", " ").replace(",", " ").split()
        if word in forms
    }
    text = expand(blank, note)
    assert [form for form in forms if form not in text] == []
    longer = expand(blank, note, keep_denied=False)
    assert [form for form in forms if form in longer] == []


def test_what_is_said_of_an_entity_wins_over_the_rules():
    nlp = spacy.blank("en")
    doc = nlp("CHF noted")
    assert expand_short_forms(read_note(doc)).text == "congestive heart failure noted"
    doc.ents = [doc.char_span(0, 3, label="Disease_disorder")]
    mark_assertion(doc.ents[0], ["is_negated"])
    assert expand_short_forms(read_note(doc)).text == "CHF noted"


# The shipped pipeline


def test_typed_lines_have_codes_where_the_note_says_so(nlp):
    doc = nlp(LINE)
    assert {"401", "272", "250", "414", "428"} <= get_codes(doc)
    for record in doc._.icd9:
        [place] = record["evidence"]
        assert doc.text[place["start"] : place["end"]] == LINE
    note = "Past Medical History:\n- HTN\n- DM\n- CHF\n"
    doc = nlp(note)
    for code, form in (("401", "HTN"), ("250", "DM"), ("428", "CHF")):
        [record] = [r for r in doc._.icd9 if r["code"] == code]
        place = record["evidence"][0]
        assert note[place["start"] : place["end"]].endswith(form)


@pytest.mark.parametrize(
    "note",
    [
        "PT evaluated",
        "MS: no edema",
        "OR at 9",
        "HPI: No diabetes.",
        "HPI: No DM.",
        "Never smoker. No drugs.",
        "denies CHF, no h/o DM",
        "FHx: father with CAD, mother with DM2",
    ],
)
def test_look_alikes_and_what_is_denied_have_none(nlp, note):
    assert get_codes(nlp(note)) == set()


def test_what_holds_has_its_code_beside_what_is_denied(nlp):
    assert get_codes(nlp("PMH: HTN, no CHF")) == {"401"}


def test_an_explanation_points_at_the_abbreviation(nlp):
    note = "Past Medical History: HTN, DM II"
    doc = nlp(note)
    places = nlp.get_pipe(NAME).explain(doc, "401", steps=2)
    words = [note[place["start"] : place["end"]] for place in places]
    assert words == [token.text for token in doc]
    assert max(places, key=lambda p: p["score"])["start"] == note.index("HTN")


def test_shares_are_those_of_the_long_forms(nlp):
    """By token: an abbreviation has the share of all words of its long form."""
    pipe = nlp.get_pipe(NAME)
    short, long = "He came by bus. PMH of HTN. He left.", "hypertension"
    docs = [nlp(short), nlp(short.replace("HTN", long))]
    shares = [pipe.explain(doc, "401", steps=1) for doc in docs]
    assert [short[p["start"] : p["end"]] for p in shares[0]] == [
        "PMH",
        "of",
        "HTN",
        ".",
    ]
    assert [p["score"] for p in shares[0]] == pytest.approx(
        [p["score"] for p in shares[1]]
    )


def test_all_ways_to_run_and_save_agree(nlp, tmp_path):
    notes = [LINE, "", "denies CHF", "HTN. " * 700]
    pipe = nlp.get_pipe(NAME)
    expected = [nlp(note)._.icd9 for note in notes]
    assert [doc._.icd9 for doc in nlp.pipe(notes, batch_size=3)] == expected
    assert [
        doc._.icd9 for doc in nlp.pipe(notes, n_process=2, batch_size=2)
    ] == expected
    nlp.to_disk(tmp_path / "saved")
    for again in (spacy.load(tmp_path / "saved"), pickle.loads(pickle.dumps(nlp))):
        assert again.get_pipe(NAME).expand_abbreviations
        assert [again(note)._.icd9 for note in notes[:3]] == expected[:3]
    doc = nlp(LINE)
    before = doc.to_bytes()
    pipe.read(doc)
    assert doc.to_bytes() == before
