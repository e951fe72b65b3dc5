import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.service.accept import FHIR, HTML, JSON, NDJSON, choose_type
from spacy_clinical.service.problems import Problem

OFFERED = (JSON, NDJSON, FHIR, HTML)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", HTML),
        (FHIR, FHIR),
        (f"{FHIR.upper()}; charset=utf-8", FHIR),
        (f"{JSON};q=0.5, {NDJSON}", NDJSON),
        (f"{JSON};q=0.5, */*;q=0.4", JSON),
        (f"{JSON};q=0, */*", NDJSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        (f"{JSON};q=rubbish, {HTML};q=0.1", HTML),
        (f"{JSON};q=nan, {HTML};q=0.1", HTML),
    ],
)
def test_the_best_type_that_is_allowed_is_chosen(accept, chosen):
    assert choose_type(accept, OFFERED) == chosen


@pytest.mark.parametrize("accept", ["image/png", f"{JSON};q=0", "*/*;q=0", "x"])
def test_what_is_not_allowed_is_not_sent(accept):
    with pytest.raises(Problem, match=r"\[C990\].*application/x-ndjson") as caught:
        choose_type(accept, OFFERED)
    assert caught.value.status == 406


@given(st.text())
def test_any_header_gets_a_type_or_a_problem(accept):
    try:
        assert choose_type(accept, OFFERED) in OFFERED
    except Problem as problem:
        assert problem.code == "C990"
