"""Show on pages what entities mean: name and id of a concept, and a link if one is set."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from spacy_clinical.concepts.systems import name_system
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.codings import find_system
from spacy_clinical.export.concepts import list_parts

# Where the public shows its concepts, by the names of systems.
KNOWN_LINKS = {
    "HP": "https://hpo.jax.org/browse/term/HP:{code}",
    "LOINC": "https://loinc.org/{code}",
    "MESH": "https://meshb.nlm.nih.gov/record/ui?ui={code}",
    "MONDO": "https://monarchinitiative.org/MONDO:{code}",
    "OMIM": "https://omim.org/entry/{code}",
    "OMOP": "https://athena.ohdsi.org/search-terms/terms/{code}",
    "RXNORM": "https://mor.nlm.nih.gov/RxNav/search?searchBy=RXCUI&searchTerm={code}",
    "SNOMEDCT": "https://browser.ihtsdotools.org/?conceptId1={code}",
    "UMLS": "https://uts.nlm.nih.gov/uts/umls/concept/{code}",
}
CODE = "{code}"
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?/[^\s<>\"'\\^`|]*")


class ShownConcept(NamedTuple):
    """A concept on a page.

    name: "" if it is unknown.
    url: Where more of it is; "" without a link.
    """

    name: str
    id: str
    url: str

    @property
    def words(self) -> str:
        """Its name with its id."""
        return f"{self.name} ({self.id})" if self.name else self.id


def parse_links(links: Iterable[str]) -> dict[str, str]:
    """Read where to link concepts to.

    links: "SYSTEM=URL" each, with {code} in the URL; or a system of `KNOWN_LINKS`.
    RETURNS: URLs by the names of systems.
    RAISES ValueError: C930, at anything else.
    """
    parsed = {}
    for link in links:
        name, equals, url = link.partition("=")
        system, url = name_system(name), url.strip()
        if not equals:
            url = KNOWN_LINKS.get(system, "")
        reason = "" if system else "it names no system"
        if not equals and not url:
            reason = "it has no URL"
        elif not _URL.fullmatch(url):
            reason = "its URL isn't https:// or http:// with a host and a path"
        elif CODE not in url.partition("://")[2].partition("/")[2]:
            reason = f"its URL has no {CODE} behind the host"
        if reason:
            written = " ".join(link.split())
            raise CodedValueError(
                Errors.C930.format(
                    link=written, reason=reason, known=", ".join(KNOWN_LINKS)
                )
            )
        parsed[system] = url
    return parsed


def show_concepts(
    entity: Mapping[str, Any], links: Mapping[str, str]
) -> list[ShownConcept]:
    """List the concepts of an entity for a page.

    entity: Its record.
    links: As `parse_links` returns them.
    """
    concepts: list[Mapping[str, Any]] = [*list_parts(entity)]
    if not concepts and entity.get("kb_id"):
        concepts = [{"id": entity["kb_id"]}]
    return [
        ShownConcept(str(one.get("name") or ""), str(one["id"]), _make_link(one, links))
        for one in concepts
    ]


def _make_link(concept: Mapping[str, Any], links: Mapping[str, str]) -> str:
    system, code = find_system(concept)
    # Halves of surrogate pairs can't be in a URL.
    written = quote(code.encode("utf8", "replace"), safe="")
    return links[system].replace(CODE, written) if system in links else ""
