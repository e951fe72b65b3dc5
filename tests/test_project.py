"""The workflow that a newcomer runs, on the invented corpora that come with it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import weasel.cli.run
import yaml
from spacy.cli import app as spacy_app
from typer.testing import CliRunner

from spacy_clinical.cli import app
from tests.conftest import copy_examples
from tests.test_configs import TINY_QA, TINY_WINDOWS
from tests.tiny import make_bare_bert

# Commands print their warnings.
pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).parents[1]
PROJECT = yaml.safe_load((ROOT / "project.yml").read_text(encoding="utf8"))
NAMES = ["assets", "benchmarks", "configs", "scripts", "spacy_clinical"]


APPS = {"spacy": spacy_app, "spacy_clinical": app}
# Two steps, scored once, on a few forms and a tiny encoder: every command runs, whatever
# is learned.
STEPS = "--training.max_steps 1 --training.eval_frequency 2"
WINDOWS = " ".join(f"--{name} {value}" for name, value in TINY_WINDOWS.items())
QA_WINDOWS = " ".join(f"--{name} {value}" for name, value in TINY_QA.items())
FEW = {
    "qa_options": f"{STEPS} {QA_WINDOWS}",
    "pairs_options": STEPS,
    "ner_options": f"{STEPS} {WINDOWS}",
    "codes_options": f"{STEPS} --training.before_to_disk null",
    "forms_options": STEPS,
    "n_templates": "4",
    "n_unseen": "2",
}


def run(*arguments, status=0):
    """Run what follows "python": commands of spaCy and of the package in this process.

    Starting Python and loading both takes longer than most of them work.
    """
    if arguments[0] == "-m" and arguments[1] in APPS:
        done = CliRunner().invoke(APPS[arguments[1]], arguments[2:])
        assert done.exit_code == status, f"{arguments}: {done.output[-3000:]}"
        return done.output
    process = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert process.returncode == status, process.stdout[-2000:] + process.stderr[-3000:]
    return process.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project's files, without what was made of them."""
    folder = tmp_path_factory.mktemp("project")
    for name in NAMES:
        (folder / name).symlink_to(ROOT / name)
    copy_examples(folder / "examples")
    encoder = make_bare_bert(tmp_path_factory.mktemp("encoder"))
    variables = {**PROJECT["vars"], **FEW, "encoder": str(encoder)}
    few = yaml.safe_dump({**PROJECT, "vars": variables}, width=1000)
    assert few.count(" --batches 30 ") == 1
    # The least that spaCy takes.
    few = few.replace(" --batches 30 ", " --batches 30 --batch-size 1 ")
    (folder / "project.yml").write_text(few, encoding="utf8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        # Hubs, proxies and the like must not be needed.
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setattr(
            weasel.cli.run, "run_command", lambda command, **_: run(*command[1:])
        )
        run("-m", "spacy", "project", "run", "all", str(folder))
    return folder


@pytest.fixture(autouse=True)
def chdir(project, monkeypatch):
    monkeypatch.chdir(project)


def test_the_few_steps_are_settings_that_it_has():
    assert set(FEW) <= set(PROJECT["vars"])
    assert (ROOT / PROJECT["vars"]["encoder"] / "config.json").is_file()


def test_all_leaves_models_scores_plots_and_pages(project):
    for kind in ("ner", "codes", "forms"):
        scores = json.loads(
            (project / f"out/scores/{kind}/scores.json").read_text("utf8")
        )
        assert scores["n_docs"] > 0
        assert list((project / f"out/scores/{kind}").glob("*.svg"))
    scores = json.loads((project / "out/scores/qa/scores.json").read_text("utf8"))
    assert 0 <= scores["scores"]["qa_f"] <= 1
    assert (project / "training/ner/model-best/config.cfg").is_file()
    for name in ("index.html", "forms.html", "notes.jsonl", "fields.csv"):
        assert (project / "out" / name).is_file()


def test_the_wheel_can_be_loaded_by_its_name(project):
    [wheel] = (project / "packages").glob("*.whl")
    target = project / "installed"
    options = ["--quiet", "--no-deps", "--no-index", "--target", str(target)]
    run("-m", "pip", "install", *options, str(wheel))
    code = "import spacy; nlp = spacy.load('en_clinical_sm'); print(nlp._path)"
    code += "; assert nlp('HPI: A 63-year-old man with chest pain.').ents"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=target,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{target}{os.pathsep}{ROOT}"},
    )
    assert str(target) in done.stdout


def test_spacys_own_commands_work_on_it(project):
    model = "training/ner/model-best"
    corpus = "corpus/dev.spacy"
    run("-m", "spacy", "evaluate", model, corpus, "--output", "out/spacy.json")
    assert "ents_f" in (project / "out/spacy.json").read_text("utf8")
    run("-m", "spacy", "apply", model, "examples/notes", "out/applied.spacy")
    assert (project / "out/applied.spacy").is_file()
    paths = ["--paths.train", "assets/notes/train", "--paths.dev", "assets/notes/dev"]
    encoder = ["--paths.encoder", PROJECT["vars"]["encoder"]]
    config = "configs/train_ner.cfg"
    filled = "out/filled.cfg"
    run("-m", "spacy", "init", "fill-config", config, filled)
    run("-m", "spacy", "debug", "config", filled, *paths, *encoder)
    # So few texts are an error for it.
    report = run("-m", "spacy", "debug", "data", filled, *paths, *encoder, status=1)
    assert "Corpus is loadable" in report
    assert "1 error" in report
    assert "[training.logger]" in (project / filled).read_text("utf8")


def test_it_is_small_and_names_sources_and_licenses():
    lines = (ROOT / "project.yml").read_text("utf8").splitlines()
    assert len(lines) < 250
    for asset in PROJECT["assets"]:
        assert "http" in asset["description"]
    text = " ".join(asset["description"] for asset in PROJECT["assets"])
    assert text.count("CC BY 4.0") == 4
    names = {command["name"] for command in PROJECT["commands"]}
    assert set(PROJECT["workflows"]["all"]) <= names
