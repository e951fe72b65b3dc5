import builtins
import json
import os

import pytest

from spacy_clinical.export.arrow import write_parquet
from spacy_clinical.export.jsonl import write_records
from spacy_clinical.export.reading import read_records
from tests.export.made import list_records, make_one_record


def test_lines_tables_and_folders_are_read_alike(tmp_path):
    records = list_records()
    write_records(records, tmp_path / "a.jsonl")
    write_parquet(records, tmp_path / "a.parquet")
    spark = tmp_path / "spark"
    shards = tmp_path / "run" / "shards"
    spark.mkdir()
    shards.mkdir(parents=True)
    for number, some in enumerate((records[:20], records[20:])):
        write_parquet(some, spark / f"part-{number}.snappy.parquet")
        write_records(some, shards / f"part-{number:06}.jsonl")
    (spark / "_SUCCESS").touch()
    for path in (tmp_path / "a.jsonl", tmp_path / "a.parquet", spark, shards.parent):
        assert list(read_records(path)) == records, path


def test_what_annotate_wrote_comes_first(tmp_path):
    record = make_one_record()
    write_records([record], tmp_path / "notes.jsonl")
    write_parquet([record, record], tmp_path / "exported.parquet")
    assert len(list(read_records(tmp_path))) == 1


def test_what_was_written_last_is_read(tmp_path):
    record = make_one_record()
    (tmp_path / "shards").mkdir()
    paths = tmp_path / "notes.jsonl", tmp_path / "shards/part-000000.jsonl"
    for newer, number in ((0, 1), (1, 2)):
        write_records([record], paths[0])
        write_records([record, record], paths[1])
        os.utime(paths[1 - newer], (1, 1))
        assert len(list(read_records(tmp_path))) == number


def test_what_cant_be_read_is_told(tmp_path):
    with pytest.raises(OSError, match=r"\[C301\].*none"):
        list(read_records(tmp_path / "none"))
    with pytest.raises(OSError, match=r"\[C320\]"):
        list(read_records(tmp_path))
    (tmp_path / "notes.jsonl").mkdir()
    with pytest.raises(OSError, match=r"\[C315\].*notes.jsonl"):
        list(read_records(tmp_path))


@pytest.mark.parametrize(
    "line", [b"\xff\xfe", b"[1]", b"{", b'{"id": "chest pain"}', b"[" * 100_000]
)
def test_lines_that_are_no_records_are_told(tmp_path, line):
    path = tmp_path / "a.jsonl"
    good = json.dumps(make_one_record()).encode()
    path.write_bytes(good + b"\n" + line + b"\n")
    with pytest.raises(ValueError, match=r"\[C318\] a.jsonl, line 2 isn't") as told:
        list(read_records(path))
    assert "chest" not in str(told.value)


def test_tables_need_pyarrow(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    write_parquet([make_one_record()], path)
    real = builtins.__import__

    def fail(name, *args, **kwargs):
        if name == "spacy_clinical.export.arrow":
            raise ImportError
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(ImportError, match=r"\[C317\]"):
        list(read_records(path))
