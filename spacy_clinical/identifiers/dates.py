"""Find dates in all the ways that notes write them."""

import re
from collections.abc import Iterator

from spacy_clinical.identifiers.date_checks import (
    DAY,
    FULL_MONTH,
    MONTH,
    PLAIN_TIME,
    SHORT_MONTH,
    SHORT_WEEKDAY,
    SHORT_YEAR,
    WEEKDAY,
    YEAR,
    is_capital_may,
    is_day_of_month,
    is_hyphened_day,
    is_month_alone,
    is_month_of_year,
    is_numeric_date,
    is_season,
    is_short_weekday,
    is_year,
)
from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import (
    GAP,
    IS_MEASURED,
    Rule,
    RuleText,
    apply_rules,
    compile_rule,
    read_after,
)

SOURCE = "dates"
_ROMAN = r"(?:I{1,3}|I?V|VI{1,3}|I?X|XI{1,2})"
_END = r"(?![\w/]|[.,-]\d)"
_DATE_RULES: list[Rule] = [
    compile_rule(
        SOURCE,
        "DATE",
        "date",
        "digit",
        r"(?<![\d.,-])(?:18|19|20)\d\d(?P<s>[-/.])(?:0?[1-9]|1[0-2])(?P=s)"
        r"(?:0?[1-9]|[12]\d|3[01])(?=T\d\d|\D|$)"
        r"(?:T\d\d:?\d\d(?::?\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?",
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
        is_numeric_date,
    ),
    # 3-Apr-2021, 03APR21, 3rd of April '21, April 3rd, 2021, Apr-03.
    compile_rule(
        SOURCE,
        "DATE",
        "date",
        "digit",
        rf"(?<![\d.,/])(?:{DAY} ?(?:-|to|and|&|or|through|thru|till|until) ?)?{DAY}(?:\.?{GAP}|[-./])?(?:(?:of|de|di){GAP})?{MONTH}"
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
        lambda m: is_capital_may(m) and not IS_MEASURED.match(read_after(m)),
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
        rf"(?<![\d.,/])(?:(?<!-)|(?<=/\d{{4}}-))(?:0?[1-9]|1[0-2])[/-](?:19\d|20[0-3])\d(?:{_END}|(?=-\d{{1,2}}/\d{{4}}\b))",
        is_month_of_year,
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "date",
        "digit",
        r"(?<![\w.,/'])(?P<id>(?P<a>\d{1,2})/(?P<b>\d{1,2})"
        r"(?:-(?:[12]\d|3[01]|0?[1-9])(?![\d/%-]|\.\d))?)(?![\w/%]|[.,]\d)",
        is_day_of_month,
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "month",
        "word",
        rf"\b(?:{FULL_MONTH}|{SHORT_MONTH})\b",
        is_month_alone,
    ),
    # 15-IV-2023.
    compile_rule(
        SOURCE,
        "DATE",
        "date",
        "digit",
        rf"(?<![\w.,/-])(?:0?[1-9]|[12]\d|3[01])(?P<s>[-./ ]){_ROMAN}(?P=s)(?:(?:19|20)\d\d)(?!\w)",
        ignore_case=False,
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "date",
        "digit",
        r"(?<![\w.,/-])(?P<a>\d{1,2})-(?P<b>\d{1,2})(?![\w/%-]|[.,]\d)",
        is_hyphened_day,
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "weekday",
        "word",
        rf"\b(?:{WEEKDAY})s?\b(?:,? (?:the )?{DAY}(?<=[a-z])(?!\w))?",
    ),
    compile_rule(
        SOURCE,
        "DATE",
        "weekday",
        "word",
        rf"\b(?:{SHORT_WEEKDAY})\b\.?",
        is_short_weekday,
    ),
    # Q3 2022, Q1 of 2021, 2Q23.
    compile_rule(
        SOURCE,
        "DATE",
        "season",
        ("letter", "digit"),
        rf"(?<!\w)(?:Q[1-4](?:,?{GAP}|[-/]| of )?{YEAR}|(?:19|20)\d\d(?:[ -]?Q[1-4]|-W[0-5]\d)|[1-4]Q ?{SHORT_YEAR})(?!\w)",
        ignore_case=False,
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
        is_year,
    ),
    compile_rule(SOURCE, "DATE", "year", "digit", r"(?<=\()(?:19|20)\d\d(?=\))"),
    compile_rule(
        SOURCE,
        "DATE",
        "year",
        "digit",
        r"(?<![\d.,/-])(?P<id>(?:19|20)\d\d ?[-/] ?(?:(?:19|20)\d\d|present))(?![\d/-])",
        is_year,
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
        is_season,
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
# As scanners read it: "O3/l4/1952".
_SCANNED = compile_rule(
    SOURCE,
    "DATE",
    "date",
    ("letter", "digit"),
    r"(?<![\w/.-])[0-3OolI]?[\dOolI]/[0-3OolI]?[\dOolI]/(?:[12lI][9OoQ0][\dOolI]{2}|[\dOolI]{2})"
    r"(?![\w/])",
    lambda m: sum(map(str.isdigit, m[0])) > 2,
    ignore_case=False,
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
    r"\b(?:Christmas(?: (?:Eve|Day))?|X-?mas(?: (?:Eve|Day))?|Thanksgiving(?: Day)?|Easter(?: Sunday)?|"
    r"New Year'?s(?: (?:Eve|Day))?|Halloween|Hann?ukk?ah|Chanukah|Ramadan|Diwali|Kwanzaa|"
    r"(?:Labou?r|Memorial|Independence|Veterans?'?|Columbus|Presidents?'?|Mother'?s|"
    r"Father'?s|St\.? Patrick'?s|Valentine'?s|Boxing|MLK|Martin Luther King(?: Jr\.?)?|"
    r"Canada|Anzac|Groundhog|Indigenous Peoples'?) Day|(?:4th|Fourth) of July|Juneteenth|"
    r"Good Friday|Ash Wednesday|Palm Sunday|Mardi Gras|Cinco de Mayo|Passover|"
    r"Rosh Hashanah|Yom Kippur|Eid(?: al-(?:Fitr|Adha))?|Chinese New Year|Lunar New Year)\b"
    r"(?! (?:disease|factor|tree))",
    lambda m: m[0][0].isupper() or m[0][0].isdigit(),
)


def find_dates(text: RuleText, *, holidays: bool = True) -> Iterator[Identifier]:
    """Find the dates in a folded text.

    holidays: Whether names of holidays are dates.
    """
    yield from apply_rules([_BIRTH, _SCANNED, _PLAIN_DATE, *_DATE_RULES], text)
    if holidays:
        yield from apply_rules([_HOLIDAY], text)
