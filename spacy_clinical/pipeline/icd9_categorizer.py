from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Config, Model

from spacy_clinical.architectures.title_head import TITLE_BIAS, read_titles
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.heads.documents import WindowPooling, pool_windows, sigmoid
from spacy_clinical.heads.thresholds import decide
from spacy_clinical.icd9.codes import Kind, read_labels, write_code
from spacy_clinical.icd9.findings import Finding, Findings, read_findings
from spacy_clinical.icd9.outputs import Outputs, select_outputs
from spacy_clinical.icd9.records import (
    CodeRecord,
    Evidence,
    Places,
    describe_code,
    find_sentences,
    sum_by_token,
)
from spacy_clinical.icd9.tables import (
    Group,
    RollUp,
    find_title,
    list_billable,
    roll_up,
)
from spacy_clinical.pieces.long_forms import expand_short_forms, find_expanded
from spacy_clinical.pieces.text import Sections, Text, Unit, read_note
from spacy_clinical.pipeline.bases.tuned_head import TunedHeadPipe
from spacy_clinical.types import Floats1d, Floats2d, list_names

EvidenceKind = Literal["window", "gradient"]

DEFAULT_CONFIG = """
[model]
@architectures = "spacy-clinical.DocumentClassifier.v1"
summary = "first"

[model.encoder]
@architectures = "spacy-clinical.HFEncoder.v1"
checkpoint = "core_diagnosis"
"""


@Language.factory(
    "clinical_icd9_categorizer",
    assigns=[
        *("doc.cats", "doc._.icd9", "doc._.icd9_groups"),
        *("doc._.clinical_pieces", "doc._.clinical_provenance"),
    ],
    default_config={
        "model": Config().from_str(DEFAULT_CONFIG)["model"],
        "exclude_sections": [],
        "kinds": ["3_digit"],
        "groups": [],
        "expand_abbreviations": False,
        "scorer": {"@scorers": "spacy-clinical.icd9_scorer.v1"},
    },
    default_score_weights={
        "icd9_micro_f": 1.0,
        "icd9_micro_p": 0.0,
        "icd9_micro_r": 0.0,
        "icd9_macro_f": 0.0,
        "icd9_micro_auc": 0.0,
        "icd9_macro_auc": 0.0,
        "icd9_p_at_5": 0.0,
        "icd9_f_per_type": None,
    },
)
class ClinicalICD9Categorizer(TunedHeadPipe):
    """Predict the ICD-9-CM codes of notes with an encoder and a document head."""

    def __init__(
        self,
        nlp: Language,
        model: Model[list[Text], list[Any]],
        name: str = "clinical_icd9_categorizer",
        *,
        sections: Sections = "admission",
        exclude_sections: str | Sequence[str] = (),
        windows: Unit = "window",
        pooling: WindowPooling = "max",
        kinds: Sequence[Kind] = ("3_digit",),
        threshold: float = 0.3,
        top_k: int | None = None,
        tuned: bool = True,
        roll_up: RollUp | None = "max",
        groups: Sequence[Group] = (),
        evidence: EvidenceKind | None = "window",
        max_evidence: int = 3,
        positive_weight: float | Literal["balanced"] = 1.0,
        assertion: bool = True,
        expand_abbreviations: bool = False,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """Set up the component.

        model: A `spacy-clinical.DocumentClassifier.v1`.
        sections: Sections to read. "admission": the eight sections that CORe was
            trained on, in its order and wording; the whole note if it has none of them.
            "all": the whole note. Otherwise, section labels.
        exclude_sections: Labels of sections never to read, such as "family_history".
        windows: How to read long texts: "window" (windows of the checkpoint's maximum
            length), "sentence" (one sentence at a time) or "first" (only the first
            window, like truncation in transformers).
        pooling: How the windows' scores become the note's score: "max", "mean" or
            "noisy_or" (the probability that at least one window has the code).
        kinds: Kinds of the checkpoint's labels to predict: "3_digit", "4_digit",
            "5_digit", "word".
        threshold (0 to 1): Minimum score of the codes in `doc._.icd9`.
        top_k: Maximum number of codes in `doc._.icd9`; the best are kept.
        tuned: Whether to use thresholds of single codes, from tuning or from a file,
            instead of `threshold`.
        roll_up: How V codes with decimals (V58.6) also count for their category (V58):
            "max" (the highest score), "noisy_or" (the probability of at least one) or
            None (they don't).
        groups: Groups to score in `doc._.icd9_groups`: "category", "chapter" or "ccs".
        evidence: Evidence for each code: "window" (the windows with its highest
            scores), "gradient" (the sentences in them that contribute most, by gradient
            times input; slower) or None.
        max_evidence: Maximum number of windows or sentences for each code.
        positive_weight: In training, factor on the loss of the codes that a note has.
            "balanced": for each code, the square root of the number of notes without it
            divided by the number of notes with it, at most 10.
        assertion: Whether to leave out the windows in which all entities are negated,
            hypothetical or of somebody else (`span._.is_negated` and the like, as set
            by `clinical_assertion` or others before this component); with "gradient",
            also such sentences.
        expand_abbreviations: Whether the model reads long forms for abbreviations that
            clearly stand for one condition, "hypertension" for "HTN". Evidence has the places
            of what the note says. With `assertion`, what is denied stays as it is. For
            heads that learned from full sentences; CORe learned from notes as they are.
        scorer: Scoring method.
        RAISES ValueError: C401, if the threshold isn't between 0 and 1; C408 or C875, if
            evidence by gradients or long forms are asked of a listener.
        """
        if not 0 <= threshold <= 1:
            raise CodedValueError(
                Errors.C401.format(value=threshold, setting="threshold", name=name)
            )
        if evidence == "gradient" and not model.attrs["has_checkpoint"]:
            raise CodedValueError(Errors.C408.format(name=name))
        if expand_abbreviations and not model.attrs["has_checkpoint"]:
            raise CodedValueError(Errors.C875.format(name=name))
        self._set_up(nlp, model, name)
        self.scorer = scorer
        self.sections = sections
        self.exclude_sections = list_names(exclude_sections)
        self.windows = windows
        self.pooling = pooling
        self.kinds = cast(list[Kind], list_names(kinds))
        self.threshold = threshold
        self.top_k = top_k
        self.tuned = tuned
        self.roll_up = roll_up
        self.groups = list(groups)
        self.evidence = evidence
        self.max_evidence = max_evidence
        self.positive_weight = positive_weight
        self.assertion = assertion
        self.expand_abbreviations = expand_abbreviations
        self.cfg: dict[str, Any] = {"columns": [], "thresholds": {}, "weights": {}}
        self.from_titles = False
        self._outputs: Outputs | None = None

    # Labels

    def read(self, doc: Doc) -> Text:
        text = read_note(
            doc, self.sections, exclude=self.exclude_sections, unit=self.windows
        )
        if self.expand_abbreviations:
            text = expand_short_forms(text, keep_denied=self.assertion)
        return text

    @property
    def outputs(self) -> Outputs:
        """Codes that the selected columns of the head stand for.

        RAISES ValueError: C404 and C405, if there are no codes to predict.
        """
        made_for = self.cfg["columns"], list(self.kinds), self.roll_up
        if self._outputs is None or self._outputs.made_for != made_for:
            source = ", ".join(shim.name for shim in self.shims) or self.name
            self._outputs = select_outputs(*made_for, name=self.name, source=source)
        return self._outputs

    def list_columns(self) -> list[int]:
        return [label.column for label in self.outputs.labels]

    @property
    def labels(self) -> tuple[str, ...]:
        """Codes that the model can predict, in the notation of ICD-9-CM."""
        return tuple(self.outputs.codes) if self.cfg["columns"] else ()

    @property
    def label_data(self) -> list[str]:
        """Codes of the head's columns, for `spacy init labels`."""
        if not self.cfg["columns"]:
            return []
        return [label.code for label in self.outputs.labels]

    def write_label(self, label: str) -> str:
        return write_code(label) or label

    def read_labels(self, columns: Sequence[str]) -> set[str]:
        return {label.code for label in read_labels(columns)}

    # Predicting

    def set_annotations(self, docs: Iterable[Doc], scores: list[Any]) -> None:
        outputs = self.outputs
        for doc, scored in zip(docs, scores, strict=True):
            doc._.icd9 = []
            if len(scored.logits):
                findings = self._read_findings(doc)
                scored, pooled = self._pool(scored, findings)
                p = outputs.roll_up(pooled)
                by_code = dict(zip(outputs.codes, p.tolist(), strict=True))
                doc.cats = {**doc.cats, **by_code}
                doc._.icd9 = self._describe(doc, scored, p, findings)
                if self.groups:
                    doc._.icd9_groups = {g: roll_up(by_code, g) for g in self.groups}
            self._record_pieces(
                doc,
                n_pieces=scored.n_pieces,
                n_seen=scored.n_seen,
                n_windows=len(scored.logits),
            )

    def _read_findings(self, doc: Doc) -> Findings:
        if not self.assertion:
            return Findings([])
        findings = read_findings(doc)
        if not (self.expand_abbreviations and findings.has_denied):
            return findings
        # What the model reads in full, it reads of the patient.
        read = find_expanded(doc)
        return Findings(
            [
                *findings.rows,
                *(Finding(r.start, r.end, r.abbreviation.label, True) for r in read),
            ]
        )

    def _pool(self, scored: Any, findings: Findings) -> tuple[Any, Floats1d]:
        """Find the note's scores by the windows that may say something of the patient.

        RETURNS: The windows' scores, in which those of all others can't be lower.
        """
        may_hold = numpy.asarray(
            [
                not spans or any(findings.may_hold(*span) for span in spans)
                for spans in scored.spans
            ]
        )
        if may_hold.all():
            return scored, pool_windows(scored.logits, self.pooling)
        logits = numpy.where(may_hold[:, None], scored.logits, -numpy.inf)
        kept = logits[may_hold] if may_hold.any() else logits
        return replace(scored, logits=logits), pool_windows(kept, self.pooling)

    def _describe(
        self, doc: Doc, scored: Any, p: Floats1d, findings: Findings
    ) -> list[CodeRecord]:
        chosen = decide(
            self.outputs.codes,
            p,
            threshold=self.threshold,
            by_label=self.thresholds,
            top_k=self.top_k,
        )
        places = Places(doc)
        records = []
        for i in chosen if numpy.isfinite(scored.logits).any() else ():
            evidence = self._find_evidence(places, scored, i)
            kept = [e for e in evidence if findings.may_hold(e["start"], e["end"])]
            if self.evidence != "gradient":
                kept = evidence
            if kept or not evidence:
                code, raw = self.outputs.codes[i], self.outputs.raw[i]
                records.append(describe_code(code, raw, float(p[i]), kept))
        return records

    def _find_evidence(self, places: Places, scored: Any, code: int) -> list[Evidence]:
        if self.evidence is None:
            return []
        column, windows = self._find_windows(scored, code)
        if self.evidence == "gradient":
            shares = self._explain(places.doc, column, windows, steps=1)
            return find_sentences(places.doc, shares, limit=self.max_evidence)
        return [
            places.make_evidence(start, end, score)
            for window, score in windows
            for start, end in scored.spans[window]
        ]

    def _find_windows(
        self, scored: Any, code: int
    ) -> tuple[int, list[tuple[int, float]]]:
        """Find the column with a code's highest score, and its best windows."""
        columns = self.outputs.columns_of(code)
        best = max(columns, key=lambda column: scored.logits[:, column].max())
        p = sigmoid(scored.logits[:, best])
        name = self.outputs.codes[code]
        threshold = self.thresholds.get(name, self.threshold)
        order = numpy.argsort(-p, kind="stable")[: self.max_evidence].tolist()
        # None that was left out, even where all scores are enough.
        order = [i for i in order if numpy.isfinite(scored.logits[i, best])] or order
        kept = [i for i in order if i == order[0] or p[i] >= threshold]
        return best, [(i, float(p[i])) for i in kept]

    def explain(self, doc: Doc, code: str, *, steps: int = 16) -> list[Evidence]:
        """Attribute the score of a code to tokens.

        doc: A Doc with the annotations of the components before. It is encoded again.
        code: Any code that the model can predict, whether or not the Doc has it.
        steps: 1 for gradient times input. More for integrated gradients, whose values
            add up to the difference of the windows' logits from those of zero input.
        RETURNS: The share of the logit of each token in the code's windows, in the
            order of the note.
        RAISES ValueError: C408, if the encoder is a listener; C409, if the model
            doesn't predict the code.
        SOURCE: See `encoders.attribution.attribute`.
        """
        self.prepare_head()
        code = write_code(code) or code
        if code not in self.outputs.codes:
            raise CodedValueError(Errors.C409.format(name=self.name, code=code))
        if not self.model.attrs["has_checkpoint"]:
            raise CodedValueError(Errors.C408.format(name=self.name))
        [scored] = self.predict([doc])
        if not len(scored.logits):
            return []
        column, windows = self._find_windows(scored, self.outputs.codes.index(code))
        return sum_by_token(doc, self._explain(doc, column, windows, steps=steps))

    def _explain(
        self, doc: Doc, column: int, windows: Sequence[tuple[int, float]], *, steps: int
    ) -> list[tuple[int, int, float]]:
        # The module imports torch, which only models with a checkpoint need.
        from spacy_clinical.architectures.explain import explain

        return explain(
            self.model,
            self.read(doc),
            self.outputs.labels[column].column,
            [window for window, _ in windows],
            steps=steps,
        )

    # Training

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: str | Sequence[str] | None = None,
        thresholds: str | Path | None = None,
        from_titles: bool = False,
    ) -> None:
        """Load the checkpoint, and make a new head if its own doesn't fit the data.

        labels: Codes to use instead of those in the examples.
        thresholds: JSON file with thresholds of single codes.
        from_titles: Whether a new head starts from the encoder's vectors of the codes'
            titles. This helps with rare codes, if the encoder gives similar vectors to
            similar texts (sentence-transformers).
        RAISES ValueError: C402 to C405, if there are no codes to predict; the errors of
            `read_thresholds`.
        """
        self.from_titles = from_titles
        super().initialize(get_examples, nlp=nlp, labels=labels)
        if thresholds is not None:
            self.read_thresholds(thresholds)

    def make_weights(
        self, labels: Sequence[str], nlp: Language | None
    ) -> tuple[Floats2d, Floats1d]:
        W, b = super().make_weights(labels, nlp)
        if not self.from_titles:
            return W, b
        if nlp is None or not self.model.attrs["has_checkpoint"]:
            raise CodedValueError(Errors.C408.format(name=self.name))
        titles = [
            [find_title(below) for below in dict.fromkeys([code, *list_billable(code)])]
            for code in labels
        ]
        return read_titles(self.model, nlp, titles), b - TITLE_BIAS
