"""Read forms: from a scan or a PDF to a Doc with a box for each word.

Its libraries (pypdfium2, Pillow) come with the package; OCR needs Tesseract.
"""

from spacy_clinical.forms.document import make_form_doc
from spacy_clinical.forms.read import make_pages, read_form, read_forms

__all__ = ["make_form_doc", "make_pages", "read_form", "read_forms"]
