"""Names of places: `start` and `end` in records, `start_char` and `end_char` in Docs."""

from collections.abc import Callable, Mapping
from typing import Any


def to_doc(value: Any) -> Any:
    """Name places as the attributes of Docs do: start_char and end_char."""
    return _rename(value, {"start": "start_char", "end": "end_char"}, dict)


def to_record(value: Any) -> Any:
    """Name places as records do; those of tokens are left out."""
    return _rename(value, {"start_char": "start", "end_char": "end"}, _drop_tokens)


def _drop_tokens(row: Mapping[str, Any]) -> dict[str, Any]:
    places = ("start", "end") if "start_char" in row else ()
    return {name: value for name, value in row.items() if name not in places}


def _rename(
    value: Any, names: Mapping[str, str], choose: Callable[[Any], dict[str, Any]]
) -> Any:
    if isinstance(value, list | tuple):
        return [_rename(item, names, choose) for item in value]
    if isinstance(value, Mapping):
        return {
            names.get(name, name): _rename(item, names, choose)
            for name, item in choose(value).items()
        }
    return value
