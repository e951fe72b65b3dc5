"""Heads over tokens: with a hidden layer, and on the encoder of another component."""

import numpy
import pytest
import spacy

from spacy_clinical.errors import CodedValueError

pytestmark = pytest.mark.filterwarnings(r"ignore:\[W002\]")
TEXT = "Seen by Dr. Hope Brown on 3/4/2020 for chest pain.\n\nNo Crohn's disease."
SHARED = {
    "@architectures": "spacy-clinical.TokenClassifier.v1",
    "pooling": "first",
    "hidden": 8,
    "encoder": {
        "@architectures": "spacy-clinical.SharedEncoder.v1",
        "component": "clinical_ner",
    },
}


@pytest.fixture
def pipeline(tiny_ner):
    nlp = spacy.blank("en")
    encoder = {
        "@architectures": "spacy-clinical.HFEncoder.v1",
        "checkpoint": str(tiny_ner),
        # Before clinical_ner has run, it isn't known whether bfloat16 will do.
        "precision": "fp32",
    }
    nlp.add_pipe("clinical_ner", config={"model": {"encoder": encoder}})
    nlp.initialize()
    pipe = nlp.add_pipe("clinical_deidentifier", config={"model": SHARED})
    pipe.initialize(list, nlp=nlp, labels=["STAFF", "DATE"])
    random = numpy.random.RandomState(1)
    for name in ("hidden_layer", "output_layer"):
        node = pipe.model.get_ref(name)
        shape = node.get_param("W").shape
        node.set_param("W", random.normal(0, 1, shape).astype("float32"))
    return nlp


def _score(nlp, doc):
    return nlp.get_pipe("clinical_deidentifier").model.predict([doc])[0].X


def test_shared_rows_are_those_of_an_encoder_run_again(pipeline):
    ner = pipeline.get_pipe("clinical_ner")
    doc = pipeline.make_doc(TEXT)
    alone = _score(pipeline, doc)
    ner(doc)
    reader = pipeline.get_pipe("clinical_deidentifier").model.get_ref("encoder")
    assert len(reader.waiting) == 1
    shared = _score(pipeline, doc)
    assert len(reader.waiting) == 0
    assert alone.shape == (len(doc), 5)
    assert numpy.allclose(alone, shared, rtol=1e-3, atol=1e-2)
    assert numpy.ptp(alone, axis=0).max() > 0.01


def test_a_head_with_a_hidden_layer_is_saved(pipeline, tmp_path):
    pipeline.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    before, after = (_scores_of_run(nlp) for nlp in (pipeline, loaded))
    assert numpy.allclose(before, after, rtol=1e-3, atol=1e-2)


def _scores_of_run(nlp):
    doc = nlp(TEXT)
    return _score(nlp, doc)


def test_without_the_other_component_nothing_is_found_quietly(pipeline):
    alone = spacy.blank("en")
    pipe = alone.add_pipe("clinical_deidentifier", config={"model": SHARED})
    with pytest.raises(CodedValueError, match=r"C855.*clinical_ner"):
        pipe.initialize(list, nlp=alone, labels=["STAFF"])


def test_hidden_layers_need_first_pooling():
    nlp = spacy.blank("en")
    model = {**SHARED, "pooling": "mean"}
    with pytest.raises(CodedValueError, match=r"C854.*pooling.*mean"):
        nlp.add_pipe("clinical_deidentifier", config={"model": model})
