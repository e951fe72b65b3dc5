import itertools
import pickle

import numpy
import pytest
import spacy
import torch
from spacy.tokens import DocBin
from spacy.training import Example
from spacy_transformers.data_classes import TransformerData

from spacy_clinical.heads.labels import bio_labels
from tests.conftest import NOTES
from tests.tiny import make_token_classifier

LISTENER = {
    "@architectures": "spacy-transformers.TransformerListener.v1",
    "grad_factor": 1.0,
    "pooling": {"@layers": "reduce_mean.v1"},
}
COMPONENTS = {
    "tagger": {"@architectures": "spacy.Tagger.v2", "tok2vec": LISTENER},
    "ner": {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 16,
        "maxout_pieces": 2,
        "use_upper": False,
        "tok2vec": LISTENER,
    },
    "textcat_multilabel": {
        "@architectures": "spacy.TextCatReduce.v1",
        "exclusive_classes": False,
        "use_reduce_first": False,
        "use_reduce_last": False,
        "use_reduce_max": False,
        "use_reduce_mean": True,
        "tok2vec": LISTENER,
    },
    "spancat": {
        "@architectures": "spacy.SpanCategorizer.v1",
        "reducer": {"@layers": "spacy.mean_max_reducer.v1", "hidden_size": 16},
        "scorer": {"@layers": "spacy.LinearLogistic.v1"},
        "tok2vec": LISTENER,
    },
}
LONG = "The patient denies chest pain and fever. " * 30


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoder")
    return make_token_classifier(folder, "bert", bio_labels(["Age"]))


def make_pipeline(checkpoint, components, **settings):
    nlp = spacy.blank("en")
    model = {"checkpoint": str(checkpoint), "precision": "fp32"}
    nlp.add_pipe("clinical_transformer", config={"model": model, **settings})
    for name in components:
        nlp.add_pipe(name, config={"model": COMPONENTS[name]})
    return nlp


def make_examples(nlp):
    """Four invented notes, and two with nothing to learn from."""
    texts = [
        "The patient denies chest pain",
        "no fever and no pain",
        "patient with chest pain and fever",
        LONG,
        "",
        " \n ",
    ]
    examples = []
    for text in texts:
        doc = nlp.make_doc(text)
        spans = [
            (t.idx, t.idx + len(t), "Sign") for t in doc if t.text in ("pain", "fever")
        ]
        values = {
            "tags": ["LONG" if len(t) > 4 else "SHORT" for t in doc],
            "entities": spans,
            "cats": {"chest": float("chest" in text), "fever": float("fever" in text)},
            "spans": {"sc": spans},
        }
        examples.append(Example.from_dict(doc, values))
    return examples


def train(nlp, steps=60, **options):
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples[:4])
    losses = []
    for _ in range(steps):
        losses.append(nlp.update(examples, sgd=optimizer, losses={}, **options))
    return examples, losses


@pytest.mark.learns
@pytest.mark.parametrize("component", COMPONENTS)
def test_components_learn_by_listening(checkpoint, component, tmp_path):
    nlp = make_pipeline(checkpoint, [component])
    examples, losses = train(nlp)
    assert losses[-1][component] < 0.5 * losses[0][component]
    assert losses[1]["clinical_transformer"] > 0
    scores = nlp.evaluate(examples[:4])
    key = {
        "tagger": "tag_acc",
        "ner": "ents_f",
        "textcat_multilabel": "cats_macro_auc",
        "spancat": "spans_sc_f",
    }
    assert scores[key[component]] > 0.9
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path).evaluate(make_examples(nlp)[:4])
    assert again[key[component]] == scores[key[component]]


def weights_of(nlp):
    model = nlp.get_pipe("clinical_transformer").model.shims[0].loaded.model
    return {name: p.detach().clone() for name, p in model.named_parameters()}


@pytest.mark.learns
def test_gradients_reach_the_encoder_from_every_listener(checkpoint):
    for components in (["ner"], ["spancat"], ["tagger", "ner", "textcat_multilabel"]):
        nlp = make_pipeline(checkpoint, components)
        examples = make_examples(nlp)
        optimizer = nlp.initialize(lambda examples=examples: examples[:4])
        before = weights_of(nlp)
        # In the same step: spaCy ends a step before the listeners have answered.
        nlp.update(examples, sgd=optimizer)
        after = weights_of(nlp)
        moved = [n for n in before if not torch.equal(before[n], after[n])]
        assert len(moved) > 0.9 * len(before)


@pytest.mark.learns
def test_a_gradient_that_is_sent_back_arrives(checkpoint):
    nlp = make_pipeline(checkpoint, ["tagger"])
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples[:4])
    transformer = nlp.get_pipe("clinical_transformer")
    shim = transformer.model.shims[0]
    model = shim.loaded.model
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    model.config.attention_probs_dropout_prob = 0.0
    [example] = [eg for eg in examples if eg.text.startswith("no fever")]
    losses = transformer.update([example])
    [listener] = transformer.listeners
    [data], backprop = listener([example.predicted], is_train=True)
    rows = data.model_output.last_hidden_state
    d_rows = numpy.random.default_rng(0).normal(size=rows.shape).astype("float32")
    data.model_output["last_hidden_state"] = d_rows
    backprop([data])
    name = "encoder.layer.0.attention.self.query.weight"
    ours = dict(model.named_parameters())[name].grad.clone()
    assert losses["clinical_transformer"] == pytest.approx((d_rows**2).sum(), rel=1e-4)

    model.zero_grad()
    ids = [*shim.loaded.tokenizer.specials[0], *data.wordpieces.input_ids[0]]
    ids += shim.loaded.tokenizer.specials[1]
    hidden = model.eval()(torch.tensor([ids])).last_hidden_state[0, 1:-1]
    (hidden * torch.from_numpy(d_rows[0])).sum().backward()
    theirs = dict(model.named_parameters())[name].grad
    assert ours.numpy() == pytest.approx(theirs.numpy(), abs=1e-4)


@pytest.mark.learns
def test_gradients_add_up_until_the_end_of_the_step(checkpoint):
    nlp = make_pipeline(checkpoint, ["ner"])
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples[:4])
    before = weights_of(nlp)
    nlp.update(examples[:2], sgd=False)
    nlp.update(examples[2:4], sgd=False)
    assert all(torch.equal(before[n], w) for n, w in weights_of(nlp).items())
    nlp.get_pipe("clinical_transformer").finish_update(optimizer)
    assert not all(torch.equal(before[n], w) for n, w in weights_of(nlp).items())


@pytest.mark.learns
def test_a_frozen_encoder_stays_and_its_listeners_learn(checkpoint):
    nlp = make_pipeline(checkpoint, ["textcat_multilabel"])
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples[:4])
    before = weights_of(nlp)
    losses = [
        nlp.update(
            examples,
            sgd=optimizer,
            losses={},
            exclude=["clinical_transformer"],
            annotates=["clinical_transformer"],
        )
        for _ in range(60)
    ]
    assert all(torch.equal(before[n], w) for n, w in weights_of(nlp).items())
    assert losses[-1]["textcat_multilabel"] < 0.9 * losses[0]["textcat_multilabel"]


def test_rows_are_those_of_the_encoder_and_aligned(checkpoint):
    nlp = make_pipeline(checkpoint, [])
    nlp.initialize()
    doc = nlp("The patient denies chestpain")
    data = doc._.trf_data
    assert isinstance(data, TransformerData)
    [strings] = data.wordpieces.strings
    assert strings[:3] == ["the", "patient", "denies"]
    assert data.align.lengths[:3].tolist() == [1, 1, 1]
    first_of_last = data.align.dataXd[3]
    assert strings[first_of_last].startswith("c")
    assert data.align.lengths.sum() == len(strings) == data.wordpieces.lengths[0]
    [encoded] = nlp.get_pipe("clinical_transformer").predict([nlp.make_doc(doc.text)])
    rows = data.model_output.last_hidden_state
    assert rows.shape == (1, len(strings), 32)
    assert rows[0] == pytest.approx(encoded.X, abs=1e-6)


@pytest.mark.learns
@pytest.mark.parametrize("components", [["tagger"], ["tagger", "ner", "spancat"]])
@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_rows_are_let_go_after_the_last_listener(checkpoint, components, batch_size):
    nlp = make_pipeline(checkpoint, components)
    train(nlp, steps=1)
    for doc in nlp.pipe(NOTES, batch_size=batch_size):
        # Components don't ask for the rows of a Doc that has none.
        assert doc._.trf_data is None or not len(doc)
        assert doc._.clinical_error is None
        assert doc._.clinical_pieces["clinical_transformer"]["not_seen"] == 0


@pytest.mark.learns
def test_rows_stay_where_nobody_listens_or_a_setting_says_so(checkpoint):
    nlp = make_pipeline(checkpoint, [])
    nlp.initialize()
    assert nlp("chest pain")._.trf_data is not None
    nlp = make_pipeline(checkpoint, ["tagger", "ner"], keep_activations=True)
    train(nlp, steps=1)
    doc = nlp("chest pain")
    width = doc._.trf_data.model_output.last_hidden_state.shape[-1]
    assert width == 32


@pytest.mark.learns
def test_a_disabled_listener_is_not_waited_for(checkpoint):
    nlp = make_pipeline(checkpoint, ["tagger", "ner"])
    train(nlp, steps=1)
    with nlp.select_pipes(disable=["ner"]):
        assert nlp("chest pain")._.trf_data is None
    assert nlp("chest pain")._.trf_data is None


@pytest.mark.learns
def test_rows_that_are_gone_are_not_taken_for_zeros(checkpoint):
    nlp = make_pipeline(checkpoint, ["tagger"])
    train(nlp, steps=1)
    doc = nlp("chest pain")
    message = r"\[C016\] .*'clinical_transformer'.* keep_activations = true"
    with pytest.raises(ValueError, match=message):
        nlp.get_pipe("tagger")(doc)
    # The whole pipeline encodes anew.
    tags = [t.tag_ for t in doc]
    assert [t.tag_ for t in nlp(doc)] == tags


@pytest.mark.learns
def test_a_long_note_leaves_little_on_its_doc(checkpoint):
    nlp = make_pipeline(checkpoint, ["tagger"])
    train(nlp, steps=1)
    nlp.max_length = 10**6
    text = "The patient denies chest pain and fever. " * 2600
    plain = len(nlp.make_doc(text).to_bytes())
    doc = nlp(text)
    pieces = doc._.clinical_pieces["clinical_transformer"]
    assert pieces["pieces"] > 20_000
    assert pieces["not_seen"] == 0
    n_words = len(doc)
    # A tag for each token is not what is meant.
    assert len(doc.to_bytes()) - plain < 10 * n_words + 1_000_000
    assert len(pickle.dumps(dict(doc.user_data))) < 10_000


@pytest.fixture(scope="module")
def trained(checkpoint):
    """A pipeline with two listeners that are trained; no test changes it."""
    nlp = make_pipeline(checkpoint, ["tagger", "ner"])
    train(nlp, steps=20)
    return nlp


@pytest.mark.learns
def test_listeners_can_be_replaced(trained, tmp_path):
    nlp = pickle.loads(pickle.dumps(trained))
    expected = [([t.tag_ for t in d], as_tuples(d)) for d in nlp.pipe(NOTES)]
    nlp.replace_listeners("clinical_transformer", "ner", ["model.tok2vec"])
    transformer = nlp.get_pipe("clinical_transformer")
    assert transformer.listening_components == ["tagger"]
    block = nlp.config["components"]["ner"]["model"]["tok2vec"]
    assert block["@architectures"] == "spacy-clinical.Tok2VecEncoder.v1"
    found = [([t.tag_ for t in d], as_tuples(d)) for d in nlp.pipe(NOTES)]
    assert found == expected
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    found = [([t.tag_ for t in d], as_tuples(d)) for d in loaded.pipe(NOTES)]
    assert found == expected
    # It stands alone now, and learns.
    loaded.remove_pipe("tagger")
    loaded.remove_pipe("clinical_transformer")
    assert [as_tuples(d) for d in loaded.pipe(NOTES)] == [ents for _, ents in expected]
    examples = make_examples(loaded)
    optimizer = loaded.resume_training()
    losses = [
        loaded.update(examples, sgd=optimizer, losses={})["ner"] for _ in range(30)
    ]
    assert losses[-1] < losses[0]


def as_tuples(doc):
    return [(e.start_char, e.end_char, e.label_) for e in doc.ents]


@pytest.mark.learns
def test_listeners_work_in_other_processes_and_after_reloading(trained, tmp_path):
    nlp = trained
    expected = [([t.tag_ for t in d], as_tuples(d)) for d in map(nlp, NOTES)]
    nlp.to_disk(tmp_path)
    copies = [spacy.load(tmp_path), pickle.loads(pickle.dumps(nlp))]
    copies.append(spacy.blank("en").from_config(nlp.config).from_bytes(nlp.to_bytes()))
    for other, n_process in itertools.product([nlp, *copies], (1, 2)):
        docs = list(other.pipe(NOTES, n_process=n_process, batch_size=2))
        assert [([t.tag_ for t in d], as_tuples(d)) for d in docs] == expected
        assert {d._.trf_data for d in docs if len(d)} == {None}


@pytest.mark.learns
def test_kept_rows_survive_docbin(checkpoint):
    nlp = make_pipeline(checkpoint, ["tagger"], keep_activations=True)
    train(nlp, steps=1)
    doc = nlp("chest pain")
    packed = DocBin(docs=[doc], store_user_data=True).to_bytes()
    [again] = DocBin().from_bytes(packed).get_docs(nlp.vocab)
    before, after = (d._.trf_data.model_output for d in (doc, again))
    assert numpy.array_equal(before["last_hidden_state"], after["last_hidden_state"])


@pytest.mark.learns
def test_the_component_can_be_sourced(checkpoint):
    nlp = make_pipeline(checkpoint, ["tagger"])
    train(nlp, steps=1)
    other = spacy.blank("en")
    other.add_pipe("clinical_transformer", source=nlp)
    other.add_pipe("tagger", source=nlp)
    other.add_pipe("ner", config={"model": COMPONENTS["ner"]})
    optimizer = other.initialize(lambda: make_examples(other)[:4])
    other.update(make_examples(other), sgd=optimizer)
    docs = list(other.pipe(NOTES))
    assert {d._.trf_data for d in docs if len(d)} == {None}
    assert {d._.clinical_error for d in docs} == {None}
