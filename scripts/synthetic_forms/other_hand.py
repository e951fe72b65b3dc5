"""Forms by another hand than the generator's: typed out one by one, each with its marks, to
measure what a model makes of layouts that its generator doesn't know. None is trained on.

In a sheet, `[q1:Date:]` is a question, `[a1:May 3]` its answer, `[h1:ORDER]` a header; a
part in several lines has the same mark in each. `a1`, `a1b` and `a1c` are answers to `q1`.
What has no mark belongs to nothing. A line that starts with `~` is small, one with `#` large.
"""

import random
import re
from pathlib import Path

from synthetic_forms.page import Font, Page, choose_font

SHEETS = Path(__file__).with_name("other_hand.txt")
MARK = re.compile(r"\[([hqa])(\d+)([a-z]?):(.*?)\]")
LABELS = {"h": "header", "q": "question", "a": "answer"}
# Ways a sheet is typed: family, size of its letters, characters a line is wide.
WAYS = [("mono", 9.5, 92), ("sans", 10.0, 90), ("serif", 10.5, 88), ("mono", 8.5, 100)]


def list_sheets() -> list[str]:
    sheets = SHEETS.read_text("utf8").split("\n====\n")
    return [sheet.strip("\n") for sheet in sheets if sheet.strip()]


def make_other_form(number: int) -> Page:
    """Make a form.

    number: Sheets come in turn, each time typed in another way.
    """
    sheets = list_sheets()
    rng = random.Random(f"other hand {number}")
    way = WAYS[number // len(sheets) % len(WAYS)]
    return _Typist(rng, *way).type(sheets[number % len(sheets)])


class _Typist:
    def __init__(
        self, rng: random.Random, family: str, size: float, columns: int
    ) -> None:
        self.fonts = {
            " ": choose_font(rng, family, size),
            "~": choose_font(rng, family, 0.8 * size),
            "#": choose_font(rng, family, 1.5 * size, bold=True),
        }
        self.page = Page(612, 792)
        self.left, self.pitch = (
            rng.uniform(20, 60),
            rng.uniform(0.96, 1.04) * 540 / columns,
        )
        self.step = rng.uniform(1.2, 2.4) * size
        self.top = rng.uniform(25, 60)
        self.entities: dict[tuple[str, str, str], int] = {}

    def type(self, sheet: str) -> Page:
        lines = sheet.split("\n")
        step = min(self.step, (770 - self.top) / max(len(lines), 1))
        for row, line in enumerate(lines):
            mark = line[0] if line[:1] in ("~", "#") else " "
            self._type_line(line.lstrip("~#"), self.top + row * step, self.fonts[mark])
        for (kind, number, _), entity in self.entities.items():
            if kind == "a":
                question = self.entities.get(("q", number, ""))
                if question is not None:
                    self.page.link(question, entity)
        return self.page

    def _type_line(self, line: str, y: float, font: Font) -> None:
        """Type the runs of a line where they start; marks take no room."""
        hidden, at, after = 0, 0, self.left
        for found in [*MARK.finditer(line), None]:
            end = found.start() if found else len(line)
            for run in re.finditer(r"\S+(?: \S+)*", line[at:end]):
                after = self._place(
                    run.group(), at + run.start() - hidden, y, font, None, after
                )
            if found:
                kind, number, more, text = found.groups()
                key = kind, number, more
                if key not in self.entities:
                    self.entities[key] = self.page.add_entity(LABELS[kind])
                lead = len(text) - len(text.lstrip())
                column = found.start() - hidden + lead
                after = self._place(text, column, y, font, self.entities[key], after)
                hidden += len(found.group()) - len(text)
                at = found.end()

    def _place(
        self,
        text: str,
        column: int,
        y: float,
        font: Font,
        entity: int | None,
        after: float,
    ) -> float:
        x = max(self.left + column * self.pitch, after)
        end = self.page.write(text, x, y, font, entity)
        return end + 0.3 * font.size
