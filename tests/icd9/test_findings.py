import pytest
import spacy
from spacy.tokens import Span

from spacy_clinical.extensions.assertion_attributes import mark_assertion
from spacy_clinical.icd9.findings import Finding, Findings, read_findings


@pytest.mark.parametrize(
    ("rows", "holds"),
    [
        ([], True),
        ([("X", False)], False),
        ([("X", False), ("X", True)], True),
        # Neither age nor part of the body carries a code beside a finding.
        ([("Age", True), ("Sign_symptom", False)], False),
        ([("Age", True), ("DISEASE", False), ("Medication", True)], True),
        ([("Age", False)], False),
    ],
)
def test_a_part_may_hold_unless_all_that_is_found_does_not(rows, holds):
    findings = Findings(
        Finding(i, i + 1, label, may_hold) for i, (label, may_hold) in enumerate(rows)
    )
    assert findings.may_hold(0, 10) is holds
    # Elsewhere nothing was found.
    assert findings.may_hold(10, 20)


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("is_negated", False),
        ("is_family", False),
        ("is_hypothetical", False),
        ("is_uncertain", True),
        ("is_historical", True),
    ],
)
def test_denied_and_family_and_hypothetical_findings_do_not_hold(name, holds):
    doc = spacy.blank("en")("fever and cough")
    doc.ents = [Span(doc, 0, 1, "X"), Span(doc, 2, 3, "X")]
    assert read_findings(doc).may_hold(0, 5)
    mark_assertion(doc.ents[0], [name])
    assert read_findings(doc).may_hold(0, 5) is holds
    assert read_findings(doc).may_hold(10, 15)


def test_negex_counts():
    Span.set_extension("negex", default=False, force=True)
    doc = spacy.blank("en")("fever")
    doc.ents = [Span(doc, 0, 1, "X")]
    doc.ents[0]._.negex = True
    assert not read_findings(doc).may_hold(0, 5)
    Span.remove_extension("negex")
