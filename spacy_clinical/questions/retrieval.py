"""Sentences that share words with a question."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

import numpy
from spacy.lang.en.stop_words import STOP_WORDS

from spacy_clinical.concepts.abbreviations import load_abbreviations
from spacy_clinical.types import Floats1d

WORD = re.compile(r"[^\W_]+")
# Words are compared without their ending, by their first letters: smoke, smoker, smoking.
ENDING = re.compile(r"(?<=\w{3})(?:ings?|ers?|ed|es|s|e)$")
STEM = 8
# What a word of the heading over a sentence counts, beside one of the sentence itself, if
# the question has half of the heading's words at least.
HEADING = 0.5
EMPTY: Mapping[str, Sequence[int]] = MappingProxyType({})
# SOURCE: Robertson & Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and
# Beyond; the usual values.
K1, B = 1.2, 0.75


class SentenceIndex:
    """The words of a note's sentences, to score them for any number of questions."""

    def __init__(
        self, sentences: Sequence[str], headings: Mapping[str, Sequence[int]] = EMPTY
    ) -> None:
        """Set up the index.

        sentences: All sentences of a note.
        headings: Numbers of the sentences that stand under each.
        """
        self.counts: dict[str, list[tuple[int, int]]] = {}
        self.headings = [
            (set(list_stems(heading.replace("_", " "))), [*places])
            for heading, places in headings.items()
        ]
        lengths = numpy.zeros(len(sentences))
        for i, sentence in enumerate(sentences):
            count = Counter(list_stems(sentence))
            lengths[i] = count.total()
            for stem, n in count.items():
                self.counts.setdefault(stem, []).append((i, n))
        mean = lengths.mean() if len(lengths) else 0.0
        self.norm = K1 * (1 - B + B * lengths / max(1.0, mean))

    def score(self, question: str) -> Floats1d:
        """Score how much the sentences share with a question (BM25).

        A word counts more if few of the sentences have it.

        question: The question; its stop words don't count.
        RETURNS (n_sentences): Scores, 0 for sentences that share no words.
        """
        wanted, short_forms = read_question(question)
        n_sentences = len(self.norm)
        # Blood loss is no blood pressure.
        over = [
            (stems, places)
            for stems, places in self.headings
            if 2 * len(stems & wanted) >= len(stems)
        ]
        scores = numpy.zeros(n_sentences)
        for stem in sorted(wanted):
            tf = numpy.zeros(n_sentences)
            same = [short for short, long in short_forms.items() if stem in long]
            for word in {stem, *same}:
                for i, count in self.counts.get(word, ()):
                    tf[i] += count
            is_under = numpy.zeros(n_sentences, dtype=bool)
            for stems, places in over:
                if stem in stems:
                    is_under[places] = True
            tf += HEADING * is_under
            n = numpy.count_nonzero(tf)
            idf = numpy.log1p((n_sentences - n + 0.5) / (n + 0.5))
            scores += idf * tf * (K1 + 1) / (tf + self.norm)
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
    return [stem[:STEM] if stem.isalpha() else stem for stem in stems]


@cache
def _list_stop_words() -> frozenset[str]:
    """List the words that say nothing of what is asked."""
    return frozenset({*STOP_WORDS, "patient", "pt"})
