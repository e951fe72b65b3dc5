"""A component of the tests that finds invented identifiers. Import it with --code."""

import re

from spacy.language import Language

from spacy_clinical.identifiers.found import Identifier, set_identifiers

FORMS = {
    ("PATIENT", "name"): r"Jane Quill|QUILL|Zebulon Quarterstaff",
    ("STAFF", "name"): r"(?<=Dr\. )[A-Z][a-z]+",
    ("DATE", "date"): r"\b\d{1,2}/\d{1,2}/\d{4}\b",
    ("ID", "mrn"): r"\b\d{7}\b",
}


@Language.component("test_deidentify_finder")
def find(doc):
    text = doc.text
    if "break down" in text:
        raise ValueError(text)
    rows = [
        Identifier(match.start(), match.end(), label, kind, source="test")
        for (label, kind), form in FORMS.items()
        for match in re.finditer(form, text)
    ]
    set_identifiers(doc, rows)
    return doc
