"""Compare the speed of BERT-base entity recognition with the peers', side by side.

All get the same random checkpoint and the same notes (peers/inputs.py says which) and
return Docs with entities; transformers' pipeline returns character offsets, and in a
row of its own Docs made from them. Each contestant is a process that loads once; then
they take turns, A B C A B C ..., so that only one computes at a time. Ratios are taken
within each round, against the pipeline's offsets.

Run it on an idle machine, in the environment of this package:

    python benchmarks/encoders.py DATA --output encoders.json \\
        --peer hf_token_pipe=peers/spacy-huggingface-pipelines/bin/python \\
        --peer spacy_trf=peers/spacy-transformers/bin/python \\
        --peer spacy_curated=peers/spacy-curated-transformers/bin/python \\
        --peer eds_ner=peers/edsnlp/bin/python

DATA holds aci_bench/, maccrobat2020/ and codiesp/. make_peers.py makes the peers'
environments, each with the same torch as this one. Peers without one are left out, and
those that can't be loaded are named in the report. The pipeline runs in this
environment, or in that of --peer hf_pipeline=PYTHON. With two threads the whole takes
about an hour; a quick try: --notes 3 --layers 2 --rounds 2. On a GPU: --device cuda
--only NAME ...; the peers on spaCy need CuPy there.

Models have learned nothing, so what they find means nothing; heads are set so that all
but spacy-transformers without a head find entities. "Of the limit" is the share of the
machine's own rate of matrix products, measured in each round in the precision that a
contestant computes in, that useful work reaches: each piece counts once, without
padding, overlap and special tokens, with its linear layers and attention to a window.
"""

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from console import tell
from machine import read_machine
from peer_process import Worker
from peers.inputs import (
    count_pieces,
    count_useful_gflop,
    make_checkpoint,
    make_notes,
    read_texts,
)
from peers.tables import format_tables
from reports import MIB, OURS, Row, compare_speed, make_row, write_report

LABELS = Path(__file__).parents[1] / "tests/data/biomedical_ner_all_labels.json"
BASELINE = "transformers pipeline"
# Pieces without special tokens, and the overlap that is this package's default.
WINDOW, OVERLAP = 510, 63
# Notes to choose the pipeline's batch size by, and to warm up with.
N_TRIAL = 10
# Words that fit into one window, however they are spelled.
N_HEAD_WORDS = 200


class Entry(NamedTuple):
    """A contestant: its script in peers/, and its settings."""

    name: str
    script: str
    settings: dict[str, Any]


ENTRIES = (
    Entry(BASELINE, "hf_pipeline", {"overlap": OVERLAP}),
    Entry("spacy-huggingface-pipelines", "hf_token_pipe", {}),
    Entry("spacy-transformers + ner", "spacy_trf", {"head": True}),
    Entry("spacy-transformers, no head", "spacy_trf", {"head": False}),
    Entry("spacy-curated-transformers + ner", "spacy_curated", {}),
    Entry("EDS-NLP (bf16, its default)", "eds_ner", {"autocast": True}),
    Entry("EDS-NLP (fp32)", "eds_ner", {"autocast": False}),
    Entry(f"{OURS}, fp32", "ours_ner", {"precision": "fp32"}),
    Entry(f"{OURS}, bf16", "ours_ner", {"precision": "bf16"}),
    Entry(f"{OURS}, auto", "ours_ner", {"precision": "auto"}),
)


def main() -> None:
    args = _parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = compare(args, Path(folder))
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))


def compare(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Make the inputs, start the contestants, and let them take turns."""
    texts = read_texts(args.data)
    notes = make_notes(texts, args.notes, seed=args.seed)
    checkpoint = folder / "checkpoint"
    labels = json.loads(LABELS.read_text(encoding="utf8"))
    make_checkpoint(
        checkpoint, texts, notes, labels, n_layers=args.layers, seed=args.seed
    )
    pieces = count_pieces(checkpoint, notes)
    order = {
        "checkpoint": str(checkpoint),
        "types": sorted({label[2:] for label in labels if label != "O"}),
        "texts": notes[:N_TRIAL],
        "threads": args.threads,
        "device": args.device,
    }
    machine = read_machine(threads=args.threads, device=args.device)
    with contextlib.ExitStack() as running:
        products = Worker(sys.executable, "products", order, folder / "products.log")
        running.callback(products.close)
        workers: dict[str, Worker] = {}
        failed: dict[str, str] = {}
        for entry, python, log in plan_workers(args, folder):
            try:
                worker = Worker(python, entry.script, {**order, **entry.settings}, log)
            except RuntimeError as error:
                if entry.name == BASELINE or python == sys.executable:
                    raise
                failed[entry.name] = str(error).strip().splitlines()[-1]
                continue
            running.callback(worker.close)
            workers[entry.name] = worker
        report = take_turns(workers, products, notes, args.rounds)
        report["agreement"] = measure_agreement(workers, notes)
    report["inputs"] = {
        "words": [len(note.split()) for note in notes],
        "pieces": pieces,
        "gflop": count_useful_gflop(checkpoint, pieces, WINDOW),
        "layers": args.layers,
        "seed": args.seed,
    }
    report["machine"] = machine
    report["failed"] = failed
    report["versions"] = {n: row["versions"] for n, row in report["rows"].items()}
    names = ("notes", "rounds", "layers")
    report["settings"] = {name: getattr(args, name) for name in names}
    report["baseline"] = f"{BASELINE}, offsets"
    return report


def plan_workers(
    args: argparse.Namespace, folder: Path
) -> Iterator[tuple[Entry, str, Path]]:
    """Name those that have an environment, their interpreters and log files."""
    here = {"hf_pipeline": sys.executable, "ours_ner": sys.executable}
    pythons = {**here, **dict(args.peer)}
    for i, entry in enumerate(ENTRIES):
        is_wanted = not args.only or entry.name in (*args.only, BASELINE)
        if entry.script not in pythons or not is_wanted:
            continue
        tell(f"loading {entry.name}")
        yield entry, pythons[entry.script], folder / f"{i}.log"


def take_turns(
    workers: dict[str, Worker], products: Worker, notes: list[str], n_rounds: int
) -> dict[str, Any]:
    """Time all contestants in each round, and the machine itself."""
    rows: dict[str, Any] = {}
    limits: dict[str, list[float]] = {}
    for worker in workers.values():
        worker.ask({"do": "take", "texts": notes})
    for turn in range(n_rounds):
        for kind, rate in products.ask({})["gflops"].items():
            limits.setdefault(kind, []).append(rate)
        for name, worker in workers.items():
            answer = worker.ask({"do": "run"})
            total = max(answer["seconds"].values())
            tell(f"round {turn + 1}: {total:8.2f} s  {name}")
            for stage, seconds in answer["seconds"].items():
                is_one = len(answer["seconds"]) == 1
                about = {k: v for k, v in worker.loaded.items() if k != "seconds"}
                about |= {k: answer[k] for k in ("entities", "peak_mib")}
                key = name if is_one else f"{name}, {stage}"
                row = rows.setdefault(key, {"seconds": []})
                row.update(about)
                row["seconds"].append(seconds)
    return {"rows": rows, "gflops": limits}


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report.

    report: As `compare` makes it.
    """
    rows, task = report["rows"], "Entities, BERT base"
    seconds = {name: row["seconds"] for name, row in rows.items()}
    words = dict.fromkeys(seconds, sum(report["inputs"]["words"]))
    summary = compare_speed(task, seconds, words, "words/s")
    for name, row in rows.items():
        # The pipeline has two rows, but one process.
        if name != f"{BASELINE}, Docs":
            summary.append(make_row(task, name, "peak memory", MIB, [row["peak_mib"]]))
    return summary


def measure_agreement(
    workers: dict[str, Worker], notes: list[str]
) -> dict[str, dict[str, float]]:
    """Compare labels: of all notes in both precisions, of their heads with the peer's.

    The heads fit into one window, so that all see the same context.
    """
    ours = {p: workers.get(f"spacy_clinical, {p}") for p in ("fp32", "bf16", "auto")}
    heads = [" ".join(note.split()[:N_HEAD_WORDS]) for note in notes]
    agreement = {}
    if ours["fp32"] is not None:
        for precision in ("bf16", "auto"):
            worker = ours[precision]
            if worker is not None:
                agreement[f"{precision} with fp32, all notes"] = _agree(
                    ours["fp32"], worker, notes
                )
        agreement["fp32 with the pipeline, first words"] = _agree(
            workers[BASELINE], ours["fp32"], heads
        )
    return agreement


def _agree(one: Worker, other: Worker, texts: list[str]) -> dict[str, float]:
    """Count the places that both label, and the share of those with the same label."""
    request = {"do": "label", "texts": texts}
    pairs = []
    for expected, found in zip(
        one.ask(request)["labels"], other.ask(request)["labels"], strict=True
    ):
        label_at = dict(expected)
        pairs += [(label_at[at], label) for at, label in found if at in label_at]
    entities = [(a, b) for a, b in pairs if a != "O"]
    return {
        "words": len(pairs),
        "all": sum(a == b for a, b in pairs) / max(len(pairs), 1),
        "in entities": sum(a == b for a, b in entities) / max(len(entities), 1),
    }


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder of the corpora")
    parser.add_argument(
        "--peer",
        type=_parse_peer,
        action="append",
        default=[],
        metavar="SCRIPT=PYTHON",
        help="interpreter of a peer's environment",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[entry.name for entry in ENTRIES],
        metavar="NAME",
        help="contestants beside the pipeline, such as 'EDS-NLP (fp32)'",
    )
    parser.add_argument("--notes", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


def _parse_peer(text: str) -> tuple[str, str]:
    script, _, python = text.partition("=")
    if script not in {entry.script for entry in ENTRIES} or not Path(python).is_file():
        raise argparse.ArgumentTypeError(f"no such script or interpreter: {text}")
    return script, python


if __name__ == "__main__":
    main()
