import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spacy_clinical.about import __version__
from spacy_clinical.export import arrow
from spacy_clinical.export.arrow import SCHEMA, make_table, read_parquet, write_parquet
from spacy_clinical.export.records import without_text
from tests.export.made import list_records, make_one_record


def leaves(kind):
    if pa.types.is_list(kind):
        yield from leaves(kind.value_type)
    elif pa.types.is_struct(kind):
        for field in kind:
            yield from leaves(field.type)
    else:
        yield kind


def test_the_schema_is_plain():
    plain = {pa.string(), pa.int64(), pa.float64(), pa.bool_()}
    assert {leaf for field in SCHEMA for leaf in leaves(field.type)} <= plain


def test_the_schema_has_all_that_records_have():
    columns = {field.name: field.type for field in SCHEMA}
    for record in list_records():
        rare = {"identifiers", "answers", "statements"}
        assert list(record) == [name for name in columns if name not in rare]
        for name, value in record.items():
            rows = [value] if name == "error" and value else value
            if pa.types.is_list(columns[name]) and value and name != "sentences":
                names = [field.name for field in columns[name].value_type]
                assert all(list(row) == names for row in rows), name


@pytest.mark.parametrize("with_text", [True, False])
def test_records_are_read_back_exactly(tmp_path, monkeypatch, with_text):
    monkeypatch.setattr(arrow, "ROWS", 7)
    records = list_records()
    if not with_text:
        records = [without_text(record) for record in records]
    path = tmp_path / "x.parquet"
    assert write_parquet(iter(records), path) == len(records)
    again = list(read_parquet(path))
    # Order of keys included: JSON Lines of them are the same, too.
    assert [json.dumps(r) for r in again] == [json.dumps(r) for r in records]
    assert pq.ParquetFile(path).num_row_groups == -(-len(records) // 7)


def test_long_notes_make_smaller_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(arrow, "CHARS", 10)
    write_parquet([make_one_record()] * 3, tmp_path / "x.parquet")
    assert pq.ParquetFile(tmp_path / "x.parquet").num_row_groups == 3


def test_tables_have_the_schema_with_its_versions():
    for records in ([], [make_one_record()]):
        table = make_table(records)
        assert table.schema.equals(SCHEMA, check_metadata=True)
    found = {k.decode(): v.decode() for k, v in SCHEMA.metadata.items()}
    assert found["spacy_clinical.schema"] == "6"
    assert found["spacy_clinical.version"] == __version__


def test_half_characters_are_replaced():
    record = {**make_one_record(), "id": "a\ud83d", "meta": {"a": "\ud83d"}}
    [row] = make_table([record]).to_pylist()
    assert row["id"] == "a\ufffd"
    assert json.loads(row["meta"]) == {"a": "\ud83d"}


def test_a_failure_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "x.parquet"
    write_parquet([make_one_record()], path)
    before = path.read_bytes()

    def broken():
        yield make_one_record()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_parquet(broken(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o077 == 0


def test_other_files_are_told(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1 chest pain")
    with pytest.raises(ValueError, match=r"\[C327\].*x.parquet.*ArrowInvalid") as told:
        list(read_parquet(path))
    assert "chest" not in str(told.value)
    pq.write_table(pa.table({"id": ["a"], "text": ["chest pain"]}), path)
    with pytest.raises(ValueError, match=r"\[C327\].*no column entities, sections"):
        list(read_parquet(path))
