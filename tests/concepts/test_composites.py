import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.concepts.composites import MAX_PARTS, split_composite


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("breast and ovarian cancer", ["breast cancer", "ovarian cancer"]),
        ("breast/ovarian cancer", ["breast cancer", "ovarian cancer"]),
        ("BRCA1/2 tumors", ["BRCA1 tumors", "BRCA2 tumors"]),
        (
            "renal, hepatic or cardiac failure",
            ["renal failure", "hepatic failure", "cardiac failure"],
        ),
        (
            "cancer of the breast and ovary",
            ["cancer of the breast", "cancer of the ovary"],
        ),
        ("nausea and vomiting", ["nausea", "vomiting"]),
        ("heart failure and renal failure", ["heart failure", "renal failure"]),
        ("heart failure", []),
        ("and", []),
        ("", []),
        (", ".join("abcdefgh"), []),
    ],
)
def test_splits_composites(name, parts):
    assert split_composite(name) == parts


@given(st.text(alphabet="ab1 /,and"))
def test_any_name(name):
    parts = split_composite(name)
    assert len(parts) <= MAX_PARTS
    assert all(part.strip() for part in parts)


def test_long_names_take_linear_time():
    assert split_composite("a " * 50_000) == []
    assert split_composite(" and " * 20_000) == []
