"""Templates of forms, and forms made after them.

A template decides all that its forms have in common: paper, fonts, blocks, labels and
how they are written. What is filled in differs from form to form.
"""

import random

from synthetic_forms.blocks import BlockWriter
from synthetic_forms.fields import FIELDS, Field
from synthetic_forms.makers import make_address, make_company, make_phone
from synthetic_forms.page import Page, wrap
from synthetic_forms.texts import SECTIONS, TITLES
from synthetic_forms.writer import HEADER

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


def make_form(template: int, form: int, *, fields: list[Field] | None = None) -> Page:
    """Make a form.

    template, form: Seeds of what the template decides, and of what is filled in.
    fields: Kinds of questions to choose from; None for all.
    """
    return _FormWriter(template, form, fields or FIELDS).write()


class _FormWriter(BlockWriter):
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
