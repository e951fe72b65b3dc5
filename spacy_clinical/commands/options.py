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


Paths: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH",
        help="Files of text, HTML, CDA, HL7, RTF or DOCX; .jsonl, .ndjson, .csv, "
        ".tsv or .parquet tables with a text column; folders of these; or - for "
        "one note from standard input.",
    ),
]

Pipeline: TypeAlias = Annotated[
    str,
    typer.Option("--model", "-m", help="Pipeline: shipped, installed, or a folder."),
]

Added: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--add",
        metavar="COMPONENT",
        help="A component to add to the end of the pipeline, or to enable: "
        "clinical_relations, clinical_abbreviations, clinical_linker. Repeat the option "
        "for several.",
    ),
]

IdColumn: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Column of a table with the ids of the notes. Default: id."),
]

BatchSize: TypeAlias = Annotated[
    int, typer.Option(min=1, help="Number of notes in a batch.")
]

Processes: TypeAlias = Annotated[
    int, typer.Option(min=-1, help="Number of processes; -1 for one per core.")
]

ShardSize: TypeAlias = Annotated[
    int,
    typer.Option(
        min=0,
        help="For long runs: write files of this many notes, and resume an "
        "interrupted run with the same options. 0 for a single file.",
    ),
]

Limit: TypeAlias = Annotated[
    int, typer.Option(min=0, help="Maximum number of notes; 0 for all.")
]

OnlyFailed: TypeAlias = Annotated[
    bool, typer.Option("--only-failed", help="Retry notes that failed before.")
]

Restart: TypeAlias = Annotated[
    bool,
    typer.Option("--restart", help="Delete earlier results and start again."),
]

Force: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Resume a run that was started with another pipeline, and redo shards "
        "whose notes have changed.",
    ),
]


Links: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--link",
        metavar="SYSTEM=URL",
        help="Where pages link concepts to: a system and an address with its code's "
        "place, as docs/exports.md has it, or a known system alone: MESH. Repeat the "
        "option for others. Without it there are no links.",
    ),
]


class Markup(str, Enum):
    """Ways to handle notes that aren't plain text."""

    convert = "convert"
    refuse = "refuse"
    keep = "keep"


MarkupMode: TypeAlias = Annotated[
    Markup,
    typer.Option(
        "--markup",
        case_sensitive=False,
        help="Notes in HTML, CDA, HL7, RTF or DOCX, or with escaped line breaks: "
        "convert them to plain text, refuse them, or keep them unchanged.",
    ),
]


class Ocr(str, Enum):
    """Choices of pages to run OCR on: those without text, all, or none."""

    auto = "auto"
    always = "always"
    never = "never"


OcrMode: TypeAlias = Annotated[
    Ocr,
    typer.Option(
        "--ocr",
        case_sensitive=False,
        help="Pages to run OCR on: those without text (auto), all or none.",
    ),
]

OcrLanguage: TypeAlias = Annotated[
    str, typer.Option("--language", help="Tesseract's language codes: eng, eng+spa ...")
]


def check_batch_options(
    n_process: int, shard_size: int, *, html: bool, resumes: bool
) -> None:
    """Check the options of commands that work on many notes.

    html: Whether pages are to be written.
    resumes: Whether an option says how shards of an earlier run go on.
    RAISES BadParameter: If they can't be used together.
    """
    if n_process == 0:
        raise typer.BadParameter("--n-process must be at least 1, or -1.")
    if shard_size and html:
        raise typer.BadParameter("--html can't be used with --shard-size.")
    if resumes and not shard_size:
        raise typer.BadParameter("--only-failed and --force need --shard-size.")
