"""Find ages of people, and say which are over 89."""

import re
from collections.abc import Iterator
from functools import partial

from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import (
    RuleText,
    apply_rules,
    compile_rule,
    read_after,
    read_before,
)
from spacy_clinical.identifiers.name_patterns import CAPITAL
from spacy_clinical.tokenization.number_words import ONES, ORDINALS, TENS

SOURCE = "ages"
OVER_89, AGE = "over_89", "age"
_YEARS = r"(?:years?|yrs?|yo|y/o|y\.o\.?|y)"
_UNIT = r"(?:years?|yrs?|months?|mos?|weeks?|wks?|days?|hours?)"
_TENS = "|".join(TENS)
# As in "ninetieth" and "nineties".
_STEMS = "|".join(word.removesuffix("y") for word in TENS)
_ONES = "|".join(ONES[1:10])
_WORDS = (
    rf"(?:one hundred(?:(?: and)?[ -](?:{_ONES}))?|(?:{_TENS})(?:[ -](?:{_ONES}))?)"
)
_WORD_HEADS = f"{_TENS}|one"
_ORDINALS = (
    rf"(?:(?:{_TENS})[ -](?:{'|'.join(ORDINALS[:9])})|"
    rf"(?:{_STEMS})ieth|(?:one )?hundredth)"
)
# An age: "92", "ninety-two".
_N = rf"(?P<id>\d{{1,3}}|{_WORDS})"
_ALONE = r"(?<![\w.,/-])"
_RELATIVE = (
    r"(?:mother|father|mom|dad|wife|husband|brother|sister|son|daughter|grandmother|"
    r"grandfather|aunt|uncle|partner|spouse|cousin|niece|nephew)"
)
_WHO = rf"(?:he|she|they|patient|pt|who|{_RELATIVE})"
_NOT_AGE = (
    r"(?! ?(?:%|/|\.\d|[:-]\d|mm|kg|lbs?|pounds|weeks|wks|days|hours|minutes|cm|inches|"
    r"in\b(?! (?:[12]\d{3}|(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*)\b)|"
    r"beats|bpm|percent|feet|degrees|°|mg|months|st\b|th\b|nd\b|rd\b|over\b)|\d)"
)
# "4 months" of "90 years and 4 months old".
_MORE = rf"(?:,? ?(?:and )?\d{{1,2}}[ -]?{_UNIT}){{0,2}}"
_IS_HEAT = re.compile(
    r"\b(?:temp(?:erature)?|tmax|tcurr|tm|t|fever|febrile)\W{0,3}"
    r"(?:(?:of|is|was|to|up|max|current) ){0,2}$",
    re.IGNORECASE,
)


def _is_adult(match: re.Match[str]) -> bool:
    """Check that a number is an age at which people are called so without "years"."""
    written = match["id"]
    return not written.isdigit() or 12 < int(written) < 125


def _is_of_sex(match: re.Match[str]) -> bool:
    """Check that "99 F" is no temperature."""
    return _is_adult(match) and not _IS_HEAT.search(read_before(match, 24))


def _is_lifetime(match: re.Match[str]) -> bool:
    """Check that "95 years" is how long somebody has lived, not a span of history."""
    before, after = read_before(match, 16), read_after(match, 16)
    is_span = re.search(r"\b(?:last|past|next|than|over|every|about|a) $", before, re.I)
    return not is_span and not re.match(r"s? (?:ago|of (?!age))", after)


_make = partial(compile_rule, SOURCE, "AGE", AGE)
_RULES = [
    # 72-year-old, 3 month old, 72 years of age, ninety years and 4 months old.
    _make(
        ("digit", "word"),
        rf"(?<![\d.,/-]){_N}(?:[ -]?\d/\d)?[ -]?{_UNIT}{_MORE}[ -]{{0,2}}\n?"
        r"(?:old\b|young\b|of age\b)",
        heads=_WORD_HEADS,
    ),
    # 72 y/o, 72yo, 72 y.o.F.
    _make(
        ("digit", "word"),
        rf"(?<![\d.,/-]){_N}[ -]{{0,2}}"
        r"(?:yo|y/o|y\.? ?o\.?|yr?s?[ ./-]?old|y\.?/?o\.?)(?:[MFmf]\b|(?![a-z]))",
        heads=_WORD_HEADS,
    ),
    # Jane Quill, 91, was seen.
    _make(
        "capital",
        rf"{CAPITAL} {CAPITAL}, (?P<id>\d{{2,3}}),(?= [a-zA-Z])",
        _is_adult,
        ignore_case=False,
    ),
    # 72F, 72 M, 72/F, 72 WM, 72 female.
    _make(
        "digit",
        rf"{_ALONE}(?P<id>\d{{2,3}})(?=[ /-]?[WBHA]?[MF]\b|"
        r"[ -](?:male|female|man|woman|gentleman|lady|boy|girl)\b)(?! ?M/F)",
        _is_of_sex,
        ignore_case=False,
    ),
    _make(
        "word",
        r"(?<![\w/])(?:[MF] ?/|(?:[Ff]em|[Mm])ale,) ?(?P<id>\d{2,3})"
        r"(?![\d/%]|\.\d| ?(?:mm|kg|cm)\b)",
        _is_adult,
        ignore_case=False,
        heads="male|female|m|f",
    ),
    _make(
        "digit",
        rf"(?<![\d.,/-])(?P<id>\d{{1,3}})[ -]?{_YEARS}\b,? ?/? ?"
        r"(?:(?:white|black|hispanic|asian|caucasian)? ?)(?:male|female|man|woman|M|F|boy|girl)\b",
    ),
    # 91y3m.
    _make(
        "digit",
        rf"{_ALONE}(?P<id>\d{{1,3}}) ?(?:y|yrs?)\.? ?\d{{1,2}} ?(?:mo?s?|months?)\b"
        r"(?! (?:ago|later|post|after|of))",
    ),
    # Nothing else of people takes so long.
    _make(
        "digit", rf"{_ALONE}(?P<id>9\d|1[01]\d)[ -]?(?:years?|yrs?|y)\b", _is_lifetime
    ),
    _make(
        "word",
        r"\b(?:aged?|ages)(?: ?/ ?sex)?(?: ?\((?:in )?(?:years|yrs|y)\))?"
        rf"(?: (?:is|was|of))?[ :=-]{{0,3}}{_N}(?! ?(?:%|mm|cm|weeks' gest)|\.\d|\d)",
    ),
    _make(
        "word",
        r"\bage[sd] \d{1,3}(?:,? ?(?:and|&|,|-|to|or) ?)(?P<id>\d{1,3})(?![\d/%.])",
    ),
    _make(
        "word",
        rf"\b(?:turn(?:s|ed|ing)|liv(?:ed|ing|es?) to(?: be)?|(?:die[ds]?|dying|passed|"
        rf"passed away|expired|deceased|alive|living)(?: at| @|,)) {_N}{_NOT_AGE}",
        _is_adult,
    ),
    _make(
        "word",
        rf"\b(?:{_WHO} (?:is|was|just turned|will be)|s?he's) "
        rf"(?:now |currently |about |almost |only |nearly ){{0,2}}{_N}{_NOT_AGE}",
        _is_adult,
    ),
    # Mother (94), sister 91; father died 92.
    _make(
        "word",
        rf"\b{_RELATIVE}(?:,? \(?|: ?)(?:(?:died|dec(?:eased)?\.?|d\.|passed(?: away)?|alive)"
        rf"(?: ?@| at|,)? )?(?P<id>\d{{2,3}})(?=[,;.)\n]|$| (?:and|of|from)\b)(?!\.\d)",
        _is_adult,
    ),
    _make(
        ("digit", "word"),
        rf"(?<![\w.,/-])(?P<id>\d{{1,3}}(?=[snrt])|{_ORDINALS})(?:st|nd|rd|th)? "
        r"(?:birthday|b-?day|year of life)\b",
        heads=f"{_TENS}|{_STEMS}|one|hundredth",
    ),
    _make(
        "word",
        r"\b(?:(?:his|her|their|my|your) (?:early |mid |late |mid-)?"
        r"|(?:early|mid|late)[ -])(?P<id>\d0'?s)\b",
    ),
    _make(
        "word",
        r"\b(?:(?:his|her|their) (?:early |mid |late |mid-)?|(?:early|mid|late)[ -])"
        rf"(?P<id>(?:{_STEMS})ies)\b",
    ),
    compile_rule(
        SOURCE,
        "AGE",
        OVER_89,
        "word",
        r"\b(?:supercentenarian|centenarian|nonagenarian)s?\b",
    ),
]
_OVER = re.compile(r"ninet|hundred|centenarian|nonagenarian", re.IGNORECASE)
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
