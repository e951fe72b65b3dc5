"""Invented forms: small PDFs and scans."""

from collections.abc import Collection, Sequence
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from spacy_clinical.forms.read import open_form

# What is where: across and down from the upper left corner, size, text.
Item = tuple[float, float, float, str]

INTAKE: list[Item] = [
    (60, 60, 18, "PATIENT INTAKE FORM"),
    (60, 110, 12, "Name:"),
    (150, 110, 12, "Jane Roe"),
    (330, 110, 12, "Date of birth:"),
    (450, 110, 12, "02/03/1961"),
    (60, 140, 12, "Allergies:"),
    (150, 140, 12, "penicillin"),
    (330, 140, 12, "Blood group:"),
    (450, 140, 12, "AB"),
    (60, 170, 12, "Reason for visit:"),
    (180, 170, 12, "shortness of breath on stairs"),
]
LINES = [
    "PATIENT INTAKE FORM",
    "Name: Jane Roe Date of birth: 02/03/1961",
    "Allergies: penicillin Blood group: AB",
    "Reason for visit: shortness of breath on stairs",
]


def make_pdf(
    pages: Sequence[Sequence[Item]],
    *,
    size: tuple[int, int] = (612, 792),
    rotate: int = 0,
    image: Image.Image | None = None,
    encrypted: bool = False,
    origin: tuple[int, int] = (0, 0),
    turn: int = 0,
    crop: tuple[float, float, float, float] | None = None,
    stamp: bytes = b"",
    bold: Collection[str] = (),
) -> bytes:
    """Write a PDF by hand: text in Helvetica, or one image that fills each page.

    turn (quarters against the clock): By how much the text itself is turned.
    crop: CropBox, in the file's coordinates.
    stamp: Commands at the end of each page.
    bold: Texts to write in Helvetica-Bold.
    """
    objects: list[bytes] = [b"", b""]
    kids = []
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    for items in pages:
        commands = [
            f"BT /F{2 if text in bold else 1} {height} Tf 1 0 0 1 {origin[0] + x} "
            f"{origin[1] + size[1] - y - height} Tm ({_escape(text)}) Tj ET"
            for x, y, height, text in items
        ]
        if turn:
            w, h = size
            shown = [(1, 0, 0, 1, 0, 0), (0, 1, -1, 0, h, 0), (-1, 0, 0, -1, w, h)]
            shown.append((0, -1, 1, 0, 0, w))
            matrix = " ".join(map(str, shown[turn]))
            commands = [f"q {matrix} cm", *commands, "Q"]
        heavy = font.replace(b"Helvetica", b"Helvetica-Bold")
        resources = b"/Font << /F1 " + font + b" /F2 " + heavy + b" >>"
        if image is not None:
            objects.append(_write_image(image))
            resources += b" /XObject << /I1 %d 0 R >>" % len(objects)
            commands.append(f"{size[0]} 0 0 {size[1]} 0 0 cm /I1 Do")
        content = "\n".join(commands).encode("latin1") + stamp
        objects.append(
            b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream"
        )
        across, up = size[::-1] if turn % 2 else size
        box = f"{origin[0]} {origin[1]} {origin[0] + across} {origin[1] + up}"
        cut = b"" if crop is None else b"/CropBox [%f %f %f %f]" % crop
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] %s /Rotate %d /Contents %d "
            b"0 R /Resources << %s >> >>"
            % (box.encode(), cut, rotate, len(objects), resources)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (
        len(kids),
        b" ".join(kids),
    )
    return _write_objects(objects, encrypted)


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _write_image(image: Image.Image) -> bytes:
    pixels = image.convert("L")
    data = pixels.tobytes()
    head = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 "
        b"/ColorSpace /DeviceGray /Length %d >>"
        % (pixels.width, pixels.height, len(data))
    )
    return head + b"\nstream\n" + data + b"\nendstream"


def _write_objects(objects: Sequence[bytes], encrypted: bool) -> bytes:
    out = BytesIO()
    out.write(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + content + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    lock = b""
    if encrypted:
        # Keys that no password opens.
        lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> " % (
            b"41" * 32,
            b"42" * 32,
        )
        lock += b"/ID [<%s> <%s>] " % (b"43" * 16, b"43" * 16)
    out.write(
        b"trailer\n<< /Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, lock, start)
    )
    return out.getvalue()


def draw_scan(
    items: Sequence[Item], *, size: tuple[int, int] = (612, 792), dpi: int = 200
) -> Image.Image:
    """Draw a page as a scanner would see it."""
    scale = dpi / 72
    image = Image.new("L", (round(size[0] * scale), round(size[1] * scale)), 255)
    pen = ImageDraw.Draw(image)
    for x, y, height, text in items:
        font = ImageFont.load_default(size=round(height * scale))
        pen.text((x * scale, y * scale), text, font=font, fill=0)
    image.info["dpi"] = (dpi, dpi)
    return image


def read_and_draw(data: Any, vocab: Any, **options: Any) -> tuple[Any, list[Any]]:
    """Read a form. RETURNS: The Doc, and the pictures of its pages."""
    with open_form(data, vocab, **options) as form:
        return form.doc, list(form.pictures)


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
