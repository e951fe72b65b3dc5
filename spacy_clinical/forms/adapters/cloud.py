"""JSON of AWS Textract and of Azure's Read and Document Intelligence."""

from collections.abc import Iterable, Sequence
from typing import Any

from spacy_clinical.forms.checks import add_lines, add_word, to_number
from spacy_clinical.forms.limits import check_n_pages
from spacy_clinical.forms.pages import FormPage, Word, cover


def is_textract(values: Any) -> bool:
    """Whether JSON is what Textract answers: one answer, or a list of them."""
    first = values[0] if isinstance(values, list) and values else values
    return isinstance(first, dict) and isinstance(first.get("Blocks"), list)


def read_textract(values: Any, *, name: str, max_pages: int) -> list[FormPage]:
    """Read the words of all pages. Boxes are shares of the page (unit "page").

    name: Of the file, for messages.
    RAISES ValueError: C505, if there are too many pages.
    SOURCE: AWS, Amazon Textract Developer Guide, Block.
    """
    answers = values if isinstance(values, list) else [values]
    blocks = [block for answer in answers for block in answer.get("Blocks", ())]
    pages: dict[int, FormPage] = {}
    # Where there are lines only, their words are.
    lines: dict[int, list[Word]] = {}
    for block in blocks:
        number = int(block.get("Page", 1))
        page = pages.setdefault(number, FormPage(1.0, 1.0, "page", [], "textract"))
        check_n_pages(len(pages), name=name, max_pages=max_pages)
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


def is_azure(values: Any) -> bool:
    """Whether JSON is what Azure's Read answers, of any version."""
    if not isinstance(values, dict):
        return False
    return isinstance(values.get("analyzeResult", values), dict) and any(
        isinstance(values.get("analyzeResult", values).get(key), list)
        for key in ("readResults", "pages")
    )


def read_azure(values: Any, *, name: str, max_pages: int) -> list[FormPage]:
    """Read the words of all pages, in the unit that is stated.

    name: Of the file, for messages.
    RAISES ValueError: C505, if there are too many pages.
    SOURCE: Azure Read 3.x (readResults) and Document Intelligence (pages).
    """
    result = values.get("analyzeResult", values)
    found = result.get("readResults") or result.get("pages")
    check_n_pages(len(found), name=name, max_pages=max_pages)
    pages = []
    for values in found:
        unit = "px" if values.get("unit") == "pixel" else values.get("unit", "")
        size = to_number(values["width"]), to_number(values["height"])
        page = FormPage(*size, unit, [], "azure")
        for word in _list_words(values):
            add_word(page, _read_word(word))
        if not page.words:
            add_lines(page, map(_read_word, values.get("lines", ())))
        pages.append(page)
    return pages


def _list_words(page: dict[str, Any]) -> Iterable[dict[str, Any]]:
    if "words" in page:
        found: Iterable[dict[str, Any]] = page["words"]
        return found
    return [word for line in page.get("lines", ()) for word in line.get("words", ())]


def _read_word(word: dict[str, Any]) -> Word:
    corners: Sequence[float] = word.get("polygon") or word["boundingBox"]
    places = [to_number(value) for value in corners]
    points = zip(places[::2], places[1::2], strict=True)
    box = cover([(x, y, x, y) for x, y in points])
    return Word(word.get("content") or word["text"], box, word.get("confidence"))
