"""Published relation classifiers: BioBERT's recipe."""

import pickle

import numpy as np
import pytest
import spacy
import torch
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from thinc.api import Adam
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from spacy_clinical.architectures.relation_classifier import make_inputs, write_pairs
from spacy_clinical.pipeline.relations import ClinicalRelations
from spacy_clinical.relations.placeholders import PairText
from tests.tiny import make_document_classifier

pytestmark = pytest.mark.filterwarnings(r"ignore:\[W002\]")

NAME = "clinical_relations"
# Genes in upper case, diseases in lower case.
TEXTS = [
    "AB causes fever and pain.",
    "The patient denies pain of AB; no CD and fever.",
    "Nothing.",
    "",
    "fever\nof the  CD patient. AB denies chest.",
    "AB-related fever (pain), CD",
]
TYPES = {"AB": "Gene", "CD": "GENE", "fever": "Disease", "pain": "DISEASE"}
GENES, DISEASES = ("AB", "CD"), ("fever", "pain")


@pytest.fixture(scope="module")
def gad(tmp_path_factory):
    """A classifier that finds a relation in about half of the texts."""
    folder = tmp_path_factory.mktemp("gad")
    make_document_classifier(folder, "bert", ["0", "1"])
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    with torch.no_grad():
        for weight in model.parameters():
            # Tiny weights hardly tell texts apart.
            if weight.dim() == 2:
                weight.mul_(8)
    model.save_pretrained(folder)
    logits = torch.stack(classify_plainly(folder, REPLACED))
    gaps = (logits[:, 1] - logits[:, 0]).sort().values
    with torch.no_grad():
        model.classifier.bias[1] -= (gaps[4] + gaps[5]) / 2
    model.save_pretrained(folder)
    return folder


def make_pipeline(checkpoint, *, pairs=(("GENE", "DISEASE"),), size=None, **settings):
    model = {
        "@architectures": "spacy-clinical.RelationClassifier.v1",
        "pairs": [list(pair) for pair in pairs],
        "encoder": {
            "@architectures": "spacy-clinical.HFEncoder.v1",
            "checkpoint": str(checkpoint),
            **{"size": size, "precision": "fp32"},
            "learn_rate_scale": settings.pop("learn_rate_scale", 1),
        },
    }
    of_model = ("placeholders", "labels", "negative", "summary")
    model |= {name: settings.pop(name) for name in of_model if name in settings}
    nlp = spacy.blank("en")
    nlp.add_pipe(NAME, config={"threshold": 0, **settings, "model": model})
    return nlp


def make_doc(nlp, text):
    doc = nlp.make_doc(text)
    doc.ents = [
        Span(doc, token.i, token.i + 1, TYPES[token.text])
        for token in doc
        if token.text in TYPES
    ]
    return doc


@pytest.fixture(scope="module")
def made(gad):
    return make_pipeline(gad)


@pytest.fixture
def nlp(made):
    """Shared: change nothing."""
    return made


def read(nlp, texts):
    component = nlp.get_pipe(NAME)
    component.prepare_head()
    docs = [make_doc(nlp, text) for text in texts]
    return [component.read(doc, doc.ents)[1] for doc in docs]


def classify_plainly(folder, texts):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        return [model(**tokenizer(t, return_tensors="pt")).logits[0] for t in texts]


def list_relations(doc):
    return [
        (
            doc[one["child"]["start"] : one["child"]["end"]].text,
            doc[one["head"]["start"] : one["head"]["end"]].text,
        )
        for one in doc._.relations
    ]


# What the pairs of TEXTS are, in order.
REPLACED = [
    "@GENE$ causes @DISEASE$ and pain.",
    "@GENE$ causes fever and @DISEASE$.",
    "The patient denies @DISEASE$ of @GENE$; no CD and fever.",
    "The patient denies @DISEASE$ of AB; no @GENE$ and fever.",
    "The patient denies pain of @GENE$; no CD and @DISEASE$.",
    "The patient denies pain of AB; no @GENE$ and @DISEASE$.",
    "@DISEASE$ of the  @GENE$ patient.",
    "@GENE$-related @DISEASE$ (pain), CD",
    "@GENE$-related fever (@DISEASE$), CD",
    "AB-related @DISEASE$ (pain), @GENE$",
    "AB-related fever (@DISEASE$), @GENE$",
]


@pytest.mark.parametrize(
    "kind", ["bert", "distilbert", "electra", "roberta", "longformer", "big_bird"]
)
def test_logits_are_those_of_transformers(tmp_path, kind):
    folder = make_document_classifier(
        tmp_path, kind, ["0", "1", "x"], max_position_embeddings=130
    )
    nlp = make_pipeline(folder)
    model = nlp.get_pipe(NAME).model
    given = read(nlp, TEXTS)
    expected = np.stack(classify_plainly(folder, REPLACED))
    together = np.concatenate(model.predict(given))
    np.testing.assert_allclose(together, expected, atol=1e-5)
    alone = np.concatenate([model.predict([one])[0] for one in given])
    np.testing.assert_allclose(alone, expected, atol=1e-5)
    trained, _ = model.begin_update(given)
    assert [len(rows) for rows in trained] == [2, 4, 0, 0, 1, 4]


def test_the_best_label_counts(nlp, gad):
    docs = list(nlp.pipe([make_doc(nlp, text) for text in TEXTS]))
    scores = [torch.softmax(x, -1)[1] for x in classify_plainly(gad, REPLACED)]
    found = {
        (doc.text, child, head): one["score"]
        for doc in docs
        for (child, head), one in zip(list_relations(doc), doc._.relations, strict=True)
    }
    pairs = [
        (TEXTS[0], "AB", "fever"),
        (TEXTS[0], "AB", "pain"),
        (TEXTS[1], "AB", "pain"),
        (TEXTS[1], "CD", "pain"),
        (TEXTS[1], "AB", "fever"),
        (TEXTS[1], "CD", "fever"),
        (TEXTS[4], "CD", "fever"),
        *((TEXTS[5], gene, disease) for gene in GENES for disease in DISEASES),
    ]
    expected = dict(zip(pairs, map(float, scores), strict=True))
    related = {pair: score for pair, score in expected.items() if score > 0.5}
    assert found == pytest.approx(related, abs=1e-5)
    assert 0 < len(related) < len(expected)
    assert {one["label"] for doc in docs for one in doc._.relations} == {"1"}


def test_labels_have_names_of_their_own(gad):
    nlp = make_pipeline(gad, labels={"1": "ASSOCIATION"})
    other = make_pipeline(gad, negative=["1"], labels={"0": "NONE"})
    assert nlp(make_doc(nlp, TEXTS[0])) is not None
    assert nlp.get_pipe(NAME).labels == ("ASSOCIATION",)
    counts = []
    for one in (nlp, other):
        docs = one.pipe([make_doc(one, text) for text in TEXTS])
        counts.append([len(doc._.relations) for doc in docs])
    # What isn't related is, by the other meaning.
    assert np.sum(counts, axis=0).tolist() == [2, 4, 0, 0, 1, 4]


def test_thresholds_leave_relations_out(gad, nlp):
    scores = [
        one["score"] for text in TEXTS for one in nlp(make_doc(nlp, text))._.relations
    ]
    other = make_pipeline(gad, threshold=max(scores) - 1e-6)
    found = [other(make_doc(other, text))._.relations for text in TEXTS]
    assert sum(map(len, found)) == 1


def test_two_that_share_characters_have_no_text(gad):
    nlp = make_pipeline(gad, use_ents=False, spans_keys=["all"])
    component = nlp.get_pipe(NAME)
    component.prepare_head()
    doc = nlp.make_doc("AB fever of chest pain")
    doc.spans["all"] = [
        Span(doc, 0, 1, "GENE"),
        # Identical, nested, overlapping, the same twice.
        Span(doc, 0, 1, "DISEASE"),
        Span(doc, 0, 2, "DISEASE"),
        Span(doc, 1, 4, "GENE"),
        Span(doc, 3, 5, "DISEASE"),
        Span(doc, 3, 5, "DISEASE"),
    ]
    mentions, given = component.read(doc, component.list_targets(doc))
    pairs = {
        (mentions[i][:2], mentions[j][:2])
        for i, j in zip(given.pairs.first, given.pairs.second, strict=True)
    }
    assert pairs == {((0, 2), (12, 22)), ((0, 2), (3, 17))}
    assert len(given.pairs.first) == 2
    assert component(doc)._.clinical_error is None


def test_pairs_are_of_a_sentence_whatever_the_scope(gad):
    text = "AB was seen. No fever."
    for scope in ("sentence", "line", "window"):
        nlp = make_pipeline(gad, scope=scope, max_units=3)
        [given] = read(nlp, [text])
        assert len(given.pairs.first) == 0
        [given] = read(nlp, ["AB was seen, no fever."])
        assert len(given.pairs.first) == 1


def test_two_of_the_same_type_are_in_the_order_of_the_text(gad):
    nlp = make_pipeline(gad, pairs=[("Drug", "Drug")], negative=["0"])
    component = nlp.get_pipe(NAME)
    component.prepare_head()
    doc = nlp.make_doc("iron and aspirin")
    doc.ents = [Span(doc, 0, 1, "Medication"), Span(doc, 2, 3, "brand")]
    _, given = component.read(doc, doc.ents)
    assert given.types == ["@DRUG$", "@DRUG$"]
    for score, n_found in ((9.0, 1), (-9.0, 0)):
        output = component.model.get_ref("output")
        output.set_param("W", np.zeros_like(output.get_param("W")))
        output.set_param("b", np.asarray([0, score], dtype="float32"))
        expected = [("iron", "aspirin")] * n_found
        assert list_relations(component(doc)) == expected


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        (0, "no no no @GENE$ @DISEASE$ pain pain"),
        # All between the two, or else what is beside them.
        (2, "no no @GENE$ of of @DISEASE$ pain"),
        (10, "no no @GENE$ of of @DISEASE$ pain"),
        (200, "no no @GENE$ of of @DISEASE$ pain"),
    ],
)
def test_long_sentences_keep_both_entities(gad, between, expected):
    # The placeholders are 15 wordpieces.
    nlp = make_pipeline(gad, size=20, max_tokens=10_000)
    nlp.get_pipe(NAME).prepare_head()
    doc = nlp.make_doc(f"{'no ' * 300}AB {'of ' * between}CD{' pain' * 300}")
    doc.ents = [
        Span(doc, token.i, token.i + 1, "GENE" if token.text == "AB" else "DISEASE")
        for token in doc
        if token.text in ("AB", "CD")
    ]
    _, given = nlp.get_pipe(NAME).read(doc, doc.ents)
    [logits] = nlp.get_pipe(NAME).model.predict([given])
    [plain] = classify_plainly(gad, [expected])
    np.testing.assert_allclose(logits[0], plain, atol=1e-5)


def test_windows_must_have_room_for_two_placeholders(gad):
    nlp = make_pipeline(gad, size=8)
    with pytest.raises(ValueError, match=r"\[C945\].* 8 wordpieces .* are 15\."):
        nlp(make_doc(nlp, TEXTS[0]))
    short = dict.fromkeys(set(TYPES.values()), "@")
    pairs = [("@", "@")]
    nlp = make_pipeline(gad, size=8, placeholders=short, pairs=pairs)
    assert nlp(make_doc(nlp, TEXTS[0]))._.clinical_error is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pairs": []}, r"\[C947\]"),
        ({"negative": ["none"]}, r"\[C946\].*'negative'.* 0, 1: none of them"),
        ({"labels": {"2": "x"}}, r"\[C946\].*'labels'.* 0, 1: '2' isn't among"),
        ({"negative": ["0", "1"]}, r"\[C946\].* all of them are negative"),
    ],
)
def test_settings_must_fit_the_checkpoint(gad, settings, message):
    nlp = make_pipeline(gad, **settings)
    with pytest.raises(ValueError, match=message):
        nlp(make_doc(nlp, TEXTS[0]))


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"pairs": [["GENE"]]}, "pairs"), ({"negative": []}, "negative")],
)
def test_settings_are_checked(gad, settings, named):
    with pytest.raises(ValueError, match=rf"\[C943\].*'{named}'"):
        make_pipeline(gad, **settings)


def test_the_encoder_must_be_its_own():
    model = {"@architectures": "spacy-clinical.RelationClassifier.v1"}
    shared = {"@architectures": "spacy-clinical.SharedEncoder.v1"}
    with pytest.raises(ValueError, match=r"\[C943\].*'encoder'.*HFEncoder"):
        spacy.blank("en").add_pipe(NAME, config={"model": {**model, "encoder": shared}})


def test_the_checkpoint_must_have_a_head_for_one_label(tiny_ner, tmp_path):
    nlp = make_pipeline(tiny_ner)
    with pytest.raises(ValueError, match=r"\[C402\]"):
        nlp(make_doc(nlp, TEXTS[0]))
    problem = "multi_label_classification"
    folder = make_document_classifier(
        tmp_path, "bert", ["0", "1"], problem_type=problem
    )
    nlp = make_pipeline(folder)
    with pytest.raises(ValueError, match=rf"\[C949\].*'{problem}'"):
        nlp(make_doc(nlp, TEXTS[0]))


def annotate(nlp):
    docs = nlp.pipe([make_doc(nlp, text) for text in TEXTS])
    return [doc._.relations for doc in docs]


def test_saved_loaded_and_pickled(gad, tmp_path):
    nlp = make_pipeline(gad, labels={"1": "ASSOCIATION"})
    # As `spacy assemble` does it, before there was any text.
    nlp.initialize()
    nlp.to_disk(tmp_path)
    expected = annotate(nlp)
    assert any(expected)
    assert (tmp_path / NAME / "encoder" / "model.safetensors").exists()
    other = make_pipeline(tmp_path / NAME / "encoder")
    other.from_bytes(nlp.to_bytes())
    for copied in (spacy.load(tmp_path), pickle.loads(pickle.dumps(nlp)), other):
        assert annotate(copied) == expected
        assert copied.get_pipe(NAME).labels == ("ASSOCIATION",)
    docs = [make_doc(nlp, text) for text in TEXTS]
    found = spacy.load(tmp_path).pipe(docs, n_process=2)
    assert [doc._.relations for doc in found] == expected


def test_a_pipeline_that_has_read_nothing_is_saved_with_its_head(gad, tmp_path):
    nlp = make_pipeline(gad)
    nlp.to_disk(tmp_path)
    assert annotate(spacy.load(tmp_path)) == annotate(nlp)


def test_docs_keep_their_relations(nlp):
    docs = list(nlp.pipe([make_doc(nlp, text) for text in TEXTS]))
    saved = DocBin(docs=docs, store_user_data=True).to_bytes()
    restored = list(DocBin().from_bytes(saved).get_docs(nlp.vocab))
    for doc, other in zip(docs, restored, strict=True):
        assert other._.relations == doc._.relations
        copied = Doc(nlp.vocab).from_bytes(doc.to_bytes())
        assert copied._.relations == doc._.relations
    [facts] = {str(doc._.clinical_provenance[NAME]) for doc in docs}
    assert "'decide': 'model'" in facts
    assert "'weights_sha256'" in facts


@pytest.mark.parametrize("batch_size", [1, 2, 10])
def test_relations_are_the_same_whatever_shares_the_batch(nlp, batch_size):
    alone = [nlp.get_pipe(NAME)(make_doc(nlp, t))._.relations for t in TEXTS]
    docs = nlp.pipe([make_doc(nlp, t) for t in TEXTS], batch_size=batch_size)
    for doc, expected in zip(docs, alone, strict=True):
        scores = [one.pop("score") for one in expected]
        found = doc._.relations
        assert [one.pop("score") for one in found] == pytest.approx(scores, abs=1e-5)
        assert found == expected


def test_a_doc_that_fails_leaves_the_others(gad, monkeypatch):
    component = make_pipeline(gad).get_pipe(NAME)
    nlp = spacy.blank("en")
    read_doc = component.read

    def fail(doc, spans):
        if doc.text == TEXTS[1]:
            raise ValueError("not today")
        return read_doc(doc, spans)

    expected = [len(component(make_doc(nlp, t))._.relations) for t in TEXTS]
    monkeypatch.setattr(component, "read", fail)
    failed = []
    component.set_error_handler(lambda name, pipe, docs, error: failed.extend(docs))
    docs = list(component.pipe([make_doc(nlp, text) for text in TEXTS]))
    assert [doc.text for doc in failed] == [TEXTS[1]]
    assert [len(doc._.relations) for doc in docs] == [expected[0], 0, *expected[2:]]
    assert docs[1]._.clinical_error["component"] == NAME


@pytest.mark.parametrize("text", [" \n ", "\x00\x01", "\u202e\u05d0", "\U0001f600 \t"])
def test_odd_texts_lose_nothing(gad, text):
    nlp = make_pipeline(gad)
    doc = nlp.make_doc(text)
    doc.ents = [
        Span(doc, token.i, token.i + 1, ("GENE", "DISEASE")[token.i % 2])
        for token in doc
    ]
    doc = nlp.get_pipe(NAME)(doc)
    assert doc.text == text
    assert doc._.clinical_error is None


def test_long_lists_stay_linear(nlp):
    counts = []
    for n in (100, 1000):
        [given] = read(nlp, ["AB and fever, " * (n // 2)])
        counts.append(len(given.pairs.first))
    assert counts[1] < 12 * counts[0]


def test_the_text_of_long_sentences_stays_linear(gad):
    nlp = make_pipeline(gad, size=20)
    shim = nlp.get_pipe(NAME).model.get_ref("encoder").shims[0]
    lengths = []
    for n in (400, 800):
        given = read(nlp, ["AB and fever, " * (n // 2)])
        lengths.append(sum(len(one.text) for one in write_pairs(shim, given)))
    assert lengths[1] < 2.5 * lengths[0]


def test_lists_in_one_sentence_are_read(nlp):
    doc = nlp.get_pipe(NAME)(make_doc(nlp, "AB and fever, " * 20))
    assert doc._.clinical_error is None


# Training


def make_examples(nlp, label="1"):
    """A gene is related to the disease after "causes"."""
    texts = ["AB causes fever", "AB denies fever", "CD causes pain", "CD denies pain"]
    examples = []
    for text in texts:
        reference = make_doc(nlp, text)
        if "causes" in text:
            gene, disease = reference.ents
            sides = {
                name: {
                    "label": ent.label_,
                    "start_char": ent.start_char,
                    "end_char": ent.end_char,
                }
                for name, ent in (("child", gene), ("head", disease))
            }
            reference._.relations = [{"label": label, **sides, "score": 1.0}]
        examples.append(Example(make_doc(nlp, text), reference))
    return examples


def train(nlp, label="1", n_steps=60):
    component = nlp.get_pipe(NAME)
    examples = make_examples(nlp, label)
    component.initialize(lambda: examples, nlp=nlp)
    sgd = Adam(0.005)
    losses = [component.update(examples, sgd=sgd)[NAME] for _ in range(n_steps)]
    found = [list_relations(component(eg.predicted)) for eg in examples]
    return losses, found


LEARNED = [[("AB", "fever")], [], [("CD", "pain")], []]


@pytest.mark.learns
@pytest.mark.parametrize("label", ["1", "CAUSE"])
@pytest.mark.parametrize("scale", [0, 1])
def test_learns_from_the_published_head_or_anew(gad, tmp_path, label, scale):
    nlp = make_pipeline(gad, pairs=[], learn_rate_scale=scale, summary="mean")
    losses, found = train(nlp, label)
    assert losses[-1] < losses[0]
    assert found == LEARNED
    assert nlp.get_pipe(NAME).labels == (label,)
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path).get_pipe(NAME)
    assert loaded.model.attrs["classes"] == ["0", label]
    docs = [eg.predicted for eg in make_examples(nlp)]
    assert [list_relations(loaded(doc)) for doc in docs] == LEARNED


def test_placeholders_are_not_masked(gad):
    shim = make_pipeline(gad).get_pipe(NAME).model.get_ref("encoder").shims[0]
    text = "no pain,@GENE$ of @DISEASE$ and fever"
    places = [
        (text.index(name), text.index(name) + len(name))
        for name in ("@GENE$", "@DISEASE$")
    ]
    for rate, expected in (
        (0.0, text.lower()),
        (1.0, "[MASK] pain,@gene$ [MASK] @disease$ [MASK] [MASK]"),
    ):
        given = [PairText(text, *places)]
        [window] = make_inputs(shim, given, mask_rate=rate)
        tokenizer = AutoTokenizer.from_pretrained(gad)
        assert tokenizer.decode(window.ids) == tokenizer.decode(
            tokenizer(expected, add_special_tokens=False)["input_ids"]
        )


def test_gold_may_be_the_other_way_round(gad):
    nlp = make_pipeline(gad)
    component = nlp.get_pipe(NAME)
    examples = make_examples(nlp)
    for eg in examples:
        for one in list(eg.reference._.relations):
            turned = {**one, "child": one["head"], "head": one["child"]}
            eg.reference._.relations = [turned]
    component.prepare_head()
    given = [component.read_example(eg) for eg in examples]
    output = [np.asarray([[0.0, 9.0]])] * 4
    loss, _ = component.compute_loss(examples, given, output)
    # Two are right, and two are wrong, of eight entities.
    assert loss == pytest.approx(2 * 9 / 8, abs=1e-3)


def test_take_head(gad):
    nlp, other = make_pipeline(gad), make_pipeline(gad)
    train(nlp, n_steps=2)
    other.get_pipe(NAME).take_head(nlp.get_pipe(NAME))
    for name in ("W", "b"):
        heads = [one.get_pipe(NAME).model.get_ref("output") for one in (nlp, other)]
        np.testing.assert_array_equal(*(head.get_param(name) for head in heads))


def test_examples_without_relations_need_a_published_head(tiny_ner):
    component = make_pipeline(tiny_ner).get_pipe(NAME)
    nlp = spacy.blank("en")
    examples = [Example(make_doc(nlp, t), make_doc(nlp, t)) for t in TEXTS]
    with pytest.raises(ValueError, match=r"\[C942\]"):
        component.initialize(lambda: examples)


def test_another_component_keeps_its_model(nlp):
    assert ClinicalRelations(nlp).is_trainable is False
