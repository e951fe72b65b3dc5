"""Draw a timeline: one row for each date, on a scale, with what happened beside it.

A drawing is plain data: `timeline.html` makes SVG of it, and so does the script of the viewer.
It has places in percent of its width, so that it fits any, and its text keeps its size.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from spacy_clinical.export.pages.assertion import MARKS, list_marks
from spacy_clinical.export.pages.palette import get_style
from spacy_clinical.export.pages.record_tables import MeasurementRow, list_measurements
from spacy_clinical.export.pages.time_scale import Tick, TimeScale
from spacy_clinical.export.pages.wording import REASONS, shorten, write_moment
from spacy_clinical.export.timeline import Event, Moment, make_timeline

ROW_HEIGHT = 26
# For the scale, above and below the rows.
HEAD, FOOT = 44, 8
# Characters that have room in one percent of the width, on a narrow page.
_ROOM = 1.0
# Characters of "+ 12 more".
_MORE = 9
_MAX_WORDS = 40
# In what a mark says when the mouse is over it.
_MAX_ITEMS = 20
# What is narrower (percent) is a dot.
_MIN_BAR = 1.6
_MIDDLE = 50.0
# Types of what has no type of its own.
_VALUE, _DATE = "Lab_value", "Date"


class Item(NamedTuple):
    """An event (characters, half open).

    said: Whether it is denied and the like; "" if it isn't.
    type: Label of the entity.
    target: The anchor of its place in the note; "" for none.
    """

    words: str
    said: str
    type: str
    target: str
    start: int
    end: int
    entity: int | None = None
    is_near: bool = False
    is_denied: bool = False


class Row(NamedTuple):
    """A date (places in percent).

    y (pixels): The middle of the row.
    color: Of the mark, of CSS.
    when: In words.
    note: What was assumed; "" if nothing was.
    items: All that happened; as many as fit are written beside the mark.
    n_shown: How many of these that are.
    is_dot: Whether it is too short for a bar.
    is_left: Whether its text is on the left of the mark.
    is_near: Whether only places in sentences say what happened.
    opens, closes: Whether it goes on after the mark, or began before it.
    """

    y: float
    left: float
    right: float
    color: str
    when: str
    note: str
    items: list[Item]
    n_shown: int
    is_dot: bool
    is_left: bool
    is_near: bool
    opens: bool
    closes: bool

    @property
    def n_more(self) -> int:
        """Number of items without room beside the mark."""
        return len(self.items) - self.n_shown

    @property
    def middle(self) -> float:
        """Place of a dot."""
        return round((self.left + self.right) / 2, 2)

    @property
    def edge_left(self) -> float:
        """Place where the mark begins."""
        return self.middle if self.is_dot else self.left

    @property
    def edge_right(self) -> float:
        """Place where the mark ends."""
        return self.middle if self.is_dot else self.right

    @property
    def shift(self) -> int:
        """Distance of the text from the mark (pixels), with room for an arrow."""
        is_arrow = self.closes if self.is_left else self.opens
        return (36 if is_arrow else 13) * (-1 if self.is_left else 1)

    @property
    def title(self) -> str:
        """All of it in words."""
        words = [
            f"{item.words} ({item.said})" if item.said else item.words
            for item in self.items[:_MAX_ITEMS]
        ]
        n_more = len(self.items) - len(words)
        more = [f"{n_more} more"] if n_more else []
        note = f" ({self.note})" if self.note else ""
        return f"{self.when}{note}: {', '.join([*words, *more])}"


class Drawing(NamedTuple):
    """A timeline, ready to be drawn.

    height: In pixels.
    cuts (percent): Where empty stretches were cut out.
    n_left_out: Dates that can't be placed.
    """

    rows: list[Row]
    ticks: list[Tick]
    cuts: list[float]
    height: int
    n_left_out: int

    @property
    def has_assumed(self) -> bool:
        """Whether a part of a date was assumed."""
        return any(row.note for row in self.rows)

    @property
    def summary(self) -> str:
        """Summary of the drawing, for those who can't see it."""
        if not self.rows:
            return "No dates."
        n_items = sum(len(row.items) for row in self.rows)
        first, last = self.rows[0].when, self.rows[-1].when
        span = first if len(self.rows) == 1 else f"{first} to {last}"
        return f"{n_items} on {len(self.rows)} dates, {span}."


def draw_timeline(record: Mapping[str, Any]) -> Drawing:
    """Draw the timeline of a record.

    record: As `records.make_record` makes it, with text.
    RETURNS: Without rows if nothing has a date that can be placed.
    """
    timeline = make_timeline(record)
    moments = timeline.moments
    if not moments:
        return Drawing([], [], [], 0, timeline.n_left_out)
    scale = TimeScale([moment.period for moment in moments])
    has_values = any(e.measurement is not None for m in moments for e in m.events)
    values = list_measurements(record) if has_values else []
    rows = [
        _draw_row(moment, HEAD + ROW_HEIGHT * (i + 0.5), scale, record, values)
        for i, moment in enumerate(moments)
    ]
    height = HEAD + ROW_HEIGHT * len(rows) + FOOT
    return Drawing(rows, scale.list_ticks(), scale.cuts, height, timeline.n_left_out)


def _draw_row(
    moment: Moment,
    y: float,
    scale: TimeScale,
    record: Mapping[str, Any],
    values: Sequence[MeasurementRow],
) -> Row:
    left, right = scale.place(moment.period.start), scale.place(moment.period.end)
    items = [_make_item(event, record, values) for event in moment.events]
    when = write_moment(moment.value, moment.value_end, moment.mod)
    is_left = (left + right) / 2 > _MIDDLE
    first = next((item for item in items if not item.is_near), items[0])
    return Row(
        y,
        round(left, 2),
        round(right, 2),
        get_style(first.type).mark,
        when,
        REASONS.get(moment.reason, ""),
        items,
        _count_fitting(when, items, _ROOM * max(left, 100 - right)),
        right - left < _MIN_BAR,
        is_left,
        first.is_near,
        moment.mod in ("START", "AFTER"),
        moment.mod in ("END", "BEFORE"),
    )


def _count_fitting(when: str, items: Sequence[Item], room: float) -> int:
    """Count the items that have room beside the mark: at least one.

    room: In characters.
    """
    room -= len(when) + 6
    for i, item in enumerate(items):
        room -= len(item.words) + 2
        is_last = i + 1 == len(items)
        if i and room < (0 if is_last else _MORE):
            return i
    return len(items)


def _make_item(
    event: Event, record: Mapping[str, Any], values: Sequence[MeasurementRow]
) -> Item:
    place = event.start, event.end
    if event.measurement is not None:
        row = values[event.measurement]
        words = " ".join(filter(None, (row.name, row.value, row.unit, row.flag[0])))
        said = row.flag[1] if row.flag[0] else ""
        target = f"at-{row.key}"
        return Item(shorten(words, _MAX_WORDS), said, _VALUE, target, *place)
    words = shorten((record.get("text") or "")[slice(*place)], _MAX_WORDS)
    if event.entity is None:
        return Item(f"“{words}”", "", _DATE, "", *place, is_near=event.is_near)
    entity = record["entities"][event.entity]
    marks = list_marks(entity)
    signs = "".join(mark.sign for mark in marks)
    return Item(
        f"{signs} {words}".strip(),
        ", ".join(mark.word for mark in marks),
        entity["label"],
        f"e{event.entity}",
        *place,
        event.entity,
        event.is_near,
        MARKS["is_negated"] in marks,
    )
