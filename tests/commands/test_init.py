import pytest
from thinc.api import Config
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.commands import init as command

NER = "clinical_ner"


def run(*arguments, status=0, answers=""):
    result = CliRunner().invoke(app, ["init", *map(str, arguments)], input=answers)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code == status, result.output
    return result.output


def read_pipeline(path):
    config = Config().from_str(path.read_text("utf8"), interpolate=False)
    return config["nlp"]["pipeline"]


def test_a_config_is_written_and_its_commands_are_printed(tmp_path):
    path = tmp_path / "a.cfg"
    output = run(path, "-c", "clinical_linker")
    assert read_pipeline(path)[-2:] == [NER, "clinical_linker"]
    assert f"spacy assemble {path}" in output
    assert "spacy-clinical annotate notes --model" in output
    output = run(tmp_path / "f.cfg", "--for", "forms")
    assert read_pipeline(tmp_path / "f.cfg") == ["clinical_form_extractor"]
    assert "spacy-clinical forms scans --model" in output


def test_nothing_is_overwritten_without_force(tmp_path):
    path = tmp_path / "a.cfg"
    path.write_text("mine", "utf8")
    assert "[C770]" in run(path, status=2)
    assert path.read_text("utf8") == "mine"
    run(path, "--force")
    assert NER in read_pipeline(path)


def test_in_a_terminal_it_asks(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "_is_terminal", lambda: True)
    path = tmp_path / "a.cfg"
    # Notes; entities, but of the six others only codes; offline.
    output = run(path, answers="notes\ny\nn\nn\nn\nn\nn\ny\ny\n")
    assert read_pipeline(path)[2:] == [NER, "clinical_icd9_categorizer"]
    assert "HF_HUB_OFFLINE=1" in output
    run(tmp_path / "f.cfg", answers="forms\nn\n")
    assert read_pipeline(tmp_path / "f.cfg") == ["clinical_form_extractor"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["-c", "ner"], "C771"),
        (["--checkpoint", "x"], "C772"),
        (["--checkpoint", f"{NER}="], "C772"),
        (["--checkpoint", "clinical_assertion=biobert"], "C772"),
        (["--checkpoint", f"{NER}=nothing_like_it"], "C002"),
        (["--checkpoint", f"{NER}=a/b", "--offline"], "C773"),
    ],
)
def test_what_cannot_work_writes_nothing(arguments, code, tmp_path):
    assert f"[{code}]" in run(tmp_path / "a.cfg", *arguments, status=2)
    assert list(tmp_path.iterdir()) == []
