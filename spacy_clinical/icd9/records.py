"""Make the records of codes in `doc._.icd9`."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypedDict

import numpy
from spacy.tokens import Doc

from spacy_clinical.extensions.attributes import SECTIONS_KEY
from spacy_clinical.extensions.doc_data import read_text, token_borders
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.icd9.tables import find_ccs, find_chapter, find_icd10, find_title


class Evidence(TypedDict):
    """A place in the note that a code comes from.

    section: Label of its section; "" where there are none.
    start, end (characters): Half open.
    score: Of a window: its own score for the code. By gradient: its share of all that
        speaks for the code or against it.
    """

    section: str
    start: int
    end: int
    score: float


class CodeRecord(TypedDict):
    """A code of a note.

    code: As ICD-9-CM writes it.
    label: As the checkpoint writes it; "" for a category that was rolled up to.
    title, chapter: In words; "" for what isn't in the classification.
    chapter_codes: The chapter's range.
    ccs: Numbers of CCS groups.
    icd10: ICD-10-CM categories that CMS maps it to.
    """

    code: str
    label: str
    title: str
    chapter: str
    chapter_codes: str
    ccs: list[str]
    icd10: list[str]
    score: float
    evidence: list[Evidence]


def describe_code(
    code: str, label: str, score: float, evidence: Sequence[Evidence]
) -> CodeRecord:
    """Make the record of a code, with its titles and groups from the tables."""
    chapter = find_chapter(code)
    return {
        "code": code,
        "label": label,
        "title": find_title(code),
        "chapter": chapter.title if chapter else "",
        "chapter_codes": chapter.code if chapter else "",
        "ccs": [group.code for group in find_ccs(code)],
        "icd10": sorted({target.code[:3] for target in find_icd10(code)}),
        "score": score,
        "evidence": list(evidence),
    }


class Places:
    """Places in a Doc, with their sections; the Doc's text is put together once."""

    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        self.text = read_text(doc)
        sections = list_spans(doc, SECTIONS_KEY)
        self.starts = [section.start_char for section in sections]
        self.labels = [section.label_ for section in sections]

    def make_evidence(self, start: int, end: int, score: float) -> Evidence:
        """Describe a place, without white space around it, and its section."""
        text = self.text[start:end]
        start += len(text) - len(text.lstrip())
        end = start + len(text.strip())
        section = bisect_right(self.starts, start) - 1
        label = self.labels[section] if section >= 0 else ""
        return {"section": label, "start": start, "end": end, "score": score}


def sum_by_token(doc: Doc, shares: Sequence[tuple[int, int, float]]) -> list[Evidence]:
    """Add up the shares of wordpieces (start, end in characters) by token.

    Tokens that share a place, such as that of an abbreviation, have equal parts.
    """
    places = Places(doc)
    starts, ends = token_borders(doc)
    totals: dict[int, float] = {}
    for start, end, share in shares:
        first = int(numpy.searchsorted(ends, start, side="right"))
        stop = int(numpy.searchsorted(starts, end, side="left"))
        if first >= stop:
            first, stop = stop - 1, stop
        for token in range(first, stop):
            totals[token] = totals.get(token, 0.0) + share / (stop - first)
    return [
        places.make_evidence(int(starts[i]), int(ends[i]), totals[i])
        for i in sorted(totals)
    ]


def find_sentences(
    doc: Doc, shares: Sequence[tuple[int, int, float]], *, limit: int
) -> list[Evidence]:
    """Find the sentences that most of a score comes from.

    Where there are no sentences, sections stand for them, or the whole note.

    shares: Of wordpieces (start, end in characters).
    limit: Maximum number; those that speak against the code are left out.
    RETURNS: The best first; the scores are shares of all that speaks for it or
        against it.
    """
    parts = [(0, len(read_text(doc)))]
    if doc.has_annotation("SENT_START"):
        parts = [(sent.start_char, sent.end_char) for sent in doc.sents]
    elif doc.spans.get(SECTIONS_KEY):
        parts = [(s.start_char, s.end_char) for s in list_spans(doc, SECTIONS_KEY)]
    starts = numpy.asarray([start for start, _ in parts])
    totals = numpy.zeros(len(parts))
    for start, _, share in shares:
        totals[int(numpy.searchsorted(starts, start, side="right")) - 1] += share
    whole = float(numpy.abs(totals).sum()) or 1.0
    order = numpy.argsort(-totals, kind="stable")[:limit].tolist()
    places = Places(doc)
    return [
        places.make_evidence(parts[i][0], parts[i][1], float(totals[i]) / whole)
        for i in order
        if totals[i] > 0
    ]
