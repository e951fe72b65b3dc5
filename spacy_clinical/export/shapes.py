"""Shapes of plain records: which fields they have, of which types, and what stays without
text.

A shape is a `Field`, a list of one shape for a list of such values, or a dictionary of
shapes by name. `shape_value` makes a value fit, wherever it comes from.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

# Of what is words of the note: "fill" with "", where it is null or missing; "keep" it
# missing; or "drop" it, and all values that may be words too.
Words: TypeAlias = Literal["fill", "keep", "drop"]
_LIMIT = 2**63


class Field(NamedTuple):
    """A single value.

    type: str, int, float or bool. A bool is never missing, others may be null.
    is_known: Checks a string without text: whether it is none of the note's words. None for
        words, which never stay.
    is_needed: Whether what holds it is nothing without it.
    """

    type: type
    is_known: Callable[[str], bool] | None = lambda value: True
    is_needed: bool = False


Shape: TypeAlias = "Field | list[Any] | Mapping[str, Any]"

WORDS = Field(str, None)
NAME = Field(str)
NUMBER, INTEGER, TRUTH = Field(float), Field(int), Field(bool)
PLACE = {name: Field(int, is_needed=True) for name in ("start", "end")}


def shape_value(value: Any, shape: Shape, *, words: Words = "keep") -> Any:
    """Copy what a value has of a shape.

    words: What is done with words of the note.
    RETURNS: The copy, with fields in the order of the shape; None for what doesn't fit.
    """
    if isinstance(shape, Field):
        return _shape_field(value, shape, words)
    if isinstance(shape, list):
        items = value if isinstance(value, list | tuple) else ()
        made = [shape_value(item, shape[0], words=words) for item in items]
        return [item for item in made if item is not None]
    if not isinstance(value, Mapping):
        return None
    copy: dict[str, Any] = {}
    for name, inner in shape.items():
        is_field = isinstance(inner, Field)
        if is_field and inner.is_known is None:
            if words == "drop" or (words == "keep" and value.get(name) is None):
                continue
            copy[name] = "" if value.get(name) is None else str(value[name])
            continue
        copy[name] = shape_value(value.get(name), inner, words=words)
        if is_field and inner.is_needed and copy[name] is None:
            return None
    return copy


def _shape_field(value: Any, field: Field, words: Words) -> Any:
    if field.type is bool:
        return value is True
    if field.type is str:
        if not isinstance(value, str):
            return None
        is_kept = words != "drop" or (field.is_known and field.is_known(value))
        return value if is_kept else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if field.type is int:
        is_whole = isinstance(value, int) or value.is_integer()
        return int(value) if is_whole and abs(value) < _LIMIT else None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
