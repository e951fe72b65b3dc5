"""The token classifier without wordpieces."""

import numpy
import pytest
import spacy
from spacy.tokens import Doc
from thinc.api import Config

from spacy_clinical.architectures import word_classifier

CONFIG = """
[model]
@architectures = "spacy-clinical.WordClassifier.v1"

[model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 16
attrs = ["NORM","SHAPE"]
rows = [50,50]
include_static_vectors = false

[model.tok2vec.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 16
depth = 2
window_size = 1
maxout_pieces = 2
"""
TEXT = "Seen by Dr. Hope Brown on 3/4/2020.\n\nNo Crohn's disease. "


@pytest.fixture
def pipeline():
    nlp = spacy.blank("en")
    settings = {**Config().from_str(CONFIG), "decide": "model"}
    pipe = nlp.add_pipe("clinical_deidentifier", config=settings)
    pipe.add_label("STAFF")
    pipe.add_label("DATE")
    nlp.initialize()
    # As it would be after some training: not all scores are alike.
    for node in pipe.model.walk():
        for name in node.param_names:
            noise = numpy.random.RandomState(3).normal(
                0, 0.5, node.get_param(name).shape
            )
            node.set_param(name, noise.astype("float32"))
    return nlp


def test_parts_of_long_docs_score_like_the_whole(pipeline, monkeypatch):
    model = pipeline.get_pipe("clinical_deidentifier").model
    doc = pipeline.make_doc(TEXT * 40)
    whole = model.predict([doc])[0].X
    monkeypatch.setattr(word_classifier, "PART_TOKENS", 7)
    assert numpy.allclose(model.predict([doc])[0].X, whole, rtol=1e-4, atol=1e-4)
    assert len({tuple(row) for row in whole.round(3)}) > 10


def test_each_word_has_a_row_and_white_space_none(pipeline):
    model = pipeline.get_pipe("clinical_deidentifier").model
    doc = pipeline.make_doc(TEXT)
    [scored] = model.predict([doc])
    assert scored.X.shape[0] == len(doc)
    assert scored.pieces.is_seen.tolist() == [not token.is_space for token in doc]
    assert len(scored.pieces) == sum(not token.is_space for token in doc)
    assert scored.windows[0].stop == len(scored.pieces)


def test_empty_docs_have_no_rows(pipeline):
    model = pipeline.get_pipe("clinical_deidentifier").model
    empty, full = model.predict([pipeline.make_doc(""), pipeline.make_doc(TEXT)])
    assert empty.X.shape[0] == 0
    assert empty.windows == []
    assert full.X.shape[0] > 0


def test_it_survives_a_trip_to_disk(pipeline, tmp_path):
    pipeline.to_disk(tmp_path / "model")
    loaded = spacy.load(tmp_path / "model")
    docs = [nlp.make_doc(TEXT) for nlp in (pipeline, loaded)]
    first, second = (
        nlp.get_pipe("clinical_deidentifier").model.predict([doc])[0].X
        for nlp, doc in zip((pipeline, loaded), docs, strict=True)
    )
    assert numpy.array_equal(first, second)
    assert loaded(TEXT)._.clinical_provenance["clinical_deidentifier"]


@pytest.mark.parametrize(
    ("factory", "key", "crf"),
    [("clinical_deidentifier", "phi", False), ("clinical_ner", "ner", True)],
)
def test_it_learns_what_it_is_shown(factory, key, crf):
    nlp = spacy.blank("en")
    settings = Config().from_str(CONFIG)
    settings["model"]["crf"] = crf
    if factory == "clinical_deidentifier":
        settings["decide"] = "model"
    nlp.add_pipe(factory, config=settings)
    examples = [_make_example(nlp, TEXT, "Hope Brown", "STAFF")]
    examples.append(_make_example(nlp, "Brown stool. Hope to help.", "", "STAFF"))
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.02
    for _ in range(60):
        nlp.update(examples, sgd=optimizer, drop=0.1)
    with nlp.use_params(optimizer.averages):
        docs = [nlp(eg.text) for eg in examples]
    found = [[span.text for span in doc.spans[key]] for doc in docs]
    assert found == [["Hope Brown"], []]


def _make_example(nlp, text, words, label):
    doc: Doc = nlp.make_doc(text)
    if words:
        start = text.index(words)
        doc.ents = [doc.char_span(start, start + len(words), label)]
    return spacy.training.Example(nlp.make_doc(text), doc)
