import pytest

from spacy_clinical.export.relatives import Relative, find_last_relative


@pytest.mark.parametrize(
    ("text", "relative"),
    [
        ("Mother and MATERNAL Aunt", Relative("MAUNT", "maternal aunt")),
        ("paternal mother", Relative("MTH", "mother")),
        ("his \u017fister", Relative("SIS", "sister")),
        ("grandmothers, a stepson", None),
        ("", None),
    ],
)
def test_find_last_relative(text, relative):
    assert find_last_relative(text) == relative
