"""Search the index of a vocabulary for names like others."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from spacy_clinical.concepts.folder import hash_text
from spacy_clinical.concepts.gram_index import ARRAYS, MAX_GRAMS
from spacy_clinical.concepts.grams import (
    WORD_BITS,
    Rows,
    list_grams,
    list_words,
    number_word,
)
from spacy_clinical.concepts.spelling import Spelling
from spacy_clinical.types import Floats1d, Floats2d, Ints1d

# Postings that are read for a name: those of its rarest grams.
MAX_POSTINGS = 5000


class Alike(NamedTuple):
    """Keys that are like some names, and how they are alike.

    owners (n_pairs): Number of the name, ascending.
    keys (n_pairs): Numbers of keys.
    features (n_pairs, n_features): See `FEATURES`.
    """

    owners: Ints1d
    keys: Ints1d
    features: Floats2d


FEATURES = (
    *("cosine", "grams_of_name", "grams_of_key", "words_of_name", "words_of_key"),
    *("same_head", "numbers_of_name", "numbers_of_key", "same_key"),
)


def _mark_numbers() -> Floats1d:
    """Mark the words that tell types of a disease apart: numbers and letters."""
    marks: Floats1d = np.zeros(1 << WORD_BITS, dtype=np.float32)
    letters = map(chr, range(ord("a"), ord("z") + 1))
    for word in (*map(str, range(200)), *letters, "alpha", "beta", "gamma", "delta"):
        marks[number_word(word)] = 1.0
    return marks


class GramIndex:
    """The index of a vocabulary.

    folder: Where `build_index` has written it.
    """

    def __init__(self, folder: Path) -> None:
        arrays: dict[str, Any] = {
            name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
            for name in ARRAYS
        }
        _check_shapes(arrays)
        # On disk; only what is used is read.
        self.n_bytes = sum(array.nbytes for array in arrays.values())
        self._key_hashes, self._keys = arrays["key_hashes"], arrays["keys"]
        self._heads = arrays["heads"]
        self._norms = arrays["gram_norms"]
        self._names = Rows(arrays["name_ends"], arrays["names"])
        self._grams = Rows(arrays["gram_ends"], arrays["grams"])
        self._postings = Rows(arrays["posting_ends"], arrays["postings"])
        self._words = Rows(arrays["word_ends"], arrays["words"])
        # Small, and looked at all the time.
        self._word_weights: Floats1d = np.array(arrays["word_weights"])
        gram_weights: Floats1d = np.array(arrays["gram_weights"])
        self._squares: Floats1d = np.square(gram_weights)
        self._is_number = _mark_numbers()
        self._counts: Ints1d = np.diff(self._postings.ends)
        self._sums: Floats1d = np.zeros(len(self._keys), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._keys)

    def list_names(self, key: int) -> Ints1d:
        """List the names that have a key."""
        return self._names[key]

    def find_key(self, key: str) -> int | None:
        """Find the number of a key."""
        place = int(np.searchsorted(self._key_hashes, np.uint64(hash_text(key))))
        if place < len(self._keys) and self._key_hashes[place] == hash_text(key):
            return int(self._keys[place])
        return None

    def search(self, spellings: Sequence[Spelling], *, n_keys: int) -> Alike:
        """Search keys like those of some names.

        n_keys: Number of keys to find for each name.
        """
        texts = [spelling.key for spelling in spellings]
        grams, words = list_grams(texts), list_words(texts)
        found = []
        for i, text in enumerate(texts):
            keys = self._search(grams[i], n_keys)
            same = self.find_key(text)
            if same is not None:
                keys = np.union1d(keys, [same])
            found.append(keys)
        owners = np.repeat(np.arange(len(texts)), [len(keys) for keys in found])
        keys = np.concatenate([np.zeros(0, dtype=np.int64), *found]).astype(np.int64)
        heads = np.array([number_word(one.head) for one in spellings], dtype=np.int32)
        features = self._compare(grams, words, heads, owners, keys)
        return Alike(owners, keys, features)

    def _search(self, grams: Ints1d, n_keys: int) -> Ints1d:
        """Search the keys that share the rarest grams."""
        counts = self._counts[grams]
        order = np.argsort(counts, kind="stable")[:MAX_GRAMS]
        n_read = max(int(np.searchsorted(np.cumsum(counts[order]), MAX_POSTINGS)), 1)
        rarest = grams[order[:n_read]]
        weights = self._squares[rarest]
        ends = self._postings.ends
        lists = [self._postings.numbers[ends[g] : ends[g + 1]] for g in rarest.tolist()]
        if not lists:
            return grams[:0]
        sums = self._sums
        for keys, weight in zip(lists, weights.tolist(), strict=True):
            sums[keys] += weight
        touched = np.concatenate(lists)
        scores = sums[touched] / self._norms[touched]
        sums[touched] = 0.0
        # Each key may be there once for each gram.
        n_best = n_keys * len(lists)
        if len(touched) > n_best:
            touched = touched[np.argpartition(scores, -n_best)[-n_best:]]
        return np.unique(touched)

    def _compare(
        self,
        grams: Rows,
        words: Rows,
        heads: Ints1d,
        owners: Ints1d,
        keys: Ints1d,
    ) -> Floats2d:
        """Compare names and keys.

        owners, keys (n_pairs): Their numbers.
        RETURNS (n_pairs, n_features): See `FEATURES`.
        """
        [(shared, of_name, of_key)] = _overlap(
            grams, self._grams, owners, keys, [self._squares]
        )
        cosine = shared / np.sqrt(of_name * of_key + 1e-9)
        of_words, of_numbers = _overlap(
            words, self._words, owners, keys, [self._word_weights, self._is_number]
        )
        w_shared, w_of_name, w_of_key = of_words
        n_shared, n_of_name, n_of_key = of_numbers
        key_heads, name_heads = self._heads[keys], heads[owners]
        return np.stack(
            [
                cosine,
                shared / (of_name + 1e-9),
                shared / (of_key + 1e-9),
                w_shared / (w_of_name + 1e-9),
                w_shared / (w_of_key + 1e-9),
                key_heads == name_heads,
                n_of_name - n_shared,
                n_of_key - n_shared,
                (w_shared > 0) & (w_shared >= np.maximum(w_of_name, w_of_key) - 1e-4),
            ],
            axis=1,
        ).astype(np.float32)


def _check_shapes(arrays: dict[str, Any]) -> None:
    """Check that arrays fit each other.

    RAISES ValueError: If they don't.
    """
    n_keys = len(arrays["keys"])
    pairs = (("name", "names"), ("gram", "grams"), ("word", "words"))
    are_whole = all(
        len(arrays[f"{name}_ends"]) == n_keys + 1
        and arrays[f"{name}_ends"][-1] == len(arrays[values])
        for name, values in pairs
    )
    if not are_whole or arrays["posting_ends"][-1] != len(arrays["postings"]):
        raise ValueError("The arrays of an index don't fit each other")


def _overlap(
    of_names: Rows,
    of_keys: Rows,
    owners: Ints1d,
    keys: Ints1d,
    weights: Sequence[Floats1d],
) -> list[tuple[Floats1d, Floats1d, Floats1d]]:
    """Weigh what names and keys have in common, and what each of them has.

    owners, keys (n_pairs): Their numbers.
    weights: One or several weights of all numbers.
    RETURNS (n_pairs): By those weights, three sums for each pair.
    """
    if not len(of_names.numbers) or not len(keys):
        none = np.zeros(len(keys), dtype=np.float32)
        return [(none, none, none) for _ in weights]
    places, starts = _spread(of_keys.ends, keys)
    numbers = of_keys.numbers[places]
    lengths = np.diff(np.append(starts, len(places)))
    n_names = len(of_names.ends) - 1
    have = np.repeat(np.arange(n_names) << WORD_BITS, np.diff(of_names.ends))
    have |= of_names.numbers
    ask = np.repeat(owners << WORD_BITS, lengths) | numbers
    where = np.searchsorted(have, ask)
    where[where == len(have)] = 0
    is_shared = have[where] == ask
    sums = []
    for weight in weights:
        of_number = weight[numbers]
        of_name = _sum_rows(weight[of_names.numbers], of_names.ends)
        sums.append(
            (
                np.add.reduceat(of_number * is_shared, starts),
                of_name[owners],
                np.add.reduceat(of_number, starts),
            )
        )
    return sums


def _sum_rows(values: Floats1d, ends: Ints1d) -> Floats1d:
    """Sum up the values of each row; rows may be empty."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return sums[ends[1:]] - sums[ends[:-1]]


def _spread(ends: Ints1d, rows: Ints1d) -> tuple[Ints1d, Ints1d]:
    """List the places of all values in some rows, and where each row starts among them."""
    first = ends[rows]
    lengths = ends[rows + 1] - first
    starts = np.cumsum(lengths) - lengths
    places = np.arange(int(lengths.sum())) + np.repeat(first - starts, lengths)
    return places, starts
