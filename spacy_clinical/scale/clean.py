"""Remove the identifiers of batches of notes, and fail closed."""

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinical.errors import CodedValueError, Errors, get_code
from spacy_clinical.errors.messages import CodedMessage
from spacy_clinical.export.clean_records import (
    CleanRecord,
    make_clean_record,
    make_failed_record,
)
from spacy_clinical.export.records import ErrorRecord
from spacy_clinical.extensions.attributes import record_error
from spacy_clinical.identifiers.found import PHI_KEY
from spacy_clinical.identifiers.replace.deidentify import deidentify
from spacy_clinical.identifiers.replace.ids import holds_any, make_pseudonym
from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.identifiers.replace.modes import Modes
from spacy_clinical.models import get_title
from spacy_clinical.scale.stream import annotate_notes
from spacy_clinical.types import Note, NoteFailure

# Columns that name the patient of a note, in any case.
PATIENT_COLUMNS = ("patient_id", "subject_id", "person_id", "patient", "mrn")

# Folders and the names of files, without their endings.
_PATH_PARTS = re.compile(r"[^/\\:.]{3,}")
FINDER = "clinical_deidentifier"
NOT_NEEDED = (
    *("clinical_assertion", "clinical_relations", "clinical_icd9_categorizer"),
)


class CleanJob(NamedTuple):
    """Makes records of notes without their identifiers.

    nlp: The pipeline, with a component that finds identifiers.
    modes: What is done with them.
    key: What surrogates, dates and pseudonyms follow from.
    patient_column: The column that names the patient; None for a usual one.
    pseudonymize: Whether all ids and sources become pseudonyms. Those that hold an
        identifier of their note always do.
    offsets: Whether records say where the replaced parts were.
    with_original: Whether records hold the original, for pages.
    """

    nlp: Language
    modes: Modes
    key: Key
    patient_column: str | None = None
    pseudonymize: bool = False
    offsets: bool = False
    with_original: bool = False

    def work(self, notes: Sequence[Note]) -> list[CleanRecord]:
        """Remove the identifiers of a batch of notes."""
        with self.nlp.memory_zone():
            return [
                self._make_record(note, doc)
                for note, doc in annotate_notes(self.nlp, notes, batch_size=len(notes))
            ]

    def fail(self, note: Note, error: ErrorRecord) -> CleanRecord:
        """Make the record of a note whose process died."""
        return make_failed_record(self._rename(note, is_safe=False), error)

    def _make_record(self, note: Note, doc: Doc) -> CleanRecord:
        try:
            # A component that failed may be one that others need.
            if doc._.clinical_error is None:
                return self._clean(note, doc)
        # Whatever fails, the note isn't written, and the others are.
        except Exception as error:
            record_error(doc, "deidentify", error)
        return self.fail(note, doc._.clinical_error)

    def _clean(self, note: Note, doc: Doc) -> CleanRecord:
        patient = find_patient(note, self.patient_column)
        result = deidentify(doc, self.modes, key=self.key, patient=patient)
        gone = [
            note.text[row.old_start : row.old_end] for row in result.offsets.replaced
        ]
        is_safe = not holds_any(f"{note.id} {note.source}", gone)
        record = make_clean_record(
            self._rename(note, is_safe=is_safe),
            result,
            doc._.clinical_provenance or {},
            offsets=self.offsets,
        )
        if self.with_original:
            record["original"] = note.text
        return record

    def _rename(self, note: Note, *, is_safe: bool) -> Note:
        """Give a note a pseudonym, unless its id and source may be written."""
        if is_safe and not self.pseudonymize:
            return note
        return note._replace(
            id=make_pseudonym(note.id, self.key),
            source=make_pseudonym(note.source, self.key),
        )


def find_patient(note: Note, column: str | None = None) -> str:
    """Find the id of a note's patient in its metadata; else the note's id.

    column: The column that has it; None for a usual one.
    """
    value = _get(note.meta, column)
    return f"patient {value}" if value not in (None, "") else f"note {note.id}"


def _get(meta: Mapping[str, Any], column: str | None) -> Any:
    if column is not None:
        return meta.get(column)
    by_name = {str(name).lower(): value for name, value in meta.items()}
    return next((by_name[name] for name in PATIENT_COLUMNS if by_name.get(name)), None)


def hide_failures(
    items: Iterable[Note | NoteFailure], key: Key, names: Sequence[str]
) -> Iterator[Note | NoteFailure]:
    """Replace the names of files that can't be read, which may hold identifiers.

    key: What pseudonyms follow from: the same as those of notes.
    names: Of all files. Messages say which of them one is.
    """
    numbers: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        numbers.setdefault(name, number)
    for item in _hide_warnings(items, key, numbers):
        yield _hide(item, key, numbers) if isinstance(item, NoteFailure) else item


def _hide_warnings(
    items: Iterable[Note | NoteFailure], key: Key, numbers: Mapping[str, int]
) -> Iterator[Note | NoteFailure]:
    """Replace the names of files in warnings that are given while they are read."""
    rest = iter(items)
    while True:
        with warnings.catch_warnings(record=True) as caught:
            item = next(rest, None)
        for warning in caught:
            text = str(warning.message)
            # "[W301] 'notes/quill.txt' isn't ...".
            name = text.partition(" '")[2].rpartition("' ")[0]
            if name in numbers:
                shown = hide_file(name, key, numbers[name])
                text = text.replace(f"'{name}'", f"'{shown}'")
            warnings.warn(text, warning.category, stacklevel=2)
        if item is None:
            return
        yield item


def hide_file(name: str, key: Key, number: int | None) -> str:
    """Name a file by its pseudonym and by its place in the input.

    number: The first file is 1; None if that is unknown.
    """
    pseudonym = make_pseudonym(name, key)
    return pseudonym if number is None else f"{pseudonym}, file {number} of the input"


def _hide(failure: NoteFailure, key: Key, numbers: Mapping[str, int]) -> NoteFailure:
    source = failure.source
    # Rows of a table: "notes.csv:12".
    number = numbers.get(source, numbers.get(source.rpartition(":")[0]))
    shown = hide_file(source, key, number)
    text = str(failure.message)
    for name in (source, source.rpartition(":")[0]):
        text = text.replace(name, shown) if name else text
    code = get_code(failure.message)
    # The system may name a part of the path, too.
    if any(part in text for part in _PATH_PARTS.findall(source)):
        text = f"[{code}] {shown}"
    message = CodedMessage(text, code)
    return NoteFailure(make_pseudonym(source, key), message)


def prepare_finder(nlp: Language) -> None:
    """Enable a pipeline's `clinical_deidentifier` that it has disabled, as the shipped one
    has, instead of what clean notes don't show."""
    for name in nlp.disabled:
        if nlp.get_pipe_meta(name).factory == FINDER:
            nlp.enable_pipe(name)
            for other in nlp.pipe_names:
                if nlp.get_pipe_meta(other).factory in NOT_NEEDED:
                    nlp.disable_pipe(other)


def list_own_labels(nlp: Language) -> list[str]:
    """List the labels of what finds identifiers in a pipeline, beside the usual ones."""
    finders = [
        name for name in nlp.pipe_names if nlp.get_pipe_meta(name).factory == FINDER
    ]
    labels = nlp.pipe_labels
    return sorted({x for name in finders or labels for x in labels.get(name, ())})


def check_finder(nlp: Language, doc: Doc) -> None:
    """Check that a pipeline has a component that finds identifiers.

    doc: A Doc of the pipeline.
    RAISES ValueError: C893, if it hasn't.
    """
    if doc._.clinical_error is None and PHI_KEY not in doc.spans:
        where = f"a note of pipeline '{get_title(nlp)}'"
        raise CodedValueError(Errors.C893.format(where=where))
