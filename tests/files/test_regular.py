"""Corpora with broken files: each is an error with a code, and nothing waits."""

import json
import os

import pytest
import spacy

from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.corpora.codiesp import CodiEspCorpus
from spacy_clinical.corpora.converted import read_docs
from spacy_clinical.corpora.find import find_reader
from spacy_clinical.corpora.forms import FormCorpus, FunsdCorpus
from spacy_clinical.export.jsonl import read_lines
from spacy_clinical.files.regular import coded_errors, show_path

NAME = "Zebulon"
DEEP = "[" * 50_000


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("en")


def refuse(read, code):
    with pytest.raises((ValueError, OSError), match=rf"\[{code}\]") as error:
        list(read())
    assert NAME not in str(error.value)


def test_brat_files_of_any_kind_are_read_or_refused(nlp, tmp_path):
    text, annotations = tmp_path / "a.txt", tmp_path / "a.ann"
    text.write_text(f"{NAME} has pain.")
    corpus = BratCorpus(tmp_path, discontinuous="cover")
    for line in (
        "T1\tA " + "9" * 5000 + " 2\tx",
        "T1",
        f"T1\tA 1 2 3\t{NAME}",
        "\x00\t\t",
    ):
        annotations.write_text(line)
        refuse(lambda: corpus(nlp), "C206")
    annotations.write_text("T1\tA 8 11;0 7\n")
    refuse(lambda: corpus(nlp), "C350")
    annotations.unlink()
    os.mkfifo(annotations)
    refuse(lambda: corpus(nlp), "C315")


@pytest.mark.parametrize(
    "content",
    [
        DEEP,
        '{"form": [{"label": "QUESTION", "id": 1, "words": [{"text": "a", '
        '"box": [0, 0, 1e999, 1]}]}]}',
        '{"form": [{"label": "QUESTION", "id": [], "words": [{"text": "a", '
        '"box": [0, 0, 1, 1]}]}]}',
        '{"form": [], "width": NaN, "height": 1}',
        '{"form": ' + "9" * 5000 + "}",
        "\x00",
    ],
)
def test_broken_annotations_of_forms_are_refused(nlp, tmp_path, content):
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations/a.json").write_text(content)
    (tmp_path / "forms.jsonl").write_text(content)
    refuse(lambda: FunsdCorpus(tmp_path)(nlp), "C511")
    refuse(lambda: FormCorpus(tmp_path / "forms.jsonl")(nlp), "C511")


def test_pipes_in_corpora_are_refused(nlp, tmp_path):
    (tmp_path / "annotations").mkdir()
    os.mkfifo(tmp_path / "annotations/a.json")
    refuse(lambda: FunsdCorpus(tmp_path)(nlp), "C315")
    (tmp_path / "text_files_en").mkdir()
    os.mkfifo(tmp_path / "text_files_en/a.txt")
    (tmp_path / "trainD.tsv").write_text("a\tR52\n")
    refuse(lambda: CodiEspCorpus(tmp_path)(nlp), "C315")
    os.mkfifo(tmp_path / "a.jsonl")
    refuse(lambda: find_reader(tmp_path / "a.jsonl")(nlp), "C315")
    refuse(lambda: read_docs(nlp, tmp_path / "a.jsonl", "jsonl"), "C315")


def test_texts_of_codiesp_that_arent_utf8_are_refused(nlp, tmp_path):
    (tmp_path / "text_files_en").mkdir()
    (tmp_path / "text_files_en/a.txt").write_bytes(NAME.encode() + b"\xff")
    (tmp_path / "trainD.tsv").write_text("a\tR52\n")
    refuse(lambda: CodiEspCorpus(tmp_path)(nlp), "C350")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (DEEP, "C211"),
        (b"\xff", "C211"),
        ({"text": NAME, "entities": [[0, 1e999, "A"]]}, "C211"),
        ({"text": NAME, "entities": [[0, 10**30, "A"]]}, "C212"),
        ({"text": NAME, "entities": [[3, 1, "A"]]}, "C212"),
        ({"text": 7}, "C211"),
    ],
)
def test_broken_lines_to_convert_are_refused(nlp, tmp_path, line, code):
    path = tmp_path / "a.jsonl"
    if isinstance(line, dict):
        line = json.dumps(line)
    path.write_bytes(line if isinstance(line, bytes) else line.encode())
    refuse(lambda: read_docs(nlp, path, "jsonl"), code)


def test_errors_of_spacy_are_not_quoted():
    with pytest.raises(ValueError, match=r"\[C350\].*\(KeyError\)"), coded_errors("a"):
        raise KeyError(NAME)
    with pytest.raises(ValueError, match=r"\[C350\]") as error, coded_errors("a"):
        raise ValueError(f"[E123] {NAME}")
    assert NAME not in str(error.value)
    assert show_path("caf\udce9") == r"caf\udce9"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("name", ["gold.spacy", "gold.jsonl"])
def test_labelled_notes_are_no_pipes(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(OSError, match="C315"):
        find_reader(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_records_are_no_pipes(tmp_path):
    os.mkfifo(tmp_path / "notes.jsonl")
    with pytest.raises(OSError, match="C315"):
        next(read_lines(tmp_path / "notes.jsonl"))
