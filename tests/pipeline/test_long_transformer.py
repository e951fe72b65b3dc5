import numpy
import pytest
import spacy
from spacy.tokens import DocBin

from spacy_clinical.heads.labels import bio_labels
from tests.conftest import NOTES
from tests.tiny import make_token_classifier

TEXT = "PLAN:\n" + "The patient denies chest pain and fever. " * 20


@pytest.fixture(scope="module")
def longformer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("longformer")
    return make_token_classifier(folder, "longformer", bio_labels(["Age"]))


def make_pipeline(checkpoint, model=(), **settings):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    model = {"checkpoint": str(checkpoint), "precision": "fp32", **dict(model)}
    nlp.add_pipe("clinical_long_transformer", config={"model": model, **settings})
    nlp.initialize()
    return nlp


def rows_of(doc):
    return doc._.trf_data.model_output["last_hidden_state"][0]


def test_the_vector_is_the_mean_of_all_rows(longformer):
    nlp = make_pipeline(longformer)
    doc = nlp(TEXT)
    assert doc._.clinical_pieces["clinical_long_transformer"]["windows"] > 2
    assert doc._.clinical_vector == pytest.approx(rows_of(doc).mean(axis=0), abs=1e-6)
    assert doc.has_vector
    assert numpy.array_equal(doc.vector, doc._.clinical_vector)
    assert doc.vector.shape == (32,)
    assert doc.tensor.size == 0


def test_similar_notes_are_near(longformer):
    nlp = make_pipeline(longformer)
    one, same, other, empty = nlp.pipe([TEXT, TEXT + "no", "x 12 %", ""])
    assert one.similarity(one) == pytest.approx(1.0)
    assert one.similarity(same) > one.similarity(other)
    assert one.similarity(other) == pytest.approx(other.similarity(one))
    assert one.similarity(empty) == 0.0


def test_vectors_leave_processes_and_files_as_plain_data(longformer):
    nlp = make_pipeline(longformer)
    expected = [doc._.clinical_vector for doc in nlp.pipe(NOTES)]
    docs = list(nlp.pipe(NOTES, n_process=2, batch_size=2))
    packed = DocBin(docs=docs, store_user_data=True).to_bytes()
    for of_docs in (docs, list(DocBin().from_bytes(packed).get_docs(nlp.vocab))):
        for vector, doc in zip(expected, of_docs, strict=True):
            assert doc._.clinical_vector == pytest.approx(vector, abs=1e-5)


def test_the_vector_can_be_left_out(longformer):
    doc = make_pipeline(longformer, vector=False)("chest pain")
    assert doc._.clinical_vector is None
    assert "vector" not in doc.user_hooks


def test_section_titles_have_global_attention_by_default(longformer):
    first_only = make_pipeline(longformer, {"global_attention": "first"})
    with_titles, without = make_pipeline(longformer)(TEXT), first_only(TEXT)
    size = first_only.get_pipe("clinical_long_transformer").model.shims[0].window[0]
    difference = numpy.abs(rows_of(with_titles) - rows_of(without)).max(axis=1)
    # The title is in the first window, and there all rows see it.
    assert (difference[: size // 2] > 1e-6).all()
    assert difference[-20:].max() < 1e-5


def test_given_tokens_have_global_attention(longformer):
    text = "The patient denies chest pain and fever and fever and fever and fever."
    plain = rows_of(make_pipeline(longformer)(text))
    given = rows_of(make_pipeline(longformer, {"global_attention": [4]})(text))
    assert numpy.abs(plain - given).max() > 1e-5


def test_rows_do_not_depend_on_the_batch_or_what_came_before(longformer):
    nlp = make_pipeline(longformer)
    texts = [*NOTES, TEXT, "x", TEXT * 3]
    alone = [rows_of(nlp(text)) for text in texts if nlp.make_doc(text)]
    for order in (texts, texts[::-1]):
        docs = [doc for doc in nlp.pipe(order, batch_size=4) if len(doc)]
        docs = docs if order is texts else docs[::-1]
        for rows, doc in zip(alone, docs, strict=True):
            assert rows_of(doc) == pytest.approx(rows, abs=1e-5)
