import numpy
import pytest

from spacy_clinical.heads.crf import get_loss
from spacy_clinical.heads.decode import cross_entropy
from spacy_clinical.heads.gold import GoldReader, UnknownType
from spacy_clinical.heads.labels import read_labels
from spacy_clinical.types import PartialLabels

BIO = ["O", "B-Dis", "I-Dis", "B-Drug", "I-Drug", "B-Sex", "I-Sex", "B-Sign", "I-Sign"]
BILOU = ["O", "B-Dis", "I-Dis", "L-Dis", "U-Dis", "U-Sex", "B-Sign", "L-Sign", "U-Sign"]
TYPES = {"Dis": ("Dis", "Sign")}
KNOWN = frozenset({"Dis", "Drug"})


def list_allowed(columns, tags, partial=None):
    """The labels that agree with each tag."""
    marked = GoldReader(read_labels(columns)).mark(tags.split(), partial)
    return [
        " ".join(c for c, is_open in zip(columns, row, strict=True) if is_open)
        for row in marked
    ]


def test_fully_labelled_tokens_have_one_column():
    assert list_allowed(BIO, "O B-Dis L-Dis U-Sex") == ["O", "B-Dis", "I-Dis", "B-Sex"]
    assert list_allowed(BILOU, "B-Dis I-Dis L-Dis U-Sex") == [*BILOU[1:4], "U-Sex"]
    assert list_allowed(["O", "Dis"], "U-Dis O") == ["Dis", "O"]
    # The head has no such tag: nothing is said.
    assert list_allowed(BILOU, "B-Sex") == [" ".join(BILOU)]
    marked = GoldReader(read_labels(BIO)).mark([None, "O"])
    assert marked.sum(axis=1).tolist() == [len(BIO), 1]


@pytest.mark.parametrize("partial", [None, PartialLabels({}, KNOWN)])
def test_unknown_types_are_refused(partial):
    with pytest.raises(UnknownType) as caught:
        GoldReader(read_labels(BIO)).mark(["U-Nothing"], partial)
    assert caught.value.name == "Nothing"


def test_what_a_corpus_does_not_know_stays_open():
    partial = PartialLabels(TYPES, KNOWN)
    others = "O B-Sex I-Sex B-Sign I-Sign"
    assert list_allowed(BIO, "O O", partial) == [others] * 2
    # Of either type; and what follows doesn't go on with it.
    assert list_allowed(BIO, "B-Dis L-Dis O U-Dis", partial) == [
        "B-Dis B-Sign",
        "I-Dis I-Sign",
        "O B-Sex I-Sex B-Sign",
        "B-Dis B-Sign",
    ]
    assert list_allowed(BILOU, "B-Dis L-Dis O", partial) == [
        "B-Dis B-Sign",
        "L-Dis L-Sign",
        "O U-Sex B-Sign U-Sign",
    ]


def test_borders_of_other_guidelines_are_open():
    partial = PartialLabels(TYPES, KNOWN, "last")
    assert list_allowed(BIO, "B-Dis L-Dis O", partial) == [
        "O B-Dis I-Dis B-Sex I-Sex B-Sign I-Sign",
        "B-Dis I-Dis B-Sign I-Sign",
        "O B-Sex I-Sex B-Sign",
    ]


def test_columns_with_one_meaning_are_closed_together():
    # As in "biomedical-ner-all": two columns are one tag.
    columns = ["O", "B-Dis", "B-[Di](X)s", "I-Dis", "B-Sex"]
    partial = PartialLabels({}, frozenset({"Dis"}))
    assert list_allowed(columns, "O", partial) == ["O B-Sex"]


def test_the_gradient_of_three_tokens_by_hand():
    # A corpus of diseases: an O, a disease, an O. The model also has another type.
    columns = ["O", "Dis", "Sex"]
    scheme = read_labels(columns)
    partial = PartialLabels({}, frozenset({"Dis"}))
    allowed = GoldReader(scheme).mark(["O", "U-Dis", "O"], partial)
    assert allowed.astype(int).tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    logits = numpy.log([[0.5, 0.2, 0.3], [0.1, 0.6, 0.3], [0.25, 0.5, 0.25]])
    loss, gradient = cross_entropy(logits, allowed)
    assert loss == pytest.approx(-numpy.log(0.8 * 0.6 * 0.5))
    # p - p * allowed / p(allowed)
    by_hand = [
        [0.5 - 0.5 / 0.8, 0.2, 0.3 - 0.3 / 0.8],
        [0.1, 0.6 - 1, 0.3],
        [0.25 - 0.25 / 0.5, 0.5, 0.25 - 0.25 / 0.5],
    ]
    assert gradient == pytest.approx(numpy.asarray(by_hand))
    # A CRF without transitions is the same.
    crf_loss, [crf_gradient], _ = get_loss([logits], [allowed], numpy.zeros((4, 4)))
    assert crf_loss == pytest.approx(loss)
    assert crf_gradient == pytest.approx(gradient)
    assert cross_entropy(logits, allowed, 0.5)[1] == pytest.approx(gradient / 2)


def test_nothing_is_learned_where_all_is_open():
    logits = numpy.random.default_rng(0).normal(size=(2, 3))
    loss, gradient = cross_entropy(logits, numpy.ones((2, 3), dtype=bool))
    assert loss == 0
    assert not gradient.any()
