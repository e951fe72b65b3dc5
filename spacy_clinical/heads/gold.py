"""Mark the columns of a token head that agree with gold entities."""

from collections.abc import Iterable, Sequence

import numpy

from spacy_clinical.heads.labels import OUTSIDE, LabelScheme
from spacy_clinical.types import Bools1d, Bools2d, PartialLabels

# By the role of a BILUO tag, the roles that stand for it in other schemes.
_ROLES = {"B": "BI", "I": "I", "L": "LI", "U": "UBI"}


class UnknownType(KeyError):
    """A gold entity has a type that the head doesn't have."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class GoldReader:
    """Marks the columns of a head that agree with gold tags."""

    def __init__(self, scheme: LabelScheme) -> None:
        self.scheme = scheme
        tags = [scheme.tags[i] for i in scheme.tag_ids]
        self._roles = numpy.asarray([tag[0] for tag in tags])
        self._types = numpy.asarray([tag[2:] for tag in tags])

    def mark(
        self, tags: Sequence[str | None], partial: PartialLabels | None = None
    ) -> Bools2d:
        """Mark the columns that agree with the gold tag of each token.

        tags: BILUO tags; None for unknown ones, with which all columns agree.
        partial: What the tags leave open; None if nothing.
        RETURNS (n_tokens, n_labels): True for columns that may be right.
        RAISES UnknownType: If a type isn't one of the head's.
        """
        allowed = numpy.ones((len(tags), len(self._types)), dtype=bool)
        rows: dict[tuple[str, str], Bools1d] = {}
        before: str | None = None
        for i, tag in enumerate(tags):
            if tag is not None:
                # What ends with the token before can't go on here.
                ended = before[2:] if before and before[0] in "LU" else ""
                key = tag, ended
                if key not in rows:
                    rows[key] = (
                        self._mark_only(tag)
                        if partial is None
                        else self._mark_open(tag, ended, partial)
                    )
                allowed[i] = rows[key]
            before = tag
        return allowed

    def _mark_only(self, tag: str) -> Bools1d:
        """Mark the column of a tag: all if the head has none for it."""
        marked = numpy.zeros(len(self._types), dtype=bool)
        columns = self.scheme.column_by_tag
        if tag == OUTSIDE:
            marked[columns[OUTSIDE]] = True
            return marked
        name = tag[2:]
        if name not in self._types:
            raise UnknownType(name)
        for role in _ROLES[tag[0]]:
            if f"{role}-{name}" in columns:
                marked[columns[f"{role}-{name}"]] = True
                return marked
        return ~marked

    def _mark_open(self, tag: str, ended: str, partial: PartialLabels) -> Bools1d:
        """Mark the columns that agree with a tag that leaves something open.

        ended: The label of the entity that ended with the token before, or "".
        """
        goes_on = self._mark_continuing(self._list_types(ended, partial))
        if tag == OUTSIDE:
            return self._mark_others(partial.known) & ~goes_on
        types = self._list_types(tag[2:], partial)
        if partial.borders == "exact":
            marked = numpy.zeros(len(self._types), dtype=bool)
            for name in types:
                marked |= self._mark_only(f"{tag[0]}-{name}")
            return marked
        if tag[0] in "BI":
            return self._mark_others(partial.known.difference(types)) & ~goes_on
        return ~self._mark_others(types) & ~goes_on

    def _list_types(self, label: str, partial: PartialLabels) -> list[str]:
        """List the head's types that an entity may have."""
        if not label:
            return []
        found = [n for n in partial.types.get(label, (label,)) if n in self._types]
        if not found:
            raise UnknownType(label)
        return found

    def _mark_others(self, names: Iterable[str]) -> Bools1d:
        """Mark "O", and all columns of types that aren't among these."""
        return ~numpy.isin(self._types, list(names))

    def _mark_continuing(self, names: Iterable[str]) -> Bools1d:
        """Mark the columns of types that only go on with an entity."""
        marked = numpy.zeros(len(self._types), dtype=bool)
        for name in names:
            # A type without a B- tag, as among bare types, starts with I-.
            if f"B-{name}" in self.scheme.column_by_tag:
                marked |= (self._types == name) & numpy.isin(self._roles, ["I", "L"])
        return marked
