"""Measure the service: 32 callers at once against nlp.pipe in one process.

    python benchmarks/serve.py path/to/corpora --output serve.json

Both annotate the same notes with en_clinical_sm; real text with the lengths of MIMIC-III's
discharge summaries (peers/inputs.py). `nlp.pipe` gives Docs that are thrown away. The
service runs in a process of its own with as many threads, and sends records; its callers,
in this process, each send one note at a time and wait for the answer. They take turns,
and ratios are taken within each turn. Latency is that of a note with all callers at work,
and with one caller alone. On a busy machine, the time that a process gets is chance; so
what nlp.pipe computes for, of what the service does, is told beside the speed.

Memory is that of two workers (--workers 2), what each has for itself (private, on
Linux), beside that of a service in one process.
"""

import argparse
import asyncio
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import torch
from console import tell
from machine import read_machine
from peers.inputs import make_notes, read_texts
from reports import MIB, OURS, TIMES, Row, format_rows, make_row, write_report
from scale import read_memory

import spacy_clinical

PIPE = "nlp.pipe"
SERVED = f"{OURS}, {{}} callers"
TASK = "Notes over HTTP"
PATIENCE = 300


class Service(NamedTuple):
    """A service in a process of its own."""

    url: str
    pid: int


def main() -> None:
    args = _parse_args()
    machine = read_machine(threads=args.threads)
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    notes = make_notes(read_texts(args.data), args.notes, seed=args.seed)
    report = measure_speed(notes, args)
    if Path("/proc/self/smaps_rollup").exists():
        report["memory"] = measure_memory(notes[: args.callers], args)
    report["machine"] = machine
    report["settings"] = {
        "notes": args.notes,
        "rounds": args.rounds,
        "callers": args.callers,
    }
    rows = summarize(report)
    print(format_rows(rows))
    if args.output:
        write_report(args.output, report, rows)


def measure_speed(notes: Sequence[str], args: argparse.Namespace) -> dict[str, Any]:
    """Let both annotate the notes in turns.

    RETURNS: "seconds" and "processor" (the time that each has computed) by system,
        "latencies" by number of callers, and "words".
    """
    torch.set_num_threads(args.threads)
    nlp = spacy_clinical.load()
    list(nlp.pipe(notes[:2]))
    seconds: dict[str, list[float]] = {PIPE: [], "served": []}
    processor: dict[str, list[float]] = {PIPE: [], "served": []}
    latencies: dict[str, list[float]] = {"all": [], "one": []}
    with run_service() as service:
        asyncio.run(call(service.url, notes[:4], 4))
        for turn in range(args.rounds):
            begin, used = time.perf_counter(), read_processor_time("self")
            n_done = sum(1 for _ in nlp.pipe(notes, batch_size=args.batch))
            seconds[PIPE].append(time.perf_counter() - begin)
            processor[PIPE].append(read_processor_time("self") - used)
            begin, used = time.perf_counter(), read_processor_time(service.pid)
            taken = asyncio.run(call(service.url, notes, args.callers))
            seconds["served"].append(time.perf_counter() - begin)
            processor["served"].append(read_processor_time(service.pid) - used)
            latencies["all"] += taken
            if n_done != len(taken):
                raise RuntimeError(f"{len(taken)} of {n_done} notes were answered")
            tell(
                f"round {turn + 1}: {seconds[PIPE][-1]:.1f}, {seconds['served'][-1]:.1f} s"
            )
        latencies["one"] = asyncio.run(call(service.url, notes[: args.callers], 1))
    words = sum(len(note.split()) for note in notes)
    return {
        "seconds": seconds,
        "processor": processor,
        "latencies": latencies,
        "words": words,
    }


def read_processor_time(pid: int | str) -> float:
    """Read the time that a process has computed (seconds; Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def call(url: str, notes: Sequence[str], n_callers: int) -> list[float]:
    """Send notes by some callers at once.

    RETURNS: The seconds that each note took.
    """
    todo = iter(notes)
    taken: list[float] = []
    async with httpx.AsyncClient(
        base_url=url, timeout=PATIENCE, trust_env=False
    ) as client:

        async def work() -> None:
            for text in todo:
                begin = time.perf_counter()
                answer = await client.post("/v1/annotate", json={"text": text})
                answer.raise_for_status()
                taken.append(time.perf_counter() - begin)

        await asyncio.gather(*(work() for _ in range(n_callers)))
    return taken


def measure_memory(notes: Sequence[str], args: argparse.Namespace) -> dict[str, float]:
    """Measure processes that have annotated notes (MiB).

    RETURNS: "alone", a service in one process in all; "worker", what the larger of two
        workers has for itself; "first", what the process has in all that forked them.
    """
    with run_service() as service:
        asyncio.run(call(service.url, notes, args.callers))
        alone = read_memory(str(service.pid))["Rss"]
    with run_service("--workers", "2") as service:
        asyncio.run(call(service.url, notes, args.callers))
        children = Path(f"/proc/{service.pid}/task/{service.pid}/children")
        workers = [read_memory(pid) for pid in children.read_text().split()]
        first = read_memory(str(service.pid))["Rss"]
    own = max(worker["Private"] for worker in workers)
    return {"alone": alone, "worker": own, "first": first}


@contextmanager
def run_service(*arguments: str) -> Iterator[Service]:
    """Run a service until the context ends."""
    with tempfile.TemporaryFile("w+") as log:
        command = [sys.executable, "-W", "ignore", "-m", "spacy_clinical", "serve"]
        command += ["--port", "0", "--no-forms", "--log-level", "error", *arguments]
        process = subprocess.Popen(command, stderr=log)
        try:
            yield Service(_wait_for_url(process, log), process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def _wait_for_url(process: "subprocess.Popen[bytes]", log: Any) -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        log.seek(0)
        match = re.search(r" at (http://\S+)\n", log.read())
        try:
            if match and httpx.get(f"{match[1]}/readyz", trust_env=False).is_success:
                return match[1]
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the service doesn't start")


def summarize(report: dict[str, Any]) -> list[Row]:
    """Give what counts: words a second, against nlp.pipe, and how long a note takes."""
    seconds, words = report["seconds"], report["words"]
    served = SERVED.format(report["settings"]["callers"])
    rates = {name: [words / one for one in taken] for name, taken in seconds.items()}
    pairs = zip(seconds[PIPE], seconds["served"], strict=True)
    rows = [
        make_row(TASK, PIPE, "speed", "words/s", rates[PIPE]),
        make_row(TASK, served, "speed", "words/s", rates["served"]),
        make_row(TASK, served, "speed", TIMES, [a / b for a, b in pairs], PIPE),
    ]
    used = zip(report["processor"][PIPE], report["processor"]["served"], strict=True)
    ratios = [pipe / own for pipe, own in used]
    rows.append(make_row(TASK, served, "work", "of its processor time", ratios, PIPE))
    for name, system in (("all", served), ("one", SERVED.format(1))):
        cuts = statistics.quantiles(
            report["latencies"][name], n=100, method="inclusive"
        )
        for share in (50, 99):
            rows.append(make_row(TASK, system, f"p{share}", "s", [cuts[share - 1]]))
    names = {
        "alone": f"{OURS}, one process in all",
        "worker": f"{OURS}, each worker's own",
        "first": f"{OURS}, first process in all",
    }
    for key, value in report.get("memory", {}).items():
        rows.append(make_row("Two workers", names[key], "memory", MIB, [value]))
    return rows


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder of the corpora")
    parser.add_argument("--output", type=Path, help="JSON file for all numbers")
    parser.add_argument("--notes", type=int, default=128)
    parser.add_argument("--callers", type=int, default=32)
    parser.add_argument("--batch", type=int, default=32, help="notes, of nlp.pipe")
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
