"""Pictures with few dots an inch, as Tesseract gets them."""

from pathlib import Path

import pytest
from PIL import Image

from spacy_clinical.forms import ocr
from spacy_clinical.forms.limits import Deadline

SCAN = Path(__file__).parents[2] / "examples/forms/lab_report_scan.png"


def read(image):
    page = ocr.read_page(image, name="scan", language="eng", deadline=Deadline(60))
    return page, {word.text: word.box for word in page.words}


def open_scan(share=1.0):
    with Image.open(SCAN) as image:
        dpi = image.info["dpi"][0] * share
        size = [round(side * share) for side in image.size]
        grey = image.convert("L").resize(size, Image.Resampling.LANCZOS)
    grey.info["dpi"] = (dpi, dpi)
    return grey


def test_decimal_points_and_units_of_a_coarse_scan_are_read(tesseract):
    page, boxes = read(open_scan())
    assert {"10.9", "7.4", "402", "1.31", "4.4", "g/dL"} <= set(boxes)
    assert "44" not in boxes
    assert (page.width, page.height) == open_scan().size


def test_boxes_are_in_the_pixels_of_the_picture(tesseract):
    (page, coarse), (other, fine) = (read(open_scan(share)) for share in (1.0, 2.0))
    words = [word.text for word in (*page.words, *other.words)]
    once = [text for text in coarse if text in fine and words.count(text) == 2]
    assert len(once) > 20
    for text in once:
        doubled = [2 * value for value in coarse[text]]
        assert doubled == pytest.approx(fine[text], abs=20), text


@pytest.mark.parametrize(
    ("size", "dpi", "sent"),
    [
        ((850, 1100), 100, (1700, 2200)),
        ((1700, 2200), 200, (2550, 3300)),
        ((2550, 3300), 300, (2550, 3300)),
        # Fewer are stated than there are.
        ((2400, 3200), 72, (2631, 3508)),
        ((3000, 4000), 72, (3000, 4000)),
    ],
)
def test_pictures_are_enlarged_as_far_as_it_helps(monkeypatch, size, dpi, sent):
    seen = []

    def run(image, options, **_):
        seen.append(image.size)
        return b""

    monkeypatch.setattr(ocr, "run_tesseract", run)
    image = Image.new("L", size, 255)
    image.info["dpi"] = (dpi, dpi)
    ocr.read_scan(image, name="scan", language="eng", timeout=10)
    assert seen[0] == sent
