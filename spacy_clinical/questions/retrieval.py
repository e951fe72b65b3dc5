"""Sentences that share words with a question."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy
from spacy.lang.en.stop_words import STOP_WORDS

from spacy_clinical.types import Floats1d

WORD = re.compile(r"[^\W_]+")
# Words are compared without their ending, by their first letters: smoke, smoker, smoking.
ENDING = re.compile(r"(?<=\w{3})(?:ings?|ers?|ed|es|s|e)$")
STEM = 6
# SOURCE: Robertson & Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and
# Beyond; the usual values.
K1, B = 1.2, 0.75


def score_sentences(question: str, sentences: Sequence[str]) -> Floats1d:
    """Score how much sentences share with a question (BM25).

    A word counts more if few of the sentences have it.

    question: The question; its stop words don't count.
    sentences: All sentences of a note.
    RETURNS (n_sentences): Scores, 0 for sentences that share no words.
    """
    wanted = set(list_stems(question))
    counts = [Counter(list_stems(sentence)) for sentence in sentences]
    lengths = numpy.asarray([count.total() for count in counts], dtype="float64")
    scores = numpy.zeros(len(sentences))
    norm = K1 * (1 - B + B * lengths / max(1.0, lengths.mean() if len(counts) else 1.0))
    for stem in sorted(wanted):
        tf = numpy.asarray([count[stem] for count in counts], dtype="float64")
        n = numpy.count_nonzero(tf)
        idf = numpy.log1p((len(counts) - n + 0.5) / (n + 0.5))
        scores += idf * tf * (K1 + 1) / (tf + norm)
    return scores


def list_stems(text: str) -> list[str]:
    """List the beginnings of the words of a text, without stop words."""
    words = [word for word in WORD.findall(text.casefold()) if len(word) > 1]
    stems = (ENDING.sub("", w) for w in words if w not in _list_stop_words())
    return [stem[:STEM] for stem in stems]


@cache
def _list_stop_words() -> frozenset[str]:
    """List the words that say nothing of what is asked."""
    return frozenset({*STOP_WORDS, "patient", "pt"})
