"""Pages as FUNSD writes them, with their sizes."""

from typing import Any

from synthetic_forms.page import Page


def make_record(page: Page, name: str) -> dict[str, Any]:
    """Make a record in FUNSD's shape. Words of no entity are of label "other"."""
    form: list[dict[str, Any]] = []
    ids: dict[int, int] = {}
    for i, entity in enumerate(page.entities):
        if entity.words:
            ids[i] = len(ids)
    for i, entity in enumerate(page.entities):
        if i in ids:
            links = [[ids[i], ids[j]] for j in entity.links if j in ids]
            asked = [
                [ids[j], ids[i]]
                for j, other in enumerate(page.entities)
                if i in other.links and j in ids
            ]
            form.append(
                _make_item(page, ids[i], entity.label, entity.words, links + asked)
            )
    taken = {w for entity in page.entities for w in entity.words}
    for i in range(len(page.words)):
        if i not in taken:
            form.append(_make_item(page, len(form), "other", [i], []))
    size = {"width": page.width, "height": page.height}
    return {"name": name, **size, "form": form}


def _make_item(
    page: Page, number: int, label: str, members: list[int], links: list[list[int]]
) -> dict[str, Any]:
    words = [
        {
            "text": page.words[i].text,
            "box": [round(float(value), 2) for value in page.words[i].box],
        }
        for i in members
    ]
    boxes = [word["box"] for word in words]
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return {
        "id": number,
        "label": label,
        "text": " ".join(word["text"] for word in words),
        "box": [min(x0), min(y0), max(x1), max(y1)],
        "words": words,
        "linking": links,
    }
