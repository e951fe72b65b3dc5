"""The text that a model reads of a Doc, and its offsets in the Doc."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy
from spacy.tokens import Doc, Span

from spacy_clinical.extensions.attributes import SECTION_TITLES_KEY, SECTIONS_KEY
from spacy_clinical.extensions.doc_data import read_text, token_borders
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.types import Ints1d, Ints2d, list_names

# "admission": the sections CORe was trained on. "all": the whole note. Or labels.
Sections: TypeAlias = Literal["admission", "all"] | list[str]

# SOURCE: van Aken et al. 2021, Clinical Outcome Prediction from Admission Notes using
# Self-Supervised Knowledge Integration, and its authors' code: always all eight, in
# this order and wording, whatever titles the note has.
ADMISSION_SECTIONS = (
    ("CHIEF COMPLAINT", ("chief_complaint", "reason_for_visit")),
    ("PRESENT ILLNESS", ("history_of_present_illness",)),
    ("MEDICAL HISTORY", ("past_medical_history",)),
    ("MEDICATION ON ADMISSION", ("admission_medications", "medications")),
    ("ALLERGIES", ("allergies",)),
    ("PHYSICAL EXAM", ("physical_exam",)),
    ("FAMILY HISTORY", ("family_history",)),
    ("SOCIAL HISTORY", ("social_history",)),
)
# Sections that say nothing about the patient.
BOILERPLATE = frozenset({"signature"})
# A signature is shorter (characters); what is after these is a note that begins like one,
# "Dictated by: ...".
LONG_SIGNATURE = 500
# Sections whose subsections are organs, not problems.
ORGAN_SECTIONS = frozenset(
    {"imaging", "imaging_findings", "physical_exam", "review_of_systems"}
)
# A placeholder for de-identified text, as in MIMIC. An unclosed one ends where the next
# one starts: searching for its end would take quadratic time.
PLACEHOLDER = re.compile(r"\[\*\*(?:(?!\[\*\*).)*?\*\*\]|_{2,}", re.S)
LETTER = re.compile(r"[^\W\d_]")


# How a text is cut: windows of maximum length, one for each sentence, or only the first
# window, which ignores the rest of a long text.
Unit = Literal["window", "sentence", "first"]


@dataclass(frozen=True)
class OtherText:
    """The other text of a pair, which a model reads with each window of a text.

    is_first, is_question: See `batches.Partner`.
    """

    text: str
    is_first: bool = True
    is_question: bool = False


@dataclass(frozen=True)
class Text:
    """A text made of parts of a Doc.

    doc: The Doc; None if the text was made without one.
    starts, sources (characters): text[starts[i]:starts[i + 1]] is the Doc's text from
        sources[i] on, except for white space; -1 for words that are not in the Doc.
    ends (characters): For those i whose words stand for others in the Doc: where these
        end in the Doc.
    sections, sentences (characters): Their starts, ascending. A title and the sentence
        after it count as one sentence.
    titles (characters): Offsets of titles that are not in the Doc, half open.
    token_ids (n_tokens): Indices of the Doc's tokens in the text.
    tokens (n_tokens, 2): Their offsets in the text (characters, half open), ascending.
    unit: How to cut the text into windows.
    other: The other text, if the two are a pair.
    """

    text: str
    doc: Doc | None = None
    starts: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    sections: list[int] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)
    titles: list[tuple[int, int]] = field(default_factory=list)
    token_ids: Ints1d = field(default_factory=lambda: numpy.zeros(0, dtype="int64"))
    tokens: Ints2d = field(default_factory=lambda: numpy.zeros((0, 2), dtype="int64"))
    unit: Unit = "window"
    ends: dict[int, int] = field(default_factory=dict)
    other: OtherText | None = None

    def find_sources(self, start: int, end: int) -> list[tuple[int, int]]:
        """Find the offsets of a part of the text in the Doc (characters, half open).

        RETURNS: Offsets in the text's order, without words that are not in the Doc. Words
            that stand for others have the place of all of these.
        """
        sources: list[tuple[int, int]] = []
        first = bisect_right(self.starts, start) - 1
        for i in range(max(first, 0), len(self.starts)):
            if self.starts[i] >= end:
                break
            stop = self.starts[i + 1] if i + 1 < len(self.starts) else len(self.text)
            inside = max(start, self.starts[i]), min(end, stop)
            if self.sources[i] < 0 or inside[0] >= inside[1]:
                continue
            offset = self.sources[i] - self.starts[i]
            place = inside[0] + offset, inside[1] + offset
            if i in self.ends:
                place = self.sources[i], self.ends[i]
            is_reworded = i in self.ends or i - 1 in self.ends
            if is_reworded and sources and sources[-1][1] == place[0]:
                place = sources.pop()[0], place[1]
            sources.append(place)
        return sources


def read_doc(doc: Doc, *, other: OtherText | None = None) -> Text:
    """Make a text of a whole Doc, for models over tokens.

    other: The other text, if the two are a pair.
    """
    text = read_text(doc)
    starts, ends = token_borders(doc)
    has_sentences = doc.has_annotation("SENT_START")
    return Text(
        text,
        doc,
        starts=[0] if text else [],
        sources=[0] if text else [],
        sections=[section.start_char for section in list_spans(doc, SECTIONS_KEY)],
        sentences=[s.start_char for s in doc.sents] if has_sentences else [],
        token_ids=numpy.arange(len(doc)),
        tokens=numpy.stack([starts, ends], axis=1),
        other=other,
    )


def read_note(
    doc: Doc,
    sections: Sections = "all",
    *,
    exclude: str | Sequence[str] = (),
    unit: Unit = "window",
    with_boilerplate: bool = False,
) -> Text:
    """Choose the text of a note that a document model reads.

    sections: "admission": the eight sections known at admission, in CORe's order and
        wording; the whole note if it has none of them. "all": the whole note.
        Otherwise, labels of sections to read, with their titles, in the note's order.
    exclude: Labels of sections to leave out in any case.
    unit: How to cut long texts.
    with_boilerplate: Whether to also read parts that have only titles and signatures.
    RETURNS: The text. It is empty if the chosen parts have only titles, signatures,
        placeholders or other text that says nothing about the patient.
    """
    # Read once: a Doc joins its tokens at each access.
    text = read_text(doc)
    exclude = list_names(exclude)
    spans = [s for s in list_spans(doc, SECTIONS_KEY) if s.label_ not in exclude]
    builder = _Builder(doc, text, unit)
    if sections == "admission":
        bodies = _find_admission(text, spans)
        if bodies:
            return _write_admission(builder, bodies)
    if isinstance(sections, list):
        spans = [span for span in spans if span.label_ in sections]
    parts = [(span.start_char, span.end_char) for span in spans]
    if not isinstance(sections, list) and not doc.spans.get(SECTIONS_KEY):
        parts = [(0, len(text))]
    said = parts
    if spans and not with_boilerplate:
        said = [_get_content(span) for span in spans]
    if any(_has_words(text[start:end]) for start, end in said):
        for start, end in _merge(parts):
            builder.quote(start, end)
    return builder.build(spans)


def _merge(parts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join adjacent parts."""
    merged: list[tuple[int, int]] = []
    for start, end in parts:
        if merged and merged[-1][1] == start:
            start = merged.pop()[0]
        merged.append((start, end))
    return merged


def find_sentences(doc: Doc) -> Iterator[int]:
    """Yield the starts of sentences (characters).

    A title, a number or a bullet is joined with the sentence after it. A subsection
    title that may be a problem isn't, because it has a meaning of its own.
    """
    ends_by_start = {title.start: title.end for title in _find_labels(doc)}
    is_bare = False
    for sent in doc.sents:
        if not is_bare:
            yield sent.start_char
        end = ends_by_start.get(sent.start, sent.start)
        rest = doc[min(end, sent.end) : sent.end]
        # Fast, because mostly the first word has a letter.
        is_bare = not any(LETTER.search(token.text) for token in rest)


def _find_labels(doc: Doc) -> Iterator[Span]:
    """Yield the titles that only announce the text after them."""
    starts = {section.start for section in list_spans(doc, SECTIONS_KEY)}
    for title in list_spans(doc, SECTION_TITLES_KEY):
        if title.start in starts or title._.section in ORGAN_SECTIONS:
            yield title


def _get_content(span: Span) -> tuple[int, int]:
    """Find a section's content: its body, or also its title if that is unknown."""
    if span.label_ in BOILERPLATE:
        return min(span.start_char + LONG_SIGNATURE, span.end_char), span.end_char
    if span.label_ == "other":
        return span.start_char, span.end_char
    body = span._.section_body
    return body.start_char if len(body) else span.end_char, span.end_char


def _has_words(text: str) -> bool:
    return LETTER.search(PLACEHOLDER.sub(" ", text)) is not None


def _find_admission(text: str, spans: Sequence[Span]) -> dict[str, tuple[int, int]]:
    """Find the first section with words in its body for each admission title."""
    contents = {}
    for title, labels in ADMISSION_SECTIONS:
        bodies = (
            _get_content(span)
            for label in labels
            for span in spans
            if span.label_ == label
        )
        for start, end in bodies:
            if _has_words(text[start:end]):
                contents[title] = start, end
                break
    return contents


def _write_admission(
    builder: "_Builder", bodies: Mapping[str, tuple[int, int]]
) -> Text:
    for i, (title, _) in enumerate(ADMISSION_SECTIONS):
        builder.write("\n\n" if i else "")
        builder.write_title(f"{title}:")
        builder.write(" ")
        start, end = bodies.get(title, (0, 0))
        body = builder.text[start:end]
        start += len(body) - len(body.lstrip())
        builder.quote(start, start + len(body.strip()), on_one_line=True)
    return builder.build()


class _Builder:
    """Build a text from parts of a Doc, with their offsets in the Doc."""

    def __init__(self, doc: Doc, text: str, unit: Unit) -> None:
        self.doc = doc
        self.text = text
        self.unit = unit
        self.parts: list[str] = []
        self.length = 0
        self.starts: list[int] = []
        self.sources: list[int] = []
        self.titles: list[tuple[int, int]] = []

    def write(self, text: str, source: int = -1) -> None:
        """Add words; `source` is their offset in the Doc, or -1."""
        if text:
            self.starts.append(self.length)
            self.sources.append(source)
            self.parts.append(text)
            self.length += len(text)

    def write_title(self, text: str) -> None:
        self.titles.append((self.length, self.length + len(text)))
        self.write(text)

    def quote(self, start: int, end: int, *, on_one_line: bool = False) -> None:
        """Add a part of the Doc, with spaces for line breaks if it goes on one line."""
        text = self.text[start:end]
        self.write(text.replace("\n", " ") if on_one_line else text, start)

    def build(self, spans: Sequence[Span] = ()) -> Text:
        """Make the text. `spans` are the sections that were quoted in full, if any."""
        if not self.parts:
            return Text("", self.doc, unit=self.unit)
        sections = self._place([span.start_char for span in spans])
        sentences: list[int] = []
        if self.doc.has_annotation("SENT_START"):
            sentences = self._place(list(find_sentences(self.doc)))
        starts, ends = token_borders(self.doc)
        places = self._find(starts)
        tokens = numpy.flatnonzero(places >= 0)
        tokens = tokens[numpy.argsort(places[tokens], kind="stable")]
        places, lengths = places[tokens], (ends - starts)[tokens]
        return Text(
            "".join(self.parts),
            self.doc,
            self.starts,
            self.sources,
            sections or [start for start, _ in self.titles],
            sentences,
            self.titles,
            tokens,
            numpy.stack([places, places + lengths], axis=1),
            self.unit,
        )

    def _place(self, characters: Sequence[int]) -> list[int]:
        """Find the offsets of the Doc's characters in the text, ascending.

        Characters that are not quoted are skipped.
        """
        places = self._find(numpy.asarray(characters, dtype="int64"))
        return numpy.sort(places[places >= 0]).tolist()

    def _find(self, characters: Ints1d) -> Ints1d:
        """Find the offsets of the Doc's characters in the text; -1 if not quoted."""
        stops = [*self.starts[1:], self.length]
        runs = sorted(
            (source, stop - start, start)
            for source, start, stop in zip(
                self.sources, self.starts, stops, strict=True
            )
            if source >= 0
        )
        # The first run stands for the text before all quoted parts.
        sources, lengths, starts = numpy.asarray([(-1, 0, 0), *runs]).T
        run = numpy.searchsorted(sources, characters, side="right") - 1
        inside = characters - sources[run]
        return numpy.where(inside < lengths[run], inside + starts[run], -1)
