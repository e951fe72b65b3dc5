"""A pipeline in another language than English, with its own encoder."""

import pytest
import spacy
from spacy.training import Example

from tests.conftest import doc_from_markup
from tests.tiny import make_bare_bert

CONFIG = """
[nlp]
lang = "it"
pipeline = ["clinical_section_splitter","clinical_sentencizer","clinical_ner"]

[components]

[components.clinical_section_splitter]
factory = "clinical_section_splitter"

[components.clinical_sentencizer]
factory = "clinical_sentencizer"

[components.clinical_ner]
factory = "clinical_ner"

[components.clinical_ner.model]
@architectures = "spacy-clinical.TokenClassifier.v1"

[components.clinical_ner.model.encoder]
@architectures = "spacy-clinical.HFEncoder.v1"
checkpoint = "biobit"
learn_rate_scale = 0.5
"""
MARKUP = [
    "Un <Sex>uomo</Sex> di <Age>40 anni</Age> con <Sign_symptom>dolore toracico</Sign_symptom>",
    "Nega <Sign_symptom>febbre</Sign_symptom>, assume <Medication>aspirina</Medication>",
    "<Medication>Metoprololo</Medication> sospeso per <Sign_symptom>bradicardia</Sign_symptom>",
    "Una <Sex>donna</Sex> di <Age>81 anni</Age>, terapia con <Medication>insulina</Medication>",
]


@pytest.mark.learns
def test_an_italian_pipeline_learns_and_reloads(tmp_path, monkeypatch):
    make_bare_bert(tmp_path / "store" / "IVN-RIN--bioBIT")
    monkeypatch.setenv("SPACY_CLINICAL_CHECKPOINTS", str(tmp_path / "store"))
    nlp = spacy.util.load_model_from_config(
        spacy.util.Config().from_str(CONFIG), auto_fill=True
    )
    docs = [doc_from_markup(nlp, markup) for markup in MARKUP]
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for _ in range(60):
        nlp.update(examples, sgd=optimizer, drop=0.0)
    nlp.to_disk(tmp_path / "it")
    monkeypatch.delenv("SPACY_CLINICAL_CHECKPOINTS")
    loaded = spacy.load(tmp_path / "it")
    assert loaded.lang == "it"
    for example in examples:
        found = [(e.text, e.label_) for e in loaded(example.text).ents]
        assert found == [(e.text, e.label_) for e in example.reference.ents]
