"""Sentences that share words with a question."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy
from spacy.lang.en.stop_words import STOP_WORDS

from spacy_clinical.concepts.abbreviations import load_abbreviations
from spacy_clinical.types import Floats1d

WORD = re.compile(r"[^\W_]+")
# Words are compared without their ending, by their first letters: smoke, smoker, smoking.
ENDING = re.compile(r"(?<=\w{3})(?:ings?|ers?|ed|es|s|e)$")
STEM = 8
# What a word of the heading over a sentence counts, beside one of the sentence itself.
HEADING = 0.5
# SOURCE: Robertson & Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and
# Beyond; the usual values.
K1, B = 1.2, 0.75


def score_sentences(
    question: str, sentences: Sequence[str], headings: Sequence[str] = ()
) -> Floats1d:
    """Score how much sentences share with a question (BM25).

    A word counts more if few of the sentences have it.

    question: The question; its stop words don't count.
    sentences: All sentences of a note.
    headings: What each of them stands under; nothing if they have no headings.
    RETURNS (n_sentences): Scores, 0 for sentences that share no words.
    """
    wanted, short_forms = read_question(question)
    counts = [Counter[str](list_stems(sentence)) for sentence in sentences]
    lengths = numpy.asarray([count.total() for count in counts], dtype="float64")
    for count in counts:
        for short in count.keys() & short_forms.keys():
            count.update(dict.fromkeys(short_forms[short], count[short]))
    over: list[frozenset[str]] = [_list_heading(heading) for heading in headings]
    scores = numpy.zeros(len(sentences))
    norm = K1 * (1 - B + B * lengths / max(1.0, lengths.mean() if len(counts) else 1.0))
    for stem in sorted(wanted):
        tf = numpy.asarray([count[stem] for count in counts], dtype="float64")
        if over:
            tf += HEADING * numpy.asarray([stem in stems for stems in over])
        n = numpy.count_nonzero(tf)
        idf = numpy.log1p((len(counts) - n + 0.5) / (n + 0.5))
        scores += idf * tf * (K1 + 1) / (tf + norm)
    return scores


def read_question(question: str) -> tuple[set[str], dict[str, set[str]]]:
    """Find what a question asks for.

    RETURNS: The stems of its words, in which long forms take the place of short ones; and,
        by their stems, the short forms of what it names, with the stems that they stand
        for.
    """
    wanted = set(list_stems(question))
    short_forms: dict[str, set[str]] = {}
    inventory = load_abbreviations()
    for found in inventory.find_long_forms(question):
        long = set(list_stems(question[found.start : found.end]))
        for row in found.readings:
            for stem in list_stems(row.short):
                short_forms.setdefault(stem, set()).update(long)
    for found in inventory.find_short_forms(question):
        short = question[found.start : found.end]
        rows = [row for row in found.readings if row.is_usual] or found.readings
        if len(rows) == 1 and short != short.lower():
            long = set(list_stems(rows[0].long_forms[0]))
            for stem in list_stems(short):
                short_forms.setdefault(stem, set()).update(long)
            wanted = (wanted - short_forms.keys()) | long
    return wanted, short_forms


def list_stems(text: str) -> list[str]:
    """List the beginnings of the words of a text, without stop words."""
    words = [word for word in WORD.findall(text.casefold()) if len(word) > 1]
    stems = (ENDING.sub("", w) for w in words if w not in _list_stop_words())
    return [stem[:STEM] for stem in stems]


@lru_cache(maxsize=1000)
def _list_heading(heading: str) -> frozenset[str]:
    return frozenset(list_stems(heading.replace("_", " ")))


@cache
def _list_stop_words() -> frozenset[str]:
    """List the words that say nothing of what is asked."""
    return frozenset({*STOP_WORDS, "patient", "pt"})
