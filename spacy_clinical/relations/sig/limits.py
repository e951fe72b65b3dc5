"""Find the most that may be given in a period."""

import re

from spacy_clinical.relations.sig.numbers import NUMBER, read_number
from spacy_clinical.relations.sig.parts import Limit, Quantity
from spacy_clinical.relations.sig.patterns import Rule, join, make_rule
from spacy_clinical.relations.sig.times import ADVERBS, TIME_UNITS
from spacy_clinical.relations.sig.units import UNITS

_HEAD = (
    r"(?:max(?:imum|\.)?(?: (?:daily )?dose)?(?: of| is)?|(?:do )?not (?:to )?exceed(?:ing)?|"
    r"nte|no more than|not more than|never more than)"
)


def _read_limit(match: re.Match[str]) -> Limit | None:
    value = read_number(match["low"])
    if value is None:
        return None
    doses = match["doses"]
    quantity = Quantity(value, value, "{dose}" if doses else UNITS[match["name"]])
    if match["adverb"]:
        return Limit(quantity, 1, ADVERBS[match["adverb"]])
    if match["unit"] is None:
        period = 1 if "daily dose" in match.group() else None
        return Limit(quantity, period, "d" if period else None)
    n = read_number(match["n"]) if match["n"] else 1
    unit = TIME_UNITS[match["unit"]]
    if unit == "h" and n == 24:
        n, unit = 1, "d"
    return Limit(quantity, n, unit) if n else None


LIMITS: list[Rule] = [
    make_rule(
        "max_dose",
        rf"{_HEAD} ?:? ?(?P<low>{NUMBER}) ?-?(?:(?P<doses>doses?)|(?P<name>{join(UNITS)}))"
        rf"(?:(?: ?/ ?| an? | per | in an? | in any | in | every | each )(?:(?P<n>{NUMBER}) ?-?)?"
        rf"(?:hr )?(?P<unit>{join(TIME_UNITS)})(?: period)?| (?P<adverb>{join(ADVERBS)}))?",
        _read_limit,
    )
]
