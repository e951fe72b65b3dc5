"""Values that pass between the steps, and the names of their shapes.

n_tokens: spaCy tokens of a Doc. n_pieces: wordpieces of a Doc, without a
model's special tokens. n_labels: columns of a head. Offsets into a text are in
characters, half open.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

import numpy
from numpy.typing import NDArray

# numpy arrays by kind and number of axes; what the axes are, docstrings say.
Floats1d: TypeAlias = NDArray[numpy.floating[Any]]
Floats2d: TypeAlias = NDArray[numpy.floating[Any]]
Ints1d: TypeAlias = NDArray[numpy.integer[Any]]
Ints2d: TypeAlias = NDArray[numpy.integer[Any]]
Bools1d: TypeAlias = NDArray[numpy.bool_]
Bools2d: TypeAlias = NDArray[numpy.bool_]


class SpanPrediction(NamedTuple):
    """A labelled run of tokens.

    start, end (tokens): Half open.
    score: Between 0 and 1.
    """

    start: int
    end: int
    label: str
    score: float


class Note(NamedTuple):
    """A clinical note as read, before any pipeline saw it.

    text: Unchanged: line ends and control characters as in the file, without a
        byte-order mark. Converted to plain text, if it was in another form.
    meta: What else its row held.
    source: The file, with the row where it has many (`notes.csv:12`).
    source_format: What the text was converted from, such as "html"; "" if it is
        unchanged. See `markup`.
    """

    id: str
    text: str
    meta: dict[str, Any]
    source: str
    source_format: str = ""


class NoteFailure(NamedTuple):
    """Why a file or a row could not be read. Holds nothing of a note.

    message: For people, with its code.
    """

    source: str
    message: str


def list_names(names: str | Iterable[str]) -> list[str]:
    """List names; a string is one name, not its letters."""
    return [names] if isinstance(names, str) else list(names)
