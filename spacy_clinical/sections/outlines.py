"""What a section is, and the titles that open one."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


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
