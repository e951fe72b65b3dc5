from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import SimpleFrozenDict, from_bytes, to_bytes
from thinc.api import Config

from spacy_clinical.architectures.assertion_rules import (
    AssertionModel,
    build_assertion_rules,
)
from spacy_clinical.assertion.assess import (
    NOTHING,
    Assessment,
    Note,
    Place,
    assess,
)
from spacy_clinical.assertion.cues import CueSet
from spacy_clinical.assertion.resource import load_cues
from spacy_clinical.assertion.verdicts import NOTHING_HOLDS, decide, list_said
from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.extensions.assertion_attributes import (
    CONTEXT_ATTRIBUTES,
    Asserted,
    set_assertions,
    set_cues,
)
from spacy_clinical.extensions.attributes import (
    SECTION_TITLES_KEY,
    SECTIONS_KEY,
    add_to,
)
from spacy_clinical.extensions.doc_data import read_text
from spacy_clinical.extensions.span_groups import list_places, list_spans
from spacy_clinical.files.json_text import write_json
from spacy_clinical.pipeline.bases.assertion_head import (
    AssertionHeadPipe,
    Decide,
    Found,
    make_targets,
)
from spacy_clinical.pipeline.bases.attribute_thresholds import (
    THRESHOLDS,
    Threshold,
    spread,
)
from spacy_clinical.pipeline.bases.rule_pipe import SavedRules, read_saved
from spacy_clinical.tokenization.sentences import find_sentence_starts
from spacy_clinical.types import list_names

FORMAT = 1

DEFAULT_CONFIG = """
[model]
@architectures = "spacy-clinical.AssertionRules.v1"
"""


@Language.factory(
    "clinical_assertion",
    assigns=[
        *(f"span._.{name}" for name in CONTEXT_ATTRIBUTES),
        *("span._.context_attributes", "span._.any_context_attributes"),
        *("span._.assertion", "doc.spans", "doc._.clinical_provenance"),
    ],
    default_config={
        "model": Config().from_str(DEFAULT_CONFIG)["model"],
        "hints": {},
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
class ClinicalAssertion(AssertionHeadPipe, SavedRules):
    """Say of each entity whether it is denied, uncertain, only may come, is past, or is
    somebody else's, and which words say so."""

    SETTINGS = (
        *("use_ents", "spans_keys", "target_labels", "attributes", "use_sections"),
        *("decide", *THRESHOLDS, "hints"),
    )
    PART, FILE = "rules", "rules.json"

    def __init__(
        self,
        name: str = "clinical_assertion",
        *,
        nlp: Language | None = None,
        model: AssertionModel | None = None,
        decide: Decide = "rules",
        threshold: Threshold = 0.5,
        reject_below: Threshold = 0.1,
        accept_above: Threshold = 0.5,
        hints: Mapping[str, Sequence[str]] = SimpleFrozenDict(),
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

        nlp: The pipeline, in which a head may share another component's encoder.
        model: A `spacy-clinical.AssertionHead.v1`; None or
            `spacy-clinical.AssertionRules.v1` for rules alone.
        decide: Who decides on the attributes that the head has learned: "rules",
            "model" (the head), or "both". The rules decide on the others, unless the
            head decides alone.
        threshold (0 to 1): The score from which the head alone says that an attribute is
            true. One for all, or by attribute; as the next two.
        reject_below (0 to 1): With "both", what the rules say isn't written if the
            head's score is lower, unless its cue stands beside the finding.
        accept_above (0 to 1): With "both", what the rules don't say is written if the
            head's score is at least this.
        hints: With "both", words by attribute: where a sentence has none of them, and
            nothing that the head may reject, the rules decide alone, which is faster.
            Attributes without a list may be added to every sentence.
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
        RAISES ValueError: C850 to C854 or C859, if a cue or a setting can't be used;
            C858, if the head is to decide and there is none.
        """
        self._set_up_head(nlp, model or build_assertion_rules(), name)
        self.decide = decide
        self.threshold = spread(threshold)
        self.reject_below = spread(reject_below)
        self.accept_above = spread(accept_above)
        self.hints = hints
        self.use_ents = use_ents
        self.spans_keys = list_names(spans_keys)
        self.target_labels = None if labels is None else list_names(labels)
        self.attributes = None if attributes is None else list_names(attributes)
        self.use_sections = use_sections
        self.scorer = scorer
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

    def predict(self, docs: Iterable[Doc]) -> list[Found]:
        """Find what is said of each target."""
        docs = list(docs)
        found = [self._predict_doc(doc) for doc in docs]
        if not self.is_trainable:
            return found
        some = [
            i
            for i, one in enumerate(found)
            if one.asked or (one.spans and not self.labels)
        ]
        if self.decide != "rules" and some and self.has_encoder():
            targets = [
                make_targets(
                    docs[i],
                    [found[i].spans[number] for number in found[i].asked],
                    found[i].sentences,
                )
                for i in some
            ]
            for i, scores in zip(some, self.score_places(targets), strict=True):
                found[i] = found[i]._replace(scores=scores)
        self.forget_rows(
            doc for doc, one in zip(docs, found, strict=True) if one.scores is None
        )
        return found

    def _predict_doc(self, doc: Doc) -> Found:
        spans = self.list_targets(doc)
        if not spans:
            return Found([], [], [])
        text = read_text(doc)
        sentences = find_sentence_starts(doc, text)
        if self.decide == "model":
            nothing = [NOTHING] * len(spans)
            return Found(spans, nothing, sentences, range(len(spans)))
        find_kind = self.cues.find_kind
        places = [
            Place(span.start_char, span.end_char, find_kind(span.label_))
            for span in spans
        ]
        note = Note(
            text,
            sentences,
            list_places(doc, SECTION_TITLES_KEY),
            [(s.start_char, s.label_) for s in list_spans(doc, SECTIONS_KEY)],
        )
        assessed = assess(note, places, self.cues, use_sections=self.use_sections)
        if self.decide == "rules":
            return Found(spans, assessed, sentences)
        labels = self.labels
        said = [
            list_said((place.start, place.end), assessment, labels)
            for place, assessment in zip(places, assessed, strict=True)
        ]
        starts = (place.start for place in places)
        asked = self._hints.find_asked(text, sentences, starts, said, labels)
        return Found(spans, assessed, sentences, asked, said)

    def list_targets(self, doc: Doc) -> list[Span]:
        """List the spans of a Doc to speak of, sorted by their starts."""
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

    def set_annotations(self, docs: Iterable[Doc], predictions: list[Found]) -> None:
        """Write the attributes and records of the targets, and the cues as spans."""
        names = CONTEXT_ATTRIBUTES if self.attributes is None else self.attributes
        facts = self._describe()
        for doc, found in zip(docs, predictions, strict=True):
            add_to(doc, "clinical_provenance", self.name, dict(facts))
            cues: dict[tuple[int, int, str], None] = {}
            rows = []
            for span, assessment, scores in self._join(found):
                place = span.start_char, span.end_char
                verdict = decide(place, assessment, scores, names)
                if verdict is NOTHING_HOLDS:
                    # Most targets.
                    rows.append(Asserted(*place, scores=scores))
                    continue
                cues.update(dict.fromkeys(cue[:3] for cue in verdict.cues))
                rows.append(
                    Asserted(
                        *place,
                        verdict.attributes,
                        [why._asdict() for why in (*verdict.cues, *verdict.by_head)],
                        assessment.section,
                        scores,
                    )
                )
            set_assertions(doc, rows, names)
            set_cues(doc, sorted(cues))

    def _join(
        self, found: Found
    ) -> Iterable[tuple[Span, Assessment, dict[str, float]]]:
        """Give each target what rules say of it, and the scores of the head."""
        if found.scores is None:
            return zip(found.spans, found.assessments, repeat({}))
        said = [found.said[number] for number in found.asked] if found.said else []
        combined = self.combine(numpy.asarray(said), found.scores).tolist()
        scores: list[dict[str, float]] = [{}] * len(found.spans)
        for number, row in zip(found.asked, combined, strict=True):
            scores[number] = dict(zip(self.labels, row, strict=True))
        return zip(found.spans, found.assessments, scores, strict=True)

    def _describe(self) -> dict[str, Any]:
        rules = {"rules": self.cues.digest, "rules_version": self.cues.version}
        if self.decide == "rules" or not self.has_encoder(warn=False):
            return rules
        return {**(rules if self.decide == "both" else {}), **self.describe_head()}

    def _check_settings(self) -> None:
        self.check_decision()
        self.check_attributes("attributes", self.attributes or ())

    # Saving

    def save(self) -> dict[str, Any]:
        for setting in THRESHOLDS:
            setattr(self, setting, spread(getattr(self, setting)))
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
        known = self.save()["settings"]
        if isinstance(settings, dict):
            # One for all attributes, or by attribute.
            given = {name: settings[name] for name in THRESHOLDS if name in settings}
            settings = {**settings, **{k: spread(v) for k, v in given.items()}}
        super().restore(settings)
        try:
            self._check_settings()
        except CodedValueError:
            super().restore(known)
            raise
        self.cues = cues

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Serialize the rules, and the head if there is one.

        exclude: Names of parts to leave out: "rules", "cfg", "model".
        """
        parts = {self.PART: lambda: write_json(self.save()).encode()}
        if self.is_trainable:
            exclude = (*exclude, "vocab")
            parts["head"] = lambda: AssertionHeadPipe.to_bytes(self, exclude=exclude)
        return to_bytes(parts, exclude)

    def from_bytes(
        self, bytes_data: bytes, *, exclude: Iterable[str] = ()
    ) -> "ClinicalAssertion":
        """Restore the rules and the head in place.

        bytes_data: Output of `to_bytes`.
        exclude: Names of parts not to restore.
        RAISES ValueError: The errors of `restore`.
        """
        parts: dict[str, Callable[[bytes], Any]] = {
            self.PART: lambda data: self.restore(read_saved(data))
        }
        if self.is_trainable:
            exclude = (*exclude, "vocab")
            parts["head"] = lambda data: AssertionHeadPipe.from_bytes(
                self, data, exclude=exclude
            )
        from_bytes(bytes_data, parts, exclude)
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the rules as readable JSON, and the head if there is one.

        path: The folder; created if it doesn't exist.
        exclude: Names of parts to leave out: "rules", "cfg", "model", "encoder".
        """
        SavedRules.to_disk(self, path, exclude=exclude)
        if self.is_trainable:
            AssertionHeadPipe.to_disk(self, path, exclude=(*exclude, "vocab"))

    def from_disk(
        self, path: str | Path, *, exclude: Iterable[str] = ()
    ) -> "ClinicalAssertion":
        """Restore the rules and the head in place.

        path: A folder that `to_disk` wrote.
        exclude: Names of parts not to restore.
        RAISES ValueError: The errors of `restore`.
        """
        SavedRules.from_disk(self, path, exclude=exclude)
        if self.is_trainable:
            AssertionHeadPipe.from_disk(self, path, exclude=(*exclude, "vocab"))
        return self
