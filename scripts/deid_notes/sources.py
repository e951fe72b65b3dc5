"""Sentences of openly licensed notes, with the ages and dates that they already have.

What may name a person or a place is left out: a sentence is taken only if all of its
capitalized words are known words of medicine, or stand in lower case elsewhere.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from deid_notes.marked import Marked
from deid_notes.values import DAYS, MONTHS
from deid_notes.vocabulary import Part, list_all_names, read_list

CODIESP_DEV = 50
_MONTH = rf"(?:{'|'.join(MONTHS)}|{'|'.join(m[:3] for m in MONTHS)}|Sept)\b\.?"
_YEAR = r"(?:19[3-9]\d|20[0-3]\d)"
DATE = re.compile(
    rf"""
    \b(?:
        \d{{1,2}}(?:st|nd|rd|th)?\ (?:of\ )?{_MONTH}(?:,?\ (?:of\ )?{_YEAR})?
      | {_MONTH}\ \d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\ {_YEAR})?
      | (?!May\b|March\b|Mar\b){_MONTH}(?:,?\ (?:of\ )?{_YEAR})?
      | (?:May|March)(?:,?\ (?:of\ )?{_YEAR})
      | \d{{1,2}}/\d{{1,2}}/(?:{_YEAR}|\d\d)
      | \d{{1,2}}-\d{{1,2}}-{_YEAR}
      | \d{{1,2}}/{_YEAR}
      | (?:{"|".join(DAYS)})s?
    )(?![\w/])
    | (?<=\bin\ ){_YEAR}\b | (?<=\bsince\ ){_YEAR}\b | (?<=\bof\ ){_YEAR}\b
    """,
    re.VERBOSE,
)
AGE = re.compile(
    r"""
    \b(?P<years>\d{1,3})(?=(?:[- ]?(?:years?|yrs?|yo?)[- ]?(?:s[- ])?olds?|[- ]?y/?o\b|\ ?y\.\ ?o\.))
    | \b(?P<small>\d{1,2}[- ]?(?:month|week|day)s?)(?=[- ]olds?)
    | (?<=\baged\ )(?P<aged>\d{1,3})\b(?!\ (?:month|week|day))
    | (?<=\bage\ of\ )(?P<age>\d{1,3})\b(?!\ (?:month|week|day))
    | \b(?P<decade>[1-9]0'?s)(?=[\s.,)])(?!\ (?:mg|mm))
    """,
    re.VERBOSE,
)
# What looks like one of both, but isn't said to be.
UNSURE = re.compile(
    rf"""
    \b{_YEAR}\b(?!\ ?(?:m[glL]|/|cc|cal|U|g\b|ng)) | \b\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}\b
    | \b(?:at|with)\ (?:\d+\ and\ )?\d+\ years | \bage[ds]?\b | \byears?\ old | \bat\ \d+\ years\b | \byears\ of\ age
    | \b(?:Dr|Drs|Mr|Mrs|Ms|Miss|Doctor|Prof|Professor|Nurse|Sister|Saint|St)\b
    | \b(?:XYZ|ABC\w*|X|Y|Z)\b | \b[A-Z]\.(?=\s) | @ | www\. | http
    | \b(?:spring|summer|fall\ of|autumn|winter|Christmas|Thanksgiving|Easter)\b
    | \b(?:Hospital|Clinic|University|College|School|Institute|Center|Centre|County
        |City|State|Street|Avenue|Road|Inc|Corp|Corporation|Ltd|Company|Co|GmbH)\b
    | \d{{3}}[-.]\d{{3,4}}\b
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[^\W\d_](?:[\w\u2019']*\w)?")
_SENTENCE = re.compile(r"(?<=[a-z)\d][.;])\s+(?=[A-Z])")
_EPONYM_AFTER = re.compile(
    r"(?:['\u2019]s?)?[- ](?:disease|syndrome|sign|test|tumou?r|lymphoma|palsy|reflex|scale"
    r"|score|index|criteria|catheter|procedure|fracture|stain|grade|classification)"
)


def read_texts(data: Path, part: Part) -> Iterator[str]:
    """Read the texts of a part, of four corpora.

    data: The folder that has maccrobat2020, aci_bench, mts_dialog and codiesp.
    """
    csv.field_size_limit(10**9)
    is_dev = part == "dev"
    for path in sorted((data / "maccrobat2020" / part).glob("*.txt")):
        yield path.read_text(encoding="utf8")
    codiesp = sorted((data / "codiesp" / "train" / "text_files_en").glob("*.txt"))
    for path in codiesp[-CODIESP_DEV:] if is_dev else codiesp[:-CODIESP_DEV]:
        yield path.read_text(encoding="utf8")
    yield from _read_column(
        data / "aci_bench" / ("valid.csv" if is_dev else "train.csv"), "note"
    )
    name = "ValidationSet" if is_dev else "TrainingSet"
    yield from _read_column(
        data / "mts_dialog" / f"MTS-Dialog-{name}.csv", "section_text"
    )


def _read_column(path: Path, column: str) -> Iterator[str]:
    with path.open(newline="", encoding="utf8") as file:
        for row in csv.DictReader(file):
            yield row[column]


class Screen:
    """Decides which sentences are free of names.

    texts: All texts, to see which words also stand in lower case.
    """

    def __init__(self, texts: list[str]) -> None:
        counts = Counter(
            word for text in texts for word in _WORD.findall(text) if word.islower()
        )
        # Of the words that are names, only those that are mostly something else.
        self.lower = {word for word, count in counts.items() if count > 1}
        self.common = {word for word, count in counts.items() if count > 15}
        lists = ("eponyms", "drugs", "conditions", "other_terms")
        self.known = {
            word.casefold()
            for name in lists
            for line in read_list(name)
            for word in _WORD.findall(line)
        }
        self.names = list_all_names()

    def is_free(self, sentence: str) -> bool:
        """Check whether all capitalized words are known not to name anyone or any place."""
        plain = AGE.sub(" ", DATE.sub(" ", sentence))
        if UNSURE.search(plain):
            return False
        for match in _WORD.finditer(plain):
            word, key = match[0], match[0].casefold()
            if word.islower() or (word.isupper() and 1 < len(word) < 6):
                continue
            key = key.removesuffix("'s").removesuffix("\u2019s")
            if key in self.names and key not in self.common:
                if not _EPONYM_AFTER.match(plain, match.end()):
                    return False
            elif key not in self.lower and key not in self.known:
                return False
        return True


def list_passages(texts: list[str], screen: Screen) -> list[list[Marked]]:
    """List what remains of each text: sentences with their ages and dates."""
    passages = []
    for text in texts:
        lines = [line for line in text.splitlines() if line.strip()]
        sentences = [part.strip() for line in lines for part in _SENTENCE.split(line)]
        kept = [mark(s) for s in sentences if 1 < len(s) < 600 and screen.is_free(s)]
        if kept:
            passages.append(kept)
    return passages


def mark(sentence: str) -> Marked:
    """Mark the ages and dates of a sentence."""
    spans = []
    for match in DATE.finditer(sentence):
        spans.append((*match.span(), "DATE"))
    for match in AGE.finditer(sentence):
        place = match.span(match.lastgroup or 0)
        if not any(s < place[1] and place[0] < e for s, e, _ in spans):
            spans.append((*place, "AGE"))
    return Marked(sentence, sorted(spans))
