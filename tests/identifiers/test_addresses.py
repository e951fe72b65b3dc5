import pytest

from tests.identifiers.marked import find, read_marked, show

ADDRESSES = """
LOC|Home: [[123 Park Drive]], [[San Diego]], [[CA]], [[03245]].
LOC|[[2217 Leonard St NE, Apt 3B]]; [[88 Ocean View Blvd]]; [[1 N. Main St.]]; [[12 42nd Street]]
LOC|lives at [[88 ocean view blvd]], [[450 brookline avenue]]
LOC|[[P.O. Box 4412]]; Suite [[300]]; [[Grand Rapids]], [[MI]] [[49503-1234]]; ZIP [[02115]]; [[49503-1234]]
LOC|moved from [[Austin]], [[TX]] to [[Vail]], [[Colorado]]; [[Wayne]] County
LOC|lives in [[Liverpool]] and moved to [[New Haven]]
LOC|[[4 High St]], [[Leeds]] [[LS1 4AP]]; [[SW1A 1AA]]; [[K1A 0B1]]; [[H91 X2Y3]]
LOC|[[Calle Mayor 12]]; [[Hauptstra\u00dfe 5]]
LOC|seen at [[42.3601, -71.0589]]
HOSP|Room [[214]]; Rm# [[4B]]; bed [[12]]
HOSP|at [[Brigham Health Center]] and [[Mercy Hospital]]; [[St. Brendan's Hospital]]; [[University of Houston]]
"""
NO_ADDRESSES = """
room air; bed rest; unit dose; 3 Way Foley; 12 Lead EKG; in the ward
Smith, MD; Xiulan Zhao, PA; cancer, CA; mitral, MS; T1N 2M0; B12 5MG; L4 L5
Job ID 88123; Member ID: 90210; Patient ID 48392
lives in Assisted Living; moved to Bed; returned to Baseline; London
The Hospital Course; Cardiology Clinic; Emergency Department; Medical Center; our clinic; Pain Clinic
10 mg PO daily; 2 tablets by mouth daily; 5 Units Novolog
"""


@pytest.mark.parametrize("row", ADDRESSES.strip().split("\n"))
def test_addresses_are_found(row):
    label, marked = row.split("|")
    text, expected = read_marked(marked)
    rows = find(text)
    assert show(text, rows) == expected
    assert {r.label for r in rows} == {label}


@pytest.mark.parametrize("text", NO_ADDRESSES.strip().split("\n"))
def test_what_looks_like_an_address_is_none(text):
    wanted = [row for row in find(text) if row.label in ("LOC", "HOSP")]
    assert show(text, wanted) == []
