"""Find how much is dispensed, and how often it may be refilled."""

import re

from spacy_clinical.relations.sig.numbers import NUMBER, read_number
from spacy_clinical.relations.sig.parts import Quantity
from spacy_clinical.relations.sig.patterns import Rule, join, make_rule
from spacy_clinical.relations.sig.units import UNITS

_UNIT = rf"(?: ?\*? ?(?P<unit>{join(UNITS)}))?"
_HASH_END = rf"(?= ?(?:$|[,;.)\]*]|refill|rfl?\b|ref\b|with|no\b|one\b|disp|sig|{join(UNITS)}(?!\w)))"
# "#3" after these is a day, a room, a number of something.
_NUMBERED = re.compile(
    r"(?:pod|hd|day|room|bed|apt|apartment|unit|suite|box|case|mrn|problem|number|lot|rx|"
    r"cycle|dose|item|step|floor|visit|ward|note|page|id) ?:? ?$"
)


# "Vancomycin (#3)" is its third day.
_MAX_DAY = 28


def _read_dispense(match: re.Match[str]) -> Quantity | None:
    before = match.string[max(match.start() - 12, 0) : match.start()]
    number = read_number(match["low"])
    if not number or _NUMBERED.search(before):
        return None
    after = match.string[match.end() : match.end() + 1]
    if before.endswith("(") and after == ")" and number <= _MAX_DAY:
        return None
    unit = match["unit"]
    return Quantity(number, number, UNITS[unit] if unit else None)


def _read_refills(match: re.Match[str]) -> int | None:
    text = match["low"] or match["first"]
    number = read_number(text) if text else 0
    return None if number is None or number % 1 else int(number)


SUPPLIES: list[Rule] = [
    make_rule(
        "dispense",
        rf"(?:disp(?:ense(?:d)?)?|qty|quantity|supply)\.? ?:? ?(?:[#*-] ?){{0,2}}"
        rf"(?P<low>{NUMBER}){_UNIT}\*?",
        _read_dispense,
    ),
    Rule(
        "dispense",
        re.compile(rf"(?<![\w#])# ?(?P<low>\d{{1,4}})(?!\d){_HASH_END}{_UNIT}"),
        _read_dispense,
    ),
    make_rule(
        "refills",
        r"(?:refills?|refill\(s\)|rfl|rf|refs?)\.? ?[:x=]? ?\*? ?x?"
        rf"(?:none|(?P<low>{NUMBER}))\*?|(?:no|without) refills?"
        rf"|(?P<first>{NUMBER}) (?:additional )?refills?(?:\(s\))?",
        _read_refills,
    ),
    # The last two columns of Epic's lists: "... by mouth daily. 90 tablet 3".
    Rule(
        "dispense",
        re.compile(
            rf"(?<=[.)] )(?P<low>\d{{1,4}}) (?P<unit>{join(UNITS)}) \d{{1,2}}(?= *$)"
        ),
        _read_dispense,
    ),
]
