"""Clean scans and photographs before OCR: even out their light, and smooth their grain."""

import numpy
from PIL import Image, ImageFilter

# The shade of paper is the lightest of so many blocks of so many pixels around.
BLOCK, AROUND = 16, 5
# Paper whose darkest parts have less than this part of the light of the lightest is in
# shadow.
SHADOW = 0.85
DARKEST, LIGHTEST = 5, 95
# By how many shades a pixel of paper differs from those around it where there is grain,
# and how far it is smoothed, in pixels.
GRAIN, SMOOTH = 3, 1.0
# Pixels with this part of the paper's shade, at least, are paper.
PAPER = 0.75


def clean_scan(image: Image.Image) -> Image.Image:
    """Even out the light of a scan and smooth its grain, where there is need to.

    image: In 8-bit grey. One that is clean is returned as it is.
    """
    paper = find_paper(image)
    darkest, lightest = numpy.percentile(numpy.asarray(paper), [DARKEST, LIGHTEST])
    cleaned = image
    if darkest < SHADOW * lightest:
        shades = numpy.maximum(numpy.asarray(paper, dtype="float32"), 1.0)
        light = numpy.asarray(image, dtype="float32") * (255 / shades)
        cleaned = Image.fromarray(numpy.minimum(light, 255).astype("uint8"))
    if _measure_grain(cleaned) >= GRAIN:
        cleaned = cleaned.filter(ImageFilter.GaussianBlur(SMOOTH))
    cleaned.info.update(image.info)
    return cleaned


def find_paper(image: Image.Image) -> Image.Image:
    """Find the shade of the paper at each place of a picture, in linear time."""
    size = -(-image.width // BLOCK), -(-image.height // BLOCK)
    paper = image.resize(size, Image.Resampling.BOX)
    paper = paper.filter(ImageFilter.MaxFilter(AROUND)).filter(ImageFilter.BoxBlur(2))
    return paper.resize(image.size, Image.Resampling.BILINEAR)


def _measure_grain(image: Image.Image) -> float:
    """Measure by how many shades most of the paper's pixels differ from those around, in
    the middle of a picture."""
    x, y = image.width // 4, image.height // 4
    middle = image.crop((x, y, image.width - x, image.height - y))
    pixels, around = (
        numpy.asarray(part, dtype="int16")
        for part in (middle, middle.filter(ImageFilter.MedianFilter(3)))
    )
    is_paper = around >= PAPER * numpy.median(around)
    return float(numpy.median(numpy.abs(pixels - around)[is_paper]))
