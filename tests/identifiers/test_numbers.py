import pytest

from tests.identifiers.marked import find, read_marked, show

NUMBERS = """
mrn|MRN: [[1123443334]]; MR# [[5567120]]; Med Rec #: [[0038827]]; Medical Record Number [[00-48-29-17]]
mrn|Unit No: [[123987]]; Hospital number: [[A123456]]; MC #[[0937884]]
ssn|SSN [[412-55-9087]]; SSN: [[333224444]]; social security number is [[123 45 6789]]
nhs|NHS No: [[943 476 5919]]; NHS number [[9434765919]]
npi|NPI: [[1234567893]]; NPI [[1093817465]]
insurance|Member ID: [[XQJ884920193]]; Policy #[[88-1234-A]]; Medicare No. [[1EG4-TE5-MK73]]
account|Account Number: [[345678]]; CSN: [[400283746]]; FIN: [[88-20394857]]
license|Driver's license [[D4839201]]; License #: [[G-44810]]; Passport No. [[X1234567]]
device|Serial No. [[ZB-9920-118]]; S/N [[RNB482910H]]; Lot [[61823345]]
specimen|Accession: [[CT-22-0098127]]; Case: [[S21-04412]]; Job #: [[5583921]]
vehicle|VIN: [[1M8GDM9AXKP042788]]; license plate [[7ABC123]]
dea|DEA# [[AB1234563]]
id|ID: [[7748291]]; employee pin: [[88123]]
"""
FORMS = """
ssn|[[412-55-9087]]
npi|[[1234567893]]
insurance|[[1EG4-TE5-MK73]] and [[AB 12 34 56 C]]
account|[[4111 1111 1111 1111]] and [[GB29 NWBK 6016 1331 9268 19]]
license|[[12345678Z]]
vehicle|[[1M8GDM9AXKP042788]]
device|[[00:1B:44:11:3A:B7]]
id|[[123e4567-e89b-12d3-a456-426614174000]]
number|[[203078398]] and [[E12345678]]
specimen|[[S21-04412]]
"""
NO_NUMBERS = """
platelets 250000; 1000000 copies/mL; 10000000 CFU; WBC 4500
ICD-10: C50.912; CPT: 88307; CPT code 9921312; PMID 12345678; NCT01234567; SNOMED 22298006; NDC 0002-1433-80
rs1234567; CYP2D6; HLA-B2705; OMIM 606463; T1N2M0; SARS-CoV-2; IL-6; CD4
patient 10; case 2; lead 12; unit 4; group 3; order 2; study 301; lot of pain; plan: 2 units
Na 140, K 4.2, Cl 104; HbA1c 58 mmol/mol; size 5; 16 Fr
C*07020101 and 187,321-768-188
T-score -2.5; 2-0 Vicryl, 3-0 nylon; Block A1-A4; PHQ-9; 4 West
"""


@pytest.mark.parametrize("row", NUMBERS.strip().split("\n"))
def test_numbers_with_labels_are_found(row):
    kind, marked = row.split("|")
    text, expected = read_marked(marked)
    rows = find(text)
    assert show(text, rows) == expected
    assert {(r.label, r.kind) for r in rows} == {("ID", kind)}


@pytest.mark.parametrize("row", FORMS.strip().split("\n"))
def test_numbers_without_labels_are_found(row):
    kind, marked = row.split("|")
    text, expected = read_marked(marked)
    rows = find(text)
    assert show(text, rows) == expected
    assert {(r.label, r.kind) for r in rows} == {("ID", kind)}


@pytest.mark.parametrize("text", NO_NUMBERS.strip().split("\n"))
def test_what_looks_like_a_number_of_a_person_is_none(text):
    assert show(text, find(text)) == []


def test_run_together_text_is_found():
    text = "Consult NotePt: Ulysses Ogrady MC #0937884Date: 07/01/19 and"
    rows = find(text)
    assert show(text, rows) == ["Ulysses Ogrady", "0937884", "07/01/19"]
