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
from synthetic_forms.noise import add_noise, annotate_by_hand  # noqa: E402
from synthetic_forms.office import KINDS, make_office_form  # noqa: E402
from synthetic_forms.other_hand import (  # noqa: E402
    WAYS,
    list_sheets,
    make_other_form,
)
from synthetic_forms.page import choose_font  # noqa: E402
from synthetic_forms.record import make_record  # noqa: E402
from synthetic_forms.render import degrade, draw_page, write_pdf  # noqa: E402

TEMPLATES = range(12)
OFFICE = range(60)


@pytest.fixture(scope="module")
def pages():
    return [make_form(template, 0) for template in TEMPLATES]


@pytest.fixture(scope="module")
def office_pages():
    return [make_office_form(template, 0) for template in OFFICE]


@pytest.fixture(scope="module")
def other_pages():
    return [make_other_form(i) for i in range(len(list_sheets()))]


def list_texts(page, label):
    return [
        " ".join(page.words[i].text for i in entity.words)
        for entity in page.entities
        if entity.label == label
    ]


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


def test_office_forms_are_made_again_from_their_seeds(office_pages):
    for template in (0, 7, 31):
        again = make_record(make_office_form(template, 0), "x")
        assert again == make_record(office_pages[template], "x")
    others = [make_record(make_office_form(7, form), "x") for form in (0, 1)]
    assert others[0] != others[1]
    first, second = (make_office_form(7, form) for form in (0, 1))
    # What is filled in moves what follows, but not the title.
    assert list_texts(first, "header")[:1] == list_texts(second, "header")[:1]


def test_parts_of_office_forms_have_words_of_their_own(office_pages, other_pages):
    for page in [*office_pages, *other_pages]:
        owned = [i for entity in page.entities for i in entity.words]
        assert len(set(owned)) == len(owned)
        assert all(entity.words for entity in page.entities)
        for word in page.words:
            x0, y0, x1, y1 = word.box
            assert x0 < x1
            assert y0 < y1
            assert word.text == word.text.strip() != ""


def test_links_of_office_forms_go_from_headers_to_answers(office_pages, other_pages):
    allowed = {("header", "question"), ("question", "answer")}
    kinds = set()
    for page in [*office_pages, *other_pages]:
        for entity in page.entities:
            for other in entity.links:
                kinds.add((entity.label, page.entities[other].label))
                assert page.entities[other] is not entity
    assert kinds == allowed


def test_office_forms_are_as_varied_as_real_ones(office_pages):
    n_words = sorted(len(page.words) for page in office_pages)
    assert n_words[0] < 100
    assert n_words[-1] > 300
    owned = sum(len(e.words) for page in office_pages for e in page.entities)
    # FUNSD: three words in ten belong to nothing.
    assert 0.2 < 1 - owned / sum(n_words) < 0.4
    counts = {
        label: sum(len(list_texts(page, label)) for page in office_pages)
        for label in ("header", "question", "answer")
    }
    assert 0 < 4 * counts["header"] < counts["question"] < 2 * counts["answer"]
    sizes = [[len(entity.links) for entity in p.entities] for p in office_pages]
    # Questions without answers, and with several.
    assert any(size > 3 for form in sizes for size in form)
    assert any(
        not entity.links
        for page in office_pages
        for entity in page.entities
        if entity.label == "question"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_office_forms_name_blocks_that_can_be_written(kind):
    weight, first, weights = KINDS[kind]
    assert weight > 0
    assert all(map(callable, [*first, *weights]))
    assert all(share > 0 for share in weights.values())


def test_sheets_of_the_other_hand_are_marked_throughout(other_pages):
    assert len(other_pages) >= 16
    for page in other_pages:
        assert not [w.text for w in page.words if w.text.startswith(("[q", "[a", "[h"))]
        asked = {i for e in page.entities if e.label == "question" for i in e.links}
        answers = {i for i, e in enumerate(page.entities) if e.label == "answer"}
        assert asked == answers
        assert list_texts(page, "header") or list_texts(page, "question")
    n = len(other_pages)
    ways = [make_other_form(2 + n * i) for i in range(len(WAYS))]
    assert len({page.words[0].font.path for page in ways}) > 1
    assert len({tuple(w.text for w in page.words) for page in ways}) == 1


def test_sheets_of_the_other_hand_are_not_what_the_generator_writes(
    office_pages, other_pages
):
    written = {t for p in office_pages for t in list_texts(p, "answer") if len(t) > 20}
    typed = {t for p in other_pages for t in list_texts(p, "answer") if len(t) > 20}
    assert written.isdisjoint(typed)


def test_people_who_annotate_part_words_but_keep_their_letters(office_pages):
    n_parted = 0
    for number, page in enumerate(office_pages[:20]):
        drawn = annotate_by_hand(page, random.Random(number))
        n_parted += len(drawn.words) - len(page.words)
        for before, after in zip(page.entities, drawn.entities, strict=True):
            assert (before.label, before.links) == (after.label, after.links)
            texts = ["".join(page.words[i].text for i in before.words)]
            texts.append("".join(drawn.words[i].text for i in after.words))
            assert texts[0] == texts[1]
        assert all(w.box[0] < w.box[2] and w.box[1] < w.box[3] for w in drawn.words)
    assert n_parted > 0


def test_numbers_at_the_edge_are_drawn_upright(office_pages):
    turned = [(p, w) for p in office_pages for w in p.words if w.is_turned]
    assert turned
    page, word = turned[0]
    x0, y0, x1, y1 = word.box
    assert y1 - y0 > 2 * (x1 - x0)
    drawn = draw_page(page, dpi=72).crop((round(x0), round(y0), round(x1), round(y1)))
    assert drawn.getextrema()[0] < 128


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
    arguments = [str(tmp_path), "--clinic", "2", "--office", "1", "--forms", "2"]
    arguments += ["--dev", "2"]
    monkeypatch.setattr(sys, "argv", ["make_forms.py", *arguments])
    runpy.run_path(str(SCRIPTS / "make_forms.py"), run_name="__main__")
    nlp = spacy.blank("en")
    assert len(list(FormCorpus(tmp_path / "train.jsonl")(nlp))) == 6
    sizes = {"dev": 4, "clinic": 2, "office": 2, "other_hand": 4 * len(list_sheets())}
    for name, size in sizes.items():
        assert len(list(FormCorpus(tmp_path / f"{name}.jsonl")(nlp))) == size
