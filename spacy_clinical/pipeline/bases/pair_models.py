"""Models that `clinical_relations` may have, each with what differs from the others."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy
from spacy.tokens import Doc

from spacy_clinical.architectures.document_layers import (
    set_label_scores,
    set_published_head,
)
from spacy_clinical.architectures.relation_input import RelationInput, RelationModel
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.heads.span_pairs import PairInput
from spacy_clinical.relations.candidates import Limits
from spacy_clinical.relations.classes import Classes
from spacy_clinical.relations.features import describe_pairs, keep_pairs
from spacy_clinical.relations.inventory import (
    Inventory,
    PairType,
    choose_directions,
)
from spacy_clinical.relations.loss import compute_loss, mark_gold
from spacy_clinical.relations.mentions import Mention
from spacy_clinical.relations.placeholders import find_placeholder
from spacy_clinical.relations.runs import settle_runs
from spacy_clinical.types import Bools1d, Floats2d

# Index of a label, of the child and of the head.
Gold = set[tuple[int, int, int]]


class Scored(NamedTuple):
    """The pairs of a Doc that may have a relation, and their scores.

    scores (n_pairs, 2 * n_labels): From 0 to 1.
    """

    pairs: PairInput
    scores: Floats2d


class PairModel:
    """Base class of models of pairs; without a model, the nearest head counts.

    layers: Names of the layers with weights besides the encoder.
    more: What a second head of a child has to score; None if the component says it.
    """

    layers: tuple[str, ...] = ()
    more: float | None = None

    def __init__(self, model: RelationModel) -> None:
        self.model = model

    def name_type(self, label: str) -> str:
        """Name the type of an entity as the model knows it."""
        return label

    def describe(
        self,
        doc: Doc,
        mentions: Sequence[Mention],
        inventory: Inventory,
        limits: Limits,
    ) -> PairInput:
        """Find the pairs to score.

        mentions: In the order of the text, with the types that `name_type` gives.
        """
        return describe_pairs(doc, mentions, inventory, limits)

    def find_published(self, name: str) -> Inventory:
        """Take over the published head of the checkpoint, and say what it knows.

        name: Of the component.
        RAISES ValueError: C941, if nothing but training makes a head.
        """
        raise CodedValueError(Errors.C941.format(name=name))

    def has_published(self) -> bool:
        """Check whether there is a published head that can be used without training."""
        return False

    def score(
        self, output: Floats2d, given: RelationInput, inventory: Inventory
    ) -> Scored:
        """Turn the output of the model for a Doc into scores.

        given: Of which the output is.
        inventory: What the model knows.
        """
        raise NotImplementedError

    def compute_loss(
        self, output: Floats2d, pairs: PairInput, gold: Gold, known: Bools1d
    ) -> tuple[float, Floats2d]:
        """Compute the loss of the pairs of a Doc, and its gradient.

        known (n_labels): Whether the annotations say something of a label.
        """
        raise NotImplementedError

    def set_sizes(self, inventory: Inventory) -> int:
        """Set the sizes of a new head.

        RETURNS: The number of its outputs.
        """
        raise NotImplementedError

    def start(self, inventory: Inventory) -> Inventory:
        """Make what initializing the model leaves open.

        RETURNS: What the head knows.
        """
        return inventory


class PairHead(PairModel):
    """A `spacy-clinical.RelationHead.v1`, which reads the rows of a text."""

    layers = ("projection", "scores")

    def score(
        self, output: Floats2d, given: RelationInput, inventory: Inventory
    ) -> Scored:
        scores = numpy.exp(-numpy.logaddexp(0, -output))
        text = given.doc.text
        return Scored(*settle_runs(text, given.places, given.pairs, scores, inventory))

    def compute_loss(
        self, output: Floats2d, pairs: PairInput, gold: Gold, known: Bools1d
    ) -> tuple[float, Floats2d]:
        marked = mark_gold(pairs, gold, len(known))
        return compute_loss(output, marked, pairs, numpy.tile(known, 2))

    def set_sizes(self, inventory: Inventory) -> int:
        for name in ("n_types", "n_kinds", "n_words"):
            self.model.set_dim(name, getattr(inventory, name), force=True)
        return 2 * len(inventory.labels)


class PairClassifier(PairModel):
    """A `spacy-clinical.RelationClassifier.v1`, which reads a text for each pair.

    It says of each pair on its own which label it has. For types, it knows placeholders.
    """

    layers = ("hidden", "output")
    more = 0.0

    @property
    def classes(self) -> Classes:
        """The labels of the head."""
        attrs = self.model.attrs
        return Classes(attrs["classes"], attrs["negative"], attrs["labels"])

    def name_type(self, label: str) -> str:
        return find_placeholder(label, self.model.attrs["placeholders"])

    def describe(
        self,
        doc: Doc,
        mentions: Sequence[Mention],
        inventory: Inventory,
        limits: Limits,
    ) -> PairInput:
        """Find the pairs in a sentence; two that share characters have no text."""
        limits = limits._replace(scope="sentence", max_units=0)
        pairs = describe_pairs(doc, mentions, inventory, limits)
        starts, ends = (
            numpy.asarray([mention[i] for mention in mentions], dtype="int64")
            for i in (0, 1)
        )
        pairs = keep_pairs(pairs, ends[pairs.first] <= starts[pairs.second])
        # Of two of the same type, the first is the child.
        are_same = pairs.types[pairs.first] == pairs.types[pairs.second]
        can_be = pairs.can_be.copy()
        can_be[are_same, can_be.shape[1] // 2 :] = False
        return pairs._replace(can_be=can_be)

    def has_published(self) -> bool:
        return self._get_head() is not None and bool(self.model.attrs["pairs"])

    def find_published(self, name: str) -> Inventory:
        """Take over the published head of the checkpoint, and say what it knows.

        RAISES ValueError: C402, if it has none for texts; C949, if it is for several
            labels at once; C946, if its labels don't fit the settings; C947, if the pairs
            aren't known.
        """
        attrs, head = self.model.attrs, self._get_head()
        checkpoint = self._get_shim().name
        if head is None:
            raise CodedValueError(Errors.C402.format(name=name, checkpoint=checkpoint))
        if head.problem not in ("", "single_label_classification"):
            raise CodedValueError(
                Errors.C949.format(
                    name=name, checkpoint=checkpoint, problem=head.problem
                )
            )
        if not attrs["pairs"]:
            raise CodedValueError(Errors.C947.format(name=name, checkpoint=checkpoint))
        classes = Classes(head.columns, attrs["negative"], attrs["labels"])
        self._check(name, checkpoint, classes)
        self._take(head)
        return self._make_inventory(classes.labels)

    def _check(self, name: str, checkpoint: str, classes: Classes) -> None:
        unknown = sorted(set(self.model.attrs["labels"]) - set(classes.names))
        problems = {
            "labels": f"'{unknown[0]}' isn't among them" if unknown else "",
            "negative": "" if classes.negative else "none of them is negative",
        }
        for setting, problem in problems.items():
            if problem or not classes.labels:
                known = ", ".join(classes.names[:20])
                raise CodedValueError(
                    Errors.C946.format(
                        setting=setting,
                        name=name,
                        checkpoint=checkpoint,
                        known=known,
                        problem=problem or "all of them are negative",
                    )
                )

    def _make_inventory(self, labels: Sequence[str]) -> Inventory:
        """Make the inventory of the pairs in the settings."""
        pairs = [tuple(map(self.name_type, pair)) for pair in self.model.attrs["pairs"]]
        types = sorted({name for pair in pairs for name in pair})
        return Inventory(
            labels,
            types,
            (),
            {PairType(label, *pair): 1.0 for label in labels for pair in pairs},
        )

    def _get_shim(self) -> Any:
        return self.model.get_ref("encoder").shims[0]

    def _get_head(self) -> Any:
        head = self._get_shim().head
        return head if head is not None and head.labels == "documents" else None

    def _take(self, head: Any) -> None:
        self.model.attrs["classes"] = list(head.columns)
        self.model.initialize()
        hidden, output = (self.model.get_ref(name) for name in self.layers)
        set_published_head(hidden, output, head)

    def score(
        self, output: Floats2d, given: RelationInput, inventory: Inventory
    ) -> Scored:
        """Score the best label of each pair; those where none is best have no other."""
        found = self.classes.score(output)
        n_labels = found.shape[1] - 1
        best = found.argmax(axis=1)
        is_best = numpy.eye(n_labels + 1, dtype=bool)[best][:, :-1]
        can_be = given.pairs.can_be & numpy.tile(is_best, 2)
        pairs = given.pairs._replace(can_be=can_be)
        return Scored(pairs, numpy.tile(found[:, :-1], 2))

    def compute_loss(
        self, output: Floats2d, pairs: PairInput, gold: Gold, known: Bools1d
    ) -> tuple[float, Floats2d]:
        # A label doesn't depend on which of the two is the child.
        gold = gold | {(label, head, child) for label, child, head in gold}
        marked = mark_gold(pairs, gold, len(known))
        of_labels = marked[:, : len(known)] + marked[:, len(known) :]
        has_one = of_labels.any(axis=1)
        labels = numpy.where(has_one, of_labels.argmax(axis=1), len(known))
        return self.classes.compute_loss(output, labels, known)

    def set_sizes(self, inventory: Inventory) -> int:
        head, attrs = self._get_head(), self.model.attrs
        columns = [] if head is None else head.columns
        published = Classes(columns, attrs["negative"], attrs["labels"])
        is_fit = set(inventory.labels) <= set(published.labels) and published.negative
        attrs["classes"] = (
            published.names if is_fit else [attrs["negative"][0], *inventory.labels]
        )
        return len(attrs["classes"])

    def start(self, inventory: Inventory) -> Inventory:
        """Take the published head if it knows all labels, or make a new one."""
        head, classes = self._get_head(), self.classes
        if head is not None and classes.names == list(head.columns):
            self._take(head)
        else:
            hidden, output = (self.model.get_ref(name) for name in self.layers)
            hidden.attrs["function"] = ""
            size = len(classes.names), self.model.get_ref("encoder").get_dim("nO")
            zeros = numpy.zeros(size, dtype="float32")
            set_label_scores(output, zeros, numpy.zeros(len(classes.names)))
        if self.model.attrs["pairs"]:
            return self._make_inventory(classes.labels)
        return Inventory(
            classes.labels, inventory.types, (), choose_directions(inventory.pairs)
        )


def find_pair_model(model: RelationModel) -> PairModel:
    """Find out which kind a model is of."""
    if model.has_ref("output"):
        return PairClassifier(model)
    return PairHead(model) if model.has_ref("scores") else PairModel(model)
