"""`spacy-clinical agreement`: compare two annotations of the same notes."""

import hashlib
from collections.abc import Iterator, Mapping
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated as Argument

import typer

from spacy_clinical.commands.console import (
    SOME_FAILED,
    print_rows,
    stop_on_errors,
    tell,
)
from spacy_clinical.errors import CodedValueError, Errors, Warnings
from spacy_clinical.evaluation.agreement import (
    Agreement,
    Pair,
    Place,
    measure_agreement,
    to_json,
)
from spacy_clinical.export.correction.annotated import LAYERS, Annotated
from spacy_clinical.export.correction.merge import find_difference
from spacy_clinical.export.correction.read import (
    KINDS,
    read_annotations,
    split_failures,
)
from spacy_clinical.export.folder import prepare_folder
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.files.json_text import write_json
from spacy_clinical.files.lock import FolderLock
from spacy_clinical.types import NoteFailure

Kind = Enum("Kind", [(name, name) for name in KINDS], type=str)  # type: ignore[misc]
ShownLayer = Enum("ShownLayer", [(name, name) for name in LAYERS], type=str)  # type: ignore[misc]
DEFAULT_LAYER = ShownLayer("entities")


def agreement(
    first: Argument[
        Path,
        typer.Argument(
            help="Annotated notes: BRAT, records, .spacy, or what Label Studio, doccano, "
            "Prodigy or INCEpTION exported."
        ),
    ],
    second: Argument[
        Path, typer.Argument(help="Other annotations of the same notes, in any format.")
    ],
    output: Argument[
        Path,
        typer.Option("--output", "-o", help="Folder for agreement.json and plots."),
    ],
    layer: Argument[
        ShownLayer, typer.Option(case_sensitive=False, help="What to compare.")
    ] = DEFAULT_LAYER,
    first_format: Argument[
        Kind | None, typer.Option(help="Format of the first, if not detected.")
    ] = None,
    second_format: Argument[
        Kind | None, typer.Option(help="Format of the second, if not detected.")
    ] = None,
    plots: Argument[bool, typer.Option(help="Whether to draw plots (SVG).")] = True,
) -> None:
    """Measure exact and relaxed F1, and Cohen's kappa over words, by label.

    Notes are the same if their ids are, or else their texts.

    Exit status: 0; 1 if some notes couldn't be compared, or 2 if nothing was done.
    """
    failures: list[NoteFailure] = []
    with stop_on_errors(output):
        one, other = (
            _read(path, kind.value if kind is not None else "", failures)
            for path, kind in ((first, first_format), (second, second_format))
        )
        pairs = list(_pair(one, other, layer.value, failures))
        if not pairs and not failures:
            raise CodedValueError(Errors.C768.format(first=first, second=second))
        result = measure_agreement(pairs)
        prepare_folder(output)
        with FolderLock(output):
            with open_atomic(output / "agreement.json") as handle:
                found = {"first": str(first), "second": str(second), **to_json(result)}
                handle.write(write_json(found, indent=1))
            n_plots = _write_plots(result, output) if plots and result.by_label else 0
    for failure in failures:
        tell(failure.message)
    _print(result, len(one), len(other), output, n_plots)
    if failures:
        raise typer.Exit(SOME_FAILED)


def _read(path: Path, kind: str, failures: list[NoteFailure]) -> list[Annotated]:
    """Read the notes of a side; those that a person has rejected are left out.

    RAISES ValueError: C767, if there are none.
    """
    read = split_failures(read_annotations(path, kind), failures)
    notes = [one for one in read if one.status != "rejected"]
    if not notes and not failures:
        raise CodedValueError(Errors.C767.format(path=path))
    return notes


def _pair(
    first: list[Annotated],
    second: list[Annotated],
    layer: str,
    failures: list[NoteFailure],
) -> Iterator[Pair]:
    """Pair notes by their ids, or else by their texts; of several, the last counts."""
    by_id = {one.note.id: one for one in second}
    by_text = {_hash(one): one for one in second}
    for one in {one.note.id: one for one in first}.values():
        other = by_id.get(one.note.id) or by_text.get(_hash(one))
        if other is None:
            continue
        at = find_difference(one.note.text, other.note.text)
        if at is None:
            sides = (_list_places(side, layer) for side in (one, other))
            yield Pair(one.note.text, *sides)
        else:
            message = Errors.C763.format(
                source=other.note.source, id=one.note.id, at=at
            )
            failures.append(NoteFailure(other.note.source, message))


def _hash(one: Annotated) -> bytes:
    return hashlib.sha256(one.note.text.encode("utf8", "surrogatepass")).digest()


def _list_places(one: Annotated, layer: str) -> list[Place]:
    return [mark.place for mark in one.marks if mark.layer == layer]


def _write_plots(result: Agreement, folder: Path) -> int:
    if find_spec("matplotlib") is None:
        tell(Warnings.W304)
        return 0
    # Only plots need matplotlib.
    from spacy_clinical.evaluation.plots import draw_agreement

    return len(draw_agreement(result.by_label, result.confusion, folder))


def _print(
    result: Agreement, n_first: int, n_second: int, output: Path, n_plots: int
) -> None:
    counts: Mapping[str, float | None] = {
        "Exact F1": result.total.exact,
        "Relaxed F1": result.total.relaxed,
        "Kappa": result.total.kappa,
    }
    rows = [("Notes", f"{result.n_notes} of {n_first} and {n_second}")]
    rows += [
        (name, "undefined" if value is None else f"{value:.3f}")
        for name, value in counts.items()
    ]
    rows += [("Table", str(output / "agreement.json")), ("Plots", str(n_plots))]
    print_rows(rows)
