import pytest

from tests.identifiers.marked import find, read_marked, show

CONTACTS = """
phone|Call [[(634)743-5135]], [[202-555-0199]], [[202.555.0199]], [[+1 619 911 6190]], [[1-800-273-8255]]
phone|Phone: [[6347435135]]; cell [[555-0134]]; Tel: [[+353 91 555 012]]; tel. [[020 7946 0958]]
phone|home phone [[743-5135]]
fax|Fax: [[091 555 013]]; fax number [[202-555-0100]]
pager|pager [[12345]]; beeper #[[4-4821]]
extension|Fax -[[35]]; Durchwahl -[[12]]
extension|ext. [[4412]]; x[[12345]]; p[[12345]]
email|Mail [[gordon@gotham.com]] or [[john.o'neil+x@mail.example.co.uk]]; [[jane at example dot org]]; [[a.b[at]c.org]]
url|See [[https://example.org/a?b=1]], [[www.example.net]] and [[portal.example.com/jroe]].
ip|from [[192.168.10.4]] or [[2001:db8:0:0:0:ff00:42:8329]]
social|on Instagram [[@jane_roe]]
"""
NO_CONTACTS = """
range 150-4000 pg/mL; normal 200-1000; 500-1000 mg; call 911; count 150-4500
patient@bedside is odd, normal.on exam; e.g. i.v. q.d.; vs. 10.2.1
fax -5; text -35; fax - 35 pages
version 1.2.3; pH 7.35.2; 3.2.1.1.4; ratio 2:1; 12:30:45
x 3 doses; p 1234 mg; x10
1000-2000 mL; 2000-4000 units
"""


@pytest.mark.parametrize("row", CONTACTS.strip().split("\n"))
def test_contacts_are_found(row):
    kind, marked = row.split("|")
    text, expected = read_marked(marked)
    rows = find(text)
    assert show(text, rows) == expected
    assert kind in {r.kind for r in rows}
    labels = {
        "email": "EMAIL",
        "url": "OTHERPHI",
        "ip": "OTHERPHI",
        "social": "OTHERPHI",
    }
    assert {r.label for r in rows} == {labels.get(kind, "PHONE")}


@pytest.mark.parametrize("text", NO_CONTACTS.strip().split("\n"))
def test_what_looks_like_a_contact_is_none(text):
    wanted = [row for row in find(text) if row.source == "contacts"]
    assert show(text, wanted) == []
