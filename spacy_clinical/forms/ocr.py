"""Read scans with Tesseract, upright and straight. Nothing is written to disk."""

import os
import re
import shutil
import signal
import subprocess
from io import BytesIO
from statistics import mean

import numpy
from PIL import Image

from spacy_clinical.errors import CodedOSError, Errors
from spacy_clinical.forms.adapters.tesseract import read_tesseract_tsv
from spacy_clinical.forms.images import get_dpi
from spacy_clinical.forms.limits import PAGE_TIMEOUT, Deadline
from spacy_clinical.forms.pages import FormPage, Word
from spacy_clinical.forms.scan_cleaning import clean_scan
from spacy_clinical.forms.scan_rulings import read_scan_rulings
from spacy_clinical.forms.squares import read_squares

# A page with a mean confidence above this needs no other orientation.
SURE = 0.6
# Dots an inch that Tesseract needs: with fewer, it loses decimal points.
MIN_DPI = 300
# Enlarging more than this adds no detail.
MAX_SCALE = 2.0
# The longer side of A4 (pixels): pictures that state too few dots an inch have as many.
LONG_SIDE = 3508
# Degrees: smaller angles don't hurt, larger ones are no skew.
MIN_SKEW, MAX_SKEW = 0.2, 6.0
# Width (pixels) of the picture that the skew is measured on.
SKEW_WIDTH = 700


def find_tesseract() -> str:
    """Find the path of the program.

    RAISES OSError: C506, if there is none.
    """
    path = shutil.which("tesseract")
    if path is None:
        raise CodedOSError(Errors.C506)
    return path


def read_page(
    image: Image.Image, *, name: str, language: str, deadline: Deadline
) -> FormPage:
    """Read a page of a scan in 8-bit grey: its words, checkboxes and rulings.

    name, language: As for `read_scan`.
    deadline: Of the file; no page takes longer than PAGE_TIMEOUT.
    """
    timeout = min(deadline.left, PAGE_TIMEOUT)
    clean = clean_scan(image)
    page, turned = read_scan(clean, name=name, language=language, timeout=timeout)
    return read_squares(read_scan_rulings(page, turned), turned)


def read_scan(
    image: Image.Image, *, name: str, language: str, timeout: float
) -> tuple[FormPage, Image.Image]:
    """Read a scan in 8-bit grey.

    name: Of the file and page, for messages.
    language: As Tesseract names it, such as "eng" or "eng+spa".
    timeout (seconds): For all times that Tesseract runs.
    RETURNS: The page, in pixels, and the picture as it was turned.
    RAISES OSError: C506 and C507, if Tesseract is missing or fails.
    """
    deadline = Deadline(timeout)
    turned, angle = straighten(image)
    page = _read(turned, name, language, deadline.left)
    if _get_sureness(page) >= SURE:
        return _with_rotation(page, angle), turned
    quarter = find_quarter(image, name=name, timeout=deadline.left)
    if not quarter:
        return _with_rotation(page, angle), turned
    upright, skew = straighten(image.rotate(-quarter, expand=True, fillcolor=255))
    upright.info["dpi"] = image.info.get("dpi", (0, 0))
    other = _read(upright, name, language, deadline.left)
    if _get_sureness(other) <= _get_sureness(page):
        return _with_rotation(page, angle), turned
    return _with_rotation(other, quarter + skew), upright


def _get_sureness(page: FormPage) -> float:
    """Get the mean confidence of the words; those that run vertically count as 0.

    Tesseract reads lines that go up or down the page, too.
    """
    scores = [
        0.0 if _is_on_end(word) else word.confidence
        for word in page.words
        if word.confidence is not None
    ]
    return mean(scores) if len(scores) >= 3 else 0.0


def _is_on_end(word: Word) -> bool:
    x0, y0, x1, y1 = word.box
    return len(word.text) >= 3 and y1 - y0 > x1 - x0


def _with_rotation(page: FormPage, angle: float) -> FormPage:
    return FormPage(
        page.width, page.height, "px", page.words, "tesseract", round(angle, 2)
    )


def _read(image: Image.Image, name: str, language: str, timeout: float) -> FormPage:
    dpi = get_dpi(image)
    scale = max(min(MIN_DPI / dpi, LONG_SIDE / max(image.size), MAX_SCALE), 1.0)
    options = ["-l", language, "--dpi", str(round(dpi * scale)), "--psm", "3", "tsv"]
    output = run_tesseract(_enlarge(image, scale), options, name=name, timeout=timeout)
    pages = read_tesseract_tsv(output, name=name, max_pages=1)
    words = [_shrink(word, scale) for page in pages for word in page.words]
    return FormPage(*image.size, "px", words, "tesseract")


def _enlarge(image: Image.Image, scale: float) -> Image.Image:
    if scale == 1.0:
        return image
    width, height = (round(side * scale) for side in image.size)
    # Of Pillow's filters, it keeps the most decimal points: sharper ones keep the grain.
    return image.resize((width, height), Image.Resampling.BILINEAR)


def _shrink(word: Word, scale: float) -> Word:
    if scale == 1.0:
        return word
    x0, y0, x1, y1 = (value / scale for value in word.box)
    return word._replace(box=(x0, y0, x1, y1))


def find_quarter(image: Image.Image, *, name: str, timeout: float) -> int:
    """Find by how many degrees clockwise a scan must be turned to be upright.

    RETURNS: 0, 90, 180 or 270; 0 where Tesseract can't tell.
    """
    options = ["--dpi", str(get_dpi(image)), "--psm", "0"]
    try:
        output = run_tesseract(image, options, name=name, timeout=timeout)
    except OSError:
        # It fails on pages with few letters.
        return 0
    match = re.search(rb"Rotate: (\d+)", output)
    return int(match[1]) if match else 0


def run_tesseract(
    image: Image.Image, options: list[str], *, name: str, timeout: float
) -> bytes:
    """Run Tesseract on a picture, through pipes.

    RAISES OSError: C506 and C507, if it is missing or fails.
    """
    command = [find_tesseract(), "stdin", "stdout", *options]
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    # A session of its own, so that processes that Tesseract starts are killed with it.
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Its threads make it slower.
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        start_new_session=True,
    )
    with process:
        try:
            output, _ = process.communicate(buffer.getvalue(), timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
            reason = f"it took more than {timeout:.0f} seconds"
            raise CodedOSError(Errors.C507.format(name=name, reason=reason)) from None
        except BaseException:
            _kill(process)
            raise
    if process.returncode:
        reason = f"exit status {process.returncode}"
        raise CodedOSError(Errors.C507.format(name=name, reason=reason))
    return output


def _kill(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    # It has ended, or the system has no groups.
    except (OSError, AttributeError):
        process.kill()


def straighten(image: Image.Image) -> tuple[Image.Image, float]:
    """Turn a scan so that its lines are level.

    RETURNS: The picture, and by how many degrees clockwise it was turned.
    """
    skew = find_skew(image)
    if abs(skew) < MIN_SKEW:
        return image, 0.0
    turned = image.rotate(
        skew, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=255
    )
    turned.info["dpi"] = image.info.get("dpi", (0, 0))
    return turned, -skew


def find_skew(image: Image.Image) -> float:
    """Find by how many degrees clockwise the lines of a scan fall.

    Sought is the angle at which the rows of a small picture differ most in how much ink
    they have (Postl 1986), first by degrees, then by tenths.
    """
    width, height = image.size
    scale = min(1.0, SKEW_WIDTH / max(width, 1))
    small = image.resize((max(round(width * scale), 1), max(round(height * scale), 1)))
    pixels = numpy.asarray(small, dtype="float32")
    ink = pixels < min(pixels.mean() * 0.8, 200.0)
    if ink.sum() < 50 or ink.mean() > 0.5:
        return 0.0
    drawn = Image.fromarray((ink * 255).astype("uint8"))

    def contrast(angle: float) -> float:
        rows = numpy.asarray(drawn.rotate(angle), dtype="float64").sum(axis=1)
        return float((numpy.diff(rows) ** 2).sum())

    best = 0.0
    for step, reach in ((1.0, MAX_SKEW), (0.1, 0.9)):
        count = round(reach / step)
        angles = [best + step * i for i in range(-count, count + 1)]
        best = max(angles, key=lambda angle: (contrast(angle), -abs(angle)))
    # With little ink the contrast is noisy, so the angle must be clearly better than 0.
    return best if contrast(best) > 1.05 * contrast(0.0) else 0.0
