"""The learned head of `clinical_assertion`."""

import pickle

import numpy
import pytest
import spacy
from spacy.tokens import Span
from spacy.training import Example
from thinc.api import Adam

from spacy_clinical.architectures import projected_rows, shared_encoder
from spacy_clinical.assertion.hints import Hints
from spacy_clinical.export.docs import make_doc
from spacy_clinical.export.pages.assertion import list_cues
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.extensions.assertion_attributes import (
    mark_assertion,
    set_known_attributes,
)
from spacy_clinical.pipeline.assertion import ClinicalAssertion
from spacy_clinical.pipeline.bases.attribute_thresholds import move_threshold
from spacy_clinical.types import Note

pytestmark = pytest.mark.filterwarnings(r"ignore:\[W002\]")

NAMES = ("is_negated", "is_uncertain")
# Words that the shipped rules don't know: what is said is learned.
TEXTS = [
    ("zilch fever", "is_negated"),
    ("the patient has fever", ""),
    ("maybenot pain", "is_uncertain"),
    ("zilch pain", "is_negated"),
    ("the chest pain", ""),
    ("maybenot fever", "is_uncertain"),
]


def own(checkpoint, **settings):
    encoder = {"@architectures": "spacy-clinical.HFEncoder.v1", "precision": "fp32"}
    return head({**encoder, "checkpoint": str(checkpoint), **settings})


def head(encoder):
    return {
        "@architectures": "spacy-clinical.AssertionHead.v1",
        "size": 16,
        "n_heads": 2,
        "encoder": encoder,
    }


SHARED = head({"@architectures": "spacy-clinical.SharedEncoder.v1"})


def make_pipeline(tiny_ner, model=SHARED, **config):
    nlp = spacy.blank("en")
    encoder = {"checkpoint": str(tiny_ner), "precision": "fp32"}
    nlp.add_pipe("clinical_ner", config={"model": {"encoder": encoder}})
    nlp.add_pipe("clinical_assertion", config={"model": model, **config})
    return nlp


def make_examples(nlp, texts=TEXTS, names=None):
    examples = []
    for text, said in texts:
        reference = nlp.make_doc(text)
        span = Span(reference, len(reference) - 1, len(reference), label="SYMPTOM")
        reference.ents = [span]
        mark_assertion(reference.ents[0], [said])
        if names is not None:
            set_known_attributes(reference, names)
        examples.append(Example(nlp.make_doc(text), reference))
    return examples


def train(nlp, n_steps=60, examples=None):
    component = nlp.get_pipe("clinical_assertion")
    examples = examples or make_examples(nlp)
    component.initialize(lambda: examples, nlp=nlp)
    sgd = Adam(0.01)
    losses = []
    for _ in range(n_steps):
        losses.append(component.update(examples, sgd=sgd)["clinical_assertion"])
    return losses


@pytest.fixture(scope="module")
def made(tiny_ner):
    nlp = make_pipeline(tiny_ner)
    train(nlp)
    nlp.get_pipe("clinical_assertion").decide = "model"
    return nlp


@pytest.fixture
def nlp(made):
    """Shared: change nothing."""
    return made


def list_said(nlp, texts=TEXTS):
    """What the component says of the last word of each text."""
    said = []
    for text, _ in texts:
        doc = nlp.make_doc(text)
        doc.ents = [Span(doc, len(doc) - 1, len(doc), label="SYMPTOM")]
        doc = nlp.get_pipe("clinical_assertion")(doc)
        said.append([name for name in NAMES if doc.ents[0]._.get(name)])
    return said


def list_records(docs):
    return [[ent._.assertion for ent in doc.ents] for doc in docs]


GOLD = [[said] if said else [] for _, said in TEXTS]


@pytest.mark.learns
def test_learns_words_that_the_rules_do_not_know(tiny_ner):
    nlp = make_pipeline(tiny_ner)
    losses = train(nlp)
    assert losses[-1] < losses[0] / 4
    assert list_said(nlp) == [[]] * len(TEXTS)
    component = nlp.get_pipe("clinical_assertion")
    assert component.labels == NAMES
    component.decide = "model"
    assert list_said(nlp) == GOLD


@pytest.mark.learns
@pytest.mark.parametrize("kind", ["frozen", "trained", "tokens"])
def test_learns_over_any_encoder(tiny_ner, kind):
    if kind == "tokens":
        tokens = {"@architectures": "spacy.HashEmbedCNN.v2", "pretrained_vectors": None}
        sizes = {"width": 16, "depth": 1, "embed_size": 200, "window_size": 1}
        rest = {"maxout_pieces": 2, "subword_features": True}
        model = head({**tokens, **sizes, **rest})
    else:
        model = own(tiny_ner, learn_rate_scale=0 if kind == "frozen" else 1)
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_assertion", config={"model": model})
    losses = train(nlp)
    assert losses[-1] < losses[0] / 4
    nlp.get_pipe("clinical_assertion").decide = "model"
    assert list_said(nlp) == GOLD
    copy = pickle.loads(pickle.dumps(nlp))
    assert list_said(copy) == GOLD


def test_the_encoder_of_another_component_runs_once(nlp, monkeypatch):
    encoder = nlp.get_pipe("clinical_ner").model.get_ref("encoder")
    shim = encoder.shims[0]
    nlp("The patient denies fever.")
    runs = []
    predict = type(shim.runtime).predict
    monkeypatch.setattr(
        type(shim.runtime),
        "predict",
        lambda self, inputs: runs.append(1) or predict(self, inputs),
    )
    doc = nlp("The patient denies chest pain. No fever.")
    assert len(runs) == 1
    assert doc.ents
    # What was handed over is what the head computes by itself, to the last bit.
    again = nlp.get_pipe("clinical_assertion")(doc.copy())
    assert len(runs) == 2
    assert list_records([again]) == list_records([doc])


def test_nothing_waits_for_notes_without_targets(nlp):
    waiting = nlp.get_pipe("clinical_assertion").model.get_ref("encoder").waiting
    before = waiting.n_pieces
    component = nlp.get_pipe("clinical_ner")
    kept = component.only_labels
    component.only_labels = []
    try:
        list(nlp.pipe(["No fever.", "", "Chest pain for two days."]))
        component.only_labels = kept
        list(nlp.pipe(["No fever.", "", "Chest pain for two days."]))
    finally:
        component.only_labels = kept
    assert waiting.n_pieces == before


def test_a_disabled_component_leaves_little_behind(nlp, monkeypatch):
    monkeypatch.setattr(shared_encoder, "MAX_WAITING", 30)
    nlp("Fever.")
    waiting = nlp.get_pipe("clinical_assertion").model.get_ref("encoder").waiting
    assert len(waiting) == 0
    with nlp.select_pipes(disable="clinical_assertion"):
        docs = [nlp(f"No fever for {n} days and no pain.") for n in range(20)]
    assert 0 < waiting.n_pieces <= 30
    assert all("assertion" not in str(doc.user_data.keys()) for doc in docs)
    for doc in docs:
        nlp.get_pipe("clinical_assertion")(doc)
    assert waiting.n_pieces == len(waiting) == 0


@pytest.mark.parametrize("size", [1, 2, 7])
def test_scores_are_the_same_whatever_shares_the_batch(nlp, size):
    texts = [f"{text}. No pain for {n} days" for n, (text, _) in enumerate(TEXTS * 3)]
    alone = list_records(nlp(text) for text in texts)
    assert list_records(nlp.pipe(texts, batch_size=size)) == alone


def test_saved_loaded_and_pickled(nlp, tmp_path):
    texts = [text for text, _ in TEXTS]
    wanted = list_records(nlp.pipe(texts))
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    copy = pickle.loads(pickle.dumps(nlp))
    for other in (loaded, copy):
        assert list_records(other.pipe(texts)) == wanted
        assert list_said(other) == GOLD
        assert other.get_pipe("clinical_assertion").labels == NAMES
    assert list_records(loaded.pipe(texts, n_process=2)) == wanted
    # The encoder is saved once, with its component.
    assert not (tmp_path / "clinical_assertion" / "encoder").exists()
    component = pickle.loads(pickle.dumps(nlp.get_pipe("clinical_assertion")))
    assert list_records([component(nlp.make_doc("zilch fever"))]) == [[]]


def test_provenance_says_who_decides(nlp):
    [record] = [
        nlp(text)._.clinical_provenance["clinical_assertion"] for text in ["No fever"]
    ]
    assert set(record) == {"decide", "head_sha256"}
    assert record["decide"] == "model"
    other = pickle.loads(pickle.dumps(nlp))
    assert nlp("x")._.clinical_provenance == other("x")._.clinical_provenance
    component = other.get_pipe("clinical_assertion")
    train(other, 1)
    component.decide = "both"
    changed = other("x")._.clinical_provenance["clinical_assertion"]
    assert set(changed) == {"decide", "head_sha256", "rules", "rules_version"}
    assert changed["head_sha256"] != record["head_sha256"]


def test_rules_and_head_decide_together(nlp):
    component = nlp.get_pipe("clinical_assertion")
    said = numpy.asarray([[True, False], [True, True], [False, False]])
    scores = numpy.asarray([[0.04, 0.6], [0.2, 0.3], [0.95, 0.4]])
    settings = component.decide, component.reject_below, component.accept_above
    component.decide = "both"
    component.reject_below = {"is_negated": 0.1, "is_uncertain": 0.2}
    component.accept_above = {"is_negated": 0.9, "is_uncertain": 0.5}
    combined = component.combine(said, scores)
    component.decide = "model"
    alone = component.combine(said, scores)
    component.decide, component.reject_below, component.accept_above = settings
    assert (combined >= 0.5).tolist() == [[False, True], [True, True], [True, False]]
    assert (alone == scores).all()


def test_records_name_the_model_where_it_decides(nlp):
    doc = nlp.make_doc("zilch fever")
    doc.ents = [Span(doc, 1, 2, label="SYMPTOM")]
    doc = nlp.get_pipe("clinical_assertion")(doc)
    [cue] = doc.ents[0]._.assertion["cues"]
    place = {"start": 6, "end": 11, "category": "negated"}
    assert cue == {**place, "direction": "model", "rule": "model"}
    # No words say so.
    assert not doc.spans["assertion_cues"]
    record = make_record(Note("x", doc.text, {}, "x"), doc)
    assert record["entities"][0]["assertion"]["cues"] == [cue]
    again = make_doc(record, nlp)
    assert again.ents[0]._.assertion["cues"] == [cue]
    assert not again.spans["assertion_cues"]
    bare = without_text(record)
    assert bare["entities"][0]["assertion"]["cues"] == [cue]
    provenance = record["provenance"]["clinical_assertion"]
    assert bare["provenance"]["clinical_assertion"] == provenance
    assert list_cues(record["entities"]) == ([], [[]])


def test_moved_scores_keep_their_order():
    scores = numpy.linspace(0, 1, 101)
    for threshold in (0.0, 0.05, 0.5, 0.9, 1.0):
        moved = move_threshold(scores, numpy.full(101, threshold))
        assert (numpy.diff(moved) >= 0).all()
        assert moved.min() >= 0
        assert moved.max() <= 1
        assert ((moved >= 0.5) == (scores >= threshold)).all()


def copy_strict(nlp):
    """Copy the component, with a head that rejects what it may."""
    component = pickle.loads(pickle.dumps(nlp)).get_pipe("clinical_assertion")
    component.decide = "both"
    component.reject_below = component.accept_above = 1.0
    return component


def test_cues_of_what_the_head_rejects_are_not_written(nlp):
    component = copy_strict(nlp)
    doc = nlp.make_doc("no pain or fever")
    doc.ents = [Span(doc, 3, 4, label="SYMPTOM")]
    component(doc)
    assert not doc.ents[0]._.is_negated
    assert doc.ents[0]._.assertion["cues"] == []
    assert not doc.spans["assertion_cues"]
    component.reject_below = 0.0
    component(doc)
    assert doc.ents[0]._.is_negated
    assert [span.text for span in doc.spans["assertion_cues"]] == ["no"]


def test_the_head_rejects_no_cue_beside_a_finding(nlp):
    component = copy_strict(nlp)
    doc = nlp.make_doc("no pain or fever ; cough was ruled out")
    doc.ents = [Span(doc, i, i + 1, label="SYMPTOM") for i in (1, 3, 5)]
    component(doc)
    assert [ent._.is_negated for ent in doc.ents] == [True, False, True]


@pytest.mark.learns
def test_what_a_corpus_says_nothing_of_is_not_learned(tiny_ner):
    nlp = make_pipeline(tiny_ner)
    # The first corpus only says what is negated.
    examples = [
        *make_examples(
            nlp, [("zilch fever", "is_negated"), ("maybenot pain", "")], NAMES[:1]
        ),
        *make_examples(nlp, [("maybenot fever", "is_uncertain"), ("the fever", "")]),
    ]
    train(nlp, 80, examples)
    component = nlp.get_pipe("clinical_assertion")
    component.decide = "model"
    assert list_said(nlp, [("maybenot pain", "")]) == [["is_uncertain"]]
    scores = component.score(examples[:2])
    assert scores["assertion_is_uncertain_f"] is None


def test_the_head_is_refused_where_it_can_not_work(tiny_ner, nlp, tmp_path):
    with pytest.raises(ValueError, match=r"\[C858\]"):
        ClinicalAssertion(decide="both")
    with pytest.raises(ValueError, match=r"\[C854\].*decide 'nobody'"):
        ClinicalAssertion(decide="nobody")
    with pytest.raises(ValueError, match=r"\[C104\].*'reject_below'"):
        ClinicalAssertion(reject_below={"is_negated": 2})
    untrained = make_pipeline(tiny_ner, decide="both")
    with pytest.raises(ValueError, match=r"\[C856\]"):
        untrained("No fever")
    component = untrained.get_pipe("clinical_assertion")
    with pytest.raises(ValueError, match=r"\[C857\]"):
        component.initialize(lambda: make_examples(untrained, [("fever", "")]))
    with pytest.raises(ValueError, match=r"\[C854\].*labels 'is_odd'"):
        component.initialize(lambda: [], labels=["is_odd"])
    lonely = spacy.blank("en")
    lonely.add_pipe("clinical_assertion", config={"model": SHARED})
    with pytest.raises(ValueError, match=r"\[C855\].*'clinical_ner'"):
        lonely.get_pipe("clinical_assertion").initialize(lambda: make_examples(lonely))
    nlp.to_disk(tmp_path)
    cfg = tmp_path / "clinical_assertion" / "cfg"
    cfg.write_text('{"columns": ["is_odd"]}', encoding="utf8")
    with pytest.raises(ValueError, match=r"\[C026\]"):
        spacy.load(tmp_path)


def test_without_the_encoder_the_rules_decide_alone(made, tmp_path):
    component = made.get_pipe("clinical_assertion")
    component.decide = "both"
    made.to_disk(tmp_path)
    component.decide = "model"
    alone = spacy.load(tmp_path, exclude="clinical_ner")
    # Nothing to say anything of, nothing to warn of.
    assert alone("No fever")._.clinical_error is None
    doc = alone.make_doc("no fever")
    doc.ents = [Span(doc, 1, 2, label="SYMPTOM")]
    component = alone.get_pipe("clinical_assertion")
    with pytest.warns(UserWarning, match=r"\[W004\].*'clinical_ner'"):
        component(doc)
    assert doc.ents[0]._.is_negated
    assert "decide" not in doc._.clinical_provenance["clinical_assertion"]
    # Said once.
    component(doc)
    component.decide = "model"
    with pytest.raises(ValueError, match=r"\[C855\]"):
        component(doc)


def test_rules_alone_are_not_trained():
    nlp = spacy.blank("en")
    component = nlp.add_pipe("clinical_assertion")
    assert not component.is_trainable
    nlp.initialize()
    examples = make_examples(nlp)
    assert component.update(examples) == {}
    assert nlp.update(examples) == {}
    assert component.labels == ()


def test_thresholds_set_later_are_saved(made, tmp_path):
    component = made.get_pipe("clinical_assertion")
    kept = component.accept_above
    for given in (0.7, {"is_negated": 0.9}):
        component.accept_above = given
        made.to_disk(tmp_path)
        loaded = spacy.load(tmp_path).get_pipe("clinical_assertion")
        assert loaded.accept_above["is_negated"] == (given if given == 0.7 else 0.9)
        assert loaded.accept_above["is_family"] == (given if given == 0.7 else 0.5)
    saved = component.save()
    saved["settings"]["accept_above"] = 0.8
    component.restore(saved)
    assert component.accept_above["is_negated"] == 0.8
    component.accept_above = kept
    saved["settings"]["accept_above"] = {"is_negated": "high"}
    with pytest.raises(ValueError, match=r"\[C104\]"):
        component.restore(saved)
    assert component.accept_above == kept


@pytest.mark.parametrize("own_encoder", [False, True])
def test_learns_from_texts_without_wordpieces(tiny_ner, own_encoder):
    model = own(tiny_ner) if own_encoder else SHARED
    nlp = make_pipeline(tiny_ner, model)
    examples = make_examples(nlp, [("\u200b", ""), *TEXTS, ("\x00", "is_negated")])
    losses = train(nlp, 3, examples)
    assert all(numpy.isfinite(losses))


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u200b", "\x00", "No fever" * 500])
def test_odd_notes(nlp, text):
    doc = nlp.make_doc(text)
    doc.ents = [Span(doc, 0, len(doc), label="X")] if len(doc) else []
    nlp.get_pipe("clinical_assertion")(doc)
    assert nlp(text)._.clinical_error is None


HINTS = {"is_negated": ["zilch"], "is_uncertain": ["Maybenot"]}


def count_asked(nlp, monkeypatch, text):
    """Annotate the last word of a text, and count the places that the head reads."""
    component = nlp.get_pipe("clinical_assertion")
    places = []
    predict = component.score_places

    def spy(targets):
        places.extend(place for one in targets for place in one.places.tolist())
        return predict(targets)

    monkeypatch.setattr(component, "score_places", spy)
    doc = nlp.make_doc(text)
    doc.ents = [Span(doc, len(doc) - 1, len(doc), label="SYMPTOM")]
    said = component(doc).ents[0]._
    return said, len(places)


@pytest.mark.parametrize(
    ("text", "n_asked"),
    [
        ("the patient has fever", 0),
        ("zilch fever", 1),
        ("MAYBENOT, fever", 1),
        ("(maybenot) fever", 1),
        # What the rules say beside it can't be rejected; what they say from afar can.
        ("no fever", 0),
        ("no cough or fever", 1),
    ],
)
def test_the_head_is_asked_where_it_may_change_something(
    made, monkeypatch, text, n_asked
):
    component = made.get_pipe("clinical_assertion")
    monkeypatch.setattr(component, "decide", "both")
    monkeypatch.setattr(component, "_hints", Hints(HINTS))
    said, counted = count_asked(made, monkeypatch, text)
    assert counted == n_asked
    if not n_asked:
        assert set(said.assertion["scores"].values()) <= {0.0, 1.0}
    monkeypatch.setattr(component, "_hints", Hints({}))
    assert count_asked(made, monkeypatch, text)[1] == 1


def test_an_encoder_does_not_run_without_a_hint(made, monkeypatch):
    component = made.get_pipe("clinical_assertion")
    monkeypatch.setattr(component, "decide", "both")
    monkeypatch.setattr(component, "_hints", Hints(HINTS))
    calls = []
    monkeypatch.setattr(
        projected_rows, "encode_again", lambda *given: calls.append(given) or 1 / 0
    )
    list_said(made, [("the patient has fever", "")])
    assert not calls
    with pytest.raises(ZeroDivisionError):
        list_said(made, [("zilch fever", "")])


def test_sentences_of_a_note_are_asked_one_by_one(made, monkeypatch):
    component = made.get_pipe("clinical_assertion")
    monkeypatch.setattr(component, "decide", "both")
    monkeypatch.setattr(component, "_hints", Hints(HINTS))
    doc = made.make_doc("zilch fever. the cough")
    for token in doc:
        token.is_sent_start = token.i in (0, 3)
    doc.ents = [Span(doc, 1, 2, label="X"), Span(doc, 4, 5, label="X")]
    [found] = component.predict([doc])
    assert list(found.asked) == [0]
    assert len(found.scores) == 1
    first, second = (ent._.assertion["scores"] for ent in component(doc).ents)
    assert 0 < first["is_negated"] < 1
    assert second == dict.fromkeys(second, 0.0)


def test_hints_are_saved(tiny_ner, tmp_path):
    nlp = make_pipeline(tiny_ner, hints=HINTS)
    train(nlp, n_steps=1)
    nlp.to_disk(tmp_path)
    assert spacy.load(tmp_path).get_pipe("clinical_assertion").hints == HINTS
    component = make_pipeline(tiny_ner).get_pipe("clinical_assertion")
    assert component.hints == {}
    saved = component.save()
    del saved["settings"]["hints"]
    # As earlier versions saved it.
    component.restore(saved)
    assert component.hints == {}


@pytest.mark.parametrize(
    ("hints", "code"),
    [({"is_odd": ["may"]}, "C854"), ({"is_negated": "no"}, "C859")],
)
def test_hints_that_can_not_be_used_are_refused(tiny_ner, hints, code):
    with pytest.raises(ValueError, match=code):
        ClinicalAssertion(hints=hints)
    component = make_pipeline(tiny_ner, hints=HINTS).get_pipe("clinical_assertion")
    saved = component.save()
    saved["settings"]["hints"] = hints
    with pytest.raises(ValueError, match=code):
        component.restore(saved)
    assert component.hints == HINTS
