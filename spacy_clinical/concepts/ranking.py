"""Find the concepts of a vocabulary that a name may mean, and describe how they fit."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from spacy_clinical.concepts.entity_types import GENERAL, TYPES, VETERINARY, list_all
from spacy_clinical.concepts.gram_search import Alike, GramIndex
from spacy_clinical.concepts.letter_case import (
    has_only_acronyms,
    list_ordinary,
    may_have_acronym,
)
from spacy_clinical.concepts.normalize import normalize_name
from spacy_clinical.concepts.spelling import Spelling
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.types import Floats1d

# Keys of a name whose concepts are looked at, and concepts of a key.
_N_KEYS = 10
_N_NAMES = 20
# How a name fits a concept; `gram_search.FEATURES` come after these.
TIERS = ("exact", "normalized", "loose", "own_name", "same_words")


class TypeNames(NamedTuple):
    """Names of semantic types.

    asked: Those that concepts of names may have.
    left_out: Concepts that have no other types, except general ones, aren't found.
    """

    asked: Collection[str] = list_all(TYPES)
    left_out: Collection[str] = VETERINARY
    general: Collection[str] = GENERAL


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
    types: All types that names are asked with, and those not to find. A vocabulary
        without any of the former has types of its own, which nothing is known of.
    """

    def __init__(
        self, vocabulary: Vocabulary, index: GramIndex, types: TypeNames
    ) -> None:
        self.vocabulary = vocabulary
        self._index = index
        self._texts, self._concepts = vocabulary.names()
        self._types = {name: i for i, name in enumerate(vocabulary.type_names)}
        self._has_known_types = not self._types.keys().isdisjoint(types.asked)
        self._left_out = self._number_types(types.left_out)
        self._general = self._number_types(types.general)

    def find_types(self, names: Sequence[str]) -> frozenset[int] | None:
        """Find the numbers of semantic types.

        names: Those that the vocabulary doesn't have are passed over.
        RETURNS: Their numbers; None if concepts of all types may be found.
        """
        if not names or not self._has_known_types:
            return None
        return self._number_types(names)

    def _number_types(self, names: Iterable[str]) -> frozenset[int]:
        return frozenset(self._types[name] for name in names if name in self._types)

    def is_left_out(self, concept: int) -> bool:
        """Check whether a concept isn't to be found: such as a disease of animals only.

        concept: Its number.
        """
        if not self._left_out:
            return False
        own = set(self.vocabulary.types(concept).tolist()) - self._general
        return bool(own) and own <= self._left_out

    def find(
        self,
        names: Sequence[str],
        spellings: Sequence[Spelling],
        types: Sequence[frozenset[int] | None],
        *,
        n_keys: int,
    ) -> list[list[Found]]:
        """Find the concepts that names may mean.

        spellings: Of the names.
        types: For each name, the types that its concept may have; None for all.
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
        self,
        name: str,
        alike: Alike,
        first: int,
        end: int,
        types: frozenset[int] | None,
    ) -> list[Found]:
        fits: dict[int, Floats1d] = {}
        n_tiers = len(TIERS)
        normalized = normalize_name(name)
        words = frozenset(normalized.split())
        ordinary = list_ordinary(name)
        cosines = alike.features[first:end, 0]
        for place in np.argsort(-cosines, kind="stable")[:_N_KEYS].tolist():
            features = alike.features[first + place]
            for named in self._index.list_names(int(alike.keys[first + place]))[
                :_N_NAMES
            ].tolist():
                number = int(self._concepts[named])
                text = self._texts[named]
                if ordinary and self._is_other_word(normalized, ordinary, number, text):
                    continue
                is_own = named == 0 or self._concepts[named - 1] != number
                fit = fits.get(number)
                if fit is None:
                    if not self._has_type(number, types):
                        continue
                    fit = np.zeros(n_tiers + len(features), dtype=np.float32)
                    fit[n_tiers:] = features
                    fits[number] = fit
                    fit[3] = is_own
                    fit[4] = _compare_words(words, text)
                elif is_own and fit[n_tiers] == features[0]:
                    fit[3] = 1.0
        found = self.vocabulary.find(name)
        for tier, numbers in enumerate(found):
            for number in numbers:
                fit = fits.get(number)
                if fit is None:
                    if not self._has_type(number, types):
                        continue
                    if len(words) == 1 and self._has_only_acronyms(ordinary, number):
                        continue
                    # Spelled alike, though not among the most similar.
                    fit = np.ones(n_tiers + alike.features.shape[1], dtype=np.float32)
                    fit[:n_tiers] = 0.0
                    fits[number] = fit
                fit[tier] = 1.0
                if tier < 2:
                    fit[4] = 1.0
        return [Found(number, fit) for number, fit in fits.items()]

    def _is_other_word(
        self, name: str, ordinary: Sequence[str], concept: int, text: str
    ) -> bool:
        """Check whether a name has nothing but the letters of an acronym in common.

        name: Normalized.
        ordinary: Words in it.
        concept: To compare it with.
        text: A name of the concept.
        """
        if not may_have_acronym(ordinary, text):
            return False
        if " " in name and normalize_name(text) == name:
            return False
        return self._has_only_acronyms(ordinary, concept)

    def _has_only_acronyms(self, ordinary: Sequence[str], concept: int) -> bool:
        return bool(ordinary) and has_only_acronyms(
            ordinary, self.vocabulary.list_names(concept)
        )

    def _has_type(self, concept: int, types: frozenset[int] | None) -> bool:
        if types is None:
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
