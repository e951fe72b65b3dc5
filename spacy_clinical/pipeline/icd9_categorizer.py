from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import numpy
import srsly
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Config, Model

from spacy_clinical.architectures.document_layers import (
    Question,
    set_hidden,
    set_label_scores,
)
from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.heads.documents import (
    WindowPooling,
    get_loss,
    pool_windows,
    sigmoid,
)
from spacy_clinical.heads.thresholds import Tuned, decide, tune_thresholds
from spacy_clinical.icd9.codes import (
    Kind,
    read_labels,
    select_labels,
    write_code,
)
from spacy_clinical.icd9.outputs import Outputs
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
    list_categories,
    roll_up,
)
from spacy_clinical.pipeline.bases.checkpoint_pipe import CheckpointPipe
from spacy_clinical.types import Floats1d, Floats2d, list_names

Windows = Literal["window", "sentence", "first"]
EvidenceKind = Literal["window", "gradient"]

# A new head made of titles: what a text scores that is just like one of them, and what
# is taken from all scores.
TITLE_SCALE = 10.0
TITLE_BIAS = 7.0

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
        "sections": "admission",
        "exclude_sections": [],
        "windows": "window",
        "pooling": "max",
        "kinds": ["3_digit"],
        "threshold": 0.3,
        "top_k": None,
        "tuned": True,
        "roll_up": "max",
        "groups": [],
        "evidence": "window",
        "max_evidence": 3,
        "positive_weight": 1.0,
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
def make_icd9_categorizer(
    nlp: Language,
    name: str,
    model: Model[list[Doc], list[Any]],
    sections: Literal["admission", "all"] | list[str],
    exclude_sections: list[str],
    windows: Windows,
    pooling: WindowPooling,
    kinds: list[Kind],
    threshold: float,
    top_k: int | None,
    tuned: bool,
    roll_up: RollUp | None,
    groups: list[Group],
    evidence: EvidenceKind | None,
    max_evidence: int,
    positive_weight: float | Literal["balanced"],
    scorer: Callable[..., dict[str, Any]] | None,
) -> "ClinicalICD9Categorizer":
    """Construct a categorizer that finds the ICD-9-CM diagnosis codes of a note.

    model: A `spacy-clinical.DocumentClassifier.v1`.
    sections: What to read: "admission", the eight sections that CORe was trained on,
        in its order and wording, or the whole note where there are none; "all", the
        whole note; or the labels of sections.
    exclude_sections: Labels of sections not to read in any case, such as
        "family_history".
    windows: How long texts are read: in windows as long as the checkpoint takes
        ("window"), a sentence at a time ("sentence"), or no further than the first
        window ("first"), as transformers' truncation does.
    pooling: How the windows' scores become the note's: their largest ("max"), their
        mean, or the probability that one is true ("noisy_or").
    kinds: Which of the checkpoint's labels to predict: "3_digit", "4_digit",
        "5_digit", "word".
    threshold (0 to 1): Codes with a higher or the same score are in `doc._.icd9`.
    top_k: At most so many, the best.
    tuned: Whether thresholds of single codes, which tuning has found or a file has
        given, take the place of `threshold`.
    roll_up: How V codes that are finer than their category (V58.6) also count for it
        (V58): by the largest score, or the probability that one is true; None: not.
    groups: Also give `doc._.icd9_groups` scores by "category", "chapter" or "ccs".
    evidence: What shows where a code comes from: the windows that scored it highest,
        or the sentences in them that most of its score comes from by gradient times input
        ("gradient"; slower), or None.
    max_evidence: At most so many windows or sentences for each code.
    positive_weight: In training, factor on the loss of the codes that a note has.
        "balanced": for each code, the root of how many notes lack it for one that has
        it, at most 10.
    scorer: The scoring method.
    """
    return ClinicalICD9Categorizer(
        nlp,
        model,
        name,
        sections=sections,
        exclude_sections=exclude_sections,
        windows=windows,
        pooling=pooling,
        kinds=kinds,
        threshold=threshold,
        top_k=top_k,
        tuned=tuned,
        roll_up=roll_up,
        groups=groups,
        evidence=evidence,
        max_evidence=max_evidence,
        positive_weight=positive_weight,
        scorer=scorer,
    )


class ClinicalICD9Categorizer(CheckpointPipe):
    """Find the diagnosis codes of notes: an encoder with a head over documents."""

    def __init__(
        self,
        nlp: Language,
        model: Model[list[Doc], list[Any]],
        name: str = "clinical_icd9_categorizer",
        *,
        sections: Literal["admission", "all"] | list[str] = "admission",
        exclude_sections: str | Sequence[str] = (),
        windows: Windows = "window",
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
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """See `make_icd9_categorizer` for the settings.

        RAISES ValueError: C401, for a threshold that is none, and C408, for evidence
            by gradients from a listener.
        """
        if not 0 <= threshold <= 1:
            raise CodedValueError(
                Errors.C401.format(value=threshold, setting="threshold", name=name)
            )
        if evidence == "gradient" and not model.attrs["has_checkpoint"]:
            raise CodedValueError(Errors.C408.format(name=name))
        self.vocab = nlp.vocab
        self.model = model
        self.name = name
        self._tell_encoders()
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
        self.cfg: dict[str, Any] = {"columns": [], "thresholds": {}, "weights": {}}
        self._outputs: Outputs | None = None

    # Labels

    @property
    def outputs(self) -> "Outputs":
        """What the selected columns of the head mean; reads the checkpoint on first use.

        RAISES ValueError: C402 to C405, if there are no codes to predict.
        """
        if self._outputs is None:
            if not self.cfg["columns"]:
                self._take_published_head()
            self._outputs = self._select()
            attrs = self.model.get_ref("reader").attrs
            attrs["sections"], attrs["unit"] = self.sections, self.windows
            attrs["exclude_sections"] = self.exclude_sections
            columns = [label.column for label in self._outputs.labels]
            self.model.get_ref("output").attrs["columns"] = columns
        return self._outputs

    @property
    def labels(self) -> tuple[str, ...]:
        """The codes that the model can predict, as ICD-9-CM writes them."""
        return tuple(self.outputs.codes) if self.cfg["columns"] else ()

    @property
    def label_data(self) -> list[str]:
        """The codes that the model has columns for, for `spacy init labels`."""
        return [label.code for label in self.outputs.labels]

    def add_label(self, label: str) -> int:
        """Add a code, before `initialize`. RETURNS 1 if it was new.

        RAISES ValueError: C012, if the head has been made without it.
        """
        code = write_code(label) or label
        added = self.cfg.setdefault("added", [])
        if code in added or code in self.labels:
            return 0
        if self.cfg["columns"]:
            raise CodedValueError(Errors.C012.format(name=self.name, label=code))
        added.append(code)
        return 1

    def _select(self) -> "Outputs":
        labels = read_labels(self.cfg["columns"])
        source = ", ".join(shim.name for shim in self.shims) or self.name
        known = set(list_categories())
        coded = [label for label in labels if label.kind != "word"]
        n_known = sum(label.category in known for label in coded)
        if not n_known or 2 * n_known < len(coded):
            raise CodedValueError(
                Errors.C404.format(name=self.name, n=len(labels), source=source)
            )
        chosen = select_labels(labels, self.kinds)
        if not chosen:
            raise CodedValueError(
                Errors.C405.format(
                    name=self.name,
                    kinds=", ".join(self.kinds),
                    known=", ".join(sorted({label.kind for label in labels})),
                )
            )
        return Outputs(chosen, self.roll_up)

    # Thresholds

    @property
    def thresholds(self) -> dict[str, float]:
        """The thresholds of single codes, if they are to be used."""
        return dict(self.cfg["thresholds"]) if self.tuned else {}

    def set_thresholds(self, thresholds: Mapping[str, float]) -> None:
        """Give single codes thresholds of their own, in place of those they had.

        They are saved with the pipeline.

        RAISES ValueError: C401 and C406, for values and codes that don't do.
        """
        written = {write_code(key) or key: value for key, value in thresholds.items()}
        unknown = [code for code in written if code not in self.outputs.codes]
        if unknown:
            raise CodedValueError(
                Errors.C406.format(name=self.name, n=len(unknown), label=unknown[0])
            )
        for code, value in written.items():
            if not 0 <= value <= 1:
                raise CodedValueError(
                    Errors.C401.format(
                        value=value, setting=f"thresholds[{code}]", name=self.name
                    )
                )
        self.cfg["thresholds"] = written

    def read_thresholds(self, path: str | Path) -> None:
        """Read the thresholds of single codes from a JSON file.

        RAISES ValueError: C407, if it can't be read, and as `set_thresholds`.
        """
        try:
            found = srsly.read_json(Path(path))
            numbers = {str(code): float(value) for code, value in found.items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            reason = name_type(error)
            raise CodedValueError(
                Errors.C407.format(path=path, reason=reason)
            ) from None
        self.set_thresholds(numbers)

    def tune(self, examples: Iterable[Example], *, min_positives: int = 20) -> Tuned:
        """Find the thresholds with the best F1 on labelled notes, and keep them.

        A code that enough notes have gets a threshold of its own, all others the one
        that is best for all decisions together.

        examples: They are annotated anew. Use none that the model has learned from.
        min_positives: Notes that must have a code.
        """
        examples = list(examples)
        codes = self.outputs.codes
        docs = [eg.predicted.copy() for eg in examples]
        scores = numpy.zeros((len(docs), len(codes)))
        for i, doc in enumerate(self.pipe(docs)):
            scores[i] = [doc.cats.get(code, 0.0) for code in codes]
        gold = numpy.stack([self._read_gold(eg, codes) for eg in examples])
        found = tune_thresholds(
            codes, scores, numpy.nan_to_num(gold), min_positives=min_positives
        )
        self.set_thresholds({c: found.by_label.get(c, found.common) for c in codes})
        return found

    # Predicting

    def predict(self, docs: Iterable[Doc]) -> list[Any]:
        """Score the codes in each window of each Doc: (n_windows, n_codes) logits."""
        docs = list(docs)
        if not docs:
            return []
        _ = self.outputs
        scored: list[Any] = self.model.predict(docs)
        return scored

    def set_annotations(self, docs: Iterable[Doc], scores: list[Any]) -> None:
        outputs = self.outputs
        for doc, scored in zip(docs, scores, strict=True):
            doc._.icd9 = []
            if len(scored.logits):
                p = outputs.roll_up(pool_windows(scored.logits, self.pooling))
                found = dict(zip(outputs.codes, p.tolist(), strict=True))
                doc.cats = {**doc.cats, **found}
                doc._.icd9 = self._describe(doc, scored, p)
                if self.groups:
                    doc._.icd9_groups = {g: roll_up(found, g) for g in self.groups}
            self._record_pieces(
                doc,
                n_pieces=scored.n_pieces,
                n_seen=scored.n_seen,
                n_windows=len(scored.logits),
            )

    def _describe(self, doc: Doc, scored: Any, p: Floats1d) -> list[CodeRecord]:
        chosen = decide(
            self.outputs.codes,
            p,
            threshold=self.threshold,
            by_label=self.thresholds,
            top_k=self.top_k,
        )
        places = Places(doc)
        return [
            describe_code(
                self.outputs.codes[i],
                self.outputs.raw[i],
                float(p[i]),
                self._find_evidence(places, scored, i),
            )
            for i in chosen
        ]

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
        """The column that carries a code, and the windows that carry it, best first."""
        columns = self.outputs.columns_of(code)
        best = max(columns, key=lambda column: scored.logits[:, column].max())
        p = sigmoid(scored.logits[:, best])
        name = self.outputs.codes[code]
        threshold = self.thresholds.get(name, self.threshold)
        order = numpy.argsort(-p, kind="stable")[: self.max_evidence].tolist()
        kept = [i for i in order if i == order[0] or p[i] >= threshold]
        return best, [(i, float(p[i])) for i in kept]

    def explain(self, doc: Doc, code: str, *, steps: int = 16) -> list[Evidence]:
        """Say which tokens the score of a code comes from.

        doc: As annotated so far; it is encoded anew.
        code: Any that the model predicts, also if this note was not given it.
        steps: 1 for gradient times input; more for integrated gradients, whose shares add
            up to what the windows' logits are above those of windows of zeros.
        RETURNS: For each token in the windows that the code comes from, its share of
            the logit, in the note's order.
        RAISES ValueError: C408, of a listener; C409, for a code it does not predict.
        SOURCE: See `encoders.attribution.attribute`.
        """
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
        question = Question(
            doc,
            self.outputs.labels[column].column,
            [window for window, _ in windows],
            steps,
        )
        shares: list[tuple[int, int, float]]
        shares = self.model.get_ref("explainer").predict(question)
        return shares

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
        """Read the checkpoint, and make a head if its own does not fit the data.

        labels: The codes, where they are not to be read from the examples.
        thresholds: A JSON file of thresholds for single codes.
        from_titles: Whether a new head starts from the encoder's vectors of the codes'
            titles, so that it knows something of codes that few notes have. For
            encoders whose vectors of like texts are alike (sentence-transformers).
        RAISES ValueError: C402 to C407, as `outputs` and `read_thresholds`.
        """
        codes = list_names(labels or self.cfg.get("added", []))
        if not codes:
            codes = sorted(
                {code for eg in get_examples() for code in eg.reference.cats}
            )
        codes = [write_code(code) or code for code in codes]
        self.model.initialize(
            X=[eg.predicted for eg, _ in zip(get_examples(), range(2), strict=False)]
        )
        published = self._published_head()
        fits = published is not None and set(codes) <= {
            label.code for label in read_labels(published.columns)
        }
        if fits or not codes:
            self._take_published_head()
        else:
            self._make_head(codes, nlp, from_titles=from_titles)
        self._outputs = None
        _ = self.outputs
        if thresholds is not None:
            self.read_thresholds(thresholds)
        self._weigh(get_examples())

    def _weigh(self, examples: Iterable[Example]) -> None:
        """Set the factor on the loss of each code's positive notes."""
        codes = self.label_data
        if self.positive_weight != "balanced":
            self.cfg["weights"] = {}
            return
        gold = [self._read_gold(eg, codes) for eg in examples]
        positive = numpy.nansum(numpy.stack(gold), axis=0)
        ratio = (len(gold) - positive) / numpy.maximum(positive, 1)
        weights = numpy.sqrt(ratio).clip(1.0, 10.0)
        self.cfg["weights"] = dict(zip(codes, weights.tolist(), strict=True))

    def get_loss(
        self, examples: Iterable[Example], scores: list[Any]
    ) -> tuple[float, list[Floats2d]]:
        """Find the mean binary cross entropy of the notes, and its gradient.

        A code that an annotated note does not list counts as absent; a note without
        any `cats` doesn't count.
        """
        codes = self.label_data
        weight = self.positive_weight if self.positive_weight != "balanced" else 1.0
        given = self.cfg["weights"]
        weights = numpy.asarray([given.get(code, weight) for code in codes])
        examples = list(examples)
        loss, gradients = 0.0, []
        for eg, scored in zip(examples, scores, strict=True):
            gradient = numpy.zeros_like(scored.logits)
            if len(gradient):
                gold = self._read_gold(eg, codes)
                part, d_logits = get_loss(scored.logits, gold, self.pooling, weights)
                loss += part / len(examples)
                gradient[:] = d_logits / len(examples)
            gradients.append(gradient)
        return loss, gradients

    def _read_gold(self, eg: Example, codes: Sequence[str]) -> Floats1d:
        cats = {write_code(k) or k: v for k, v in eg.reference.cats.items()}
        missing = 0.0 if cats else numpy.nan
        return numpy.asarray(
            [cats.get(code, missing) for code in codes], dtype="float64"
        )

    # The head

    def _published_head(self) -> Any:
        heads = [shim.head for shim in self.shims if shim.head is not None]
        return next((head for head in heads if head.labels == "documents"), None)

    def _take_head(self) -> None:
        if not self.cfg["columns"] and self._published_head() is not None:
            self._take_published_head()

    def _take_published_head(self) -> None:
        head, name = self._published_head(), ", ".join(s.name for s in self.shims)
        if head is None:
            raise CodedValueError(
                Errors.C402.format(name=self.name, checkpoint=name or "-")
            )
        if head.problem not in ("", "multi_label_classification"):
            raise CodedValueError(
                Errors.C403.format(
                    name=self.name, checkpoint=name, problem=head.problem
                )
            )
        self.cfg["columns"] = list(head.columns)
        self.model.initialize()
        set_label_scores(self.model.get_ref("output"), head.W, head.b)
        if head.hidden is not None:
            layer = self.model.get_ref("hidden")
            set_hidden(layer, head.hidden.W, head.hidden.b, head.hidden.activation)

    def _make_head(
        self, codes: Sequence[str], nlp: Language | None, *, from_titles: bool
    ) -> None:
        self.cfg["columns"] = list(codes)
        width = self.model.get_ref("encoder").get_dim("nO")
        W = numpy.zeros((len(codes), width), dtype="float32")
        b = numpy.zeros(len(codes), dtype="float32")
        if from_titles:
            if nlp is None or not self.model.attrs["has_checkpoint"]:
                raise CodedValueError(Errors.C408.format(name=self.name))
            W = self._read_titles(codes, nlp)
            b -= TITLE_BIAS
        set_label_scores(self.model.get_ref("output"), W, b)

    def _read_titles(self, codes: Sequence[str], nlp: Language) -> Floats2d:
        """Find weights by which a text like the titles of a code scores high.

        RETURNS (n_codes, width): The mean of the encoder's vectors of the title and
            those of all billable codes below it.
        """
        reader = self.model.get_ref("reader")
        reader.attrs["sections"], reader.attrs["unit"] = "all", "first"
        reader.attrs["exclude_sections"] = []
        titles = [
            [find_title(below) for below in dict.fromkeys([code, *list_billable(code)])]
            for code in codes
        ]
        texts = [title for of_code in titles for title in of_code if title]
        X = numpy.concatenate(
            [r.X for r in reader.predict(list(map(nlp.make_doc, texts)))]
        )
        length = float(numpy.linalg.norm(X, axis=1).mean())
        W = numpy.zeros((len(codes), X.shape[1]), dtype="float32")
        start = 0
        for i, of_code in enumerate(titles):
            n = sum(map(bool, of_code))
            if n:
                W[i] = X[start : start + n].mean(axis=0)
                W[i] *= TITLE_SCALE / length / numpy.linalg.norm(W[i])
            start += n
        return W

    def from_disk(
        self, path: str | Path, *, exclude: Iterable[str] = ()
    ) -> "ClinicalICD9Categorizer":
        super().from_disk(path, exclude=exclude)
        # What was saved may have been for other settings.
        self._outputs = None
        return self

    def from_bytes(
        self, bytes_data: bytes, *, exclude: Iterable[str] = ()
    ) -> "ClinicalICD9Categorizer":
        super().from_bytes(bytes_data, exclude=exclude)
        self._outputs = None
        return self
