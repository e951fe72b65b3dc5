from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from spacy.attrs import IDX, SENT_START
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.util import SimpleFrozenDict

from spacy_clinical.assertion.assess import (
    NOTHING,
    Assessment,
    Note,
    Place,
    assess,
)
from spacy_clinical.assertion.cues import ATTRIBUTES, CueSet
from spacy_clinical.assertion.resource import load_cues
from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.extensions.assertion_attributes import (
    CONTEXT_ATTRIBUTES,
    CUES_KEY,
    Asserted,
    set_assertions,
)
from spacy_clinical.extensions.attributes import (
    SECTION_TITLES_KEY,
    SECTIONS_KEY,
    add_to,
)
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.pipeline.bases.rule_pipe import RulePipe
from spacy_clinical.tokenization.doc_text import DocText
from spacy_clinical.tokenization.sentences import split_sentences
from spacy_clinical.types import list_names

FORMAT = 1


@Language.factory(
    "clinical_assertion",
    assigns=[
        *(f"span._.{name}" for name in CONTEXT_ATTRIBUTES),
        *("span._.context_attributes", "span._.any_context_attributes"),
        *("span._.assertion", "doc.spans", "doc._.clinical_provenance"),
    ],
    default_config={
        "spans_keys": [],
        "sections": {},
        "scorer": {"@scorers": "spacy-clinical.assertion_scorer.v1"},
    },
    default_score_weights={
        "assertion_f": 1.0,
        **{f"assertion_{name}_f": 0.0 for name in CONTEXT_ATTRIBUTES},
        "assertion_per_type": None,
    },
)
class ClinicalAssertion(RulePipe):
    """Say of each entity whether it is denied, uncertain, only may come, is past, or is
    somebody else's, and which words say so."""

    SETTINGS = ("use_ents", "spans_keys", "target_labels", "attributes", "use_sections")
    PART, FILE = "rules", "rules.json"

    def __init__(
        self,
        name: str = "clinical_assertion",
        *,
        nlp: Language | None = None,
        cues: Mapping[str, str | Sequence[str]] | str | Path | None = None,
        extend_cues: bool = True,
        use_ents: bool = True,
        spans_keys: str | Sequence[str] = (),
        labels: str | Sequence[str] | None = None,
        attributes: str | Sequence[str] | None = None,
        use_sections: bool = True,
        sections: Mapping[str, str] = SimpleFrozenDict(),
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """Set up the component.

        nlp: Not used; spaCy gives it to each component.
        cues: More cues, by category, direction and perhaps reach: {"negated before":
            ["no"]}; or the path of a file like the shipped one.
        extend_cues: Whether `cues` come on top of the shipped ones, not instead.
        use_ents: Whether to speak of `doc.ents`.
        spans_keys: Of the span groups to speak of.
        labels: Of the entities and spans to speak of; None for all.
        attributes: Which to write; None for all of `CONTEXT_ATTRIBUTES`.
        use_sections: Whether the section of an entity counts where its text says nothing.
        sections: Categories by the labels of sections, on top of the shipped ones: ""
            for sections that say nothing.
        scorer: Scores the entities that each attribute is true for.
        RAISES ValueError: C850 to C854, if a cue or a setting can't be used.
        """
        self.name = name
        self.use_ents = use_ents
        self.spans_keys = list_names(spans_keys)
        self.target_labels = None if labels is None else list_names(labels)
        self.attributes = None if attributes is None else list_names(attributes)
        self.use_sections = use_sections
        self.scorer = scorer
        self._texts = DocText()
        shipped = load_cues()
        if isinstance(cues, str | Path):
            self.cues = load_cues(Path(cues), shipped if extend_cues else None)
        else:
            self.cues = shipped if extend_cues else shipped.copy_tables()
            for key, phrases in (cues or {}).items():
                self.add_cues(key, phrases)
        self.cues.set_sections(sections)
        self._check_settings()

    def add_cues(self, key: str, cues: str | Iterable[str]) -> None:
        """Let more words say something. They win over older cues of the same words.

        key: What they say and where they stand: a category (negated, uncertain,
            hypothetical, historical, family, current, any), a direction (before, after,
            both, either, pseudo, end, pause), and perhaps a reach (phrase, result); the
            shipped file of cues says what they mean.
        cues: One or several.
        RAISES ValueError: C850 to C852, if the key is unknown, or a cue can't be used.
        """
        self.cues.add(key, list_names(cues))

    def predict(self, docs: Iterable[Doc]) -> list[list[tuple[Span, Assessment]]]:
        """Find what is said of each target."""
        return [self._predict_doc(doc) for doc in docs]

    def _predict_doc(self, doc: Doc) -> list[tuple[Span, Assessment]]:
        spans = self._list_targets(doc)
        if not spans:
            return []
        find_kind = self.cues.find_kind
        places = [
            Place(span.start_char, span.end_char, find_kind(span.label_))
            for span in spans
        ]
        text, (starts, is_start) = self._texts.read(doc, [IDX, SENT_START])
        # As `doc.has_annotation` sees it.
        has_sentences = is_start[1:].any()
        note = Note(
            text,
            starts[is_start == 1].tolist() if has_sentences else split_sentences(text),
            [(t.start_char, t.end_char) for t in list_spans(doc, SECTION_TITLES_KEY)],
            [(s.start_char, s.label_) for s in list_spans(doc, SECTIONS_KEY)],
        )
        found = assess(note, places, self.cues, use_sections=self.use_sections)
        return list(zip(spans, found, strict=True))

    def _list_targets(self, doc: Doc) -> list[Span]:
        spans = list(doc.ents) if self.use_ents else []
        for key in self.spans_keys:
            spans += list_spans(doc, key)
        if self.target_labels is not None:
            labels = frozenset(self.target_labels)
            spans = [span for span in spans if span.label_ in labels]
        if not self.spans_keys:
            # In order, and none twice.
            return spans
        # Attributes are of places: spans that differ in their labels only share them.
        unique = {(s.start_char, s.end_char): s for s in reversed(spans) if len(s)}
        return [unique[place] for place in sorted(unique)]

    def set_annotations(
        self, docs: Iterable[Doc], predictions: list[list[tuple[Span, Assessment]]]
    ) -> None:
        """Write the attributes and records of the targets, and the cues as spans."""
        names = CONTEXT_ATTRIBUTES if self.attributes is None else self.attributes
        for doc, found in zip(docs, predictions, strict=True):
            add_to(doc, "clinical_provenance", self.name, self._describe_rules())
            cues: dict[tuple[int, int, str], None] = {}
            rows = []
            for span, assessment in found:
                if assessment is NOTHING:
                    rows.append(Asserted(span.start_char, span.end_char))
                    continue
                reasons = [
                    reason
                    for category, reason in assessment.reasons.items()
                    if ATTRIBUTES.get(category) in names
                ]
                cues.update(dict.fromkeys(reason[:3] for reason in reasons))
                said = (ATTRIBUTES[category] for category in assessment.categories)
                rows.append(
                    Asserted(
                        span.start_char,
                        span.end_char,
                        [name for name in said if name in names],
                        [reason._asdict() for reason in reasons],
                        assessment.section,
                    )
                )
            set_assertions(doc, rows, names)
            spans = [
                doc.char_span(start, end, label, alignment_mode="expand")
                for start, end, label in sorted(cues)
            ]
            doc.spans[CUES_KEY] = SpanGroup(
                doc,
                name=CUES_KEY,
                spans=[span for span in spans if span is not None],
            )

    def _describe_rules(self) -> dict[str, Any]:
        return {"rules": self.cues.digest, "rules_version": self.cues.version}

    def _check_settings(self) -> None:
        unknown = set(self.attributes or ()) - set(CONTEXT_ATTRIBUTES)
        if unknown:
            raise CodedValueError(
                Errors.C854.format(
                    name=self.name,
                    setting="attributes",
                    unknown=", ".join(sorted(unknown)),
                    known=", ".join(CONTEXT_ATTRIBUTES),
                )
            )

    # Saving

    def save(self) -> dict[str, Any]:
        settings = super().save()
        return {"format": FORMAT, "settings": settings, "cues": self.cues.to_dict()}

    def restore(self, saved: Any) -> None:
        """Take over what was saved: all of it or nothing.

        RAISES ValueError: C105, if a later version of the package saved it; C026, if it
            is damaged.
        """
        self._check_format(saved, FORMAT)
        try:
            cues, settings = CueSet.from_dict(saved["cues"]), saved["settings"]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"its cues are damaged: {name_type(error)}"
            raise CodedValueError(
                Errors.C026.format(name=self.name, reason=reason)
            ) from None
        known = super().save()
        super().restore(settings)
        try:
            self._check_settings()
        except CodedValueError:
            super().restore(known)
            raise
        self.cues = cues
