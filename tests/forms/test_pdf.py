"""Pages that are turned, cut, or printed twice."""

import itertools
from io import BytesIO

import pypdfium2 as pdfium
import pytest
from PIL import Image

from spacy_clinical.forms import read_form
from tests.forms.papers import INTAKE, LINES, make_pdf, read_and_draw


def lines_of(doc):
    return [s.text for s in doc.spans["layout"] if s.label_ == "line"]


def boxes_of(doc):
    return [t._.box for t in doc if t._.box]


def check_like(doc, plain, shift=(0, 0), reach=1.0):
    assert doc.text == plain.text
    for box, other in zip(boxes_of(doc), boxes_of(plain), strict=True):
        moved = [other[i] + shift[i % 2] for i in range(4)]
        assert box == pytest.approx(moved, abs=reach)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270, -90, 450, -450, 720])
@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_text_is_read_upright_however_it_and_its_page_are_turned(rotate, turn, vocab):
    doc = read_form(make_pdf([INTAKE], rotate=rotate, turn=turn), vocab)
    check_like(doc, read_form(make_pdf([INTAKE]), vocab))
    [page] = doc._.pages
    assert (page["width"], page["height"]) == (612, 792)
    # Against the clock: the text; clockwise: the page.
    assert page["rotation"] == (90 * turn - rotate) % 360


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_cut_and_turned_together(rotate, turn, vocab):
    # From the upright page: 40 off the left, 50 off the top, 30 right, 90 bottom.
    sides = {"left": 40, "top": 50, "right": 30, "bottom": 90}
    names = ["left", "bottom", "right", "top"]
    # Sides of the stored page, against the clock.
    left, bottom, right, top = (sides[names[(i - turn) % 4]] for i in range(4))
    width, height = (792, 612) if turn % 2 else (612, 792)
    crop = left, bottom, width - right, height - top
    data = make_pdf([INTAKE], rotate=rotate, turn=turn, crop=crop)
    doc = read_form(data, vocab)
    check_like(doc, read_form(make_pdf([INTAKE]), vocab), shift=(-40, -50))
    assert doc._.pages[0]["width"] == pytest.approx(612 - 70)
    assert doc._.pages[0]["height"] == pytest.approx(792 - 140)


def test_pictures_are_turned_as_the_words_are(vocab):
    for turn, rotate in itertools.product(range(4), (0, 90)):
        data = make_pdf([INTAKE], turn=turn, rotate=rotate)
        doc, [picture] = read_and_draw(data, vocab)
        image = Image.open(BytesIO(picture)).convert("L")
        assert image.height > image.width
        # Ink where words are, none in the lower half.
        scale = image.width / 612
        [name] = [t for t in doc if t.text == "Name:"]
        box = tuple(round(v * scale) for v in name._.box)
        assert image.crop(box).getextrema()[0] < 100
        lower = image.crop((0, image.height // 2, image.width, image.height))
        assert lower.getextrema()[0] > 200


def test_pages_of_one_file_may_be_turned_in_their_own_ways(vocab):
    parts = [make_pdf([INTAKE], turn=turn, rotate=90) for turn in (0, 1, 2, 3)]
    whole = pdfium.PdfDocument.new()
    for part in parts:
        whole.import_pages(pdfium.PdfDocument(part))
    out = BytesIO()
    whole.save(out)
    doc = read_form(out.getvalue(), vocab)
    assert lines_of(doc) == LINES * 4
    assert [page["rotation"] for page in doc._.pages] == [270, 0, 90, 180]


def test_a_sideways_stamp_turns_no_page_and_is_one_word(vocab):
    stamp = b"\nBT /F1 14 Tf 0 1 -1 0 590 300 Tm (RECEIVED) Tj ET"
    doc = read_form(make_pdf([INTAKE], stamp=stamp), vocab)
    assert doc._.pages[0]["rotation"] == 0
    assert lines_of(doc)[: len(LINES)] == LINES
    assert lines_of(doc)[len(LINES) :] == ["RECEIVED"]


def test_words_outside_of_the_crop_box_are_not_read(vocab):
    items = [*INTAKE, (60, 600, 12, "Cut off here")]
    crop = (30, 300, 612, 792)
    doc = read_form(make_pdf([items], crop=crop), vocab)
    check_like(doc, read_form(make_pdf([INTAKE]), vocab), shift=(-30, 0))


def test_words_outside_of_the_page_are_not_read(vocab):
    doc = read_form(make_pdf([[*INTAKE, (700, 100, 12, "beside")]]), vocab)
    assert lines_of(doc) == LINES


@pytest.mark.parametrize("shift", [(0, 0), (0.35, 0), (0.3, 0.3), (0, -0.5)])
def test_a_second_copy_of_the_text_counts_once(shift, vocab):
    copy = [(x + shift[0], y + shift[1], size, text) for x, y, size, text in INTAKE]
    check_like(
        read_form(make_pdf([[*INTAKE, *copy]]), vocab),
        read_form(make_pdf([INTAKE]), vocab),
    )


def test_bold_by_printing_each_letter_twice_counts_once(vocab):
    x, items = 60.0, []
    for letter, width in zip("ill", (2.664, 2.664, 2.664), strict=True):
        items += [(x, 60, 12, letter), (x + 0.3, 60, 12, letter)]
        x += width
    assert read_form(make_pdf([[*items, (60, 90, 12, "Well")]]), vocab).text == (
        "ill\nWell"
    )


def test_what_is_said_twice_is_read_twice(vocab):
    items = [(60, 60, 12, "no no"), (60, 74, 12, "no no"), (200, 60, 6, "llll....")]
    doc = read_form(make_pdf([items]), vocab)
    assert sorted(t.text for t in doc if not t.is_space) == ["llll....", *["no"] * 4]
