"""Read what stands behind the name of an analyte: value, unit, flag and range."""

import re
from dataclasses import replace

from spacy_clinical.relations.measurements.analytes import Analyte
from spacy_clinical.relations.measurements.measurement import Measurement, Part
from spacy_clinical.relations.measurements.numbers import (
    COMPARATOR,
    RANGE,
    Amount,
    read_amount,
)
from spacy_clinical.relations.measurements.steps import OXYGEN, find_step
from spacy_clinical.relations.measurements.tails import Tail, read_tail
from spacy_clinical.relations.measurements.units import MAX_UNIT

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
_PAIR = re.compile(
    rf"(?P<high>{_SIDE})(?:[ \t]?/[ \t]?|[ ]over[ ])(?P<low>{_SIDE})(?![/\d]|[ \t]?/)"
)
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
# What may stand behind the number of an entity: a date.
_IS_REST = re.compile(r"\s*(?:\(?\d{1,2}/\d{1,2}(?:/\d{2,4})?\)?)?\s*")
# "T-score -2.5", but "WBC-12.1" and "Na - 138".
_MINUS = re.compile(r"(?<=[\s,:=(])[-\u2212\u2013](?=[.\d])")
# Before a value: "WBC   H 12.3".
_FLAG_BEFORE = re.compile(r"[ \t]*(?P<flag>HH|LL|H|L)[ \t]+(?=[\d<>])")
_MAX_VALUES = 12
# A time is no number, if one follows it: "FSBS 0800 142".
_CLOCK = r"(?:@ ?|at )?(?:[01]\d|2[0-3]):?[0-5]\d(?: ?(?:h|hrs?))?"
_AT_CLOCK = re.compile(
    rf"{_CLOCK}[ \t]*(?:[=:-]|was|of)?[ \t]*(?=\d{{2}})", re.IGNORECASE
)
_IS_CLOCK = re.compile(r"0\d{3}(?!\d)")
_AT_TIMES = frozenset(
    (
        *("glucose", "heart_rate", "respiratory_rate", "body_temperature"),
        *("oxygen_saturation", "blood_pressure", "pain_score"),
    )
)


def read_values(
    text: str, start: int, end: int, analyte: Analyte, *, is_tight: bool = False
) -> list[Measurement]:
    """Read the values behind a name: several, if one leads to the next: "1.1 (was 3.4)",
    "5.9 -> 5.1", "0800 142, 1200 188".

    start, end (characters): Of the name.
    is_tight: Whether nothing but a mark may stand between the two.
    """
    link = _LINK.match(text, end)
    place = link.end() if link else end
    if is_tight and text[end:place].strip(" \t:=-"):
        return []
    found: list[Measurement] = []
    is_former = False
    for _ in range(_MAX_VALUES):
        clock = _AT_CLOCK.match(text, place) if analyte.key in _AT_TIMES else None
        place = clock.end() if clock else place
        flag = _FLAG_BEFORE.match(text, place) if analyte.kind == "lab" else None
        place = flag.end() if flag else place
        one = _read_value(text, start, end, place, analyte)
        if one is None or _IS_CLOCK.match(text, one.value[0]):
            break
        if flag and one.flag is None:
            one = replace(one, flag=flag["flag"])
        found.append(replace(one, is_former=is_former))
        step = find_step(text, one.end, analyte, has_clock=clock is not None)
        if step is None:
            break
        if step.is_later:
            # What an arrow leads away from was before.
            found[-1] = replace(found[-1], is_former=True)
        place, is_former = step.end, step.is_former
    if found and all(one.is_former for one in found):
        found[-1] = replace(found[-1], is_former=False)
    return found


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
    tail = _read_oxygen(text, tail, analyte)
    # In other units, other values are usual.
    is_usual = tail.unit is None or tail.unit in analyte.units
    if is_usual and not _is_plausible(amount, analyte):
        return None
    whole = replace(base, end=tail.end)
    return tail.complete(whole, match.span(), amount).compute_flag()


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
    minus = _MINUS.match(text, value[0])
    match = _AMOUNT.match(text, minus.end() if minus else value[0])
    amount = read_amount(match[0]) if match and match.end() <= value[1] else None
    if match is None or amount is None:
        return base
    if minus and (analyte is None or analyte.least < 0):
        if amount.high is not None or amount.comparator:
            return base
        amount = Amount(-amount.low)
    tail = read_tail(text, match.end(), analyte)
    tail = tail and _read_oxygen(text, tail, analyte)
    is_whole = tail is not None and tail.end >= value[1]
    rest = text[match.end() : value[1]]
    if tail is None or not (is_whole or _IS_REST.fullmatch(rest)):
        return base
    whole = replace(base, end=max(end, tail.end))
    return tail.complete(whole, value, amount).compute_flag()


def _read_oxygen(text: str, tail: Tail, analyte: Analyte | None) -> Tail:
    """Read past what is breathed in, which stands behind a saturation: "97% 2L"."""
    if analyte is None or analyte.key != "oxygen_saturation":
        return tail
    match = OXYGEN.match(text, tail.end)
    return replace(tail, end=match.end()) if match else tail


def _is_plausible(amount: Amount, analyte: Analyte) -> bool:
    values = [amount.low] if amount.high is None else [amount.low, amount.high]
    if analyte.key == "body_temperature" and any(45 < value < 85 for value in values):
        # Neither in Celsius nor in Fahrenheit.
        return False
    return all(analyte.least <= value <= analyte.greatest for value in values)


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
