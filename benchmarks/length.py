"""Measure what a character costs in notes of 10 kB to 5 MB, for every component.

    python benchmarks/length.py path/to/corpora --output length.json

A note may hold anything: each shape is a text of one kind, as long as is wanted. The
tokenizer, all components of en_clinical_sm and the making of the record are timed apart,
in CPU time. If the cost of a character does not grow with the note, all is linear; what
is quadratic grows a hundredfold from one length to the next but one.

Encoders are told apart: their windows are all of one size, so they are linear by
themselves, and would hide the rest. In the table "encoders" is what they take for real
of the shortest notes; everything else is measured with encoders that give the same rows
of numbers for every window at once. The entities found are nonsense, but as many as may
be.

Memory is what the process takes at its peak beyond what it had before the note (Linux).
Each shape has a process of its own.
"""

import argparse
import csv
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy
from machine import read_machine
from peers.tables import format_table
from reports import OURS, Row, make_row, write_report

from spacy_clinical.encoders.runtime import Runtime
from spacy_clinical.export.records import make_record
from spacy_clinical.models import load
from spacy_clinical.types import Note

TASK = "Length of notes"
TOKENIZER, RECORD, ENCODERS = "tokenizer", "record", "encoders"
UNIT, MEMORY = "µs/character", "B/character"
# What is repeated until a note is as long as it should be; "" for real notes.
SHAPES = {
    "notes": "",
    "one line": "",
    "one word": "a",
    "line breaks": "\n",
    "titles": "HISTORY OF PRESENT ILLNESS:\n",
    "list items": "- aspirin 81 mg\n",
    "sections": "PLAN: rest.\n\nHPI: cough for two days.\n\n",
    "spaces": " ",
    "digits": "1234567890",
    "parentheses": "(",
    "unclosed placeholders": "[** a ",
    "emoji": "\U0001f600",
}


def main() -> None:
    args = _parse_args()
    if args.shape:
        print(json.dumps(measure_shape(args)))
        return
    report: dict[str, Any] = {
        "machine": read_machine(threads=1),
        "settings": {"sizes": ", ".join(map(str, args.sizes)), "rounds": args.rounds},
        "shapes": {shape: _start(shape) for shape in args.shapes},
    }
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report.

    report: As `main` makes it.
    """
    rows = []
    for shape, sizes in report["shapes"].items():
        for size, found in sizes.items():
            for name, costs in found["costs"].items():
                quantity = f"{name}, {int(size):,} characters"
                rows.append(make_row(TASK, f"{OURS}, {shape}", quantity, UNIT, costs))
            if found["memory"] is not None:
                quantity = f"memory, {int(size):,} characters"
                memory = [found["memory"]]
                rows.append(
                    make_row(TASK, f"{OURS}, {shape}", quantity, MEMORY, memory)
                )
    return rows


def make_note(shape: str, n_chars: int, notes: Sequence[str]) -> str:
    """Make a note of one shape.

    shape: A key of SHAPES.
    notes: Real ones.
    """
    unit = SHAPES[shape] or "\n\n".join(notes)
    if shape == "one line":
        unit = " ".join(unit.split())
    return (unit * (n_chars // len(unit) + 1))[:n_chars]


def measure_shape(args: argparse.Namespace) -> dict[str, Any]:
    """Measure notes of one shape and all sizes.

    RETURNS: For each size the costs of a character (microseconds), by component and
        round, and the memory (bytes a character, None if unknown).
    """
    nlp = load()
    with (args.data / "aci_bench/train.csv").open(newline="", encoding="utf8") as file:
        csv.field_size_limit(10**9)
        notes = [row["note"] for row in csv.DictReader(file)]
    shortest = make_note(args.shape, min(args.sizes), notes)
    encoders = _time_encoders(nlp, shortest)
    found: dict[str, Any] = {}
    stub_encoders()
    for size in sorted(args.sizes):
        text = make_note(args.shape, size, notes)
        costs: dict[str, list[float]] = {}
        before = _read_memory("VmRSS", reset=True)
        for _ in range(args.rounds):
            for name, seconds in time_stages(nlp, text).items():
                costs.setdefault(name, []).append(1e6 * seconds / size)
        peak = _read_memory("VmHWM")
        memory = None if before is None or peak is None else (peak - before) / size
        if size == min(args.sizes):
            costs[ENCODERS] = [1e6 * encoders / size]
        found[str(size)] = {"costs": costs, "memory": memory}
    return found


def time_stages(nlp: Any, text: str) -> dict[str, float]:
    """Run a pipeline on a note, and take the CPU time of each stage (seconds)."""
    spent: dict[str, float] = {}

    def take(name: str, work: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = work()
        spent[name] = time.process_time() - start
        return result

    doc = take(TOKENIZER, lambda: nlp.make_doc(text))
    for name, component in nlp.pipeline:
        take(name, lambda component=component: component(doc))
    take(RECORD, lambda: make_record(Note("1", text, {}, ""), doc))
    if doc._.clinical_error is not None:
        raise RuntimeError(doc._.clinical_error["message"])
    return spent


def stub_encoders() -> None:
    """Let all encoders give the same rows for each window, at once."""
    table = numpy.random.default_rng(0).standard_normal((4096, 1024), dtype="float32")

    def predict(runtime: Runtime, inputs: Any) -> Iterator[tuple[int, Any]]:
        width = runtime.model.config.hidden_size
        for i, one in enumerate(inputs):
            yield i, table[: len(one.ids), :width]

    Runtime.predict = predict  # type: ignore[method-assign]


def _time_encoders(nlp: Any, text: str) -> float:
    """Measure what the encoders take of a note (seconds of CPU time)."""
    real, spent = Runtime.predict, [0.0]

    def predict(runtime: Runtime, inputs: Any) -> Iterator[tuple[int, Any]]:
        start = time.process_time()
        rows = list(real(runtime, inputs))
        spent[0] += time.process_time() - start
        yield from rows

    nlp("cough")
    Runtime.predict = predict  # type: ignore[method-assign]
    nlp(text)
    Runtime.predict = real  # type: ignore[method-assign]
    return spent[0]


def _read_memory(key: str, *, reset: bool = False) -> float | None:
    """Read this process's memory from Linux, in bytes; None elsewhere.

    reset: Whether to forget the highest mark so far.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    for line in status.read_text(encoding="ascii").splitlines():
        if line.startswith(f"{key}:"):
            return 1024.0 * int(line.split()[1])
    return None


def _start(shape: str) -> dict[str, Any]:
    command = [sys.executable, *sys.argv, "--shape", shape]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def format_tables(report: dict[str, Any]) -> str:
    """Write the costs as Markdown: a line for each shape and length.

    report: As `main` makes it.
    """
    names = list(next(iter(next(iter(report["shapes"].values())).values()))["costs"])
    lines = []
    for shape, sizes in report["shapes"].items():
        for size, found in sizes.items():
            costs = [found["costs"].get(name) for name in names]
            memory = found["memory"]
            cells = ["-" if c is None else f"{min(c):.2f}" for c in costs]
            cells.append("-" if memory is None else f"{memory:,.0f}")
            lines.append([shape, f"{int(size):,}", *cells])
    columns = ["shape", "characters", *names, MEMORY]
    return f"{UNIT}, the least of the rounds\n\n" + format_table(columns, lines)


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="the corpora")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 5_000_000]
    )
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--shape", choices=SHAPES, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
