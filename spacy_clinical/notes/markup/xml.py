"""Convert XML to plain text: CDA documents, and notes in an element. Needs lxml.

Of a CDA document the text are its title and, of each section, the title on a line of its
own and the narrative block. The header, with the patient's data, and the structured
entries are not: they repeat what the narrative says, or say it in codes.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from spacy_clinical.notes.markup.html import HtmlText

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
# What elements of the narrative block are in HTML. Of CDA R2's schema NarrativeBlock.
_NARRATIVE = {
    **{tag: tag for tag in ("br", "sub", "sup", "table", "tbody", "thead", "tfoot")},
    **{tag: tag for tag in ("td", "th", "tr", "caption")},
    "paragraph": "p",
    "item": "li",
    "list": "ul",
    "footnote": "div",
    "text": "div",
    "renderMultiMedia": "object",
}


class UnsafeXmlError(ValueError):
    """XML that declares entities, which may stand for anything."""


class UnknownXmlError(ValueError):
    """XML of a kind that isn't known to hold one note."""


class NotXmlError(ValueError):
    """A text that looked like XML, and is none."""


def convert_xml(text: str, *, is_sure: bool = True) -> tuple[str, bytes | None]:
    """Convert XML to plain text.

    is_sure: Whether it must be XML; else `NotXmlError` is raised for what can't be parsed.
    RETURNS: The text; and if there is none, a document that is embedded as Base64.
    RAISES UnsafeXmlError, UnknownXmlError: As these say.
    RAISES Exception: lxml's, if it isn't well-formed.
    """
    try:
        root = parse_xml(text)
    # lxml's error of syntax is one of Python's.
    except (UnsafeXmlError, SyntaxError) as error:
        if is_sure:
            raise
        raise NotXmlError from error
    name = _get_name(root)
    if name in ("ClinicalDocument", "structuredBody", "component", "section"):
        return _convert_cda(root)
    texts = [element for element in root.iter() if _get_name(element).lower() == "text"]
    if not texts and not len(root):
        texts = [root]
    if len(texts) != 1:
        raise UnknownXmlError
    return _convert_text(texts[0]), None


def parse_xml(text: str) -> Any:
    """Parse XML that may be hostile: nothing is fetched, no entity is expanded.

    RETURNS: The root element.
    RAISES UnsafeXmlError: If it declares entities, or uses some that it doesn't declare.
    """
    # Only this form needs it.
    from lxml import etree

    check_declarations(text)
    declaration = _DECLARATION.match(text)
    body = text[declaration.end() :] if declaration else text
    # Texts are decoded already, whatever the declaration says.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(body.strip().encode("utf8"), parser)
    if next(root.iter(etree.Entity), None) is not None:
        raise UnsafeXmlError
    return root


def check_declarations(text: str) -> None:
    """Refuse XML whose document type declares anything.

    RAISES UnsafeXmlError: If so.
    """
    if "<!ENTITY" in text or re.search(r"<!DOCTYPE[^>\[]*\[", text[:100_000]):
        raise UnsafeXmlError


def _get_name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _convert_cda(root: Any) -> tuple[str, bytes | None]:
    html = HtmlText()
    for child in root.iterchildren("{*}title"):
        _add_title(child, html)
    for element in _walk(root):
        name, parent = _get_name(element), _get_name(element.getparent())
        if parent == "nonXMLBody" and name == "text":
            if element.get("representation") == "B64":
                return "", b64decode("".join(element.itertext()))
            html.blocks.add_lines(_convert_text(element))
        elif (
            name == "title" and parent == "section" and element.getparent() is not root
        ):
            _add_title(element, html)
        elif name == "text" and parent == "section":
            html.blocks.start_line()
            _add_narrative(element, html)
    return html.close(), None


def _walk(root: Any) -> Iterator[Any]:
    """Go through a document, without the header and the entries."""
    from lxml import etree

    walk = etree.iterwalk(root, events=("start",))
    for _, element in walk:
        if element is root:
            continue
        parent, name = _get_name(element.getparent()), _get_name(element)
        yield element
        is_body = parent in ("component", "structuredBody", "nonXMLBody")
        is_part = parent == "section" and name in ("component", "section")
        if not (is_body or is_part or name == "component"):
            walk.skip_subtree()


def _add_title(element: Any, html: HtmlText) -> None:
    html.start("h2", {})
    html.data("".join(element.itertext()))
    html.end("h2")


def _add_narrative(element: Any, html: HtmlText) -> None:
    """Add a narrative block, which has the elements of HTML by other names."""
    from lxml import etree

    if not len(element):
        html.blocks.add_lines(_trim(element.text or ""))
        return
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        tag = _NARRATIVE.get(_get_name(inner), "span")
        if inner.get("revised") == "delete":
            tag = "del"
        elif tag == "ul" and inner.get("listType") == "ordered":
            tag = "ol"
        if event == "start":
            html.start(tag, {})
            html.data(inner.text or "")
        else:
            html.end(tag)
            if inner is not element:
                html.data(inner.tail or "")


def _convert_text(element: Any) -> str:
    """Convert the text of an element that holds a note."""
    if not len(element):
        return _trim(element.text or "")
    html = HtmlText()
    _add_narrative(element, html)
    return html.close()


def _trim(text: str) -> str:
    """Remove empty lines around a text, and the indentation that all lines share."""
    from textwrap import dedent

    return dedent(re.sub(r"^\s*\n", "", text)).rstrip()
