"""From the words of a sentence, its cues and its targets, to what is said of each target.

Two passes, from left to right for cues that stand before what they are about, and back
for those behind it. Each remembers one open cue by category, the nearest, so that the
work grows with the sentence and not with cues times targets.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from spacy_clinical.assertion.clauses import BORDER, PREPOSITION, VERB, Clauses
from spacy_clinical.assertion.matches import LEFT, RIGHT, Cue, Match

LISTED = frozenset(["negated", "uncertain", "historical"])
_OPENERS = frozenset(["(", "[", "?", "-", "\u2013", "\u2014", ":", "="])


class Target(NamedTuple):
    """Something that cues may be about (words, half open).

    kind: "condition", "test" (a negative result leaves it as it is), "treatment" or
        "time" (which is never denied).
    """

    start: int
    end: int
    kind: str = "condition"


class Open:
    """A cue whose scope is open.

    reach: As the cue's; changes to "" where a list goes on.
    is_head: Whether a colon follows: "PMH: gout; asthma".
    """

    __slots__ = ("cue", "is_head", "match", "reach")

    def __init__(
        self, match: Match, cue: Cue, reach: str, is_head: bool = False
    ) -> None:
        self.match, self.cue, self.is_head = match, cue, is_head
        self.reach = "" if reach == "findings" else reach


Said = dict[str, Open]


class Scopes:
    """Scopes of cues: what they say of the targets in a sentence.

    words: In lower case.
    matches: The cues, in order.
    targets: In order of their starts.
    heads: Cues of a line above, if this is an item of a list.
    """

    def __init__(
        self,
        words: Sequence[str],
        matches: Sequence[Match],
        targets: Sequence[Target],
        clauses: Clauses,
        heads: Said | None = None,
    ) -> None:
        self.words, self.targets, self.clauses = words, targets, clauses
        self.matches = drop_inner(matches, targets)
        self.heads = heads or {}
        self.said: list[Said] = [{} for _ in targets]
        # Cues of direction "either" that are about what stands before them.
        self._used: set[int] = set()
        # Targets that a cue behind them may be about, if it finds no other.
        self._doubtful: dict[str, list[int]] = {}
        self._starts = frozenset(target.start for target in targets)
        self.is_paused = False
        self.open: Said = {}

    def find(self) -> list[Said]:
        """Find by target and category the cue that says it."""
        self._go_back()
        self._go_on()
        return self.said

    def find_heads(self) -> Said:
        """Find what the line says of the items of a list under it.

        Only if it ends with a colon, or is a cue and nothing else.
        """
        self._go_on()
        n = len(self.words)
        is_cue = (
            len(self.matches) == 1 and self.matches[0].end - self.matches[0].start == n
        )
        if not n or not (self.words[-1] == ":" or is_cue):
            # "PMH: 1. Gout. 2. Asthma."
            is_first = any(
                self.words[i : i + 2] == [":", "1"] for i in self.clauses.borders
            )
            opened = self.open.items() if is_first else ()
            return {category: one for category, one in opened if one.is_head}
        for one in self.open.values():
            one.is_head, one.reach = True, ""
        return self.open

    # From left to right

    def _go_on(self) -> None:
        self.open = dict(self.heads)
        forward = [match.start for match in self.matches if match.sides & RIGHT]
        if not (self.open or forward):
            return
        # Nothing before the first of them changes anything.
        first = 0 if self.open else forward[0]
        starting: dict[int, list[int]] = {}
        for number, target in enumerate(self.targets):
            if target.start >= first:
                starting.setdefault(target.start, []).append(number)
        if self.targets and not starting:
            return
        # Nor does anything behind the last target.
        last = max(starting, default=len(self.words))
        at = {m.start: m for m in self.matches if first <= m.start <= last}
        crossed = {
            i
            for i, bits in enumerate(self.clauses.bits[first : last + 1], first)
            if bits & (BORDER | PREPOSITION)
        }
        after = 0
        for i in sorted({*at, *crossed, *starting}):
            match = at.get(i)
            before = self.open
            if match is not None:
                before = dict(self.open) if i in starting else before
                self._open_forward(match)
                after = match.end
            elif i in crossed and i >= after:
                self._cross(i)
            for number in starting.get(i, ()):
                is_cue = match is not None and self.targets[number].end <= match.end
                self._say(number, before if is_cue else self.open)

    def _say(self, number: int, opened: Said) -> None:
        said = self.said[number]
        for category, found in opened.items():
            if not _may_be(found, self.targets[number]):
                continue
            is_paused = category == "negated" and self.is_paused and not found.is_head
            limit = found.match.limit
            if not is_paused and (limit is None or self.targets[number].end <= limit):
                said.setdefault(category, found)

    def _open_forward(self, match: Match) -> None:
        opened = self.open
        if self.clauses.bits[match.start] & PREPOSITION:
            self._drop_phrases()
        for cue in match.cues:
            if cue.direction == "end":
                ended = list(opened) if cue.category == "any" else [cue.category]
                for category in ended:
                    if category in opened and not self._happened(
                        opened, category, match
                    ):
                        del opened[category]
        for cue in match.cues:
            if cue.direction == "pause":
                self.is_paused = True
            is_before = cue.direction in ("before", "both")
            if is_before or (cue.direction == "either" and id(match) not in self._used):
                if cue.category == "negated":
                    self.is_paused = False
                reach = (
                    cue.reach
                    if cue.direction == "before"
                    else "phrase"
                    if cue.direction == "both"
                    else ""
                )
                opened[cue.category] = Open(match, cue, reach)

    def _happened(self, opened: Said, category: str, match: Match) -> bool:
        """Check whether words say what happened at a time: "in 2009 he was found to
        have X"."""
        is_time = (
            category == "historical" and opened[category].cue.direction == "either"
        )
        events = self.clauses.grammar.events
        return is_time and not events.isdisjoint(self.words[match.start : match.end])

    def _cross(self, i: int) -> None:
        """Close what a word closes."""
        word, opened = self.words[i], self.open
        if not opened:
            self.is_paused = False
            return
        if word in (",", ";", "or", "nor"):
            self.is_paused = False
        if word == ":" and i + 1 == len(self.words):
            return
        is_border = i in self.clauses.border_set
        if word == ":" and is_border:
            for category, one in list(opened.items()):
                if one.match.end == i or (
                    one.match.end >= i - 3
                    and self.words[i - 1] in (")", "following", "symptoms", "all")
                ):
                    one.is_head, one.reach = True, ""
                elif not (one.is_head and category != "negated"):
                    del opened[category]
            return
        if not is_border:
            self._drop(lambda one: bool(one.reach) and one.match.end < i)
            return
        if any(
            o.match.end == i and o.cue.direction == "either" for o in opened.values()
        ):
            # "In 2009, he had a stroke."
            return
        if word not in ("or", "nor"):
            self._drop_phrases()
        if word == ";":
            self._drop(lambda one: not one.is_head)
        elif opened and self.clauses.opens_clause(i):
            self._drop(
                lambda one: (
                    one.cue.category in LISTED
                    and not (one.is_head and one.cue.category == "historical")
                )
            )

    def _drop(self, test: Callable[[Open], bool]) -> None:
        for category, one in list(self.open.items()):
            if test(one):
                del self.open[category]

    def _drop_phrases(self) -> None:
        self._drop(lambda one: bool(one.reach))

    # Back

    def _go_back(self) -> None:
        last = max((m.end for m in self.matches if m.sides & LEFT), default=0)
        if not last:
            return
        ending: dict[int, list[int]] = {}
        for number, target in enumerate(self.targets):
            if target.end <= last:
                ending.setdefault(target.end, []).append(number)
        if not ending:
            return
        # Nothing before the first of them changes anything.
        first = min(ending)
        at = {m.end: m for m in self.matches if first <= m.end <= last}
        start = max(first - 1, 0)
        crossed = {
            i
            for i, bits in enumerate(self.clauses.bits[start:last], start + 1)
            if bits & (BORDER | VERB)
        }
        opened: Said = {}
        reached: dict[str, list[int]] = {}
        before = len(self.words)
        for end in sorted({*at, *crossed, *ending}, reverse=True):
            match = at.get(end)
            earlier = opened
            if match is not None:
                earlier = dict(opened) if end in ending else opened
                self._open_backward(match, opened, reached)
                before = match.start
            elif end in crossed and end <= before:
                self._cross_back(end - 1, opened, reached)
            for number in ending.get(end, ()):
                target = self.targets[number]
                is_cue = match is not None and target.start >= match.start
                for category, one in (earlier if is_cue else opened).items():
                    if not _may_be(one, target):
                        continue
                    for other in self._doubtful.pop(category, ()):
                        if self.said[other].get(category) is one:
                            del self.said[other][category]
                    self.said[number].setdefault(category, one)
                    reached.setdefault(category, []).append(number)
                    if one.cue.direction == "either":
                        self._used.add(id(one.match))

    def _open_backward(
        self, match: Match, opened: Said, reached: dict[str, list[int]]
    ) -> None:
        for cue in match.cues:
            if cue.direction == "end" and cue.category == "any":
                opened.clear()
            if cue.direction == "pause":
                # "Fever after surgery resolved": the fever did, if there is one.
                for category in opened:
                    self._doubtful[category] = reached.pop(category, [])
            if cue.direction == "before" and cue.category in opened:
                opened.pop(cue.category, None)
            if cue.direction == "either" and cue.category != "historical":
                # "There is possible pneumonia."
                following = self.words[match.end : match.end + 1]
                place = match.end + (following in (["a"], ["an"], ["the"]))
                if following == ["that"] or place in self._starts:
                    continue
            if cue.direction in ("after", "both", "either"):
                reach = cue.reach if cue.direction == "after" else "phrase"
                if not reach and self.words[match.start] in ("was", "is", "has"):
                    reach = "phrase"
                opened[cue.category] = Open(match, cue, reach)
                reached.pop(cue.category, None)
                self._doubtful.pop(cue.category, None)

    def _cross_back(self, i: int, opened: Said, reached: dict[str, list[int]]) -> None:
        word = self.words[i]
        if not opened:
            return
        if self.clauses.bits[i] & VERB or word == ";":
            for category, one in list(opened.items()):
                # "Her last seizure was in 1999."
                is_time = one.cue.direction == "either" and category == "historical"
                if not (is_time and one.match.start == i + 1 and word != ";"):
                    del opened[category]
        elif word in ("or", "nor"):
            for one in opened.values():
                if one.reach == "phrase":
                    one.reach = ""
        elif word in (",", ":", "and", "&", "plus"):
            for category, one in list(opened.items()):
                is_next = one.match.start == i + 1
                if word == ":" and is_next:
                    continue
                if one.reach or word == ":" or self.clauses.has_verb_before(i):
                    del opened[category]


def _may_be(one: Open, target: Target) -> bool:
    """Check whether a cue may be about a target of that kind."""
    if target.kind == "condition":
        return True
    if target.kind == "time" and one.cue.category == "negated":
        return False
    if one.cue.category == "uncertain":
        # Places, ages and tests are there, if what they show may not be.
        return False
    spares_tests = one.reach == "result" or one.cue.reach == "findings"
    return not (target.kind == "test" and spares_tests)


def drop_inner(matches: Sequence[Match], targets: Sequence[Target]) -> list[Match]:
    """Leave out cues that are words of a target's name, neither at its start nor its end.

    Those before something go on up to that target's end: others may be inside it.
    """
    kept = []
    number, furthest = 0, 0
    for match in matches:
        while number < len(targets) and targets[number].start < match.start:
            furthest = max(furthest, targets[number].end)
            number += 1
        if furthest <= match.end:
            kept.append(match)
        elif any(cue.direction == "before" for cue in match.cues):
            cues = [cue for cue in match.cues if cue.direction == "before"]
            kept.append(Match(match.start, match.end, cues, limit=furthest))
    return kept
