"""The workflow that a newcomer runs, on the invented corpora that come with it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = yaml.safe_load((ROOT / "project.yml").read_text(encoding="utf8"))
NAMES = ["assets", "benchmarks", "configs", "examples", "scripts", "spacy_clinical"]


def run(folder, *arguments, status=0, **env):
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
        env={**os.environ, **env},
    )
    assert done.returncode == status, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project's files, without what was made of them."""
    folder = tmp_path_factory.mktemp("project")
    for name in [*NAMES, "project.yml"]:
        (folder / name).symlink_to(ROOT / name)
    # Hubs, proxies and the like must not be needed.
    run(folder, "spacy", "project", "run", "all", HF_HUB_OFFLINE="1")
    return folder


def test_all_leaves_models_scores_plots_and_pages(project):
    for kind in ("ner", "codes", "forms"):
        scores = json.loads(
            (project / f"out/scores/{kind}/scores.json").read_text("utf8")
        )
        assert scores["n_docs"] > 0
        assert list((project / f"out/scores/{kind}").glob("*.svg"))
    assert (project / "training/ner/model-best/config.cfg").is_file()
    for name in ("index.html", "forms.html", "notes.jsonl", "fields.csv"):
        assert (project / "out" / name).is_file()


def test_the_wheel_can_be_loaded_by_its_name(project):
    [wheel] = (project / "packages").glob("*.whl")
    target = project / "installed"
    options = ["--quiet", "--no-deps", "--no-index", "--target", str(target)]
    run(project, "pip", "install", *options, str(wheel))
    code = "import spacy; nlp = spacy.load('en_clinical_sm'); print(nlp._path)"
    code += "; assert nlp('HPI: A 63-year-old man with chest pain.').ents"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=target,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(target)},
    )
    assert str(target) in done.stdout


def test_spacys_own_commands_work_on_it(project):
    model = "training/ner/model-best"
    corpus = "corpus/dev.spacy"
    run(project, "spacy", "evaluate", model, corpus, "--output", "out/spacy.json")
    assert "ents_f" in (project / "out/spacy.json").read_text("utf8")
    run(project, "spacy", "apply", model, "examples/notes", "out/applied.spacy")
    assert (project / "out/applied.spacy").is_file()
    paths = ["--paths.train", "assets/notes/train", "--paths.dev", "assets/notes/dev"]
    encoder = ["--paths.encoder", PROJECT["vars"]["encoder"]]
    config = "configs/train_ner.cfg"
    filled = "out/filled.cfg"
    run(project, "spacy", "init", "fill-config", config, filled)
    run(project, "spacy", "debug", "config", filled, *paths, *encoder)
    # So few texts are an error for it.
    report = run(project, "spacy", "debug", "data", filled, *paths, *encoder, status=1)
    assert "Corpus is loadable" in report
    assert "1 error" in report
    assert "[training.logger]" in (project / filled).read_text("utf8")


def test_it_is_small_and_names_sources_and_licenses():
    lines = (ROOT / "project.yml").read_text("utf8").splitlines()
    assert len(lines) < 150
    for asset in PROJECT["assets"]:
        assert "http" in asset["description"]
    text = " ".join(asset["description"] for asset in PROJECT["assets"])
    assert text.count("CC BY 4.0") == 2
    names = {command["name"] for command in PROJECT["commands"]}
    assert set(PROJECT["workflows"]["all"]) <= names
