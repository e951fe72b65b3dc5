"""Strictly valid JSON: NaN and infinite numbers become null.

Python reads and writes NaN and Infinity, which aren't valid JSON, and reads 1e999 as
Infinity. This package reads and writes all JSON with these functions.
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

    value: A value of types that JSON has.
    indent, sort_keys, ensure_ascii, separators: See `json.dumps`.
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
        # The json module handles any depth of nesting.
        return encoder.encode(read_json(json.dumps(value)))


def read_json(text: str | bytes) -> Any:
    """Parse JSON, with None for NaN and infinite numbers.

    RAISES ValueError: As in `json.loads`. The message may quote the text.
    """
    return json.loads(text, parse_constant=_read_constant, parse_float=_read_float)


def keep_finite(value: Any) -> Any:
    """Replace NaN and infinite numbers by None. Other values are unchanged."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def round_finite(score: float | None) -> float | None:
    """Round a score; None for what is no number."""
    finite = keep_finite(None if score is None else float(score))
    return None if finite is None else round(finite, 4)


def _read_constant(name: str) -> None:
    """Read NaN, Infinity and -Infinity as None."""


def _read_float(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None
