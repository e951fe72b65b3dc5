import pytest

from spacy_clinical.export.pages import wording


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        (None, ""),
        ({"low": None, "high": None, "unit": "mg"}, ""),
        ({"low": 25.0, "high": 25.0, "unit": "mg"}, "25 mg"),
        ({"low": 0.5, "high": 0.5, "unit": "{tablet}"}, "0.5 tablet"),
        ({"low": 1, "high": 2, "unit": "{tablet}"}, "1\u20132 tablets"),
        ({"low": 2, "high": 2, "unit": "{patch}"}, "2 patches"),
        ({"low": 2, "high": 2, "unit": "{suppository}"}, "2 suppositories"),
        ({"low": 2, "high": 2, "unit": "[drp]"}, "2 drops"),
        ({"low": 1000000, "high": 1000000, "unit": "{unit}"}, "1,000,000 units"),
        ({"low": 75, "high": 75, "unit": "ug"}, "75 mcg"),
        ({"low": 1, "high": 1, "unit": "%"}, "1%"),
        ({"low": 3, "high": 3, "unit": None}, "3"),
        ({"low": 10, "high": 10, "unit": "ug/kg/min"}, "10 mcg/kg/min"),
        (
            {"low": 160, "high": 160, "unit": "mg", "per": {"value": 5, "unit": "mL"}},
            "160 mg/5 mL",
        ),
        (
            {
                **{"low": 90, "high": 90, "unit": "ug"},
                "per": {"value": 1, "unit": "{actuation}"},
            },
            "90 mcg/actuation",
        ),
        (
            {"low": None, "high": None, "unit": "mg", "ingredients": [5, 325]},
            "5-325 mg",
        ),
    ],
)
def test_say_quantity(quantity, words):
    assert wording.say_quantity(quantity) == words


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        *((None, ""), ("mm[Hg]", "mmHg"), ("[degF]", "°F"), ("Cel", "°C")),
        *(("10*3/uL", "10³/µL"), ("mg/dL", "mg/dL"), ("{beats}/min", "beats/min")),
        *(("kg/m2", "kg/m²"), ("ug/mL", "mcg/mL")),
    ],
)
def test_say_unit(unit, words):
    assert wording.say_unit(unit) == words


def often(**values):
    none = dict.fromkeys(("frequency", "frequency_max", "period", "period_max"))
    empty = {"when": [], "days_of_week": [], "times_of_day": []}
    return {**none, "period_unit": None, **empty, **values}


@pytest.mark.parametrize(
    ("frequency", "words"),
    [
        (None, ""),
        (often(), ""),
        (often(frequency=1, period=1, period_unit="d"), "daily"),
        (often(frequency=1, period=1, period_unit="wk"), "weekly"),
        (often(frequency=2, period=1, period_unit="d"), "twice a day"),
        (often(frequency=3, period=1, period_unit="h"), "3 times an hour"),
        (
            often(frequency=2, frequency_max=3, period=1, period_unit="d"),
            "2\u20133 times a day",
        ),
        (often(frequency=1, period=8, period_unit="h"), "every 8 hours"),
        (often(frequency=1, period=1, period_unit="h"), "every hour"),
        (
            often(frequency=1, period=4, period_max=6, period_unit="h"),
            "every 4\u20136 hours",
        ),
        (often(frequency=2, period=3, period_unit="d"), "twice every 3 days"),
        (
            often(frequency=1, period=1, period_unit="d", when=["HS"]),
            "daily at bedtime",
        ),
        (
            often(frequency=1, period=1, period_unit="wk", days_of_week=["mon", "fri"]),
            "on Mon, Fri",
        ),
        (
            often(frequency=1, period=1, period_unit="d", times_of_day=["16:00:00"]),
            "daily at 16:00",
        ),
        (often(when=["ACM", "unknown"]), "before breakfast"),
    ],
)
def test_say_frequency(frequency, words):
    assert wording.say_frequency(frequency) == words


def test_say_dosage_puts_all_of_it_in_one_line():
    text = "prn chest pain"
    dosage = {
        "dose": {"low": 25, "high": 25, "unit": "mg"},
        "amount": {"low": 1, "high": 1, "unit": "{tablet}"},
        "route": {"name": "oral"},
        "site": {"name": "left eye"},
        "frequency": often(frequency=2, period=1, period_unit="d"),
        "duration": {"low": 5, "high": None, "unit": "d"},
        "infusion": {"low": 1, "high": 1, "unit": "h"},
        "n_times": {"value": 3},
        "prn": True,
        "reason": {"start": 4, "end": 14},
        "max_dose": {
            **{"low": 4, "high": 4, "unit": "g"},
            **{"period": 1, "period_unit": "d"},
        },
    }
    assert wording.say_dosage(dosage, text) == (
        "1 tablet (25 mg), oral, left eye, twice a day for 5 days over 1 hour, \u00d7 3, "
        "as needed for chest pain, at most 4 g in 1 day"
    )
    assert wording.say_dosage({}, text) == ""
    assert wording.say_need({"prn": True}, text) == "as needed"
    assert wording.say_need({"reason": {"start": 4, "end": 9}}, text) == "for chest"


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ({"value": "2019-02", "mod": "START", "resolved": True}, "since 2019-02"),
        ({"value": "P6W", "mod": "APPROX", "resolved": True}, "about P6W"),
        (
            {"value": "2019", "value_end": "2020", "resolved": True},
            "2019 to 2020",
        ),
        ({"value": "P1D", "freq": "2", "resolved": True}, "2 \u00d7 P1D"),
        (
            {"value": "2019-03", "reason": "assumed_year", "resolved": True},
            "2019-03 (year assumed)",
        ),
        (
            {"value": "XXXX-03", "reason": "no_year", "resolved": False},
            "XXXX-03 (not resolved: year unknown)",
        ),
        (
            {"value": None, "offset": "-P3D", "reason": "no_reference"},
            "-P3D (not resolved: no date to count from)",
        ),
        ({"value": None, "resolved": False}, "not resolved"),
    ],
)
def test_say_date(date, words):
    assert wording.say_date(date) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *(("2019-02-03", "3 Feb 2019"), ("2019-02", "Feb 2019"), ("2019", "2019")),
        *(("2019-02-03T14:30", "3 Feb 2019, 14:30"), ("201X", "2010s")),
        *(("19XX", "1900s"), ("2019-W05", "week 5 of 2019"), ("2019-FA", "fall 2019")),
        *(("P6M", "P6M"), ("2019-13", "13 2019")),
    ],
)
def test_write_day(value, words):
    assert wording.write_day(value) == words


def test_write_moment():
    assert wording.write_moment("2019", None, "START") == "since 2019"
    assert wording.write_moment("2019", "2020", None) == "2019 to 2020"


def test_shorten_keeps_short_words_and_cuts_long_ones():
    assert wording.shorten(" a \n b ") == "a b"
    assert wording.shorten("x" * 60) == "x" * 60
    cut = wording.shorten("word " * 100_000, 20)
    assert cut == "word word word word\u2026"
    assert len(wording.shorten("x" * 61)) == 60


def test_make_visible_replaces_control_characters():
    assert wording.make_visible("a\x00\t\n\x7f") == "a\u2400\t\n\u2421"
