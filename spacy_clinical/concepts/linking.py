"""Link names to the concepts of one or several vocabularies."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from spacy_clinical.concepts.composites import split_composite
from spacy_clinical.concepts.dense import DenseScorer
from spacy_clinical.concepts.evidence import needs_evidence
from spacy_clinical.concepts.identities import Identities, Place
from spacy_clinical.concepts.index import open_index
from spacy_clinical.concepts.normalize import clean_text
from spacy_clinical.concepts.ranking import Ranker, TypeNames
from spacy_clinical.concepts.scoring import Fit, Scorer, describe, load_scorer
from spacy_clinical.concepts.spelling import Speller
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.types import Floats1d, Floats2d

# Number of names that are kept with what they were linked to.
MAX_KNOWN = 100_000
# How probable it is at least that a name of a concept means any.
MIN_SAME = 0.5
# Names that are searched together.
_N_AT_ONCE = 128

# By id, where the concept is in each vocabulary, and how it fits there.
Candidates: TypeAlias = dict[str, list[tuple[Place, Floats1d]]]
EXACT, NORMALIZED, LONG_FORM, NGRAMS, DENSE = (
    *("exact", "normalized", "long form", "ngrams", "dense"),
)


class Query(NamedTuple):
    """A name to link.

    types: Semantic types that its concept may have; () for all.
    is_long_form: Whether it is the long form of what the text says.
    """

    name: str
    types: tuple[str, ...] = ()
    is_long_form: bool = False


class Link(NamedTuple):
    """A concept that a name may mean.

    id: In the preferred system.
    place: Where the concept is.
    score (0 to 1): How probable it is that the name means it.
    how: What found it: "exact", "normalized", "long form", "ngrams" or "dense".
    any_score (0 to 1): How probable it is that the name means any of the concepts that
        were found.
    """

    id: str
    place: Place
    score: float
    how: str
    any_score: float


class Linker:
    """Links names to concepts.

    vocabularies: To link to; where two have the same concept, the first one's counts.
    preferred: Systems of the ids: see `Identities`.
    n_candidates: Number of names of each vocabulary to compare a name with.
    top_k: Number of concepts to find.
    scorer: Of candidates; None for the one that ships.
    dense: Compares names by their vectors; None to leave that out.
    types: Semantic types that queries ask for, and those to leave out; None for those of
        the vocabularies that ship.
    """

    def __init__(
        self,
        vocabularies: Sequence[Vocabulary],
        *,
        preferred: Sequence[str] = (),
        n_candidates: int = 30,
        top_k: int = 5,
        scorer: Scorer | None = None,
        dense: DenseScorer | None = None,
        types: TypeNames | None = None,
    ) -> None:
        self.vocabularies = vocabularies
        self.n_candidates = n_candidates
        self.top_k = top_k
        self.speller = Speller()
        self.identities = Identities(vocabularies, preferred)
        self._rankers = [
            Ranker(
                vocabulary, open_index(vocabulary, self.speller), types or TypeNames()
            )
            for vocabulary in vocabularies
        ]
        self._scorer = scorer or load_scorer()
        self._dense = dense
        self._known: OrderedDict[tuple[Any, ...], list[list[Link]]] = OrderedDict()

    def link(self, queries: Sequence[Query]) -> list[list[list[Link]]]:
        """Find the concepts of names.

        RETURNS: For each name a list of its parts, which is one unless it is composite,
            and for each part the concepts that it may mean, the best first.
        """
        keys = [(clean_text(name), types) for name, types, _ in queries]
        missing = [key for key in dict.fromkeys(keys) if key not in self._known]
        found: dict[tuple[Any, ...], list[list[Link]]] = {}
        for first in range(0, len(missing), _N_AT_ONCE):
            some = missing[first : first + _N_AT_ONCE]
            found.update(zip(some, self._link_anew(some), strict=True))
        for key in keys:
            if key not in found:
                found[key] = self._known[key]
                self._known.move_to_end(key)
        self._known.update((key, found[key]) for key in missing)
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return [
            _mark_long_forms(found[key]) if query.is_long_form else found[key]
            for key, query in zip(keys, queries, strict=True)
        ]

    def _link_anew(self, keys: Sequence[tuple[Any, ...]]) -> list[list[list[Link]]]:
        wholes = self._rank(keys)
        linked = [[whole] for whole in wholes]
        parts: list[tuple[str, Any]] = []
        owners: list[int] = []
        for i, ((name, types), whole) in enumerate(zip(keys, wholes, strict=True)):
            # A whole name may be that of a syndrome, as "breast and ovarian cancer" is.
            is_sure = whole and whole[0].how not in (NGRAMS, DENSE)
            if not is_sure or whole[0].score < MIN_SAME:
                for part in split_composite(name):
                    parts.append((part, types))
                    owners.append(i)
        of_parts: dict[int, list[list[Link]]] = {}
        for owner, links in zip(owners, self._rank(parts), strict=True):
            of_parts.setdefault(owner, []).append(links)
        for owner, found in of_parts.items():
            whole_score = wholes[owner][0].score if wholes[owner] else 0.0
            if all(links and links[0].score > whole_score for links in found):
                linked[owner] = found
        return linked

    def _rank(self, keys: Sequence[tuple[Any, ...]]) -> list[list[Link]]:
        """Find the concepts of names as they are."""
        return [
            self._score(name, candidates)
            for (name, _), candidates in zip(
                keys, self.find_candidates(keys), strict=True
            )
        ]

    def find_candidates(self, keys: Sequence[tuple[Any, ...]]) -> list[Candidates]:
        """Find the concepts that names may mean, by their ids.

        keys: Names with the types that their concepts may have.
        """
        if not keys:
            return []
        names = [name for name, _ in keys]
        spellings = [self.speller.spell(name) for name in names]
        rows: list[Candidates] = [{} for _ in keys]
        left_out: list[set[str]] = [set() for _ in keys]
        for number, ranker in enumerate(self._rankers):
            allowed = [ranker.find_types(types) for _, types in keys]
            found = ranker.find(names, spellings, allowed, n_keys=self.n_candidates)
            for row, out, ones in zip(rows, left_out, found, strict=True):
                for one in ones:
                    place = Place(number, one.concept)
                    key = self.identities.find(place)
                    row.setdefault(key, []).append((place, one.fit))
                    if ranker.is_left_out(one.concept):
                        out.add(key)
        return [
            {key: found for key, found in row.items() if key not in out}
            for row, out in zip(rows, left_out, strict=True)
        ]

    def describe(self, name: str, candidates: Candidates) -> Floats2d:
        """Describe how the concepts that a name may mean fit it: see `FEATURES`."""
        fits = []
        for key, found in candidates.items():
            counts = [self._count_names(place) for place, _ in found]
            is_in_first = found[0][0].vocabulary == 0
            fits.append(
                Fit(
                    [fit for _, fit in found],
                    self.identities.is_preferred(key),
                    max(counts),
                    found[0][1] if is_in_first else None,
                    counts[0] if is_in_first else 0,
                )
            )
        return describe(name, fits)

    def list_names(self, link: Link) -> list[str]:
        """List the names of a concept that was found."""
        return self.vocabularies[link.place.vocabulary].list_names(link.place.number)

    def _count_names(self, place: Place) -> int:
        return self.vocabularies[place.vocabulary].count_names(place.number)

    def _list_names(self, candidates: Candidates) -> list[list[str]]:
        """List for each concept its own names in the vocabularies that have it."""
        return [
            [
                self.vocabularies[place.vocabulary].get_name(place.number)
                for place, _ in found
            ]
            for found in candidates.values()
        ]

    def _score(self, name: str, candidates: Candidates) -> list[Link]:
        if not candidates:
            return []
        features = self.describe(name, candidates)
        scores = self._scorer.score(features)
        is_same = features[:, :2].any(1)
        if scores.sum() < MIN_SAME and is_same.any() and not needs_evidence(name):
            scores = scores * (MIN_SAME / max(float(scores.sum()), 1e-9))
        any_score = float(scores.sum())
        keys = list(candidates)
        how_else = NGRAMS
        if self._dense is not None and not is_same.any():
            scores = self._dense.spread(name, self._list_names(candidates), scores)
            how_else = DENSE
        links = []
        for number in np.argsort(-scores, kind="stable")[: self.top_k].tolist():
            is_exact, is_normalized, is_loose = features[number, :3].tolist()
            how = EXACT if is_exact else how_else
            if not is_exact and (is_normalized or is_loose):
                how = NORMALIZED
            place = candidates[keys[number]][0][0]
            score = float(scores[number])
            links.append(Link(keys[number], place, score, how, any_score))
        return links


def _mark_long_forms(parts: list[list[Link]]) -> list[list[Link]]:
    return [
        [link._replace(how=LONG_FORM) if link.how != DENSE else link for link in links]
        for links in parts
    ]
