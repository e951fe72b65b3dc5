"""Take apart what a note costs: each component of a pipeline, and its encoder in that.

    python benchmarks/components.py path/to/corpora --output components.json

Visit notes of ACI-BENCH go through the pipeline batch by batch, as with nlp.pipe. Each
component is timed by itself, in CPU time of one thread; "in the encoder" is the part of
it in the encoder's layers (windows → rows), all else is around them.
"""

import argparse
import csv
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from machine import read_machine
from peers.tables import format_table
from reports import OURS, SHARE, Row, make_row, write_report
from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinical.encoders.runtime import Runtime
from spacy_clinical.models import load

TASK = "Components"
UNIT = "ms/1,000 words"
TOKENIZER = "tokenizer"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder with aci_bench")
    parser.add_argument("--model", default="en_clinical_sm")
    parser.add_argument("--notes", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    args = parser.parse_args()
    torch.set_num_threads(1)
    machine = read_machine(threads=1)
    nlp = load(args.model)
    texts = read_notes(args.data)[: args.notes]
    clock = Clock()
    clock.start()
    # Memory, caches, and what is found out about the processor.
    run(nlp, texts[: args.batch_size], args.batch_size, clock)
    rounds = [run(nlp, texts, args.batch_size, clock) for _ in range(args.rounds)]
    report: dict[str, Any] = {
        "machine": machine,
        "settings": {"rounds": args.rounds, "batch_size": args.batch_size},
        "n_notes": len(texts),
        "n_words": sum(len(text.split()) for text in texts),
        "rounds": rounds,
    }
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))


class Clock:
    """Takes the CPU time that encoders spend."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def start(self) -> None:
        """Take the time of all encoders from here on."""
        plain = Runtime.predict

        def predict(runtime: Runtime, inputs: Any) -> Iterator[tuple[int, Any]]:
            rows = plain(runtime, inputs)
            while True:
                start = time.process_time()
                try:
                    one = next(rows)
                except StopIteration:
                    return
                finally:
                    self.seconds += time.process_time() - start
                yield one

        Runtime.predict = predict  # type: ignore[method-assign]


def read_notes(data: Path) -> list[str]:
    """Read the visit notes to train on."""
    csv.field_size_limit(10**9)
    with (data / "aci_bench/train.csv").open(newline="", encoding="utf8") as file:
        return [row["note"] for row in csv.DictReader(file)]


def run(
    nlp: Language, texts: Sequence[str], batch_size: int, clock: Clock
) -> dict[str, tuple[float, float]]:
    """Run a pipeline once.

    RETURNS: The CPU time of each component, and of its encoder (seconds).
    """
    spent: dict[str, tuple[float, float]] = {}
    for first in range(0, len(texts), batch_size):
        start = time.process_time()
        docs = [nlp.make_doc(text) for text in texts[first : first + batch_size]]
        add(spent, TOKENIZER, time.process_time() - start, 0.0)
        for name, component in nlp.pipeline:
            start, encoders = time.process_time(), clock.seconds
            docs = run_component(component, docs, batch_size)
            add(spent, name, time.process_time() - start, clock.seconds - encoders)
    return spent


def run_component(component: Any, docs: list[Doc], batch_size: int) -> list[Doc]:
    """Run one component on a batch."""
    if hasattr(component, "pipe"):
        return list(component.pipe(docs, batch_size=batch_size))
    return [component(doc) for doc in docs]


def add(
    spent: dict[str, tuple[float, float]], name: str, seconds: float, encoder: float
) -> None:
    """Add to the time of a component."""
    before = spent.get(name, (0.0, 0.0))
    spent[name] = before[0] + seconds, before[1] + encoder


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report.

    report: As `main` makes it.
    """
    rows = []
    for name in report["rounds"][0]:
        timed = [one[name] for one in report["rounds"]]
        costs = [1e6 * seconds / report["n_words"] for seconds, _ in timed]
        rows.append(make_row(TASK, f"{OURS}, {name}", "cost", UNIT, costs))
        if any(encoder for _, encoder in timed):
            shares = [encoder / seconds for seconds, encoder in timed]
            rows.append(
                make_row(TASK, f"{OURS}, {name}", "in the encoder", SHARE, shares)
            )
    return rows


def format_tables(report: dict[str, Any]) -> str:
    """Write a table of the components' medians."""
    rows: dict[str, list[str]] = {}
    for row in summarize(report):
        name = row.system.removeprefix(f"{OURS}, ")
        value = f"{row.median:.2f}" if row.unit == UNIT else f"{row.median:.0%}"
        rows.setdefault(name, [name]).append(value)
    lines = [[*row, "-"][:3] for row in rows.values()]
    return format_table(["component", UNIT, "in the encoder"], lines)


if __name__ == "__main__":
    main()
