"""A sheet of paper that business forms are typed on: how it looks, and how labels, values
and running text are put on it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from synthetic_forms import prose
from synthetic_forms.labels import make_title
from synthetic_forms.page import Font, Page, choose_font, wrap

HEADER, QUESTION, ANSWER = "header", "question", "answer"
PAPERS = [(612, 792), (612, 792), (595, 842), (612, 1008), (560, 760)]
CASES = {"upper": str.upper, "title": str, "first": str.capitalize, "lower": str.lower}


@dataclass
class Look:
    """How a template looks.

    leading: From line to line of a block, in sizes of the font; gap, tab (points): from
        a label to its value.
    empty: Share of the questions without an answer.
    unsteady: How far answers stand above or below their line, in sizes of the font.
    leader: What is printed where an answer is to be written; "" for nothing.
    """

    label: Font
    value: Font
    heading: Font
    title: Font
    body: Font
    label_case: str
    value_case: str
    heading_case: str
    colon: str
    leading: float
    spacing: float
    gap: float
    tab: float
    empty: float
    leader: str
    numbering: str
    is_ruled: bool
    unsteady: float


def make_look(rng: random.Random) -> Look:
    size = rng.choice([rng.uniform(8, 12.5), rng.uniform(9, 11), 10])
    family = rng.choice(["mono", "mono", "mono", "sans", "sans", "serif", "narrow"])
    value = rng.choice([family, family, family, "mono", "hand"])
    case = rng.choice(["upper", "upper", "title", "title", "title", "first"])
    heading = size * rng.choice([1, 1, 1, 1.1, 1.2, 1.4])
    title = size * rng.choice([1, 1, 1.2, 1.5, 1.8, 2.2])
    other = rng.choice([family, family, "sans", "serif"])
    return Look(
        label=choose_font(rng, family, size, bold=rng.random() < 0.25),
        value=choose_font(rng, value, size * rng.choice([1, 1, 1, 1.1, 0.95, 1.25])),
        unsteady=0.25 if value == "hand" else 0.06,
        heading=choose_font(rng, family, heading, bold=rng.random() < 0.5),
        title=choose_font(rng, other, title, bold=rng.random() < 0.6),
        body=choose_font(rng, family, size * rng.choice([1, 1, 0.9, 0.8])),
        label_case=case,
        value_case=rng.choice(["title", "title", "title", "upper"]),
        heading_case=rng.choice(["upper", "upper", "title", "title"]),
        colon=rng.choice([":", ":", ":", ":", ":", "", "", "", " :", "."]),
        leading=rng.choice([1.1, 1.2, 1.35, 1.6, 2.0, 2.5]),
        spacing=rng.choice([rng.uniform(0.2, 1.5), rng.uniform(0.8, 3)]),
        gap=rng.choice([2, 4, 6, 8, 14]),
        tab=rng.uniform(50, 190),
        empty=rng.choice([0.0, 0.0, 0.05, 0.1, 0.2, 0.3, 0.6, 1.0]),
        leader=rng.choice(["", "", "", "", "_", "_", "."]),
        numbering=rng.choice(["", "", "", "", "1.", "A.", "1)", "(1)", "I."]),
        is_ruled=rng.random() < 0.4,
    )


class Sheet:
    """A page that is being filled, from the top down.

    template, form: Seeds of what all forms of a template have in common, and of what is
        filled in.
    y: Where the next block starts.
    """

    def __init__(self, template: int, form: int, *, hand: str = "office") -> None:
        self.shape = random.Random(f"{hand} template {template}")
        self.content = random.Random(f"{hand} form {template} {form}")
        width, height = self.shape.choice(PAPERS)
        self.page = Page(width, height)
        self.look = make_look(self.shape)
        self.left = self.shape.uniform(0.05, 0.16) * width
        self.right = width - self.shape.uniform(0.05, 0.14) * width
        self.top = self.shape.uniform(0.03, 0.1) * height
        self.bottom = height * self.shape.uniform(0.82, 0.95)
        self.y = self.top
        self.heading: int | None = None
        self.number = 0

    @property
    def is_full(self) -> bool:
        return self.y > self.bottom - 2 * self.look.label.size

    # Wording

    def word_label(self, text: str, *, colon: str | None = None) -> str:
        """Write a label as this template does."""
        look, rng = self.look, self.shape
        case = look.label_case if rng.random() < 0.93 else "title"
        text = CASES[case](text)
        if rng.random() < 0.1:
            colon = rng.choice([":", "", " -"])
        mark = look.colon if colon is None else colon
        return text if text.endswith(("?", ":")) else text + mark

    def number_label(self, text: str) -> str:
        """Number a label, if this template does so."""
        self.number += 1
        n = self.number
        marks = {"1.": f"{n}.", "A.": f"{chr(64 + (n - 1) % 26 + 1)}.", "1)": f"{n})"}
        marks |= {
            "(1)": f"({n})",
            "I.": ["I.", "II.", "III.", "IV.", "V."][(n - 1) % 5],
        }
        mark = marks.get(self.look.numbering, "")
        return f"{mark} {text}" if mark else text

    def word_value(self, maker: str) -> str:
        """Make up an answer; "" where nothing is filled in."""
        if self.content.random() < self.look.empty:
            return ""
        return self.fill(maker)

    def fill(self, maker: str) -> str:
        text = prose.MAKERS[maker](self.content)
        return text.upper() if self.look.value_case == "upper" else text

    # Writing

    def add_question(self) -> int:
        question = self.page.add_entity(QUESTION)
        if self.heading is not None:
            self.page.link(self.heading, question)
        return question

    def write(
        self,
        text: str,
        x: float,
        y: float,
        font: Font,
        entity: int | None = None,
        *,
        right: float | None = None,
        leading: float = 1.2,
        most: int = 20,
    ) -> tuple[float, float]:
        """Write a text, in several lines where it is too wide. RETURNS where its last line
        ends, and where the next line would start."""
        room = (self.right if right is None else right) - x
        lines = wrap(text, font, max(room, 30))[:most]
        self.page.write_lines(lines, x, y, font, entity, leading=leading)
        end = x + max(font.get_length(line) for line in lines)
        return end, y + leading * font.size * len(lines)

    def ask(
        self, text: str, x: float, y: float, *, right: float
    ) -> tuple[int, float, float]:
        """Write a question. RETURNS it, and its end as `write` does."""
        question = self.add_question()
        end, low = self.write(text, x, y, self.look.label, question, right=right)
        return question, end, low

    def answer(
        self,
        questions: Sequence[int],
        text: str,
        x: float,
        y: float,
        *,
        right: float,
        most: int = 12,
    ) -> tuple[float, float]:
        """Write an answer to some questions; a leader, if there is none."""
        if not text:
            return self.write_leader(x, y, right)
        entity = self.page.add_entity(ANSWER)
        for question in questions:
            self.page.link(question, entity)
        y += self.content.uniform(-1, 1) * self.look.unsteady * self.look.value.size
        return self.write(text, x, y, self.look.value, entity, right=right, most=most)

    def answer_on(
        self, question: int, text: str, x: float, y: float, left: float, *, right: float
    ) -> tuple[float, float]:
        """Write an answer that goes on in the next line at the left margin."""
        if not text or right - x < 60:
            return self.answer([question], text, x, y, right=right)
        entity = self.page.add_entity(ANSWER)
        self.page.link(question, entity)
        font = self.look.value
        first = wrap(text, font, right - x)[0]
        end, low = self.write(first, x, y, font, entity, right=right)
        rest = text[len(first) :].strip()
        if rest:
            end, low = self.write(rest, left, low, font, entity, right=right, most=6)
        return end, low

    def write_leader(self, x: float, y: float, right: float) -> tuple[float, float]:
        look = self.look
        low = y + 1.2 * look.label.size
        if look.leader == "_" and self.shape.random() < 0.6:
            self.page.lines.append((x, low, right - 4, low))
        elif look.leader and right - x > 40:
            n = int((right - x - 8) / look.label.get_length(look.leader))
            self.page.write(look.leader * min(n, 45), x, y, look.label)
        return x, low

    def write_heading(self, text: str, x: float, y: float, *, right: float) -> float:
        """Write a heading of a section. RETURNS where what follows may start."""
        font = self.look.heading
        text = text.upper() if self.look.heading_case == "upper" else text
        text += self.shape.choice(["", "", "", ":"])
        self.heading = self.page.add_entity(HEADER)
        if self.shape.random() < 0.2:
            x += max((right - x - font.get_length(text)) / 2, 0)
        _, low = self.write(text, x, y, font, self.heading, right=right)
        if self.shape.random() < 0.25:
            self.page.lines.append((x, low, min(x + font.get_length(text), right), low))
        return low + 0.4 * font.size

    def write_title(self) -> None:
        """Write the title of the form; it may have a second line, and a company above."""
        rng, font, page = self.shape, self.look.title, self.page
        titles = [make_title(rng)]
        if rng.random() < 0.2:
            titles.append(make_title(rng))
        is_one = rng.random() < 0.5
        place = rng.choice(["middle", "middle", "middle", "left", "right"])
        entity = page.add_entity(HEADER)
        for title in titles:
            if title is not titles[0] and not is_one:
                entity = page.add_entity(HEADER)
            text = title if rng.random() < 0.75 else title.title()
            for line in wrap(text, font, self.right - self.left):
                spare = max(self.right - self.left - font.get_length(line), 0)
                x = self.left + {"middle": spare / 2, "left": 0, "right": spare}[place]
                page.write(line, x, self.y, font, entity)
                self.y += 1.2 * font.size
        self.y += rng.uniform(0.5, 2) * font.size
