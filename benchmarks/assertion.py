"""Compare what is said of entities with medspaCy's ConText and negspaCy.

    python benchmarks/assertion.py --data path/to/data \\
        --medspacy peers/medspacy/bin/python --negspacy peers/negspacy/bin/python \\
        --output assertion.json

Of ours, the shipped pipeline's rules and head together, the head alone, and the rules alone.
All get the same notes with the same gold entities, and are scored on them: F1 of the
entities that an attribute is true for. In these corpora:

    MACCROBAT dev  POLARITY of events: NEG; UNCERTAIN, MAYBE_NEG and MAYBE_POS
    Chia           Has_negation; of each trial whose number's MD5 is a multiple of five,
                   which the rules were not made on
    PHEE dev       effects: Negated, Speculated

doc.ents has no overlaps: of entities that overlap, the longest are handed over, and all
are scored on these.

Speed: milliseconds of processor time a note for the component alone, on Docs that have tokens, sentences
and entities already, and that no component has written on; in turns, and the ratio within
each. The head gets its vectors from the entity recognizer, outside its time. Tokenization of
the same notes, by this package, stands beside it.
"""

import argparse
import copy
import gc
import hashlib
import json
import statistics
import time
import zipfile
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from console import add_data_option
from machine import read_machine
from peer_process import Peer, ask_peer, start_peer
from peers.tables import format_ratios, format_table
from reports import OURS, SHARE, Row, compare_speed, make_row, write_report
from spacy.util import filter_spans

import spacy_clinical
from spacy_clinical.architectures.encoder import encode_again
from spacy_clinical.architectures.shared_encoder import SharedEncoder

NEGATED, UNCERTAIN = "is_negated", "is_uncertain"
CHIA = ("Condition", "Drug", "Procedure", "Measurement", "Observation", "Device")
HEAD, RULES = "our head alone", "our rules alone"
MEDSPACY, NEGSPACY = "medspaCy", "negspaCy"
COMPONENTS = {MEDSPACY: "medspacy_context", NEGSPACY: "negex"}


class Entity(NamedTuple):
    """A gold entity (characters, half open).

    said: The attributes that are true for it.
    """

    start: int
    end: int
    label: str
    said: frozenset[str]


class Note(NamedTuple):
    """A text with its gold entities."""

    text: str
    entities: list[Entity]


def main() -> None:
    args = _parse_args()
    report: dict[str, Any] = {
        "machine": read_machine(threads=1),
        "settings": {"rounds": args.rounds},
        "corpora": {},
        "versions": {},
    }
    peers = {
        name: start_peer(python, "context_rules.py", COMPONENTS[name])
        for name, python in ((MEDSPACY, args.medspacy), (NEGSPACY, args.negspacy))
        if python
    }
    nlp = _make_pipeline()
    components = load_components(args.head)
    for name, (notes, attributes) in read_corpora(args.data).items():
        docs, gold = make_docs(nlp, notes[: args.notes])
        measured = measure(nlp, docs, gold, attributes, components, peers, args.rounds)
        report["corpora"][name] = measured
        report["versions"].update(measured.pop("versions"))
    for peer in peers.values():
        peer.terminate()
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))


def read_corpora(data: Path) -> dict[str, tuple[list[Note], tuple[str, ...]]]:
    """Read the notes of each corpus, and which attributes it says something of."""
    read = {
        "MACCROBAT dev": (list(read_maccrobat(data)), (NEGATED, UNCERTAIN)),
        "Chia, held back": (list(read_chia(data)), (NEGATED,)),
        "PHEE dev": (list(read_phee(data)), (NEGATED, UNCERTAIN)),
    }
    return {name: corpus for name, corpus in read.items() if corpus[0]}


def read_maccrobat(data: Path, part: str = "dev") -> Iterator[Note]:
    """Read the BRAT files of MACCROBAT, whose attributes hang on events."""
    for path in sorted((data / "maccrobat2020" / part).glob("*.ann")):
        text = path.with_suffix(".txt").read_text("utf8")
        yield _read_events(text, path.read_text("utf8"))


def _read_events(text: str, ann: str) -> Note:
    rows = [line.split("\t") for line in ann.splitlines()]
    triggers = {r[0]: r[1].split()[0].partition(":")[2] for r in rows if r[0][0] == "E"}
    polarity = {}
    for row in rows:
        if row[0][0] == "A":
            kind, target, *value = row[1].split()
            if kind == "POLARITY" and value:
                polarity[triggers.get(target, target)] = value[0]
    said = {
        key: {NEGATED} if value == "NEG" else {UNCERTAIN} if value != "POS" else set()
        for key, value in polarity.items()
    }
    kept = set(triggers.values())
    return Note(text, _read_entities(rows, said, lambda key, label: key in kept))


def read_chia(
    data: Path, part: str = "dev", labels: Container[str] = CHIA
) -> Iterator[Note]:
    """Read the files of Chia that are held back ("dev"), or the others ("train").

    labels: Of the entities to keep.
    """
    path = data / "chia" / "chia_without_scope.zip"
    if not path.exists():
        return
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            trial = Path(name).stem.split("_")[0]
            digest = hashlib.md5(trial.encode(), usedforsecurity=False).hexdigest()
            is_held_back = int(digest, 16) % 5 == 0
            if name.endswith(".ann") and is_held_back == (part == "dev"):
                ann = archive.read(name).decode("utf8")
                text = archive.read(f"{name[:-4]}.txt").decode("utf8")
                rows = [line.split("\t") for line in ann.splitlines()]
                said = {
                    row[1].split()[1].partition(":")[2]: {NEGATED}
                    for row in rows
                    if row[0][0] == "R" and row[1].startswith("Has_negation ")
                }
                yield Note(
                    text, _read_entities(rows, said, lambda key, label: label in labels)
                )


def _read_entities(rows: list[list[str]], said: Any, is_kept: Any) -> list[Entity]:
    found = []
    for key, place, *_ in (row for row in rows if row[0][0] == "T"):
        label, _, offsets = place.partition(" ")
        numbers = [int(n) for part in offsets.split(";") for n in part.split()]
        if is_kept(key, label):
            attributes = frozenset(said.get(key, ()))
            found.append(Entity(numbers[0], numbers[-1], label, attributes))
    return found


def read_phee(data: Path, part: str = "dev") -> Iterator[Note]:
    """Read the sentences of PHEE, with the effects in them."""
    path = data / "phee" / f"{part}.json"
    for line in path.read_text("utf8").splitlines() if path.exists() else ():
        yield _read_effects(json.loads(line))


def _read_effects(row: dict[str, Any]) -> Note:
    said: dict[tuple[int, int], set[str]] = {}
    for event in row["annotations"][0]["events"]:
        effect = event.get("Effect", {"text": (), "start": ()})
        for texts, starts in zip(effect["text"], effect["start"], strict=True):
            if texts:
                place = starts[0], starts[-1] + len(texts[-1])
                attributes = said.setdefault(place, set())
                for name, attribute in (
                    ("Negated", NEGATED),
                    ("Speculated", UNCERTAIN),
                ):
                    if event.get(name, {}).get("value"):
                        attributes.add(attribute)
    entities = [Entity(*p, "Effect", frozenset(found)) for p, found in said.items()]
    return Note(row["context"], entities)


def make_docs(nlp: Any, notes: list[Note]) -> tuple[list[Any], list[list[Entity]]]:
    """Make Docs with the longest of the entities, and these entities."""
    docs, gold = [], []
    for note in notes:
        doc = nlp(note.text)
        spans = {}
        for entity in note.entities:
            if entity.start < entity.end <= len(note.text):
                span = doc.char_span(
                    entity.start, entity.end, entity.label, alignment_mode="expand"
                )
                spans[span] = entity
        doc.ents = filter_spans(spans)
        docs.append(doc)
        gold.append([spans[span] for span in doc.ents])
    return docs, gold


def measure(
    nlp: Any,
    docs: list[Any],
    gold: list[list[Entity]],
    attributes: tuple[str, ...],
    components: dict[str, Any],
    peers: dict[str, Peer],
    n_rounds: int,
) -> dict[str, Any]:
    """Score all systems on one corpus, and take their times.

    components: Ours, by name.
    """
    texts = [doc.text for doc in docs]
    spans = [[(e.start, e.end) for e in entities] for entities in gold]
    order = {"texts": texts, "spans": spans, "rounds": 1}
    seconds: dict[str, list[float]] = {}
    versions = {}
    found = {}
    rows = {name: encode(component, docs) for name, component in components.items()}
    # The first round warms up.
    for number in range(n_rounds + 1):
        turn = {"tokenization": _time(lambda: [nlp.make_doc(text) for text in texts])}
        for name, component in components.items():
            # Each round is the first for its Docs, as it is for the peers'.
            fresh = [doc.copy() for doc in docs]
            for doc, encoded in zip(fresh, rows[name], strict=False):
                component.model.get_ref("encoder").waiting.put(doc, encoded)
            turn[name] = _time(lambda run=component, new=fresh: list(map(run, new)))
            found[name] = [[_list_true(ent) for ent in doc.ents] for doc in fresh]
        for name, peer in peers.items():
            answer = ask_peer(peer, order)
            turn[name] = answer["seconds"][0]
            versions[name] = answer["versions"]
            found[name] = _align(spans, answer)
        for name, taken in turn.items() if number else ():
            seconds.setdefault(name, []).append(taken)
    return {
        "notes": len(docs),
        "entities": sum(map(len, gold)),
        "seconds": seconds,
        "versions": versions,
        "scores": {
            attribute: {
                name: _score(gold, said, attribute) for name, said in found.items()
            }
            for attribute in attributes
        },
    }


def load_components(path: Path | None) -> dict[str, Any]:
    """Load what is compared: rules and head together, the head alone, the rules alone.

    path: A pipeline with a trained head; None for the shipped one.
    """
    nlp = spacy.load(path or spacy_clinical.model_path())
    pipe = nlp.get_pipe("clinical_assertion")
    # Kept alive: the head reads the encoder of another component.
    pipe.pipeline = nlp
    components = {}
    for name, decide in ((OURS, "both"), (HEAD, "model"), (RULES, "rules")):
        components[name] = copy.copy(pipe)
        components[name].decide = decide
    return components


def encode(component: Any, docs: list[Any]) -> list[Any]:
    """Compute what the head gets of the entity recognizer's encoder, outside its time.

    RETURNS: For each Doc; empty if the head runs an encoder of its own.
    """
    encoder = component.model.get_ref("encoder")
    if component.decide == "rules" or not isinstance(encoder, SharedEncoder):
        return []
    component.connect_encoder()
    return [encode_again(encoder, doc) for doc in docs]


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in short what was measured.

    report: As `main` makes it.
    """
    rows = []
    for corpus, measured in report["corpora"].items():
        for attribute, systems in measured["scores"].items():
            task = f"Assertion, {corpus}"
            rows += [
                make_row(task, name, f"F1 of {attribute}", SHARE, [score["f"]])
                for name, score in systems.items()
            ]
        seconds = {k: v for k, v in measured["seconds"].items() if k != "tokenization"}
        amounts = dict.fromkeys(seconds, measured["notes"])
        rows += compare_speed(f"Assertion, {corpus}", seconds, amounts, "notes/s")
    return rows


def format_tables(report: dict[str, Any]) -> str:
    """Write scores and times as Markdown.

    report: As `main` makes it.
    """
    scores = [
        [corpus, attribute, name, f"{s['gold']}", *(f"{s[key]:.3f}" for key in "prf")]
        for corpus, measured in report["corpora"].items()
        for attribute, systems in measured["scores"].items()
        for name, s in systems.items()
    ]
    times = []
    for corpus, measured in report["corpora"].items():
        ours = measured["seconds"][OURS]
        for name, values in measured["seconds"].items():
            per_note = 1000 * statistics.median(values) / measured["notes"]
            times.append([corpus, name, f"{per_note:.3f}", format_ratios(values, ours)])
    columns = ["corpus", "attribute", "system", "true", "P", "R", "F1"]
    return "\n\n".join(
        [
            format_table(columns, scores, text=3),
            format_table(
                ["corpus", "", "CPU ms a note (median)", "x ours: min / median / max"],
                times,
                text=2,
            ),
        ]
    )


def _make_pipeline() -> Any:
    tokenizer = {"@tokenizers": "spacy-clinical.ClinicalTokenizer.v1"}
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": tokenizer}})
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    return nlp


def _list_true(ent: Any) -> list[str]:
    return [name for name, holds in ent._.context_attributes.items() if holds]


def _align(spans: list[list[tuple[int, int]]], answer: Any) -> list[list[list[str]]]:
    """Give the entities that were handed over what a peer said of its own.

    Its tokens may be longer, so that an entity is, too, or is lost beside another.
    """
    aligned = []
    for wanted, places, said in zip(
        spans, answer["places"], answer["found"], strict=True
    ):
        rows = []
        for start, end in wanted:
            found = [
                attributes
                for (first, last), attributes in zip(places, said, strict=True)
                if first <= start and end <= last
            ]
            rows.append(found[0] if found else [])
        aligned.append(rows)
    return aligned


def _score(gold: list[list[Entity]], said: Any, attribute: str) -> dict[str, float]:
    pairs = [
        (attribute in entity.said, attribute in found)
        for entities, rows in zip(gold, said, strict=True)
        for entity, found in zip(entities, rows, strict=True)
    ]
    right = sum(wanted and found for wanted, found in pairs)
    n_gold, n_found = (sum(pair[i] for pair in pairs) for i in (0, 1))
    precision, recall = right / max(n_found, 1), right / max(n_gold, 1)
    f1 = 2 * right / max(n_gold + n_found, 1)
    return {"p": precision, "r": recall, "f": f1, "gold": n_gold, "found": n_found}


def _time(work: Any) -> float:
    # All work on one thread; what else the machine does counts less than on the clock.
    # As in timeit, no garbage of before is collected within the time.
    gc.disable()
    start = time.process_time()
    work()
    seconds = time.process_time() - start
    gc.enable()
    return seconds


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare assertion.")
    add_data_option(parser)
    parser.add_argument(
        "--head",
        type=Path,
        help="Pipeline with a trained head; the shipped one by default",
    )
    parser.add_argument("--medspacy", help="Python that has medspacy installed")
    parser.add_argument("--negspacy", help="Python that has negspacy installed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--notes", type=int, help="Of each corpus; all by default")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
