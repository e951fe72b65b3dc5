"""spaCy's commands on a pipeline that answers questions, judges statements, and finds
tables: packaged, applied, evaluated."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from spacy.cli import app as spacy_app
from spacy.tokens import Doc, DocBin
from typer.testing import CliRunner

# Commands print their warnings.
pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).parents[2]
NAME = "en_asking"
NOTE = "HPI:\nNo chest pain today. Fever of two days.\n\nMEDICATIONS:\n"
TABLE = "Drug            Dose            Route\nAspirin         81 mg           PO\n"
TABLE += "Metformin       500 mg          PO\n"
QUESTIONS = {"pain": "Any chest pain?", "drugs": "Which medications?"}
ATTRIBUTES = ("answers", "statements", "form_tables", "form_fields")


@pytest.fixture(scope="module")
def asking(tiny_squad, tiny_nli, tmp_path_factory):
    """A pipeline with what is asked in its config."""
    nlp = spacy.blank("en")
    nlp.meta["name"] = "asking"
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    encoder = {"checkpoint": str(tiny_squad), "size": 40, "stride": 30}
    settings = {"model": {"encoder": encoder}, "questions": QUESTIONS}
    nlp.add_pipe("clinical_qa", config=settings)
    nlp.add_pipe(
        "clinical_pair_classifier",
        config={
            "model": {"encoder": {"checkpoint": str(tiny_nli)}},
            "hypotheses": {"pain": "The patient denies pain."},
        },
    )
    rules = {"@architectures": "spacy-clinical.FormRules.v1"}
    nlp.add_pipe("clinical_form_extractor", config={"model": rules})
    nlp.initialize()
    folder = tmp_path_factory.mktemp("asking") / "pipeline"
    nlp.to_disk(folder)
    return folder


def run(*arguments):
    done = CliRunner().invoke(spacy_app, [*map(str, arguments)])
    assert done.exit_code == 0, done.output[-2000:]
    return done.output


def tell(doc: Doc) -> dict:
    """What the components have written, with scores that don't depend on the machine."""
    found = json.loads(json.dumps({name: doc._.get(name) for name in ATTRIBUTES}))
    return json.loads(
        json.dumps(found), parse_float=lambda digits: round(float(digits), 3)
    )


def test_the_pipeline_finds_all_of_it(asking):
    doc = spacy.load(asking)(NOTE + TABLE)
    assert [row["question"] for row in doc._.answers] == list(QUESTIONS)
    assert doc._.statements[0]["statement"] == "pain"
    assert doc._.form_tables[0]["heads"] == ["Drug", "Dose", "Route"]


def test_apply_writes_docs_with_all_of_it(asking, tmp_path):
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a.txt").write_text(NOTE + TABLE, encoding="utf8")
    (notes / "b.txt").write_text("PLAN: rest.", encoding="utf8")
    out = tmp_path / "out.spacy"
    run("apply", asking, notes, out)
    nlp = spacy.load(asking)
    docs = list(DocBin().from_disk(out).get_docs(nlp.vocab))
    found = {doc.text: tell(doc) for doc in docs}
    assert found == {text: tell(nlp(text)) for text in (NOTE + TABLE, "PLAN: rest.")}


def test_evaluate_scores_the_questions_of_the_config(asking, tmp_path):
    nlp = spacy.load(asking)
    gold = nlp(NOTE + TABLE)
    DocBin(docs=[gold], store_user_data=True).to_disk(tmp_path / "dev.spacy")
    run("evaluate", asking, tmp_path / "dev.spacy", "--output", tmp_path / "same.json")
    same = json.loads((tmp_path / "same.json").read_text("utf8"))
    assert (same["qa_f"], same["pairs_acc"]) == (1.0, 1.0)
    # Another answer is gold.
    wrong = {"text": "HPI", "start_char": 0, "end_char": 3}
    gold._.answers = [{**row, **wrong, "n_best": [wrong]} for row in gold._.answers]
    DocBin(docs=[gold], store_user_data=True).to_disk(tmp_path / "dev.spacy")
    run("evaluate", asking, tmp_path / "dev.spacy", "--output", tmp_path / "other.json")
    other = json.loads((tmp_path / "other.json").read_text("utf8"))
    assert other["qa_f"] < 1.0


@pytest.mark.slow
def test_a_package_answers_as_the_pipeline_does(asking, tmp_path):
    packages = tmp_path / "packages"
    packages.mkdir()
    run("package", asking, packages, "--name", "asking", "--build", "none")
    [source] = packages.iterdir()
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    target = tmp_path / "installed"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", target, source],
        check=True,
        capture_output=True,
        timeout=300,
    )
    code = "import json, sys, spacy; nlp = spacy.load(sys.argv[1]); "
    code += "doc = nlp(sys.stdin.read()); names = sys.argv[2:]; "
    code += "print(json.dumps({name: doc._.get(name) for name in names}))"
    done = subprocess.run(
        [sys.executable, "-c", code, NAME, *ATTRIBUTES],
        input=NOTE + TABLE,
        cwd=target,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": f"{target}{os.pathsep}{ROOT}"},
    )
    found = json.loads(done.stdout, parse_float=lambda digits: round(float(digits), 3))
    assert found == tell(spacy.load(asking)(NOTE + TABLE))
