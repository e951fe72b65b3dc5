"""`spacy-clinical evaluate`: score a pipeline by label, as tables and plots."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from spacy_clinical.commands.console import (
    load_code,
    load_pipeline,
    print_rows,
    stop_on_errors,
    tell,
)
from spacy_clinical.commands.options import CodeFile, LabelColumn, Model, TextColumn
from spacy_clinical.corpora.find import find_reader
from spacy_clinical.errors import Warnings
from spacy_clinical.evaluation.evaluate import Evaluation, to_json, to_markdown
from spacy_clinical.evaluation.evaluate import evaluate as score
from spacy_clinical.export.folder import prepare_folder
from spacy_clinical.files.atomic import open_text, replace_together
from spacy_clinical.files.json_text import write_json
from spacy_clinical.files.lock import FolderLock
from spacy_clinical.models import get_title

# How the names of scores end that are printed.
MAIN = ("_f", "linker_acc", "linker_acc_5")
# Names of the plots that `draw_plots` writes.
_PLOT = re.compile(r"(by_label_\w+|thresholds_(entities|codes)|confusion)\.svg")


def evaluate(
    model: Model,
    corpus: Annotated[
        Path,
        typer.Argument(
            help="Labelled texts or forms: .spacy, BRAT, CodiEsp, FUNSD, PubTator, CoNLL, "
            ".jsonl, a table of texts and codes, or a folder of these."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for tables and plots.")
    ],
    plots: Annotated[bool, typer.Option(help="Whether to draw plots (SVG).")] = True,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    batch_size: Annotated[int, typer.Option(min=1, help="Docs in a batch.")] = 32,
    code: CodeFile = None,
) -> None:
    """Score a pipeline, and write scores.json, scores.md and plots.

    Exit status: 0, or 2 if nothing was done.
    """
    with stop_on_errors(output):
        load_code(code)
        nlp = load_pipeline(model)
        read = find_reader(corpus, text_column=text_column, label_column=label_column)
        # disable=None: a bar only on a terminal.
        evaluation = score(
            nlp, tqdm(read(nlp), unit="doc", disable=None), batch_size=batch_size
        )
        prepare_folder(output)
        with FolderLock(output):
            _write_tables(evaluation, output, get_title(nlp), corpus.name)
            n_plots = _write_plots(evaluation, output) if plots else 0
    rows = [("Docs", str(evaluation.n_docs))]
    main = [name for name in evaluation.scores if name.endswith(MAIN)]
    rows += [(name, f"{evaluation.scores[name]:.3f}") for name in main]
    rows += [("Tables", str(output / "scores.md")), ("Plots", str(n_plots))]
    print_rows(rows)


def _write_tables(
    evaluation: Evaluation, folder: Path, model: str, corpus: str
) -> None:
    """Write the tables, and remove the plots of an earlier run."""
    tables = [folder / "scores.json", folder / "scores.md"]
    old: list[Path] = []
    if tables[0].is_file():
        old = [path for path in folder.iterdir() if _PLOT.fullmatch(path.name)]
    with replace_together(tables, gone=old) as [data, text]:
        with open_text(data) as handle:
            handle.write(write_json({"model": model, **to_json(evaluation)}, indent=1))
        with open_text(text) as handle:
            handle.write(to_markdown(evaluation, title=f"{model} on {corpus}"))


def _write_plots(evaluation: Evaluation, folder: Path) -> int:
    if find_spec("matplotlib") is None:
        tell(Warnings.W304)
        return 0
    # Only plots need matplotlib.
    from spacy_clinical.evaluation.plots import draw_plots

    return len(draw_plots(evaluation, folder))
