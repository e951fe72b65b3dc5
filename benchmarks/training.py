"""Compare the steps of training a BERT for entities with those of transformers' Trainer.

    python benchmarks/training.py DATA --peer peers/accelerate/bin/python \\
        --output training.json

Both start from the same random checkpoint and learn the same labels of words, which
follow from the words (peers/words.py), from the same batches of eight texts: pieces of
real notes of all lengths up to 180 words, which fit into a window. Each is a process that loads once; then they take turns, and
ratios are taken within each round. A step is all that training does with a batch, reading
and tokenizing it too. Both have AdamW, dropout and clipped gradients; "bf16" multiplies in
bfloat16 and keeps weights in float32.
"""

import argparse
import contextlib
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console import tell
from machine import read_machine
from peer_process import Worker
from peers.inputs import make_checkpoint, make_notes, read_texts
from peers.words import BATCH, list_labels
from reports import MIB, OURS, Row, compare_speed, format_rows, make_row, write_report

TASK = "Training for entities"
TRAINER = "transformers Trainer"
# Words of a text.
SHORTEST, LONGEST = 10, 180
LEARN_RATE = 2e-5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder of the corpora")
    parser.add_argument("--peer", type=Path, help="interpreter with accelerate")
    parser.add_argument("--steps", type=int, default=12, help="of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = compare(args, Path(folder))
    rows = summarize(report)
    print(format_rows(rows))
    if args.output:
        write_report(args.output, report, rows)


def compare(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Make the inputs, start both, and let them take turns."""
    texts = cut_texts(read_texts(args.data), args.steps * BATCH, seed=args.seed)
    order = {
        "checkpoint": str(make_start(args, texts, folder)),
        "texts": texts,
        "threads": args.threads,
        "learn_rate": LEARN_RATE,
    }
    machine = read_machine(threads=args.threads)
    seconds: dict[str, list[float]] = {}
    loaded: dict[str, Any] = {}
    with contextlib.ExitStack() as running:
        workers: dict[str, Worker] = {}
        for system, python, script in (
            (TRAINER, args.peer, "hf_trainer"),
            (OURS, sys.executable, "ours_training"),
        ):
            for precision in ("fp32", "bf16") if python else ():
                name = f"{system}, {precision}"
                log = folder / f"{script}-{precision}.log"
                given = {**order, "precision": precision}
                workers[name] = Worker(str(python), script, given, log)
                running.callback(workers[name].close)
        for worker in workers.values():
            worker.ask({"do": "take", "texts": texts})
        for turn in range(args.rounds):
            for name, worker in workers.items():
                loaded[name] = worker.loaded | worker.ask({"do": "run"})
                taken = loaded[name]["seconds"]["steps"]
                seconds.setdefault(name, []).append(taken)
                tell(f"round {turn + 1}: {taken:6.1f} s  {name}")
    return {
        "machine": machine,
        "settings": {k: getattr(args, k) for k in ("steps", "rounds", "layers")},
        "seconds": seconds,
        "peak_mib": {name: one["peak_mib"] for name, one in loaded.items()},
        "versions": {name: one["versions"] for name, one in loaded.items()},
    }


def cut_texts(texts: Sequence[str], n_texts: int, *, seed: int) -> list[str]:
    """Cut notes into short texts of all lengths."""
    lengths = random.Random(seed)
    cut: list[str] = []
    words: list[str] = []
    while len(cut) < n_texts:
        for note in make_notes(texts, 8, seed=seed + len(cut)):
            words += note.split()
        while len(words) > LONGEST:
            n_words = lengths.randint(SHORTEST, LONGEST)
            cut.append(" ".join(words[:n_words]))
            words = words[n_words:]
    return cut[:n_texts]


def make_start(args: argparse.Namespace, texts: Sequence[str], folder: Path) -> Path:
    """Save the random checkpoint that all start from."""
    checkpoint = folder / "checkpoint"
    make_checkpoint(
        checkpoint,
        texts,
        texts,
        list_labels(),
        n_layers=args.layers,
        seed=args.seed,
    )
    return checkpoint


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report."""
    seconds = report["seconds"]
    steps = dict.fromkeys(seconds, report["settings"]["steps"])
    rows = [
        row
        for row in compare_speed(TASK, seconds, steps, "steps/s")
        # In the same precision.
        if not row.baseline or row.baseline[-4:] == row.system[-4:]
    ]
    for name, peak in report["peak_mib"].items():
        rows.append(make_row(TASK, name, "peak memory", MIB, [peak]))
    return rows


if __name__ == "__main__":
    main()
