"""Initial weights of a head from the titles of its labels."""

from collections.abc import Sequence
from typing import Any

import numpy
from spacy.language import Language
from thinc.api import Model

from spacy_clinical.pieces.text import read_note
from spacy_clinical.types import Floats2d

# Logit of a text that equals a title, and the bias to subtract from all logits.
TITLE_SCALE = 10.0
TITLE_BIAS = 7.0


def read_titles(
    model: Model[Any, Any], nlp: Language, titles: Sequence[Sequence[str]]
) -> Floats2d:
    """Make weights that give high logits to texts similar to a label's titles.

    model: A `spacy-clinical.DocumentClassifier.v1` over a checkpoint.
    nlp: Pipeline that tokenizes the titles.
    titles: Titles of each label. Empty ones are skipped.
    RETURNS (n_labels, width): The scaled mean of each label's title vectors.
    """
    docs = [nlp.make_doc(title) for of_label in titles for title in of_label if title]
    texts = [read_note(doc, unit="first") for doc in docs]
    X = numpy.concatenate([read.X for read in model.get_ref("reader").predict(texts)])
    length = float(numpy.linalg.norm(X, axis=1).mean())
    W = numpy.zeros((len(titles), X.shape[1]), dtype="float32")
    start = 0
    for i, of_label in enumerate(titles):
        n = sum(map(bool, of_label))
        if n:
            W[i] = X[start : start + n].mean(axis=0)
            W[i] *= TITLE_SCALE / length / numpy.linalg.norm(W[i])
        start += n
    return W
