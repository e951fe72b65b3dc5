"""Resolve the times of a note: what is relative by what the note says of its dates."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from spacy.tokens import Doc, Span

from spacy_clinical.extensions.doc_data import read_text
from spacy_clinical.relations.dates.anchors import find_anchors
from spacy_clinical.relations.dates.calendar_dates import Context
from spacy_clinical.relations.dates.clock import read_clock
from spacy_clinical.relations.dates.find import find_day_first, is_grade
from spacy_clinical.relations.dates.normalize import KINDS, read_time
from spacy_clinical.relations.dates.value import TimeValue
from spacy_clinical.relations.dates.words import fold

# Words beside an entity that belong to what it says, wherever its borders are.
_BEFORE = re.compile(
    r"(?:(?<!\w)(?:since|from|until|till|through|early|late|mid|end of|beginning of|about|"
    r"approximately|around|roughly|nearly|almost|more than|less than|at least|up to|over|"
    r"within|before|after|last|past|next|this|the|in|on|at|age|aged|x|pod|hd|"
    r"post-?op(?:erative)?(?: day)?|hospital(?: day)?)[ -]{1,2}#?){1,4}$",
    re.IGNORECASE,
)
# "29 Feb 2021" is no day, though "Feb 2021" is a month.
_DAY_BEFORE = re.compile(r"(?<![\w./-])\d{1,2}(?:st|nd|rd|th)?[ -](?:of )?$")
_IS_MONTH = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b", re.IGNORECASE
)
_AFTER = re.compile(
    r"[ -](?:ago|back|later|earlier|previously|afterwards?|thereafter|old|of age|pta|"
    r"(?:prior(?: to)?|before|after|following|post|since)(?:[ -][\w-]+){0,3})\b",
    re.IGNORECASE,
)
_REST = re.compile(r"(?: [\w-]+){1,3}")
_IS_OPEN = re.compile(r"(?:before|prior to|after|following|post|since)$", re.IGNORECASE)
_IS_FUTURE = re.compile(
    r"\b(?:scheduled|appointment|appt|return|rtc|due|planned|plan|will|would like|recheck|"
    r"going to|follow-? ?up (?:in|on|with|scheduled))\b",
    re.IGNORECASE,
)
_MAX_BEFORE, _MAX_AFTER = 60, 40
# Between a date and what is counted on from it (characters).
_MAX_STORY = 600
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n|\n[^\n:]{1,40}:")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):?[0-5]\d(?: ?(?:h|hrs?|hours))?", re.IGNORECASE)
_AT = re.compile(r"(?:@|\bat)[ ]?\d[^@]*$", re.IGNORECASE)
_WITH_REST = frozenset({"date", "time"})


def resolve_dates(
    doc: Doc,
    *,
    reference: date | None = None,
    day_first: bool | None = None,
    spans: Iterable[Span] | None = None,
) -> list[dict[str, Any]]:
    """Resolve the dates, times, durations, ages and frequencies of a Doc.

    reference: The note's date. None: what `doc._.note_dates` says, or the note's head.
    day_first: Whether "3/4" is the third of April. None: as other dates of the note show;
        where none does, the month comes first, and such dates are marked.
    spans: What to resolve, instead of `doc.ents`. Other labels are passed over.
    RETURNS: In the order of the text, for each that could be read at least in part, its
        start_char, end_char and label, and what `TimeValue` describes.
    """
    chosen = [s for s in (doc.ents if spans is None else spans) if _is_time(s)]
    if not chosen:
        return []
    chosen.sort(key=lambda span: (span.start, span.end))
    text = read_text(doc)
    order = find_day_first(text) if day_first is None else day_first
    anchors = find_note_anchors(doc, text, reference=reference, day_first=order)
    reader = _Reader(text, anchors, order, find_borders(doc, text))
    records = []
    for span in chosen:
        found = reader.read(span.start_char, span.end_char, span.label_.lower())
        if found is not None:
            place = {"start_char": span.start_char, "end_char": span.end_char}
            records.append({**place, "label": span.label_, **found.as_record()})
    return records


def _is_time(span: Span) -> bool:
    return span.label_.lower() in KINDS and span.end > span.start


def find_note_anchors(
    doc: Doc,
    text: str,
    *,
    reference: date | None = None,
    day_first: bool | None = None,
) -> dict[str, date]:
    """Find the dates that others in a Doc may be relative to, as `find_anchors` does.

    reference: The note's date, if it is known.
    """
    kept: Mapping[str, str] = doc._.note_dates
    known = {kind: date.fromisoformat(day) for kind, day in kept.items()}
    if reference is not None:
        known["note"] = reference
    return find_anchors(text, known, day_first)


def find_borders(doc: Doc, text: str) -> list[int]:
    """Find where sentences start (characters): lines, if the Doc has no sentences."""
    if doc.has_annotation("SENT_START"):
        return [token.idx for token in doc if token.is_sent_start]
    return [0, *(match.end() for match in re.finditer(r"\n|[.;] ", text))]


def _follows(found: TimeValue) -> bool:
    """Check whether a time is counted on from a date before it that isn't known."""
    is_open = found.anchor == "previous" and found.reason == "no_reference"
    return is_open and not (found.offset or "").startswith("-")


def _read_clock(text: str, start: int, end: int) -> TimeValue | None:
    """Read what a note gives as a time of day: "at 2000", "@ 0300"; None if it is none."""
    written = text[start:end].strip(" @")
    if not _CLOCK.fullmatch(written) or not _AT.search(text, max(start - 4, 0), end):
        return None
    value = read_clock(fold(written))
    return TimeValue("TIME", value) if value else None


class _Reader:
    """Reads the times of a note in order, each with the words around it.

    borders (characters): Where sentences start.
    """

    def __init__(
        self,
        text: str,
        anchors: dict[str, date],
        day_first: bool | None,
        borders: list[int],
    ) -> None:
        self.text = text
        self.anchors = anchors
        self.day_first = day_first
        self.borders = borders
        self._sentence = -1
        self._previous: date | None = None
        # The last day that was said before, and where.
        self._earlier: date | None = None
        self._place = 0

    def read(self, start: int, end: int, kind: str) -> TimeValue | None:
        """Read a time (characters, half open)."""
        if is_grade(self.text, start, end):
            return None
        sentence = bisect_right(self.borders, start)
        if sentence != self._sentence:
            self._sentence, self._previous = sentence, None
        first = max(start - _MAX_BEFORE, self.borders[sentence - 1] if sentence else 0)
        before = self.text[first:start].rpartition("\n")[2]
        context = Context(
            self.anchors.get("note"), self.day_first, bool(_IS_FUTURE.search(before))
        )
        clock = _read_clock(self.text, start, end)
        if clock is not None:
            return clock
        texts = self._list_texts(start, end, kind, before)
        # What comes before in the same sentence is surely what is meant.
        found = self._read_first(texts, kind, context, self._previous)
        if found is not None and _follows(found) and self._is_near(start):
            # "Admitted on 5/3. Two days later": a story goes on.
            found = self._read_first(texts, kind, context, self._earlier)
        if found is not None and found.type in ("DATE", "TIME"):
            self._previous = found.day if found.is_resolved else None
            self._earlier, self._place = self._previous, end
        return found

    def _read_first(
        self, texts: list[str], kind: str, context: Context, previous: date | None
    ) -> TimeValue | None:
        """Read the first of several texts that is a time.

        previous: The date before it, if there is one.
        """
        anchors = {**self.anchors, **({"previous": previous} if previous else {})}
        for written in texts:
            found = read_time(written, kind, context, anchors)
            if found is not None:
                return found
        return None

    def _is_near(self, start: int) -> bool:
        """Check whether the last date was said in the same paragraph, near enough."""
        if self._earlier is None or start - self._place > _MAX_STORY:
            return False
        return _PARAGRAPH.search(self.text, self._place, start) is None

    def _list_texts(self, start: int, end: int, kind: str, before: str) -> list[str]:
        """List what may be the text of a time: with the words beside it, and without."""
        text = self.text[start:end]
        after = self.text[end : end + _MAX_AFTER]
        rest = ""
        if kind in _WITH_REST:
            match = (_REST if _IS_OPEN.search(text) else _AFTER).match(after)
            rest = match[0] if match else ""
        elif kind == "age":
            match = re.match(
                r"[ -]?(?:years?|months?|y/?o|weeks?|days?)[ -]?old", after
            )
            rest = match[0] if match else ""
        day = _DAY_BEFORE.search(before) if _IS_MONTH.match(text) else None
        lead = day or _BEFORE.search(before)
        prefix = lead[0] if lead else ""
        texts = [f"{prefix}{text}{rest}", f"{text}{rest}", f"{prefix}{text}", text]
        return list(dict.fromkeys(texts))
