"""--code: a user's own file, imported before the pipeline is loaded."""

import json
import sys
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Span
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.models.code import MODULE, import_code
from spacy_clinical.scale import workers
from spacy_clinical.types import Note
from tests.conftest import NOTES

OWN = Path(__file__).parent / "own_code.py"
TEXT = "no pneumonia here. But on the other hand sepsis"


@pytest.fixture
def pipeline(tmp_path):
    """A saved pipeline with a component that only the file knows."""
    import_code(OWN)
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    words = ("pneumonia", "sepsis")
    ruler.add_patterns([{"label": "Disease_disorder", "pattern": w} for w in words])
    nlp.add_pipe("own_assertion")
    nlp.to_disk(tmp_path / "pipeline")
    return tmp_path / "pipeline"


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


def write_notes(folder):
    (folder / "notes").mkdir()
    for number in range(3):
        (folder / "notes" / f"{number}.txt").write_text(f"{TEXT} {number}")
    return folder / "notes"


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("options", [[], ["--n-process", "2"], ["--shard-size", "2"]])
def test_annotate_imports_the_file_and_puts_attributes_in(pipeline, tmp_path, options):
    notes, out = write_notes(tmp_path), tmp_path / "out"
    names = ["--attributes", "span._.negex,doc._.own_language"]
    result = run(
        "annotate", notes, "-o", out, "-m", pipeline, "--code", OWN, *names, *options
    )
    assert result.exit_code == 0, result.output
    files = [out / "notes.jsonl"] if "--shard-size" not in options else []
    records = [r for f in files or sorted(out.glob("shards/*")) for r in read(f)]
    assert len(records) == 3
    for record in records:
        found = [ent["attributes"] for ent in record["entities"]]
        assert found == [{"negex": True}, {"negex": False}]
        assert record["attributes"] == {"own_language": "<b>en</b>"}


def test_without_text_no_value_quotes_a_note(pipeline, tmp_path):
    notes, out = write_notes(tmp_path), tmp_path / "out"
    names = ["-a", "span._.words", "-a", "span._.negex", "-a", "doc._.own_language"]
    result = run(
        "annotate", notes, "-o", out, "-m", pipeline, "-c", OWN, *names, "--no-text"
    )
    assert result.exit_code == 0, result.output
    text = (out / "notes.jsonl").read_text()
    assert '"negex": true' in text
    for word in ("pneumonia", "sepsis", "<b>", "<i>"):
        assert word not in text


def test_a_run_in_shards_is_not_mixed_with_one_of_other_attributes(pipeline, tmp_path):
    notes, out = write_notes(tmp_path), tmp_path / "out"
    args = ["annotate", notes, "-o", out, "-m", pipeline, "-c", OWN, "--shard-size", 2]
    assert run(*args).exit_code == 0
    result = run(*args, "-a", "span._.negex")
    assert result.exit_code == 2
    assert "[C319]" in result.output
    assert "attributes" in result.output
    assert run(*args).exit_code == 0


def test_a_file_is_imported_once(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    path = tmp_path / "own.py"
    path.write_text("class Own: pass")
    import_code(path)
    first = sys.modules[MODULE].Own
    import_code(path)
    assert sys.modules[MODULE].Own is first
    (tmp_path / "other.py").write_text("class Own: pass")
    import_code(tmp_path / "other.py")
    assert sys.modules[MODULE].Own is not first


def test_spawned_processes_give_the_same_records_with_attributes(pipeline, monkeypatch):
    monkeypatch.setattr(workers, "START", "spawn")
    import_code(OWN)
    nlp = spacy.load(pipeline)
    nlp.add_pipe("clinical_section_splitter", first=True)
    nlp.add_pipe("clinical_sentencizer", first=True)
    texts = [TEXT, *NOTES, TEXT]
    notes = [Note(str(i), text, {}, "") for i, text in enumerate(texts)]
    chunks = [notes[i : i + 3] for i in range(0, len(notes), 3)]
    found = []
    for n in (1, 2):
        made = workers.annotate_chunks(
            nlp, iter(chunks), n_process=n, attributes="span._.negex"
        )
        found.append([record for records in made for record in records])
    # Those of one process, too, of all kinds of notes.
    assert found[1] == found[0]
    assert [r["error"] for r in found[1]] == [None] * len(notes)
    for record in (found[1][0], found[1][-1]):
        assert record["entities"][0]["attributes"] == {"negex": True}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("nowhere.py", None, "no such file"),
        ("folder.py", "", "no such file"),
        ("code.txt", "x = 1", "doesn't end in .py"),
        ("syntax.py", "x = 1\ndef f(:\n", "SyntaxError on line 2"),
        ("module.py", "\n\nimport no_such_module\n", "no_such_module) on line 3"),
        ("raises.py", "raise ValueError('secret')", "ValueError on line 1"),
        ("exits.py", "import sys\nsys.exit(0)", "SystemExit on line 2"),
    ],
)
@pytest.mark.parametrize("command", ["annotate", "evaluate", "tune", "forms", "export"])
def test_a_file_that_cannot_be_imported_is_told(
    tmp_path, command, name, content, reason
):
    path, out = tmp_path / name, tmp_path / "out"
    if name == "folder.py":
        path.mkdir()
    elif content is not None:
        path.write_text(content)
    inputs = {"annotate": [OWN], "forms": [OWN], "export": [OWN, "-f", "jsonl"]}
    given = inputs.get(command, ["en_clinical_sm", OWN])
    result = run(command, *given, "-o", out, "--code", path)
    assert result.exit_code == 2, result.output
    assert "[C360]" in result.output
    assert reason in result.output
    assert "secret" not in result.output
    assert "Traceback" not in result.output
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "code"), [("span._.nobody_adds", "C362"), ("negex", "C361")]
)
def test_attributes_that_nothing_adds_are_told_before_the_first_note(
    pipeline, tmp_path, name, code
):
    out = tmp_path / "out"
    args = ["-m", pipeline, "--code", OWN, "--attributes", name]
    result = run("annotate", write_notes(tmp_path), "-o", out, *args)
    assert result.exit_code == 2
    assert f"[{code}]" in result.output
    assert name in result.output
    assert not (out / "notes.jsonl").exists()


def teardown_module():
    if Span.has_extension("unplain"):
        Span.remove_extension("unplain")
