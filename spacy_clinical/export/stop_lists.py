"""Find lists of medications that were stopped or are on hold, by the line above them."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

# Those of FHIR's MedicationStatement.
Status: TypeAlias = Literal[
    "unknown", "stopped", "on-hold", "not-taken", "intended", "completed"
]

_DRUGS = r"(?:medications?|meds?|medicines?|drugs?|prescriptions?)"
_WHICH = r"(?:\s+(?:these|the|this|following|your|any|all|of|home|outpatient|current))*"
_OVER = r"(?:stopped|discontinued|d/c'?e?d|held|on\s+hold|withheld|paused|suspended)"
_BEING = (
    r"(?:\s+(?:that|which|were|was|are|is|have|been|being|to|be|you|should|currently|"
    r"recently|temporarily|now))*"
)
_WHEN = (
    r"(?:\s+(?:on|at|during|prior|before|until|upon|in|by|for|this)\b[^:.;,\n]{1,50})?"
)
# The title of such a list: up to a colon, or the whole line.
_STOPPED = re.compile(
    rf"[\W\d_]*(?:(?:{_OVER}|stop|hold|holding){_WHICH}\s+{_DRUGS}|"
    rf"{_DRUGS}{_BEING}\s+(?:{_OVER}|stop|hold)(?:\s+taking)?|"
    rf"(?:please\s+)?stop\s+(?:taking|using){_WHICH}(?:\s+{_DRUGS})?|"
    rf"(?:{_OVER}|stop|hold)(?=\s*:))(?:\s+list)?{_WHEN}[ \t*_)\]]*(?::|$)",
    re.IGNORECASE,
)
_HELD = re.compile(
    r"\b(?:held|hold|holding|withheld|paused|suspended)\b", re.IGNORECASE
)
# Other titles: a line that ends with a colon, or one about medications.
_TITLE = re.compile(
    rf"[^:]{{1,80}}:[\s*_]*$|[\W\d_]*[^:.,;\d]{{0,40}}\b{_DRUGS}[^:.,;\d]{{0,30}}(?::|$)|"
    r"[\W\d_]*(?:start|continue|change|resume|keep|begin|new|no\s+change)"
    r"(?:\s+(?:taking|using|how\s+you\s+take))?[^:.,;\d]{0,40}:|"
    r"[\W\d_]*(?:start|continue|keep|change|resume)\s+"
    r"(?:taking|using|how\s+you\s+take)\b[^:.,;\d]{0,20}$",
    re.IGNORECASE,
)
# After an empty line: sentences, not items of the list.
_PROSE = re.compile(
    r"(?![-*\u2022\d])(?:.*[a-z]\.\s*$|.*\b(?:he|she|they|patient|pt|takes|is|was|were|has|"
    r"had|will|continues?)\b)",
    re.IGNORECASE,
)
_STOPS = re.compile(r"stop|hold|held|discontinued|d/c|paused|suspended", re.IGNORECASE)


class StopLists:
    """The lists of a note whose medications were stopped or are on hold.

    text: Of the note.
    starts: Where its titled sections start, in order: a list ends there.
    """

    def __init__(self, text: str, starts: Sequence[int]) -> None:
        rows = list(_list_borders(text, starts)) if _STOPS.search(text) else []
        self._places = [place for place, _ in rows]
        self._statuses = [status for _, status in rows]

    def find_status(self, place: int) -> Status:
        """Find what the title above a place (character) says; "unknown" if nothing."""
        index = bisect_right(self._places, place) - 1
        return self._statuses[index] if index >= 0 else "unknown"


def _list_borders(text: str, starts: Sequence[int]) -> Iterator[tuple[int, Status]]:
    """List the lines that start or end a list, with the status of what follows."""
    place = 0
    is_behind_empty = False
    for line in text.split("\n"):
        index = bisect_left(starts, place)
        is_section = index < len(starts) and starts[index] <= place + len(line)
        match = _STOPPED.match(line.rstrip()[:200])
        if match is not None:
            yield place, "on-hold" if _HELD.search(match[0]) else "stopped"
        elif (
            is_section
            or _TITLE.match(line.rstrip()[:200])
            or (is_behind_empty and _PROSE.match(line[:200]))
        ):
            yield place, "unknown"
        is_behind_empty = not line.strip()
        place += len(line) + 1
