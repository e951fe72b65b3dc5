"""Scans and photographs before OCR."""

import numpy
import pytest
from PIL import Image

from spacy_clinical.forms.scan_cleaning import clean_scan, find_paper
from tests.forms.papers import INTAKE, draw_scan


def shade(image, left, right):
    pixels = numpy.asarray(image) * numpy.linspace(left, right, image.width)
    shaded = Image.fromarray(pixels.astype("uint8"))
    shaded.info.update(image.info)
    return shaded


def add_grain(image, strength):
    grain = numpy.random.default_rng(0).normal(0, strength, image.size[::-1])
    pixels = (numpy.asarray(image) * 0.8 + grain).clip(0, 255)
    return Image.fromarray(pixels.astype("uint8"))


def test_clean_scans_stay_as_they_are():
    image = draw_scan(INTAKE)
    assert clean_scan(image) is image
    grey = Image.new("L", (300, 200), 180)
    assert clean_scan(grey) is grey


def test_paper_is_what_is_behind_the_letters():
    image = shade(draw_scan(INTAKE), 1, 0.4)
    paper = numpy.asarray(find_paper(image))
    columns = 255 * numpy.linspace(1, 0.4, image.width)
    assert numpy.abs(paper - columns).max() < 20


@pytest.mark.parametrize(("left", "right"), [(1, 0.4), (0.5, 1)])
def test_light_is_evened_out(left, right):
    plain = draw_scan(INTAKE)
    cleaned = clean_scan(shade(plain, left, right))
    assert cleaned.info["dpi"] == plain.info["dpi"]
    difference = numpy.abs(numpy.asarray(cleaned, dtype=int) - numpy.asarray(plain))
    assert difference.mean() < 5


def test_grain_is_smoothed():
    rough = add_grain(draw_scan(INTAKE), 25)
    cleaned = numpy.asarray(clean_scan(rough), dtype=float)
    blank = numpy.s_[-300:, :]
    assert cleaned[blank].std() < numpy.asarray(rough)[blank].std() / 2


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (17, 16)])
@pytest.mark.parametrize("color", [0, 128, 255])
def test_any_picture_is_taken(size, color):
    assert clean_scan(Image.new("L", size, color)).size == size
