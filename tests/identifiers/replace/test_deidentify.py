"""Identifiers are replaced wherever they stand, and nothing of them is left."""

import random
import re
import subprocess
import sys
import time

import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st

import spacy_clinical.identifiers.replace.replacer as replacing
from spacy_clinical.extensions.attributes import record_error
from spacy_clinical.identifiers import deidentify
from spacy_clinical.identifiers.found import Identifier, set_identifiers
from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.identifiers.replace.modes import Modes
from tests.identifiers.replace.notes import KEY, NOTE, SECRETS, make_doc, parse_marks

MODES = ["mask", "tag", "numbered", "surrogate", "shift", "generalize"]


def clean(marked, mode="tag", **options):
    return deidentify(make_doc(marked), mode, key=KEY, **options).text


@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_left_of_a_note_in_any_mode(mode):
    result = deidentify(make_doc(NOTE), mode, key=KEY)
    text, found = parse_marks(NOTE)
    for secret in SECRETS:
        assert secret not in result.text.lower()
    assert "may return" in result.text
    assert len(result.spans) == len(found) + 2
    for row, edit in zip(result.offsets.replaced, result.spans, strict=True):
        assert (row.new_start, row.new_end) == (edit.start, edit.end)
    # What was no identifier is the same on both sides.
    end = 0
    for row in [*result.offsets.replaced, None]:
        stop = len(text) if row is None else row.old_start
        new = slice(*result.offsets.to_new(end, stop))
        assert end == stop or result.text[new] == text[end:stop]
        end = stop if row is None else row.old_end


def test_masks_keep_the_length_and_the_lines():
    marked = "<PATIENT:name>Ann\n Lee</>: pain"
    assert clean(marked, "mask") == "***\n ***: pain"
    result = deidentify(make_doc(NOTE), "mask", key=KEY)
    text = parse_marks(NOTE)[0]
    assert len(result.text) == len(text)
    assert result.text.count("\n") == text.count("\n")


def test_tags_have_labels():
    assert clean("<PATIENT:name>Ann Lee</>, <ID>12345</>") == "[PATIENT], [ID]"


def test_numbered_tags_are_the_same_for_the_same_person():
    marked = (
        "<PATIENT:name>QUILL, JANE A.</> and <PATIENT:name>Mary Quill</>. "
        "<PATIENT:name>Jane Quill</>, <PATIENT:name>J. Quill</>, <STAFF:name>Quill</>, "
        "<PATIENT:name>Mary</>. <STAFF:name>Roger Kelly</>. Dr. <STAFF:name>Kelly</>, "
        "<ID:mrn>0937-884</>, <ID:mrn>0937884</>, <ID:mrn>12345</>"
    )
    assert clean(marked, "numbered") == (
        "[PATIENT-1] and [PATIENT-2]. [PATIENT-1], [PATIENT-1], [STAFF-1], "
        "[PATIENT-2]. [STAFF-2]. Dr. [STAFF-2], [ID-1], [ID-1], [ID-2]"
    )


def test_surrogates_keep_the_format():
    text = clean(NOTE, "surrogate", patient="1")
    lines = text.splitlines()
    assert lines[0].startswith("Pt: ")
    last, rest = lines[0][4:].split(", ")
    assert last.isupper()
    assert rest[: rest.index(" ")].isupper()
    # The patient and her sister stay a family; so does her address.
    assert f"Mrs. {last.capitalize()} may return" in text
    assert text.lower().count(last.lower()) == 5
    assert "@example.com" in text
    assert "555-01" in text
    assert text.count("90+") == 1


def test_surrogates_are_never_the_original():
    rng = random.Random(0)
    for _ in range(40):
        key = Key(rng.randbytes(32))
        for marked in (
            *(
                "<LOC:state>CA</>",
                "<LOC:country>Peru</>",
                "<LOC:city>Lee</>",
                "<ID>7</>",
            ),
            *("<HOSP:hospital>General Hospital</>", "<LOC:zip>02115</>"),
            *("<PATIENT:name>J</>", "<PATIENT:name>Li</>", "<STAFF:username>ab1</>"),
            *("<OTHERPHI:ip>192.0.2.1</>", "<OTHERPHI:url>example.org</>"),
        ):
            doc = make_doc(marked)
            new = deidentify(doc, "surrogate", key=key).text
            assert new.lower() != doc.text.lower()


@pytest.mark.parametrize(
    "marked",
    [
        "<PATIENT:name>Okonkwo-Reyes, Adaeze</>. <PATIENT:name>Adaeze Okonkwo-Reyes</> left.",
        "<PATIENT:name>Adaeze Okonkwo-Reyes</>. <PATIENT:name>Okonkwo-Reyes, Adaeze</> left.",
        "<PATIENT:name>Adaeze Okonkwo-Reyes</>. Okonkwo-Reyes, Adaeze left.",
        "<PATIENT:name>Okonkwo-Reyes, Adaeze</>. ADAEZE OKONKWO-REYES left.",
        "<PATIENT:name>Reyes, Adaeze</>. <PATIENT:name>Adaeze</> <PATIENT:name>Reyes</> left.",
    ],
)
def test_a_person_in_both_orders_has_one_surrogate(marked):
    text = clean(marked, "surrogate")
    first, second = text.removesuffix(" left.").split(". ")
    words = [re.findall(r"[a-z]+", part.lower()) for part in (first, second)]
    assert sorted(words[0]) == sorted(words[1])
    assert len(set(words[0])) == len(words[0])
    straight = first if "," in second else second
    turned = second if "," in second else first
    last, given = turned.lower().split(", ")
    assert straight.lower() == f"{given} {last}"
    assert clean(marked, "numbered") == "[PATIENT-1]. [PATIENT-1] left."


def test_all_dates_of_a_patient_move_together():
    marked = (
        "<DATE:date>07/01/2019</> <DATE:date>7/15</> <DATE:weekday>Monday</> <AGE>92</>"
    )
    text = clean(marked, "shift", patient="1")
    same = clean("<DATE:date>2019-07-01</>", "shift", patient="1")
    assert text[:10] == f"{same[5:7]}/{same[8:]}/{same[:4]}"
    assert text.endswith(" 90+")
    assert clean(marked, "shift", patient="2")[:10] != text[:10]
    # The note alone, without a patient, is always moved alike.
    assert clean(marked, "shift") == clean(marked, "shift")


def test_what_cannot_be_moved_is_tagged():
    marked = "<DATE:holiday>Easter</>, <DATE:date>2/30/2019</>, <DATE:time>10:30</>"
    assert clean(marked, "shift") == "[DATE], [DATE], 10:30"


@pytest.mark.parametrize(
    ("age", "new"),
    [
        *(("89", "89"), ("90", "90+"), ("104", "90+"), ("72-year-old", "72-year-old")),
        *(("93-year-old", "90+-year-old"), ("ninety-two", "90+"), ("90+", "90+")),
        ("6 months", "6 months"),
    ],
)
def test_ages_are_kept_up_to_89(age, new):
    assert replacing.generalize_age(age) == new


def test_safe_harbor_keeps_what_it_may():
    text = deidentify(make_doc(NOTE), preset="safe_harbor").text
    for kept in ("Roger Kelly", "Brigham Health Center", "2019", "CA 032", "90+"):
        assert kept in text
    for secret in ("1928", "Quill", "San Diego", "03245", "07/01", "Monday", "91"):
        assert secret not in text
    # Places with few people.
    sparse = deidentify(make_doc("<LOC:zip>03601</>"), preset="safe_harbor")
    assert sparse.text == "000"


def test_strict_keeps_nothing():
    text = deidentify(make_doc(NOTE), preset="strict").text
    assert not any(map(str.isdigit, text))
    assert "CA" not in text


def test_modes_differ_by_label_and_kind():
    mode = {"DATE": "shift", "mrn": "mask", "STAFF": "keep", "*": "numbered"}
    result = deidentify(make_doc(NOTE), mode, key=KEY)
    assert "Roger Kelly" in result.text
    assert "MRN: *******" in result.text
    assert "[PATIENT-1]" in result.text
    assert {span.mode for span in result.spans} >= {"shift", "mask", "keep", "numbered"}
    kept = [span for span in result.spans if span.mode == "keep"]
    assert [result.text[span.start : span.end] for span in kept] == ["Roger Kelly"]


def test_a_kept_name_that_is_the_patients_too_goes():
    marked = "<PATIENT:name>Ann Kelly</> seen by <STAFF:name>Roger Kelly</>"
    text = deidentify(make_doc(marked), "tag", keep="STAFF").text
    assert text == "[PATIENT] seen by Roger [PATIENT]"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"mode": "erase"}, r"\[C890\].*mode 'erase'.*mask, tag"),
        ({"mode": {"DATE": "erase"}}, r"\[C890\].*mode 'erase'"),
        ({"mode": {"DAT": "mask"}}, r"\[C890\].*label or kind 'DAT'.*PATIENT.*zip"),
        ({"keep": "FOO"}, r"\[C890\].*label or kind 'FOO'"),
        ({"mode": {"dat": "tag"}}, r"\[C890\].*label or kind 'dat'.*PATIENT"),
        ({"preset": "hipaa"}, r"\[C890\].*preset 'hipaa'.*safe_harbor, strict"),
        ({"keep": "nobody"}, r"\[C890\].*label or kind 'nobody'"),
    ],
)
def test_names_that_there_are_not_are_refused(options, code):
    with pytest.raises(ValueError, match=code):
        deidentify(make_doc(NOTE), **options)


def test_labels_of_other_checkpoints_are_given():
    modes = Modes({"PERSON": "mask", "date": "tag"}, labels=["PERSON", "Date"])
    assert modes.get("PERSON", "") == "mask"
    assert modes.names["date"] == "tag"
    with pytest.raises(ValueError, match=r"\[C890\].*'PERSN'.*PERSON"):
        Modes({"PERSN": "mask"}, labels=["PERSON"])


def test_a_key_may_be_given_as_bytes():
    secret = b"a key of the tests, which is no secret"
    text = deidentify(make_doc(NOTE), "surrogate", key=secret, patient="1").text
    assert text == clean(NOTE, "surrogate", patient="1")
    other = deidentify(make_doc(NOTE), "surrogate", key=secret.decode(), patient="1")
    assert other.text == text
    with pytest.raises(ValueError, match=r"\[C891\].*5 bytes"):
        deidentify(make_doc(NOTE), "surrogate", key=b"short")


def test_without_a_key_that_is_said(monkeypatch):
    monkeypatch.delenv("SPACY_CLINICAL_KEY", raising=False)
    with pytest.warns(UserWarning, match=r"\[W890\]"):
        deidentify(make_doc(NOTE), "shift")
    # Tags follow from no key.
    deidentify(make_doc(NOTE), "tag")


def test_other_processes_make_the_same_surrogates():
    code = (
        "from tests.identifiers.replace.notes import *; from spacy_clinical.identifiers import *;"
        "print(deidentify(make_doc(NOTE), 'surrogate', key=KEY, patient='1').text)"
    )
    run = [sys.executable, "-c", code]
    printed = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert printed.strip() == clean(NOTE, "surrogate", patient="1").strip()


def test_surrogates_without_faker_say_what_is_missing(monkeypatch):
    import spacy_clinical.identifiers.replace.names as names

    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(names, "import_module", refuse)
    names.load_lists.cache_clear()
    names._list_pool.cache_clear()
    names._find_culture.cache_clear()
    names._list_only_english.cache_clear()
    with pytest.raises(ImportError, match=r"\[C894\].*spacy-clinical\[surrogates\]"):
        clean(NOTE, "surrogate")


def test_a_doc_in_which_nothing_has_looked_for_identifiers_is_refused():
    doc = spacy.blank("en")("Ann Lee")
    with pytest.raises(ValueError, match=r"\[C893\].*the Doc has no doc.spans"):
        deidentify(doc)


def test_a_doc_on_which_a_component_failed_is_refused():
    doc = make_doc(NOTE)
    record_error(doc, "finder", ValueError("Ann Lee"))
    with pytest.raises(
        RuntimeError, match=r"\[C895\].*component 'finder' failed"
    ) as caught:
        deidentify(doc)
    assert "Ann" not in str(caught.value)


# Bad input


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "marked",
    [
        "",
        " \n\t ",
        "pain",
        "<PATIENT:name>Ann Lee</>",
        "<ID> </>",
        "<PATIENT>***</>",
        "<PATIENT:name>Jose\u0301 Mu\u0308ller</>: JOS\u00c9 m\u00fcller",
        "<PATIENT:name>\u05d9\u05e2\u05dc \u05db\u05d4\u05df</> \u05db\u05d0\u05d1 \u05db\u05d4\u05df",
        "<PATIENT:name>\u0645\u062d\u0645\u062f \u200f\u0639\u0644\u064a</>",
        "<PATIENT:name>\U00010330\U00010331</> \U0001f915",
        "a\x00<ID>b\x07c</>",
    ],
)
def test_odd_notes_are_cleaned(marked, mode):
    doc = make_doc(marked)
    result = deidentify(doc, mode, key=KEY, patient="1")
    for part in parse_marks(marked)[1]:
        old = doc.text[part.start : part.end].strip()
        assert len(old) < 2 or not old.strip("*") or old not in result.text


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        # In other letters, with other accents, over line ends.
        ("<PATIENT:name>Jos\u00e9 Pe\u00f1a</>. JOSE PENA", "[PATIENT]. [PATIENT]"),
        (
            "<PATIENT:name>Ann Quill</>. QUILL,\n  ANN",
            "[PATIENT]. [PATIENT]",
        ),
        (
            "<PATIENT:name>Quill</>, Q\u03c5ill, qu\u00adill",
            "[PATIENT], [PATIENT], [PATIENT]",
        ),
        (
            "<PATIENT:name>Quill-Berg</>: Quill, quillberg",
            "[PATIENT]: [PATIENT], quillberg",
        ),
        ("<PHONE>(634)743-5135</>, 634 743 5135", "[PHONE], [PHONE]"),
        ("<HOSP>Quill Clinic</>; QUILL CLINIC; Quill", "[HOSP]; [HOSP]; Quill"),
        # Broken by a line end.
        ("<PATIENT:name>Ann Qui-\nllson</>: Quillson, ll", "[PATIENT]: [PATIENT], ll"),
        (
            "<PATIENT:name>Quillson</>. Quill-\n  son, her son",
            "[PATIENT]. [PATIENT], her son",
        ),
        # What places are, not which.
        ("<HOSP>Emergency Department</>. Department", "[HOSP]. Department"),
        # Words that are names and words.
        (
            "<PATIENT:name>Hope May</>. Hope hopes, may, May",
            "[PATIENT]. [PATIENT] hopes, may, [PATIENT]",
        ),
        (
            "<PATIENT:name>Do Li</>. Do not. li, Li.",
            "[PATIENT]. Do not. li, [PATIENT].",
        ),
        ("<PATIENT:name>hope may</>. hope, Hope", "[PATIENT]. [PATIENT], [PATIENT]"),
        ("<PATIENT:name>Hope May</>. hope may", "[PATIENT]. [PATIENT]"),
        # Within longer numbers, if they are long themselves.
        ("<ID>123456</>, 91234567, 99", "[ID], [ID], 99"),
        ("<ID>12345</>, 9123456, x12345", "[ID], 9123456, x[ID]"),
        ("<ID>AB1234</>, XAB1234, AB 1234", "[ID], XAB1234, [ID]"),
        # Neither ages nor short numbers and dates.
        (
            "<AGE>77</>, 77 mg; <DATE>3/4</>, power 3/4",
            "[AGE], 77 mg; [DATE], power 3/4",
        ),
        ("<DATE>03/04/2019</>. 03/04/2019", "[DATE]. [DATE]"),
        (
            "<PATIENT:name>Dr. Ann Quill, MD</>. The MD, Dr. Lee",
            "[PATIENT]. The MD, Dr. Lee",
        ),
    ],
)
def test_what_was_found_once_is_found_everywhere(marked, text):
    assert clean(marked) == text


def test_overlapping_spans_become_one():
    doc = spacy.blank("en")("Ann Lee Smith, MRN 12345")
    rows = [
        Identifier(0, 7, "PATIENT", "name", 0.9),
        Identifier(4, 13, "STAFF", "name", 0.5),
        Identifier(8, 13, "LOC", "city", 0.9),
        Identifier(19, 24, "ID", "mrn", 1.0),
        Identifier(19, 24, "PHONE", "phone", 0.4),
    ]
    set_identifiers(doc, rows)
    assert deidentify(doc).text == "[STAFF], MRN [ID]"


def test_a_long_note_takes_linear_time():
    parts = [
        f"<PATIENT:name>Name{chr(97 + i % 26)}{chr(97 + i // 26 % 26)} Quill</> had pain on "
        f"<DATE:date>{1 + i % 12}/{1 + i % 28}/2019</>, MRN <ID:mrn>{1_000_000 + i}</>. "
        + "No fever, no chills. "
        * 3
        for i in range(14_000)
    ]
    doc = make_doc("".join(parts))
    assert len(doc.text) > 1_500_000
    start = time.process_time()
    result = deidentify(doc, "numbered", key=KEY)
    # Quadratic time would be hours.
    assert time.process_time() - start < 120
    assert "Quill" not in result.text


words = st.text(
    st.characters(categories=["Lu", "Ll", "Lo", "Mn"]), min_size=4, max_size=9
)


@settings(max_examples=60, deadline=None)
@example(names=["STREET"], mode="mask", rng=random.Random(0))
@example(names=["Room", "Center"], mode="tag", rng=random.Random(0))
@given(st.lists(words, min_size=1, max_size=4), st.sampled_from(MODES), st.randoms())
def test_planted_names_are_gone(names, mode, rng):
    """Whatever a name looks like, it isn't left at any of its places."""
    name = " ".join(names)
    text = f"Seen: {name}. {name.upper()} has pain, and {rng.choice(names)}, too."
    doc = spacy.blank("en")(text)
    set_identifiers(doc, [Identifier(6, 6 + len(name), "PATIENT", "name")])
    result = deidentify(doc, mode, key=KEY)
    assert name not in result.text
    assert name.upper() not in result.text
    start = result.offsets.to_new(6 + len(name), len(text))[0]
    for row in result.offsets.replaced[1:]:
        assert row.new_start >= start
