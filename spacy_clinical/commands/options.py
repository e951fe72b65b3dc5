"""Arguments and options that several commands share."""

from enum import Enum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Model: TypeAlias = Annotated[
    str, typer.Argument(help="Pipeline: shipped, installed, or a folder.")
]

Output: TypeAlias = Annotated[
    Path, typer.Option("--output", "-o", help="Folder to write to.")
]

CodeFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--code",
        "-c",
        metavar="FILE",
        help="Python file with custom components and attributes. It is run before the "
        "pipeline is loaded.",
    ),
]

NoText: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--no-text",
        help="Leave out the words of notes: texts, titles, labels of unknown sections, "
        "other columns of tables. Ids and sources are kept.",
    ),
]

TextColumn: TypeAlias = Annotated[
    str, typer.Option(help="Column of a table with the notes.")
]

LabelColumn: TypeAlias = Annotated[
    str, typer.Option(help="Column of a table with the labels or codes.")
]


class Markup(str, Enum):
    """What to do with notes that aren't plain text."""

    convert = "convert"
    refuse = "refuse"
    keep = "keep"


class Ocr(str, Enum):
    """Which pages to run OCR on: those without text, all, or none."""

    auto = "auto"
    always = "always"
    never = "never"
