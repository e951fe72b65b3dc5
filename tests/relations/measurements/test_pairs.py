import pytest

from spacy_clinical.relations.measurements.analytes import find_analyte
from spacy_clinical.relations.measurements.pairs import is_pair, mend_pair


def place(text, word):
    return text.index(word), text.index(word) + len(word)


@pytest.mark.parametrize(
    ("text", "test", "value"),
    [
        ("CRP elevated", "CRP", "elevated"),
        ("pH of 7.12", "pH", "7.12"),
        ("HER2 1+", "HER2", "1+"),
        ("K now 4.2", "K", "4.2"),
        ("Weight 6 pounds", "Weight", "6 pounds"),
        ("platelets 1200", "platelets", "1200"),
        ("SpO2 94% 4L", "SpO2", "94%"),
        ("urine output 4 L", "urine output", "4 L"),
        ("O2 95% on 2L", "O2", "95%"),
        ("proteinuria of 6.8 g/day", "proteinuria", "6.8 g/day"),
    ],
)
def test_values_of_tests(text, test, value):
    analyte = find_analyte(test)
    assert is_pair(text, place(text, test), place(text, value), analyte)


@pytest.mark.parametrize(
    ("text", "test", "value"),
    [
        ("INR 1.1 (was 3.4)", "was", "3.4"),
        ("14.2* 11.8", "*", "11.8"),
        ("TSH pending", "TSH", "pending"),
        ("Glucose hemolyzed", "Glucose", "hemolyzed"),
        ("CK-MB NotDone", "CK-MB", "NotDone"),
        ("pH 7.12, ketones 5.6", "pH", "5.6"),
        ("weight 182, down 6 pounds", "weight", "6 pounds"),
        ("FSBS 0800", "FSBS", "0800"),
        ("FSBS 1200 188", "FSBS", "1200"),
        ("O2 2L NC", "O2", "2L"),
        ("O2 saturation on two liters", "O2 saturation", "two liters"),
        ("creatinine 4, proteinuria 6.8 g/24 h", "creatinine", "6.8 g/24 h"),
        ("HD 4", "HD", "4"),
        ("Rfl: 11", "Rfl:", "11"),
        ("Mg 1.7, 2gm mag sulfate IV", "Mg", "2gm mag sulfate IV"),
        ("SpO2 94% 4L", "SpO2", "4L"),
        ("SpO2 94% 4LNC", "SpO2", "4LNC"),
        ("O2 sat 94 on 2-4 L/min NC", "O2 sat", "2-4 L/min NC"),
        ("SaO2 91% with 2 liters", "SaO2", "2 liters"),
    ],
)
def test_what_is_no_value_of_a_test(text, test, value):
    analyte = find_analyte(test)
    assert not is_pair(text, place(text, test), place(text, value), analyte)


def test_a_digit_before_a_plus_is_of_the_value():
    text = "HER2 1+"
    assert mend_pair(text, (0, 6), (6, 7)) == ((0, 4), (5, 7))
    assert mend_pair(text, (0, 4), (5, 7)) == ((0, 4), (5, 7))
