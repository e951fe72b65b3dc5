import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.export.shapes import (
    INTEGER,
    NAME,
    NUMBER,
    PLACE,
    TRUTH,
    WORDS,
    Field,
    shape_value,
)

SHAPE = {
    "text": WORDS,
    "unit": Field(str, {"mg"}.__contains__),
    "value": NUMBER,
    "n": INTEGER,
    "is_prn": TRUTH,
    "rows": [{"name": NAME, **PLACE}],
}


def test_fields_are_copied_in_order():
    value = {"rows": ({"end": 3, "start": 1, "name": "x", "more": 1},), "text": "a"}
    value |= {"unit": "kg", "value": 1, "n": 2.0, "is_prn": True}
    made = shape_value(value, SHAPE)
    assert made == {
        **{"text": "a", "unit": "kg", "value": 1.0, "n": 2, "is_prn": True},
        "rows": [{"name": "x", "start": 1, "end": 3}],
    }
    assert list(made) == list(SHAPE)
    assert list(made["rows"][0]) == ["name", "start", "end"]


@pytest.mark.parametrize("value", [None, "x", 1, [], [{}]])
def test_what_is_no_mapping_has_no_fields(value):
    assert shape_value(value, SHAPE) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("value", v) for v in ("1", True, float("nan"), float("inf"), 10**400)),
        *(("n", v) for v in ("1", True, 1.5, 2**63, float("nan"), float("inf"))),
        *(("unit", v) for v in (1, None, ["mg"])),
    ],
)
def test_values_of_other_types_are_null(name, value):
    assert shape_value({name: value}, SHAPE)[name] is None


def test_rows_without_what_they_need_are_left_out():
    rows = [{"start": 1, "end": 2}, {"start": 1}, {"start": "1", "end": 2}, 3]
    assert shape_value({"rows": rows}, SHAPE)["rows"] == [
        {"name": None, "start": 1, "end": 2}
    ]


def test_words_are_kept_filled_or_dropped():
    for value in ({}, {"text": None}):
        assert "text" not in shape_value(value, SHAPE)
        assert shape_value(value, SHAPE, words="fill")["text"] == ""
    bare = shape_value({"text": "a", "unit": "kg", "value": 2}, SHAPE, words="drop")
    assert "text" not in bare
    assert (bare["unit"], bare["value"]) == (None, 2.0)
    assert shape_value({"unit": "mg"}, SHAPE, words="drop")["unit"] == "mg"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from([*SHAPE, "start"]), inner)
    ),
)


@given(JSON)
def test_any_value_becomes_strict_json_and_stays(value):
    made = shape_value(value, SHAPE)
    json.dumps(made, allow_nan=False)
    assert shape_value(made, SHAPE) == made
