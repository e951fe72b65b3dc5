import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy
from spacy.attrs import IDX, SENT_START
from spacy.language import Language
from spacy.pipeline.senter import senter_score
from spacy.tokens import Doc, Token

from spacy_clinical.errors import CodedImportError, CodedValueError, Errors
from spacy_clinical.extensions.attributes import (
    SECTION_TITLES_KEY,
    SECTIONS_KEY,
    SUBSECTIONS_KEY,
)
from spacy_clinical.extensions.doc_data import read_text
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.pipeline.bases.rule_pipe import RulePipe
from spacy_clinical.tokenization.sentences import LineBreaks, split_sentences
from spacy_clinical.types import list_names

# Tokens that may follow a title on its line, before the section's text.
TITLE_MARKS = frozenset([":", "::", ".", ")", "]", "*", "**", "_", "__"])


@Language.factory(
    "clinical_sentencizer",
    assigns=["token.is_sent_start", "doc.sents"],
    default_config={
        "abbreviations": [],
        "scorer": {"@scorers": "spacy.senter_scorer.v1"},
    },
    default_score_weights={"sents_f": 1.0, "sents_p": 0.0, "sents_r": 0.0},
)
class ClinicalSentencizer(RulePipe):
    """Set sentence boundaries in clinical notes by rules."""

    SETTINGS = (
        "rules",
        "use_sections",
        "line_breaks",
        "abbreviations",
        "max_tokens",
        "overwrite",
    )

    def __init__(
        self,
        name: str = "clinical_sentencizer",
        *,
        nlp: Language | None = None,
        rules: Literal["clinical", "scispacy"] = "clinical",
        use_sections: bool = True,
        line_breaks: LineBreaks = "auto",
        abbreviations: str | Sequence[str] = (),
        max_tokens: int = 0,
        overwrite: bool = False,
        scorer: Callable[..., dict[str, Any]] | None = senter_score,
    ) -> None:
        """Set up the component.

        nlp: Not used; spaCy gives it to each component.
        rules: "clinical", or "scispacy" for the boundaries of scispaCy's
            pysbd_sentencizer.
        use_sections: Whether sentences also end at the ends of sections, subsections
            and their titles.
        line_breaks: Whether a single line break ends a sentence. See
            `spacy_clinical.tokenization.sentences.split_sentences`.
        abbreviations: More abbreviations, with their full stop, that don't end a
            sentence.
        max_tokens: Maximum length of a sentence. Longer ones are cut after the last
            white space, semicolon or comma that fits, or else at the limit. 0 for no
            limit.
        overwrite: Whether to change boundaries that another component has set.
        scorer: Scoring method.
        RAISES ValueError: C203, if max_tokens is negative.
        RAISES ImportError: C202, if rules is "scispacy" and scispaCy isn't installed.
        """
        if max_tokens < 0:
            raise CodedValueError(Errors.C203.format(max_tokens=max_tokens))
        self.name = name
        self.rules = rules
        self.use_sections = use_sections
        self.line_breaks = line_breaks
        self.abbreviations = list_names(abbreviations)
        self.max_tokens = max_tokens
        self.overwrite = overwrite
        self.scorer = scorer
        self._scispacy = _get_scispacy() if rules == "scispacy" else None

    def predict(self, docs: Iterable[Doc]) -> list[list[int]]:
        """Find where sentences start.

        RETURNS (tokens): For each Doc, the indices of its sentences' first tokens.
        """
        return [self._predict_doc(doc) for doc in docs]

    def _predict_doc(self, doc: Doc) -> list[int]:
        if not len(doc):
            return []
        offsets = _to_array(doc, IDX)
        if self._scispacy is not None:
            starts = self._scispacy(doc)
        else:
            characters = split_sentences(
                read_text(doc),
                line_breaks=self.line_breaks,
                abbreviations=self.abbreviations,
            )
            tokens = numpy.searchsorted(offsets, characters)
            is_start = offsets[numpy.minimum(tokens, len(doc) - 1)] == characters
            starts = tokens[is_start].tolist()
        borders = _get_borders(doc) if self.use_sections else []
        ordered = sorted({0, *starts, *borders})
        if self.max_tokens:
            ordered = list(_cut_long(doc, ordered, self.max_tokens))
        return ordered

    def set_annotations(self, docs: Iterable[Doc], starts: list[list[int]]) -> None:
        """Write where sentences start.

        starts (tokens): As returned by `predict`.
        """
        for doc, doc_starts in zip(docs, starts, strict=True):
            if not len(doc):
                continue
            values = numpy.full(len(doc), -1, dtype="int64")
            values[doc_starts] = 1
            if not self.overwrite:
                earlier = _to_array(doc, SENT_START)
                values = numpy.where(earlier == 0, values, earlier)
            column: Any = values.reshape(-1, 1).astype("uint64")
            doc.from_array([SENT_START], column)

    # Saving

    def restore(self, saved: Any) -> None:
        super().restore(saved)
        self._scispacy = _get_scispacy() if self.rules == "scispacy" else None


def _to_array(doc: Doc, attribute: int) -> Any:
    return doc.to_array(attribute).astype("int64")


def _get_borders(doc: Doc) -> Iterator[int]:
    """Yield the tokens at which sections, subsections or their bodies start or end."""
    for key in (SECTIONS_KEY, SUBSECTIONS_KEY, SECTION_TITLES_KEY):
        for span in list_spans(doc, key):
            yield span.start
            end = _pass_over_marks(doc, span.end, key == SECTION_TITLES_KEY)
            if end < len(doc):
                yield end


def _pass_over_marks(doc: Doc, end: int, is_title: bool) -> int:
    """Move a sentence's end past white space and, after a title, past its colon."""
    for token in doc[end:]:
        if "\n" in token.text:
            is_title = False
        if not token.is_space and not (is_title and token.text in TITLE_MARKS):
            break
        end += 1
    return end


def _cut_long(doc: Doc, starts: list[int], max_tokens: int) -> Iterator[int]:
    """Yield the starts, and more where a sentence is longer than `max_tokens`."""
    for start, end in pairwise([*starts, len(doc)]):
        yield start
        while end - start > max_tokens:
            window = range(start + max_tokens, start, -1)
            start = next((i for i in window if _can_cut(doc[i - 1])), window[0])
            yield start


def _can_cut(token: Token) -> bool:
    return bool(token.is_space or token.text in (";", ","))


def _get_scispacy() -> Callable[[Doc], list[int]]:
    """Get scispaCy's sentence splitter as a function that doesn't change the Doc."""
    try:
        module = importlib.import_module("scispacy.custom_sentence_segmenter")
    except ImportError as error:
        raise CodedImportError(Errors.C202.format(what="sentence splitter")) from error

    def find_starts(doc: Doc) -> list[int]:
        words = [token.text for token in doc]
        spaces = [bool(token.whitespace_) for token in doc]
        copy = module.pysbd_sentencizer(Doc(doc.vocab, words=words, spaces=spaces))
        return [token.i for token in copy if token.is_sent_start]

    return find_starts
