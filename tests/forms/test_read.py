"""PDFs and scans, whole and broken."""

import io
import os
import random
import subprocess
import tempfile

import pytest
from PIL import Image

from spacy_clinical.extensions.form_data import find_forms
from spacy_clinical.forms import read_form, read_forms
from spacy_clinical.forms.images import list_frames
from spacy_clinical.forms.ocr import find_skew
from spacy_clinical.forms.pages import FormPage
from spacy_clinical.forms.read import open_form, open_forms
from tests.forms.papers import INTAKE, LINES, draw_scan, encode, make_pdf


def lines_of(doc):
    return [s.text for s in doc.spans["layout"] if s.label_ == "line"]


# Text layers


def test_a_text_layer_is_read_with_boxes(vocab):
    doc = read_form(make_pdf([INTAKE]), vocab, name="intake.pdf")
    assert lines_of(doc) == LINES
    [page] = doc._.pages
    assert (page["width"], page["height"], page["unit"]) == (612, 792, "pt")
    assert page["source"] == "text layer"
    for x, y, size, text in INTAKE:
        first = text.split()[0]
        boxes = [t._.box for t in doc if t.text == first]
        assert any(
            abs(box[0] - x) < 3 and y - 3 < box[1] < box[3] < y + size + 5
            for box in boxes
        ), first


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_pages_whose_text_is_shown_turned_are_read_upright(rotate, vocab):
    doc = read_form(make_pdf([INTAKE], rotate=rotate), vocab)
    plain = read_form(make_pdf([INTAKE]), vocab)
    assert lines_of(doc) == LINES
    [page] = doc._.pages
    assert (page["width"], page["height"]) == (612, 792)
    assert page["rotation"] == 360 - rotate
    assert [t._.box for t in doc if t._.box] == [
        pytest.approx(t._.box, abs=0.05) for t in plain if t._.box
    ]


def test_pages_need_not_start_at_zero(vocab):
    doc = read_form(make_pdf([INTAKE], origin=(100, -300)), vocab)
    plain = read_form(make_pdf([INTAKE]), vocab)
    assert lines_of(doc) == LINES
    assert [t._.box for t in doc if t._.box] == [
        pytest.approx(t._.box, abs=0.05) for t in plain if t._.box
    ]


def test_words_without_a_space_between_them_are_parted_by_their_places(vocab):
    items = [(60, 60, 12, "Name:"), (160, 60, 12, "Roe"), (60, 90, 12, "Age:")]
    doc = read_form(make_pdf([items]), vocab)
    assert lines_of(doc) == ["Name: Roe", "Age:"]


def test_many_pages_in_order_and_empty_ones_between(vocab):
    pages = [[(60, 60, 12, f"Page {i}")] if i % 3 else [] for i in range(1, 8)]
    doc = read_form(make_pdf(pages), vocab, ocr="never")
    assert [page["n_words"] for page in doc._.pages] == [2, 2, 0, 2, 2, 0, 2]
    found = [(s.text, s._.page) for s in doc.spans["layout"] if s.label_ == "page"]
    assert found == [(f"Page {i}", i) for i in (1, 2, 4, 5, 7)]


def test_a_blank_page_is_no_scan(vocab):
    # Tesseract isn't asked for, so it need not be there.
    doc = read_form(make_pdf([[]]), vocab)
    assert doc.text == ""
    assert doc._.pages[0]["error"] == ""


def test_a_path_is_read_and_gives_its_name(vocab, tmp_path):
    path = tmp_path / "form.pdf"
    path.write_bytes(make_pdf([INTAKE]))
    doc = read_form(path, vocab)
    [form] = find_forms(doc)
    assert form.value["source"] == "form.pdf"


# Scans


def check_scan(doc, share=0.85):
    wanted = " ".join(LINES).split()
    found = doc.text.split()
    assert sum(word in found for word in wanted) >= share * len(wanted)
    known = [t._.confidence for t in doc if t._.confidence is not None]
    assert 0.5 < sum(known) / len(known) <= 1


def test_a_scan_is_read_by_ocr(vocab, tesseract):
    doc = read_form(encode(draw_scan(INTAKE), dpi=(200, 200)), vocab)
    check_scan(doc, 1.0)
    assert lines_of(doc) == LINES
    [page] = doc._.pages
    assert (page["unit"], page["source"]) == ("px", "tesseract")
    [name] = [t for t in doc if t.text == "Name:"]
    x0, y0, _, _ = name._.box_1000
    assert (x0, y0) == pytest.approx((60 / 612 * 1000, 110 / 792 * 1000), abs=8)


def test_a_page_that_is_a_picture_is_read_by_ocr(vocab, tesseract):
    scanned = make_pdf([[]], image=draw_scan(INTAKE))
    doc = read_form(scanned, vocab)
    check_scan(doc, 1.0)
    assert doc._.pages[0]["source"] == "tesseract"
    assert read_form(scanned, vocab, ocr="never").text == ""


def test_ocr_can_be_asked_for(vocab, tesseract):
    doc = read_form(make_pdf([INTAKE]), vocab, ocr="always")
    assert doc._.pages[0]["source"] == "tesseract"
    check_scan(doc, 1.0)


@pytest.mark.parametrize("angle", [-3.0, 1.5, 4.0])
def test_skewed_scans_are_straightened(angle, vocab, tesseract):
    image = draw_scan(INTAKE).rotate(-angle, expand=True, fillcolor=255)
    assert find_skew(image) == pytest.approx(angle, abs=0.35)
    doc = read_form(encode(image), vocab)
    check_scan(doc)
    assert doc._.pages[0]["rotation"] == pytest.approx(-angle, abs=0.35)


@pytest.mark.parametrize("quarter", [90, 180, 270])
def test_turned_scans_are_read_upright(quarter, vocab, tesseract):
    text = [
        (60, 220 + 16 * i, 11, "The patient denies chest pain and fever today.")
        for i in range(8)
    ]
    image = draw_scan([*INTAKE, *text]).rotate(quarter, expand=True)
    doc = read_form(encode(image), vocab)
    check_scan(doc)
    assert doc._.pages[0]["rotation"] == pytest.approx(quarter, abs=0.5)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("L", "PNG"),
        ("1", "PNG"),
        ("P", "PNG"),
        ("RGB", "JPEG"),
        ("RGBA", "PNG"),
        ("LA", "PNG"),
        ("CMYK", "JPEG"),
        ("CMYK", "TIFF"),
        ("I;16", "TIFF"),
        ("I;16", "PNG"),
    ],
)
def test_pixels_of_all_kinds_are_read(mode, kind, vocab, tesseract):
    image = draw_scan(INTAKE)
    if mode == "I;16":
        image = Image.fromarray(
            __import__("numpy").asarray(image).astype("uint16") * 257
        )
    elif mode in ("RGBA", "LA"):
        # Black on nothing.
        alpha = image.point(lambda v: 255 - v)
        image = Image.new(mode, image.size, 0)
        image.putalpha(alpha)
    else:
        image = image.convert(mode)
    doc = read_form(encode(image, kind, dpi=(200, 200)), vocab)
    check_scan(doc)


def test_a_tiff_has_many_pages(vocab, tesseract):
    pages = [draw_scan([(60, 60, 14, f"Page {name}")]) for name in ("one", "two")]
    data = encode(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    doc = read_form(data, vocab)
    found = [(s.text, s._.page) for s in doc.spans["layout"] if s.label_ == "page"]
    assert found == [("Page one", 1), ("Page two", 2)]
    with pytest.raises(ValueError, match=r"\[C505\].*the limit is 1\)"):
        read_form(data, vocab, max_pages=1)


def test_a_blank_scan_has_no_words(vocab, tesseract):
    for shade in (0, 128, 255):
        image = Image.new("L", (600, 800), shade)
        doc = read_form(encode(image), vocab)
        assert doc.text == ""
        assert doc._.pages[0]["error"] == ""


def test_nothing_is_written_to_disk(vocab, tesseract, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen = []
    communicate = subprocess.Popen.communicate

    def watch(*arguments, **options):
        done = communicate(*arguments, **options)
        seen.append(os.listdir(tmp_path))
        return done

    monkeypatch.setattr(subprocess.Popen, "communicate", watch)
    check_scan(read_form(encode(draw_scan(INTAKE)), vocab))
    assert seen
    assert not any(seen)
    assert os.listdir(tmp_path) == []


# Bad input


def test_an_encrypted_pdf_is_refused(vocab):
    with pytest.raises(ValueError, match=r"\[C501\].*'a.pdf'"):
        read_form(make_pdf([INTAKE], encrypted=True), vocab, name="a.pdf")


@pytest.mark.parametrize("keep", [9, 200, 600])
def test_a_truncated_pdf_is_refused_or_read_in_part(keep, vocab):
    try:
        doc = read_form(make_pdf([INTAKE])[:keep], vocab, name="a.pdf")
    except ValueError as error:
        assert str(error).startswith("[C502] Can't open 'a.pdf'")
        assert "Roe" not in str(error)
    else:
        assert len(doc._.pages) == 1


def test_random_bytes_never_break_out(vocab):
    generator = random.Random(0)
    whole = make_pdf([INTAKE, INTAKE])
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(generator.randint(1, 40)):
            data[generator.randrange(20, len(data))] = generator.randrange(256)
        try:
            read_form(bytes(data), vocab, ocr="never")
        except ValueError as error:
            assert str(error).startswith("[C50")


def test_too_many_pages_are_refused(vocab):
    data = make_pdf([[(60, 60, 12, "x")]] * 40)
    with pytest.raises(ValueError, match=r"\[C505\].*\(40; the limit is 39\)"):
        read_form(data, vocab, max_pages=39)
    assert len(read_form(data, vocab, max_pages=40)._.pages) == 40


def test_too_many_pixels_are_refused_before_they_are_unpacked(vocab, tesseract):
    bomb = encode(Image.new("1", (30_000, 30_000)))
    assert len(bomb) < 300_000
    with pytest.raises(ValueError, match=r"\[C504\].*'b.png'"):
        read_form(bomb, vocab, name="b.png")
    small = encode(draw_scan(INTAKE))
    with pytest.raises(ValueError, match=r"\[C504\].*more than 1000 pixels"):
        read_form(small, vocab, max_pixels=1000)


def test_a_page_too_large_to_draw_is_left_and_the_others_are_read(vocab, tesseract):
    huge = make_pdf([[]], image=draw_scan(INTAKE), size=(14_000, 14_000))
    doc = read_form(huge, vocab, name="h.pdf")
    assert doc._.pages[0]["error"].startswith("[C504] Can't read 'h.pdf, page 1'")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF"])
@pytest.mark.parametrize("keep", [10, 60, 400])
def test_truncated_images_are_refused(kind, keep, vocab, tesseract):
    data = encode(draw_scan(INTAKE), kind)[:keep]
    with pytest.raises(ValueError, match=r"\[C50[39]\].*'i.png'"):
        read_form(data, vocab, name="i.png")


def test_without_tesseract_scans_are_refused_but_text_is_read(vocab, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OSError, match=r"\[C506\].*apt-get install tesseract-ocr"):
        read_form(encode(draw_scan(INTAKE)), vocab)
    with pytest.raises(OSError, match=r"\[C506\]"):
        read_form(make_pdf([[]], image=draw_scan(INTAKE)), vocab)
    assert lines_of(read_form(make_pdf([INTAKE]), vocab)) == LINES


def test_a_language_that_is_not_installed_fails_by_page(vocab, tesseract):
    doc = read_form(encode(draw_scan(INTAKE)), vocab, name="s.png", language="xxx")
    assert doc._.pages[0]["error"].startswith(
        "[C507] Tesseract can't read 's.png, page 1'"
    )


def test_a_page_that_takes_too_long_is_given_up(vocab, tesseract):
    doc = read_form(encode(draw_scan(INTAKE)), vocab, timeout=0.001)
    assert "[C507]" in doc._.pages[0]["error"]


def test_other_files_go_on(vocab, tmp_path):
    (tmp_path / "1.pdf").write_bytes(make_pdf([INTAKE]))
    (tmp_path / "2.pdf").write_bytes(make_pdf([INTAKE], encrypted=True))
    (tmp_path / "3.txt").write_text("Jane Roe", encoding="utf8")
    (tmp_path / "5.pdf").write_bytes(make_pdf([INTAKE]))
    paths = [
        tmp_path / f"{name}" for name in ("1.pdf", "2.pdf", "3.txt", "4.pdf", "5.pdf")
    ]
    docs = list(read_forms(paths, vocab))
    errors = [doc._.clinical_error for doc in docs]
    assert [e and e["code"] for e in errors] == [None, "C501", "C509", "", None]
    assert errors[3]["type"] == "FileNotFoundError"
    assert [len(doc) > 0 for doc in docs] == [True, False, False, False, True]


# Words and pictures from one open file


def count_opens(monkeypatch, path):
    opened = []
    for module in (os, io):

        def count(file, *arguments, _open=module.open, **options):
            if str(file) == str(path):
                opened.append(file)
            return _open(file, *arguments, **options)

        monkeypatch.setattr(module, "open", count)
    monkeypatch.setattr("builtins.open", io.open)
    return opened


@pytest.mark.parametrize("kind", ["pdf", "png", "json"])
def test_a_file_is_opened_once_for_words_and_pictures(
    vocab, tmp_path, monkeypatch, kind
):
    content = {"pdf": make_pdf([INTAKE] * 2), "png": encode(draw_scan(INTAKE))}
    path = tmp_path / f"form.{kind}"
    path.write_bytes(content.get(kind, b'{"Blocks": [{"Page": 1}]}'))
    monkeypatch.setattr("spacy_clinical.forms.adapters.image.find_tesseract", str)
    blank = FormPage(10.0, 10.0, "px")
    monkeypatch.setattr(
        "spacy_clinical.forms.adapters.image.read_page", lambda *_, **__: blank
    )
    opened = count_opens(monkeypatch, path)
    [form] = [(f.doc, list(f.pictures)) for f in open_forms(path, vocab)]
    assert opened == [path]
    doc, pictures = form
    assert len(pictures) == len(doc._.pages)
    assert [picture is None for picture in pictures] == [kind == "json"] * len(pictures)


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP", "PNG"])
def test_frames_are_drawn_as_they_are_after_all_have_been_read(kind):
    frames = [draw_scan([(60, 60, 30, f"Page {i}")]).convert("L") for i in range(3)]
    small = [frame.resize((200, 260)) for frame in frames]
    data = encode(small[0], kind, save_all=True, append_images=small[1:])
    options = {"name": "a", "max_pixels": 10**6, "max_pages": 9}
    readers = list(list_frames(data, **options))
    read = [reader("a").tobytes() for reader in readers]
    assert len(read) == len(set(read)) == 3
    assert [reader("a").tobytes() for reader in readers] == read
    assert [reader("a").tobytes() for reader in reversed(readers)] == read[::-1]


def test_pictures_of_a_form_that_is_closed_are_none(vocab):
    [form] = open_forms_of(vocab, make_pdf([INTAKE]))
    assert list(form.pictures) == [None]


def open_forms_of(vocab, data):
    with open_form(data, vocab) as form:
        yield form
