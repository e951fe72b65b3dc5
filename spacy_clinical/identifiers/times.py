"""Find times of day."""

import re
from collections.abc import Iterator

from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import (
    apply_rules,
    compile_rule,
    read_after,
    read_before,
)

SOURCE = "times"
_HALF = r"(?: ?(?:[ap]\.? ?m\b\.?))"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_ZONE = r"(?: ?(?:EST|EDT|CST|CDT|MST|MDT|PST|PDT|GMT|UTC|Z)\b)?"
# "1:40" of an antibody, "10:20" of a mixture.
_IS_RATIO = re.compile(
    r"\b(?:titers?|titres?|dilut\w*|ratios?|ANA|RPR|VDRL|I:E|epinephrine|lidocaine)\b",
    re.IGNORECASE,
)


def _is_time(match: re.Match[str]) -> bool:
    around = read_before(match, 30).rpartition("\n")[2] + " " + read_after(match, 15)
    return not _IS_RATIO.search(around)


_RULES = [
    compile_rule(
        SOURCE,
        "DATE",
        "time",
        rf"(?<![\d:.,/])(?P<id>{_CLOCK}{_HALF}){_ZONE}",
        _is_time,
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "time",
        rf"(?<![\d:.,/])(?P<id>(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)(?![\d:]){_ZONE}",
        _is_time,
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "time",
        rf"(?:\bat|@|\btime:?|\d[/-]\d{{2,4}},?) (?P<id>{_CLOCK})(?![\d:])",
        _is_time,
    ),
    compile_rule(
        SOURCE, "DATE", "time", rf"(?<![\d:.,/-])(?:1[0-2]|0?[1-9]){_HALF}(?!\w)"
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "time",
        r"(?<![\d:.,/-])(?P<id>(?:[01]\d|2[0-3])[0-5]\d) ?(?:hrs?|hours|h)\b",
    ),
    # After a date: "10/22/1982 1525".
    compile_rule(
        SOURCE,
        "DATE",
        "time",
        r"\d[/-]\d{1,2}[/-]\d{2,4},? (?:at |@ ?)?(?P<id>(?:[01]\d|2[0-3])[0-5]\d)(?![\d.,/-])",
    ),
]


def find_times(text: str) -> Iterator[Identifier]:
    """Find the times of day in a folded text."""
    return apply_rules(_RULES, text)
