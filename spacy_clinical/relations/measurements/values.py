"""Read what stands behind the name of an analyte: value, unit, flag and range."""

import re
from dataclasses import dataclass, replace

from spacy_clinical.relations.measurements.analytes import Analyte
from spacy_clinical.relations.measurements.measurement import Measurement, Part
from spacy_clinical.relations.measurements.numbers import (
    COMPARATOR,
    NUMBER,
    RANGE,
    Amount,
    fold_number,
    read_amount,
)
from spacy_clinical.relations.measurements.units import MAX_UNIT, UNIT, read_unit

# What may stand between a name and its value, on one line but for the last words.
_WORDS = (
    r"of|is|was|were|at|to|level|levels|count|value|today|now|currently|initially|"
    r"measured|found|be|been|remains|remained|stable|elevated|low|high|normal|reading|"
    r"readings|estimated|on admission|on arrival|on ra|on room air|from|only|just|peaked|"
    r"nadir|in the|"
    # "Down to 8.2" is a value, "down 5 kg" a change.
    r"(?:improved|increased|decreased|up|down|rose|fell|dropped|trended)"
    r"(?= (?:(?:up|down) )?(?:to|from|at)\b)"
)
_DAY = r"(?:on )?\(?\d{1,2}/\d{1,2}(?:/\d{2,4})?\)?"
_LINK = re.compile(
    rf"(?:[ \t]{{0,4}}\((?:!|[^()\n\d]{{1,30}})\))?"
    rf"(?:[ \t]{{0,12}}(?:[:=]|(?:{_WORDS})\b(?:[ \t]?\n)?|{_DAY}(?=[ \t]?(?:was|is|[:=]))))"
    r"{0,5}[ \t]{0,12}(?:\(!\)[ \t]?)?(?:(?<![ \t])-(?=\d))?",
    re.IGNORECASE,
)
_AMOUNT = re.compile(rf"(?:{COMPARATOR}[ \t]?)?{RANGE}", re.IGNORECASE)
_SIDE = r"\d{2,3}s?(?:-\d{2,3}s?)?"
_PAIR = re.compile(rf"(?P<high>{_SIDE})[ \t]?/[ \t]?(?P<low>{_SIDE})(?![/\d]|[ \t]?/)")
_FEET = re.compile(
    r"(?P<feet>[2-7])[ ]?(?:'|\u2019|ft\.?|feet)[ ]?"
    r"(?P<inches>\d{1,2}(?:\.\d)?)?[ ]?(?:\"|\u201d|''|in(?:ches)?\b)?"
)
_POUNDS = re.compile(
    r"(?P<pounds>\d{1,3})[ ]?(?:lbs?\.?|pounds?),?[ ]?(?P<ounces>\d{1,2}(?:\.\d)?)[ ]?"
    r"(?:oz\b|ounces?\b)"
)
_SCORE = re.compile(r"(?P<n>\d{1,2})(?: ?/ ?10| out of 10)(?![\d/])")
# A number before these is no value: how long, how often, how many.
_IS_OTHER = re.compile(
    r"[ -]?(?:days?|weeks?|wks?|months?|mos?|years?|yrs?|y/?o|hours?|hrs?|times|doses?|x(?! ?10)|"
    r"am|pm|a\.m|p\.m|tabs?|tablets?|caps?|capsules?|pills?|puffs?|drops?|st|nd|rd|th|"
    r"units? (?:of|po|sc|sq|iv|daily|bid))(?![^\W_])|:\d|/\d|[ ]?[x\u00d7][ ]?(?!10 ?[\^*e]?\d)\d",
    re.IGNORECASE,
)
_UNIT = re.compile(rf"[ \t]{{0,4}}(?P<unit>{UNIT})", re.IGNORECASE)
_FLAG = re.compile(
    r"[ \t]{0,4}(?:(?P<star>\*+)|\((?P<bang>!)\)|\(?(?P<word>HH|LL|H|L|A|N|HIGH|LOW|HI|LO|"
    r"CRITICAL|CRIT|ABNORMAL|ABN|NORMAL|[Hh]igh|[Ll]ow|[Aa]bnormal|[Nn]ormal)\)?"
    r"(?![^\W_]|/\w|[ ]?(?:range|limit|value|[:<>\d])))"
)
FLAGS = {
    "H": "H",
    "HI": "H",
    "HIGH": "H",
    "L": "L",
    "LO": "L",
    "LOW": "L",
    "HH": "HH",
    "LL": "LL",
    "A": "A",
    "ABN": "A",
    "ABNORMAL": "A",
    "CRITICAL": "A",
    "CRIT": "A",
    "N": "N",
    "NORMAL": "N",
    "!": "A",
    "*": "A",
    "**": "A",
}
_LIMITS = (
    rf"(?:(?P<low>{NUMBER})[ ]?(?:-|\u2013|to)[ ]?(?P<high>{NUMBER})"
    rf"|(?P<sign>[<>\u2264\u2265])=?[ ]?(?P<limit>{NUMBER}))(?:[ ]?{UNIT})?"
)
_SAID = r"(?:reference(?: range)?|ref(?:\.| range)?|normal(?: range)?|nl|range)"
_RANGE = re.compile(
    rf"[ \t]{{0,4}}(?:[(\[{{][ ]?(?P<said>{_SAID}:?[ ]?)?{_LIMITS}[ ]?[)\]}}]"
    rf"|,?[ ]?(?P<named>{_SAID}:?[ ]?){_LIMITS.replace('P<', 'P<o')})",
    re.IGNORECASE,
)
_PLAIN_RANGE = re.compile(rf"[(\[]?[ ]?{_LIMITS}[ ]?[)\]]?", re.IGNORECASE)
_MASSES = frozenset(
    {"mg", "g", "ug", "ng", "kg", "mL", "L", "meq", "mmol", "U", "[IU]"}
)
# Of doses; what is measured in a day has volumes, too.
_DAILY = ("mg/d", "g/d", "ug/d", "U/d", "[IU]/d", "meq/d", "mmol/d")
_ARROW = re.compile(r"[ \t]?(?:-+>|\u2192|=>)[ \t]?")


@dataclass(frozen=True)
class Tail:
    """What stands behind a value, and where it ends (characters)."""

    end: int
    unit: str | None = None
    unit_text: str | None = None
    flag: str | None = None
    low: float | None = None
    high: float | None = None


def read_limits(text: str) -> tuple[float | None, float | None]:
    """Read a reference range: "12.0-16.0", "<5.7", with or without brackets and a unit.

    RETURNS: Its ends; None for one that it doesn't have.
    """
    match = _PLAIN_RANGE.fullmatch(text.strip())
    return _read_limits(match, "") if match else (None, None)


def _read_limits(
    match: re.Match[str], prefix: str
) -> tuple[float | None, float | None]:
    if match[f"{prefix}low"]:
        low, high = (fold_number(match[f"{prefix}{end}"]) for end in ("low", "high"))
        is_range = low is not None and high is not None and low <= high
        return (low, high) if is_range else (None, None)
    limit = fold_number(match[f"{prefix}limit"])
    return (None, limit) if match[f"{prefix}sign"] in "<\u2264" else (limit, None)


def read_flag(text: str) -> str | None:
    """Read a flag: "H", "(LOW)", "*"; None if the text is none."""
    return FLAGS.get(text.strip().strip("()").upper())


def read_values(
    text: str, start: int, end: int, analyte: Analyte, *, is_tight: bool = False
) -> list[Measurement]:
    """Read the values behind a name: several, if an arrow leads from one to the next.

    start, end (characters): Of the name.
    is_tight: Whether nothing but a mark may stand between the two.
    """
    link = _LINK.match(text, end)
    place = link.end() if link else end
    if is_tight and text[end:place].strip(" \t:=-"):
        return []
    found: list[Measurement] = []
    while True:
        one = _read_value(text, start, end, place, analyte)
        if one is None:
            return found
        found.append(one)
        arrow = _ARROW.match(text, one.end)
        if arrow is None:
            return found
        place = arrow.end()


def _read_value(
    text: str, start: int, end: int, place: int, analyte: Analyte
) -> Measurement | None:
    base = Measurement(start, place, analyte, (start, end), (place, place))
    for read in _SPECIAL.get(analyte.key, ()):
        special = read(text, place, base)
        if special is not None:
            return special
    match = _AMOUNT.match(text, place)
    if match is None or _IS_OTHER.match(text, match.end()):
        return None
    amount = read_amount(match[0])
    if amount is None:
        return None
    tail = read_tail(text, match.end(), analyte)
    if tail is None:
        return None
    # In other units, other values are usual.
    is_usual = tail.unit is None or tail.unit in analyte.units
    if is_usual and not _is_plausible(amount, analyte):
        return None
    return replace(
        base,
        end=tail.end,
        value=(match.start(), match.end()),
        amount=amount,
        unit=tail.unit,
        unit_text=tail.unit_text,
        low=tail.low,
        high=tail.high,
        flag=tail.flag,
    ).compute_flag()


def read_entity(
    text: str, test: tuple[int, int], value: tuple[int, int], analyte: Analyte | None
) -> Measurement:
    """Read a value whose place is known (characters, half open).

    test, value: Places of the test and of the value.
    analyte: None if it isn't a known one.
    """
    start, end = min(test[0], value[0]), max(test[1], value[1])
    base = Measurement(start, end, analyte, test, value)
    for read in _SPECIAL.get(analyte.key, ()) if analyte else ():
        special = read(text, value[0], base)
        if special is not None and special.end <= value[1] + MAX_UNIT:
            return replace(special, end=max(end, special.end))
    match = _AMOUNT.match(text, value[0])
    amount = read_amount(match[0]) if match and match.end() <= value[1] else None
    if match is None or amount is None:
        return base
    tail = read_tail(text, match.end(), analyte)
    is_whole = tail is not None and tail.end >= value[1]
    if tail is None or not (is_whole or not text[match.end() : value[1]].strip()):
        return base
    return replace(
        base,
        end=max(end, tail.end),
        amount=amount,
        unit=tail.unit,
        unit_text=tail.unit_text,
        low=tail.low,
        high=tail.high,
        flag=tail.flag,
    ).compute_flag()


def _is_plausible(amount: Amount, analyte: Analyte) -> bool:
    values = [amount.low] if amount.high is None else [amount.low, amount.high]
    if analyte.key == "body_temperature" and any(45 < value < 85 for value in values):
        # Neither in Celsius nor in Fahrenheit.
        return False
    return all(analyte.least <= value <= analyte.greatest for value in values)


def read_tail(text: str, place: int, analyte: Analyte | None) -> Tail | None:
    """Read unit, flag and range behind a value, in any order.

    place (characters): Where the value ends.
    RETURNS: None if the unit says that it was a dose.
    """
    tail = Tail(place)
    for _ in range(3):
        match = _UNIT.match(text, tail.end) if tail.unit is None else None
        code = read_unit(match["unit"]) if match else None
        is_lab = analyte is not None and analyte.kind == "lab"
        if code and is_lab and code.endswith(_DAILY):
            return None
        if match and code and _fits(code, analyte):
            tail = replace(tail, end=match.end(), unit=code, unit_text=match["unit"])
            continue
        # "3.1 L" is low, "20 mEq" a dose.
        if match and is_lab and code in _MASSES and match["unit"] not in FLAGS:
            return None
        match = _RANGE.match(text, tail.end)
        is_open = tail.low is None and tail.high is None
        # Of vital signs, what stands in brackets is what they were, or in other units.
        if (
            match
            and is_open
            and (match["named"] or match["said"] or not _is_vital(analyte))
        ):
            low, high = _read_limits(match, "o" if match["named"] else "")
            tail = replace(tail, end=match.end(), low=low, high=high)
            continue
        match = _FLAG.match(text, tail.end) if tail.flag is None else None
        if match:
            word = match["star"] or match["bang"] or match["word"]
            tail = replace(tail, end=match.end(), flag=FLAGS[word.upper()])
            continue
        break
    return tail


def _is_vital(analyte: Analyte | None) -> bool:
    return analyte is not None and analyte.kind == "vital"


def _fits(code: str, analyte: Analyte | None) -> bool:
    """Check that a unit is one of what is measured, and no other word."""
    return "/" in code or analyte is None or code in analyte.units


def _read_pressure(text: str, place: int, base: Measurement) -> Measurement | None:
    match = _PAIR.match(text, place)
    if match is None:
        return None
    high, low = read_amount(match["high"]), read_amount(match["low"])
    if high is None or low is None or high.low <= low.low or high.low > 300:
        return None
    tail = read_tail(text, match.end(), base.analyte) or Tail(match.end())
    return replace(
        base,
        end=tail.end,
        value=match.span(),
        unit="mm[Hg]",
        unit_text=tail.unit_text,
        flag=tail.flag,
        parts=(
            Part("systolic_blood_pressure", "8480-6", high.low, high.high),
            Part("diastolic_blood_pressure", "8462-4", low.low, low.high),
        ),
    )


def _read_height(text: str, place: int, base: Measurement) -> Measurement | None:
    match = _FEET.match(text, place)
    if match is None:
        return None
    inches = float(match["feet"]) * 12 + float(match["inches"] or 0)
    written = "ft in" if match["inches"] else "ft"
    return replace(
        base,
        end=match.end(),
        value=match.span(),
        amount=Amount(inches),
        unit="[in_i]",
        unit_text=written,
    )


def _read_weight(text: str, place: int, base: Measurement) -> Measurement | None:
    match = _POUNDS.match(text, place)
    if match is None:
        return None
    amount = Amount(float(match["pounds"]) + float(match["ounces"]) / 16)
    return replace(
        base,
        end=match.end(),
        value=match.span(),
        amount=amount,
        unit="[lb_av]",
        unit_text="lb oz",
    )


def _read_pain(text: str, place: int, base: Measurement) -> Measurement | None:
    match = _SCORE.match(text, place)
    if match is None or int(match["n"]) > 10:
        return None
    amount = Amount(float(match["n"]))
    return replace(
        base, end=match.end(), value=match.span(), amount=amount, unit="{score}"
    )


_SPECIAL = {
    "blood_pressure": (_read_pressure,),
    "body_height": (_read_height,),
    "body_weight": (_read_weight,),
    "pain_score": (_read_pain,),
}
