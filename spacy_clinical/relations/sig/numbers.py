"""Read numbers as sigs have them: digits, fractions and words."""

import re

from spacy_clinical.tokenization.number_words import ONES, TENS

_WORDS: dict[str, int] = {
    **{word: i for i, word in enumerate(ONES)},
    **{word: 10 * i for i, word in enumerate(TENS, 2)},
    "hundred": 100,
    "thousand": 1000,
}
_SIGNS = {
    "\u00bd": 0.5,
    "\u00bc": 0.25,
    "\u00be": 0.75,
    "\u2153": 1 / 3,
    "\u2154": 2 / 3,
    "\u215b": 0.125,
}
_PARTS = {"half": 0.5, "quarter": 0.25}
_ROMAN = {"i": 1, "ii": 2, "iii": 3}

DIGITS = (
    r"(?:\d{1,3}(?:,\d{3}){1,3}(?!\d)(?:\.\d{1,4})?|\d{1,9}(?:[.,]\d{1,5})?|\.\d{1,5})"
)
_SIGN = f"[{''.join(_SIGNS)}]"
_FRACTION = (
    rf"(?:\d(?:[ -]| and | & )?)?{_SIGN}"
    r"|(?:\d(?:[ -]| and | & ))?(?:1/[2348]|2/3|3/4)(?![\d/])"
)
_WORD = rf"(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})(?![a-z])"
_HALF = r"(?:(?:(?:one|a)[ -])?(?:half|quarter)(?: (?:of )?an?(?= ))?)(?![a-z])"
_SPOKEN = (
    rf"{_WORD}(?:[ -](?:and )?{_WORD}){{0,6}}(?: and (?:a|one)[ -]half)?"
    rf"(?: point(?: {_WORD}){{1,4}})?|point(?: {_WORD}){{1,4}}"
)
_ONE = rf"(?:{_FRACTION}|{DIGITS}|{_HALF}|{_SPOKEN})"
# "One (1)", "1 (one)".
NUMBER = rf"{_ONE}(?: ?[(\[] ?{_ONE} ?[)\]])?"
# "5-10", "one to two".
BETWEEN = r" ?(?:-|to|or) ?"
_TWICE = re.compile(rf"({_ONE})(?: ?[(\[] ?({_ONE}) ?[)\]])?")


def read_number(text: str) -> float | None:
    """Read a number.

    text: Folded; what `NUMBER` matches, an article or a Roman numeral.
    RETURNS: None where it can be read in several ways, or in none.
    """
    match = _TWICE.fullmatch(text)
    if match and match[2]:
        first, second = _read_one(match[1]), _read_one(match[2])
        return first if first == second or second is None else None
    return _read_one(text)


def _read_one(text: str) -> float | None:
    if text in ("a", "an"):
        return 1
    if text in _ROMAN:
        return _ROMAN[text]
    if any(word in text for word in ("half", "quarter")):
        return _read_half(text)
    if text[:1].isalpha():
        return _read_words(text)
    if text[-1:] in _SIGNS or "/" in text:
        return _read_fraction(text)
    return _read_digits(text)


def _read_digits(text: str) -> float | None:
    whole, comma, after = text.partition(",")
    if comma and (len(after) != 3 or whole == "0") and after.isdigit():
        # "0,5" and "0,125"; "1,000" is a thousand.
        text = f"{whole}.{after}"
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return int(value) if value.is_integer() else value


def _read_fraction(text: str) -> float | None:
    if text[-1] in _SIGNS:
        whole, part = text[:-1], _SIGNS[text[-1]]
    else:
        number = re.search(r"(\d)/(\d)$", text)
        if number is None:
            return None
        whole, part = text[: number.start()], int(number[1]) / int(number[2])
    digits = re.match(r"\d", whole)
    return part + (int(digits[0]) if digits else 0)


def _read_half(text: str) -> float | None:
    words = re.split(r"[ -]", text)
    part = next(value for word, value in _PARTS.items() if word in words)
    if "and" not in words:
        return part
    whole = _read_words(" ".join(words[: words.index("and")]))
    return None if whole is None else whole + part


def _read_words(text: str) -> float | None:
    whole, point, after = f"{text} ".partition("point ")
    if point:
        digits = [_WORDS[word] for word in after.split()]
        value = _read_words(whole.strip()) if whole.strip() else 0
        if value is None:
            return None
        if len(digits) == 1 and digits[0] >= 10:
            return float(f"{value}.{digits[0]}")
        if any(digit > 9 for digit in digits):
            return None
        return float(f"{value}.{''.join(map(str, digits))}")
    total = current = 0
    before = 0
    for word in re.split(r"[ -](?:and )?", text.strip()):
        value = _WORDS.get(word)
        if value is None:
            return None
        if value == 1000:
            total, current = total + max(current, 1) * 1000, 0
        elif value == 100:
            current = max(current, 1) * 100
        elif before and before < 100 and not (before >= 20 and 0 < value < 10):
            # "One twenty five" may be 125, or two numbers.
            return None
        else:
            current += value
        before = value
    return total + current
