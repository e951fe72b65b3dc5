"""Options to tick of business forms."""

from synthetic_forms.labels import make_label
from synthetic_forms.sheet import ANSWER, Sheet
from synthetic_forms.vocabulary import split

OPTIONS = [
    ("Yes|No", ""),
    ("Yes|No|N/A", ""),
    ("Approved|Disapproved|Hold", "Status"),
    ("Urgent|For Review|Please Comment|Please Reply", "Priority"),
    ("Light|Moderate|Heavy", "Effectiveness"),
    ("Excellent|Good|Fair|Poor", "Rating"),
    ("New|Renewal|Revision|Cancellation", "Type"),
    ("Newspaper|Magazine|Radio|Outdoor", "Media"),
    ("Regular|Menthol", "Flavor"),
    ("Kings|100's|120's", "Size"),
    ("Soft Pack|Box|Other", "Packing"),
    ("Mail|Messenger|Fax", "Send by"),
    ("Male|Female", "Sex"),
    ("Daily|Weekly|Monthly|Quarterly", "Frequency"),
    ("Domestic|International", "Market"),
    ("Original|Copy", "Document"),
    ("A|B|C|D", "Grade"),
    ("Approval|Signature|Information|File|Your Comments|Per Conversation", "For"),
    ("Note and Return|Take Appropriate Action|Prepare Reply|See Me", "Please"),
    ("Increase|Decrease|No Change", "Sales"),
    ("1|2|3|4|5", "Score"),
    ("Solid|Liquid|Gas", "Form"),
    ("Full Page|Half Page|Spread", "Space"),
]
MARKS = [
    ("[ ]", "[X]"),
    ("( )", "(X)"),
    ("__", "X"),
    ("___", "_X_"),
    ("\u2610", "\u2612"),
]
MARKS += [
    ("\u25a1", "\u25a0"),
    ("", "X"),
    ("", "\u2713"),
    ("", ""),
    ("O", "X"),
    ("[]", "[x]"),
]


def write_options(sheet: Sheet, left: float, right: float) -> None:
    """Options to tick behind a question, or under it. An option is an answer, or is a
    question itself, whose mark is the answer."""
    rng, look = sheet.shape, sheet.look
    marks = rng.choice(MARKS)
    kind = rng.choice(["answer", "answer", "question"])
    is_down, is_behind = rng.random() < 0.3, rng.random() < 0.4
    for _ in range(rng.randint(1, 4)):
        names, label = rng.choice(OPTIONS)
        options = split(names)
        if not label or rng.random() < 0.4:
            label, _ = make_label(rng)
            label = label.rstrip("?") + rng.choice(["", "?"])
        question, end, low = sheet.ask(
            sheet.number_label(sheet.word_label(label)), left, sheet.y, right=right
        )
        ticked = sheet.content.randrange(len(options) + 1)
        x, y = (left + 20, low) if is_down else (end + rng.choice([8, 20, 40]), sheet.y)
        for i, option in enumerate(options):
            mark = marks[i == ticked]
            if kind == "question" and i != ticked and mark.strip("_") == "":
                mark = ""
            width = look.label.get_length(f"{mark} {option}") + 10
            if not is_down and x + width > right:
                x, y = left + 20, y + 1.3 * look.label.size
            x_end = _write_option(sheet, question, kind, mark, option, x, y, is_behind)
            if is_down:
                y += 1.25 * look.label.size
            else:
                x = x_end + rng.choice([10, 18, 30])
        sheet.y = max(low, y + (0 if is_down else look.leading * look.label.size))
        if sheet.is_full:
            break
    sheet.y += look.spacing * look.label.size


def _write_option(
    sheet: Sheet,
    question: int,
    kind: str,
    mark: str,
    option: str,
    x: float,
    y: float,
    is_behind: bool,
) -> float:
    page, font = sheet.page, sheet.look.label
    if kind == "answer":
        answer = page.add_entity(ANSWER)
        page.link(question, answer)
        text = f"{option} {mark}" if is_behind else f"{mark} {option}"
        return page.write(text.strip(), x, y, font, answer)
    own = sheet.add_question()
    if is_behind:
        x = page.write(option, x, y, font, own) + 5
    if mark:
        answer = page.add_entity(ANSWER)
        page.link(own, answer)
        x = page.write(mark, x, y, font, answer) + 5
    return x if is_behind else page.write(option, x, y, font, own)


def write_checklist(sheet: Sheet, left: float, right: float) -> None:
    """Options in columns without a question."""
    rng, look = sheet.shape, sheet.look
    marks = rng.choice(MARKS)
    kind = rng.choice(["answer", "question"])
    n_columns = rng.choice([1, 2, 2, 3])
    cell = (right - left) / n_columns
    for _ in range(rng.randint(2, 5)):
        for column in range(n_columns):
            text = make_label(rng)[0]
            if rng.random() < 0.5:
                text = rng.choice(split(rng.choice(OPTIONS)[0]))
            mark = marks[sheet.content.random() < 0.3]
            x = left + column * cell
            page = sheet.page
            if kind == "answer":
                entity = page.add_entity(ANSWER)
                sheet.write(
                    f"{mark} {text}".strip(),
                    x,
                    sheet.y,
                    look.label,
                    entity,
                    right=x + cell - 6,
                    most=1,
                )
                continue
            question = sheet.add_question()
            if mark.strip("_[]() "):
                answer = page.add_entity(ANSWER)
                page.link(question, answer)
                page.write(mark, x, sheet.y, look.label, answer)
            sheet.write(
                text, x + 22, sheet.y, look.label, question, right=x + cell - 6, most=1
            )
        sheet.y += look.leading * look.label.size
        if sheet.is_full:
            break
    sheet.y += look.spacing * look.label.size
