import spacy
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.models import list_models

RUNNER = CliRunner()


def test_the_path_is_one_that_spacy_loads():
    result = RUNNER.invoke(app, ["path"])
    assert result.exit_code == 0
    nlp = spacy.load(result.stdout.rstrip("\n"))
    assert "clinical_ner" in nlp.pipe_names


def test_every_shipped_pipeline_has_a_path():
    for name in list_models():
        found = RUNNER.invoke(app, ["path", name]).stdout
        assert found.rstrip("\n").endswith(name)


def test_a_name_that_does_not_ship_is_told():
    result = RUNNER.invoke(app, ["path", "en_core_web_sm"])
    assert result.exit_code == 2
    assert "C311" in result.stderr
    assert not result.stdout
