"""Compare how definitions of abbreviations are found with Schwartz and Hearst's
algorithm, and how well the inventory tells by context what undefined ones stand for.

    python benchmarks/abbreviations.py --data path/to/data \\
        --peer peers/scispacy/bin/python --output abbreviations.json

Definitions, in the abstracts of BC5CDR dev and NCBI Disease dev. Gold pairs are those of
adjacent entities of one concept, the second one in brackets: some of them define nothing
that letters could tell, such as "Adriamycin (doxorubicin)". Counted are gold pairs that are
found to the letter, and of all that is found, the pairs whose ends are both entities, and how
many of these are entities of one concept.

    spacy_clinical       `find_definitions`
    Schwartz and Hearst  the algorithm of the paper, plainly; what scispaCy's
                         AbbreviationDetector does, but with the same sentences as ours
    scispaCy             that detector itself, with its own tokenizer

Readings, in the texts of --data that define a short form which the inventory has. Each
is a question: the definition is taken out ("acute renal failure (ARF)" becomes "ARF"), and so
is the long form wherever else it stands; `clinical_abbreviations` says what is meant.

    one      the inventory has this reading only
    several  it has this one and others: context decides
    other    it has others only, so that nothing is the right answer

The baseline always takes the reading that the inventory marks as usual, or its first one. Long
forms are the same as a reading if they are spelled alike: see `Speller`.
What a text defines is found by ours: long forms that it cuts too short count as "other".
"""

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from machine import read_machine
from peer_process import ask_once
from peers.tables import format_table
from reports import OURS, SHARE, Row, compare_speed, make_row, write_report
from spacy.language import Language

from spacy_clinical.concepts.abbreviations import Abbreviation, load_abbreviations
from spacy_clinical.concepts.definitions import Definition, find_definitions
from spacy_clinical.concepts.spelling import Speller
from spacy_clinical.corpora.pubtator import PubTatorCorpus
from spacy_clinical.extensions.abbreviation_attributes import list_abbreviations
from spacy_clinical.tokenization.sentences import split_sentences

PAPER, SCISPACY, FIRST = "Schwartz and Hearst", "scispaCy", "usual or first"
CORPORA = {
    "BC5CDR dev": "bc5cdr/CDR_DevelopmentSet.PubTator.txt",
    "NCBI dev": "ncbi_disease/NCBIdevelopset_corpus.txt",
}
# Further texts for questions about readings.
MORE = (
    "bc5cdr/CDR_TrainingSet.PubTator.txt",
    "ncbi_disease/NCBItrainset_corpus.txt",
)
GROUPS = ("one", "several", "other")
SPELLER = Speller()
RIGHT, WRONG, NONE = "right", "wrong", "none"
_BRACKETS = re.compile(r"\(([^()]*)\)")
# Characters and words of a gold short form.
_MAX_GOLD, _MAX_GOLD_WORDS = 10, 2


class Pair(NamedTuple):
    """A short form and its long form (characters, half open)."""

    short: tuple[int, int]
    long: tuple[int, int]


class Abstract(NamedTuple):
    """A text, where its sentences start, and the concepts of its gold entities."""

    text: str
    sentences: list[int]
    concepts: dict[tuple[int, int], str]


class Question(NamedTuple):
    """A text without a definition.

    place (characters): Of the short form.
    long_form: What the text said that it stands for.
    readings: What the inventory says.
    """

    text: str
    place: tuple[int, int]
    long_form: str
    readings: tuple[Abbreviation, ...]

    @property
    def group(self) -> str:
        """One of `GROUPS`."""
        are_right = [
            is_reading(self.long_form, row.long_forms) for row in self.readings
        ]
        if not any(are_right):
            return "other"
        return "one" if all(are_right) else "several"


class Result(NamedTuple):
    """What one system found in some abstracts, and the seconds that it took."""

    found: list[set[Pair]]
    seconds: float
    versions: dict[str, str]


Find = Callable[[Abstract], set[Pair]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peer", help="an interpreter that has scispaCy")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, help="texts of each corpus")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    args = parser.parse_args()
    report: dict[str, Any] = {
        "machine": read_machine(threads=1),
        "settings": {"rounds": args.rounds},
    }
    corpora = {
        name: list(read_abstracts(args.data / path))[: args.limit]
        for name, path in CORPORA.items()
    }
    report["definitions"] = {
        name: compare_definitions(abstracts, args.peer, args.rounds)
        for name, abstracts in corpora.items()
    }
    report["versions"] = {
        name: system["versions"]
        for found in report["definitions"].values()
        for name, system in found["systems"].items()
        if system["versions"]
    }
    texts = [one.text for abstracts in corpora.values() for one in abstracts]
    texts += list_more_texts(args.data, args.limit)
    report["readings"] = ask_for_readings(texts)
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))


# Definitions


def read_abstracts(path: Path) -> Iterator[Abstract]:
    for example in PubTatorCorpus(path)(spacy.blank("en")):
        doc = example.reference
        concepts = {(e.start_char, e.end_char): e.kb_id_ for e in doc.ents}
        yield Abstract(doc.text, split_sentences(doc.text), concepts)


def list_gold(abstract: Abstract) -> set[Pair]:
    """List the pairs of adjacent entities of one concept, of which one is in brackets."""
    text = abstract.text
    places = sorted(abstract.concepts)
    gold = set()
    for one, other in pairwise(places):
        is_in_brackets = re.fullmatch(r"\s*[(\[]\s*", text[one[1] : other[0]])
        is_same = abstract.concepts[one] == abstract.concepts[other]
        if (
            not is_same
            or not is_in_brackets
            or text[other[1] : other[1] + 1] not in ")],;"
        ):
            continue
        short, long = sorted((one, other), key=lambda place: place[1] - place[0])
        words = text[slice(*short)]
        is_short = len(words) <= _MAX_GOLD and len(words.split()) <= _MAX_GOLD_WORDS
        if is_short and len(words) < long[1] - long[0]:
            gold.add(Pair(short, long))
    return gold


def find_ours(abstract: Abstract) -> set[Pair]:
    return {
        Pair((one.short_start, one.short_end), (one.long_start, one.long_end))
        for one in find_definitions(abstract.text, abstract.sentences)
    }


def find_as_in_the_paper(abstract: Abstract) -> set[Pair]:
    """Find definitions as the paper does.

    SOURCE: Schwartz and Hearst 2003, with the code that it prints.
    """
    found = set()
    text = abstract.text
    ends = [*abstract.sentences[1:], len(text)]
    for start, end in zip(abstract.sentences, ends, strict=True):
        for match in _BRACKETS.finditer(text, start, end):
            content = re.split(r"[;,]", match[1])[0].strip()
            first = text.index(content, match.start(1))
            if is_short_form(content):
                before = text[start : match.start()].rstrip()
                n_words = min(len(content) + 5, len(content) * 2)
                words = list(re.finditer(r"\S+", before))[-n_words:]
                if not words:
                    continue
                from_here = start + words[0].start()
                long = match_letters(content, text[from_here : start + len(before)])
                if long is not None:
                    place = from_here + long, start + len(before)
                    found.add(Pair((first, first + len(content)), place))
            elif words := list(re.finditer(r"\S+", text[start : match.start()])):
                # The long form is in brackets: "ARF (acute renal failure)".
                short = start + words[-1].start(), start + words[-1].end()
                if is_short_form(text[slice(*short)]):
                    long = match_letters(text[slice(*short)], content)
                    if long is not None:
                        found.add(Pair(short, (first + long, first + len(content))))
    return found


def is_short_form(text: str) -> bool:
    return (
        2 <= len(text) <= 10
        and len(text.split()) <= 2
        and any(map(str.isalpha, text))
        and text[0].isalnum()
    )


def match_letters(short: str, long: str) -> int | None:
    """Find each letter of a short form in a long one, from the end; the first has to begin
    a word.

    RETURNS (characters): Where the long form starts; None if it isn't one.
    """
    place = len(long)
    for number in range(len(short) - 1, -1, -1):
        letter = short[number].lower()
        if not letter.isalnum():
            continue
        place -= 1
        while place >= 0 and (
            long[place].lower() != letter
            or (number == 0 and place > 0 and long[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return None
    start = long.rfind(" ", 0, place + 1) + 1
    words = re.split(r"[\s-]+", long[start:])
    is_too_long = len(words) > min(len(short) + 5, len(short) * 2)
    if is_too_long or len(long) - start <= len(short) or short in words:
        return None
    return start


def find_with_scispacy(python: str, abstracts: Sequence[Abstract]) -> Result:
    """Find them with scispaCy.

    python: An interpreter that has it.
    """
    texts = [abstract.text for abstract in abstracts]
    result = ask_once(python, "scispacy_abbreviations.py", texts)
    found = [
        {Pair(tuple(short), tuple(long)) for short, long in pairs}
        for pairs in result["found"]
    ]
    return Result(found, result["seconds"], result["versions"])


def find_here(find: Find, abstracts: Sequence[Abstract]) -> Result:
    start = time.process_time()
    found = [find(abstract) for abstract in abstracts]
    return Result(found, time.process_time() - start, {})


def compare_definitions(
    abstracts: Sequence[Abstract], peer: str | None, n_rounds: int
) -> dict[str, Any]:
    """Let all find the definitions, in turns."""
    gold = [list_gold(abstract) for abstract in abstracts]
    turns: dict[str, Callable[[], Result]] = {
        OURS: lambda: find_here(find_ours, abstracts),
        PAPER: lambda: find_here(find_as_in_the_paper, abstracts),
    }
    if peer:
        turns[SCISPACY] = lambda: find_with_scispacy(peer, abstracts)
    systems: dict[str, dict[str, Any]] = {name: {"seconds": []} for name in turns}
    for _ in range(n_rounds):
        for name, run in turns.items():
            result = run()
            systems[name]["seconds"].append(result.seconds)
            systems[name]["counts"] = count_pairs(abstracts, gold, result.found)
            systems[name]["versions"] = result.versions
    return {
        "abstracts": len(abstracts),
        "characters": sum(len(abstract.text) for abstract in abstracts),
        "gold": sum(map(len, gold)),
        "systems": systems,
    }


def count_pairs(
    abstracts: Sequence[Abstract], gold: Sequence[set[Pair]], found: Sequence[set[Pair]]
) -> dict[str, int]:
    counts = Counter(found=0, hit=0, both=0, same=0)
    for abstract, wanted, pairs in zip(abstracts, gold, found, strict=True):
        counts["found"] += len(pairs)
        counts["hit"] += len(pairs & wanted)
        for short, long in pairs:
            # Adjectives may be left out of an entity: only its end has to be that of the long form.
            ends = [c for place, c in abstract.concepts.items() if place[1] == long[1]]
            if short in abstract.concepts and ends:
                counts["both"] += 1
                counts["same"] += abstract.concepts[short] in ends
    return dict(counts)


# Readings


def list_more_texts(data: Path, limit: int | None) -> list[str]:
    """List the texts of the other corpora."""
    texts = [a.text for path in MORE for a in list(read_abstracts(data / path))[:limit]]
    for part in ("train", "dev"):
        paths = sorted((data / "maccrobat2020" / part).glob("*.txt"))[:limit]
        texts += [path.read_text("utf8") for path in paths]
    articles = json.loads((data / "pubmedqa/ori_pqal.json").read_text("utf8"))
    texts += [" ".join(row["CONTEXTS"]) for row in list(articles.values())[:limit]]
    return texts


def ask_for_readings(texts: Iterable[str]) -> dict[str, Any]:
    """Ask for what the short forms of some texts stand for."""
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_abbreviations", config={"use_definitions": False})
    counts = {name: {group: Counter() for group in GROUPS} for name in (OURS, FIRST)}
    for question in list_questions(texts):
        answers = {OURS: answer(nlp, question), FIRST: list_usual(question)}
        for name, longs in answers.items():
            is_right = is_reading(question.long_form, longs)
            result = RIGHT if is_right else WRONG if longs else NONE
            counts[name][question.group][result] += 1
    return {
        name: {group: dict(found) for group, found in groups.items()}
        for name, groups in counts.items()
    }


def list_questions(texts: Iterable[str]) -> Iterator[Question]:
    """Make a question of each definition whose short form the inventory has. Texts that are
    in several corpora count once."""
    inventory = load_abbreviations()
    for text in dict.fromkeys(texts):
        asked = set()
        for one in find_definitions(text, split_sentences(text)):
            short = text[one.short_start : one.short_end]
            readings = inventory.find_short(short)
            if readings and short not in asked:
                asked.add(short)
                yield make_question(text, one, readings)


def make_question(
    text: str, one: Definition, readings: tuple[Abbreviation, ...]
) -> Question:
    """Take a definition and its long form out of a text."""
    short = text[one.short_start : one.short_end]
    long = text[one.long_start : one.long_end]
    first, last = min(one.short_start, one.long_start), max(one.short_end, one.long_end)
    # The bracket around one of them goes, and what else is in it stays.
    after = re.sub(r"^\s*[)\]]", "", text[last:])
    spelled = re.compile(rf"\b{re.escape(long)}(?!\w)", re.IGNORECASE)
    before, after = (
        spelled.sub(lambda _: short, part) for part in (text[:first], after)
    )
    place = len(before), len(before) + len(short)
    return Question(f"{before}{short}{after}", place, long, readings)


def answer(nlp: Language, question: Question) -> tuple[str, ...]:
    """Let the component say what a short form stands for; () if it can't."""
    for row in list_abbreviations(nlp(question.text)):
        if row.start <= question.place[0] and row.end >= question.place[1]:
            longs = [
                r.long_forms for r in question.readings if row.long_form in r.long_forms
            ]
            return longs[0] if longs else (row.long_form,) if row.long_form else ()
    return ()


def list_usual(question: Question) -> tuple[str, ...]:
    """List the long forms of the reading that is usual, or else the first one."""
    ordered = sorted(question.readings, key=lambda row: not row.is_usual)
    return ordered[0].long_forms


def is_reading(long_form: str, readings: Iterable[str]) -> bool:
    """Check whether a long form is one of some others."""
    return SPELLER.spell(long_form).key in {SPELLER.spell(one).key for one in readings}


# Report


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report.

    report: As `main` makes it.
    """
    rows = []
    for corpus, found in report["definitions"].items():
        task = f"Definitions, {corpus}"
        systems = found["systems"]
        for name, system in systems.items():
            counts = system["counts"]
            hit = [counts["hit"] / max(found["gold"], 1)]
            rows.append(make_row(task, name, "gold pairs found", SHARE, hit))
        seconds = {name: system["seconds"] for name, system in systems.items()}
        amounts = dict.fromkeys(systems, found["characters"])
        rows += compare_speed(task, seconds, amounts, "characters/s")
    for name, groups in report["readings"].items():
        for group, counts in groups.items():
            # Where the inventory doesn't have the reading, none is the right answer.
            right = counts.get(NONE if group == "other" else RIGHT, 0)
            share = [right / max(sum(counts.values()), 1)]
            rows.append(make_row("Readings", name, f"right, {group}", SHARE, share))
    return rows


def format_tables(report: dict[str, Any]) -> str:
    """Write counts and speeds as Markdown.

    report: As `main` makes it.
    """
    definitions = []
    for corpus, found in report["definitions"].items():
        for name, system in found["systems"].items():
            c, speed = system["counts"], found["characters"] / min(system["seconds"])
            hit, same = f"{c['hit']} of {found['gold']}", f"{c['same']} of {c['both']}"
            definitions.append(
                [corpus, name, str(c["found"]), hit, same, f"{speed:,.0f}"]
            )
    readings = [
        [group, name, *(str(counts[group].get(key, 0)) for key in (RIGHT, WRONG, NONE))]
        for group in GROUPS
        for name, counts in report["readings"].items()
    ]
    titles = [
        "definitions",
        "system",
        "found",
        "gold pairs",
        "one concept",
        "characters/s",
    ]
    return "\n\n".join(
        [
            format_table(titles, definitions, text=2),
            format_table(["readings", "system", RIGHT, WRONG, NONE], readings, text=2),
        ]
    )


if __name__ == "__main__":
    main()
