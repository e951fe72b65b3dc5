import random
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example
from spacy.util import filter_spans

from spacy_clinical.corpora.augment import Augmenter, augment
from spacy_clinical.corpora.brat_attributes import (
    MEANINGS,
    Meanings,
    find_attributes,
    find_references,
    read_meanings,
)
from spacy_clinical.corpora.brat_relations import list_relations
from spacy_clinical.corpora.standoff import BratAnnotations, BratSpan, read_brat
from spacy_clinical.errors import CodedValueError, CodedWarning, Errors, Warnings
from spacy_clinical.extensions.assertion_attributes import (
    CONTEXT_ATTRIBUTES,
    mark_assertion,
    set_known_attributes,
)
from spacy_clinical.extensions.attributes import NER_KEY
from spacy_clinical.extensions.concept_attributes import set_concept
from spacy_clinical.extensions.relation_attributes import set_known_relations
from spacy_clinical.files.regular import coded_errors, read_regular
from spacy_clinical.types import list_names

Flatten = Literal["longest", "first"]
Discontinuous = Literal["fragments", "cover"]


class BratCorpus:
    """Corpus of Examples from .txt files with their .ann files."""

    def __init__(
        self,
        path: str | Path | None,
        *,
        spans_key: str = NER_KEY,
        flatten: Flatten | None = "longest",
        discontinuous: Discontinuous = "fragments",
        attributes: Meanings = MEANINGS,
        relations: str | Sequence[str] | None = None,
        equivalences: bool = False,
        gold_entities: bool = False,
        max_length: int = 0,
        limit: int = 0,
        augmenter: Augmenter | None = None,
        shuffle: bool = False,
    ) -> None:
        """Set up the corpus; files are read when it is called.

        path: A folder, read with its subfolders, or one .txt file.
        spans_key: Key of the span group for all spans. `Span.id_` is the BRAT id, and
            `Span.kb_id_` the first reference that normalizes it ("MESH:D003924"), as of
            entities; `span._.kb_ents` has all of them. The group's attrs have events, relations and attributes as plain data, and the
            number of extended spans.
        flatten: Which of overlapping spans `doc.ents` keeps: the "longest", or the
            "first" in the text. None to set no entities.
        discontinuous: "fragments" for one span per piece, all with the same id, or
            "cover" for one span over all pieces.
        attributes: Attributes of spans, such as `span._.is_negated`, by what BRAT says: the
            label of an attribute, with its value if need be, or of a relation:
            {"POLARITY NEG": "is_negated"}. Attributes that none of them means are unknown,
            not false.
        relations: Labels of the relations to write to `doc._.relations`; None for all. If
            they are listed, others are unknown, not false.
        equivalences: Whether BRAT's equivalences (*) are relations, too: each member has
            one to the next in the text.
        gold_entities: Whether the predicted Docs have the entities too: for components
            that say something of entities, when none before them finds any.
        max_length (tokens): Longer texts are cut at line breaks into parts of at most
            this length, unless a line is longer. 0 for whole texts.
        limit: Maximum number of files to read; 0 for all.
        augmenter: See spaCy's Corpus.
        shuffle: Whether to change the order in each iteration.
        RAISES ValueError: C204, if path is None; C860, if there is no such
            attribute.
        """
        if path is None:
            raise CodedValueError(Errors.C204)
        self.path = Path(path)
        self.spans_key = spans_key
        self.flatten = flatten
        self.discontinuous = discontinuous
        self.meanings = read_meanings(attributes)
        self.relations = None if relations is None else list_names(relations)
        self.equivalences = equivalences
        self.gold_entities = gold_entities
        self.max_length = max_length
        self.limit = limit
        self.augmenter = augmenter
        self.shuffle = shuffle

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the files. Empty ones are skipped, as in spaCy's Corpus.

        Spans that start or end inside a token are extended to whole tokens; a warning
        (W201) gives their number.

        nlp: The pipeline whose tokenizer to use.
        YIELDS: One Example for each file or part of it. Its predicted Doc has no
            annotations, but for `gold_entities`.
        RAISES ValueError: C205 to C208, if a file can't be read.
        """
        yield from augment(nlp, self._read_examples(nlp), self.augmenter)

    def _read_examples(self, nlp: Language) -> Iterator[Example]:
        docs = self._read_docs(nlp)
        if self.shuffle:
            shuffled = list(docs)
            random.shuffle(shuffled)
            docs = iter(shuffled)
        for doc in docs:
            predicted = nlp.make_doc(doc.text)
            if self.gold_entities:
                predicted.ents = _copy_spans(doc.ents, predicted)
                if self.spans_key in doc.spans:
                    group = _copy_spans(doc.spans[self.spans_key], predicted)
                    predicted.spans[self.spans_key] = group
            yield Example(predicted, doc)

    def _read_docs(self, nlp: Language) -> Iterator[Doc]:
        paths = find_texts(self.path)
        n_spans = n_extended = 0
        for path in paths[: self.limit or None]:
            doc = self.read_doc(nlp, path)
            group = doc.spans[self.spans_key]
            n_spans += len(group)
            n_extended += group.attrs["n_extended"]
            if len(doc):
                yield from cut_at_lines(doc, self.max_length)
        if n_extended:
            text = Warnings.W201.format(n=n_extended, n_spans=n_spans, path=self.path)
            warnings.warn(text, CodedWarning, stacklevel=5)

    def read_doc(self, nlp: Language, path: Path) -> Doc:
        """Read one text with its annotations.

        nlp: The pipeline whose tokenizer to use.
        path: The .txt file; the .ann file is in the same folder.
        RAISES ValueError: C205 to C208, if a file can't be read; C302 or C350, for
            other errors.
        """
        with coded_errors(path):
            return self._read_doc(nlp, path)

    def _read_doc(self, nlp: Language, path: Path) -> Doc:
        text = _read_file(path)
        ann_path = path.with_suffix(".ann")
        annotations = read_brat(text, _read_file(ann_path), name=str(ann_path))
        doc = nlp.make_doc(text)
        said = find_attributes(annotations, self.meanings)
        references = find_references(annotations)
        meant = {name for names in self.meanings.values() for name in names}
        if meant != set(CONTEXT_ATTRIBUTES):
            set_known_attributes(doc, meant)
        if self.relations is not None:
            set_known_relations(doc, self.relations)
        spans, n_extended = [], 0
        for brat_span in annotations.spans:
            for start, end in self._get_places(brat_span):
                span = _make_span(doc, start, end, brat_span)
                ids = references.get(brat_span.id, ())
                if ids:
                    span.kb_id_ = ids[0]
                    set_concept(span, [(one, 1.0) for one in ids], None)
                mark_assertion(span, said.get(brat_span.id, ()))
                n_extended += span.start_char < start or span.end_char > end
                spans.append(span)
        attrs = {**_to_plain(annotations), "n_extended": n_extended}
        group = SpanGroup(doc, name=self.spans_key, spans=spans, attrs=attrs)
        doc.spans[self.spans_key] = group
        by_id = {span.id_: span for span in reversed(spans)}
        doc._.relations = list_relations(
            annotations, by_id, self.relations, equivalences=self.equivalences
        )
        if self.flatten is not None:
            doc.ents = flatten_spans(spans, self.flatten)
        return doc

    def _get_places(self, span: BratSpan) -> Iterable[tuple[int, int]]:
        if self.discontinuous == "cover":
            return [(span.fragments[0][0], span.fragments[-1][1])]
        return span.fragments


def find_texts(path: Path) -> list[Path]:
    """List the .txt files of a folder and its subfolders, sorted.

    path: The folder, or one file.
    RAISES ValueError: C205, if there are none.
    """
    texts = [path] if path.is_file() else sorted(path.glob("**/*.txt"))
    if not texts:
        raise CodedValueError(Errors.C205.format(path=path))
    return texts


def cut_at_lines(doc: Doc, max_length: int) -> Iterator[Doc]:
    """Cut a long Doc into parts of whole lines.

    max_length (tokens): Maximum length of a part, unless a line is longer. 0 for the
        whole Doc.
    YIELDS: Docs with their entities and attributes of these, but without span groups.
    """
    if not max_length or len(doc) <= max_length:
        yield doc
        return
    start = 0
    ends = [t.i + 1 for t in doc[:-1] if "\n" in t.text and not t.ent_type]
    for end, following in pairwise([*ends, len(doc)]):
        if following - start > max_length:
            yield doc[start:end].as_doc(copy_user_data=True)
            start = end
    yield doc[start:].as_doc(copy_user_data=True)


def flatten_spans(spans: Iterable[Span], policy: Flatten) -> list[Span]:
    """Choose spans that don't overlap.

    spans: Spans in any order. Of equal ones, the first is kept.
    policy: Whether to prefer the "longest", or the "first" to start (then the longest).
    RETURNS: The chosen spans in text order.
    """
    if policy == "longest":
        return filter_spans(spans)
    ranked = sorted(spans, key=lambda span: (span.start, -span.end))
    chosen: list[Span] = []
    taken: set[int] = set()
    for span in ranked:
        tokens = range(span.start, span.end)
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            chosen.append(span)
    return sorted(chosen, key=lambda span: span.start)


def _copy_spans(spans: Iterable[Span], doc: Doc) -> list[Span]:
    return [Span(doc, span.start, span.end, span.label) for span in spans]


def _make_span(doc: Doc, start: int, end: int, brat_span: BratSpan) -> Span:
    """Make a span of the tokens at an offset, without surrounding white space."""
    covered: Any = doc.char_span(start, end, alignment_mode="expand")
    tokens = [token for token in covered if not token.is_space] or list(covered)
    return Span(
        doc,
        tokens[0].i,
        tokens[-1].i + 1,
        label=brat_span.label,
        span_id=brat_span.id,
    )


def _to_plain(annotations: BratAnnotations) -> dict[str, list[dict[str, Any]]]:
    """Convert all annotations except spans to data that can be saved with a Doc."""
    return {
        "events": [event._asdict() for event in annotations.events],
        "relations": [relation._asdict() for relation in annotations.relations],
        "attributes": [attribute._asdict() for attribute in annotations.attributes],
    }


def _read_file(path: Path) -> str:
    # Text mode would change line ends, and so the offsets.
    try:
        return read_regular(path).decode("utf8")
    except FileNotFoundError as error:
        raise CodedValueError(Errors.C205.format(path=path)) from error
    except UnicodeDecodeError as error:
        message = Errors.C208.format(path=path, offset=error.start)
        raise CodedValueError(message) from None
