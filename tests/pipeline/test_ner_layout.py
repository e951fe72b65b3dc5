"""Entities and the layout of notes: lists, titles, and wrapped lines."""

import numpy
import pytest
import spacy

from tests.conftest import add_ner, load_shipped
from tests.tiny import make_token_classifier

COMPONENTS = ("clinical_section_splitter", "clinical_sentencizer", "clinical_ner")


def find_shipped(text):
    """The entities that the shipped pipeline finds, without codes and assertions."""
    nlp = load_shipped()
    doc = nlp.make_doc(text)
    for name in COMPONENTS:
        doc = nlp.get_pipe(name)(doc)
    return [ent.text for ent in doc.ents]


@pytest.fixture(scope="module")
def greedy_folder(tmp_path_factory):
    """A checkpoint that takes all of a note for one entity."""
    folder = tmp_path_factory.mktemp("greedy")
    return make_token_classifier(folder, "bert", ["O", "B-Sign", "I-Sign"])


@pytest.fixture(params=["viterbi", "greedy", "posterior"])
def find(request, greedy_folder):
    """Finds entities with a head for which everything goes on, with a decoder."""

    def find_all(text, *components, **settings):
        nlp = spacy.blank("en")
        for name in components:
            nlp.add_pipe(name)
        add_ner(nlp, greedy_folder, decoder=request.param, **settings)
        nlp.initialize()
        ner = nlp.get_pipe("clinical_ner")
        ner.model.get_ref("output_layer").set_param("b", numpy.asarray([0.0, 20, 30]))
        return [ent.text for ent in nlp(text).ents]

    return find_all


BOTH = COMPONENTS[:2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALLERGIES:\nPenicillin\nSulfa\nCodeine\n", "Penicillin|Sulfa|Codeine"),
        ("ALLERGIES:\npenicillin\nsulfa\ncodeine\n", "penicillin|sulfa|codeine"),
        ("- HTN\n- DM2\n- CAD\n", "HTN|DM2|CAD"),
        ("PMH:\n1. HTN\n2. chest pain\n", "HTN|chest pain"),
        ("PMH: 1) HTN 2) chest pain", "HTN|chest pain"),
        ("[x] HTN\n[ ] CAD", "HTN|CAD"),
        ("chest pain\n\nfever", "chest pain|fever"),
        ("No fever.\nNo cough.", "No fever.|No cough."),
        ("HPI: pain\nPLAN: rest", "pain|rest"),
        # A wrapped line goes on.
        ("HPI:\nhe has chest\npain and shortness of\nbreath", None),
        ("chest\npain", "chest\npain"),
    ],
)
def test_entities_keep_to_the_layout(find, text, expected):
    if expected is None:
        expected = text.removeprefix("HPI:\n")
    assert find(text, *BOTH) == expected.split("|")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chest pain\n\nfever", ["chest pain", "fever"]),
        ("- chest\npain\n- fever", ["chest\npain", "fever"]),
        ("chest\npain. fever", ["chest\npain. fever"]),
    ],
)
def test_blank_lines_and_items_need_no_other_component(find, text, expected):
    assert find(text) == expected


def test_layout_can_be_ignored(find):
    text = "ALLERGIES:\n- Penicillin\n\n- Sulfa"
    assert find(text, *BOTH, skip_layout=False) == [text]


def test_the_setting_is_saved(nlp, greedy_folder, tmp_path):
    add_ner(nlp, greedy_folder, skip_layout=False)
    nlp.initialize()
    nlp.to_disk(tmp_path)
    ner = spacy.load(tmp_path).get_pipe("clinical_ner")
    assert ner.skip_layout is False
    assert nlp.get_pipe_config("clinical_ner")["skip_layout"] is False


def test_the_shipped_pipeline_finds_each_item_of_a_list():
    for case in (str.title, str.lower):
        items = [case(item) for item in ("penicillin", "sulfa", "codeine")]
        assert find_shipped("ALLERGIES:\n" + "\n".join(items) + "\n") == items
    items = ["Hypertension", "Type 2 diabetes mellitus", "Coronary artery disease"]
    items += ["Atrial fibrillation"]
    text = "PAST MEDICAL HISTORY:\n" + "\n".join(f"- {item}" for item in items)
    found = find_shipped(text)
    assert len(found) >= 3
    assert set(found) <= set(items)


@pytest.mark.parametrize(
    "text", ["- HTN\n- DM2\n- CAD\n", "PMH:\n- HTN\n- DM2\n- CAD\n- CHF\n- COPD\n"]
)
def test_the_shipped_pipeline_finds_nothing_over_two_items(text):
    assert not any("\n" in entity for entity in find_shipped(text))


def test_the_shipped_pipeline_reads_over_wrapped_lines():
    text = (
        "HPI:\nThe patient is a 62 year old man who was admitted with two days of chest\n"
        "pain and shortness of\nbreath after a history of congestive heart\nfailure."
    )
    found = find_shipped(text)
    assert "shortness of\nbreath" in found
    assert "congestive heart\nfailure" in found


def test_the_shipped_pipeline_takes_no_title_for_an_entity():
    text = (
        "PHYSICAL EXAM:\nHEENT: normal.\nLungs: clear.\nHeart: regular rhythm.\n\n"
        "ASSESSMENT AND PLAN:\n1. Pneumonia: continue ceftriaxone.\n"
        "2. Diabetes: on metformin.\n# Sepsis: vancomycin.\n"
    )
    found = find_shipped(text)
    assert not {"HEENT", "Lungs", "Heart"}.intersection(found)
    assert {"Pneumonia", "Diabetes", "Sepsis"} <= set(found)
