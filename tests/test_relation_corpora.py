"""The scripts that make the texts that relations are learned from, and that add a head."""

import json
import sys
from pathlib import Path

import pytest
import spacy

from spacy_clinical.corpora.brat import BratCorpus
from tests.pipeline.test_relations import (
    GOLD,
    NAME,
    list_found,
    make_pipeline,
    train,
)

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import add_relation_head
import make_relation_corpora

pytestmark = pytest.mark.filterwarnings(r"ignore:\[W002\]")

TEXT = "He took oral iron 10 mg and zinc daily, and felt sick."


def argument(*words):
    return {
        "text": [[word] for word in words],
        "start": [[TEXT.index(w)] for w in words],
    }


def make_row(drugs, **attributes):
    treatment = {"Drug": argument(*drugs)}
    treatment |= {name: argument(words) for name, words in attributes.items()}
    event = {"Treatment": treatment, "Effect": argument("sick")}
    return {"context": TEXT, "annotations": [{"events": [event]}]}


def test_sentences_say_which_drug_a_dose_belongs_to(tmp_path):
    rows = [
        make_row(["iron"], Dosage="10 mg", Route="oral", Freq="daily"),
        # One of two drugs, and a drug without a dose.
        make_row(["iron", "zinc"], Dosage="10 mg"),
        make_row(["zinc"]),
    ]
    (tmp_path / "phee").mkdir()
    for part in ("train", "dev"):
        lines = "\n".join(map(json.dumps, rows))
        (tmp_path / f"phee/{part}.json").write_text(lines, encoding="utf8")
    make_relation_corpora.main(str(tmp_path), str(tmp_path / "out"))
    for part in ("train", "dev"):
        [example] = BratCorpus(tmp_path / "out" / part)(spacy.blank("en"))
        doc = example.reference
        found = {
            (
                doc[one["child"]["start"] : one["child"]["end"]].text,
                one["child"]["label"],
            )
            for one in doc._.relations
        }
        expected = {("oral", "Administration"), ("10 mg", "Dosage")}
        assert found == expected | {("daily", "Frequency")}
        assert {one["head"]["label"] for one in doc._.relations} == {"Medication"}
        assert ("sick", "Sign_symptom") in {(e.text, e.label_) for e in doc.ents}


@pytest.mark.learns
def test_a_trained_head_shares_the_encoder_afterwards(tiny_ner, tmp_path):
    trained = make_pipeline(tiny_ner, learn_rate_scale=0)
    train(trained)
    nlp = spacy.blank("en")
    encoder = {"checkpoint": str(tiny_ner), "precision": "fp32"}
    nlp.add_pipe("clinical_ner", config={"model": {"encoder": encoder}})
    nlp.initialize()
    trained.to_disk(tmp_path / "trained")
    nlp.to_disk(tmp_path / "entities")
    add_relation_head.main(
        *(str(tmp_path / n) for n in ("trained", "entities", "both"))
    )
    both = spacy.load(tmp_path / "both")
    assert both.pipe_names == ["clinical_ner", NAME]
    assert list_found(both) == GOLD
    assert not (tmp_path / "both" / NAME / "encoder").exists()
