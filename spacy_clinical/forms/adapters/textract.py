"""Read the JSON of AWS Textract.

SOURCE: AWS, Amazon Textract Developer Guide, Block.
"""

from typing import Any

from spacy_clinical.forms.adapters.adapter import Adapter, Content, Settings, open_text
from spacy_clinical.forms.checks import add_lines, add_word, to_number
from spacy_clinical.forms.limits import check_n_pages
from spacy_clinical.forms.pages import FormPage, Word


def is_textract(content: Content) -> bool:
    """Check whether JSON is what Textract answers: one answer, or a list of them."""
    values = content.json
    first = values[0] if isinstance(values, list) and values else values
    return isinstance(first, dict) and isinstance(first.get("Blocks"), list)


def read_textract(content: Content, settings: Settings) -> list[FormPage]:
    """Read the words of all pages. Boxes are shares of the page (unit "page").

    RAISES ValueError: C505, if there are too many pages.
    """
    answers = content.json if isinstance(content.json, list) else [content.json]
    blocks = [block for answer in answers for block in answer.get("Blocks", ())]
    pages: dict[int, FormPage] = {}
    # Used where there are no words.
    lines: dict[int, list[Word]] = {}
    for block in blocks:
        number = int(block.get("Page", 1))
        page = pages.setdefault(number, FormPage(1.0, 1.0, "page", [], "textract"))
        check_n_pages(len(pages), name=settings.name, max_pages=settings.max_pages)
        kind = block.get("BlockType")
        if kind not in ("WORD", "LINE") or not block.get("Text", "").strip():
            continue
        if kind == "WORD":
            add_word(page, _read_block(block))
        elif "Geometry" in block:
            lines.setdefault(number, []).append(_read_block(block))
    for number, page in pages.items():
        if not page.words:
            add_lines(page, lines.get(number, ()))
    return [pages[number] for number in sorted(pages)]


def _read_block(block: dict[str, Any]) -> Word:
    place = block["Geometry"]["BoundingBox"]
    x, y, width, height = (
        to_number(place[key]) for key in ("Left", "Top", "Width", "Height")
    )
    box = (x, y, x + width, y + height)
    confidence = block.get("Confidence")
    sure = None if confidence is None else to_number(confidence) / 100
    return Word(block["Text"], box, sure)


TEXTRACT = Adapter(
    "JSON", frozenset({".json"}), is_textract, open_text("JSON", read_textract)
)
