from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example
from thinc.api import Config, Model

from spacy_clinical.errors import CodedValueError, Errors, Warnings, warn
from spacy_clinical.extensions.attributes import FORM_SPANS_KEY, add_to, set_form_fields
from spacy_clinical.forms.agreement import agree
from spacy_clinical.forms.decode import label_segments
from spacy_clinical.forms.fields import place_fields
from spacy_clinical.forms.filled import (
    Filled,
    cut_parts,
    find_filled,
    has_widgets,
    merge_parts,
)
from spacy_clinical.forms.headings import name_headings
from spacy_clinical.forms.labelled import (
    group_parts,
    join_words,
    make_group_tables,
    place_labelled,
)
from spacy_clinical.forms.labels import ANSWER, FORM_LABELS, QUESTION, Labelled
from spacy_clinical.forms.linking import Link, Linker, make_entities
from spacy_clinical.forms.mending import mend_parts
from spacy_clinical.forms.places import Places, find_places
from spacy_clinical.forms.rules import label_by_rules
from spacy_clinical.forms.segments import Segment, find_segments
from spacy_clinical.forms.tables.cells import label_cells, link_cells
from spacy_clinical.forms.tables.describe import FormTable, describe_tables
from spacy_clinical.forms.tables.find import find_form_tables
from spacy_clinical.heads.decode import decode
from spacy_clinical.heads.labels import LabelScheme
from spacy_clinical.pieces.align import Encoded
from spacy_clinical.pipeline.bases.token_head import TokenHeadPipe, tag_spans
from spacy_clinical.types import Floats2d

# Raise it whenever the rules give other results.
RULES_VERSION = "3"

FormDecoder = Literal["segments", "viterbi", "greedy"]
# What labels stand for: the parts of a form, which are linked, or its fields.
Fields = Literal["linked", "labelled"]

DEFAULT_CONFIG = """
[model]
@architectures = "spacy-clinical.TokenClassifier.v1"

[model.encoder]
@architectures = "spacy-clinical.HFEncoder.v1"
checkpoint = "layoutlm_forms_sm"

[linker]
@misc = "spacy-clinical.GeometricLinker.v1"
"""


class FoundForm(NamedTuple):
    """The parts and links that were found in a Doc.

    encoded: The checkpoint's output; None with rules.
    filled: The contents of a fillable form's fields; None for other forms.
    tables: As `doc._.form_tables` has them.
    groups: Of each part, where parts are fields.
    """

    parts: list[Labelled]
    links: list[Link]
    encoded: Encoded | None
    tables: list[FormTable]
    filled: Filled | None = None
    groups: Sequence[int | None] | None = None


@Language.factory(
    "clinical_form_extractor",
    assigns=[
        *("doc.spans", "doc._.form_fields", "doc._.form_tables", "span._.score"),
        *("doc._.clinical_pieces", "doc._.clinical_provenance"),
    ],
    default_config={
        **Config().from_str(DEFAULT_CONFIG),
        "label_map": {},
        "lead_fields": ["menu.nm"],
        "scorer": {"@scorers": "spacy-clinical.form_scorer.v1"},
    },
    default_score_weights={
        "form_f": 0.5,
        "form_p": 0.0,
        "form_r": 0.0,
        "form_per_type": None,
        "form_links_f": 0.5,
        "form_links_p": 0.0,
        "form_links_r": 0.0,
    },
)
class ClinicalFormExtractor(TokenHeadPipe):
    """Find the questions and answers of forms, and link them to fields."""

    def __init__(
        self,
        nlp: Language,
        model: Model[list[Doc], list[Any]],
        name: str = "clinical_form_extractor",
        *,
        linker: Linker,
        decoder: FormDecoder = "segments",
        rule_weight: float = 1.0,
        label_map: Mapping[str, str] | None = None,
        fields: Fields = "linked",
        lead_fields: Sequence[str] = ("menu.nm",),
        spans_key: str = FORM_SPANS_KEY,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """Set up the component.

        Docs come from `spacy_clinical.forms.read_form`. The words of plain text are
        placed as in a fixed-width font.

        model: Model that finds headers, questions and answers:
            `spacy-clinical.FormRules.v1`, or a `spacy-clinical.TokenClassifier.v1` over
            a LayoutLM checkpoint.
        linker: Function that decides which answers belong to which questions.
        decoder: How word labels of a checkpoint become parts: "segments" (the best
            tags, with parts that mostly start and end at gaps in lines), "viterbi" (the
            best tags alone) or "greedy" (the best tag of each word).
        rule_weight: Factor on the rules' confidence, which is added to the checkpoint's
            logits of the rules' labels. Only with the decoder "segments". 0 turns the
            rules off.
        label_map: Names for the checkpoint's labels, such as {"KEY": "QUESTION"}.
            Labels that are not HEADER, QUESTION or ANSWER after this are ignored. With
            `fields = "labelled"`, names of fields; "" leaves a label out.
        fields: What labels stand for: "linked" (headers, and questions that are linked to
            their answers) or "labelled" (labels are names of fields, as "TOTAL" is of a
            receipt's).
        lead_fields: With "labelled", fields that each line of a list begins with, after
            `label_map`: fields up to the next one whose names have the same beginning
            ("menu.") are a group, and a row of a table.
        spans_key: Key in `doc.spans` for headers, questions and answers.
        scorer: Scoring method.
        """
        self._set_up(nlp, model, name)
        self.linker = linker
        self.decoder = decoder
        self.rule_weight = rule_weight
        self.label_map = dict(label_map or {})
        self.fields = fields
        self.lead_fields = list(lead_fields)
        self.spans_key = spans_key
        self.scorer = scorer
        self.cfg: dict[str, Any] = {"columns": []}
        self._scheme: LabelScheme | None = None

    @property
    def has_rules(self) -> bool:
        """Whether rules label the parts; they can't be trained."""
        return not self.model.has_ref("output_layer")

    @property
    def is_labelled(self) -> bool:
        """Whether labels are names of fields; rules know none."""
        return self.fields == "labelled" and not self.has_rules

    @property
    def is_trainable(self) -> bool:
        return not self.has_rules

    # Predicting

    def predict(self, docs: Iterable[Doc]) -> list[FoundForm]:
        """Label the parts of each Doc, and link them."""
        docs = list(docs)
        if not docs:
            return []
        if self.has_rules:
            labelled: list[list[Labelled]] = self.model.predict(docs)
            return [
                self._find(doc, parts, find_places(doc), None)
                for doc, parts in zip(docs, labelled, strict=True)
            ]
        self.prepare_head()
        forms = []
        for doc, encoded in zip(docs, self.model.predict(docs), strict=True):
            places = find_places(doc)
            parts = self._decode(doc, encoded, places)
            forms.append(self._find(doc, parts, places, encoded))
        return forms

    def _find(
        self,
        doc: Doc,
        parts: list[Labelled],
        places: Places,
        encoded: Encoded | None,
    ) -> FoundForm:
        """Find the tables of a Doc, and link its parts. Fields of fillable forms are read,
        not predicted."""
        segments = find_segments(doc, places)
        if self.is_labelled:
            return self._find_labelled(doc, parts, places, encoded)
        tables = find_form_tables(doc, places, segments, parts)
        described = describe_tables(doc, tables)
        filled = find_filled(doc, segments) if has_widgets(doc) else None
        if filled is not None:
            parts = cut_parts(parts, filled.tokens)
            links = self._link(doc, parts, places)
            return FoundForm(parts, links, encoded, described, filled)
        parts = label_cells(doc, parts, tables)
        links = link_cells(parts, self._link(doc, parts, places), tables)
        parts = name_headings(doc, parts, links, places, segments)
        if encoded is not None:
            parts, links = agree(parts, links, make_entities(doc, parts, places))
        return FoundForm(parts, links, encoded, described)

    def _find_labelled(
        self,
        doc: Doc,
        parts: list[Labelled],
        places: Places,
        encoded: Encoded | None,
    ) -> FoundForm:
        """Group the fields of a Doc. What is listed is a table, ruled or not."""
        groups = group_parts(parts, places, self.lead_fields)
        listed = make_group_tables(parts, groups, places)
        taken = {i for table in listed for i in table.list_tokens()}
        others = find_form_tables(doc, places, [], [])
        tables = listed + [t for t in others if taken.isdisjoint(t.list_tokens())]
        described = describe_tables(doc, tables)
        return FoundForm(parts, [], encoded, described, groups=groups)

    def _decode(
        self, doc: Doc, encoded: Encoded, places: Places | None = None
    ) -> list[Labelled]:
        segments: list[Segment] = []
        if self.decoder == "segments":
            segments = find_segments(doc, places)
            logits = self._add_rules(doc, encoded.X, segments)
            parts = label_segments(
                doc, logits, encoded.pieces.is_seen, self.scheme, segments
            )
        else:
            entities = decode(
                encoded.X, encoded.pieces.is_seen, self.scheme, decoder=self.decoder
            )
            parts = [Labelled(e.start, e.end, e.label, e.score) for e in entities]
        if self.is_labelled:
            segments = segments or find_segments(doc, places)
            parts = join_words(doc, parts, segments, is_single=self._is_single)
        named = [part._replace(label=self._rename(part.label)) for part in parts]
        named = [part for part in named if part.label]
        if self.is_labelled:
            return named
        if self.decoder == "segments" and self.rule_weight:
            return mend_parts(doc, named, segments)
        return named

    def _add_rules(
        self, doc: Doc, logits: Floats2d, segments: Sequence[Segment]
    ) -> Floats2d:
        """Add the rules' scores to the logits (n_tokens, n_labels)."""
        if not self.rule_weight or self.is_labelled:
            return logits
        added = logits.copy()
        names = [self._rename(tag[2:]) for tag in self.scheme.tags]
        columns = {
            label: [
                c for c, tag in enumerate(self.scheme.tag_ids) if names[tag] == label
            ]
            for label in FORM_LABELS
        }
        for part in label_by_rules(doc, segments):
            inside = slice(part.start, part.end)
            added[inside, columns[part.label]] += self.rule_weight * part.score
        return added

    def _rename(self, label: str) -> str:
        """Map a checkpoint's label to a form label, or to the name of a field; "" if there
        is none."""
        name = self.label_map.get(label, label)
        if self.is_labelled:
            return name
        return name.upper() if name.upper() in FORM_LABELS else ""

    def _is_single(self, label: str) -> bool:
        """Check whether the labels can't say that a word goes on with a field."""
        return not {f"I-{label}", f"L-{label}"} & set(self.scheme.tags)

    def _link(self, doc: Doc, parts: Sequence[Labelled], places: Places) -> list[Link]:
        return self.linker(make_entities(doc, parts, places))

    def set_annotations(self, docs: Iterable[Doc], found: list[FoundForm]) -> None:
        for doc, form in zip(docs, found, strict=True):
            parts, links, encoded, tables, filled, groups = form
            spans = [Span(doc, p.start, p.end, label=p.label) for p in parts]
            scores = [part.score for part in parts]
            if groups is None:
                fields = place_fields(spans, scores, links)
            else:
                fields = place_labelled(spans, scores, groups)
            if filled is not None:
                fields = sorted(
                    [*fields, *filled.fields], key=lambda placed: placed.token
                )
                parts, links = merge_parts(parts, links, filled)
                spans = [Span(doc, p.start, p.end, label=p.label) for p in parts]
                scores = [part.score for part in parts]
            doc.spans[self.spans_key] = SpanGroup(
                doc,
                name=self.spans_key,
                spans=spans,
                attrs={
                    "scores": scores,
                    "links": [[link.question, link.answer] for link in links],
                },
            )
            places = [(placed.start, placed.end) for placed in fields]
            set_form_fields(doc, [placed.field for placed in fields], places)
            doc._.form_tables = tables
            if encoded is not None:
                self._record(doc, encoded)
            else:
                provenance = {"rules": "form_extractor", "rules_version": RULES_VERSION}
                add_to(doc, "clinical_provenance", self.name, provenance)

    # Training

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        """Load the checkpoint, and make a new head if its own doesn't fit the data.

        labels: Labels to use instead of those in the examples.
        RAISES ValueError: C011 or C510, if there are no labels or no usable ones.
        """
        if not self.has_rules:
            super().initialize(get_examples, nlp=nlp, labels=labels)

    def _list_types(self, eg: Example) -> Iterable[str]:
        return {span.label_ for span in eg.reference.spans.get(self.spans_key, ())}

    def _list_gold(self, eg: Example) -> Sequence[str | None]:
        if self.spans_key not in eg.reference.spans:
            return [None] * len(eg.predicted)
        return tag_spans(eg, eg.reference.spans[self.spans_key])

    def _check_scheme(self, scheme: LabelScheme) -> None:
        known = ", ".join(scheme.types)
        if self.is_labelled:
            unknown = sorted(set(self.label_map) - set(scheme.types))
            if unknown:
                raise CodedValueError(
                    Errors.C519.format(
                        name=self.name, unknown=", ".join(unknown), known=known
                    )
                )
            if {QUESTION, ANSWER} <= set(scheme.types):
                warn(Warnings.W310.format(name=self.name, known=known))
            return
        renamed = {self._rename(label) for label in scheme.types}
        if not {QUESTION, ANSWER} <= renamed:
            raise CodedValueError(Errors.C510.format(name=self.name, known=known))
