"""Write concepts as FHIR's codings: system, code, display and version.

A concept's own code comes first, with its name, and the version of its vocabulary; then its
cross-references to systems that have one code for it. Where a system has several, none is
certain to mean the same, so they are left out. Vocabularies without a system that HL7 or
their publishers have named get urn:spacy-clinical:vocabulary:NAME.

SOURCE: HL7 Terminology (THO), terminology.hl7.org; OBO Foundry, for its ontologies.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from spacy_clinical.concepts.systems import name_system, split_xref
from spacy_clinical.export.concepts import ConceptRecord, list_parts
from spacy_clinical.export.fhir_values import SNOMED, Resource, clean, make_extensions

_OBO = "http://purl.obolibrary.org/obo"
URIS = {
    "ATC": "http://www.whocc.no/atc",
    "CHEBI": f"{_OBO}/chebi.owl",
    "CPT4": "http://www.ama-assn.org/go/cpt",
    "CVX": "http://hl7.org/fhir/sid/cvx",
    "DOID": f"{_OBO}/doid.owl",
    "HP": "http://human-phenotype-ontology.org",
    "ICD10": "http://hl7.org/fhir/sid/icd-10",
    "ICD10CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD9CM": "http://hl7.org/fhir/sid/icd-9-cm",
    "LOINC": "http://loinc.org",
    "MEDDRA": "https://www.meddra.org",
    "MESH": "https://www.nlm.nih.gov/mesh",
    "MONDO": f"{_OBO}/mondo.owl",
    "NCIT": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "OMIM": "http://www.omim.org",
    "OMOP": "https://fhir-terminology.ohdsi.org",
    "ORPHA": "http://www.orpha.net",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "SNOMEDCT": SNOMED,
    "UMLS": "http://www.nlm.nih.gov/research/umls",
}
# Systems whose codes have their prefix: HP:0001250.
_PREFIXED = frozenset({"CHEBI", "DOID", "HP", "MONDO"})
_OWN = "urn:spacy-clinical:vocabulary:"
UNKNOWN = "unknown"


def find_system(concept: Mapping[str, Any]) -> tuple[str, str]:
    """Find the code system of a concept's id, and its code there.

    concept: As `ConceptRecord` says; at least its id.
    RETURNS: Their names: "MESH", "D003924". The system of an id without a known prefix
        is that of its vocabulary; "" without one.
    """
    prefix = split_xref(concept["id"])
    if prefix is not None and prefix[0] in URIS:
        return prefix
    return name_system(concept.get("vocabulary") or ""), concept["id"]


def make_code(ent: Mapping[str, Any]) -> Resource:
    """Make the CodeableConcept of an entity: its text, and codings of its concept.

    ent: Its record. One with several concepts gets no codings, as all codings of a
        CodeableConcept mean the same: see `split_entity`.
    """
    codings = make_codings(ent)
    return {
        **({"coding": codings} if codings else {}),
        "text": clean(ent["text"]),
    }


def make_codings(ent: Mapping[str, Any]) -> list[Resource]:
    """Make the codings of an entity's concept; none if it has none, or several."""
    parts = list_parts(ent)
    if len(parts) > 1 or not (parts or ent.get("kb_id")):
        return []
    concept = parts[0] if parts else ConceptRecord(id=ent["kb_id"])
    return list(_list_codings(concept))


def split_entity(ent: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Split an entity that names several concepts: "breast and ovarian cancer".

    RETURNS: A copy for each concept, with its number as `part`; or the entity.
    """
    parts = list_parts(ent)
    if len(parts) < 2:
        return [ent]
    return [
        {**ent, "kb_id": part["id"], "concept": part, "part": number}
        for number, part in enumerate(parts)
    ]


def _list_codings(concept: ConceptRecord) -> Iterator[Resource]:
    system, code = find_system(concept)
    own = _make_coding(system, code)
    if own:
        version, name = (
            clean(concept.get("version") or ""),
            clean(concept.get("name") or ""),
        )
        vocabulary = name_system(concept.get("vocabulary") or "")
        if version and version != UNKNOWN and system == vocabulary:
            own["version"] = version
        if name:
            own["display"] = name
        yield {**own, **make_extensions(concept.get("score"), None)}
    for other, codes in (concept.get("xrefs") or {}).items():
        if other != system and other in URIS and len(codes) == 1:
            coding = _make_coding(other, codes[0])
            if coding:
                yield coding


def _make_coding(system: str, code: str) -> Resource:
    """Make a coding; {} without a system or a code."""
    written, system = clean(code), clean(system)
    if not system or not written:
        return {}
    if system in _PREFIXED:
        written = f"{system}:{written}"
    uri = URIS.get(system) or f"{_OWN}{quote(system.lower(), safe='')}"
    return {"system": uri, "code": written}
