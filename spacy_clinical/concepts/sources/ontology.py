"""Terms of ontologies, and the semantic types that their place among others gives."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spacy_clinical.concepts.entry import Entry
from spacy_clinical.errors import Warnings, warn

_LICENSES = {
    "mondo": "CC BY 4.0",
    "hp": "https://hpo.jax.org/app/license",
    "doid": "CC0 1.0",
    "chebi": "CC BY 4.0",
}


class Term(NamedTuple):
    """A term of an ontology.

    parents: Ids of the terms that it is a kind of.
    """

    id: str
    name: str
    synonyms: tuple[str, ...] = ()
    definition: str = ""
    xrefs: tuple[tuple[str, str], ...] = ()
    other_ids: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    is_obsolete: bool = False


def make_entries(terms: Sequence[Term], name: str) -> Iterator[Entry]:
    """Make the entries of an ontology. Their source is the prefix of their id.

    terms: All terms. Their semantic types are the names of the roots above them, and
        of the terms just below those: "disease", "human disease".
    name: Of the source, for messages.
    """
    types = find_types(terms, name)
    for term in terms:
        if not term.name:
            continue
        yield Entry(
            id=term.id,
            name=term.name,
            synonyms=term.synonyms,
            types=types.get(term.id, ()),
            definition=term.definition,
            xrefs=term.xrefs,
            other_ids=term.other_ids,
            source=term.id.partition(":")[0],
            language="en",
            is_obsolete=term.is_obsolete,
        )


def find_types(terms: Sequence[Term], name: str) -> dict[str, tuple[str, ...]]:
    """Find the semantic types of terms: see `make_entries`.

    terms: All terms.
    name: Of the source, for messages.
    RETURNS: By id. Terms in circles, and those below them, have the types that come
        from elsewhere.
    """
    named = {term.id: term for term in terms if not term.is_obsolete}
    children: dict[str, list[str]] = defaultdict(list)
    n_parents: dict[str, int] = {}
    for term in named.values():
        parents = {parent for parent in term.parents if parent in named}
        n_parents[term.id] = len(parents)
        for parent in parents:
            children[parent].append(term.id)
    # A term is done when all above it are, so that each is looked at once.
    ready = [key for key, n_above in n_parents.items() if not n_above]
    roots = set(ready)
    types: dict[str, dict[str, None]] = {key: {named[key].name: None} for key in ready}
    while ready:
        key = ready.pop()
        for child in children[key]:
            above = types.setdefault(child, {})
            above.update(types[key])
            if key in roots:
                above[named[child].name] = None
            n_parents[child] -= 1
            if not n_parents[child]:
                ready.append(child)
    n_circular = sum(n > 0 for n in n_parents.values())
    if n_circular:
        warn(Warnings.W900.format(n_terms=n_circular, name=name))
    return {key: tuple(sorted(names)) for key, names in types.items()}


def find_license(name: str) -> str:
    """Find the license of a well-known ontology; "" for others.

    name: Its short name: "mondo".
    """
    return _LICENSES.get(name, "")
