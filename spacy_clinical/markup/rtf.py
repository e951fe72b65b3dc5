"""RTF as plain text. Needs striprtf."""

import re

_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<arg>-?\d{1,10})? ?|(?P<hex>\\'[0-9a-fA-F]{2})"
    r"|(?P<char>\\[^a-zA-Z])|(?P<brace>[{}])|(?P<text>[^\\{}]+)|\\",
    re.S,
)
_HIDING = frozenset({"v", "deleted", "strike", "striked"})
# `striprtf` puts bars where cells end.
_CELLS = {"cell": r"\tab ", "nestcell": r"\tab ", "nestrow": r"\row "}
_LAYOUT = str.maketrans({"\xa0": " ", "\xad": None, "\u2011": "-"})
_LINK = re.compile("(?=hyperlink)", re.I)
_ROW_END = re.compile(r"\t+(?=\n)")
# Names of fonts; more than any program writes.
MAX_FONTS = 200_000


def convert_rtf(text: str) -> str:
    """Convert RTF to plain text, without what is hidden, deleted or struck out.

    RAISES ValueError: If its table of fonts is too large to be one.
    """
    # Only this form needs it.
    from striprtf.striprtf import font_table_group, rtf_to_text

    cleaned = _clean(text)
    if len(font_table_group(cleaned)) > MAX_FONTS:
        raise ValueError("table of fonts")
    plain: str = rtf_to_text(cleaned, errors="replace")
    return _ROW_END.sub("", plain.translate(_LAYOUT)).strip("\r\n")


def _clean(text: str) -> str:
    """Leave out text that isn't shown, and what `striprtf` would take long for.

    Its patterns search to the end of a line, and line ends mean nothing in RTF: there
    are some more in what is returned.
    """
    parts: list[str] = []
    is_hidden = is_raised = False
    groups: list[tuple[bool, bool]] = []
    last = ""
    for match in _TOKEN.finditer(text):
        word, shown = match["word"], match[0]
        if match["brace"] == "{":
            groups.append((is_hidden, is_raised))
        elif match["brace"] == "}":
            is_hidden, is_raised = groups.pop() if groups else (False, False)
        elif word in _HIDING:
            is_hidden = match["arg"] != "0"
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
    return "".join(parts)
