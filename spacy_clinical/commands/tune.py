"""`spacy-clinical tune`: tune the thresholds of codes on labelled notes."""

from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from spacy_clinical.commands.console import (
    load_code,
    load_pipeline,
    owner_only,
    print_rows,
    stop_on_errors,
)
from spacy_clinical.commands.options import CodeFile, LabelColumn, Model, TextColumn
from spacy_clinical.corpora.find import OF_CODES, find_reader
from spacy_clinical.evaluation.tuning import tune_pipeline
from spacy_clinical.export.folder import prepare_folder
from spacy_clinical.files.lock import FolderLock


def tune(
    model: Model,
    corpus: Annotated[
        Path,
        typer.Argument(
            help="Labelled notes not used in training: .spacy, CodiEsp, .jsonl with "
            "cats, a table of texts and codes (separated by ;), or a folder of these."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the tuned pipeline.")
    ],
    component: Annotated[
        str, typer.Option(help="Name of the categorizer in the pipeline.")
    ] = "clinical_icd9_categorizer",
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    min_positives: Annotated[
        int,
        typer.Option(min=1, help="Notes a code needs to get its own threshold."),
    ] = 20,
    code: CodeFile = None,
) -> None:
    """Find the thresholds of codes with the best F1, and save the tuned pipeline.

    No words of the notes are saved. Only the owner can read the pipeline's files.

    Exit status: 0, or 2 if nothing was done.
    """
    with stop_on_errors(output):
        load_code(code)
        nlp = load_pipeline(model)
        read = find_reader(
            corpus, text_column=text_column, label_column=label_column, kinds=OF_CODES
        )
        # disable=None: a bar only on a terminal.
        with nlp.memory_zone():
            examples = list(tqdm(read(nlp), unit="note", disable=None))
            n_notes = len(examples)
            thresholds = tune_pipeline(
                nlp, examples, component=component, min_positives=min_positives
            )
            # Words in the zone are freed, so they aren't saved with the vocab.
            del examples
        prepare_folder(output)
        with FolderLock(output), owner_only():
            nlp.to_disk(output)
    print_rows(
        [
            ("Notes", str(n_notes)),
            ("Codes", f"{len(thresholds.by_label)} with their own threshold"),
            ("Others", f"{thresholds.common:.3f}"),
            ("Pipeline", str(output)),
        ]
    )
