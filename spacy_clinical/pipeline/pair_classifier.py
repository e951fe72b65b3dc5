from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Config, Model

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.heads.pairs import Deciding, get_loss, pool_pair, rank_windows
from spacy_clinical.pieces.text import OtherText, Sections, Text
from spacy_clinical.pipeline.bases.asking_pipe import Asked, AskingPipe
from spacy_clinical.pipeline.bases.document_head import DocumentHeadPipe
from spacy_clinical.questions.asked import read_asked, read_setting
from spacy_clinical.types import Floats2d, list_names

DEFAULT_CONFIG = """
[model]
@architectures = "spacy-clinical.DocumentClassifier.v1"

[model.encoder]
@architectures = "spacy-clinical.HFEncoder.v1"
checkpoint = "bio_clinicalbert"
global_attention = "first"
"""


@Language.factory(
    "clinical_pair_classifier",
    assigns=[
        "doc._.statements",
        *("doc._.clinical_pieces", "doc._.clinical_provenance"),
    ],
    default_config={
        "model": Config().from_str(DEFAULT_CONFIG)["model"],
        "hypotheses": {},
        "undecided": ["neutral", "maybe"],
        "scorer": {"@scorers": "spacy-clinical.pair_scorer.v1"},
    },
    default_score_weights={
        "pairs_acc": 1.0,
        "pairs_macro_f": 0.0,
        "pairs_per_type": None,
    },
)
class ClinicalPairClassifier(DocumentHeadPipe, AskingPipe):
    """Say whether statements follow from a note, or how else two texts belong together."""

    PROBLEMS = ("", "single_label_classification")
    pooling = "mean"
    positive_weight = 1.0

    def __init__(
        self,
        nlp: Language,
        model: Model[list[Text], list[Any]],
        name: str = "clinical_pair_classifier",
        *,
        hypotheses: dict[str, str],
        sections: Sections = "all",
        statement_first: bool = False,
        deciding: Deciding = "window",
        undecided: str | Sequence[str] = (),
        max_evidence: int = 3,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """Set up the component.

        model: A `spacy-clinical.DocumentClassifier.v1` over a checkpoint.
        hypotheses: Statements about each note, by name: {"diabetes": "The patient has
            diabetes."}. A Doc's own are in `doc._.hypotheses`.
        sections: Labels of the sections to read; "all" for the whole note.
        statement_first: Whether the model reads the statement before the note. NLI models
            read the note (the premise) first.
        deciding: What decides in notes of several windows: the "window" that says most,
            or the "mean" of all.
        undecided: Labels of windows that say nothing. The window that has the first of
            these least says most; without such a label, the most certain window.
        max_evidence: Maximum number of windows for each statement.
        scorer: Scoring method.
        RAISES ValueError: C962 or C975, if a statement has no words, or can't be saved;
            C970, if the model reads no checkpoint.
        """
        if not model.attrs.get("has_checkpoint"):
            raise CodedValueError(Errors.C970.format(name=name))
        self._set_up(nlp, model, name)
        self.hypotheses = read_setting(hypotheses, name=name)
        self.sections = sections
        self.statement_first = statement_first
        self.deciding = deciding
        self.undecided = list_names(undecided)
        self.max_evidence = max_evidence
        self.scorer = scorer
        self.cfg: dict[str, Any] = {"columns": [], "weights": {}}

    # Labels

    def read(self, doc: Doc) -> Text:
        return self.read_sections(doc, self.sections)

    def pair(self, words: str) -> OtherText:
        return OtherText(words, is_first=self.statement_first)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels that the model can predict, in the order of its columns."""
        return tuple(self.cfg["columns"])

    @property
    def label_data(self) -> list[str]:
        """Labels of the columns, for `spacy init labels`."""
        return list(self.cfg["columns"])

    def list_columns(self) -> list[int]:
        return list(range(len(self.cfg["columns"])))

    def list_labels(self, eg: Example) -> Iterable[str]:
        return {one["label"] for one in eg.reference._.statements}

    @property
    def _undecided(self) -> int | None:
        """Column of the label of windows that say nothing."""
        names = [label.casefold() for label in self.labels]
        known = (
            names.index(n) for n in map(str.casefold, self.undecided) if n in names
        )
        return next(known, None)

    # Predicting

    def classify(self, pairs: Iterable[tuple[str, str]]) -> list[dict[str, float]]:
        """Classify pairs of plain texts.

        pairs: Pairs of a text (premise, context) and a statement about it (hypothesis,
            question).
        RETURNS: For each pair, the scores (0 to 1) by label; none for an empty text.
        RAISES ValueError: C961 or C962, if a statement is too long or has no words.
        """
        texts = []
        for text, statement in pairs:
            [words] = read_asked(statement, name=self.name).values()
            texts.append(Text(text, other=self.pair(words)))
        if not texts:
            return []
        self.prepare_head()
        scored = self.model.predict(texts)
        return [self._find_scores(one)[0] for one in scored]

    def predict(self, docs: Iterable[Doc]) -> list[list[Asked]]:
        """Score the statements of the setting and of each Doc."""
        given = [
            (doc, {**self.hypotheses, **read_asked(doc._.hypotheses, name=self.name)})
            for doc in docs
        ]
        return self.score_asked(given, self.sections)

    def set_annotations(self, docs: Iterable[Doc], scores: list[Any]) -> None:
        """Write the statements to the Docs, with the windows that decided."""
        for doc, found in zip(docs, scores, strict=True):
            doc._.statements = [self._describe(one) for one in found]
            self.record_asked(doc, found)

    def _describe(self, asked: Asked) -> dict[str, Any]:
        scores, evidence = self._find_scores(asked.scored)
        label = max(scores, key=lambda name: scores[name]) if scores else ""
        return {
            "statement": asked.name,
            "hypothesis": asked.words,
            "label": label,
            "score": scores.get(label, 0.0),
            "scores": scores,
            "windows": evidence,
        }

    def _find_scores(
        self, scored: Any
    ) -> tuple[dict[str, float], list[dict[str, Any]]]:
        """Find the scores by label, and the windows that decided."""
        if not len(scored.logits):
            return {}, []
        pooled = pool_pair(scored.logits, self.deciding, self._undecided)
        best = int(pooled.scores.argmax())
        windows = rank_windows(pooled.by_window, best)[: self.max_evidence].tolist()
        evidence = [
            {
                "start_char": start,
                "end_char": end,
                "score": float(pooled.by_window[i, best]),
            }
            for i in windows
            for start, end in scored.spans[i]
        ]
        return dict(zip(self.labels, pooled.scores.tolist(), strict=True)), evidence

    def _take_published_head(self) -> None:
        """Take the published head.

        RAISES ValueError: C402, if there is none; C971, if it doesn't choose one of
            several labels.
        """
        head = self._published_head()
        if head is not None and (
            head.problem not in self.PROBLEMS or len(head.columns) < 2
        ):
            raise CodedValueError(
                Errors.C971.format(
                    name=self.name,
                    checkpoint=", ".join(shim.name for shim in self.shims),
                    n=len(head.columns),
                    problem=head.problem or "none",
                )
            )
        super()._take_published_head()

    # Training

    def read_batch(self, examples: list[Example]) -> tuple[list[Text], list[str]]:
        """List the texts with their statements, and the right labels.

        `doc._.statements` of the references have the hypotheses and their labels.
        """
        texts, gold = [], []
        for eg in examples:
            statements = eg.reference._.statements
            text = self.read(eg.predicted)
            for one in statements if len(text.tokens) else ():
                texts.append(replace(text, other=self.pair(one["hypothesis"])))
                gold.append(one["label"])
        return texts, gold

    def get_loss(
        self, examples: Iterable[Any], scores: list[Any]
    ) -> tuple[float, list[Floats2d]]:
        """Compute the mean loss of pairs, and its gradient for the logits.

        examples: The right labels.
        RAISES ValueError: C012, if the head doesn't have one of them.
        """
        loss, gradients = 0.0, []
        for label, scored in zip(examples, scores, strict=True):
            if label not in self.labels:
                raise CodedValueError(Errors.C012.format(name=self.name, label=label))
            gradient = numpy.zeros_like(scored.logits)
            if len(gradient):
                column = self.labels.index(label)
                part, d_logits = get_loss(
                    scored.logits, column, self.deciding, self._undecided
                )
                loss += part / len(scores)
                gradient[:] = d_logits / len(scores)
            gradients.append(gradient)
        return loss, gradients
