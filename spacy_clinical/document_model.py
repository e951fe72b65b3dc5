"""The model of a document categorizer: windows of a note, and a head over each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Dropout, Model, chain

from spacy_clinical.document_layers import (
    Question,
    build_hidden,
    build_label_scores,
    find_input_gradient,
)
from spacy_clinical.encoders.attribution import attribute
from spacy_clinical.encoders.encode import get_shim
from spacy_clinical.encoders.parity import settle_precision
from spacy_clinical.encoders.read import (
    ReadText,
    Summary,
    backprop_summary,
    begin_update,
    cut_text,
    plan_texts,
    read_texts,
    summarize,
)
from spacy_clinical.heads.documents import sigmoid
from spacy_clinical.note_text import NoteText, read_note
from spacy_clinical.types import Floats2d, Ints1d, Ints2d

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
WindowReader: TypeAlias = Model[list[Doc], list[ReadText]]
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


def has_checkpoint(encoder: Model[Any, Any]) -> bool:
    """Whether an encoder is a checkpoint, not a layer over tokens."""
    return encoder.name == "hf_encoder"


def init(model: DocumentClassifier, X: Any = None, Y: Any = None) -> None:
    """Read the checkpoint, or let the layer over tokens find out its width."""
    model.get_ref("reader").initialize(X=X)


def init_reader(model: WindowReader, X: Any = None, Y: Any = None) -> None:
    """Initialize the encoder."""
    [encoder] = model.layers
    if has_checkpoint(encoder):
        encoder.initialize()
    else:
        encoder.initialize(X=X)


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


def choose_text(model: WindowReader, doc: Doc) -> NoteText:
    """What the model reads of a Doc."""
    attrs = model.attrs
    return read_note(doc, attrs["sections"], exclude=attrs["exclude_sections"])


def forward_reader(
    model: WindowReader, docs: list[Doc], is_train: bool
) -> tuple[list[ReadText], Callable[[Sequence[Floats2d]], Any]]:
    """Represent each window of what is read of each Doc by a vector."""
    attrs, [encoder] = model.attrs, model.layers
    notes = [choose_text(model, doc) for doc in docs]
    if not has_checkpoint(encoder):
        return _read_tokens(model, docs, notes, is_train)
    choices = {"unit": attrs["unit"], "summary": attrs["summary"]}
    if is_train:
        return begin_update(encoder, notes, **choices)
    return read_texts(encoder, notes, **choices), lambda d_read: docs


def _read_tokens(
    model: WindowReader, docs: list[Doc], notes: Sequence[NoteText], is_train: bool
) -> tuple[list[ReadText], Callable[[Sequence[Floats2d]], Any]]:
    """Make windows of the rows of tokens."""
    attrs, [encoder] = model.attrs, model.layers
    rows, backprop_rows = encoder(docs, is_train)
    read, members = [], []
    for doc, note, of_doc in zip(docs, notes, rows, strict=True):
        X = model.ops.to_numpy(of_doc)
        offsets, tokens = _find_tokens(doc, note)
        size = attrs["size"]
        windows = cut_text(
            note, offsets, unit=attrs["unit"], size=size, stride=size - size // 8
        )
        inside = [tokens[window.start : window.stop] for window in windows]
        vectors = [summarize(X[of_window], attrs["summary"]) for of_window in inside]
        stacked = numpy.asarray(vectors, dtype="float32").reshape(-1, X.shape[1])
        read.append(ReadText(stacked, windows, offsets, note))
        members.append(inside)

    def backprop(d_vectors: Sequence[Floats2d]) -> Any:
        gradients = []
        for of_doc, windows, given in zip(rows, members, d_vectors, strict=True):
            X = model.ops.to_numpy(of_doc)
            d_rows = numpy.zeros(X.shape, dtype="float32")
            for of_window, d_vector in zip(windows, given, strict=True):
                d_rows[of_window] += backprop_summary(
                    d_vector, X[of_window], attrs["summary"]
                )
            gradients.append(model.ops.asarray2f(d_rows))
        return backprop_rows(gradients)

    return read, backprop


def _find_tokens(doc: Doc, note: NoteText) -> tuple[Ints2d, Ints1d]:
    """The tokens of a Doc that a text quotes: where they are in the text, and which."""
    starts = {token.idx: token.i for token in doc if not token.is_space}
    offsets, tokens = [], []
    for place in note.tokens:
        for source, _ in note.find_sources(place, place + 1):
            if source in starts:
                token = starts[source]
                offsets.append((place, place + len(doc[token])))
                tokens.append(token)
    return (
        numpy.asarray(offsets, dtype="int64").reshape(-1, 2),
        numpy.asarray(tokens, dtype="int64"),
    )


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
