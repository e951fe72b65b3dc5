import pytest
import spacy
from spacy.training import Example

from spacy_clinical.tuning import create_tuner, tune_pipeline

NAME = "clinical_icd9_categorizer"
TEXTS = [("chest pain", {"786": 1.0}), ("fever", {"780": 1.0}), ("no", {"780": 0.0})]


@pytest.fixture
def nlp(tiny_ner):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    encoder = {"checkpoint": str(tiny_ner), "precision": "fp32"}
    nlp.add_pipe(NAME, config={"model": {"encoder": encoder}, "sections": "all"})
    nlp.initialize(lambda: read(nlp))
    return nlp


def read(nlp):
    return [Example.from_dict(nlp.make_doc(t), {"cats": c}) for t, c in TEXTS]


def test_what_is_saved_has_thresholds_and_training_goes_on_without(nlp, tmp_path):
    saved = create_tuner(read, min_positives=1)(nlp)
    assert set(saved.get_pipe(NAME).thresholds) == {"780", "786"}
    assert nlp.get_pipe(NAME).thresholds == {}
    assert saved.get_pipe(NAME).model is nlp.get_pipe(NAME).model
    saved.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert loaded.get_pipe(NAME).thresholds == saved.get_pipe(NAME).thresholds
    assert loaded.evaluate(read(loaded))["icd9_micro_r"] == 1.0


def test_the_components_before_it_are_at_work(nlp, monkeypatch):
    seen = []
    pipe = nlp.get_pipe(NAME)
    tune = type(pipe).tune

    def watch(self, examples, **options):
        seen.extend(eg.predicted for eg in examples)
        return tune(self, examples, **options)

    monkeypatch.setattr(type(pipe), "tune", watch)
    tune_pipeline(nlp, read(nlp))
    assert all("sections" in doc.spans for doc in seen)


def test_other_components_can_not_be_tuned(nlp):
    for name in ("clinical_section_splitter", "ner"):
        with pytest.raises(ValueError, match=r"\[C413\]"):
            tune_pipeline(nlp, read(nlp), component=name)
