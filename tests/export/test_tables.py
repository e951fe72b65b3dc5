import csv

import pytest

from spacy_clinical.export.frames import COLUMNS
from spacy_clinical.export.tables import MORE_TABLES, TABLES, write_tables
from tests.export.made import list_records, make_one_record


def read(path):
    with path.open(encoding="utf8", newline="") as table:
        return list(csv.DictReader(table))


def test_each_finding_is_a_row(tmp_path):
    records = list_records()
    assert write_tables(records, tmp_path / "out") == len(records)
    for name in TABLES:
        rows = read(tmp_path / "out" / f"{name}.csv")
        assert tuple(rows[0]) == COLUMNS[name]
        expected = (
            records if name == "notes" else [r for rec in records for r in rec[name]]
        )
        assert len(rows) == len(expected)
    written = {path.stem for path in (tmp_path / "out").iterdir()}
    found = {name for name in MORE_TABLES if any(rec.get(name) for rec in records)}
    assert written == {*TABLES, *found}


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("-2+3", "'-2+3"),
        ("-2.5", "-2.5"),
        ("3+", "3+"),
    ],
)
def test_formulas_are_texts(tmp_path, text, cell):
    record = make_one_record()
    record["entities"][0].update(text=text, score=None)
    write_tables([record], tmp_path / "out")
    row = read(tmp_path / "out" / "entities.csv")[0]
    assert (row["text"], row["score"]) == (cell, "")


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(KeyError):
        write_tables([make_one_record(), {"id": "x"}], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
