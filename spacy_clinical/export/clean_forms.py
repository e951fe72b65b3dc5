"""An output folder of forms without their identifiers: pictures of their pages.

forms/NAME.pdf      the form, with boxes blacked out, and nothing but pixels
forms/forms.jsonl   for each: id, source, file, pages (number, boxes, error),
                    identifiers (label, kind, page) and error; none of the words
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spacy.tokens import Doc

from spacy_clinical.errors import CodedError, CodedValueError, Errors
from spacy_clinical.export.form_folder import FormResult
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.extensions.attributes import record_error
from spacy_clinical.extensions.form_data import Box, find_forms, find_words
from spacy_clinical.files.atomic import fill_folder, open_new, replace_atomic
from spacy_clinical.files.names import FileNames
from spacy_clinical.files.regular import show_path
from spacy_clinical.identifiers.replace.deidentify import find_targets
from spacy_clinical.identifiers.replace.ids import holds_any, make_pseudonym
from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.identifiers.replace.modes import Modes
from spacy_clinical.identifiers.replace.repeats import Target

FORMS_FOLDER, FORMS_FILE = "forms", "forms.jsonl"


class CleanFormTotals(NamedTuple):
    """Counts of a run.

    n_failed: Forms that were not written.
    n_bad_pages: Pages of other forms that were not; empty ones stand for them.
    """

    n_forms: int
    n_pages: int
    n_identifiers: int
    n_failed: int
    n_bad_pages: int


def write_clean_forms(
    results: Iterable[FormResult],
    folder: Path,
    modes: Modes,
    key: Key,
    *,
    pseudonymize: bool = False,
) -> CleanFormTotals:
    """Write forms with their identifiers blacked out, all together when the last is done.

    results: Forms in which identifiers were found, with pictures of their pages.
    folder: An existing folder, without forms of earlier runs.
    modes: Which identifiers are kept; all others are blacked out.
    key: What pseudonyms follow from.
    pseudonymize: Whether all names of files become pseudonyms; those that hold an
        identifier of their form, and of forms that fail, always do.
    RAISES FileExistsError: C326, if the folder has forms.
    """
    totals = [0] * len(CleanFormTotals._fields)
    names = FileNames()
    with (
        fill_folder(folder / FORMS_FOLDER) as made,
        open_new(made / FORMS_FILE) as lines,
    ):
        for result in results:
            form = _CleanForm(result, modes)
            name = form.name
            if pseudonymize or not form.is_name_safe:
                name = make_pseudonym(name, key)
            record = form.write(made, names.make(Path(name).stem), name)
            lines.write(format_line(record))
            failed = record["error"] is not None
            n_bad = sum(page["error"] is not None for page in record["pages"])
            counts = 1, len(record["pages"]), len(record["identifiers"]), failed
            added = (*counts, 0 if failed else n_bad)
            totals = [old + new for old, new in zip(totals, added, strict=True)]
    return CleanFormTotals(*totals)


class _CleanForm:
    """A form whose identifiers are to be blacked out.

    name: Of its file.
    is_name_safe: Whether the name holds no identifier, as far as they were found.
    """

    def __init__(self, result: FormResult, modes: Modes) -> None:
        self.doc: Doc = result.doc
        self.pictures = result.pictures
        self.name = show_path(result.path.name)
        self.suffix = result.path.suffix
        self.targets: list[Target] = []
        self.is_name_safe = False
        if self.doc._.clinical_error is None:
            text = self.doc.text
            _, self.targets = find_targets(self.doc, modes, text)
            gone = [text[target.start : target.end] for target in self.targets]
            self.is_name_safe = not holds_any(self.name, gone)

    def write(self, folder: Path, stem: str, shown: str) -> dict[str, Any]:
        """Write the form to a folder. RETURNS: Its record.

        stem: Of the file's name.
        shown: The form's name in messages.
        """
        pages: list[dict[str, Any]] = []
        file = ""
        if self.doc._.clinical_error is None:
            try:
                pages, file = self._write_file(folder, stem, shown)
            # Whatever fails, the form isn't written, and the others are.
            except Exception as fault:
                record_error(self.doc, "black_out", fault)
        error = self.doc._.clinical_error
        return {
            "id": stem,
            "source": shown,
            "file": file,
            "pages": pages,
            "identifiers": []
            if error
            else [
                {"label": target.label, "kind": target.kind, "page": numbers[0]}
                for target, numbers in zip(
                    self.targets, self._list_pages(), strict=True
                )
            ],
            "error": error and {**error, "message": error["code"] or error["type"]},
        }

    def _write_file(
        self, folder: Path, stem: str, shown: str
    ) -> tuple[list[dict[str, Any]], str]:
        # Only forms need Pillow.
        from spacy_clinical.forms.blackout import black_out, make_empty, make_file

        facts = self.doc._.pages
        boxes = self._find_boxes()
        images, pages = [], []
        pictures = iter(self.pictures)
        for fact in facts:
            own = boxes.get(fact["number"], [])
            page = {"number": fact["number"], "boxes": len(own), "error": None}
            try:
                image = black_out(next(pictures, None), fact, own, name=shown)
            except CodedError as fault:
                image = make_empty()
                page["error"] = fault.message
            images.append(image)
            pages.append(page)
        if all(page["error"] for page in pages):
            raise CodedValueError(
                pages[0]["error"] if pages else _describe_empty(shown)
            )
        data, suffix = make_file(images, facts, self.suffix)
        with replace_atomic(folder / f"{stem}{suffix}") as made:
            made.write_bytes(data)
        return pages, f"{stem}{suffix}"

    def _find_boxes(self) -> dict[int, list[Box]]:
        """Find the boxes of all identifiers, by page."""
        forms = find_forms(self.doc)
        boxes: dict[int, list[Box]] = {}
        for target in self.targets:
            for token in _list_tokens(self.doc, target):
                for word in find_words(token, forms):
                    if word.box is not None:
                        boxes.setdefault(word.number, []).append(word.box)
        return boxes

    def _list_pages(self) -> Sequence[list[int]]:
        forms = find_forms(self.doc)
        return [
            [
                word.number
                for token in _list_tokens(self.doc, target)
                for word in find_words(token, forms)
            ]
            or [0]
            for target in self.targets
        ]


def _describe_empty(shown: str) -> str:
    return Errors.C896.format(page=1, name=shown, reason="there are no pages")


def _list_tokens(doc: Doc, target: Target) -> Sequence[Any]:
    span = doc.char_span(target.start, target.end, alignment_mode="expand")
    return [] if span is None else list(span)
