"""Write notes without manual annotations, with the entities on which a pipeline and
vocabularies agree, to train `clinical_ner` on.

Each source (ACI-BENCH, MTS-Dialog, CodiEsp, PubMedQA; only what is for training) gets a
folder of short notes. The lists of names (make_name_lists.py) and the inventory of
abbreviations vote; `Voting` has the rules. Tokens in doubt are labelled "Doubtful", of
which `spacy-clinical.PartialCorpus.v1` says nothing, as its `labels` don't have it. All
other tokens are in no entity of those that the pipeline finds.

Run: python scripts/make_weak_labels.py path/to/data corpus/ner/weak \
        --model training/ner/model-best --names corpus/ner/names
"""

import argparse
import csv
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy
import spacy
from make_assertion_corpora import Entity, Note, write_notes
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.util import filter_spans, minibatch
from tqdm import tqdm

from spacy_clinical.concepts.abbreviations import NO_TYPE, load_abbreviations
from spacy_clinical.concepts.readings import read_short_forms
from spacy_clinical.corpora.note_style.names import read_names
from spacy_clinical.extensions.attributes import SECTION_TITLES_KEY, SECTIONS_KEY
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.heads.crf import constraints, infer
from spacy_clinical.heads.decode import softmax
from spacy_clinical.heads.labels import OUTSIDE
from spacy_clinical.pieces.align import Encoded
from spacy_clinical.pipeline.ner import ClinicalNER

DOUBTFUL = "Doubtful"
# The lists of names don't know which of these an annotator of case reports would say.
CONDITIONS = ("Disease_disorder", "Sign_symptom")
MAX_WORDS = 150
# A section starts a new note if the one before has as many words.
MIN_WORDS = 50
BATCH = 8

Floats1d: TypeAlias = numpy.ndarray


class Found(NamedTuple):
    """An entity that the model finds (tokens, half open), with its probability."""

    start: int
    end: int
    label: str
    score: float


class Name(NamedTuple):
    """A name of a vocabulary in a text (tokens, half open), and what it may be."""

    start: int
    end: int
    labels: tuple[str, ...]

    def fits(self, label: str) -> bool:
        """Check whether a type is one of the name's. Diseases may be symptoms."""
        own = self.labels
        return label in own or (label in CONDITIONS and own[0] in CONDITIONS)


class Place(NamedTuple):
    """An entity, or tokens in doubt (tokens, half open)."""

    start: int
    end: int
    label: str


class Voting(NamedTuple):
    """Thresholds of what is kept.

    An entity is kept if its probability is at least `high`. A name is kept, with its own
    borders, if all that the model finds there is within it and of a type that fits, and
    the most probable of that is so with at least `voted`; the type is the model's if it is
    one of the name's, as it is for diseases and symptoms of the lists. If the types don't
    fit, the name and what is found in it are in doubt, whatever the probability; so is a
    name that the model doesn't find, and each other token that is in some entity with a
    probability of at least `low`.

    On MACCROBAT's dev part, by a half-trained pipeline, names had the borders and the type
    of the annotators in 0.93 of the places where the probability was at least 0.8, in 0.72
    where it was 0.5 to 0.8, 0.59 from 0.3 on, and 0.46 below; other entities in 0.84 from
    0.9 on, and in 0.65 where it was 0.8 to 0.9. The last token was right in 0.89 of all.

    labels: Types to write, and to be in doubt of; None for all.
    """

    high: float = 0.9
    voted: float = 0.3
    low: float = 0.1
    labels: frozenset[str] | None = None

    def has(self, label: str) -> bool:
        """Check whether a type is to be written."""
        return self.labels is None or label in self.labels

    def choose(
        self, found: Sequence[Found], names: Sequence[Name], inside: Floats1d
    ) -> list[Place]:
        """Choose what to label.

        found, names: Neither overlap among themselves.
        inside (n_tokens): Probability that a token is in an entity of a type to write.
        RETURNS: In the order of the tokens, without overlap.
        """
        is_open = inside >= self.low
        places = []
        for one in found:
            if not self.has(one.label):
                continue
            is_open[one.start : one.end] = True
            is_name = any(_contains(name, one) for name in names)
            if one.score >= self.high and not is_name:
                places.append(Place(one.start, one.end, one.label))
        for name in names:
            if not any(map(self.has, name.labels)):
                continue
            is_open[name.start : name.end] = True
            over = [one for one in found if _overlap(name, one)]
            if over and all(_contains(name, o) and name.fits(o.label) for o in over):
                best = max(over, key=lambda one: one.score)
                label = best.label if best.label in name.labels else name.labels[0]
                if best.score >= self.voted and self.has(label):
                    places.append(Place(name.start, name.end, label))
        for place in places:
            is_open[place.start : place.end] = False
        places += [Place(*run, DOUBTFUL) for run in _list_runs(is_open)]
        return sorted(places)


def _overlap(one: Found | Name, other: Found | Name) -> bool:
    return one.start < other.end and other.start < one.end


def _contains(outer: Found | Name, inner: Found | Name) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _list_runs(marked: Iterable[bool]) -> Iterator[tuple[int, int]]:
    """List the places of marked tokens that follow each other."""
    for is_marked, rows in groupby(enumerate(marked), key=lambda row: bool(row[1])):
        if is_marked:
            numbers = [i for i, _ in rows]
            yield numbers[0], numbers[-1] + 1


class Vocabulary:
    """Lists of names and the inventory of abbreviations."""

    def __init__(self, nlp: Language, names: Path) -> None:
        """Read the lists.

        names: A folder with a file of names for each type.
        """
        paths = {path.stem: path for path in sorted(names.glob("*.txt"))}
        self.matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        for label, listed in read_names(paths).items():
            self.matcher.add(label, [nlp.make_doc(name) for name in listed])
        self.abbreviations = load_abbreviations()
        self.labels = {row.label for row in self.abbreviations} - {NO_TYPE}

    def find(self, doc: Doc) -> list[Name]:
        """Find the names in a Doc: the longest at each place, without overlap.

        A short form is read as `concepts.readings` does it, by the Doc's entities.
        """
        by_place: dict[tuple[int, int], tuple[str, ...]] = {}
        for span in self.matcher(doc, as_spans=True):
            place = span.start, span.end
            labels = CONDITIONS if span.label_ in CONDITIONS else (span.label_,)
            by_place[place] = tuple(dict.fromkeys((*by_place.get(place, ()), *labels)))
        # What the inventory says goes before, as its types are those of case reports.
        for start, end, labels in self._find_forms(doc):
            span = doc.char_span(start, end)
            if span is not None and labels:
                by_place[span.start, span.end] = labels
        longest = filter_spans([doc[start:end] for start, end in by_place])
        return [Name(s.start, s.end, by_place[s.start, s.end]) for s in longest]

    def _find_forms(self, doc: Doc) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        titles = list_spans(doc, SECTION_TITLES_KEY)
        for form in self.abbreviations.find_long_forms(doc.text):
            labels = dict.fromkeys(row.label for row in form.readings)
            yield form.start, form.end, tuple(n for n in labels if n != NO_TYPE)
        for reading in read_short_forms(
            doc,
            doc.text,
            self.abbreviations,
            titles=sorted((span.start_char, span.end_char) for span in titles),
            labels=self.labels,
        ):
            yield reading.start, reading.end, (reading.abbreviation.label,)


class Labeller:
    """Labels texts where the model and the vocabularies agree."""

    def __init__(self, nlp: Language, names: Path, voting: Voting) -> None:
        """Set up the labeller.

        nlp: A pipeline with a component `clinical_ner`.
        names: Folder of lists of names.
        """
        self.nlp, self.voting = nlp, voting
        self.vocabulary = Vocabulary(nlp, names)
        self.ner: ClinicalNER = nlp.get_pipe("clinical_ner")
        self.ner.decoder = "posterior"
        self.ner.threshold = voting.low
        self.ner.annotate = "spans"
        at = nlp.pipe_names.index("clinical_ner")
        nlp.select_pipes(disable=nlp.pipe_names[at:])

    def label(self, texts: Iterable[str]) -> Iterator[tuple[Doc, list[Place]]]:
        """Label texts."""
        for some in minibatch(texts, BATCH):
            docs = list(self.nlp.pipe(some))
            scores = self.ner.predict(docs)
            self.ner.set_annotations(docs, scores)
            for doc, scored in zip(docs, scores, strict=True):
                yield doc, self._choose(doc, scored)

    def _choose(self, doc: Doc, scored: Encoded) -> list[Place]:
        group = doc.spans[self.ner.spans_key]
        rows = list(zip(group, group.attrs["scores"], strict=True))
        doc.ents = [span for span, score in rows if score >= self.voting.high]
        found = [Found(s.start, s.end, s.label_, score) for s, score in rows]
        names = self.vocabulary.find(doc)
        return self.voting.choose(found, names, self._compute_inside(scored))

    def _compute_inside(self, scored: Encoded) -> Floats1d:
        """Compute the probability that a token is in an entity of a type to write."""
        scheme, transitions = self.ner.scheme, self.ner.transitions
        seen = numpy.flatnonzero(scored.pieces.is_seen)
        energies = scored.X[seen].astype("float64")
        if transitions is None:
            energies = numpy.log(scheme.merge(softmax(energies)) + 1e-30)
            transitions = constraints(scheme)
        written = [tag != OUTSIDE and self.voting.has(tag[2:]) for tag in scheme.tags]
        inside = numpy.zeros(len(scored.X))
        inside[seen] = infer(energies, transitions).tags[:, written].sum(axis=1)
        return inside


def main() -> None:
    args = _parse_args()
    labels = frozenset(args.labels) if args.labels else None
    voting = Voting(args.high, args.voted, args.low, labels)
    labeller = Labeller(spacy.load(args.model), args.names, voting)
    for source, read in SOURCES.items():
        chance = random.Random(args.seed)
        texts = [text.replace("\r\n", "\n") for text in read(args.data)]
        if 0 < args.limit < len(texts):
            texts = chance.sample(texts, args.limit)
        shown = tqdm(texts, desc=source, unit="note", disable=None)
        notes = [
            note
            for doc, places in labeller.label(shown)
            for note in cut(doc, places)
            if any(entity.label != DOUBTFUL for entity in note.entities)
        ]
        # Any first part of the folder has some of all texts.
        chance.shuffle(notes)
        write_notes(args.output / source, iter(notes))
        counts = Counter(entity.label for note in notes for entity in note.entities)
        print(f"{source}: {len(notes)} notes of {len(texts)} texts")
        for label, n in counts.most_common():
            print(f"  {label}: {n}")


def cut(doc: Doc, places: Sequence[Place]) -> Iterator[Note]:
    """Cut a text into short notes where sentences and sections start.

    places: What is labelled. No note starts in one.
    """
    inner = {i for place in places for i in range(place.start + 1, place.end)}
    sections = {span.start for span in list_spans(doc, SECTIONS_KEY)}
    start = n_words = 0
    for sent in doc.sents if doc.has_annotation("SENT_START") else [doc[:]]:
        n_new = sum(token.is_alpha for token in sent)
        is_full = n_words + n_new > MAX_WORDS
        is_new = sent.start in sections and n_words >= MIN_WORDS
        if (is_full or is_new) and start < sent.start not in inner:
            yield _make_note(doc, start, sent.start, places)
            start, n_words = sent.start, 0
        n_words += n_new
    yield _make_note(doc, start, len(doc), places)


def _make_note(doc: Doc, start: int, end: int, places: Iterable[Place]) -> Note:
    text = doc[start:end].text
    first = doc[start].idx if start < end else 0
    first += len(text) - len(text.lstrip())
    entities = []
    for place in places:
        if start <= place.start < end:
            span = doc[place.start : place.end]
            at = span.start_char - first, span.end_char - first
            entities.append(Entity(*at, place.label, frozenset()))
    return Note(text.strip(), entities)


def read_aci_bench(data: Path) -> Iterator[str]:
    return _read_column(data / "aci_bench" / "train.csv", "note")


def read_mts_dialog(data: Path) -> Iterator[str]:
    path = data / "mts_dialog" / "MTS-Dialog-TrainingSet.csv"
    return _read_column(path, "section_text")


def read_codiesp(data: Path) -> Iterator[str]:
    for path in sorted((data / "codiesp" / "train" / "text_files_en").glob("*.txt")):
        yield path.read_text("utf8")


def read_pubmedqa(data: Path) -> Iterator[str]:
    """Read the abstracts that aren't for testing."""
    folder = data / "pubmedqa"
    rows = json.loads((folder / "ori_pqal.json").read_text("utf8"))
    held_out = json.loads((folder / "test_ground_truth.json").read_text("utf8"))
    for key in sorted(rows.keys() - held_out.keys()):
        yield "\n".join(rows[key]["CONTEXTS"])


def _read_column(path: Path, column: str) -> Iterator[str]:
    with path.open(encoding="utf8", newline="") as file:
        for row in csv.DictReader(file):
            yield row[column]


SOURCES = {
    "aci_bench": read_aci_bench,
    "mts_dialog": read_mts_dialog,
    "codiesp": read_codiesp,
    "pubmedqa": read_pubmedqa,
}


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition(".")[0] + ".")
    parser.add_argument("data", type=Path, help="folder of the sources")
    parser.add_argument("output", type=Path, help="folder to write to")
    parser.add_argument("--model", type=Path, required=True, help="the pipeline")
    parser.add_argument("--names", type=Path, required=True, help="folder of names")
    parser.add_argument("--labels", nargs="+", help="types to write; all by default")
    parser.add_argument("--limit", type=int, default=0, help="texts of each source")
    standard = Voting()
    for name, meaning in (
        ("high", "probability of an entity that is enough by itself"),
        ("voted", "probability that is enough for a name of a vocabulary"),
        ("low", "probability from which a token is in doubt"),
    ):
        default = getattr(standard, name)
        parser.add_argument(f"--{name}", type=float, default=default, help=meaning)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
