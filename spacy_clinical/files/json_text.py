"""JSON that every program reads: numbers that JSON hasn't are null.

Python reads and writes NaN and Infinity, which are no JSON, and takes 1e999 for Infinity.
All that this package writes as JSON, or keeps of what it reads, goes through here.
"""

import json
import math
from typing import Any


def write_json(
    value: Any,
    *,
    indent: int | None = None,
    sort_keys: bool = False,
    ensure_ascii: bool = True,
    separators: tuple[str, str] | None = None,
) -> str:
    """Write a value as JSON, with null for NaN and infinite numbers.

    value: Holds only what JSON can, besides such numbers.
    indent, sort_keys, ensure_ascii, separators: As for `json.dumps`.
    """
    encoder = json.JSONEncoder(
        indent=indent,
        sort_keys=sort_keys,
        ensure_ascii=ensure_ascii,
        separators=separators,
        allow_nan=False,
    )
    try:
        return encoder.encode(value)
    except ValueError:
        # The library itself goes through what is nested, however deep it is.
        return encoder.encode(read_json(json.dumps(value)))


def read_json(text: str | bytes) -> Any:
    """Read JSON; what stands there for NaN or an infinite number is None.

    RAISES ValueError: As `json.loads`, whose message may quote the text.
    """
    return json.loads(text, parse_constant=_read_constant, parse_float=_read_float)


def keep_finite(value: Any) -> Any:
    """Take NaN and infinite numbers for unknown: None. Other values stay."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def round_finite(score: float | None) -> float | None:
    """Round a score; None for what is no number."""
    finite = keep_finite(None if score is None else float(score))
    return None if finite is None else round(finite, 4)


def _read_constant(name: str) -> None:
    """NaN, Infinity and -Infinity."""


def _read_float(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None
