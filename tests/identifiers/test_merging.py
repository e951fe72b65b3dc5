import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_clinical.identifiers.found import Identifier
from spacy_clinical.identifiers.merging import MODEL, merge_identifiers
from tests.identifiers.marked import find

TEXT = "Seen by Jack Reacher 03/04/21 in Boston"


def test_rules_keep_their_place_and_the_model_what_is_left():
    rule = Identifier(21, 29, "DATE", "date", 1.0, "dates")
    model = Identifier(8, 29, "PATIENT", "", 0.9, MODEL)
    assert merge_identifiers([model, rule], TEXT) == [model._replace(end=20), rule]


def test_what_goes_beyond_a_rule_of_the_same_type_becomes_part_of_it():
    rule = Identifier(8, 12, "PATIENT", "name", 1.0, "names")
    model = Identifier(8, 20, "PATIENT", "", 0.9, MODEL)
    assert merge_identifiers([model, rule], TEXT) == [rule._replace(end=20)]
    behind = Identifier(13, 20, "PATIENT", "name", 1.0, "names")
    assert merge_identifiers([model, behind], TEXT) == [behind._replace(start=8)]


@pytest.mark.parametrize(
    ("text", "taken", "kept"),
    [
        ("on 15/03/2020, 3-5 days", (3, 18), [(3, 13), (15, 18)]),
        ("on 15/03/2020seen", (3, 17), [(3, 17)]),
        ("on 15/03/2020 and", (3, 17), [(3, 13), (14, 17)]),
    ],
)
def test_what_a_rule_has_found_whole_stays_so(text, taken, kept):
    rule = Identifier(3, 13, "DATE", "date", 1.0, "dates")
    model = Identifier(*taken, "DATE", "", 0.9, MODEL)
    assert [row[:2] for row in merge_identifiers([rule, model], text)] == kept


def test_of_one_source_the_longest_wins():
    short = Identifier(21, 26, "DATE", "date", 1.0, "dates")
    long = Identifier(21, 29, "DATE", "date", 1.0, "dates")
    assert merge_identifiers([short, long], TEXT) == [long]


def test_nothing_but_punctuation_is_no_identifier():
    model = Identifier(4, 5, "LOC", "", 0.9, MODEL)
    assert merge_identifiers([model], TEXT) == []


@pytest.mark.parametrize(
    ("taken", "kept"),
    [
        *(
            (", Jane Quill,", "Jane Quill"),
            ("Quill, J.", "Quill, J."),
            (": Quill.", "Quill"),
        ),
        *(("(634) 743-5135", "(634) 743-5135"), ("(Boston", "Boston"), ("Ann)", "Ann")),
        *(
            ("[**Name 1**]", "[**Name 1**]"),
            ("12 Main St.", "12 Main St."),
            ("- Lee;", "Lee"),
        ),
        *(
            ("@quill", "@quill"),
            ("+1 634", "+1 634"),
            ('"Bob"', "Bob"),
            (".\nLee\n", "Lee"),
        ),
    ],
)
def test_punctuation_at_the_ends_is_left_out(taken, kept):
    text = f"Seen {taken} today"
    row = Identifier(5, 5 + len(taken), "PATIENT", "", 0.9, MODEL)
    [merged] = merge_identifiers([row], text)
    assert text[merged.start : merged.end] == kept


def test_two_identifiers_beside_each_other_stay_two():
    text = "MRN 4482911, 617-555-0199"
    model = Identifier(4, 25, "ID", "", 0.9, MODEL)
    found = [(row.kind, text[row.start : row.end]) for row in find(text)]
    assert found == [("mrn", "4482911"), ("phone", "617-555-0199")]
    merged = merge_identifiers([*find(text), model], text)
    assert [(row.kind, text[row.start : row.end]) for row in merged] == found


def test_web_addresses_that_hold_numbers_stay_whole():
    for text in ("https://a.org/p?mrn=4482911", "quill4482911@example.net"):
        [row] = find(f"See {text} and call")
        assert row.kind in ("url", "email")
        assert (row.start, row.end) == (4, 4 + len(text))


SOURCES = st.sampled_from(["record", "dates", "names", "custom", MODEL])
ROWS = st.builds(
    lambda start, length, label, source: Identifier(
        start, min(start + length, len(TEXT)), label, "", 1.0, source
    ),
    st.integers(0, len(TEXT) - 1),
    st.integers(1, 12),
    st.sampled_from(["DATE", "PATIENT"]),
    SOURCES,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROWS, max_size=8))
def test_no_letter_is_lost_and_nothing_overlaps(rows):
    merged = merge_identifiers(rows, TEXT)
    places = [range(row.start, row.end) for row in merged]
    found = [place for row in places for place in row]
    assert len(found) == len(set(found))
    assert found == sorted(found)
    wanted = {i for row in rows for i in range(row.start, row.end) if TEXT[i].isalnum()}
    assert wanted <= set(found)
    assert {i for i in found if TEXT[i].isalnum()} <= wanted
