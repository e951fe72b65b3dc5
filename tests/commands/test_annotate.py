import errno
import gzip
import json
import os
from multiprocessing import get_context
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import DocBin
from typer.testing import CliRunner

import spacy_clinical
import spacy_clinical.notes.read as reading
from spacy_clinical.cli import app
from spacy_clinical.files import atomic
from spacy_clinical.files.lock import FolderLock

NAME = "Zebulon Quarterstaff"
EXAMPLES = Path(__file__).parents[2] / "examples/notes"


@Language.component("test_cli_fails_on_bad")
def fail_on_bad(doc):
    if "bad" in doc.text:
        raise ValueError(doc.text)
    return doc


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A pipeline on disk that finds sections, sentences and the word "pain"."""
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "Sign_symptom", "pattern": [{"LOWER": "pain"}]}])
    path = tmp_path_factory.mktemp("model")
    nlp.to_disk(path)
    return path


@pytest.fixture
def annotate(model, tmp_path):
    """Run the command; hold what it printed, and whether it printed a note."""

    def run(*arguments, stdin=None, model=model):
        arguments = [
            *("annotate", *map(str, arguments)),
            *("--output", str(tmp_path / "out"), "--model", str(model)),
        ]
        result = CliRunner().invoke(app, arguments, input=stdin)
        assert NAME not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


def read_records(tmp_path):
    lines = (tmp_path / "out" / "notes.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_annotate_writes_a_record_for_each_note(annotate, tmp_path):
    result = annotate(EXAMPLES, "--html")
    assert result.exit_code == 0
    assert result.stderr == ""
    records = read_records(tmp_path)
    paths = sorted(EXAMPLES.glob("*.txt"))
    assert len(paths) >= 4
    assert [record["id"] for record in records] == [path.stem for path in paths]
    for path, record in zip(paths, records, strict=True):
        text = path.read_bytes().decode()
        assert record["text"] == text
        assert record["error"] is None
        end = 0
        for section in record["sections"]:
            assert not text[end : section["start"]].strip()
            end = section["end"]
        assert end == len(text)
        for entity in record["entities"]:
            assert text[entity["start"] : entity["end"]] == entity["text"]
    n_entities = sum(len(record["entities"]) for record in records)
    assert f"Notes     {len(paths)}\n" in result.stdout
    assert f"Entities  {n_entities}\n" in result.stdout
    assert (tmp_path / "out" / "index.html").exists()
    assert len(list((tmp_path / "out" / "pages").rglob("*.html"))) == len(paths)


ODD_NOTES = {
    "empty": b"",
    "blank": b" \n\t \r\n",
    "one_character": b"x",
    "controls": b"pain \x00\x07 \x1b[0m pain \x7f",
    "emoji": "pain \U0001f915 \U0001f469\u200d\u2695\ufe0f nai\u0308ve pain".encode(),
    "line_ends": b"HPI:\r\npain\r\n\r\nPE: pain\rno pain\n",
    "right_to_left": "\u05db\u05d0\u05d1 pain \u05d7\u05d6\u05e7 \u200f120/80".encode(),
    "marked_utf_8": b"\xef\xbb\xbfHPI: pain",
    "utf_16": "HPI: pain \u00b0C".encode("utf-16"),
    "long_line": b"x" * 100_000 + b" pain",
}


@pytest.mark.parametrize("n_process", [1, 2])
def test_annotate_keeps_odd_notes_as_they_are(annotate, tmp_path, n_process):
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, data in ODD_NOTES.items():
        (folder / f"{name}.txt").write_bytes(data)
    result = annotate(folder, "--html", "--n-process", n_process, "--batch-size", 3)
    assert result.exit_code == 0
    records = {record["id"]: record for record in read_records(tmp_path)}
    assert list(records) == sorted(ODD_NOTES)
    for name, data in ODD_NOTES.items():
        encoding = "utf-16" if name == "utf_16" else "utf-8-sig"
        assert records[name]["text"] == data.decode(encoding)
        for entity in records[name]["entities"]:
            text = records[name]["text"]
            assert text[entity["start"] : entity["end"]] == "pain"
    n_pains = {name: data.count(b"pain") for name, data in ODD_NOTES.items()}
    n_pains["utf_16"] = 1
    assert {name: len(r["entities"]) for name, r in records.items()} == n_pains


def test_annotate_takes_more_than_a_megabyte(annotate, tmp_path):
    """spaCy's own limit is a million characters."""
    path = tmp_path / "long.txt"
    path.write_text(f"HPI: chest pain.\n{'No fever today, ' * 650}\n\n" * 100)
    assert path.stat().st_size > 1_000_000
    assert annotate(path).exit_code == 0
    (record,) = read_records(tmp_path)
    assert len(record["entities"]) == 100
    assert record["sections"][-1]["end"] == path.stat().st_size


def test_annotate_reads_windows_1252_and_says_so(annotate, tmp_path):
    path = tmp_path / "old.txt"
    path.write_bytes(f"{NAME}, 38.5 \u00b0C \u2013 pain".encode("cp1252"))
    result = annotate(path)
    assert result.exit_code == 0
    assert result.stderr.startswith(f"[W301] '{path}'")
    assert read_records(tmp_path)[0]["text"] == f"{NAME}, 38.5 \u00b0C \u2013 pain"


def test_annotate_goes_on_after_broken_files(annotate, tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text(f"{NAME}: pain")
    (folder / "b.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00" + NAME.encode())
    (folder / "c.txt").write_bytes(gzip.compress(NAME.encode()))
    (folder / "d.txt").symlink_to(folder / "nowhere")
    (folder / "e.txt").write_bytes(NAME.encode() + b"\x00\xff\x81")
    (folder / "f.txt").write_text("pain")
    result = annotate(folder, "--html")
    assert result.exit_code == 1
    assert [record["id"] for record in read_records(tmp_path)] == ["a", "f"]
    lines = result.stderr.splitlines()
    assert [line[:6] for line in lines] == ["[C303]", "[C303]", "[C302]", "[C303]"]
    assert all(f"{name}.txt'" in line for name, line in zip("bcde", lines, strict=True))
    assert "Failed    4\n" in result.stdout
    assert "b.txt" in (tmp_path / "out" / "index.html").read_text()


def test_annotate_tells_of_files_it_may_not_read(annotate, tmp_path, monkeypatch):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text(NAME)
    (folder / "b.txt").write_text("pain")
    read = reading.read_regular

    # File modes would not keep root from reading.
    def read_or_refuse(path):
        if path.name == "a.txt":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return read(path)

    monkeypatch.setattr(reading, "read_regular", read_or_refuse)
    result = annotate(folder)
    assert result.exit_code == 1
    assert result.stderr == f"[C302] Can't read '{folder}/a.txt': Permission denied.\n"
    assert [record["id"] for record in read_records(tmp_path)] == ["b"]


def test_annotate_reads_tables(annotate, tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        json.dumps({"key": 1, "note": "pain", "ward": "4B"})
        + f'\n{{"note": "{NAME}"\n'
        + json.dumps({"key": 2, "note": NAME})
    )
    table = tmp_path / "table.csv"
    table.write_text(f'key,note\r\n1,"{NAME},\r\n""pain"""\r\n3,{"x" * 200_000}\r\n')
    other = tmp_path / "other.tsv"
    other.write_text(f"key\t{NAME}\n1\tpain\n")
    result = annotate(
        *(rows, table, other), "--text-column", "note", "--id-column", "key"
    )
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert [line[:6] for line in lines] == ["[C305]", "[C307]", "[W303]"]
    assert lines[2].startswith("[W303] 1 notes")
    records = read_records(tmp_path)
    found = [(record["id"], record["source"]) for record in records]
    assert found == [
        ("1", f"{rows}:1"),
        ("2", f"{rows}:3"),
        ("1", f"{table}:1"),
        ("3", f"{table}:2"),
    ]
    assert records[0]["meta"] == {"ward": "4B"}
    assert records[2]["text"] == f'{NAME},\r\n"pain"'


def test_annotate_reads_standard_input(annotate, tmp_path):
    result = annotate("-", stdin=f"HPI: {NAME} has pain \u2013\r\n".encode())
    assert result.exit_code == 0
    (record,) = read_records(tmp_path)
    assert (record["id"], record["source"]) == ("stdin", "-")
    assert record["text"] == f"HPI: {NAME} has pain \u2013\r\n"


@pytest.mark.parametrize("n_process", [1, 2])
def test_annotate_goes_on_after_a_note_that_fails(annotate, tmp_path, n_process):
    nlp = spacy.blank("en")
    nlp.add_pipe("test_cli_fails_on_bad")
    nlp.add_pipe("clinical_section_splitter")
    nlp.to_disk(tmp_path / "failing")
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, text in (("a", "good"), ("b", f"HPI: bad {NAME}"), ("c", "good")):
        (folder / f"{name}.txt").write_text(text)
    result = annotate(
        folder, "--n-process", n_process, "--html", model=tmp_path / "failing"
    )
    assert result.exit_code == 1
    assert f"{folder}/b.txt: [C312] Component" in result.stderr
    records = read_records(tmp_path)
    assert [record["id"] for record in records] == ["a", "b", "c"]
    assert [record["error"] is None for record in records] == [True, False, True]
    assert records[1]["error"]["component"] == "test_cli_fails_on_bad"
    assert NAME not in str(records[1]["error"])
    assert records[1]["sections"][0]["label"] == "history_of_present_illness"


def test_annotate_leaves_text_out_if_asked(annotate, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(f"HPI: {NAME} has pain")
    annotate(path, "--no-text")
    content = (tmp_path / "out" / "notes.jsonl").read_text()
    assert not any(word in content for word in (NAME, "HPI", "pain"))
    assert json.loads(content)["entities"][0]["start"] == 30


def test_annotate_does_not_read_its_own_output(annotate, tmp_path):
    (tmp_path / "a.txt").write_text("pain")
    for _ in range(2):
        result = annotate(tmp_path, "--html")
        assert result.exit_code == 0
        assert [record["id"] for record in read_records(tmp_path)] == ["a"]
    leftovers = [p.name for p in (tmp_path / "out").iterdir()]
    assert sorted(leftovers) == ["index.html", "notes.jsonl", "pages"]


def test_annotate_shows_a_note_and_does_not_run_it(annotate, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("HPI: <script>alert('pain')</script><img src=x onerror=alert(1)>")
    annotate(path, "--html")
    [shown] = (tmp_path / "out" / "pages").rglob("note-00001.html")
    page = shown.read_text()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_annotate_refuses_paths_that_do_not_exist(annotate, tmp_path):
    (tmp_path / "a.txt").write_text("pain")
    result = annotate(tmp_path / "a.txt", tmp_path / "gone")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"[C301] No file or folder '{tmp_path}/gone'")
    assert not (tmp_path / "out").exists()


def test_annotate_refuses_an_unknown_pipeline(annotate):
    result = annotate(EXAMPLES, model="en_no_such_pipeline")
    assert result.exit_code == 2
    assert result.stderr.startswith("[C311] Unknown pipeline 'en_no_such_pipeline'")


def test_annotate_refuses_a_folder_that_is_no_pipeline(annotate, tmp_path):
    (tmp_path / "empty").mkdir()
    result = annotate(EXAMPLES, model=tmp_path / "empty")
    assert result.exit_code == 2
    assert result.stderr.startswith(
        f"[C314] Can't load the pipeline '{tmp_path}/empty'"
    )


def test_annotate_refuses_where_it_cannot_write(annotate, tmp_path):
    (tmp_path / "out").write_text("a file")
    result = annotate(EXAMPLES)
    assert result.exit_code == 2
    assert result.stderr.startswith("[C310] Can't write to the output folder")
    assert (tmp_path / "out").read_text() == "a file"


def test_annotate_refuses_no_processes(annotate):
    result = annotate(EXAMPLES, "--n-process", 0)
    assert result.exit_code == 2


def test_the_version_is_shown():
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout.strip() == spacy_clinical.__version__


def test_load_takes_a_name_or_a_folder(model):
    assert spacy_clinical.load(model).pipe_names == [
        "clinical_section_splitter",
        "clinical_sentencizer",
        "entity_ruler",
    ]
    nlp = spacy_clinical.load(str(model), exclude=["entity_ruler"])
    assert "entity_ruler" not in nlp.pipe_names


def test_model_path_knows_what_ships():
    with pytest.raises(FileNotFoundError, match=r"\[C311\] .*'en_nothing'"):
        spacy_clinical.model_path("en_nothing")
    for name in spacy_clinical.list_models():
        assert (spacy_clinical.model_path(name) / "meta.json").exists()


def list_output(tmp_path):
    return {path.name for path in (tmp_path / "out").iterdir()}


def has_text(tmp_path):
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    return any(NAME in path.read_text("utf8") for path in files)


def test_annotate_without_text_leaves_no_pages_of_an_earlier_run(annotate, tmp_path):
    (tmp_path / "a.txt").write_text(f"HPI: {NAME} has pain")
    assert annotate(tmp_path / "a.txt", "--html").exit_code == 0
    CliRunner().invoke(app, ["view", str(tmp_path / "out")])
    assert list_output(tmp_path) >= {"index.html", "pages", "view.html"}
    result = annotate(tmp_path / "a.txt", "--no-text")
    assert result.exit_code == 0
    assert "[W305]" in result.stderr
    assert list_output(tmp_path) == {"notes.jsonl"}
    assert not has_text(tmp_path)


def test_annotate_goes_not_beside_shards(annotate, tmp_path):
    (tmp_path / "a.txt").write_text(f"HPI: {NAME} has pain")
    assert annotate(tmp_path / "a.txt", "--shard-size", 2).exit_code == 0
    before = list_output(tmp_path)
    result = annotate(tmp_path / "a.txt", "--no-text")
    assert result.exit_code == 2
    assert result.stderr.startswith("[C340]")
    assert list_output(tmp_path) == before
    assert annotate(tmp_path / "a.txt", "--no-text", "--restart").exit_code == 0
    assert list_output(tmp_path) == {"notes.jsonl"}
    assert not has_text(tmp_path)


@pytest.mark.parametrize("options", [[], ["--shard-size", 2]])
def test_annotate_does_not_take_the_place_of_what_it_reads(annotate, tmp_path, options):
    (tmp_path / "out").mkdir()
    path = tmp_path / "out/notes.jsonl"
    path.write_text(json.dumps({"text": NAME}))
    result = annotate(path, *options)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"[C342] '{path}'")
    assert json.loads(path.read_text()) == {"text": NAME}


def test_annotate_keeps_out_of_another_runs_folder(annotate, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("pain")
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(FolderLock.__init__, "__kwdefaults__", {"patience": 0.1})
    with FolderLock(tmp_path / "out"):
        result = annotate(tmp_path / "a.txt")
        assert result.exit_code == 2
        assert result.stderr.startswith("[C339]")
        assert list_output(tmp_path) == {".lock"}
    assert annotate(tmp_path / "a.txt").exit_code == 0
    assert list_output(tmp_path) == {"notes.jsonl"}


def test_annotate_removes_what_a_killed_run_left(annotate, tmp_path):
    notes = tmp_path / "notes.jsonl"
    notes.write_text(json.dumps({"text": f"HPI: {NAME}"}) + "\n")

    def run_and_die():
        # When it has written records, and before they are in place.
        atomic._sync = lambda path: os._exit(9)
        annotate(notes, "--html")

    process = get_context("fork").Process(target=run_and_die)
    process.start()
    process.join()
    assert process.exitcode == 9
    assert has_text(tmp_path)
    assert annotate(notes, "--no-text").exit_code == 0
    assert list_output(tmp_path) == {"notes.jsonl"}
    assert not has_text(tmp_path)


@pytest.fixture
def linking(tmp_path, heart_vocabulary):
    """A pipeline on disk that links what it finds to concepts."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    names = ("cardiac failure", "breast and ovarian cancer", "zyxxoplugh")
    ruler.add_patterns([{"label": "Disease_disorder", "pattern": n} for n in names])
    nlp.add_pipe("clinical_linker", config={"vocabularies": [str(heart_vocabulary)]})
    nlp.to_disk(tmp_path / "linking")
    return tmp_path / "linking"


def test_concepts_go_into_every_output(annotate, linking, tmp_path):
    text = "Has cardiac failure, breast and ovarian cancer, zyxxoplugh."
    (tmp_path / "a.txt").write_text(text, encoding="utf8")
    link = ("--link", "heart=https://example.org/{code}")
    result = annotate(tmp_path / "a.txt", "--html", *link, model=linking)
    assert result.exit_code == 0, result.output
    out = tmp_path / "out"
    [line] = (out / "notes.jsonl").read_text("utf8").splitlines()
    entities = json.loads(line)["entities"]
    assert [row["kb_id"] for row in entities] == ["T:1", "T:3", ""]
    assert entities[0]["concept"]["xrefs"]["ICD10CM"] == ["I50.9"]
    [page] = (out / "pages").rglob("*.html")
    assert 'href="https://example.org/T%3A1"' in page.read_text("utf8")
    found = {}
    for kind in ("fhir", "omop", "brat", "csv", "parquet", "docbin"):
        path = tmp_path / kind
        args = ["export", str(out), "-f", kind, "-o", str(path)]
        made = CliRunner().invoke(app, args)
        assert made.exit_code == 0, made.output
        files = [path] if path.is_file() else sorted(path.rglob("*.*"))
        found[kind] = b"".join(file.read_bytes() for file in files)
    assert b"http://hl7.org/fhir/sid/icd-10-cm" in found["fhir"]
    assert b"N1\tReference T1 T:1\theart failure" in found["brat"]
    assert b"heart failure" in found["csv"]
    docs = list(DocBin().from_bytes(found["docbin"]).get_docs(spacy.blank("en").vocab))
    assert [ent.kb_id_ for ent in docs[0].ents] == ["T:1", "T:3", ""]
    assert docs[0].ents[1]._.concept["parts"][1]["id"] == "T:4"


def test_a_link_that_runs_code_is_refused(annotate, tmp_path):
    (tmp_path / "a.txt").write_text("pain", encoding="utf8")
    result = annotate(tmp_path / "a.txt", "--link", "MESH=javascript:alert({code})")
    assert result.exit_code == 2
    assert "[C930]" in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("n_process", [1, 2])
def test_annotate_adds_and_enables_components(annotate, tmp_path, n_process):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_deidentifier")
    nlp.disable_pipe("clinical_deidentifier")
    nlp.to_disk(tmp_path / "model")
    (tmp_path / "a.txt").write_text("PMH: HTN\nDr. Smith called on 3/14/2021")
    added = ["clinical_abbreviations", "clinical_deidentifier"]
    result = annotate(
        tmp_path / "a.txt",
        *(part for name in added for part in ("--add", name)),
        *("--n-process", n_process),
        model=tmp_path / "model",
    )
    assert result.exit_code == 0, result.output
    (line,) = (tmp_path / "out" / "notes.jsonl").read_text().splitlines()
    assert {*added} <= {*json.loads(line)["provenance"]}


def test_annotate_refuses_components_that_there_are_not(annotate, tmp_path):
    (tmp_path / "a.txt").write_text("pain")
    result = annotate(tmp_path / "a.txt", "--add", "clinical_magic")
    assert result.exit_code == 2
    assert "[C364]" in result.output
    assert "clinical_linker" in result.output
