"""Find when on a day something is taken, and on which days."""

import re

from spacy_clinical.relations.sig.parts import Moment
from spacy_clinical.relations.sig.patterns import Rule, dotted, join, make_rule

# Codes of FHIR's EventTiming.
_MEALS = {
    "breakfast": "M",
    "lunch": "D",
    "dinner": "V",
    "supper": "V",
    "evening meal": "V",
}
_NEAR = {"before": "AC", "prior to": "AC", "after": "PC", "with": "C", "at": "C"}
_HOURS = {
    "morning": "MORN",
    "mornings": "MORN",
    "a.m.": "MORN",
    "am": "MORN",
    "afternoon": "AFT",
    "evening": "EVE",
    "evenings": "EVE",
    "p.m.": "EVE",
    "pm": "EVE",
    "night": "NIGHT",
    "nights": "NIGHT",
    "bedtime": "HS",
    "noon": "NOON",
    "midday": "NOON",
    "hs": "HS",
    "h.s.": "HS",
}
_LATIN = {
    "qam": "MORN",
    "qpm": "EVE",
    "qhs": "HS",
    "qnoc": "NIGHT",
    "hs": "HS",
    "ac": "AC",
    "pc": "PC",
    "nocte": "NIGHT",
    "mane": "MORN",
}
_DAYS = {
    "monday": "mon",
    "tuesday": "tue",
    "wednesday": "wed",
    "thursday": "thu",
    "friday": "fri",
    "saturday": "sat",
    "sunday": "sun",
    "mon": "mon",
    "tues": "tue",
    "tue": "tue",
    "weds": "wed",
    "wed": "wed",
    "thurs": "thu",
    "thur": "thu",
    "thu": "thu",
    "fri": "fri",
    "sat": "sat",
    "sun": "sun",
    "su": "sun",
    "sa": "sat",
}
# No days where they stand alone.
_WORDS = frozenset({"sat", "sun", "wed", "mon", "fri", "su", "sa", "th", "tu"})
_IS_ALONE = re.compile(r"(?:\b(?:on|every|each|q|weekly|week|q?wk)\s?|\()$")
_WEEKS = {
    "mwf": ("mon", "wed", "fri"),
    "tths": ("tue", "thu", "sat"),
    "tthsa": ("tue", "thu", "sat"),
    "tuthsa": ("tue", "thu", "sat"),
    "tts": ("tue", "thu", "sat"),
    "tth": ("tue", "thu"),
    "weekdays": ("mon", "tue", "wed", "thu", "fri"),
    "weekends": ("sat", "sun"),
}
# "M/W/F", "T,Th,Sa".
_LETTERS = {
    **{"m": "mon", "t": "tue", "w": "wed", "r": "thu", "f": "fri", "s": "sat"},
    **{"mo": "mon", "tu": "tue", "we": "wed", "th": "thu", "fr": "fri", "sa": "sat"},
    "su": "sun",
}
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LETTER = rf"(?:{join([*_LETTERS, 'tue', 'thu', 'sat', 'sun', 'mon', 'wed', 'fri'])})"
_DAY = rf"(?:{join(_DAYS)})s?\.?"
_HOUR = r"(?:\d{1,2}(?::[0-5]\d)? ?(?:am|pm|a\.m\.?|p\.m\.?)|(?:[01]?\d|2[0-3]):[0-5]\d|(?:[01]\d|2[0-3])[0-5]\d)(?: ?(?:hrs?|hours|h))?"


def _read_meal(match: re.Match[str]) -> Moment:
    near = _NEAR[match["near"]]
    meal = match["meal"]
    if meal in _MEALS:
        return Moment((near + _MEALS[meal],))
    return Moment((near,))


def _read_slots(match: re.Match[str]) -> Moment | None:
    slots = match.group().split("-")
    events = (
        ("MORN", "NOON", "NIGHT")
        if len(slots) == 3
        else ("MORN", "NOON", "EVE", "NIGHT")
    )
    when = tuple(e for e, slot in zip(events, slots, strict=True) if slot == "1")
    return Moment(when) if when else None


def _read_latin(match: re.Match[str]) -> Moment | None:
    word = re.sub("[^a-z]", "", match.group())
    code = _LATIN.get(word) or _HOURS.get(word.removeprefix("q"))
    return Moment((code,)) if code else None


def _read_days(match: re.Match[str]) -> Moment | None:
    names = re.findall(r"[a-z]+", match.group())
    days = [_DAYS.get(name) or _DAYS.get(name.removesuffix("s")) for name in names]
    found = tuple(dict.fromkeys(day for day in days if day))
    if names[0] in _WORDS and len(names) == 1:
        before = match.string[max(match.start() - 8, 0) : match.start()]
        if not _IS_ALONE.search(before):
            return None
    return Moment(days_of_week=found) if found else None


def _read_letters(match: re.Match[str]) -> Moment | None:
    """Read days by their first letters, in the order of the week; "m/f" is something else."""
    # Without "on", "every" and "and".
    words = re.findall(r"[a-z]+", match.group())
    names = [word for word in words if word in _LETTERS or word in _DAYS]
    days = [_LETTERS.get(name) or _DAYS[name] for name in names]
    if days != sorted(set(days), key=WEEK.index) or names == ["m", "f"]:
        return None
    return Moment(days_of_week=tuple(days))


# When something was done, not when it is always done: "given at 1015", "stopped @ 2200".
_IS_DONE = re.compile(
    r"\b(?:given|gave|got|received|administered|took|taken|started|stopped|held|last|due|next|"
    r"dose|off|changed|increased|decreased|resumed|given|infused|x ?\d)\b[^.;]{0,40}$"
)
_IS_ALWAYS = re.compile(
    r"\b(?:takes?|daily|every|each|once a day|scheduled|q ?(?:day|d|\d+ ?h?))\b[^.;]{0,40}$"
)
_AROUND = 50


def _read_hours(match: re.Match[str]) -> Moment | None:
    """Read at which times of day something is taken; none where it was given at one."""
    moment = _read_times_of_day(match)
    if moment is None:
        return None
    before = match.string[max(match.start() - _AROUND, 0) : match.start()]
    is_always = _IS_ALWAYS.search(before) is not None
    if _IS_DONE.search(before) and not is_always:
        return Moment()
    is_single = len(moment.times_of_day) == 1 and not re.search("[ap]", match["hours"])
    return Moment() if is_single and not is_always else moment


def _read_times_of_day(match: re.Match[str]) -> Moment | None:
    times = []
    for hour in re.finditer(
        r"(\d{1,2})(?::?(\d\d))?(?!\d)(?: ?(a|p)\.?m)?", match["hours"]
    ):
        number, minute = int(hour[1]), int(hour[2] or 0)
        if hour[3]:
            if not 1 <= number <= 12:
                return None
            number = number % 12 + (12 if hour[3] == "p" else 0)
        times.append(f"{number:02}:{minute:02}:00")
    return Moment(times_of_day=tuple(times))


MOMENTS: list[Rule] = [
    # Morning, noon and night: "1-0-1".
    make_rule("moment", r"[01]-[01]-[01](?:-[01])?(?![-\d/])", _read_slots),
    make_rule(
        "moment",
        rf"(?P<near>{join(_NEAR)}) (?:each |every |the |her |his |your |a )?(?:main )?"
        rf"(?P<meal>{join(_MEALS)}|meals?|food|eating)",
        lambda m: None if m["near"] == "at" and m["meal"] == "food" else _read_meal(m),
    ),
    make_rule(
        "moment",
        "|".join(dotted(word) for word in _LATIN)
        + r"|q\.? ?(?:a\.?m\.?|p\.?m\.?|h\.?s\.?|bedtime|evening|morning|night|noon)",
        _read_latin,
    ),
    make_rule(
        "moment",
        r"(?:at|each|every|in the|in|q|before|on)? ?(?:the |early |late )?"
        rf"(?P<hour>{join(set(_HOURS) - {'am', 'pm', 'a.m.', 'p.m.', 'hs', 'h.s.'})})"
        rf"|(?:in the|every|each|in|q) (?P<half>am|pm|a\.m\.|p\.m\.)",
        lambda m: Moment((_HOURS[m["hour"] or m["half"]],)),
    ),
    make_rule("moment", r"nightly", Moment(("NIGHT",))),
    make_rule("moment", r"(?:up)?on (?:waking|awakening|rising)", Moment(("WAKE",))),
    make_rule(
        "moment",
        rf"(?:at|@) ?(?P<hours>{_HOUR}(?:(?:,? and |, ?|/| & ){_HOUR}){{0,5}})",
        _read_hours,
    ),
    make_rule(
        "other_days",
        r"(?:on )?(?:(?:all )?(?:the )?other|(?:all )?(?:the )?remaining) days(?: of the week)?|"
        r"(?:the )?rest of the week",
        True,
    ),
    make_rule("except", r"except(?: for)?", True),
    make_rule(
        "moment",
        rf"(?:on |every |q ?)?{_LETTER}(?:(?: ?[/,&-] ?| and ){_LETTER}){{1,6}}",
        _read_letters,
    ),
    make_rule(
        "moment",
        rf"(?:on |every |each |q ?)?{_DAY}"
        rf"(?:(?:,? and |, ?|/|-| & | ){_DAY}){{0,6}}",
        _read_days,
    ),
    make_rule(
        "moment",
        rf"(?:on |every |q ?)?(?P<week>{join(_WEEKS)})",
        lambda m: Moment(days_of_week=_WEEKS[m["week"]]),
    ),
]
