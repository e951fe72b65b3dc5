"""Templates of forms, and forms made after them.

A template decides all that its forms have in common: paper, fonts, blocks, labels and
how they are written. What is filled in differs from form to form.
"""

import random
from dataclasses import dataclass
from typing import Any

from synthetic_forms.page import Font, Page, choose_font, wrap
from synthetic_forms.words import (
    CHOICES,
    FIELDS,
    RULES,
    SECTIONS,
    TABLES,
    TEXT,
    TITLES,
    Field,
    make_address,
    make_company,
    make_date,
    make_name,
    make_phone,
    make_text,
)

HEADER, QUESTION, ANSWER = "header", "question", "answer"
PAPERS = [(612, 792), (595, 842), (612, 1008), (540, 700)]
# How values stand to their labels.
STYLES = ["beside", "beside", "beside", "tab", "tab", "below", "boxed", "above"]
TICKS = [("[ ]", "[x]"), ("[ ]", "[X]"), ("( )", "(x)"), ("\u2610", "\u2612")]
TICKS += [("\u25a1", "\u25a0"), ("O", "X"), ("__", "_x_")]
STRAYS = ["CONFIDENTIAL", "COPY", "RECEIVED JUN 12", "2070383921", "OK - KS", "-2-"]
STRAYS += ["SEE REVERSE", "over", "c: file", "DRAFT", "Exhibit 14", "*", "PAID"]
BLOCKS = {
    "fields": 8,
    "table": 2,
    "choices": 2,
    "text": 2,
    "answer": 2,
    "memo": 1,
    "signature": 1,
    "run": 1,
    "list": 1,
}


@dataclass
class Style:
    """How a template writes."""

    label: Font
    value: Font
    header: Font
    title: Font
    body: Font
    colon: str
    case: str
    leading: float
    gap: float
    has_rules: bool
    leader: str
    fill: float
    ticks: tuple[str, str]
    header_case: str
    numbering: str
    pad: float
    # How values are typed, labels are numbered and stand, and what is scribbled beside.
    value_case: str
    is_numbered: bool
    is_flush_right: bool
    has_strays: bool


def make_form(template: int, form: int, *, fields: list[Field] | None = None) -> Page:
    """Make a form.

    template, form: Seeds of what the template decides, and of what is filled in.
    fields: Kinds of questions to choose from; None for all.
    """
    return _Writer(template, form, fields or FIELDS).write()


class _Writer:
    def __init__(self, template: int, form: int, fields: list[Field]) -> None:
        self.shape = random.Random(f"template {template}")
        self.content = random.Random(f"form {template} {form}")
        self.fields = fields
        width, height = self.shape.choice(PAPERS)
        self.page = Page(width, height)
        self.left = self.shape.uniform(0.04, 0.14) * width
        self.right = width - self.shape.uniform(0.04, 0.14) * width
        self.bottom = height - self.shape.uniform(0.04, 0.1) * height
        self.style = self._make_style()
        self.n_asked = 0

    def _make_style(self) -> Style:
        rng = self.shape
        size = rng.uniform(7.5, 13)
        family = rng.choice(["sans", "sans", "serif", "mono", "narrow"])
        value = rng.choice([family, family, "mono", "hand", "serif", "sans"])
        bold = rng.random() < 0.4
        return Style(
            label=choose_font(rng, family, size, bold=bold),
            value=choose_font(
                rng, value, size * rng.choice([0.95, 1, 1, 1.1, 1.3]), bold=False
            ),
            header=choose_font(
                rng,
                family,
                size * rng.choice([1, 1.1, 1.25, 1.5]),
                bold=rng.random() < 0.8,
            ),
            title=choose_font(
                rng,
                rng.choice([family, "sans", "serif"]),
                size * rng.choice([1.2, 1.5, 1.9, 2.4]),
                bold=rng.random() < 0.8,
            ),
            body=choose_font(rng, family, size * rng.choice([0.8, 0.9, 1])),
            colon=rng.choice([":", ":", ":", ":", "", "", " :", "."]),
            case=rng.choice(["", "", "", "upper", "title"]),
            leading=rng.uniform(1.25, 2.1),
            gap=rng.uniform(0.3, 2.5),
            has_rules=rng.random() < 0.5,
            leader=rng.choice(["", "", "", "_", "_", "."]),
            fill=rng.choice([0.6, 0.8, 0.9, 1.0]),
            ticks=rng.choice(TICKS),
            header_case=rng.choice(["", "", "upper", "upper", "colon"]),
            numbering=rng.choice(["", "", "", "1.", "A.", "I."]),
            pad=rng.uniform(0.3, 2.0),
            value_case=rng.choice(["", "", "", "upper"]),
            is_numbered=rng.random() < 0.12,
            is_flush_right=rng.random() < 0.2,
            has_strays=rng.random() < 0.3,
        )

    def write(self) -> Page:
        rng = self.shape
        y = rng.uniform(0.03, 0.09) * self.page.height
        y = self._write_letterhead(y)
        if rng.random() < 0.85:
            y = self._write_title(y)
        n_blocks = rng.randint(4, 20)
        weights = list(BLOCKS.values())
        names = rng.choices(list(BLOCKS), weights, k=n_blocks)
        seeds = [rng.random() for _ in names]
        has_sides = rng.random() < 0.2
        number = 0
        if has_sides:
            middle = (self.left + self.right) / 2
            sides = [(self.left, middle - 10), (middle + 10, self.right)]
        else:
            sides = [(self.left, self.right)]
        for side, (left, right) in enumerate(sides):
            down = y
            for name, seed in list(zip(names, seeds, strict=True))[side :: len(sides)]:
                self.shape = random.Random(f"{seed}")
                if self.shape.random() < 0.55:
                    number += 1
                    down = self._write_header(left, right, down, number)
                if down > self.bottom - 3 * self.style.label.size:
                    break
                down = getattr(self, f"_write_{name}")(left, right, down)
                down += self.style.pad * self.style.label.size
        self._write_footer()
        return self.page

    # Parts

    def _ask(self) -> tuple[str, Field]:
        """Choose a field, and write its label as this template does."""
        field = self.shape.choice(self.fields)
        text = self.shape.choice(field.labels)
        case = {"upper": str.upper, "title": str.title}.get(self.style.case, str)
        colon = "" if text.endswith("?") else self.style.colon
        if self.style.is_numbered:
            self.n_asked += 1
            text = f"{self.n_asked}. {text}"
        if self.shape.random() < 0.04:
            text += self.shape.choice([" (please print)", " (if any)", " (specify)"])
        return case(text) + colon, field

    def _answer(self, field: Field) -> str:
        """Choose what is filled in; "" for nothing."""
        if self.content.random() >= self.style.fill:
            return ""
        value = field.make(self.content)
        return value.upper() if self.style.value_case == "upper" else value

    def _write_letterhead(self, y: float) -> float:
        rng = self.shape
        if rng.random() < 0.5:
            return y
        font = self.style.body
        lines = [make_company(self.content)]
        if rng.random() < 0.6:
            lines += [make_address(self.content), make_phone(self.content)]
        x = rng.choice([self.left, self.left, self.right - 160])
        return self.page.write_lines(lines, x, y, font) + font.size

    def _write_title(self, y: float) -> float:
        rng, font = self.shape, self.style.title
        text = rng.choice(TITLES.split("|")).strip()
        text = text.upper() if rng.random() < 0.5 else text
        entity = self.page.add_entity(HEADER)
        is_centred = rng.random() < 0.6
        for line in wrap(text, font, self.right - self.left):
            spare = self.right - self.left - font.get_length(line)
            x = self.left + (spare / 2 if is_centred else 0)
            self.page.write(line, x, y, font, entity)
            y += 1.2 * font.size
        return y + 0.6 * font.size

    def _write_header(self, left: float, right: float, y: float, number: int) -> float:
        rng, font = self.shape, self.style.header
        text = rng.choice(SECTIONS.split("|")).strip()
        text = {"upper": text.upper(), "colon": f"{text}:"}.get(
            self.style.header_case, text
        )
        marks = {"1.": f"{number}. ", "A.": f"{chr(64 + number)}. "}
        marks["I."] = f"{['I', 'II', 'III', 'IV', 'V', 'VI', 'VII'][number % 7]}. "
        text = marks.get(self.style.numbering, "") + text
        spare = right - left - font.get_length(text)
        x = left + (spare / 2 if rng.random() < 0.15 else 0)
        y += 0.4 * font.size
        self.page.write(text, x, y, font, self.page.add_entity(HEADER))
        y += 1.3 * font.size
        if self.style.has_rules and rng.random() < 0.5:
            self.page.lines.append((left, y, right, y))
        return y + 0.3 * font.size

    def _write_fields(self, left: float, right: float, y: float) -> float:
        rng = self.shape
        n_columns = rng.choice([1, 1, 2, 2, 2, 3, 4])
        if right - left < 300:
            n_columns = min(n_columns, 2)
        how = rng.choice(STYLES)
        cell = (right - left) / n_columns
        tab = rng.uniform(0.3, 0.5) * cell
        for _ in range(rng.randint(1, 7)):
            lowest = y
            for column in range(n_columns):
                if rng.random() < 0.08:
                    continue
                x = left + column * cell
                limit = x + cell - 6
                if column == n_columns - 1:
                    limit = right
                lowest = max(lowest, self._write_field(how, x, limit, tab, y))
            if how == "boxed":
                self.page.lines.append((left, lowest, right, lowest))
                lowest += 2
            y = lowest
            if y > self.bottom:
                break
        return y

    def _write_field(
        self, how: str, x: float, limit: float, tab: float, y: float
    ) -> float:
        """Write a label with its value. RETURNS where the next line may start."""
        style, page = self.style, self.page
        text, field = self._ask()
        value = self._answer(field)
        left, label_font = x, style.label
        if how == "boxed":
            label_font = Font(style.label.path, max(0.75 * style.label.size, 5.5))
        if how == "above":
            return self._write_above(x, limit, text, value, y)
        question = page.add_entity(QUESTION)
        room = (tab if how == "tab" else limit - x) - 4
        lines = wrap(text, label_font, room)
        wide = max(label_font.get_length(line) for line in lines)
        if how == "tab" and style.is_flush_right:
            x += max(tab - 8 - wide, 0)
        low = page.write_lines(lines, x, y, label_font, question, leading=1.15)
        end = x + wide
        line_height = style.leading * max(style.label.size, style.value.size)
        if how in ("below", "boxed"):
            start, at = x + self.shape.choice([0, 0, 4]), low
        elif how == "tab":
            start, at = left + tab, y
        else:
            start, at = end + max(style.gap * label_font.size, 3), y
        if limit - start < 40:
            start, at = x + 8, low
        at += self.content.uniform(-0.12, 0.12) * style.value.size
        if not value:
            return max(low, self._draw_leader(start, limit, at), y + line_height)
        lines = wrap(value, style.value, limit - start)
        answer = page.add_entity(ANSWER)
        page.link(question, answer)
        bottom = page.write_lines(lines[:6], start, at, style.value, answer)
        if style.leader == "_" and how != "boxed":
            base = at + 1.05 * style.value.size
            page.lines.append((start - 2, base, limit - 4, base))
        return max(low, bottom, y + line_height, at + line_height)

    def _write_above(
        self, x: float, limit: float, text: str, value: str, y: float
    ) -> float:
        """Write a value on a line, with its label beneath."""
        style, page = self.style, self.page
        question = page.add_entity(QUESTION)
        lines = wrap(value, style.value, limit - x - 8)[:1] if value else []
        if lines:
            answer = page.add_entity(ANSWER)
            page.link(question, answer)
            page.write(lines[0], x + 4, y, style.value, answer)
        base = y + 1.15 * style.value.size
        page.lines.append((x, base, limit - 8, base))
        font = Font(style.label.path, max(0.8 * style.label.size, 5.5))
        label = wrap(text.rstrip(" :."), font, limit - x - 4)[:1]
        return page.write_lines(label, x, base + 2, font, question) + 0.5 * font.size

    def _draw_leader(self, start: float, limit: float, y: float) -> float:
        """Draw what stands where nothing was filled in."""
        style = self.style
        font = style.label
        if style.leader == "_" and self.content.random() < 0.6:
            base = y + 1.05 * font.size
            self.page.lines.append((start, base, limit - 4, base))
        elif style.leader:
            n = int((limit - start - 6) / max(font.get_length(style.leader), 1))
            if n > 3:
                self.page.write(style.leader * min(n, 40), start, y, font)
        return y + 1.25 * font.size

    def _write_memo(self, left: float, right: float, y: float) -> float:
        """Write TO, FROM, DATE, one under the other, with values at a tab."""
        style, page = self.style, self.page
        names = ["To", "From", "Date", "Subject", "cc", "Fax", "Phone", "RE", "Pages"]
        chosen = self.shape.sample(names, self.shape.randint(3, 6))
        upper = self.shape.random() < 0.6
        by_label = {label: f for f in self.fields for label in f.labels}
        tab = self.shape.uniform(40, 110)
        for name in chosen:
            field = by_label.get(name) or by_label.get(name.upper()) or self.fields[0]
            text = (name.upper() if upper else name) + ":"
            question = page.add_entity(QUESTION)
            page.write(text, left, y, style.label, question)
            value = self._answer(field)
            if value:
                answer = page.add_entity(ANSWER)
                page.link(question, answer)
                start = left + max(tab, style.label.get_length(text) + 4)
                lines = wrap(value, style.value, right - start)[:2]
                page.write_lines(lines, start, y, style.value, answer)
                y += (len(lines) - 1) * 1.25 * style.value.size
            y += style.leading * style.label.size
        return y

    def _write_run(self, left: float, right: float, y: float) -> float:
        """Write labels and values in one line, separated by spaces only."""
        style, page = self.style, self.page
        for _ in range(self.shape.randint(1, 3)):
            x = left
            for _ in range(self.shape.randint(2, 4)):
                text, field = self._ask()
                if not text.endswith(":"):
                    text = text.rstrip(" .") + ":"
                value = " ".join(self._answer(field).split()[:4])
                width = style.label.get_length(text) + style.value.get_length(value)
                if x + width + 20 > right:
                    continue
                question = page.add_entity(QUESTION)
                x = page.write(text, x, y, style.label, question) + 4
                if value:
                    answer = page.add_entity(ANSWER)
                    page.link(question, answer)
                    x = page.write(value, x, y, style.value, answer)
                x += self.content.choice([4, 6, 10, 20])
            y += style.leading * style.label.size
        return y

    def _write_table(self, left: float, right: float, y: float) -> float:
        style, page, rng = self.style, self.page, self.shape
        table = rng.choice(TABLES)
        n = rng.randint(min(3, len(table.columns)), len(table.columns))
        shares = [rng.uniform(0.7, 1.4) for _ in range(n)]
        edges = [left]
        for share in shares:
            edges.append(edges[-1] + share / sum(shares) * (right - left))
        questions, low = [], y
        is_upper = rng.random() < 0.3
        for i, title in enumerate(table.columns[:n]):
            entity = page.add_entity(QUESTION)
            questions.append(entity)
            text = title.upper() if is_upper else title
            lines = wrap(text, style.label, edges[i + 1] - edges[i] - 4)
            end = page.write_lines(lines, edges[i], y, style.label, entity, leading=1.1)
            low = max(low, end)
        y = low + 0.3 * style.label.size
        has_lines = style.has_rules
        shift = rng.choice([0, 0, 3])
        for _ in range(rng.randint(2, 8)):
            low = y
            for i, make in enumerate(table.makers[:n]):
                value = make(self.content)
                if self.content.random() > style.fill + 0.1 and i:
                    continue
                if not value:
                    continue
                lines = wrap(value, style.value, edges[i + 1] - edges[i] - 6)[:2]
                answer = page.add_entity(ANSWER)
                page.link(questions[i], answer)
                end = page.write_lines(
                    lines, edges[i] + shift, y, style.value, answer, leading=1.1
                )
                low = max(low, end)
            y = low + 0.35 * style.label.size
            if has_lines:
                page.lines.append((left, y - 2, right, y - 2))
            if y > self.bottom:
                break
        if has_lines and rng.random() < 0.6:
            page.lines += [(x - 2, low - 40, x - 2, y) for x in edges]
        return y

    def _write_choices(self, left: float, right: float, y: float) -> float:
        """Write boxes to tick: beside a question, or under each other."""
        style, rng = self.style, self.shape
        n_columns = rng.choice([1, 1, 2])
        cell = (right - left) / n_columns
        for _ in range(rng.randint(1, 4)):
            for column in range(n_columns):
                self._write_choice(left + column * cell, left + (column + 1) * cell, y)
            y += style.leading * style.label.size
        return y

    def _write_choice(self, left: float, right: float, y: float) -> None:
        style, page, rng = self.style, self.page, self.shape
        text, options = rng.choice(CHOICES)
        text += "" if text.endswith("?") else style.colon
        question = page.add_entity(QUESTION)
        x = page.write(text, left, y, style.label, question)
        x += rng.choice([6, 10, 30])
        step = rng.choice([4, 6, 14, 30])
        is_behind = rng.random() < 0.2
        ticked = self.content.randrange(len(options) + 1)
        answer = -1
        for i, option in enumerate(options):
            mark = style.ticks[i == ticked]
            shown = f"{option} {mark}" if is_behind else f"{mark} {option}"
            if x + style.label.get_length(shown) > right:
                break
            # Options that stand close together are one answer.
            if answer < 0 or step > 1.4 * style.label.size:
                answer = page.add_entity(ANSWER)
                page.link(question, answer)
            x = self._write_option(shown, x, y, answer) + step

    def _write_option(self, text: str, x: float, y: float, entity: int) -> float:
        """Write an option with its box, which few typefaces have."""
        font = self.style.label
        symbols = choose_font(random.Random(0), "symbols", font.size)
        for word in text.split():
            chosen = font if word.isascii() else symbols
            x = self.page.write(word, x, y, chosen, entity) + font.get_length(" ")
        return x

    def _write_list(self, left: float, right: float, y: float) -> float:
        """Write boxes to tick in columns, without a question."""
        style, page, rng = self.style, self.page, self.shape
        options = [o for _, some in CHOICES for o in some]
        n_columns = rng.choice([2, 3, 4])
        cell = (right - left) / n_columns
        for _ in range(rng.randint(2, 4)):
            for column in range(n_columns):
                mark = style.ticks[self.content.random() < 0.3]
                entity = page.add_entity(ANSWER)
                text = f"{mark} {rng.choice(options)}"
                self._write_option(text, left + column * cell, y, entity)
            y += style.leading * style.label.size
        return y

    def _write_text(self, left: float, right: float, y: float) -> float:
        """Write running text that is neither asked nor answered."""
        rng, font = self.shape, self.style.body
        source = TEXT if rng.random() < 0.5 else RULES
        parts = source.split("|")
        text = " ".join(rng.sample(parts, rng.randint(1, 4)))
        return self.page.write_lines(wrap(text, font, right - left)[:9], left, y, font)

    def _write_answer(self, left: float, right: float, y: float) -> float:
        """Write a question with a long answer under or beside it."""
        style, page, rng = self.style, self.page, self.shape
        text, field = self._ask()
        question = page.add_entity(QUESTION)
        lines = wrap(text, style.label, right - left)
        low = page.write_lines(lines, left, y, style.label, question)
        value = make_text(self.content) if rng.random() < 0.7 else self._answer(field)
        if not value:
            return self._draw_leader(left, right, low)
        answer = page.add_entity(ANSWER)
        page.link(question, answer)
        how = rng.choice(["below", "below", "hanging", "wrapped"])
        if how == "below":
            start = left + rng.choice([0, 0, 10, 25])
            lines = wrap(value, style.value, right - start)[:7]
            return page.write_lines(lines, start, low, style.value, answer)
        start = left + style.label.get_length(lines[-1]) + 5
        if right - start < 80:
            start = left
            y = low
        if how == "hanging":
            lines = wrap(value, style.value, right - start)[:7]
            return page.write_lines(lines, start, y, style.value, answer)
        lines = wrap(value, style.value, right - start)[:1]
        page.write(lines[0], start, y, style.value, answer)
        rest = value[len(lines[0]) :].strip()
        if not rest:
            return low
        more = wrap(rest, style.value, right - left)[:6]
        return page.write_lines(more, left, low, style.value, answer)

    def _write_signature(self, left: float, right: float, y: float) -> float:
        style, page, rng = self.style, self.page, self.shape
        cell = (right - left) / 2
        y += style.label.size
        names = [["Signature", "Date"], ["Signed", "Date"], ["Physician's signature"]]
        makers: dict[str, Any] = {"Date": make_date}
        for i, text in enumerate(rng.choice(names)):
            x = left + i * cell
            value = ""
            if self.content.random() < 0.6:
                value = makers.get(text, make_name)(self.content)
            if rng.random() < 0.4:
                self._write_above(x, x + cell - 10, text, value, y)
                continue
            question = page.add_entity(QUESTION)
            end = page.write(text + style.colon, x, y, style.label, question)
            page.lines.append((end + 4, y + 12, x + cell - 12, y + 12))
            if value:
                answer = page.add_entity(ANSWER)
                page.link(question, answer)
                page.write(value, end + 10, y, style.value, answer)
        return y + 2 * style.label.size

    def _write_footer(self) -> None:
        rng, font = self.content, self.style.body
        y = self.page.height - 0.035 * self.page.height
        if rng.random() < 0.4:
            text = rng.choice(
                ["Page 1 of 2", "1", "Form 1042-B (rev. 3/98)", "2048731187"]
            )
            self.page.write(text, rng.choice([self.left, self.right - 90]), y, font)
        if not self.style.has_strays:
            return
        # Stamps and notes, where there is room.
        for _ in range(rng.randint(1, 3)):
            text = rng.choice(STRAYS)
            x = rng.uniform(self.left, max(self.right - 120, self.left + 1))
            y = rng.uniform(0.02, 0.95) * self.page.height
            boxes = [word.box for word in self.page.words]
            if all(abs(y + font.size / 2 - (b[1] + b[3]) / 2) > 20 for b in boxes):
                self.page.write(text, x, y, font)
