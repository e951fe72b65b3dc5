"""Read Tesseract's TSV: `tesseract page.png out tsv`."""

from io import StringIO

from spacy_clinical.forms.adapters.adapter import Adapter, Content, Settings, open_text
from spacy_clinical.forms.checks import add_word, to_number
from spacy_clinical.forms.limits import check_n_pages
from spacy_clinical.forms.pages import FormPage, Word

COLUMNS = 12
PAGE_LEVEL, WORD_LEVEL = "1", "5"


def read_tesseract_tsv(data: bytes, *, name: str, max_pages: int) -> list[FormPage]:
    """Read the words of all pages, in pixels. Broken rows are passed over.

    name: Of the file, for messages.
    RAISES ValueError: C505, if there are too many pages.
    """
    pages: dict[str, FormPage] = {}
    # Not the module csv: these files have no quotation marks, and fields of any size.
    for line in StringIO(data.decode("utf8", errors="replace")):
        row = line.rstrip("\r\n").split("\t")
        if len(row) != COLUMNS or row[0] not in (PAGE_LEVEL, WORD_LEVEL):
            continue
        left, top, width, height = map(to_number, row[6:10])
        confidence = to_number(row[10]) / 100
        if row[0] == PAGE_LEVEL:
            pages[row[1]] = FormPage(width, height, "px", [], "tesseract")
            check_n_pages(len(pages), name=name, max_pages=max_pages)
        elif row[11].strip() and row[1] in pages:
            box = (left, top, left + width, top + height)
            add_word(pages[row[1]], Word(row[11], box, confidence))
    return list(pages.values())


def _recognizes(content: Content) -> bool:
    return content.start.startswith(b"level\tpage_num")


def _read(content: Content, settings: Settings) -> list[FormPage]:
    return read_tesseract_tsv(
        content.text, name=settings.name, max_pages=settings.max_pages
    )


TESSERACT = Adapter("TSV", frozenset({".tsv"}), _recognizes, open_text("TSV", _read))
