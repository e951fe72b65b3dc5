"""Rank the concepts of a vocabulary that have names like others."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from spacy_clinical.concepts.gram_search import GramIndex
from spacy_clinical.concepts.spelling import Spelling
from spacy_clinical.concepts.vocabulary import Vocabulary

EXACT, NORMALIZED, NGRAMS = "exact", "normalized", "ngrams"


class Ranked(NamedTuple):
    """A concept that a name may mean.

    concept: Its number.
    score (0 to 1): How well its name fits.
    how: What found it.
    """

    concept: int
    score: float
    how: str


class Ranker:
    """Ranks the concepts of a vocabulary.

    index: Of its names.
    """

    def __init__(self, vocabulary: Vocabulary, index: GramIndex) -> None:
        self.vocabulary = vocabulary
        self._index = index
        self._concepts = vocabulary.names().concepts
        self._types = {name: i for i, name in enumerate(vocabulary.type_names)}

    def find_types(self, names: Sequence[str]) -> frozenset[int]:
        """Find the numbers of semantic types.

        names: Those that the vocabulary doesn't have are passed over.
        RETURNS: Their numbers; none if all types are wanted.
        """
        return frozenset(self._types[name] for name in names if name in self._types)

    def rank(
        self,
        names: Sequence[str],
        spellings: Sequence[Spelling],
        types: Sequence[frozenset[int]],
        *,
        n_keys: int,
    ) -> list[list[Ranked]]:
        """Rank the concepts that names may mean.

        spellings: Of the names.
        types: For each name, the types that its concept may have; none for all.
        n_keys: Number of names to compare each with.
        RETURNS: For each name, the best first.
        """
        alike = self._index.search(spellings, n_keys=n_keys)
        ends = np.searchsorted(alike.owners, np.arange(len(names) + 1))
        ranked = []
        for i, name in enumerate(names):
            ones: dict[int, Ranked] = {}
            found = self.vocabulary.find(name)
            for how, score, numbers in (
                (EXACT, 1.0, found.exact),
                (NORMALIZED, 0.99, found.normalized),
                (NORMALIZED, 0.97, found.loose),
            ):
                for number in numbers:
                    if self._fits(number, types[i]):
                        ones.setdefault(number, Ranked(number, score, how))
            first, end = ends[i], ends[i + 1]
            scores = alike.features[first:end, 0]
            for place in np.argsort(-scores, kind="stable").tolist():
                score = float(scores[place]) * 0.95
                for named in self._index.list_names(int(alike.keys[first + place])):
                    number = int(self._concepts[named])
                    if number not in ones and self._fits(number, types[i]):
                        ones[number] = Ranked(number, score, NGRAMS)
            ranked.append(list(ones.values()))
        return ranked

    def _fits(self, concept: int, types: frozenset[int]) -> bool:
        if not types:
            return True
        own = self.vocabulary.types(concept).tolist()
        return not own or not types.isdisjoint(own)
