"""Find the options and questions printed beside the checkboxes of a fillable form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from spacy_clinical.forms.pages import Box
from spacy_clinical.forms.questions import Place, Text

# An option is at most this many heights beside its box, a question to the left of a row
# of options or above it; rows of one question follow each other within this many.
BESIDE, ASKED, OVER, NEXT_ROW = 3.0, 20.0, 2.0, 2.5
# The distance that counts for a box without text on a side, in heights.
NOTHING = 8.0
# The greatest number of words in a question without a mark at its end.
MAX_WORDS = 8


@dataclass
class TickLabels:
    """The options and questions of the checkboxes of a page, by their numbers.

    ticks: The boxes.
    texts: What is printed on the page.
    walls: All fields of the page: what is behind another one is not beside a box.
    options: Of each box.
    questions: What is asked.
    used: First tokens of texts that are labels of something.
    """

    ticks: Mapping[int, Place]
    texts: Sequence[Text]
    walls: Sequence[Box]
    options: dict[int, Text] = field(default_factory=dict)
    questions: dict[int, Text] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)


def find_options(
    ticks: Mapping[int, Place], texts: Sequence[Text], walls: Sequence[Box]
) -> TickLabels:
    """Find the options of the checkboxes of a page.

    ticks, texts, walls: See `TickLabels`.
    """
    labels = TickLabels(ticks, texts, walls)
    for row in _group_rows(ticks):
        _find_row_options(row, labels)
    labels.used.update(text.segment.start for text in labels.options.values())
    return labels


def _group_rows(ticks: Mapping[int, Place]) -> list[list[int]]:
    """Group boxes that stand beside each other, from the top down."""
    rows: list[list[int]] = []
    for i in sorted(ticks, key=lambda i: _get_middle(ticks[i].box)):
        box = ticks[i].box
        if rows:
            last = ticks[rows[-1][-1]].box
            apart = _get_middle(box) - _get_middle(last)
            if apart <= 0.5 * min(box[3] - box[1], last[3] - last[1]):
                rows[-1].append(i)
                continue
        rows.append([i])
    return [sorted(row, key=lambda i: ticks[i].box[0]) for row in rows]


def _get_middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _find_row_options(row: Sequence[int], labels: TickLabels) -> None:
    """Find the options of a row: behind all its boxes, before them all, or above them."""
    ticks, texts, walls = labels.ticks, labels.texts, labels.walls
    behind = {i: _find_beside(ticks[i].box, texts, walls, 1) for i in row}
    before = {i: _find_beside(ticks[i].box, texts, walls, -1) for i in row}
    costs = []
    for side in (behind, before):
        cost = sum(min(gap, NOTHING) for gap, _ in side.values())
        near = {i: text for i, (gap, text) in side.items() if text and gap <= BESIDE}
        costs.append((cost, near))
    _, near = min(costs, key=lambda cost: cost[0])
    for i in row:
        text = near.get(i)
        # "Smoker: [x]" asks by itself.
        if text is not None and near is costs[1][1] and _is_question(text):
            labels.questions[i] = text
            continue
        # In a table, questions stand to the left and options on top.
        if text is None and before[row[0]][1] is not None:
            text = _find_head(ticks[i].box, texts)
        if text is not None:
            labels.options[i] = text


def _find_beside(
    box: Box, texts: Sequence[Text], walls: Sequence[Box], side: int
) -> tuple[float, Text | None]:
    """Find the nearest text to the right (1) or the left (-1), and how far, in
    heights."""
    best: tuple[float, Text | None] = (float("inf"), None)
    for text in texts:
        tx0, ty0, tx1, ty1 = text.box
        if min(ty1, box[3]) - max(ty0, box[1]) <= 0.3 * min(
            text.height, box[3] - box[1]
        ):
            continue
        is_there = tx1 > box[2] if side > 0 else tx0 < box[0]
        if not is_there:
            continue
        gap = max(tx0 - box[2] if side > 0 else box[0] - tx1, 0.0)
        height = max(text.height, box[3] - box[1], 1.0)
        between = (
            (box[2], box[1], tx0, box[3]) if side > 0 else (tx1, box[1], box[0], box[3])
        )
        if gap / height < best[0] and not _is_walled(between, box, walls):
            best = gap / height, text
    return best


def _is_walled(between: Box, box: Box, walls: Sequence[Box]) -> bool:
    """Check whether another field stands between."""
    x0, y0, x1, y1 = between
    return any(
        wall is not box
        and wall != box
        and x0 <= (wall[0] + wall[2]) / 2 <= x1
        and min(wall[3], y1) > max(wall[1], y0)
        for wall in walls
    )


def _find_head(box: Box, texts: Sequence[Text]) -> Text | None:
    """Find the text printed over a column of boxes."""
    width = box[2] - box[0]
    above = [
        text
        for text in texts
        if text.box[3] <= box[1] + 0.3 * text.height
        and text.box[0] <= box[2] + 0.5 * width
        and text.box[2] >= box[0] - 0.5 * width
        and len(text.segment.text.split()) <= 3
    ]
    return max(above, key=lambda text: text.box[3]) if above else None


def _is_question(text: Text) -> bool:
    return text.segment.text.rstrip().endswith((":", "?"))


def find_questions(labels: TickLabels) -> None:
    """Find the questions of the checkboxes of a page: before a row of options, or above
    rows that follow each other.

    labels: With the options.
    """
    ticks = labels.ticks
    last: dict[int, Text] = {}
    bottoms: dict[int, Box] = {}
    for row in _group_rows(ticks):
        for group in _part_row(row, ticks):
            if any(i in labels.questions for i in group):
                continue
            question = _find_lead(group, labels) or _find_over(group, labels)
            corner = ticks[group[0]].box
            if question is None:
                # The row above, if it has the same question.
                height = corner[3] - corner[1]
                for i, box in bottoms.items():
                    near = -height < corner[1] - box[3] <= NEXT_ROW * height
                    same = ticks[i].name == ticks[group[0]].name
                    aligned = any(
                        abs(ticks[j].box[0] - box[0]) <= 0.5 * height for j in group
                    )
                    if i in last and (same or (near and aligned)):
                        question = last[i]
            for i in group:
                bottoms[i] = ticks[i].box
                if question is not None:
                    labels.questions[i] = last[i] = question
    labels.used.update(text.segment.start for text in labels.questions.values())


def _part_row(row: Sequence[int], ticks: Mapping[int, Place]) -> list[list[int]]:
    """Split a row into groups: checkboxes, and radio buttons of one name."""

    def get_group(i: int) -> tuple[str, str]:
        place = ticks[i]
        return place.kind, place.name if place.kind == "radio" else ""

    return [list(group) for _, group in groupby(row, get_group)]


def _find_lead(group: Sequence[int], labels: TickLabels) -> Text | None:
    """Find the question in the row before the first option."""
    place = labels.ticks[group[0]]
    first = place.box
    own = {labels.options[i].segment.start for i in group if i in labels.options}
    option = labels.options.get(group[0])
    edge = min(first[0], option.box[0]) if option else first[0]
    others = [text for text in labels.texts if text.segment.start not in labels.used]
    start = edge, first[1], first[2], first[3]
    gap, text = _find_beside(start, others, labels.walls, -1)
    if text is None or gap > ASKED or text.segment.start in own:
        return None
    is_asked = len(group) > 1 or place.kind == "radio"
    is_short = len(text.segment.text.split()) <= MAX_WORDS
    by_head = any(
        i in labels.options and labels.options[i].box[3] < first[1] for i in group
    )
    if _is_question(text) or by_head or (is_asked and is_short):
        return text
    return None


def _find_over(group: Sequence[int], labels: TickLabels) -> Text | None:
    """Find the question right above a row."""
    ticks = labels.ticks
    boxes = [ticks[i].box for i in group]
    boxes += [labels.options[i].box for i in group if i in labels.options]
    x0, y0 = min(b[0] for b in boxes), ticks[group[0]].box[1]
    x1 = max(b[2] for b in boxes)
    height = ticks[group[0]].box[3] - y0
    above = [
        text
        for text in labels.texts
        if text.segment.start not in labels.used
        and text.box[0] < x1
        and text.box[2] > x0 - 3 * height
        and 0 <= y0 - text.box[3] + 0.3 * height <= OVER * height
    ]
    if not above:
        return None
    nearest = max(above, key=lambda text: text.box[3])
    is_radio = ticks[group[0]].kind == "radio"
    short = len(nearest.segment.text.split()) <= MAX_WORDS
    return nearest if _is_question(nearest) or (is_radio and short) else None
