import pickle

import pytest
import spacy
from spacy.tokens import Span

from spacy_clinical.extensions.abbreviation_attributes import list_abbreviations

NOTE = (
    "HPI: Acute renal failure (ARF) on CKD. HTN/HLD. Has MS.\n\n"
    "MEDICATIONS:\nMS contin 15 mg, ASA\n\nPLAN:\nFollow ARF.\n"
)


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_abbreviations")
    return nlp


def make(**config):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_abbreviations", config=config)
    return nlp


def read(doc):
    return {str(span): str(span._.long_form) for span in doc._.abbreviations}


def test_says_what_the_abbreviations_of_a_note_stand_for(nlp):
    doc = nlp(NOTE)
    found = [(str(s), str(s._.long_form), s.label_) for s in doc._.abbreviations]
    assert found == [
        ("ARF", "Acute renal failure", "Disease_disorder"),
        ("CKD", "chronic kidney disease", "Disease_disorder"),
        ("HTN", "hypertension", "Disease_disorder"),
        ("HLD", "hyperlipidemia", "Disease_disorder"),
        ("MS", "morphine sulfate", "Medication"),
        ("mg", "milligrams", "Dosage"),
        ("ASA", "aspirin", "Medication"),
        ("ARF", "Acute renal failure", "Disease_disorder"),
    ]
    [unknown] = [row for row in list_abbreviations(doc) if row.source == "unknown"]
    assert unknown.start == NOTE.index("MS")
    facts = doc._.clinical_provenance["clinical_abbreviations"]
    assert facts == {
        "rules": nlp.get_pipe("clinical_abbreviations").abbreviations.digest
    }


def test_finds_what_a_note_ends_with():
    doc = make(use_inventory=False)("Acute renal failure (ARF). Worse ARF")
    assert [str(span) for span in doc._.abbreviations] == ["ARF", "ARF"]


def test_what_a_note_defines_wins_over_the_inventory():
    doc = make()("Acute respiratory distress (ARD), high threshold neuron (HTN). HTN.")
    assert read(doc) == {
        "ARD": "Acute respiratory distress",
        "HTN": "high threshold neuron",
    }


def test_either_source_can_be_left_out():
    text = "Quite odd problem (QOP). HTN."
    assert read(make(use_inventory=False)(text)) == {"QOP": "Quite odd problem"}
    assert read(make(use_definitions=False)(text)).keys() == {"HTN"}
    assert read(make(types="Medication")("HTN on ASA")) == {"ASA": "aspirin"}


def test_entities_decide_unless_told_not_to():
    def annotate(**config):
        nlp = make(**config)
        doc = nlp.make_doc("MS noted")
        doc.ents = [Span(doc, 0, 1, label="Medication")]
        return read(nlp.get_pipe("clinical_abbreviations")(doc))

    assert annotate() == {"MS": "morphine sulfate"}
    assert annotate(use_ents=False) == {}


def test_words_around_decide_unless_told_not_to():
    text = "Echo shows MS and a valve"
    assert read(make()(text))["MS"] == "mitral stenosis"
    assert "MS" not in read(make(use_context=False)(text))


def test_processes_agree(nlp):
    expected = [list_abbreviations(nlp(NOTE))] * 3
    docs = list(nlp.pipe([NOTE] * 3, n_process=2, batch_size=1))
    assert [list_abbreviations(doc) for doc in docs] == expected
    assert read(docs[0]) == read(nlp(NOTE))


def reload_from_disk(nlp, tmp_path):
    nlp.to_disk(tmp_path / "out")
    return spacy.load(tmp_path / "out")


def reload_from_bytes(nlp, tmp_path):
    return spacy.blank("en").from_config(nlp.config).from_bytes(nlp.to_bytes())


@pytest.mark.parametrize("reload", [reload_from_disk, reload_from_bytes])
def test_an_inventory_of_ones_own_is_saved(tmp_path, reload):
    path = tmp_path / "own.tsv"
    path.write_text(
        "@h\techo\nQQX\tFinding\tquite odd\t\t@h\nHTN\tFinding\tother\n", "utf8"
    )
    nlp = make(abbreviations=str(path), types=["Finding"])
    component = nlp.get_pipe("clinical_abbreviations")
    component.add_abbreviation("ZZT", ["zeta test"], label="Finding", cues="Echo")
    expected = {"QQX": "quite odd", "HTN": "other", "ZZT": "zeta test"}
    text = "QQX, HTN, ZZT, ASA; zzt"
    assert read(nlp(text)) == expected
    # A shipped inventory is found at its usual place by the config.
    nlp.config["components"]["clinical_abbreviations"]["abbreviations"] = None
    nlp.config["components"]["clinical_abbreviations"]["types"] = None
    loaded = reload(nlp, tmp_path)
    again = loaded.get_pipe("clinical_abbreviations")
    assert again.abbreviations.rows == component.abbreviations.rows
    assert again.types == ["Finding"]
    assert read(loaded(text)) == expected
    assert read(pickle.loads(pickle.dumps(component))(nlp.make_doc(text))) == expected


def test_an_inventory_may_replace_the_shipped_one(tmp_path):
    path = tmp_path / "own.tsv"
    path.write_text("QQX\tFinding\tquite odd\n", "utf8")
    nlp = make(abbreviations=str(path), extend_abbreviations=False)
    assert read(nlp("QQX and HTN")) == {"QQX": "quite odd"}


def test_what_cannot_be_used_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\[C920\].*'Nothing'.*Disease_disorder"):
        make(types=["Nothing"])
    with pytest.raises(ValueError, match=r"\[C922\].*use_definitions"):
        make(use_definitions=False, use_inventory=False)
    with pytest.raises(ValueError, match=r"\[C302\]"):
        make(abbreviations=str(tmp_path / "none.tsv"))
    component = make().get_pipe("clinical_abbreviations")
    for settings, reason in (
        ({"short": " ", "long_forms": "x"}, "an empty short form"),
        ({"short": "X", "long_forms": []}, "an empty long form"),
        ({"short": "X", "long_forms": "x", "label": "a b"}, "a type"),
    ):
        with pytest.raises(ValueError, match=rf"\[C921\].*has {reason}"):
            component.add_abbreviation(**settings)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": 2}, "C105"),
        ({"abbreviations": [["HTN"]]}, "C026"),
        ({"abbreviations": [["", "-", ["x"], False, False, []]]}, "C026"),
        ({"settings": {"types": ["Nothing"]}}, "C920"),
        ({"settings": {"unknown": 1}}, "C026"),
    ],
)
def test_damaged_data_changes_nothing(change, code):
    component = make().get_pipe("clinical_abbreviations")
    before = component.save()
    with pytest.raises(ValueError, match=code):
        component.restore({**before, **change})
    assert component.save() == before


def test_long_and_odd_notes(nlp):
    for text in (
        "",
        " ",
        "(",
        "()[]",
        "\x00(ARF)\x07",
        "\u05d0 (\u05d0\u05d1)",
        "(MS)" * 5,
    ):
        assert nlp(text).text == text
    long_note = nlp.make_doc("Acute renal failure (ARF), MS, HTN; no (CHF).\n" * 3000)
    doc = nlp.get_pipe("clinical_abbreviations")(long_note)
    assert len(doc._.abbreviations) == 3000 * 3
