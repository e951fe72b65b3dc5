from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, overload

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import minibatch
from thinc.api import Config, Model

from spacy_clinical.architectures.document_layers import set_label_scores
from spacy_clinical.architectures.feed_forward import set_feed_forward
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.pieces.text import OtherText, Sections, Text
from spacy_clinical.pipeline.bases.asking_pipe import Asked, AskingPipe
from spacy_clinical.questions.asked import read_asked, read_setting
from spacy_clinical.questions.places import find_pieces, place_spans
from spacy_clinical.questions.records import make_answer
from spacy_clinical.questions.spans import get_loss, place_gold
from spacy_clinical.types import Floats2d, list_names

DEFAULT_CONFIG = """
[model]
@architectures = "spacy-clinical.QuestionAnswerer.v1"

[model.encoder]
@architectures = "spacy-clinical.HFEncoder.v1"
checkpoint = "biobert_large_squad"
size = 381
stride = 253
global_attention = "first"
"""


@Language.factory(
    "clinical_qa",
    assigns=["doc._.answers", "doc._.clinical_pieces", "doc._.clinical_provenance"],
    default_config={
        "model": Config().from_str(DEFAULT_CONFIG)["model"],
        "questions": {},
        "scorer": {"@scorers": "spacy-clinical.qa_scorer.v1"},
    },
    default_score_weights={
        "qa_f": 1.0,
        "qa_em": 0.0,
        "qa_has_answer_f": 0.0,
        "qa_no_answer_f": 0.0,
        "qa_per_question": None,
    },
)
class ClinicalQA(AskingPipe):
    """Answer questions with words of the note."""

    def __init__(
        self,
        nlp: Language,
        model: Model[list[Text], list[Any]],
        name: str = "clinical_qa",
        *,
        questions: dict[str, str],
        sections: Sections = "all",
        top_k: int = 3,
        max_answer: int = 30,
        min_score: float = 0.0,
        unanswerable: bool = False,
        null_threshold: float = 0.0,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """Set up the component.

        model: A `spacy-clinical.QuestionAnswerer.v1` or
            `spacy-clinical.SentenceRetrieval.v1`.
        questions: Questions to each note, by name. A Doc's own are in
            `doc._.questions`.
        sections: Labels of the sections to read; "all" for the whole note.
        top_k: Number of answers to keep of each question.
        max_answer (pieces): Length of the longest answer.
        min_score (0 to 1): What an answer has to score.
        unanswerable: Whether the checkpoint was trained on questions without an answer,
            like those of SQuAD 2. If it wasn't, what it says of them isn't calibrated,
            and there always is an answer.
        null_threshold: How much higher than that of the best answer the logit of no
            answer must be.
        scorer: Scoring method.
        RAISES ValueError: C962 or C975, if a question has no words, or can't be saved;
            C963, if a setting can't be used.
        """
        self._set_up(nlp, model, name)
        self.questions = read_setting(questions, name=name)
        self.sections = sections
        self.top_k = top_k
        self.max_answer = max_answer
        self.min_score = min_score
        self.unanswerable = unanswerable
        self.null_threshold = null_threshold
        self.scorer = scorer
        self.cfg: dict[str, Any] = {"columns": []}
        self._check("top_k", top_k, fits=top_k >= 1, expected="at least 1")
        self._check(
            "max_answer", max_answer, fits=max_answer >= 1, expected="at least 1"
        )
        self._check(
            "min_score", min_score, fits=0 <= min_score <= 1, expected="from 0 to 1"
        )

    def _check(self, setting: str, value: Any, *, fits: bool, expected: str) -> None:
        if not fits:
            raise CodedValueError(
                Errors.C963.format(
                    name=self.name, setting=setting, value=value, expected=expected
                )
            )

    # Asking

    @overload
    def ask(
        self,
        docs: Doc,
        questions: str | Sequence[str] | Mapping[str, str],
        *,
        sections: str | Sequence[str] | None = None,
        top_k: int | None = None,
    ) -> list[dict[str, Any]]: ...

    @overload
    def ask(
        self,
        docs: Iterable[Doc],
        questions: str | Sequence[str] | Mapping[str, str],
        *,
        sections: str | Sequence[str] | None = None,
        top_k: int | None = None,
    ) -> list[list[dict[str, Any]]]: ...

    def ask(
        self,
        docs: Doc | Iterable[Doc],
        questions: str | Sequence[str] | Mapping[str, str],
        *,
        sections: str | Sequence[str] | None = None,
        top_k: int | None = None,
    ) -> Any:
        """Ask questions, without writing the answers to the Docs.

        docs: One or more Docs. All questions to all of them run in batches together.
        questions: One or more questions, or questions by name.
        sections: Labels of the sections to read; "all" for the whole note; None for
            those of the setting.
        top_k: Number of answers; None for the setting.
        RETURNS: For each question a record as in `doc._.answers`; for several Docs, a
            list of these for each.
        RAISES ValueError: C961, C962 or C974, if a question is too long, has no words, or
            isn't a text; C963, if `top_k` is less than 1.
        """
        limit = self.top_k if top_k is None else top_k
        self._check("top_k", limit, fits=limit >= 1, expected="at least 1")
        asked = read_asked(questions, name=self.name)
        read: Sections = self.sections
        if sections is not None:
            read = "all" if sections == "all" else list_names(sections)
        batches = [[docs]] if isinstance(docs, Doc) else minibatch(docs, size=32)
        answers = []
        for batch in map(list, batches):
            scored = self.score_asked([(doc, asked) for doc in batch], read)
            for doc, found in zip(batch, scored, strict=True):
                answers.append([self._describe(doc, one, limit) for one in found])
        return answers[0] if isinstance(docs, Doc) else answers

    def pair(self, words: str) -> OtherText:
        return OtherText(words, is_question=True)

    def predict(self, docs: Iterable[Doc]) -> list[list[Asked]]:
        """Score the answers to the questions of the setting and of each Doc."""
        given = [
            (doc, {**self.questions, **read_asked(doc._.questions, name=self.name)})
            for doc in docs
        ]
        return self.score_asked(given, self.sections)

    def set_annotations(self, docs: Iterable[Doc], predictions: list[Any]) -> None:
        """Write the answers to the Docs."""
        for doc, found in zip(docs, predictions, strict=True):
            doc._.answers = [self._describe(doc, one, self.top_k) for one in found]
            self.record_asked(doc, found)

    def _describe(self, doc: Doc, asked: Asked, limit: int) -> dict[str, Any]:
        """Make the record of a question with its best answers."""
        scored, with_null = asked.scored, self.unanswerable
        spans = scored.find_spans(self.max_answer)
        _, null = spans.find_scores(with_null=with_null)
        is_null = (
            with_null
            and len(spans.logits) > 0
            and spans.null - spans.logits[0] > self.null_threshold
        )
        places = (
            ()
            if is_null
            else place_spans(spans, scored.pieces, scored.text, with_null=with_null)
        )
        best = [place for place, _ in zip(places, range(limit), strict=False)]
        return make_answer(
            doc,
            asked.name,
            asked.words,
            [place for place in best if place.score >= self.min_score],
            null_score=null if with_null else None,
        )

    # The head

    def prepare_head(self) -> None:
        """Load the checkpoint's head, unless there is one.

        RAISES ValueError: C964, if it has none.
        """
        if self.cfg["columns"] or not self.is_trainable:
            return
        if self._published_head() is None:
            names = ", ".join(shim.name for shim in self.shims) or "-"
            raise CodedValueError(Errors.C964.format(name=self.name, checkpoint=names))
        self._take_head()

    @property
    def is_trainable(self) -> bool:
        """Whether the model has a head to train."""
        return bool(self.model.has_ref("output"))

    def _published_head(self) -> Any:
        heads = [shim.head for shim in self.shims if shim.head is not None]
        return next((head for head in heads if head.labels == "answers"), None)

    def _take_head(self) -> None:
        """Take the published head, unless there is one."""
        if self.cfg["columns"] or not self.is_trainable:
            return
        head = self._published_head()
        if head is None:
            return
        self._set_head(head.W, head.b)
        if head.block is not None:
            set_feed_forward(self.model.get_ref("block"), head.block)

    def _set_head(self, W: Floats2d, b: Any) -> None:
        self.model.initialize()
        set_label_scores(self.model.get_ref("output"), W, b)
        self.cfg["columns"] = ["start", "end"]

    # Training

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
    ) -> None:
        """Load the checkpoint, and make a new head if it has none.

        RAISES ValueError: C965, if no example has answers.
        """
        if not self.is_trainable:
            self.model.initialize()
            return
        self.model.initialize()
        self._take_head()
        if self.cfg["columns"]:
            return
        if not any(eg.reference._.answers for eg in get_examples()):
            raise CodedValueError(Errors.C965.format(name=self.name))
        width = self.model.get_ref("encoder").get_dim("nO")
        self._set_head(numpy.zeros((2, width), dtype="float32"), numpy.zeros(2))

    def read_batch(
        self, examples: list[Example]
    ) -> tuple[list[Text], list[dict[str, Any]]]:
        """List the texts with their questions, and the records of the gold answers.

        `doc._.answers` of the references say what was asked and where the answer is. Of
        several answers, the first counts.
        """
        texts, gold = [], []
        for eg in examples:
            answers = eg.reference._.answers
            text = self.read_sections(eg.predicted, self.sections)
            for answer in answers if len(text.tokens) else ():
                texts.append(replace(text, other=self.pair(answer["asked"])))
                gold.append(answer)
        return texts, gold

    def get_loss(
        self, examples: Iterable[Any], scores: list[Any]
    ) -> tuple[float, list[list[Floats2d]]]:
        """Compute the mean loss of all windows, and its gradient for the logits.

        examples: The gold records of the questions.
        """
        logits: list[Floats2d] = []
        gold = []
        for answer, scored in zip(examples, scores, strict=True):
            place = None
            if answer["text"]:
                doc = scored.text.doc
                offsets = answer["start_char"], answer["end_char"]
                place = find_pieces(doc, *offsets, scored.pieces, scored.text)
            gold += place_gold(scored.windows, scored.starts, place)
            logits += scored.logits
        loss, gradients = get_loss(logits, gold)
        rest = iter(gradients)
        return loss, [[next(rest) for _ in scored.logits] for scored in scores]
