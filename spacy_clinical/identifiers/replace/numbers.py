"""Other numbers, codes and addresses of machines in the shape of the original."""

import re
import string
from collections.abc import Callable, Iterator

from spacy_clinical.identifiers.check_digits import (
    find_dea_digit,
    find_dni_letter,
    find_iban_digits,
    find_luhn_digit,
    find_nhs_digit,
    find_npi_digit,
    find_vin_digit,
)
from spacy_clinical.identifiers.found import KINDS_BY_LABEL
from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.identifiers.spoken import DIGITS, SPOKEN, is_spoken, read_digits

# Numbers that no one has, of each kind: parts of the United States' telephone plan that
# are kept for fiction, Social Security numbers that are never issued, NHS numbers for
# tests, and networks for documentation (RFC 5737, RFC 3849).
FICTION_EXCHANGE, FICTION_LINE = "555", "01"
SSN_START, NHS_START = "666", "999"
NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.")
NETWORK_V6 = "2001:db8:"
_MAX_TRIES = 64


# Where the number of an extension starts.
_EXTENSION = re.compile(r"\s*,?\s*\b(?:x|ext|extension)\.?\s*(?=\d)", re.IGNORECASE)
_COUNTRY = re.compile(r"\+(?:[2-9]\d{0,2}(?=[\s().-])|[2-9]\d)")


def replace_phone(text: str, key: Key) -> str:
    """Replace the number of a phone, and keep the code of its country.

    text: With an extension, or without.
    """
    country = _COUNTRY.match(text)
    start = country.end() if country else 0
    extension = _EXTENSION.search(text, start)
    if extension is None:
        return text[:start] + replace_number(text[start:], "phone", key)
    number = replace_number(text[start : extension.start()], "phone", key)
    inner = replace_number(text[extension.end() :], "", key)
    return text[:start] + number + extension[0] + inner


def replace_number(text: str, kind: str, key: Key) -> str:
    """Replace the digits and letters of a number, and keep its shape.

    Letters stay letters, with their case, and digits digits. If the check digit of a
    number of its kind is right, so is the new one. The same number gets the same digits
    however it is grouped.

    kind: Of the identifier, such as "phone" or "nhs".
    """
    if is_spoken(text):
        return _replace_spoken(text, kind, key)
    plain = "".join(filter(str.isalnum, text))
    folded = plain.lower()
    for attempt in range(_MAX_TRIES):
        drawn = Stream(key, "number", folded, str(attempt))
        new = "".join(_draw_like(char, drawn) for char in plain)
        new = _make_unreal(new, plain, kind, drawn)
        new = _fix_check_digit(new, plain, kind)
        if new.lower() != folded:
            return _put_in(text, new)
    # Of a single letter or digit: the next one.
    return _put_in(text, "".join(map(_get_next, plain)))


def _replace_spoken(text: str, kind: str, key: Key) -> str:
    """Replace a number that is spoken digit by digit: "double five" are two."""
    digits = "".join(map(str, read_digits(text)))
    new = iter(replace_number(digits, kind, key))

    def say(match: re.Match[str]) -> str:
        n_digits = len(read_digits(match[0]))
        said = " ".join(DIGITS[int(next(new))] for _ in range(n_digits))
        return said.upper() if match[0].isupper() else said

    return SPOKEN.sub(say, text)


class Stream:
    """Numbers that follow from a key and some texts, one after the other."""

    def __init__(self, key: Key, *parts: str) -> None:
        self._key = key
        self._parts = parts
        self._n_blocks = 0
        self._left = self._size = 0

    def draw(self, below: int) -> int:
        """Draw a number from 0 on that is below another one."""
        # With some spare bits, all numbers are about equally likely.
        if self._size < below << 32:
            self._left = self._key.draw(*self._parts, str(self._n_blocks))
            self._size = 1 << 256
            self._n_blocks += 1
        self._left, drawn = divmod(self._left, below)
        self._size //= below
        return drawn


def _draw_like(char: str, drawn: Stream) -> str:
    """Draw a digit for a digit, and a letter for a letter, of the same alphabet."""
    if char.isdecimal():
        return str(drawn.draw(10))
    letters = string.ascii_uppercase if char.isupper() else string.ascii_lowercase
    return letters[drawn.draw(26)]


def _put_in(text: str, new: str) -> str:
    """Put other letters and digits between the signs of a text."""
    rest = iter(new)
    return "".join(next(rest) if char.isalnum() else char for char in text)


def _get_next(char: str) -> str:
    if char.isdecimal():
        return "1" if char == "0" else "0"
    if char.lower() == "a":
        return "B" if char.isupper() else "b"
    return "A" if char.isupper() else "a"


def _make_unreal(new: str, old: str, kind: str, drawn: Stream) -> str:
    """Make a number one that can't be anyone's, if there are such numbers."""
    if not new.isdecimal():
        return _keep_zero(new, old)
    if kind == "phone":
        return _make_phone(new, old)
    if kind == "ssn" and len(new) == 9:
        return SSN_START + new[3:]
    if kind == "nhs" and len(new) == 10:
        return NHS_START + new[3:]
    return _keep_zero(new, old)


def _make_phone(new: str, old: str) -> str:
    """Make a number of the United States one of fiction; others keep their first digit."""
    n_before = {7: 0, 10: 3, 11: 4}.get(len(old))
    if n_before is None or (len(old) == 11 and old[0] != "1"):
        return old[:1] + new[1:]
    # 555-01xx, with any area.
    area = new[1:4] if n_before == 4 else new[:n_before]
    if area:
        area = str(2 + int(area[0]) % 8) + area[1:]
    one = "1" if n_before == 4 else ""
    return one + area + FICTION_EXCHANGE + FICTION_LINE + new[-2:]


def _keep_zero(new: str, old: str) -> str:
    """Keep a number from starting with zero, unless it did."""
    if not old[:1].isdecimal():
        return new
    if old[0] == "0":
        return "0" + new[1:] if len(old) > 1 else new
    return "1" + new[1:] if new[0] == "0" else new


def _fix_check_digit(new: str, old: str, kind: str) -> str:
    """Make the check digit of a number right, if that of the old one is."""
    for kinds, has_form, find in _CHECKS:
        if kind in kinds and has_form(old) and find(old) == old:
            fixed = find(new)
            # Some numbers have no check digit: the last but one then gives way.
            for digit in string.digits:
                if fixed is not None:
                    break
                fixed = find(new[:-2] + digit + new[-1])
            return new if fixed is None else fixed
    return new


def _find_luhn(number: str) -> str:
    """Find a number with a check digit as of cards."""
    return number[:-1] + str(find_luhn_digit(number[:-1]))


def _find_npi(number: str) -> str:
    """Find a National Provider Identifier with its check digit, and a first digit that
    there is."""
    number = number if number[0] in "12" else "1" + number[1:]
    return number[:-1] + str(find_npi_digit(number[:-1]))


def _find_nhs(number: str) -> str | None:
    """Find an NHS number with its check digit; None if it can't have one."""
    check = find_nhs_digit(number[:9])
    return None if check == 10 else number[:9] + str(check)


def _find_dea(number: str) -> str:
    """Find a number of the DEA, two letters and seven digits, with its check digit."""
    return number[:8] + str(find_dea_digit(number[2:8]))


def _find_vin(number: str) -> str | None:
    """Find a vehicle's number with its check digit, of letters that it may have."""
    number = number.upper().translate(str.maketrans("IOQ", "JPR"))
    return number[:8] + find_vin_digit(number) + number[9:]


def _find_iban(number: str) -> str:
    """Find an international bank account number with its check digits."""
    number = number.upper()
    return number[:2] + find_iban_digits(number) + number[4:]


def _find_dni(number: str) -> str:
    """Find a Spanish identity number with its check letter, and a first letter that
    there is."""
    number = number.upper()
    if number[0].isalpha() and number[0] not in "XYZ":
        number = "XYZ"[ord(number[0]) % 3] + number[1:]
    return number[:8] + find_dni_letter(number)


_IDS = frozenset({*KINDS_BY_LABEL["ID"], ""})
# Kinds of numbers, what they look like, and how the check digit is found.
_CHECKS: list[
    tuple[frozenset[str], Callable[[str], bool], Callable[[str], str | None]]
] = [
    (frozenset({"nhs"}), lambda n: n.isdecimal() and len(n) == 10, _find_nhs),
    (frozenset({"npi"}), lambda n: n.isdecimal() and len(n) == 10, _find_npi),
    (
        _IDS,
        lambda n: len(n) == 9 and n[:2].isalpha() and n[2:].isdecimal(),
        _find_dea,
    ),
    (
        _IDS,
        lambda n: len(n) == 17 and n.isascii() and n.isupper() | n.isdecimal(),
        _find_vin,
    ),
    (_IDS, lambda n: n.isdecimal() and 12 <= len(n) <= 19, _find_luhn),
    (
        _IDS,
        lambda n: n.isascii() and 15 <= len(n) <= 34 and n[2:4].isdecimal(),
        _find_iban,
    ),
    (
        _IDS,
        lambda n: n.isascii() and len(n) == 9 and n[1:8].isdecimal(),
        _find_dni,
    ),
]


def replace_ip(text: str, key: Key) -> str:
    """Replace the address of a machine by one that is kept for documentation."""
    if ":" in text:
        drawn = Stream(key, "ip", text.lower())
        groups = [f"{drawn.draw(1 << 16):x}" for _ in range(2)]
        return f"{NETWORK_V6}:{':'.join(groups)}"
    return next(new for new in _list_ips(text, key) if new != text)


def _list_ips(text: str, key: Key) -> Iterator[str]:
    drawn = Stream(key, "ip", text)
    while True:
        yield f"{NETWORKS[drawn.draw(3)]}{1 + drawn.draw(254)}"
