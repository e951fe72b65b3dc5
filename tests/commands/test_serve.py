import pytest
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.commands import serve

INVOKED = ["serve", "--port", "0"]


@pytest.fixture
def run(monkeypatch):
    monkeypatch.delenv("SPACY_CLINICAL_TOKEN", raising=False)

    def run(*arguments, **env):
        return CliRunner().invoke(app, [*INVOKED, *arguments], env=env)

    return run


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_other_machines_need_a_token(run, host):
    result = run("--host", host)
    assert result.exit_code == 2
    assert "[C987]" in result.stderr
    assert host in result.stderr
    assert "--no-token" in result.stderr


def test_a_token_that_is_too_short_is_refused(run):
    result = run(SPACY_CLINICAL_TOKEN="short")
    assert (result.exit_code, "[C994]" in result.stderr) == (2, True)
    assert "short" not in result.stderr


def test_missing_packages_are_named_by_their_extra(run, monkeypatch):
    monkeypatch.setattr(serve, "PACKAGES", ("no_such_package",))
    result = run()
    assert (result.exit_code, "[C993]" in result.stderr) == (2, True)
    assert "spacy-clinical[serve]" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no_such_pipeline"], "[C311]"),
        (["--host", "no.such.host.invalid"], "[C997]"),
        (["--log-level", "loud"], "debug"),
        (["--key-file", "no/such/file"], "[C891]"),
    ],
)
def test_what_can_not_be_started_says_why(run, arguments, words):
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
