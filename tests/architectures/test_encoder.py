import numpy
import pytest
import spacy
from spacy.tokens import Span

from spacy_clinical.architectures.encoder import Plan, find_global_pieces, hide_words
from spacy_clinical.heads.labels import bio_labels
from spacy_clinical.pieces.align import Pieces
from spacy_clinical.pieces.windows import plan_windows
from tests.tiny import make_token_classifier

PIECES = Pieces(
    ids=numpy.arange(10, 2010),
    first=numpy.arange(0, 2000, 2),
    stop=numpy.arange(2, 2002, 2),
)


@pytest.mark.learns
def test_hide_words_hides_whole_words():
    ids = hide_words(PIECES, 0.25, 4)
    hidden = (ids == 4).reshape(-1, 2)
    assert (hidden[:, 0] == hidden[:, 1]).all()
    assert 0.2 < hidden[:, 0].mean() < 0.3
    assert (ids[ids != 4] == PIECES.ids[ids != 4]).all()
    assert PIECES.ids[0] == 10


def test_hide_words_needs_a_mask():
    assert (hide_words(PIECES, 1.0, None) == PIECES.ids).all()


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


@pytest.mark.parametrize("n_pieces", [0, 1, 6, 7, 23])
def test_stitch_puts_each_row_in_its_place(n_pieces):
    rows = numpy.arange(n_pieces * 2, dtype="float32").reshape(n_pieces, 2)
    pieces = Pieces(rows[:, 0], rows[:0, 0], rows[:0, 0])
    windows = plan_windows(n_pieces, size=6, stride=4)
    plan = Plan([pieces], [windows], [], [(0, window) for window in windows])
    outputs = [(i, rows[w.start : w.stop]) for i, w in enumerate(windows)]
    [encoded] = plan.stitch(reversed(outputs), width=2)
    assert numpy.array_equal(encoded.X, rows)
    [encoded] = plan.stitch(outputs, width=1, project=lambda X: X[:, :1] + X[:, 1:])
    assert numpy.array_equal(encoded.X, rows.sum(axis=1, keepdims=True))


def test_find_global_pieces():
    doc = spacy.blank("en").make_doc("PLAN : rest and fluids")
    # Two pieces for each token but the second, which has none.
    first = numpy.asarray([0, 2, 2, 4, 6])
    pieces = Pieces(numpy.arange(8), first, numpy.asarray([2, 2, 4, 6, 8]))
    assert find_global_pieces(doc, pieces, "sections").tolist() == []
    doc.spans["section_titles"] = [Span(doc, 0, 2, label="plan")]
    doc.spans["questions"] = [doc[2:4], doc[3:5]]
    assert find_global_pieces(doc, pieces, "sections").tolist() == [0, 1]
    assert find_global_pieces(doc, pieces, "first").tolist() == []
    assert find_global_pieces(doc, pieces, "questions").tolist() == [2, 3, 4, 5, 6, 7]
    assert find_global_pieces(doc, pieces, "missing").tolist() == []
    assert find_global_pieces(doc, pieces, [4, 0, 1, 99]).tolist() == [0, 1, 6, 7]
