"""Judge the clinical tokenizer and sentencizer beside spaCy's and scispaCy's.

Tokens: how many gold spans of MACCROBAT (train and dev, each piece of a
discontinuous one) start and end at token borders. Sentences: the texts have one
sentence a line; the lines are joined by spaces, or wrapped at 78 columns, and the
starts of all sentences but each text's first are looked for.

    python benchmarks/tokenization.py DATA --peer peers/scispacy/bin/python \\
        --output tokenization.json

DATA holds maccrobat2020/; the peer is an interpreter that has scispaCy. Systems take
turns, each round with a new pipeline; speeds are medians over the rounds.
"""

import argparse
import re
import statistics
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from machine import read_machine
from peer_process import ask_once
from peers.tables import format_table
from reports import OURS, SHARE, Row, compare_speed, make_row, write_report
from spacy.language import Language

from spacy_clinical.corpora.standoff import read_brat

PEER = "scispaCy"
CLINICAL = {"@tokenizers": "spacy-clinical.ClinicalTokenizer.v1"}


class Note(NamedTuple):
    """A text, its gold spans, its sentences joined, and where they start."""

    text: str
    spans: list[tuple[int, int]]
    joined: str
    wrapped: str
    starts: set[int]


class Result(NamedTuple):
    """What one system found in one round."""

    tokens: list[list[tuple[int, int]]]
    tokenize_seconds: float
    starts: list[list[int]]
    split_seconds: float
    versions: dict[str, str] | None = None


def read_notes(data: Path) -> list[Note]:
    notes = []
    for part in ("train", "dev"):
        for path in sorted((data / "maccrobat2020" / part).glob("*.txt")):
            text = path.read_bytes().decode("utf8")
            annotations = path.with_suffix(".ann").read_bytes().decode("utf8")
            spans = read_brat(text, annotations).spans
            places = [place for span in spans for place in span.fragments]
            lines = [re.sub(r"\s+", " ", line.strip()) for line in text.split("\n")]
            notes.append(make_note(text, places, [line for line in lines if line]))
    return notes


def make_note(text: str, places: list[tuple[int, int]], lines: list[str]) -> Note:
    starts, end = set(), 0
    for line in lines:
        starts.add(end)
        end += len(line) + 1
    joined = " ".join(lines)
    wrapped = textwrap.fill(joined, 78, break_long_words=False, break_on_hyphens=False)
    return Note(text, places, joined, wrapped, starts - {0})


def make_pipeline(tokenizer: dict[str, str] | None, sentencizer: str) -> Language:
    config = {"nlp": {"tokenizer": tokenizer}} if tokenizer else {}
    nlp = spacy.blank("en", config=config)
    nlp.add_pipe(sentencizer)
    return nlp


def run_here(nlp: Language, texts: list[str], to_split: list[str]) -> Result:
    start = time.perf_counter()
    docs = [nlp.tokenizer(text) for text in texts]
    tokenize_seconds = time.perf_counter() - start
    tokens = [[(t.idx, t.idx + len(t)) for t in doc] for doc in docs]

    docs = [nlp.tokenizer(text) for text in to_split]
    component = nlp.get_pipe(nlp.pipe_names[0])
    start = time.perf_counter()
    for doc in docs:
        component(doc)
    split_seconds = time.perf_counter() - start
    starts = [[sent.start_char for sent in doc.sents] for doc in docs]
    return Result(tokens, tokenize_seconds, starts, split_seconds)


def run_peer(python: str, texts: list[str], to_split: list[str]) -> Result:
    request = {"tokenize": texts, "split": to_split}
    return Result(**ask_once(python, "scispacy_rules.py", request))


def count_aligned(notes: list[Note], tokens: list[list[tuple[int, int]]]) -> int:
    n_aligned = 0
    for note, borders in zip(notes, tokens, strict=True):
        starts = {start for start, _ in borders}
        ends = {end for _, end in borders}
        n_aligned += sum(s in starts and e in ends for s, e in note.spans)
    return n_aligned


def score_starts(notes: list[Note], found: Sequence[list[int]]) -> dict[str, float]:
    """Compute precision, recall and F1 of sentence starts."""
    n_right = n_found = n_gold = 0
    for note, starts in zip(notes, found, strict=True):
        guessed = set(starts) - {0}
        n_right += len(guessed & note.starts)
        n_found += len(guessed)
        n_gold += len(note.starts)
    return {
        "p": n_right / max(n_found, 1),
        "r": n_right / max(n_gold, 1),
        "f": 2 * n_right / max(n_found + n_gold, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--peer", help="an interpreter that has scispaCy")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    args = parser.parse_args()
    machine = read_machine(threads=1)
    notes = read_notes(args.data)
    results = take_turns(notes, args.peer, args.rounds)
    report = measure(notes, results)
    report |= {"machine": machine, "settings": {"rounds": args.rounds}}
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))


def take_turns(
    notes: list[Note], peer: str | None, n_rounds: int
) -> dict[str, list[Result]]:
    """Let all do their work in each round."""
    texts = [note.text for note in notes]
    to_split = [note.joined for note in notes] + [note.wrapped for note in notes]
    results: dict[str, list[Result]] = {}
    for _ in range(n_rounds):
        clinical = make_pipeline(CLINICAL, "clinical_sentencizer")
        default = make_pipeline(None, "sentencizer")
        turns: dict[str, Any] = {
            OURS: lambda nlp=clinical: run_here(nlp, texts, to_split),
            "spaCy": lambda nlp=default: run_here(nlp, texts, to_split),
        }
        if peer:
            turns[PEER] = lambda: run_peer(peer, texts, to_split)
        for name, run in turns.items():
            results.setdefault(name, []).append(run())
    return results


def measure(notes: list[Note], results: dict[str, list[Result]]) -> dict[str, Any]:
    """Score what was found: it is the same in all rounds."""
    systems = {
        name: {
            "aligned": count_aligned(notes, rounds[0].tokens),
            "tokens": sum(map(len, rounds[0].tokens)),
            "joined": score_starts(notes, rounds[0].starts[: len(notes)]),
            "wrapped": score_starts(notes, rounds[0].starts[len(notes) :]),
            "tokenize_seconds": [result.tokenize_seconds for result in rounds],
            "split_seconds": [result.split_seconds for result in rounds],
        }
        for name, rounds in results.items()
    }
    return {
        "notes": len(notes),
        "words": sum(len(note.text.split()) for note in notes),
        "spans": sum(len(note.spans) for note in notes),
        "systems": systems,
        "versions": {
            name: rounds[0].versions
            for name, rounds in results.items()
            if rounds[0].versions
        },
    }


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report.

    report: As `measure` makes it.
    """
    systems, rows = report["systems"], []
    for name, found in systems.items():
        share = found["aligned"] / report["spans"]
        rows.append(make_row("Tokens", name, "aligned spans", SHARE, [share]))
    tokenized = {name: found["tokenize_seconds"] for name, found in systems.items()}
    words = dict.fromkeys(systems, report["words"])
    rows += compare_speed("Tokens", tokenized, words, "words/s")
    for layout in ("joined", "wrapped"):
        for name, found in systems.items():
            f1 = [found[layout]["f"]]
            rows.append(make_row("Sentences", name, f"F1, lines {layout}", SHARE, f1))
    split = {name: found["split_seconds"] for name, found in systems.items()}
    # Each note is split twice: joined and wrapped.
    words = dict.fromkeys(systems, 2 * report["words"])
    return rows + compare_speed("Sentences", split, words, "words/s")


def format_tables(report: dict[str, Any]) -> str:
    """Write scores and speeds as Markdown.

    report: As `measure` makes it.
    """
    tokens, sentences = [], []
    for name, found in report["systems"].items():
        speed = report["words"] / statistics.median(found["tokenize_seconds"])
        share = f"{found['aligned'] / report['spans']:.3%}"
        counts = [f"{found['aligned']:,}", share, f"{found['tokens']:,}"]
        tokens.append([name, *counts, f"{speed:,.0f}"])
        speed = 2 * report["words"] / statistics.median(found["split_seconds"])
        layouts = [
            "  ".join(f"{found[layout][key]:.4f}" for key in "prf")
            for layout in ("joined", "wrapped")
        ]
        sentences.append([name, *layouts, f"{speed:,.0f}"])
    columns = ["tokenizer", "aligned", "share", "tokens", "words/s"]
    titles = ["sentences", "joined: P, R, F1", "wrapped: P, R, F1", "words/s"]
    return "\n\n".join(
        [
            f"{report['notes']} notes, {report['words']:,} words, "
            f"{report['spans']:,} gold spans",
            format_table(columns, tokens),
            format_table(titles, sentences),
        ]
    )


if __name__ == "__main__":
    main()
