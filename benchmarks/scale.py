"""Measure many notes on one machine: one process, two, and Spark with two workers.

    python benchmarks/scale.py path/to/corpora --output scale.json

All annotate the same notes with en_clinical_sm, and make records of them; real text with
the lengths of MIMIC-III's discharge summaries (peers/inputs.py). What they compare with
is "components alone": the pipeline's components on one thread, which give Docs that are
thrown away. On two cores nothing can be more than twice as fast; what is lacking is
overhead. They take turns; ratios are taken within each turn. Starting is told apart:
loading the pipeline, a pool of processes, a Spark session with its workers.

Memory is that of two workers with a random checkpoint of BERT base's shape, in a process
of its own: what each has for itself (USS, on Linux), beside the size of the weights.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import spacy
import torch
from console import tell
from machine import count_cores, read_machine
from peers.inputs import make_checkpoint, make_notes, read_texts
from reports import MIB, OURS, TIMES, Row, format_rows, make_row, write_report

import spacy_clinical
from spacy_clinical.scale.workers import annotate_chunks
from spacy_clinical.types import Note

LABELS = Path(__file__).parents[1] / "tests/data/biomedical_ner_all_labels.json"
ALONE = "components alone"
ONE = f"{OURS}, 1 process, 2 threads"
TWO = f"{OURS}, 2 processes"
SPACY = "nlp.pipe, n_process=2"
SPARK = f"{OURS}, Spark local[2]"
TASK = "Many notes"
Run = Callable[[], int]


def main() -> None:
    args = _parse_args()
    if args.memory_of:
        print(json.dumps(measure_memory(args.memory_of, args.chunk)))
        return
    machine = read_machine(threads=2)
    texts = read_texts(args.data)
    notes = make_notes(texts, args.notes, seed=args.seed)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        report = measure_speed(notes, args, stack)
        if Path("/proc/self/smaps_rollup").exists():
            pipeline = make_pipeline(Path(folder), texts, notes[:4], args.layers)
            report["memory"] = run_memory(pipeline, args.chunk)
    report["machine"] = machine
    report["settings"] = {"notes": args.notes, "rounds": args.rounds}
    rows = summarize(report)
    print(format_rows(rows))
    if args.output:
        write_report(args.output, report, rows)


def measure_speed(
    notes: Sequence[str], args: argparse.Namespace, stack: ExitStack
) -> dict[str, Any]:
    """Let all annotate the notes in turns.

    stack: Stops the Spark session.
    RETURNS: "seconds" and "start" by system, and the number of words.
    """
    systems, start = start_systems(notes, args.chunk, stack)
    seconds: dict[str, list[float]] = {name: [] for name in systems}
    left_out = {} if SPARK in systems else {SPARK: "pyspark or Java is not installed"}
    for turn in range(args.rounds):
        for name, run in systems.items():
            begin = time.perf_counter()
            n_done = run()
            seconds[name].append(time.perf_counter() - begin)
            if n_done != len(notes):
                raise RuntimeError(f"{name} gave {n_done} of {len(notes)} notes")
            tell(f"round {turn + 1}, {name}: {seconds[name][-1]:.1f} s")
    words = sum(len(note.split()) for note in notes)
    return {"seconds": seconds, "start": start, "words": words, "left_out": left_out}


def start_systems(
    notes: Sequence[str], size: int, stack: ExitStack
) -> tuple[dict[str, Run], dict[str, float]]:
    """Load all, and run each once on a few notes.

    RETURNS: What to call for each system, and what its start took (seconds).
    """
    begin = time.perf_counter()
    nlp = spacy_clinical.load()
    loaded = time.perf_counter() - begin
    rows = [Note(str(i), text, {}, "") for i, text in enumerate(notes)]
    chunks = [rows[i : i + size] for i in range(0, len(rows), size)]

    def alone() -> int:
        torch.set_num_threads(1)
        return sum(1 for _ in nlp.pipe(notes, batch_size=size))

    def one() -> int:
        torch.set_num_threads(2)
        return sum(len(part) for part in annotate_chunks(nlp, chunks))

    def two() -> int:
        return sum(len(part) for part in annotate_chunks(nlp, chunks, n_process=2))

    def spacys() -> int:
        return sum(1 for _ in nlp.pipe(notes, batch_size=size, n_process=2))

    nlp(notes[0])
    begin = time.perf_counter()
    list(annotate_chunks(nlp, [rows[:1]] * 2, n_process=2))
    pool = time.perf_counter() - begin
    systems: dict[str, Run] = {ALONE: alone, ONE: one, TWO: two, SPACY: spacys}
    start = {ALONE: loaded, ONE: loaded, TWO: loaded + pool}
    if find_spec("pyspark") is not None:
        begin = time.perf_counter()
        systems[SPARK] = start_spark(rows, size, stack)
        start[SPARK] = time.perf_counter() - begin
    return systems, start


def start_spark(notes: Sequence[Note], size: int, stack: ExitStack) -> Run:
    """Start Spark with two workers that have the pipeline loaded."""
    from pyspark.sql import SparkSession

    from spacy_clinical.scale.spark import annotate

    # Workers are Pythons of their own.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").appName("benchmark")
    builder = builder.config("spark.ui.enabled", "false")
    session = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    stack.callback(session.stop)
    session.sparkContext.setLogLevel("ERROR")
    output = stack.enter_context(tempfile.TemporaryDirectory())

    def run(rows: Sequence[Note]) -> int:
        table = session.createDataFrame(
            [(n.id, n.text) for n in rows], "id: string, text: string"
        )
        n_parts = max(len(rows) // size, 2)
        found = annotate(table.repartition(n_parts), batch_size=size)
        # As people do; and all columns, so that Spark leaves none out.
        found.write.parquet(output, mode="overwrite")
        return session.read.parquet(output).count()

    run(notes[:4])
    return lambda: run(notes)


def make_pipeline(
    folder: Path, texts: Sequence[str], notes: Sequence[str], n_layers: int
) -> Path:
    """Save a pipeline with a random encoder of BERT base's shape."""
    labels = json.loads(LABELS.read_text(encoding="utf8"))
    checkpoint = folder / "checkpoint"
    make_checkpoint(checkpoint, texts, notes, labels, n_layers=n_layers, seed=0)
    nlp = spacy.blank("en")
    encoder = {
        "@architectures": "spacy-clinical.HFEncoder.v1",
        "checkpoint": str(checkpoint),
        "precision": "fp32",
    }
    classifier = {"@architectures": "spacy-clinical.TokenClassifier.v1"}
    nlp.add_pipe("clinical_ner", config={"model": {**classifier, "encoder": encoder}})
    nlp.initialize()
    nlp.to_disk(folder / "pipeline")
    (folder / "pipeline" / "notes.json").write_text(json.dumps(notes), encoding="utf8")
    return folder / "pipeline"


def run_memory(pipeline: Path, size: int) -> dict[str, float]:
    """Call `measure_memory` in a process of its own."""
    command = [sys.executable, "-W", "ignore", __file__, str(pipeline)]
    command += ["--memory-of", str(pipeline), "--chunk", str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure_memory(pipeline: Path, size: int) -> dict[str, float]:
    """Measure two workers while they annotate (MiB).

    RETURNS: "weights", the size of their file; "process", what one process has in all;
        "worker", what the larger worker has for itself.
    """
    [weights] = pipeline.glob("*/encoder/model.safetensors")
    notes = json.loads((pipeline / "notes.json").read_text(encoding="utf8"))
    rows = [Note(str(i), text[:4000], {}, "") for i, text in enumerate(notes)]
    nlp = spacy_clinical.load(pipeline)
    torch.set_num_threads(1)
    list(annotate_chunks(nlp, [rows[:size]]))
    process = read_memory("self")["Rss"]
    found: list[float] = []
    is_done = threading.Event()

    def watch() -> None:
        while not is_done.wait(0.2):
            found.extend(read_memory(pid)["Private"] for pid in list_children())

    watcher = threading.Thread(target=watch)
    watcher.start()
    list(annotate_chunks(nlp, [rows] * 4, n_process=2))
    is_done.set()
    watcher.join()
    return {
        "weights": weights.stat().st_size / 2**20,
        "process": process,
        "worker": max(found),
    }


def list_children() -> Iterator[str]:
    """List the processes that this one has started."""
    for thread in Path("/proc/self/task").iterdir():
        try:
            yield from (thread / "children").read_text().split()
        except OSError:
            continue


def read_memory(pid: str) -> dict[str, float]:
    """Read the memory of a process (MiB): Rss, and Private, what no other process
    shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    # It has ended.
    except OSError:
        return {"Rss": 0.0, "Private": 0.0}
    values = {
        name: int(rest.split()[0]) / 1024
        for name, rest in (line.split(":") for line in lines)
    }
    private = values["Private_Clean"] + values["Private_Dirty"]
    return {"Rss": values["Rss"], "Private": private}


def summarize(report: dict[str, Any]) -> list[Row]:
    """Give what counts: words a second, and how many times as fast as the components
    alone."""
    seconds, words = report["seconds"], report["words"]
    rows = []
    for name, taken in seconds.items():
        rates = [words / one for one in taken]
        rows.append(make_row(TASK, name, "speed", "words/s", rates))
        if name != ALONE:
            pairs = zip(seconds[ALONE], taken, strict=True)
            ratios = [alone / one for alone, one in pairs]
            rows.append(make_row(TASK, name, "speed", TIMES, ratios, ALONE))
            # Of the time of both cores.
            idle = [1 - ratio / min(2, count_cores()) for ratio in ratios]
            rows.append(make_row(TASK, name, "overhead", "of the cores' time", idle))
        if name in (TWO, SPARK):
            pairs = zip(seconds[ONE], taken, strict=True)
            ratios = [one / other for one, other in pairs]
            rows.append(
                make_row(TASK, name, "speed", TIMES, ratios, ONE.partition(", ")[2])
            )
    for name, value in report["start"].items():
        rows.append(make_row(TASK, name, "start", "s", [value]))
    names = {
        "weights": "the weights' file",
        "process": f"{OURS}, one process in all",
        "worker": f"{OURS}, each worker's own",
    }
    for key, value in report.get("memory", {}).items():
        task = "Two workers with a BERT base"
        rows.append(make_row(task, names[key], "memory", MIB, [value]))
    return rows


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder of the corpora")
    parser.add_argument("--output", type=Path, help="JSON file for all numbers")
    parser.add_argument("--notes", type=int, default=48)
    parser.add_argument("--chunk", type=int, default=4, help="notes in a batch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--layers", type=int, default=12, help="of the BERT")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="only try the machinery")
    parser.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.quick:
        args.notes, args.rounds, args.layers = 6, 1, 2
    return args


if __name__ == "__main__":
    main()
