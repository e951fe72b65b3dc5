"""The model of a document categorizer: windows of a note, and a head over each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Dropout, Model, chain

from spacy_clinical.architectures.document_layers import (
    Question,
    build_hidden,
    build_label_scores,
    find_input_gradient,
)
from spacy_clinical.architectures.encoder import get_shim
from spacy_clinical.architectures.parity import settle_precision
from spacy_clinical.architectures.window_reader import (
    ReadText,
    Summary,
    WindowReader,
    backprop_summary,
    choose_text,
    forward_reader,
    has_checkpoint,
    init_reader,
    plan_texts,
    summarize,
)
from spacy_clinical.encoders.attribution import attribute
from spacy_clinical.heads.documents import sigmoid
from spacy_clinical.types import Floats2d

# Largest difference of a score in bfloat16 from that in float32.
MAX_DIFFERENCE = 0.01


@dataclass(frozen=True)
class WindowScores:
    """What a model says of a note.

    logits (n_windows, n_labels): Unnormalized.
    spans: Where in the note each window is: characters, half open; several where it
        joins several sections.
    n_pieces, n_seen: Wordpieces (or tokens, of a listener) of what was chosen of the
        note, and how many of them were read.
    """

    logits: Floats2d
    spans: list[list[tuple[int, int]]]
    n_pieces: int
    n_seen: int


# Start and end of a wordpiece in the note (characters), and its share of the logit.
Share: TypeAlias = tuple[int, int, float]
DocumentClassifier: TypeAlias = Model[list[Doc], list[WindowScores]]


def build_document_classifier(
    encoder: Model[list[Doc], Any],
    summary: Summary = "first",
    dropout: float = 0.1,
    size: int = 256,
) -> DocumentClassifier:
    """Build a classifier that scores labels in each window of a note.

    encoder: A `spacy-clinical.HFEncoder.v1`, or any layer that makes a row for each
        token, such as a listener or `spacy.Tok2Vec.v2`.
    summary: What stands for a window: its "first" row, as published heads expect, the
        "mean" of all, or that mean at length 1 ("unit_mean"), as
        sentence-transformers' vectors are.
    dropout: Rate before the head; training's own rate takes its place.
    size (tokens): Length of a window where the encoder makes rows for tokens.
    """
    reader: WindowReader = Model(
        "window_reader",
        forward_reader,
        init=init_reader,
        layers=[encoder],
        # The component says what of a note to read, and how to cut it.
        attrs={
            "summary": summary,
            "size": size,
            "sections": "all",
            "exclude_sections": [],
            "unit": "window",
        },
    )
    hidden, output = build_hidden(), build_label_scores()
    head: Model[Any, Any] = chain(Dropout(dropout), hidden, output)
    explainer: Model[Question, list[Share]] = Model(
        "explainer", forward_explainer, layers=[reader, hidden, output]
    )
    return Model(
        "document_classifier",
        forward,
        init=init,
        layers=[reader, head, explainer],
        refs={
            "encoder": encoder,
            "reader": reader,
            "head": head,
            "hidden": hidden,
            "output": output,
            "explainer": explainer,
        },
        attrs={"has_checkpoint": has_checkpoint(encoder)},
    )


def init(model: DocumentClassifier, X: Any = None, Y: Any = None) -> None:
    """Read the checkpoint, or let the layer over tokens find out its width."""
    model.get_ref("reader").initialize(X=X)


def forward(
    model: DocumentClassifier, docs: list[Doc], is_train: bool
) -> tuple[list[WindowScores], Callable[[Sequence[Floats2d]], list[Doc]]]:
    """Score the labels in each window of each Doc."""
    if not is_train and model.attrs["has_checkpoint"]:
        settle_precision(
            get_shim(model.get_ref("encoder")).runtime,
            lambda doc: sigmoid(_score(model, [doc], is_train=False)[0][0].logits),
            agree=are_close,
        )
    return _score(model, docs, is_train=is_train)


def are_close(expected: Floats2d, found: Floats2d) -> bool:
    """Whether scores are the same but for a hundredth."""
    return bool(numpy.abs(expected - found).max() <= MAX_DIFFERENCE)


def _score(
    model: DocumentClassifier, docs: list[Doc], *, is_train: bool
) -> tuple[list[WindowScores], Callable[[Sequence[Floats2d]], list[Doc]]]:
    read, backprop_reader = model.get_ref("reader")(docs, is_train)
    borders = numpy.cumsum([len(text.X) for text in read])[:-1]
    X = model.ops.asarray2f(numpy.concatenate([text.X for text in read]))
    Y, backprop_head = model.get_ref("head")(X, is_train)
    logits = numpy.split(model.ops.to_numpy(Y), borders)
    scores = [_locate(*pair) for pair in zip(logits, read, strict=True)]

    def backprop(d_logits: Sequence[Floats2d]) -> list[Doc]:
        dY = model.ops.asarray2f(numpy.concatenate(d_logits))
        dX = model.ops.to_numpy(backprop_head(dY))
        backprop_reader(numpy.split(dX, borders))
        return docs

    return scores, backprop


def _locate(logits: Floats2d, read: ReadText) -> WindowScores:
    seen = {i for window in read.windows for i in range(window.start, window.stop)}
    spans = [read.find_sources(i) for i in range(len(read.windows))]
    return WindowScores(logits, spans, len(read.offsets), len(seen))


def forward_explainer(
    model: Model[Question, list[Share]], question: Question, is_train: bool
) -> tuple[list[Share], Callable[[Any], Any]]:
    """Answer a question about a checkpoint's scores.

    What goes to special tokens and to words that are not in the note is left out.
    """
    reader, hidden, output = model.layers
    shim = get_shim(reader.layers[0])
    note = choose_text(reader, question.doc)
    plan = plan_texts(shim, [note], reader.attrs["unit"])
    summary: Summary = reader.attrs["summary"]

    def backprop_score(rows: Floats2d) -> Floats2d:
        x = summarize(rows, summary)
        d_x = find_input_gradient(hidden, output, x, question.column)
        return backprop_summary(d_x, rows, summary)

    shares = []
    for i in question.windows:
        [framed], n_before = shim.frame([plan.inputs[i]])
        found = attribute(shim.runtime, framed, backprop_score, steps=question.steps)
        start, stop, _, _ = plan.windows[0][i]
        for piece, share in zip(range(start, stop), found[n_before:], strict=False):
            for place in note.find_sources(*plan.offsets[0][piece].tolist()):
                shares.append((*place, float(share)))
    return shares, lambda d_shares: question
