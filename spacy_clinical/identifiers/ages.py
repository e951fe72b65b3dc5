"""Find ages of people, and say which are over 89."""

import re
from collections.abc import Iterator

from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import RuleText, apply_rules, compile_rule

SOURCE = "ages"
OVER_89, AGE = "over_89", "age"
_YEARS = r"(?:years?|yrs?|yo|y/o|y\.o\.?|y)"
_UNIT = r"(?:years?|yrs?|months?|mos?|weeks?|wks?|days?|hours?)"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_WORDS = (
    rf"(?:one hundred(?:(?: and)?[ -](?:{_ONES}))?|(?:{_TENS})(?:[ -](?:{_ONES}))?)"
)
_WHO = (
    r"(?:he|she|they|patient|pt|mother|father|mom|dad|wife|husband|brother|sister|son|"
    r"daughter|grandmother|grandfather|aunt|uncle|who|partner|spouse)"
)
_NOT_AGE = (
    r"(?! ?(?:%|/|\.\d|[:-]\d|mm|kg|lbs?|pounds|weeks|wks|days|hours|minutes|cm|inches|in\b|"
    r"beats|bpm|percent|feet|degrees|mg|months|st\b|th\b|nd\b|rd\b)|\d)"
)

_RULES = [
    # 72-year-old, 72 y/o, 72yo, 3 month old, 72 years of age.
    compile_rule(
        SOURCE,
        "AGE",
        AGE,
        "digit",
        rf"(?<![\d.,/-])(?P<id>\d{{1,3}})(?: ?\d/\d)?[ -]?{_UNIT}[ -]{{0,2}}\n?(?:old\b|of age\b)",
    ),
    compile_rule(
        SOURCE,
        "AGE",
        AGE,
        "digit",
        r"(?<![\d.,/-])(?P<id>\d{1,3})[ -]{0,2}"
        r"(?:yo|y/o|y\.? ?o\.?|yr?s?[ ./-]?old|y\.?/?o\.?)(?:[MFmf]\b|(?![a-z]))",
    ),
    compile_rule(
        SOURCE,
        "AGE",
        AGE,
        "digit",
        r"(?<![\w.,/-])(?P<id>\d{2,3})(?=[ -]?(?:[MF]\b|[ -](?:male|female|man|woman|gentleman|lady|"
        r"boy|girl)\b))(?! ?M/F)",
        lambda m: 12 < int(m["id"]) < 125,
        ignore_case=False,
    ),
    compile_rule(
        SOURCE,
        "AGE",
        AGE,
        "digit",
        rf"(?<![\d.,/-])(?P<id>\d{{1,3}})[ -]?{_YEARS}\b,? ?/? ?"
        r"(?:(?:white|black|hispanic|asian|caucasian)? ?)(?:male|female|man|woman|M|F|boy|girl)\b",
    ),
    compile_rule(
        SOURCE,
        "AGE",
        AGE,
        "word",
        r"\b(?:aged?|ages)(?: ?/ ?sex)?(?: (?:is|was|of))?[ :=-]{0,3}(?P<id>\d{1,3})"
        r"(?! ?(?:%|mm|cm|weeks' gest)|\.\d|\d)",
    ),
    compile_rule(
        SOURCE,
        "AGE",
        AGE,
        "word",
        r"\bat the age of (?P<id>\d{1,3})\b(?! ?(?:months|weeks))",
    ),
    compile_rule(
        SOURCE,
        "AGE",
        AGE,
        "word",
        rf"\b{_WHO} (?:is|was|turned|turns|just turned|will be|died at|passed(?: away)? at)"
        rf" (?:now |currently |about |almost |only )?(?P<id>\d{{2,3}}){_NOT_AGE}",
        lambda m: 12 < int(m["id"]) < 125,
    ),
    compile_rule(
        SOURCE,
        "AGE",
        AGE,
        "word",
        r"\b(?:(?:his|her|their|my|your) (?:early |mid |late |mid-)?"
        r"|(?:early|mid|late)[ -])(?P<id>\d0'?s)\b",
    ),
    compile_rule(
        SOURCE,
        "AGE",
        AGE,
        "word",
        rf"\b(?P<id>{_WORDS})[ -]?years?[ -]{{0,2}}\n?(?:old|of age)",
    ),
    compile_rule(
        SOURCE,
        "AGE",
        AGE,
        "word",
        r"\b(?:(?:his|her|their) (?:early |mid |late |mid-)?|(?:early|mid|late)[ -])"
        r"(?P<id>(?:twen|thir|for|fif|six|seven|eigh|nine)ties)\b",
    ),
    compile_rule(
        SOURCE,
        "AGE",
        OVER_89,
        "word",
        r"\b(?:supercentenarian|centenarian|nonagenarian)s?\b",
    ),
]
_OVER = re.compile(
    r"ninety|ninetie|one hundred|centenarian|nonagenarian", re.IGNORECASE
)
_IS_OF_YEARS = re.compile(r"[ -]?(?:mo|month|week|wk|day|hour)", re.IGNORECASE)


def find_ages(text: RuleText, *, only_over_89: bool = False) -> Iterator[Identifier]:
    """Find the ages in a folded text.

    only_over_89: Whether ages up to 89, and those in months or days, are left out.
    """
    for found in apply_rules(_RULES, text):
        kind = _find_kind(text.text, found)
        if kind == OVER_89 or not only_over_89:
            yield found._replace(kind=kind)


def _find_kind(text: str, found: Identifier) -> str:
    written = text[found.start : found.end]
    if _OVER.search(written):
        return OVER_89
    number = re.match(r"\d+", written)
    is_of_years = not _IS_OF_YEARS.match(text[found.end : found.end + 8])
    return OVER_89 if number and int(number[0]) > 89 and is_of_years else AGE
