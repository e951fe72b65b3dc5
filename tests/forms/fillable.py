"""Invented fillable forms (AcroForm): small PDFs written by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from tests.forms.papers import Item, _escape, _write_image, _write_objects

FONTS = b"<< /Font << /F1 3 0 R /ZaDb 4 0 R >> >>"
MULTILINE, PASSWORD, COMB = 1 << 12, 1 << 13, 1 << 24
RADIO, PUSH, COMBO, EDIT, MULTISELECT = 1 << 15, 1 << 16, 1 << 17, 1 << 18, 1 << 21
HIDDEN, PRINT, NOVIEW, READONLY = 2, 4, 32, 1


@dataclass
class Spot:
    """A place of a field on a page.

    box: Left and top from the upper left corner, width, height.
    state: Of what can be ticked: "Off", or its export value.
    export: That it has when it is ticked.
    """

    box: tuple[float, float, float, float]
    page: int = 0
    state: str = "Off"
    export: str = "Yes"
    flags: int = PRINT
    hint: str = ""


@dataclass
class Field:
    """A field. `kind` is "Tx", "Btn", "Ch" or "Sig"; `value` a text, a list, or raw bytes.

    name: With dots where it has parents.
    """

    kind: str
    name: str
    spots: Sequence[Spot]
    value: Any = None
    flags: int = 0
    hint: str = ""
    options: Sequence[Any] = ()
    size: float = 11
    extra: bytes = b""
    parts: list[bytes] = field(default_factory=list)


def text(name: str, x: float, y: float, value: Any = None, **options: Any) -> Field:
    """A field for a line of text, 180 by 16 points."""
    width, height = options.pop("width", 180), options.pop("height", 16)
    spot = {k: options.pop(k) for k in ("page",) if k in options}
    spot["flags"] = options.pop("spot_flags", PRINT)
    return Field("Tx", name, [Spot((x, y, width, height), **spot)], value, **options)


def tick(
    name: str, x: float, y: float, on: bool, export: str = "Yes", **o: Any
) -> Field:
    """A box to tick, 12 by 12 points."""
    spot = Spot((x, y, 12, 12), state=export if on else "Off", export=export)
    return Field("Btn", name, [spot], b"/" + spot.state.encode(), **o)


def radio(name: str, places: Sequence[tuple[float, float, str]], chosen: str, **o: Any):
    """A group of radio buttons: where they are, and their export values."""
    spots = [
        Spot((x, y, 12, 12), state=e if e == chosen else "Off", export=e)
        for x, y, e in places
    ]
    value = b"/" + (chosen or "Off").encode()
    return Field("Btn", name, spots, value, flags=RADIO, **o)


def make_fillable(
    fields: Sequence[Field],
    pages: Sequence[Sequence[Item]],
    *,
    size: tuple[int, int] = (612, 792),
    appearance: bool = True,
    rotate: int = 0,
    form: bytes = b"",
    root: bytes = b"",
    content: bytes = b"",
    page: bytes = b"",
    image: Image.Image | None = None,
) -> bytes:
    """Write a fillable PDF.

    pages: What is printed on each.
    appearance: Whether fields have pictures; else a viewer is asked to make them.
    form, root, page: More of the form's, the catalog's and each page's dictionary.
    content: More commands of each page.
    image: A scan that fills each page.
    """
    objects: list[bytes] = [
        b"",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica "
        b"/Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>",
    ]
    numbers, resources = [], FONTS
    if image is not None:
        objects.append(_write_image(image))
        resources = FONTS[:-2] + b"/XObject << /I1 5 0 R >> >>"
        content += b" q %d 0 0 %d 0 0 cm /I1 Do Q" % size
    for items in pages:
        commands = "\n".join(
            f"BT /F1 {s} Tf 1 0 0 1 {x} {size[1] - y - s} Tm ({_escape(t)}) Tj ET"
            for x, y, s, t in items
        ).encode("latin1")
        commands += b"\n" + content
        objects.append(
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(commands), commands)
        )
        objects.append(b"")
        numbers.append(len(objects))
    annotations: dict[int, list[int]] = {n: [] for n in numbers}
    roots = _write_fields(objects, fields, numbers, annotations, size, appearance)
    for n in numbers:
        objects[n - 1] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Rotate %d /Contents %d 0 R "
            b"/Resources %s /Annots [%s] %s >>"
            % (*size, rotate, n - 1, resources, _refer(annotations[n]), page)
        )
    needs = b"" if appearance else b" /NeedAppearances true"
    objects[0] = (
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] /DA (/F1 0 Tf 0 g) "
        b"/DR %s%s %s >> %s >>" % (_refer(roots), FONTS, needs, form, root)
    )
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (
        len(numbers),
        _refer(numbers),
    )
    return _write_objects(objects, False)


def _write_fields(objects, fields, pages, annotations, size, appearance) -> list[int]:
    roots: list[int] = []
    parents: dict[str, tuple[int, list[int], str]] = {}
    for item in fields:
        *above, name = item.name.split(".")
        parent, siblings = 0, roots
        for depth in range(len(above)):
            path = ".".join(above[: depth + 1])
            if path not in parents:
                objects.append(b"")
                siblings.append(len(objects))
                parents[path] = (len(objects), [], f"{parent}")
            parent, siblings = parents[path][0], parents[path][1]
        siblings.append(
            _write_field(
                objects, item, name, parent, pages, annotations, size, appearance
            )
        )
    for path, (number, kids, up) in parents.items():
        name = path.split(".")[-1].encode("latin1")
        link = b"" if up == "0" else b"/Parent %s 0 R" % up.encode()
        objects[number - 1] = b"<< /T (%s) %s /Kids [%s] >>" % (
            name,
            link,
            _refer(kids),
        )
    return roots


def _write_field(
    objects, item, name, parent, pages, annotations, size, appearance
) -> int:
    own = b"/FT /%s /T (%s) /Ff %d /DA (/F1 %g Tf 0 g) %s" % (
        item.kind.encode(),
        name.encode("latin1"),
        item.flags,
        item.size,
        item.extra,
    )
    if item.value is not None:
        own += b" /V " + write(item.value)
    if item.hint:
        own += b" /TU " + write(item.hint)
    if item.options:
        own += b" /Opt " + write(list(item.options))
    if parent:
        own += b" /Parent %d 0 R" % parent
    if len(item.spots) == 1:
        return _write_spot(
            objects, item, item.spots[0], own, pages, annotations, size, appearance
        )
    objects.append(b"")
    number = len(objects)
    kids = [
        _write_spot(
            objects,
            item,
            spot,
            b"/Parent %d 0 R" % number,
            pages,
            annotations,
            size,
            appearance,
        )
        for spot in item.spots
    ]
    objects[number - 1] = b"<< %s /Kids [%s] >>" % (own, _refer(kids))
    return number


def _write_spot(objects, item, spot, own, pages, annotations, size, appearance) -> int:
    x, y, w, h = spot.box
    rect = b"[%g %g %g %g]" % (x, size[1] - y - h, x + w, size[1] - y)
    picture = b""
    is_tick = item.kind == "Btn" and not item.flags & PUSH
    if appearance and is_tick:
        on = _write_picture(objects, w, h, b"BT /ZaDb 10 Tf 2 2 Td (4) Tj ET")
        picture = b"/AP << /N << /%s %d 0 R >> >>" % (spot.export.encode(), on)
    elif appearance and isinstance(item.value, str):
        shown = item.value.replace("\n", " ").encode("cp1252", "replace")
        if item.flags & PASSWORD:
            shown = b"*" * len(shown)
        command = b"/Tx BMC q BT /F1 11 Tf 2 4 Td (%s) Tj ET Q EMC" % shown
        picture = b"/AP << /N %d 0 R >>" % _write_picture(objects, w, h, command)
    state = b" /AS /%s" % spot.state.encode() if is_tick else b""
    hint = b" /TU " + write(spot.hint) if spot.hint else b""
    page = pages[spot.page]
    objects.append(
        b"<< /Type /Annot /Subtype /Widget /F %d /P %d 0 R /Rect %s %s%s%s %s >>"
        % (spot.flags, page, rect, own, state, hint, picture)
    )
    annotations[page].append(len(objects))
    return len(objects)


def _write_picture(objects, width, height, commands) -> int:
    objects.append(
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 %g %g] /Resources %s /Length %d >>\n"
        b"stream\n%s\nendstream" % (width, height, FONTS, len(commands), commands)
    )
    return len(objects)


def write(value: Any) -> bytes:
    """A value as PDF writes it; text in UTF-16."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, list | tuple):
        return b"[" + b" ".join(map(write, value)) + b"]"
    return b"<" + (b"\xfe\xff" + value.encode("utf-16-be")).hex().encode() + b">"


def _refer(numbers: Sequence[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)
