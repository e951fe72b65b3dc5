"""The command line: `spacy-clinical`, or `python -m spacy_clinical`.

Nothing printed quotes a note: failures name the file, the row and the error code.
"""

from typing import Annotated

import typer

from spacy_clinical.about import __version__
from spacy_clinical.commands.agreement import agreement
from spacy_clinical.commands.annotate import annotate
from spacy_clinical.commands.ask import ask
from spacy_clinical.commands.checkpoints import app as checkpoints
from spacy_clinical.commands.console import PlainCommand
from spacy_clinical.commands.convert import convert
from spacy_clinical.commands.deidentify import deidentify
from spacy_clinical.commands.doctor import doctor
from spacy_clinical.commands.evaluate import evaluate
from spacy_clinical.commands.export import export
from spacy_clinical.commands.forms import forms
from spacy_clinical.commands.import_ import import_corrections
from spacy_clinical.commands.init import init
from spacy_clinical.commands.path import path
from spacy_clinical.commands.review import review
from spacy_clinical.commands.serve import serve
from spacy_clinical.commands.tune import tune
from spacy_clinical.commands.view import view
from spacy_clinical.commands.vocabulary import app as vocabulary

# Rich's tracebacks would print local variables, including notes.
app = typer.Typer(
    name="spacy-clinical",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Extract sections, entities and codes from notes, and fields from forms.",
)
for command in (
    *(init, annotate, ask, deidentify, view, forms, export, serve),
    *(convert, tune, evaluate, agreement, review, path, doctor),
):
    app.command(cls=PlainCommand)(command)
app.command("import", cls=PlainCommand)(import_corrections)
app.add_typer(checkpoints, name="checkpoints")
app.add_typer(vocabulary, name="vocabulary")


def main() -> None:
    """Run the command line."""
    app(prog_name="spacy-clinical")


def _show_version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit()


@app.callback()
def _set_options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    pass
