import csv
import gzip
import io
import json
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spacy_clinical.notes.read
from spacy_clinical.notes.read import read_notes
from spacy_clinical.notes.sources import Source, list_sources
from spacy_clinical.types import Note, NoteFailure

NAME = "Zebulon Quarterstaff"


def read_all(*paths, **settings):
    found = []
    for source in list_sources([str(path) for path in paths]):
        if isinstance(source, Source):
            found.extend(read_notes(source, **settings))
        else:
            found.append(source)
    return found


def codes(found):
    return [
        item.message[1:5] if isinstance(item, NoteFailure) else "" for item in found
    ]


ODD_TEXTS = {
    "empty": "",
    "blank": "  \n\t ",
    "one_character": "x",
    "nul_and_controls": "a\x00b\x07c\x1b[0m\x7f\x85",
    "emoji_and_combining": "\U0001f469\u200d\u2695\ufe0f na\u0308ve \U0001f915",
    "line_ends": "one\r\ntwo\rthree\nfour\u2028five\x0bsix",
    "right_to_left": "\u05db\u05d0\u05d1 \u05d7\u05d6\u05e7 \u200f120/80",
    "long_line": "x" * 100_000,
}


@pytest.mark.parametrize("name", ODD_TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_read_notes_keeps_every_character(tmp_path, name, encoding):
    path = tmp_path / "odd.txt"
    path.write_bytes(ODD_TEXTS[name].encode(encoding))
    assert read_all(path) == [Note("odd", ODD_TEXTS[name], {}, str(path))]


@pytest.mark.parametrize("order", ["utf-32-le", "utf-32-be"])
def test_read_notes_decodes_utf_32_of_both_orders(tmp_path, order):
    path = tmp_path / "wide.txt"
    path.write_bytes("\ufeffHPI: chest pain".encode(order))
    assert [note.text for note in read_all(path)] == ["HPI: chest pain"]
    table = tmp_path / "wide.csv"
    table.write_bytes("\ufeffid,text\na,HPI: chest pain\n".encode(order))
    assert [note.text for note in read_all(table)] == ["HPI: chest pain"]


@pytest.mark.parametrize("name", ODD_TEXTS)
def test_read_notes_keeps_every_character_of_tables(tmp_path, name):
    text = ODD_TEXTS[name]
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(json.dumps({"id": 7, "text": text}).encode())
    assert [(note.id, note.text) for note in read_all(rows)] == [("7", text)]
    if "\x00" in text and sys.version_info < (3, 11):
        return
    table = tmp_path / "rows.csv"
    quoted = '"' + text.replace('"', '""') + '"'
    table.write_bytes(f"id,text,ward\r\na,{quoted},4B\r\n".encode())
    assert read_all(table) == [Note("a", text, {"ward": "4B"}, f"{table}:1")]


def test_read_notes_falls_back_to_windows_1252(tmp_path):
    path = tmp_path / "old.txt"
    path.write_bytes("caf\u00e9 \u2013 38.5 \u00b0C".encode("cp1252"))
    with pytest.warns(UserWarning, match=r"\[W301\] .*old\.txt"):
        assert read_all(path)[0].text == "caf\u00e9 \u2013 38.5 \u00b0C"


@pytest.mark.parametrize("n_before", [0, (1 << 20) - 1])
def test_read_notes_decodes_characters_across_chunks(tmp_path, n_before):
    text = "a" * n_before + "\U0001f915" * 3
    path = tmp_path / "long.txt"
    path.write_bytes(text.encode())
    assert read_all(path)[0].text == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, r"\[C303\] .*PNG"),
        (gzip.compress(NAME.encode(), mtime=0), r"\[C303\] .*gzip"),
        (b"%PDF-1.7\n", r"\[C303\] .*PDF"),
        (b"\xfa\xfb\x00\x01" * 9, r"\[C303\] .*binary"),
        (NAME.encode("utf-16-le"), r"\[C303\] .*binary"),
        (NAME.encode() + b" \xe9 \x81", r"\[C304\] .*byte 23"),
        (b"\xff\xfeZ", r"\[C304\] "),
        (NAME.encode("utf-32")[:-1], r"\[C304\] "),
        (NAME.encode("utf-32-le"), r"\[C303\] .*binary"),
    ],
)
def test_read_notes_refuses_what_is_no_text(tmp_path, data, message):
    path = tmp_path / "broken.txt"
    path.write_bytes(data)
    (failure,) = read_all(path)
    assert re.match(message, failure.message)
    assert NAME not in failure.message


def test_read_notes_tells_a_bad_row_and_goes_on(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [
        json.dumps({"id": "a", "text": "one", "age": 61}),
        json.dumps({"id": "b", "text": NAME})[:-2],
        "",
        json.dumps([NAME]),
        json.dumps({"id": "c", "note": NAME}),
        json.dumps({"id": "d", "text": 3}),
        json.dumps({"id": ["e"], "text": NAME}),
        json.dumps({"text": "\ud83e" + NAME}),
        json.dumps({"text": "x"})[:-1] + ', "deep": ' + "[" * 100_000,
        '{"text": "two", "weight": NaN}',
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    found = read_all(path)
    expected = ["", "C305", "C305", "C306", "C306", "C306", "C309", "C305", ""]
    assert codes(found) == expected
    assert found[0] == Note("a", "one", {"age": 61}, f"{path}:1")
    assert found[-1] == Note("rows:10", "two", {"weight": None}, f"{path}:10")
    assert re.match(r"\[C305\] Row 2 of .*character 42", found[1].message)
    assert "a value of type int" in found[4].message
    assert all(NAME not in item.message for item in found[1:-1])


def test_read_notes_takes_other_columns(tmp_path):
    path = tmp_path / "rows.tsv"
    path.write_text("note_id\tbody\tid\n9\tPain.\tz\n\tFever.\tz\n")
    first, second = read_all(path, text_column="body", id_column="note_id")
    assert first == Note("9", "Pain.", {"id": "z"}, f"{path}:1")
    assert second.id == "rows:2"


@pytest.mark.parametrize("settings", [{}, {"text_column": "note", "id_column": "key"}])
def test_read_notes_needs_its_columns(tmp_path, settings):
    path = tmp_path / "table.csv"
    path.write_text(f"{NAME},note\n1,2\n")
    (failure,) = read_all(path, **settings)
    column = settings.get("id_column", "text")
    assert re.match(rf"\[C307\] .*'{column}' among the 2", failure.message)
    assert NAME not in failure.message


def test_read_notes_reads_an_empty_table_as_one_without_columns(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"")
    assert codes(read_all(path)) == ["C307"]


def test_read_notes_stops_where_a_table_is_torn(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(f'text\nfirst\n"{NAME}\nsecond\nthird\n')
    first, failure = read_all(path)
    assert first.text == "first"
    assert re.match(r"\[C308\] .*line 5", failure.message)
    assert NAME not in failure.message


def test_read_notes_refuses_rows_with_too_many_columns(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(f"id,text\n1,{NAME}, 61 years\n\n2,well\n")
    failure, note = read_all(path)
    assert re.match(
        r"\[C316\] Row 1 .* 3 columns, but the first row has 2", failure.message
    )
    assert NAME not in failure.message
    assert note.text == "well"


def test_read_notes_takes_fields_of_any_size_and_sets_the_limit_back(tmp_path):
    path = tmp_path / "table.csv"
    limit = csv.field_size_limit()
    path.write_text("text\n" + "x" * (limit + 1) + "\n")
    assert len(read_all(path)[0].text) == limit + 1
    assert csv.field_size_limit() == limit


def test_read_notes_reads_standard_input(monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO("Pain \u2013 5/10\r\n".encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert read_all("-") == [Note("stdin", "Pain \u2013 5/10\r\n", {}, "-")]


def test_list_sources_goes_through_folders_in_order(tmp_path):
    for name in ("b/2.txt", "b/1.TXT", "a.txt", "c.jsonl", ".hidden.txt", ".git/x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    found = list_sources([str(tmp_path)])
    assert [source.note_id for source in found] == ["a", "c", "b/1", "b/2"]


def test_list_sources_skips_earlier_output(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").write_text("x")
    (tmp_path / "notes.jsonl").write_text("{}")
    (tmp_path / "new.txt").write_text("x")
    skip = [(tmp_path / "out").resolve(), (tmp_path / "notes.jsonl").resolve()]
    found = list_sources([str(tmp_path)], skip=skip)
    assert [source.note_id for source in found] == ["new"]


def test_list_sources_tells_what_it_leaves_out(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.ann").write_text("x")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.warns(UserWarning, match=r"\[W302\] Left out 1 files"):
        found = list_sources([str(tmp_path)])
    assert [item.note_id for item in found if isinstance(item, Source)] == ["a"]
    failures = [item for item in found if isinstance(item, NoteFailure)]
    assert codes(failures) == ["C302", "C315", "C303"]


def test_list_sources_tells_of_a_folder_without_notes(tmp_path):
    assert codes(list_sources([str(tmp_path)])) == ["C313"]


@pytest.mark.parametrize("name", ["nowhere", "x" * 5_000, "a\x00b"])
def test_list_sources_refuses_what_does_not_exist(name):
    with pytest.raises(FileNotFoundError, match=r"\[C301\] "):
        list_sources([name])


def test_read_notes_tells_of_a_file_that_is_gone(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(NAME)
    (source,) = list_sources([str(path)])
    path.unlink()
    (failure,) = read_notes(source)
    assert re.match(r"\[C302\] .*a\.txt.*No such file", failure.message)


HOSTILE_ROWS = {
    "nested": '{"text": "x", "deep": ' + "[" * 5000 + "]" * 5000 + "}",
    "nested a little": '{"text": "x", "deep": ' + "[" * 200 + "]" * 200 + "}",
    "objects": '{"a":' * 3000 + "1" + "}" * 3000,
    "digits": '{"text": "x", "number": ' + "9" * 5000 + "}",
    "digits as id": '{"text": "x", "id": ' + "9" * 5000 + "}",
    "half a surrogate pair": '{"text": "x", "id": "\\ud800"}',
    "as a key": '{"text": "x", "\\udfff": 1}',
    "huge id": '{"text": "x", "id": 1e999}',
    "list": "[1, 2]",
    "nul": "\x00",
}


@pytest.mark.parametrize("name", HOSTILE_ROWS)
def test_hostile_rows_cost_no_other(tmp_path, name):
    path = tmp_path / "rows.jsonl"
    row = HOSTILE_ROWS[name].replace('"x"', f'"{NAME}"')
    path.write_text(f'{{"text": "a"}}\n{row}\n{{"text": "b"}}\n')
    found = read_all(path)
    if name == "huge id":
        assert found[1].id == "rows:2"
        del found[1]
    notes = [item.text for item in found if isinstance(item, Note)]
    assert notes == ["a", "b"]
    failures = [item for item in found if isinstance(item, NoteFailure)]
    assert all(item.message.startswith("[C3") for item in failures)
    assert NAME not in "".join(item.message for item in failures)


def test_metadata_nested_too_deep_for_writers_is_refused(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = []
    for depth in (99, 100, 101):
        rows.append('{"text": "x", "deep": ' + "[" * depth + "]" * depth + "}")
    path.write_text("\n".join(rows))
    assert codes(read_all(path))[0] == ""
    assert codes(read_all(path))[2] == "C352"


def test_numbers_that_are_not_finite_are_read_as_nothing(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "x", "a": 1e999, "b": -1e999, "c": [NaN], "d": 1e3}')
    [note] = read_all(path)
    assert note.meta == {"a": None, "b": None, "c": [None], "d": 1000.0}


def test_tables_that_are_read_together_take_fields_of_any_size(tmp_path):
    limit = csv.field_size_limit()
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("text\nx\n" + "x" * (limit + 1) + "\nx\n")
    sources = list_sources([str(tmp_path)])
    first, second = (read_notes(source) for source in sources)
    next(first), next(second)
    assert csv.field_size_limit() == limit
    assert [len(note.text) for note in first] == [limit + 1, 1]
    assert [len(note.text) for note in second] == [limit + 1, 1]
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize("kind", ["text", "jsonl", "csv", "parquet"])
def test_an_error_that_nobody_foresaw_is_the_files_failure(tmp_path, monkeypatch, kind):
    path = tmp_path / "a.data"
    path.write_text(NAME)

    def fail(*arguments, **options):
        raise LookupError(NAME)

    for name in ("read.read_regular", "rows.open_regular"):
        monkeypatch.setattr(f"spacy_clinical.notes.{name}", fail)
    [failure] = read_notes(Source(path, "a", kind))
    assert re.match(r"\[C350\] .*a\.data.*\(LookupError\)", failure.message)
    assert NAME not in failure.message


def test_a_row_that_fails_unforeseen_costs_no_other(tmp_path, monkeypatch):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a"}\n{"text": "b"}\n{"text": "c"}\n')
    read = spacy_clinical.notes.read._read_row

    def fail(row, *arguments):
        if row["text"] == "b":
            raise ArithmeticError(NAME)
        return read(row, *arguments)

    monkeypatch.setattr(spacy_clinical.notes.read, "_read_row", fail)
    found = read_all(path)
    assert codes(found) == ["", "C351", ""]
    assert "(ArithmeticError)" in found[1].message
    assert NAME not in found[1].message


@given(
    data=st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(lambda text: text.encode("utf8", "surrogatepass")),
        st.sampled_from(
            [b'{"text": "x"}\n', b"text\nx\n", b"\xff\xfe", b"PAR1" * 3]
        ).map(lambda start: start * 3),
    ),
    suffix=st.sampled_from([".txt", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet"]),
)
@settings(max_examples=150, deadline=None)
def test_whatever_bytes_are_in_a_file_the_others_are_read(data, suffix):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"b{suffix}").write_bytes(data)
        (Path(folder) / "a.txt").write_text("Pain.")
        (Path(folder) / "c.jsonl").write_text('{"text": "Fever."}')
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = read_all(folder)
    texts = {note.id: note.text for note in found if isinstance(note, Note)}
    assert texts["a"] == "Pain."
    assert texts["c:1"] == "Fever."
    failures = [item for item in found if isinstance(item, NoteFailure)]
    assert all(re.match(r"\[C3\d\d\] ", item.message) for item in failures)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", "id,text,text\n1,first,second\n"),
        ("rows.tsv", "id\tid\ttext\n1\t2\tfirst\n"),
        ("rows.jsonl", '{"id": 1, "text": "first", "text": "second"}\n'),
        ("more.jsonl", '{"id": 1, "id": 2, "text": "first"}\n'),
    ],
)
def test_read_notes_does_not_choose_among_columns_of_one_name(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf8")
    (failure,) = read_all(path)
    assert failure.message.startswith("[C358]")


def test_read_notes_takes_keys_that_are_deeper_for_what_they_are(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [
        '{"id": 1, "text": "one", "was": {"id": 2, "text": "no"}}',
        '{"text": "\\"text\\""}',
    ]
    path.write_text("\n".join(rows), encoding="utf8")
    assert [note.text for note in read_all(path)] == ["one", '"text"']
