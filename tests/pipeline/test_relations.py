import pickle
import time

import numpy
import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from thinc.api import Adam

from spacy_clinical.extensions.relation_attributes import set_known_relations
from spacy_clinical.pipeline.bases.pair_models import Scored
from spacy_clinical.pipeline.relations import ClinicalRelations

pytestmark = pytest.mark.filterwarnings(r"ignore:\[W002\]")

NAME = "clinical_relations"
# A dose belongs to the drug after "of"; the nearest head would be wrong.
TEXTS = [
    "ten of drops aspirin",
    "drops ten aspirin of",
    "pain since ten of drops",
    "two of drops iron",
    "drops two iron of",
    "iron since two of drops",
]
LABELS = {"ten": "Dosage", "two": "Dosage", "drops": "Form"}
LABELS |= {"aspirin": "Medication", "iron": "Medication"}
OWN = "spacy-clinical.HFEncoder.v1"
SHARED = "spacy-clinical.SharedEncoder.v1"


def head(encoder, **settings):
    return {
        "@architectures": "spacy-clinical.RelationHead.v1",
        **{"size": 16, "width": 16, "hidden": 16},
        "encoder": {"@architectures": encoder, **settings},
    }


def make_doc(nlp, text):
    doc = nlp.make_doc(text)
    doc.ents = [
        Span(doc, token.i, token.i + 1, LABELS[token.text])
        for token in doc
        if token.text in LABELS
    ]
    return doc


def describe(token):
    return {
        "label": LABELS[token.text],
        "start_char": token.idx,
        "end_char": token.idx + len(token),
    }


def make_examples(nlp, known=None):
    """A dose modifies the drug where "of" comes last, and else its form."""
    examples = []
    for text in TEXTS:
        reference = make_doc(nlp, text)
        words = {token.text: token for token in reference}
        child = next(words[word] for word in ("ten", "two") if word in words)
        drug = next((words[w] for w in ("aspirin", "iron") if w in words), None)
        goal = drug if text.endswith("of") and drug is not None else words["drops"]
        sides = {"child": describe(child), "head": describe(goal)}
        reference._.relations = [{"label": "MODIFY", **sides, "score": 1.0}]
        if known is not None:
            set_known_relations(reference, known)
        examples.append(Example(make_doc(nlp, text), reference))
    return examples


def make_pipeline(tiny_ner, encoder=OWN, **settings):
    nlp = spacy.blank("en")
    checkpoint = {"checkpoint": str(tiny_ner), "precision": "fp32"}
    if encoder == SHARED:
        nlp.add_pipe("clinical_ner", config={"model": {"encoder": checkpoint}})
        checkpoint = {}
    model = head(encoder, **checkpoint, **settings)
    nlp.add_pipe(NAME, config={"model": model, "threshold": 0.5})
    return nlp


def train(nlp, n_steps=80, examples=None):
    component = nlp.get_pipe(NAME)
    examples = examples or make_examples(nlp)
    component.initialize(lambda: examples, nlp=nlp)
    sgd, losses = Adam(0.01), []
    for _ in range(n_steps):
        losses.append(component.update(examples, sgd=sgd)[NAME])
    return losses


def list_found(nlp, component=None):
    """Child and head of each relation, by text."""
    found = []
    for text in TEXTS:
        doc = (component or nlp.get_pipe(NAME))(make_doc(nlp, text))
        found.append(
            [
                tuple(
                    doc[one[side]["start"] : one[side]["end"]].text
                    for side in ("child", "head")
                )
                for one in doc._.relations
            ]
        )
    return found


GOLD = [
    [("ten", "drops")],
    [("ten", "aspirin")],
    [("ten", "drops")],
    [("two", "drops")],
    [("two", "iron")],
    [("two", "drops")],
]


@pytest.fixture(scope="module")
def made(tiny_ner):
    nlp = make_pipeline(tiny_ner, learn_rate_scale=0)
    train(nlp)
    return nlp


@pytest.fixture
def nlp(made):
    """Shared: change nothing."""
    return made


@pytest.fixture
def nearest():
    nlp = spacy.blank("en")
    nlp.add_pipe(NAME)
    return nlp


def annotate(nlp, text, places, key=None):
    """Annotate a text with entities of the given words, or with overlapping spans."""
    doc = nlp.make_doc(text)
    spans = [
        doc.char_span(text.index(words), text.index(words) + len(words), label)
        for words, label in places
    ]
    if key is None:
        doc.ents = spans
    else:
        doc.spans[key] = spans
    return nlp.get_pipe(NAME)(doc)


@pytest.mark.learns
@pytest.mark.parametrize("kind", ["frozen", "trained", "tokens"])
def test_learns_over_any_encoder(tiny_ner, kind):
    if kind == "tokens":
        tokens = {"pretrained_vectors": None, "width": 16, "depth": 1}
        tokens |= {"embed_size": 200, "window_size": 1, "maxout_pieces": 2}
        nlp = spacy.blank("en")
        model = head("spacy.HashEmbedCNN.v2", **tokens, subword_features=True)
        nlp.add_pipe(NAME, config={"model": model})
    else:
        scale = 0 if kind == "frozen" else 1
        nlp = make_pipeline(tiny_ner, learn_rate_scale=scale)
    losses = train(nlp)
    assert losses[-1] < losses[0] / 4
    assert list_found(nlp) == GOLD
    assert list_found(pickle.loads(pickle.dumps(nlp))) == GOLD
    assert nlp.get_pipe(NAME).labels == ("MODIFY",)


@pytest.mark.learns
def test_learns_over_the_encoder_of_another_component(tiny_ner, tmp_path):
    nlp = make_pipeline(tiny_ner, SHARED)
    train(nlp)
    assert list_found(nlp) == GOLD
    nlp.to_disk(tmp_path)
    assert not (tmp_path / NAME / "encoder").exists()
    loaded = spacy.load(tmp_path)
    assert list_found(loaded) == GOLD
    # What was handed over is used, and nothing waits for texts without entities.
    list(loaded.pipe([*TEXTS, "", "Fever."]))
    assert len(loaded.get_pipe(NAME).model.get_ref("encoder").waiting) == 0


def test_the_component_with_the_encoder_must_be_there():
    nlp = spacy.blank("en")
    component = nlp.add_pipe(NAME, config={"model": head(SHARED)})
    examples = make_examples(nlp)
    with pytest.raises(ValueError, match=r"\[C940\].*'clinical_ner'"):
        component.initialize(lambda: examples, nlp=nlp)


@pytest.mark.learns
def test_what_a_corpus_says_nothing_of_is_not_learned(tiny_ner):
    nlp = make_pipeline(tiny_ner, learn_rate_scale=0)
    component = nlp.get_pipe(NAME)
    examples = make_examples(nlp)
    component.initialize(lambda: examples, nlp=nlp)
    unknown = make_examples(nlp, known=["CAUSE"])
    assert component.update(unknown)[NAME] == 0
    assert component.update(examples)[NAME] > 0


def test_saved_loaded_and_pickled(nlp, tmp_path):
    assert list_found(nlp) == GOLD
    nlp.to_disk(tmp_path)
    other = make_pipeline(tmp_path / NAME / "encoder", learn_rate_scale=0)
    other.from_bytes(nlp.to_bytes())
    for copied in (spacy.load(tmp_path), pickle.loads(pickle.dumps(nlp)), other):
        assert list_found(copied) == GOLD
        component = copied.get_pipe(NAME)
        assert component.inventory.pairs == nlp.get_pipe(NAME).inventory.pairs
    wanted = [doc._.relations for doc in nlp.pipe(make_doc(nlp, t) for t in TEXTS)]
    docs = [make_doc(nlp, text) for text in TEXTS]
    found = spacy.load(tmp_path).pipe(docs, n_process=2)
    assert [doc._.relations for doc in found] == wanted


@pytest.mark.parametrize("batch_size", [1, 4, 10])
def test_relations_are_the_same_whatever_shares_the_batch(nlp, batch_size):
    alone = [nlp.get_pipe(NAME)(make_doc(nlp, t))._.relations for t in TEXTS]
    docs = nlp.pipe([make_doc(nlp, t) for t in TEXTS], batch_size=batch_size)
    assert [doc._.relations for doc in docs] == alone
    pairs = nlp.pipe([(text, i) for i, text in enumerate(TEXTS)], as_tuples=True)
    assert [i for _, i in pairs] == list(range(len(TEXTS)))


def test_docs_keep_their_relations(nlp):
    doc = nlp.get_pipe(NAME)(make_doc(nlp, TEXTS[0]))
    saved = DocBin(docs=[doc], store_user_data=True).to_bytes()
    [other] = DocBin().from_bytes(saved).get_docs(nlp.vocab)
    copies = (other, doc.copy(), Doc(nlp.vocab).from_bytes(doc.to_bytes()))
    assert [copy._.relations for copy in copies] == [doc._.relations] * 3
    [record] = doc._.relations
    assert 0.5 <= record["score"] <= 1
    assert set(record) == {"label", "head", "child", "score"}


def test_provenance_says_what_decides(nlp, nearest):
    found = [one("ten")._.clinical_provenance[NAME] for one in (nlp, nearest, nearest)]
    assert [one["decide"] for one in found] == ["model", "nearest", "nearest"]
    assert found[0]["head_sha256"] != found[1]["head_sha256"] == found[2]["head_sha256"]


def test_the_nearest_head_needs_no_training(nearest):
    places = [("aspirin", "Medication"), ("81 mg", "Dosage"), ("iron", "Medication")]
    places += [("10 mg", "Dosage"), ("left", "Biological_structure")]
    doc = annotate(nearest, "aspirin 81 mg, iron 10 mg; left", places)
    found = [
        (doc.text[c["start_char"] : c["end_char"]], doc[h["start"]].text)
        for c, h in ((one["child"], one["head"]) for one in doc._.relations)
    ]
    assert found == [("81 mg", "aspirin"), ("10 mg", "iron")]


def test_types_of_the_nearest_head_are_learned(nearest):
    component = nearest.get_pipe(NAME)
    examples = make_examples(nearest)
    component.initialize(lambda: examples, nlp=nearest)
    assert {pair.child for pair in component.inventory.pairs} == {"Dosage"}
    assert component.update(examples) == {}
    assert list_found(nearest)[1] == [("ten", "drops")]


@pytest.mark.parametrize(
    "places",
    [
        [],
        [("81 mg", "Dosage")],
        [("81 mg", "Dosage"), ("daily", "Never_seen")],
        [("81 mg", "Dosage"), ("daily", "Dosage")],
        [("aspirin", "Medication"), ("daily", "Medication")],
    ],
)
def test_without_two_that_belong_together_there_is_none(nlp, nearest, places):
    for one in (nlp, nearest):
        doc = annotate(one, "aspirin 81 mg daily", places)
        assert doc._.relations == []
        assert doc._.clinical_error is None


def test_entities_may_overlap_or_be_inside_others(tiny_ner, nearest):
    component = ClinicalRelations(nearest, use_ents=False, spans_keys=["all"])
    places = [
        ("aspirin 81 mg", "Medication"),
        ("81 mg", "Dosage"),
        ("aspirin 81", "Medication"),
        ("81 mg daily", "Frequency"),
        ("81 mg", "Dosage"),
    ]
    doc = annotate(nearest, "aspirin 81 mg daily", places, key="all")
    doc = component(doc)
    found = {(one["child"]["label"], one["head"]["label"]) for one in doc._.relations}
    assert found == {("Dosage", "Medication"), ("Frequency", "Medication")}
    assert len(doc._.relations) == 2
    component.model = make_pipeline(tiny_ner).get_pipe(NAME).model
    with pytest.raises(ValueError, match=r"\[C941\].*model = null"):
        ClinicalRelations(nearest, model=component.model)(doc)


@pytest.mark.parametrize("text", ["", " \n ", "\x00\x01", "\u202e\u05d0", "\U0001f600"])
def test_odd_texts_lose_nothing(nlp, text):
    doc = nlp.make_doc(text)
    doc.ents = [Span(doc, token.i, token.i + 1, "Dosage") for token in doc]
    doc = nlp.get_pipe(NAME)(doc)
    assert doc.text == text
    assert doc._.relations == []


def test_long_lists_stay_linear(nlp, nearest):
    counts = {}
    for n in (50, 500):
        text = "aspirin ten " * n
        given = nlp.get_pipe(NAME).read(make_doc(nlp, text), make_doc(nlp, text).ents)
        counts[n] = len(given[1].pairs.first)
        doc = nearest.get_pipe(NAME)(make_doc(nearest, text))
        assert len(doc._.relations) == n
    assert counts[500] < 12 * counts[50]


def test_a_thousand_entities_take_no_second(nearest):
    doc = make_doc(nearest, "aspirin ten " * 500)
    start = time.process_time()
    nearest.get_pipe(NAME)(doc)
    assert time.process_time() - start < 5


def test_a_doc_that_fails_leaves_the_others(nlp, monkeypatch):
    component = pickle.loads(pickle.dumps(nlp)).get_pipe(NAME)
    read = component.read

    def fail(doc, spans):
        if doc.text == TEXTS[1]:
            raise ValueError("not today")
        return read(doc, spans)

    monkeypatch.setattr(component, "read", fail)
    failed = []
    component.set_error_handler(lambda name, pipe, docs, error: failed.extend(docs))
    docs = list(component.pipe([make_doc(nlp, text) for text in TEXTS]))
    assert [doc.text for doc in failed] == [TEXTS[1]]
    assert [len(doc._.relations) for doc in docs] == [1, 0, 1, 1, 1, 1]
    assert docs[1]._.clinical_error["component"] == NAME


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"threshold": 2}, "threshold"),
        ({"threshold": {"MODIFY": -1}}, "threshold"),
        ({"more": "x"}, "more"),
        ({"scope": "page"}, "scope"),
        ({"max_units": -1}, "max_units"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_mentions": -1}, "max_mentions"),
    ],
)
def test_settings_are_checked(settings, named):
    with pytest.raises(ValueError, match=rf"\[C943\].*'{named}'"):
        ClinicalRelations(spacy.blank("en"), **settings)


def score_half(given):
    return [Scored(one.pairs, numpy.full((2, 2), 0.45)) for one in given]


def test_labels_may_have_thresholds_of_their_own(nlp, monkeypatch):
    component = pickle.loads(pickle.dumps(nlp)).get_pipe(NAME)
    assert list_found(nlp, component) == GOLD
    monkeypatch.setattr(component, "score_pairs", score_half)
    for threshold, n_found in (({"MODIFY": 0.5}, 0), ({"CAUSE": 1.0}, 1), (0.4, 1)):
        component.threshold = threshold
        doc = component(make_doc(nlp, TEXTS[0]))
        assert len(doc._.relations) == n_found


def test_examples_must_have_relations_between_entities(tiny_ner):
    nlp = make_pipeline(tiny_ner)
    component = nlp.get_pipe(NAME)
    examples = make_examples(nlp)
    for example in examples:
        example.reference.ents = []
    with pytest.raises(ValueError, match=r"\[C942\]"):
        component.initialize(lambda: examples, nlp=nlp)
    examples[0].reference._.relations = [{"label": "MODIFY"}]
    with pytest.raises(ValueError, match=r"\[C944\]"):
        component.initialize(lambda: examples, nlp=nlp)


def test_damaged_pairs_are_refused(nlp):
    component = pickle.loads(pickle.dumps(nlp)).get_pipe(NAME)
    known = component.inventory.pairs
    with pytest.raises(ValueError, match=r"\[C026\]"):
        component._restore_cfg(b'{"pairs": {"MODIFY Dosage": 1}}')
    assert component.inventory.pairs == known


@pytest.mark.parametrize("scope", ["sentence", "line", "window"])
def test_scopes_limit_how_far_heads_are(scope):
    nlp = spacy.blank("en")
    nlp.add_pipe(NAME, config={"scope": scope})
    text = "aspirin was given.\nThe dose was 81 mg."
    doc = annotate(nlp, text, [("aspirin", "Medication"), ("81 mg", "Dosage")])
    assert len(doc._.relations) == (scope == "window")
