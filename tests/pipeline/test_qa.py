"""Question answering over tiny checkpoints, compared with plain transformers."""

import numpy
import pytest
import spacy
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from spacy_clinical.corpora.squad import Question, make_example
from spacy_clinical.errors import CodedValueError
from spacy_clinical.pieces.text import OtherText, read_doc
from tests.conftest import NOTES
from tests.tiny import KINDS, make_question_answerer

QUESTION = "no fever of the patient?"
NOTE = "The patient denies chest pain, and has no fever of 38. Aspirin 81 mg."
LONG = " ".join(f"the patient denies chest pain and fever {i} mg." for i in range(40))
# Window and stride, together with the question.
SIZE = {"size": 50, "stride": 36}


def make_nlp(checkpoint, *, encoder=None, **settings):
    nlp = spacy.blank("en")
    inner = {"checkpoint": str(checkpoint), "precision": "fp32"}
    # A tiny window, instead of the one of BioBERT's authors.
    inner |= {"size": None, "stride": None, **(encoder or {})}
    nlp.add_pipe("clinical_qa", config={**settings, "model": {"encoder": inner}})
    return nlp


def get_pipe(nlp):
    return nlp.get_pipe("clinical_qa")


def score(nlp, text, question=QUESTION):
    """What the model makes of a text."""
    qa = get_pipe(nlp)
    qa.prepare_head()
    doc = nlp.make_doc(text)
    other = OtherText(question, is_question=True)
    [scored] = qa.model.predict([read_doc(doc, other=other)])
    return scored


def load_reference(folder):
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    return model, AutoTokenizer.from_pretrained(folder)


def run_reference(model, inputs):
    with torch.no_grad():
        output = model(**inputs)
    return numpy.stack([output.start_logits[0], output.end_logits[0]], axis=1)


def best_spans(rows, inside, max_length):
    """All spans of a list of (window logits, rows of its pieces, kept pieces), the
    slow way: (logit, first, last), the best first."""
    found = []
    for logits, first_row, window in rows:
        for i in range(window.keep_start, window.keep_stop):
            for j in range(i, min(i + max_length, window.stop)):
                a, b = first_row + i - window.start, first_row + j - window.start
                found.append((float(logits[a, 0] + logits[b, 1]), i, j))
    return sorted(found, key=lambda one: (-one[0], one[1], one[2]))


# Parity


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        *((kind, {}) for kind in sorted(KINDS)),
        # Without a forward pass of our own.
        ("bert", {"position_embedding_type": "relative_key"}),
    ],
)
def test_logits_are_those_of_transformers(kind, settings, tmp_path):
    folder = make_question_answerer(tmp_path, kind, sharpness=20.0, **settings)
    scored = score(make_nlp(folder), NOTE)
    model, tokenizer = load_reference(folder)
    inputs = tokenizer(QUESTION, NOTE, return_tensors="pt")
    assert 33 < inputs["input_ids"].shape[1] <= 64
    expected = run_reference(model, inputs)
    [logits] = scored.logits
    [before] = scored.starts
    # BigBird takes all of the question from the competition.
    inside = slice(before, before + len(scored.pieces))
    assert logits[inside] == pytest.approx(expected[inside], abs=2e-4)
    assert logits[0] == pytest.approx(expected[0], abs=2e-4)
    spread = expected[inside].std(axis=0)
    assert (spread > 0.05).all()


def test_texts_of_a_pair_are_told_apart_by_types(tiny_squad):
    scored = score(make_nlp(tiny_squad), NOTE)
    model, tokenizer = load_reference(tiny_squad)
    inputs = tokenizer(QUESTION, NOTE, return_tensors="pt")
    inputs["token_type_ids"] *= 0
    assert numpy.abs(run_reference(model, inputs) - scored.logits[0]).max() > 0.1


@pytest.mark.parametrize("kind", ["bert", "roberta", "longformer", "big_bird"])
def test_every_window_of_a_long_note_is_read_as_transformers_read_it(kind, tmp_path):
    folder = make_question_answerer(tmp_path, kind, sharpness=20.0)
    scored = score(make_nlp(folder, encoder=SIZE), LONG)
    model, tokenizer = load_reference(folder)
    frame = tokenizer.build_inputs_with_special_tokens
    question = tokenizer(QUESTION, add_special_tokens=False)["input_ids"]
    assert len(scored.windows) > 10
    for logits, before, window in zip(
        scored.logits, scored.starts, scored.windows, strict=True
    ):
        ids = scored.pieces.ids[window.start : window.stop].tolist()
        assert len(question) + len(ids) <= 50
        framed = frame(question, ids)
        inputs = {"input_ids": torch.tensor([framed])}
        if kind == "bert":
            types = tokenizer.create_token_type_ids_from_sequences(question, ids)
            inputs["token_type_ids"] = torch.tensor([types])
        expected = run_reference(model, inputs)
        inside = slice(before, before + len(ids))
        assert logits[inside] == pytest.approx(expected[inside], abs=2e-4)
    kept = [i for w in scored.windows for i in range(w.keep_start, w.keep_stop)]
    assert kept == list(range(len(scored.pieces)))


@pytest.mark.parametrize("n_words", [1, 2, 24, 25, 26, 39, 40, 41, 42, 60, 61, 90])
def test_spans_and_scores_at_every_border(tiny_squad, n_words):
    """Against all spans of all windows, found the slow way."""
    text = " ".join((LONG.split() * 2)[:n_words])
    nlp = make_nlp(tiny_squad, encoder=SIZE, max_answer=9)
    scored = score(nlp, text)
    rows = list(zip(scored.logits, scored.starts, scored.windows, strict=True))
    slow = best_spans(rows, None, 9)
    spans = scored.find_spans(9)
    n = min(200, len(slow))
    assert spans.logits[:n] == pytest.approx([one[0] for one in slow[:n]], abs=1e-5)
    assert (spans.first[0], spans.last[0]) == slow[0][1:]
    total = numpy.logaddexp.reduce([one[0] for one in slow])
    assert spans.log_total == pytest.approx(total)
    scores, null = spans.find_scores(with_null=False)
    assert scores[0] == pytest.approx(numpy.exp(slow[0][0] - total))
    assert null == 0.0
    nulls = [logits[0].sum() for logits in scored.logits]
    assert spans.null == pytest.approx(min(nulls), abs=1e-5)
    [answer] = get_pipe(nlp).ask(nlp(text), QUESTION)
    first, last = slow[0][1:]
    start, end = scored.pieces.offsets[first][0], scored.pieces.offsets[last][1]
    assert answer["start_char"] <= start
    assert end <= answer["end_char"]
    assert answer["score"] == pytest.approx(scores[0])
    assert answer["text"] == text[answer["start_char"] : answer["end_char"]]


def test_null_is_the_least_of_the_windows_and_counts_if_a_setting_says_so(tiny_squad):
    nlp = make_nlp(tiny_squad, encoder=SIZE)
    qa = get_pipe(nlp)
    doc = nlp(LONG)
    scored = score(nlp, LONG)
    spans = scored.find_spans(qa.max_answer)
    gap = spans.null - spans.logits[0]
    assert len(scored.windows) > 1
    [answer] = qa.ask(doc, QUESTION)
    assert answer["null_score"] is None
    qa.unanswerable = True
    for threshold, has_answer in ((gap + 0.01, True), (gap - 0.01, False)):
        qa.null_threshold = threshold
        [again] = qa.ask(doc, QUESTION)
        assert bool(again["text"]) == has_answer
        assert bool(again["n_best"]) == has_answer
        total = numpy.logaddexp(spans.log_total, spans.null)
        assert again["null_score"] == pytest.approx(numpy.exp(spans.null - total))
    # The other possibility takes its share of the scores.
    qa.null_threshold = gap + 1
    [again] = qa.ask(doc, QUESTION)
    expected = answer["score"] * (1 - again["null_score"])
    assert again["score"] == pytest.approx(expected)


def test_loss_is_that_of_transformers(tiny_squad):
    """Of a note in one window, with and without an answer."""
    model, tokenizer = load_reference(tiny_squad)
    nlp = make_nlp(tiny_squad)
    inputs = tokenizer(QUESTION, NOTE, return_tensors="pt", return_offsets_mapping=True)
    offsets = inputs.pop("offset_mapping")[0].tolist()
    of_note = [i == 1 for i in inputs.sequence_ids(0)]
    start = NOTE.index("no fever")
    rows = [
        i
        for i, (a, b) in enumerate(offsets)
        if of_note[i] and a < start + 8 and b > start
    ]
    for gold, places in (("no fever", (rows[0], rows[-1])), ("", (0, 0))):
        with torch.no_grad():
            expected = model(
                **inputs,
                start_positions=torch.tensor([places[0]]),
                end_positions=torch.tensor([places[1]]),
            ).loss.item()
        record = {"text": gold, "start_char": start, "end_char": start + len(gold)}
        loss, _ = get_pipe(nlp).get_loss([record], [score(nlp, NOTE)])
        assert loss == pytest.approx(expected, abs=1e-4)


# Asking


def test_many_questions_to_many_notes_give_what_each_gives_alone(tiny_squad):
    nlp = make_nlp(tiny_squad, encoder=SIZE, top_k=5)
    qa = get_pipe(nlp)
    docs = [nlp.make_doc(text) for text in (*NOTES, LONG)]
    questions = {"a": QUESTION, "b": "chest pain", "c": "aspirin mg of 81 ?"}
    together = qa.ask(docs, questions)
    assert [len(records) for records in together] == [3] * len(docs)
    for doc, records in zip(docs, together, strict=True):
        assert [record["question"] for record in records] == list(questions)
        for record, (name, question) in zip(records, questions.items(), strict=True):
            # To the last bit.
            assert qa.ask(doc, {name: question}) == [record]
    assert qa.ask([], questions) == []


def test_answers_of_the_setting_and_of_a_doc(tiny_squad):
    nlp = make_nlp(tiny_squad, questions={"fever": QUESTION}, top_k=2)
    doc = nlp.make_doc(NOTE)
    doc._.questions = {"own": "chest pain"}
    doc = get_pipe(nlp)(doc)
    assert [one["question"] for one in doc._.answers] == ["fever", "own"]
    for record in doc._.answers:
        first = record["n_best"][0]
        assert doc.text[record["start_char"] : record["end_char"]] == record["text"]
        assert (first["text"], first["score"]) == (record["text"], record["score"])
        assert doc[record["start"] : record["end"]].text == record["text"]
        texts = [one["text"].lower() for one in record["n_best"]]
        assert len(set(texts)) == len(texts) == 2
        scores = [one["score"] for one in record["n_best"]]
        assert scores == sorted(scores, reverse=True)
        assert 0 < sum(scores) <= 1
    assert nlp(NOTE)._.answers == doc._.answers[:1]


def test_answers_have_section_and_sentence(tiny_squad):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    model = {"encoder": {"checkpoint": str(tiny_squad), "size": None, "stride": None}}
    qa = nlp.add_pipe("clinical_qa", config={"model": model, "max_answer": 3})
    note = "HPI:\nChest pain. No fever.\n\nMEDICATIONS:\naspirin 81 mg daily.\n"
    doc = nlp(note)
    [answer] = qa.ask(doc, "what mg?", sections=["medications"])
    assert answer["section"] == "medications"
    assert answer["start_char"] >= note.index("MEDICATIONS")
    sentence = answer["sentence"]
    assert sentence["start_char"] <= answer["start_char"]
    assert answer["end_char"] <= sentence["end_char"]
    qa.sections = ["allergies"]
    assert qa.ask(doc, "what mg?", sections="all")[0]["text"]
    [nowhere] = qa.ask(doc, "what mg?", sections="allergies")
    assert (nowhere["text"], nowhere["sentence"], nowhere["n_best"]) == ("", None, [])
    # Of two sections that don't follow each other, no answer goes over the part between.
    longer = nlp(note + "\nPLAN:\nno pain.\n")
    qa.max_answer = 30
    [answer] = qa.ask(longer, "pain?", sections=["preamble", "plan"], top_k=50)
    assert answer["n_best"]
    for one in answer["n_best"]:
        assert "MEDICATIONS" not in one["text"]


@pytest.mark.parametrize("question", ["", "  \n", "?!", "\x00\x07"])
def test_questions_without_words_are_refused(tiny_squad, question):
    nlp = make_nlp(tiny_squad)
    with pytest.raises(CodedValueError, match=r"\[C962\] Question or hypothesis 2"):
        get_pipe(nlp).ask(nlp(NOTE), [QUESTION, question])
    with pytest.raises(CodedValueError, match=r"\[C962\]"):
        make_nlp(tiny_squad, questions={"a": question})
    doc = nlp.make_doc(NOTE)
    doc._.questions = {"a": question}
    with pytest.raises(CodedValueError, match=r"\[C962\]"):
        get_pipe(nlp)(doc)


@pytest.mark.parametrize("asked", [None, 5, [QUESTION, None], {"a": 1}])
def test_questions_that_are_no_texts_are_refused(tiny_squad, asked):
    nlp = make_nlp(tiny_squad)
    with pytest.raises(CodedValueError, match=r"\[C974\].* is of type (None|int)"):
        get_pipe(nlp).ask(nlp(NOTE), asked)


@pytest.mark.parametrize("asked", ["pain?", ["pain?"], 5])
def test_questions_of_a_doc_have_names(tiny_squad, asked):
    doc = make_nlp(tiny_squad).make_doc(NOTE)
    with pytest.raises(CodedValueError, match=r"\[C976\] doc\._\.questions takes"):
        doc._.questions = asked


@pytest.mark.parametrize(
    "name", ["", " a", "a: b", "a=b", "=a", "#a", ";a", "[a]", "a\nb"]
)
def test_names_that_a_config_loses_are_refused(tiny_squad, name):
    with pytest.raises(CodedValueError, match=r"\[C975\] Question or hypothesis 1"):
        make_nlp(tiny_squad, questions={name: QUESTION})


def test_questions_are_the_same_after_saving(tiny_squad, tmp_path):
    questions = {"a.b c": "over $100?", "é": 'Is it "mild"; 5 % or # 3: = x?'}
    nlp = make_nlp(tiny_squad, questions=questions)
    for _ in range(2):
        nlp.to_disk(tmp_path)
        nlp = spacy.load(tmp_path)
        assert get_pipe(nlp).questions == questions
    with pytest.raises(CodedValueError, match=r"\[C975\].* several \$"):
        make_nlp(tiny_squad, questions={"a": "${nlp.lang}?"})


def test_notes_that_look_like_a_signature_are_read(tiny_squad):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    model = {"encoder": {"checkpoint": str(tiny_squad), "size": None, "stride": None}}
    qa = nlp.add_pipe("clinical_qa", config={"model": model})
    doc = nlp("DICTATED BY: Jane Roe MD. The patient denies chest pain and fever.")
    assert [span.label_ for span in doc.spans["sections"]] == ["signature"]
    assert qa.ask(doc, "pain?")[0]["text"]


def test_a_question_that_leaves_no_room_is_refused(tiny_squad):
    nlp = make_nlp(tiny_squad)
    question = "fever " * 60
    with pytest.raises(CodedValueError, match=r"\[C961\].* of 60 wordpieces"):
        get_pipe(nlp).ask(nlp(LONG), question)
    # A note that fits beside it is read.
    [answer] = get_pipe(nlp).ask(nlp("pain"), question)
    assert answer["text"] == "pain"
    # Of the batch, only the Doc that asks too much goes without answers.
    failed = []
    nlp.set_error_handler(lambda name, pipe, docs, error: failed.append(error.code))
    docs = [nlp.make_doc(LONG) for _ in range(3)]
    docs[1]._.questions = {"long": question}
    docs[2]._.questions = {"short": QUESTION}
    out = list(get_pipe(nlp).pipe(docs))
    assert failed == ["C961"]
    assert out[1]._.clinical_error["code"] == "C961"
    assert out[2]._.answers[0]["text"]


@pytest.mark.parametrize(
    ("setting", "value"), [("top_k", 0), ("max_answer", 0), ("min_score", 1.5)]
)
def test_settings_out_of_range_are_refused(tiny_squad, setting, value):
    with pytest.raises(CodedValueError, match=rf"\[C963\].*'{setting}'.*{value}"):
        make_nlp(tiny_squad, **{setting: value})


def test_min_score_leaves_questions_without_an_answer(tiny_squad):
    nlp = make_nlp(tiny_squad, questions={"a": QUESTION})
    score_of_best = nlp(NOTE)._.answers[0]["score"]
    get_pipe(nlp).min_score = score_of_best * 1.01
    [record] = nlp(NOTE)._.answers
    assert (record["text"], record["start_char"], record["score"]) == ("", None, 0.0)


@pytest.mark.parametrize(
    "note", ["", "  \n\t", "\x00\x07", "\x07 fever \x00", "x" * 999]
)
def test_odd_notes_are_answered_or_not_but_never_fail(tiny_squad, note):
    doc = make_nlp(tiny_squad, questions={"a": QUESTION})(note)
    [record] = doc._.answers
    text = record["text"]
    assert text == note[slice(record["start_char"] or 0, record["end_char"] or 0)]
    assert text == text.strip()
    assert doc._.clinical_pieces["clinical_qa"]["not_seen"] == 0


def test_checkpoints_without_a_head_are_refused(tiny_ner):
    nlp = make_nlp(tiny_ner)
    with pytest.raises(CodedValueError, match=r"\[C964\]"):
        get_pipe(nlp).ask(nlp(NOTE), QUESTION)
    with pytest.raises(CodedValueError, match=r"\[C965\]"):
        nlp.initialize()


def test_heads_of_another_kind_are_refused(tmp_path):
    folder = make_question_answerer(tmp_path, "bert", labels="abc")
    nlp = make_nlp(folder)
    with pytest.raises(CodedValueError, match=r"\[C960\].*BertForQuestionAnswering"):
        get_pipe(nlp).ask(nlp(NOTE), QUESTION)


# Training

TEXTS = [
    "The patient denies chest pain. Aspirin 81 mg.",
    "No fever. The patient has pain of the chest and no fever 38.",
    "Ibuprofen 200 mg and no pain.",
]
FACTS = [
    ("dose", "what mg", ["Aspirin 81 mg", "", "Ibuprofen 200 mg"]),
    ("where", "pain of?", ["chest pain", "chest", ""]),
]


def make_examples(nlp):
    examples = []
    for i, text in enumerate(TEXTS):
        questions = [
            Question(
                name,
                asked,
                [(text.index(gold[i]), text.index(gold[i]) + len(gold[i]))]
                if gold[i]
                else [],
            )
            for name, asked, gold in FACTS
        ]
        examples.append(make_example(nlp.make_doc(text), questions))
    return examples


@pytest.mark.learns
@pytest.mark.parametrize("kind", ["bert", "big_bird", "longformer"])
def test_training_overfits_and_reloads(kind, tmp_path):
    folder = make_question_answerer(tmp_path / "checkpoint", kind, sharpness=1.0)
    nlp = make_nlp(folder, unanswerable=True)
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.005
    losses = []
    for _ in range(60):
        loss = {}
        nlp.update(examples, sgd=optimizer, losses=loss)
        losses.append(loss["clinical_qa"])
    assert losses[-1] < losses[0] / 5
    scores = nlp.evaluate(examples)
    assert (scores["qa_em"], scores["qa_f"]) == (1.0, 1.0)
    assert (scores["qa_has_answer_em"], scores["qa_no_answer_em"]) == (1.0, 1.0)
    nlp.to_disk(tmp_path / "saved")
    loaded = spacy.load(tmp_path / "saved")
    assert loaded.evaluate(examples)["qa_em"] == 1.0
    encoder = tmp_path / "saved" / "clinical_qa" / "encoder"
    AutoTokenizer.from_pretrained(encoder)


@pytest.mark.learns
def test_a_new_head_learns_on_an_encoder_without_one(tiny_ner):
    nlp = make_nlp(tiny_ner, unanswerable=True)
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.005
    first, last = {}, {}
    nlp.update(examples, sgd=optimizer, losses=first)
    for _ in range(80):
        last = {}
        nlp.update(examples, sgd=optimizer, losses=last)
    assert last["clinical_qa"] < first["clinical_qa"] / 5
    assert nlp.evaluate(examples)["qa_f"] > 0.8


def test_gradients_of_bigbirds_layer_are_those_of_torch(tmp_path):
    folder = make_question_answerer(tmp_path, "big_bird")
    nlp = make_nlp(folder)
    qa = get_pipe(nlp)
    qa.prepare_head()
    block = qa.model.get_ref("block")
    model, _ = load_reference(folder)
    X = torch.randn(7, 32, requires_grad=True)
    found, backprop = block(X.detach().numpy(), True)
    expected = model.qa_classifier.output(model.qa_classifier.intermediate(X), X)
    assert found == pytest.approx(expected.detach().numpy(), abs=1e-5)
    dY = numpy.random.default_rng(0).normal(size=found.shape).astype("float32")
    dX = backprop(dY)
    expected.backward(torch.tensor(dY))
    assert dX == pytest.approx(X.grad.numpy(), abs=1e-4)
    up = model.qa_classifier.intermediate.dense.weight.grad.numpy()
    assert block.get_grad("W_up") == pytest.approx(up, abs=1e-4)
    norm = model.qa_classifier.output.LayerNorm.weight.grad.numpy()
    assert block.get_grad("scale") == pytest.approx(norm, abs=1e-4)


# Length


@pytest.mark.parametrize(
    "part", ["the patient denies fever ", "x", "\u05db\u05d0\u05d1. "]
)
def test_long_notes_are_read_whole(tiny_squad, part):
    """Sentences or none, one word or many: the number of windows follows the length."""
    nlp = make_nlp(tiny_squad, encoder=SIZE, questions={"a": QUESTION})
    seen = []
    for n_chars in (10_000, 40_000):
        doc = nlp.make_doc(part * (n_chars // len(part)))
        doc = get_pipe(nlp)(doc)
        record = doc._.clinical_pieces["clinical_qa"]
        assert record["not_seen"] == 0
        assert record["windows"] <= record["pieces"] / 15 + 2
        seen.append(record["pieces"])
    assert seen[1] == pytest.approx(4 * seen[0], abs=8)
