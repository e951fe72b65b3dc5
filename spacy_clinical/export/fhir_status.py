"""Make what FHIR's resources say of how sure a finding is: statuses and extensions."""

from collections.abc import Mapping
from typing import Any

from spacy_clinical.export.claims import read_assertion
from spacy_clinical.export.fhir_values import (
    ALLERGY_CLINICAL,
    ALLERGY_STATUS,
    Resource,
    make_extensions,
    make_status,
)
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES


def is_denied(finding: Mapping[str, Any]) -> bool:
    """Check whether a note denies a finding."""
    return read_assertion(finding).is_negated


def extend(finding: Mapping[str, Any]) -> Resource:
    """Make the extensions of a finding: its score and attributes."""
    said = {name: True for name in CONTEXT_ATTRIBUTES if finding.get(name) is True}
    attributes = {**said, **(finding.get("attributes") or {})}
    return make_extensions(finding.get("score"), attributes)


def verify(
    system: str, finding: Mapping[str, Any], *, uncertain: str = "unconfirmed"
) -> Resource:
    """Make the status of a finding: refuted, or unconfirmed, as no finding is
    confirmed.

    uncertain: Of what the note itself says is uncertain.
    """
    assertion = read_assertion(finding)
    status = uncertain if assertion.is_uncertain else "unconfirmed"
    code = "refuted" if assertion.is_negated else status
    return make_status("verificationStatus", system, code)


def show_allergy(finding: Mapping[str, Any]) -> Resource:
    """Make the two statuses of an allergy: FHIR asks for the clinical one (ait-1)."""
    assertion = read_assertion(finding)
    is_over = assertion.is_negated or assertion.is_historical
    return {
        **make_status(
            "clinicalStatus", ALLERGY_CLINICAL, "inactive" if is_over else "active"
        ),
        **verify(ALLERGY_STATUS, finding),
    }
