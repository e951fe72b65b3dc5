"""Numbers keep their shape, and check digits that were right stay so."""

import random
import re

import pytest

from spacy_clinical.identifiers.check_digits import is_dni, is_iban
from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.identifiers.replace.numbers import (
    replace_ip,
    replace_number,
    replace_phone,
)
from spacy_clinical.identifiers.spoken import read_digits
from tests.identifiers.replace.notes import KEY


def shape(text):
    kinds = {str.isdigit: "9", str.isupper: "A", str.islower: "a"}
    return "".join(
        next((s for is_kind, s in kinds.items() if is_kind(c)), c) for c in text
    )


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        *(
            ("0937884", "mrn"),
            ("HCS-843b", "id"),
            ("123-45-6789", "ssn"),
            ("02115-1234", "zip"),
        ),
        *(
            ("SW1A 1AA", "postcode"),
            ("4111 1111 1111 1111", "account"),
            ("7", "id"),
            ("A", "id"),
        ),
    ],
)
def test_numbers_keep_their_shape(number, kind):
    new = replace_number(number, kind, KEY)
    assert shape(new) == shape(number)
    assert new != number
    assert replace_number(number, kind, KEY) == new


def test_other_keys_make_other_numbers():
    other = Key(b"another key, as long")
    assert replace_number("0937884", "mrn", KEY) != replace_number(
        "0937884", "mrn", other
    )


def test_the_same_number_is_the_same_however_it_is_grouped():
    plain = replace_number("943 476 5919", "nhs", KEY)
    assert replace_number("943-476-5919", "nhs", KEY) == plain.replace(" ", "-")


def luhn(digits):
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def nhs(digits):
    return (
        sum(int(d) * w for d, w in zip(digits, range(10, 0, -1), strict=True)) % 11 == 0
    )


def dea(number):
    d = [int(digit) for digit in number[2:]]
    return (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6]


def vin(number):
    values = dict(
        zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True)
    )
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum(int(values.get(c, c)) * w for c, w in zip(number, weights, strict=True))
    return "0123456789X"[total % 11] == number[8]


@pytest.mark.parametrize(
    ("number", "kind", "is_valid"),
    [
        ("4111111111111111", "account", luhn),
        ("490154203237518", "device", luhn),
        ("1234567893", "npi", lambda n: luhn("80840" + n)),
        ("9434765919", "nhs", nhs),
        ("AB1234563", "dea", dea),
        ("AB1234563", "license", dea),
        ("12345678Z", "license", is_dni),
        ("X1234567L", "id", is_dni),
        ("GB29NWBK60161331926819", "account", is_iban),
        ("1M8GDM9AXKP042788", "vehicle", vin),
    ],
)
def test_check_digits_stay_right_and_wrong_ones_are_nothing(number, kind, is_valid):
    assert is_valid(number)
    rng = random.Random(0)
    for _ in range(50):
        assert is_valid(replace_number(number, kind, Key(rng.randbytes(32))))


def test_numbers_are_no_ones():
    assert replace_number("943 476 5919", "nhs", KEY).startswith("999")
    # Areas from 900 on are those of taxpayer numbers; 666 is never issued.
    assert replace_number("123-45-6789", "ssn", KEY).startswith("666-")
    assert replace_number("912-78-1234", "ssn", KEY).startswith("666-")
    assert "555-01" in replace_phone("(634)743-5135", KEY)
    assert replace_phone("743-5135", KEY).startswith("555-01")
    assert replace_phone("+1 634 743 5135", KEY)[:3] == "+1 "
    assert replace_phone("+44 20 7946 0958", KEY)[:4] == "+44 "
    assert replace_ip("10.1.2.3", KEY).startswith(
        ("192.0.2.", "198.51.100.", "203.0.113.")
    )
    assert replace_ip("fe80::1", KEY).startswith("2001:db8:")


def test_extensions_are_replaced_too():
    new = replace_phone("634-743-5135 ext. 4412", KEY)
    assert shape(new) == "999-999-9999 aaa. 9999"
    assert " ext. " in new
    assert "4412" not in new


def test_numbers_that_are_spoken_stay_so():
    spoken = "six three four, seven four three dash five one double three"
    new = replace_phone(spoken, KEY)
    assert read_digits(new) == [int(d) for d in replace_phone("6347435133", KEY)]
    assert re.fullmatch(r"(\w+ ){2}\w+, (\w+ ){2}\w+ dash (\w+ ){3}\w+", new)
    assert replace_number("ONE TWO", "id", KEY).isupper()
    assert not replace_number("ONE-KX", "id", KEY).endswith("KX")
