"""Arguments and options that several commands have."""

from enum import Enum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Model: TypeAlias = Annotated[
    str, typer.Argument(help="A pipeline: shipped, installed, or a folder.")
]

Output: TypeAlias = Annotated[
    Path, typer.Option("--output", "-o", help="Folder to write to; made if need be.")
]

CodeFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--code",
        "-c",
        metavar="FILE",
        help="Your own Python file, imported (and so run) before the pipeline is loaded: "
        "its components and attributes.",
    ),
]

NoText: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--no-text",
        help="Leave out all that is made of a note's words: texts, titles, labels "
        "of unknown sections, other columns of its table. Ids and sources stay.",
    ),
]

TextColumn: TypeAlias = Annotated[
    str, typer.Option(help="Column of a table that holds the notes.")
]

LabelColumn: TypeAlias = Annotated[
    str, typer.Option(help="Column of a table that holds their codes.")
]


class Markup(str, Enum):
    """What to do with notes that aren't plain text."""

    convert = "convert"
    refuse = "refuse"
    keep = "keep"


class Ocr(str, Enum):
    """Which pages to look at: those without text, all, or none."""

    auto = "auto"
    always = "always"
    never = "never"
