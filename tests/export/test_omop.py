import csv

import pytest

from spacy_clinical.export import omop
from spacy_clinical.export.concepts import shape_concept
from spacy_clinical.export.records import without_text
from tests.export.made import ENTS, TEXT, list_records, make_assessed, make_one_record

DATE = "2026-09-14"
# What OHDSI's scripts for CDM 5.4 say of the columns' widths.
WIDTHS = {
    "snippet": 250,
    "offset": 50,
    "lexical_variant": 250,
    "nlp_system": 250,
    "term_exists": 1,
    "term_temporal": 50,
    "term_modifiers": 2000,
}


def make_rows(record):
    return list(omop.list_rows(record, date=DATE))


def test_an_entity_is_a_row():
    rows = make_rows(make_one_record())
    assert [row["lexical_variant"] for row in rows] == [text for _, text in ENTS]
    for row in rows:
        assert tuple(row) == omop.COLUMNS
        assert TEXT[int(row["offset"]) :].startswith(row["lexical_variant"])
        assert row["lexical_variant"] in row["snippet"]
    assert rows[0]["term_modifiers"] == (
        "label=Disease_disorder,section=history_of_present_illness,score=0.5,note=n1"
    )
    assert rows[0]["nlp_datetime"] == f"{DATE} 00:00:00"


def test_rows_of_real_notes_fit_their_columns():
    numbers = []
    for record in list_records():
        rows = make_rows(record)
        assert rows == make_rows(record)
        assert len(rows) == len(record["entities"])
        for row in rows:
            numbers.append(row["note_nlp_id"])
            assert 0 <= row["note_nlp_id"] < 2**63
            assert 0 <= row["note_id"] < 2**63
            assert row["lexical_variant"]
            for name, width in WIDTHS.items():
                assert len(row[name]) <= width
                assert row[name].isprintable()
    assert len(set(numbers)) == len(numbers) > 400


def test_long_terms_and_ids_are_cut():
    record = make_one_record()
    record["text"] = "long " * 200
    record["id"] = "i" * 3000
    record["entities"] = [
        {**record["entities"][0], "start": 0, "end": 1000, "text": record["text"]}
    ]
    [row] = make_rows(record)
    assert len(row["lexical_variant"]) == len(row["snippet"]) == 250
    assert len(row["term_modifiers"]) == 2000


@pytest.mark.parametrize(
    ("note_id", "is_number"),
    [("12345", True), ("9" * 18, True), ("9" * 19, False), ("n1", False), ("²", False)],
)
def test_numbers_stay_ids_of_notes(note_id, is_number):
    row = make_rows({**make_one_record(), "id": note_id})[0]
    assert (str(row["note_id"]) == note_id) == is_number
    assert ("note=" in row["term_modifiers"]) != is_number


def test_numbers_differ_between_notes_and_places():
    record = make_one_record()
    others = [{**record, "id": "n2"}, {**record, "source": "y.txt"}, record]
    rows = [row for other in others for row in make_rows(other)]
    assert len({row["note_nlp_id"] for row in rows}) == 3 * len(ENTS)
    assert len({row["note_id"] for row in rows}) == 3


def test_terms_can_be_left_out():
    rows = make_rows(without_text(make_one_record()))
    assert {row["lexical_variant"] for row in rows} == {omop.LEFT_OUT}
    assert {row["snippet"] for row in rows} == {""}


@pytest.mark.parametrize("first_id", [None, 1, 2**31 - 6])
def test_write_rows(tmp_path, first_id):
    path = tmp_path / "x.csv"
    assert omop.write_rows([make_one_record()], path, date=DATE, first_id=first_id) == 1
    with path.open(encoding="utf8", newline="") as table:
        rows = list(csv.DictReader(table))
    ids = [int(row["note_nlp_id"]) for row in rows]
    if first_id is None:
        assert ids == [row["note_nlp_id"] for row in make_rows(make_one_record())]
    else:
        assert ids == list(range(first_id, first_id + len(ENTS)))


def test_rows_say_whether_a_term_holds_and_when():
    rows = {row["lexical_variant"]: row for row in make_rows(make_assessed())}
    found = {k: (row["term_exists"], row["term_temporal"]) for k, row in rows.items()}
    assert found == {
        "cough": ("Y", "Present"),
        "fever": ("N", ""),
        "gout": ("", ""),
        "asthma": ("N", ""),
        "Stroke": ("Y", "Past"),
        "zosterix": ("N", "Future"),
    }
    for term, modifier in (
        ("fever", "negation=true"),
        ("gout", "certainty=uncertain"),
        ("asthma", "subject=family"),
        ("Stroke", "history=true"),
        ("zosterix", "conditional=true"),
    ):
        assert modifier in rows[term]["term_modifiers"].split(",")


def test_rows_without_text_say_the_same():
    record = make_assessed()
    names = ("term_exists", "term_temporal", "term_modifiers")
    bare = make_rows(without_text(record))
    for row, before in zip(bare, make_rows(record), strict=True):
        assert [row[name] for name in names] == [before[name] for name in names]


@pytest.mark.parametrize(
    ("concept", "ids"),
    [
        ({"id": "255848", "vocabulary": "omop"}, (255848, 255848)),
        (
            {"id": "44", "vocabulary": "OMOP", "xrefs": {"OMOP": ["255848"]}},
            (255848, 44),
        ),
        ({"id": "44", "vocabulary": "omop", "xrefs": {"OMOP": ["1", "2"]}}, (0, 44)),
        ({"id": "M:1", "vocabulary": "mondo", "xrefs": {"OMOP": ["7"]}}, (7, 7)),
        ({"id": "OMOP:255848", "vocabulary": "mondo"}, (255848, 255848)),
        ({"id": "MONDO:0005249", "vocabulary": "mondo"}, (0, 0)),
        ({"id": "7", "vocabulary": "own"}, (0, 0)),
        ({"id": "=7", "vocabulary": "omop", "xrefs": {"OMOP": ["x"]}}, (0, 0)),
        (None, (0, 0)),
    ],
)
def test_concepts_of_omop_have_their_ids(concept, ids):
    record = make_one_record()
    record["entities"][0]["concept"] = shape_concept(concept)
    row = make_rows(record)[0]
    assert (row["note_nlp_concept_id"], row["note_nlp_source_concept_id"]) == ids
    assert row["term_modifiers"] == make_rows(make_one_record())[0]["term_modifiers"]


def test_an_entity_of_several_concepts_has_no_id():
    one, other = ({"id": key, "vocabulary": "omop"} for key in "12")
    record = make_one_record()
    record["entities"][0]["concept"] = shape_concept({**one, "parts": [one, other]})
    assert make_rows(record)[0]["note_nlp_concept_id"] == 0
