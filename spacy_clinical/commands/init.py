"""`spacy-clinical init`: write a config to start from."""

import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from spacy_clinical.checkpoints import get_checkpoint, is_offline_ready
from spacy_clinical.commands.console import stop_on_errors
from spacy_clinical.errors import (
    CodedFileExistsError,
    CodedFileNotFoundError,
    CodedValueError,
    Errors,
)
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.models.starter import DEFAULTS, PARTS, Kind, Start, make_start


class Texts(str, Enum):
    """Kinds of texts that a pipeline is for."""

    notes = "notes"
    forms = "forms"


def init(
    output: Annotated[Path, typer.Argument(help="Config to write (.cfg).")],
    kind: Annotated[
        Texts | None,
        typer.Option("--for", case_sensitive=False, help="What the pipeline reads."),
    ] = None,
    components: Annotated[
        list[str] | None,
        typer.Option(
            "--component",
            "-c",
            help="A component; repeat the option for several. What they need is added. "
            "For notes: "
            + ", ".join(PARTS["notes"])
            + ". Default: "
            + ", ".join(DEFAULTS["notes"])
            + ".",
        ),
    ] = None,
    checkpoints: Annotated[
        list[str] | None,
        typer.Option(
            "--checkpoint",
            metavar="COMPONENT=CHECKPOINT",
            help="Weights of a component instead of the shipped ones: a card, a hub id or "
            "a folder. Repeat the option for several.",
        ),
    ] = None,
    offline: Annotated[
        bool | None,
        typer.Option(
            "--offline/--online", help="Whether commands must not use a network."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write a config with comments, and print the two commands that run it.

    Asks for what isn't given if it runs in a terminal; else the defaults are used.

    Exit status: 0, or 2 if nothing was done.
    """
    with stop_on_errors(output.parent):
        if output.exists() and not force:
            raise CodedFileExistsError(Errors.C770.format(path=output))
        is_asking = kind is None and _is_terminal()
        chosen: Kind = _ask_kind() if is_asking else (kind or Texts.notes).value
        if is_asking and components is None and chosen == "notes":
            components = _ask_components(chosen)
        if is_asking and offline is None:
            offline = typer.confirm("Must it run without a network?", default=False)
        given = _read_checkpoints(checkpoints or ())
        start = make_start(
            str(output), chosen, components or (), given, is_offline=bool(offline)
        )
        if offline:
            _check_offline(given)
        output.parent.mkdir(parents=True, exist_ok=True)
        with open_atomic(output, is_private=False) as handle:
            handle.write(start.config)
    _print(start, output)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _ask_kind() -> Kind:
    answer: str = typer.prompt("For notes or forms?", default=Texts.notes.value)
    return "forms" if answer.strip().lower().startswith("f") else "notes"


def _ask_components(kind: Kind) -> list[str]:
    """Ask for each component that may be left out."""
    return [
        name
        for name, part in PARTS[kind].items()
        if not name.endswith(("splitter", "sentencizer"))
        and typer.confirm(f"{name}: {part.what}?", default=name in DEFAULTS[kind])
    ]


def _read_checkpoints(values: Sequence[str]) -> dict[str, str]:
    """Read pairs of component and checkpoint.

    RAISES ValueError: C772, at anything else; C002, if there is no such checkpoint.
    """
    given = {}
    for value in values:
        component, _, name = value.partition("=")
        if not name.strip():
            known = ", ".join(
                key
                for parts in PARTS.values()
                for key, part in parts.items()
                if part.architecture
            )
            raise CodedValueError(Errors.C772.format(value=value, known=known))
        get_checkpoint(name.strip())
        given[component.strip()] = name.strip()
    return given


def _check_offline(given: Mapping[str, str]) -> None:
    for name in given.values():
        if not is_offline_ready(get_checkpoint(name)):
            raise CodedFileNotFoundError(Errors.C773.format(name=name))


def _print(start: Start, output: Path) -> None:
    typer.echo(f"Wrote {output}: {', '.join(start.components)}. To run it:")
    for command in start.commands:
        typer.echo(f"  {command}")
