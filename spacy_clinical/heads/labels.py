"""Labels of token-classification checkpoints.

The labels are those of `id2label` in a checkpoint's config.json: BIO, BILOU or BIOES
tags, or bare types, in any number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.types import Bools2d, Floats2d, Ints1d

# Roles by prefix. L and E end an entity; U and S are single-token entities.
ROLES = {"B": "B", "I": "I", "L": "L", "E": "L", "U": "U", "S": "U"}
TAG = re.compile(r"([BILEUS])-(.+)")
# MACCROBAT's inline markup also changed label names: `Clinical_[even](Lab_value` was
# `Clinical_event` before its "even" was marked as a Lab_value.
MARKUP = re.compile(r"\[([^\]]*)\]\([A-Za-z_]*\)?")
OUTSIDE = "O"


@dataclass(frozen=True)
class LabelScheme:
    """Tags and types that the columns of a head stand for.

    columns: Labels in the checkpoint's spelling, one for each logit.
    tags: Repaired, unique tags ("O", "B-Sex", …). Bare types have the role I.
    tag_ids (n_labels): Index of each column's tag.
    n_repaired: Number of columns with a malformed name.
    """

    columns: tuple[str, ...]
    tags: tuple[str, ...]
    tag_ids: Ints1d
    n_repaired: int

    @property
    def types(self) -> list[str]:
        """Entity types, sorted."""
        return sorted({tag[2:] for tag in self.tags if tag != OUTSIDE})

    @cached_property
    def ids_by_tag(self) -> dict[str, int]:
        return {tag: i for i, tag in enumerate(self.tags)}

    @cached_property
    def tags_by_type(self) -> Bools2d:
        """Mark the tags of each type (n_types, n_tags)."""
        return numpy.asarray([[tag[2:] == t for tag in self.tags] for t in self.types])

    @cached_property
    def column_by_tag(self) -> dict[str, int]:
        """First well-formed column of each tag, for training."""
        columns: dict[str, int] = {}
        for i, tag_id in enumerate(self.tag_ids):
            tag = self.tags[tag_id]
            if tag not in columns or self.columns[i].endswith(tag[2:]):
                columns[tag] = i
        return columns

    def merge(self, scores: Floats2d) -> Floats2d:
        """Add up the probabilities of columns with the same tag.

        scores (n_tokens, n_labels): Probabilities of the columns.
        RETURNS (n_tokens, n_tags): Probabilities of the tags.
        """
        if len(self.tags) == len(self.columns):
            return scores
        merged = numpy.zeros((len(scores), len(self.tags)), dtype=scores.dtype)
        for column, tag_id in enumerate(self.tag_ids):
            merged[:, tag_id] += scores[:, column]
        return merged


def read_labels(columns: Sequence[str]) -> LabelScheme:
    """Parse a checkpoint's labels, and repair malformed names.

    columns: Labels in the order of the logits.
    RAISES ValueError: C010, if there is no "O" or no other label.
    SOURCE: d4data/biomedical-ner-all, whose label names contain inline markup from its
        training texts.
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
    """List the labels of a new head: "O", and B- and I- for each entity type."""
    return [OUTSIDE, *(f"{role}-{name}" for name in types for role in "BI")]


def _split(column: str, is_bare: bool) -> tuple[str, str]:
    if column == OUTSIDE:
        return OUTSIDE, ""
    if is_bare:
        return "I", column
    match = TAG.fullmatch(column)
    return (ROLES[match[1]], match[2]) if match else ("I", column)


def _repair(name: str, types: set[str]) -> str:
    """Remove inline markup from a type's name, and complete the name.

    If exactly one well-formed type starts with the remaining name, that type is
    returned; otherwise the remaining name.
    """
    if "[" not in name:
        return name
    prefix = MARKUP.sub(r"\1", name)
    candidates = [full for full in types if full.startswith(prefix)]
    return candidates[0] if len(candidates) == 1 else prefix
