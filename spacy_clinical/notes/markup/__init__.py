"""Notes that arrive as HTML, CDA, HL7 v2, RTF, Word documents or with escapes.

`convert_text` and `convert_bytes` find out the form of a note and convert it to plain
text. Plain text stays as it is, character for character.
"""

from spacy_clinical.notes.markup.convert import (
    Converted,
    Markup,
    convert_bytes,
    convert_text,
)

__all__ = ["Converted", "Markup", "convert_bytes", "convert_text"]
