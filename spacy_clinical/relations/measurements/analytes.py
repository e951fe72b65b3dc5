"""The analytes and vital signs that notes measure, by their spellings."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple, TypeAlias, cast

Kind: TypeAlias = Literal["vital", "lab", "finding"]
_OF_LEVEL = re.compile(r" (?:lvl|level|levels|value)$")
# "WBC   H", where the flag stands before the value.
_FLAG = re.compile(r" (?:hh|ll|h|l)$")
# Longer spellings are matched in any case.
MAX_EXACT = 3


class Analyte(NamedTuple):
    """A quantity that is measured.

    key: Its name in records.
    loinc: Its code in any of its usual units; "" if there isn't one that is sure.
    units: The usual ones, in UCUM.
    least, greatest: Values that it has.
    """

    key: str
    kind: Kind
    loinc: str
    units: frozenset[str]
    least: float
    greatest: float


class Spelling(NamedTuple):
    """A name of an analyte, as written; in small letters unless it is a short one."""

    text: str
    is_exact: bool
    analyte: Analyte


class Spellings(NamedTuple):
    """The names of all analytes.

    by_word: By the first word in small letters, the longest first.
    by_name: By the whole name in small letters.
    """

    by_word: Mapping[str, list[Spelling]]
    by_name: Mapping[str, Analyte]


@cache
def load_spellings() -> Spellings:
    """Read the shipped table, which describes itself."""
    table = files("spacy_clinical") / "resources" / "analytes.tsv"
    by_word: dict[str, list[Spelling]] = {}
    by_name: dict[str, Analyte] = {}
    for line in table.read_text(encoding="utf8").splitlines():
        if line.startswith("#") or not line:
            continue
        key, kind, loinc, units, least, greatest, names = line.split("\t")
        analyte = Analyte(
            key,
            cast(Kind, kind),
            loinc,
            frozenset(units.split()),
            float(least),
            float(greatest),
        )
        for name in names.split("|"):
            is_exact = len(name) <= MAX_EXACT
            spelling = Spelling(name if is_exact else name.lower(), is_exact, analyte)
            by_word.setdefault(_first_word(name), []).append(spelling)
            by_name.setdefault(name.lower(), analyte)
        by_name.setdefault(key.replace("_", " "), analyte)
    for spellings in by_word.values():
        spellings.sort(key=lambda spelling: -len(spelling.text))
    return Spellings(by_word, by_name)


def _first_word(name: str) -> str:
    end = next((i for i, c in enumerate(name) if not c.isalnum()), len(name))
    return name[:end].lower()


def find_analyte(text: str) -> Analyte | None:
    """Find the analyte that a text as a whole is a name of: "potassium", "Potassium
    Lvl"."""
    name = " ".join(text.lower().split()).strip(":")
    by_name = load_spellings().by_name
    if name in by_name:
        return by_name[name]
    return by_name.get(_OF_LEVEL.sub("", name)) or by_name.get(_FLAG.sub("", name))
