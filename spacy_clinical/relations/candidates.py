"""List the pairs of mentions that may have a relation."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy

from spacy_clinical.types import Ints1d, Ints2d

Scope: TypeAlias = Literal["sentence", "line", "window"]


class Limits(NamedTuple):
    """Limits of how far apart two mentions of a pair may be.

    scope: What is counted between them: ends of a "sentence" or of a "line"; nothing for
        a "window".
    max_units: How many of these.
    max_tokens: How many tokens.
    max_mentions: How many other mentions, so that long lists stay linear.
    """

    scope: Scope = "sentence"
    max_units: int = 1
    max_tokens: int = 100
    max_mentions: int = 24


class Pairs(NamedTuple):
    """Pairs of mentions (n_pairs), by their indices in the order of the text."""

    first: Ints1d
    second: Ints1d


def find_units(starts: Ints1d, borders: Sequence[int]) -> Ints1d:
    """Find the sentences or lines that mentions start in.

    starts (n_mentions, characters): Where the mentions start.
    borders (characters): Where sentences or lines start, ascending.
    """
    return numpy.searchsorted(numpy.asarray(borders, "int64"), starts, side="right")


def find_line_starts(text: str) -> list[int]:
    """Find where the lines of a text start (characters)."""
    starts, at = [0], text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


def list_pairs(
    types: Ints1d,
    units: Ints1d,
    tokens: Ints1d,
    kinds: Ints2d,
    limits: Limits,
) -> Pairs:
    """List the pairs of mentions that may have a relation.

    types (n_mentions): Index of the type of each mention, in the order of the text.
    units (n_mentions): The sentence or line that it is in.
    tokens (n_mentions): Its first token.
    kinds (n_types, n_types): -1 for types that can have no relation, in this order.
    limits: How far apart the mentions may be.
    RETURNS: The pairs, sorted. There are at most `max_mentions` + 1 for a mention.
    """
    n = len(types)
    found: list[Ints1d] = []
    distances = []
    for distance in range(1, min(n, limits.max_mentions + 2)):
        at = numpy.arange(n - distance)
        near = tokens[distance:] - tokens[:-distance] <= limits.max_tokens
        if limits.scope != "window":
            near &= units[distance:] - units[:-distance] <= limits.max_units
        if not near.any():
            break
        can_be = kinds[types[:-distance], types[distance:]] >= 0
        found.append(at[near & can_be])
        distances.append(numpy.full(len(found[-1]), distance))
    if not found:
        empty = numpy.zeros(0, dtype="int64")
        return Pairs(empty, empty)
    first = numpy.concatenate(found)
    second = first + numpy.concatenate(distances)
    ranked = numpy.lexsort((second, first))
    return Pairs(first[ranked], second[ranked])
