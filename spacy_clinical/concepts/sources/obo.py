"""Read OBO files, as MONDO, HPO, DOID, ChEBI and others publish them.

SOURCE: OBO 1.4, https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_4.html.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from spacy_clinical.concepts.entry import Entry
from spacy_clinical.concepts.sources.ontology import Term, find_license, make_entries
from spacy_clinical.concepts.sources.source import (
    Adapter,
    Contents,
    Facts,
    Source,
    make_line_fault,
)
from spacy_clinical.concepts.systems import split_xref

_TAG = re.compile(r"([\w-]+):\s*(.*)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(\w*)')
_ESCAPED = re.compile(r"\\(.)")
_BLANKS = {"n": " ", "t": " ", "W": " "}
# Modifiers and comments after a value.
_REST = re.compile(r"\s+(?:\{.*|!.*)?$")
# A broad synonym also means other concepts.
_LEFT_OUT = "BROAD"
_VERSION = re.compile(r"(?:.*/)?releases/([^/]+).*|(.*)")


def read_obo(source: Source) -> Contents:
    """Read the terms of an OBO file.

    RAISES ValueError: C903, for a term without an id.
    """
    return Contents(_describe(source), _read_entries(source))


def _read_entries(source: Source) -> Iterator[Entry]:
    terms = [_make_term(values) for values in _read_stanzas(source, source.path)]
    yield from make_entries(terms, source.name)


def _read_stanzas(source: Source, path: Path) -> Iterator[Mapping[str, Sequence[str]]]:
    """Read the values of each term by their tags."""
    values: dict[str, list[str]] = {}
    start = 0
    for number, line in enumerate(source.read_lines(path), 1):
        line = line.strip()
        if line.startswith("["):
            if start:
                yield _check(values, path, start)
            start = number if line == "[Term]" else 0
            values = {}
        elif start and (match := _TAG.match(line)):
            values.setdefault(match[1], []).append(match[2])
    if start:
        yield _check(values, path, start)


def _check(
    values: Mapping[str, Sequence[str]], path: Path, line: int
) -> Mapping[str, Sequence[str]]:
    if not any(values.get("id", ())):
        raise make_line_fault(path, line, "the term has no id")
    return values


def _make_term(values: Mapping[str, Sequence[str]]) -> Term:
    synonyms = [_QUOTED.match(text) for text in values.get("synonym", ())]
    xrefs = map(split_xref, _read_words(values.get("xref", ())))
    definition = _QUOTED.match(next(iter(values.get("def", ())), ""))
    return Term(
        id=_read_words(values["id"])[0],
        name=_unescape(_REST.sub("", next(iter(values.get("name", ())), ""))),
        synonyms=tuple(
            _unescape(match[1]) for match in synonyms if match and match[2] != _LEFT_OUT
        ),
        definition=_unescape(definition[1]) if definition else "",
        xrefs=tuple(xref for xref in xrefs if xref),
        other_ids=tuple(_read_words(values.get("alt_id", ()))),
        parents=tuple(_read_words(values.get("is_a", ()))),
        is_obsolete="true" in values.get("is_obsolete", ()),
    )


def _read_words(texts: Sequence[str]) -> list[str]:
    """Read ids, without what follows them."""
    return [_unescape(text.split()[0]) for text in texts if text.strip()]


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: _BLANKS.get(match[1], match[1]), text)


def _recognizes(source: Source) -> bool:
    if source.head.startswith((b"{", b"[")) and not source.head.startswith(b"[Term]"):
        return False
    lines = source.head_lines
    has_term = any(line.strip() == "[Term]" for line in lines)
    return has_term or any(line.startswith("format-version:") for line in lines[:5])


def describe_ontology(name: str, version: str, license: str = "") -> Facts:
    """Describe an ontology.

    name: Its short name: "hp", "mondo".
    version: As it gives it: "hp/releases/2025-05-06".
    license: As it gives it.
    """
    name = name.rsplit("/", 1)[-1].split(".")[0].lower()
    match = _VERSION.fullmatch(version)
    found = (match[1] or match[2] or "") if match else ""
    url = f"http://purl.obolibrary.org/obo/{name}" if name else ""
    return Facts(name, found, find_license(name) or license, url)


@cache
def _find_header_tag(tag: str) -> re.Pattern[str]:
    return re.compile(rf"{tag}:\s*(.+)")


def _describe(source: Source) -> Facts:
    def find(tag: str) -> str:
        matches = map(_find_header_tag(tag).match, source.head_lines)
        return next((match[1].strip() for match in matches if match), "")

    license = find(r"property_value: \S*(?:terms[/:]|dc:)license").split(" ")[0]
    return describe_ontology(find("ontology"), find("data-version"), license.strip('"'))


OBO = Adapter("OBO", _recognizes, read_obo)
