"""Convert Word documents (DOCX) to plain text. Needs lxml.

The text is that of the document's body: headers, footers, footnotes and comments are left
out, and so is what is hidden, deleted or struck out. Numbers that Word gives the items of
lists are not in the file: each has "- " before it.

Own code, as the libraries that read DOCX either lose what is in content controls and in
tracked insertions, or build the whole document in memory.
"""

import re
from collections.abc import Mapping
from io import BytesIO
from zipfile import ZipFile, ZipInfo

from spacy_clinical.notes.markup.blocks import TextBlocks
from spacy_clinical.notes.markup.xml import UnsafeXmlError, check_declarations

TYPES = "[Content_Types].xml"
# Of a part, unpacked: thousands of pages.
MAX_BYTES = 32_000_000
_MAIN = re.compile(
    r"<Override\b(?=[^>]*\bContentType=\"[^\"]*wordprocessingml\.(?:document|template)"
    r"\.main\+xml\")[^>]*\bPartName=\"/?([^\"]+)\"|<Override\b(?=[^>]*\bContentType=\""
    r"[^\"]*ms-word\.(?:document|template)\.macroEnabled\S*main\+xml\")"
    r"[^>]*\bPartName=\"/?([^\"]+)\""
)
_HIDDEN = frozenset(
    {
        *("del", "moveFrom", "Fallback", "rPrChange", "pPrChange", "instrText"),
        *("delText", "delInstrText", "sectPr"),
    }
)
_OFF = frozenset({"0", "false", "off", "none"})


class NotWordError(ValueError):
    """A zip archive that is no Word document."""


class TooLargeError(ValueError):
    """An archive whose parts are too large, or packed too tightly, to be a note."""


def convert_docx(data: bytes) -> str:
    """Convert a Word document to plain text.

    RAISES NotWordError, TooLargeError, UnsafeXmlError: As these say.
    RAISES Exception: zipfile's and lxml's, if it is broken.
    """
    with ZipFile(BytesIO(data)) as archive:
        names = {part.filename: part for part in archive.infolist()}
        if TYPES not in names:
            raise NotWordError
        match = _MAIN.search(_read(archive, names[TYPES]).decode("utf8", "replace"))
        part = names.get((match[1] or match[2]) if match else "")
        if part is None:
            raise NotWordError
        content = _read(archive, part)
    return _convert_body(content)


def _read(archive: ZipFile, part: ZipInfo) -> bytes:
    """Read a part. `zipfile` never unpacks more than its declared size."""
    if part.file_size > MAX_BYTES:
        raise TooLargeError
    return archive.read(part)


def _convert_body(content: bytes) -> str:
    # Only this form needs it.
    from lxml import etree

    # Without NULs, declarations read the same in UTF-8, UTF-16 and UTF-32.
    check_declarations(content.replace(b"\x00", b"").decode("utf8", "replace"))
    parser = etree.XMLParser(
        target=_Body(), resolve_entities=False, no_network=True, huge_tree=False
    )
    parser.feed(content)
    text: str = parser.close()
    return text


class _Body:
    """Build plain text from the events of lxml's parser."""

    def __init__(self) -> None:
        self.blocks = TextBlocks()
        self._names: list[str] = []
        self._hidden: int | None = None
        self._n_parts = 0
        self._is_text = False
        self._is_run_hidden = False
        self._is_raised = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition("}")[2]
        parent = self._names[-1] if self._names else ""
        self._names.append(name)
        if self._hidden is not None:
            return
        if name in _HIDDEN:
            self._hidden = len(self._names)
        elif name == "tr":
            self.blocks.start_row()
        elif name == "tc":
            self.blocks.start_cell()
        elif name == "p":
            self.blocks.start_line()
            self._n_parts = self.blocks.n_parts
        elif name in ("pStyle", "numPr"):
            self._set_style(name, _get_value(attributes))
        elif name == "r":
            self._is_run_hidden = self._is_raised = False
        elif parent == "rPr" and self._names[-3:-2] == ["r"]:
            self._set_run(name, _get_value(attributes))
        elif not self._is_run_hidden:
            self._add_char(name)
        self._is_text = name == "t"

    def end(self, tag: str) -> None:
        name = self._names.pop()
        self._is_text = False
        if self._hidden is not None:
            if self._hidden == len(self._names) + 1:
                self._hidden = None
        elif name == "p":
            # An empty paragraph is an empty line.
            if self.blocks.n_parts == self._n_parts:
                self.blocks.break_line()
            else:
                self.blocks.start_line()
            self._n_parts = self.blocks.n_parts
        elif name == "tr":
            self.blocks.end_row()

    def data(self, text: str) -> None:
        if not self._is_text or self._hidden is not None or self._is_run_hidden:
            return
        if self._is_raised:
            text = self.blocks.mark_power(text)
        self._is_raised = False
        self.blocks.add_lines(text.replace("\xa0", " "))

    def doctype(self, *_: object) -> None:
        raise UnsafeXmlError

    def close(self) -> str:
        lines = self.blocks.finish().split("\n")
        return "\n".join(line.rstrip() for line in lines)

    def _set_style(self, name: str, value: str) -> None:
        if name == "numPr" or value.startswith("List"):
            self.blocks.start_item("- ")
        elif value.startswith(("Heading", "Title")):
            self.blocks.start_paragraph()

    def _set_run(self, name: str, value: str) -> None:
        if name in ("vanish", "strike", "dstrike") and value not in _OFF:
            self._is_run_hidden = True
        elif name == "vertAlign":
            self._is_raised = value == "superscript"

    def _add_char(self, name: str) -> None:
        if name == "tab" and self._names[-2:-1] == ["r"]:
            self.blocks.add_lines("\t")
        elif name in ("br", "cr"):
            self.blocks.break_line()
        elif name == "noBreakHyphen":
            self.blocks.add_lines("-")


def _get_value(attributes: Mapping[str, str]) -> str:
    values = (attributes[key] for key in attributes if key.endswith("}val"))
    return next(values, "")
