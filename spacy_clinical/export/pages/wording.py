"""Words for what records have as numbers and codes: doses, frequencies, dates."""

import re
from collections.abc import Mapping
from typing import Any

EN_DASH, TIMES = "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"
# UCUM's units whose spelling readers don't know. "µg" is easily taken for "mg" (ISMP's list of
# error-prone abbreviations).
_UNITS = {
    "ug": "mcg",
    "meq": "mEq",
    "[iU]": "IU",
    "[drp]": "drop",
    "[tsp_us]": "tsp",
    "[tbs_us]": "tbsp",
    "[foz_us]": "fl oz",
    "[in_i]": "in",
    "[lb_av]": "lb",
    "[degF]": "°F",
    "Cel": "°C",
    "m2": "m²",
    "10*3/uL": "10³/µL",
    "10*6/uL": "10⁶/µL",
    "10*9/L": "10⁹/L",
    "10*12/L": "10¹²/L",
}
_COUNTED = re.compile(r"\{([^{}]*)\}")
_TIMES = {
    "s": "second",
    "min": "minute",
    "h": "hour",
    "d": "day",
    "wk": "week",
    "mo": "month",
    "a": "year",
}
_WHEN = {
    "MORN": "in the morning",
    "MORN.early": "early in the morning",
    "MORN.late": "late in the morning",
    "NOON": "at noon",
    "AFT": "in the afternoon",
    "AFT.early": "early in the afternoon",
    "AFT.late": "late in the afternoon",
    "EVE": "in the evening",
    "EVE.early": "early in the evening",
    "EVE.late": "late in the evening",
    "NIGHT": "at night",
    "HS": "at bedtime",
    "PHS": "after sleep",
    "WAKE": "on waking",
    "C": "with meals",
    "CM": "with breakfast",
    "CD": "with lunch",
    "CV": "with dinner",
    "AC": "before meals",
    "ACM": "before breakfast",
    "ACD": "before lunch",
    "ACV": "before dinner",
    "PC": "after meals",
    "PCM": "after breakfast",
    "PCD": "after lunch",
    "PCV": "after dinner",
}
_MODS = {
    "START": "since",
    "END": "until",
    "BEFORE": "before",
    "AFTER": "after",
    "EARLY": "early",
    "MID": "mid",
    "LATE": "late",
    "APPROX": "about",
    "MORE_THAN": "more than",
    "LESS_THAN": "less than",
}
# NUL and its like would be dropped or replaced by a browser: show their pictures.
_CONTROL_PICTURES = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: 0x2421,
}
REASONS = {
    "no_reference": "no date to count from",
    "no_year": "year unknown",
    "no_time": "time unknown",
    "no_such_date": "no such date",
    "vague": "too vague",
    "after_note": "after the note",
    "ambiguous_order": "month before day assumed",
    "assumed_year": "year assumed",
    "assumed_century": "century assumed",
}
MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_SEASONS = {"SP": "spring", "SU": "summer", "FA": "fall", "WI": "winter"}
_DATE = re.compile(
    r"(\d{4})(?:-(?:(W\d\d)|([A-Z]{2})|(\d\d)(?:-(\d\d)(?:T(\d\d:\d\d)(?::\d\d)?)?)?))?",
    re.ASCII,
)


def say_number(number: float) -> str:
    """Write a number without zeros at its end: 0.5, 1,000."""
    return f"{number:,.10g}"


def say_range(low: float | None, high: float | None) -> str:
    """Write a number, or from where to where; "" for none."""
    numbers = [say_number(n) for n in dict.fromkeys((low, high)) if n is not None]
    return EN_DASH.join(numbers)


def say_unit(unit: str | None, number: float | None = 1) -> str:
    """Write a unit of UCUM for readers: "{tablet}" is tablets, if there are several."""
    if not unit:
        return ""
    known = _UNITS.get(unit)
    counted = _COUNTED.fullmatch(unit)
    word = counted[1] if counted else known
    if counted or unit == "[drp]":
        return _pluralize(str(word), number)
    if known:
        return known
    named = _COUNTED.sub(r"\1", unit)
    return "/".join(
        _UNITS.get(part, part).replace("[", "").replace("]", "")
        for part in named.split("/")
    )


def _pluralize(word: str, number: float | None) -> str:
    if number is None or number <= 1 or not word.isalpha():
        return word
    if word.endswith("y") and not word.endswith("ay"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith("ch") else f"{word}s"


def say_quantity(quantity: Mapping[str, Any] | None) -> str:
    """Write an amount: "25 mg", "1-2 tablets", "160 mg/5 mL", "5-325 mg"."""
    if not quantity:
        return ""
    low, high = quantity.get("low"), quantity.get("high")
    ingredients = quantity.get("ingredients") or ()
    number = "-".join(map(say_number, ingredients)) or say_range(low, high)
    if not number:
        return ""
    unit = say_unit(quantity.get("unit"), high if high is not None else low)
    said = f"{number}{'' if unit == '%' else ' '}{unit}".strip()
    per = quantity.get("per")
    if per and per.get("unit"):
        value = per.get("value")
        count = "" if value in (1, None) else f"{say_number(value)} "
        said += f"/{count}{say_unit(per['unit'])}"
    return said


def say_length(length: Mapping[str, Any] | None) -> str:
    """Write how long: "5 days", "30-60 minutes"."""
    if not length or length.get("low") is None or not length.get("unit"):
        return ""
    return _say_times(length["low"], length.get("high"), length["unit"])


def _say_times(low: float, high: float | None, unit: str) -> str:
    word = _TIMES.get(unit, unit)
    return f"{say_range(low, high)} {_pluralize(word, low if high is None else high)}"


def say_frequency(often: Mapping[str, Any] | None) -> str:
    """Write how often: "twice a day", "every 4-6 hours", "daily at bedtime"."""
    if not often:
        return ""
    said = [_say_how_often(often)]
    said += [_WHEN[code] for code in often.get("when") or () if code in _WHEN]
    days = often.get("days_of_week") or ()
    said.append(f"on {', '.join(day.capitalize() for day in days)}" if days else "")
    times = often.get("times_of_day") or ()
    clocks = (
        time.removesuffix(":00") if time.count(":") > 1 else time for time in times
    )
    said.append(f"at {', '.join(clocks)}" if times else "")
    return " ".join(filter(None, said))


def _say_how_often(often: Mapping[str, Any]) -> str:
    times, most = often.get("frequency"), often.get("frequency_max")
    period, longest = often.get("period"), often.get("period_max")
    unit = often.get("period_unit")
    if period is None or not unit:
        return f"{say_range(times, most)} times" if times and times > 1 else ""
    is_single = period == 1 and longest in (1, None)
    if times in (1, None) and most in (1, None):
        named = {"d": "daily", "wk": "weekly", "mo": "monthly", "a": "yearly"}
        if is_single and unit in named:
            # Days of the week say which.
            return "" if often.get("days_of_week") else named[unit]
        every = _TIMES.get(unit, unit) if is_single else None
        return f"every {every or _say_times(period, longest, unit)}"
    count = (
        "twice" if times == 2 and most is None else f"{say_range(times, most)} times"
    )
    if is_single:
        word = _TIMES.get(unit, unit)
        return f"{count} {'an' if unit == 'h' else 'a'} {word}"
    return f"{count} every {_say_times(period, longest, unit)}"


def say_dosage(dosage: Mapping[str, Any], text: str) -> str:
    """Write how a drug is taken: "25 mg, oral, twice a day for 5 days, as needed for pain".

    dosage: One of a record of a medication, or the record itself.
    text: Of the note.
    """
    route, site = (dosage.get(name) or {} for name in ("route", "site"))
    amount = say_quantity(dosage.get("amount"))
    dose = say_quantity(dosage.get("dose"))
    dose = (
        f"{amount} ({dose})" if amount and dose and amount != dose else dose or amount
    )
    times = dosage.get("n_times") or {}
    lasts = [
        say_frequency(dosage.get("frequency")),
        f"for {lasting}" if (lasting := say_length(dosage.get("duration"))) else "",
        f"over {over}" if (over := say_length(dosage.get("infusion"))) else "",
    ]
    most = dosage.get("max_dose") or {}
    limit = say_quantity(most)
    per = say_length({"low": most.get("period"), "unit": most.get("period_unit")})
    said = [
        dose,
        say_quantity(dosage.get("rate")),
        (route.get("name") or ""),
        (site.get("name") or ""),
        " ".join(filter(None, lasts)),
        f"{TIMES} {times['value']}" if times.get("value") else "",
        say_need(dosage, text),
        f"at most {limit}{f' in {per}' if per else ''}" if limit else "",
    ]
    return ", ".join(filter(None, said))


def say_need(dosage: Mapping[str, Any], text: str) -> str:
    """Write what a drug is taken for: "as needed for pain"; "" if nothing says so."""
    reason = dosage.get("reason")
    words = shorten(text[reason["start"] : reason["end"]]) if reason else ""
    purpose = f"for {words}" if words else ""
    return f"as needed {purpose}".strip() if dosage.get("prn") else purpose


def say_date(found: Mapping[str, Any]) -> str:
    """Write the normalized value of a time: "since 2019-02", "P6W (year unknown)"."""
    value = found.get("value") or ""
    if value and found.get("value_end"):
        value += f" to {found['value_end']}"
    if found.get("freq"):
        value = f"{found['freq']} {TIMES} {value}".strip()
    if not value and found.get("offset"):
        value = found["offset"]
    if value and found.get("mod") in _MODS:
        value = f"{_MODS[found['mod']]} {value}"
    reason = REASONS.get(found.get("reason") or "", "")
    if not found.get("resolved"):
        reason = f"not resolved: {reason}" if reason else "not resolved"
    return f"{value} ({reason})" if value and reason else value or reason


def write_day(value: str) -> str:
    """Write a date with the name of its month: "3 Feb 2019", "Feb 2019", "2019"."""
    match = _DATE.fullmatch(value)
    if match is None:
        # Decades and centuries.
        return f"{value.replace('X', '0')}s" if value.endswith("X") else value
    year, week, season, month, day, clock = match.groups()
    if week:
        return f"week {int(week[1:])} of {year}"
    if season:
        return f"{_SEASONS.get(season, season)} {year}"
    if not month:
        return year
    # Not by the calendar module, whose names depend on the machine's language.
    name = MONTHS[int(month) - 1] if 1 <= int(month) <= 12 else month
    said = f"{int(day)} {name} {year}" if day else f"{name} {year}"
    return f"{said}, {clock}" if clock else said


def write_moment(value: str, value_end: str | None, mod: str | None) -> str:
    """Write when something was: "since Feb 2019", "3 Feb 2019 to 5 Feb 2019"."""
    said = write_day(value) + (f" to {write_day(value_end)}" if value_end else "")
    return f"{_MODS[mod]} {said}" if mod in _MODS else said


def shorten(words: str, most: int = 60) -> str:
    """Put words on one line, and cut what is longer than `most`."""
    # What is long isn't split as a whole.
    head = words[: 2 * most + 20]
    line = " ".join(head.split())
    is_whole = len(line) <= most and len(head) == len(words)
    return line if is_whole else f"{line[: most - 1].rstrip()}…"


def make_visible(text: str) -> str:
    """Replace control characters by their pictures, which have the same length."""
    return text.translate(_CONTROL_PICTURES)
