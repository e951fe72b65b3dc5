"""Parts of rules: patterns with a label, a kind, and a check of what is around."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from spacy_clinical.identifiers.found import KINDS_BY_LABEL, Identifier

# White space inside an identifier, perhaps over the end of a line.
GAP = r"(?: {1,3}|(?: ?\n ?))"
# Units and other words after a number that make it a measurement.
UNIT = (
    r"(?:m?mol|mm|cm|km|mL|dL|cc|[mnpuk]?g|mcg|mEq|IU|units?|kcal|cal|%|Hz|kPa|mmHg|bpm|"
    r"copies|cells|CFU|ppm|Gy|cGy|mSv|lbs?|oz|feet|ft|inch(?:es)?|[lL]iters?|[lL]|"
    r"(?:milli|micro|kilo)\w{3,8}|hours?|hrs?|minutes?|mins?|seconds?|secs?|days?|weeks?|"
    r"wks?|months?|mos?|times|doses?|tab(?:let)?s?|caps?(?:ules)?|puffs?|drops?|steps|"
    r"patients|participants|subjects|cases|persons|people|degrees)\b|%"
)
IS_MEASURED = re.compile(rf" ?[-/]? ?(?:{UNIT})", re.IGNORECASE)

Check = Callable[[re.Match[str]], bool]
# Where a match may begin: "word" at those words only that stand in the pattern, "any" for
# everywhere, which takes longest.
Start = Literal["word", "letter", "capital", "code", "digit", "sign", "line", "any"]
_STARTS: dict[Start, re.Pattern[str]] = {
    # Also of a word that is run together with another: "NotePt:", "0937884Date".
    "letter": re.compile(r"(?<![^\W\d_])(?=[^\W\d_])|(?<=[a-z])(?=[A-Z])"),
    "capital": re.compile(r"(?<![^\W_])(?=[^\W\d_a-z])"),
    "code": re.compile(r"(?<![^\W\d_])[^\W\d_]{1,8}(?=[ :-]?\d)"),
    "digit": re.compile(r"\d+"),
    "sign": re.compile(r"[(+]{1,2}(?=\d)"),
    "line": re.compile("^", re.MULTILINE),
}
_LETTERS = re.compile(r"[^\W\d_]+")
# What isn't literal in a pattern: escapes, names of groups, repetitions.
_SYNTAX = re.compile(r"\\[A-Za-z]|\(\?(?:P<\w*>|<?[=!]|-?i:|:)|\{[\d,]*\}")
_OPTIONAL = re.compile(r"\w\?")
_MAX_WORDS = 50_000
# The group of a pattern that is the identifier.
_ID = "id"


class Heads:
    """The words that a pattern may begin with, and perhaps some others."""

    def __init__(self, pattern: str) -> None:
        """Read them from a pattern.

        pattern: A regular expression without character classes at its beginning.
        """
        plain = _SYNTAX.sub(" ", pattern).lower()
        # "aged?" begins with "age", too.
        runs = set(_LETTERS.findall(f"{plain} {_OPTIONAL.sub(' ', plain)}"))
        self._first = frozenset(run for run in runs if len(run) == 1)
        self._runs = tuple(run for run in runs if len(run) > 1)
        self._known: dict[str, bool] = {}

    def __contains__(self, word: str) -> bool:
        """Check whether a match may begin with a word in lower case."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) > _MAX_WORDS:
                self._known.clear()
            # "d.l." is written without its full stops, too.
            known = word.startswith(self._runs) or (
                len(word) < 6 and word[:1] in self._first
            )
            self._known[word] = known
        return known


class Rule(NamedTuple):
    """A rule.

    pattern: Of the whole match.
    groups: The groups of the pattern that are identifiers, with their kinds.
    starts: Where a match may begin.
    check: Whether a match counts; None if each does.
    heads: The words that a match at a word begins with; None for any.
    """

    name: str
    label: str
    pattern: re.Pattern[str]
    groups: tuple[tuple[str | int, str], ...]
    starts: tuple[Start, ...]
    check: Check | None = None
    heads: Heads | None = None


class RuleText:
    """A folded text, with the places where matches may begin.

    text: The folded text.
    """

    def __init__(self, text: str) -> None:
        """Read a text.

        text: A folded text.
        """
        self.text = text
        self._places: dict[Start, list[int]] = {}
        self._words: dict[str, list[int]] = {}

    def list_starts(self, start: Start) -> list[int]:
        """List the places where a match may begin, ascending."""
        if start not in self._places:
            pattern = _STARTS[start]
            self._places[start] = [m.start() for m in pattern.finditer(self.text)]
        return self._places[start]

    def list_words(self, heads: Heads) -> Iterator[int]:
        """List the places of some words."""
        if not self._words:
            letters = _LETTERS.match
            for place in self.list_starts("letter"):
                word = letters(self.text, place)
                if word is not None:
                    self._words.setdefault(word[0].lower(), []).append(place)
        for written, places in self._words.items():
            if written in heads:
                yield from places

    def find(
        self,
        pattern: re.Pattern[str],
        starts: Iterable[Start],
        heads: Heads | None = None,
    ) -> Iterator[re.Match[str]]:
        """Find matches of a pattern that begin at such places.

        They may overlap each other.

        heads: The words that a match at a word begins with; None for any.
        """
        match, text = pattern.match, self.text
        for start in starts:
            if start == "any":
                yield from pattern.finditer(text)
                continue
            if start == "word" and heads is not None:
                places: Iterable[int] = self.list_words(heads)
            else:
                places = self.list_starts("letter" if start == "word" else start)
            for place in places:
                found = match(text, place)
                if found is not None:
                    yield found


def compile_rule(
    name: str,
    label: str,
    kind: str,
    starts: Start | tuple[Start, ...],
    pattern: str,
    check: Check | None = None,
    *,
    ignore_case: bool = True,
    heads: str = "",
) -> Rule:
    """Make a rule.

    name: Of the rules that it belongs to, which becomes the source of what it finds.
    starts: Where a match may begin.
    pattern: Its groups that are named like kinds of the label are identifiers of these
        kinds. If it has none, its group "id" is one, or else the whole match. Takes time
        linear in the length of any text: each repetition has a limit.
    heads: A pattern with all words that a match at a word may begin with; "" for the
        same pattern.
    """
    flags = re.MULTILINE | (re.IGNORECASE if ignore_case else 0)
    places = (starts,) if isinstance(starts, str) else starts
    compiled = re.compile(pattern, flags)
    words = Heads(heads or pattern) if "word" in places else None
    known = KINDS_BY_LABEL.get(label, ())
    named = [group for group in compiled.groupindex if group in known and group != _ID]
    whole = _ID if _ID in compiled.groupindex else 0
    groups: tuple[tuple[str | int, str], ...] = ((whole, kind),)
    if named:
        groups = tuple((group, group) for group in named)
    return Rule(name, label, compiled, groups, places, check, words)


def apply_rules(rules: Iterable[Rule], text: RuleText) -> Iterator[Identifier]:
    """Find what rules match in a text."""
    for name, label, pattern, groups, starts, check, heads in rules:
        for match in text.find(pattern, starts, heads):
            if check is None or check(match):
                for group, kind in groups:
                    start, end = match.span(group)
                    if start < end:
                        yield Identifier(start, end, label, kind, 1.0, name)


def read_before(match: re.Match[str], n_chars: int = 40) -> str:
    """Read what stands before a match on its line, or on the line before a line break."""
    start = match.start()
    return match.string[max(start - n_chars, 0) : start]


def read_after(match: re.Match[str], n_chars: int = 30) -> str:
    """Read what stands after a match."""
    end = match.end()
    return match.string[end : end + n_chars]
