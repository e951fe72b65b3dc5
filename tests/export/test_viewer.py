"""What is in the page of `spacy-clinical view`, and the command that writes it."""

import base64
import hashlib
import html
import json
import re
import stat
from importlib.resources import files

import pytest
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.commands.view import name_runs
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.records import without_text
from spacy_clinical.export.viewer import SCRIPTS, Run, make_view
from tests.conftest import NOTES
from tests.export.test_html import make_long
from tests.export.viewer_records import (
    ATTACK,
    CODES,
    FOUND,
    TEXT,
    make_page,
    make_record,
)


def get_data(page):
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    return json.loads(found[1])


def test_a_page_loads_nothing_and_runs_only_its_own_script():
    page = make_page([make_record(text=f"HPI:\n{ATTACK}")])
    policy = html.unescape(re.search(r'Security-Policy" content="([^"]*)"', page)[1])
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == "'none'"
    for tag, key in (("style", "style-src"), ("script", "script-src")):
        [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.S)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert parts[key] == f"'sha256-{digest}'"
    assert page.count("<script") == page.count("</script") == 2
    without_data = re.sub(r'<script type="application/json".*?</script>', "", page)
    # The name of a namespace, which browsers know and don't load.
    shown = without_data.replace('"http://www.w3.org/2000/svg"', "")
    assert not re.search(r"(?:src|href)=|https?:|@import|url\(", shown)


def test_scripts_make_no_html_of_text():
    folder = files("spacy_clinical") / "resources"
    for name in SCRIPTS:
        script = (folder / f"viewer_{name}.js").read_text("utf8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(",
            script,
        )


@pytest.mark.parametrize("text", [*NOTES, ATTACK, "\x85\ud83e lone", "שלום \u202e"])
def test_a_text_survives_in_the_data(text):
    page = make_page([make_record(text, text)])
    page = page.encode("utf8", "backslashreplace").decode("utf8")
    [note] = get_data(page)["notes"]
    assert note["id"] == text
    assert note["texts"] == [text]


def test_rows_keep_what_was_found():
    data = get_data(make_page([make_record(found=FOUND, codes=CODES)]))
    [row] = data["notes"][0]["runs"]
    start = TEXT.index("cough")
    kind, *place, score, section, runs = row["e"][2]
    assert data["types"][kind] == ["Sign_symptom", "Findings"]
    assert place == [start, start + 5]
    assert (score, runs) == (0.3, 0)
    assert data["sections"][section] == ["history_of_present_illness", "10164-2"]
    [[code, score, evidence, runs]] = row["c"]
    assert data["codes"][code] == ["780", "General symptoms", "Symptoms", "R50"]
    assert [TEXT[a:b] for _, a, b, _ in evidence] == list(CODES[0][2:])


def test_runs_are_compared_by_type_and_place():
    other = [FOUND[0], ("fever", "Disease_disorder", 0.7), *FOUND[2:]]
    one = make_record(found=FOUND, codes=CODES)
    two = make_record(found=other)
    view = make_view([Run("a", [one]), Run("b", [two])])
    [note] = view.notes
    # The fever of each run, and the code of one.
    assert note["diff"] == 3
    assert [ent[-1] for ent in note["runs"][0]["e"]] == [0, 1, 0, 0]
    assert [ent[-1] for ent in note["runs"][1]["e"]] == [0, 2, 0, 0]
    assert note["runs"][0]["c"][0][-1] == 1
    assert note["texts"] == [TEXT]
    assert view.n_different == 1


def test_only_runs_that_had_the_text_are_compared():
    one = make_record(found=FOUND)
    failed = make_record()
    failed["error"] = {"message": "[C105] failed", "code": "C105"}
    changed = make_record(text=f"x{TEXT}", found=FOUND)
    for other in (failed, changed):
        [note] = make_view([Run("a", [one]), Run("b", [other])]).notes
        assert note["diff"] == 0
    three = make_view([Run("a", [failed]), Run("b", [one]), Run("c", [make_record()])])
    assert [ent[-1] for ent in three.notes[0]["runs"][1]["e"]] == [2, 2, 2, 2]
    assert three.n_failed == 1


def test_a_run_without_text_is_compared_by_offsets():
    one, two = make_record(found=FOUND), without_text(make_record(found=FOUND[:2]))
    [note] = make_view([Run("a", [one]), Run("b", [two])]).notes
    assert note["diff"] == 2
    assert note["runs"][1]["t"] == -1


def test_notes_are_matched_by_id_and_number():
    first = [make_record(name) for name in ("a", "b", "b")]
    second = [make_record(name) for name in ("b", "c", "a")]
    notes = make_view([Run("x", first), Run("y", second)]).notes
    found = [(n["id"], *(row is not None for row in n["runs"])) for n in notes]
    assert found == [
        ("a", True, True),
        ("b", True, True),
        ("b", True, False),
        ("c", False, True),
    ]
    limited = make_view([Run("x", first), Run("y", second)], limit=1).notes
    assert [(n["id"], all(n["runs"])) for n in limited] == [("a", True)]


def test_scores_that_are_no_numbers_are_left_out():
    page = make_page([make_record(found=[("Pain", "Sign_symptom", float("nan"))])])
    assert "NaN" not in page.split("<script>")[0]
    assert get_data(page)["notes"][0]["runs"][0]["e"][0][3] is None


@pytest.mark.parametrize(
    "change", [{"entities": [{"label": "x"}]}, {"text": 3}, {"sections": [7]}]
)
def test_what_is_no_record_is_told_without_its_text(change):
    record = {**make_record(), **change}
    with pytest.raises(ValueError, match=r"\[C318\] Record 2 of 'x'") as error:
        make_page([make_record(), record])
    assert "fever" not in str(error.value)


def run_view(*arguments):
    result = CliRunner().invoke(app, ["view", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "fever" not in result.output
    return result


def write_run(folder, *records, name="notes.jsonl"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(map(format_line, records)), "utf8")
    return path


def test_view_writes_a_page_that_only_its_owner_reads(tmp_path):
    path = write_run(tmp_path / "a", make_record(found=FOUND))
    result = run_view(path)
    assert result.exit_code == 0, result.output
    page = tmp_path / "a" / "view.html"
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert get_data(page.read_text("utf8"))["runs"] == ["a"]


def test_view_links_concepts_where_that_is_asked_for(tmp_path):
    record = make_record(found=FOUND)
    concept = {"id": "HP:0001945", "name": "Fever", "vocabulary": "hpo"}
    record["entities"][1] |= {"kb_id": concept["id"], "concept": concept}
    path = write_run(tmp_path / "a", record)
    page = tmp_path / "a" / "view.html"
    for options, url in (
        ((), ""),
        (("--link", "HP"), "https://hpo.jax.org/browse/term/HP:0001945"),
        (("--link", "HP=https://x.org/{code}"), "https://x.org/0001945"),
    ):
        assert run_view(path, *options).exit_code == 0
        data = get_data(page.read_text("utf8"))
        assert data["concepts"] == [["HP:0001945", "Fever", url]]
    refused = run_view(path, "--link", "HP=javascript:alert(1)/{code}")
    assert refused.exit_code == 2
    assert "C930" in refused.output


def test_view_grows_with_its_records(tmp_path):
    sizes = [len(make_page([make_long(n)])) for n in (100, 200, 400)]
    assert sizes[2] - sizes[1] <= 2.2 * (sizes[1] - sizes[0])


def test_view_reads_folders_and_shards_and_takes_some(tmp_path):
    write_run(tmp_path / "a", make_record("1"), name="shards/part-00000.jsonl")
    write_run(tmp_path / "a", make_record("2"), name="shards/part-00001.jsonl")
    write_run(tmp_path / "b", make_record("2"), make_record("1"))
    page = tmp_path / "new" / "page.html"
    result = run_view(tmp_path / "a", tmp_path / "b", "-o", page, "--limit", 1)
    assert result.exit_code == 0, result.output
    assert "Different  0" in result.output
    data = get_data(page.read_text("utf8"))
    assert data["runs"] == ["a", "b"]
    assert [(note["id"], all(note["runs"])) for note in data["notes"]] == [("1", True)]


def test_view_does_not_write_over_its_records(tmp_path):
    path = write_run(tmp_path, make_record())
    before = path.read_bytes()
    result = run_view(path, "-o", tmp_path / "x" / ".." / "notes.jsonl")
    assert result.exit_code == 2
    assert "[C321]" in result.output
    assert path.read_bytes() == before


def test_view_says_what_it_can_not_do(tmp_path):
    assert "[C301]" in run_view(tmp_path / "none").output
    assert "[C320]" in run_view(tmp_path).output
    broken = tmp_path / "broken.jsonl"
    broken.write_text("fever\n")
    result = run_view(broken)
    assert (result.exit_code, "[C318]" in result.output) == (2, True)
    path = write_run(tmp_path, make_record())
    result = run_view(path, "-o", path / "view.html")
    assert (result.exit_code, "[C310]" in result.output) == (2, True)
    assert run_view(*[path] * 9).exit_code == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["broken.jsonl", "notes.jsonl"]


def test_a_page_has_an_end(monkeypatch):
    monkeypatch.setattr("spacy_clinical.export.viewer.MAX_NOTES", 2)
    records = [make_record(name) for name in ("a", "b", "c")]
    assert len(make_view([Run("x", records)], limit=2).notes) == 2
    with pytest.raises(ValueError, match=r"\[C322\] There are more than 2 notes"):
        make_view([Run("x", records)])


def test_runs_are_named_apart(tmp_path):
    paths = [tmp_path / "a/notes.jsonl", tmp_path / "b/a", tmp_path / "c/big.jsonl"]
    (tmp_path / "b/a").mkdir(parents=True)
    assert name_runs(paths) == ["a", "a (2)", "big"]
