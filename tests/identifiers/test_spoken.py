"""Numbers that are dictated digit by digit are found."""

import pytest

from tests.identifiers.marked import find, read_marked, show

SPOKEN = """
phone|phone [[five five five one two one two]]; cell is [[six one seven, five five five, oh one nine nine]]
phone|She left [[six one seven five five five zero one double nine]] with us.
phone|my number is [[6 1 7 5 5 5 0 1 9 9]]; Phone: [[five-five-five dash one two one two]]
extension|extension [[four four one two]]; pager [[Four Four One Two]]
mrn|MRN [[four four eight two nine one one]]; medical record number is [[nine eight one four]]
ssn|social security number [[one two three four five six seven eight nine]]
zip|zip code [[oh two one one five]]
number|It was [[four four eight two nine one]] on the band.
"""
NOT_SPOKEN = """
one to two tablets; two, three or four times; counts one two three four five six seven eight nine ten
one of two; three four-hour doses; five words at one, three and five minutes
MOTOR 5 5 5 5 5 5 5 5; call in one two weeks
"""


@pytest.mark.parametrize("row", SPOKEN.strip().split("\n"))
def test_spoken_digits_are_found(row):
    kind, marked = row.split("|")
    text, expected = read_marked(marked)
    rows = find(text)
    assert show(text, rows) == expected
    assert {r.kind for r in rows} == {kind}


@pytest.mark.parametrize("text", NOT_SPOKEN.strip().split("\n"))
def test_other_words_of_numbers_are_none(text):
    assert find(text) == []
