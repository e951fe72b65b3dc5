"""Tables of business forms, mostly without rulings: heads of columns are questions, and so
may be the names of rows."""

from typing import NamedTuple

from synthetic_forms.labels import make_heading, make_label
from synthetic_forms.page import Font, wrap
from synthetic_forms.prose import MAKERS
from synthetic_forms.sheet import ANSWER, HEADER, Sheet
from synthetic_forms.vocabulary import split

SHORT = ["figure", "figure", "figure", "amount", "code", "day", "product", "person"]
NAMING = ["product", "firm", "place", "person", "phrase", "code"]
HEADS = [
    ("Brand|Size|Price|Volume", "product|figure|amount|figure"),
    ("Account|No. of Stores|Volume|Contact", "firm|figure|figure|person"),
    ("Issue Date|Space|Publication|Cost", "day|phrase|firm|amount"),
    ("Item|Description|Quantity|Unit Price|Amount", "code|phrase|figure|amount|amount"),
    ("Sample|Tar|Nicotine|CO|Puffs", "code|figure|figure|figure|figure"),
    ("Name|Company|Fax Number|Phone Number", "person|firm|tel|tel"),
    ("Dose|Species|No. of Animals|Result", "figure|phrase|figure|phrase"),
    ("Year|Budget|Actual|Variance", "figure|amount|amount|amount"),
    ("Name|Title|Organization", "person|phrase|firm"),
    ("City|Date|Time|Speaker", "place|day|figure|person"),
    ("Document|Author|Date|Pages", "phrase|person|day|figure"),
    ("Task|Responsibility|Start|Finish", "phrase|person|day|day"),
]


class Column(NamedTuple):
    head: str
    maker: str


def _choose_columns(sheet: Sheet) -> list[Column]:
    rng = sheet.shape
    if rng.random() < 0.4:
        heads, makers = rng.choice(HEADS)
        pairs = zip(split(heads), split(makers), strict=True)
        columns = [Column(head, maker) for head, maker in pairs]
    else:
        n = rng.choice([2, 3, 3, 4, 4, 5, 6])
        first = rng.choice(NAMING)
        columns = [
            Column(make_label(rng)[0], first if i == 0 else rng.choice(SHORT))
            for i in range(n)
        ]
    return columns


def write_table(sheet: Sheet, left: float, right: float) -> None:
    """Write a table with a head.

    Cells are linked to their column, and to their row, if its name is a question.
    """
    rng, look, page = sheet.shape, sheet.look, sheet.page
    columns = _choose_columns(sheet)
    indent = rng.choice([0, 0, 20])
    edges = _share_out(sheet, len(columns), left + indent, right)
    is_centred = rng.random() < 0.25
    questions, y = [], sheet.y
    if rng.random() < 0.12:
        y = _write_span(sheet, edges, y)
    low = y
    has_names = rng.random() < 0.3
    asks = rng.choice(["row", "row", "column", "both"])
    for i, column in enumerate(columns):
        if i == 0 and has_names and rng.random() < 0.5:
            questions.append(-1)
            continue
        text = sheet.word_label(column.head, colon="" if rng.random() < 0.85 else None)
        question = sheet.add_question()
        questions.append(question)
        lines = wrap(text, look.label, edges[i + 1] - edges[i] - 5)[:3]
        down = y
        for line in lines:
            x = _place(look.label, line, edges[i], edges[i + 1], is_centred)
            page.write(line, x, down, look.label, question)
            down += 1.1 * look.label.size
        if rng.random() < 0.2:
            page.lines.append((edges[i], down, edges[i + 1] - 8, down))
        low = max(low, down)
    y = low + rng.choice([0.2, 0.5, 1.0]) * look.label.size
    if look.is_ruled:
        page.lines.append((left, y - 2, right, y - 2))
    is_aligned = "right" if rng.random() < 0.3 else "left"
    n_rows = rng.choice([1, 2, 2, 3, 3, 4, 5, 6, 8, 12])
    for row in range(n_rows):
        is_total = row == n_rows - 1 and rng.random() < 0.2
        y = _write_row(
            sheet,
            columns,
            edges,
            questions,
            y,
            has_names=has_names,
            asks=asks,
            is_centred=is_centred,
            side=is_aligned,
            is_total=is_total,
        )
        if look.is_ruled:
            page.lines.append((left, y - 1, right, y - 1))
        if y > sheet.bottom:
            break
    sheet.y = y + look.spacing * look.label.size


def _share_out(sheet: Sheet, n: int, left: float, right: float) -> list[float]:
    rng = sheet.shape
    shares = [rng.uniform(0.7, 1.5) for _ in range(n)]
    width = (right - left) * rng.choice([1, 1, 1, 0.8, 0.65])
    edges = [left]
    for share in shares:
        edges.append(edges[-1] + share / sum(shares) * width)
    return edges


def _place(font: Font, text: str, left: float, right: float, is_centred: bool) -> float:
    spare = max(right - left - 5 - font.get_length(text), 0)
    return left + (spare / 2 if is_centred else 0)


def _write_span(sheet: Sheet, edges: list[float], y: float) -> float:
    """Write a head over several columns: a heading."""
    rng, look = sheet.shape, sheet.look
    first = rng.randrange(max(len(edges) - 2, 1))
    entity = sheet.page.add_entity(HEADER)
    text = make_heading(rng)
    x = _place(look.label, text, edges[first], edges[-1], is_centred=True)
    sheet.write(text, x, y, look.label, entity, right=edges[-1] + 30, most=1)
    return y + 1.2 * look.label.size


def _write_row(
    sheet: Sheet,
    columns: list[Column],
    edges: list[float],
    questions: list[int],
    y: float,
    *,
    has_names: bool,
    asks: str,
    is_centred: bool,
    side: str,
    is_total: bool,
) -> float:
    look, page, content = sheet.look, sheet.page, sheet.content
    low = y + max(look.leading, 1.15) * look.value.size
    name = None
    for i, column in enumerate(columns):
        right = edges[i + 1]
        if i == 0 and (has_names or is_total):
            text = "TOTAL" if is_total else make_label(sheet.shape)[0]
            name = sheet.add_question()
            _, down = sheet.write(
                text, edges[0], y, look.label, name, right=right - 4, most=2
            )
            low = max(low, down)
            continue
        if i and content.random() < 0.1 + 0.3 * look.empty:
            continue
        if questions[i] < 0:
            continue
        maker = "amount" if is_total else column.maker
        text = sheet.fill(maker)
        lines = wrap(text, look.value, right - edges[i] - 8)[:2]
        asked = [questions[i]] if name is None or asks == "column" else [name]
        if name is not None and asks == "both":
            asked.append(questions[i])
        answer = page.add_entity(ANSWER)
        for question in asked:
            page.link(question, answer)
        x = _place(look.value, lines[0], edges[i], right, is_centred)
        if side == "right" and i:
            x = max(right - 10 - look.value.get_length(lines[0]), edges[i])
        _, down = sheet.write(
            " ".join(lines), x, y, look.value, answer, right=right - 4, most=2
        )
        low = max(low, down)
    return low


def write_rows(sheet: Sheet, left: float, right: float) -> None:
    """Names of rows with one value or a few, as in lists of measurements: with dots between
    them, or only white space, and mostly without colons."""
    rng, look = sheet.shape, sheet.look
    tab = rng.uniform(0.3, 0.65) * (right - left)
    n_values = rng.choice([1, 1, 1, 2, 3])
    maker = rng.choice(["figure", "figure", "amount", "phrase"])
    colon = rng.choice(["", "", ":"])
    has_dots = rng.random() < 0.25
    step = min((right - left - tab) / n_values, 110)
    if rng.random() < 0.3:
        sheet.y = sheet.write_heading(make_heading(rng), left, sheet.y, right=right)
    for row in range(rng.randint(2, 12)):
        if row and rng.random() < 0.04:
            sheet.y = sheet.write_heading(make_heading(rng), left, sheet.y, right=right)
        text = sheet.word_label(make_label(rng)[0], colon=colon)
        question, end, low = sheet.ask(text, left, sheet.y, right=left + tab - 6)
        if has_dots and left + tab - end > 30:
            dot = look.label.get_length(" .")
            n = int((left + tab - end - 12) / max(dot, 1))
            sheet.page.write(" ".join("." * max(n, 0)), end + 6, sheet.y, look.label)
        for i in range(n_values):
            value = sheet.word_value(maker)
            if value:
                x = left + tab + i * step
                _, down = sheet.answer(
                    [question], value, x, sheet.y, right=x + step - 6, most=2
                )
                low = max(low, down)
        sheet.y = max(low, sheet.y + max(look.leading, 1.15) * look.label.size)
        if sheet.is_full:
            break
    sheet.y += look.spacing * look.label.size


def write_groups(sheet: Sheet, left: float, right: float) -> None:
    """Blocks beside each other: a heading, with a few fields under it."""
    rng, look = sheet.shape, sheet.look
    n = rng.choice([2, 2, 3])
    cell = (right - left) / n
    top, lows = sheet.y, []
    for column in range(n):
        x, sheet.y = left + column * cell, top
        sheet.y = sheet.write_heading(
            make_heading(rng), x, sheet.y, right=x + cell - 12
        )
        for _ in range(rng.randint(2, 5)):
            text, maker = make_label(rng)
            question, end, low = sheet.ask(
                sheet.word_label(text), x, sheet.y, right=x + cell - 12
            )
            value = sheet.word_value(
                maker if maker in MAKERS and maker != "remark" else "code"
            )
            at, start = (
                (end + look.gap, sheet.y) if x + cell - end > 70 else (x + 8, low)
            )
            _, down = sheet.answer(
                [question], value, at, start, right=x + cell - 12, most=3
            )
            sheet.y = max(low, down)
        lows.append(sheet.y)
    sheet.y = max(lows) + look.spacing * look.label.size


def write_names(sheet: Sheet, left: float, right: float) -> None:
    """Write a question over a list: each line is an answer."""
    rng, look = sheet.shape, sheet.look
    text, _ = make_label(rng)
    questions, end = [], left
    if rng.random() < 0.15:
        low = sheet.write_heading(make_heading(rng), left, sheet.y, right=right)
    else:
        question, end, low = sheet.ask(
            sheet.word_label(text), left, sheet.y, right=right
        )
        questions.append(question)
    maker = rng.choice(["person", "firm", "product", "place", "phrase"])
    is_beside = rng.random() < 0.5 and right - end > 140 and len(questions) > 0
    x, y = (end + look.gap, sheet.y) if is_beside else (left + rng.choice([0, 20]), low)
    n_columns = rng.choice([1, 1, 2]) if right - x > 250 else 1
    step = (right - x) / n_columns
    for i in range(rng.randint(2, 8)):
        column = i % n_columns
        _, down = sheet.answer(
            questions,
            sheet.fill(maker),
            x + column * step,
            y,
            right=x + (column + 1) * step - 8,
            most=1,
        )
        if column == n_columns - 1:
            y = down
    sheet.y = max(low, y + look.label.size) + look.spacing * look.label.size
