"""Judge the clinical tokenizer and sentencizer beside spaCy's and scispaCy's.

Tokens: how many gold spans of MACCROBAT (train and dev, each piece of a
discontinuous one) start and end at token borders. Sentences: the texts have one
sentence a line; the lines are joined by spaces, or wrapped at 78 columns, and the
starts of all sentences but each text's first are looked for.

Run: python benchmarks/tokenization.py DATA [--peer PYTHON]
DATA holds maccrobat2020/; PYTHON is an interpreter that has scispaCy. Systems take
turns, each round with a new pipeline; speeds are medians over the rounds.
"""

import argparse
import json
import re
import statistics
import subprocess
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from spacy.language import Language

from spacy_clinical.brat import read_brat

PEER = Path(__file__).parent / "peers" / "scispacy_rules.py"
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
    request = json.dumps({"tokenize": texts, "split": to_split})
    command = [python, "-W", "ignore", str(PEER)]
    done = subprocess.run(
        command, input=request, capture_output=True, text=True, check=True
    )
    return Result(**json.loads(done.stdout))


def count_aligned(notes: list[Note], tokens: list[list[tuple[int, int]]]) -> int:
    n_aligned = 0
    for note, borders in zip(notes, tokens, strict=True):
        starts = {start for start, _ in borders}
        ends = {end for _, end in borders}
        n_aligned += sum(s in starts and e in ends for s, e in note.spans)
    return n_aligned


def score_starts(notes: list[Note], found: Sequence[list[int]]) -> str:
    """Precision, recall and F1 of sentence starts."""
    n_right = n_found = n_gold = 0
    for note, starts in zip(notes, found, strict=True):
        guessed = set(starts) - {0}
        n_right += len(guessed & note.starts)
        n_found += len(guessed)
        n_gold += len(note.starts)
    scores = n_right / n_found, n_right / n_gold, 2 * n_right / (n_found + n_gold)
    return "  ".join(f"{score:.4f}" for score in scores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--peer", help="an interpreter that has scispaCy")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    notes = read_notes(options.data)
    texts = [note.text for note in notes]
    to_split = [note.joined for note in notes] + [note.wrapped for note in notes]
    results: dict[str, list[Result]] = {}
    for _ in range(options.rounds):
        clinical = make_pipeline(CLINICAL, "clinical_sentencizer")
        default = make_pipeline(None, "sentencizer")
        turns: dict[str, Any] = {
            "spacy-clinical": lambda nlp=clinical: run_here(nlp, texts, to_split),
            "spaCy": lambda nlp=default: run_here(nlp, texts, to_split),
        }
        if options.peer:
            turns["scispaCy"] = lambda: run_peer(options.peer, texts, to_split)
        for name, run in turns.items():
            results.setdefault(name, []).append(run())
    report(notes, results)


def report(notes: list[Note], results: dict[str, list[Result]]) -> None:
    n_spans = sum(len(note.spans) for note in notes)
    n_words = sum(len(note.text.split()) for note in notes)
    print(f"{len(notes)} notes, {n_words} words, {n_spans} gold spans")
    print(f"\n{'tokenizer':16}{'aligned':>9}{'%':>9}{'tokens':>9}{'words/s':>11}")
    for name, rounds in results.items():
        n_aligned = count_aligned(notes, rounds[0].tokens)
        n_tokens = sum(map(len, rounds[0].tokens))
        speed = n_words / statistics.median(r.tokenize_seconds for r in rounds)
        share = 100 * n_aligned / n_spans
        print(f"{name:16}{n_aligned:9}{share:9.3f}{n_tokens:9}{speed:11.0f}")
    print(f"\n{'sentences':16}{'joined: P, R, F1':26}{'wrapped: P, R, F1':26}words/s")
    for name, rounds in results.items():
        joined = score_starts(notes, rounds[0].starts[: len(notes)])
        wrapped = score_starts(notes, rounds[0].starts[len(notes) :])
        speed = 2 * n_words / statistics.median(r.split_seconds for r in rounds)
        print(f"{name:16}{joined:26}{wrapped:26}{speed:.0f}")


if __name__ == "__main__":
    main()
