"""Compare how names are linked to concepts with look-up and with TF-IDF of characters.

    python benchmarks/linking.py --data path/to/data --output linking.json

Gold mentions of NCBI Disease dev and BC5CDR dev, each with the long form that its text
defines. All get the same names of the same vocabularies: `mesh`, `mesh_supplement`, `mondo` and
`hpo` that ship, with ids of MeSH and OMIM; "mentions" adds the names of the training parts.

    exact          the concept that has the name, in small letters
    TF-IDF         scispaCy's candidate generator, rebuilt plainly: character 3-grams of
                   names, each in at least 10 of them, cosine, all names
    ours           `clinical_linker`

A mention counts as right if its id is one of the gold ones; of a composite mention
("D001943+D010051"), all have to be found. Mentions without a gold id aren't counted. Gold ids
that no vocabulary has count as wrong.

Coverage: the share of MACCROBAT dev's diseases that get a concept at all.

Speed and size, with invented names: mentions a second of processor time that were never seen
before, each a name with a typing error; memory of the process and of its index; time to open.
"""

import argparse
import json
import os
import random
import re
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import spacy
from machine import read_machine

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.choice import get_score
from spacy_clinical.concepts.entity_types import TYPES
from spacy_clinical.concepts.gram_search import GramIndex
from spacy_clinical.concepts.identities import Place
from spacy_clinical.concepts.index import open_index
from spacy_clinical.concepts.linking import Linker, Query
from spacy_clinical.concepts.mentions import list_short_forms, spell_out
from spacy_clinical.concepts.sources.source import Facts
from spacy_clinical.concepts.store import open_vocabulary
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.corpora.pubtator import PubTatorCorpus
from spacy_clinical.evaluation.linker_scorer import NIL, is_right
from spacy_clinical.files.cache import CACHE_VARIABLE

PREFERRED = ("MESH", "OMIM")
VOCABULARIES = ("mesh", "mesh_supplement", "mondo", "hpo")
CORPORA = (
    ("NCBI dev", "ncbi_disease/NCBIdevelopset_corpus.txt", "Disease"),
    ("BC5CDR dev, diseases", "bc5cdr/CDR_DevelopmentSet.PubTator.txt", "Disease"),
    ("BC5CDR dev, chemicals", "bc5cdr/CDR_DevelopmentSet.PubTator.txt", "Chemical"),
)
THRESHOLD = 0.3
# scispaCy's: grams that fewer names have are left out.
MIN_NAMES = 10
N_SPEED = 4000
PARTS = (
    *(
        "cardio",
        "hepato",
        "nephro",
        "neuro",
        "gastro",
        "pulmo",
        "osteo",
        "myo",
        "angio",
    ),
    *("dermato", "lympho", "thrombo", "endo", "peri", "hyper", "hypo", "para", "poly"),
)
ENDINGS = ("pathy", "itis", "osis", "emia", "oma", "trophy", "plasia", "algia", "lysis")
WORDS = (
    "acute",
    "chronic",
    "familial",
    "congenital",
    "of the heart",
    "syndrome",
    "type",
)


class Mention(NamedTuple):
    """A name to link, with the long form that its text defines."""

    name: str
    long_form: str
    gold: str


# Finds for a name the ids that it may have, the best first.
Find = Callable[[Sequence[str]], list[list[str]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path)
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[100_000, 1_000_000, 4_000_000]
    )
    arguments = parser.parse_args()
    report: dict[str, Any] = {
        "machine": read_machine(threads=1),
        "accuracy": [],
        "speed": [],
    }
    # First, as what follows takes memory of its own.
    for size in arguments.sizes:
        report["speed"].append(measure_speed(size))
        print(report["speed"][-1], flush=True)
    for row in compare(arguments.data):
        report["accuracy"].append(row)
        print(row, flush=True)
    report["coverage"] = measure_coverage(arguments.data)
    print(report["coverage"], flush=True)
    if arguments.output:
        arguments.output.write_text(json.dumps(report, indent=2), encoding="utf8")


# Accuracy


def compare(data: Path) -> Iterator[dict[str, Any]]:
    """Link all mentions in each way."""
    corpora = [
        (name, label, list(read_mentions(data / path, label)))
        for name, path, label in CORPORA
    ]
    for names in (VOCABULARIES, ("mentions", *VOCABULARIES)):
        vocabularies = [open_vocabulary(name) for name in names]
        linker = Linker(vocabularies, preferred=PREFERRED)
        exact, tfidf = Exact(linker), TfIdf(linker)
        for corpus, label, mentions in corpora:
            ways = {"exact": exact.find, "TF-IDF": tfidf.find}
            scores = {way: score(find, mentions) for way, find in ways.items()}
            scores["ours"] = score_linker(linker, mentions, label)
            yield {
                "corpus": corpus,
                "vocabularies": "+".join(names),
                "n": len(mentions),
                **{way: [round(x, 4) for x in pair] for way, pair in scores.items()},
            }


def read_mentions(path: Path, label: str) -> Iterator[Mention]:
    """Read the mentions that have a gold id."""
    nlp = spacy.blank("en")
    abbreviations = nlp.add_pipe(
        "clinical_abbreviations", config={"use_inventory": False}
    )
    for example in PubTatorCorpus(path)(nlp):
        doc = abbreviations(example.reference)
        shorts = list_short_forms(doc)
        for ent in doc.ents:
            is_wanted = (ent.label_ == "Chemical") == (label == "Chemical")
            if is_wanted and ent.kb_id_ not in NIL:
                long_form = spell_out(ent.text, ent.start_char, shorts)
                yield Mention(ent.text, long_form, ent.kb_id_)


def score(find: Find, mentions: Sequence[Mention]) -> tuple[float, float]:
    """Find the shares of mentions whose first id, or one of five, is right."""
    found = find([mention.long_form for mention in mentions])
    pairs = list(zip(mentions, found, strict=True))
    first = sum(is_right(mention.gold, set(ids[:1])) for mention, ids in pairs)
    five = sum(is_right(mention.gold, set(ids[:5])) for mention, ids in pairs)
    return first / len(pairs), five / len(pairs)


def score_linker(
    linker: Linker, mentions: Sequence[Mention], label: str
) -> tuple[float, float]:
    """Find the same shares for ours, part by part where a mention is composite."""
    types = tuple(TYPES[label])
    long_forms = linker.link([Query(m.long_form, types) for m in mentions])
    names = linker.link([Query(m.name, types) for m in mentions])
    first = five = 0
    for mention, of_long, of_name in zip(mentions, long_forms, names, strict=True):
        parts = max(
            (of_long, of_name),
            key=get_score,
        )
        if of_long[0] and of_long[0][0].any_score >= THRESHOLD:
            parts = of_long
        ones = {links[0].id for links in parts if links}
        first += is_right(mention.gold, ones)
        five += is_right(mention.gold, {k.id for links in parts for k in links[:5]})
    return first / len(mentions), five / len(mentions)


class Exact:
    """Finds the concepts that have a name, in small letters."""

    def __init__(self, linker: Linker) -> None:
        self._ids: dict[str, list[str]] = defaultdict(list)
        for name, key in list_names(linker):
            if key not in self._ids[name.lower()]:
                self._ids[name.lower()].append(key)

    def find(self, names: Sequence[str]) -> list[list[str]]:
        return [self._ids.get(name.lower(), []) for name in names]


class TfIdf:
    """Finds names by the cosine of TF-IDF vectors of their character 3-grams."""

    def __init__(self, linker: Linker) -> None:
        rows: dict[str, list[str]] = defaultdict(list)
        for name, key in list_names(linker):
            rows[name.lower()].append(key)
        self._ids = list(rows.values())
        grams = [list_character_grams(name) for name in rows]
        counts: dict[str, int] = defaultdict(int)
        for one in grams:
            for gram in one:
                counts[gram] += 1
        kept = [gram for gram, n in counts.items() if n >= MIN_NAMES]
        self._idf = {g: np.log((1 + len(rows)) / (1 + counts[g])) + 1 for g in kept}
        lists: dict[str, tuple[list[int], list[float]]] = {g: ([], []) for g in kept}
        for number, one in enumerate(grams):
            weights = self._weigh(one)
            for gram, weight in weights.items():
                lists[gram][0].append(number)
                lists[gram][1].append(weight)
        self._lists = {
            gram: (np.array(numbers), np.array(weights, dtype=np.float32))
            for gram, (numbers, weights) in lists.items()
        }

    def _weigh(self, grams: dict[str, int]) -> dict[str, float]:
        weights = {g: n * self._idf[g] for g, n in grams.items() if g in self._idf}
        norm = np.sqrt(sum(w * w for w in weights.values())) or 1.0
        return {gram: weight / norm for gram, weight in weights.items()}

    def find(self, names: Sequence[str]) -> list[list[str]]:
        known = {name: self._find(name) for name in set(names)}
        return [known[name] for name in names]

    def _find(self, name: str) -> list[str]:
        sums = np.zeros(len(self._ids), dtype=np.float32)
        for gram, weight in self._weigh(list_character_grams(name.lower())).items():
            numbers, weights = self._lists[gram]
            sums[numbers] += weight * weights
        best = np.argsort(-sums, kind="stable")[:30]
        return list(dict.fromkeys(key for i in best for key in self._ids[i]))


def list_character_grams(name: str) -> dict[str, int]:
    """Count the character 3-grams of a name, across words."""
    grams: dict[str, int] = defaultdict(int)
    for start in range(len(name) - 2):
        grams[name[start : start + 3]] += 1
    return grams


def list_names(linker: Linker) -> Iterator[tuple[str, str]]:
    """List all names of the vocabularies with their ids."""
    for number, vocabulary in enumerate(linker.vocabularies):
        texts, concepts = vocabulary.names()
        for text, concept in zip(texts, concepts.tolist(), strict=True):
            yield text, linker.identities.find(Place(number, concept))


def measure_coverage(data: Path) -> dict[str, Any]:
    """Find the share of MACCROBAT's diseases that get a concept."""
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_abbreviations")
    linker = nlp.add_pipe("clinical_linker")
    n = n_linked = 0
    for example in BratCorpus(data / "maccrobat2020/dev")(nlp):
        doc = nlp(example.reference)
        found = [ent for ent in doc.ents if ent.label_ == "Disease_disorder"]
        n += len(found)
        n_linked += sum(bool(ent.kb_id_) for ent in found)
    settings = {"threshold": linker.threshold, "vocabularies": linker.vocabularies}
    return {"diseases": n, "linked": round(n_linked / n, 4), **settings}


# Speed


def measure_speed(size: int) -> dict[str, Any]:
    """Measure an index of invented names.

    size: Number of names.
    """
    random.seed(size)
    cache = os.environ.get(CACHE_VARIABLE)
    try:
        return measure_alone(size)
    finally:
        os.environ.pop(CACHE_VARIABLE)
        if cache is not None:
            os.environ[CACHE_VARIABLE] = cache


def measure_alone(size: int) -> dict[str, Any]:
    """Measure it with a folder for caches of its own.

    size: Number of names.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "names.jsonl"
        with source.open("w", encoding="utf8") as file:
            for number in range(size // 4):
                names = [invent_name() for _ in range(4)]
                row = {"id": f"X:{number}", "name": names[0], "synonyms": names[1:]}
                file.write(json.dumps(row) + "\n")
        made = Path(folder) / "made"
        build_vocabulary([source], made, facts=Facts("made", "1"))
        os.environ[CACHE_VARIABLE] = folder
        started = time.process_time()
        linker = Linker([Vocabulary.open(made)])
        build_s = time.process_time() - started
        started = time.perf_counter()
        index = open_index(linker.vocabularies[0], linker.speller)
        open_s = time.perf_counter() - started
        names = linker.vocabularies[0].names().texts
        numbers = random.sample(range(len(names)), N_SPEED)
        queries = [Query(mistype(names[number])) for number in numbers]
        linker.link(queries[:200])
        before = read_memory()
        started = time.process_time()
        linker.link(queries[200:])
        seconds = time.process_time() - started
        started = time.process_time()
        linker.link(queries[200:])
        again = time.process_time() - started
        return {
            "names": len(names),
            "keys": len(index),
            "mentions_per_s": round((N_SPEED - 200) / seconds),
            "seen_mentions_per_s": round((N_SPEED - 200) / again),
            "build_s": round(build_s, 1),
            "open_s": round(open_s, 4),
            "index_mb": round(count_bytes(index) / 1e6, 1),
            "resident_mb": round(before / 1e6, 1),
            "peak_mb": round(
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, 1
            ),
        }


def invent_name() -> str:
    """Invent a name of one to five words."""
    words = [
        "".join(random.choices(PARTS, k=random.choice((1, 2))))
        + random.choice("abdefgiklmnoprstu") * random.choice((0, 1))
        + random.choice(ENDINGS)
        for _ in range(random.choice((1, 2, 2)))
    ]
    return " ".join(
        [
            *random.choices(WORDS, k=random.choice((0, 1, 2))),
            *words,
            str(random.randrange(99)),
        ]
    )


def mistype(name: str) -> str:
    """Leave out a letter."""
    place = random.randrange(len(name))
    return name[:place] + name[place + 1 :]


def count_bytes(index: GramIndex) -> int:
    return index.n_bytes


def read_memory() -> int:
    """Read what memory the process has, shared with the system's cache or not."""
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


if __name__ == "__main__":
    main()
