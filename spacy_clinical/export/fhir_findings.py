"""Start FHIR's resources of findings, and list the entities they are made of."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from spacy_clinical.export.claims import Claims
from spacy_clinical.export.codings import split_entity
from spacy_clinical.export.fhir_note import NoteMaker
from spacy_clinical.export.fhir_relations import Related
from spacy_clinical.export.fhir_status import extend
from spacy_clinical.export.fhir_values import Resource, clean


class FindingMaker(NoteMaker):
    """Make the resources of a note, and start those of its findings.

    claims: What may be stated of them.
    related: What relations say of them.
    """

    def __init__(
        self, record: Mapping[str, Any], subject: str | None, date: str
    ) -> None:
        super().__init__(record, subject, date)
        self.claims = Claims(record)
        self.related = Related(record)

    def list_parts(
        self, labels: frozenset[str], *roles: str
    ) -> Iterator[Mapping[str, Any]]:
        """List entities; those that name several concepts once for each."""
        for ent in self.list_entities(labels, *roles):
            yield from split_entity(ent)

    def list_entities(
        self, labels: frozenset[str], *roles: str
    ) -> list[Mapping[str, Any]]:
        """List entities of some types; with roles only those that have one of them."""
        return [
            ent
            for ent in self.record["entities"]
            if ent["label"] in labels
            and clean(ent.get("text") or "")
            and (not roles or self.claims.find_role_of(ent) in roles)
        ]

    def start_resource(
        self,
        kind: str,
        parts: tuple[object, ...],
        places: Iterable[int],
        finding: Mapping[str, Any],
    ) -> Resource:
        """Start the resource of a finding, and enter it in its sections.

        parts: What its id is made of.
        places (characters): Where it was found.
        """
        self.enter(places, *parts)
        resource = {"resourceType": kind, "id": self.make_id(*parts)}
        return {**resource, **extend(finding)}

    def start_entity(self, kind: str, name: str, ent: Mapping[str, Any]) -> Resource:
        parts = (name, *locate(ent))
        return self.start_resource(kind, parts, [ent["start"]], ent)


def locate(ent: Mapping[str, Any]) -> tuple[int, ...]:
    """Say where an entity is, and which of its concepts is meant, if it isn't the first."""
    part = ent.get("part") or 0
    return (ent["start"], ent["end"], *([part] if part else []))
