"""What the contestants of encoders.py have in common, in whatever environment.

A contestant is a process that loads once and then takes turns, as told on standard
input: one JSON object a line, and one line for an answer. The first line says what to
load, and has notes to try it on. {"do": "run"} times a turn over the notes of the
last {"do": "take", "texts": [...]}; {"do": "label", "texts": [...]} asks for labels.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import torch

# Notes to warm up with.
N_WARM = 2

Order = dict[str, Any]
Labels = list[list[tuple[int, str]]]


class Contestant(NamedTuple):
    """A loaded system.

    stages: What it does in turn, each with the result of the one before; the first
        gets the texts.
    count_entities: Counts them in the last stage's result.
    policy: How notes are cut and batched.
    precision: What it multiplies in, "fp32" or "bf16".
    packages: Whose versions matter.
    label: Finds for each text the places of words and their labels.
    """

    stages: dict[str, Callable[[Any], Any]]
    count_entities: Callable[[Any], int]
    policy: str
    precision: str
    packages: tuple[str, ...]
    label: Callable[[list[str]], Labels] | None = None


def serve(make: Callable[[Order], Contestant]) -> None:
    """Answer until standard input ends."""
    # Libraries that print must not print into the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf8")
    os.dup2(2, 1)
    order = json.loads(sys.stdin.readline())
    torch.set_num_threads(order["threads"])
    contestant = make(order)
    texts = order["texts"]
    answer = _run(contestant, texts[:N_WARM])
    answer["policy"] = contestant.policy
    answer["precision"] = contestant.precision
    answer["versions"] = {name: version(name) for name in contestant.packages}
    while True:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        line = sys.stdin.readline()
        if not line:
            return
        request = json.loads(line)
        if request["do"] == "take":
            texts, answer = request["texts"], {}
        elif request["do"] == "run":
            answer = _run(contestant, texts)
        else:
            assert contestant.label is not None
            answer = {"labels": contestant.label(request["texts"])}


def _run(contestant: Contestant, texts: list[str]) -> Order:
    result: Any = texts
    seconds = {}
    start = time.perf_counter()
    for name, stage in contestant.stages.items():
        result = stage(result)
        seconds[name] = time.perf_counter() - start
    entities = contestant.count_entities(result)
    return {"seconds": seconds, "entities": entities, "peak_mib": round(read_peak())}


def read_peak() -> float:
    """Read the most memory that this process has had, in MiB."""
    status = Path("/proc/self/status")
    if status.is_file():
        # What getrusage says is no less than what the parent had when it forked.
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def count_entities(docs: list[Any]) -> int:
    """Count the entities of Docs."""
    return sum(len(doc.ents) for doc in docs)
