"""List the adapters, and find the one for a file."""

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.forms.adapters.adapter import Adapter, Content, make_fault
from spacy_clinical.forms.adapters.alto import ALTO
from spacy_clinical.forms.adapters.azure import AZURE
from spacy_clinical.forms.adapters.hocr import HOCR
from spacy_clinical.forms.adapters.image import IMAGE
from spacy_clinical.forms.adapters.pdf import PDF
from spacy_clinical.forms.adapters.tesseract import TESSERACT
from spacy_clinical.forms.adapters.textract import TEXTRACT

# The first that recognizes a file reads it; HOCR takes any other file of tags.
ADAPTERS: tuple[Adapter, ...] = (PDF, IMAGE, TESSERACT, TEXTRACT, AZURE, ALTO, HOCR)


def list_suffixes() -> frozenset[str]:
    """List the endings of files that may hold forms."""
    return frozenset().union(*(adapter.suffixes for adapter in ADAPTERS))


def find_adapter(content: Content) -> Adapter:
    """Find the adapter for a file by its content.

    RAISES ValueError: C508, for JSON that is broken; C509, if nothing reads it; C514, if
        it is too large to tell.
    """
    for adapter in ADAPTERS:
        if adapter.recognizes(content):
            return adapter
    content.check_size()
    if content.json_fault:
        raise make_fault(content.name, "JSON", content.json_fault)
    raise CodedValueError(Errors.C509.format(name=content.name))
