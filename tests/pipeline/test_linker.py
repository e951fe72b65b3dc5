import pickle

import pytest
import spacy
from spacy.tokens import Doc, DocBin

NOTE = "Heart Failure (HF), and type II diabetes mellitus. Worse HF."
LABEL = "Disease_disorder"


def make(folder, **config):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_abbreviations")
    nlp.add_pipe("clinical_linker", config={"vocabularies": [str(folder)], **config})
    return nlp


def annotate(nlp, text, *names, label=LABEL):
    """Run a pipeline on a text with entities."""
    doc = nlp.make_doc(text)
    starts = [text.index(name) for name in names]
    places = zip(starts, names, strict=True)
    doc.ents = [doc.char_span(s, s + len(name), label=label) for s, name in places]
    return nlp(doc)


def read(doc):
    return [(ent.kb_id_, ent._.kb_ents, ent._.concept) for ent in doc.ents]


@pytest.fixture(scope="module")
def nlp(heart_vocabulary):
    return make(heart_vocabulary)


def test_links_entities_to_concepts(nlp):
    text = NOTE
    doc = nlp.make_doc(text)
    last = doc.char_span(len(text) - 3, len(text) - 1, label=LABEL)
    first = doc.char_span(0, 13, label=LABEL)
    middle = text.index("type II")
    number = doc.char_span(middle, middle + 25, label=LABEL)
    doc.ents = [first, number, last]
    doc = nlp(doc)
    assert [ent.kb_id_ for ent in doc.ents] == ["T:1", "T:6", "T:1"]
    record = doc.ents[2]._.concept
    assert (record["name"], record["how"]) == ("heart failure", "long form")
    assert (record["vocabulary"], record["version"]) == ("heart", "7")
    assert record["xrefs"]["ICD10CM"] == ["I50.9"]
    assert doc.ents[0]._.kb_ents[0][0] == "T:1"


def test_links_each_part_of_a_composite(nlp):
    doc = annotate(nlp, "Breast and ovarian cancer.", "Breast and ovarian cancer")
    [ent] = doc.ents
    assert ent.kb_id_ == "T:3"
    assert [part["id"] for part in ent._.concept["parts"]] == ["T:3", "T:4"]


def test_everything_survives(nlp):
    doc = annotate(nlp, "Acute heart failure.", "heart failure")
    found = read(doc)
    assert found[0][0] == "T:1"
    docbin = DocBin(store_user_data=True)
    docbin.add(doc)
    read_again = DocBin().from_bytes(docbin.to_bytes()).get_docs(nlp.vocab)
    copies = [
        Doc(nlp.vocab).from_bytes(doc.to_bytes()),
        *read_again,
        pickle.loads(pickle.dumps(doc)),
        doc.copy(),
        Doc.from_docs([doc]),
    ]
    assert [read(copy) for copy in copies] == [found] * len(copies)
    two = Doc.from_docs([nlp.make_doc("Other text."), doc])
    assert read(two) == found


def test_saves_which_vocabularies_it_had(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    doc = annotate(again, "Heart failure", "Heart failure")
    assert doc.ents[0].kb_id_ == "T:1"
    facts = doc._.clinical_provenance["clinical_linker"]["vocabularies"]
    assert [fact["version"] for fact in facts] == ["7"]
    assert not list(tmp_path.rglob("*.npy"))
