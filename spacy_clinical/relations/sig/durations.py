"""Find how long something is taken or infused, and how many times in all."""

import re

from spacy_clinical.relations.sig.numbers import BETWEEN, NUMBER, read_number
from spacy_clinical.relations.sig.parts import Length
from spacy_clinical.relations.sig.patterns import Rule, join, make_rule
from spacy_clinical.relations.sig.times import TIME_UNITS

_UNIT = rf"(?P<unit>{join(TIME_UNITS)})"
_RANGE = rf"(?P<low>{NUMBER}|an?)(?:{BETWEEN}(?P<high>{NUMBER}))?"
_MORE = r"(?:(?:another|the (?:next|first|last|past)|a total of|about|approximately|up to|at least|total) )?"
# Units of what is given at once, not of a course.
_SHORT = ("min", "h")


def _read_length(match: re.Match[str]) -> Length | None:
    groups = match.groupdict()
    low = read_number(groups["low"]) if groups.get("low") else 1
    high = read_number(groups["high"]) if groups.get("high") else low
    if not low or high is None or high < low:
        return None
    return Length(low, high, TIME_UNITS[groups["unit"]])


def _read_course(match: re.Match[str]) -> Length | None:
    length = _read_length(match)
    return None if length is None or length.unit in _SHORT else length


def _read_infusion(match: re.Match[str]) -> Length | None:
    length = _read_length(match)
    return length if length is not None and length.unit in _SHORT else None


def _read_count(match: re.Match[str]) -> int | None:
    number = read_number(match["low"])
    return int(number) if number and not number % 1 else None


DURATIONS: list[Rule] = [
    make_rule(
        "duration",
        rf"(?:x|for|over|during|within) ?{_MORE}{_RANGE} ?-?(?:more |additional |full )?{_UNIT}"
        rf"(?! (?:before|prior|ago|after)|/)",
        _read_course,
    ),
    make_rule(
        "duration", rf"{_RANGE}[- ]{_UNIT} (?:course|duration)(?: of)?", _read_course
    ),
    make_rule("duration", r"for (?:the )?next (?P<unit>day|week|month)", _read_course),
    make_rule(
        "duration",
        rf"(?:duration|dur)(?: of therapy)?:? ?{_RANGE} ?-?{_UNIT}",
        _read_course,
    ),
    make_rule("infusion", rf"(?:over|for) {_MORE}{_RANGE} ?-?{_UNIT}", _read_infusion),
    make_rule(
        "n_times",
        rf"(?:x|for) ?(?:a total of )?(?P<low>{NUMBER}) ?(?:more |additional )?"
        r"(?:doses?|dose\(s\)|times?)(?! (?:a|per|each|every|daily|weekly)\b)",
        _read_count,
    ),
    make_rule("n_times", r"x ?(?P<low>\d{1,2})(?! ?[\w/%]|[.,]\d)", _read_count),
    make_rule(
        "n_times",
        r"(?:once|one[- ]time|stat|(?:a )?single (?:dose|bolus)|(?:as )?a one[- ]time dose|"
        r"x ?1 dose|one dose)(?! (?:a|an|per|each|every|daily|weekly|monthly|in|only if)\b)(?!/)",
        1,
    ),
]
