import pytest
from typer.testing import CliRunner

from spacy_clinical.checkpoints.store import STORE_VARIABLE
from spacy_clinical.cli import app
from spacy_clinical.commands import doctor


def run():
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_it_says_what_there_is(monkeypatch):
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    result = run()
    assert result.exit_code == 0, result.output
    for text in ("torch", "en_clinical_sm runs", "layoutlm_forms_sm", "fast path"):
        assert text in result.output
    assert result.output.rstrip().endswith("No problems found.")


def findings():
    return {(f.name, f.state) for f in doctor.find_all()}


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(doctor, "list_models", list)


def test_it_says_what_is_wrong(monkeypatch, quick, tmp_path):
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "none"))
    monkeypatch.setattr(doctor, "NEEDED", ("spacy", "no-such-package"))
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    found = findings()
    assert ("checkpoint store", "wrong") in found
    assert ("no-such-package", "wrong") in found
    assert ("Tesseract", "note") in found
    assert ("Java", "note") in found
    assert run().exit_code == 1


def test_a_broken_pipeline_is_wrong(monkeypatch, quick):
    def fail(name):
        raise OSError("[C311] x")

    monkeypatch.setattr(doctor, "list_models", lambda: ["en_x"])
    monkeypatch.setattr(doctor, "load", fail)
    assert ("pipeline", "wrong") in findings()


def test_a_tesseract_that_fails_is_wrong(monkeypatch, quick, tmp_path):
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert ("Tesseract", "wrong") in findings()
