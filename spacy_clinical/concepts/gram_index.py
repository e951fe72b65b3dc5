"""An index of the names of a vocabulary by their words and character 3-grams.

It is built once into a folder, and mapped into memory. Names that are spelled alike
share a key (`spelling.py`).
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from spacy_clinical.concepts.folder import hash_text
from spacy_clinical.concepts.grams import (
    BITS,
    WORD_BITS,
    Rows,
    join_rows,
    list_grams,
    list_words,
    number_word,
)
from spacy_clinical.concepts.spelling import Speller
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.types import Floats1d, Ints1d

# Raised whenever arrays or spellings are made in another way.
FORMAT = 1
_N_AT_ONCE = 50_000
# Names that are looked for by grams have at most this many of them.
MAX_GRAMS = 256
ARRAYS: dict[str, type[np.generic]] = {
    "key_hashes": np.uint64,
    "keys": np.int32,
    "name_ends": np.int32,
    "names": np.int32,
    "heads": np.int32,
    "gram_ends": np.int64,
    "grams": np.int32,
    "gram_norms": np.float32,
    "posting_ends": np.int64,
    "postings": np.int32,
    "word_ends": np.int64,
    "words": np.int32,
    "word_weights": np.float32,
    "gram_weights": np.float32,
}


def build_index(vocabulary: Vocabulary, folder: Path, speller: Speller) -> None:
    """Build the index of a vocabulary.

    folder: An empty one to write to.
    speller: Finds the spellings of names.
    """
    texts = vocabulary.names().texts
    numbers: dict[str, int] = {}
    heads: list[int] = []
    keys_of_names = np.empty(len(texts), dtype=np.int32)
    for place, (key, head) in enumerate(map(speller.spell, texts)):
        number = numbers.setdefault(key, len(numbers))
        if number == len(heads):
            heads.append(number_word(head))
        keys_of_names[place] = number
    n_keys = len(numbers)
    hashes = np.fromiter(map(hash_text, numbers), dtype=np.uint64, count=n_keys)
    order = np.argsort(hashes, kind="stable").astype(np.int32)
    grams = join_rows(map(list_grams, _batch(numbers)))
    words = join_rows(map(list_words, _batch(numbers)))
    gram_weights = _weigh(grams, BITS, n_keys)
    gram_norms = np.sqrt(_sum_rows(gram_weights[grams.numbers] ** 2, grams.ends))
    postings = _invert(grams, BITS)
    name_ends = np.concatenate([[0], np.cumsum(np.bincount(keys_of_names))])
    arrays: dict[str, Any] = {
        "key_hashes": hashes[order],
        "keys": order,
        "name_ends": name_ends,
        "names": np.argsort(keys_of_names, kind="stable"),
        "heads": heads,
        "gram_ends": grams.ends,
        "grams": grams.numbers,
        "gram_norms": gram_norms,
        "posting_ends": postings.ends,
        "postings": postings.numbers,
        "word_ends": words.ends,
        "words": words.numbers,
        "word_weights": _weigh(words, WORD_BITS, n_keys),
        "gram_weights": gram_weights,
    }
    for name, kind in ARRAYS.items():
        np.save(folder / f"{name}.npy", np.asarray(arrays[name], dtype=kind))


def _batch(keys: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(keys)
    while batch := list(islice(remaining, _N_AT_ONCE)):
        yield batch


def _weigh(rows: Rows, bits: int, n_keys: int) -> Floats1d:
    """Weigh numbers by how few keys have them: their idf."""
    counts = np.bincount(rows.numbers, minlength=1 << bits)
    return (np.log((1 + n_keys) / (1 + counts)) + 1).astype(np.float32)


def _sum_rows(values: Floats1d, ends: Ints1d) -> Floats1d:
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return sums[ends[1:]] - sums[ends[:-1]]


def _invert(rows: Rows, bits: int) -> Rows:
    """List for each number the texts that have it."""
    n_texts = len(rows.ends) - 1
    pairs = rows.numbers.astype(np.int64) << 32
    pairs |= np.repeat(np.arange(n_texts, dtype=np.int64), np.diff(rows.ends))
    pairs.sort()
    counts = np.bincount(pairs >> 32, minlength=1 << bits)
    ends = np.concatenate([[0], np.cumsum(counts)])
    return Rows(ends, pairs.astype(np.int32))
