"""Invented pages with tables: PDFs with texts, and lines between them."""

from collections.abc import Collection, Sequence

from PIL import Image, ImageDraw

from tests.forms.papers import make_pdf

WIDTH, HEIGHT = 612, 792
Line = tuple[float, float, float, float]

DRUGS = [
    ["Drug", "Dose", "Route", "Frequency"],
    ["Metformin", "1000 mg", "PO", "twice daily"],
    ["Lisinopril", "10 mg", "PO", "daily"],
    ["Aspirin", "81 mg", "PO", "daily"],
]
XS, YS = [60, 190, 290, 370, 500], [100, 125, 150, 175, 200]


def rule(
    xs: Sequence[float],
    ys: Sequence[float],
    *,
    without: Collection[tuple[str, int, int]] = (),
) -> list[Line]:
    """Draw each border of each place of a grid.

    without: Pieces to leave out: "h" or "v", and the numbers of the row and the column.
    """
    lines: list[Line] = []
    for i, y in enumerate(ys):
        for j in range(len(xs) - 1):
            if ("h", i, j) not in without:
                lines.append((xs[j], y, xs[j + 1], y))
    for i in range(len(ys) - 1):
        for j, x in enumerate(xs):
            if ("v", i, j) not in without:
                lines.append((x, ys[i], x, ys[i + 1]))
    return lines


def place(
    xs: Sequence[float],
    ys: Sequence[float],
    rows: Sequence[Sequence[str]],
    *,
    size: float = 10,
) -> list[tuple[float, float, float, str]]:
    """Write texts into the places of a grid; lines of a text are under each other."""
    return [
        (xs[j] + 4, ys[i] + 4 + n * 1.2 * size, size, text)
        for i, row in enumerate(rows)
        for j, cell in enumerate(row)
        for n, text in enumerate(cell.split("\n"))
        if text
    ]


def draw(lines: Sequence[Line], *, height: int = HEIGHT) -> bytes:
    """Write lines as the commands of a page."""
    strokes = " ".join(
        f"{a} {height - b} m {c} {height - d} l S" for a, b, c, d in lines
    )
    return f"\nq 0.7 w {strokes} Q".encode()


def make_sheet(items, lines=(), **settings) -> bytes:
    """Make a PDF of one page."""
    return make_pdf([items], stamp=draw(lines) if lines else b"", **settings)


def draw_rules(
    image: Image.Image,
    lines: Sequence[Line],
    dpi: int,
    *,
    width: float = 0.8,
    shade: int = 0,
) -> Image.Image:
    """Draw lines on a scan.

    width (points), shade: Of their ink.
    """
    scale = dpi / 72
    pen = ImageDraw.Draw(image)
    for line in lines:
        places = [value * scale for value in line]
        pen.line(places, fill=shade, width=max(round(width * scale), 1))
    return image
