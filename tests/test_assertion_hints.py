"""The words that scripts/find_assertion_hints.py finds."""

import json
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import find_assertion_hints  # noqa: E402


def write_notes(folder, text, finding, *, n, attribute=""):
    folder.mkdir(exist_ok=True)
    start = text.index(finding)
    ann = f"T1\tSign_symptom {start} {start + len(finding)}\t{finding}\n"
    if attribute:
        ann += f"A1\t{attribute} T1\n"
    for number in range(n):
        path = folder / f"{finding}{attribute}{number}"
        path.with_suffix(".txt").write_text(text, encoding="utf8")
        path.with_suffix(".ann").write_text(ann, encoding="utf8")


def find(capsys, *folders):
    find_assertion_hints.main([str(folder) for folder in folders])
    return json.loads(capsys.readouterr().out)


def test_hints_are_frequent_where_an_attribute_is_true(tmp_path, capsys):
    write_notes(tmp_path, "He has fever.", "fever", n=10)
    write_notes(tmp_path, "He never has fever.", "fever", n=6, attribute="Negated")
    write_notes(tmp_path, "Has he fever?", "fever", n=5, attribute="Uncertain")
    # "?" is no word, and "has" and "he" are in the others, too.
    assert find(capsys, tmp_path) == {"is_negated": ["never"], "is_uncertain": []}


def test_words_of_findings_are_no_hints(tmp_path, capsys):
    write_notes(tmp_path, "He has fever.", "fever", n=10)
    write_notes(tmp_path, "He never has gout.", "gout", n=6, attribute="Negated")
    assert find(capsys, tmp_path)["is_negated"] == ["never"]


def test_folders_may_say_nothing_of_what_is_uncertain(tmp_path, capsys):
    write_notes(tmp_path / "all", "He has fever.", "fever", n=10)
    write_notes(tmp_path / "all", "Maybe fever.", "fever", n=6, attribute="Uncertain")
    write_notes(tmp_path / "some", "Maybe gout.", "gout", n=60)
    write_notes(tmp_path / "some", "No gout.", "gout", n=6, attribute="Negated")
    found = find(capsys, tmp_path / "all", "--", tmp_path / "some")
    assert found == {"is_negated": ["no"], "is_uncertain": ["maybe"]}
