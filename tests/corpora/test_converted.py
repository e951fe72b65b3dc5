import json

import pytest
import spacy
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_clinical.cli import app

NAME = "Zebulon Quarterstaff"


def run(*arguments):
    result = CliRunner().invoke(app, ["convert", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert NAME not in result.output
    return result


def read(path):
    docs = DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
    return [
        (doc.text, [(e.text, e.label_) for e in doc.ents], doc.cats) for doc in docs
    ]


def test_brat(tmp_path):
    (tmp_path / "1.txt").write_text("No chest pain.")
    (tmp_path / "1.ann").write_text("T1\tSymptom 3 13\tchest pain\n")
    result = run(tmp_path, tmp_path / "out/x.spacy")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out/x.spacy").stat().st_mode & 0o077 == 0
    found = read(tmp_path / "out/x.spacy")
    assert found == [("No chest pain.", [("chest pain", "Symptom")], {})]


def test_conll(tmp_path):
    path = tmp_path / "x.conll"
    path.write_text("No\tO\nchest\tB-Symptom\npain\tI-Symptom\n\nFine\tO\n\n")
    assert run(path, tmp_path / "x.spacy").exit_code == 0
    ents = [ent for _, found, _ in read(tmp_path / "x.spacy") for ent in found]
    assert ents == [("chest pain", "Symptom")]


def test_jsonl_of_both_kinds(tmp_path):
    path = tmp_path / "x.jsonl"
    records = [
        {
            "text": "No chest pain.",
            "entities": [[3, 13, "Symptom"]],
            "cats": {"401": 1},
        },
        {"text": "Fever", "entities": [{"start": 0, "end": 5, "label": "Symptom"}]},
        {"text": "Nothing"},
    ]
    path.write_text("".join(json.dumps(r) + "\n\n" for r in records), encoding="utf8")
    assert run(path, tmp_path / "x.spacy").exit_code == 0
    assert read(tmp_path / "x.spacy") == [
        ("No chest pain.", [("chest pain", "Symptom")], {"401": 1.0}),
        ("Fever", [("Fever", "Symptom")], {}),
        ("Nothing", [], {}),
    ]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("x.jsonl", f'{{"text": "{NAME}", "entities": [[0]]}}', "C211"),
        ("x.jsonl", f'{{"txt": "{NAME}"}}', "C211"),
        ("x.jsonl", f'{{"text": "{NAME}", "entities": [[0, 99, "A"]]}}', "C212"),
        ("x.jsonl", "", "C211"),
        ("x.conll", "", "C211"),
    ],
)
def test_what_is_broken_is_named_and_not_quoted(tmp_path, name, text, code):
    (tmp_path / name).write_text(text)
    result = run(tmp_path / name, tmp_path / "x.spacy")
    assert result.exit_code == 2
    assert code in result.output
    assert not (tmp_path / "x.spacy").exists()


def test_wrong_use(tmp_path):
    assert run(tmp_path / "none", tmp_path / "x.spacy").exit_code == 2
    path = tmp_path / "x.jsonl"
    path.write_text('{"text": "x"}')
    assert run(path, tmp_path / "x.spacy", "--format", "xml").exit_code == 2
