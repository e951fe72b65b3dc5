from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example
from spacy.util import filter_spans
from thinc.api import Config, Model

from spacy_clinical.align import Encoded
from spacy_clinical.errors import Errors, Warnings, warn
from spacy_clinical.extensions import NER_KEY, section_of
from spacy_clinical.heads import crf
from spacy_clinical.heads.decode import Decoder, cross_entropy, decode
from spacy_clinical.heads.labels import LabelScheme, bio_labels, read_labels
from spacy_clinical.layout import trim_entities
from spacy_clinical.pipeline.checkpoint_pipe import CheckpointPipe
from spacy_clinical.types import EntityPrediction, Floats2d, Ints1d

Annotate = Literal["ents", "spans", "both"]
Overlap = Literal["keep", "replace", "longest"]

# Transitions are few and far from zero: they learn by so much faster than the rest.
TRANSITION_RATE = 5.0

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
    assigns=["doc.ents", "doc.spans", "token.ent_iob", "token.ent_type"],
    default_config={
        "model": Config().from_str(DEFAULT_CONFIG)["model"],
        "decoder": "viterbi",
        "threshold": None,
        "labels": None,
        "sections": None,
        "exclude_sections": None,
        "skip_layout": True,
        "annotate": "both",
        "overlap": "keep",
        "spans_key": NER_KEY,
        "scorer": {"@scorers": "spacy-clinical.ner_scorer.v1"},
    },
    default_score_weights={
        "ents_f": 1.0,
        "ents_p": 0.0,
        "ents_r": 0.0,
        "ents_per_type": None,
    },
)
def make_ner(
    nlp: Language,
    name: str,
    model: Model[list[Doc], list[Encoded]],
    decoder: Decoder,
    threshold: float | None,
    labels: list[str] | None,
    sections: list[str] | None,
    exclude_sections: list[str] | None,
    skip_layout: bool,
    annotate: Annotate,
    overlap: Overlap,
    spans_key: str,
    scorer: Callable[..., dict[str, Any]] | None,
) -> "ClinicalNER":
    """Construct an entity recognizer over any token-classification checkpoint.

    model: A `spacy-clinical.TokenClassifier.v1`.
    decoder: "viterbi" (the best well-formed tags), "greedy" (each token's best) or
        "posterior" (each entity that is probable enough by itself).
    threshold (0 to 1): Entities with a lower score are left out. None: none of
        them; with "posterior", those below 0.5.
    labels: Entity types to predict; None for all.
    sections: Labels of the sections to predict in; None for all.
    exclude_sections: Labels of the sections not to predict in.
    skip_layout: Whether to leave out what is layout, not text: the titles of
        sections and the numbers of list items. Titles of parts of sections may be
        problems or organs, and stay.
    annotate: Write `doc.ents`, the span group, or both.
    overlap: What to do where another component's entity in `doc.ents` overlaps one
        found here: "keep" the other's, "replace" it, or take the "longest".
    spans_key: Where all entities found here go in `doc.spans`.
    scorer: The scoring method.
    """
    return ClinicalNER(
        nlp,
        model,
        name,
        decoder=decoder,
        threshold=threshold,
        labels=labels,
        sections=sections,
        exclude_sections=exclude_sections,
        skip_layout=skip_layout,
        annotate=annotate,
        overlap=overlap,
        spans_key=spans_key,
        scorer=scorer,
    )


class ClinicalNER(CheckpointPipe):
    """Find clinical entities: a transformers encoder with a token head."""

    def __init__(
        self,
        nlp: Language,
        model: Model[list[Doc], list[Encoded]],
        name: str = "clinical_ner",
        *,
        decoder: Decoder = "viterbi",
        threshold: float | None = None,
        labels: Sequence[str] | None = None,
        sections: Sequence[str] | None = None,
        exclude_sections: Sequence[str] | None = None,
        skip_layout: bool = True,
        annotate: Annotate = "both",
        overlap: Overlap = "keep",
        spans_key: str = NER_KEY,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """See `make_ner` for the settings."""
        self.vocab = nlp.vocab
        self.model = model
        self.name = name
        self.scorer = scorer
        self.decoder = decoder
        if threshold is None:
            threshold = 0.5 if decoder == "posterior" else 0.0
        self.threshold = threshold
        self.only_labels = labels
        self.sections = sections
        self.exclude_sections = exclude_sections
        self.skip_layout = skip_layout
        self.annotate = annotate
        self.overlap = overlap
        self.spans_key = spans_key
        self.cfg: dict[str, Any] = {"columns": []}
        self._scheme: LabelScheme | None = None

    @property
    def scheme(self) -> LabelScheme:
        """What the columns of the head mean; reads the checkpoint on first use.

        RAISES ValueError: C011, if there is no head to predict with.
        """
        if self._scheme is None:
            self._ensure_head()
            self._scheme = self._read_columns()
        return self._scheme

    @property
    def labels(self) -> tuple[str, ...]:
        """The entity types that the model can predict."""
        return tuple(self.scheme.types) if self.cfg["columns"] else ()

    @property
    def label_data(self) -> list[str]:
        """The entity types, for `spacy init labels`."""
        return list(self.labels)

    def add_label(self, label: str) -> int:
        """Add an entity type, before `initialize`. RETURNS 1 if it was new.

        RAISES ValueError: C012, if the head has been made without it.
        """
        added = self.cfg.setdefault("added", [])
        if label in added or label in self.labels:
            return 0
        if self.cfg["columns"]:
            raise ValueError(Errors.C012.format(name=self.name, label=label))
        added.append(label)
        return 1

    # Predicting

    def predict(self, docs: Iterable[Doc]) -> list[Encoded]:
        """Score the tokens of each Doc: (n_tokens, n_labels) logits."""
        docs = list(docs)
        if not docs:
            return []
        self._ensure_head()
        scored: list[Encoded] = self.model.predict(docs)
        return scored

    def set_annotations(self, docs: Iterable[Doc], scores: list[Encoded]) -> None:
        transitions = self.transitions
        for doc, scored in zip(docs, scores, strict=True):
            predictions = decode(
                scored.X,
                scored.pieces.is_seen,
                self.scheme,
                decoder=self.decoder,
                threshold=self.threshold,
                transitions=transitions,
            )
            wanted = [p for p in predictions if self._is_wanted(doc, p)]
            if self.skip_layout:
                wanted = trim_entities(doc, wanted)
            self._write(doc, wanted)
            self._record(doc, scored)

    def _is_wanted(self, doc: Doc, prediction: EntityPrediction) -> bool:
        if self.only_labels is not None and prediction.label not in self.only_labels:
            return False
        if self.sections is None and self.exclude_sections is None:
            return True
        section = section_of(doc, prediction.start)
        label = section.label_ if section is not None else ""
        if self.sections is not None and label not in self.sections:
            return False
        return label not in (self.exclude_sections or ())

    def _write(self, doc: Doc, predictions: list[EntityPrediction]) -> None:
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

    # Training

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        """Read the checkpoint, and make a head if its own does not fit the data.

        labels: The entity types, where they are not to be read from the examples.
        RAISES ValueError: C011, if neither the data nor the checkpoint has labels.
        """
        types = list(labels or self.cfg.get("added", []))
        if not types:
            found = {ent.label_ for eg in get_examples() for ent in eg.reference.ents}
            types = sorted(found)
        encoder = self.model.get_ref("encoder")
        encoder.initialize()
        published = self._published_head()
        if published is not None and set(types) <= set(
            read_labels(published.columns).types
        ):
            self._take_published_head()
        elif types:
            self._make_head(bio_labels(types))
        else:
            self._take_published_head()
        self._scheme = self._read_columns()

    def get_loss(
        self, examples: Iterable[Example], scores: list[Encoded]
    ) -> tuple[float, list[Floats2d]]:
        """Find the mean loss over the tokens, and its gradient by the logits.

        Cross entropy, or the negative log-likelihood of the random field; tokens
        whose gold is unknown don't count.
        """
        gold = [self._gold_columns(eg) for eg in examples]
        seen = [numpy.flatnonzero(scored.pieces.is_seen) for scored in scores]
        logits = [
            s.X[tokens].astype("float64")
            for s, tokens in zip(scores, seen, strict=True)
        ]
        columns = [g[tokens] for g, tokens in zip(gold, seen, strict=True)]
        n_tokens = max(1, sum(map(len, columns)))
        transitions = self.transitions
        if transitions is None:
            losses = [cross_entropy(x, y) for x, y in zip(logits, columns, strict=True)]
            loss, d_logits = sum(part for part, _ in losses), [d for _, d in losses]
        else:
            loss, d_logits, d_transitions = crf.get_loss(logits, columns, transitions)
            layer = self.model.get_ref("transitions")
            d_learned = TRANSITION_RATE * d_transitions / n_tokens
            layer.inc_grad("W", layer.ops.asarray2f(d_learned))
        gradients = []
        for scored, tokens, gradient in zip(scores, seen, d_logits, strict=True):
            d_scored = numpy.zeros_like(scored.X)
            d_scored[tokens] = gradient / n_tokens
            gradients.append(d_scored)
        return loss / n_tokens, gradients

    @property
    def transitions(self) -> Floats2d | None:
        """What may follow what, as learned (n_tags + 1, n_tags + 1); None if not.

        See `heads.crf.constraints` for the rows and columns.
        """
        if not self.model.has_ref("transitions"):
            return None
        learned = self.model.get_ref("transitions").get_param("W")
        learned = TRANSITION_RATE * self.model.ops.to_numpy(learned)
        return crf.constraints(self.scheme) + learned

    def _gold_columns(self, eg: Example) -> Ints1d:
        """The head's column for each token; -1 where the gold is unknown."""
        columns = numpy.full(len(eg.predicted), -1)
        for i, biluo in enumerate(eg.get_aligned_ner()):
            if biluo is not None:
                columns[i] = self._column(biluo)
        return columns

    def _column(self, biluo: str) -> int:
        known = self.scheme.column_by_tag
        if biluo == "O":
            return known["O"]
        role, label = biluo[0], biluo[2:]
        for tag_role in {"B": "BI", "I": "I", "L": "LI", "U": "UBI"}[role]:
            if f"{tag_role}-{label}" in known:
                return known[f"{tag_role}-{label}"]
        if label not in self.scheme.types:
            raise ValueError(Errors.C012.format(name=self.name, label=label))
        return -1

    # The head

    def _published_head(self) -> Any:
        heads = [shim.head for shim in self.shims if shim.head is not None]
        return next((head for head in heads if head.labels == "tokens"), None)

    def _take_head(self) -> None:
        if not self.cfg["columns"] and self._published_head() is not None:
            self._take_published_head()

    def _ensure_head(self) -> None:
        if not self.cfg["columns"]:
            self._take_published_head()

    def _take_published_head(self) -> None:
        head = self._published_head()
        if head is None:
            raise ValueError(
                Errors.C011.format(
                    name=self.name,
                    checkpoint=", ".join(shim.name for shim in self.shims) or "-",
                )
            )
        columns, W, b = head.columns, head.W, head.b
        if self.model.has_ref("transitions"):
            # A random field has one score for each tag: no columns to add up.
            scheme = read_labels(columns)
            rows = [scheme.column_by_tag[tag] for tag in scheme.tags]
            columns, W, b = list(scheme.tags), W[rows], b[rows]
        self._make_head(columns)
        output = self.model.get_ref("output_layer")
        output.set_param("W", output.ops.asarray2f(W))
        output.set_param("b", output.ops.asarray1f(b))

    def _make_head(self, columns: Sequence[str]) -> None:
        output = self.model.get_ref("output_layer")
        output.set_dim("nO", len(columns), force=True)
        self.cfg["columns"] = list(columns)
        self.model.initialize()

    def _read_columns(self) -> LabelScheme:
        scheme = read_labels(self.cfg["columns"])
        if scheme.n_repaired:
            warn(Warnings.W002.format(n=scheme.n_repaired, name=self.name))
        unknown = sorted(set(self.only_labels or ()) - set(scheme.types))
        if unknown:
            raise ValueError(
                Errors.C014.format(
                    name=self.name,
                    unknown=", ".join(unknown),
                    known=", ".join(scheme.types),
                )
            )
        return scheme


def _resolve(others: list[Span], found: list[Span], overlap: Overlap) -> list[Span]:
    """Choose the entities of `doc.ents`, which may not overlap."""
    if overlap == "longest":
        return filter_spans([*others, *found])
    first, second = (others, found) if overlap == "keep" else (found, others)
    taken = {i for span in first for i in range(span.start, span.end)}
    free = [span for span in second if taken.isdisjoint(range(span.start, span.end))]
    return sorted([*first, *free], key=lambda span: span.start)
