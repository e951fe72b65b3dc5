"""Read numbers as notes write them: "1,000", "4,2", "<0.01", "110-180", "70s"."""

import re
from typing import NamedTuple

# Thousands; a decimal comma; a plain number. "1.2.3" is none.
NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d|,\d)|\d{1,4},\d{1,2}(?![\d.,]\d|\d)"
    r"|\d{1,7}(?:\.\d{1,6})?|\.\d{1,4})(?!\d|\.\d)"
)
_SIGN = {
    "\u2264": "<=",
    "\u2265": ">=",
    "less than": "<",
    "under": "<",
    "below": "<",
    "greater than": ">",
    "more than": ">",
    "above": ">",
    "higher than": ">",
    "lower than": "<",
    "over": ">",
    "at least": ">=",
    "up to": "<=",
    "about": "~",
    "approximately": "~",
    "approx": "~",
    "around": "~",
    "roughly": "~",
    "nearly": "~",
    "\u2248": "~",
    "\u223c": "~",
    ">/=": ">=",
    "</=": "<=",
}
COMPARATOR = (
    r"(?:[<>]/?=?|[\u2264\u2265\u2248\u223c~]|"
    r"(?:less than|lower than|under|below|greater than|higher than|more than|above|over|at least|"
    r"up to|about|"
    r"approximately|approx|around|roughly|nearly)\b)"
)
_DASH = r"[ \t]?(?:[-\u2013\u2014]|to\b)[ \t]?"
# "80s", "110-130s"
RANGE = rf"{NUMBER}s?(?:{_DASH}{NUMBER}s?)?"
_AMOUNT = re.compile(
    rf"(?P<sign>{COMPARATOR})?[ \t]?(?P<low>{NUMBER})(?P<ties>s)?"
    rf"(?:{_DASH}(?P<high>{NUMBER})(?P<tie>s)?)?",
    re.IGNORECASE,
)


class Amount(NamedTuple):
    """A number, or a range of numbers.

    high: None unless it is a range.
    comparator: "<", "<=", ">", ">=", "~" or "".
    """

    low: float
    high: float | None = None
    comparator: str = ""


def fold_number(text: str) -> float | None:
    """Read a number; None if the text is none."""
    if re.fullmatch(NUMBER, text) is None:
        return None
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        return float(text.replace(",", ""))
    return float(text.replace(",", "."))


def read_amount(text: str) -> Amount | None:
    """Read a text that is a number or a range, with what compares it, and nothing else."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        return None
    low, high = fold_number(match["low"]), None
    if low is None:
        return None
    if match["high"]:
        high = fold_number(match["high"])
        if high is None or high < low:
            return None
    if (match["tie"] if match["high"] else match["ties"]) and low == int(low):
        # "In the 70s".
        high = (low if high is None else high) + 9
    sign = (match["sign"] or "").lower()
    return Amount(low, high, _SIGN.get(sign, sign))
