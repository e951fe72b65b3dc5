"""Read that one drug takes the place of another: "switched from A to B"."""

import re
from collections.abc import Sequence

from spacy_clinical.relations.attachment import Drug

_VERB = r"(?:switch|chang|transition|convert|rotat|replac)\w{0,4}(?: over)?"
_FROM = re.compile(rf"\b{_VERB}\s+from\s+(?:\w+\s+)?$", re.IGNORECASE)
_TO = re.compile(rf"\b{_VERB}\s+(?:to|with|by)\s+(?:\w+\s+)?$", re.IGNORECASE)
_THEN_TO = re.compile(r"\bto\s+(?:\w+\s+)?$", re.IGNORECASE)
_BEFORE = 60


def find_switches(
    text: str, drugs: Sequence[Drug], numbers: Sequence[int]
) -> dict[int, str]:
    """Find the drugs of a region that are stopped for another, and those.

    numbers: Of the drugs in the region, in order.
    RETURNS: "start" or "stop", by number.
    """
    found: dict[int, str] = {}
    before: int | None = None
    for i in numbers:
        low = drugs[before].end if before is not None else 0
        drug = drugs[i]
        gap = text[max(low, drug.start - _BEFORE) : drug.start]
        if _TO.search(gap):
            found[i] = "start"
            if before is not None:
                found.setdefault(before, "stop")
        elif (
            before is not None
            and _THEN_TO.search(gap)
            and _is_from(text, drugs[before])
        ):
            found[before], found[i] = "stop", "start"
        before = i
    return found


def _is_from(text: str, drug: Drug) -> bool:
    return bool(_FROM.search(text[max(drug.start - _BEFORE, 0) : drug.start]))
