"""Receipts of pharmacies, as they are printed: labels are the names of fields, as CORD's
(Park et al. 2019) are. All in them is invented.

A template decides fonts, columns and wording; what is bought differs from receipt to
receipt.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from synthetic_forms.makers import (
    make_company,
    make_date,
    make_drug,
    make_phone,
    make_street,
)
from synthetic_forms.page import Font, Page, choose_font

COMPANY, ADDRESS, DATE = "store.name", "store.address", "date"
NAME, COUNT, UNIT_PRICE, PRICE = (
    "menu.nm",
    "menu.cnt",
    "menu.unitprice",
    "menu.price",
)
SUBTOTAL, TAX, TOTAL = (
    "sub_total.subtotal_price",
    "sub_total.tax_price",
    "total.total_price",
)
CASH, CHANGE = "total.cashprice", "total.changeprice"
LABELS = (
    *(COMPANY, ADDRESS, DATE, NAME, COUNT, UNIT_PRICE, PRICE),
    *(SUBTOTAL, TAX, TOTAL, CASH, CHANGE),
)
GOODS = [
    *("Bandage 5 cm", "Thermometer digital", "Cough syrup 120 ml", "Saline spray"),
    *(
        "Lancets 100 ct",
        "Test strips 50 ct",
        "Gauze pads sterile",
        "Vitamin D3 1000 IU",
    ),
    *("Hand sanitizer", "Zinc lozenges", "Knee brace M", "Antacid tablets"),
]
STRENGTHS = ["5 mg", "10 mg tab", "20 mg caps", "250 mg", "500 mg tab", "40 mg"]
TOTALS = ["TOTAL", "Total", "Total due", "AMOUNT DUE", "Grand total"]
SUBTOTALS = ["Subtotal", "SUB TOTAL", "Sub-total"]
TAXES = ["Tax", "VAT", "Sales tax 6%", "TAX"]
CASHES = ["CASH", "Cash", "Paid", "Card", "Tendered"]
FOOTERS = ["Thank you!", "Get well soon", "No returns on medicine", "Keep this receipt"]


@dataclass
class Style:
    """How a template writes. columns: Shares of the width that numbers end at."""

    font: Font
    bold: Font
    currency: str
    is_two_line: bool
    has_count: bool
    has_unit_price: bool
    is_centered: bool
    has_rules: bool
    step: float
    words: dict[str, str]


def make_receipt(template: int, number: int) -> Page:
    """Make a receipt.

    template, number: Seeds of what the template decides, and of what was bought.
    """
    shape = random.Random(f"receipt template {template}")
    return _Writer(
        _make_style(shape), shape, random.Random(f"{template} {number}")
    ).write()


def _make_style(rng: random.Random) -> Style:
    family = rng.choice(["mono", "mono", "sans", "narrow"])
    size = rng.uniform(8, 12)
    return Style(
        font=choose_font(rng, family, size),
        bold=choose_font(rng, family, size * rng.choice([1, 1.2, 1.5]), bold=True),
        currency=rng.choice(["", "", "$", "$ "]),
        is_two_line=rng.random() < 0.25,
        has_count=rng.random() < 0.8,
        has_unit_price=rng.random() < 0.5,
        is_centered=rng.random() < 0.6,
        has_rules=rng.random() < 0.4,
        step=size * rng.uniform(1.2, 1.7),
        words={
            TOTAL: rng.choice(TOTALS),
            SUBTOTAL: rng.choice(SUBTOTALS),
            TAX: rng.choice(TAXES),
            CASH: rng.choice(CASHES),
            CHANGE: rng.choice(["Change", "CHANGE"]),
            DATE: rng.choice(["", "Date:", "DATE"]),
        },
    )


class _Writer:
    def __init__(
        self, style: Style, shape: random.Random, content: random.Random
    ) -> None:
        self.style = style
        self.content = content
        width = shape.uniform(220, 340)
        self.page = Page(width, 600)
        self.left, self.right = 0.06 * width, 0.94 * width
        self.y = 20.0

    def write(self) -> Page:
        rng = self.content
        self._write_head(make_company(rng), COMPANY, self.style.bold)
        self._write_head(make_street(rng), ADDRESS, self.style.font)
        self._write_head(f"Tel {make_phone(rng)}", None, self.style.font)
        self._next(1.3)
        x = self.left
        if self.style.words[DATE]:
            x = self._write(self.style.words[DATE], x) + 5
        self._write(make_date(rng), x, DATE)
        self._write_right(f"#{rng.randint(1000, 99999)}", None)
        self._next(1.4)
        self._write_rule()
        total = sum(self._write_item() for _ in range(rng.randint(1, 7)))
        self._write_rule()
        self._write_sums(total)
        self._next(0.8)
        self._write_head(rng.choice(FOOTERS), None, self.style.font)
        self.page.height = self.y + 20
        return self.page

    def _write_item(self) -> int:
        """Write a line of what was bought. RETURNS its price in cents."""
        rng, style = self.content, self.style
        make: Callable[[], str] = rng.choice(
            [
                lambda: rng.choice(GOODS),
                lambda: f"{make_drug(rng).title()} {rng.choice(STRENGTHS)}",
            ]
        )
        n, each = rng.choice([1, 1, 1, 2, 3, 30]), rng.randint(45, 4999)
        x = self.left
        if style.has_count and not style.is_two_line:
            x = self._write(str(n), x, COUNT) + 8
        self._write(make(), x, NAME)
        if style.is_two_line:
            self._next()
            x = self._write(str(n), self.left + 14, COUNT)
            x = self._write("x", x + 5)
            self._write(self._price(each), x + 5, UNIT_PRICE)
        elif style.has_unit_price:
            text = self._price(each)
            end = self.right - 0.24 * (self.right - self.left)
            self._write(text, end - style.font.get_length(text), UNIT_PRICE)
        self._write_right(self._price(n * each), PRICE)
        self._next()
        return n * each

    def _write_sums(self, total: int) -> None:
        rng, words = self.content, self.style.words
        tax = round(total * 0.06) if rng.random() < 0.6 else 0
        rows = [(words[TOTAL], TOTAL, total + tax)]
        if tax:
            rows[:0] = [(words[SUBTOTAL], SUBTOTAL, total), (words[TAX], TAX, tax)]
        if rng.random() < 0.6:
            paid = -(-(total + tax) // 1000) * 1000
            rows += [
                (words[CASH], CASH, paid),
                (words[CHANGE], CHANGE, paid - total - tax),
            ]
        for word, label, cents in rows:
            self._write(word, self.left)
            self._write_right(self._price(cents), label)
            self._next()

    def _price(self, cents: int) -> str:
        return f"{self.style.currency}{cents / 100:,.2f}"

    def _write(self, text: str, x: float, label: str | None = None) -> float:
        entity = None if label is None else self.page.add_entity(label)
        return self.page.write(text, x, self.y, self.style.font, entity)

    def _write_right(self, text: str, label: str | None) -> None:
        self._write(text, self.right - self.style.font.get_length(text), label)

    def _write_head(self, text: str, label: str | None, font: Font) -> None:
        entity = None if label is None else self.page.add_entity(label)
        x = self.left
        if self.style.is_centered:
            x = max((self.page.width - font.get_length(text)) / 2, x)
        self.page.write(text, x, self.y, font, entity)
        self._next(font.size / self.style.font.size)

    def _write_rule(self) -> None:
        if self.style.has_rules:
            self.page.lines.append((self.left, self.y, self.right, self.y))
        self._next(0.6)

    def _next(self, lines: float = 1.0) -> None:
        self.y += lines * self.style.step
