"""Read units as notes write them, as codes of UCUM: "mg/dl", "K/uL", "mmHg", "°F".

A unit is a quotient of known words. What isn't one is left to ucumvert, if it is installed:
it may be UCUM as written.
"""

import re
from functools import cache

from spacy_clinical.relations.measurements.numbers import fold_number

_MASS = {
    "mg": "mg",
    "g": "g",
    "gm": "g",
    "gms": "g",
    "gram": "g",
    "grams": "g",
    "kg": "kg",
    "kgs": "kg",
    "mcg": "ug",
    "\u00b5g": "ug",
    "\u03bcg": "ug",
    "ug": "ug",
    "ng": "ng",
    "pg": "pg",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "pounds": "[lb_av]",
    "oz": "[oz_av]",
}
_VOLUME = {
    "l": "L",
    "liter": "L",
    "liters": "L",
    "dl": "dL",
    "ml": "mL",
    "cc": "mL",
    "ul": "uL",
    "\u00b5l": "uL",
    "\u03bcl": "uL",
    "mcl": "uL",
    "nl": "nL",
    "fl": "fL",
}
_LENGTH = {
    "mm": "mm",
    "cm": "cm",
    "m": "m",
    "in": "[in_i]",
    "inch": "[in_i]",
    "inches": "[in_i]",
    "ft": "[ft_i]",
    "feet": "[ft_i]",
    "mm3": "mm3",
    "mm\u00b3": "mm3",
    "cmm": "mm3",
    "cm3": "cm3",
    "cm2": "cm2",
    "cm\u00b2": "cm2",
    "m2": "m2",
    "m\u00b2": "m2",
}
_SUBSTANCE = {
    "mmol": "mmol",
    "mmoles": "mmol",
    "umol": "umol",
    "\u00b5mol": "umol",
    "\u03bcmol": "umol",
    "nmol": "nmol",
    "pmol": "pmol",
    "mol": "mol",
    "meq": "meq",
    "mosm": "mosm",
    "mosmol": "mosm",
    "u": "U",
    "unit": "U",
    "units": "U",
    "ku": "kU",
    "mu": "mU",
    "iu": "[IU]",
    "miu": "m[IU]",
    "uiu": "u[IU]",
    "\u00b5iu": "u[IU]",
    "\u03bciu": "u[IU]",
    "mciu": "u[IU]",
    "kiu": "k[IU]",
}
_TIME = {
    "s": "s",
    "sec": "s",
    "secs": "s",
    "seconds": "s",
    "min": "min",
    "minute": "min",
    "h": "h",
    "hr": "h",
    "hour": "h",
    "24h": "(24.h)",
    "24hr": "(24.h)",
    "day": "d",
    "d": "d",
}
_OTHER = {
    "%": "%",
    "percent": "%",
    "mmhg": "mm[Hg]",
    "mm hg": "mm[Hg]",
    "cmh2o": "cm[H2O]",
    "cm h2o": "cm[H2O]",
    "kpa": "kPa",
    "bpm": "{beats}/min",
    "beats": "{beats}",
    "breaths": "{breaths}",
    "cells": "{cells}",
    "copies": "{copies}",
    "\u00b0f": "[degF]",
    "\u00b0 f": "[degF]",
    "deg f": "[degF]",
    "degrees f": "[degF]",
    "degrees fahrenheit": "[degF]",
    "f": "[degF]",
    "\u00b0c": "Cel",
    "\u00b0 c": "Cel",
    "deg c": "Cel",
    "degrees c": "Cel",
    "degrees celsius": "Cel",
    "c": "Cel",
    "\u2103": "Cel",
    "\u2109": "[degF]",
    "hpf": "[HPF]",
    "lpf": "[LPF]",
    "kcal": "kcal",
    "ratio": "{ratio}",
}
# Only before "/": thousands and millions.
_COUNTS = {"k": "10*3", "thou": "10*3", "thousand": "10*3", "mil": "10*6"}
_BELOW = {"1.73m2": "{1.73_m2}", "1.73 m2": "{1.73_m2}", "1.73m\u00b2": "{1.73_m2}"}
_WORDS = {**_MASS, **_VOLUME, **_LENGTH, **_SUBSTANCE, **_TIME, **_OTHER}


def _any(words: object) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))  # type: ignore[call-overload]


_POWER = r"(?:[x\u00d7] ?)?10 ?(?:\^|\*\*?|e)?(?P<power>3|6|9|12)"
_UNDER = rf"(?:{_any(_BELOW)}|{_any(_WORDS)})"
# A unit in a text; "M/uL" is millions, "m" is not.
UNIT = (
    rf"(?:{_POWER.replace('?P<power>', '?:')}(?: ?/ ?{_UNDER})?"
    rf"|(?:{_any(_COUNTS)}|m)/{_UNDER}"
    rf"|(?:{_any(_WORDS)})(?: ?(?:/|per) ?{_UNDER}(?:/{_UNDER})?)?"
    rf"|/ ?(?:{_any(_WORDS)}))(?![^\W_])(?!/[\w])"
)
_COUNT_IN = re.compile(rf"{_POWER}(?: ?/ ?(?P<under>.+))?", re.IGNORECASE)
_QUOTIENT = re.compile(r" ?(?:/| per ) ?")
MAX_UNIT = 24


def read_unit(text: str) -> str | None:
    """Read a unit as a code of UCUM; None if it isn't known.

    text: As a note writes it.
    """
    written = " ".join(text.split())
    if not written or len(written) > MAX_UNIT:
        return None
    return _read_quotient(written) or _read_ucum(written)


def _read_quotient(written: str) -> str | None:
    if match := _COUNT_IN.fullmatch(written):
        under = _read_word(match["under"]) if match["under"] else ""
        power = f"10*{match['power']}"
        return f"{power}/{under}" if under else (power if under == "" else None)
    parts = _QUOTIENT.split(written)
    if len(parts) > 1 and parts[0].lower() in _COUNTS | {"m": ""}:
        # "M/uL" and "m/uL"; a metre by microliters there is not.
        first: str | None = _COUNTS.get(parts[0].lower(), "10*6")
        if parts[0].lower() == "m" and (_read_word(parts[1]) or "")[-1:] not in "Lm3":
            first = "m"
    else:
        first = "" if not parts[0] else _read_word(parts[0])
    rest = [_BELOW.get(part.lower()) or _read_word(part) for part in parts[1:]]
    if first is None or None in rest:
        return None
    return "/".join([first, *(part for part in rest if part)])


def _read_word(word: str) -> str | None:
    return _WORDS.get(word.lower())


@cache
def _get_parser() -> object | None:
    try:
        from ucumvert import get_ucum_parser
    except ImportError:
        return None
    return get_ucum_parser()


@cache
def _read_ucum(written: str) -> str | None:
    """Take what is UCUM as written, if ucumvert is there to say so."""
    if not any(mark in written for mark in "/[*{") or fold_number(written) is not None:
        return None
    return written if is_ucum(written) else None


def is_ucum(code: str) -> bool | None:
    """Check a code of UCUM with ucumvert; None if it isn't installed."""
    parser = _get_parser()
    if parser is None:
        return None
    from lark.exceptions import LarkError

    try:
        parser.parse(code)  # type: ignore[attr-defined]
    except LarkError:
        return False
    return True


def list_codes() -> list[str]:
    """List the codes that the words are read as."""
    return sorted({*_WORDS.values(), *_COUNTS.values(), *_BELOW.values()})
