"""Tell dates from measurements, ranges and names, for the rules in `dates`."""

import re

from spacy_clinical.identifiers.matching import (
    IS_MEASURED,
    read_after,
    read_before,
)

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
SHORT_WEEKDAY = "Mon|Tues?|Weds?|Thurs?|Thur|Fri|Sat|Sun"
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
# What is numbered in parts: "section 4.2.10".
_IS_NUMBERED = re.compile(
    r"\b(?:sections?|chapters?|paragraphs?|items?|tables?|fig(?:ure)?s?|appendix|versions?|ver|v|"
    r"release|software|firmware|protocol|guideline|criteri(?:on|a)|step|part)\.? ?$",
    re.IGNORECASE,
)
# Words before which "8-29" is the day of a month, too.
_IS_COMPARED = re.compile(
    r"\b(?:scans?|films?|stud(?:y|ies)|images?|imaging|exams?|x-?rays?|biopsy|mammogram|colonoscopy|"
    r"notes?|compared (?:with|to)|comparison|dated?|on|since|until|till|scheduled for|seen|visit|"
    r"admit(?:ted)?|discharged?|born|due|as of|came|lmp|edd)(?: of| on| from)?:? $",
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


def is_numeric_date(match: re.Match[str]) -> bool:
    """Check that the numbers of a date can be those of a day and a month."""
    first, second, year = match["a"], match["b"], match["y"]
    if not are_day_and_month(first, second) or not _begins(match):
        return False
    if match["sep"] == "." and len(year) == 2 and _is_heading(match):
        return False
    return not IS_MEASURED.match(read_after(match))


def _is_heading(match: re.Match[str]) -> bool:
    """Check that "1.2.10" is the number of a heading, or of a version."""
    if len(match["a"]) == len(match["b"]) == 2:
        return False
    before = read_before(match)
    if _IS_DATED.search(before):
        return False
    # Headings have small numbers, without zeros.
    is_small = max(int(match["a"]), int(match["b"])) < 10 <= int(match["y"]) < 21
    is_first = not before.rpartition("\n")[2].strip(" -*(#")
    is_titled = re.match(r"\.? +[^\W\d_]", read_after(match)) is not None
    return (
        is_small or (is_first and is_titled) or _IS_NUMBERED.search(before) is not None
    )


def _begins(match: re.Match[str]) -> bool:
    """Check that a date with a hyphen before it ends a range: "3/14/21-3/16/21"."""
    before = read_before(match, 14)
    return not before.endswith("-") or bool(_RANGE_START.search(before))


def are_day_and_month(first: str, second: str) -> bool:
    """Check that two numbers can be those of a day and a month, in any order."""
    a, b = int(first), int(second)
    return (1 <= a <= 12 and 1 <= b <= 31) or (1 <= b <= 12 and 1 <= a <= 31)


def is_day_of_month(match: re.Match[str]) -> bool:
    """Check that "3/4" is a date: nothing clinical around it, and something says so."""
    first, second = match["a"], match["b"]
    if not are_day_and_month(first, second) or not _begins(match):
        return False
    before, after = read_before(match, 30), read_after(match, 30)
    other = _RANGE_START.search(before) or _RANGE_END.match(after)
    if other and other["b"] != second and max(int(other["b"]), int(second)) > 10:
        return not IS_MEASURED.match(after)
    line_before = before.rpartition("\n")[2]
    line_after = after.partition("\n")[0]
    if IS_MEASURED.match(after):
        return False
    # "Last dose 14/02 at 20.30".
    if re.match(r",? (?:at|@) ?(?:[01]?\d|2[0-3])[.:][0-5]\d(?!\d)", line_after):
        return True
    if _CLINICAL.search(line_after.partition(". ")[0]):
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


def is_hyphened_day(match: re.Match[str]) -> bool:
    """Check that "8-29" is the day of a month, and no range."""
    if not are_day_and_month(match["a"], match["b"]):
        return False
    after = read_after(match)
    is_range = re.match(r" ?(?:/|x\b|to\b|of\b|out\b|per\b|°|-)", after)
    if is_range or IS_MEASURED.match(after):
        return False
    # "On 2-3 occasions" and "on 5-6 L" are ranges; so are small numbers, mostly.
    is_sure = max(int(match["a"]), int(match["b"])) > 12
    return bool(_IS_COMPARED.search(read_before(match))) and (
        is_sure
        or re.match(r"[.,;:)\n]|$| (?:at|with|by|and|compared|showed|showing)\b", after)
        is not None
    )


def is_month_of_year(match: re.Match[str]) -> bool:
    """Check that "3/2021" is a month, and no measurement."""
    return not IS_MEASURED.match(read_after(match))


def is_month_alone(match: re.Match[str]) -> bool:
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


def is_short_weekday(match: re.Match[str]) -> bool:
    """Check that "Sat" is a day, and no oxygen."""
    word, before, after = (
        match[0].rstrip("."),
        read_before(match, 16),
        read_after(match, 8),
    )
    if re.match(r"['\w]", after):
        return False
    if not word[0].isupper():
        # Words of nothing else.
        return re.fullmatch("tues?|thurs?|thur|weds|fri", word) is not None
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


def is_year(match: re.Match[str]) -> bool:
    """Check that "in 2021" is a year, and no amount or time."""
    after = read_after(match, 14)
    return not (
        IS_MEASURED.match(after)
        or re.match(r" ?(?:hrs|hours|h\b|/\d|,\d|\.\d|x\d|to \d{1,3}\b)", after)
    )


def is_season(match: re.Match[str]) -> bool:
    """Check that "in the spring" is a season, and no "spring back"."""
    return not re.match(r" (?:back|to|out|for the|asleep)\b", read_after(match, 12))


def is_capital_may(match: re.Match[str]) -> bool:
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
