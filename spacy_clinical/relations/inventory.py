"""Inventories of what training data say of relations: which types have which, and the
words beside and between them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy
from spacy.strings import get_string_id

from spacy_clinical.relations.mentions import LABELS, MODIFY, Mention, Relation
from spacy_clinical.types import Bools2d, Ints1d, Ints2d

# What stands between the names of a label and of the types of child and head.
_BETWEEN = "\t"
N_WORDS = 500
# For which the nearest head is taken: types most of whose mentions have one, and heads of
# which at least this share of them has one.
MOST = 0.6
MIN_SHARE = 0.05


class PairType(NamedTuple):
    """A label with the types that it relates."""

    label: str
    child: str
    head: str


class Inventory:
    """Labels, types and words of relations.

    labels: Of relations.
    types: Of mentions; one more, for all others, has the index after the last.
    words: In lower case; index 0 is that of all others.
    pairs: How many relations there were, by label and types.
    """

    def __init__(
        self,
        labels: Sequence[str] = (),
        types: Sequence[str] = (),
        words: Sequence[str] = (),
        pairs: Mapping[PairType, float] | None = None,
    ) -> None:
        self.labels = list(labels)
        self.types = list(types)
        self.words = list(words)
        self.pairs = dict(pairs or {})

    @property
    def n_types(self) -> int:
        """Number of types with the one for all others."""
        return len(self.types) + 1

    @property
    def n_words(self) -> int:
        """Number of words with the one for all others."""
        return len(self.words) + 1

    @cached_property
    def _kinds(self) -> dict[tuple[int, int], list[int]]:
        """The columns of scores that two types can have, in the order of the text."""
        n_labels = len(self.labels)
        indices = {name: i for i, name in enumerate(self.types)}
        kinds: dict[tuple[int, int], list[int]] = {}
        for label, child, head in self.pairs:
            if label in self.labels and child in indices and head in indices:
                column = self.labels.index(label)
                types = indices[child], indices[head]
                kinds.setdefault(types, []).append(column)
                kinds.setdefault(types[::-1], []).append(n_labels + column)
        return dict(sorted(kinds.items()))

    @property
    def n_kinds(self) -> int:
        """Number of pairs of types that can have a label."""
        return len(self._kinds)

    @cached_property
    def kinds(self) -> Ints2d:
        """Index of each pair of types of those that can have a label (n_types, n_types); -1
        for others."""
        table = numpy.full((self.n_types, self.n_types), -1)
        for number, types in enumerate(self._kinds):
            table[types] = number
        return table

    @cached_property
    def can_be(self) -> Bools2d:
        """Labels that these can have (n_kinds, 2 * n_labels): those where the first
        mention is the child, then those where the second is."""
        table = numpy.zeros((self.n_kinds, 2 * len(self.labels)), dtype=bool)
        for number, columns in enumerate(self._kinds.values()):
            table[number, columns] = True
        return table

    @cached_property
    def modifiers(self) -> set[tuple[int, int]]:
        """Indices of the types that modify others, with those of the others."""
        indices = {name: i for i, name in enumerate(self.types)}
        return {
            (indices[child], indices[head])
            for label, child, head in choose_directions(self.pairs)
            if label == MODIFY and child != head and {child, head} <= set(indices)
        }

    @cached_property
    def _word_table(self) -> tuple[Ints1d, Ints1d]:
        ids = numpy.asarray([get_string_id(w) for w in self.words], dtype="uint64")
        by_id = numpy.argsort(ids)
        return ids[by_id], by_id + 1

    def index_types(self, mentions: Iterable[Mention]) -> Ints1d:
        """Find the indices of the types of mentions."""
        indices = {name: i for i, name in enumerate(self.types)}
        found = [indices.get(mention.label, len(self.types)) for mention in mentions]
        return numpy.asarray(found, dtype="int64")

    def index_words(self, ids: Any) -> Ints1d:
        """Find the indices of words.

        ids (n_tokens): Hashes of the words in lower case, as spaCy has them.
        """
        known, indices = self._word_table
        if not len(known):
            return numpy.zeros(len(ids), dtype="int64")
        at = numpy.minimum(numpy.searchsorted(known, ids), len(known) - 1)
        return numpy.where(known[at] == ids, indices[at], 0)

    def list_pairs(self) -> dict[str, float]:
        """List how many relations there were by the names of label, child and head."""
        return {_BETWEEN.join(pair): float(n) for pair, n in self.pairs.items()}


def read_pairs(saved: Mapping[str, float]) -> dict[PairType, float]:
    """Read what `list_pairs` has written.

    RAISES TypeError: If it is something else.
    """
    return {PairType(*name.split(_BETWEEN)): n for name, n in saved.items()}


def choose_directions(pairs: Mapping[PairType, float]) -> dict[PairType, float]:
    """Leave out relations of types that are more often the other way round."""
    return {
        pair: n
        for pair, n in pairs.items()
        if n > (other := pairs.get(pair._replace(child=pair.head, head=pair.child), 0))
        or (n == other and pair.child <= pair.head)
    }


class InventoryCounter:
    """Counts what texts say of relations.

    labels: Of relations; None for all that there are.
    """

    def __init__(self, labels: Sequence[str] | None = None) -> None:
        self.labels = labels
        self.pairs: Counter[PairType] = Counter()
        self.children: Counter[tuple[str, str]] = Counter()
        self.types: Counter[str] = Counter()
        self.words: Counter[str] = Counter()

    def add(
        self,
        mentions: Sequence[Mention],
        relations: Iterable[Relation],
        words: Iterable[str],
    ) -> None:
        """Count those of one text.

        words: Those outside of mentions, in lower case.
        """
        self.types.update(mention.label for mention in mentions)
        self.words.update(words)
        kept = [r for r in relations if self.labels is None or r.label in self.labels]
        self.pairs.update(PairType(r.label, r.child.label, r.head.label) for r in kept)
        self.children.update(
            (label, child.label) for label, child in {(r.label, r.child) for r in kept}
        )

    def make_inventory(self) -> Inventory:
        """Make the inventory of all texts: the known labels come first, as they are
        listed in `mentions.LABELS`, and then others by name."""
        found = {pair.label for pair in self.pairs}
        names = self.labels or sorted(found, key=_order_label)
        used = {name for pair in self.pairs for name in pair[1:]}
        words = sorted(self.words.items(), key=lambda item: (-item[1], item[0]))
        return Inventory(
            names,
            sorted(used),
            [word for word, _ in words[:N_WORDS]],
            dict(sorted(self.pairs.items())),
        )

    def find_attributes(self) -> dict[PairType, float]:
        """Find the types that are attributes of others: what the nearest head is taken
        for."""
        return {
            pair: n
            for pair, n in sorted(self.pairs.items())
            if n >= MIN_SHARE * self.types[pair.child]
            and self.children[pair.label, pair.child] >= MOST * self.types[pair.child]
        }


def _order_label(label: str) -> tuple[int, str]:
    return LABELS.index(label) if label in LABELS else len(LABELS), label
