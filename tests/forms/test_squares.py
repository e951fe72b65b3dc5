"""Boxes to tick on scans, by their pixels."""

import random
import shutil

import pytest
import spacy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from spacy_clinical.forms import read_form
from spacy_clinical.forms.pages import FormPage, Word
from spacy_clinical.forms.squares import find_squares, read_squares
from tests.forms.papers import encode

MARKS = ("cross", "check", "fill", "scribble")


class Sheet:
    """A scan with words and boxes; places in points."""

    def __init__(self, dpi=200):
        self.scale = dpi / 72
        size = round(612 * self.scale), round(400 * self.scale)
        self.image = Image.new("L", size, 255)
        self.image.info["dpi"] = (dpi, dpi)
        self.pen = ImageDraw.Draw(self.image)
        self.words = []

    def write(self, x, y, text, misread=None, size=11):
        s = self.scale
        font = ImageFont.load_default(size=round(size * s))
        self.pen.text((x * s, y * s), text, font=font, fill=0)
        x0, y0, x1, y1 = self.pen.textbbox((x * s, y * s), text, font=font)
        self.words.append(Word(misread or text, (x0, y0, x1, y1), 0.9))

    def box(self, x, y, mark="", side=10, misread=None, width=0.8):
        s = self.scale

        def at(*shares):
            return [((x + a * side) * s, (y + b * side) * s) for a, b in shares]

        pen = max(round(1.2 * s), 1)
        edge = max(round(width * s), 1)
        self.pen.rectangle(at((0, 0), (1, 1)), outline=0, width=edge)
        if mark == "cross":
            self.pen.line(at((0.1, 0.1), (0.9, 0.9)), fill=0, width=pen)
            self.pen.line(at((0.1, 0.9), (0.9, 0.1)), fill=0, width=pen)
        elif mark == "check":
            self.pen.line(at((0.1, 0.5), (0.4, 0.9), (1.1, -0.1)), fill=0, width=pen)
        elif mark == "fill":
            self.pen.rectangle(at((0.1, 0.1), (0.9, 0.9)), fill=0)
        elif mark == "scribble":
            line = [(0.2 + 0.1 * i, 0.25 if i % 2 else 0.75) for i in range(7)]
            self.pen.line(at(*line), fill=0, width=pen)
        elif mark == "speck":
            self.pen.rectangle(at((0.42, 0.42), (0.58, 0.58)), fill=0)
        if misread:
            (x0, y0), (x1, y1) = at((0, 0), (1, 1))
            self.words.append(Word(misread, (x0, y0, x1, y1), 0.5))

    def page(self):
        return FormPage(*self.image.size, "px", self.words, "tesseract")

    def read(self):
        found = read_squares(self.page(), self.image).words
        found.sort(key=lambda word: (round(word.middle / 30), word.box[0]))
        return " ".join(word.text for word in found)


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("dpi", [120, 200, 300])
def test_ticked_boxes_are_told_from_empty_ones(mark, dpi):
    sheet = Sheet(dpi)
    sheet.write(60, 100, "Conditions:")
    for i, (name, state) in enumerate(
        [("Diabetes", mark), ("Asthma", ""), ("Gout", mark)]
    ):
        sheet.box(160 + 100 * i, 101, state, misread=("KK]", "L]", "")[i])
        sheet.write(174 + 100 * i, 100, name)
    assert sheet.read() == "Conditions: ☒ Diabetes ☐ Asthma ☒ Gout"


def test_all_may_be_ticked_and_one_may_be_alone():
    sheet = Sheet()
    for i in range(3):
        sheet.box(60, 60 + 20 * i, "cross")
        sheet.write(76, 59 + 20 * i, "Option")
    assert sheet.read() == " ".join(["☒ Option"] * 3)
    alone = Sheet()
    alone.write(60, 60, "Agreed")
    alone.write(60, 80, "Option")
    alone.box(120, 61, "check")
    assert alone.read() == "Agreed ☒ Option"


def test_what_can_not_be_told_is_neither():
    sheet = Sheet()
    for i, mark in enumerate(("", "speck", "cross")):
        sheet.box(60, 60 + 20 * i, mark, side=12)
        sheet.write(80, 60 + 20 * i, "Option")
    assert sheet.read() == "☐ Option \u2b1a Option ☒ Option"


def test_words_that_swallowed_a_box_give_it_back():
    sheet = Sheet()
    sheet.box(60, 61)
    sheet.write(74, 60, "Low")
    [word] = sheet.words
    sheet.words = [Word("OlLow", (60 * sheet.scale, *word.box[1:]), 0.4)]
    sheet.write(150, 60, "Medium")
    assert sheet.read() == "☐ Low Medium"


def test_noise_and_blur_do_not_tick():
    generator = random.Random(0)
    sheet = Sheet()
    sheet.write(60, 60, "Smoker")
    for i, mark in enumerate(("", "cross", "")):
        sheet.box(130 + 80 * i, 61, mark)
        sheet.write(146 + 80 * i, 60, "Option")
    image = sheet.image.filter(ImageFilter.GaussianBlur(0.8))
    pixels = image.load()
    for _ in range(20_000):
        place = generator.randrange(image.width), generator.randrange(image.height)
        pixels[place] = max(0, pixels[place] - generator.randrange(60))
    sheet.image = image
    assert sheet.read() == "Smoker ☐ Option ☒ Option ☐ Option"


def test_letters_combs_and_tables_are_no_boxes():
    sheet = Sheet()
    sheet.write(60, 40, "DEPARTMENT OF PAEDIATRICS, BRANCH D", size=14)
    sheet.write(60, 80, "Dose 100 mg PO BID, see HOLD ORDERS")
    sheet.write(60, 120, "Record:")
    for i in range(8):
        sheet.box(120 + 12 * i, 120, side=12)
    for i in range(3):
        sheet.box(60 + 60 * i, 160, side=60)
        sheet.write(70 + 60 * i, 180, "Cell")
    words = list(sheet.words)
    assert read_squares(sheet.page(), sheet.image).words == words


def test_a_blank_or_black_scan_has_no_boxes():
    for shade in (0, 128, 255):
        assert find_squares(Image.new("L", (300, 300), shade), 20) == []


@pytest.mark.parametrize("rules", [True, False])
def test_a_scanned_form(rules):
    if shutil.which("tesseract") is None:
        pytest.skip("Tesseract is not installed")
    sheet = Sheet()
    sheet.write(60, 40, "PATIENT INTAKE FORM", size=16)
    sheet.write(60, 80, "Allergies:")
    sheet.write(160, 80, "NKDA")
    sheet.write(60, 110, "Conditions:")
    sheet.write(60, 140, "Fall risk:")
    for i, name in enumerate(("Diabetes", "Asthma", "Gout")):
        sheet.box(160 + 100 * i, 111, "" if i == 1 else "cross")
        sheet.write(174 + 100 * i, 110, name)
    for i, name in enumerate(("Low", "Medium", "High")):
        sheet.box(160 + 100 * i, 141, "check" if i == 2 else "")
        sheet.write(174 + 100 * i, 140, name)
    table = ["Drug", "Dose", "How often", "Metformin", "500 mg", "BID"]
    table += ["Lisinopril", "10 mg", "daily", "Ibuprofen", "400 mg", "TID"]
    for i, cell in enumerate(table):
        sheet.write(60 + 150 * (i % 3), 180 + 20 * (i // 3), cell)
    nlp = spacy.blank("en")
    model = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
    nlp.add_pipe("clinical_form_extractor", config=model if rules else {})
    doc = nlp(read_form(encode(sheet.image, dpi=(200, 200)), nlp.vocab))
    told = {(f["key"], f["option"]): f["value"] for f in doc._.form_fields}
    assert told["Allergies", ""] == "NKDA"
    assert [told["Conditions", o] for o in ("Diabetes", "Asthma", "Gout")] == [
        True,
        False,
        True,
    ]
    assert [told["Fall risk", o] for o in ("Low", "Medium", "High")] == [
        False,
        False,
        True,
    ]
    assert told["Dose", ""] == "500 mg\n10 mg\n400 mg"
    assert told["How often", ""] == "BID\ndaily\nTID"
