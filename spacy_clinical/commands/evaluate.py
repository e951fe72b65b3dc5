"""`spacy-clinical evaluate`: scores by label, as tables and plots."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from spacy_clinical.commands.console import (
    WRONG_USE,
    get_message,
    load_pipeline,
    print_rows,
    short_warnings,
    stop,
    tell,
)
from spacy_clinical.errors import Warnings
from spacy_clinical.evaluation import evaluate as score
from spacy_clinical.evaluation import to_json, to_markdown
from spacy_clinical.export.atomic import open_atomic
from spacy_clinical.export.folder import prepare_folder
from spacy_clinical.json_text import write_json
from spacy_clinical.labelled import find_reader
from spacy_clinical.models import get_title


def evaluate(
    model: Annotated[
        str, typer.Argument(help="A pipeline: shipped, installed, or a folder.")
    ],
    corpus: Annotated[
        Path,
        typer.Argument(
            help="Labelled texts or forms: a .spacy file, a folder of BRAT, CodiEsp or "
            "FUNSD, a .jsonl of forms, or a table of texts and codes."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for tables and plots.")
    ],
    plots: Annotated[bool, typer.Option(help="Whether to draw plots (SVG).")] = True,
    batch_size: Annotated[int, typer.Option(min=1, help="Docs at a time.")] = 32,
) -> None:
    """Score a pipeline; write scores.json, scores.md and plots.

    Exit status: 0, or 2 if nothing could be done.
    """
    with short_warnings():
        try:
            nlp = load_pipeline(model)
            # disable=None: no bar where nobody would see it.
            bar = tqdm(find_reader(corpus)(nlp), unit="doc", disable=None)
            found = score(nlp, bar, batch_size=batch_size)
            prepare_folder(output)
        except (OSError, ValueError) as error:
            stop(get_message(error), WRONG_USE)
        title = f"{get_title(nlp)} on {corpus.name}"
        with open_atomic(output / "scores.json") as handle:
            scores = {"model": get_title(nlp), **to_json(found)}
            handle.write(write_json(scores, indent=1))
        with open_atomic(output / "scores.md") as handle:
            handle.write(to_markdown(found, title=title))
        n_plots = 0
        if plots and find_spec("matplotlib") is None:
            tell(Warnings.W304)
        elif plots:
            # Only plots need matplotlib.
            from spacy_clinical.export.plots import draw_plots

            n_plots = len(draw_plots(found, output))
    rows = [("Docs", str(found.n_docs))]
    main = [name for name in found.scores if name.endswith(("_f", "micro_f"))]
    rows += [(name, f"{found.scores[name]:.3f}") for name in main]
    rows += [("Tables", str(output / "scores.md")), ("Plots", str(n_plots))]
    print_rows(rows)
