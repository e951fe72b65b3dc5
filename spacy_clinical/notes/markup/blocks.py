"""Build plain text from blocks, lines, lists and tables, laid out as a browser does."""

import re

_SPACE = re.compile(r"[ \t\n\r\f]+")
# Layout characters: fixed spaces become spaces, soft hyphens are removed.
_LAYOUT = str.maketrans({"\xa0": " ", "\xad": None, "\u200b": None, "\ufeff": None})
_LINE_END = re.compile(r"\r\n?|\n")
_POWER = re.compile(r"[-+\u2212]?\d")


class TextBlocks:
    """Collect text, and insert line ends, tabs and spaces between blocks."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._n_lines = 0
        self._n_tabs = 0
        self._has_space = False
        # Whether the line has a fixed space and nothing else: an empty line.
        self._has_filler = False
        self._prefix = ""
        # Of each open row: how many parts there were before it, and its cells so far.
        self._rows: list[list[int]] = []

    @property
    def n_parts(self) -> int:
        """The number of pieces of text so far, to see later if some was added."""
        return len(self._parts)

    def mark_power(self, text: str) -> str:
        """Put "^" before raised digits that would go on with a number: 10^3, not 103."""
        is_apart = self._n_lines or self._n_tabs or self._has_space or not self._parts
        if is_apart or not self._parts[-1][-1].isdigit() or not _POWER.match(text):
            return text
        return f"^{text}"

    def add(self, text: str) -> None:
        """Add text whose white space only separates words."""
        text = _SPACE.sub(" ", text)
        core = text.strip(" ")
        self._has_space |= text[:1] == " "
        if not core:
            return
        if not core.translate(_LAYOUT).strip(" "):
            self._has_filler |= self._is_at_line_start
            self._has_space = True
            return
        self._flush()
        self._parts.append(core.translate(_LAYOUT))
        self._has_space = text[-1] == " "

    def add_lines(self, text: str) -> None:
        """Add text whose white space stays as it is."""
        for i, line in enumerate(_LINE_END.split(text)):
            if i:
                self.break_line()
            if line.strip() or (line and not self._is_at_line_start):
                self._flush()
                self._parts.append(line)

    def start_line(self) -> None:
        """Start a new line before the next text."""
        if not self._n_tabs:
            self._want(1)

    def start_paragraph(self) -> None:
        """Insert an empty line before the next text.

        Not so the first one of an item, which goes beside its mark.
        """
        if not self._n_tabs:
            self._want(1 if self._prefix else 2)

    def break_line(self) -> None:
        """End the line, though it may be empty."""
        if not self._n_tabs:
            self._want(self._n_lines + 1)

    def start_item(self, prefix: str) -> None:
        """Start an item of a list; its mark appears with its first word."""
        self.start_line()
        self._prefix = prefix

    def start_row(self) -> None:
        """Start a row of a table, which may be inside of a cell."""
        self.start_line()
        self._rows.append([self.n_parts, 0])

    def start_cell(self) -> None:
        """Start a cell of the row; outside of rows it is a line."""
        if not self._rows:
            self.start_line()
            return
        n_parts, n_cells = self._rows[-1]
        self._rows[-1][1] += 1
        if not n_cells:
            return
        if self.n_parts > n_parts:
            self._n_lines = 0
        self._n_tabs += 1
        self._has_space = self._has_filler = False

    def end_row(self) -> None:
        """End a row, if one is open."""
        if self._rows:
            self._rows.pop()
            self.end_item()

    def end_item(self) -> None:
        """End an item of a list, or a row, which stand close together.

        Empty cells at the end of a row are left out.
        """
        self._n_tabs = 0
        self._n_lines = 2 if self._has_filler else 1
        self._has_space = self._has_filler = False

    def finish(self) -> str:
        """Return the text of all blocks."""
        return "".join(self._parts)

    @property
    def _is_at_line_start(self) -> bool:
        return not self._parts or self._n_lines > 0

    def _want(self, n_lines: int) -> None:
        if self._has_filler:
            n_lines = max(n_lines, 2)
        self._n_lines = max(self._n_lines, n_lines)
        self._has_space = self._has_filler = False

    def _flush(self) -> None:
        if self._parts:
            gap = "\n" * self._n_lines + "\t" * self._n_tabs
            if not gap and self._has_space and not self._parts[-1][-1].isspace():
                gap = " "
            if gap:
                self._parts.append(gap)
        if self._prefix:
            self._parts.append(self._prefix)
        self._n_lines = self._n_tabs = 0
        self._has_space = self._has_filler = False
        self._prefix = ""
