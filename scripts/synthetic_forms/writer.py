"""Write the fields of forms of clinics on a page."""

import random

from synthetic_forms.fields import Field
from synthetic_forms.page import Font, Page, choose_font, wrap
from synthetic_forms.style import make_style

HEADER, QUESTION, ANSWER = "header", "question", "answer"
PAPERS = [(612, 792), (595, 842), (612, 1008), (540, 700)]


class Writer:
    """A page that is being written on.

    template, form: Seeds of what the template decides, and of what is filled in.
    fields: Kinds of questions to choose from.
    """

    def __init__(self, template: int, form: int, fields: list[Field]) -> None:
        self.shape = random.Random(f"template {template}")
        self.content = random.Random(f"form {template} {form}")
        self.fields = fields
        width, height = self.shape.choice(PAPERS)
        self.page = Page(width, height)
        self.left = self.shape.uniform(0.04, 0.14) * width
        self.right = width - self.shape.uniform(0.04, 0.14) * width
        self.bottom = height - self.shape.uniform(0.04, 0.1) * height
        self.style = make_style(self.shape)
        self.n_asked = 0

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

    def _write_option(self, text: str, x: float, y: float, entity: int) -> float:
        """Write an option with its box, which few typefaces have."""
        font = self.style.label
        symbols = choose_font(random.Random(0), "symbols", font.size)
        for word in text.split():
            chosen = font if word.isascii() else symbols
            x = self.page.write(word, x, y, chosen, entity) + font.get_length(" ")
        return x
