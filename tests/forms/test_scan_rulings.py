"""Lines that are drawn on scans, and the tables between them."""

import shutil

import numpy
import pytest
import spacy
from PIL import Image, ImageDraw, ImageFilter

from spacy_clinical.forms import read_form
from spacy_clinical.forms.ocr import straighten
from spacy_clinical.forms.pages import FormPage, Word
from spacy_clinical.forms.scan_rulings import find_scan_rulings, read_scan_rulings
from tests.forms.papers import draw_scan, encode
from tests.forms.tables.sheets import DRUGS, XS, YS, draw_rules, place, rule

RULES = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
TEXT = [(60, 50, 14, "Medication list"), (60, 300, 10, "Signed by the nurse in charge")]
needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="needs Tesseract"
)


def make_scan(
    rows=DRUGS, lines=None, *, ys=YS, dpi=200, skew=0.0, blur=0.0, noise=0.0, **settings
):
    """A scan of a ruled table, with text above and below it."""
    image = draw_scan(place(XS, ys, rows) + TEXT, dpi=dpi)
    drawn = draw_rules(image, rule(XS, ys) if lines is None else lines, dpi, **settings)
    if skew:
        drawn = drawn.rotate(skew, resample=Image.Resampling.BICUBIC, fillcolor=255)
    if blur:
        drawn = drawn.filter(ImageFilter.GaussianBlur(blur))
    if noise:
        grain = numpy.random.default_rng(0).normal(0, noise, drawn.size[::-1])
        pixels = (numpy.asarray(drawn) + grain).clip(0, 255)
        drawn = Image.fromarray(pixels.astype("uint8"))
    drawn.info["dpi"] = (dpi, dpi)
    return drawn


def find(image, dpi=200, height=7.5):
    """The longer rulings of a scan, in points: across, and down."""
    scale = dpi / 72
    found = find_scan_rulings(image, height * scale)
    boxes = [tuple(value / scale for value in box) for box in found]
    boxes = [b for b in boxes if b[2] + b[3] - b[0] - b[1] > 45]
    across = sorted((b[1], b[0], b[2]) for b in boxes if b[1] == b[3])
    down = sorted((b[0], b[1], b[3]) for b in boxes if b[0] == b[2])
    return across, down


def check_grid(found, xs=XS, ys=YS, shift=2):
    across, down = found
    expected = [(y, xs[0], xs[-1]) for y in ys], [(x, ys[0], ys[-1]) for x in xs]
    for lines, wanted in zip((across, down), expected, strict=True):
        assert [a for line in lines for a in line] == pytest.approx(
            [a for line in wanted for a in line], abs=shift
        )


@pytest.mark.parametrize("dpi", [150, 200, 300])
@pytest.mark.parametrize(("width", "shade"), [(0.7, 0), (2, 0), (0.4, 150)])
def test_lines_are_found_where_they_are_drawn(dpi, width, shade):
    check_grid(find(make_scan(dpi=dpi, width=width, shade=shade), dpi))


@pytest.mark.parametrize("skew", [-2, -0.7, 1.3, 2])
def test_lines_of_a_skewed_page_are_found_once_it_is_straight(skew):
    image, angle = straighten(make_scan(skew=skew))
    assert angle == pytest.approx(skew, abs=0.2)
    across, down = find(image)
    assert (len(across), len(down)) == (len(YS), len(XS))
    steps = numpy.diff([line[0] for line in across])
    assert steps == pytest.approx(numpy.diff(YS), abs=1)
    assert numpy.diff([d[0] for d in down]) == pytest.approx(numpy.diff(XS), abs=1)


def test_lines_that_fall_a_little_are_one():
    # As photographs have them; half a degree is 3.8 points from side to side.
    across, down = find(make_scan(skew=0.5))
    assert (len(across), len(down)) == (len(YS), len(XS))


def test_lines_with_gaps_of_a_pixel_are_one():
    image = make_scan()
    pixels = numpy.array(image)
    pixels[:, ::37] = 255
    pixels[::37] = 255
    check_grid(find(Image.fromarray(pixels)))


def test_letters_and_filled_areas_are_no_lines():
    image = draw_scan(
        [*TEXT, (60, 350, 10, "It is ill: HHHHHH, lllll, ______________ |")]
    )
    pen = ImageDraw.Draw(image)
    pen.rectangle((200, 1200, 900, 1400), fill=0)
    across, down = find(image)
    # What was typed to write on is one.
    [(place, start, end)] = across
    assert 350 < place < 365
    assert (start > 140, end < 280) == (True, True)
    assert down == []


def test_a_picture_has_no_lines():
    pixels = numpy.random.default_rng(0).integers(0, 256, (1000, 1000))
    image = Image.fromarray(pixels.astype("uint8"))
    assert find_scan_rulings(image, 20) == []
    assert find_scan_rulings(Image.new("L", (1000, 1000), 0), 20) == []
    assert find_scan_rulings(Image.new("L", (3, 3), 255), 20) == []


def test_lines_in_the_shadow_of_a_photograph_are_found():
    pixels = numpy.asarray(make_scan()) * numpy.linspace(1, 0.4, 1700)
    check_grid(find(Image.fromarray(pixels.astype("uint8"))))


def make_page(image, *words):
    """A page of words, each with its box in points."""
    scale = 200 / 72
    boxes = [(text, tuple(v * scale for v in box)) for text, *box in words]
    read = [Word(text, box, 0.9) for text, box in boxes]
    return read_scan_rulings(FormPage(*image.size, "px", read, "tesseract"), image)


def test_what_ocr_makes_of_lines_is_left_out():
    known = ("Metformin", 64, 130, 110, 138), ("dose", 194, 130, 220, 138)
    junk = [
        ("|", 188, 128, 192, 146),
        ("l", 288, 128, 292, 146),
        ("___", 64, 148, 180, 152),
    ]
    kept = [
        ("|", 240, 128, 244, 138),
        ("1", 320, 130, 324, 138),
        ("-", 64, 310, 70, 311),
    ]
    page = make_page(make_scan(), *known, *junk, *kept)
    assert [word.text for word in page.words] == ["Metformin", "dose", "|", "1", "-"]
    assert len(page.rulings) == len(XS) + len(YS)


def test_marks_at_the_sides_of_words_are_cut():
    page = make_page(
        make_scan(),
        ("|Metformin", 59, 130, 110, 138),
        ("daily|", 470, 130, 501, 138),
        ("a|b", 200, 130, 220, 138),
    )
    assert [word.text for word in page.words] == ["Metformin", "daily", "a|b"]
    scale = 200 / 72
    assert page.words[0].box[0] > 60 * scale
    assert page.words[1].box[2] < 500 * scale


def test_strokes_of_letters_are_no_rulings_of_a_page():
    image = draw_scan(TEXT)
    ImageDraw.Draw(image).line((170, 165, 400, 165), fill=0, width=2)
    words = ("Medication", 60, 52, 140, 66), ("list", 145, 52, 175, 66)
    assert make_page(image, *words).rulings == ()
    # The same line under the words is one.
    words = ("Medication", 60, 45, 140, 57), ("list", 145, 45, 175, 57)
    assert len(make_page(image, *words).rulings) == 1


def test_a_page_without_words_stays_as_it_is():
    image = make_scan()
    page = FormPage(*image.size, "px", [], "tesseract")
    assert read_scan_rulings(page, image) is page


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_form_extractor", config=RULES)
    return nlp


def read(nlp, image):
    return nlp(read_form(encode(image), nlp.vocab))


def tell(doc):
    """What tables say, as OCR may part it: "81mg"."""
    return [
        (t["source"], t["heads"], [["".join(c.split()) for c in r] for r in t["rows"]])
        for t in doc._.form_tables
    ]


ROWS = [["".join(cell.split()) for cell in row] for row in DRUGS[1:]]


@needs_tesseract
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"skew": 1.7},
        {"noise": 25, "blur": 1},
        {"noise": 12, "blur": 0.8, "skew": -1, "shade": 90},
        {"dpi": 150, "width": 1.5},
    ],
    ids=["clean", "skewed", "noisy", "noisy and skewed", "coarse"],
)
def test_a_scanned_table_has_its_cells(nlp, settings):
    doc = read(nlp, make_scan(**settings))
    assert tell(doc) == [("rulings", DRUGS[0], ROWS)]
    [table] = doc._.form_tables
    cell = next(c for c in table["cells"] if c["text"] == "Metformin")
    [(start, end)] = cell["offsets"]
    assert doc.text[start:end] == "Metformin"
    # In pixels, as the page is.
    width = cell["box"][2] - cell["box"][0]
    assert width == pytest.approx(130 * settings.get("dpi", 200) / 72, rel=0.03)


@needs_tesseract
def test_cells_of_scans_reach_over_columns(nlp):
    rows = [
        ["Test", "Result", "Units", "Range"],
        ["Sodium", "138", "mmol/L", "135 - 145"],
        ["Creatinine", "1.1", "mg/dL", "0.7 - 1.3"],
        ["Comment: sample was slightly hemolyzed", "", "", ""],
    ]
    lines = rule(XS, YS, without={("v", 3, 1), ("v", 3, 2), ("v", 3, 3)})
    [table] = read(nlp, make_scan(rows, lines))._.form_tables
    assert (table["source"], table["heads"]) == ("rulings", rows[0])
    last = table["cells"][-1]
    assert (last["row"], last["column"], last["n_columns"]) == (3, 0, 4)
    assert last["text"] == rows[3][0]


@needs_tesseract
def test_two_scanned_tables_beside_each_other_are_two(nlp):
    left, right = [40, 120, 200], [330, 420, 520]
    doses = [["Drug", "Dose"], ["Aspirin", "81 mg"], ["Insulin", "12 units"]]
    labs = [["Test", "Result"], ["Sodium", "138"], ["Glucose", "96"]]
    ys = YS[:4]
    image = draw_scan([*place(left, ys, doses), *place(right, ys, labs), *TEXT])
    doc = read(nlp, draw_rules(image, rule(left, ys) + rule(right, ys), 200))
    found = [
        (
            t["source"],
            [["".join(c.split()) for c in r] for r in [t["heads"], *t["rows"]]],
        )
        for t in doc._.form_tables
    ]
    expected = [
        [["".join(c.split()) for c in r] for r in rows] for rows in (doses, labs)
    ]
    assert found == [("rulings", rows) for rows in expected]


@needs_tesseract
def test_a_table_without_words_is_none(nlp):
    image = draw_rules(draw_scan(TEXT), rule(XS, YS), 200)
    assert read(nlp, image)._.form_tables == []
    blank = draw_rules(draw_scan([]), rule(XS, YS), 200)
    assert read(nlp, blank)._.form_tables == []
