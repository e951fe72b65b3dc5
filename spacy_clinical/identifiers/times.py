"""Find times of day."""

import re
from collections.abc import Iterable, Iterator
from functools import partial

from spacy_clinical.identifiers.date_checks import PLAIN_TIME
from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import (
    IS_MEASURED,
    RuleText,
    apply_rules,
    compile_rule,
    read_after,
    read_before,
)

SOURCE = "times"
_HALF = r"(?: ?(?:[ap]\.? ?m\b\.?))"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?"
_ZONE = r"(?: ?(?:EST|EDT|CST|CDT|MST|MDT|PST|PDT|GMT|UTC|Z)\b)?"
# "1:40" of an antibody, "10:20" of a mixture.
_IS_RATIO = re.compile(
    r"\b(?:titers?|titres?|dilut\w*|ratios?|ANA|RPR|VDRL|I:E|epinephrine|lidocaine)\b",
    re.IGNORECASE,
)


def _is_time(match: re.Match[str]) -> bool:
    around = read_before(match, 30).rpartition("\n")[2] + " " + read_after(match, 15)
    return not _IS_RATIO.search(around)


# What stands around a time that a date says to be one: "10/22/1982, 1525".
_AFTER_DATE = re.compile(
    rf"(?: {{1,3}}|[ \n]?[,;/@-] ?|\n ?)(?:(?:at|time)\b:? ?|@ ?)?"
    rf"(?P<id>{PLAIN_TIME}(?: ?(?:-|to) ?{PLAIN_TIME})?)(?!\w|[.,:]\d|/\d|-\d)"
    rf"|,? (?:at |@ ?)(?P<short>\d?\d[.]?[0-5]\d)(?!\w|[.,:/-]\d)"
)
_BEFORE_DATE = re.compile(
    rf"(?<![\w.,:/-])(?P<id>{PLAIN_TIME})(?: ?h(?:rs?)?)?,? (?:on )?$"
)
_IS_SAID = re.compile(r"(?:\bat|@|\btime:?|\d[/-]\d{2,4},?) ?$", re.IGNORECASE)


def _is_said_to_be_time(match: re.Match[str]) -> bool:
    return bool(_IS_SAID.search(read_before(match, 12))) and _is_time(match)


def _is_clock(match: re.Match[str]) -> bool:
    """Check that "20.30" is a time: "at 20.30", "3/14 20.30", but no "at 20.30 mg"."""
    hour, _, minute = match["clock"].partition(".")
    said = re.search(
        r"(?:\b(?:time|seen|arrived|called)(?: at)?:?|\d[/-]\d{1,4},?(?: at)?) $",
        read_before(match, 20),
        re.I,
    )
    is_amount = IS_MEASURED.match(read_after(match, 14))
    return bool(said) and int(hour) < 24 and not is_amount and len(minute) == 2


_make = partial(compile_rule, SOURCE, "DATE", "time", "digit")
_RULES = [
    _make(
        rf"(?<![\d:.,/])(?P<id>{_CLOCK}{_HALF}){_ZONE}",
        _is_time,
    ),
    _make(
        rf"(?<![\d:.,/])(?P<id>(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{{1,6}})?)?)(?![\d:]){_ZONE}",
        _is_time,
    ),
    _make(
        rf"(?<![\d:.,/])(?P<id>{_CLOCK})(?![\d:])",
        _is_said_to_be_time,
    ),
    _make(
        rf"(?<![\d:.,/-])(?:1[0-2]|0?[1-9]){_HALF}(?!\w)",
    ),
    _make(
        r"(?<![\d:.,/-])(?P<id>(?:[01]\d|2[0-3])[0-5]\d) ?(?:hrs?|hours|h)\b",
    ),
    # 14h30, and "at 20.30".
    _make(r"(?<![\d:.,/-])(?:[01]\d|2[0-3])h[0-5]\d(?!\w)"),
    _make(
        rf"(?<![\d:.,/-])(?P<id>(?P<clock>(?:[01]?\d|2[0-3])\.[0-5]\d)(?P<half>{_HALF})?)(?![\d:.])",
        lambda m: bool(m["half"]) or _is_clock(m),
    ),
]


def find_times(
    text: RuleText, dates: Iterable[Identifier] = ()
) -> Iterator[Identifier]:
    """Find the times of day in a folded text.

    dates: Those in the text. Numbers beside them are times.
    """
    yield from apply_rules(_RULES, text)
    for date in dates:
        around = (
            _AFTER_DATE.match(text.text, date.end),
            _BEFORE_DATE.search(text.text, max(date.start - 20, 0), date.start),
        )
        for match in filter(None, around):
            group = "id" if match["id"] else "short"
            end = match.end(group)
            if not IS_MEASURED.match(text.text, end):
                yield Identifier(match.start(group), end, "DATE", "time", source=SOURCE)
