"""`spacy-clinical convert`: convert annotated texts to spaCy's format."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from spacy.tokens import DocBin
from tqdm import tqdm

from spacy_clinical.commands.console import print_rows, stop_on_errors
from spacy_clinical.commands.options import LabelColumn, TextColumn
from spacy_clinical.corpora.find import CONVERTIBLE, find_reader
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.docs import load_tokenizer
from spacy_clinical.files.atomic import replace_atomic

Format = Enum("Format", [(name, name) for name in CONVERTIBLE], type=str)  # type: ignore[misc]


def convert(
    source: Annotated[
        Path,
        typer.Argument(
            help="BRAT files (.txt with .ann), CodiEsp, PubTator, CoNLL, .jsonl with text and "
            "entities, a table of texts and labels, or a folder of these."
        ),
    ],
    output: Annotated[Path, typer.Argument(help=".spacy file to write.")],
    kind: Annotated[
        Format | None,
        typer.Option(
            "--format", "-f", case_sensitive=False, help="Format, if not detected."
        ),
    ] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
) -> None:
    """Convert annotated texts to .spacy, for spacy train, debug and evaluate.

    The file holds the texts, so only its owner can read it.

    Exit status: 0, or 2 if nothing was done.
    """
    nlp = load_tokenizer()
    docs = DocBin(store_user_data=True)
    n_docs, n_entities, labels = 0, 0, set[str]()
    with stop_on_errors(output):
        read = find_reader(
            source,
            text_column=text_column,
            label_column=label_column,
            kinds=CONVERTIBLE if kind is None else [kind.value],
        )
        # disable=None: a bar only on a terminal.
        for example in tqdm(read(nlp), unit="doc", disable=None):
            docs.add(example.reference)
            n_docs += 1
            n_entities += len(example.reference.ents)
            labels.update(example.reference.cats)
        if not n_docs:
            raise CodedValueError(Errors.C211.format(source=source, reason="no texts"))
        output.parent.mkdir(parents=True, exist_ok=True)
        with replace_atomic(output) as part:
            docs.to_disk(part)
    rows = [("Docs", str(n_docs)), ("Entities", str(n_entities))]
    if labels:
        rows.append(("Labels", f"{len(labels)} of whole texts"))
    print_rows([*rows, ("File", str(output))])
