"""Pictures with few dots an inch, as Tesseract gets them."""

from pathlib import Path

import pytest
from PIL import Image

from spacy_clinical.forms import ocr
from spacy_clinical.forms.limits import Deadline

SCAN = Path(__file__).parents[2] / "examples/forms/lab_report_scan.png"


def test_decimal_points_and_units_of_a_coarse_scan_are_read(tesseract):
    with Image.open(SCAN) as image:
        grey = image.convert("L")
        grey.info["dpi"] = image.info["dpi"]
    page = ocr.read_page(grey, name="scan", language="eng", deadline=Deadline(60))
    words = {word.text for word in page.words}
    assert {"10.9", "7.4", "402", "1.31", "4.4", "g/dL"} <= words
    assert "44" not in words


def test_boxes_are_in_the_pixels_of_the_picture(monkeypatch):
    head = "level page_num block_num par_num line_num word_num left top width height"
    rows = [
        [*head.split(), "conf", "text"],
        [1, 1, 0, 0, 0, 0, 0, 0, 1700, 2200, -1, ""],
        [5, 1, 1, 1, 1, 1, 100, 200, 50, 20, 96, "Potassium"],
    ]
    table = "\n".join("\t".join(map(str, row)) for row in rows).encode()
    monkeypatch.setattr(ocr, "run_tesseract", lambda *_, **__: table)
    image = Image.new("L", (850, 1100), 255)
    image.info["dpi"] = (100, 100)
    page, _ = ocr.read_scan(image, name="scan", language="eng", timeout=10)
    assert (page.width, page.height) == (850, 1100)
    assert [word.box for word in page.words] == [(50, 100, 75, 110)]


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
