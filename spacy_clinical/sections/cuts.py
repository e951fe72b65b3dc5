"""Define the sections that titles open, and the steps there: plain tuples for speed."""

from typing import NamedTuple

from spacy_clinical.sections.groups import TitleGroup
from spacy_clinical.sections.lines import Phrase


class Section(NamedTuple):
    """A section of a note, or a titled part of one.

    loinc: LOINC document-section code, or "".
    start, end (characters): Half open. Sections follow each other without gap.
    title (characters): The title without colon and markers; None in a preamble.
    body_start (character): Where the text under the title starts.
    confidence (0 to 1): That the title is one.
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


# A title that cuts: its phrase, the label, depth and confidence of what it opens,
# and the group of titles that it is of. Plain tuples, as there are many.
Verdict = tuple[Phrase, str, int, float, TitleGroup | None]
# The same, and the step to the context that it opens.
Cut = tuple[Phrase, str, int, float, TitleGroup | None, str]
# The same in its place: position of its line, phrase, label, depth, confidence,
# LOINC code and label of the section that holds a part.
PlacedCut = tuple[int, Phrase, str, int, float, str, str]
START = Phrase(0, 0, 0, 0, "")
NO_CUT: Cut = (START, "", 0, -1.0, None, "")


def get_step(verdict: Verdict) -> str:
    """Summarize a title that opens a section by the features that later titles depend on."""
    title, label, depth, _, _ = verdict
    if depth > 1:
        return ""
    mark = title.mark and f"{title.mark[-1]}{title.mark[0].isdigit():d}"
    look = (title.is_item, title.capitals, title.has_colon, title.own_line)
    return f"{label} {mark} {look} {len(title.text) <= 4}"


def make_part(phrase: Phrase, label: str, confidence: float) -> Verdict | None:
    """Make the verdict that a title opens a part; None if it has no label."""
    return (phrase, label, 2, confidence, None) if label else None
