"""The scores of benchmarks/entity_overlap.py, and the typed lines."""

import sys
from pathlib import Path

import pytest
from spacy.tokens import Doc

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import entity_overlap  # noqa: E402


class Pipeline:
    """Finds what it is told, in the order of the texts."""

    def __init__(self, nlp, found):
        self.nlp, self.found = nlp, found

    def pipe(self, texts):
        for text, places in zip(texts, self.found, strict=True):
            doc: Doc = self.nlp.make_doc(text)
            doc.ents = [doc.char_span(*place) for place in places]
            yield doc


@pytest.mark.parametrize("part", ["dev", "test"])
def test_typed_lines_can_be_read(part):
    texts = entity_overlap.read_lines(entity_overlap.LINES / f"typed_lines_{part}.txt")
    places = [place for text in texts for place in text.places]
    assert len(texts) >= 80
    assert len(places) > 400
    for text in texts:
        assert not set("[]|") & set(text.text)
        ends = [0, *(place.end for place in text.places)]
        assert all(p.start >= e for p, e in zip(text.places, ends, strict=False))
        assert all(text.text[p.start : p.end].strip() for p in text.places)


def test_scores_by_hand(nlp):
    text = entity_overlap._read_marks("Has [chest pain|S] and [gout|D] now.")
    assert text.text == "Has chest pain and gout now."
    found = [[(4, 9, "S"), (19, 23, "S")]]
    scores = entity_overlap.score_lines(Pipeline(nlp, found), "x", [text])
    assert scores["x, exact"] == {"gold": 2, "p": 0.0, "r": 0.0, "f": 0.0}
    assert scores["x, overlap"] == {"gold": 2, "p": 0.5, "r": 0.5, "f": 0.5}
    kinds = {"a": entity_overlap.Kind(["S", "D"], ["S"], ["S"])}
    scores = entity_overlap.score_overlaps(Pipeline(nlp, found), "x", [text], kinds)
    assert scores["x, a"] == {"gold": 2, "p": 1.0, "r": 1.0, "f": 1.0}
    kinds = {"a": entity_overlap.Kind(["D"], ["D"])}
    scores = entity_overlap.score_overlaps(Pipeline(nlp, found), "x", [text], kinds)
    assert scores["x, a"] == {"gold": 1, "p": None, "r": 0.0, "f": None}
