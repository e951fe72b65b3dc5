"""Texts in two files that are mapped into memory: all in UTF-8, and their ends."""

from array import array
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO

import numpy as np

from spacy_clinical.types import Ints1d

# Texts that are read at once when all are.
_N_AT_ONCE = 4096


class Strings:
    """Texts by their numbers. Only those that are looked at are read.

    data: All texts in UTF-8, one after the other.
    ends (n_texts + 1): Where each ends in the data; the first is 0.
    """

    def __init__(self, data: Ints1d, ends: Ints1d) -> None:
        self._data = data
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self):
            raise IndexError(number)
        start, end = self._ends[number], self._ends[number + 1]
        return self._data[start:end].tobytes().decode("utf8")

    def __iter__(self) -> Iterator[str]:
        for first in range(0, len(self), _N_AT_ONCE):
            ends = self._ends[first : first + _N_AT_ONCE + 1].tolist()
            data = self._data[ends[0] : ends[-1]].tobytes()
            for start, end in pairwise(ends):
                yield data[start - ends[0] : end - ends[0]].decode("utf8")


class StringsWriter:
    """Writes texts for `Strings`.

    handle: Binary file for the texts.
    """

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._ends = array("q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def write(self, text: str) -> None:
        """Write a text."""
        data = text.encode("utf8")
        self._handle.write(data)
        self._ends.append(self._ends[-1] + len(data))

    @property
    def ends(self) -> Ints1d:
        """Ends of the texts written so far, after a 0."""
        return np.frombuffer(self._ends, dtype=np.int64)
