from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.relations.measurements import units
from spacy_clinical.relations.measurements.analytes import load_spellings
from spacy_clinical.relations.measurements.numbers import fold_number, read_amount
from spacy_clinical.relations.measurements.units import is_ucum, read_unit

needs_ucumvert = pytest.mark.skipif(
    find_spec("ucumvert") is None, reason="ucumvert isn't installed"
)
WRITTEN = [
    ("mg/dl", "mg/dL"),
    ("MG/DL", "mg/dL"),
    ("K/uL", "10*3/uL"),
    ("M/uL", "10*6/uL"),
    ("thou/µL", "10*3/uL"),
    ("x10^9/L", "10*9/L"),
    ("10*3/uL", "10*3/uL"),
    ("x10E3/uL", "10*3/uL"),
    ("mmHg", "mm[Hg]"),
    ("mm Hg", "mm[Hg]"),
    ("cmH2O", "cm[H2O]"),
    ("bpm", "{beats}/min"),
    ("breaths/min", "{breaths}/min"),
    ("meq/L", "meq/L"),
    ("mEq/L", "meq/L"),
    ("mcg", "ug"),
    ("µg", "ug"),
    ("IU/L", "[IU]/L"),
    ("uIU/mL", "u[IU]/mL"),
    ("mm/hr", "mm/h"),
    ("°F", "[degF]"),
    ("degrees C", "Cel"),
    ("lbs", "[lb_av]"),
    ("kg/m2", "kg/m2"),
    ("mL/min/1.73m2", "mL/min/{1.73_m2}"),
    ("mg per day", "mg/d"),
    ("mg/24h", "mg/(24.h)"),
    ("cells/mm3", "{cells}/mm3"),
    ("/HPF", "/[HPF]"),
    ("cc", "mL"),
    ("%", "%"),
]


@pytest.mark.parametrize(("written", "code"), WRITTEN)
def test_read_unit_reads_what_notes_write(written, code):
    assert read_unit(written) == code


@pytest.mark.parametrize("text", ["", "foo", "mg/", "//", "tab", "10^5x", "x" * 100])
def test_other_words_are_no_units(text):
    assert read_unit(text) is None


@needs_ucumvert
def test_ucumvert_knows_every_code():
    usual = {a.key: a.units for a in load_spellings().by_name.values()}
    codes = {
        *units._WORDS.values(),
        *(code for _, code in WRITTEN),
        *units._COUNTS.values(),
        *units._BELOW.values(),
        *set().union(*usual.values()),
    }
    assert {code for code in codes if not is_ucum(code)} == set()
    assert is_ucum("mg//dL") is False


@needs_ucumvert
def test_ucumvert_says_of_other_units_whether_they_are_ucum():
    assert read_unit("mmol/(8.h.kg)") == "mmol/(8.h.kg)"
    assert read_unit("mmol/(8.h.foo)") is None


def test_without_ucumvert_the_table_is_all(monkeypatch):
    monkeypatch.setattr(units, "_get_parser", lambda: None)
    units._read_ucum.cache_clear()
    assert is_ucum("mg/dL") is None
    assert read_unit("mmol/(9.h.kg)") is None
    assert read_unit("mg/dl") == "mg/dL"
    units._read_ucum.cache_clear()


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,000", (1000, None, "")),
        ("1,234,567.5", (1234567.5, None, "")),
        ("4,2", (4.2, None, "")),
        ("4,25", (4.25, None, "")),
        ("<0.01", (0.01, None, "<")),
        (">= 60", (60, None, ">=")),
        ("less than 5", (5, None, "<")),
        ("~3", (3, None, "~")),
        ("110-180", (110, 180, "")),
        ("110 to 180", (110, 180, "")),
        ("70s", (70, 79, "")),
        ("110s-130s", (110, 139, "")),
        (".5", (0.5, None, "")),
    ],
)
def test_read_amount(text, amount):
    assert tuple(read_amount(text)) == amount


@pytest.mark.parametrize(
    "text", ["1.2.3", "180-110", "", "x", "1,00,0", "3/4", "1e400"]
)
def test_other_texts_are_no_amounts(text):
    assert read_amount(text) is None


@given(st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_reading_never_fails(text):
    number = fold_number(text)
    assert number is None or number >= 0
    amount = read_amount(text)
    assert amount is None or amount.high is None or amount.low <= amount.high
    code = read_unit(text)
    assert code is None or code.strip() == code
