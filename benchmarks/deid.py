"""Measure what finds identifiers, and compare it with Presidio and OpenMed's rules.

    python benchmarks/deid.py --data path/to/data \\
        --peer-python peers/presidio/bin/python \\
        --openmed-python peers/openmed/bin/python --output deid.json

Contestants: rules alone, the shipped model alone, both, Presidio with its defaults, and
OpenMed's rules without a model, as its models have to be downloaded: compare these with
our rules. Both are in environments of their own, which make_peers.py makes.

Planted: the dev part of scripts/make_deid_notes.py, which needs Faker; its names, places, formats and templates
are in no note that the model has learned from. They are invented: what is found in them
says little of real notes, and nothing of a licence to give notes away. No score on the
notes of i2b2 could be had here.

deid_obi: the four invented notes of the authors of obi/deid_*_i2b2. Their gold is what
the authors' model has found, corrected by hand (CORRECTIONS).

Notes without planted identifiers: the dev part of MACCROBAT, case reports from which
nothing should be taken but ages, dates and places. Over-redaction is how many of 1,000
words are taken that aren't such; a clinical entity is lost if any of its words is taken.

Speed: notes of ACI-BENCH, beside all that `spacy-clinical annotate` runs by default.
Turns alternate.
"""

import argparse
import csv
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import spacy
from console import add_data_option
from identifier_scores import Scores, Span, format_scores, list_words
from machine import read_machine
from peer_process import Peer, ask_peer, start_peer
from peers.tables import format_table
from reports import OURS, SHARE, Row, compare_speed, make_row, write_report

from spacy_clinical.corpora.standoff import read_brat
from spacy_clinical.identifiers.found import list_identifiers
from spacy_clinical.models import load

RULES, MODEL, BOTH = f"{OURS}, rules", f"{OURS}, model", f"{OURS}, rules and model"
DECIDE = {MODEL: "model", BOTH: "both"}
ANNOTATE = f"{OURS}, annotate"
PEER, OPENMED = "Presidio", "OpenMed, rules"
SCRIPTS = {PEER: "presidio_identifiers.py", OPENMED: "openmed_identifiers.py"}
SHIPPED = "en_clinical_sm"
COMPONENT = "clinical_deidentifier"
# Of the planted notes: other than those that thresholds were chosen on.
SEED = 7
# What Presidio's types may stand for.
PRESIDIO = {
    "PERSON": ("PATIENT", "STAFF"),
    "NRP": ("OTHERPHI",),
    "LOCATION": ("LOC", "HOSP"),
    "ORGANIZATION": ("PATORG", "HOSP"),
    "DATE_TIME": ("DATE", "AGE"),
    "PHONE_NUMBER": ("PHONE",),
    "EMAIL_ADDRESS": ("EMAIL",),
    "URL": ("OTHERPHI",),
    "IP_ADDRESS": ("OTHERPHI",),
}
# What OpenMed's may.
OPENMED_TYPES = {
    "PERSON": ("PATIENT", "STAFF"),
    "DATE_OF_BIRTH": ("DATE",),
    "date": ("DATE",),
    "PHONE": ("PHONE",),
    "phone_number": ("PHONE",),
    "email": ("EMAIL",),
    "street_address": ("LOC",),
    "STREET_ADDRESS": ("LOC",),
    "postcode": ("LOC",),
    "ORGANIZATION": ("PATORG", "HOSP"),
    **dict.fromkeys(("url", "ipv4", "ipv6", "mac_address", "ETHNICITY"), ("OTHERPHI",)),
}
OTHER_NUMBERS = ("ID",)
OBI_TYPES = {"HOSPITAL": "HOSP", "LOCATION": "LOC"}
# What the authors' model has wrong, by the words of the note and their type; "" if they
# are no identifier.
CORRECTIONS = {
    "note_2": (("MC", ""), ("Williams Ct", "LOC")),
    "note_4": (
        *(("Asb67-12", "LOC"), ("Suite 1s", "LOC")),
        *(("CA 03245 634", "LOC"), ("CA 04325", "LOC")),
    ),
}
_TAGGED = re.compile(r"<<([A-Z]+):(.*?)>>", re.DOTALL)
# Types of MACCROBAT that are or can be identifiers.
NOT_CLINICAL = {
    *("Age", "Date", "Nonbiological_location", "Occupation", "Personal_background"),
    *("Subject", "Time", "Duration", "Family_history", "History", "Sex"),
}
IDENTIFYING = {"Age", "Date", "Nonbiological_location"}

TYPES = {PEER: PRESIDIO, OPENMED: OPENMED_TYPES}
Find = Callable[[list[str]], list[list[Span]]]


def main() -> None:
    args = _parse_args()
    machine = read_machine(threads=1)
    nlp = load_alone(args.pipeline)
    finders = {RULES: make_finder(make_rules(), "rules")}
    finders |= {name: make_finder(nlp, DECIDE[name]) for name in DECIDE}
    pythons = {PEER: args.peer_python, OPENMED: args.openmed_python}
    peers = {
        name: start_peer(path, SCRIPTS[name]) for name, path in pythons.items() if path
    }
    finders |= {name: _make_asker(peer) for name, peer in peers.items()}
    report: dict[str, Any] = {
        "machine": machine,
        "settings": {
            "planted": args.planted,
            "rounds": args.rounds,
            "notes": args.notes,
        },
        "quality": {},
    }
    corpora = {"deid_obi": read_obi(args.data / "deid_obi")}
    if args.planted:
        corpora = {"planted": make_planted(args.data, args.planted), **corpora}
    for corpus, notes in corpora.items():
        report["quality"][corpus] = measure_quality(notes, finders)
    maccrobat = args.data / "maccrobat2020" / "dev"
    report["clean"] = measure_losses(read_entities(maccrobat), finders)
    texts = read_visits(args.data / "aci_bench" / "valid.csv")[: args.notes]
    everything = load() if args.annotate else None
    report["speed"] = measure_speed(texts, finders, everything, args.rounds)
    if peers:
        asked = {
            name: ask_peer(peer, {"texts": []})["versions"]
            for name, peer in peers.items()
        }
        report["versions"] = asked
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report.

    report: As `main` makes it.
    """
    rows = [
        make_row(f"Identifiers, {corpus}", system, f"{key}, {name}", SHARE, [row[key]])
        for corpus, systems in report["quality"].items()
        for system, scores in systems.items()
        for name, row in scores.items()
        if name in ("names", "regular", "all")
        for key in ("recall", "precision")
    ]
    task = "Notes without identifiers"
    for system, lost in report["clean"].items():
        taken = lost["taken_per_1000"]
        rows.append(make_row(task, system, "taken", "words in 1,000", [taken]))
        rows.append(make_row(task, system, "entities lost", SHARE, [lost["lost"]]))
    speed = report["speed"]
    amounts = dict.fromkeys(speed["seconds"], speed["notes"])
    return rows + compare_speed("Identifiers", speed["seconds"], amounts, "notes/s")


# Notes


def make_planted(data: Path, n_notes: int) -> list[tuple[str, list[Span]]]:
    """Invent notes as make_deid_notes.py does to measure with.

    data: The corpora.
    n_notes: How many.
    """
    sys.path.append(str(Path(__file__).parents[1] / "scripts"))
    from make_deid_notes import make_part

    return [(note.text, note.spans) for note in make_part(data, "dev", n_notes, SEED)]


def read_annotated(path: Path) -> tuple[str, list[Span]]:
    """Read a text and its BRAT annotations.

    path: Of the text.
    """
    text = path.read_bytes().decode("utf8")
    annotations = path.with_suffix(".ann").read_bytes().decode("utf8")
    spans = [
        (start, end, span.label)
        for span in read_brat(text, annotations, name=path.name).spans
        for start, end in span.fragments
    ]
    return text, spans


def read_obi(folder: Path) -> list[tuple[str, list[Span]]]:
    """Read the notes of deid_obi, with corrected spans.

    folder: Of the corpus.
    """
    notes = []
    for line in (folder / "deid.jsonl").read_text(encoding="utf8").splitlines():
        record = json.loads(line)
        spans = read_tagged(record["text"], record["deid_text"])
        corrections = CORRECTIONS.get(record["meta"]["note_id"], ())
        notes.append((record["text"], correct(record["text"], spans, corrections)))
    return notes


def read_tagged(text: str, tagged: str) -> list[Span]:
    """Read the spans of a text in which identifiers are written as <<TYPE:words>>.

    text: Without the tags.
    """
    spans, end = [], 0
    for match in _TAGGED.finditer(tagged):
        start = text.index(match[2], end)
        end = start + len(match[2])
        spans.append((start, end, OBI_TYPES.get(match[1], match[1])))
    return spans


def correct(
    text: str, spans: list[Span], corrections: Sequence[tuple[str, str]]
) -> list[Span]:
    """Give the words of a note the type that they should have.

    corrections: As in CORRECTIONS.
    """
    for words, label in corrections:
        start = text.index(words)
        end = start + len(words)
        kept = []
        for first, last, name in spans:
            kept += [
                (s, e, name)
                for s, e in ((first, min(last, start)), (max(first, end), last))
                if s < e and text[s:e].strip()
            ]
        spans = sorted([*kept, (start, end, label)] if label else kept)
    return spans


def read_entities(folder: Path) -> list[tuple[str, list[Span]]]:
    """Read notes with all entities of MACCROBAT.

    folder: With .txt and .ann files.
    """
    return [read_annotated(path) for path in sorted(folder.glob("*.txt"))]


def read_visits(path: Path) -> list[str]:
    """Read the notes of ACI-BENCH.

    path: Of a table.
    """
    csv.field_size_limit(10**9)
    with path.open(newline="", encoding="utf8") as file:
        return [row["note"] for row in csv.DictReader(file)]


# Measuring


def measure_quality(
    notes: list[tuple[str, list[Span]]], finders: dict[str, Find]
) -> dict[str, Any]:
    """Score all systems on notes.

    finders: By system.
    """
    texts = [text for text, _ in notes]
    scores = {}
    for system, find in finders.items():
        types = TYPES.get(system)
        counts = Scores(_Types(types) if types else None)
        for (text, gold), found in zip(notes, find(texts), strict=True):
            counts.add(text, gold, [(s, e, label) for s, e, label in found])
        scores[system] = counts.summarize()
    return scores


class _Types(dict[str, Sequence[str]]):
    """What the types of a peer stand for: numbers of any other kind are an ID."""

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key, OTHER_NUMBERS)


def measure_losses(
    notes: list[tuple[str, list[Span]]], finders: dict[str, Find]
) -> dict[str, Any]:
    """Measure what is taken from notes without planted identifiers.

    finders: By system.
    """
    texts = [text for text, _ in notes]
    losses = {}
    for system, find in finders.items():
        n_words = n_taken = n_entities = n_lost = 0
        for (text, entities), found in zip(notes, find(texts), strict=True):
            taken = {w for s, e, _ in found for w in list_words(text, s, e)}
            free = {
                word
                for start, end, label in entities
                if label in IDENTIFYING
                for word in list_words(text, start, end)
            }
            n_words += len(list_words(text, 0, len(text)))
            n_taken += len(taken - free)
            clinical = {span for span in entities if span[2] not in NOT_CLINICAL}
            n_entities += len(clinical)
            n_lost += sum(
                not (taken - free).isdisjoint(list_words(text, start, end))
                for start, end, _ in clinical
            )
        losses[system] = {
            "words": n_words,
            "taken": n_taken,
            "taken_per_1000": 1000 * n_taken / n_words,
            "entities": n_entities,
            "lost": n_lost / n_entities,
        }
    return losses


def measure_speed(
    texts: list[str], finders: dict[str, Find], nlp: Any, n_rounds: int
) -> dict[str, Any]:
    """Time all systems on the same notes; the first turn warms up.

    finders: By system.
    nlp: What `annotate` runs by default; None to leave it out.
    """
    work: dict[str, Callable[[], Any]] = {
        system: (lambda find=find: find(texts))  # type: ignore[misc]
        for system, find in finders.items()
    }
    if nlp is not None:
        work[ANNOTATE] = lambda: list(nlp.pipe(texts))
    seconds: dict[str, list[float]] = {system: [] for system in work}
    for turn in range(n_rounds + 1):
        for system, run in work.items():
            start = time.perf_counter()
            run()
            if turn:
                seconds[system].append(time.perf_counter() - start)
    words = sum(len(text.split()) for text in texts) / max(1, len(texts))
    return {"notes": len(texts), "words": words, "seconds": seconds}


def load_alone(name: str) -> Any:
    """Load what finding identifiers needs of a pipeline.

    name: Of a shipped pipeline, or a folder.
    """
    nlp = load(name, exclude=["clinical_icd9_categorizer", "clinical_assertion"])
    if COMPONENT in nlp.disabled:
        nlp.enable_pipe(COMPONENT)
    return nlp


def make_rules() -> Any:
    """Make a pipeline that finds identifiers by rules alone."""
    tokenizer = {"@tokenizers": "spacy-clinical.ClinicalTokenizer.v1"}
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": tokenizer}})
    nlp.add_pipe(COMPONENT)
    return nlp


def make_finder(nlp: Any, decide: str) -> Find:
    """Make a function that finds the identifiers of texts.

    nlp: With a `clinical_deidentifier`.
    decide: Its setting.
    """
    component = nlp.get_pipe(COMPONENT)

    def find(texts: list[str]) -> list[list[Span]]:
        component.decide = decide
        return [[row[:3] for row in list_identifiers(doc)] for doc in nlp.pipe(texts)]

    return find


def _make_asker(peer: Peer) -> Find:
    return lambda texts: ask_peer(peer, {"texts": texts})["identifiers"]


def format_tables(report: dict[str, Any]) -> str:
    """Write scores, losses and times as Markdown.

    report: As `main` makes it.
    """
    parts = []
    for corpus, scores in report["quality"].items():
        parts += [f"**{corpus}**", format_scores(scores)]
    losses = [
        [
            system,
            f"{row['taken']} of {row['words']}",
            f"{row['taken_per_1000']:.1f}",
            f"{100 * row['lost']:.2f} % of {row['entities']}",
        ]
        for system, row in report["clean"].items()
    ]
    columns = ["MACCROBAT dev", "words taken", "in 1,000", "clinical entities lost"]
    parts.append(format_table(columns, losses, text=1))
    speed = report["speed"]
    times = [
        [system, *(f"{speed['notes'] / s:.1f}" for s in _spread(seconds))]
        for system, seconds in speed["seconds"].items()
    ]
    columns = [
        f"{speed['notes']} notes of {speed['words']:.0f} words",
        *("notes/s: lowest", "median", "highest"),
    ]
    return "\n\n".join([*parts, format_table(columns, times, text=1)])


def _spread(seconds: list[float]) -> tuple[float, float, float]:
    ordered = sorted(seconds, reverse=True)
    return ordered[0], ordered[len(ordered) // 2], ordered[-1]


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_data_option(parser)
    parser.add_argument("--pipeline", default=SHIPPED, help="ours")
    parser.add_argument("--planted", type=int, default=400, help="notes to invent")
    parser.add_argument("--peer-python", help="Python that has Presidio installed")
    parser.add_argument("--openmed-python", help="Python that has OpenMed installed")
    parser.add_argument("--no-annotate", dest="annotate", action="store_false")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--notes", type=int, default=20, help="to time")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
