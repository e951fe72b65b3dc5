"""Score entities on corpora that label a part of what we find, with borders of their own.

    python benchmarks/entity_overlap.py path/to/data [--model MODEL] [--lines dev]

An entity of such a corpus is found if an entity of a type that fits overlaps it; what we
find is right if it overlaps one, for the types of which the corpus labels all. On lines as
clinicians type them (tests/data/typed_lines_*.txt) entities are also scored exactly.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import spacy
from peers.tables import format_table
from spacy.language import Language
from spacy.training import Example

import spacy_clinical
from spacy_clinical.corpora.pubtator import PubTatorCorpus

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from make_ner_corpora import read_events

LINES = Path(__file__).parents[1] / "tests" / "data"
_MARK = re.compile(r"\[([^|\]]+)\|(\w+)\]")
_DISEASE = ("Disease_disorder", "Sign_symptom")


# "gold", the number of entities; "p", "r" and "f", None where precision can't be told.
Score: TypeAlias = dict[str, Any]


class Kind(NamedTuple):
    """Entities of a corpus.

    labels: Theirs.
    types: Ours that fit.
    only: Those of them of which the corpus labels all, so that precision can be told.
    """

    labels: Sequence[str]
    types: Sequence[str]
    only: Sequence[str] = ()


PUBTATOR = {
    "BC5CDR dev": (
        "bc5cdr/CDR_DevelopmentSet.PubTator.txt",
        {
            "diseases": Kind(["Disease"], _DISEASE, _DISEASE),
            "chemicals": Kind(["Chemical"], ["Medication"], ["Medication"]),
        },
    ),
    "NCBI Disease dev": (
        "ncbi_disease/NCBIdevelopset_corpus.txt",
        {
            "diseases": Kind(
                ["SpecificDisease", "DiseaseClass", "CompositeMention", "Modifier"],
                _DISEASE,
                _DISEASE,
            )
        },
    ),
}
PHEE_DEV = "phee/dev.json"
PHEE = {
    "drugs": Kind(["Drug"], ["Medication"]),
    "effects": Kind(["Effect"], _DISEASE),
}


class Place(NamedTuple):
    """An entity (characters, half open)."""

    start: int
    end: int
    label: str


class Text(NamedTuple):
    """A text with its gold entities."""

    text: str
    places: list[Place]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder of the corpora")
    parser.add_argument("--model", default="en_clinical_sm")
    parser.add_argument("--lines", nargs="*", default=["dev"], help="dev, test")
    args = parser.parse_args()
    path = Path(args.model)
    nlp = spacy.load(path) if path.exists() else spacy_clinical.load(args.model)
    nlp.select_pipes(disable=[n for n in nlp.pipe_names if n in _NOT_NEEDED])
    print(format_scores({args.model: score(nlp, args.data, args.lines)}))


_NOT_NEEDED = ("clinical_assertion", "clinical_icd9_categorizer")


def score(
    nlp: Language, data: Path, lines: Iterable[str] = ("dev",)
) -> dict[str, Score]:
    """Score a pipeline on all corpora that are there.

    data: Their folder.
    lines: Parts of the typed lines.
    RETURNS: By corpus and kind of entity.
    """
    scores: dict[str, Score] = {}
    for name, (file, kinds) in PUBTATOR.items():
        if (data / file).exists():
            texts = list(read(nlp, PubTatorCorpus(data / file)(nlp)))
            scores |= score_overlaps(nlp, name, texts, kinds)
    if (data / PHEE_DEV).exists():
        texts = [
            Text(note.text, [Place(*entity[:3]) for entity in note.entities])
            for note in read_events(data / PHEE_DEV)
        ]
        scores |= score_overlaps(nlp, "PHEE dev", texts, PHEE)
    for part in lines:
        texts = read_lines(LINES / f"typed_lines_{part}.txt")
        scores |= score_lines(nlp, f"Typed lines, {part}", texts)
    return scores


def read(nlp: Language, examples: Iterable[Example]) -> Iterator[Text]:
    """Read the texts of a corpus."""
    for example in examples:
        places = [
            Place(e.start_char, e.end_char, e.label_) for e in example.reference.ents
        ]
        yield Text(example.reference.text, places)


def read_lines(path: Path) -> list[Text]:
    """Read lines with [entities|Type]; the file says more."""
    return [
        _read_marks(line.replace("\\n", "\n"))
        for line in path.read_text("utf8").splitlines()
        if line and not line.startswith("#")
    ]


def _read_marks(line: str) -> Text:
    text, places, done = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[done : mark.start()]
        places.append(Place(len(text), len(text) + len(mark[1]), mark[2]))
        text, done = text + mark[1], mark.end()
    return Text(text + line[done:], places)


def score_overlaps(
    nlp: Language, name: str, texts: Sequence[Text], kinds: Mapping[str, Kind]
) -> dict[str, Score]:
    """Score the entities of a corpus by overlap."""
    counts = {kind: [0, 0, 0, 0] for kind in kinds}
    for text, doc in zip(texts, nlp.pipe(t.text for t in texts), strict=True):
        found = [Place(e.start_char, e.end_char, e.label_) for e in doc.ents]
        for key, kind in kinds.items():
            gold = [place for place in text.places if place.label in kind.labels]
            fitting = [place for place in found if place.label in kind.types]
            only = [place for place in found if place.label in kind.only]
            count = counts[key]
            count[0] += len(gold)
            count[1] += sum(_overlaps(place, fitting) for place in gold)
            count[2] += len(only)
            count[3] += sum(_overlaps(place, gold) for place in only)
    return {f"{name}, {kind}": _make_score(*count) for kind, count in counts.items()}


def score_lines(nlp: Language, name: str, texts: Sequence[Text]) -> dict[str, Score]:
    """Score entities of lines, exactly and by overlap with the same type.

    Entities of types that no line has marked (events, subjects) don't count.
    """
    exact, overlap = [0, 0, 0, 0], [0, 0, 0, 0]
    labels = {place.label for text in texts for place in text.places}
    for text, doc in zip(texts, nlp.pipe(t.text for t in texts), strict=True):
        found = [
            Place(e.start_char, e.end_char, e.label_)
            for e in doc.ents
            if e.label_ in labels
        ]
        gold = text.places
        for count in (exact, overlap):
            count[0] += len(gold)
            count[2] += len(found)
        right = len(set(gold) & set(found))
        exact[1] += right
        exact[3] += right
        overlap[1] += sum(_overlaps(p, _same(p, found)) for p in gold)
        overlap[3] += sum(_overlaps(p, _same(p, gold)) for p in found)
    return {
        f"{name}, exact": _make_score(*exact),
        f"{name}, overlap": _make_score(*overlap),
    }


def _same(place: Place, others: Iterable[Place]) -> list[Place]:
    return [other for other in others if other.label == place.label]


def _overlaps(place: Place, others: Iterable[Place]) -> bool:
    return any(o.start < place.end and place.start < o.end for o in others)


def _make_score(n_gold: int, n_hit: int, n_found: int, n_right: int) -> Score:
    recall = n_hit / max(n_gold, 1)
    if not n_found:
        return {"gold": n_gold, "p": None, "r": recall, "f": None}
    precision = n_right / n_found
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"gold": n_gold, "p": precision, "r": recall, "f": f1}


def format_scores(systems: Mapping[str, Mapping[str, Score]]) -> str:
    """Write the scores of some pipelines as Markdown.

    systems: By name, what `score` returns.
    """
    names = list(systems)
    lines = [
        [
            what,
            f"{first['gold']}",
            *(_format(systems[name][what][key]) for name in names for key in "prf"),
        ]
        for what, first in systems[names[0]].items()
    ]
    columns = [f"{name}, {key}" for name in names for key in ("P", "R", "F1")]
    return format_table(["corpus", "gold", *columns], lines)


def _format(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
