import numpy
import spacy

from spacy_clinical.align import Pieces
from spacy_clinical.encoders.encode import hide_words
from spacy_clinical.heads.labels import bio_labels
from tests.tiny import make_token_classifier

PIECES = Pieces(
    ids=numpy.arange(10, 2010),
    first=numpy.arange(0, 2000, 2),
    stop=numpy.arange(2, 2002, 2),
)


def test_hide_words_hides_whole_words():
    numpy.random.seed(0)
    ids = hide_words(PIECES, 0.25, 4)
    hidden = (ids == 4).reshape(-1, 2)
    assert (hidden[:, 0] == hidden[:, 1]).all()
    assert 0.2 < hidden[:, 0].mean() < 0.3
    assert (ids[ids != 4] == PIECES.ids[ids != 4]).all()
    assert PIECES.ids[0] == 10


def test_hide_words_needs_a_mask():
    assert (hide_words(PIECES, 1.0, None) == PIECES.ids).all()


def test_words_are_hidden_in_training_only(tmp_path):
    folder = make_token_classifier(tmp_path, "bert", bio_labels(["Age"]))
    nlp = spacy.blank("en")
    encoder = {"checkpoint": str(folder), "mask_rate": 1.0}
    ner = nlp.add_pipe("clinical_ner", config={"model": {"encoder": encoder}})
    nlp.initialize()
    layer = ner.model.get_ref("encoder")
    for module in layer.shims[0].loaded.model.modules():
        if type(module).__name__ == "Dropout":
            module.p = 0.0
        if hasattr(module, "dropout_prob"):
            module.dropout_prob = 0.0
    docs = [nlp.make_doc("chest pain"), nlp.make_doc("fever pain")]
    chest, fever = (e.X[-1] for e in layer.predict(docs))
    assert not numpy.allclose(chest, fever, atol=1e-4)
    # With every word hidden, texts of equal length are the same.
    chest, fever = (e.X[-1] for e in layer.begin_update(docs)[0])
    assert numpy.allclose(chest, fever, atol=1e-5)
