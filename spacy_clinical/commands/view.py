"""`spacy-clinical view`: write a page to read and compare annotated notes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from spacy_clinical.commands.console import print_rows, stop_on_errors
from spacy_clinical.commands.options import Links
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.folder import VIEW_FILE
from spacy_clinical.export.pages.concepts import parse_links
from spacy_clinical.export.reading import find_files, read_records
from spacy_clinical.export.viewer import Run, make_view, render_view
from spacy_clinical.files.atomic import open_atomic

MAX_RUNS = 8


def view(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="notes.jsonl, the output folder of spacy-clinical annotate, or "
            "Parquet files. Give several to compare annotations of the same notes.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help=f"Page to write (default {VIEW_FILE} beside FILE)."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Limit of notes; 0 for all.")] = 0,
    link: Links = None,
) -> None:
    """Write a page to read, search and compare annotated notes in a browser.

    The page contains the notes, so store it as safely as the notes. Only its owner can
    read the file. It needs no network and no server. Records made with --no-text are
    shown as tables. A page holds at most 10,000 notes; use --limit to take fewer.

    Exit status: 0, or 2 if nothing was done.
    """
    if len(paths) > MAX_RUNS:
        raise typer.BadParameter(f"A page can compare at most {MAX_RUNS} runs.")
    first = paths[0]
    page = output or (first if first.is_dir() else first.parent) / VIEW_FILE
    with stop_on_errors():
        links = parse_links(link or ())
        _check_output(page, paths)
        names = name_runs(paths)
        # disable=None: a bar only on a terminal.
        runs = [
            Run(name, tqdm(read_records(path), desc=name, unit="note", disable=None))
            for name, path in zip(names, paths, strict=True)
        ]
        shown = make_view(runs, limit=limit, links=links)
        content = render_view(shown)
    with stop_on_errors(page.parent):
        page.parent.mkdir(parents=True, exist_ok=True)
        with open_atomic(page) as handle:
            handle.write(content)
    rows = [("Notes", str(len(shown.notes))), ("Failed", str(shown.n_failed))]
    if len(names) > 1:
        rows.append(("Different", str(shown.n_different)))
    size = page.stat().st_size / 1e6
    print_rows([*rows, ("Page", f"{page}, {size:.1f} MB")])


def name_runs(paths: Sequence[Path]) -> list[str]:
    """Name runs after their files, or after the folder of a notes.jsonl.

    RETURNS: Unique names, in the order of the paths.
    """
    names: list[str] = []
    for path in paths:
        path = path.resolve()
        is_named_after_folder = path.stem == "notes" and bool(path.parent.name)
        stem = path.name if path.is_dir() else path.stem
        name = path.parent.name if is_named_after_folder else stem
        free = (name, *(f"{name} ({number})" for number in range(2, len(paths) + 1)))
        names.append(next(choice for choice in free if choice not in names))
    return names


def _check_output(page: Path, paths: Sequence[Path]) -> None:
    """Check that the page doesn't overwrite its input."""
    files = [file.resolve() for path in paths for file in find_files(path)]
    if page.resolve() in files:
        raise CodedValueError(Errors.C321.format(path=page))
