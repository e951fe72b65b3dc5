"""Read the fields of fillable PDFs (AcroForm). Nothing in them is run or followed."""

import ctypes
from collections.abc import Callable
from typing import Any

from pypdfium2 import raw

from spacy_clinical.forms.pages import Box, Widget, WidgetKind

KINDS: dict[int, WidgetKind] = {
    raw.FPDF_FORMFIELD_TEXTFIELD: "text",
    raw.FPDF_FORMFIELD_COMBOBOX: "choice",
    raw.FPDF_FORMFIELD_LISTBOX: "choice",
    raw.FPDF_FORMFIELD_CHECKBOX: "checkbox",
    raw.FPDF_FORMFIELD_RADIOBUTTON: "radio",
    raw.FPDF_FORMFIELD_SIGNATURE: "signature",
}
# Flags of fields that a viewer doesn't show.
UNSEEN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
# Flags of text fields: ISO 32000-1, table 228.
MULTILINE, PASSWORD, COMB = 1 << 12, 1 << 13, 1 << 24
# Stands for any password, as in a viewer.
MASK = "********"
SIGNED = "signed"
XFA = (raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND)
# Fields smaller than this, in points, can't be seen.
MIN_SIZE = 1.0


def is_xfa_only(document: Any) -> bool:
    """Check whether a form's fields are in XFA alone, which PDFium does not read."""
    if document.get_formtype() not in XFA:
        return False
    for number in range(len(document)):
        page = document[number]
        kinds = [_get_kind(page, i) for i in range(raw.FPDFPage_GetAnnotCount(page))]
        page.close()
        if raw.FPDF_ANNOT_WIDGET in kinds:
            return False
    return True


def read_widgets(page: Any, place: Callable[[float, float, float, float], Box]) -> Any:
    """Read the fields that are shown on a page, in the file's order.

    place: From left, top, right and bottom in the file's coordinates to a box.
    RETURNS: A list of Widget.
    """
    if page.formenv is None:
        return []
    widgets = []
    for i in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, i)
        if not annotation:
            continue
        try:
            widget = _read_widget(page.formenv, annotation, place)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
        if widget is not None:
            widgets.append(widget)
    return widgets


def _get_kind(page: Any, i: int) -> int:
    annotation = raw.FPDFPage_GetAnnot(page, i)
    if not annotation:
        return 0
    kind: int = raw.FPDFAnnot_GetSubtype(annotation)
    raw.FPDFPage_CloseAnnot(annotation)
    return kind


def _read_widget(form: Any, annotation: Any, place: Any) -> Widget | None:
    if raw.FPDFAnnot_GetSubtype(annotation) != raw.FPDF_ANNOT_WIDGET:
        return None
    kind = KINDS.get(raw.FPDFAnnot_GetFormFieldType(form, annotation))
    rectangle = raw.FS_RECTF()
    if (
        kind is None
        or raw.FPDFAnnot_GetFlags(annotation) & UNSEEN
        or not raw.FPDFAnnot_GetRect(annotation, rectangle)
    ):
        return None
    r = rectangle
    if abs(r.right - r.left) < MIN_SIZE or abs(r.top - r.bottom) < MIN_SIZE:
        return None
    flags = raw.FPDFAnnot_GetFormFieldFlags(form, annotation)
    is_text = kind == "text"
    size = ctypes.c_float()
    if not raw.FPDFAnnot_GetFontSize(form, annotation, size):
        size.value = 0.0
    cells = 0
    if is_text and flags & COMB:
        length = ctypes.c_float()
        if raw.FPDFAnnot_GetNumberValue(annotation, b"MaxLen", length):
            cells = max(int(length.value), 0)
    return Widget(
        kind,
        _get_text(raw.FPDFAnnot_GetFormFieldName, form, annotation),
        _get_text(raw.FPDFAnnot_GetFormFieldAlternateName, form, annotation),
        _read_value(form, annotation, kind, flags),
        place(r.left, r.top, r.right, r.bottom),
        size.value,
        cells,
        is_text and bool(flags & MULTILINE),
    )


def _read_value(form: Any, annotation: Any, kind: WidgetKind, flags: int) -> str:
    if kind in ("checkbox", "radio"):
        return _read_state(form, annotation)
    if kind == "signature":
        return SIGNED if raw.FPDFAnnot_HasKey(annotation, b"V") else ""
    value = _get_text(raw.FPDFAnnot_GetFormFieldValue, form, annotation)
    if kind == "choice":
        n_options = max(raw.FPDFAnnot_GetOptionCount(form, annotation), 0)
        chosen = [
            _get_text(raw.FPDFAnnot_GetOptionLabel, form, annotation, i)
            for i in range(n_options)
            if raw.FPDFAnnot_IsOptionSelected(form, annotation, i)
        ]
        return "\n".join(chosen) or value
    return MASK if value and flags & PASSWORD else value


def _read_state(form: Any, annotation: Any) -> str:
    """Read the export value of what is ticked; "" of what is not.

    A field shows the state that its /AS names; without one, that of the group's value.
    """
    export = _get_text(raw.FPDFAnnot_GetFormFieldExportValue, form, annotation)
    if raw.FPDFAnnot_HasKey(annotation, b"AS"):
        state = _get_text(raw.FPDFAnnot_GetStringValue, annotation, b"AS")
        is_on = state not in ("", "Off")
        # PDFium calls the state of a field without pictures "Yes".
        return (state if export in ("", "Yes") else export) if is_on else ""
    value = _get_text(raw.FPDFAnnot_GetFormFieldValue, form, annotation)
    is_on = value not in ("", "Off") and value == export
    return export if is_on else ""


def _get_text(function: Callable[..., int], *arguments: Any) -> str:
    """Read a text from PDFium: first its length in bytes, then the text in UTF-16."""
    length = function(*arguments, None, 0)
    if length <= 2:
        return ""
    buffer = ctypes.create_string_buffer(length)
    pointer = ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR))
    function(*arguments, pointer, length)
    text = buffer.raw[:length].decode("utf-16-le", errors="replace")
    return clean_text(text)


def clean_text(text: str) -> str:
    """Clean lines of text of characters that can't be printed."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    shown = (
        "".join(c for c in line if c.isprintable() or c.isspace()) for line in lines
    )
    return "\n".join(" ".join(line.split()) for line in shown).strip()
