"""Boxes of pictures are blacked out, and what can't be is not shown."""

from io import BytesIO

import numpy
import pytest
from PIL import Image

from spacy_clinical.forms.blackout import black_out, make_empty, make_file

PAGE = {
    **{"number": 1, "width": 100.0, "height": 200.0, "unit": "pt"},
    **{"n_words": 1, "error": None},
}


def make_picture(shade=255, size=(300, 600)):
    buffer = BytesIO()
    Image.new("L", size, shade).save(buffer, "JPEG")
    return buffer.getvalue()


def make_noise():
    pixels = numpy.random.default_rng(0).integers(0, 255, (600, 300), dtype="uint8")
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def test_boxes_are_black_and_nothing_else_is():
    image = black_out(make_picture(), PAGE, [(10, 20, 30, 30)], name="a.pdf")
    pixels = numpy.asarray(image)
    assert (pixels[60:90, 30:90] == 0).all()
    black = numpy.argwhere(pixels == 0)
    # A little more than the box.
    assert black.min(axis=0).tolist() == [54, 24]
    assert black.max(axis=0).tolist() == [95, 95]


@pytest.mark.parametrize("box", [(-50, -50, 20, 20), (90, 190, 500, 900)])
def test_boxes_may_reach_beyond_the_page(box):
    image = black_out(make_picture(), PAGE, [box], name="a.pdf")
    assert image.getextrema() == (0, 255)


@pytest.mark.parametrize(
    ("picture", "facts", "reason"),
    [
        (None, {}, "no picture"),
        (make_picture(), {"error": "[C503] ..."}, "can't be read"),
        (make_noise(), {"n_words": 0}, "no words were read on it"),
        (make_picture(), {"width": 0.0}, "its size is unknown"),
    ],
)
def test_what_cannot_be_blacked_out_is_refused(picture, facts, reason):
    with pytest.raises(ValueError, match=rf"\[C896\] Page 1 of 'a.pdf'.*{reason}"):
        black_out(picture, {**PAGE, **facts}, [], name="a.pdf")


def test_empty_pages_stay():
    image = black_out(make_picture(), {**PAGE, "n_words": 0}, [], name="a.pdf")
    assert image.getextrema() == (255, 255)


@pytest.mark.parametrize(
    ("suffix", "n_pages", "found"),
    [
        *((".pdf", 2, ".pdf"), (".PNG", 1, ".png"), (".jpeg", 1, ".jpeg")),
        *((".tiff", 2, ".tiff"), (".jpg", 2, ".tif"), (".bmp", 1, ".png")),
    ],
)
def test_files_are_of_the_kind_of_the_original(suffix, n_pages, found):
    pictures = [make_empty() for _ in range(n_pages)]
    pictures[0].info["comment"] = "Jane Roe"
    data, new = make_file(pictures, [PAGE] * n_pages, suffix)
    assert new == found
    assert b"Jane" not in data
    if new == ".pdf":
        assert data.startswith(b"%PDF")
    else:
        assert getattr(Image.open(BytesIO(data)), "n_frames", 1) == n_pages
