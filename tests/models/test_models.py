"""The pipeline that ships inside the package, on real and on difficult notes."""

import contextlib
import csv
import random
from pathlib import Path

import numpy
import pytest
import spacy
from spacy.tokens import DocBin

from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.extensions.attributes import SECTIONS_KEY
from spacy_clinical.models import MAX_CHARS, list_models, model_path
from spacy_clinical.scale.workers import annotate_chunk
from spacy_clinical.types import Note
from tests.conftest import find_corpus, load_shipped

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples/notes").glob("*.txt"))
ODD = {
    "empty": "",
    "blank": " \n\t\r\n ",
    "one character": "?",
    "no spaces": "x" * 100_000,
    # Beyond several windows, and without a blank to cut at.
    "no spaces, many words": "fever,pain;" * 300,
    "control characters": "HPI:\x00 no\x07 fever\x1b[0m.\x0c\n",
    "emoji and marks": "Pain \U0001f915\u200d\u2642\ufe0f nai\u0308ve \u0301\u0301 fever",
    "line ends": "HPI:\r\nNo fever.\r\rPLAN:\rRest.\u2028Sleep.\r\n",
    "right to left": "\u05db\u05d0\u05d1 \u05d7\u05d6\u05d4 \u0623\u0644\u0645 fever \u200f",
    "not English": "Der Patient klagt \u00fcber Brustschmerzen. \u75c5\u4eba\u80f8\u75db\u3002",
}


@pytest.fixture(scope="module")
def nlp():
    return load_shipped()


@contextlib.contextmanager
def computing_in(nlp, precision):
    """Let both encoders compute in one precision."""
    with contextlib.ExitStack() as stack:
        for name in ("clinical_ner", "clinical_icd9_categorizer"):
            runtime = nlp.get_pipe(name).shims[0].runtime
            stack.enter_context(runtime.computing_in(precision))
        yield


@pytest.fixture(scope="module")
def example_docs(nlp):
    """What the pipeline makes of the examples, in float32."""
    texts = [path.read_text(encoding="utf8") for path in EXAMPLES]
    with computing_in(nlp, "fp32"):
        return dict(zip(EXAMPLES, nlp.pipe(texts), strict=True))


@pytest.fixture(scope="module")
def pairs(nlp, example_docs):
    """Two of these, and what the pipeline makes of them in bfloat16."""
    some = sorted(EXAMPLES, key=lambda path: path.stat().st_size)[:2]
    with computing_in(nlp, "bf16"):
        near = list(nlp.pipe(example_docs[path].text for path in some))
    return [example_docs[path] for path in some], near


def test_is_small_and_says_what_it_is(nlp):
    assert list_models() == ["en_clinical_sm"]
    folder = model_path("en_clinical_sm")
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    # Two encoders: the categorizer loses a third of its F1 on that of the entities.
    assert size <= 75e6
    assert f"| size | {size / 1e6:.0f} MB; " in (folder / "README.md").read_text("utf8")
    assert not [
        p
        for p in folder.rglob("*")
        if p.suffix in {".bin", ".pt", ".pkl"} and p.name != "lookups.bin"
    ]
    assert nlp.meta["performance"]["ents_f"] > 0.57
    assert {source["license"] for source in nlp.meta["sources"]} == {
        "CC BY 4.0",
        "CC0",
        "Apache-2.0",
        "MIT",
        "public domain",
        "terms of NLM: acknowledge it",
        "its own: cite it, and don't alter it",
    }
    card = (folder / "README.md").read_text(encoding="utf8")
    assert f"{nlp.meta['performance']['ents_f']:.3f}" in card
    assert f"{nlp.meta['performance']['icd9_micro-F1']:.3f}" in card
    assert nlp.meta["performance"]["icd9_micro-F1"] > 0.45
    assert nlp.meta["performance"]["assertion_is_negated_f"] > 0.8
    assert f"{nlp.meta['performance']['assertion_is_negated_f']:.3f}" in card
    assert nlp.max_length == MAX_CHARS


def test_loads_with_spacy_too(nlp):
    plain = spacy.load(model_path())
    text = EXAMPLES[0].read_text(encoding="utf8")[:500]
    assert [str(e) for e in plain(text).ents] == [str(e) for e in nlp(text).ents]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_finds_much_in_the_example_notes(nlp, example_docs, path):
    text = path.read_text(encoding="utf8")
    doc = example_docs[path]
    assert doc.text == text
    assert len(doc.spans[SECTIONS_KEY]) >= 4
    assert len(doc.ents) > 20
    threshold = nlp.get_pipe("clinical_ner").threshold
    assert all(threshold <= ent._.score <= 1 for ent in doc.ents)
    assert doc._.clinical_pieces["clinical_ner"]["not_seen"] == 0


def test_finds_what_anyone_would(nlp):
    doc = nlp("A 63-year-old man presented with severe chest pain and took aspirin.")
    found = {(ent.text, ent.label_) for ent in doc.ents}
    assert found >= {
        ("63-year-old", "Age"),
        ("man", "Sex"),
        ("severe", "Severity"),
        ("chest", "Biological_structure"),
        ("pain", "Sign_symptom"),
        ("aspirin", "Medication"),
    }


def test_reads_notes_as_clinicians_type_them(nlp):
    doc = nlp("PMH: HTN, HLD, DM2, CAD s/p CABG, CHF\nMeds: ASA 81, metoprolol 25 bid")
    found = {(ent.text, ent.label_) for ent in doc.ents}
    diseases = ("HTN", "HLD", "DM2", "CAD", "CHF")
    assert found >= {
        *((name, "Disease_disorder") for name in diseases),
        ("CABG", "Therapeutic_procedure"),
        ("ASA", "Medication"),
        ("81", "Dosage"),
        ("metoprolol", "Medication"),
        ("bid", "Frequency"),
    }
    assert {record["code"] for record in doc._.icd9} >= {"401", "250", "428"}
    doc = nlp("ALLERGIES:\nPenicillin\nSulfa\nCodeine\n")
    assert [ent.text for ent in doc.ents] == ["Penicillin", "Sulfa", "Codeine"]
    assert {ent.label_ for ent in doc.ents} == {"Medication"}


@pytest.mark.parametrize("text", ["HPI: No diabetes.", "Never smoker. No drugs."])
def test_what_is_denied_gives_no_code(nlp, text):
    assert not nlp(text)._.icd9


def test_says_what_does_not_hold(nlp):
    doc = nlp(
        "HPI:\nHe has chest pain. He denies fever. Possible pneumonia. No evidence of "
        "pulmonary embolism.\n\nFAMILY HISTORY:\nHis mother was diagnosed with breast "
        "cancer and diabetes.\n"
    )
    said = {
        name: {ent.text for ent in doc.ents if ent._.get(name)}
        for name in ("is_negated", "is_uncertain", "is_family")
    }
    assert said["is_negated"] == {"fever", "pulmonary embolism"}
    assert said["is_uncertain"] == {"pneumonia"}
    assert any("cancer" in text for text in said["is_family"])
    # Rules and head decide together, on the vectors of the entity recognizer.
    record = doc._.clinical_provenance["clinical_assertion"]
    assert record["decide"] == "both"
    with nlp.select_pipes(disable="clinical_assertion"):
        assert not any(ent._.is_negated for ent in nlp(doc.text).ents)


def test_suggests_the_codes_that_anyone_would(nlp):
    doc = nlp(
        "HPI:\nA 63-year-old man with type 2 diabetes and high blood pressure.\n\n"
        "FAMILY HISTORY:\nSister with breast cancer.\n\n"
        "HOSPITAL COURSE:\n# Acute on chronic systolic heart failure: Diuresis.\n"
    )
    records = {record["code"]: record for record in doc._.icd9}
    assert records.keys() >= {"250", "401", "428"}
    # What his sister has is not his.
    assert "174" not in records
    [place, *_] = records["428"]["evidence"]
    assert "heart failure" in doc.text[place["start"] : place["end"]]
    assert place["section"] == "hospital_course"
    words = [
        doc.text[e["start"] : e["end"]]
        for e in sorted(
            nlp.get_pipe("clinical_icd9_categorizer").explain(doc, "428"),
            key=lambda e: -e["score"],
        )
    ]
    assert set(words[:3]) & {"heart", "failure", "systolic"}


@pytest.mark.parametrize("name", ODD)
def test_survives_odd_notes(nlp, name):
    doc = nlp(ODD[name])
    assert doc.text == ODD[name]
    sections = doc.spans[SECTIONS_KEY]
    assert [s.end for s in sections][:-1] == [s.start for s in sections][1:]
    for ent in doc.ents:
        assert ODD[name][ent.start_char : ent.end_char] == ent.text
    if not any(character.isalpha() for character in ODD[name]):
        assert doc.cats == {}
    if "fever" in ODD[name]:
        assert any("fever" in ent.text for ent in doc.ents)


def test_reads_a_note_of_more_than_a_megabyte_to_its_end(nlp):
    # spaCy's own limit is a million characters.
    sentence = "The patient denies chest pain and took 5 mg of warfarin.\n"
    text = sentence * (1_050_000 // len(sentence))
    with nlp.select_pipes(disable=["clinical_ner", "clinical_icd9_categorizer"]):
        doc = nlp(text)
    assert doc.text == text
    assert sum(1 for _ in doc.sents) == text.count("\n")
    # Many windows; what comes after them is no other.
    text = sentence * 100
    doc = nlp(text)
    assert doc.ents[-1].end_char > len(text) - len(sentence)
    for name in ("clinical_ner", "clinical_icd9_categorizer"):
        assert doc._.clinical_pieces[name]["not_seen"] == 0


def test_docs_keep_everything_in_docbin(example_docs):
    docs = list(example_docs.values())
    packed = DocBin(docs=docs, store_user_data=True).to_bytes()
    vocab = spacy.blank("en").vocab
    for before, after in zip(
        docs, DocBin().from_bytes(packed).get_docs(vocab), strict=True
    ):
        assert [e._.score for e in after.ents] == [e._.score for e in before.ents]
        assert after._.icd9 == before._.icd9
        titles = [
            s._.section_title and s._.section_title.text
            for s in before.spans["sections"]
        ]
        assert titles == [
            s._.section_title and s._.section_title.text
            for s in after.spans["sections"]
        ]


@pytest.mark.filterwarnings(r"ignore:\[W201\]")
def test_scores_on_maccrobat_dev_are_those_it_states(nlp):
    dev = find_corpus("maccrobat2020/dev")
    with nlp.select_pipes(disable="clinical_icd9_categorizer"):
        scores = nlp.evaluate(list(BratCorpus(dev)(nlp)))
    stated = nlp.meta["performance"]
    # Processors differ in their last bits, and some scores lie at the threshold.
    assert scores["ents_f"] == pytest.approx(stated["ents_f"], abs=0.003)


def test_bfloat16_gives_nearly_the_scores_of_float32(pairs):
    scores = [[list(doc.cats.values()) for doc in docs] for docs in pairs]
    exact, near = map(numpy.array, scores)
    assert numpy.abs(exact - near).mean() < 0.002
    assert numpy.abs(exact - near).max() < 0.05


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_records_are_the_same_to_the_last_bit_whatever_shares_the_batch(nlp, precision):
    texts = [path.read_text(encoding="utf8")[:250] for path in EXAMPLES]
    texts += [text[-80:] for text in texts]
    notes = [Note(str(i), text, {}, "") for i, text in enumerate([*texts, "", "x"])]
    shuffled = random.Random(0).sample(notes, len(notes))
    with computing_in(nlp, precision):
        alone = {note.id: annotate_chunk(nlp, [note])[0] for note in notes}
        for size, order in ((3, notes), (32, shuffled)):
            for start in range(0, len(order), size):
                for record in annotate_chunk(nlp, order[start : start + size]):
                    assert record == alone[record["id"]]
    assert any(record["codes"] for record in alone.values())
    assert any(record["entities"] for record in alone.values())


def measure_agreement(exact, near):
    """Share of the tokens that have the same label in bfloat16 as in float32."""
    tags = [
        [(t.ent_iob, t.ent_type) for doc in docs for t in doc] for docs in (exact, near)
    ]
    assert len(tags[0]) > 600
    return sum(a == b for a, b in zip(*tags, strict=True)) / len(tags[0])


def test_bfloat16_gives_nearly_the_labels_of_float32(pairs):
    # More than a quarter of these tokens are in entities.
    assert measure_agreement(*pairs) >= 0.99


def test_bfloat16_gives_the_labels_of_float32_on_real_notes(nlp):
    # This lets precision = "auto" compute in bfloat16 where that is faster.
    notes = find_corpus("aci_bench/valid.csv")
    with notes.open(newline="", encoding="utf8") as file:
        texts = [row["note"] for row in csv.DictReader(file)][:3]
    runtime = nlp.get_pipe("clinical_ner").shims[0].runtime
    docs = {}
    # Nothing that the entities depend on is left out.
    with nlp.select_pipes(disable="clinical_icd9_categorizer"):
        for precision in ("fp32", "bf16"):
            with runtime.computing_in(precision):
                docs[precision] = list(nlp.pipe(texts))
    assert measure_agreement(docs["fp32"], docs["bf16"]) >= 0.995
