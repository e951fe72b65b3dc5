"""Blocks that forms of clinics consist of: fields, tables, options, answers, signatures."""

from typing import Any

from synthetic_forms.makers import make_date, make_name, make_text
from synthetic_forms.page import wrap
from synthetic_forms.tables import CHOICES, TABLES
from synthetic_forms.texts import RULES, TEXT
from synthetic_forms.writer import ANSWER, QUESTION, Writer

# How values stand to their labels.
STYLES = ["beside", "beside", "beside", "tab", "tab", "below", "boxed", "above"]


class BlockWriter(Writer):
    """A page that blocks are written on: each method takes where one may start, and returns
    where the next may."""

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

    def _write_memo(self, left: float, right: float, y: float) -> float:
        """TO, FROM, DATE, one under the other, with values at a tab."""
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
        """Labels and values in one line, parted by spaces only."""
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
        """Boxes to tick: beside a question, or under each other."""
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

    def _write_list(self, left: float, right: float, y: float) -> float:
        """Boxes to tick in columns, without a question."""
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
        """Running text that is neither asked nor answered."""
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
