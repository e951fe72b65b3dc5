"""The value of a time, as records have it."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

TimeType: TypeAlias = Literal["DATE", "TIME", "DURATION", "SET", "AGE"]
# Dates that others are relative to. "previous" is the one before it in the text.
Anchor: TypeAlias = Literal[
    "note", "admission", "discharge", "surgery", "birth", "previous", "unknown"
]
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class TimeValue:
    """The value of a time, after TIMEX3.

    value: ISO 8601: "2019-02-03", "2019-02", "2019-WI", "201X", "P6M", "PT8H", "T14:30".
        X stands for what isn't known: "XXXX-03-04". None if nothing is.
    value_end: The end of a range.
    mod: START (since), END (until), EARLY, MID, LATE, APPROX, BEFORE, AFTER, MORE_THAN or
        LESS_THAN.
    anchor: The date that it is relative to.
    offset: How far from the anchor: "P3D", or "-P3D" for what is before it.
    freq: How often within the value of a SET: "twice a week" is 2 in P1W.
    other: The value if the day comes first, where nothing tells whether "5/3" is the third
        of May.
    is_resolved: Whether the value is all that the text says, with nothing missing.
    reason: Why it isn't resolved, or what was assumed: no_reference, no_year, no_time,
        no_such_date, vague, ambiguous_order, assumed_year, assumed_century, after_note;
        removed, with the note's identifiers.
    """

    type: TimeType
    value: str | None
    value_end: str | None = None
    mod: str | None = None
    anchor: Anchor | None = None
    offset: str | None = None
    freq: str | None = None
    other: str | None = None
    is_resolved: bool = True
    reason: str = ""

    @property
    def day(self) -> date | None:
        """The day; None if the value is less, or a range."""
        if self.value is None or self.value_end or not _DAY.match(self.value):
            return None
        return date.fromisoformat(self.value[:10])

    def as_record(self) -> dict[str, Any]:
        """Make plain data of it."""
        return {
            "type": self.type,
            "value": self.value,
            "value_end": self.value_end,
            "mod": self.mod,
            "anchor": self.anchor,
            "offset": self.offset,
            "freq": self.freq,
            "other": self.other,
            "resolved": self.is_resolved,
            "reason": self.reason,
        }
