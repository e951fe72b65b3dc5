import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.identifiers.check_digits import (
    is_dea,
    is_dni,
    is_iban,
    is_luhn,
    is_nhs,
    is_npi,
    is_vin,
)

# Published examples: of CMS, the NHS Data Dictionary, 49 CFR 565, ISO 13616 and others.
RIGHT = [
    (is_npi, "1234567893"),
    (is_nhs, "9434765919"),
    (is_vin, "1M8GDM9AXKP042788"),
    (is_iban, "GB29 NWBK 6016 1331 9268 19"),
    (is_luhn, "4111111111111111"),
    (is_dea, "AB1234563"),
    (is_dni, "12345678Z"),
    (is_dni, "X1234567L"),
]


@pytest.mark.parametrize(("check", "number"), RIGHT)
def test_published_examples_are_right(check, number):
    assert check(number)


@pytest.mark.parametrize(("check", "number"), RIGHT)
def test_one_other_digit_is_wrong(check, number):
    place = next(i for i, c in enumerate(number) if c.isdigit() and i > 3)
    other = str((int(number[place]) + 1) % 10)
    assert not check(number[:place] + other + number[place + 1 :])


@given(st.text(max_size=20))
def test_any_text_can_be_checked(text):
    assert not is_vin(text + "?")
    assert not is_iban(text + "?")


def test_a_number_of_one_digit_is_no_nhs_number():
    assert not is_nhs("0000000000")
