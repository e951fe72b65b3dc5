"""Character 3-grams and words of names, as numbers."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from spacy_clinical.concepts.folder import hash_text
from spacy_clinical.types import Ints1d

# Grams and words are numbered by hashes of this many bits.
BITS = 18
WORD_BITS = 20
_BLANK, _END = ord(" "), ord("\n")
_FACTORS = np.array([0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35], dtype=np.uint32)


class Rows(NamedTuple):
    """Numbers that texts have, those of one text after those of another.

    ends (n_texts + 1): Where those of each text end; the first is 0.
    numbers: Ascending and each once in a text.
    """

    ends: Ints1d
    numbers: Ints1d

    def __getitem__(self, text: int) -> Ints1d:  # type: ignore[override]
        return self.numbers[self.ends[text] : self.ends[text + 1]]


def list_grams(texts: Sequence[str]) -> Rows:
    """List the grams of words, with the blanks around them: " he", "hea", "ear" …

    texts: Words with one blank between them.
    """
    joined = "".join(f" {text} \n" for text in texts)
    data = joined.encode("utf-32-le", errors="replace")
    codes = np.frombuffer(data, dtype=np.uint32)
    first, middle, last = codes[:-2], codes[1:-1], codes[2:]
    is_gram = (middle != _BLANK) & (first != _END) & (middle != _END) & (last != _END)
    mixed = first * _FACTORS[0] + middle * _FACTORS[1] + last * _FACTORS[2]
    mixed = (mixed ^ (mixed >> np.uint32(15))) * _FACTORS[0]
    numbers = (mixed >> np.uint32(32 - BITS)).astype(np.int64)
    owners = np.cumsum(codes == _END)[:-2]
    return _group(owners[is_gram], numbers[is_gram], len(texts), BITS)


def list_words(texts: Sequence[str]) -> Rows:
    """List the words of texts.

    texts: Words with one blank between them.
    """
    words = [text.split() for text in texts]
    numbers = np.fromiter(
        (number_word(word) for row in words for word in row), dtype=np.int64
    )
    owners = np.repeat(np.arange(len(texts)), [len(row) for row in words])
    return _group(owners, numbers, len(texts), WORD_BITS)


@lru_cache(maxsize=1 << 18)
def number_word(word: str) -> int:
    """Find the number of a word."""
    return hash_text(word) & ((1 << WORD_BITS) - 1)


def _group(owners: Ints1d, numbers: Ints1d, n_texts: int, bits: int) -> Rows:
    pairs = (owners.astype(np.int64) << bits) | numbers
    pairs.sort()
    if len(pairs):
        pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])]
    counts = np.bincount(pairs >> bits, minlength=n_texts)
    ends = np.concatenate([[0], np.cumsum(counts)])
    return Rows(ends, (pairs & ((1 << bits) - 1)).astype(np.int32))


def join_rows(parts: Iterable[Rows]) -> Rows:
    """Join the rows of texts, those of later ones after those of earlier ones."""
    all_parts = list(parts)
    counts = np.concatenate([np.diff(part.ends) for part in all_parts])
    numbers = np.concatenate([part.numbers for part in all_parts])
    return Rows(np.concatenate([[0], np.cumsum(counts)]), numbers)
