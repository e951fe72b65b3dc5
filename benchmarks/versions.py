"""Compare the speed of en_clinical_sm with that of an earlier version of this package.

    git worktree add ../earlier COMMIT
    python -m venv peers/earlier
    peers/earlier/bin/pip install -c constraints.txt ../earlier
    python benchmarks/versions.py DATA --earlier peers/earlier/bin/python

The notes are those of encoders.py. Each contestant is a process that loads once; then
they take turns, A B A B. Components that the earlier version doesn't have are in "all
components" only. Without --earlier, this version runs alone.
"""

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path
from typing import Any

from console import tell
from machine import read_machine
from peer_process import Worker
from peers.inputs import make_notes, read_texts
from reports import MIB, OURS, Row, compare_speed, format_rows, make_row, write_report

EARLIER = "earlier version"
ALL = "all components"
# What is timed: the components that stay enabled; None for all of them.
PARTS: dict[str, list[str] | None] = {
    ALL: None,
    "sections, sentences, entities, codes": [
        "clinical_section_splitter",
        "clinical_sentencizer",
        "clinical_ner",
        "clinical_icd9_categorizer",
    ],
    "entities alone": ["clinical_ner"],
}


def main() -> None:
    args = _parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = compare(args, Path(folder))
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))


def compare(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Start the contestants, and let them take turns."""
    notes = make_notes(read_texts(args.data), args.notes, seed=args.seed)
    order = {"texts": notes, "threads": args.threads}
    machine = read_machine(threads=args.threads)
    pythons = {OURS: sys.executable}
    if args.earlier is not None:
        pythons[EARLIER] = str(args.earlier)
    rows: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    versions = {}
    # Part by part, so that few processes wait in memory.
    for i, (part, components) in enumerate(PARTS.items()):
        with contextlib.ExitStack() as running:
            workers = {}
            for system, python in pythons.items():
                tell(f"loading {system}: {part}")
                log = folder / f"{i} {system}.log"
                part_order = {**order, "components": components}
                worker = Worker(python, "ours_pipeline", part_order, log)
                running.callback(worker.close)
                workers[system] = worker
                versions[system] = worker.loaded["versions"]
                rows[part][system] = {"seconds": []}
            for turn in range(args.rounds):
                for system, worker in workers.items():
                    answer = worker.ask({"do": "run"})
                    row = rows[part][system]
                    row["seconds"].append(answer["seconds"]["Docs"])
                    row["peak_mib"] = answer["peak_mib"]
                    tell(f"round {turn + 1}: {row['seconds'][-1]:8.2f} s  {system}")
    return {
        "machine": machine,
        "settings": {"notes": args.notes, "rounds": args.rounds},
        "versions": versions,
        "n_words": sum(len(note.split()) for note in notes),
        "rows": rows,
    }


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report.

    report: As `compare` makes it.
    """
    summary = []
    for part, systems in report["rows"].items():
        task = f"en_clinical_sm, {part}"
        seconds = {system: row["seconds"] for system, row in systems.items()}
        words = dict.fromkeys(seconds, report["n_words"])
        summary += compare_speed(task, seconds, words, "words/s")
        for system, row in systems.items():
            memory = [row["peak_mib"]]
            summary.append(make_row(task, system, "peak memory", MIB, memory))
    return summary


def format_tables(report: dict[str, Any]) -> str:
    """Write a table for each part."""
    rows = summarize(report)
    tasks = dict.fromkeys(row.task for row in rows)
    return "\n\n".join(
        f"**{task}**\n\n{format_rows([row for row in rows if row.task == task])}"
        for task in tasks
    )


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder of the corpora")
    parser.add_argument("--earlier", type=Path, help="Python of the earlier version")
    parser.add_argument("--notes", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
