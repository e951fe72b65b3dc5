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
from spacy_clinical.questions.retrieval import SentenceIndex
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
    reader = model.get_ref("reader") if model.has_ref("reader") else None
    read: dict[int, _Sentences] = {}
    scored = []
    for text in texts:
        # Texts of one note, each with a question, share their tokens.
        key = id(text.tokens)
        if key not in read:
            read[key] = _read_sentences(text, reader)
        sentences = read[key]
        question = "" if text.other is None else text.other.text
        scores = sentences.index.score(question)
        if sentences.vectors is not None and text.other is not None:
            cosines = numpy.zeros(len(scores))
            _compare(sentences.vectors, reader, question, cosines)
            scores = scores + model.attrs["weight"] * cosines
        scores = numpy.where(sentences.is_answer, scores, 0.0)
        places = sentences.first, sentences.stop
        scored.append(SentenceScores(scores, *places, sentences.pieces, text))
    return scored, lambda d_scored: texts


@dataclass(frozen=True)
class _Sentences:
    """The sentences of a note, for all questions to it.

    first, stop (n_sentences): Their tokens in the text, half open, behind titles.
    is_answer (n_sentences): Whether they may be answers.
    index: Their words.
    vectors: Vectors of windows, and the sentence that each is of; None without an encoder.
    pieces: The text's tokens, which stand for pieces.
    """

    first: Ints1d
    stop: Ints1d
    is_answer: Bools1d
    index: SentenceIndex
    vectors: tuple[Floats2d, Ints1d] | None
    pieces: Pieces


def _read_sentences(text: Text, reader: Model[Any, Any] | None) -> _Sentences:
    """Find the sentences of a text, and what they are compared by."""
    starts, stop, spans = _find_sentences(text)
    headings, first = _read_titles(text, starts)
    # Without the titles that they begin with, which count as headings.
    sentences = [
        text.text[text.tokens[i, 0] : end] if i < j else ""
        for i, j, (_, end) in zip(first.tolist(), stop.tolist(), spans, strict=True)
    ]
    # A title alone is no answer, and neither is a line that only names what follows:
    # "Medications:".
    are_labels = numpy.asarray(
        [s.rstrip().endswith(":") for s in sentences], dtype=bool
    )
    everything = numpy.arange(len(text.tokens))
    return _Sentences(
        first,
        stop,
        (first < stop) & ~are_labels,
        SentenceIndex(sentences, headings),
        None if reader is None or not spans else _read_vectors(text, spans, reader),
        Pieces(text.token_ids, text.tokens, everything, everything + 1),
    )


def _find_sentences(text: Text) -> tuple[Ints1d, Ints1d, list[tuple[int, int]]]:
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


def _read_titles(text: Text, first: Ints1d) -> tuple[dict[str, list[int]], Ints1d]:
    """Find the headings of sentences, and where they start behind them.

    first (n_sentences): Their first tokens in the text.
    RETURNS: Titles and categories of sections, with the numbers of the sentences under
        them; and for each sentence its first token behind the titles that it begins with.
    """
    doc = text.doc
    if doc is None or not len(first):
        return {}, first
    headings: dict[str, list[int]] = {}
    lengths = numpy.zeros(len(doc), dtype="int64")
    places = text.token_ids[first]
    for key in (SECTIONS_KEY, SUBSECTIONS_KEY):
        for span in list_spans(doc, key):
            title, body = span._.section_title, span._.section_body
            names = {span.label_}
            if title is not None:
                names.add(title.text)
                end = body.start if len(body) else span.end
                lengths[title.start] = end - title.start
            inside = range(*numpy.searchsorted(places, [span.start, span.end]).tolist())
            for name in names:
                headings.setdefault(name, []).extend(inside)
    return headings, first + lengths[places]


def _read_vectors(
    text: Text, spans: Sequence[tuple[int, int]], reader: Model[Any, Any]
) -> tuple[Floats2d, Ints1d]:
    """Compute the vectors of sentences. A long one has several windows."""
    starts = [start for start, _ in spans]
    whole = replace(text, other=None, unit="sentence", sentences=starts, sections=[])
    [read] = reader.predict([whole])
    offsets = [int(read.offsets[w.keep_start, 0]) for w in read.windows]
    numbers = numpy.searchsorted(starts, offsets, side="right") - 1
    return read.X, numpy.maximum(numbers, 0)


def _compare(
    vectors: tuple[Floats2d, Ints1d], reader: Any, question: str, cosines: Floats1d
) -> None:
    """Compute the cosines of a question with sentences, each with its most similar
    window.

    cosines (n_sentences): To fill in; those below 0 stay 0.
    """
    X, numbers = vectors
    [asked] = reader.predict([Text(question)])
    if len(asked.X):
        numpy.maximum.at(cosines, numbers, X @ asked.X[0])
