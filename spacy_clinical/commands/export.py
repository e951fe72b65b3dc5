"""`spacy-clinical export`: records in other formats."""

import csv
import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from tqdm import tqdm

from spacy_clinical.commands.console import (
    WRONG_USE,
    get_message,
    print_rows,
    stop,
)
from spacy_clinical.errors import Errors
from spacy_clinical.export import fhir, omop
from spacy_clinical.export.atomic import open_atomic
from spacy_clinical.export.jsonl import format_line, read_records

FORMATS = ("fhir", "omop", "parquet")


def export(
    records: Annotated[
        Path, typer.Argument(help="notes.jsonl, as spacy-clinical annotate writes it.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    kind: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="fhir (R4 Bundles, one a line), omop (NOTE_NLP as CSV) or parquet.",
        ),
    ],
    subject: Annotated[
        str,
        typer.Option(help="FHIR: key of the metadata that holds the patient's id."),
    ] = "patient_id",
    date: Annotated[
        str, typer.Option(help="Of the notes (FHIR) or of processing (OMOP).")
    ] = "",
) -> None:
    """Write the records of notes as FHIR, OMOP or Parquet.

    Exit status: 0, or 2 if nothing could be done.
    """
    if kind not in FORMATS:
        raise typer.BadParameter(f"--format is one of {', '.join(FORMATS)}.")
    if kind == "parquet" and find_spec("pyarrow") is None:
        stop(Errors.C317, WRONG_USE)
    day = date or datetime.date.today().isoformat()
    try:
        # disable=None: no bar where nobody would see it.
        found = tqdm(read_records(records), unit="note", disable=None)
        output.parent.mkdir(parents=True, exist_ok=True)
        n_notes = _write(found, output, kind, subject, day)
    except (OSError, ValueError) as error:
        stop(get_message(error), WRONG_USE)
    print_rows([("Notes", str(n_notes)), ("File", str(output))])


def _write(records: Any, output: Path, kind: str, subject: str, day: str) -> int:
    if kind == "parquet":
        # Only this format needs pyarrow.
        from spacy_clinical.export.arrow import write_parquet

        return write_parquet(records, output)
    n_notes = 0
    with open_atomic(output) as handle:
        table = csv.DictWriter(handle, omop.COLUMNS)
        if kind == "omop":
            table.writeheader()
        for record in records:
            n_notes += 1
            if kind == "omop":
                table.writerows(omop.list_rows(record, date=day))
            else:
                patient = record["meta"].get(subject) or record["id"]
                reference = f"Patient/{patient}"
                bundle = fhir.make_bundle(record, subject=reference, date=day)
                handle.write(format_line(bundle))
    return n_notes
