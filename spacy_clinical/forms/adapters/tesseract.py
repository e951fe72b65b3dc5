"""Tesseract's TSV: `tesseract page.png out tsv`."""

import csv
from io import StringIO

from spacy_clinical.forms.pages import FormPage, Word

COLUMNS = 12
PAGE_LEVEL, WORD_LEVEL = 1, 5


def read_tesseract_tsv(data: bytes) -> list[FormPage]:
    """Read the words of all pages, in pixels. Broken rows are passed over."""
    text = data.decode("utf8", errors="replace")
    pages: dict[str, FormPage] = {}
    for row in csv.reader(StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE):
        if len(row) != COLUMNS or not row[0].isdigit():
            continue
        try:
            level, (left, top, width, height) = int(row[0]), map(float, row[6:10])
            confidence = float(row[10]) / 100
        except ValueError:
            continue
        if level == PAGE_LEVEL:
            pages[row[1]] = FormPage(width, height, "px", [], "tesseract")
        elif level == WORD_LEVEL and row[11].strip() and row[1] in pages:
            box = (left, top, left + width, top + height)
            pages[row[1]].words.append(Word(row[11], box, max(confidence, 0.0)))
    return list(pages.values())
