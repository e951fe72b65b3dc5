"""Read the JSON of Azure's Read and Document Intelligence.

SOURCE: Azure Read 3.x (readResults) and Document Intelligence (pages).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from spacy_clinical.forms.adapters.adapter import Adapter, Content, Settings, open_text
from spacy_clinical.forms.checks import add_lines, add_word, to_number
from spacy_clinical.forms.limits import check_n_pages
from spacy_clinical.forms.pages import FormPage, Word, cover


def is_azure(content: Content) -> bool:
    """Check whether JSON is what Azure's Read answers, of any version."""
    values = content.json
    result = values.get("analyzeResult", values) if isinstance(values, dict) else None
    return isinstance(result, dict) and any(
        isinstance(result.get(key), list) for key in ("readResults", "pages")
    )


def read_azure(content: Content, settings: Settings) -> list[FormPage]:
    """Read the words of all pages, in the unit that is stated.

    RAISES ValueError: C505, if there are too many pages.
    """
    result = content.json.get("analyzeResult", content.json)
    results = result.get("readResults") or result.get("pages")
    max_pages = settings.max_pages
    check_n_pages(len(results), name=settings.name, max_pages=max_pages)
    pages = []
    for values in results:
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
    lines = [page] if "words" in page else page.get("lines", ())
    return (word for line in lines for word in line.get("words", ()))


def _read_word(word: dict[str, Any]) -> Word:
    corners: Sequence[float] = word.get("polygon") or word["boundingBox"]
    places = [to_number(value) for value in corners]
    points = zip(places[::2], places[1::2], strict=True)
    box = cover([(x, y, x, y) for x, y in points])
    return Word(word.get("content") or word["text"], box, word.get("confidence"))


AZURE = Adapter("JSON", frozenset({".json"}), is_azure, open_text("JSON", read_azure))
