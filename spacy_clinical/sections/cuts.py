"""What titles open: plain tuples, as there are many."""

from spacy_clinical.sections.lines import Phrase
from spacy_clinical.sections.outlines import TitleGroup

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
    """Name all that later titles are judged by in a section that a title opens."""
    title, label, depth, _, _ = verdict
    if depth > 1:
        return ""
    mark = title.mark and f"{title.mark[-1]}{title.mark[0].isdigit():d}"
    look = (title.is_item, title.capitals, title.has_colon, title.own_line)
    return f"{label} {mark} {look} {len(title.text) <= 4}"


def make_part(phrase: Phrase, label: str, confidence: float) -> Verdict | None:
    """Let a title open a part; none if it has no label."""
    return (phrase, label, 2, confidence, None) if label else None
