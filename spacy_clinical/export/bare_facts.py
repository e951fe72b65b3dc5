"""Reduce `pieces` and `provenance` for records without text.

Any component can write to both, also words of the note. So only what this package's own
components write stays: known keys, with values of a known shape.
"""

import re
from collections.abc import Mapping
from typing import Any

from spacy_clinical.about import __title__
from spacy_clinical.sections.labels import OWN_LABELS

_SHA256 = r"[0-9a-f]{64}"
_VERSION = r"\d[\w.+-]{0,30}"
_COUNTS = ("pieces", "windows", "not_seen")
# Of the vocabularies of a linker.
VOCABULARIES = "vocabularies"
_VOCABULARY = {
    "name": r"[\w.-]{1,100}",
    "version": r"[\w .,:()/+-]{0,100}",
    "sha256": _SHA256,
}
_NAME = re.compile(r"[\w.-]{1,100}")
# For the reader, models and rules: the key that marks them, and patterns of values.
_KINDS: tuple[tuple[str, dict[str, str]], ...] = (
    ("source_format", {"source_format": r"[a-z0-9]{1,10}"}),
    (
        "weights_sha256",
        {
            "checkpoint": r"[\w.-]{1,100}(/[\w.-]{1,100})?",
            "revision": rf"|main|[0-9a-f]{{7,64}}|{_VERSION}",
            "weights_sha256": _SHA256,
            "precision": "fp32|bf16",
            "processor": r"[\w .,()@/+-]{1,100}",
        },
    ),
    (
        "head_sha256",
        {
            "head_sha256": _SHA256,
            "decide": "model|both",
            "rules": _SHA256,
            "rules_version": _VERSION,
        },
    ),
    ("rules", {"rules": f"form_extractor|{_SHA256}", "rules_version": _VERSION}),
)


def bare_pieces(pieces: Any, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Copy the counts of pieces and windows, by component.

    provenance: That of the components whose counts stay.
    """
    bare = {}
    for name, facts in _list_entries(pieces):
        counts = {key: facts[key] for key in _COUNTS if type(facts.get(key)) is int}
        if counts and name in provenance:
            bare[name] = counts
    return bare


def bare_provenance(provenance: Any) -> dict[str, Any]:
    """Copy versions, digests and names of what made a record, by component."""
    bare: dict[str, Any] = {}
    if isinstance(provenance, Mapping) and _fits(provenance.get(__title__), _VERSION):
        bare[__title__] = provenance[__title__]
    for name, facts in _list_entries(provenance):
        for mark, shapes in _KINDS:
            # Without such a key it is the entry of a component of another package.
            if _fits(facts.get(mark), shapes[mark]):
                bare[name] = {
                    k: facts[k] for k in shapes if _fits(facts.get(k), shapes[k])
                }
                labels = facts.get(OWN_LABELS)
                if mark == "rules" and isinstance(labels, list):
                    bare[name][OWN_LABELS] = [x for x in labels if isinstance(x, str)]
                break
        known = _bare_vocabularies(facts.get(VOCABULARIES))
        if known:
            bare[name] = {**bare.get(name, {}), VOCABULARIES: known}
    return bare


def list_vocabularies(provenance: Mapping[str, Any]) -> set[str]:
    """List the names of the vocabularies that components have looked up concepts in.

    provenance: As `bare_provenance` returns it.
    """
    return {
        row["name"]
        for _, facts in _list_entries(provenance)
        for row in facts.get(VOCABULARIES, ())
    }


def _bare_vocabularies(rows: Any) -> list[dict[str, str]]:
    """Copy name, version and digest of vocabularies that have all three."""
    return [
        {key: row[key] for key in _VOCABULARY}
        for row in (rows if isinstance(rows, list | tuple) else ())
        if isinstance(row, Mapping)
        and all(_fits(row.get(key), shape) for key, shape in _VOCABULARY.items())
    ]


def _list_entries(by_component: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """List the facts of each component whose name can be one."""
    if not isinstance(by_component, Mapping):
        return []
    return [
        (name, facts)
        for name, facts in by_component.items()
        if isinstance(name, str)
        and _NAME.fullmatch(name)
        and isinstance(facts, Mapping)
    ]


def _fits(value: Any, shape: str) -> bool:
    return isinstance(value, str) and re.fullmatch(shape, value) is not None
