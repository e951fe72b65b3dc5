"""`spacy-clinical convert`: annotated texts to spaCy's own format."""

from pathlib import Path
from typing import Annotated

import typer
from spacy.tokens import DocBin
from tqdm import tqdm

from spacy_clinical.commands.console import (
    WRONG_USE,
    get_message,
    print_rows,
    short_warnings,
    stop,
)
from spacy_clinical.corpora.converted import Format, find_format, read_docs
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.docs import load_tokenizer
from spacy_clinical.files.atomic import replace_atomic


def convert(
    source: Annotated[
        Path,
        typer.Argument(
            help="A folder of BRAT files (.txt with .ann), a CoNLL file, or .jsonl with "
            "text and entities."
        ),
    ],
    output: Annotated[Path, typer.Argument(help="The .spacy file to write.")],
    kind: Annotated[
        str | None, typer.Option("--format", "-f", help="brat, conll or jsonl.")
    ] = None,
) -> None:
    """Convert annotated texts to .spacy, which spacy train, debug and evaluate read.

    Only its owner may read the file, as it holds the texts.

    Exit status: 0, or 2 if nothing could be done.
    """
    kind = None if kind is None else kind.strip().lower()
    if kind not in (None, "brat", "conll", "jsonl"):
        raise typer.BadParameter("--format is brat, conll or jsonl.")
    nlp = load_tokenizer()
    found = DocBin(store_user_data=True)
    n_docs = n_entities = 0
    with short_warnings():
        try:
            chosen: Format = kind or find_format(source)  # type: ignore[assignment]
            # disable=None: no bar where nobody would see it.
            for doc in tqdm(read_docs(nlp, source, chosen), unit="doc", disable=None):
                found.add(doc)
                n_docs += 1
                n_entities += len(doc.ents)
            if not n_docs:
                raise CodedValueError(
                    Errors.C211.format(source=source, reason="no texts")
                )
            output.parent.mkdir(parents=True, exist_ok=True)
            with replace_atomic(output) as part:
                found.to_disk(part)
        except (OSError, ValueError) as error:
            stop(get_message(error), WRONG_USE)
    rows = [("Docs", str(n_docs)), ("Entities", str(n_entities)), ("File", str(output))]
    print_rows(rows)
