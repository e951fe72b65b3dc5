import math

import numpy
import pytest
import spacy
from spacy.tokens import Span, SpanGroup
from spacy.training import Example
from thinc.api import Adam

from spacy_clinical.corpora.partial import PartialCorpus
from spacy_clinical.heads.labels import bio_labels
from tests.conftest import add_ner, doc_from_markup
from tests.tiny import make_bare_bert, make_token_classifier

TYPES = ["Age", "Medication", "Sex", "Sign_symptom"]
MARKUP = [
    "A <Age>40-year-old</Age> <Sex>man</Sex> with <Sign_symptom>chest pain</Sign_symptom>",
    "He denies <Sign_symptom>fever</Sign_symptom> and takes <Medication>aspirin</Medication>",
    "<Medication>Metoprolol</Medication> was stopped for <Sign_symptom>low pulse</Sign_symptom>",
    "A <Sex>woman</Sex> of <Age>81 years</Age> on <Medication>insulin</Medication>",
]


@pytest.fixture(scope="module")
def small_ner(tmp_path_factory):
    """A checkpoint with a few labels."""
    folder = tmp_path_factory.mktemp("small")
    return make_token_classifier(
        folder, "distilbert", bio_labels(TYPES), sharpness=30.0
    )


@pytest.fixture(scope="module")
def bare_bert(tmp_path_factory):
    return make_bare_bert(tmp_path_factory.mktemp("bare"))


def make_examples(nlp):
    docs = [doc_from_markup(nlp, markup) for markup in MARKUP]
    return [Example(nlp.make_doc(doc.text), doc) for doc in docs]


def as_tuples(doc):
    return [(e.start, e.end, e.label_) for e in doc.ents]


TEXT = "the patient denies chest pain and fever, no mg of the pain. " * 6


def test_writes_entities_with_scores(nlp, small_ner):
    doc = add_ner(nlp, small_ner)(TEXT)
    group = doc.spans["ner"]
    assert len(doc.ents) > 3
    assert [(s.start, s.end, s.label_) for s in group] == as_tuples(doc)
    assert len(group.attrs["scores"]) == len(group)
    for ent, score in zip(doc.ents, group.attrs["scores"], strict=True):
        assert ent._.score == score
        assert 0 < score <= 1
    assert {e.label_ for e in doc.ents} <= set(TYPES)


def test_accounts_for_every_piece(nlp, small_ner):
    doc = add_ner(nlp, small_ner)(TEXT)
    record = doc._.clinical_pieces["clinical_ner"]
    assert record == {"pieces": record["pieces"], "windows": 2, "not_seen": 0}
    assert record["pieces"] > 62
    source = doc._.clinical_provenance["clinical_ner"]
    assert source["checkpoint"] == str(small_ner)
    assert len(source["weights_sha256"]) == 64


def test_threshold_leaves_out_low_scores(nlp, small_ner):
    full = add_ner(spacy.blank("en"), small_ner)(TEXT)
    scores = sorted(full.spans["ner"].attrs["scores"])
    middle = scores[len(scores) // 2]
    doc = add_ner(nlp, small_ner, threshold=middle)(TEXT)
    kept = [s for s in scores if s >= middle]
    assert sorted(doc.spans["ner"].attrs["scores"]) == kept
    assert 0 < len(kept) < len(scores)


def test_labels_filter(nlp, small_ner):
    full = add_ner(spacy.blank("en"), small_ner)(TEXT)
    label = full.ents[0].label_
    doc = add_ner(nlp, small_ner, labels=[label])(TEXT)
    assert as_tuples(doc) == [e for e in as_tuples(full) if e[2] == label]
    assert len(doc.ents) < len(full.ents)


def test_labels_filter_must_be_known(nlp, small_ner):
    ner = add_ner(nlp, small_ner, labels=["Age", "Agee"])
    with pytest.raises(ValueError, match=r"\[C014\].*'labels': Agee\. .*Age, Medic"):
        ner(TEXT)


@pytest.mark.parametrize("setting", ["sections", "exclude_sections"])
def test_sections_filter(nlp, small_ner, setting):
    # One window: sections also move the borders of windows.
    text = TEXT[:130]
    full = add_ner(spacy.blank("en"), small_ner)(text)
    ner = add_ner(nlp, small_ner, **{setting: ["plan"]})
    doc = nlp.make_doc(text)
    middle = len(doc) // 2
    doc.spans["sections"] = SpanGroup(
        doc,
        spans=[
            Span(doc, 0, middle, label="history"),
            Span(doc, middle, len(doc), label="plan"),
        ],
    )
    doc = ner(doc)
    in_plan = [e for e in as_tuples(full) if e[0] >= middle]
    elsewhere = [e for e in as_tuples(full) if e[0] < middle]
    assert in_plan
    assert elsewhere
    assert as_tuples(doc) == (in_plan if setting == "sections" else elsewhere)


@pytest.mark.parametrize("annotate", ["ents", "spans", "both"])
def test_annotate(nlp, small_ner, annotate):
    doc = add_ner(nlp, small_ner, annotate=annotate)(TEXT)
    assert bool(doc.ents) == (annotate != "spans")
    assert ("ner" in doc.spans) == (annotate != "ents")


@pytest.mark.parametrize("overlap", ["keep", "replace", "longest"])
def test_overlap_with_the_entities_of_others(nlp, small_ner, overlap):
    ner = add_ner(nlp, small_ner, overlap=overlap)
    found = as_tuples(ner(TEXT))
    first = found[0]
    doc = nlp.make_doc(TEXT)
    wide = Span(doc, first[0], found[1][1], label="OTHER")
    doc.ents = [wide]
    doc = ner(doc)
    assert [(s.start, s.end, s.label_) for s in doc.spans["ner"]] == found
    if overlap == "replace":
        assert as_tuples(doc) == found
    else:
        assert as_tuples(doc)[0] == (wide.start, wide.end, "OTHER")
        assert as_tuples(doc)[1:] == found[2:]


def test_decoders_agree_where_tags_are_well_formed(nlp, small_ner):
    greedy = add_ner(spacy.blank("en"), small_ner, decoder="greedy")(TEXT)
    viterbi = add_ner(nlp, small_ner, decoder="viterbi")(TEXT)
    assert {e[2] for e in as_tuples(viterbi)} <= {e[2] for e in as_tuples(greedy)}


ignore_casing = pytest.mark.filterwarnings(r"ignore:\[W001\]")


def test_reads_a_cased_checkpoint_cased(nlp, bare_bert):
    add_ner(nlp, bare_bert)
    with pytest.warns(UserWarning, match=r"\[W001\].*its vocabulary is cased"):
        nlp.initialize(lambda: make_examples(nlp))
    tokenizer = nlp.get_pipe("clinical_ner").shims[0].loaded.tokenizer
    [encoding] = tokenizer.encode(["Patient patient"])
    assert encoding.tokens == ["Patient", "patient"]


@ignore_casing
def test_needs_a_head(nlp, bare_bert):
    ner = add_ner(nlp, bare_bert)
    with pytest.raises(ValueError, match=r"\[C011\].*'clinical_ner' has no labels"):
        ner(TEXT)
    with pytest.raises(ValueError, match=r"\[C011\]"):
        nlp.initialize()


@ignore_casing
def test_initialize_makes_a_head_from_the_data(nlp, bare_bert):
    add_ner(nlp, bare_bert)
    nlp.initialize(lambda: make_examples(nlp))
    ner = nlp.get_pipe("clinical_ner")
    assert list(ner.labels) == TYPES
    assert ner.label_data == TYPES
    assert ner.model.get_ref("output_layer").get_dim("nO") == 9


def test_initialize_keeps_a_published_head_that_fits(nlp, tiny_ner):
    add_ner(nlp, tiny_ner)
    with pytest.warns(UserWarning, match=r"\[W002\] 2 labels"):
        nlp.initialize(lambda: make_examples(nlp))
    ner = nlp.get_pipe("clinical_ner")
    assert len(ner.labels) == 41
    head = ner.model.get_ref("encoder").shims[0].head
    assert numpy.array_equal(ner.model.get_ref("output_layer").get_param("W"), head.W)


def test_initialize_takes_labels(nlp, small_ner):
    add_ner(nlp, small_ner)
    nlp.config["initialize"]["components"] = {
        "clinical_ner": {"labels": ["Drug", "Dose"]}
    }
    nlp.initialize()
    assert nlp.get_pipe("clinical_ner").labels == ("Dose", "Drug")


@ignore_casing
def test_add_label_before_initialize(nlp, bare_bert):
    add_ner(nlp, bare_bert)
    ner = nlp.get_pipe("clinical_ner")
    assert ner.add_label("Drug") == 1
    assert ner.add_label("Drug") == 0
    nlp.initialize()
    assert ner.labels == ("Drug",)
    with pytest.raises(ValueError, match=r"\[C012\].*label 'Dose'"):
        ner.add_label("Dose")


def test_update_refuses_unknown_labels(nlp, small_ner):
    add_ner(nlp, small_ner)
    nlp.initialize()
    doc = doc_from_markup(nlp, "his <Color>red</Color> skin")
    with pytest.raises(ValueError, match=r"\[C012\].*label 'Color'"):
        nlp.update([Example(nlp.make_doc(doc.text), doc)])


def test_loss_ignores_tokens_without_gold(nlp, small_ner):
    add_ner(nlp, small_ner)
    nlp.initialize()
    ner = nlp.get_pipe("clinical_ner")
    doc = nlp.make_doc("chest pain today")
    doc.set_ents([], missing=[doc[1:3]], default="outside")
    example = Example(nlp.make_doc(doc.text), doc)
    scored = ner.predict([example.predicted])
    loss, [gradient] = ner.get_loss([example], scored)
    assert not gradient[1:].any()
    logits = scored[0].X[0].astype("float64")
    p = numpy.exp(logits) / numpy.exp(logits).sum()
    assert loss == pytest.approx(-math.log(p[0]) / 3, abs=1e-5)
    assert gradient[0].sum() == pytest.approx(0, abs=1e-6)


@ignore_casing
@pytest.mark.learns
# Each pair of their settings is in one of them.
@pytest.mark.parametrize(
    ("kind", "pooling", "crf"),
    [
        ("bare_bert", "first", False),
        ("bare_bert", "mean", True),
        ("small_ner", "first", True),
        ("small_ner", "mean", False),
    ],
)
def test_overfits_and_reloads(request, tmp_path, kind, pooling, crf):
    decoders = ["viterbi", "posterior"] if crf else ["greedy", "viterbi"]
    nlp = spacy.blank("en")
    checkpoint = request.getfixturevalue(kind)
    encoder = {
        "checkpoint": str(checkpoint),
        "precision": "fp32",
        "learn_rate_scale": 0.5,
        "mixed_precision": crf,
    }
    model = {"encoder": encoder, "pooling": pooling, "crf": crf}
    nlp.add_pipe("clinical_ner", config={"model": model, "decoder": decoders[0]})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    losses = [
        nlp.update(make_examples(nlp), sgd=optimizer, drop=0.0)["clinical_ner"]
        for _ in range(60)
    ]
    # In each step other weights are dropped.
    assert numpy.median(losses[-10:]) < 0.05 * losses[0]
    ner = nlp.get_pipe("clinical_ner")
    if crf:
        assert ner.model.get_ref("transitions").get_param("W").any()
    gold = [as_tuples(eg.reference) for eg in examples]
    texts = [eg.text for eg in examples]
    nlp.to_disk(tmp_path)
    # What decodes is no part of what is learned.
    settings = [{"components.clinical_ner.decoder": decoder} for decoder in decoders]
    for trained in [nlp, *(spacy.load(tmp_path, config=one) for one in settings)]:
        assert [as_tuples(doc) for doc in trained.pipe(texts)] == gold
        scores = trained.evaluate(make_examples(trained))
        assert scores["ents_f"] == 1.0
        assert scores["ents_per_type"]["Sex"]["f"] == 1.0
        assert trained.get_pipe("clinical_ner").labels == tuple(TYPES)


@ignore_casing
@pytest.mark.learns
@pytest.mark.parametrize("crf", [False, True])
def test_learns_all_types_from_corpora_that_label_some(bare_bert, crf):
    nlp = spacy.blank("en")
    encoder = {"checkpoint": str(bare_bert), "learn_rate_scale": 0.5}
    nlp.add_pipe("clinical_ner", config={"model": {"encoder": encoder, "crf": crf}})

    def read(labels):
        # The same texts, of which one corpus labels what the other one doesn't.
        def read_some(nlp):
            for example in make_examples(nlp):
                example.reference.ents = [
                    ent for ent in example.reference.ents if ent.label_ in labels
                ]
                yield example

        return PartialCorpus(read_some, labels={label: label for label in labels})

    corpora = [read(TYPES[:2]), read(TYPES[2:])]
    optimizer = nlp.initialize(lambda: [eg for c in corpora for eg in c(nlp)])
    assert nlp.get_pipe("clinical_ner").labels == tuple(TYPES)
    optimizer.learn_rate = 0.01
    for number in range(120):
        examples = list(corpora[number % 2](nlp))
        nlp.update(examples, sgd=optimizer, drop=0.0)
    examples = make_examples(nlp)
    found = [as_tuples(doc) for doc in nlp.pipe(eg.text for eg in examples)]
    assert found == [as_tuples(eg.reference) for eg in examples]


@pytest.mark.learns
def test_averages_are_used_and_put_back(nlp, small_ner):
    add_ner(nlp, small_ner)
    nlp.initialize(lambda: make_examples(nlp))
    optimizer = Adam(0.001, use_averages=True)
    for _ in range(3):
        nlp.update(make_examples(nlp), sgd=optimizer)
    ner = nlp.get_pipe("clinical_ner")
    name, weight = next(iter(ner.shims[0].loaded.model.named_parameters()))
    before = weight.detach().numpy().copy()
    with nlp.use_params(optimizer.averages):
        average = optimizer.averages[ner.shims[0].id, name]
        assert numpy.array_equal(weight.detach().numpy(), average)
        assert not numpy.array_equal(average, before)
    assert numpy.array_equal(weight.detach().numpy(), before)


@pytest.mark.learns
def test_provenance_follows_the_weights(nlp, small_ner):
    add_ner(nlp, small_ner)
    optimizer = nlp.initialize(lambda: make_examples(nlp))
    shim = nlp.get_pipe("clinical_ner").shims[0]
    before = shim.describe()["weights_sha256"]
    assert shim.describe()["weights_sha256"] == before
    nlp.update(make_examples(nlp), sgd=optimizer)
    assert shim.describe()["weights_sha256"] != before


def test_half_precision_on_disk(nlp, small_ner, tmp_path):
    encoder = {"checkpoint": str(small_ner), "storage": "float16"}
    model = {"encoder": {**encoder, "precision": "fp32"}}
    nlp.add_pipe("clinical_ner", config={"model": model})
    doc = nlp(TEXT)
    nlp.to_disk(tmp_path)
    size = (tmp_path / "clinical_ner/encoder/model.safetensors").stat().st_size
    assert size < 0.6 * (small_ner / "model.safetensors").stat().st_size
    assert as_tuples(spacy.load(tmp_path)(TEXT)) == as_tuples(doc)


@pytest.mark.parametrize("skip_layout", [True, False])
def test_layout_is_no_entity(nlp, tmp_path, skip_layout):
    # A head that finds an entity in every token.
    labels = ["O", "B-Sign", "I-Sign"]
    folder = make_token_classifier(tmp_path, "bert", labels)
    ner = add_ner(nlp, folder, skip_layout=skip_layout).get_pipe("clinical_ner")
    nlp.initialize()
    ner.model.get_ref("output_layer").set_param("b", numpy.asarray([-99.0, 9, -99]))
    doc = nlp.make_doc("Findings : none\n 1. pain\n2 ) mg 3. no\n4.\n")
    title = Span(doc, 0, 1, label="findings")
    doc.spans["section_titles"] = SpanGroup(doc, spans=[title])
    whole = Span(doc, 0, len(doc), label="findings")
    doc.spans["sections"] = SpanGroup(doc, spans=[whole])
    found = [ent.text for ent in ner(doc).ents]
    every = [token.text for token in doc if not token.is_space]
    if skip_layout:
        assert found == ["none", "pain", "2", ")", "mg", "3", ".", "no"]
    else:
        assert found == every
