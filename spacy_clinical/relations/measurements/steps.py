"""Find what leads from a value to the next one of the same analyte: "1.1 (was 3.4)",
"5.9 -> 5.1", "0800 142, 1200 188"."""

import re
from typing import NamedTuple

from spacy_clinical.relations.measurements.analytes import Analyte
from spacy_clinical.relations.measurements.numbers import NUMBER

# What is breathed in, behind a saturation.
OXYGEN = re.compile(
    r"[ ,]{0,2}(?:(?:on|via|with|@) )?(?:RA\b|room air|(?:\d{1,2}(?:\.\d)? ?(?:L|liters?)\b"
    r"(?:PM\b| ?/ ?min\b)?|NC\b|NRB\b|BiPAP\b|CPAP\b|vent\b|FiO2 ?\d{1,3} ?%?)"
    r"(?: ?(?:by |via |of )?(?:NC|N/C|nasal cannula|O2|oxygen|NRB|face ?mask|FM|HFNC)\b)?)",
    re.IGNORECASE,
)
_TO = r"[ \t]?(?:-+>|\u2192|=>)[ \t]?"
# "54 -> D50 -> 132": what was done between stands there, too.
_ARROW = re.compile(rf"{_TO}(?:[^\W\d_][\w ]{{0,20}}?{_TO})?(?=[\d<>])")
_BACK = re.compile(r"[ \t](?:<-?|\u2190)[ \t]?(?=\d)")
_BEFORE = (
    r"was|were|previously|previous|prev|prior|formerly|pre-?op|baseline|last|"
    r"compared (?:to|with)|vs\.?|peak(?:ed)?|nadir|"
    r"(?:(?:down|up|increased|decreased|improved|risen|rise|fall|worse) )?from"
)
_WAS = re.compile(
    rf"[ \t]{{0,2}}(?:[,;(\[]|--?)?[ \t]{{0,2}}(?:{_BEFORE})"
    r"(?:[ :]{1,2}(?:value|level|of|was|at|to|is|around|about))*[ \t:]{1,2}(?=[\d<>])",
    re.IGNORECASE,
)
# "WBC 14.1 (16.3)"; a bracket of a range has two numbers.
_BRACKET = re.compile(
    rf"[ \t]?\((?={NUMBER}(?: (?:in|on|last|yesterday|prior|previously)\b[^()\n]{{0,20}})?\))"
)
# Columns of values with their dates: "12.3 (MAR 05) 9.8 (MAR 04)".
_DATED = re.compile(
    r"[ \t]?\((?:[A-Z]{3} \d{1,2}|\d{1,2}/\d{1,2}(?:/\d{2,4})?)\)[ \t]+"
    r"(?=(?:(?:HH|LL|H|L)[ \t]+)?[\d<>])",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"[ \t]?[,;][ \t]?(?:and )?(?=(?:@ ?|at )?(?:[01]\d|2[0-3]):?[0-5]\d\b[ \t]*[=:-]?[ \t]*\d{2})"
)


class Step(NamedTuple):
    """A step to another value.

    end (character): Where that starts.
    is_former: Whether it was measured before.
    is_later: Whether it was measured later.
    """

    end: int
    is_former: bool = False
    is_later: bool = False


def find_step(
    text: str, place: int, analyte: Analyte, *, has_clock: bool
) -> Step | None:
    """Find what leads from one value to the next.

    place (character): Where the first one ends.
    has_clock: Whether a time stands before that.
    """
    if match := _ARROW.match(text, place):
        return Step(match.end(), is_later=True)
    if match := _BACK.match(text, place):
        return Step(match.end(), is_former=True)
    if match := _WAS.match(text, place):
        return Step(match.end(), is_former=True)
    if analyte.kind == "lab" and (match := _BRACKET.match(text, place)):
        return Step(match.end(), is_former=True)
    if analyte.kind == "lab" and (match := _DATED.match(text, place)):
        return Step(match.end(), is_former=True)
    if has_clock and (match := _NEXT.match(text, place)):
        return Step(match.end())
    return None
