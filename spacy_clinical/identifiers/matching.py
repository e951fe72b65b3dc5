"""What rules are made of: patterns with a label, a kind, and a check of what is around."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from spacy_clinical.identifiers.found import Identifier

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


class Rule(NamedTuple):
    """A rule.

    pattern: Its group "id" is the identifier, or else the whole match.
    check: Whether a match counts; None if each does.
    """

    name: str
    label: str
    kind: str
    pattern: re.Pattern[str]
    check: Check | None = None


def compile_rule(
    name: str,
    label: str,
    kind: str,
    pattern: str,
    check: Check | None = None,
    *,
    ignore_case: bool = True,
) -> Rule:
    """Make a rule.

    name: Of the rules that it belongs to, which becomes the source of what it finds.
    pattern: Time linear in the length of any text: each repetition has a limit.
    """
    flags = re.MULTILINE | (re.IGNORECASE if ignore_case else 0)
    return Rule(name, label, kind, re.compile(pattern, flags), check)


def apply_rules(rules: Iterable[Rule], text: str) -> Iterator[Identifier]:
    """Find what rules match in a folded text."""
    for name, label, kind, pattern, check in rules:
        group = "id" if "id" in pattern.groupindex else 0
        for match in pattern.finditer(text):
            if check is None or check(match):
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
