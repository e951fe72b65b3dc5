"""Say of each target in a note whether it holds, for whom and when."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from spacy_clinical.assertion.checklist import find_marks, may_have_marks, merge_matches
from spacy_clinical.assertion.clauses import Clauses
from spacy_clinical.assertion.cues import ATTRIBUTES, CueSet
from spacy_clinical.assertion.scopes import Said, Scopes, Target
from spacy_clinical.assertion.units import Units
from spacy_clinical.assertion.words import locate_words


class Place(NamedTuple):
    """A target in a note (characters, half open).

    kind: "condition", "test", "treatment" or "time".
    """

    start: int
    end: int
    kind: str = "condition"


class Reason(NamedTuple):
    """A cue that says something (characters, half open).

    rule: Its words as in the rules.
    """

    start: int
    end: int
    category: str
    direction: str
    rule: str

    def is_beside(self, start: int, end: int) -> bool:
        """Check whether no word stands between the cue and a target (characters)."""
        return max(start - self.end, self.start - end) <= 1


class Assessment(NamedTuple):
    """An assessment of a target.

    reasons: By category, one each.
    section: The label of the section that says the rest, or "".
    section_category: What it says.
    """

    reasons: dict[str, Reason]
    section: str = ""
    section_category: str = ""

    @property
    def categories(self) -> set[str]:
        """Everything that holds."""
        said = {*self.reasons, self.section_category}
        return said.intersection(ATTRIBUTES)


NOTHING = Assessment({})


class Note(NamedTuple):
    """Facts of a note besides its targets.

    sentence_starts (characters): Sorted.
    titles (characters): Start and end of section titles, sorted: no cues but for denials.
    sections: Start (characters) and label, sorted.
    """

    text: str
    sentence_starts: Sequence[int]
    titles: Sequence[tuple[int, int]] = ()
    sections: Sequence[tuple[int, str]] = ()


def assess(
    note: Note, places: Sequence[Place], cues: CueSet, *, use_sections: bool = True
) -> list[Assessment]:
    """Say of each target whether it holds, for whom and when.

    places: The targets, sorted by their starts.
    use_sections: Whether the section that a target is in counts.
    """
    labels = [label for _, label in note.sections] if use_sections else ()
    has_defaults = any(cues.sections.get(label) for label in labels)
    reader = _Reader(note, cues, has_defaults)
    found: list[dict[str, Reason]] = []
    first, n = 0, len(places)
    while first < n:
        number = reader.units.find(places[first].start)
        end, last = reader.units.ends[number], first + 1
        while last < n and places[last].start < end:
            last += 1
        found += reader.read(number, places[first:last])
        first = last
    if not has_defaults:
        return [Assessment(reasons) if reasons else NOTHING for reasons in found]
    starts = [start for start, _ in note.sections]
    assessed = []
    for place, reasons in zip(places, found, strict=True):
        index = bisect_right(starts, place.start) - 1
        label = labels[index] if index >= 0 else ""
        assessed.append(_add_default(place, reasons, label, cues))
    return assessed


def _add_default(
    place: Place, reasons: dict[str, Reason], label: str, cues: CueSet
) -> Assessment:
    """Add what the section says, where the text says nothing else."""
    category = cues.sections.get(label, "")
    if category == "historical":
        is_open = not {"negated", "current", "hypothetical"} & set(reasons)
    elif category == "hypothetical":
        is_open = not reasons and place.kind == "condition"
    else:
        is_open = category != ""
    if not is_open or category in reasons:
        return Assessment(reasons) if reasons else NOTHING
    return Assessment(reasons, label, category)


class _Reader:
    """Reads the stretches of a note that have targets."""

    def __init__(self, note: Note, cues: CueSet, has_defaults: bool) -> None:
        """Prepare a note.

        has_defaults: Whether sections say something, unless what is there is current.
        """
        self.note, self.cues, self.has_defaults = note, cues, has_defaults
        self.lowered = lower(note.text)
        self.units = Units(note.text, note.sentence_starts)
        self._title_starts = [start for start, _ in note.titles]
        # By number of a unit, what the head of its list says.
        self._heads: dict[int, Said] = {}
        self._offsets: dict[int, tuple[int, int]] = {}

    def read(self, number: int, places: Sequence[Place]) -> list[dict[str, Reason]]:
        """Read what is said of the targets in a stretch, in order."""
        heads = self._find_heads(number)
        scopes, firsts, lasts = self._read_unit(number, places, heads)
        if scopes is None:
            return [{} for _ in places]
        found = []
        for said in scopes.find():
            reasons = {}
            for category, one in said.items():
                if one.match.start < 0:
                    # Of a line above.
                    start, end = self._offsets[id(one)]
                else:
                    start, end = firsts[one.match.start], lasts[one.match.end - 1]
                cue = one.cue
                reasons[category] = Reason(
                    start, end, category, cue.direction, cue.phrase
                )
            denial, past = reasons.get("negated"), reasons.get("historical")
            if (
                denial
                and past
                and past.direction == "before"
                and (denial.start < past.start or said["historical"].is_head)
            ):
                # "Denies any history of stroke": there is no past one either, nor is
                # there in "PMH: no stroke".
                del reasons["historical"]
            found.append(reasons)
        return found

    def _read_unit(
        self, number: int, places: Sequence[Place], heads: Said
    ) -> tuple[Scopes | None, list[int], list[int]]:
        """Read a stretch; None if nothing in it, nor above it, says anything.

        RETURNS: Its scopes, and where its words start and end (characters).
        """
        start, end = self.units.starts[number], self.units.ends[number]
        stretches = self.lowered[start:end].split()
        if not heads and self.cues.are_quiet(stretches, with_current=self.has_defaults):
            return None, [], []
        words = self.cues.split(stretches)
        bits = self.cues.look_up(words)
        clauses = Clauses(words, bits, self.cues.grammar)
        matches = self.cues.find(words, clauses)
        is_listed = may_have_marks(words)
        if not (heads or is_listed or any(match.sides for match in matches)):
            return None, [], []
        firsts, lasts = locate_words(words, self.lowered, start)
        if matches and self._title_starts:
            matches = [
                match
                for match in matches
                if not self._is_in_title(firsts[match.start])
                or any(cue.category == "negated" for cue in match.cues)
            ]
        targets = []
        for place in places:
            first = bisect_right(lasts, place.start)
            last = max(bisect_left(firsts, place.end), first)
            targets.append(Target(first, last, place.kind))
        if is_listed:
            first_target = targets[0].start if targets else len(words)
            matches = merge_matches(matches, find_marks(words, first_target))
        return Scopes(words, matches, targets, clauses, heads), firsts, lasts

    def _is_in_title(self, place: int) -> bool:
        index = bisect_right(self._title_starts, place) - 1
        return index >= 0 and place < self.note.titles[index][1]

    def _find_heads(self, number: int) -> Said:
        """Find what the line above a list says of its items."""
        if not number:
            return {}
        units, first = self.units, number
        is_bullet = units.is_bullet(number)
        if not (is_bullet or units.starts_line(number)):
            return {}
        while first not in self._heads and units.is_item(first, is_bullet):
            first -= 1
        if first in self._heads:
            heads = self._heads[first]
        else:
            heads = self._read_head(first) if first < number else {}
        for item in range(first + 1, number + 1):
            self._heads[item] = heads
        return heads

    def _read_head(self, number: int) -> Said:
        scopes, firsts, lasts = self._read_unit(number, (), {})
        heads: Said = {}
        if scopes is None:
            return heads
        for category, one in scopes.find_heads().items():
            start, end = firsts[one.match.start], lasts[one.match.end - 1]
            self._offsets[id(one)] = start, end
            one.match.start = -1
            heads[category] = one
        return heads


def lower(text: str) -> str:
    """Put a text in lower case, each character where it was."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lowered.replace("\u2019", "'")
