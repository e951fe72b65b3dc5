"""Find how often something is taken."""

import re

from spacy_clinical.relations.sig.numbers import BETWEEN, NUMBER, read_number
from spacy_clinical.relations.sig.parts import Frequency
from spacy_clinical.relations.sig.patterns import Rule, dotted, join, make_rule
from spacy_clinical.relations.sig.times import ADVERBS, TIME_UNITS

_UNIT = rf"(?P<unit>{join(TIME_UNITS)})"
_ADVERB = rf"(?P<adverb>{join(ADVERBS)})"
_TIMES = {"once": 1, "twice": 2, "thrice": 3}
_ORDINALS = {
    "other": 2,
    "alternate": 2,
    "second": 2,
    "2nd": 2,
    "third": 3,
    "3rd": 3,
    "fourth": 4,
    "4th": 4,
}
_RANGE = rf"(?P<low>{NUMBER})(?:{BETWEEN}(?P<high>{NUMBER}))?"
DAILY = Frequency(1, period=1, period_unit="d")
_LATIN = {
    "qd": DAILY,
    "bid": DAILY._replace(frequency=2),
    "bd": DAILY._replace(frequency=2),
    "tid": DAILY._replace(frequency=3),
    "tds": DAILY._replace(frequency=3),
    "qid": DAILY._replace(frequency=4),
    "qds": DAILY._replace(frequency=4),
    "qod": DAILY._replace(period=2),
    "eod": DAILY._replace(period=2),
    "tiw": Frequency(3, period=1, period_unit="wk"),
    "biw": Frequency(2, period=1, period_unit="wk"),
}


def _read_interval(match: re.Match[str]) -> Frequency | None:
    groups = match.groupdict()
    low = read_number(groups["low"]) if groups.get("low") else 1
    high = read_number(groups["high"]) if groups.get("high") else None
    if not low or (high is not None and high <= low):
        return None
    unit = groups.get("unit")
    code = TIME_UNITS[unit] if unit else ADVERBS[groups["adverb"]]
    return Frequency(1, None, low, high, code)


def _read_times(match: re.Match[str]) -> Frequency | None:
    groups = match.groupdict()
    word = groups.get("word")
    low = _TIMES[word] if word else read_number(groups["low"])
    high = read_number(groups["high"]) if groups.get("high") else None
    if not low or low % 1 or (high is not None and (high <= low or high % 1)):
        return None
    unit = groups.get("unit")
    code = TIME_UNITS[unit] if unit else ADVERBS[groups["adverb"]]
    period = read_number(groups["n"]) if groups.get("n") else 1
    if not period:
        return None
    if code == "h" and period == 24:
        code, period = "d", 1
    first, last = int(low), None if high is None else int(high)
    if match.group().startswith(("up to", "at most", "max")):
        return Frequency(None, last or first, period, None, code)
    return Frequency(first, last, period, None, code)


def _read_latin(match: re.Match[str]) -> Frequency:
    return _LATIN[re.sub("[^a-z]", "", match.group())]


def _read_ordinal(match: re.Match[str]) -> Frequency:
    return Frequency(
        1, period=_ORDINALS[match["nth"]], period_unit=TIME_UNITS[match["unit"]]
    )


_PER = rf"(?:(?: ?/ ?| an? | per | (?:every|each|in an?|in) )(?:(?P<n>{NUMBER}) ?)?{_UNIT}| ?-?{_ADVERB})"
FREQUENCIES: list[Rule] = [
    make_rule(
        "frequency",
        rf"(?:every|each|q) ?(?P<nth>{join(_ORDINALS)}) {_UNIT}"
        rf"|(?:on )?(?P<alternate>alternate|alternating) days?",
        lambda m: DAILY._replace(period=2) if m["alternate"] else _read_ordinal(m),
    ),
    make_rule(
        "frequency",
        rf"(?:q\.? ?|(?:once )?(?:every|each) ){_RANGE} ?-?\.?{_UNIT}(?!/)",
        _read_interval,
    ),
    make_rule(
        "frequency",
        rf"(?:(?:up to |at most |max(?:imum)? (?:of )?)?"
        rf"(?:{_RANGE} ?(?:times|x|doses)|(?P<word>{join(_TIMES)})){_PER})",
        _read_times,
    ),
    make_rule(
        "frequency",
        rf"(?:q\.?|(?:once )?(?:every|each)) ?(?P<unit>{join(TIME_UNITS)})",
        _read_interval,
    ),
    make_rule("frequency", rf"{_RANGE} ?-?(?P<adverb>hourly)", _read_interval),
    # "q12", of hours.
    make_rule(
        "frequency",
        r"q ?(?P<hours>4|6|8|12|24|48|72)(?! ?[-\d./])",
        lambda m: Frequency(1, period=int(m["hours"]), period_unit="h"),
    ),
    make_rule(
        "frequency", "|".join(rf"{dotted(word)}" for word in _LATIN), _read_latin
    ),
    make_rule(
        "frequency", r"every fortnight|fortnightly", Frequency(1, None, 2, None, "wk")
    ),
    make_rule("frequency", _ADVERB, _read_interval),
    # "1 tablet a day": one a day, unlike two.
    make_rule("frequency", r"(?<=one )a day|(?<=one )per day", DAILY),
]
