"""Model of a token classifier without wordpieces: spaCy's tok2vec and a head."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy
from spacy.tokens import Doc
from thinc.api import Dropout, Linear, Model, chain

from spacy_clinical.architectures.token_classifier import (
    TokenClassifier,
    init_transitions,
    pass_on,
)
from spacy_clinical.pieces.align import Encoded, Pieces
from spacy_clinical.pieces.windows import Window
from spacy_clinical.types import Floats2d

# Longer Docs are predicted in parts of this many tokens, with the same result.
PART_TOKENS = 4096


def build_word_classifier(
    tok2vec: Model[list[Doc], list[Floats2d]],
    dropout: float = 0.1,
    crf: bool = False,
) -> TokenClassifier:
    """Build a small token classifier, which sees the shapes and capitals of words.

    tok2vec: Such as a `spacy.Tok2Vec.v2` with a window encoder.
    dropout: Dropout rate before the head. The rate of the training config overrides it.
    crf: Whether to learn transitions between tags (a conditional random field).
    """
    output: Model[Floats2d, Floats2d] = Linear()
    head = chain(Dropout(dropout), output)
    # Only the loss and the decoder use them; no layer computes with them.
    transitions: Model[Any, Any] = Model("transitions", pass_on, params={"W": None})
    return Model(
        "word_classifier",
        forward,
        init=init,
        layers=[tok2vec, head, *([transitions] if crf else [])],
        refs={
            "encoder": tok2vec,
            "head": head,
            "output_layer": output,
            "transitions": transitions if crf else None,
        },
    )


def init(model: TokenClassifier, X: Any = None, Y: Any = None) -> None:
    """Initialize the layers; nO of the head must be set."""
    encoder, output = model.get_ref("encoder"), model.get_ref("output_layer")
    encoder.initialize()
    output.set_dim("nI", encoder.get_dim("nO"))
    output.initialize()
    init_transitions(model)


def forward(
    model: TokenClassifier, docs: list[Doc], is_train: bool
) -> tuple[list[Encoded], Callable[[Sequence[Floats2d]], list[Doc]]]:
    """Compute the logits (n_tokens, n_labels) of each Doc."""
    if not is_train:
        return [_predict(model, doc) for doc in docs], lambda d_scored: docs
    vectors, backprop_encoder = model.get_ref("encoder")(docs, is_train)
    X = model.ops.xp.concatenate(vectors)
    Y, backprop_head = model.get_ref("head")(X, is_train)
    borders = numpy.cumsum([len(doc) for doc in docs])[:-1]
    logits = numpy.split(model.ops.to_numpy(Y), borders)
    scored = [_attach(doc, rows) for doc, rows in zip(docs, logits, strict=True)]

    def backprop(d_logits: Sequence[Floats2d]) -> list[Doc]:
        dX = backprop_head(model.ops.asarray2f(numpy.concatenate(d_logits)))
        backprop_encoder(model.ops.xp.split(dX, borders))
        return docs

    return scored, backprop


def _predict(model: TokenClassifier, doc: Doc) -> Encoded:
    """Score the tokens of a Doc, part by part if it is long."""
    encoder, head = model.get_ref("encoder"), model.get_ref("head")
    n_labels = model.get_ref("output_layer").get_dim("nO")
    logits = numpy.zeros((len(doc), n_labels), dtype="float32")
    # A window encoder pads Docs by as many rows as a token's vector depends on.
    margin = sum(node.attrs.get("pad", 0) for node in encoder.walk())
    for start, stop, part, offset in _list_parts(doc, margin):
        rows = head.predict(encoder.predict([part])[0])
        kept = rows[offset : offset + stop - start]
        logits[start:stop] = model.ops.to_numpy(kept)
    return _attach(doc, logits)


def _list_parts(doc: Doc, margin: int) -> Iterator[tuple[int, int, Doc, int]]:
    """List parts of a Doc, each with the tokens around it that its scores depend on.

    YIELDS: The part's first token and the token after it, a Doc with more around it, and
        where in that the part starts.
    """
    if len(doc) <= PART_TOKENS:
        if len(doc):
            yield 0, len(doc), doc, 0
        return
    for start in range(0, len(doc), PART_TOKENS):
        stop = min(start + PART_TOKENS, len(doc))
        first = max(0, start - margin)
        yield start, stop, doc[first : stop + margin].as_doc(), start - first


def _attach(doc: Doc, logits: Floats2d) -> Encoded:
    """Say of the rows that each is of one word; white space has none."""
    is_word = numpy.array([not token.is_space for token in doc], dtype=bool)
    n_words = int(is_word.sum())
    stop = numpy.cumsum(is_word, dtype="int64")
    offsets = [(t.idx, t.idx + len(t)) for t in doc if not t.is_space]
    pieces = Pieces(
        ids=numpy.zeros(n_words, dtype="int64"),
        offsets=numpy.array(offsets, dtype="int64").reshape(-1, 2),
        first=stop - is_word,
        stop=stop,
    )
    windows = [Window(0, n_words, 0, n_words)] if n_words else []
    return Encoded(logits, pieces, windows)
