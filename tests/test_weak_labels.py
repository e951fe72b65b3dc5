"""The weak labels of scripts/make_weak_labels.py."""

import csv
import json
import sys
from pathlib import Path

import numpy
import pytest
import spacy

from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.corpora.partial import PartialCorpus
from spacy_clinical.extensions.partial_labels import get_partial_labels
from spacy_clinical.heads.gold import GoldReader
from spacy_clinical.heads.labels import bio_labels, read_labels
from tests.conftest import add_ner
from tests.tiny import make_token_classifier

SCRIPTS = Path(__file__).parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import make_weak_labels as weak  # noqa: E402

D, S, M = "Disease_disorder", "Sign_symptom", "Medication"
T = "Diagnostic_procedure"
VOTING = weak.Voting(high=0.8, voted=0.3, low=0.1)


def choose(n, found=(), names=(), inside=None, voting=VOTING):
    if inside is None:
        inside = [0.0] * n
    return voting.choose(
        [weak.Found(*one) for one in found],
        [weak.Name(*one) for one in names],
        numpy.asarray(inside),
    )


@pytest.mark.parametrize(
    ("found", "names", "expected"),
    [
        # The model is sure, or a name says so too.
        ([(1, 3, D, 0.8)], [], [(1, 3, D)]),
        ([(1, 3, D, 0.79)], [], [(1, 3, "Doubtful")]),
        ([(1, 3, M, 0.3)], [(1, 3, (M,))], [(1, 3, M)]),
        ([(1, 3, M, 0.29)], [(1, 3, (M,))], [(1, 3, "Doubtful")]),
        # A name that the model doesn't find.
        ([], [(1, 3, (M,))], [(1, 3, "Doubtful")]),
        # Other types, however sure the model is.
        ([(1, 3, D, 0.99)], [(1, 3, (M,))], [(1, 3, "Doubtful")]),
        ([(1, 2, T, 0.9)], [(1, 3, (D,))], [(1, 3, "Doubtful")]),
        # Diseases and symptoms fit each other: the inventory knows which, lists don't.
        ([(1, 3, S, 0.9)], [(1, 3, (D,))], [(1, 3, D)]),
        ([(1, 3, S, 0.3)], [(1, 3, (D, S))], [(1, 3, S)]),
        # The name has the borders, if all that is found is within.
        ([(2, 3, D, 0.3)], [(1, 3, (D,))], [(1, 3, D)]),
        ([(1, 2, D, 0.3), (2, 3, S, 0.4)], [(1, 3, (D, S))], [(1, 3, S)]),
        # Of a longer entity, the name says nothing.
        ([(0, 3, D, 0.79)], [(1, 3, (D,))], [(0, 3, "Doubtful")]),
        ([(0, 3, T, 0.9)], [(1, 3, (D,))], [(0, 3, T)]),
        # What sticks out of a sure entity stays in doubt.
        ([(0, 2, D, 0.9)], [(1, 3, (D,))], [(0, 2, D), (2, 3, "Doubtful")]),
    ],
)
def test_labels_where_voters_agree(found, names, expected):
    assert choose(4, found, names) == expected


def test_tokens_in_some_entity_are_in_doubt():
    places = choose(5, [(1, 2, D, 0.9)], inside=[0.3, 0.95, 0.05, 0.1, 0.2])
    assert places == [(0, 1, "Doubtful"), (1, 2, D), (3, 5, "Doubtful")]


def test_other_types_than_those_to_write_are_in_no_doubt():
    voting = VOTING._replace(labels=frozenset([M]))
    found = [(0, 1, D, 0.9), (1, 2, T, 0.5), (2, 3, D, 0.9), (4, 5, M, 0.9)]
    names = [(0, 1, (D,)), (2, 3, (M,))]
    places = choose(5, found, names, voting=voting)
    assert places == [(2, 3, "Doubtful"), (4, 5, M)]


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    (folder / f"{M}.txt").write_text("# Drugs\nmetoprolol tartrate\niron\n", "utf8")
    (folder / f"{S}.txt").write_text("iron deficiency anemia\nhip pain\n", "utf8")
    return folder


def test_names_are_whole_words_of_any_case(names):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    doc = nlp(
        "Metoprolol Tartrate, environment, IRON. Iron deficiency anemia, HIP pain,"
        " HTN and hypertension; it or MS."
    )
    found = weak.Vocabulary(nlp, names).find(doc)
    assert [(doc[n.start : n.end].text, n.labels[0]) for n in found] == [
        ("Metoprolol Tartrate", M),
        ("IRON", M),
        ("Iron deficiency anemia", D),
        ("HIP pain", D),
        ("HTN", D),
        ("hypertension", D),
    ]
    assert [n.labels for n in found][3:5] == [(D, S), (D,)]


def test_cut_starts_at_sentences_and_keeps_offsets(monkeypatch):
    monkeypatch.setattr(weak, "MAX_WORDS", 6)
    monkeypatch.setattr(weak, "MIN_WORDS", 1)
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    text = (
        "\n\nHPI:\nHe has chest pain. He takes aspirin for it.\n\nPMH:\nGout, asthma."
        " \nHe is well now."
    )
    doc = nlp(text)
    words = {token.text: token.i for token in doc}
    pain, gout = words["chest"], words["Gout"]
    places = [
        weak.Place(pain, pain + 2, S),
        weak.Place(words["aspirin"], words["aspirin"] + 1, M),
        weak.Place(gout, gout + 1, D),
    ]
    notes = list(weak.cut(doc, places))
    assert " ".join(" ".join(n.text for n in notes).split()) == " ".join(text.split())
    assert len(notes) == 4
    marked = [(n.text[e.start : e.end], e.label) for n in notes for e in n.entities]
    assert marked == [("chest pain", S), ("aspirin", M), ("Gout", D)]
    assert notes[2].text.startswith("PMH")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A pipeline whose probabilities are of all sizes."""
    folder = tmp_path_factory.mktemp("weak")
    labels = bio_labels([D, S, M])
    checkpoint = make_token_classifier(
        folder / "checkpoint", "distilbert", labels, sharpness=30.0
    )
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    add_ner(nlp, checkpoint).to_disk(folder / "pipeline")
    return folder / "pipeline"


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    notes = [
        f"the patient denies chest pain and fever.\r\nno mg of the hip pain {i}"
        for i in range(3)
    ]
    for path, column in (
        ("aci_bench/train.csv", "note"),
        ("mts_dialog/MTS-Dialog-TrainingSet.csv", "section_text"),
    ):
        (folder / path).parent.mkdir(parents=True)
        with (folder / path).open("w", encoding="utf8", newline="") as file:
            writer = csv.DictWriter(file, ["ID", column])
            writer.writeheader()
            writer.writerows({"ID": i, column: text} for i, text in enumerate(notes))
    texts = folder / "codiesp" / "train" / "text_files_en"
    texts.mkdir(parents=True)
    (texts / "a.txt").write_text(notes[0], "utf8", newline="")
    (folder / "pubmedqa").mkdir()
    rows = {key: {"CONTEXTS": [f"chest pain {key}", notes[0]]} for key in "ab"}
    (folder / "pubmedqa" / "ori_pqal.json").write_text(json.dumps(rows), "utf8")
    held_out = json.dumps({"b": "yes"})
    (folder / "pubmedqa" / "test_ground_truth.json").write_text(held_out, "utf8")
    return folder


def run(monkeypatch, *args):
    monkeypatch.setattr(sys, "argv", ["make_weak_labels.py", *map(str, args)])
    weak.main()


def test_writes_a_corpus_that_leaves_doubt_open(
    data, names, pipeline, tmp_path, monkeypatch, capsys
):
    settings = "--model", pipeline, "--names", names, "--high", 0.5
    written = []
    for output in (tmp_path / "weak", tmp_path / "again"):
        run(monkeypatch, data, output, *settings)
        files = sorted(path for path in output.rglob("*") if path.is_file())
        written.append({str(p.relative_to(output)): p.read_bytes() for p in files})
    assert written[0] == written[1]
    texts = {name: text.decode() for name, text in written[0].items()}
    assert not any("pain b" in text for text in texts.values())
    assert any("pain a" in text for text in texts.values())
    printed = capsys.readouterr().out
    assert "aci_bench: 3 notes of 3 texts" in printed
    assert "chest" not in printed
    for name, lines in texts.items():
        for line in lines.splitlines() if name.endswith(".ann") else ():
            _, place, covered = line.split("\t")
            start, end = map(int, place.split()[1:])
            assert texts[name.removesuffix("ann") + "txt"][start:end] == covered

    labels = {name: name for name in (D, S, M)}
    corpus = PartialCorpus(BratCorpus(tmp_path / "weak"), labels=labels)
    nlp = spacy.blank("en")
    reader = GoldReader(read_labels(bio_labels([D, S, M])))
    n_open = n_known = 0
    for whole, eg in zip(BratCorpus(tmp_path / "weak")(nlp), corpus(nlp), strict=True):
        partial = get_partial_labels(eg.reference)
        allowed = reader.mark(eg.get_aligned_ner(), partial)
        for token, row in zip(whole.reference, allowed, strict=True):
            if not token.is_space:
                assert row.all() == (token.ent_type_ == "Doubtful")
                n_open += row.all()
                n_known += not row.all()
    assert n_open
    assert n_known


def test_limit_takes_a_part_of_each_source(
    data, names, pipeline, tmp_path, monkeypatch, capsys
):
    output = tmp_path / "weak"
    settings = "--model", pipeline, "--names", names, "--high", 0.5, "--limit", 2
    run(monkeypatch, data, output, *settings, "--labels", S)
    assert "mts_dialog: 2 notes of 2 texts" in capsys.readouterr().out
    labels = {
        line.split("\t")[1].split()[0]
        for path in output.rglob("*.ann")
        for line in path.read_text("utf8").splitlines()
    }
    assert labels == {S, "Doubtful"}
