from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from spacy_clinical.architectures.relation_input import (
    RelationModel,
    build_nearest_head,
)
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.attributes import add_to
from spacy_clinical.extensions.relation_attributes import RECORDS
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.pipeline.bases.relation_head import Found, RelationHeadPipe
from spacy_clinical.relations.candidates import Limits, Scope
from spacy_clinical.relations.decode import Cutoffs, decode_relations
from spacy_clinical.relations.mentions import Relation
from spacy_clinical.relations.nearest import make_default_inventory, score_nearest
from spacy_clinical.relations.records import keep_meta_dates, write_records
from spacy_clinical.types import list_names

# Of a relation, also where a setting lists others.
THRESHOLD = 0.4


@Language.factory(
    "clinical_relations",
    assigns=[
        "doc._.relations",
        *(f"doc._.{name}" for name in RECORDS),
        *("span._.date", "doc._.clinical_provenance"),
    ],
    default_config={
        "model": None,
        "spans_keys": [],
        "scorer": {"@scorers": "spacy-clinical.relation_scorer.v1"},
    },
    default_score_weights={
        "relations_f": 1.0,
        "relations_p": 0.0,
        "relations_r": 0.0,
        "relations_untimed_f": 0.0,
        "relations_reversed": None,
        "relations_per_type": None,
    },
)
class ClinicalRelations(RelationHeadPipe):
    """Say which entities belong together: which dose to which drug, which value to which
    test, which place to which finding."""

    def __init__(
        self,
        nlp: Language,
        name: str = "clinical_relations",
        *,
        model: RelationModel | None = None,
        use_ents: bool = True,
        spans_keys: str | Sequence[str] = (),
        threshold: float | Mapping[str, float] = THRESHOLD,
        more: float = 0.8,
        scope: Scope = "sentence",
        max_units: int = 1,
        max_tokens: int = 100,
        max_mentions: int = 24,
        day_first: bool | None = None,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """Set up the component.

        nlp: The pipeline, in which a head may share another component's encoder.
        model: A `spacy-clinical.RelationHead.v1`; None to take the nearest head that an
            entity may belong to.
        use_ents: Whether to relate `doc.ents`.
        spans_keys: Span groups to relate.
        threshold (0 to 1): What a relation has to score. One for all, or by label.
        more (0 to 1): What a second head has to score, for a child that has one with the
            same label already.
        scope: What limits the distance of two entities: "sentence", "line", or "window"
            for tokens alone.
        max_units: How many ends of sentences or lines may be between two entities.
        max_tokens: How many tokens may be between their starts.
        max_mentions: How many other entities may be between them.
        day_first: Whether "3/4" is the third of April. None to go by what each note shows;
            dates that it doesn't tell are marked, and not resolved.
        scorer: Scores the relations.
        RAISES ValueError: C943, if a setting can't be used.
        """
        self._set_up_head(nlp, build_nearest_head() if model is None else model, name)
        self.use_ents = use_ents
        self.spans_keys = list_names(spans_keys)
        self.threshold = threshold
        self.more = more
        self.limits = Limits(scope, max_units, max_tokens, max_mentions)
        self.day_first = day_first
        self.scorer = scorer
        if not self.is_trainable:
            inventory = make_default_inventory()
            self._take_inventory(inventory, inventory.pairs)
        self._check_settings()

    def _check_settings(self) -> None:
        threshold = self.threshold
        shares: dict[str, list[Any]] = {
            "threshold": [*threshold.values()]
            if isinstance(threshold, Mapping)
            else [threshold],
            "more": [self.more],
        }
        for setting, given in shares.items():
            for value in given:
                if not isinstance(value, int | float) or not 0 <= value <= 1:
                    self._refuse(setting, value, "from 0 to 1")
        for setting, number in self.limits._asdict().items():
            if setting != "scope" and number < 0:
                self._refuse(setting, number, "at least 0")
        if self.limits.scope not in ("sentence", "line", "window"):
            known = "sentence, line or window"
            self._refuse("scope", self.limits.scope, known)

    def _refuse(self, setting: str, value: Any, expected: str) -> None:
        raise CodedValueError(
            Errors.C943.format(
                name=self.name, setting=setting, value=value, expected=expected
            )
        )

    def list_targets(self, doc: Doc) -> list[Span]:
        """List the spans of a Doc whose relations are looked for."""
        spans = list(doc.ents) if self.use_ents else []
        for key in self.spans_keys:
            spans += list_spans(doc, key)
        return spans

    def take_meta(self, doc: Doc, meta: Mapping[str, Any]) -> None:
        """Keep the dates that a note's metadata state, from which others are counted."""
        keep_meta_dates(doc, meta)

    def predict(self, docs: Iterable[Doc]) -> list[Found]:
        """Score the pairs of entities of each Doc."""
        read = [self.read(doc, self.list_targets(doc)) for doc in docs]
        given = [one for _, one in read]
        if self.is_trainable:
            scores = self.score_pairs(given)
        else:
            scores = [score_nearest(one.pairs, len(self.labels)) for one in given]
        return [
            Found(mentions, one, found)
            for (mentions, one), found in zip(read, scores, strict=True)
        ]

    def set_annotations(self, docs: Iterable[Doc], predictions: list[Found]) -> None:
        """Write the relations of each Doc, and the records that follow from them."""
        facts = self.describe_head()
        labels = self.labels
        cutoffs = self._list_cutoffs()
        for doc, found in zip(docs, predictions, strict=True):
            add_to(doc, "clinical_provenance", self.name, dict(facts))
            relations = decode_relations(
                found.scores, found.input.pairs, found.mentions, labels, cutoffs
            )
            doc._.relations = [_make_record(relation) for relation in relations]
            write_records(doc, day_first=self.day_first)

    def _list_cutoffs(self) -> Cutoffs:
        threshold = self.threshold
        if not isinstance(threshold, Mapping):
            return Cutoffs(dict.fromkeys(self.labels, threshold), self.more)
        # Labels that aren't listed.
        return Cutoffs(
            {name: threshold.get(name, THRESHOLD) for name in self.labels}, self.more
        )


def _make_record(relation: Relation) -> dict[str, Any]:
    """Make a record; the tokens of its places are found when it is read."""
    sides = {
        side: {"label": one.label, "start_char": one.start, "end_char": one.end}
        for side, one in (("head", relation.head), ("child", relation.child))
    }
    return {"label": relation.label, **sides, "score": float(relation.score)}
