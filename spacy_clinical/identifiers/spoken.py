"""Find numbers that are dictated digit by digit: "phone five five five, one two one two"."""

import re
from collections.abc import Iterator
from itertools import pairwise

from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.matching import RuleText, apply_rules, compile_rule
from spacy_clinical.tokenization.number_words import ONES

SOURCE = "spoken"
DIGITS = ONES[:10]
_DIGIT = rf"(?:{'|'.join(DIGITS)}|oh|niner)"
_WORD = rf"(?:(?:double|triple)[ -])?{_DIGIT}"
_NEXT = rf"[ ,.-]{{1,3}}(?:(?:dash|hyphen|area code|then|and) )?{_WORD}\b"
_NUMBER = re.compile(rf"{_WORD}(?:{_NEXT}){{0,40}}", re.IGNORECASE)
_TIE = (
    r"s?\b\.?(?: ?(?:no\.?|number|#|is|was|at|on|me|us|him|her|them|code))*[ :#,.-]{1,4}"
    r"(?:(?:number|is|area code) )?"
)
# Written digit by digit, which is only told by its label.
_APART = r"\d(?:[ -]\d){6,12}(?![\d-])"
_LABELS = [
    ("PHONE", "extension", r"extension|ext|pager|beeper"),
    ("ID", "ssn", r"ssn|social security"),
    ("ID", "mrn", r"mrn|medical record|chart|record|hospital"),
    (
        "ID",
        "account",
        r"account|visit|encounter|csn|fin|policy|member|license|insurance",
    ),
    ("ID", "id", r"id|identification|identifier|badge|employee"),
    ("LOC", "zip", r"zip"),
    # Last, as it takes any number: of what is as long, the first rule's stays.
    (
        "PHONE",
        "phone",
        r"phone|telephone|tel|cell|mobile|fax|call|called|reach|reached|text|contact|"
        r"number",
    ),
]
_TIMES = {"double": 2, "triple": 3}
# A digit, perhaps several times.
SPOKEN = re.compile(
    rf"\b(?:(?P<times>double|triple)[ -])?(?P<digit>{_DIGIT})\b", re.IGNORECASE
)
# Seven digits are a number of the telephone, as are those with an area.
_PHONE_SIZES = frozenset({7, 10, 11})


def _is_no_count(match: re.Match[str]) -> bool:
    """Check that digits aren't counted: "one two three four five six seven"."""
    digits = read_digits(match[0])
    return any(after != before + 1 for before, after in pairwise(digits))


def _is_phone(match: re.Match[str]) -> bool:
    return _is_no_count(match) and len(read_digits(match[0])) in _PHONE_SIZES


def _is_other(match: re.Match[str]) -> bool:
    return _is_no_count(match) and len(read_digits(match[0])) not in _PHONE_SIZES


def is_spoken(text: str) -> bool:
    """Check whether a text is a number that is spoken, and nothing else."""
    return _NUMBER.fullmatch(text) is not None


def read_digits(text: str) -> list[int]:
    """Read the digits that are spoken in a text."""
    digits: list[int] = []
    for match in SPOKEN.finditer(text.lower()):
        word = match["digit"]
        value = 9 if word == "niner" else 0 if word == "oh" else DIGITS.index(word)
        digits += [value] * _TIMES.get(match["times"], 1)
    return digits


_RULES = [
    compile_rule(
        SOURCE,
        label,
        kind,
        "word",
        rf"\b(?:{words}){_TIE}(?P<id>{_WORD}(?:{_NEXT}){{3,24}}|{_APART})",
        heads=words,
    )
    for label, kind, words in _LABELS
]
_FREE = rf"(?<![\w-]){_WORD}(?:{_NEXT}){{5,24}}"
_HEADS = rf"{_DIGIT}|double|triple"
_RULES += [
    compile_rule(SOURCE, "PHONE", "phone", "word", _FREE, _is_phone, heads=_HEADS),
    compile_rule(SOURCE, "ID", "number", "word", _FREE, _is_other, heads=_HEADS),
]


def find_spoken(text: RuleText) -> Iterator[Identifier]:
    """Find the numbers that are spoken in a folded text."""
    return apply_rules(_RULES, text)
