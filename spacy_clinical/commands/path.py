"""`spacy-clinical path`: print a shipped pipeline's folder for spaCy's commands."""

from typing import Annotated

import typer

from spacy_clinical.commands.console import WRONG_USE, stop
from spacy_clinical.models import DEFAULT_MODEL, model_path


def path(
    name: Annotated[
        str, typer.Argument(help="Name of a shipped pipeline.")
    ] = DEFAULT_MODEL,
) -> None:
    """Print the folder of a shipped pipeline: spacy apply "$(spacy-clinical path)" …

    Exit status: 0, or 2 if there is no shipped pipeline with that name.
    """
    try:
        typer.echo(model_path(name))
    except FileNotFoundError as error:
        stop(str(error), WRONG_USE)
