"""Values that pass between the steps, and the names of their shapes.

n_tokens: spaCy tokens of a Doc. n_pieces: wordpieces of a Doc, without a
model's special tokens. n_labels: columns of a head. Offsets into a text are in
characters, half open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
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


class Window(NamedTuple):
    """A run of wordpieces that an encoder sees at once, and the part to keep.

    start, stop (pieces): What the encoder sees, half open.
    keep_start, keep_stop (pieces): The part whose output is used. The kept parts
        of a note's windows follow each other without gap or overlap.
    """

    start: int
    stop: int
    keep_start: int
    keep_stop: int


class EntityPrediction(NamedTuple):
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


class Section(NamedTuple):
    """A section of a note, or a titled part of one.

    loinc: LOINC document-section code, or "".
    start, end (characters): Half open. Sections follow each other without gap.
    title (characters): The title without colon and markers; None in a preamble.
    body_start (character): Where the text under the title starts.
    confidence: How sure it is that the title is one, between 0 and 1.
    depth: 1 for a section, 2 for a part of it, 3 for a part of a part.
    parent: Label of the section that holds a part; "" for a section.
    """

    label: str
    loinc: str
    start: int
    end: int
    title: tuple[int, int] | None
    body_start: int
    confidence: float
    depth: int = 1
    parent: str = ""


def list_names(names: str | Iterable[str]) -> list[str]:
    """List names; a string is one name, not its letters."""
    return [names] if isinstance(names, str) else list(names)


# Titles, and what they hang on.
Condition: TypeAlias = tuple[tuple[str, ...], frozenset[str]]


@dataclass(frozen=True)
class TitleGroup:
    """The titles of one label, and how they behave.

    loinc: LOINC document-section code, or "".
    is_part: Whether the titles only name parts of a section.
    within: Labels of the sections inside which an inline title names a part.
    after: More titles, that mean this only in a note that has one of some sections
        before them, or is of some kind, with the labels of these.
    naming: More titles, that mean this only at the start of a note and if one of some
        words follows on their line, with these words.
    has_parts: Whether unknown titles inside such a section are parts of it.
    has_problems: Whether its body may have problem headings.
    starts: More titles, that only start their line; what follows them is text.
    follows: More titles, that mean this only right after sections or parts of some
        labels, with these labels.
    """

    label: str
    titles: tuple[str, ...] = ()
    loinc: str = ""
    name: str = ""
    is_part: bool = False
    within: frozenset[str] = frozenset()
    after: tuple[Condition, ...] = ()
    naming: tuple[Condition, ...] = ()
    has_parts: bool = False
    has_problems: bool = False
    starts: tuple[str, ...] = ()
    follows: tuple[Condition, ...] = ()
