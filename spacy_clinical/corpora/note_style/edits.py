"""A text that is being changed, and what becomes of the places in it."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple


class Edit(NamedTuple):
    """A change of a text.

    start, end (characters): The place that is replaced, half open; empty to insert.
    """

    start: int
    end: int
    text: str


class Place(NamedTuple):
    """A labelled place in a text (characters, half open).

    is_entity: Whether it is one of the Doc's entities.
    is_asserted: Whether it has attributes, such as that it is negated.
    is_new: Whether it isn't in the original.
    """

    start: int
    end: int
    label: str
    is_entity: bool = True
    is_asserted: bool = False
    is_new: bool = False


class Draft:
    """A text with labelled places that stay whole while the text is changed."""

    def __init__(self, text: str, places: Iterable[Place] = ()) -> None:
        """Set up the draft.

        places: In any order. They may overlap.
        """
        self.text = text
        self.length = len(text)
        self.places = sorted(places)
        self._steps: list[_Step] = []

    @property
    def entities(self) -> list[Place]:
        """List the entities at their places in the current text, in order."""
        return [place for place in self.places if place.is_entity]

    @property
    def is_changed(self) -> bool:
        return bool(self._steps)

    def apply(self, edits: Iterable[Edit]) -> list[Edit]:
        """Change the text.

        Of edits that overlap, the first is made. Left out are those that cross the
        border of a place, would leave nothing of it, or would join it with the word
        beside it.

        edits: In any order.
        RETURNS: The edits that were made, in the order of the text.
        """
        chosen = self._choose(edits)
        if not chosen:
            return []
        step = _Step(chosen)
        empty = [p for p in self.places if not self._read(step, p).strip()]
        if empty:
            chosen = [
                edit
                for edit in chosen
                if not any(p.start <= edit.start and edit.end <= p.end for p in empty)
            ]
            if not chosen:
                return []
            step = _Step(chosen)
        parts, end = [], 0
        for edit in chosen:
            parts += [self.text[end : edit.start], edit.text]
            end = edit.end
        self.text = "".join([*parts, self.text[end:]])
        self.places = [
            place._replace(
                start=step.map_start(place.start), end=step.map_end(place.end)
            )
            for place in self.places
        ]
        self._steps.append(step)
        return chosen

    def add(self, places: Iterable[Place]) -> None:
        """Add entities that the original doesn't have.

        places: In the current text.
        """
        new = [place._replace(is_new=True) for place in places]
        self.places = sorted([*self.places, *new])

    def change_letters(self, change: Callable[[str], str]) -> None:
        """Change each character into another one, such as into a capital.

        change: Characters that become several, as "ß" does, stay as they are.
        """
        changed = change(self.text)
        if len(changed) != len(self.text):
            pairs = ((char, change(char)) for char in self.text)
            changed = "".join(new if len(new) == 1 else old for old, new in pairs)
        if changed != self.text:
            self.text = changed
            self._steps.append(_Step([]))

    def map_place(self, start: int, end: int) -> tuple[int, int]:
        """Find where a place of the original text is in the current one.

        What is inserted at its borders is outside.

        start, end (characters): Half open.
        """
        for step in self._steps:
            start, end = step.map_start(start), step.map_end(end)
        return start, max(start, end)

    def map_stretch(self, start: int, end: int) -> tuple[int, int]:
        """Find where a stretch of the original text is: the whole stays the whole.

        start, end (characters): Half open.
        """
        if (start, end) == (0, self.length):
            return 0, len(self.text)
        return self.map_place(start, end)

    def _read(self, step: "_Step", place: Place) -> str:
        """Read what a step makes of a place."""
        first = bisect_left(step.starts, place.start)
        parts, done = [], place.start
        for edit in step.edits[first:]:
            if edit.start >= place.end:
                break
            if edit.end > place.start:
                parts += [self.text[done : edit.start], edit.text]
                done = edit.end
        return "".join([*parts, self.text[done : place.end]])

    def _choose(self, edits: Iterable[Edit]) -> list[Edit]:
        borders = sorted({b for place in self.places for b in place[:2]})
        known = set(borders)
        chosen: list[Edit] = []
        done = 0
        for edit in sorted(edits, key=lambda edit: edit[:2]):
            if edit.start < done or self.text[edit.start : edit.end] == edit.text:
                continue
            if edit.start < edit.end:
                inside = bisect_left(borders, edit.end) - bisect_right(
                    borders, edit.start
                )
                if inside:
                    continue
            if not known.isdisjoint(edit[:2]) and self._joins(edit, known):
                continue
            chosen.append(edit)
            done = edit.end
        return chosen

    def _joins(self, edit: Edit, borders: set[int]) -> bool:
        """Check whether an edit joins words across the border of a place."""
        start, end, text = edit
        sides = []
        if end in borders:
            new = text[-1:] or self.text[start - 1 : start]
            sides.append((new, self.text[end - 1 : end], self.text[end : end + 1]))
        if start in borders:
            new = text[:1] or self.text[end : end + 1]
            sides.append(
                (new, self.text[start : start + 1], self.text[start - 1 : start])
            )
        return any(
            new.isalnum() and beside.isalnum() and not old.isalnum()
            for new, old, beside in sides
        )


class _Step:
    """Edits that were made at once, and where they move places."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self.edits = edits
        self.starts = [edit.start for edit in edits]
        self.ends = [edit.end for edit in edits]
        changes = (len(edit.text) - (edit.end - edit.start) for edit in edits)
        self.shifts = [0, *accumulate(changes)]

    def map_start(self, start: int) -> int:
        k = bisect_right(self.ends, start)
        if k < len(self.edits) and self.starts[k] < start:
            # Inside of what is replaced: from its start on.
            return self.starts[k] + self.shifts[k]
        return start + self.shifts[k]

    def map_end(self, end: int) -> int:
        k = bisect_left(self.starts, end)
        if k and self.ends[k - 1] > end:
            return self.ends[k - 1] + self.shifts[k]
        return end + self.shifts[k]
