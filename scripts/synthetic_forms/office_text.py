"""What is neither asked nor answered: letterheads, running text, stamps, marks at the foot
of a page, what a fax machine prints."""

import random

from synthetic_forms import prose
from synthetic_forms.labels import make_heading
from synthetic_forms.page import choose_font
from synthetic_forms.sheet import HEADER, Sheet
from synthetic_forms.vocabulary import split

STAMPS = split("""CONFIDENTIAL|RECEIVED|COPY|DRAFT|PAID|APPROVED|FILE|PRIVILEGED|ORIGINAL|
FAXED|ENTERED|VOID|REDACTED|RUSH|Exhibit A|OK|JUN 12 1987|MAR - 4 1991|cc: file|over|PLEASE
REPLY|PERSONAL AND CONFIDENTIAL|FOR INTERNAL USE ONLY|ATTORNEY WORK PRODUCT|SECRET""")
NOTES = split("""If you do not receive all pages, please call the sender|Please notify us at once
if there are any problems with this transmission|This message is intended only for the use of
the individual or entity to which it is addressed and may contain information that is
privileged, confidential and exempt from disclosure under applicable law|Attach additional
sheets if necessary|Please type or print|Use reverse side if more space is needed|Return to the
address above|Do not write in this space|Submit in duplicate|Complete all sections|(Use X to
indicate a void)|White - Office, Yellow - Division, Pink - File|See instructions on back|For
accounting use only|All amounts in thousands|Continued on next page|An equal opportunity
employer|Note: any dissemination, distribution or copying of this communication is strictly
prohibited|List in order of importance|Subject to audit""")


def write_letterhead(sheet: Sheet) -> None:
    """Write a company with its address; large ones are headers at times."""
    rng, page = sheet.shape, sheet.page
    font = sheet.look.title if rng.random() < 0.3 else sheet.look.body
    is_header = rng.random() < 0.35
    place = rng.choice(["left", "left", "middle", "middle", "right"])
    lines = [prose.make_firm(rng)]
    if rng.random() < 0.6:
        lines += [prose.make_postal(rng)]
        lines += [prose.make_tel(rng)] * (rng.random() < 0.5)
    if rng.random() < 0.4:
        lines[0] = lines[0].upper()
    for i, line in enumerate(lines):
        used = font if i == 0 else sheet.look.body
        entity = page.add_entity(HEADER) if i == 0 and is_header else None
        spare = max(sheet.right - sheet.left - used.get_length(line), 0)
        x = sheet.left + {"left": 0, "middle": spare / 2, "right": spare}[place]
        sheet.write(line, x, sheet.y, used, entity, right=sheet.right + 40, most=1)
        sheet.y += 1.2 * used.size
    sheet.y += rng.uniform(0.5, 2.5) * font.size


def write_text(sheet: Sheet, left: float, right: float) -> None:
    """Paragraphs."""
    rng, look = sheet.shape, sheet.look
    is_note = rng.random() < 0.4
    for _ in range(1 if is_note else rng.randint(1, 4)):
        text = rng.choice(NOTES) if is_note else prose.make_remark(sheet.content)
        if rng.random() < 0.1:
            text = (
                f"{rng.choice(['NOTE:', '*', '-', '1.', 'Dear Sir:', 'P. S.'])} {text}"
            )
        if is_note and rng.random() < 0.3:
            text = text.upper()
        x = left + rng.choice([0, 0, 0, 15])
        _, sheet.y = sheet.write(
            text,
            x,
            sheet.y,
            look.body,
            right=right,
            leading=max(1.1, min(look.leading, 1.6)),
            most=12,
        )
        sheet.y += 0.7 * look.body.size
        if sheet.is_full:
            break
    sheet.y += look.spacing * look.body.size


def write_letter(sheet: Sheet, left: float, right: float) -> None:
    """Write a letter: date and address, salutation, paragraphs, closing."""
    rng, look = sheet.shape, sheet.look
    font, content = look.body, sheet.content
    middle = rng.random() < 0.4
    sheet.write(
        prose.make_day(content), (left + right) / 2 if middle else left, sheet.y, font
    )
    sheet.y += 2.2 * font.size
    lines = [
        prose.make_person(content),
        prose.make_firm(content),
        prose.make_postal(content),
    ]
    for line in lines[: rng.randint(1, 3)]:
        _, sheet.y = sheet.write(
            line, left, sheet.y, font, right=(left + right) / 2 + 60
        )
    sheet.y += font.size
    _, sheet.y = sheet.write(f"Dear {prose.make_person(content)}:", left, sheet.y, font)
    for _ in range(rng.randint(1, 4)):
        sheet.y += 0.8 * font.size
        _, sheet.y = sheet.write(
            prose.make_remark(content),
            left + rng.choice([0, 25]),
            sheet.y,
            font,
            right=right,
            most=8,
        )
        if sheet.is_full:
            return
    x = (left + right) / 2 if middle else left
    closing = rng.choice(
        ["Sincerely,", "Very truly yours,", "Best regards,", "Yours truly,"]
    )
    for text in (closing, prose.make_person(content), prose.make_phrase(content)):
        sheet.y += 1.5 * font.size
        sheet.write(text, x, sheet.y, font)
    sheet.y += 2 * font.size


def write_items(sheet: Sheet, left: float, right: float) -> None:
    """Numbered or marked lines of running text."""
    rng, look = sheet.shape, sheet.look
    marks = rng.choice(["1.", "-", "*", "a."])
    for n in range(rng.randint(2, 6)):
        mark = {"1.": f"{n + 1}.", "a.": f"{'abcdefg'[n]}."}.get(marks, marks)
        sheet.write(mark, left + 8, sheet.y, look.body)
        text = prose.make_sentence(sheet.content)
        _, sheet.y = sheet.write(
            text, left + 30, sheet.y, look.body, right=right, most=3
        )
        if sheet.is_full:
            break
    sheet.y += look.spacing * look.body.size


def write_heading(sheet: Sheet, left: float, right: float) -> None:
    text = sheet.number_label(make_heading(sheet.shape))
    sheet.y = sheet.write_heading(text, left, sheet.y, right=right)


def write_marks(sheet: Sheet) -> None:
    """Write what stands at the edges: numbers of documents and pages, fax lines, stamps."""
    rng, page, look = sheet.content, sheet.page, sheet.look
    width, height = page.width, page.height
    small = choose_font(rng, rng.choice(["mono", "sans"]), rng.uniform(7, 11))
    number = f"{rng.randint(10_000_000, 99_999_999)}"
    number = rng.choice(
        [number, number, f"{number}{rng.randint(10, 99)}", f"TIMN {number[:6]}"]
    )
    if rng.random() < 0.75:
        if rng.random() < 0.3:
            # Turned by 90 degrees.
            x, y = width - rng.uniform(12, 40), rng.uniform(0.5, 0.9) * height
            page.write(number, x, y, small)
            tall = small.get_length(number)
            page.words[-1].box = (x, y - tall, x + small.size, y)
            page.words[-1].is_turned = True
        else:
            x = rng.choice([rng.uniform(0.6, 0.85), rng.uniform(0.05, 0.3)]) * width
            page.write(number, x, height - rng.uniform(15, 45), small)
    if rng.random() < 0.25:
        text = rng.choice(
            [
                "Page 1 of 2",
                "-1-",
                "2",
                "PAGE 2",
                f"Form {number[:4]} (Rev. 3/85)",
                f"{number[:5]}-{number[5:]}",
                "Rev. 1/90",
                "(over)",
            ]
        )
        x = rng.choice([sheet.left, width / 2, sheet.right - 70])
        page.write(text, x, height - rng.uniform(18, 60), look.body)
    if rng.random() < 0.18:
        day, tel = prose.make_day(rng).upper(), prose.make_tel(rng)
        text = f"{day} {rng.randint(1, 12)}:{rng.randint(10, 59)} {rng.choice(['FROM', 'FR', ''])} "
        text += f"{prose.make_firm(rng).upper()} {tel} TO {prose.make_tel(rng)} P.{rng.randint(1, 9):02d}"
        page.write(text, rng.uniform(10, 60), rng.uniform(4, 14), small)
    for _ in range(rng.choice([0, 0, 0, 0, 1, 2])):
        _stamp(sheet, rng)


def _stamp(sheet: Sheet, rng: random.Random) -> None:
    """Write a stamp or a scribble, where there is room."""
    page = sheet.page
    font = choose_font(rng, rng.choice(["hand", "sans", "mono"]), rng.uniform(9, 20))
    text = rng.choice(STAMPS) if rng.random() < 0.85 else prose.make_phrase(rng)
    lines = [text] + ([prose.make_day(rng)] if rng.random() < 0.3 else [])
    wide = max(font.get_length(line) for line in lines)
    for _ in range(8):
        x = rng.uniform(10, max(page.width - wide - 10, 11))
        y = rng.uniform(0.02, 0.93) * page.height
        box = (x - 8, y - 6, x + wide + 8, y + 1.3 * font.size * len(lines) + 4)
        if not any(_meets(box, word.box) for word in page.words):
            page.write_lines(lines, x, y, font)
            return


def _meets(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
