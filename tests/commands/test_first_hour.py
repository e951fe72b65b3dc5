"""What somebody meets who tries the package for the first time."""

import re

import pytest
import spacy
import typer
from spacy.training import Example
from typer.testing import CliRunner

from spacy_clinical.checkpoints import get_checkpoint
from spacy_clinical.cli import app
from spacy_clinical.encoders.settings import EncoderSettings
from spacy_clinical.export.frames import COLUMNS, to_frame
from spacy_clinical.export.records import without_text
from spacy_clinical.notes.sources import list_sources
from spacy_clinical.pieces.text import read_note
from spacy_clinical.pipeline.section_splitter import ClinicalSectionSplitter
from spacy_clinical.pipeline.sentencizer import ClinicalSentencizer

COMMANDS = sorted(
    [
        *([name] for name in typer.main.get_command(app).commands),
        *(
            ["checkpoints", name]
            for name in typer.main.get_command(app).commands["checkpoints"].commands
        ),
    ]
)
# Components that need a checkpoint which does not ship, and where it is set.
NEEDY = {
    "clinical_ner": "model.encoder",
    "clinical_icd9_categorizer": "model.encoder",
    "clinical_transformer": "model",
    "clinical_long_transformer": "model",
}


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_no_unfilled_places(command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert not re.search(r"[{}]|%\(|%s|STORE_VARIABLE|\.{4,}", result.output)


def test_help_of_bundle_says_where_to_unpack():
    words = run("checkpoints", "bundle", "--help").output
    assert "SPACY_CLINICAL_CHECKPOINTS" in words


@pytest.mark.parametrize("name", NEEDY)
@pytest.mark.parametrize("own_name", [None, "mine"])
def test_offline_a_component_says_how_to_get_its_checkpoint(
    name, own_name, monkeypatch, tmp_path
):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("SPACY_CLINICAL_CHECKPOINTS", "")
    # In no cache of this machine either.
    monkeypatch.setattr(
        "spacy_clinical.checkpoints.hub.snapshot_download", raise_offline
    )
    monkeypatch.setattr("spacy_clinical.checkpoints.hub.ask_hub", raise_offline)
    nlp = spacy.blank("en")
    nlp.add_pipe(name, name=own_name)
    with pytest.raises(ValueError, match=r"^\[C028\]") as caught:
        nlp.initialize()
    message = str(caught.value)
    component = own_name or name
    for part in (
        f"'{component}'",
        f"[components.{component}.{NEEDY[name]}]",
        "checkpoints fetch",
        "checkpoints bundle",
        "SPACY_CLINICAL_CHECKPOINTS",
        "path of its folder",
    ):
        assert part in message
    # The place that is named is where the config has it.
    place = nlp.config["components"][component]
    for part in NEEDY[name].split("."):
        place = place[part]
    assert place["checkpoint"] in message


def raise_offline(*args, **kwargs):
    raise ConnectionError("no network")


@pytest.mark.parametrize("command", ["verify", "bundle"])
@pytest.mark.parametrize("name", ["medbert", "owner/name"])
def test_what_was_never_fetched_is_called_so(command, name, tmp_path, monkeypatch):
    monkeypatch.setenv("SPACY_CLINICAL_CHECKPOINTS", "")
    options = ["-o", tmp_path / "x.tar"] if command == "bundle" else []
    result = run("checkpoints", command, name, *options)
    assert result.exit_code
    assert "[C029]" in result.output
    assert f"checkpoints fetch {name}" in result.output


@pytest.mark.parametrize("name", ["en_clinical_sm", "layoutlm_forms_sm"])
def test_what_ships_is_verified_and_not_fetched(name, tmp_path):
    assert "ships with this package" in run("checkpoints", "verify", name).output
    result = run("checkpoints", "fetch", name, "-o", tmp_path)
    assert result.exit_code == 0
    assert "nothing to do" in result.output


@pytest.mark.parametrize(
    ("command", "flag", "choice"),
    [
        ("export", "--format", "FHIR"),
        ("export", "--format", "Jsonl"),
        ("convert", "--format", "BRAT"),
        ("forms", "--ocr", "Never"),
    ],
)
def test_choices_are_taken_in_any_case(command, flag, choice, tmp_path):
    args = {
        "export": [tmp_path / "nowhere", "-o", tmp_path / "x"],
        "convert": [tmp_path / "nowhere", tmp_path / "x.spacy"],
        "forms": [tmp_path / "nowhere", "-o", tmp_path / "x"],
    }
    result = run(command, *args[command], flag, choice)
    # Taken: only the missing file is complained of.
    assert re.search(r"\[C(301|205|211)\]", result.output)
    wrong = run(command, *args[command], flag, "nothing")
    assert re.search(rf"(?s){flag}\W.*\bis\b", wrong.output)


@pytest.mark.parametrize("command", ["evaluate", "tune"])
def test_messages_about_tables_name_options_of_the_command(command, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("note,codes\ncough,786\n")
    known = set(re.findall(r"--[a-z-]+", run(command, "--help").output))
    args = [command, "en_clinical_sm", table, "-o", tmp_path / "out"]
    for options in ([], ["--text-column", "note"]):
        result = run(*args, *options)
        assert result.exit_code == 2
        named = set(re.findall(r"--[a-z-]+", result.output))
        assert named
        assert named <= known


def test_evaluate_reads_the_columns_that_are_named(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("note,codes\nHPI: cough and pneumonia,486\n")
    columns = ["--text-column", "note", "--label-column", "codes"]
    args = ["evaluate", "en_clinical_sm", table, "-o", tmp_path / "out", "--no-plots"]
    result = run(*args, *columns)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("name", ["entity", "ENTITIES", " entities "])
def test_frames_take_the_singular_and_any_case(name):
    assert list(to_frame([], name).columns) == list(COLUMNS["entities"])


@pytest.mark.parametrize("options", [{"rows": "words"}, {"library": "spark"}])
def test_frames_say_what_there_is(options):
    with pytest.raises(ValueError, match=r"\[C364\].*There are: (notes|pandas)"):
        to_frame([], **options)


# A string is one name, not its letters.


def test_one_title_is_a_title():
    splitter = ClinicalSectionSplitter()
    splitter.add_titles("tb", "TB rec", within="plan")
    assert splitter.titles.labels
    nlp = spacy.blank("en")
    doc = splitter(nlp("TB rec: none\n\nB: 2\n"))
    assert next(span.label_ for span in doc.spans["sections"]) == "tb"
    other = ClinicalSectionSplitter(titles={"tb": "TB rec"}, categories="tb")
    assert other.categories == ["tb"]
    doc = other(nlp("TB rec: none\n"))
    assert doc.spans["sections"][0].label_ == "tb"


def test_one_name_is_taken_for_one():
    assert ClinicalSentencizer("x", abbreviations="Dr.").abbreviations == ["Dr."]
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    doc = nlp("PLAN: aspirin\n\nHPI: cough\n")
    assert "aspirin" not in read_note(doc, exclude="plan").text
    record = {"meta": {"mrn": 1, "m": 2}, "id": "1"}
    assert without_text(record, keep_meta="mrn")["meta"] == {"mrn": 1}


def test_one_path_is_a_path(tmp_path):
    (tmp_path / "n.txt").write_text("x")
    [source] = list_sources(str(tmp_path / "n.txt"))
    assert source.name.endswith("n.txt")


def test_frozen_takes_one_name():
    assert EncoderSettings(frozen="layer").frozen == ("layer",)


# The encoder of the shipped pipeline


def test_the_shipped_encoder_is_a_checkpoint():
    card = get_checkpoint("en_clinical_sm")
    assert (card.max_pieces, card.lower_case) == (512, True)


def test_a_head_of_ones_own_learns_on_the_shipped_encoder(tmp_path):
    nlp = spacy.blank("en")
    settings = {"encoder": {"checkpoint": "en_clinical_sm"}}
    nlp.add_pipe("clinical_ner", config={"model": settings, "decoder": "viterbi"})
    ents = {"entities": [(4, 13, "FINDING")]}
    example = Example.from_dict(nlp.make_doc("Has pneumonia today"), ents)
    optimizer = nlp.initialize(lambda: [example])
    optimizer.learn_rate = 2e-4
    losses = [nlp.update([example], sgd=optimizer)["clinical_ner"] for _ in range(3)]
    assert losses[-1] < losses[0]
    nlp.to_disk(tmp_path / "own")
    again = spacy.load(tmp_path / "own")
    assert again.get_pipe("clinical_ner").labels == ("FINDING",)
    docs = [pipeline("Has pneumonia today") for pipeline in (nlp, again)]
    scores = [[(e.text, e._.score) for e in doc.ents] for doc in docs]
    assert scores[0] == scores[1]
    made = docs[1]._.clinical_provenance["clinical_ner"]
    assert made["checkpoint"] == "spacy-clinical/en_clinical_sm"
