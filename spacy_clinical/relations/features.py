"""Features: what a head reads of the mentions of a Doc and of their pairs, apart from
its rows."""

from collections.abc import Sequence
from typing import Any

import numpy
from spacy.attrs import LENGTH, LOWER
from spacy.tokens import Doc

from spacy_clinical.extensions.doc_data import read_text, token_borders
from spacy_clinical.heads.span_pairs import BUCKETS, PairInput
from spacy_clinical.relations.candidates import (
    Limits,
    find_line_starts,
    find_units,
    list_pairs,
)
from spacy_clinical.relations.inventory import Inventory
from spacy_clinical.relations.mentions import Mention
from spacy_clinical.tokenization.sentences import find_sentence_starts
from spacy_clinical.types import Bools1d, Ints1d, Ints2d


def describe_pairs(
    doc: Doc, mentions: Sequence[Mention], inventory: Inventory, limits: Limits
) -> PairInput:
    """Find the pairs of mentions that may have a relation, and what is to be read of them.

    mentions: In the order of the text.
    inventory: The types and words that are known.
    limits: How far apart the mentions of a pair may be.
    """
    words = doc.to_array([LOWER, LENGTH])[:, 0]
    starts = numpy.asarray([mention.start for mention in mentions], dtype="int64")
    ends = numpy.asarray([mention.end for mention in mentions], dtype="int64")
    tokens = find_tokens(doc, starts, ends)
    units = find_units(starts, _list_borders(doc, limits))
    types = inventory.index_types(mentions)
    first, second = list_pairs(types, units, tokens[:, 0], inventory.kinds, limits)
    kinds = inventory.kinds[types[first], types[second]]
    n_words = tokens[second, 0] - tokens[first, 1]
    return PairInput(
        inventory.index_words(words),
        tokens,
        types,
        first,
        second,
        kinds,
        # Bucket 0 is of mentions that overlap.
        numpy.where(n_words < 0, 0, 1 + _find_buckets(n_words, BUCKETS["n_words"] - 2)),
        _find_buckets(second - first - 1, BUCKETS["n_mentions"] - 1),
        numpy.minimum(units[second] - units[first], BUCKETS["n_units"] - 1),
        _compare(words, tokens, first, second),
        inventory.can_be[kinds],
    )


def keep_pairs(pairs: PairInput, kept: Bools1d) -> PairInput:
    """Leave out pairs.

    kept (n_pairs): Which to keep.
    """
    of_pairs = (
        *("first", "second", "kinds", "n_words", "n_mentions", "n_units"),
        *("likeness", "can_be"),
    )
    return pairs._replace(**{name: getattr(pairs, name)[kept] for name in of_pairs})


def find_tokens(doc: Doc, starts: Ints1d, ends: Ints1d) -> Ints2d:
    """Find the tokens at places (characters): first and last of each, half open. None is
    empty, unless the Doc is."""
    token_starts, token_ends = token_borders(doc)
    first = numpy.searchsorted(token_ends, starts, side="right")
    first = numpy.minimum(first, max(len(token_ends) - 1, 0))
    last = numpy.searchsorted(token_starts, ends, side="left")
    return numpy.stack([first, numpy.maximum(last, first + 1)], axis=1)


def _compare(words: Any, tokens: Ints2d, first: Ints1d, second: Ints1d) -> Ints1d:
    """Say which mentions of pairs have the same words (2), or the same last word (1).

    words (n_tokens): Hashes, as spaCy has them.
    """
    sums = numpy.zeros(len(words) + 1, dtype="uint64")
    # Sums of hashes wrap around; that two differ and still agree is as good as impossible.
    numpy.cumsum(words, out=sums[1:])
    all_words = sums[tokens[:, 1]] - sums[tokens[:, 0]]
    last = words[tokens[:, 1] - 1]
    are_same = all_words[first] == all_words[second]
    return numpy.where(are_same, 2, last[first] == last[second]).astype("int64")


def _list_borders(doc: Doc, limits: Limits) -> Sequence[int]:
    if limits.scope == "sentence":
        return find_sentence_starts(doc, read_text(doc))
    return find_line_starts(read_text(doc)) if limits.scope == "line" else (0,)


def _find_buckets(counts: Ints1d, last: int) -> Ints1d:
    """Put numbers into buckets: small ones have their own, and large ones share.

    last: Index of the last bucket.
    """
    large = numpy.log2(numpy.maximum(counts, 1)) * 2
    buckets = numpy.where(counts < 4, counts, large.astype("int64"))
    return numpy.clip(buckets, 0, last)
