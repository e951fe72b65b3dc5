"""Fold the wording of times, so that one rule reads many spellings."""

import re
from typing import NamedTuple

from spacy_clinical.tokenization.number_words import ONES, ORDINALS, TENS

_NUMBERS = {word: str(i) for i, word in enumerate(ONES)} | {
    word: str(i * 10) for i, word in enumerate(TENS, 2)
}
_ORDINALS = {word: f"{i}th" for i, word in enumerate(ORDINALS, 1)}
# ISO 8601's letters; those of a part of a day begin with a T.
_UNITS = {
    **dict.fromkeys(("year", "yr", "y"), "Y"),
    **dict.fromkeys(("month", "mth", "mo", "mon"), "M"),
    **dict.fromkeys(("week", "wk", "w"), "W"),
    **dict.fromkeys(("day", "d", "night"), "D"),
    **dict.fromkeys(("hour", "hr", "h"), "TH"),
    **dict.fromkeys(("minute", "min"), "TM"),
    **dict.fromkeys(("second", "sec"), "TS"),
    "decade": "DECADE",
}
# No number is said: "several months".
VAGUE = "x"
N = rf"(?:\d{{1,4}}(?:\.\d{{1,2}})?|{VAGUE})"
UNIT = (
    r"(?:(?:year|yr|month|mth|mo|week|wk|day|night|hour|hr|minute|min|second|sec|decade)s?"
    r"|mon|[ywdh])(?![^\W_])"
)
_SIZE = rf"(?P<low>{N})(?: ?(?:-|to|or) ?(?P<high>{N}))?[ -]{{0,3}}(?P<unit>{UNIT})\.?"
_REST = rf"(?:,? (?:and )?(?P<more>\d{{1,3}}) ?(?P<part>{UNIT})\.?)?"
AMOUNT = rf"{_SIZE}{_REST}"
# "Last year", "the past week": one of them.
_NO_NUMBER = re.compile(rf"(?<![^\W_])(?P<unit>{UNIT})")

_FOLDED = str.maketrans(
    {**dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"), "\u2019": "'"}
)
_TEEN = re.compile(rf"\b({'|'.join(TENS)})[- ]({'|'.join(ONES[1:10])})\b")
# The unit "second" follows a number.
_WORD = re.compile(r"(?<!\d )(?<!\d-)[a-z]+")
_HALF = re.compile(
    rf"\b(\d{{1,3}})(?: |-)and(?: |-)(?:a|1)(?: |-)half\b|\bhalf (?:an? |of an? )?(?={UNIT})"
)
_PART_HALF = re.compile(r"(\d{1,3})? ?\u00bd")
_ONE = re.compile(rf"\ban? (?={UNIT})")
_SOME = re.compile(
    r"\b(?:a )?(?:several|few|some|many|multiple|couple(?: of)?|number of) "
    rf"(?={UNIT})"
)


def fold(text: str) -> str:
    """Write a time in lower case, with digits for words, one dash and single spaces.

    "Two and a half years" becomes "2.5 years", "a few days" "x days".
    """
    folded = text.replace("[**", " ").replace("**]", " ").lower().translate(_FOLDED)
    folded = " ".join(folded.split()).strip(' ,;:()[]."').rstrip("'")
    folded = _PART_HALF.sub(lambda m: f"{m[1] or 0}.5", folded)
    if not any(c.isalpha() for c in folded):
        return folded
    folded = _TEEN.sub(lambda m: str(int(_NUMBERS[m[1]]) + int(_NUMBERS[m[2]])), folded)
    folded = _WORD.sub(
        lambda m: _NUMBERS.get(m[0]) or _ORDINALS.get(m[0]) or m[0], folded
    )
    folded = _HALF.sub(lambda m: f"{m[1]}.5" if m[1] else "0.5 ", folded)
    folded = _SOME.sub(f"{VAGUE} ", folded)
    return _ONE.sub("1 ", folded)


class Amount(NamedTuple):
    """A length of time.

    low, high: Numbers of units, as written; `VAGUE` where no number is said. The second
        is "" unless the text has a range.
    unit: ISO 8601's letter, or "DECADE".
    more: A smaller unit, and its number: "M6" of "2 years and 6 months"; or "".
    """

    low: str
    high: str
    unit: str
    more: str = ""

    @property
    def is_vague(self) -> bool:
        """Whether the text gives no number."""
        return self.low == VAGUE

    def write(self, number: str = "") -> str:
        """Write it as an ISO 8601 duration.

        number: Of units; "" for `low`.
        """
        number = (number or self.low).upper()
        unit = self.unit
        if unit == "DECADE":
            unit = "Y"
            number = "X" if number == "X" else f"{float(number) * 10:g}"
        elif number != "X":
            number = f"{float(number):g}"
        more = f"{self.more[1:]}{self.more[0]}" if self.more else ""
        prefix = "PT" if unit[0] == "T" else "P"
        return f"{prefix}{number}{unit[-1]}{more}"


def read_unit(word: str) -> str:
    """Read the name of a unit as ISO 8601's letter, or "DECADE"."""
    return _UNITS.get(word) or _UNITS[word.rstrip("s")]


def make_amount(match: re.Match[str]) -> Amount:
    """Read a match of `AMOUNT`."""
    unit = read_unit(match["unit"])
    more = ""
    if match["more"]:
        part = read_unit(match["part"])
        if (unit, part) in (("Y", "M"), ("M", "W"), ("M", "D"), ("W", "D")):
            more = f"{part}{match['more']}"
    return Amount(match["low"], match["high"] or "", unit, more)


def find_single(folded: str) -> Amount | None:
    """Find a unit without a number, and read it as one of them."""
    match = _NO_NUMBER.search(folded)
    return Amount("1", "", read_unit(match["unit"])) if match else None
