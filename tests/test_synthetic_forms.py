"""The generator of invented forms that the shipped model learns from."""

import random
import runpy
import sys
from pathlib import Path

import pytest
import spacy

from spacy_clinical.corpora.form_gold import find_owners, make_gold_doc, read_gold
from spacy_clinical.corpora.forms import FormCorpus
from spacy_clinical.forms import read_form

SCRIPTS = Path(__file__).parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))
from synthetic_forms.layout import make_form  # noqa: E402
from synthetic_forms.noise import add_noise  # noqa: E402
from synthetic_forms.page import choose_font  # noqa: E402
from synthetic_forms.record import make_record  # noqa: E402
from synthetic_forms.render import degrade, draw_page, write_pdf  # noqa: E402

TEMPLATES = range(12)


@pytest.fixture(scope="module")
def pages():
    return [make_form(template, 0) for template in TEMPLATES]


def test_templates_differ_and_forms_of_one_ask_the_same():
    texts = {" ".join(w.text for w in make_form(t, 0).words) for t in TEMPLATES}
    assert len(texts) == len(TEMPLATES)
    first, second = (make_record(make_form(3, i), "x") for i in range(2))
    asked = [
        [item["text"] for item in record["form"] if item["label"] == "question"]
        for record in (first, second)
    ]
    assert asked[0][0] == asked[1][0]
    assert first != second
    assert make_record(make_form(3, 0), "x") == first


def test_records_can_be_read_and_say_what_is_linked(pages):
    labels, n_links = set(), 0
    for page in pages:
        gold = read_gold(make_record(page, "x"), name="x")
        labels |= set(gold.labels)
        n_links += len(gold.links)
        assert len(gold.words) == len(page.words)
        assert all(gold.labels[q] == "QUESTION" for q, _ in gold.links)
        doc = make_gold_doc(spacy.blank("en").vocab, gold, spans_key="form")
        assert len(doc.spans["form"]) >= len(set(gold.owners) - {-1})
    assert labels == {"HEADER", "QUESTION", "ANSWER"}
    assert n_links > 50


def test_noise_keeps_words_on_their_page_and_with_their_entity(pages):
    for page in pages:
        noisy = add_noise(page, random.Random(1))
        assert 0.8 * len(page.words) < len(noisy.words) <= len(page.words)
        owned = [i for entity in noisy.entities for i in entity.words]
        assert sorted(set(owned)) == sorted(owned)
        for word in noisy.words:
            x0, y0, x1, y1 = word.box
            assert x0 < x1
            assert y0 < y1


@pytest.mark.skipif(
    choose_font(random.Random(0), "sans (TrueType)", 10.0).path is None,
    reason="needs the Liberation fonts",
)
def test_pdfs_have_the_words_where_they_are_written(pages):
    nlp = spacy.blank("en")
    n_right = n_words = 0
    for page in pages[:4]:
        gold = read_gold(make_record(page, "x"), name="x")
        doc = read_form(write_pdf(page), nlp.vocab, ocr="never")
        owners = find_owners(doc, gold)
        owned = {owner for owner in owners if owner >= 0}
        n_right += len(owned)
        n_words += len(set(gold.owners) - {-1})
    assert n_right > 0.95 * n_words


def test_pictures_are_drawn_and_spoilt(pages):
    image = draw_page(pages[0], dpi=100)
    assert image.size == (
        round(pages[0].width * 100 / 72),
        round(pages[0].height * 100 / 72),
    )
    assert image.getextrema() == (0, 255)
    spoilt = degrade(image, random.Random(1))
    assert spoilt.width < image.width
    assert spoilt.info["dpi"][0] < 100


def test_the_script_writes_what_the_reader_reads(tmp_path, monkeypatch):
    arguments = [str(tmp_path), "--templates", "3", "--forms", "2", "--dev", "2"]
    monkeypatch.setattr(sys, "argv", ["make_forms.py", *arguments])
    runpy.run_path(str(SCRIPTS / "make_forms.py"), run_name="__main__")
    nlp = spacy.blank("en")
    assert len(list(FormCorpus(tmp_path / "train.jsonl")(nlp))) == 6
    assert len(list(FormCorpus(tmp_path / "dev.jsonl")(nlp))) == 2
