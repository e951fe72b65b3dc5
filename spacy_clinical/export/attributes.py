"""Attributes of other components in records, such as `span._.negex`.

They are named as code names them: `span._.NAME` of entities, `doc._.NAME`, and
`token._.NAME`. Their values have to be plain data. In a record:

    entities, overlapping   each with `attributes`: name and value
    attributes              those of the Doc
    tokens                  start, end, `attributes` of each token that has a value other
                            than the default, and not false or empty
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy
from spacy.tokens import Doc, Span, Token

from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.files.json_text import keep_finite, write_json

Named: TypeAlias = str | Iterable[str]
Values: TypeAlias = dict[str, Any]

_NAME = re.compile(r"(doc|span|token)\._\.(\w+)")
_CLASSES: dict[str, Any] = {"doc": Doc, "span": Span, "token": Token}
# Levels of lists and dictionaries in a value.
_MAX_DEPTH = 20
# Characters of a value on a page.
_MAX_SHOWN = 120


class Attributes(NamedTuple):
    """Names of attributes of Docs, spans and tokens."""

    doc: tuple[str, ...] = ()
    span: tuple[str, ...] = ()
    token: tuple[str, ...] = ()

    def list_names(self) -> list[str]:
        """List the full names: span._.negex."""
        return [
            f"{kind}._.{name}"
            for kind, names in self._asdict().items()
            for name in names
        ]


def parse_attributes(names: Named) -> Attributes:
    """Read names such as "span._.negex", each once.

    names: One or several, which may also be separated by commas.
    RAISES ValueError: C361, at anything else.
    """
    return _parse((names,) if isinstance(names, str) else tuple(names))


def check_attributes(attributes: Attributes) -> None:
    """Check that attributes are registered with spaCy.

    RAISES ValueError: C362, at the first that is not, or that is a method.
    """
    for kind, names in attributes._asdict().items():
        owner = _CLASSES[kind]
        for name in names:
            if not owner.has_extension(name) or owner.get_extension(name)[1]:
                raise CodedValueError(Errors.C362.format(name=f"{kind}._.{name}"))


class AttributeReader:
    """Read attributes of a Doc, its spans and tokens.

    error: Message about the first value that could not be read (C363), or "". The value
        is None then.
    """

    def __init__(self, attributes: Attributes) -> None:
        self.attributes = attributes
        self.error = ""

    def read_doc(self, doc: Doc) -> Values:
        """Read the values of a Doc."""
        return self._read("doc", self.attributes.doc, doc)

    def read_span(self, span: Span) -> Values:
        """Read the values of a span."""
        return self._read("span", self.attributes.span, span)

    def read_tokens(self, doc: Doc) -> list[dict[str, Any]]:
        """Read the tokens that have a value other than the default, not false or empty."""
        names = self.attributes.token
        defaults = {name: Token.get_extension(name)[0] for name in names}
        rows = []
        for token in doc if names else ():
            values = self._read("token", names, token)
            if any(
                value != defaults[name]
                and (value or (value == 0 and value is not False))
                for name, value in values.items()
            ):
                end = token.idx + len(token)
                rows.append({"start": token.idx, "end": end, "attributes": values})
        return rows

    def _read(self, kind: str, names: Iterable[str], owner: Any) -> Values:
        return {name: self._read_one(f"{kind}._.{name}", name, owner) for name in names}

    def _read_one(self, full_name: str, name: str, owner: Any) -> Any:
        try:
            return make_plain(owner._.get(name))
        # Code of others may raise anything, and its message may quote the note.
        except Exception as error:
            kind = name_type(error)
            reason = str(error) if isinstance(error, _NotPlain) else kind
        self.error = self.error or Errors.C363.format(name=full_name, reason=reason)
        return None


class _NotPlain(TypeError):
    """A fault of a value, described without the value."""


def make_plain(value: Any, *, depth: int = 0) -> Any:
    """Turn a value into what JSON can hold: numpy's scalars into Python's, tuples into
    lists, NaN and infinite numbers into None.

    RAISES TypeError: If it is anything else than text, numbers, truth values, None, and
        lists and dictionaries (with keys of text) of these.
    """
    if isinstance(value, numpy.generic):
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    # Also members of enumerations, and other kinds of text and numbers.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return keep_finite(float(value))
    if depth >= _MAX_DEPTH:
        raise _NotPlain("lists in lists, too deep")
    if isinstance(value, list | tuple):
        return [make_plain(item, depth=depth + 1) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {k: make_plain(item, depth=depth + 1) for k, item in value.items()}
    raise _NotPlain(f"a value of the type {type(value).__name__}")


def show_values(values: Mapping[str, Any] | None) -> list[str]:
    """Describe values for readers: "negated", "certainty: 0.4".

    Values that are false, empty or None are left out.
    """
    shown = []
    for name, value in (values or {}).items():
        if value is True:
            shown.append(name.removeprefix("is_").replace("_", " "))
        elif value not in (False, None, "", [], {}) or type(value) in (int, float):
            text = value if isinstance(value, str) else write_json(value)
            cut = text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
            shown.append(f"{name.replace('_', ' ')}: {cut}")
    return shown


def without_words(values: Mapping[str, Any]) -> Values:
    """Leave out values that may be made of the note's words.

    Booleans stay, and numbers from 0 to 1, such as scores: others may be in the note.
    """
    return {
        name: value
        for name, value in values.items()
        if value is None
        or isinstance(value, bool)
        or (isinstance(value, int | float) and 0 <= value <= 1)
    }


@lru_cache(maxsize=64)
def _parse(names: tuple[str, ...]) -> Attributes:
    by_kind: dict[str, dict[str, None]] = {kind: {} for kind in Attributes._fields}
    for name in (part.strip() for several in names for part in several.split(",")):
        match = _NAME.fullmatch(name)
        if match is None or not match[2].isidentifier():
            raise CodedValueError(Errors.C361.format(name=name))
        by_kind[match[1]][match[2]] = None
    return Attributes(*map(tuple, by_kind.values()))
