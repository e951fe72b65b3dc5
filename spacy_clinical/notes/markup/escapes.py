r"""Unescape texts whose line ends were written as "\n", as in JSON or in source code."""

import re

# A path is no text with line ends. S:, O:, A: and P: are titles, I: may end HPI:.
_PATH = r"(?<![A-Za-z0-9])[C-HJ-NQ-RT-Zc-hj-nq-rt-z]:\\[^\s\"<>|*?]*|\\\\\w[\w.-]*\\[^\s\"<>|*?]*"
_LINE_END = r"\\r\\n|\\n|\\r(?![a-z])"
_ESCAPE = re.compile(
    rf"(?P<path>{_PATH})|(?P<line>{_LINE_END})|\\(?P<char>[t\"\\/])"
    r"|\\u(?P<code>[0-9a-fA-F]{4})"
)
_LINE = re.compile(
    rf"(?P<path>{_PATH})|(?P<line>(?:\\r)?\\n)"
    r"(?:(?P<lower>[a-z])|(?P<title>[A-Z](?=[A-Za-z0-9 /&,()'-]{0,60}:)))?"
)
_NEWLINE = re.compile(r"\r\n?|\n")
# Of line ends that are written out, how many there may be of real ones: of all, of
# those that no small letter follows, and of the latter where one is before a title.
_SHARE = 0.1
_SHARE_OF_CLEAR = 0.25
_SHARE_BEFORE_TITLES = 0.5


def has_written_line_ends(text: str) -> bool:
    r"""Check whether "\n" stands for the line ends of a text that has few others."""
    n_lines = n_clear = n_titles = 0
    for match in _LINE.finditer(text):
        if match["line"]:
            n_lines += 1
            # Before small letters it may be anything, such as a name in LaTeX.
            n_clear += match["lower"] is None
            n_titles += match["title"] is not None
    if not n_titles and n_clear < 2 and n_lines < 3:
        return False
    n_real = sum(1 for _ in _NEWLINE.finditer(text.strip()))
    share = _SHARE_BEFORE_TITLES if n_titles else _SHARE_OF_CLEAR
    return n_real <= max(n_lines * _SHARE, n_clear * share)


def unescape_line_ends(text: str) -> str:
    r"""Replace "\n", "\t" and the other escapes of JSON by their characters."""
    return _ESCAPE.sub(_replace, text)


def _replace(match: re.Match[str]) -> str:
    if match["path"]:
        return match["path"]
    if match["line"]:
        return "\n"
    if match["code"]:
        char = chr(int(match["code"], 16))
        # Half a surrogate pair is no character.
        return match[0] if "\ud800" <= char <= "\udfff" else char
    return "\t" if match["char"] == "t" else match["char"]
