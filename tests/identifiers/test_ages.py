import pytest

from spacy_clinical.identifiers.settings import RuleSettings
from tests.identifiers.marked import find, read_marked, show

AGES = """
A [[72]]-year-old man, [[72]] y/o, [[72]]yo, [[72]] y.o. female, [[72]]F, [[35]] M, [[72]] years of age
age [[72]]; aged [[72]]; Age: [[72]]; at the age of [[5]]; Age/Sex: [[77]]/F
in his [[80s]]; in her mid-[[50s]]; mother died at [[91]]; the patient is [[45]].
[[3]] month old; a [[9]]-day-old boy; [[6]] weeks old
[[90]] years and [[4]] months old; aged [[90]] years and 4 months; [[91]]y3m; [[90]] yrs [[4]] mos old
the patient is [[ninety-two]]; mother died at [[ninety-four]]; [[ninety-two]] y/o; age of [[ninety]]
[[92]]/F; M/[[93]]; [[94]] WM; female, [[91]]; ages [[92]] and [[94]]; Age (years): [[93]]; [[97]] years young
turning [[92]] next month; her [[91]]st birthday; his [[ninety-first]] birthday; lived to [[96]]; has lived [[95]] years
mother, [[93]], is well; her father ([[94]]); father died [[92]]; sister [[91]] and well
Jane Quill, [[91]], was seen; called Tom Reed, [[45]], of Leeds
[[ninety-two]] year old; [[sixty]]-year-old; in his [[sixties]]; a [[nonagenarian]]
"""
NO_AGES = """
10 years ago; for 20 years; a 10-year history; at 32 weeks; 5 days later
the last 100 years; temp 98 F; Tmax 101 F; turned 90 degrees; she is ninety percent better; mother 10 years ago
HR is 92; the patient is 45 kg; she is 92% on RA; sats in the 80s; SBP 90s
Jane Quill 91, in; beds, 72, were; room Four, 3, is
12 French; 72 M/F; 3 days old blood is a phrase without
"""


@pytest.mark.parametrize("marked", AGES.strip().split("\n"))
def test_ages_are_found(marked):
    text, expected = read_marked(marked)
    rows = [row for row in find(text) if row.label == "AGE"]
    assert show(text, rows) == expected


@pytest.mark.parametrize("text", NO_AGES.strip().split("\n")[:3])
def test_what_looks_like_an_age_is_none(text):
    assert find(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a 89-year-old", "age"),
        ("a 90-year-old", "over_89"),
        ("a 102 y/o", "over_89"),
        ("one hundred and two years old", "over_89"),
        ("in his 90s", "over_89"),
        ("a 92-day-old", "age"),
        ("a centenarian", "over_89"),
    ],
)
def test_ages_over_89_are_of_a_kind_of_their_own(text, kind):
    assert [row.kind for row in find(text)] == [kind]
    only = find(text, RuleSettings(only_over_89=True))
    assert len(only) == (kind == "over_89")
