"""The categorizer over checkpoints with CORe's kinds of labels."""

import json

import numpy
import pytest
import spacy
import torch
from spacy.tokens import Doc
from spacy.training import Example
from transformers import AutoModelForSequenceClassification, BertTokenizerFast

from spacy_clinical.heads.documents import sigmoid
from spacy_clinical.icd9.tables import list_billable, list_categories, roll_up
from spacy_clinical.pieces.text import read_note
from tests.conftest import load_blank
from tests.tiny import KINDS, make_core, make_document_classifier

LABELS = ["001", "0010", "124", "401", "4019", "428", "500", "E849", "E8490"]
LABELS = [*LABELS, "V581", "V586", "V5861", "V76", "hypertension", "type"]
SELECTED = ["001", "401", "428", "E849", "V58.1", "V58.6", "V76"]
NOTE = """\
Chief Complaint: chest pain

History of Present Illness:
The patient denies fever. He has chest pain and no fever today and no pain at night.

Past Medical History:
pain and fever

Hospital Course:
The patient had no pain.
"""
CNN = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "width": 16,
    "depth": 1,
    "embed_size": 100,
    "pretrained_vectors": None,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
}
LONG = NOTE + "\nSocial History:\n" + "The patient denies chest pain. " * 40

pytestmark = pytest.mark.filterwarnings(r"ignore:\[W001\]")


@pytest.fixture(scope="module")
def core(tmp_path_factory):
    return make_core(tmp_path_factory.mktemp("core"), LABELS)


def make_nlp(checkpoint, *, encoder=None, model=None, **settings):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    config = {
        "model": {
            **(model or {}),
            "encoder": {
                "checkpoint": str(checkpoint),
                "precision": "fp32",
                **(encoder or {}),
            },
        },
        **settings,
    }
    nlp.add_pipe("clinical_icd9_categorizer", config=config)
    return nlp


def get_pipe(nlp):
    return nlp.get_pipe("clinical_icd9_categorizer")


def reference_scores(folder, text, **options):
    """What plain transformers say of a text, all labels."""
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"), do_lower_case=False)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        logits = model(**tokenizer(text, return_tensors="pt", **options)).logits[0]
    return dict(zip(LABELS, torch.sigmoid(logits).tolist(), strict=True))


# Parity


def test_first_window_is_what_transformers_make_of_the_admission_note(core):
    nlp = make_nlp(core, windows="first", roll_up=None)
    for note in (NOTE, LONG):
        doc = nlp(note)
        text = read_note(doc, "admission").text
        expected = reference_scores(core, text, truncation=True, max_length=64)
        assert {k.replace(".", ""): v for k, v in doc.cats.items()} == pytest.approx(
            {
                code.replace(".", ""): expected[code.replace(".", "")]
                for code in SELECTED
            },
            abs=1e-5,
        )
    assert doc._.clinical_pieces["clinical_icd9_categorizer"]["not_seen"] > 0


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"deberta"}))
def test_every_kind_of_head_is_read(kind, tmp_path):
    codes = ["401", "428", "250"]
    folder = make_document_classifier(tmp_path, kind, codes, sharpness=20)
    nlp = make_nlp(folder, sections="all")
    doc = nlp("the patient denies chest pain and fever")
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    shim = get_pipe(nlp).shims[0]
    [encoding] = shim.loaded.tokenizer.encode([doc.text])
    before, after = shim.loaded.tokenizer.specials
    with torch.no_grad():
        logits = model(torch.tensor([[*before, *encoding.ids, *after]])).logits[0]
    expected = dict(zip(codes, torch.sigmoid(logits).tolist(), strict=True))
    assert doc.cats == pytest.approx(expected, abs=1e-4)
    assert len(set(doc.cats.values())) == 3


# Abbreviations


def test_published_checkpoints_read_abbreviations_as_they_are(core):
    """Unless they are told otherwise, and as pipelines that were saved earlier do."""
    note = "PMH: pain, SOB, no fever"
    settings = {"windows": "first", "sections": "all", "roll_up": None}
    nlp = make_nlp(core, **settings)
    assert not get_pipe(nlp).expand_abbreviations
    for long_forms, text in (
        (False, note),
        (True, "PMH: pain, shortness of breath, no fever"),
    ):
        nlp = make_nlp(core, expand_abbreviations=long_forms, **settings)
        expected = reference_scores(core, text)
        cats = {code.replace(".", ""): score for code, score in nlp(note).cats.items()}
        assert cats == pytest.approx({c: expected[c] for c in cats}, abs=1e-5)


def test_evidence_has_the_places_of_abbreviations(core):
    note = "no pain\nSOB. CHF, HTN and CAD. " * 20
    nlp = make_nlp(core, expand_abbreviations=True, sections="all", threshold=0.0)
    pipe = get_pipe(nlp)
    doc = nlp(note)
    [scored] = pipe.predict([doc])
    spans = sorted(span for window in scored.spans for span in window)
    assert (spans[0][0], max(end for _, end in spans)) == (0, len(note.rstrip()))
    assert len(scored.spans) > 5
    for record in doc._.icd9:
        for place in record["evidence"]:
            words = note[place["start"] : place["end"]]
            assert words == words.strip() != ""


def test_listeners_read_no_long_forms():
    model = {"encoder": CNN}
    nlp = spacy.blank("en")
    config = {"model": model, "expand_abbreviations": True}
    with pytest.raises(ValueError, match=r"\[C875\].*expand_abbreviations = false"):
        nlp.add_pipe("clinical_icd9_categorizer", config=config)


# Labels


@pytest.mark.parametrize(
    ("kinds", "codes"),
    [
        (["3_digit"], [*SELECTED, "V58"]),
        (["4_digit"], ["001.0", "401.9", "E849.0", "V58.61"]),
        (["word"], ["hypertension", "type"]),
        (["3_digit", "word"], [*SELECTED, "hypertension", "type", "V58"]),
    ],
)
def test_kinds_of_labels_are_chosen(core, kinds, codes):
    nlp = make_nlp(core, kinds=kinds)
    assert list(nlp(NOTE).cats) == codes
    assert list(get_pipe(nlp).labels) == codes


def test_v_labels_roll_up_to_their_category(core):
    doc = make_nlp(core, threshold=0.0)(NOTE)
    finer = [doc.cats["V58.1"], doc.cats["V58.6"]]
    assert doc.cats["V58"] == max(finer)
    by_code = {record["code"]: record for record in doc._.icd9}
    assert (by_code["V58.6"]["label"], by_code["V58"]["label"]) == ("V586", "")
    best = "V58.1" if finer[0] > finer[1] else "V58.6"
    assert by_code["V58"]["evidence"] == by_code[best]["evidence"]
    # A code that is a category already needs none.
    assert by_code["V76"]["label"] == "V76"
    joined = make_nlp(core, roll_up="noisy_or")(NOTE).cats["V58"]
    assert joined == pytest.approx(1 - (1 - finer[0]) * (1 - finer[1]))
    assert "V58" not in make_nlp(core, roll_up=None)(NOTE).cats


def test_all_of_cores_labels(tmp_path):
    """9,237 labels of all kinds; a note gets no more scores than were asked for."""
    categories = list_categories()
    billable = [c.replace(".", "") for k in categories for c in list_billable(k)]
    three = [c for c in categories if not c.startswith("V")]
    three += sorted({c[:4] for c in billable if c.startswith("V") and len(c) > 3})
    four = sorted({c[:5] if c[0] in "VE" else c[:4] for c in billable} - set(three))
    codes = [*three, *(c for c in four if len(c.strip("VE")) == 4)]
    words = [
        f"word{chr(97 + i // 26 // 26)}{chr(97 + i // 26 % 26)}{chr(97 + i % 26)}"
        for i in range(9237)
    ]
    labels = [*codes[:7000], *words][:9237]
    nlp = make_nlp(make_core(tmp_path, labels))
    doc = nlp(NOTE)
    unambiguous = [c for c in three if c not in ("124", "125", "500")]
    n_v_categories = len({c[:3] for c in three if c.startswith("V")})
    assert len(doc.cats) == len(unambiguous) + n_v_categories
    scored = get_pipe(nlp).predict([doc])
    assert scored[0].logits.shape[1] == len(unambiguous)
    assert all(record["title"] for record in doc._.icd9)


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        (["LABEL_0", "LABEL_1"], "C404"),
        (["positive", "negative"], "C404"),
        (["000", "E1", "V99", "99"], "C404"),
        (["4019", "25000"], "C405"),
    ],
)
def test_checkpoints_without_such_codes_are_refused(labels, code, tmp_path):
    nlp = make_nlp(make_core(tmp_path, labels))
    with pytest.raises(ValueError, match=rf"\[{code}\]"):
        nlp(NOTE)


@pytest.mark.parametrize("problem", ["single_label_classification", "regression"])
def test_checkpoints_for_one_label_are_refused(problem, tmp_path):
    folder = make_core(tmp_path, LABELS)
    config = json.loads((folder / "config.json").read_text(encoding="utf8"))
    config["problem_type"] = problem
    (folder / "config.json").write_text(json.dumps(config), encoding="utf8")
    with pytest.raises(ValueError, match=rf"\[C403\].*'{problem}'"):
        make_nlp(folder)(NOTE)


def test_a_bare_encoder_and_a_token_head_have_no_labels(tiny_ner):
    with pytest.raises(ValueError, match=r"\[C402\].*was published without a head"):
        make_nlp(tiny_ner)(NOTE)


def test_a_missing_pooler_is_refused(tmp_path):
    folder = make_core(tmp_path, LABELS)
    weights = torch.load(folder / "pytorch_model.bin", weights_only=True)
    kept = {k: v for k, v in weights.items() if "pooler" not in k}
    torch.save(kept, folder / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"\[C004\].*is missing 2 weights.*pooler"):
        make_nlp(folder)(NOTE)


# Long notes


@pytest.mark.parametrize(
    ("windows", "pooling"),
    [("window", "max"), ("window", "noisy_or"), ("sentence", "mean")],
)
def test_long_notes_are_read_to_their_end(core, pooling, windows):
    nlp = make_nlp(core, pooling=pooling, windows=windows, roll_up=None)
    doc = nlp(LONG)
    seen = doc._.clinical_pieces["clinical_icd9_categorizer"]
    assert seen["not_seen"] == 0
    assert seen["windows"] >= 10
    [scored] = get_pipe(nlp).predict([doc])
    p = sigmoid(scored.logits)
    expected = {
        "max": p.max(axis=0),
        "mean": p.mean(axis=0),
        "noisy_or": 1 - numpy.prod(1 - p, axis=0),
    }[pooling]
    assert list(doc.cats.values()) == pytest.approx(expected.tolist(), abs=1e-6)


def test_what_is_pooled_from_one_window_is_its_score(core):
    scores = [
        make_nlp(core, pooling=pooling, sections="all")("no fever").cats
        for pooling in ("max", "mean", "noisy_or")
    ]
    assert scores[0] == pytest.approx(scores[1], abs=1e-6)
    assert scores[0] == pytest.approx(scores[2], abs=1e-6)


def test_nothing_is_guessed_from_nothing(core):
    nlp = make_nlp(core, threshold=0.0)
    for note in (
        "",
        "  \n\n",
        "[**Name**] ____",
        "ALLERGIES:\n\nMEDICATIONS:\n",
        "Electronically signed by: J. Doe, MD",
        "\x00\x01\x02",
        "---",
    ):
        doc = nlp(note)
        assert doc.cats == {}, note
        assert doc._.icd9 == [], note
        assert doc._.clinical_error is None, note


# Decisions


def test_threshold_and_top_k(core):
    scores = make_nlp(core)(NOTE).cats
    middle = sorted(scores.values())[4]
    doc = make_nlp(core, threshold=middle)(NOTE)
    found = [record["code"] for record in doc._.icd9]
    assert set(found) == {code for code, score in scores.items() if score >= middle}
    assert [scores[code] for code in found] == sorted(
        (scores[code] for code in found), reverse=True
    )
    best = make_nlp(core, threshold=0.0, top_k=2)(NOTE)._.icd9
    assert [record["score"] for record in best] == sorted(scores.values())[:-3:-1]


@pytest.mark.parametrize("threshold", [-0.1, 1.5])
def test_thresholds_that_are_none(core, threshold):
    with pytest.raises(ValueError, match=r"\[C401\].*'threshold'"):
        make_nlp(core, threshold=threshold)


def test_single_codes_have_thresholds_that_are_saved(core, tmp_path):
    nlp = make_nlp(core, threshold=1.0)
    get_pipe(nlp).set_thresholds({"4010"[:3]: 0.0, "V58": 0.0})
    expected = {record["code"] for record in nlp(NOTE)._.icd9}
    assert expected == {"401", "V58"}
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert {record["code"] for record in loaded(NOTE)._.icd9} == expected
    off = {"components.clinical_icd9_categorizer.tuned": False}
    assert spacy.load(tmp_path, config=off)(NOTE)._.icd9 == []


def test_settings_can_be_changed_where_a_pipeline_is_loaded(core, tmp_path):
    make_nlp(core).to_disk(tmp_path)
    name = "components.clinical_icd9_categorizer"
    config = {f"{name}.kinds": ["word"], f"{name}.sections": "all"}
    nlp = spacy.load(tmp_path, config=config)
    assert nlp(NOTE).cats == pytest.approx(
        make_nlp(core, kinds=["word"], sections="all")(NOTE).cats
    )


def test_settings_act_when_they_are_changed(core):
    nlp = make_nlp(core)
    nlp(NOTE)
    pipe = get_pipe(nlp)
    changes = {"sections": "all", "windows": "sentence", "kinds": ["word"]}
    for i, (name, value) in enumerate(changes.items(), start=1):
        before = nlp(NOTE)
        setattr(pipe, name, value)
        same = make_nlp(core, **dict(list(changes.items())[:i]))(NOTE)
        after = nlp(NOTE)
        assert after.cats == pytest.approx(same.cats)
        assert after._.clinical_pieces == same._.clinical_pieces
        assert (after.cats, after._.clinical_pieces) != (
            before.cats,
            before._.clinical_pieces,
        )


def test_a_code_that_may_be_a_word_gets_a_head_of_its_own(tiny_core):
    """In CORe's labels "124" may be a word: its column is not taken for the code."""
    nlp = make_nlp(tiny_core)
    pipe = get_pipe(nlp)
    pipe.add_label("124")
    pipe.initialize(lambda: [], nlp=nlp)
    assert pipe.cfg["columns"] == ["124"]


def test_properties_change_nothing(core):
    pipe = get_pipe(make_nlp(core))
    assert (pipe.labels, pipe.label_data, pipe.thresholds) == ((), [], {})
    assert pipe.cfg["columns"] == []
    assert pipe.model.get_ref("output").attrs["columns"] is None
    pipe.prepare_head()
    assert set(pipe.label_data) <= set(pipe.labels)
    pipe.kinds = ["word"]
    columns = pipe.model.get_ref("output").attrs["columns"]
    assert "hypertension" in pipe.labels
    assert pipe.model.get_ref("output").attrs["columns"] == columns


def test_files_of_thresholds_that_do_not_do(core, tmp_path):
    path = tmp_path / "thresholds.json"
    pipe = get_pipe(make_nlp(core))
    with pytest.raises(ValueError, match=r"\[C407\]"):
        pipe.read_thresholds(path)
    for content, code in (
        ('{"999": 0.5}', "C406"),
        ('{"4019": 0.5}', "C406"),
        ('{"401": 2}', "C401"),
        ('{"401": "high"}', "C407"),
        ("[0.5]", "C407"),
        ("{", "C407"),
    ):
        path.write_text(content, encoding="utf8")
        with pytest.raises(ValueError, match=r"\[C\d+\]") as caught:
            pipe.read_thresholds(path)
        assert f"[{code}]" in str(caught.value), content
        assert pipe.thresholds == {}, content


def test_thresholds_are_read_from_a_file(core, tmp_path):
    path = tmp_path / "thresholds.json"
    path.write_text('{"V586": 0.5, "401": 0.25}', encoding="utf8")
    nlp = make_nlp(core)
    nlp.config["initialize"]["components"]["clinical_icd9_categorizer"] = {
        "thresholds": str(path)
    }
    nlp.initialize()
    assert get_pipe(nlp).thresholds == {"V58.6": 0.5, "401": 0.25}


def test_groups(core):
    doc = make_nlp(core, groups=["chapter", "ccs", "category"])(NOTE)
    for group in ("chapter", "ccs", "category"):
        assert doc._.icd9_groups[group] == roll_up(doc.cats, group)
    assert doc._.icd9_groups["chapter"]["390-459"] == max(
        doc.cats["401"], doc.cats["428"]
    )


def test_cats_of_other_components_stay(core):
    nlp = make_nlp(core)
    doc = nlp.make_doc(NOTE)
    doc.cats = {"urgent": 0.9, "401": 1.0}
    for _, pipe in nlp.pipeline:
        doc = pipe(doc)
    assert doc.cats["urgent"] == 0.9
    assert doc.cats["401"] < 1.0


# Records and evidence


def test_records_say_what_the_tables_say(core):
    doc = make_nlp(core, threshold=0.0, kinds=["3_digit", "word"])(NOTE)
    records = {record["code"]: record for record in doc._.icd9}
    evidence = records["401"].pop("evidence")
    score = records["401"].pop("score")
    assert records["401"] == {
        "code": "401",
        "label": "401",
        "title": "Essential hypertension",
        "chapter": "Diseases Of The Circulatory System",
        "chapter_codes": "390-459",
        "ccs": ["98", "99"],
        "icd10": ["I10"],
    }
    assert score == doc.cats["401"]
    assert evidence
    assert records["hypertension"]["title"] == ""
    json.dumps(doc._.icd9)


@pytest.mark.parametrize("windows", ["window", "sentence"])
def test_evidence_is_the_windows_that_score_highest(core, windows):
    nlp = make_nlp(core, windows=windows, threshold=0.0, max_evidence=2, roll_up=None)
    doc = nlp(LONG)
    [scored] = get_pipe(nlp).predict([doc])
    p = sigmoid(scored.logits)
    for record in doc._.icd9:
        column = SELECTED.index(record["code"])
        best = numpy.argsort(-p[:, column], kind="stable")[:2]
        places = [
            (doc.text[a:b].strip(), p[i, column])
            for i in best
            for a, b in scored.spans[i]
        ]
        found = [
            (doc.text[e["start"] : e["end"]], e["score"]) for e in record["evidence"]
        ]
        assert [text for text, _ in found] == [text for text, _ in places]
        assert [s for _, s in found] == pytest.approx([s for _, s in places])
        for e in record["evidence"]:
            span = doc.char_span(e["start"], e["end"], alignment_mode="expand")
            assert e["section"] == span[0]._.section


def test_windows_below_the_threshold_are_no_evidence_but_the_best(core):
    nlp = make_nlp(core, windows="sentence", threshold=0.0, top_k=1, roll_up=None)
    [record] = nlp(LONG)._.icd9
    get_pipe(nlp).threshold = record["score"]
    [again] = nlp(LONG)._.icd9
    assert {e["score"] for e in again["evidence"]} == {record["score"]}
    assert [e["score"] for e in record["evidence"]] != []


def test_evidence_can_be_left_out(core):
    doc = make_nlp(core, evidence=None, threshold=0.0)(NOTE)
    assert {len(record["evidence"]) for record in doc._.icd9} == {0}


def test_evidence_by_gradients_is_the_sentences_that_speak_for_a_code(core):
    nlp = make_nlp(core, evidence="gradient", threshold=0.0, top_k=3)
    doc = nlp(NOTE)
    sentences = {sent.text.strip(): sent for sent in doc.sents}
    for record in doc._.icd9:
        for e in record["evidence"]:
            assert doc.text[e["start"] : e["end"]] in sentences
            assert 0 < e["score"] <= 1
        scores = [e["score"] for e in record["evidence"]]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) <= 3


def test_explanations_add_up_to_the_logit(core):
    """Over a note that is one window: tokens' shares, and those of special tokens."""
    nlp = make_nlp(core, sections="all", windows="window")
    doc = nlp("the patient denies chest pain and fever")
    pipe = get_pipe(nlp)
    shares = pipe.explain(doc, "401", steps=20)
    assert [doc.text[e["start"] : e["end"]] for e in shares] == [t.text for t in doc]
    model = AutoModelForSequenceClassification.from_pretrained(core).eval()
    tokenizer = BertTokenizerFast(str(core / "vocab.txt"), do_lower_case=False)
    ids = tokenizer(doc.text, return_tensors="pt")
    table = model.get_input_embeddings()
    embedded = table(ids["input_ids"]).detach()
    total = torch.zeros_like(embedded)
    for step in range(20):
        scaled = (embedded * (step + 0.5) / 20).requires_grad_()
        model(inputs_embeds=scaled, attention_mask=ids["attention_mask"]).logits[
            0, LABELS.index("401")
        ].backward()
        total += scaled.grad / 20
    expected = (total * embedded).sum(-1)[0]
    assert [e["score"] for e in shares] == pytest.approx(
        expected[1:-1].tolist(), abs=1e-4
    )


def test_explanations_of_codes_that_are_not_predicted(core):
    nlp = make_nlp(core)
    doc = nlp(NOTE)
    with pytest.raises(ValueError, match=r"\[C409\].*'999'"):
        get_pipe(nlp).explain(doc, "999")
    assert get_pipe(nlp).explain(doc, "V58")
    assert get_pipe(nlp).explain(nlp(""), "401") == []


# Training

# Of two sentences, which are two windows of nine wordpieces, too.
TEXTS = [
    ("The patient has chest pain. The pain and the chest.", {"786": 1.0}),
    ("The patient has fever. Fever of the patient.", {"780": 1.0}),
    ("No pain and no fever. The patient denies.", {"786": 0.0, "780": 0.0}),
    ("Chest pain and fever. Pain of the chest and fever.", {"786": 1.0, "780": 1.0}),
]


@pytest.fixture(scope="module")
def trainable(tmp_path_factory):
    """A tiny checkpoint whose first row differs much from text to text.

    Of weights as small as those of large encoders, it starts on a plateau.
    """
    folder = tmp_path_factory.mktemp("trainable")
    options = {"initializer_range": 0.2}
    return make_document_classifier(folder, "distilbert", ["001"], **options)


def make_examples(nlp):
    return [Example.from_dict(nlp.make_doc(t), {"cats": c}) for t, c in TEXTS]


def train(nlp, n_steps=60, learn_rate=0.003):
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = learn_rate
    for _ in range(n_steps):
        nlp.update(
            examples, sgd=optimizer, drop=0.0, annotates=["clinical_sentencizer"]
        )


def check_learned(nlp):
    """Check that each code that is known has a score on the right side of a half."""
    for text, cats in TEXTS:
        found = nlp(text).cats
        for code, truth in cats.items():
            assert (found[code] > 0.5) == bool(truth), (text, code, found[code])


def measure_loss(nlp):
    """The loss of what is predicted: without dropout."""
    examples = make_examples(nlp)
    for eg in examples:
        nlp.get_pipe("clinical_sentencizer")(eg.predicted)
    pipe = get_pipe(nlp)
    return pipe.get_loss(examples, pipe.predict([eg.predicted for eg in examples]))[0]


@pytest.mark.learns
@pytest.mark.parametrize(
    ("windows", "pooling"), [("window", "max"), ("sentence", "noisy_or")]
)
def test_learns_and_reloads(trainable, windows, pooling, tmp_path):
    nlp = make_nlp(
        trainable,
        encoder={"size": 9, "stride": 8},
        windows=windows,
        pooling=pooling,
        sections="all",
    )
    train(nlp)
    docs = [nlp(text) for text, _ in TEXTS]
    assert all(len(scored.logits) > 1 for scored in get_pipe(nlp).predict(docs))
    assert measure_loss(nlp) < 0.3
    check_learned(nlp)
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    check_learned(loaded)
    scores = loaded.evaluate(make_examples(loaded))
    assert scores["icd9_micro_f"] == 1.0
    assert scores["icd9_macro_auc"] == 1.0


@pytest.mark.learns
def test_a_frozen_encoder_stays_as_it_is_and_a_head_learns(trainable):
    nlp = make_nlp(
        trainable,
        encoder={"learn_rate_scale": 0.0},
        model={"summary": "unit_mean"},
        sections="all",
    )
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    [shim] = get_pipe(nlp).shims
    before = {k: v.clone() for k, v in shim.loaded.model.state_dict().items()}
    untrained = measure_loss(nlp)
    train(nlp, 60, learn_rate=0.05)
    assert measure_loss(nlp) < 0.8 * untrained
    after = shim.loaded.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.learns
def test_a_published_head_is_tuned_further(core):
    nlp = make_nlp(core, sections="all")
    texts = [("chest pain", {"401": 1.0, "428": 0.0}), ("fever", {"428": 1.0})]
    examples = [Example.from_dict(nlp.make_doc(t), {"cats": c}) for t, c in texts]
    optimizer = nlp.initialize(lambda: examples)
    assert set(get_pipe(nlp).labels) == {*SELECTED, "V58"}
    optimizer.learn_rate = 0.01
    for _ in range(40):
        nlp.update(examples, sgd=optimizer, drop=0.0)
    assert nlp("chest pain").cats["401"] > 0.5 > nlp("fever").cats["401"]


@pytest.mark.learns
def test_learns_through_a_listener(trainable):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_sentencizer")
    encoder = {"checkpoint": str(trainable), "precision": "fp32"}
    nlp.add_pipe("clinical_transformer", config={"model": encoder})
    listener = {
        "@architectures": "spacy-transformers.TransformerListener.v1",
        "grad_factor": 1.0,
        "pooling": {"@layers": "reduce_mean.v1"},
    }
    nlp.add_pipe(
        "clinical_icd9_categorizer",
        config={
            "model": {
                "@architectures": "spacy-clinical.DocumentClassifier.v1",
                "summary": "mean",
                "encoder": listener,
            },
            "sections": "all",
            "windows": "sentence",
        },
    )
    [encoder] = nlp.get_pipe("clinical_transformer").model.shims
    before = {k: v.clone() for k, v in encoder.loaded.model.state_dict().items()}
    train(nlp)
    check_learned(nlp)
    after = encoder.loaded.model.state_dict()
    # Gradients have reached the encoder.
    assert any(not torch.equal(before[name], after[name]) for name in before)
    doc = nlp(LONG)
    pieces = doc._.clinical_pieces["clinical_icd9_categorizer"]
    assert pieces["not_seen"] == 0
    with pytest.raises(ValueError, match=r"\[C408\]"):
        get_pipe(nlp).explain(doc, "786")


def test_rare_codes_can_weigh_more(tiny_ner):
    nlp = make_nlp(tiny_ner, sections="all", positive_weight="balanced")
    docs = [("fever", {"780": 1.0})] * 9 + [("pain", {"786": 1.0, "780": 0.0})]
    examples = [Example.from_dict(nlp.make_doc(t), {"cats": c}) for t, c in docs]
    nlp.initialize(lambda: examples)
    assert get_pipe(nlp).cfg["weights"] == {"780": 1.0, "786": 3.0}
    scores = get_pipe(nlp).predict([eg.predicted for eg in examples[-1:]])
    _, [gradient] = get_pipe(nlp).get_loss(examples[-1:], scores)
    assert gradient.tolist() == [pytest.approx([0.5, -1.5])]


def test_codes_that_a_note_does_not_list_are_absent_and_bare_notes_do_not_count(
    tiny_ner,
):
    nlp = make_nlp(tiny_ner, sections="all")
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    bare = Example.from_dict(nlp.make_doc("fever"), {})
    listed = Example.from_dict(nlp.make_doc("fever"), {"cats": {"780": 1.0}})
    pipe = get_pipe(nlp)
    scores = pipe.predict([bare.predicted, listed.predicted])
    loss, (nothing, something) = pipe.get_loss([bare, listed], scores)
    assert not nothing.any()
    assert something.tolist() == [pytest.approx([-0.25, 0.25])]
    assert loss == pytest.approx(numpy.log(2))


def test_a_new_head_can_start_from_titles(tiny_ner):
    nlp = make_nlp(tiny_ner, sections="all", model={"summary": "unit_mean"})
    name = "clinical_icd9_categorizer"
    nlp.config["initialize"]["components"][name] = {
        "from_titles": True,
        "labels": ["401", "428"],
    }
    nlp.initialize()
    output = get_pipe(nlp).model.get_ref("output")
    W, b = output.get_param("W"), output.get_param("b")
    assert numpy.linalg.norm(W, axis=1) == pytest.approx([10.0, 10.0], rel=0.05)
    assert b.tolist() == [-7.0, -7.0]
    assert not numpy.allclose(W[0], W[1])
    assert get_pipe(nlp).sections == "all"


def test_labels_can_be_given(tiny_ner):
    nlp = make_nlp(tiny_ner)
    pipe = get_pipe(nlp)
    assert pipe.add_label("4280"[:3]) == 1
    assert pipe.add_label("428") == 0
    nlp.initialize()
    assert pipe.labels == ("428",)
    assert pipe.label_data == ["428"]
    with pytest.raises(ValueError, match=r"\[C012\]"):
        pipe.add_label("401")


def test_data_without_codes_are_refused(tiny_ner):
    nlp = make_nlp(tiny_ner)
    docs = [Example.from_dict(nlp.make_doc("x y"), {"cats": {"GOOD": 1.0}})]
    with pytest.raises(ValueError, match=r"\[C404\]"):
        nlp.initialize(lambda: docs)


def test_gradient_evidence_needs_a_checkpoint():
    nlp = spacy.blank("en")
    model = {
        "@architectures": "spacy-clinical.DocumentClassifier.v1",
        "encoder": CNN,
    }
    with pytest.raises(ValueError, match=r"\[C408\]"):
        nlp.add_pipe(
            "clinical_icd9_categorizer", config={"model": model, "evidence": "gradient"}
        )


@pytest.mark.learns
def test_learns_on_a_plain_tok2vec(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_sentencizer")
    model = {
        "@architectures": "spacy-clinical.DocumentClassifier.v1",
        "summary": "mean",
        "encoder": {**CNN, "width": 32, "embed_size": 200},
    }
    nlp.add_pipe(
        "clinical_icd9_categorizer", config={"model": model, "sections": "all"}
    )
    train(nlp, learn_rate=0.01)
    check_learned(nlp)
    nlp.to_disk(tmp_path)
    check_learned(spacy.load(tmp_path))


@pytest.mark.learns
def test_tuning_finds_thresholds_and_leaves_the_examples_alone(trainable):
    nlp = make_nlp(trainable, sections="all")
    train(nlp, 30)
    examples = make_examples(nlp)
    found = get_pipe(nlp).tune(examples, min_positives=2)
    assert set(found.by_label) == {"780", "786"}
    assert get_pipe(nlp).thresholds == found.by_label
    assert not examples[0].predicted.cats
    assert nlp.evaluate(make_examples(nlp))["icd9_micro_f"] == 1.0


def test_a_worker_process_gives_the_same(core):
    nlp = make_nlp(core, threshold=0.0)
    notes = [NOTE, "", LONG, "fever"]
    expected = [(doc.cats, doc._.icd9) for doc in nlp.pipe(notes)]
    found = [(doc.cats, doc._.icd9) for doc in nlp.pipe(notes, n_process=2)]
    for (cats, records), (other_cats, other_records) in zip(
        expected, found, strict=True
    ):
        assert other_cats == pytest.approx(cats)
        assert [r["code"] for r in other_records] == [r["code"] for r in records]


def test_docs_that_were_not_categorized_have_no_codes():
    assert Doc(load_blank().vocab, words=["a"])._.icd9 == []


# Assertion

DENIED = "He denies fever. He has chest pain. Mother had pain."


def make_assessed_nlp(core, *, words=("fever", "chest pain", "pain"), **settings):
    """Make a pipeline that knows what is denied before it looks for codes."""
    nlp = make_nlp(core, threshold=0.0, **settings)
    ruler = nlp.add_pipe("entity_ruler", before="clinical_icd9_categorizer")
    ruler.add_patterns([{"label": "X", "pattern": word} for word in words])
    nlp.add_pipe("clinical_assertion", before="clinical_icd9_categorizer")
    return nlp


def list_evidence(doc):
    return {doc.text[e["start"] : e["end"]] for c in doc._.icd9 for e in c["evidence"]}


@pytest.mark.parametrize("pooling", ["max", "mean", "noisy_or"])
def test_denied_sentences_carry_no_code(core, pooling):
    settings = {"windows": "sentence", "sections": "all", "pooling": pooling}
    doc = make_assessed_nlp(core, **settings)(DENIED)
    assert list_evidence(doc) == {"He has chest pain."}
    alone = make_assessed_nlp(core, **settings)("He has chest pain.")
    assert doc.cats == pytest.approx(alone.cats, abs=1e-5)


@pytest.mark.parametrize("windows", ["sentence", "window", "first"])
@pytest.mark.parametrize("evidence", ["window", "gradient", None])
def test_a_note_in_which_all_is_denied_has_no_codes(core, windows, evidence):
    settings = {"windows": windows, "sections": "all", "evidence": evidence}
    doc = make_assessed_nlp(core, **settings)("He denies fever. Mother had pain.")
    assert doc._.icd9 == []
    assert set(doc.cats.values()) == {0.0}
    if windows == "window":
        off = make_assessed_nlp(core, assertion=False, **settings)
        assert off("He denies fever. Mother had pain.")._.icd9


def test_denied_sentences_are_no_evidence_by_gradient(core):
    settings = {"windows": "window", "sections": "all", "evidence": "gradient"}
    doc = make_assessed_nlp(core, **settings)(DENIED)
    assert list_evidence(doc) <= {"He has chest pain."}
    off = make_assessed_nlp(core, assertion=False, **settings)(DENIED)
    assert list_evidence(off) > {"He has chest pain."}
    codes = {c["code"] for c in doc._.icd9}
    assert codes <= {c["code"] for c in off._.icd9}


def test_without_assertion_nothing_changes(core):
    found = [
        make_assessed_nlp(core, words=words, assertion=on)(NOTE)
        for words, on in ((["unknown"], True), (["fever"], False))
    ]
    plain = make_nlp(core, threshold=0.0)(NOTE)
    for doc in found:
        assert doc._.icd9 == plain._.icd9
        assert doc.cats == plain.cats
