"""Read durations, ages and frequencies: "for 2-3 weeks", "58yo", "twice a week"."""

import re
from dataclasses import replace

from spacy_clinical.relations.dates.forms import join_forms, read_groups
from spacy_clinical.relations.dates.value import TimeValue
from spacy_clinical.relations.dates.words import (
    AMOUNT,
    UNIT,
    Amount,
    find_single,
    make_amount,
    read_unit,
)

_AGE_UNIT = r"(?P<unit>years?|yrs?|y|months?|mos?|m(?=[ -]?old|/o)|weeks?|wks?|w|days?|d|hours?|hrs?|h)"
_AND = (
    r"(?:,? ?(?:and )?(?P<more>\d{1,2}) ?-?(?P<part>months?|mos?|weeks?|wks?|days?|d))?"
)
_OLD = r"(?:[ -]{0,3}(?:old|o)\b|[ -]of age\b|/o\b|\.o\.?|o\b)"
_AGES = [
    # 58-year-old, 58yo, 6 mo old, 2 years and 3 months of age
    rf"(?P<n>\d{{1,3}}(?:\.\d{{1,2}})?)[ -]{{0,3}}{_AGE_UNIT}\.?{_AND}{_OLD}.*",
    # aged 58, age 6 months, at the age of 35 years, since he was 21
    rf"(?:.*\b)?age[ds]?(?: of| at)?:? (?P<n>\d{{1,3}}(?:\.\d{{1,2}})?)(?:[ -]{{0,2}}{_AGE_UNIT}\b)?.*",
    rf"(?:when )?(?:she|he|they) (?:was|were) (?P<n>\d{{1,3}})(?:[ -]{{0,2}}{_AGE_UNIT}\b)?.*",
    # 58 y, 58F, 58 M
    r"(?P<n>\d{1,3}) ?(?P<sex>m|f|male|female|man|woman|boy|girl)",
]
_AGE = join_forms(_AGES)
_DECADE = re.compile(r"(?:his |her |their |the )*(?P<n>[1-9]0)'?s")
_TEENS = re.compile(r"(?:his |her |their |the )*teens")
_GESTATION = re.compile(
    r"(?:.*?\b)?(?P<weeks>[1-4]\d)(?: ?\+ ?(?P<plus>[0-6])|(?: and)? (?P<part>[0-6]) ?/ ?7)?"
    r"(?: ?(?:weeks?|wks?|w))?(?: ?(?:and )?(?P<days>[0-6]) ?(?:days?|d))?"
    r"(?: gestational weeks?)?(?:[ ,]*(?:of gestation|gestation(?:al age)?|ga|pregnan\w+))?"
)
_IS_GESTATION = re.compile(
    r"gestation|\d/7|\bga\b|pregnan|\d ?\+ ?\d ?(?:weeks?|wks?|w)\b"
)
_TIMES = (
    r"(?P<times>\d{1,3})(?: ?(?:-|to|or) ?(?P<upto>\d{1,3}))?(?: ?x| times?| episodes?)"
)
_EACH = rf"(?:per|an?|1|/|each|every|in 1|in an?)[ -]?(?P<unit>{UNIT})"
_LATIN = {
    "qd": ("P1D", None),
    "daily": ("P1D", None),
    "od": ("P1D", None),
    "bid": ("P1D", "2"),
    "tid": ("P1D", "3"),
    "qid": ("P1D", "4"),
    "qod": ("P2D", None),
    "qhs": ("P1D", "1"),
    "qam": ("P1D", "1"),
    "qpm": ("P1D", "1"),
    "nightly": ("P1D", "1"),
    "hourly": ("PT1H", None),
    "weekly": ("P1W", None),
    "biweekly": ("P2W", None),
    "fortnightly": ("P2W", None),
    "monthly": ("P1M", None),
    "bimonthly": ("P2M", None),
    "quarterly": ("P3M", None),
    "yearly": ("P1Y", None),
    "annually": ("P1Y", None),
    "annual": ("P1Y", None),
    "qweek": ("P1W", None),
    "qmonth": ("P1M", None),
}
_AMBIGUOUS = frozenset({"biweekly", "bimonthly"})
_OFTEN = {"once": "1", "twice": "2", "thrice": "3"}
_SETS = join_forms(
    [
        rf"(?:every|each|q\.?) ?(?P<low>\d{{1,3}})(?: ?(?:-|to|or) ?(?P<high>\d{{1,3}}))?[ -]?(?P<unit>{UNIT}|m)",
        rf"(?:every|each) (?:(?P<other>other|2th) )?(?P<unit>{UNIT}|morning|evening|night)",
        rf"(?P<low>\d{{1,3}})[ -]?(?P<unit>{UNIT})ly",
        r"(?P<low>\d{1,3})[ -](?P<every>daily|weekly|monthly|yearly)",
        rf"(?P<low>\d{{1,3}})[ -]?(?P<unit>{UNIT})[ -]intervals?",
        r"(?P<often>once|twice|thrice)[ -](?P<every>daily|weekly|monthly|yearly|nightly)",
        rf"(?P<often>once|twice|thrice) {_EACH}",
        rf"{_TIMES}[ -](?:(?P<every>daily|weekly|monthly|yearly)|{_EACH})",
        rf"(?:x ?)?(?P<times>\d{{1,3}})(?: ?(?:-|to) ?(?P<upto>\d{{1,3}}))? ?(?:x ?)?(?:/|per ) ?(?P<unit>{UNIT})",
        r"(?P<latin>(?:[a-z]\.){1,3}[a-z]\.?|[a-z]{2,11})",
    ]
)
_ONCE = re.compile(r"once|1[- ]time|single|x ?1")


def read_age(folded: str) -> TimeValue | None:
    """Read the age of a person; None if the text is none.

    folded: As `fold` writes it, without modifiers.
    """
    if folded in ("newborn", "birth", "at birth"):
        return TimeValue("AGE", "P0D")
    if match := _DECADE.fullmatch(folded):
        first = int(match["n"])
        return TimeValue("AGE", f"P{first}Y", value_end=f"P{first + 9}Y")
    if _TEENS.fullmatch(folded):
        return TimeValue("AGE", "P13Y", value_end="P19Y")
    if _IS_GESTATION.search(folded):
        return _read_gestation(folded)
    match = _AGE.fullmatch(folded)
    if match is None:
        return None
    parts = read_groups(match)
    unit = read_unit(parts.get("unit", "y")) if parts.get("unit") != "m" else "M"
    more = ""
    if "more" in parts:
        more = f"{read_unit(parts['part'])}{parts['more']}"
    return TimeValue("AGE", Amount(parts["n"], "", unit, more).write())


def _read_gestation(folded: str) -> TimeValue | None:
    match = _GESTATION.fullmatch(folded)
    if match is None:
        return None
    days = match["plus"] or match["part"] or match["days"]
    # As obstetricians write it; ISO 8601-2 has weeks beside days.
    return TimeValue(
        "AGE", f"P{match['weeks']}W{days}D" if days else f"P{match['weeks']}W"
    )


def read_years(folded: str) -> TimeValue | None:
    """Read an amount as an age: what is known to be one may say just "20 years"."""
    match = re.fullmatch(rf"{AMOUNT}.*", folded)
    if match is None:
        bare = re.fullmatch(r"\d{1,3}", folded)
        return TimeValue("AGE", f"P{int(folded)}Y") if bare else None
    found = read_duration(folded)
    return replace(found, type="AGE") if found else None


def read_duration(folded: str) -> TimeValue | None:
    """Read a length of time, or a range of lengths; None if the text has none."""
    match = re.search(rf"(?:(?<![^\W_])|(?<=x)){AMOUNT}", folded)
    amount = make_amount(match) if match else find_single(folded)
    if amount is None:
        return None
    end = amount.write(amount.high) if amount.high and amount.high != "x" else None
    is_known = not amount.is_vague
    return TimeValue(
        "DURATION",
        amount.write(),
        value_end=end,
        is_resolved=is_known,
        reason="" if is_known else "vague",
    )


def read_set(folded: str) -> TimeValue | None:
    """Read how often something is; None if the text doesn't say.

    folded: As `fold` writes it, without modifiers.
    """
    if _ONCE.fullmatch(folded):
        return TimeValue("SET", None, freq="1", is_resolved=False, reason="vague")
    match = _SETS.fullmatch(folded)
    if match is None:
        return None
    parts = read_groups(match)
    if "latin" in parts:
        name = parts["latin"].replace(".", "")
        if name not in _LATIN:
            return None
        value, freq = _LATIN[name]
        reason = "vague" if name in _AMBIGUOUS else ""
        return TimeValue("SET", value, freq=freq, is_resolved=not reason, reason=reason)
    every = parts.get("every")
    if every == "nightly" or parts.get("unit") in ("morning", "evening", "night"):
        unit = "D"
    elif every:
        unit = {"daily": "D", "weekly": "W", "monthly": "M", "yearly": "Y"}[every]
    elif parts["unit"] == "m":
        unit = "M"
    else:
        unit = read_unit(parts["unit"])
    amount = Amount(parts.get("low", "2" if "other" in parts else "1"), "", unit)
    freq = _OFTEN.get(parts.get("often", ""), parts.get("times"))
    if "upto" in parts:
        freq = f"{freq}-{parts['upto']}"
    end = amount.write(parts["high"]) if "high" in parts else None
    is_known = not amount.is_vague
    return TimeValue(
        "SET",
        amount.write(),
        value_end=end,
        freq=freq,
        is_resolved=is_known,
        reason="" if is_known else "vague",
    )
