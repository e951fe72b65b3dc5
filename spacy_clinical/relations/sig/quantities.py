"""Find amounts: doses, strengths, rates, and numbers without a unit."""

import re
from collections.abc import Iterator

from spacy_clinical.relations.sig.numbers import BETWEEN, DIGITS, NUMBER, read_number
from spacy_clinical.relations.sig.parts import Moment, Part, Quantity
from spacy_clinical.relations.sig.patterns import Rule, join, make_rule
from spacy_clinical.relations.sig.units import (
    COUNTED,
    DIVISORS,
    OF_LEVELS,
    TIMES,
    UNITS,
    convert,
)

_UNIT = join(UNITS)
_COUNTED = join(name for name, code in UNITS.items() if code in COUNTED)
# Nor the second number of a ratio: "1:1000".
_NO_NUMBER = r"(?<![\w.,/#$])(?<!\d-)(?<!\d - )(?<!\d:)"
_SEVERAL = rf"{DIGITS}(?: ?[/-] ?{DIGITS}){{1,2}}"
_PER = "".join(
    rf"(?:(?: ?/ ?| per | an? )(?:(?P<n{i}>{DIGITS}) ?)?(?P<per{i}>{join(DIVISORS)})(?!\w))?"
    for i in "123"
)
_QUANTITY = re.compile(
    rf"{_NO_NUMBER}(?:(?P<several>{_SEVERAL})|(?P<low>{NUMBER})"
    rf"(?:(?: ?-?(?P<low_unit>{_UNIT}))?{BETWEEN}(?P<high>{NUMBER}))?"
    rf"|(?P<word>an?|i{{1,3}}) (?={_COUNTED}(?!\w)))"
    rf"(?P<million> million| mil)?[ -]{{0,3}}(?P<unit>{_UNIT})(?!\w)"
    rf"{_PER}"
)
# No amounts that are taken: "by 10 mg every week".
_BY = re.compile(
    rf"(?<!followed )\bby (?:about |approximately )?{NUMBER} ?-?{_UNIT}(?!\w)"
    r"(?:(?: every| each| q| per|/) ?(?:\d+ ?)?[a-z]+| daily| weekly)?"
)
# What was taken before: "from 20 mg to 40 mg", "(was 20 mg)".
_FROM = re.compile(r"\bfrom (?:about |approximately )?$")
_FORMER = re.compile(
    r"(?:[(,;] ?was|\b(?:previously|formerly|prior dose(?: of| was)?|old dose(?: of| was)?|"
    r"previous dose(?: of| was)?|used to (?:be on|take)|had been(?: on| taking)?|instead of)) $"
)
# "80/40 mg AM/PM"
_SPLIT = re.compile(
    rf"{_NO_NUMBER}(?P<a>{DIGITS}) ?[/-] ?(?P<b>{DIGITS})[ -]?(?P<unit>{_UNIT})(?!\w),? ?"
    r"(?:in )?(?:q ?)?a\.?m\.? ?(?:/|and|&) ?(?:in )?(?:q ?)?p\.?m\.?(?!\w)"
)
_MEASURED = re.compile(
    r"\b(?:ebl|blood loss|(?:urine )?output|uop|residual|drain(?:ed|age)|weigh(?:s|ed|ing|t)|"
    r"wt|specimen|voided|level|hydration|intake)(?: of| was| is|:)? ?(?:about |approximately )?$"
)
_TAKEN = (
    r"(?:take|takes|taking|give|given|inject|use|uses|inhale|instil|instill|apply|chew|insert|"
    r"dissolve|swallow)"
)
_GO_ON = (
    r"(?:p\.?o\b|by mouth|oral|s\.?l\b|iv\b|im\b|sc\b|sq\b|subq|every|once|twice|daily|"
    r"q\.? ?(?:\d|h|d|a\.?m|p\.?m|o\.?d|w)|b\.? ?i\.? ?d|t\.? ?i\.? ?d|q\.? ?i\.? ?d|bd\b|"
    r"tds\b|qds\b|od\b|nocte\b|mane\b|prn\b|as needed|at (?:bed|night)|"
    r"in the (?:morning|evening)|(?:one|two|three|four|\d) ?(?:x|times)\b)"
)
_CHANGE = (
    r"(?:increas|decreas|reduc|chang|titrat|rais|lower|adjust|taper|up-?titrat|down-?titrat|"
    r"bump|escalat|wean|cut|doubl)\w*(?: (?:the |this |his |her )?dos(?:e|age))?"
    r"(?: (?:back|up|down|further|gradually|slowly))?"
)
_ENDS_BARE = rf"(?:$|[,;)]|\.(?!\d)|(?:today|and|on|at|with|for)\b|{_GO_ON})"
_CHANGED_TO = (
    rf"{_CHANGE} (?P<id>to)(?= (?:about )?{NUMBER} ?(?:-? ?{_UNIT}(?!\w)|{_ENDS_BARE}))"
)
CHANGES_TO: list[Rule] = [
    # What may come later is no dose of now.
    make_rule(
        "then",
        rf"(?:suggest|recommend|advise|consider|propose)(?:ed|ing|s|d)? {_CHANGED_TO}",
        True,
    ),
    make_rule("change_to", _CHANGED_TO, True),
    # "40 mg, now 10 mg"
    make_rule(
        "change_to",
        rf"now(?: (?:on|at|taking|down to|up to))?(?= (?:about )?{NUMBER} ?-?{_UNIT}(?!\w))",
        True,
    ),
    Rule(
        "change_to",
        re.compile(r"(?<=[\w.)]) ?(?P<id>-+>|=>|\u2192) ?(?=\d)"),
        lambda match: True,
    ),
]
_BARE_CHANGED = re.compile(
    rf"\b{_CHANGE} to (?:about )?(?P<id>(?P<low>{NUMBER}))"
    rf"(?= ?{_ENDS_BARE})"
)
_BARE = re.compile(
    rf"{_NO_NUMBER}(?P<low>{NUMBER}|i{{1,3}})(?:{BETWEEN}(?P<high>{NUMBER}))?(?= {_GO_ON})"
)
_BARE_TAKEN = re.compile(
    rf"\b{_TAKEN} (?P<id>(?P<low>{NUMBER})(?:{BETWEEN}(?P<high>{NUMBER}))?)"
    r"(?= ?(?:$|[,;.]|with\b|at\b|in\b|before\b|after\b|a day))"
)
# "2 x 500 mg", "two 25 mg tablets": how many of what follows.
_TIMES = re.compile(
    rf"{_NO_NUMBER}(?P<low>{NUMBER})(?: ?x ?| )(?={DIGITS} ?-?{_UNIT}(?!\w))"
)
_MAX_BARE = 10_000
_FRACTION = re.compile("1/[2348]|2/3|3/4")
_MIXED = re.compile(rf"\d-(?:{_FRACTION.pattern})")
# Of the ends of a range; "5-325 mg" is of two ingredients.
_MAX_RATIO = 10
_BEFORE = 40


def find_quantities(text: str) -> Iterator[Part]:
    """Find the amounts in a folded text; and levels, which are none.

    YIELDS: Parts of the kinds "quantity", "bare" and "level".
    """
    for match in _BY.finditer(text):
        yield Part(*match.span(), "level")
    for match in _SPLIT.finditer(text):
        yield from _read_split(match)
    for match in _QUANTITY.finditer(text):
        yield from _read_match(text, match)
    for match in _BARE_CHANGED.finditer(text):
        yield from _read_bare(match, match.span("id"))
    for match in _TIMES.finditer(text):
        yield from _read_bare(match, match.span("low"))
    for match in _BARE_TAKEN.finditer(text):
        yield from _read_bare(match, match.span("id"))
    for match in _BARE.finditer(text):
        yield from _read_bare(match, match.span())


def _read_match(text: str, match: re.Match[str]) -> Iterator[Part]:
    """Read an amount, and whether it is one that was taken before."""
    before = text[max(match.start() - _BEFORE, 0) : match.start()]
    quantity = None if _MEASURED.search(before) else _read_quantity(match)
    is_from = _FROM.search(before) is not None
    if is_from and match["high"]:
        yield from _read_change(match)
    elif quantity and (is_from or _FORMER.search(before)):
        yield Part(*match.span(), "former", quantity)
    else:
        yield Part(*match.span(), "quantity" if quantity else "level", quantity)


def _read_split(match: re.Match[str]) -> Iterator[Part]:
    """Read two amounts that are taken in the morning and in the evening."""
    amounts = [read_number(match[name]) for name in ("a", "b")]
    if None not in amounts:
        unit = UNITS[match["unit"]]
        steps = (
            (Quantity(amount, amount, unit), Moment((when,)))
            for amount, when in zip(amounts, ("MORN", "EVE"), strict=True)
        )
        yield Part(*match.span(), "split", tuple(steps))


def _read_quantity(match: re.Match[str]) -> Quantity | None:
    """Read an amount; None for measured levels, and for what has no one reading."""
    unit = UNITS[match["unit"]]
    divisors: list[str] = []
    per: tuple[float, str] | None = None
    for i in "123":
        name = match[f"per{i}"]
        if name is None:
            break
        code, n = DIVISORS[name], match[f"n{i}"]
        value = read_number(n) if n else 1
        if value is None or (code in OF_LEVELS and code != unit):
            return None
        if code in TIMES:
            divisors.append(code if value == 1 else f"({value:g}.{code})")
        elif code in ("kg", "m2", "[lb_av]"):
            divisors.append(code)
        else:
            per = (value, code)
    if unit == "ng" and per:
        return None
    unit = "/".join([unit, *divisors])
    if match["several"]:
        numbers = _read_several(match["several"])
        return numbers and numbers._replace(unit=unit, per=per)
    low = read_number(match["low"] or match["word"])
    high = read_number(match["high"]) if match["high"] else low
    if low is None or high is None:
        return None
    if match["low_unit"]:
        if not match["high"]:
            return None
        low = convert(low, UNITS[match["low_unit"]], unit.split("/")[0])
        if low is None:
            return None
    if match["million"]:
        low, high = round(low * 1_000_000), round(high * 1_000_000)
    return Quantity(low, high, unit, (), per) if low <= high else None


def _read_change(match: re.Match[str]) -> Iterator[Part]:
    """Read both amounts of "from 20 mg to 10 mg"."""
    unit = UNITS[match["unit"]]
    old = UNITS[match["low_unit"]] if match["low_unit"] else unit
    middle = match.end("low_unit") if match["low_unit"] else match.end("low")
    places = (match.start(), middle), (match.start("high"), match.end())
    numbers = read_number(match["low"]), read_number(match["high"])
    for kind, place, number, code in zip(
        ("former", "quantity"), places, numbers, (old, unit), strict=True
    ):
        if number is not None:
            yield Part(*place, kind, Quantity(number, number, code))  # type: ignore[arg-type]


def _read_several(text: str) -> Quantity | None:
    """Read numbers with hyphens and slashes between: a range, a fraction, or ingredients."""
    if _MIXED.fullmatch(text):
        value = read_number(text)
        return Quantity(value, value, None)
    parts = [_read_part(part) for part in re.split(" ?- ?", text)]
    if len(parts) == len(parts[0]) == 1:
        return Quantity(parts[0][0], parts[0][0], None)
    if len(parts) == 2 and len(parts[0]) == len(parts[1]) == 1:
        low, high = parts[0][0], parts[1][0]
        if low < high < _MAX_RATIO * low:
            return Quantity(low, high, None)
    values = tuple(value for part in parts for value in part)
    return Quantity(None, None, None, values) if 0 not in values else None


def _read_part(text: str) -> list[float]:
    """Read a number, or several with slashes between."""
    parts = [text] if _FRACTION.fullmatch(text) else re.split(" ?/ ?", text)
    return [read_number(part) or 0 for part in parts]


def _read_bare(match: re.Match[str], place: tuple[int, int]) -> Iterator[Part]:
    groups = match.groupdict()
    low = read_number(groups["low"])
    high = read_number(groups["high"]) if groups.get("high") else low
    if low is None or high is None or not low <= high < _MAX_BARE:
        return
    yield Part(*place, "bare", Quantity(low, high, None))
