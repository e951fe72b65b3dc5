import pytest
import spacy

from spacy_clinical.extensions.relation_attributes import RECORDS
from spacy_clinical.relations import records


@pytest.fixture
def doc():
    doc = spacy.blank("en")("aspirin since 2019")
    side = {"label": "Medication", "start_char": 0, "end_char": 7}
    doc._.relations = [{"label": "MODIFY", "head": side, "child": side, "score": 1.0}]
    return doc


def test_all_makers_have_an_attribute_to_write_to():
    assert set(records.RECORD_MAKERS) <= set(RECORDS)


def test_makers_get_the_doc_with_its_relations(doc, monkeypatch):
    given = []

    def make(doc, relations):
        given.append(relations)
        return [{"start_char": 0, "end_char": 7, "dose": None}]

    def resolve(doc):
        return [{"start_char": 14, "end_char": 18, "value": "2019"}]

    monkeypatch.setattr(records, "RECORD_MAKERS", {"medications": make})
    monkeypatch.setattr(records, "DATE_RESOLVERS", (resolve,))
    records.write_records(doc)
    assert given == [doc._.relations]
    place = {"start": 0, "end": 1, "start_char": 0, "end_char": 7}
    assert doc._.medications == [{**place, "dose": None}]
    assert doc[2:]._.date["value"] == "2019"
    assert doc._.measurements == []
