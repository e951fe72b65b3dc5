"""What the attributes of concepts say, and how they get on with scispaCy's."""

import pickle

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span, SpanGroup

from spacy_clinical.extensions.concept_attributes import (
    CONCEPT_KEY,
    Linked,
    list_concepts,
    register_concept_extensions,
    set_concept,
    set_concepts,
)

TEXT = "HTN and diabetes mellitus, no fever."
HTN = {
    "id": "MESH:D006973",
    "name": "Hypertension",
    "vocabulary": "mesh",
    "version": "2025",
    "types": ["T047"],
    "xrefs": {"ICD10CM": ["I10"], "UMLS": ["C0020538"]},
    "score": 0.97,
    "how": "exact",
}
DM = {**HTN, "id": "MESH:D003920", "name": "Diabetes Mellitus", "xrefs": {}}
ROWS = [
    Linked(0, 3, "Disease", (("MESH:D006973", 0.97), ("MESH:D000081029", 0.5)), HTN),
    Linked(8, 25, "Disease", (("MESH:D003920", 1.0),), DM),
    Linked(30, 35, "Symptom", (("MESH:D005334", 0.25),), None),
]


@pytest.fixture(autouse=True)
def _registered():
    yield
    register_concept_extensions()


def make_doc(text=TEXT, rows=ROWS):
    doc = spacy.blank("en")(text)
    doc.ents = [doc.char_span(row.start, row.end, row.label) for row in rows]
    doc.spans["ner"] = SpanGroup(
        doc, name="ner", attrs={"scores": [0.5] * len(rows)}, spans=list(doc.ents)
    )
    return doc


@pytest.fixture
def doc():
    doc = make_doc()
    set_concepts(doc, ROWS[::-1])
    return doc


def check(doc):
    assert list_concepts(doc) == ROWS
    for spans in (doc.ents, doc.spans["ner"]):
        assert [span.kb_id_ for span in spans] == ["MESH:D006973", "MESH:D003920", ""]
        assert [span._.concept for span in spans] == [HTN, DM, None]
        assert [span._.kb_ents for span in spans] == [list(r.candidates) for r in ROWS]


def test_entities_and_spans_of_groups_have_concepts(doc):
    check(doc)
    assert doc.spans["ner"].attrs["scores"] == [0.5] * 3
    assert doc.spans["ner"].name == "ner"


def test_a_span_can_have_a_concept_of_its_own():
    doc = make_doc()
    for ent, row in zip(doc.ents, ROWS, strict=True):
        set_concept(ent, row.candidates, row.concept)
    assert list_concepts(doc) == ROWS
    assert [ent._.concept for ent in doc.ents] == [HTN, DM, None]


def to_docbin(doc):
    packed = DocBin(docs=[doc], store_user_data=True).to_bytes()
    return next(DocBin().from_bytes(packed).get_docs(spacy.blank("en").vocab))


@pytest.mark.parametrize(
    "send",
    [
        to_docbin,
        lambda doc: Doc(doc.vocab).from_bytes(doc.to_bytes()),
        lambda doc: pickle.loads(pickle.dumps(doc)),
        Doc.copy,
    ],
)
def test_docs_keep_them_when_saved_and_sent(doc, send):
    check(send(doc))


def test_joined_docs_keep_them_where_they_are_now(doc):
    before = spacy.blank("en")("Known since 2019: ")
    joined = Doc.from_docs([before, doc], ensure_whitespace=False)
    shift = len(before.text)
    moved = [r._replace(start=r.start + shift, end=r.end + shift) for r in ROWS]
    assert list_concepts(joined) == moved
    assert [ent._.concept for ent in joined.ents] == [HTN, DM, None]


def test_parts_of_a_doc_keep_their_own(doc):
    part = doc[2:5].as_doc(copy_user_data=True)
    assert [ent.text for ent in part.ents] == ["diabetes mellitus"]
    assert part.ents[0]._.concept == DM


def test_retokenized_docs_keep_them(doc):
    held = doc.ents[1]
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[2:4])
    assert [ent._.concept for ent in doc.ents] == [HTN, DM, None]
    assert held._.concept == DM


def test_changes_of_a_copy_are_its_own(doc):
    copy = doc.copy()
    set_concepts(copy, [ROWS[0]._replace(concept=DM)])
    assert copy.ents[0]._.concept == DM
    assert copy.ents[0].kb_id_ == "MESH:D003920"
    check(doc)


def test_types_at_one_place_have_concepts_of_their_own(doc):
    set_concepts(doc, [Linked(0, 3, "Drug", (("RXNORM:1", 0.5),), DM)])
    assert Span(doc, 0, 1, label="Disease")._.concept == HTN
    assert Span(doc, 0, 1, label="Drug")._.concept == DM
    assert Span(doc, 0, 1, label="Drug")._.kb_ents == [("RXNORM:1", 0.5)]
    assert Span(doc, 0, 1, label="Other")._.concept is None
    # Without a label: the first that was written.
    assert Span(doc, 0, 1)._.concept == HTN
    assert doc.ents[0].kb_id_ == "MESH:D006973"


def test_one_that_is_not_linked_loses_its_id(doc):
    set_concepts(doc, [ROWS[0]._replace(concept=None)])
    assert doc.ents[0].kb_id_ == ""
    assert doc.ents[0]._.kb_ents == list(ROWS[0].candidates)
    set_concepts(doc, [ROWS[0]._replace(candidates=(), concept=None)])
    assert list_concepts(doc) == ROWS[1:]
    assert doc.ents[1].kb_id_ == "MESH:D003920"


def test_unknown_places_change_no_entity(doc):
    ents = list(doc.ents)
    set_concepts(doc, [Linked(4, 7, "Disease", (), DM)])
    assert list(doc.ents) == ents
    check_ids = [ent.kb_id_ for ent in doc.ents]
    assert check_ids == ["MESH:D006973", "MESH:D003920", ""]


def test_missing_entities_stay_missing():
    doc = Doc(spacy.blank("en").vocab, words=["HTN", "and", "x"])
    doc.set_ents([Span(doc, 0, 1, label="Disease")], default="missing")
    set_concepts(doc, ROWS[:1])
    assert [token.ent_iob_ for token in doc] == ["B", "", ""]
    assert doc.ents[0].kb_id_ == "MESH:D006973"


def test_attributes_can_be_set_one_by_one():
    doc = make_doc()
    doc.ents[0]._.kb_ents = [("C1", 0.5)]
    assert doc.ents[0]._.concept is None
    doc.ents[0]._.concept = HTN
    assert doc.ents[0]._.kb_ents == [("C1", 0.5)]
    assert doc.ents[0]._.concept == HTN
    doc.ents[0]._.concept = None
    assert doc.ents[0]._.concept is None


def test_what_scispacy_stores_can_be_read_and_is_replaced():
    Span.set_extension("kb_ents", default=[], force=True)
    doc = make_doc()
    doc.ents[0]._.kb_ents = [("C0020538", 0.99)]
    register_concept_extensions()
    assert doc.ents[0]._.kb_ents == [("C0020538", 0.99)]
    assert to_docbin(doc).ents[0]._.kb_ents == [("C0020538", 0.99)]
    # scispaCy's component is created later than ours.
    Span.set_extension("kb_ents", default=[], force=True)
    set_concepts(doc, ROWS)
    check(doc)


def test_docs_without_them_have_none():
    doc = make_doc()
    assert doc.ents[0]._.concept is None
    assert doc.ents[0]._.kb_ents == []
    assert list_concepts(doc) == []
    assert not doc.user_data


def test_nothing_is_stored_but_plain_data(doc):
    keys = [key for key in doc.user_data if key[1] == CONCEPT_KEY]
    assert len(keys) == len(doc.user_data) == 3

    def is_plain(value):
        if isinstance(value, dict):
            return all(isinstance(k, str) and is_plain(v) for k, v in value.items())
        if isinstance(value, list):
            return all(map(is_plain, value))
        return value is None or type(value) in (str, float)

    assert all(map(is_plain, doc.user_data.values()))


def test_records_that_are_read_are_copies(doc):
    doc.ents[0]._.concept["xrefs"]["ICD10CM"].append("I11")
    check(doc)
