"""Find when something was measured: by a date beside it, or over its lines."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from spacy_clinical.relations.dates.calendar_dates import Context
from spacy_clinical.relations.dates.find import FoundDate, find_calendar_dates

# Between a value and the date that follows it.
_BEHIND = re.compile(
    r"[^.;\n]{0,25}?(?:\b(?:on|from|as of|dated|drawn|collected) |\()$"
)
# Between a value and the date in the next column.
_COLUMN = re.compile(r"\)?[ \t]*(?:\(?[HLAN]{1,2}\)?)?[ \t]+")
# Before a date at the end of a line that isn't when the lines below were written.
_OTHER_DAY = re.compile(r"\d|\b(?:dates?|dob|birth|born|discharged?|admi\w+)\b", re.I)
_ENDS = re.compile(r"[.;]\s")
# Before the first letter of a line of results.
_AT_START = re.compile(r"[\s*\[(]{0,12}$")
_AT_END = re.compile(r"[\s\])*:]{0,12}(?:\n|$)")
_MAX_LINE = 300
# Characters under a date that it holds for, without a blank line between.
_MAX_BLOCK = 3000


class Dates:
    """The dates of a note, for what is near them.

    context: How they are read.
    """

    def __init__(self, text: str, context: Context) -> None:
        self.text = text
        found = find_calendar_dates(text, context, with_short=True)
        self._found: Sequence[FoundDate] = [
            one for one in found if one.value.is_resolved and not one.value.value_end
        ]
        self._starts = [one.start for one in self._found]

    def find(self, start: int, end: int, *, is_former: bool = False) -> str | None:
        """Find when a place was measured (characters, half open).

        is_former: Whether it was before what else the line says.
        """
        if is_former:
            return self._find_behind(end)
        index = bisect_right(self._starts, start)
        before = self._found[index - 1] if index else None
        # One inside says it: "Hgb on 3/4 was 8.2".
        if index < len(self._found) and self._found[index].end <= end:
            return self._found[index].value.value
        if before and start - before.end <= _MAX_LINE:
            between = self.text[before.end : start]
            is_in_line = "\n" not in between
            if is_in_line and (self._is_first(before) or not _ENDS.search(between)):
                return before.value.value
        if index < len(self._found):
            after = self._found[index]
            gap = self.text[end : after.start] if after.start - end <= 40 else "\n"
            if _BEHIND.fullmatch(gap) or _COLUMN.fullmatch(gap):
                return after.value.value
        return before.value.value if before and self._holds(before, start) else None

    def _find_behind(self, end: int) -> str | None:
        """Find the date right behind a place that ends at a character."""
        index = bisect_right(self._starts, end - 1)
        if index == len(self._found):
            return None
        gap = self.text[end : min(self._found[index].start, end + 40)]
        return self._found[index].value.value if _BEHIND.fullmatch(gap) else None

    def _holds(self, date: FoundDate, start: int) -> bool:
        """Check whether a date is the head of the lines that a place is in."""
        if start - date.end > _MAX_BLOCK:
            return False
        between = self.text[date.end : start]
        if "\n\n" in between or "\n \n" in between:
            return False
        if self._is_first(date):
            return True
        line = self.text.rfind("\n", max(date.start - _MAX_LINE, 0), date.start) + 1
        return (
            _AT_END.match(self.text, date.end) is not None
            and _OTHER_DAY.search(self.text[line : date.start]) is None
        )

    def _is_first(self, date: FoundDate) -> bool:
        """Check whether a line starts with a date."""
        line = self.text.rfind("\n", max(date.start - _MAX_LINE, 0), date.start) + 1
        return _AT_START.fullmatch(self.text[line : date.start]) is not None
