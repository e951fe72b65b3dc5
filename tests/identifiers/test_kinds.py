"""Rules, modes, presets and surrogates know the same kinds of identifiers."""

from itertools import chain
from pathlib import Path

import pytest

from spacy_clinical.identifiers import (
    addresses,
    ages,
    contacts,
    dates,
    deidentify,
    facilities,
    numbers,
    spoken,
    times,
)
from spacy_clinical.identifiers.found import (
    KINDS,
    KINDS_BY_LABEL,
    LABELS,
    set_identifiers,
)
from spacy_clinical.identifiers.matching import Rule
from spacy_clinical.identifiers.placeholders import _MEANINGS
from spacy_clinical.identifiers.replace.modes import _FITTING, PRESETS, REST, Modes
from tests.identifiers.marked import find
from tests.identifiers.replace.notes import KEY, make_doc

MODULES = (addresses, ages, contacts, dates, facilities, numbers, spoken, times)
DOCS = Path(__file__).parents[2] / "docs" / "deidentification.md"
# What rules yield beside the kinds of their patterns.
OTHERS = {
    *{("PATIENT", "name"), ("STAFF", "name"), ("AGE", "over_89"), ("EMAIL", "email")},
    *{("PHONE", "fax"), ("PHONE", "pager"), ("DATE", "birth")},
}
# An identifier of each kind, as it is written.
WRITTEN = {
    **{"name": "Ann Quill", "age": "91", "over_89": "ninety-one", "date": "07/01/2019"},
    **{"birth": "1/21/1928", "month": "June 2019", "year": "2019", "season": "summer"},
    **{"weekday": "Monday", "holiday": "Easter", "time": "10:30"},
    **{"phone": "(634)743-5135", "fax": "634-743-5135", "pager": "634-743-5135"},
    **{"extension": "4412", "mrn": "0937884", "ssn": "123-45-6789"},
    **{"nhs": "943 476 5919", "npi": "1234567893", "dea": "AB1234563"},
    **{"insurance": "XQJ884920193", "account": "GB29NWBK60161331926819"},
    **{"license": "D4839201", "device": "ZB-9920-118", "vehicle": "1M8GDM9AXKP042788"},
    **{"specimen": "S21-04412", "biometric": "48-12A", "username": "quill7"},
    **{"id": "HCS843", "number": "4482911", "email": "ann.quill@example.net"},
    **{"organization": "Quill & Sons Ltd", "street": "12 Quay Street", "box": "Box 12"},
    **{"unit": "3B", "city": "San Diego", "county": "Kent", "state": "CA"},
    **{"country": "Peru", "zip": "02115-1234", "postcode": "SW1A 1AA"},
    **{"coordinates": "42.3601, -71.0589", "hospital": "Quill Clinic", "room": "412-B"},
    **{"url": "https://quill.org/ann", "ip": "10.1.2.3", "social": "@ann_quill"},
}


def list_written_kinds():
    """List the labels and kinds that rules can write."""
    found = set(OTHERS)
    for value in chain.from_iterable(vars(module).values() for module in MODULES):
        for rule in value if isinstance(value, list) else [value]:
            if isinstance(rule, Rule):
                found |= {(rule.label, kind) for _, kind in rule.groups}
    return found | {(label, kind) for label, kind, _ in _MEANINGS if kind}


def test_kinds_are_those_that_rules_write():
    known = {(label, kind) for label, own in KINDS_BY_LABEL.items() for kind in own}
    assert list_written_kinds() == known
    assert set(KINDS_BY_LABEL) == set(LABELS)


def test_presets_name_only_kinds_and_labels():
    for names in (*PRESETS.values(), *_FITTING.values()):
        assert set(names) <= {*KINDS, *LABELS, REST}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_modes_and_surrogates_and_is_documented(kind):
    assert Modes({kind: "mask"}).get("OTHERPHI", kind) == "mask"
    assert f"`{kind}`" in DOCS.read_text("utf8")
    label = next(label for label, own in KINDS_BY_LABEL.items() if kind in own)
    result = deidentify(
        make_doc(f"<{label}:{kind}>{WRITTEN[kind]}</>"), "surrogate", key=KEY
    )
    # Seasons and holidays can't be moved.
    kept = {"age": "90+", "over_89": "90+", "time": "10:30"}
    tagged = {"season": "[DATE]", "holiday": "[DATE]"}
    known = {**kept, **tagged}.get(kind)
    if known is not None:
        assert result.text == known
        return
    assert result.text.lower() != WRITTEN[kind].lower()
    assert "[" not in result.text
    # The check digit of a vehicle's number may be an X.
    if label == "ID" and kind not in ("username", "vehicle"):
        shapes = [
            "".join("9" if c.isdigit() else "A" if c.isalpha() else c for c in written)
            for written in (result.text, WRITTEN[kind])
        ]
        assert shapes[0] == shapes[1]


def test_three_digits_of_zip_codes_that_rules_find_stay():
    text = "Lives in San Diego, CA 92103. Zip code: 02115-1234. From Keene, NH 03601."
    doc = make_doc(text)
    set_identifiers(doc, find(text))
    result = deidentify(doc, preset="safe_harbor")
    assert result.text == ("Lives in [LOC], CA 921. Zip code: 021. From [LOC], NH 000.")
