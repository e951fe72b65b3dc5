from spacy_clinical.export.correction.standoff import read_folder
from spacy_clinical.types import NoteFailure


def write(folder, name, text, ann):
    (folder / f"{name}.txt").write_bytes(text.encode("utf8"))
    (folder / f"{name}.ann").write_text(ann, "utf8")


def test_pieces_are_joined_over_line_ends_only(tmp_path):
    write(
        tmp_path,
        "a",
        "Pain\nin arm and leg",
        "T1\tSign 0 4;5 7\tPain in\nT2\tPlace 8 11;16 19\tarm leg\nR1\tAT Arg1:T1 Arg2:T2\n",
    )
    [read] = read_folder(tmp_path)
    places = [(mark.start, mark.end) for mark in read.marks]
    assert places == [(0, 7), (8, 11), (16, 19)]
    assert [(link.child, link.head) for link in read.links] == [(0, 1)]


def test_a_text_that_was_changed_is_refused(tmp_path):
    write(tmp_path, "a", "No fever today", "T1\tSign 0 5\tfever\n")
    write(tmp_path, "b", "fever", "T1\tSign 0 5\tfever\n")
    (tmp_path / "c.txt").write_bytes(b"caf\xe9")
    (tmp_path / "c.ann").touch()
    first, second, third = read_folder(tmp_path)
    assert isinstance(first, NoteFailure)
    assert first.message.startswith("[C207]")
    assert [mark.label for mark in second.marks] == ["Sign"]
    assert third.message.startswith("[C208]")


def test_files_are_named_and_annotations_without_a_text_are_refused(tmp_path):
    folder = tmp_path / "part"
    folder.mkdir()
    write(folder, "a", "fever", "T1\tSign 0 5\tpains\n")
    write(folder, "b", "fever", "T1\tSign 0 5\tfever\n")
    write(folder, "c", "fever", "")
    (folder / "b.txt").unlink()
    (folder / "c.ann").unlink()
    messages = [failure.message for failure in read_folder(tmp_path)]
    wrong, no_marks, no_text = messages
    assert wrong.startswith("[C207]")
    assert "part/a.ann" in wrong
    assert no_marks.startswith("[C302]")
    assert "part/c.ann" in no_marks
    assert no_text.startswith("[C938] part/b.ann has no .txt")
