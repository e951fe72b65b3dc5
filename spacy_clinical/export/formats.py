"""The formats of `spacy-clinical export`: one row each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from spacy_clinical.export import (
    brat,
    conll,
    docbin,
    fhir,
    jsonl,
    omop,
    omop_facts,
    tables,
)
from spacy_clinical.export.correction import doccano, label_studio, prodigy
from spacy_clinical.files.atomic import fill_folder


@dataclass(frozen=True)
class Options:
    """Options of the formats.

    date: Of the notes, or of processing.
    subject: Key of the metadata that holds the patient's id; None for the usual one.
    date_column: Key of the metadata that holds a note's own date.
    first_id: Number rows from here; None for numbers made of what they are of.
    """

    date: str = ""
    subject: str | None = None
    date_column: str = ""
    first_id: int | None = None

    @property
    def named(self) -> list[str]:
        """Keys of the metadata that were asked for by name."""
        return [key for key in (self.subject, self.date_column) if key]


Write = Callable[[Iterable[Any], Path, Options], object]


class Format(NamedTuple):
    """A format.

    what: For help.
    write: Writes records, or Docs, to a file or a new folder.
    of_docs: Whether it is made of Docs.
    needs: A module that must be installed.
    days_only: Whether dates must be whole days.
    shows_named: Whether metadata that is asked for by name is written.
    has_text: Whether it is made of records with their text.
    """

    what: str
    write: Write
    of_docs: bool = False
    needs: str = ""
    days_only: bool = False
    shows_named: bool = False
    has_text: bool = False

    @property
    def needs_text(self) -> bool:
        """Whether records without text can't be written."""
        return self.of_docs or self.has_text


def _write_parquet(records: Iterable[Any], path: Path, options: Options) -> None:
    # Only this format needs pyarrow.
    from spacy_clinical.export.arrow import write_parquet

    write_parquet(records, path)


def _write_inception(records: Iterable[Any], path: Path, options: Options) -> None:
    # Only this format needs dkpro-cassis.
    from spacy_clinical.export.correction.cas import write_folder

    write_folder(records, path)


def _write_docbin(docs: Iterable[Any], path: Path, options: Options) -> None:
    write = docbin.write_docbin if path.suffix == ".spacy" else docbin.write_docbins
    write(docs, path)


def _write_fhir(records: Iterable[Any], path: Path, options: Options) -> None:
    subject = "patient_id" if options.subject is None else options.subject
    keys = {"subject_key": subject, "date_key": options.date_column}
    fhir.write_bundles(records, path, date=options.date, **keys)


def _write_omop(records: Iterable[Any], path: Path, options: Options) -> None:
    omop.write_rows(records, path, date=options.date, first_id=options.first_id)


def _write_facts(records: Iterable[Any], path: Path, options: Options) -> None:
    with fill_folder(path) as part:
        names = (omop_facts.EXPOSURE_FILE, omop_facts.MEASUREMENT_FILE)
        omop_facts.write_facts(records, *(part / name for name in names))


FORMATS = {
    "jsonl": Format("records, one a line", lambda r, p, _: jsonl.write_records(r, p)),
    "parquet": Format("records, nested", _write_parquet, needs="pyarrow"),
    "csv": Format("folder of tables", lambda r, p, _: tables.write_tables(r, p)),
    "docbin": Format("folder of .spacy files, or one", _write_docbin, of_docs=True),
    "brat": Format(
        "folder of .txt and .ann", lambda d, p, _: brat.write_brat(d, p), of_docs=True
    ),
    "conll": Format(
        "tokens with BIO tags", lambda d, p, _: conll.write_conll(d, p), of_docs=True
    ),
    "fhir": Format("R4 Bundles, one a line", _write_fhir, shows_named=True),
    "omop": Format("NOTE_NLP as CSV", _write_omop, days_only=True),
    "omop-facts": Format(
        "folder of DRUG_EXPOSURE and MEASUREMENT as CSV", _write_facts
    ),
    "label-studio": Format(
        "tasks with predictions, and the labelling configuration as XML",
        lambda r, p, _: label_studio.write_tasks(r, p),
        has_text=True,
    ),
    "doccano": Format(
        "JSON Lines with entities and relations",
        lambda r, p, _: doccano.write_lines(r, p),
        has_text=True,
    ),
    "prodigy": Format(
        "JSON Lines with tokens, spans and relations",
        lambda d, p, _: prodigy.write_lines(d, p),
        of_docs=True,
    ),
    "inception": Format(
        "folder of UIMA CAS files (XMI)",
        _write_inception,
        needs="cassis",
        has_text=True,
    ),
}
OF_DOCS = tuple(name for name, row in FORMATS.items() if row.of_docs)
NEED_TEXT = tuple(name for name, row in FORMATS.items() if row.needs_text)
