"""Parquet files with columns of all kinds, and broken ones."""

import datetime
import decimal
import json
import uuid

import numpy
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spacy_clinical.notes.read import read_notes
from spacy_clinical.notes.sources import Source, list_sources
from spacy_clinical.types import Note, NoteFailure

NAME = "Zebulon Quarterstaff"
TEXT = "HPI: caf\u00e9, 38.5 \u00b0C."


def write(path, columns, **options):
    pq.write_table(pa.table(columns), path, **options)
    return path


def read(path, **options):
    [source] = list_sources([str(path)])
    found = list(read_notes(source, **options))
    assert all(
        NAME not in item.message for item in found if isinstance(item, NoteFailure)
    )
    return found


def codes(found):
    return [
        item.message[1:5] if isinstance(item, NoteFailure) else "" for item in found
    ]


BINARY = {
    "binary": pa.binary(),
    "large_binary": pa.large_binary(),
    "dictionary": pa.dictionary(pa.int32(), pa.binary()),
}


@pytest.mark.parametrize("kind", BINARY)
def test_binary_text_is_read_as_the_text_that_it_is(tmp_path, kind):
    texts = [TEXT.encode(), b"", b"\xef\xbb\xbfPain.", "Fever.".encode("utf-16")]
    values = pa.array(texts, pa.binary()).cast(BINARY[kind])
    ids = pa.array([b"a", b"b", b"c", b"d"], pa.binary())
    found = read(write(tmp_path / "t.parquet", {"text": values, "id": ids}))
    assert [note.text for note in found] == [TEXT, "", "Pain.", "Fever."]
    assert [note.id for note in found] == ["a", "b", "c", "d"]


def test_binary_text_of_fixed_size_is_read(tmp_path):
    values = pa.array([b"Pain.", b"Fever"], pa.binary(5))
    found = read(write(tmp_path / "t.parquet", {"text": values}))
    assert [note.text for note in found] == ["Pain.", "Fever"]


def test_binary_text_in_windows_1252_is_read_as_of_files(tmp_path):
    values = pa.array([TEXT.encode("cp1252"), b"Pain."], pa.binary())
    path = write(tmp_path / "t.parquet", {"text": values})
    with pytest.warns(UserWarning, match=r"\[W301\] .*t\.parquet"):
        found = read(path)
    assert [note.text for note in found] == [TEXT, "Pain."]


def test_bytes_that_are_no_text_are_refused_by_row(tmp_path):
    png = b"\x89PNG\r\n\x1a\n" + NAME.encode()
    values = [b"Pain.", png, b"\xff\xfe\x00" + bytes(40), None, b"Fever."]
    ids = pa.array([b"a", b"b", b"c", b"d", b"\x81\x00\xff"], pa.binary())
    columns = {"text": pa.array(values, pa.binary()), "id": ids}
    found = read(write(tmp_path / "t.parquet", columns))
    assert codes(found) == ["", "C306", "C306", "C306", "C306"]
    assert "has a PNG image instead of text" in found[1].message
    assert "column 'id'" in found[4].message


def test_bytes_of_other_columns_stay_base64(tmp_path):
    columns = {"text": ["Pain."], "scan": pa.array([b"\x00\x01"], pa.binary())}
    [note] = read(write(tmp_path / "t.parquet", columns))
    assert note.meta == {"scan": "AAE="}


def far(unit, tz=None):
    return pa.array([2**62, 0], pa.int64()).view(pa.timestamp(unit, tz))


ODD_COLUMNS = {
    "seconds out of range": far("s"),
    "microseconds out of range": far("us"),
    "nanoseconds": far("ns"),
    "unknown zone": far("us", "Mars/Olympus"),
    "zone": pa.array([0, 1], pa.int64()).view(pa.timestamp("us", "Europe/Vienna")),
    "odd offset": pa.array([0, 1], pa.int64()).view(pa.timestamp("us", "+99:99")),
    "date out of range": pa.array([2**30, 0], pa.int32()).view(pa.date32()),
    "date64": pa.array([2**61, 0], pa.int64()).view(pa.date64()),
    "time": pa.array([datetime.time(1, 2), None]),
    "time of nanoseconds": pa.array([1, 2], pa.int64()).view(pa.time64("ns")),
    "duration": pa.array([2**62, 1], pa.int64()).view(pa.duration("s")),
    "decimal": pa.array([decimal.Decimal("1.50"), None]),
    "decimal256": pa.array([decimal.Decimal("9" * 70), None], pa.decimal256(70)),
    "half": pa.array(numpy.asarray([1.5, numpy.inf], dtype="float16")),
    "double": pa.array([float("nan"), float("-inf")]),
    "large string": pa.array(["a", "b"], pa.large_string()),
    "string view": pa.array(["a", "b"], pa.string_view()),
    "dictionary": pa.array(["a", "a"]).dictionary_encode(),
    "nested": pa.array([[{"when": 1, "value": None}], []]),
    "times in lists": pa.array([[2**62], [0]], pa.list_(pa.int64())).cast(
        pa.list_(pa.timestamp("us", "Mars/Olympus"))
    ),
    "times in structs": pa.StructArray.from_arrays([far("us")], ["when"]),
    "map": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
    "uuid": pa.ExtensionArray.from_storage(
        pa.uuid(), pa.array([uuid.UUID(int=1).bytes, None], pa.binary(16))
    ),
    "large list": pa.array([[1], None], pa.large_list(pa.int8())),
    "null": pa.nulls(2),
}


@pytest.mark.parametrize("name", ODD_COLUMNS)
def test_values_that_python_cant_hold_cost_no_note(tmp_path, name):
    columns = {"text": ["Pain.", "Fever."], "odd": ODD_COLUMNS[name]}
    found = read(write(tmp_path / "t.parquet", columns))
    assert [note.text for note in found] == ["Pain.", "Fever."]
    assert all(_is_json(note.meta) for note in found)


def _is_json(value):
    return json.loads(json.dumps(value, allow_nan=False)) == value


def test_times_out_of_range_are_written_as_they_are(tmp_path):
    columns = {
        "text": ["Pain."],
        "when": pa.array([253402300800_000_000], pa.int64()).view(pa.timestamp("us")),
        "zone": pa.array([0], pa.int64()).view(pa.timestamp("us", "Mars/Olympus")),
    }
    [note] = read(write(tmp_path / "t.parquet", columns))
    assert note.meta["when"].startswith("10000-01-01T00:00:00")
    assert note.meta["zone"].startswith("1970-01-01T00:00:00")
    assert note.meta["zone"].endswith("+00:00")


def test_a_broken_row_group_costs_its_own_rows(tmp_path):
    texts = [f"{NAME} number {i} has pain." for i in range(30)]
    path = write(
        tmp_path / "t.parquet",
        {"text": texts},
        row_group_size=10,
        compression="none",
        use_dictionary=False,
    )
    metadata = pq.read_metadata(path)
    column = metadata.row_group(1).column(0)
    start, size = column.data_page_offset, column.total_compressed_size
    data = bytearray(path.read_bytes())
    data[start : start + size] = b"\xff" * size
    path.write_bytes(data)
    found = read(path)
    notes = [item for item in found if isinstance(item, Note)]
    assert [note.text for note in notes] == texts[:10] + texts[20:]
    assert [note.id for note in notes[9:11]] == ["t:10", "t:21"]
    [failure] = [item for item in found if isinstance(item, NoteFailure)]
    assert failure.message.startswith("[C353] Can't read rows 11 to 20 of ")


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_end_in_coded_failures(tmp_path, seed):
    generator = numpy.random.default_rng(seed)
    path = write(tmp_path / "t.parquet", {"text": [NAME] * 50}, row_group_size=10)
    data = bytearray(path.read_bytes())
    for place in generator.integers(4, len(data), size=5):
        data[place] = int(generator.integers(256))
    path.write_bytes(data)
    for item in read(path):
        assert isinstance(item, Note) or item.message.startswith("[C3")


def test_sources_of_other_kinds_are_read_as_said(tmp_path):
    path = write(tmp_path / "t.data", {"text": ["Pain."]})
    [note] = read_notes(Source(path, "t", "parquet"))
    assert note.text == "Pain."


def test_times_that_nobody_can_write_are_numbers(tmp_path):
    far = pa.array([2**62], pa.timestamp("us"))
    path = write(tmp_path / "far.parquet", {"text": [TEXT], "seen": far})
    [note] = read(path)
    assert note.meta == {"seen": f"{2**62} us"}


def test_two_columns_of_one_name_are_refused(tmp_path):
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], ["text", "text"])
    pq.write_table(table, tmp_path / "twice.parquet")
    assert codes(read(tmp_path / "twice.parquet")) == ["C358"]
