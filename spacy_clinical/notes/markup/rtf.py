"""Convert RTF to plain text. Needs striprtf."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<arg>-?\d+)? ?|(?P<hex>\\'[0-9a-fA-F]{2})"
    r"|(?P<char>\\[^a-zA-Z])|(?P<brace>[{}])|(?P<text>[^\\{}]+)|\\",
    re.S,
)
_WORD_CHAR = re.compile(r"[^\W_]")
_HIDING = frozenset({"v", "deleted", "strike", "striked"})
# `striprtf` puts bars where cells end.
_CELLS = {"cell": r"\tab ", "nestcell": r"\tab ", "nestrow": r"\row "}
_LAYOUT = str.maketrans({"\xa0": " ", "\xad": None, "\u2011": "-"})
_LINK = re.compile("(?=hyperlink)", re.I)
_ROW_END = re.compile(r"\t+(?=\n)")
# `striprtf` reads this many digits of a number, and shows the others.
_MAX_DIGITS = 10
# Names of fonts; more than any program writes.
MAX_FONTS = 200_000


def convert_rtf(text: str) -> str:
    """Convert RTF to plain text, without what is hidden, deleted or struck out.

    RAISES ValueError: If its table of fonts is too large to be one, if it is cut off,
        or if more text follows behind its end.
    """
    # Only this form needs it.
    from striprtf.striprtf import font_table_group, rtf_to_text

    cleaned = _clean(text)
    if len(font_table_group(cleaned)) > MAX_FONTS:
        raise ValueError("table of fonts")
    plain: str = rtf_to_text(cleaned, errors="replace")
    return _ROW_END.sub("", plain.translate(_LAYOUT)).strip("\r\n")


def _clean(text: str) -> str:
    """Remove text that isn't shown, and parts that are slow to read for `striprtf`.

    Its patterns search to the end of a line, and line ends mean nothing in RTF: there
    are some more in what is returned.

    RAISES ValueError: If groups aren't closed, or text follows behind the last one.
    """
    parts: list[str] = []
    is_hidden = is_raised = is_over = False
    groups: list[tuple[bool, bool]] = []
    last = ""
    for match in _iterate_tokens(text):
        word, shown = match["word"], match[0]
        if is_over:
            if match["hex"] or word == "u" or _WORD_CHAR.search(match["text"] or ""):
                raise ValueError("text behind the end")
            continue
        if word and len(match["arg"] or "") > _MAX_DIGITS:
            # Without its number it changes nothing in the text; 'uc' needs one.
            shown = "" if word == "uc" else f"\\{word} "
        if match["brace"] == "{":
            groups.append((is_hidden, is_raised))
        elif match["brace"] == "}":
            is_hidden, is_raised = groups.pop() if groups else (False, False)
            is_over = not groups
        elif word in _HIDING:
            is_hidden = match["arg"] != "0"
        elif word == "bin":
            shown = ""
        elif word in ("super", "nosupersub"):
            is_raised = word == "super" and match["arg"] != "0"
        elif word == "plain":
            is_hidden = is_raised = False
        elif word in _CELLS:
            shown = _CELLS[word]
        elif word in ("field", "f"):
            shown = f"\n{shown}"
        elif is_hidden and (match["text"] or match["hex"] or word == "u"):
            shown = ""
        elif match["text"]:
            shown = _LINK.sub("\n", shown) if len(shown) > 8 else shown
            # 10 to the third must not become 103.
            if is_raised and last.isdigit() and shown[0] in "0123456789+-":
                shown = f"^{shown}"
            last = shown[-1]
        elif word in ("par", "line", "tab", "row"):
            last = ""
        parts.append(shown)
    if groups:
        raise ValueError("cut off")
    return "".join(parts)


def _iterate_tokens(text: str) -> Iterator[re.Match[str]]:
    """Go through the tokens, without the data of pictures behind 'bin'."""
    place = 0
    while (match := _TOKEN.match(text, place)) is not None:
        yield match
        place = match.end()
        number = match["arg"] if match["word"] == "bin" else None
        # Ignore a number that is larger than the rest of the document.
        if number and len(number) <= _MAX_DIGITS:
            n_bytes = max(int(number), 0)
            place += n_bytes if place + n_bytes <= len(text) else 0
