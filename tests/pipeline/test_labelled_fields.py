"""`clinical_form_extractor` over checkpoints whose labels are names of fields."""

import json
import sys
from pathlib import Path

import numpy
import pytest
import spacy
import torch
from spacy.cli.train import train
from spacy.util import load_config
from transformers import AutoModelForTokenClassification, AutoTokenizer

from spacy_clinical.corpora.forms import FormCorpus
from spacy_clinical.forms import make_form_doc, make_pages
from tests.pipeline.test_form_extractor import make_pipeline, tagger
from tests.tiny import make_token_classifier

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from synthetic_forms.receipts import LABELS, make_receipt  # noqa: E402
from synthetic_forms.record import make_record  # noqa: E402

# As trng1305/layoutlm-sroie has them.
SROIE = ["O", "B-COMPANY", "I-COMPANY", "B-DATE", "I-DATE", "B-ADDRESS", "I-ADDRESS"]
SROIE += ["B-TOTAL"]
CORD = ["O", *(f"{role}-{label}" for label in LABELS for role in "BI")]
RECEIPT = [
    *("BOOK", "TA", "SDN", "BHD", "25/12/2018", "NO.5", "JALAN", "SAGU"),
    *("Total", "RM", "9.00"),
]


@pytest.fixture(scope="module", params=[SROIE, CORD], ids=["SROIE", "CORD"])
def folder(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("receipts")
    return make_token_classifier(folder, "layoutlm", request.param, sharpness=20.0)


@pytest.fixture
def receipt():
    return make_pages(
        RECEIPT,
        [
            (
                30 + 90 * (i % 4),
                20 + 30 * (i // 4),
                100 + 90 * (i % 4),
                35 + 30 * (i // 4),
            )
            for i in range(len(RECEIPT))
        ],
        width=400,
        height=500,
    )


def test_words_get_the_labels_that_transformers_gives_them(folder, receipt):
    nlp = make_pipeline(tagger(folder, fields="labelled", decoder="greedy"))
    doc = nlp(make_form_doc(nlp.vocab, receipt))
    words = [token for token in doc if not token.is_space]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    encoding = tokenizer(
        [word.text for word in words], is_split_into_words=True, return_tensors="pt"
    )
    ids = encoding.word_ids()
    boxes = [words[i]._.box_1000 if i is not None else (0, 0, 0, 0) for i in ids]
    boxes[-1] = (1000, 1000, 1000, 1000)
    with torch.no_grad():
        logits = model(**encoding, bbox=torch.tensor([boxes])).logits[0].numpy()
    pipe = nlp.get_pipe("clinical_form_extractor")
    [encoded] = pipe.model.predict([doc])
    firsts = [ids.index(i) for i in range(len(words))]
    ours = encoded.X[[word.i for word in words]]
    numpy.testing.assert_allclose(ours, logits[firsts], atol=1e-3)
    tags = [model.config.id2label[int(row.argmax())] for row in logits[firsts]]
    found = {i: s.label_ for s in doc.spans["form"] for i in range(s.start, s.end)}
    told = [found.get(word.i, "O") for word in words]
    assert told == [tag.partition("-")[2] or "O" for tag in tags]


def test_fields_are_named_by_labels_without_links(folder, receipt):
    nlp = make_pipeline(tagger(folder, fields="labelled", decoder="greedy"))
    doc = nlp(make_form_doc(nlp.vocab, receipt))
    spans = doc.spans["form"]
    assert len(spans)
    assert spans.attrs["links"] == []
    assert [f["key"] for f in doc._.form_fields] == [s.label_ for s in spans]
    assert [tuple(f["value_box"]) for f in doc._.form_fields] == [
        s._.box for s in spans
    ]


@pytest.fixture(scope="module")
def sroie(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sroie")
    return make_token_classifier(folder, "layoutlm", SROIE, sharpness=20.0)


def decode(nlp, doc, tags, sureness=20.0):
    pipe = nlp.get_pipe("clinical_form_extractor")
    pipe.prepare_head()
    [encoded] = pipe.model.predict([doc])
    encoded.X[:] = 0
    words = [token.i for token in doc if not token.is_space]
    for word, tag in zip(words, tags, strict=True):
        encoded.X[word, SROIE.index(tag)] = sureness
    return [
        (part.label, doc[part.start : part.end].text)
        for part in pipe._decode(doc, encoded)
    ]


@pytest.mark.parametrize("decoder", ["segments", "viterbi", "greedy"])
def test_a_total_of_two_words_is_one_field(sroie, decoder):
    nlp = make_pipeline(tagger(sroie, fields="labelled", decoder=decoder))
    words = ["Total", "RM", "9.00"]
    boxes = [(10, 10, 40, 20), (200, 10, 220, 20), (223, 10, 250, 20)]
    doc = make_form_doc(nlp.vocab, make_pages(words, boxes, width=400, height=500))
    assert decode(nlp, doc, ["O", "B-TOTAL", "B-TOTAL"]) == [("TOTAL", "RM 9.00")]


def test_labels_are_renamed_and_left_out(sroie):
    names = {"TOTAL": "total.total_price", "DATE": ""}
    nlp = make_pipeline(tagger(sroie, fields="labelled", label_map=names))
    boxes = [(10, 10, 40, 20), (200, 10, 220, 20)]
    doc = make_form_doc(
        nlp.vocab, make_pages(["9.00", "1/2/20"], boxes, width=400, height=500)
    )
    found = decode(nlp, doc, ["B-TOTAL", "B-DATE"])
    assert found == [("total.total_price", "9.00")]


def test_unknown_labels_are_refused(sroie, receipt):
    nlp = make_pipeline(tagger(sroie, fields="labelled", label_map={"SUM": "total"}))
    with pytest.raises(ValueError, match=r"\[C519\].*SUM.*ADDRESS, COMPANY, DATE"):
        nlp(make_form_doc(nlp.vocab, receipt))


def test_names_of_fields_are_no_parts_of_a_form(sroie, receipt):
    nlp = make_pipeline(tagger(sroie))
    with pytest.raises(ValueError, match=r'\[C510\].*fields = "labelled"'):
        nlp(make_form_doc(nlp.vocab, receipt))


def test_parts_of_a_form_are_no_names_of_fields(tiny_layoutlm, receipt):
    nlp = make_pipeline(tagger(tiny_layoutlm, fields="labelled"))
    with pytest.warns(UserWarning, match=r"\[W310\].*QUESTION"):
        nlp(make_form_doc(nlp.vocab, receipt))


def test_pages_without_words_have_no_fields(sroie):
    nlp = make_pipeline(tagger(sroie, fields="labelled"))
    doc = nlp(make_form_doc(nlp.vocab, make_pages([], [], width=9, height=9)))
    assert (doc._.form_fields, doc._.form_tables) == ([], [])


def test_everything_is_saved_with_the_pipeline(sroie, receipt, tmp_path):
    settings = {"fields": "labelled", "label_map": {"TOTAL": "total"}}
    nlp = make_pipeline(tagger(sroie, **settings))
    before = nlp(make_form_doc(nlp.vocab, receipt))
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")
    after = again(make_form_doc(again.vocab, receipt))
    assert after._.form_fields == before._.form_fields
    assert len(after._.form_fields)


def write_corpus(path, templates):
    records = [make_record(make_receipt(i, 0), str(i)) for i in templates]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf8")
    return path


def test_receipts_are_read_with_their_labels(tmp_path):
    path = write_corpus(tmp_path / "x.jsonl", range(3))
    nlp = spacy.blank("en")
    examples = list(FormCorpus(path, fields="labelled")(nlp))
    labels = {s.label_ for eg in examples for s in eg.reference.spans["form"]}
    assert {"store.name", "menu.nm", "total.total_price"} <= labels <= set(LABELS)
    assert not any(eg.reference.spans["form"] for eg in FormCorpus(path)(nlp))


@pytest.mark.slow
@pytest.mark.learns
def test_receipts_of_unseen_templates_are_read_after_training(tmp_path):
    paths = {
        "paths.train": str(write_corpus(tmp_path / "train.jsonl", range(150))),
        "paths.dev": str(
            write_corpus(tmp_path / "dev.jsonl", range(10**6, 10**6 + 15))
        ),
        "training.max_steps": 150,
        "training.eval_frequency": 150,
        "training.optimizer.learn_rate.warmup_steps": 20,
        "training.optimizer.learn_rate.total_steps": 160,
    }
    train(ROOT / "configs/train_receipts.cfg", tmp_path / "out", overrides=paths)
    nlp = spacy.load(tmp_path / "out/model-last")
    scores = nlp.evaluate(list(FormCorpus(paths["paths.dev"], fields="labelled")(nlp)))
    assert scores["form_f"] > 0.8


@pytest.mark.parametrize("name", ["receipts", "train_receipts"])
def test_configs_say_that_labels_are_fields(name):
    config = load_config(ROOT / f"configs/{name}.cfg")
    assert config["components"]["clinical_form_extractor"]["fields"] == "labelled"
