import pytest

from tests.identifiers.marked import find, show

MEANT = [
    ("[**2151-7-16**]", "DATE", "date"),
    ("[**7-17**]", "DATE", "date"),
    ("[**Known lastname 9876**]", "PATIENT", "name"),
    ("Dr. [**Last Name (STitle) 88**]", "STAFF", "name"),
    ("[**First Name (NamePattern1)**] MD", "STAFF", "name"),
    ("[**Hospital3 **]", "HOSP", "hospital"),
    ("[**Age over 90 **]", "AGE", "over_89"),
    ("[**Telephone/Fax (1) 170**]", "PHONE", "phone"),
    ("[**Medical Record Number **]", "ID", "mrn"),
    ("[**Street Address(2)\n**]", "LOC", "street"),
    ("[**State 3283**]", "LOC", "state"),
    ("[**State/Zip Code**]", "LOC", ""),
    ("[**Country 12**]", "LOC", "country"),
    ("[**County 12**]", "LOC", "county"),
    ("[**Company 1**]", "PATORG", "organization"),
    ("[**E-mail address **]", "EMAIL", "email"),
    ("[**Month (only) 11**]", "DATE", "month"),
    ("[**Holiday **]", "DATE", "holiday"),
    ("[**Something else**]", "OTHERPHI", ""),
]


@pytest.mark.parametrize(("text", "label", "kind"), MEANT)
def test_placeholders_are_what_they_stand_for(text, label, kind):
    [row] = find(text)
    assert (row.label, row.kind) == (label, kind)
    assert show(text, [row])[0] == text[text.index("[") : text.index("]") + 1]


def test_what_is_not_closed_is_text():
    assert find("[** and more " + "x " * 200) == []
