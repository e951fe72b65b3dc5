"""Find the concepts of a vocabulary that a name may mean, and describe how they fit."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from spacy_clinical.concepts.gram_search import Alike, GramIndex
from spacy_clinical.concepts.normalize import normalize_name
from spacy_clinical.concepts.spelling import Spelling
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.types import Floats1d

# Keys of a name whose concepts are looked at, and concepts of a key.
_N_KEYS = 10
_N_NAMES = 20
# How a name fits a concept; `gram_search.FEATURES` come after these.
TIERS = ("exact", "normalized", "loose", "own_name", "same_words")


class Found(NamedTuple):
    """A concept that a name may mean.

    concept: Its number.
    fit: How it fits: `TIERS`, and then the features of the most similar name.
    """

    concept: int
    fit: Floats1d


class Ranker:
    """Finds the concepts of a vocabulary that names may mean.

    index: Of its names.
    """

    def __init__(self, vocabulary: Vocabulary, index: GramIndex) -> None:
        self.vocabulary = vocabulary
        self._index = index
        self._texts, self._concepts = vocabulary.names()
        self._types = {name: i for i, name in enumerate(vocabulary.type_names)}

    def find_types(self, names: Sequence[str]) -> frozenset[int]:
        """Find the numbers of semantic types.

        names: Those that the vocabulary doesn't have are passed over.
        RETURNS: Their numbers; none if all types are wanted.
        """
        return frozenset(self._types[name] for name in names if name in self._types)

    def find(
        self,
        names: Sequence[str],
        spellings: Sequence[Spelling],
        types: Sequence[frozenset[int]],
        *,
        n_keys: int,
    ) -> list[list[Found]]:
        """Find the concepts that names may mean.

        spellings: Of the names.
        types: For each name, the types that its concept may have; none for all.
        n_keys: Number of names to compare each with.
        RETURNS: For each name, in no order.
        """
        alike = self._index.search(spellings, n_keys=n_keys)
        ends = np.searchsorted(alike.owners, np.arange(len(names) + 1))
        return [
            self._find_one(name, alike, int(ends[i]), int(ends[i + 1]), types[i])
            for i, name in enumerate(names)
        ]

    def _find_one(
        self, name: str, alike: Alike, first: int, end: int, types: frozenset[int]
    ) -> list[Found]:
        fits: dict[int, Floats1d] = {}
        n_tiers = len(TIERS)
        words = frozenset(normalize_name(name).split())
        cosines = alike.features[first:end, 0]
        for place in np.argsort(-cosines, kind="stable")[:_N_KEYS].tolist():
            features = alike.features[first + place]
            for named in self._index.list_names(int(alike.keys[first + place]))[
                :_N_NAMES
            ].tolist():
                number = int(self._concepts[named])
                is_own = named == 0 or self._concepts[named - 1] != number
                fit = fits.get(number)
                if fit is None:
                    if not self._has_type(number, types):
                        continue
                    fit = np.zeros(n_tiers + len(features), dtype=np.float32)
                    fit[n_tiers:] = features
                    fits[number] = fit
                    fit[3] = is_own
                    fit[4] = _compare_words(words, self._texts[named])
                elif is_own and fit[n_tiers] == features[0]:
                    fit[3] = 1.0
        found = self.vocabulary.find(name)
        for tier, numbers in enumerate(found):
            for number in numbers:
                fit = fits.get(number)
                if fit is None:
                    if not self._has_type(number, types):
                        continue
                    # Spelled alike, though not among the most similar.
                    fit = np.ones(n_tiers + alike.features.shape[1], dtype=np.float32)
                    fit[:n_tiers] = 0.0
                    fits[number] = fit
                fit[tier] = 1.0
                if tier < 2:
                    fit[4] = 1.0
        return [Found(number, fit) for number, fit in fits.items()]

    def _has_type(self, concept: int, types: frozenset[int]) -> bool:
        if not types:
            return True
        own = self.vocabulary.types(concept).tolist()
        return not own or not types.isdisjoint(own)


def _compare_words(words: frozenset[str], text: str) -> float:
    """Find the share of words that are in both of two names, as they are spelled.

    words: Of one name, normalized.
    text: The other one.
    """
    others = set(normalize_name(text).split())
    return len(words & others) / max(len(words | others), 1)
