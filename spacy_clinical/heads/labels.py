"""Read a token-classification checkpoint's label inventory.

An inventory is what `id2label` in a checkpoint's config.json lists: BIO, BILOU or
BIOES tags, or bare types. It is never assumed to have a given size.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.types import Floats2d, Ints1d

# Roles by prefix. L and E end an entity, U and S are entities of one token.
ROLES = {"B": "B", "I": "I", "L": "L", "E": "L", "U": "U", "S": "U"}
TAG = re.compile(r"([BILEUS])-(.+)")
# MACCROBAT's inline markup ran over the label names: `Clinical_[even](Lab_value`
# was `Clinical_event` before its "even" was marked as a Lab_value.
MARKUP = re.compile(r"\[([^\]]*)\]\([A-Za-z_]*\)?")
OUTSIDE = "O"


@dataclass(frozen=True)
class LabelScheme:
    """What the columns of a head mean.

    columns: The labels as the checkpoint spells them, one for each logit.
    tags: Repaired tags ("O", "B-Sex", …; bare types have role I), each once.
    tag_ids (n_labels): The tag that each column counts for.
    n_repaired: How many columns had a malformed name.
    """

    columns: tuple[str, ...]
    tags: tuple[str, ...]
    tag_ids: Ints1d
    n_repaired: int

    @property
    def types(self) -> list[str]:
        """The entity types, sorted."""
        return sorted({tag[2:] for tag in self.tags if tag != OUTSIDE})

    @cached_property
    def ids_by_tag(self) -> dict[str, int]:
        return {tag: i for i, tag in enumerate(self.tags)}

    @cached_property
    def column_by_tag(self) -> dict[str, int]:
        """The first well-formed column of each tag, to train on."""
        columns: dict[str, int] = {}
        for i, tag_id in enumerate(self.tag_ids):
            tag = self.tags[tag_id]
            if tag not in columns or self.columns[i].endswith(tag[2:]):
                columns[tag] = i
        return columns

    def merge(self, scores: Floats2d) -> Floats2d:
        """Add up the probabilities of columns that mean the same.

        scores (n_tokens, n_labels): Probabilities.
        RETURNS (n_tokens, n_tags)
        """
        if len(self.tags) == len(self.columns):
            return scores
        merged = numpy.zeros((len(scores), len(self.tags)), dtype=scores.dtype)
        for column, tag_id in enumerate(self.tag_ids):
            merged[:, tag_id] += scores[:, column]
        return merged


def read_labels(columns: Sequence[str]) -> LabelScheme:
    """Find out what a checkpoint's labels mean, and repair malformed names.

    columns: The labels in the order of the logits.
    RAISES ValueError: C010, if there is no "O" or nothing beside it.
    SOURCE: d4data/biomedical-ner-all, whose label names were run over by the
        inline markup of its training texts.
    """
    is_bare = not any(TAG.fullmatch(column) for column in columns)
    names = [_split(column, is_bare) for column in columns]
    types = {name for _, name in names if name and "[" not in name}
    tags: dict[str, int] = {}
    tag_ids = []
    n_repaired = 0
    for role, name in names:
        repaired = _repair(name, types)
        n_repaired += repaired != name
        tag = f"{role}-{repaired}" if role != OUTSIDE else OUTSIDE
        tag_ids.append(tags.setdefault(tag, len(tags)))
    if OUTSIDE not in tags or len(tags) == 1:
        raise CodedValueError(Errors.C010.format(n=len(columns)))
    ids = numpy.asarray(tag_ids, dtype="int64")
    return LabelScheme(tuple(columns), tuple(tags), ids, n_repaired)


def bio_labels(types: Sequence[str]) -> list[str]:
    """List the labels of a new head: "O" and two for each entity type."""
    return [OUTSIDE, *(f"{role}-{name}" for name in types for role in "BI")]


def _split(column: str, is_bare: bool) -> tuple[str, str]:
    if column == OUTSIDE:
        return OUTSIDE, ""
    if is_bare:
        return "I", column
    match = TAG.fullmatch(column)
    return (ROLES[match[1]], match[2]) if match else ("I", column)


def _repair(name: str, types: set[str]) -> str:
    """Undo inline markup in a type's name: the longest type that it begins.

    What is left of the name after the markup is dropped is the beginning of
    exactly one well-formed type; if of several or none, it stays as it is.
    """
    if "[" not in name:
        return name
    prefix = MARKUP.sub(r"\1", name)
    candidates = [known for known in types if known.startswith(prefix)]
    return candidates[0] if len(candidates) == 1 else prefix
