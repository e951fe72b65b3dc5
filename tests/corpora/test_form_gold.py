"""Annotated forms: FUNSD's format, and Docs that have the annotations as spans."""

import json

import pytest
import spacy
from PIL import Image

from spacy_clinical.corpora.form_gold import annotate_gold, make_gold_doc, read_gold
from spacy_clinical.corpora.forms import FormCorpus, FunsdCorpus
from spacy_clinical.extensions.attributes import FORM_SPANS_KEY
from spacy_clinical.forms import read_form
from tests.forms.papers import encode, make_pdf


def make_item(number, label, words, linking=()):
    placed = [{"text": text, "box": [x, y, x + 30, y + 10]} for text, x, y in words]
    return {
        "id": number,
        "label": label,
        "text": " ".join(text for text, _, _ in words),
        "box": placed[0]["box"] if placed else [0, 0, 0, 0],
        "words": placed,
        "linking": [list(pair) for pair in linking],
    }


# In FUNSD, entities stand in any order, and some words are empty.
RECORD = {
    "form": [
        make_item(7, "answer", [("Jane", 100, 50), ("", 5, 5), ("Roe", 140, 50)]),
        make_item(3, "question", [("Name:", 10, 50)], [(3, 7)]),
        make_item(1, "header", [("INTAKE", 100, 5)], [(1, 3)]),
        make_item(4, "other", [("page", 10, 180), ("1", 45, 180)]),
        make_item(5, "question", [("Sex:", 10, 80)], [(5, 99)]),
        make_item(6, "answer", []),
    ]
}


@pytest.fixture
def nlp():
    return spacy.blank("en")


def parts_of(doc):
    return [(s.label_, s.text) for s in doc.spans[FORM_SPANS_KEY]]


def links_of(doc):
    group = doc.spans[FORM_SPANS_KEY]
    return [(group[q].text, group[a].text) for q, a in group.attrs["links"]]


@pytest.fixture
def funsd(tmp_path):
    for name in ("annotations", "images"):
        (tmp_path / name).mkdir()
    for stem in ("a", "b"):
        path = tmp_path / "annotations" / f"{stem}.json"
        path.write_text(json.dumps(RECORD), encoding="utf8")
    image = encode(Image.new("L", (400, 200), 255))
    (tmp_path / "images" / "a.png").write_bytes(image)
    return tmp_path


def test_entities_are_spans_in_the_order_of_reading(nlp):
    doc = make_gold_doc(nlp.vocab, read_gold(RECORD, name="x"), spans_key="form")
    assert parts_of(doc) == [
        ("HEADER", "INTAKE"),
        ("QUESTION", "Name:"),
        ("ANSWER", "Jane Roe"),
        ("QUESTION", "Sex:"),
    ]
    assert links_of(doc) == [("Name:", "Jane Roe")]
    assert doc.text == "INTAKE\nName: Jane Roe\nSex:\npage 1"


def test_parts_of_an_entity_that_others_divide_are_spans_of_their_own(nlp):
    # Two columns: the value's second line comes after the other column's.
    record = {
        "width": 400,
        "height": 200,
        "form": [
            make_item(0, "question", [("Plan:", 10, 10)], [(0, 1)]),
            make_item(1, "answer", [("rest", 60, 10), ("fluids", 60, 22)]),
            make_item(2, "question", [("Age:", 200, 10)], [(2, 3)]),
            make_item(3, "answer", [("63", 240, 10)]),
        ],
    }
    doc = make_gold_doc(nlp.vocab, read_gold(record, name="x"), spans_key="form")
    assert links_of(doc) == [("Plan:", "rest"), ("Plan:", "fluids"), ("Age:", "63")]


def test_annotations_fit_words_that_were_read_otherwise(nlp):
    items = [(60, 100, 12, "Name:"), (150, 100, 12, "Jane"), (60, 140, 12, "Age:")]
    page = make_pdf([items], size=(400, 400))
    found = read_form(page, nlp.vocab)
    # As if marked on a picture twice as large.
    words = [[v * 2 for v in token._.box] for token in found if not token.is_space]
    form = [
        {**make_item(i, label, []), "words": [{"text": "x", "box": box}]}
        for i, (label, box) in enumerate(
            zip(("question", "answer", "question"), words, strict=True)
        )
    ]
    form[0]["linking"] = [[0, 1]]
    gold = read_gold({"width": 800, "height": 800, "form": form}, name="x")
    annotate_gold(found, gold, spans_key="form")
    assert parts_of(found) == [
        ("QUESTION", "Name:"),
        ("ANSWER", "Jane"),
        ("QUESTION", "Age:"),
    ]
    assert links_of(found) == [("Name:", "Jane")]


def test_funsd_is_read_with_the_sizes_of_its_pictures(nlp, funsd):
    first, second = FunsdCorpus(funsd)(nlp)
    assert first.reference._.pages[0]["width"] == 400
    assert second.reference._.pages[0]["width"] == 170
    assert len(parts_of(first.reference)) == 4
    assert FORM_SPANS_KEY not in first.predicted.spans
    assert [t._.box for t in first.predicted] == [t._.box for t in first.reference]


def test_tables_of_forms_are_read_line_by_line(nlp, tmp_path):
    path = tmp_path / "forms.jsonl"
    record = {"name": "one", "width": 400, "height": 200, **RECORD}
    path.write_text(f"{json.dumps(record)}\n" * 3, encoding="utf8")
    assert len(list(FormCorpus(path)(nlp))) == 3
    assert len(list(FormCorpus(path, limit=2)(nlp))) == 2


def test_forms_may_stand_elsewhere_each_time(nlp, tmp_path):
    path = tmp_path / "forms.jsonl"
    record = {"name": "one", "width": 400, "height": 200, **RECORD}
    path.write_text(json.dumps(record), encoding="utf8")
    corpus = FormCorpus(path, shift=0.3, shuffle=True)
    places = {next(corpus(nlp)).predicted[0]._.box for _ in range(4)}
    assert len(places) == 4
    for _ in range(20):
        boxes = [t._.box_1000 for t in next(corpus(nlp)).predicted if not t.is_space]
        assert all(0 <= v <= 1000 for box in boxes for v in box)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "{", '{"form": 1}', '{"form": [{"label": "question"}]}']
)
def test_broken_annotations_are_named_and_not_quoted(nlp, funsd, text):
    (funsd / "annotations" / "a.json").write_text(text)
    with pytest.raises(ValueError, match=r"\[C511\].*a\.json"):
        list(FunsdCorpus(funsd)(nlp))


def test_missing_annotations_are_named(nlp, tmp_path):
    with pytest.raises(ValueError, match=r"\[C512\]"):
        list(FunsdCorpus(tmp_path)(nlp))
    with pytest.raises(ValueError, match=r"\[C512\]"):
        list(FormCorpus(tmp_path / "none.jsonl")(nlp))


def test_broken_pictures_are_named(nlp, funsd):
    (funsd / "images" / "a.png").write_bytes(b"\x89PNG nothing")
    with pytest.raises(ValueError, match=r"\[C511\].*a\.png"):
        list(FunsdCorpus(funsd)(nlp))
