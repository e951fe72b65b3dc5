import pytest

from spacy_clinical.identifiers.settings import RuleSettings
from tests.identifiers.marked import find, read_marked, show

DATES = """
Seen on [[03/04/2021]] and [[3/4/21]].
[[2021-03-04]] came before [[2021/3/5]], [[2021.03.06]] and [[20210307]].
Timestamp [[20210307143000]] in the header
On [[08.03.19]], the patient was stable; since [[1.2.19]] worse.
D0B: [[O3/l4/1952]], on [[04/l2/2021]] and [[l2/O6/2I]]
[[07-22-19]] and [[7-22-2019]]
Admitted [[03 / 04 / 2021]].
She came on [[3/4]] and left on [[03/07]].
From [[3/4]] to [[3/7]] she had fever.
Follow-up [[6/30]], please.
[[3/14/21]]-[[3/16/21]]; [[3.14.2021]]-[[3.16.2021]]
He stayed [[3/14]]-[[3/16]], then [[3/18]]-[[3/21/21]].
He was here from [[3/14-16]].
DATE OF PROCEDURE: [[03142021]]; DOS: [[031421]]; Dates of service: [[14032021]]; PROCEDURE DATE:[[03142021]]
[[3/4]]: Patient seen.
[[April 3rd, 2021]]; [[Apr. 3, 2021]]; [[APR 3 2021]]; [[april 3]]
[[3 April 2021]]; [[3rd of April 2021]]; [[3rd April]]; [[03-Apr-2021]]; [[03APR21]]; [[03-Apr]]
[[Apr-2021]], [[April of 2021]], [[April '21]], [[04/2021]]
Admitted [[3-7 May 2019]]; [[March 3-5, 2020]]
Since [[March]]; in [[May]]; by mid-[[December]]; last [[Sept]].
[[Tuesday]], [[Tues]], [[Wed]], on [[Sat]]; [[Mon]] and [[Fri]]; [[MONDAY]]; [[Thursdays]]
In [[1998]], since [[2004]]; diagnosed [[2011]]; surgery ([[2015]]); [[1998-2003]]; the [[1980s]]
Well since '[[09]].
In the [[spring of 2020]]; last [[summer]]; [[Fall 2006]]; in the [[winter]]
DOB: [[4/4/88]]; Date of Birth [[02.03.1944]]; born [[1928]]; d.o.b. [[04031951]]; DOB=[[12 Mar 51]]
[[3 de marzo]]: el [[3 de marzo de 2020]]; am [[3. M\u00e4rz 2020]]; le [[14 juillet 2019]]
On [[March
4, 2021]] he left.
"""
NO_DATES = """
BP 120/80, HR 72, strength 5/5 and 4/5 on the right and 3/5 on the left.
Strength improved to 4/5; grade 3/6 murmur; 2/6 systolic murmur
strength 4/5-5/5; pain 8/10-9/10; a 2/6-3/6 murmur; 1/2-3/4 cup
1/2 tab daily; 5-10 mg; 1/2 cup; 3/4 tsp; 2 1/2 pills
Apgars 8/9; pain 7/10; GCS 14/15; MMSE 12/30; ER 8/8; VA 6/12; 0/3 nodes
T12-L1 and L4-L5; C5/6; 24/7 care; s/p CABG; a ratio of 1/3
MRN ranges 1.2.10 is a heading; version 2.3.1
She may eat. You may 2 tabs. He will march 5 miles. OCT of both eyes. Dec. hearing
O2 sat 95%; Sat 93 on RA; sun exposure; Sat O2: 97%
2000 mL over 24 hours; in 2000 mL of saline; at 1990 g
1/2048 titer; 200-200-20 mg/5 mL; 10-12-14 mg
Christmas disease; Christmas tree bladder
spring back; the fall was unwitnessed
32 weeks; 2 x 3 cm; 3.2 x 2.1 cm; 2-3 miles
"""


@pytest.mark.parametrize(
    "marked", DATES.strip().replace("March\n4", "March~4").split("\n")
)
def test_dates_are_found(marked):
    text, expected = read_marked(marked.replace("~", "\n"))
    rows = find(text)
    assert show(text, rows) == expected
    assert {row.label for row in rows} == {"DATE"}


@pytest.mark.parametrize("text", NO_DATES.strip().split("\n"))
def test_what_looks_like_a_date_is_none(text):
    assert show(text, [row for row in find(text) if row.label == "DATE"]) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("DOB: 4/4/1988", "birth"),
        ("seen 4/4/2018", "date"),
        ("in April 2018", "month"),
        ("since 2018", "year"),
        ("last Tuesday", "weekday"),
        ("at Christmas", "holiday"),
        ("last summer", "season"),
    ],
)
def test_kinds_of_dates(text, kind):
    assert [row.kind for row in find(text)] == [kind]


def test_holidays_are_a_setting():
    text = "Seen at Christmas, on the 4th of July, and on Veterans Day."
    assert show(text, find(text)) == ["Christmas", "4th of July", "Veterans Day"]
    assert show(text, find(text, RuleSettings(holidays=False))) == ["4th of July"]
