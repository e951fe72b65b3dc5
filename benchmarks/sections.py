"""Compare section splitting with medspaCy's, on the same notes in the same run.

    python benchmarks/sections.py --data path/to/data \\
        --peer-python peers/medspacy/bin/python --output sections.json

Quality: F1 of section starts and categories on ACI-BENCH, whose headers stand on
lines of their own. A line is a header if it follows a blank line (or nothing), is
one of HEADERS, and is in capitals or followed by a blank line too. HEADERS are all
distinct lines of that look in train, valid and test1, checked by hand; three that
are answers or list items are left out ("EKG", "HIV", "BSA 2.65" under RESULTS, PAST
HISTORY and VITALS).

Speed: notes of about 1,500 words, made of ACI-BENCH notes one after the other. Both
splitters get them already tokenized; turns alternate, and the ratio is taken within
each turn.

medspaCy 1.3.1 needs spaCy < 3.8: it runs in an environment of its own, which
make_peers.py makes, as a process that answers over a pipe.
"""

import argparse
import csv
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import spacy
from console import add_data_option
from machine import read_machine
from peer_process import Peer, ask_peer, start_peer
from peers.tables import format_ratios, format_table
from reports import OURS, SHARE, Row, compare_speed, make_row, write_report

from spacy_clinical.sections.split import split_sections
from spacy_clinical.sections.vocabulary import load_titles

Starts = set[tuple[int, str]]

SCRIPT = "medspacy_sections.py"
PARTS = {
    "train": "train.csv",
    "valid": "valid.csv",
    "test1": "clinicalnlp_taskB_test1.csv",
}
HEADERS = {
    "CHIEF COMPLAINT": "chief_complaint",
    "CC": "chief_complaint",
    "HISTORY OF PRESENT ILLNESS": "history_of_present_illness",
    "HPI": "history_of_present_illness",
    "SUBJECTIVE": "history_of_present_illness",
    "PAST HISTORY": "past_medical_history",
    "MEDICAL HISTORY": "past_medical_history",
    "PAST MEDICAL HISTORY": "past_medical_history",
    "BIRTH HISTORY": "past_medical_history",
    "SURGICAL HISTORY": "past_surgical_history",
    "PAST SURGICAL HISTORY": "past_surgical_history",
    "SOCIAL HISTORY": "social_history",
    "FAMILY HISTORY": "family_history",
    "MEDICATIONS": "medications",
    "CURRENT MEDICATIONS": "medications",
    "ALLERGIES": "allergies",
    "REVIEW OF SYSTEMS": "review_of_systems",
    "VITALS": "vital_signs",
    "VITALS REVIEWED": "vital_signs",
    "PHYSICAL EXAM": "physical_exam",
    "PHYSICAL EXAMINATION": "physical_exam",
    "EXAM": "physical_exam",
    "RESULTS": "results",
    "PROCEDURE": "procedures",
    "ASSESSMENT": "assessment",
    "IMPRESSION": "assessment",
    "PLAN": "plan",
    "ASSESSMENT AND PLAN": "assessment_and_plan",
    "INSTRUCTIONS": "instructions",
}
# What each of medspaCy's categories may stand for: it counts as right for any.
MEDSPACY = {
    "allergies": {"allergies"},
    "allergy": {"allergies"},
    "chief_complaint": {"chief_complaint"},
    "diagnoses": {"assessment", "past_medical_history", "problem_list"},
    "family_history": {"family_history"},
    "history_of_present_illness": {"history_of_present_illness"},
    "imaging": {"imaging", "results"},
    "labs_and_studies": {"results", "imaging", "vital_signs"},
    "medications": {"medications"},
    "observation_and_plan": {"assessment", "plan", "assessment_and_plan"},
    "past_medical_history": {"past_medical_history", "past_surgical_history"},
    "patient_education": {"instructions"},
    "patient_instructions": {"instructions"},
    "physical_exam": {"physical_exam", "vital_signs", "review_of_systems"},
    "problem_list": {"problem_list", "past_medical_history", "assessment"},
    "procedures": {"procedures", "past_surgical_history"},
    "reason_for_examination": {"chief_complaint"},
    "sexual_and_social_history": {"social_history"},
    "social_history": {"social_history"},
}
PEER = "medspaCy"
SECTIONS_ALONE = f"{OURS}, without their parts"
_LINE = re.compile(r"^[ \t]*(\S[^\r\n]{0,40}?)[ \t]*\r?$", re.MULTILINE)


def main() -> None:
    args = _parse_args()
    machine = read_machine(threads=1)
    notes = {part: read_notes(args.data / "aci_bench" / PARTS[part]) for part in PARTS}
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    peer = start_peer(args.peer_python, SCRIPT) if args.peer_python else None
    report: dict[str, Any] = {
        "machine": machine,
        "settings": {"rounds": args.rounds, "notes": args.notes},
        "quality": {},
    }
    for part, texts in notes.items():
        report["quality"][part] = measure_quality(nlp, texts, peer)
    everything = [text for texts in notes.values() for text in texts]
    report["quality"]["all"] = measure_quality(nlp, everything, peer)
    long_notes = join_notes(everything, n_words=1500)[: args.notes]
    report["speed"] = measure_speed(nlp, long_notes, peer, args.rounds)
    if peer is not None:
        report["versions"] = {PEER: ask_peer(peer, {"texts": []})["versions"]}
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report.

    report: As `main` makes it.
    """
    rows = [
        make_row("Sections", name, "F1", SHARE, [scores["f"]])
        for name, scores in report["quality"]["all"].items()
    ]
    speed = report["speed"]
    words = dict.fromkeys(speed["milliseconds"], speed["words"])
    seconds = {
        name: [value / 1000 for value in values]
        for name, values in speed["milliseconds"].items()
        if name != SECTIONS_ALONE
    }
    return rows + compare_speed("Sections", seconds, words, "words/s")


def read_notes(path: Path) -> list[str]:
    csv.field_size_limit(10**9)
    with path.open(newline="", encoding="utf8") as file:
        return [row["note"] for row in csv.DictReader(file)]


def find_headers(text: str) -> Starts:
    """Read the gold: header lines and what they mean."""
    headers: Starts = set()
    for match in _LINE.finditer(text):
        line = match[1]
        category = HEADERS.get(line.rstrip(": ").upper())
        before, after = text[: match.start()], text[match.end() :]
        if category is None or re.search(r"\n[ \t\r]*\n\Z|\A\s*\Z", before) is None:
            continue
        if line.isupper() or re.match(r"\s*\Z|\n[ \t\r]*\n", after):
            headers.add((match.start(1), category))
    return headers


def join_notes(texts: list[str], n_words: int) -> list[str]:
    """Join notes until each has about a number of words."""
    joined, words = [""], 0
    for text in texts:
        joined[-1] = f"{joined[-1]}\n\n{text}".strip()
        words += len(text.split())
        if words >= n_words - 200:
            joined.append("")
            words = 0
    return [text for text in joined if text]


def measure_quality(nlp: Any, texts: list[str], peer: Peer | None) -> dict[str, Any]:
    gold = [find_headers(text) for text in texts]
    found = [_get_starts(nlp(text)) for text in texts]
    scores = {OURS: _score(gold, found)}
    if peer is not None:
        answer = ask_peer(peer, {"texts": texts})
        theirs = [
            {(start, _translate(start, category, truth)) for start, category in note}
            for note, truth in zip(answer["sections"], gold, strict=True)
        ]
        scores[PEER] = _score(gold, theirs)
    return scores


def measure_speed(
    nlp: Any, texts: list[str], peer: Peer | None, n_rounds: int
) -> dict[str, Any]:
    titles = load_titles()
    component = nlp.get_pipe("clinical_section_splitter")

    def split(texts: list[str], max_depth: int) -> None:
        for text in texts:
            split_sections(text, titles, max_depth=max_depth)

    def annotate(docs: list[Any]) -> None:
        for doc in docs:
            component(doc)

    timings: dict[str, list[float]] = {}
    for _ in range(n_rounds + 1):
        docs = [nlp.make_doc(text) for text in texts]
        turn = {
            f"{OURS}, component": _time(lambda docs=docs: annotate(docs)),
            f"{OURS}, splitting alone": _time(lambda: split(texts, 3)),
            SECTIONS_ALONE: _time(lambda: split(texts, 1)),
        }
        if peer is not None:
            turn[PEER] = ask_peer(peer, {"texts": texts})["seconds"]
        for key, seconds in turn.items():
            timings.setdefault(key, []).append(1000 * seconds / len(texts))
    # The first turn warms up.
    milliseconds = {key: values[1:] for key, values in timings.items()}
    words = sum(len(text.split()) for text in texts) / len(texts)
    return {"words": words, "notes": len(texts), "milliseconds": milliseconds}


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare section splitting.")
    add_data_option(parser)
    parser.add_argument("--peer-python", help="Python that has medspacy installed")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


def _get_starts(doc: Any) -> Starts:
    return {
        (section._.section_title.start_char, section.label_)
        for section in doc.spans["sections"]
        if section._.section_title is not None
    }


def _translate(start: int, category: str, gold: Starts) -> str:
    """Give medspaCy's category the name of the gold one that it may stand for."""
    for gold_start, label in gold:
        if gold_start == start and label in MEDSPACY.get(category, ()):
            return label
    return category


def _score(gold: list[Starts], found: list[Starts]) -> dict[str, float]:
    right = sum(len(a & b) for a, b in zip(gold, found, strict=True))
    n_gold, n_found = sum(map(len, gold)), sum(map(len, found))
    precision, recall = right / max(n_found, 1), right / max(n_gold, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"p": precision, "r": recall, "f": f1, "gold": n_gold, "found": n_found}


def _time(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def format_tables(report: dict[str, Any]) -> str:
    """Write scores and times as Markdown.

    report: As `main` makes it.
    """
    scores = [
        [part, name, f"{s['gold']}", *(f"{s[key]:.4f}" for key in "prf")]
        for part, systems in report["quality"].items()
        for name, s in systems.items()
    ]
    speed = report["speed"]
    peer = speed["milliseconds"].get(PEER)
    times = [
        [
            name,
            f"{statistics.median(values):.3f}",
            format_ratios(peer, values) if peer else "-",
        ]
        for name, values in speed["milliseconds"].items()
    ]
    return "\n\n".join(
        [
            format_table(
                ["ACI-BENCH", "splitter", "headers", "P", "R", "F1"], scores, text=2
            ),
            f"{speed['notes']} notes of {speed['words']:.0f} words on average",
            format_table(
                ["", "ms a note (median)", f"x {PEER}: min / median / max"], times
            ),
        ]
    )


if __name__ == "__main__":
    main()
