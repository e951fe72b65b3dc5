"""Where somebody works is found, and what somebody does isn't."""

import pytest

from tests.identifiers.marked import find, read_marked, show

EMPLOYERS = """
employed at [[Initech]] as an engineer; She works for [[Globex Corporation]]; Employer: [[Kestrel Logistics]]
a software engineer at [[Initech]]; a professor at [[Oberlin]]; works as a school nurse at [[Kestrel Foods]]
worked full time for [[Bell and Howell]]; an employee at [[Roche]]
"""
NONE = """
works at night; it works for Pain; Working for two years; no job at present; works by Dr.
works for Medicine; Employer: Unknown; employed by the hospital
"""


@pytest.mark.parametrize("marked", EMPLOYERS.strip().split("\n"))
def test_employers_are_found(marked):
    text, expected = read_marked(marked)
    rows = [row for row in find(text) if row.label == "PATORG"]
    assert show(text, rows) == expected


@pytest.mark.parametrize("text", NONE.strip().split("\n"))
def test_what_looks_like_an_employer_is_none(text):
    assert [row for row in find(text) if row.label == "PATORG"] == []
