import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.files.names import MAX_NAME, FileNames

DEVICES = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(10))}
DEVICES |= {f"lpt{i}" for i in range(10)}
ODD = st.sampled_from(
    [
        "-rf",
        "--help",
        ".",
        "..",
        "CON",
        "nul.x",
        "a",
        "A",
        "a-2",
        "../../x",
        "",
        "-",
        "x.",
    ]
)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("-rf", "rf"),
        ("--output=x", "output_x"),
        (".bashrc", "bashrc"),
        ("-._", "note"),
        ("CON", "note-CON"),
        ("nul.txt", "note-nul.txt"),
        ("console", "console"),
        ("../../etc/passwd", "etc_passwd"),
        ("a" * 99 + ". b", "a" * 99),
    ],
)
def test_names_are_safe(key, name):
    assert FileNames().make(key) == name


def test_names_differ_where_case_does_not_count():
    names = FileNames()
    assert [names.make(key) for key in ("Note", "note", "NOTE-2", "note")] == [
        *("Note", "note-2", "NOTE-2-2", "note-3")
    ]


@given(st.lists(st.text() | ODD, max_size=30))
def test_any_ids_make_names_for_every_file_system(keys):
    maker = FileNames()
    names = [maker.make(key) for key in keys]
    assert len({name.lower() for name in names}) == len(keys)
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name)
        assert not name.endswith(".")
        assert name.split(".")[0].lower() not in DEVICES
        assert len(name) <= MAX_NAME + 10
