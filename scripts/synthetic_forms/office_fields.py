"""Blocks of business forms that ask and are answered: fields, memos, signatures."""

from itertools import pairwise

from synthetic_forms.labels import make_label
from synthetic_forms.sheet import ANSWER, Sheet
from synthetic_forms.vocabulary import split

MEMO = [
    ("To", "person"),
    ("To", "people"),
    ("From", "person"),
    ("Date", "day"),
    ("Subject", "phrase"),
    ("Re", "phrase"),
    ("cc", "people"),
    ("Copies To", "people"),
    ("Company", "firm"),
    ("Fax Number", "tel"),
    ("Fax", "tel"),
    ("Phone", "tel"),
    ("Telephone No.", "tel"),
    ("No. of Pages", "figure"),
    ("Pages Including Cover", "figure"),
    ("Location", "place"),
    ("Client/Matter No.", "code"),
    ("File", "code"),
    ("Attention", "person"),
    ("Department", "phrase"),
    ("Time", "figure"),
]


def write_memo(sheet: Sheet, left: float, right: float, *, fax: bool = False) -> None:
    """TO, FROM, DATE: under each other, or in two columns; several names are answers of
    their own, or one."""
    rng, look = sheet.shape, sheet.look
    known = MEMO if fax else MEMO[:8] + MEMO[-6:]
    chosen = rng.sample(known, rng.randint(3, 8 if fax else 6))
    seen: set[str] = set()
    chosen = [c for c in chosen if not (c[0] in seen or seen.add(c[0]))]
    colon = rng.choice([":", ":", ":", ":", ":", "", "-"])
    n_columns = rng.choice([1, 1, 1, 2])
    cell = (right - left) / n_columns
    tab = rng.uniform(45, 120)
    is_flush = rng.random() < 0.15
    low = sheet.y
    for i, (name, maker) in enumerate(chosen):
        column = i % n_columns
        if column == 0:
            sheet.y = low
        x = left + column * cell
        end = x + cell - 10
        text = sheet.word_label(name, colon=colon)
        width = look.label.get_length(text)
        start = x + (max(tab - 8 - width, 0) if is_flush else 0)
        question, label_end, down = sheet.ask(text, start, sheet.y, right=end)
        at = max(x + tab, label_end + look.gap)
        if maker == "people" and rng.random() < 0.5:
            y = sheet.y
            for _ in range(rng.randint(2, 5)):
                _, y = sheet.answer([question], sheet.fill("person"), at, y, right=end)
        else:
            _, y = sheet.answer(
                [question], sheet.word_value(maker), at, sheet.y, right=end
            )
        low = max(low, down, y, sheet.y + look.leading * look.label.size)
    sheet.y = low + look.spacing * look.label.size


def write_field(
    sheet: Sheet, x: float, y: float, right: float, how: str, tab: float
) -> float:
    """Write a label with its value, as `how` says.

    RETURNS: Where the next one may start.
    """
    look, rng = sheet.look, sheet.shape
    text, maker = make_label(rng)
    value = sheet.word_value(maker)
    if how == "above":
        return _write_above(sheet, x, y, right, text, value)
    text = sheet.number_label(sheet.word_label(text))
    room = x + tab - 4 if how == "tab" else right
    question, end, low = sheet.ask(text, x, y, right=max(room, x + 50))
    step = y + look.leading * look.label.size
    if how == "below":
        _, down = sheet.answer(
            [question], value, x + rng.choice([0, 0, 6, 18]), low, right=right
        )
        return max(down, step)
    at, start = (x + tab, y) if how == "tab" else (end + look.gap, y)
    if low - y > 1.5 * look.label.size and how != "tab":
        # Behind the last line of a long label.
        start = low - 1.2 * look.label.size
        at = x + look.label.get_length(text) % max(right - x, 50) + look.gap
    if right - at < 45:
        at, start = x + 10, low
    if maker in ("person", "product", "phrase") and value and rng.random() < 0.06:
        # Several answers to one question.
        down = start
        for _ in range(rng.randint(2, 4)):
            _, down = sheet.answer([question], sheet.fill(maker), at, down, right=right)
    else:
        _, down = sheet.answer([question], value, at, start, right=right)
    return max(low, down, step)


def _write_above(
    sheet: Sheet, x: float, y: float, right: float, text: str, value: str
) -> float:
    """Write a value on a line, with its label under it."""
    page, look = sheet.page, sheet.look
    low = y + 1.2 * look.value.size
    question = sheet.add_question()
    if value:
        answer = page.add_entity(ANSWER)
        page.link(question, answer)
        sheet.write(value, x + 3, y, look.value, answer, right=right - 6, most=1)
    page.lines.append((x, low, right - 10, low))
    _, down = sheet.write(
        sheet.word_label(text, colon=""),
        x,
        low + 1,
        look.label,
        question,
        right=right,
        most=2,
    )
    return down + 0.3 * look.label.size


def write_fields(sheet: Sheet, left: float, right: float) -> None:
    """Fields in columns."""
    rng, look = sheet.shape, sheet.look
    n_columns = rng.choice([1, 1, 1, 2, 2, 2, 3]) if right - left > 300 else 1
    how = rng.choice(["beside", "beside", "beside", "tab", "tab", "below", "above"])
    cell = (right - left) / n_columns
    tab = min(look.tab, 0.55 * cell)
    shares = [rng.uniform(0.8, 1.2) for _ in range(n_columns)]
    edges = [left]
    for share in shares:
        edges.append(edges[-1] + share / sum(shares) * (right - left))
    for _ in range(rng.randint(1, 8)):
        lows = []
        for column in range(n_columns):
            if n_columns > 1 and rng.random() < 0.1:
                continue
            x, end = (
                edges[column],
                edges[column + 1] - (0 if column == n_columns - 1 else 8),
            )
            lows.append(write_field(sheet, x, sheet.y, end, how, tab))
        low = max(lows, default=sheet.y)
        if look.is_ruled and how in ("below", "above"):
            sheet.page.lines.append((left, low, right, low))
        sheet.y = low + rng.choice([0, 0, 0.2]) * look.label.size
        if sheet.is_full:
            break
    sheet.y += look.spacing * look.label.size


def write_cells(sheet: Sheet, left: float, right: float) -> None:
    """Ruled cells: a small label in the corner of each, its value under it or behind."""
    rng, look, page = sheet.shape, sheet.look, sheet.page
    height = rng.uniform(2.0, 3.4) * look.label.size
    for _ in range(rng.randint(1, 5)):
        n = rng.choice([1, 2, 2, 3, 4])
        edges = sorted(rng.uniform(left + 60, right - 60) for _ in range(n - 1))
        edges = [
            left,
            *(
                e
                for e, before in zip(edges, [left, *edges], strict=False)
                if e - before > 70
            ),
            right,
        ]
        for x, end in pairwise(edges):
            text, maker = make_label(rng)
            question, _, low = sheet.ask(
                sheet.number_label(sheet.word_label(text)),
                x + 2,
                sheet.y + 1,
                right=end - 2,
            )
            value = sheet.word_value(maker)
            if value:
                sheet.answer(
                    [question],
                    value,
                    x + rng.choice([3, 3, 12]),
                    low,
                    right=end - 2,
                    most=2,
                )
            page.lines.append((end, sheet.y, end, sheet.y + height))
        sheet.y += max(height, 2.6 * look.label.size)
        page.lines.append((left, sheet.y, right, sheet.y))
        if sheet.is_full:
            break
    sheet.y += look.spacing * look.label.size


def write_long(sheet: Sheet, left: float, right: float) -> None:
    """Questions with long answers: under them, beside them, or going on below them."""
    rng, look = sheet.shape, sheet.look
    how = rng.choice(["below", "below", "beside", "hanging", "on", "on"])
    for _ in range(rng.randint(1, 4)):
        text = sheet.number_label(sheet.word_label(make_label(rng)[0]))
        question, end, low = sheet.ask(text, left, sheet.y, right=right)
        if how == "on" and low - sheet.y < 1.5 * look.label.size and right - end > 80:
            value = sheet.word_value("remark")
            _, down = sheet.answer_on(
                question, value, end + look.gap, sheet.y, left, right=right
            )
            sheet.y = max(low, down) + look.spacing * look.label.size
            continue
        value = sheet.word_value("remark")
        at, start = left + rng.choice([0, 0, 12, 30]), low
        if how != "below" and right - end > 120:
            at, start = (
                (end + look.gap if how == "hanging" else max(left + look.tab, end + 6)),
                sheet.y,
            )
        n_parts = 2 if value and rng.random() < 0.15 else 1
        for part in range(n_parts):
            value = value if part == 0 else sheet.fill("remark")
            _, start = sheet.answer([question], value, at, start, right=right, most=6)
            start += 0.5 * look.value.size * (n_parts > 1)
        sheet.y = max(low, start) + look.spacing * look.label.size
        if sheet.is_full:
            break


def write_run(sheet: Sheet, left: float, right: float) -> None:
    """Short labels and values one behind the other in a line."""
    rng, look = sheet.shape, sheet.look
    for _ in range(rng.randint(1, 3)):
        x = left
        for _ in range(rng.randint(2, 4)):
            text, _ = make_label(rng)
            text = sheet.word_label(text, colon=rng.choice([":", look.colon]))
            value = sheet.word_value(
                rng.choice(["figure", "code", "day", "product", "person"])
            )
            width = look.label.get_length(text) + look.value.get_length(value)
            if x + width + 20 > right:
                continue
            question, end, _ = sheet.ask(text, x, sheet.y, right=right)
            x = end + rng.choice([3, 5, 8])
            if value:
                x, _ = sheet.answer([question], value, x, sheet.y, right=right)
            x += rng.choice([10, 15, 25]) + (30 if not value else 0)
        sheet.y += look.leading * look.label.size
    sheet.y += look.spacing * look.label.size


def write_signatures(sheet: Sheet, left: float, right: float) -> None:
    """Lines to sign and date: labels before them, or under them."""
    rng, look = sheet.shape, sheet.look
    names = split(
        "Signature|Approved By|Approved|Authorized By|Manager|Requested By|Signed|By"
    )
    names += split(
        "Director|Vice President|Department Head|Division Manager|Reviewed By"
    )
    is_under = rng.random() < 0.35
    n_columns = rng.choice([2, 2, 3])
    cell = (right - left) / n_columns
    for _ in range(rng.randint(1, 3)):
        low = sheet.y
        for column in range(n_columns):
            is_date = column == n_columns - 1
            name = "Date" if is_date else rng.choice(names)
            value = sheet.word_value("day" if is_date else "person")
            x = left + column * cell
            if is_under:
                low = max(low, _write_above(sheet, x, sheet.y, x + cell, name, value))
                continue
            question, end, down = sheet.ask(
                sheet.word_label(name), x, sheet.y, right=x + cell
            )
            _, down2 = sheet.answer(
                [question], value, end + 8, sheet.y, right=x + cell - 8, most=1
            )
            low = max(low, down, down2, sheet.y + 1.8 * look.label.size)
        sheet.y = low
    sheet.y += look.spacing * look.label.size
