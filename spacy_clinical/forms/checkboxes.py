"""Find checkboxes in text, as they are drawn, typed or misread."""

import re
from typing import NamedTuple

# The characters for drawn checkboxes.
TICKED_BOX, EMPTY_BOX, UNSURE_BOX = "\u2612", "\u2610", "\u2b1a"
# Symbols; brackets with nothing, a line or a cross in them; what OCR makes of them.
EMPTY = (
    r"[\u2610\u25a1\u25fb\u25a2\u2b1c\u25cb]|\[\s*_?\s*\]|\(\s*\)|\|_\||\[_|"
    r"(?<!\S)[LC]_?\](?!\w)"
)
TICKED = (
    r"[\u2611\u2612\u25a0\u25fc\u2b1b\u25cf\u2713\u2714\u2717\u2718]|"
    r"\[\s*[xXvV\u2713\u2714*]\s*\]|\(\s*[xX*\u2713]\s*\)|\|[xX]\||"
    # "KX]", "IX]", "XX]" and "[X"
    r"(?<!\S)[\[({|IlLEK]?[XK]{1,2}\](?!\w)|(?<!\S)\[[xX]{1,2}(?!\S)"
)
# Half a bracket with one or two letters.
UNSURE = r"\u2b1a|(?<!\S)[^\W\d_]{1,2}\](?!\S)|(?<!\S)\[[^\W\d_]{1,2}(?!\S)"
BOX = re.compile(f"(?P<ticked>{TICKED})|(?P<empty>{EMPTY})|(?P<unsure>{UNSURE})")
# Beside other checkboxes, one or two signs before an option count as one.
WEAK = re.compile(
    rf"{BOX.pattern}|(?<!\S)(?P<cross>[xX]{{1,2}})(?=\s+\w)|"
    r"(?<!\S)(?P<weak>LJ|LI|CJ|EJ|C1|[IlL|]{1,2}|[^\s\w]{1,2}|[ODQ0MWmwo])(?=\s+[^\W\d_])"
)
BLANK = re.compile(r"[\s._:;,-]*")


class Checkbox(NamedTuple):
    """A checkbox and its option.

    is_ticked: None if that can't be told.
    option: The words beside it, and where they are in the text (characters).
    """

    is_ticked: bool | None
    option: str
    start: int
    end: int


def find_checkboxes(
    text: str, *, is_beside: bool = False
) -> tuple[str, list[Checkbox]]:
    """Find the checkboxes of a line.

    Options stand behind their boxes, or before them where nothing is behind the last.

    is_beside: Whether other boxes of the same question are known, so that what OCR often
        makes of one is taken for one.
    RETURNS: What is before the first of them, such as "Smoker:", and the boxes.
    """
    boxes = list(BOX.finditer(text))
    if boxes or is_beside:
        boxes = list(WEAK.finditer(text))
    if not boxes:
        return text, []
    after = [
        (box.end(), following.start() if following else len(text))
        for box, following in zip(boxes, [*boxes[1:], None], strict=True)
    ]
    lead = 0, boxes[0].start()
    if BLANK.fullmatch(text[slice(*after[-1])]):
        # "Yes [x] No [ ]"
        before = [lead, *after[:-1]]
        question = text[: lead[1]]
        if ":" in question:
            at = question.rindex(":") + 1
            before[0], lead = (at, lead[1]), (0, at)
        else:
            lead = 0, 0
        after = before
    checkboxes = []
    for box, (start, end) in zip(boxes, after, strict=True):
        option = text[start:end]
        start += len(option) - len(option.lstrip())
        end = start + len(option.strip())
        checkboxes.append(Checkbox(_get_state(box), text[start:end], start, end))
    return text[slice(*lead)].strip(), checkboxes


def _get_state(box: re.Match[str]) -> bool | None:
    kinds = box.groupdict()
    if kinds["ticked"] is not None or kinds.get("cross") is not None:
        return True
    return False if kinds["empty"] is not None else None
