"""Gold annotations of forms, and Docs with them as spans.

SOURCE: FUNSD (Jaume et al. 2019, FUNSD: A Dataset for Form Understanding in Noisy
Scanned Documents), whose JSON this reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy
from spacy.tokens import Doc, Span, SpanGroup
from spacy.vocab import Vocab

from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.forms.checks import MAX_PLACE
from spacy_clinical.forms.document import make_form_doc
from spacy_clinical.forms.labels import FORM_LABELS
from spacy_clinical.forms.pages import Box, FormPage, Word, clamp

# Minimum share of a token's box inside an annotated word's box, to match them.
MIN_SHARE = 0.5
# The label of what belongs to nothing.
OTHER = "other"


@dataclass(frozen=True)
class GoldForm:
    """An annotated page.

    words: All words.
    owners: Index of each word's entity; -1 for none.
    labels: Labels of the entities: "HEADER", "QUESTION" or "ANSWER", or names of fields.
    links: Pairs of a question's and an answer's index.
    """

    name: str
    width: float
    height: float
    words: list[Word]
    owners: list[int]
    labels: list[str]
    links: list[tuple[int, int]]


def read_gold(
    record: Mapping[str, Any],
    *,
    name: str,
    size: tuple[float, float] | None = None,
    is_labelled: bool = False,
) -> GoldForm:
    """Read an annotated page in FUNSD's format.

    record: The page as parsed JSON.
    name: Name of the page, for errors.
    size: Width and height in the boxes' units. None to use the record's "width" and
        "height", or the extent of its boxes.
    is_labelled: Whether labels are names of fields, which are kept as they are spelled;
        "other" is none.
    RAISES ValueError: C511, if it has another format.
    """
    try:
        return _read_items(record, name, size, is_labelled)
    # A wrong format may raise anything.
    except Exception as error:
        reason = name_type(error)
        raise CodedValueError(Errors.C511.format(name=name, reason=reason)) from None


def _read_items(
    record: Mapping[str, Any],
    name: str,
    size: tuple[float, float] | None,
    is_labelled: bool,
) -> GoldForm:
    words: list[Word] = []
    owners: list[int] = []
    labels: list[str] = []
    ids: dict[Any, int] = {}
    pairs: list[tuple[Any, Any]] = []
    for item in record["form"]:
        label = str(item["label"])
        if not is_labelled:
            label = label.upper()
        own = [w for w in item["words"] if str(w["text"]).strip()]
        owner = -1
        is_known = label != OTHER if is_labelled else label in FORM_LABELS
        if is_known and own:
            owner = ids[item["id"]] = len(labels)
            labels.append(label)
        for word in own:
            x0, y0, x1, y1 = map(_read_number, word["box"])
            words.append(Word(str(word["text"]), (x0, y0, x1, y1)))
            owners.append(owner)
        pairs += [(first, second) for first, second in item.get("linking", ())]
    width, height = size or _find_size(record, words)
    links = []
    for first, second in dict.fromkeys(pairs):
        if first in ids and second in ids:
            kinds = labels[ids[first]], labels[ids[second]]
            if kinds == ("QUESTION", "ANSWER"):
                links.append((ids[first], ids[second]))
    return GoldForm(name, width, height, words, owners, labels, links)


def _find_size(record: Mapping[str, Any], words: Sequence[Word]) -> tuple[float, float]:
    if "width" in record and "height" in record:
        return _read_number(record["width"]), _read_number(record["height"])
    boxes = [word.box for word in words] or [(0.0, 0.0, 1.0, 1.0)]
    return max(box[2] for box in boxes), max(box[3] for box in boxes)


def _read_number(value: Any) -> float:
    """Read a coordinate. RAISES ValueError: If it isn't a number on any page."""
    number = float(value)
    if not abs(number) <= MAX_PLACE:
        raise ValueError(type(value).__name__)
    return number


def make_gold_doc(vocab: Vocab, gold: GoldForm, *, spans_key: str) -> Doc:
    """Make a Doc of an annotated page, with its entities as spans."""
    page = FormPage(gold.width, gold.height, "px", gold.words, "annotations")
    doc = make_form_doc(vocab, [page], source=gold.name)
    annotate_gold(doc, gold, spans_key=spans_key)
    return doc


def annotate_gold(doc: Doc, gold: GoldForm, *, spans_key: str) -> None:
    """Add the annotations of a page to its Doc, however the Doc was read.

    A token belongs to the entity of the word whose box it is in. If the words of an
    entity aren't adjacent in the Doc, each run of them becomes a span.
    `doc.spans[spans_key].attrs["links"]` has pairs of a question's span and each of its
    answers' spans.
    """
    owners = find_owners(doc, gold)
    spans: list[Span] = []
    by_owner: dict[int, list[int]] = {}
    shown = [token.i for token in doc if not token.is_space]
    for owner, run in groupby(shown, key=lambda i: owners[i]):
        tokens = list(run)
        if owner >= 0:
            by_owner.setdefault(owner, []).append(len(spans))
            label = gold.labels[owner]
            spans.append(Span(doc, tokens[0], tokens[-1] + 1, label=label))
    links = [
        [_find_nearest(spans, by_owner[question], place), place]
        for question, answer in gold.links
        if question in by_owner
        for place in by_owner.get(answer, ())
    ]
    doc.spans[spans_key] = SpanGroup(
        doc, name=spans_key, spans=spans, attrs={"links": links}
    )


def _find_nearest(spans: Sequence[Span], questions: Sequence[int], answer: int) -> int:
    """Find the span of a question that is nearest to an answer's line."""
    _, top, _, bottom = spans[answer]._.box

    def find_distance(question: int) -> float:
        _, y0, _, y1 = spans[question]._.box
        return float(abs((y0 + y1) / 2 - (top + bottom) / 2))

    return min(reversed(questions), key=find_distance)


def find_owners(doc: Doc, gold: GoldForm) -> list[int]:
    """Find the index of each token's entity; -1 for none."""
    places = numpy.asarray(
        [clamp(word.box, gold.width, gold.height) for word in gold.words]
    ).reshape(-1, 4)
    texts = numpy.asarray([word.text for word in gold.words], dtype=object)
    scale = numpy.asarray([gold.width, gold.height] * 2)
    owners = [-1] * len(doc)
    sizes = {page["number"]: (page["width"], page["height"]) for page in doc._.pages}
    for token in doc:
        box: Box | None = token._.box
        if box is None or not len(places):
            continue
        size = numpy.asarray([*sizes[token._.page]] * 2)
        share = _share(numpy.asarray(box) / size * scale, places)
        # If a box occurs twice, the text decides.
        best = int((share + 0.01 * (texts == token.text)).argmax())
        if share[best] >= MIN_SHARE:
            owners[token.i] = gold.owners[best]
    return owners


def _share(box: Any, places: Any) -> Any:
    """Compute the overlap of a box with others, as a share of the smaller one."""
    low = numpy.maximum(box[:2], places[:, :2])
    high = numpy.minimum(box[2:], places[:, 2:])
    inside = numpy.clip(high - low, 0, None).prod(axis=1)
    areas = (places[:, 2:] - places[:, :2]).prod(axis=1)
    area = (box[2:] - box[:2]).prod()
    return inside / numpy.maximum(numpy.minimum(area, areas), 1e-9)
