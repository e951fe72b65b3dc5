"""Types that several modules share, and the names of array shapes.

n_tokens: Number of spaCy tokens of a Doc.
n_pieces: Number of wordpieces of a Doc, without the model's special tokens.
n_labels: Number of columns of a head.

Offsets into a text are in characters; an end offset is exclusive ("half open").
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy
from numpy.typing import NDArray

# Arrays by type and number of dimensions. Docstrings say what the dimensions are.
Floats1d: TypeAlias = NDArray[numpy.floating[Any]]
Floats2d: TypeAlias = NDArray[numpy.floating[Any]]
Ints1d: TypeAlias = NDArray[numpy.integer[Any]]
Ints2d: TypeAlias = NDArray[numpy.integer[Any]]
Bools1d: TypeAlias = NDArray[numpy.bool_]
Bools2d: TypeAlias = NDArray[numpy.bool_]


class SpanPrediction(NamedTuple):
    """A labelled span of tokens.

    start, end (tokens): Half open.
    score: Between 0 and 1.
    """

    start: int
    end: int
    label: str
    score: float


Borders: TypeAlias = Literal["exact", "last"]


class PartialLabels(NamedTuple):
    """Rules for reading the gold entities of a Doc.

    types: By the label of an entity, the types that it may have; others as they are.
    known: The types that nothing else in the Doc has. Of all others, the Doc says
        nothing where it has no entity.
    borders: "exact", or "last" where only the last token of an entity is sure to be in
        an entity of such a type.
    weight: Factor on the loss of the Doc.
    """

    types: Mapping[str, Sequence[str]]
    known: frozenset[str]
    borders: Borders = "exact"
    weight: float = 1.0


class Note(NamedTuple):
    """A clinical note as it was read.

    text: The text with the file's line ends and control characters, without a
        byte-order mark. Notes in other formats are converted to plain text.
    meta: Other values in the note's row of a table.
    source: The file; for tables, with the row (`notes.csv:12`).
    source_format: Format that the text was converted from, such as "html"; "" if it
        wasn't converted. See `markup`.
    """

    id: str
    text: str
    meta: dict[str, Any]
    source: str
    source_format: str = ""


class NoteFailure(NamedTuple):
    """A file or a row that could not be read. Contains no text of a note.

    message: Error message with its code.
    """

    source: str
    message: str


def list_names(names: str | Iterable[str]) -> list[str]:
    """Make a list of names. A string counts as one name."""
    return [names] if isinstance(names, str) else list(names)
