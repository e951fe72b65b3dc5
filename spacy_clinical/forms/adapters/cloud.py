"""JSON of AWS Textract and of Azure's Read and Document Intelligence."""

from collections.abc import Iterable, Sequence
from typing import Any

from spacy_clinical.forms.pages import FormPage, Word, cover


def is_textract(values: Any) -> bool:
    """Whether JSON is what Textract answers: one answer, or a list of them."""
    first = values[0] if isinstance(values, list) and values else values
    return isinstance(first, dict) and isinstance(first.get("Blocks"), list)


def read_textract(values: Any) -> list[FormPage]:
    """Read the words of all pages. Boxes are shares of the page (unit "page").

    SOURCE: AWS, Amazon Textract Developer Guide, Block.
    """
    answers = values if isinstance(values, list) else [values]
    blocks = [block for answer in answers for block in answer.get("Blocks", ())]
    pages: dict[int, FormPage] = {}
    for block in blocks:
        number = int(block.get("Page", 1))
        page = pages.setdefault(number, FormPage(1.0, 1.0, "page", [], "textract"))
        if block.get("BlockType") != "WORD" or not block.get("Text", "").strip():
            continue
        place = block["Geometry"]["BoundingBox"]
        x, y = place["Left"], place["Top"]
        box = (x, y, x + place["Width"], y + place["Height"])
        confidence = block.get("Confidence")
        sure = None if confidence is None else confidence / 100
        page.words.append(Word(block["Text"], box, sure))
    return [pages[number] for number in sorted(pages)]


def is_azure(values: Any) -> bool:
    """Whether JSON is what Azure's Read answers, of any version."""
    if not isinstance(values, dict):
        return False
    return isinstance(values.get("analyzeResult", values), dict) and any(
        isinstance(values.get("analyzeResult", values).get(key), list)
        for key in ("readResults", "pages")
    )


def read_azure(values: Any) -> list[FormPage]:
    """Read the words of all pages, in the unit that is stated.

    SOURCE: Azure Read 3.x (readResults) and Document Intelligence (pages).
    """
    result = values.get("analyzeResult", values)
    pages = []
    for page in result.get("readResults") or result.get("pages"):
        unit = {"pixel": "px"}.get(page.get("unit", ""), page.get("unit", ""))
        words = [_read_word(word) for word in _list_words(page)]
        size = float(page["width"]), float(page["height"])
        pages.append(FormPage(*size, unit, words, "azure"))
    return pages


def _list_words(page: dict[str, Any]) -> Iterable[dict[str, Any]]:
    if "words" in page:
        found: Iterable[dict[str, Any]] = page["words"]
        return found
    return [word for line in page.get("lines", ()) for word in line.get("words", ())]


def _read_word(word: dict[str, Any]) -> Word:
    corners: Sequence[float] = word.get("polygon") or word["boundingBox"]
    points = zip(corners[::2], corners[1::2], strict=True)
    box = cover([(x, y, x, y) for x, y in points])
    return Word(word.get("content") or word["text"], box, word.get("confidence"))
