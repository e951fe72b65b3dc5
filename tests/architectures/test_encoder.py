import numpy
import pytest
import spacy

from spacy_clinical.heads.labels import bio_labels
from tests.tiny import make_token_classifier


def turn_dropout_off(model):
    for module in model.modules():
        if type(module).__name__ == "Dropout":
            module.p = 0.0
    model.config.attention_probs_dropout_prob = 0.0


@pytest.mark.learns
def test_words_are_hidden_in_training_only(tmp_path):
    folder = make_token_classifier(tmp_path, "bert", bio_labels(["Age"]))
    nlp = spacy.blank("en")
    encoder = {"checkpoint": str(folder), "mask_rate": 1.0}
    ner = nlp.add_pipe("clinical_ner", config={"model": {"encoder": encoder}})
    nlp.initialize()
    layer = ner.model.get_ref("encoder")
    turn_dropout_off(layer.shims[0].loaded.model)
    docs = [nlp.make_doc("chest pain"), nlp.make_doc("fever pain")]
    chest, fever = (e.X[-1] for e in layer.predict(docs))
    assert not numpy.allclose(chest, fever, atol=1e-4)
    # With every word hidden, texts of equal length are the same.
    chest, fever = (e.X[-1] for e in layer.begin_update(docs)[0])
    assert numpy.allclose(chest, fever, atol=1e-5)
