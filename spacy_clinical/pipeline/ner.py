from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example
from spacy.util import filter_spans
from thinc.api import Config, Model

from spacy_clinical.concepts.short_forms import add_short_forms
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.attributes import NER_KEY, section_of
from spacy_clinical.extensions.partial_labels import get_partial_labels
from spacy_clinical.heads.decode import Decoder, decode
from spacy_clinical.heads.labels import LabelScheme
from spacy_clinical.pieces.align import Encoded
from spacy_clinical.pipeline.bases.token_head import TokenHeadPipe
from spacy_clinical.sections.layout import find_borders
from spacy_clinical.types import SpanPrediction, list_names

Annotate = Literal["ents", "spans", "both"]
Overlap = Literal["keep", "replace", "longest"]

DEFAULT_CONFIG = """
[model]
@architectures = "spacy-clinical.TokenClassifier.v1"
pooling = "first"

[model.encoder]
@architectures = "spacy-clinical.HFEncoder.v1"
checkpoint = "biomedical_ner_all"
"""


@Language.factory(
    "clinical_ner",
    assigns=[
        *("doc.ents", "doc.spans", "token.ent_iob", "token.ent_type"),
        *("span._.score", "doc._.clinical_pieces", "doc._.clinical_provenance"),
    ],
    default_config={
        "model": Config().from_str(DEFAULT_CONFIG)["model"],
        "scorer": {"@scorers": "spacy.ner_scorer.v1"},
    },
    default_score_weights={
        "ents_f": 1.0,
        "ents_p": 0.0,
        "ents_r": 0.0,
        "ents_per_type": None,
    },
)
class ClinicalNER(TokenHeadPipe):
    """Find clinical entities with a transformers encoder and a token head."""

    def __init__(
        self,
        nlp: Language,
        model: Model[list[Doc], list[Encoded]],
        name: str = "clinical_ner",
        *,
        decoder: Decoder = "viterbi",
        threshold: float | None = None,
        labels: Sequence[str] | None = None,
        sections: str | Sequence[str] | None = None,
        exclude_sections: str | Sequence[str] | None = None,
        skip_layout: bool = True,
        short_forms: float = 0.0,
        annotate: Annotate = "both",
        overlap: Overlap = "keep",
        spans_key: str = NER_KEY,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """Set up the component.

        model: A `spacy-clinical.TokenClassifier.v1`.
        decoder: "viterbi" (the best valid sequence of tags), "greedy" (the best tag of
            each token) or "posterior" (each entity that is probable enough by itself).
        threshold (0 to 1): Minimum score of an entity. None for 0, or for 0.5 with the
            decoder "posterior".
        labels: Entity types to predict; None for all.
        sections: Labels of sections to predict in; None for all.
        exclude_sections: Labels of sections not to predict in.
        skip_layout: Whether entities keep to the layout of the note. None goes on over
            the start of a sentence or list item, a blank line, or a border of a title,
            so that each line of a list has entities of its own. Known titles of sections
            and subsections, and the marks of list items, are in no entity; headings
            outside the vocabulary may be ("2. Diabetes: ..."). The decoder looks for the
            best entities among those. See `spacy_clinical.sections.layout`.
        short_forms: What the inventory of abbreviations has to say: added to the scores
            (logits) of the entities that short forms clearly name, if the model has their
            types (those of MACCROBAT). 0 for nothing, and the scores of the model alone.
        annotate: Where to write entities: "ents" (`doc.ents`), "spans" (the span group)
            or "both".
        overlap: What to do if an entity overlaps one that another component has put in
            `doc.ents`: "keep" the earlier one, "replace" it, or take the "longest".
        spans_key: Key in `doc.spans` for all entities of this component.
        scorer: Scoring method.
        """
        self._set_up(nlp, model, name)
        self.scorer = scorer
        self.decoder = decoder
        if threshold is None:
            threshold = 0.5 if decoder == "posterior" else 0.0
        self.threshold = threshold
        self.only_labels = labels
        self.sections = None if sections is None else list_names(sections)
        self.exclude_sections = (
            None if exclude_sections is None else list_names(exclude_sections)
        )
        self.skip_layout = skip_layout
        self.short_forms = short_forms
        self.annotate = annotate
        self.overlap = overlap
        self.spans_key = spans_key
        self.cfg: dict[str, Any] = {"columns": []}
        self._scheme: LabelScheme | None = None

    # Predicting

    def predict(self, docs: Iterable[Doc]) -> list[Encoded]:
        """Compute the logits (n_tokens, n_labels) of each Doc."""
        docs = list(docs)
        if not docs:
            return []
        self.prepare_head()
        scored: list[Encoded] = self.model.predict(docs)
        return scored

    def set_annotations(self, docs: Iterable[Doc], scores: list[Encoded]) -> None:
        transitions = self.transitions
        for doc, scored in zip(docs, scores, strict=True):
            is_seen, borders = scored.pieces.is_seen, None
            if self.skip_layout:
                borders, layout = find_borders(doc)
                is_seen = is_seen & ~layout
            logits = scored.X
            if self.short_forms:
                logits = add_short_forms(doc, logits, self.scheme, self.short_forms)
            predictions = decode(
                logits,
                is_seen,
                self.scheme,
                decoder=self.decoder,
                threshold=self.threshold,
                transitions=transitions,
                borders=borders,
            )
            wanted = [p for p in predictions if self._is_wanted(doc, p)]
            self._write(doc, wanted)
            self._record(doc, scored)

    def _is_wanted(self, doc: Doc, prediction: SpanPrediction) -> bool:
        if self.only_labels is not None and prediction.label not in self.only_labels:
            return False
        if self.sections is None and self.exclude_sections is None:
            return True
        section = section_of(doc, prediction.start)
        label = section.label_ if section is not None else ""
        if self.sections is not None and label not in self.sections:
            return False
        return label not in (self.exclude_sections or ())

    def _write(self, doc: Doc, predictions: list[SpanPrediction]) -> None:
        spans = [Span(doc, p.start, p.end, label=p.label) for p in predictions]
        if self.annotate != "ents":
            doc.spans[self.spans_key] = SpanGroup(
                doc,
                name=self.spans_key,
                spans=spans,
                attrs={"scores": [p.score for p in predictions]},
            )
        if self.annotate != "spans":
            doc.ents = _resolve(list(doc.ents), spans, self.overlap)

    def _list_types(self, eg: Example) -> Iterable[str]:
        used = {ent.label_ for ent in eg.reference.ents}
        partial = get_partial_labels(eg.reference)
        types = {} if partial is None else partial.types
        return {name for label in used for name in types.get(label, (label,))}

    def _list_gold(self, eg: Example) -> Sequence[str | None]:
        tags: Sequence[str | None] = eg.get_aligned_ner()
        return tags

    def _check_scheme(self, scheme: LabelScheme) -> None:
        unknown = sorted(set(self.only_labels or ()) - set(scheme.types))
        if unknown:
            raise CodedValueError(
                Errors.C014.format(
                    name=self.name,
                    unknown=", ".join(unknown),
                    known=", ".join(scheme.types),
                )
            )


def _resolve(others: list[Span], own: list[Span], overlap: Overlap) -> list[Span]:
    """Choose the entities of `doc.ents`, which may not overlap."""
    if overlap == "longest":
        return filter_spans([*others, *own])
    first, second = (others, own) if overlap == "keep" else (own, others)
    taken = {i for span in first for i in range(span.start, span.end)}
    free = [span for span in second if taken.isdisjoint(range(span.start, span.end))]
    return sorted([*first, *free], key=lambda span: span.start)
