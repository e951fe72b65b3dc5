"""Notes, Docs and records that the tests of exports share."""

import functools
import json
import re
from pathlib import Path

import spacy
from spacy.tokens import SpanGroup

from spacy_clinical.export.arrow import read_parquet, write_parquet
from spacy_clinical.export.docs import load_tokenizer
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.extensions.attributes import add_to
from spacy_clinical.extensions.concept_attributes import Linked, set_concepts
from spacy_clinical.types import Note
from tests.conftest import NOTES, load_blank, load_shipped

EXAMPLES = Path(__file__).parents[2] / "examples" / "notes"
TEXT = (
    "HPI:\nHas pneumonia <b>&\x00 fever.\n\n"
    "MEDICATIONS: aspirin 81 mg daily\n\nLABS: Sodium 140\n"
)
ENTS = [
    ("Disease_disorder", "pneumonia"),
    ("Medication", "aspirin"),
    ("Dosage", "81 mg daily"),
    ("Diagnostic_procedure", "Sodium"),
    ("Lab_value", "140"),
]
CODE = {
    "code": "486",
    "label": "486",
    "title": "Pneumonia, organism unspecified",
    "chapter": "Diseases of the respiratory system",
    "chapter_codes": "460-519",
    "ccs": ["122"],
    "icd10": ["J18"],
    "score": 0.9,
    "evidence": [{"section": "hpi", "start": 5, "end": 18, "score": 0.9}],
}
ERROR = {"component": "x", "code": "", "type": "ValueError", "message": "[C312] No."}


def make_doc():
    """Make a Doc with three sections, five entities and a code."""
    doc = load_blank("clinical_section_splitter")(TEXT)
    spans = []
    for label, text in ENTS:
        start = TEXT.index(text)
        spans.append(doc.char_span(start, start + len(text), label=label))
    doc.ents = spans
    scores = [0.5 + i / 10 for i in range(len(spans))]
    doc.spans["ner"] = SpanGroup(doc, spans=spans, attrs={"scores": scores})
    doc._.icd9 = [CODE]
    return doc


def make_one_record():
    """Make the record of that Doc."""
    return make_record(Note("n1", TEXT, {"patient_id": "p7"}, "x.txt"), make_doc())


def make_failed_record():
    """Make the record of a note that the pipeline failed on."""
    doc = load_blank()("")
    doc._.clinical_error = ERROR
    return make_record(Note("n2", "Lost.", {}, "x.txt"), doc)


@functools.cache
def annotate_notes():
    """Run the shipped pipeline on odd notes, examples, and paragraphs of others."""
    nlp = load_shipped()
    texts = [path.read_text("utf8") for path in EXAMPLES.glob("*.txt")]
    short, other, long, *_ = sorted(texts, key=len)
    texts = [*NOTES, short, other, *re.split(r"\n\n+", long)]
    assert len(texts) > 15
    notes = [
        Note(f"n {i}/\U0001f915", text, {"n": i, "deep": {"a": [None, 1.5]}}, f"x:{i}")
        for i, text in enumerate(texts)
    ]
    return list(zip(notes, nlp.pipe(texts), strict=True))


@functools.cache
def list_records():
    """The records of these notes, and of one that failed."""
    found = [make_record(note, doc) for note, doc in annotate_notes()]
    return [*found, make_failed_record()]


SAID = (
    "Seen for a cough. Denies fever. Possible gout. Mother had asthma. Stroke in 2009.\n"
    "Return if zosterix develops.\n"
)
FINDINGS = {
    "cough": set(),
    "fever": {"is_negated"},
    "gout": {"is_uncertain"},
    "asthma": {"is_family"},
    "Stroke": {"is_historical"},
    "zosterix": {"is_hypothetical"},
}


@functools.cache
def load_assertion(**config):
    """Make a pipeline that finds the words above as disorders, and assesses them."""
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    ruler = nlp.add_pipe("entity_ruler")
    patterns = [{"label": "Disease_disorder", "pattern": word} for word in FINDINGS]
    drugs = [{"label": "Medication", "pattern": w} for w in ("warfarin", "aspirin")]
    care = [{"label": "Therapeutic_procedure", "pattern": "dialysis"}]
    ruler.add_patterns([*patterns, *drugs, *care])
    nlp.add_pipe("clinical_assertion", config=config)
    return nlp


def make_assessed(text=SAID):
    """Make the record of a note that clinical_assertion has assessed."""
    return make_record(Note("n1", text, {}, "x.txt"), load_assertion()(text))


LINKED_TEXT = (
    "HPI:\nHas pneumonia and fever. Breast cancer: breast and ovarian cancer.\n\n"
    "MEDICATIONS: aspirin 81 mg daily\n"
)
LINKED = {
    "pneumonia": {
        **{"id": "MONDO:0005249", "name": "pneumonia", "vocabulary": "mondo"},
        **{"version": "2025-01", "types": ["disease"]},
        "xrefs": {
            **{"ICD9CM": ["486"], "ICD10CM": ["J18.9"], "UMLS": ["C0032285"]},
            **{"SNOMEDCT": ["233604007"], "MESH": ["D011014"], "OMIM": ["1", "2"]},
        },
        **{"score": 0.98, "how": "exact"},
    },
    "fever": None,
    "breast and ovarian cancer": {},
    "aspirin": {
        **{"id": "1191", "name": "Aspirin", "vocabulary": "rxnorm", "version": ""},
        **{"types": [], "xrefs": {}, "score": 1.0, "how": "normalized"},
    },
}
_BREAST, _OVARIAN = (
    {
        **{"id": f"MONDO:{code}", "name": name, "vocabulary": "mondo"},
        **{"version": "2025-01", "types": ["disease"]},
        "xrefs": {"ICD9CM": [icd9], "ICD10CM": [icd10]},
        **{"score": 0.8, "how": "ngrams"},
    }
    for code, name, icd9, icd10 in (
        ("0007254", "breast cancer", "174.9", "C50"),
        ("0008170", "ovarian cancer", "183.0", "C56"),
    )
)
LINKED["breast and ovarian cancer"] = {**_BREAST, "parts": [_BREAST, _OVARIAN]}
_CANDIDATES = {
    "pneumonia": (("MONDO:0005249", 0.98), ("D011014", 0.6)),
    "fever": (("D005334", 0.25),),
}
_LABELS = {"fever": "Sign_symptom", "aspirin": "Medication"}


def make_linked_doc(text=LINKED_TEXT):
    """Make a Doc whose entities were linked to concepts."""
    doc = load_blank("clinical_section_splitter")(text)
    rows = []
    for words, concept in LINKED.items():
        start, label = text.index(words), _LABELS.get(words, "Disease_disorder")
        candidates = _CANDIDATES.get(words, ())
        rows.append(Linked(start, start + len(words), label, candidates, concept))
    doc.ents = [doc.char_span(row.start, row.end, row.label) for row in rows]
    scores = [0.5] * len(rows)
    doc.spans["ner"] = SpanGroup(doc, spans=list(doc.ents), attrs={"scores": scores})
    set_concepts(doc, rows)
    vocabularies = [
        {"name": name, "version": "2025-01", "sha256": "0" * 64}
        for name in ("mondo", "rxnorm")
    ]
    facts = {"vocabularies": vocabularies}
    add_to(doc, "clinical_provenance", "clinical_linker", facts)
    return doc


def make_linked():
    """Make the record of that Doc."""
    return make_record(Note("n1", LINKED_TEXT, {}, "x.txt"), make_linked_doc())


RELATED_TEXT = (
    "Date: 03/04/2020\n\n"
    "MEDICATIONS:\n"
    "Metoprolol tartrate (Lopressor) 25 mg tablet PO BID prn chest pain\n"
    "Prednisone 40 mg daily x 5 days, then 20 mg daily x 5 days\n\n"
    "HPI:\nSevere left knee pain since 2019-02-03. Lisinopril was stopped. "
    "Denies warfarin. Takes ibuprofen 2-4 tabs q6h.\n\n"
    "LABS:\nSodium 128 mmol/L (135-145). BP 120/80 mmHg. EF <35 %. "
    "Troponin < 0.01 ng/mL H on 2020-03-01.\n"
)
# What isn't the patient's, or isn't taken.
OTHERS_TEXT = (
    "HPI:\nMother takes warfarin. Father's BP 150/90 mmHg. He is allergic to ibuprofen. "
    "Lisinopril was not given. Will increase Prednisone 20 mg. Sodium 128 mmol/L (was 131).\n"
)
_RELATED = {
    "Medication": (
        *("Metoprolol tartrate", "Lopressor", "Prednisone", "Lisinopril", "warfarin"),
        "ibuprofen",
    ),
    "Dosage": ("25 mg", "40 mg", "20 mg", "2-4 tabs"),
    "Sign_symptom": ("pain",),
    "Biological_structure": ("left knee",),
    "Severity": ("Severe",),
    "Date": ("2019-02-03", "2020-03-01"),
    "Diagnostic_procedure": ("Sodium", "BP", "EF", "Troponin"),
    "Lab_value": ("128 mmol/L", "120/80 mmHg", "<35 %", "< 0.01 ng/mL"),
}


@functools.cache
def load_relations():
    """Make a pipeline that finds these words, and what belongs to what."""
    nlp = load_tokenizer()
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": label, "pattern": word}
            for label, words in _RELATED.items()
            for word in words
        ]
    )
    nlp.add_pipe("clinical_assertion")
    nlp.add_pipe("clinical_relations")
    return nlp


def make_related(text=RELATED_TEXT):
    """Make the record of a note with relations, medications, measurements and dates."""
    return make_record(Note("n1", text, {}, "x.txt"), load_relations()(text))


def check_parquet(record, path, *, with_text):
    """Check that a record comes back from Parquet as it was, beside one without all that."""
    records = [record, make_one_record()]
    if not with_text:
        records = [without_text(one) for one in records]
    write_parquet(records, path)
    again = list(read_parquet(path))
    assert [json.dumps(one) for one in again] == [json.dumps(one) for one in records]
