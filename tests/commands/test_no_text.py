"""With --no-text, nothing that is made of a note's words is in any output."""

import csv
import json
import re
import string

import pyarrow.parquet as pq
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Span
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.export.formats import FORMATS, NEED_TEXT
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.extensions.assertion_attributes import set_assertion
from spacy_clinical.extensions.concept_attributes import Linked, set_concepts
from spacy_clinical.types import Note

# Places that a word can have in a note; "{}" is the word.
PLACES = (
    "# {}: treated.",
    "## {} infection\n\nStable.",
    "{}:\nBody.",
    "**{}**\nBody with pain.",
    "- {}: pain\n- {} again",
    "1. {}\n2. more",
    "HPI: {} has pain.",
    "PLAN:\n# {} infection: treat.\n# Second {}: pain",
    "HOSPITAL COURSE BY PROBLEM:\n{}: pain {} better.",
    "ASSESSMENT AND PLAN:\n#1 {}\npain\n#2 HTN",
    "ALLERGIES: {}\nMEDICATIONS: {} 81 mg",
    "Name: {}\nMRN: {}",
    "| {} | pain |\n| --- | --- |\n| 1 | {} |",
    "\x00{}\x1f:\n\x85{}\u2028pain",
    "HPI: bad {}",
    "Owned: {} pain",
)
PREFIX = "zq"
WORDS = st.text(string.ascii_lowercase, min_size=6, max_size=12).map(PREFIX.__add__)
ROWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(PLACES), min_size=1, max_size=4).map("\n\n".join),
        WORDS.flatmap(lambda w: st.sampled_from([w, w.upper(), w.title(), f"{w}é"])),
    ),
    min_size=3,
    max_size=8,
)


@Language.component("test_no_text_codes")
def add_codes(doc):
    if "bad" in doc.text:
        raise ValueError(doc.text)
    places = [
        {"section": span.label_, "start": span.start_char, "end": span.end_char}
        for key in ("sections", "subsections")
        for span in doc.spans[key]
    ]
    evidence = [{**place, "score": 0.5} for place in places]
    # As a user's component may: the note's words under keys of its own, and ours.
    words = doc.text.split()
    facts = {"note": doc.text, "checkpoint": words[0], "own_labels": words, "pieces": 1}
    facts["vocabularies"] = [{"name": words[0], "version": words[0]}, *words]
    for attribute in ("clinical_provenance", "clinical_pieces"):
        known = doc._.get(attribute) or {}
        more = {"mine": facts, words[-1]: facts, "spacy": doc.text, "deep": [words]}
        doc._.set(attribute, {**known, **more})
    doc._.icd9 = [{**CODE, "score": 0.5, "evidence": evidence}]
    # Cues that users add may be words of a note, as labels of sections are.
    for ent in doc.ents:
        place = {"start": ent.start_char, "end": ent.end_char, "category": "negated"}
        cue = {**place, "direction": words[0], "rule": words[-1]}
        set_assertion(ent, {"is_negated": 1.0}, cues=[cue], section=ent._.section)
    # So are the concepts of others, whatever vocabulary they name.
    concept = {"id": words[-1], "name": doc.text, "vocabulary": words[0]}
    concept |= {"types": words, "xrefs": {words[0]: words}, "how": words[-1]}
    set_concepts(
        doc,
        [
            Linked(
                ent.start_char, ent.end_char, ent.label_, [(words[-1], 1.0)], concept
            )
            for ent in doc.ents
        ],
    )
    return doc


CODE = {
    "code": "486",
    "label": "486",
    "title": "Pneumonia",
    "chapter": "Respiratory",
    "chapter_codes": "460-519",
    "ccs": [],
    "icd10": [],
}


@pytest.fixture(scope="module")
def nlp():
    """A pipeline that takes planted words for entities, and fails on bad notes."""
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter", config={"titles": {"mine": ["Owned"]}})
    nlp.add_pipe("clinical_sentencizer")
    ruler = nlp.add_pipe("entity_ruler")
    words = {"LOWER": {"REGEX": f"^({PREFIX}|pain)"}}
    ruler.add_patterns([{"label": "Disease_disorder", "pattern": [words]}])
    nlp.add_pipe("test_no_text_codes")
    return nlp


@pytest.fixture(scope="module")
def run(nlp):
    """Run a command in this process, with that pipeline."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spacy_clinical.commands.annotate.load_pipeline", lambda *_: nlp)

        def invoke(command, *args):
            result = CliRunner().invoke(app, [command, *map(str, args)])
            assert result.exit_code in (0, 1), result.output
            return result.output

        yield invoke


def read_all(path):
    """What a file, or all files of a folder, hold, with and without JSON's escapes."""
    if path.is_dir():
        return "\n".join(map(read_all, sorted(path.iterdir())))
    if path.suffix == ".parquet":
        return json.dumps(pq.read_table(path).to_pylist()).lower()
    content = path.read_text("utf8", errors="replace").lower()
    return content + re.sub(r"\\u([0-9a-f]{4})", unescape, content)


def unescape(match):
    return chr(int(match[1], 16))


def write_notes(folder, rows):
    """Write notes as files, a table and lines; words are also keys, columns, values."""
    folder.mkdir()
    with (
        (folder / "t.csv").open("w", encoding="utf8", newline="") as table,
        (folder / "l.jsonl").open("w", encoding="utf8") as lines,
    ):
        writer = csv.writer(table)
        writer.writerow(["id", "text", "ward", *(word for _, word in rows)])
        for i, (place, word) in enumerate(rows):
            text = place.replace("{}", word)
            (folder / f"{i}.txt").write_bytes(text.encode("utf8"))
            writer.writerow([f"r{i}", text, word, *[word] * len(rows)])
            meta = {"patient_id": word, word: 1, "deep": [{word: [word]}]}
            lines.write(json.dumps({"id": f"l{i}", "text": text, **meta}) + "\n")


def run_all(run, folder, *options):
    """Annotate in one go and in shards, show the notes, and export them."""
    said = []
    for name, more in (("plain", ()), ("shards", ("--shard-size", 2))):
        out = folder / name
        said.append(run("annotate", folder / "in", "-o", out, *more, *options))
        said.append(run("view", out, "-o", folder / f"{name}.html"))
        for kind in sorted(set(FORMATS) - set(NEED_TEXT)):
            path = folder / f"{name}.{kind}"
            said.append(run("export", out, "-o", path, "-f", kind))
    return "\n".join(said).lower()


@settings(max_examples=3, deadline=None, derandomize=True)
@given(rows=ROWS)
def test_no_word_of_a_note_is_in_any_output(run, tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("run")
    write_notes(folder / "in", rows)
    said = run_all(run, folder, "--no-text")
    written = "".join(read_all(path) for path in folder.iterdir() if path.name != "in")
    for _, word in rows:
        assert word.lower() not in written
        assert word.lower() not in said
        assert word[:6].lower() not in written


def test_with_text_each_word_is_there(run, tmp_path):
    """So the test above can fail."""
    rows = [(place, f"{PREFIX}word{chr(97 + i)}") for i, place in enumerate(PLACES)]
    write_notes(tmp_path / "in", rows)
    said = run_all(run, tmp_path)
    for name in ("plain", "shards"):
        lines = read_all(tmp_path / name)
        page = read_all(tmp_path / f"{name}.html")
        table = read_all(tmp_path / f"{name}.parquet")
        for _, word in rows:
            assert word in lines
            assert word in page
            assert word in table
    assert PREFIX not in said
    # Exports leave it out themselves.
    for kind in sorted(set(FORMATS) - set(NEED_TEXT)):
        path = tmp_path / f"bare.{kind}"
        run("export", tmp_path / "plain", "-o", path, "-f", kind, "--no-text")
        assert PREFIX not in read_all(path)


def test_labels_of_unknown_titles_are_neutral_everywhere(nlp):
    text = "PLAN:\n# HIV infection: treat pain.\n\nOwned: pain\n\nMEDICATIONS: aspirin"
    note = Note("a", text, {"ward": "HIV"}, "a.txt")
    with nlp.select_pipes(disable=["test_no_text_codes"]):
        doc = nlp(text)
    add_codes(doc)
    record = make_record(note, doc)
    assert "hiv_infection" in [row["label"] for row in record["subsections"]]
    bare = without_text(record)
    assert [row["label"] for row in bare["subsections"]] == ["other"]
    # Those of the vocabulary and of the user's own titles stay.
    labels = [row["label"] for row in bare["sections"]]
    assert labels == ["plan", "mine", "medications"]
    assert [row["section"] for row in bare["entities"]] == ["plan", "mine"]
    evidence = [place["section"] for place in bare["codes"][0]["evidence"]]
    assert evidence == ["plan", "mine", "medications", "other"]
    assert bare["meta"] == {}
    assert (bare["id"], bare["source"], bare["n_chars"]) == ("a", "a.txt", len(text))
    assert "hiv" not in format_line(bare).lower()
    assert record["subsections"][0]["label"] == "hiv_infection"


def test_facts_of_the_package_s_own_components_stay():
    made = {
        "spacy_clinical": "0.1.0",
        "splitter": {"rules": "0a" * 32, "rules_version": "1", "own_labels": ["mine"]},
        "forms": {"rules": "form_extractor", "rules_version": "2"},
        "ner": {
            "checkpoint": "org/name-1.0",
            "revision": "ab12cd3",
            "weights_sha256": "f0" * 32,
            "precision": "bf16",
            "processor": "Intel(R) Xeon(R) CPU @ 2.00GHz, amx_bf16",
        },
        "reader": {"source_format": "html"},
        "linker": {
            "checkpoint": "org/name-1.0",
            "weights_sha256": "f0" * 32,
            "vocabularies": [
                {"name": "mesh", "version": "2025, as of x 1.2", "sha256": "0a" * 32}
            ],
        },
    }
    pieces = {"ner": {"pieces": 5, "windows": 1, "not_seen": 0}}
    record = {"provenance": made, "pieces": pieces}
    assert without_text(record) == record
    for name, facts in made.items():
        if name != "spacy_clinical":
            facts["note"] = "Zebulon"
    made |= {"mine": {"checkpoint": "Zebulon"}, "spacy_clinical": "Zebulon", "x": "y"}
    made["ner"]["processor"] = "Zebulon\n"
    pieces |= {"Zebulon": {"pieces": 1}, "mine": {"pieces": "Zebulon"}}
    bare = without_text(record)
    assert "Zebulon" not in str(bare)
    assert set(bare["provenance"]) == {
        *("splitter", "forms", "ner", "reader", "linker")
    }


def test_labels_that_another_component_made_of_words_are_neutral():
    nlp = spacy.blank("en")
    doc = nlp("Zebulon has pain")
    doc.spans["sections"] = [Span(doc, 0, 3, label="zebulon", kb_id="zebulon")]
    doc.ents = [Span(doc, 2, 3, label="Sign_symptom")]
    doc._.clinical_error = {
        "component": "x",
        "code": "",
        "type": "ValueError",
        "message": "zebulon",
    }
    bare = without_text(make_record(Note("a", doc.text, {}, "a.txt"), doc))
    assert "zebulon" not in format_line(bare)
    assert bare["entities"][0]["section"] == "other"


def test_columns_that_are_named_stay_in_bundles(run, tmp_path):
    write_notes(tmp_path / "in", [("HPI: pain {}", "zqworda")])
    run("annotate", tmp_path / "in" / "l.jsonl", "-o", tmp_path / "out")
    for options, is_there in (((), False), (("--subject", "patient_id"), True)):
        path = tmp_path / f"{is_there}.jsonl"
        options = ("-f", "fhir", "--no-text", *options)
        run("export", tmp_path / "out", "-o", path, *options)
        assert ("Patient/zqworda" in path.read_text("utf8")) is is_there


def test_pages_go_without_no_text(nlp, tmp_path):
    (tmp_path / "a.txt").write_text("HPI: pain")
    args = ["annotate", str(tmp_path / "a.txt"), "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*args, "--html", "--no-text"])
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_what_earlier_runs_left_with_text_is_named(tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("HPI: zqname has pain.", encoding="utf8")
    out, runner = tmp_path / "out", CliRunner()
    for command in (
        ["annotate", str(note), "-o", str(out)],
        ["view", str(out), "-o", str(out / "all.html")],
        ["export", str(out), "--format", "fhir", "-o", str(out / "fhir.jsonl")],
        ["export", str(out), "--format", "brat", "-o", str(out / "brat")],
    ):
        assert runner.invoke(app, command).exit_code == 0
    (out / "mine.txt").write_text("zqname", encoding="utf8")
    found = runner.invoke(app, ["annotate", str(note), "-o", str(out), "--no-text"])
    assert found.exit_code == 0
    assert "[W308]" in found.stderr
    assert all(name in found.stderr for name in ("all.html", "fhir.jsonl", "brat"))
    assert "mine.txt" not in found.stderr
    assert "zqname" not in found.output
