import pickle

import numpy
import pytest
import spacy
from spacy.tokens import DocBin
from spacy.training import Example

from spacy_clinical.corpora.forms import FormCorpus
from spacy_clinical.forms import make_form_doc, read_form
from spacy_clinical.forms.decode import label_segments
from spacy_clinical.forms.linking import Link
from spacy_clinical.forms.pages import FormPage, Word
from spacy_clinical.forms.segments import find_segments
from spacy_clinical.heads.labels import read_labels
from tests.conftest import load_blank
from tests.forms.papers import INTAKE, make_pdf
from tests.tiny import make_token_classifier

BIO = ["O", *(f"{r}-{n}" for n in ("HEADER", "QUESTION", "ANSWER") for r in "BI")]
RULES = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}


def tagger(folder, **settings):
    encoder = {
        "@architectures": "spacy-clinical.HFEncoder.v1",
        "checkpoint": str(folder),
        "precision": "fp32",
    }
    model = {"@architectures": "spacy-clinical.TokenClassifier.v1", "encoder": encoder}
    return {"model": model, **settings}


@pytest.fixture(scope="module")
def form():
    return make_pdf([INTAKE, [], INTAKE])


def make_pipeline(config):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_form_extractor", config=config)
    return nlp


def told(doc):
    return (
        [(s.start, s.end, s.label_, s._.score) for s in doc.spans["form"]],
        [list(pair) for pair in doc.spans["form"].attrs["links"]],
        doc._.form_fields,
        doc._.clinical_provenance,
    )


@pytest.fixture(params=["rules", "layoutlm"])
def nlp(request, tiny_layoutlm):
    return make_pipeline(RULES if request.param == "rules" else tagger(tiny_layoutlm))


def test_parts_links_and_fields_are_written(nlp, form):
    doc = nlp(read_form(form, nlp.vocab))
    parts, links, fields, provenance = told(doc)
    assert parts
    assert all(0 <= score <= 1 for *_, score in parts)
    assert all(parts[q][2] == "QUESTION" for q, _ in links)
    assert all(parts[a][2] == "ANSWER" for _, a in links)
    assert "clinical_form_extractor" in provenance
    assert {f["page"] for f in fields} <= {1, 3}
    assert doc._.clinical_error is None


@pytest.mark.parametrize("store", ["bytes", "bin", "pickle"])
def test_everything_survives_storage(nlp, form, store):
    doc = nlp(read_form(form, nlp.vocab))
    if store == "bytes":
        again = spacy.tokens.Doc(nlp.vocab).from_bytes(doc.to_bytes())
    elif store == "bin":
        data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
        [again] = DocBin().from_bytes(data).get_docs(nlp.vocab)
    else:
        again = pickle.loads(pickle.dumps(doc))
    before, after = told(doc), told(again)
    assert after[:2] == before[:2]
    assert [list(f.items()) for f in after[2]] == [
        [(k, list(v) if isinstance(v, tuple) else v) for k, v in f.items()]
        for f in before[2]
    ]
    assert [s._.box for s in again.spans["form"]] == [
        s._.box for s in doc.spans["form"]
    ]


def test_other_processes_say_the_same(nlp, form):
    docs = [read_form(form, nlp.vocab) for _ in range(4)]
    alone = [told(doc) for doc in nlp.pipe([doc.copy() for doc in docs])]
    found = [told(doc)[:2] for doc in nlp.pipe(docs, n_process=2, batch_size=1)]
    assert found == [one[:2] for one in alone]


def test_a_failing_linker_does_not_harm_the_next_form(nlp, form):
    pipe = nlp.get_pipe("clinical_form_extractor")
    linker = pipe.linker

    def fail_on_short(entities):
        if len(entities) < 3:
            raise RuntimeError("secret")
        return linker(entities)

    nlp = make_pipeline(RULES)
    nlp.get_pipe("clinical_form_extractor").linker = fail_on_short
    nlp.set_error_handler(lambda *args: None)
    page = [FormPage(100.0, 100.0, "px", [Word("x", (1, 1, 5, 5))])]
    docs = [make_form_doc(nlp.vocab, page), read_form(form, nlp.vocab)]
    bad, good = nlp.pipe(docs)
    assert "secret" not in str(bad._.clinical_error)
    assert bad._.clinical_error["type"] == "RuntimeError"
    assert good._.form_fields


def test_forms_without_words_have_no_fields(nlp):
    for pages in ([], [FormPage(0.0, 0.0, "", error="[C507]")]):
        doc = nlp(make_form_doc(nlp.vocab, pages))
        assert (doc._.form_fields, len(doc.spans["form"])) == ([], 0)


def test_any_linker_will_do(tiny_layoutlm, form):
    @spacy.registry.misc("test.first_linker")
    def make_linker():
        return lambda entities: [
            Link(0, i, 1.0) for i, e in enumerate(entities) if e.label == "ANSWER"
        ]

    nlp = make_pipeline({**RULES, "linker": {"@misc": "test.first_linker"}})
    doc = nlp(read_form(form, nlp.vocab))
    assert {q for q, _ in doc.spans["form"].attrs["links"]} == {0}


def test_labels_are_renamed_and_others_left_out(tmp_path, form):
    columns = ["O", "B-KEY", "I-KEY", "B-VALUE", "I-VALUE", "B-LOGO", "I-LOGO"]
    folder = make_token_classifier(tmp_path, "layoutlm", columns, sharpness=20.0)
    labels = {"KEY": "QUESTION", "VALUE": "ANSWER"}
    nlp = make_pipeline(tagger(folder, label_map=labels))
    doc = nlp(read_form(form, nlp.vocab))
    assert {s.label_ for s in doc.spans["form"]} <= {"QUESTION", "ANSWER"}
    nlp = make_pipeline(tagger(folder))
    with pytest.raises(ValueError, match=r"\[C510\].*KEY, LOGO, VALUE"):
        nlp(read_form(form, nlp.vocab))


@pytest.mark.parametrize("decoder", ["segments", "viterbi", "greedy"])
def test_decoders_agree_where_the_model_is_sure(tiny_layoutlm, decoder):
    nlp = make_pipeline(tagger(tiny_layoutlm, decoder=decoder))
    words = [Word("pain:", (20, 5, 60, 9)), Word("no", (90, 5, 99, 9))]
    doc = make_form_doc(nlp.vocab, [FormPage(200.0, 100.0, "px", words)])
    pipe = nlp.get_pipe("clinical_form_extractor")
    pipe.prepare_head()
    [encoded] = pipe.model.predict([doc])
    encoded.X[:] = -20
    encoded.X[0, BIO.index("B-QUESTION")] = 20
    encoded.X[1, BIO.index("B-ANSWER")] = 20
    parts = [(p.start, p.end, p.label) for p in pipe._decode(doc, encoded)]
    assert parts == [(0, 1, "QUESTION"), (1, 2, "ANSWER")]


def make_logits(tags, sureness):
    logits = numpy.zeros((len(tags), len(BIO)), dtype="float32")
    for row, tag in zip(logits, tags, strict=True):
        if tag is not None:
            row[BIO.index(tag)] = sureness
    return logits


def decode_line(tags, starts, *, sureness=2.0, words=("w", "w", "w")):
    words = [
        Word(text, (x, 5, x + 30, 15)) for text, x in zip(words, starts, strict=True)
    ]
    page = FormPage(1000.0, 1000.0, "px", words)
    doc = make_form_doc(load_blank().vocab, [page])
    parts = label_segments(
        doc,
        make_logits(tags, sureness),
        numpy.ones(len(doc), dtype=bool),
        read_labels(BIO),
        find_segments(doc),
    )
    return [(p.label, p.start, p.end) for p in parts]


def test_gaps_decide_where_words_are_in_doubt():
    tags = ["B-ANSWER", "I-QUESTION", "I-ANSWER"]
    # One run of words, then one with a gap behind its second word.
    assert decode_line(tags, [0, 34, 68]) == [("ANSWER", 0, 3)]
    tags = ["B-QUESTION", None, "B-ANSWER"]
    assert decode_line(tags, [0, 34, 200]) == [("QUESTION", 0, 2), ("ANSWER", 2, 3)]


def test_sure_words_decide_against_the_gaps():
    tags = ["B-ANSWER", "B-QUESTION", "B-ANSWER"]
    assert decode_line(tags, [0, 34, 68], sureness=12.0) == [
        ("ANSWER", 0, 1),
        ("QUESTION", 1, 2),
        ("ANSWER", 2, 3),
    ]


def test_parts_end_at_gaps():
    tags = ["B-ANSWER", "I-ANSWER", "I-ANSWER"]
    assert decode_line(tags, [0, 34, 400], sureness=12.0) == [
        ("ANSWER", 0, 2),
        ("ANSWER", 2, 3),
    ]


def test_what_ends_in_a_colon_is_hardly_an_answer():
    tags = ["B-QUESTION", None, "B-ANSWER"]
    words = ["Blood", "group:", "AB"]
    tags[0] = "B-ANSWER"
    found = decode_line(tags, [0, 34, 80], sureness=1.5, words=words)
    assert found[-1] == ("ANSWER", 2, 3)
    assert ("ANSWER", 0, 2) not in found


def test_lines_that_look_like_the_next_one_go_on():
    words = [Word("w", (100, y, 300, y + 10)) for y in (100, 114, 128)]
    words += [Word("w", (100, 190, 300, 200))]
    page = FormPage(1000.0, 1000.0, "px", words)
    doc = make_form_doc(load_blank().vocab, [page])
    tags = ["B-ANSWER", None, "I-ANSWER", None, "I-ANSWER", None, "I-ANSWER"]
    is_seen = numpy.array([not token.is_space for token in doc])
    parts = label_segments(
        doc, make_logits(tags, 4.0), is_seen, read_labels(BIO), find_segments(doc)
    )
    assert [(p.start, p.end) for p in parts] == [(0, 5), (6, 7)]


def test_rules_have_nothing_to_learn(form):
    nlp = make_pipeline(RULES)
    pipe = nlp.get_pipe("clinical_form_extractor")
    assert not pipe.is_trainable
    nlp.initialize()
    doc = nlp(read_form(form, nlp.vocab))
    assert nlp.update([Example(doc.copy(), doc)]) == {}


@pytest.fixture
def corpus(tmp_path):
    import json

    items = []
    for i in range(6):
        y = 20 + 20 * i
        items.append(make_item(2 * i, "question", "pain:", 10, y, 2 * i + 1))
        items.append(make_item(2 * i + 1, "answer", "fever", 120, y))
    record = {"name": "x", "width": 300, "height": 300, "form": items}
    path = tmp_path / "forms.jsonl"
    path.write_text(json.dumps(record), encoding="utf8")
    return FormCorpus(path)


def make_item(number, label, text, x, y, answer=None):
    box = [x, y, x + 40, y + 10]
    return {
        "id": number,
        "label": label,
        "words": [{"text": text, "box": box}],
        "linking": [] if answer is None else [[number, answer]],
    }


@pytest.mark.learns
def test_it_learns(tiny_layoutlm, corpus, tmp_path):
    nlp = make_pipeline(tagger(tiny_layoutlm))
    examples = list(corpus(nlp))
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    scores = nlp.evaluate(list(corpus(nlp)))
    assert (scores["form_f"], scores["form_links_f"]) == (1.0, 1.0)
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")
    assert again.evaluate(list(corpus(again)))["form_f"] == 1.0


def test_new_labels_get_a_new_head(tmp_path, corpus):
    folder = make_token_classifier(tmp_path / "x", "layoutlm", ["O", "B-A", "I-A"])
    nlp = make_pipeline(tagger(folder))
    nlp.initialize(lambda: list(corpus(nlp)))
    assert nlp.get_pipe("clinical_form_extractor").labels == ("ANSWER", "QUESTION")


@pytest.mark.learns
def test_forms_that_nobody_annotated_teach_nothing(tiny_layoutlm, form):
    nlp = make_pipeline(tagger(tiny_layoutlm))
    doc = read_form(form, nlp.vocab)
    nlp.initialize()
    losses = nlp.update([Example(doc.copy(), doc)])
    assert losses["clinical_form_extractor"] == 0


@pytest.mark.parametrize(("weight", "expected"), [(0.0, []), (5.0, ["QUESTION"])])
def test_rules_have_a_say_where_the_model_is_in_doubt(tiny_layoutlm, weight, expected):
    nlp = make_pipeline(tagger(tiny_layoutlm, rule_weight=weight))
    words = [Word("pain:", (20, 5, 60, 9))]
    doc = make_form_doc(nlp.vocab, [FormPage(200.0, 100.0, "px", words)])
    pipe = nlp.get_pipe("clinical_form_extractor")
    pipe.prepare_head()
    assert pipe.scheme.types == ["ANSWER", "HEADER", "QUESTION"]
    [encoded] = pipe.model.predict([doc])
    encoded.X[:] = 0
    encoded.X[:, BIO.index("O")] = 2
    before = encoded.X.copy()
    assert [part.label for part in pipe._decode(doc, encoded)] == expected
    assert numpy.array_equal(encoded.X, before)
