import pytest

from spacy_clinical.identifiers.settings import RuleSettings
from tests.identifiers.marked import find, read_marked, show

TIMES = """
woke at [[2:00 am]] and [[2 PM]], [[10 p.m.]]
[[14:35]]; [[08:12:33]]; [[0312]] hrs; at [[22:15]]; @ [[9:30]]
[[10/22/1982]] [[1525]] and [[10/22/1982]] at [[1526]]
Seen [[3/14/21]] [[1042]]. On [[3/14/21]] at [[1042]], and [[3/14/21]] @ [[9:42]]
[[14 Mar 2021]] [[1042]]; [[2021-03-14]], [[1042-1100]]; [[1042]] [[3/14/21]]; [[3/14/21]]-[[2400]]
on [[3/14]] [[1042]]: given; [[March 14, 2021]] at [[942]]
"""
NO_TIMES = """
titer 1:40; ANA 1:320; dilution 10:20; lidocaine 1:1000; I:E 1:20
BP 1230; 12/12 1200 mg; 1042 was given at 1400 mL
BP 1230; WBC 1525; 1500 mL; 3:1 ratio
"""


@pytest.mark.parametrize("marked", TIMES.strip().split("\n"))
def test_times_are_found(marked):
    text, expected = read_marked(marked)
    assert show(text, find(text)) == expected
    without = find(text, RuleSettings(times=False))
    assert "time" not in {row.kind for row in without}


@pytest.mark.parametrize("text", NO_TIMES.strip().split("\n"))
def test_what_looks_like_a_time_is_none(text):
    assert find(text) == []


def test_amounts_after_a_date_are_no_times():
    text = "3/14/21 1200 mg given, 3/15/21 1500 steps, 3/16/21 1000 mL"
    assert {row.kind for row in find(text)} == {"date"}
