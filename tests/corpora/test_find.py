"""Every kind of labelled texts, alone and in a folder, in every command that reads it."""

import json

import pytest
import spacy
from spacy.tokens import DocBin, Span
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.corpora.find import CONVERTIBLE, KINDS, OF_CODES, find_reader
from tests.conftest import load_blank
from tests.corpora.test_form_gold import RECORD as FORM
from tests.test_configs import write_codiesp

NAME = "Zebulon"
TEXT = f"{NAME} has chest pain."
READS = {"evaluate": set(KINDS), "convert": set(CONVERTIBLE), "tune": set(OF_CODES)}


def write_spacy(folder):
    doc = load_blank()(TEXT)
    doc.ents = [Span(doc, 2, 4, label="Symptom")]
    doc.cats = {"401": 1.0}
    DocBin(docs=[doc]).to_disk(folder / "a.spacy")
    return folder / "a.spacy"


def write_brat(folder):
    (folder / "a.txt").write_text(TEXT)
    (folder / "a.ann").write_text("T1\tSymptom 12 22\tchest pain\n")
    return folder / "a.txt"


def write_conll(folder):
    lines = [f"{NAME}\tO", "has\tO", "chest\tB-Symptom", "pain\tI-Symptom", ".\tO", ""]
    (folder / "a.conll").write_text("\n".join(lines))
    return folder / "a.conll"


def write_table(folder):
    (folder / "a.csv").write_text(f"text,label\n{TEXT},401\n{TEXT},250;401\n")
    return folder / "a.csv"


def write_jsonl(folder):
    entities = [{"start": 12, "end": 22, "label": "Symptom"}]
    record = {"text": TEXT, "entities": entities, "cats": {"401": 1}}
    (folder / "a.jsonl").write_text(json.dumps(record) + "\n")
    return folder / "a.jsonl"


def write_forms(folder):
    (folder / "a.jsonl").write_text(json.dumps(FORM) + "\n")
    return folder / "a.jsonl"


def write_funsd(folder):
    (folder / "part/annotations").mkdir(parents=True)
    (folder / "part/annotations/a.json").write_text(json.dumps(FORM))
    return folder / "part"


def write_cases(folder):
    write_codiesp(folder / "train")
    return folder / "train"


def write_pubtator(folder):
    row = "1\t12\t22\tchest pain\tSymptom"
    (folder / "a.pubtator").write_text(f"1|t|{TEXT}\n1|a|Today.\n{row}\n")
    return folder / "a.pubtator"


def write_squad(folder):
    questions = [{"id": 1, "question": "Which pain?", "answers": []}]
    paragraph = {"context": TEXT, "qas": questions}
    data = {"data": [{"paragraphs": [paragraph]}]}
    (folder / "a.json").write_text(json.dumps(data))
    return folder / "a.json"


WRITERS = {
    "spacy": write_spacy,
    "codiesp": write_cases,
    "funsd": write_funsd,
    "forms": write_forms,
    "brat": write_brat,
    "pubtator": write_pubtator,
    "conll": write_conll,
    "table": write_table,
    "jsonl": write_jsonl,
    "squad": write_squad,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "Symptom", "pattern": "chest pain"}])
    folder = tmp_path_factory.mktemp("model")
    nlp.to_disk(folder)
    return folder


def run(command, path, out, model):
    arguments = {
        "convert": [path, out / "all.spacy"],
        "evaluate": [model, path, "--output", out, "--no-plots"],
        "tune": [model, path, "--output", out],
    }[command]
    result = CliRunner().invoke(app, [command, *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert NAME not in result.output
    return result


def test_every_kind_is_tried():
    assert set(WRITERS) == set(KINDS)


# They are found by the same code, whatever the command: files alone by one of them.
@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize(
    ("command", "where"),
    [("evaluate", "alone"), *((command, "in a folder") for command in READS)],
)
def test_commands_read_every_kind_that_they_can_use(
    tmp_path, model, command, kind, where
):
    folder = tmp_path / "corpus"
    folder.mkdir()
    path = WRITERS[kind](folder)
    if where == "in a folder":
        (folder / "README.txt").write_text("A description of the corpus.")
        (folder / "LICENSE").write_text("As you like.")
        if kind != "brat":
            path = folder
        else:
            (folder / "README.txt").unlink()
            path = folder
    result = run(command, path, tmp_path / "out", model)
    if kind not in READS[command]:
        assert result.exit_code == 2
        assert "[C420]" in result.output
        for name in READS[command]:
            assert KINDS[name].what in result.output
    elif command == "tune":
        # It was read; the pipeline has no categorizer.
        assert "[C413]" in result.output
    else:
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize("kind", ["brat", "conll", "jsonl", "spacy"])
def test_entities_are_scored_alike_whatever_they_come_in(tmp_path, model, kind):
    result = run("evaluate", WRITERS[kind](tmp_path), tmp_path / "out", model)
    assert result.exit_code == 0
    scores = json.loads((tmp_path / "out/scores.json").read_text("utf8"))["scores"]
    assert scores["ents_f"] == 1.0


@pytest.mark.parametrize("kind", sorted({"table", "codiesp", "jsonl"}))
def test_labels_of_texts_are_converted(tmp_path, model, kind):
    write = WRITERS[kind]
    result = run("convert", write(tmp_path), tmp_path, model)
    assert result.exit_code == 0
    docs = DocBin().from_disk(tmp_path / "all.spacy").get_docs(spacy.blank("en").vocab)
    assert any(doc.cats for doc in docs)


@pytest.mark.parametrize("kind", sorted(set(WRITERS) - {"brat"}))
def test_files_of_a_folder_are_read_one_after_the_other(tmp_path, nlp, kind):
    for name in ("a", "b/c"):
        (tmp_path / name).mkdir(parents=True)
    write = WRITERS[kind]
    n_alone = len(list(find_reader(write(tmp_path / "a"))(nlp)))
    if kind in ("codiesp", "funsd"):
        # Parts lie in one folder, side by side.
        (tmp_path / "a" / "other").symlink_to(write(tmp_path / "b"))
        assert len(list(find_reader(tmp_path / "a")(nlp))) == 2 * n_alone
        return
    write(tmp_path / "b/c")
    assert len(list(find_reader(tmp_path)(nlp))) == 2 * n_alone


def test_a_folder_of_several_kinds_is_refused(tmp_path):
    write_conll(tmp_path)
    write_table(tmp_path)
    with pytest.raises(ValueError, match=r"\[C420\].*It has: CoNLL .*; tables"):
        find_reader(tmp_path)


def test_lists_beside_brat_files_are_no_tables(tmp_path, nlp):
    write_brat(tmp_path)
    (tmp_path / "names.csv").write_text("name,id,source\na,1,x\n")
    [example] = find_reader(tmp_path)(nlp)
    assert [ent.label_ for ent in example.reference.ents] == ["Symptom"]


@pytest.mark.parametrize("name", ["train.txt", "train.tsv", "train", "train.dat"])
def test_conll_is_known_by_what_is_in_it(tmp_path, nlp, name):
    write_conll(tmp_path).rename(tmp_path / name)
    for path in (tmp_path / name, tmp_path):
        [example] = find_reader(path)(nlp)
        assert [ent.text for ent in example.reference.ents] == ["chest pain"]


def test_lines_of_json_are_known_by_the_first_record_that_has_labels(tmp_path, nlp):
    path = tmp_path / "a.jsonl"
    records = [{"text": TEXT}, {"text": TEXT, "entities": [[12, 22, "Symptom"]]}]
    path.write_text("\n" + "\n".join(map(json.dumps, records)))
    assert [len(eg.reference.ents) for eg in find_reader(path)(nlp)] == [0, 1]
    path.write_text("".join(json.dumps({"text": TEXT, "code": c}) + "\n" for c in "ab"))
    read = find_reader(path, label_column="code")
    assert [eg.reference.cats for eg in read(nlp)] == [
        {"a": 1.0, "b": 0.0},
        {"a": 0.0, "b": 1.0},
    ]


@pytest.mark.parametrize("name", ["a.pdf", "a.md", "a"])
@pytest.mark.parametrize("command", READS)
def test_what_is_no_corpus_is_refused(tmp_path, model, command, name):
    (tmp_path / name).write_bytes(b"%PDF-1.7 \x00\xff")
    for path in (tmp_path / name, tmp_path):
        result = run(command, path, tmp_path / "out", model)
        assert result.exit_code == 2
        assert "[C420]" in result.output
