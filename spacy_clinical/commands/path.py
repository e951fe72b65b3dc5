"""`spacy-clinical path`: where a shipped pipeline is, for spaCy's own commands."""

from typing import Annotated

import typer

from spacy_clinical.commands.console import WRONG_USE, stop
from spacy_clinical.models import DEFAULT_MODEL, model_path


def path(
    name: Annotated[
        str, typer.Argument(help="A pipeline that ships inside the package.")
    ] = DEFAULT_MODEL,
) -> None:
    """Print the folder of a shipped pipeline: spacy apply "$(spacy-clinical path)" …

    Exit status: 2 if no pipeline of that name ships.
    """
    try:
        typer.echo(model_path(name))
    except FileNotFoundError as error:
        stop(str(error), WRONG_USE)
