"""Compare the speed and memory of Longformer and BigBird with transformers' own.

The encoders have the published shape (base, windows of 512, blocks of 64) and random
weights; both see the same pieces, one sequence at a time, as transformers would pad
others. They take turns, A B A B, in one process; ratios are taken within each turn.
Memory is what a process of its own uses beyond the loaded model (on Linux). Run it on
an idle machine:

    python benchmarks/long_notes.py --output long_notes.json --png long_notes.png

The last table has the cost of one piece in notes of 1,000 to 100,000 pieces, which
the component cuts into overlapping windows; --png draws it (with matplotlib).
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import spacy
import torch
from console import tell
from machine import read_machine
from peers.tables import format_ratios, format_table
from reports import MIB, OURS, Row, compare_speed, make_row, write_report
from tokenizers.implementations import ByteLevelBPETokenizer
from transformers import AutoConfig, AutoModel, RobertaTokenizerFast
from transformers.utils import logging

from spacy_clinical.architectures.encoder import build_hf_encoder
from spacy_clinical.encoders.runtime import Runtime
from spacy_clinical.pieces.batches import Input

KINDS = {
    "longformer": {
        "vocab_size": 50_265,
        "attention_window": 512,
        "max_position_embeddings": 4098,
        "type_vocab_size": 1,
        "pad_token_id": 1,
    },
    "big_bird": {"vocab_size": 50_358, "max_position_embeddings": 4096},
}
TITLES = {"longformer": "Longformer", "big_bird": "BigBird"}
SYSTEMS = {
    "transformers": "transformers",
    "fp32": f"{OURS}, fp32",
    "bf16": f"{OURS}, bf16",
}
LENGTHS = (512, 1024, 2048, 4096)
NOTE_LENGTHS = (1_000, 4_000, 16_000, 100_000)
SENTENCE = "The patient denies chest pain and fever, and takes 5 mg of it daily.\n"


def make_model(kind: str, n_layers: int, device: str) -> Any:
    """Make a random encoder of the published shape."""
    torch.manual_seed(0)
    logging.set_verbosity_error()
    config = AutoConfig.for_model(kind, num_hidden_layers=n_layers, **KINDS[kind])
    model = AutoModel.from_config(config).eval().to(device)
    model.pooler = None
    return model


def make_input(length: int) -> Input:
    ids = numpy.random.default_rng(0).integers(5, 50_000, size=length)
    return Input(ids, numpy.zeros(1, dtype="int64"))


def run_ours(runtime: Runtime, one: Input, precision: Any) -> numpy.ndarray:
    with runtime.computing_in(precision):
        [(_, rows)] = runtime.predict([one])
    return rows


def run_transformers(model: Any, one: Input) -> numpy.ndarray:
    ids = torch.from_numpy(one.ids)[None].to(model.device)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if model.config.model_type == "longformer":
        inputs["global_attention_mask"] = torch.zeros_like(ids)
        inputs["global_attention_mask"][0, 0] = 1
    else:
        # Or it would stay at full attention after the first short sequence.
        model.set_attention_type("block_sparse")
    with torch.inference_mode():
        rows = model(**inputs).last_hidden_state[0]
    return rows.float().cpu().numpy()


def compare(kind: str, args: argparse.Namespace) -> list[dict[str, Any]]:
    """Let both encode the same pieces in turn."""
    model = make_model(kind, args.layers, args.device)
    runtime = Runtime(model, pad_id=1, precision="fp32")
    results = []
    for length in args.lengths:
        one = make_input(length)
        contestants: dict[str, Callable[[], Any]] = {
            "transformers": lambda one=one: run_transformers(model, one),
            "fp32": lambda one=one: run_ours(runtime, one, "fp32"),
            "bf16": lambda one=one: run_ours(runtime, one, "bf16"),
        }
        outputs = {name: run() for name, run in contestants.items()}
        seconds: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(args.rounds):
            for name, run in contestants.items():
                start = time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - start)
        difference = numpy.abs(outputs["fp32"] - outputs["transformers"]).max()
        results.append(
            {
                "kind": kind,
                "length": length,
                "seconds": seconds,
                "difference": float(difference),
            }
        )
        tell(f"{kind} {length}: {[round(min(s), 2) for s in seconds.values()]} s")
    return results


def measure_memory(kind: str, args: argparse.Namespace) -> dict[str, float]:
    """Measure the MiB that one pass over the longest sequence adds to a process of its
    own."""
    added = {}
    for name in ("transformers", "fp32", "bf16"):
        command = [sys.executable, __file__, "--memory-of", f"{kind},{name}"]
        command += ["--layers", str(args.layers), "--threads", str(args.threads)]
        command += ["--lengths", str(max(args.lengths))]
        out = subprocess.run(command, capture_output=True, text=True, check=True)
        added[name] = float(out.stdout)
    return added


def print_memory(case: str, args: argparse.Namespace) -> None:
    kind, name = case.split(",")
    model = make_model(kind, args.layers, "cpu")
    runtime = Runtime(model, pad_id=1)
    long, short = make_input(max(args.lengths)), make_input(64)

    def run(one: Input) -> None:
        if name == "transformers":
            run_transformers(model, one)
        else:
            run_ours(runtime, one, name)

    # The frozen copy of the weights counts as loading.
    run(short)
    # Linux forgets the highest mark of this process.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = read_status("VmRSS")
    run(long)
    print(read_status("VmHWM") - before)


def read_status(key: str) -> float:
    """Read this process's memory, in MiB, from Linux."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024
    raise KeyError(key)


def measure_notes(kind: str, args: argparse.Namespace) -> dict[str, list[float]]:
    """Measure the milliseconds for one piece in notes of any length, through the
    component."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_model(kind, args.layers, "cpu").save_pretrained(folder)
        tokenizer = ByteLevelBPETokenizer()
        specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
        # Each byte a piece: so the vocabulary is whole, as the loader asks.
        tokenizer.train_from_iterator([SENTENCE], special_tokens=specials)
        files = tokenizer.save_model(name)
        fast = RobertaTokenizerFast(*files)
        n_ids = KINDS[kind]["vocab_size"]
        fast.add_tokens([f"unused{i}" for i in range(n_ids - len(fast))])
        fast.save_pretrained(folder)
        costs: dict[str, list[float]] = {}
        nlp = spacy.blank("en")
        nlp.max_length = 10**7
        for precision in ("fp32", "bf16"):
            encoder = build_hf_encoder(name, precision=precision)
            encoder.initialize()
            for n_pieces in args.note_lengths:
                text = SENTENCE
                [one] = encoder.predict([nlp.make_doc(text)])
                text = SENTENCE * (1 + n_pieces // len(one.pieces))
                doc = nlp.make_doc(text)
                start = time.perf_counter()
                [encoded] = encoder.predict([doc])
                seconds = time.perf_counter() - start
                cost = 1000 * seconds / len(encoded.pieces)
                costs.setdefault(precision, []).append(cost)
                tell(f"{kind} note of {len(encoded.pieces)} {precision}: {cost:.3f} ms")
    return costs


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report: the greatest length.

    report: As `main` makes it.
    """
    rows = []
    longest = max(speed["length"] for speed in report["speed"])
    for speed in report["speed"]:
        if speed["length"] == longest:
            kind = speed["kind"]
            task = f"{TITLES[kind]}, {longest:,} wordpieces"
            seconds = {SYSTEMS[k]: rounds for k, rounds in speed["seconds"].items()}
            pieces = dict.fromkeys(seconds, longest)
            rows += compare_speed(task, seconds, pieces, "pieces/s")
            for name, mib in report["memory"][kind].items():
                quantity = "memory beyond the model"
                rows.append(make_row(task, SYSTEMS[name], quantity, MIB, [mib]))
    return rows


def format_tables(report: dict[str, Any]) -> str:
    """Write speed, memory, and the cost of a piece as Markdown.

    report: As `main` makes it.
    """
    columns = ["", "pieces", "transformers, pieces/s", "fp32, pieces/s"]
    columns += ["bf16, pieces/s", "fp32, times as fast (min / median / max)"]
    columns += ["bf16, times as fast", "difference"]
    rows = []
    for row in report["speed"]:
        rates = [row["length"] / min(s) for s in row["seconds"].values()]
        theirs = row["seconds"]["transformers"]
        cells = [row["kind"], f"{row['length']:,}", *(f"{r:,.0f}" for r in rates)]
        cells += [format_ratios(theirs, row["seconds"][n]) for n in ("fp32", "bf16")]
        rows.append([*cells, f"{row['difference']:.1e}"])
    lines = [format_table(columns, rows)]
    lines.append("\nMemory beyond the model, MiB, at the greatest length:\n")
    for kind, added in report["memory"].items():
        values = ", ".join(f"{name} {mib:,.0f}" for name, mib in added.items())
        lines.append(f"- {kind}: {values}")
    lines.append("\nMilliseconds for a piece, by length of the note:\n")
    for kind, costs in report["notes"].items():
        for precision, values in costs.items():
            pairs = zip(report["note_lengths"], values, strict=True)
            text = ", ".join(f"{n:,}: {cost:.2f}" for n, cost in pairs)
            lines.append(f"- {kind} {precision}: {text}")
    return "\n".join(lines)


def draw(report: dict[str, Any], path: Path) -> None:
    """Draw the cost of a piece against the length of the note."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for kind, costs in report["notes"].items():
        for precision, values in costs.items():
            label = f"{kind}, {precision}"
            axes.plot(report["note_lengths"], values, marker="o", label=label)
    axes.set(xscale="log", xlabel="wordpieces in the note", ylabel="ms per wordpiece")
    axes.set_ylim(bottom=0)
    axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--note-lengths", type=int, nargs="+", default=NOTE_LENGTHS)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    parser.add_argument("--png", type=Path, help="picture to draw")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.memory_of:
        print_memory(args.memory_of, args)
        return
    machine = read_machine(threads=args.threads, device=args.device)
    report: dict[str, Any] = {
        "machine": machine,
        "settings": {"rounds": args.rounds, "layers": args.layers},
        "speed": [row for kind in KINDS for row in compare(kind, args)],
        "memory": {kind: measure_memory(kind, args) for kind in KINDS},
        "notes": {kind: measure_notes(kind, args) for kind in KINDS},
        "note_lengths": list(args.note_lengths),
    }
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))
    if args.png:
        draw(report, args.png)


if __name__ == "__main__":
    main()
