"""The one command over all benchmarks: on invented notes, with few rounds and no peers."""

import csv
import io
import json
import runpy
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from spacy_clinical.encoders.runtime import Runtime

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import components  # noqa: E402
import length  # noqa: E402
import make_peers  # noqa: E402
import plots  # noqa: E402
import results  # noqa: E402
import run  # noqa: E402
from machine import read_machine  # noqa: E402
from reports import (  # noqa: E402
    MIB,
    SHARE,
    TIMES,
    Row,
    compare_speed,
    is_ours,
    make_row,
    read_rows,
    write_report,
)

NOTE = """CHIEF COMPLAINT

Chest pain.

MEDICATIONS

Aspirin 81 mg daily.

ASSESSMENT AND PLAN

The patient denies fever. Rest.
"""
TEXT = "A man came with chest pain.\nHe denied fever.\nHe took aspirin.\n"
ANN = "T1\tSign_symptom 16 26\tchest pain\nT2\tMedication 53 60\taspirin\n"
ROWS = [
    *compare_speed(
        "Tagging",
        {
            "transformers": [4.0, 4.4, 4.2],
            "spacy_clinical, fp32": [2.0, 2.0, 2.1],
            "spacy_clinical, bf16": [8.0, 1.1, 1.0],
        },
        dict.fromkeys(("transformers", "spacy_clinical, fp32"), 100)
        | {"spacy_clinical, bf16": 100},
        "words/s",
    ),
    make_row("Tagging", "spacy_clinical", "F1", SHARE, [0.5, 0.61, 0.7]),
    make_row("Tagging", "spaCy", "F1", SHARE, [0.508]),
    make_row("Tagging", "transformers", "peak memory", MIB, [2048]),
]


@pytest.fixture
def data(tmp_path) -> Path:
    """Corpora of the right shape, all invented."""
    for name in ("train", "valid", "clinicalnlp_taskB_test1"):
        path = tmp_path / f"data/aci_bench/{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf8") as file:
            csv.writer(file).writerows([["note"], *[[NOTE]] * 4])
    for part in ("train", "dev"):
        folder = tmp_path / "data/maccrobat2020" / part
        folder.mkdir(parents=True)
        (folder / "1.txt").write_text(TEXT, encoding="utf8")
        (folder / "1.ann").write_text(ANN, encoding="utf8")
    return tmp_path / "data"


def run_here(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["run.py", *map(str, arguments)])
    return run.main()


def start(*arguments):
    command = [sys.executable, str(BENCHMARKS / "run.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def in_this_process(monkeypatch):
    """Run scripts without a new process, whose imports take longer than what is quick.

    Other tests start those of `run.py` as they are.
    """
    start = subprocess.run

    def run_script(command, **options):
        if command[0] != sys.executable:
            return start(command, **options)
        script, *arguments = map(str, command[1:])
        stdout = options["stdout"]
        out = io.StringIO() if stdout == subprocess.PIPE else stdout
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out):
            patch.setattr(sys, "argv", [script, *arguments])
            runpy.run_path(script, run_name="__main__")
        printed = out.getvalue() if out is not stdout else None
        return subprocess.CompletedProcess(command, 0, printed)

    # What a script puts in its place.
    monkeypatch.setattr(Runtime, "predict", Runtime.predict)
    monkeypatch.setattr(subprocess, "run", run_script)


@pytest.mark.usefixtures("in_this_process")
def test_one_command_writes_tables_and_plots(data, tmp_path, monkeypatch, capsys):
    out, peers = tmp_path / "out", tmp_path / "peers"
    options = ["--quick", "--data", data, "--output", out, "--peers", peers]
    status = run_here(monkeypatch, *options, "--only", "sections,tokenization")
    printed = capsys.readouterr().err
    assert status == 0, printed[-2000:]
    assert "[2/2] tokenization: done" in printed
    found = json.loads((out / "results.json").read_text("utf8"))
    assert found["size"] == "quick"
    sections = found["benchmarks"]["sections"]
    assert sections["status"] == "done"
    assert sections["left_out"] == {
        "medspaCy": "no environment 'medspacy' (see make_peers.py)"
    }
    rows = {(r["task"], r["system"], r["unit"]): r for r in sections["summary"]}
    assert rows["Sections", "spacy_clinical", "share"]["median"] == 1.0
    rate = rows["Sections", "spacy_clinical, component", "words/s"]
    assert 0 < rate["min"] <= rate["median"] <= rate["max"]
    assert sections["machine"]["cores"] >= 1
    assert len(sections["machine"]["load_before"]) == 3
    assert len(sections["machine"]["load_after"]) == 3

    tokens = read_rows(found["benchmarks"]["tokenization"])
    ratios = [row for row in tokens if row.unit == TIMES]
    assert {(row.task, row.baseline) for row in ratios} == {
        ("Tokens", "spaCy"),
        ("Sentences", "spaCy"),
    }
    text = (out / "results.md").read_text("utf8")
    assert "its numbers mean nothing" in text
    assert "no environment 'scispacy'" in text
    assert "![speed](speed.svg)" in text
    assert "| ACI-BENCH | splitter | headers |" in text
    assert str(tmp_path) not in text
    svg = (out / "speed.svg").read_text("utf8")
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    for name in ("speed", "quality"):
        with Image.open(out / f"{name}.png") as image:
            assert image.width == 1600
    assert not (out / "memory.svg").exists()


@pytest.fixture
def scripts(tmp_path, monkeypatch) -> Path:
    """Three benchmarks in place of the real ones: one raises, one writes nothing."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    head = f"import sys\nsys.path.insert(0, {str(BENCHMARKS)!r})\n"
    well = head + (
        "import json\nfrom machine import read_machine\n"
        "from reports import make_row, write_report\nfrom pathlib import Path\n"
        "report = {'machine': read_machine(threads=1), 'arguments': sys.argv[1:-2]}\n"
        "rows = [make_row('T', 'spacy_clinical', 'F1', 'share', [0.25])]\n"
        "print('| own |')\nwrite_report(Path(sys.argv[-1]), report, rows)\n"
    )
    (folder / "well.py").write_text(well, encoding="utf8")
    (folder / "broken.py").write_text("raise KeyError('what | is it')", "utf8")
    (folder / "silent.py").write_text("", encoding="utf8")
    monkeypatch.setattr(run, "FOLDER", folder)
    peers = {"here": ("--peer {python}", "Here"), "gone": ("--gone {python}", "Gone")}
    need = run.Need("OCR", "nothing reads", lambda: False, "--no-ocr")
    sizes = dict.fromkeys(run.SIZES, "--rounds 1")
    benchmarks = (
        run.Benchmark("broken", "", sizes),
        run.Benchmark("silent", "", sizes),
        run.Benchmark("well", "--data {data}", sizes, peers, (need,)),
    )
    monkeypatch.setattr(run, "BENCHMARKS", benchmarks)
    return folder


def test_a_benchmark_that_fails_is_reported_and_others_run(
    scripts, tmp_path, monkeypatch, capsys
):
    data, out = tmp_path / "a folder", tmp_path / "out"
    data.mkdir()
    python = tmp_path / "peers/here/bin/python"
    python.parent.mkdir(parents=True)
    python.touch()
    options = ["--quick", "--data", data, "--output", out]
    options += ["--peers", tmp_path / "peers"]
    assert run_here(monkeypatch, *options) == 1
    found = json.loads((out / "results.json").read_text("utf8"))["benchmarks"]
    assert found["broken"]["status"] == "failed"
    assert "KeyError: 'what | is it' (exit status 1" in found["broken"]["reason"]
    assert "wrote no report" in found["silent"]["reason"]
    assert found["well"]["status"] == "done"
    assert found["well"]["left_out"] == {
        "Gone": "no environment 'gone' (see make_peers.py)",
        "OCR": "nothing reads",
    }
    path = out / "details/quick/well.json"
    arguments = json.loads(path.read_text("utf8"))["arguments"]
    wanted = ["--data", str(data), "--rounds", "1", "--peer", str(python), "--no-ocr"]
    assert arguments == wanted
    text = (out / "results.md").read_text("utf8")
    assert "| broken | **failed**: KeyError: 'what \\| is it'" in text
    assert "| spacy_clinical | 0.250 |" in text
    assert "| own |" in text
    assert "[3/3] well: done" in capsys.readouterr().err
    assert (out / "quality.svg").is_file()
    assert not (out / "speed.svg").is_file()


def test_results_of_before_are_kept_on_demand(scripts, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    options = ["--quick", "--data", tmp_path, "--output", out, "--only", "well"]
    assert run_here(monkeypatch, *options) == 0
    (scripts / "well.py").write_text("raise KeyError", encoding="utf8")
    assert run_here(monkeypatch, *options, "--keep") == 0
    assert "[1/1] well: kept from before" in capsys.readouterr().err
    assert "0.250" in (out / "results.md").read_text("utf8")
    # Another size has nothing to keep.
    assert run_here(monkeypatch, *options[1:], "--keep") == 1


def test_without_matplotlib_there_are_tables(scripts, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run, "find_spec", lambda name: None)
    options = ["--data", tmp_path, "--output", tmp_path / "out", "--only", "well"]
    assert run_here(monkeypatch, *options) == 0
    assert "matplotlib is not installed" in capsys.readouterr().err
    text = (tmp_path / "out/results.md").read_text("utf8")
    assert "0.250" in text
    assert "svg" not in text


def test_wrong_use(data, tmp_path):
    done = start("--data", data, "--only", "sections,tokens")
    assert done.returncode == 2
    assert "no such benchmark: tokens" in done.stderr
    assert start("--data", tmp_path / "nowhere").returncode == 2


def test_ratios_are_taken_within_each_round():
    ratios = [row for row in ROWS if row.unit == TIMES]
    assert [(row.system, row.baseline) for row in ratios] == [
        ("spacy_clinical, fp32", "transformers"),
        ("spacy_clinical, bf16", "transformers"),
    ]
    fp32, bf16 = ratios
    assert (fp32.min, fp32.median, fp32.max) == (2.0, 2.0, 2.2)
    # Of the medians' ratio it would be 3.8.
    assert (bf16.min, bf16.median, bf16.max) == (0.5, 4.0, 4.2)
    assert ROWS[0].unit == "words/s"
    assert ROWS[0].median == pytest.approx(100 / 4.2)


def test_systems_of_ours_are_told_by_name():
    assert is_ours("spacy_clinical")
    assert is_ours("spacy_clinical, bf16")
    assert not is_ours("spacy_clinical's rules")


def test_reports_come_back_with_their_rows(tmp_path):
    path = tmp_path / "a.json"
    write_report(path, {"machine": read_machine(threads=1), "own": 1}, ROWS)
    report = json.loads(path.read_text("utf8"))
    assert read_rows(report) == ROWS
    assert report["own"] == 1
    machine = report["machine"]
    assert machine["threads"] == 1
    assert machine["versions"]["spacy"]
    assert machine["processor"]
    assert machine["ram_gib"] > 0


def test_tables_have_values_and_ratios():
    values, ratios = results.format_task(ROWS)
    assert "| | speed, words/s | F1 | peak memory, MiB |" in values.replace(
        "|  |", "| |"
    )
    assert "| spacy_clinical | - | 0.610 (0.500 to 0.700) | - |" in values
    assert "| transformers | 23.8 | - | 2,048 |" in values
    wanted = "| against transformers | 2.0 / 2.0 / 2.2 | 0.50 / 4.00 / 4.20 |"
    assert wanted in ratios


def test_the_overview_tells_what_failed_and_what_was_left_out():
    report = {
        "machine": {"load_before": [0.1, 0, 0], "load_after": [1.5, 0, 0], "date": "x"},
        "failed": {"EDS-NLP": "ValueError: a | b"},
        "summary": [],
    }
    one = results.Result("encoders", "done", 9.6, report, "", {"Peer": "no --peers"})
    other = results.Result("ner", "failed", 1.0, {}, "", {}, "KeyError: 'x'")
    assert not one.is_well
    assert not other.is_well
    overview = results.format_overview([one, other])
    assert "Peer: no --peers; EDS-NLP failed: ValueError: a \\| b" in overview
    assert "| 0.10 / 1.50 | 10 |" in overview
    assert "| ner | **failed**: KeyError: 'x' | - | - | - | 1 |" in overview


def test_plots_show_every_row_inside_the_picture():
    draw = {TIMES: plots.draw_speed, SHARE: plots.draw_quality, MIB: plots.draw_memory}
    for unit, function in draw.items():
        rows = [row for row in ROWS if row.unit == unit]
        figure = function(rows)
        figure.draw_without_rendering()
        [axes] = figure.axes
        labels = [label.get_text() for label in axes.get_yticklabels()]
        assert labels[0] == ("Tagging: peak memory" if unit == MIB else "Tagging")
        assert axes.get_xlabel()
        shown = {text.get_text() for text in axes.texts}
        expected = {TIMES: {"2.0", "4.0"}, SHARE: {"0.610"}, MIB: {"2,048"}}
        assert shown == expected[unit]
        low, high = axes.get_xlim()
        assert low <= min(row.min for row in rows)
        assert high >= max(row.max for row in rows)
        assert figure.bbox.width == 800
        for text in (*axes.texts, *axes.get_yticklabels(), axes.xaxis.label):
            box = text.get_window_extent()
            assert box.x0 >= 0
            assert box.x1 <= figure.bbox.width


def test_plots_without_rows_go(tmp_path):
    files = plots.save_plots(ROWS, tmp_path)
    assert len(files) == 6
    first = (tmp_path / "speed.svg").read_bytes()
    rest = plots.save_plots([row for row in ROWS if row.unit == TIMES], tmp_path)
    assert [path.name for path in rest] == ["speed.svg", "speed.png"]
    assert not (tmp_path / "memory.png").exists()
    # The same rows make the same file.
    assert (tmp_path / "speed.svg").read_bytes() == first


def test_every_benchmark_has_a_script_and_every_peer_its_requirements():
    for benchmark in run.BENCHMARKS:
        text = (BENCHMARKS / f"{benchmark.name}.py").read_text("utf8")
        assert "def summarize(" in text
        assert "write_report(" in text
        assert set(benchmark.sizes) == set(run.SIZES)
    peers = {name for benchmark in run.BENCHMARKS for name in benchmark.peers}
    # What an earlier version needs is in its own files.
    assert peers == {*make_peers.NAMES, "earlier"}
    for name in make_peers.NAMES:
        text = (BENCHMARKS / f"peers/{name}.txt").read_text("utf8")
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        assert all("==" in line for line in lines)
        assert lines[0].startswith(name)


def test_peers_that_are_not_made_are_told(tmp_path, monkeypatch, capsys):
    calls = []

    def fake(command, check):
        calls.append(command)
        works = "medspacy" not in str(command)
        if works and "venv" in command:
            Path(command[-1]).mkdir(parents=True)
        return subprocess.CompletedProcess(command, 0 if works else 1)

    monkeypatch.setattr(make_peers.subprocess, "run", fake)
    command = ["make_peers.py", str(tmp_path), "scispacy", "medspacy"]
    monkeypatch.setattr(sys, "argv", command)
    assert make_peers.main() == 1
    assert "Not made: medspacy" in capsys.readouterr().out
    assert not (tmp_path / "medspacy").exists()
    assert (tmp_path / "scispacy" / make_peers.STAMP).is_file()
    n_calls = len(calls)
    assert make_peers.make_peer(tmp_path / "scispacy", "scispacy", "python")
    assert len(calls) == n_calls


def test_one_value_has_no_spread():
    assert make_row("a", "b", "c", "d", [2.0]) == Row("a", "b", "c", "d", 2, 2, 2, "")


@pytest.mark.usefixtures("in_this_process")
def test_the_cost_of_a_character_is_told_by_shape_and_length(
    data, tmp_path, monkeypatch, capsys
):
    output = tmp_path / "length.json"
    arguments = [str(BENCHMARKS / "length.py"), str(data), "--sizes", "200", "800"]
    arguments += ["--shapes", "titles", "--output", str(output)]
    monkeypatch.setattr(sys, "argv", arguments)
    length.main()
    rows = read_rows(json.loads(output.read_text("utf8")))
    assert {row.system for row in rows} == {"spacy_clinical, titles"}
    told = {row.quantity for row in rows if row.unit == "µs/character"}
    for name in ("tokenizer", "clinical_ner", "clinical_icd9_categorizer", "record"):
        assert {f"{name}, 200 characters", f"{name}, 800 characters"} <= told
    assert "encoders, 200 characters" in told
    assert "titles" in capsys.readouterr().out


def test_components_are_told_apart(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Runtime, "predict", Runtime.predict)
    output = tmp_path / "components.json"
    arguments = [str(BENCHMARKS / "components.py"), str(data), "--notes", "2"]
    monkeypatch.setattr(
        sys, "argv", [*arguments, "--rounds", "2", "--output", str(output)]
    )
    components.main()
    rows = read_rows(json.loads(output.read_text("utf8")))
    costs = {row.system for row in rows if row.quantity == "cost"}
    assert {f"spacy_clinical, {n}" for n in ("tokenizer", "clinical_ner")} <= costs
    shares = {r.system: r.median for r in rows if r.quantity == "in the encoder"}
    assert set(shares) == {
        f"spacy_clinical, {n}" for n in ("clinical_ner", "clinical_icd9_categorizer")
    }
    assert all(0 < share < 1 for share in shares.values())
    assert "| clinical_ner |" in capsys.readouterr().out
