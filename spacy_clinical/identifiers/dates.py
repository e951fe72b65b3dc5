"""Find dates in all the ways that notes write them."""

import re
from collections.abc import Iterator

from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import (
    GAP,
    IS_MEASURED,
    Rule,
    RuleText,
    apply_rules,
    compile_rule,
    read_after,
    read_before,
)

SOURCE = "dates"
FULL_MONTH = (
    "January|February|March|April|May|June|July|August|September|October|November|"
    "December"
)
SHORT_MONTH = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
# Where a day or a year stands beside them.
FOREIGN_MONTH = (
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|"
    "diciembre|janvier|f[eé]vrier|mars|avril|mai|juin|juillet|ao[uû]t|septembre|octobre|"
    "novembre|d[eé]cembre|Januar|Februar|M[aä]rz|Juni|Juli|Oktober|Dezember|janeiro|"
    "fevereiro|março|maio|junho|julho|setembro|outubro|dezembro|gennaio|febbraio|aprile|"
    "maggio|giugno|luglio|settembre|ottobre|dicembre"
)
_NO_LETTER = r"(?![^\W\d_])"
MONTH = rf"(?:(?:{FULL_MONTH}|{FOREIGN_MONTH}){_NO_LETTER}|(?:{SHORT_MONTH}){_NO_LETTER}\.?)"
DAY = r"(?:(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?)"
YEAR = r"(?:(?:18|19|20)\d\d|'\d\d)"
SHORT_YEAR = r"(?:(?:18|19|20)\d\d|'?\d\d)"
WEEKDAY = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
SHORT_WEEKDAY = "Mon|Tues?|Wed|Thurs?|Thur|Fri|Sat|Sun"
# Without a colon: "1525", or "2400".
PLAIN_TIME = r"(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?|2400)(?!\d)"
# Words before which a number is a date.
_IS_DATED = re.compile(
    r"(?:\b(?:on|since|from|until|till?|through|thru|by|before|after|dated?|during|last|next|"
    r"this|past|every|starting|started|beginning|ending|circa|due|visit|seen|admit(?:ted)?|"
    r"discharged?|appt|appointment|scheduled|surgery|sx|dx'?d?|d/c'?d?|f/u|follow-?up|"
    r"performed|done|drawn|collected|received|resulted|updated|exp(?:ires)?|lmp|edd|edc|dob|"
    r"born|LKW|hospitalized|labs?|xr|ct|mri|echo|ekg|cxr)[ :]{1,3}\(?|"
    r"\d/\d{1,2}(?:/\d{2,4})? ?(?:and|to|or|&|,|-) ?|(?:date|day|time)[ :]{1,3}|@ ?)$",
    re.IGNORECASE,
)
_RANGE_START = re.compile(
    r"(?<![\d/.,])\d{1,2}(?P<sep>[/.])(?P<b>\d{1,2})(?:(?P=sep)(?:\d{4}|\d\d))?(?: ?-| to) ?$"
)
_RANGE_END = re.compile(r" ?(?:-|to\b|thru\b) ?\d{1,2}/(?P<b>\d{1,2})(?P<year>/\d\d)?")
_CLINICAL = re.compile(
    r"\b(?:strength|power|motor|murmur|SEM|pain|scale|score|tabs?|tablets?|reflex(?:es)?|"
    r"DTRs?|apgars?|GCS|MMSE|MoCA|PHQ|GAD|NIHSS|grade|acuity|VA|vision|pitting|edema|"
    r"pulses?|DP|PT|strengths?|quadriceps|biceps|triceps|deltoids?|grip|flexors?|"
    r"extensors?|nodes?|lesions?|cups?|tsp|teaspoons?|inch|dose|pills?|bottle|rated|cores?|"
    r"stage|ratio|BP|cultures?|ppd|packs?|effort|hearing|Bishop|RASS|throughout|orientation|"
    r"bilaterally|alert|oriented|days?|weeks?|visits?|reps?|sets?|times)\b|\d/\d{1,2} ?$",
    re.IGNORECASE,
)


def _is_numeric_date(match: re.Match[str]) -> bool:
    """Check that the numbers of a date can be those of a day and a month."""
    first, second, year = match["a"], match["b"], match["y"]
    if not _are_day_and_month(first, second) or not _begins(match):
        return False
    if match["sep"] in ".-" and len(year) == 2:
        # "1.2.10" is a heading, "5-10-15 mg" a dose, "08.03.19" a date.
        is_padded = len(first) == 2 and len(second) == 2
        if match["sep"] == "." and not is_padded:
            return bool(_IS_DATED.search(read_before(match)))
    return not IS_MEASURED.match(read_after(match))


def _begins(match: re.Match[str]) -> bool:
    """Check that a date with a hyphen before it ends a range: "3/14/21-3/16/21"."""
    before = read_before(match, 14)
    return not before.endswith("-") or bool(_RANGE_START.search(before))


def _are_day_and_month(first: str, second: str) -> bool:
    a, b = int(first), int(second)
    return (1 <= a <= 12 and 1 <= b <= 31) or (1 <= b <= 12 and 1 <= a <= 31)


def _is_day_of_month(match: re.Match[str]) -> bool:
    """Check that "3/4" is a date: nothing clinical around it, and something says so."""
    first, second = match["a"], match["b"]
    if not _are_day_and_month(first, second) or not _begins(match):
        return False
    before, after = read_before(match, 30), read_after(match, 30)
    other = _RANGE_START.search(before) or _RANGE_END.match(after)
    if other and other["b"] != second and max(int(other["b"]), int(second)) > 10:
        return not IS_MEASURED.match(after)
    line_before = before.rpartition("\n")[2]
    line_after = after.partition("\n")[0]
    if IS_MEASURED.match(after) or _CLINICAL.search(line_after.partition(". ")[0]):
        return False
    if _CLINICAL.search(line_before.rpartition(". ")[2]):
        return False
    if _IS_DATED.search(before):
        # "5/5 on exam": most that is out of five is strength.
        return second != "5" or not re.search(r"\b(?:by|from|through|last) $", before)
    time = re.match(rf",? (?:at |@ ?)?{PLAIN_TIME}(?!\w|[.,/-]\d)", line_after)
    if time:
        return not IS_MEASURED.match(line_after, time.end())
    is_alone = not line_before.strip(" -*(")
    if is_alone and re.match(r" ?(?:[:-]|\d?\d:\d\d|at\b|$)", line_after):
        return True
    # "03/04" and "7/22" are written for dates only.
    is_padded = "0" in (first[0], second[0]) and len(first) == len(second) == 2
    return is_padded or int(first) > 9 < int(second) > 15 or int(second) > 20


def _is_month_of_year(match: re.Match[str]) -> bool:
    return not IS_MEASURED.match(read_after(match))


def _is_month_alone(match: re.Match[str]) -> bool:
    """Check that "May" is a month, and no verb or name."""
    before, after = read_before(match, 16), read_after(match, 12)
    word = match[0].lower()
    is_full = re.fullmatch(FULL_MONTH, match[0], re.I) and word not in ("may", "march")
    if is_full and word != "august":
        return match[0][0].isupper() or bool(_IS_DATED.search(before))
    said = re.search(
        r"\b(?:in|since|of|last|this|next|early|late|mid|until|till|by|from|during|through|"
        r"and|to|end of|beginning of)[ -]{1,2}$",
        before,
        re.IGNORECASE,
    )
    if not said or re.match(r" (?:have|be|not)\b", after) or match[0] in ("OCT", "MAR"):
        return False
    return match[0][0].isupper() and not re.match(r"\.?[a-z]", after)


def _is_short_weekday(match: re.Match[str]) -> bool:
    """Check that "Sat" is a day, and no oxygen."""
    word, before, after = (
        match[0].rstrip("."),
        read_before(match, 16),
        read_after(match, 8),
    )
    if not word[0].isupper() or re.match(r"['\w]", after):
        return False
    said = re.search(
        r"\b(?:on|last|this|next|every|by|until|till|since|and|or|through|thru|to|"
        r"before|after)\s$|(?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\.?(?:,| ?[-/&]) ?$",
        before,
        re.IGNORECASE,
    )
    followed = re.match(
        r"(?:,? ?\d{1,2}[/:. -]|,? (?:the )?\d|(?:,? ?[-/&] ?| (?:and|or|to|thru) )"
        r"(?:Mon|Tues?|Wed|Thur?|Fri|Sat|Sun)|,? (?:AM|PM|morning|night|evening|Jan|Feb|Mar|"
        r"Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))",
        after,
        re.IGNORECASE,
    )
    if word.lower() in ("sat", "sun", "mon", "fri") or word.isupper():
        is_measured = re.match(r" ?:| O2| \d+ ?%| \d\d\b(?!/)", after)
        return bool(said or followed) and not is_measured
    return True


def _is_year(match: re.Match[str]) -> bool:
    after = read_after(match, 14)
    return not (
        IS_MEASURED.match(after)
        or re.match(r" ?(?:hrs|hours|h\b|/\d|,\d|\.\d|x\d|to \d{1,3}\b)", after)
    )


def _is_season(match: re.Match[str]) -> bool:
    return not re.match(r" (?:back|to|out|for the|asleep)\b", read_after(match, 12))


_END = r"(?![\w/]|[.,-]\d)"
_DATE_RULES: list[Rule] = [
    compile_rule(
        SOURCE,
        "DATE",
        "date",
        "digit",
        r"(?<![\d.,-])(?:18|19|20)\d\d(?P<s>[-/.])(?:0?[1-9]|1[0-2])(?P=s)"
        r"(?:0?[1-9]|[12]\d|3[01])(?=T\d\d|\D|$)",
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "date",
        "digit",
        r"(?<![\d.,-])(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
        r"(?:[T ]?[0-2]\d[0-5]\d(?:[0-5]\d)?Z?)?(?![\d,.-]\d|\d)",
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "date",
        "digit",
        r"(?<![\d/.,])(?P<a>\d{1,2}) ?(?P<sep>[/.-]) ?(?P<b>\d{1,2}) ?(?P=sep) ?"
        rf"(?P<y>\d{{4}}|\d{{2}})(?!\d|/(?!{PLAIN_TIME})|[.,]\d|-(?!{PLAIN_TIME}|\d{{1,2}}[/.]\d)\d)",
        _is_numeric_date,
    ),
    # 3-Apr-2021, 03APR21, 3rd of April '21, April 3rd, 2021, Apr-03.
    compile_rule(
        SOURCE,
        "DATE",
        "date",
        "digit",
        rf"(?<![\d.,/])(?:{DAY} ?(?:-|to|and|&) ?)?{DAY}(?:\.?{GAP}|[-./])?(?:(?:of|de|di){GAP})?{MONTH}"
        rf"(?:,?(?:{GAP}|[-./,])?(?:(?:of|de|del|di){GAP})?{SHORT_YEAR})?(?![\w/]|[.,]\d)",
        lambda m: (
            not re.match(rf"{DAY} ?(?:may|mar|sep|dec|mars|mai)\b(?! ?\d)", m[0])
            and not IS_MEASURED.match(read_after(m))
        ),
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "date",
        "word",
        rf"(?<![^\W\d_])(?:{MONTH})(?:,?{GAP}|[-/.])?(?:the{GAP})?{DAY}(?!\d)"
        rf"(?: ?- ?{DAY})?(?:(?:,{GAP}?|{GAP}){SHORT_YEAR}(?![\d:]))?(?![\w/]|[.,]\d|:\d)",
        lambda m: _is_capital_may(m) and not IS_MEASURED.match(read_after(m)),
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "month",
        "word",
        rf"(?<![^\W\d_])(?:{MONTH})(?:{GAP}|[-/.,]|,{GAP}|{GAP}(?:of|de){GAP})?{YEAR}"
        rf"(?![\d/-]|[.,]\d)",
        lambda m: not IS_MEASURED.match(read_after(m)),
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "month",
        "digit",
        rf"(?<![\d.,/-])(?:0?[1-9]|1[0-2])[/-](?:19\d|20[0-3])\d{_END}",
        _is_month_of_year,
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "date",
        "digit",
        r"(?<![\w.,/'])(?P<id>(?P<a>\d{1,2})/(?P<b>\d{1,2})"
        r"(?:-(?:[12]\d|3[01]|0?[1-9])(?![\d/%-]|\.\d))?)(?![\w/%]|[.,]\d)",
        _is_day_of_month,
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "month",
        "word",
        rf"\b(?:{FULL_MONTH}|{SHORT_MONTH})\b",
        _is_month_alone,
    ),
    compile_rule(SOURCE, "DATE", "weekday", "word", rf"\b(?:{WEEKDAY})s?\b"),
    compile_rule(
        SOURCE,
        "DATE",
        "weekday",
        "word",
        rf"\b(?:{SHORT_WEEKDAY})\b\.?",
        _is_short_weekday,
    ),
    # A year after a word that says so, in brackets, or as part of a range.
    compile_rule(
        SOURCE,
        "DATE",
        "year",
        "word",
        r"\b(?:in|since|from|until|till|by|of|circa|year|before|after|early|late|mid|around|"
        r"about|to|during|ca\.?|between|and|s/p|summer|spring|fall|winter|autumn|class of|"
        r"dx'?d?|diagnosed|born|c\.)[ -](?:the )?(?:year )?(?:early |late |mid-?)?"
        r"(?P<id>(?:19|20)\d\d)(?![\d:%]|[.,]\d|-\d{1,2}\b)",
        _is_year,
    ),
    compile_rule(SOURCE, "DATE", "year", "digit", r"(?<=\()(?:19|20)\d\d(?=\))"),
    compile_rule(
        SOURCE,
        "DATE",
        "year",
        "digit",
        r"(?<![\d.,/-])(?P<id>(?:19|20)\d\d ?[-/] ?(?:(?:19|20)\d\d|present))(?![\d/-])",
        _is_year,
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "year",
        "digit",
        r"(?:(?<![\w'])(?:19|20)\d|(?<=')(?<!\w')\d)0'?s\b",
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "year",
        "digit",
        r"(?<=')(?<!\w')\d\d(?= ?(?:[,.;)]|and\b|for\b|with\b|$))",
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "season",
        "word",
        rf"\b(?:(?:early |late |mid-?)?(?:spring|summer|fall|autumn|winter)"
        rf"(?:,|{GAP}of|{GAP})?{GAP}?{YEAR}"
        r"|(?<=\bin the )(?:spring|summer|autumn|winter)(?! months)"
        r"|(?<=\blast )(?:spring|summer|fall|autumn|winter)"
        r"|(?<=\bnext )(?:spring|summer|autumn|winter)"
        r"|(?<=\bthis past )(?:spring|summer|fall|autumn|winter))\b",
        _is_season,
    ),
]
_BIRTH = compile_rule(
    SOURCE,
    "DATE",
    "birth",
    "word",
    r"\b(?:d\.?o\.?b\.?|date[- ]of[- ]birth|birth ?dat[ea]|b(?:irth)?day|born(?: on| in)?|"
    r"fecha de nacimiento)\b[ :=#)./-]{0,4}\(?"
    rf"(?P<id>\d{{6,8}}\b|(?:19|20)\d\d\b|\d{{1,4}}[ ./-]{{1,2}}(?:\d{{1,2}}|{MONTH})"
    rf"[ ./,-]{{1,2}}\d{{1,4}}\b|{DAY}?{GAP}?(?:of )?{MONTH}[ ,.-]{{0,2}}(?:{DAY},?)?"
    rf"{GAP}?{SHORT_YEAR}\b)",
)
# "DATE OF PROCEDURE: 03142021", "DOS 031421".
_PLAIN_DATE = compile_rule(
    SOURCE,
    "DATE",
    "date",
    "word",
    r"\b(?:date[sd]?|dos|doa|dod|admit(?:ted)?|admission|discharged?|collected|received|"
    r"reported|signed|dictated|transcribed|performed|seen|visit)\b"
    r"(?: (?:of|on|for)(?: (?!date)[a-z]{2,14}){0,2}| date| time)?[ :#.=-]{1,6}"
    r"(?P<id>(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:19|20)\d\d|\d\d)|"
    r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d)(?![\w-]|[.,/]\d)",
    lambda m: not IS_MEASURED.match(read_after(m)),
)
_HOLIDAY = compile_rule(
    SOURCE,
    "DATE",
    "holiday",
    ("word", "digit"),
    r"\b(?:Christmas(?: (?:Eve|Day))?|X-?mas|Thanksgiving(?: Day)?|Easter(?: Sunday)?|"
    r"New Year'?s(?: (?:Eve|Day))?|Halloween|Hann?ukk?ah|Chanukah|Ramadan|Diwali|Kwanzaa|"
    r"(?:Labou?r|Memorial|Independence|Veterans?'?|Columbus|Presidents?'?|Mother'?s|"
    r"Father'?s|St\.? Patrick'?s|Valentine'?s|Boxing|MLK|Martin Luther King(?: Jr\.?)?|"
    r"Canada|Anzac|Groundhog|Indigenous Peoples'?) Day|(?:4th|Fourth) of July|Juneteenth|"
    r"Good Friday|Ash Wednesday|Palm Sunday|Mardi Gras|Cinco de Mayo|Passover|"
    r"Rosh Hashanah|Yom Kippur|Eid(?: al-(?:Fitr|Adha))?|Chinese New Year|Lunar New Year)\b"
    r"(?! (?:disease|factor|tree))",
    lambda m: m[0][0].isupper() or m[0][0].isdigit(),
)


def _is_capital_may(match: re.Match[str]) -> bool:
    """Check that a word before a number is a month: "may 2 tabs" and "mar 5" aren't."""
    word = re.match(r"[^\W\d_]+", match[0])
    name = word[0] if word else ""
    return name[:1].isupper() or name.lower() not in (
        "may",
        "march",
        "mar",
        "dec",
        "mai",
        "mars",
    )


def find_dates(text: RuleText, *, holidays: bool = True) -> Iterator[Identifier]:
    """Find the dates in a folded text.

    holidays: Whether names of holidays are dates.
    """
    yield from apply_rules([_BIRTH, _PLAIN_DATE, *_DATE_RULES], text)
    if holidays:
        yield from apply_rules([_HOLIDAY], text)
