"""Model that answers questions with the sentences of a note, without training."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy
from thinc.api import Model

from spacy_clinical.architectures.window_reader import build_window_reader
from spacy_clinical.extensions.attributes import SECTIONS_KEY, SUBSECTIONS_KEY
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.pieces.align import Pieces
from spacy_clinical.pieces.text import Text
from spacy_clinical.questions.retrieval import score_sentences
from spacy_clinical.questions.spans import Spans
from spacy_clinical.types import Bools1d, Floats1d, Floats2d, Ints1d

LINE_START = re.compile(r"(?<=\n)(?=\S)")


@dataclass(frozen=True)
class SentenceScores:
    """The sentences of a text, and what they score for its question.

    logits (n_sentences): Scores; 0 for a sentence that has nothing of the question.
    first, stop (n_sentences): Their tokens in the text, half open.
    pieces: The text's tokens, which stand for pieces.
    text: The text, with its question.
    """

    logits: Floats1d
    first: Ints1d
    stop: Ints1d
    pieces: Pieces
    text: Text

    @property
    def n_pieces(self) -> int:
        """Number of tokens of the text."""
        return len(self.pieces)

    @property
    def n_seen(self) -> int:
        """Number of tokens that were read: all."""
        return len(self.pieces)

    def find_spans(self, max_length: int) -> Spans:
        """List the sentences that score, whatever their length."""
        order = numpy.argsort(-self.logits, kind="stable")
        order = order[self.logits[order] > 0]
        if not len(order):
            return Spans()
        return Spans(
            self.first[order],
            self.stop[order] - 1,
            self.logits[order],
            # Sentences that share nothing take their part of the probability.
            float(numpy.logaddexp.reduce(self.logits)),
        )


SentenceRetrieval: TypeAlias = Model[list[Text], list[SentenceScores]]


def build_sentence_retrieval(
    encoder: Model[Any, Any] | None = None, weight: float = 10.0
) -> SentenceRetrieval:
    """Build a model that looks for sentences with the words of a question (BM25). It can't
    be trained.

    encoder: A `spacy-clinical.HFEncoder.v1` whose vectors of question and sentence are
        compared, too. None for words alone.
    weight: Factor on the cosine of their vectors.
    """
    reader = None
    if encoder is not None:
        reader = build_window_reader(encoder, summary="unit_mean", size=256)
    return Model(
        "sentence_retrieval",
        forward,
        init=init,
        layers=[] if reader is None else [reader],
        refs={"reader": reader},
        attrs={"weight": weight, "has_checkpoint": encoder is not None},
    )


def init(model: SentenceRetrieval, X: Any = None, Y: Any = None) -> None:
    """Load the checkpoint of the encoder, if there is one."""
    if model.has_ref("reader"):
        model.get_ref("reader").initialize()


def forward(
    model: SentenceRetrieval, texts: list[Text], is_train: bool
) -> tuple[list[SentenceScores], Callable[[Any], list[Text]]]:
    """Score the sentences of each text for its question."""
    cosines: Sequence[Floats1d] = [numpy.zeros(0)] * len(texts)
    cut = [_find_sentences(text) for text in texts]
    if model.has_ref("reader"):
        cosines = _compare(model, texts, cut)
    scored = []
    for text, places, similar in zip(texts, cut, cosines, strict=True):
        first, stop, spans = places
        sentences = [text.text[start:end] for start, end in spans]
        question = "" if text.other is None else text.other.text
        headings = _list_headings(text, first)
        scores = score_sentences(question, sentences, headings)
        first = _skip_titles(text, first)
        # A title alone is no answer.
        is_answer = (first < stop) & ~_are_labels(sentences)
        scores = numpy.where(is_answer, scores, 0.0)
        if len(similar):
            similar = numpy.where(is_answer, numpy.maximum(similar, 0), 0.0)
            scores = scores + model.attrs["weight"] * similar
        everything = numpy.arange(len(text.tokens))
        pieces = Pieces(text.token_ids, text.tokens, everything, everything + 1)
        scored.append(SentenceScores(scores, first, stop, pieces, text))
    return scored, lambda d_scored: texts


Cut: TypeAlias = tuple[Ints1d, Ints1d, list[tuple[int, int]]]


def _find_sentences(text: Text) -> Cut:
    """Find the first and last tokens of sentences, and their places (characters).

    Without sentences, lines are taken for them.
    """
    n_tokens = len(text.tokens)
    starts = text.sentences or [m.start() for m in LINE_START.finditer(text.text)]
    first = numpy.searchsorted(text.tokens[:, 0], sorted({0, *starts, *text.sections}))
    first = numpy.unique(first[first < n_tokens])
    stop = numpy.append(first[1:], n_tokens) if len(first) else first
    spans = [
        (int(text.tokens[i, 0]), int(text.tokens[j - 1, 1]))
        for i, j in zip(first.tolist(), stop.tolist(), strict=True)
    ]
    return first, stop, spans


def _are_labels(sentences: Sequence[str]) -> Bools1d:
    """Say which sentences only name what follows: "Medications:"."""
    return numpy.asarray([s.rstrip().endswith(":") for s in sentences], dtype=bool)


def _list_headings(text: Text, first: Ints1d) -> list[str]:
    """List the titles and categories of the sections that each sentence is in.

    first (n_sentences): Their first tokens in the text.
    """
    doc = text.doc
    if doc is None or not len(first):
        return []
    headings = [""] * len(first)
    places = text.token_ids[first]
    for key in (SECTIONS_KEY, SUBSECTIONS_KEY):
        for span in list_spans(doc, key):
            title = span._.section_title
            words = f" {span.label_} {title.text if title is not None else ''}"
            start, end = numpy.searchsorted(places, [span.start, span.end])
            for i in range(start, end):
                headings[i] += words
    return headings


def _skip_titles(text: Text, first: Ints1d) -> Ints1d:
    """Move the starts of sentences behind the titles that they begin with.

    first (n_sentences): Their first tokens in the text.
    """
    doc = text.doc
    if doc is None or not len(first):
        return first
    lengths = numpy.zeros(len(doc), dtype="int64")
    for key in (SECTIONS_KEY, SUBSECTIONS_KEY):
        for span in list_spans(doc, key):
            title, body = span._.section_title, span._.section_body
            if title is not None:
                end = body.start if len(body) else span.end
                lengths[title.start] = end - title.start
    return first + lengths[text.token_ids[first]]


def _compare(
    model: SentenceRetrieval, texts: Sequence[Text], cut: Sequence[Cut]
) -> list[Floats1d]:
    """Compute the cosines of each question with the sentences of its text."""
    reader = model.get_ref("reader")
    cosines = []
    for text, (_, _, spans) in zip(texts, cut, strict=True):
        if text.other is None or not spans:
            cosines.append(numpy.zeros(0))
            continue
        starts = [start for start, _ in spans]
        whole = replace(
            text, other=None, unit="sentence", sentences=starts, sections=[]
        )
        read = reader.predict([whole, Text(text.other.text)])
        sentences, question = read
        of_question: Floats2d = question.X
        if not len(of_question):
            cosines.append(numpy.zeros(0))
            continue
        # A sentence of several windows counts with the most similar one.
        best = numpy.zeros(len(spans))
        similar = sentences.X @ of_question[0]
        for window, value in zip(sentences.windows, similar.tolist(), strict=True):
            at = int(sentences.offsets[window.keep_start, 0])
            i = int(numpy.searchsorted(starts, at, side="right")) - 1
            best[max(i, 0)] = max(best[max(i, 0)], value)
        cosines.append(best)
    return cosines
