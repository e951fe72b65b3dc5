"""Base class of components that learn which mentions belong together."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_clinical.architectures.relation_input import RelationInput
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.doc_data import token_borders
from spacy_clinical.extensions.relation_attributes import get_known_relations
from spacy_clinical.heads.span_pairs import PairInput
from spacy_clinical.pipeline.bases.pair_models import Scored, find_pair_model
from spacy_clinical.pipeline.bases.span_head import SpanHeadPipe
from spacy_clinical.relations.candidates import Limits
from spacy_clinical.relations.features import find_tokens
from spacy_clinical.relations.inventory import (
    Inventory,
    InventoryCounter,
    PairType,
    read_pairs,
)
from spacy_clinical.relations.mentions import Mention, Relation, order, read_record
from spacy_clinical.types import Floats2d, list_names


class Found(NamedTuple):
    """The mentions of a Doc, the pairs that may have a relation, and their scores.

    scores (n_pairs, 2 * n_labels): From 0 to 1.
    """

    mentions: list[Mention]
    pairs: PairInput
    scores: Floats2d


class RelationHeadPipe(SpanHeadPipe):
    """Base class of components with a model of pairs, or none.

    `cfg` has what the training data say: "columns" are the labels, "types", "words" and
    "pairs" are those of `Inventory`.
    """

    name: str
    limits: Limits

    def _set_up_head(self, nlp: Language | None, model: Any, name: str) -> None:
        super()._set_up_head(nlp, model, name)
        self.cfg |= {"types": [], "words": [], "pairs": {}}
        self._inventory: Inventory | None = None
        self.pair_model = find_pair_model(model)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the head's layers with weights; none if only distances count."""
        return self.pair_model.layers

    @property
    def inventory(self) -> Inventory:
        """The labels, types, words and pairs of types that the component knows."""
        if self._inventory is None:
            cfg = self.cfg
            pairs = read_pairs(cfg["pairs"])
            self._inventory = Inventory(
                cfg["columns"], cfg["types"], cfg["words"], pairs
            )
        return self._inventory

    def list_targets(self, doc: Doc) -> list[Span]:
        """List the spans of a Doc whose relations are looked for."""
        raise NotImplementedError

    # Predicting

    def read(
        self, doc: Doc, spans: Iterable[Span]
    ) -> tuple[list[Mention], RelationInput]:
        """Make the input of the head.

        doc: The Doc to read.
        spans: The mentions, of this Doc or of another of the same text.
        """
        unique = {Mention(s.start_char, s.end_char, s.label_) for s in spans if len(s)}
        mentions = sorted(unique, key=order)
        places = [mention[:2] for mention in mentions]
        typed = self._name_types(mentions)
        return mentions, RelationInput(
            doc,
            numpy.asarray(places, dtype="int64").reshape(-1, 2),
            self.pair_model.describe(doc, typed, self.inventory, self.limits),
            [mention.label for mention in typed],
        )

    def _name_types(self, mentions: Iterable[Mention]) -> list[Mention]:
        name_type = self.pair_model.name_type
        return [m._replace(label=name_type(m.label)) for m in mentions]

    def prepare_head(self) -> None:
        """Take over the published head of the checkpoint, unless there is a head.

        RAISES ValueError: C941, or the errors of `PairClassifier.find_published`, if there
            is none that can be used.
        """
        if self.is_trainable and not self.cfg["columns"]:
            inventory = self.pair_model.find_published(self.name)
            self._take_inventory(inventory, inventory.pairs)

    def _take_head(self) -> None:
        if not self.cfg["columns"] and self.pair_model.has_published():
            self.prepare_head()

    def score_pairs(self, given: list[RelationInput]) -> list[Scored]:
        """Score each Doc's pairs.

        RAISES ValueError: C940, if the encoder that the head reads isn't there.
        """
        some = [one for one in given if len(one.pairs.first)]
        if some:
            self.connect_encoder()
        found = iter(self.model.predict(some) if some else ())
        self.forget_rows(one.doc for one in given)
        return [
            self.pair_model.score(next(found), one, self.inventory)
            if len(one.pairs.first)
            else Scored(one.pairs, numpy.zeros(one.pairs.can_be.shape, "float32"))
            for one in given
        ]

    def connect_encoder(self) -> None:
        """Find the encoder of the component that the head shares it with.

        RAISES ValueError: C940, if it isn't in the pipeline.
        """
        try:
            super().connect_encoder()
        except CodedValueError:
            component = self.model.get_ref("encoder").component
            raise CodedValueError(
                Errors.C940.format(name=self.name, component=component)
            ) from None

    # Training

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: str | Sequence[str] | None = None,
    ) -> None:
        """Find out which types have which relations, load the checkpoint, and make a head.

        labels: Labels to learn instead of all in the examples.
        RAISES ValueError: C942, if a head is to learn and no two entities have a relation.
        """
        counter = InventoryCounter(None if labels is None else list_names(labels))
        some = []
        for number, eg in enumerate(get_examples()):
            doc = eg.reference
            mentions, relations = self.read_gold(doc)
            words = _list_words(doc, mentions)
            counter.add(self._name_types(mentions), self._type_all(relations), words)
            if number < 2:
                some.append(eg)
        inventory = counter.make_inventory()
        if not self.is_trainable:
            # Without examples, what is known of the shipped types stays.
            if counter.pairs:
                self._take_inventory(inventory, counter.find_attributes())
            return
        if not counter.pairs:
            if not self.pair_model.has_published():
                raise CodedValueError(Errors.C942.format(name=self.name))
            self.prepare_head()
            return
        self._take_inventory(inventory, inventory.pairs)
        self._start_head([self.read_example(eg) for eg in some])

    def _type_all(self, relations: Iterable[Relation]) -> list[Relation]:
        return [
            relation._replace(child=child, head=head)
            for relation in relations
            for child, head in [self._name_types((relation.child, relation.head))]
        ]

    def _take_inventory(
        self, inventory: Inventory, pairs: dict[PairType, float]
    ) -> None:
        taken = Inventory(inventory.labels, inventory.types, inventory.words, pairs)
        self.cfg |= {
            "columns": taken.labels,
            "types": taken.types,
            "words": taken.words,
            "pairs": taken.list_pairs(),
        }
        self._inventory = taken
        self._sha256 = ""

    def read_gold(self, doc: Doc) -> tuple[list[Mention], list[Relation]]:
        """Read the mentions of an annotated Doc, and the relations between these.

        RAISES ValueError: C944, if `doc._.relations` has something else.
        """
        spans = self.list_targets(doc)
        known = {Mention(s.start_char, s.end_char, s.label_) for s in spans if len(s)}
        try:
            relations = [read_record(record) for record in doc._.relations]
        except (KeyError, TypeError, ValueError):
            raise CodedValueError(Errors.C944) from None
        return sorted(known, key=order), [
            one
            for one in relations
            if one.child != one.head and {one.child, one.head} <= known
        ]

    def read_example(self, eg: Example) -> RelationInput:
        """Make the input of the head: the mentions of the reference, in the text as it was
        predicted."""
        return self.read(eg.predicted, self.list_targets(eg.reference))[1]

    def count_places(self, given: RelationInput) -> int:
        """Count the pairs to score."""
        return len(given.pairs.first)

    def compute_loss(
        self,
        examples: Sequence[Example],
        given: Sequence[RelationInput],
        scores: list[Floats2d],
    ) -> tuple[float, list[Floats2d]]:
        """Compute the mean loss of the mentions, and its gradient; see `PairModel`.

        Labels that a reference says nothing of are left out.
        """
        labels = self.inventory.labels
        n_mentions = max(1, sum(len(one.places) for one in given))
        loss, gradients = 0.0, []
        for eg, one, logits in zip(examples, given, scores, strict=True):
            mentions, relations = self.read_gold(eg.reference)
            index = {mention: i for i, mention in enumerate(mentions)}
            gold = {
                (labels.index(r.label), index[r.child], index[r.head])
                for r in relations
                if r.label in labels
            }
            names = get_known_relations(eg.reference)
            known = numpy.asarray([names is None or x in names for x in labels])
            value, gradient = self.pair_model.compute_loss(
                logits, one.pairs, gold, known
            )
            loss += value / n_mentions
            gradients.append(gradient / n_mentions)
        return loss, gradients

    def take_head(self, other: "RelationHeadPipe") -> None:
        """Take over the weights of another component's head, which may have been trained
        over an encoder of its own: a copy of the one that this head reads.

        RAISES ValueError: C940, if the encoder that this head reads isn't there.
        """
        self._take_inventory(other.inventory, other.inventory.pairs)
        self._start_head()
        self._copy_weights(other)

    def _start_head(self, given: list[RelationInput] | None = None) -> None:
        """Make a head for what the component knows, which may be more afterwards."""
        self._make_head(self.pair_model.set_sizes(self.inventory), given)
        known = self.pair_model.start(self.inventory)
        self._take_inventory(known, known.pairs)

    # Saving

    def describe_head(self) -> dict[str, str]:
        """Get the SHA-256 of the head's weights, and of what it knows of types; and what
        its own encoder is, if it has one."""
        decided = "model" if self.is_trainable else "nearest"
        digest = self._find_digest(lambda: repr(sorted(self.cfg.items())).encode())
        facts = {"decide": decided, "head_sha256": digest}
        for shim in self.shims:
            facts |= shim.describe()
        return facts

    def _restore_cfg(self, data: bytes) -> None:
        known = dict(self.cfg)
        super()._restore_cfg(data)
        self._inventory, self._sha256 = None, ""
        try:
            _ = self.inventory.can_be
        except (TypeError, ValueError, AttributeError):
            self.cfg, self._inventory = known, None
            reason = "its pairs of types are damaged"
            raise CodedValueError(
                Errors.C026.format(name=self.name, reason=reason)
            ) from None
        if self.is_trainable:
            self._connect_early()


def _list_words(doc: Doc, mentions: Sequence[Mention]) -> list[str]:
    """List the words of a Doc outside of mentions, in lower case."""
    starts, ends = (
        numpy.asarray([mention[i] for mention in mentions], dtype="int64")
        for i in (0, 1)
    )
    is_outside = numpy.ones(len(token_borders(doc)[0]), dtype=bool)
    for first, last in find_tokens(doc, starts, ends).tolist():
        is_outside[first:last] = False
    return [doc[i].lower_ for i in numpy.flatnonzero(is_outside).tolist()]
