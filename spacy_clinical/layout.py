"""Which tokens of a note are its layout, not its text."""

from spacy.tokens import Doc

from spacy_clinical.extensions import SECTIONS_KEY


def find_layout(doc: Doc) -> frozenset[int]:
    """The tokens of section titles and of list items' numbers ("2." in a line)."""
    layout: set[int] = set()
    for section in doc.spans.get(SECTIONS_KEY, ()):
        title = section._.section_title
        if title is not None:
            layout.update(range(title.start, title.end))
    previous = "\n"
    for token in doc:
        if "\n" in previous and token.is_digit:
            end = token.i + 1
            if end < len(doc) and doc[end].text in (".", ")") and not token.whitespace_:
                layout.update((token.i, end))
        if not token.is_space or "\n" in token.text:
            previous = token.text
    return frozenset(layout)
