"""The README's code blocks run as they stand, but for names of data and weights."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
import spacy
from spacy.cli import app as spacy_app
from spacy.training import Example
from spacy.util import load_model_from_config, registry
from thinc.api import Config
from typer.testing import CliRunner

from spacy_clinical.checkpoints import list_checkpoints
from spacy_clinical.cli import app
from spacy_clinical.export.records import make_record
from spacy_clinical.types import Note
from tests.conftest import copy_examples, doc_from_markup, load_blank
from tests.test_configs import (
    ANN,
    CSV,
    PUBTATOR,
    TEXT,
    TINY_ASSERTION,
    TINY_WINDOWS,
    write_codiesp,
)

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.M | re.S)


def blocks(language):
    found = [code for kind, code in BLOCKS if kind == language]
    assert found
    return found


def test_has_no_blocks_that_nothing_runs():
    assert {kind for kind, _ in BLOCKS} <= {"bash", "python", "ini", "text"}


# What a block prints, by a name in it.
PRINTED = {
    "clinical_linker": "MONDO:0005044 hypertensive disorder",
    "_.medications": "MODIFY 35% -> EF",
    "form_fields": "Quarterstaff",
    "doc._.abbreviations": "MS mitral stenosis",
    "deidentify": "Pt: [PATIENT]. Seen [DATE].",
    "open_vocabulary": "I21",
    "clinical_qa": "Former smoker, quit in 2009. social_history\nDrinks wine.",
}


@pytest.mark.parametrize("code", blocks("python"))
def test_python_blocks_run(code, capsys):
    exec(compile(code, "README.md", "exec"), {})
    if "print(" in code:
        printed = capsys.readouterr().out
        expected = [text for name, text in PRINTED.items() if name in code]
        assert (expected or ["history_of_present_illness 10164-2"])[0] in printed


@pytest.mark.filterwarnings(r"ignore:\[W00[12]\]")
@pytest.mark.parametrize("code", [c for c in blocks("ini") if "[corpora." not in c])
def test_ini_blocks_build(code, tiny_ner, tiny_core):
    block = Config().from_str("[components]\n" + code, interpolate=False)
    [name] = block["components"]
    nlp = {"lang": "en", "pipeline": [name]}
    config = Config({"nlp": nlp, **block})
    model = config["components"][name].get("model", {})
    encoder = model.get("encoder", model)
    if "checkpoint" in encoder:
        assert encoder["checkpoint"] in list_checkpoints()
        encoder["checkpoint"] = str(tiny_core if "icd9" in name else tiny_ner)
    elif encoder:
        shared = encoder["component"]
        model = {"encoder": {"checkpoint": str(tiny_ner)}}
        config["components"][shared] = {"factory": shared, "model": model}
        config["nlp"]["pipeline"].insert(0, shared)
    pipeline = load_model_from_config(config, auto_fill=True, validate=True)
    if "component" in encoder:
        # It is trained before it is used.
        pipeline.get_pipe(name).connect_encoder()
        return
    doc = pipeline("TB rec: surgery first.")
    assert doc.spans or name in doc._.clinical_pieces


CORPORA = [c for c in blocks("ini") if "[corpora." in c]


@pytest.mark.parametrize("code", [c for c in CORPORA if "@readers" in c])
def test_ini_blocks_of_readers_read(code, folder, monkeypatch):
    monkeypatch.chdir(folder)
    config = Config().from_str(f"[corpora]\n{code}")
    nlp = load_blank()
    examples = list(registry.resolve(config["corpora"])["train"](nlp))
    labels = [{e.label_ for e in example.reference.ents} for example in examples]
    assert {"Disease_disorder"} in labels
    assert len(labels) > 1


@pytest.mark.parametrize("code", [c for c in CORPORA if "@readers" not in c])
def test_ini_blocks_of_augmenters_build(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r'"(names/\w+\.txt)"', code):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("gout\n", encoding="utf8")
    config = Config().from_str(f"[corpora]\n[corpora.train]\n{code}")
    augmenter = registry.resolve(config["corpora"]["train"])["augmenter"]
    nlp = load_blank()
    doc = doc_from_markup(nlp, "<Disease_disorder>asthma</Disease_disorder>")
    examples = [eg for _ in range(50) for eg in augmenter(nlp, Example(doc, doc))]
    assert len({example.reference.text for example in examples}) > 1


def test_set_up_commands_are_what_ci_runs():
    first, second = [
        code.strip() for code in blocks("bash") if code.startswith("python -m pip")
    ]
    assert "spacy-clinical annotate examples/notes" in first
    assert "python -m pytest" in second.rpartition("&&")[2]
    ci = (ROOT / ".ci/run").read_text(encoding="utf8")
    [pattern] = re.findall(r"grep -m 1 -E '([^']+)' README.md", ci)
    found = [line for line in README.splitlines() if re.search(pattern, line)]
    assert found[0] == second


@pytest.fixture
def folder(tmp_path):
    """A folder to run commands in: examples, configs, and invented corpora."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    copy_examples(tmp_path / "examples")
    for part in ("train", "dev"):
        (tmp_path / "corpus" / part).mkdir(parents=True)
        (tmp_path / "corpus" / part / "1.txt").write_text(TEXT, encoding="utf8")
        (tmp_path / "corpus" / part / "1.ann").write_text(ANN, encoding="utf8")
        (tmp_path / f"{part}.csv").write_text(CSV, encoding="utf8")
    (tmp_path / "corpus/bc5cdr.txt").write_text(PUBTATOR, encoding="utf8")
    write_codiesp(tmp_path / "codiesp/train")
    table = "text,label\nHypertension.,401\nDiabetes and hypertension.,401;250\n"
    (tmp_path / "notes_with_codes.csv").write_text(table, encoding="utf8")
    return tmp_path


COMMANDS = [
    line.split(" && ")[-1] if "spacy-clinical annotate" in line else line
    for code in blocks("bash")
    for line in code.splitlines()
    if not line.endswith("--dist worksteal")
]
APPS = {"spacy": spacy_app, "spacy-clinical": app}
RUNNER = CliRunner()


# A command prints its warnings.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command, folder, tiny_ner, tiny_core, monkeypatch):
    monkeypatch.chdir(folder)
    shipped = RUNNER.invoke(app, ["path"]).stdout.strip()
    command = command.replace("$(spacy-clinical path)", shipped)
    program, *arguments = shlex.split(command)
    arguments = [str(tiny_ner) if a == "bio_clinicalbert" else a for a in arguments]
    if arguments[0] == "assemble":
        checkpoint = tiny_core if "configs/icd9.cfg" in arguments else tiny_ner
        arguments += ["--paths.checkpoint", str(checkpoint)]
    if arguments[0] in ("export", "view", "review"):
        (folder / "out").mkdir()
        record = make_record(Note("x", TEXT, {}, "x"), load_blank()(TEXT))
        (folder / "out/notes.jsonl").write_text(json.dumps(record), encoding="utf8")
    if arguments[0] == "train":
        few = {"training.max_steps": 2, "training.eval_frequency": 1}
        windows = {
            "configs/train_ner.cfg": TINY_WINDOWS,
            "configs/train_assertion.cfg": TINY_ASSERTION,
        }.get(arguments[1], {})
        for name, value in {**windows, **few}.items():
            arguments += [f"--{name}", str(value)]
    done = RUNNER.invoke(APPS[program], arguments)
    assert done.exit_code == 0, done.output[-2000:]
    if arguments[0] == "annotate" and "--shard-size" in arguments:
        assert len(list((folder / "out/shards").iterdir())) == 1
    elif arguments[0] == "annotate":
        lines = (folder / "out/notes.jsonl").read_text("utf8").splitlines()
        assert len(lines) == 5
        for record in map(json.loads, lines):
            assert record["sections"]
            assert record["entities"]
    if arguments[0] == "train":
        output = arguments[arguments.index("--output") + 1]
        assert spacy.load(folder / output / "model-last")(TEXT).text == TEXT
