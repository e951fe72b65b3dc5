"""Teach a head on the encoder of a pipeline's clinical_ner to find identifiers.

The encoder stays as it is, so its rows of all notes are computed once. The head is
that of a `clinical_deidentifier` with a `spacy-clinical.SharedEncoder.v1`, which is
added to the pipeline, disabled: `nlp.enable_pipe("clinical_deidentifier")`.

Run: python scripts/make_deid_notes.py path/to/corpora corpus/deid --train 8000
     python scripts/make_deid_notes.py path/to/corpora corpus/more --train 9000 --seed 1
     python scripts/train_deid_head.py corpus/deid/train \\
         spacy_clinical/models/en_clinical_sm training/deid --more corpus/more/train
"""

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy
import torch
from spacy.language import Language
from tqdm import tqdm

from spacy_clinical.corpora.brat import BratCorpus, find_texts
from spacy_clinical.errors import CodedWarning
from spacy_clinical.identifiers.found import LABELS
from spacy_clinical.models import load
from spacy_clinical.pieces.pool import pool

NAME = "clinical_deidentifier"
# Chosen on the dev part of make_deid_notes.py, and on what is taken of MACCROBAT train.
SETTINGS = {
    "decide": "both",
    "decoder": "threshold_sum",
    "threshold": 0.4,
    "neighbor_threshold": 0.08,
    "model": {
        "@architectures": "spacy-clinical.TokenClassifier.v1",
        "pooling": "first",
        "hidden": 256,
        "encoder": {
            "@architectures": "spacy-clinical.SharedEncoder.v1",
            "component": "clinical_ner",
        },
    },
}
BATCH_DOCS = 32
BATCH_TOKENS = 1024
DROPOUT = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notes", type=Path, help="BRAT files to train on")
    parser.add_argument("pipeline", help="pipeline with clinical_ner")
    parser.add_argument("output", type=Path, help="folder to write the pipeline to")
    parser.add_argument("--more", type=Path, nargs="*", default=(), help="folders, too")
    parser.add_argument("--limit", type=int, default=0, help="notes of each; 0 for all")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rows", type=Path, help="file to keep the encoder's rows in")
    args = parser.parse_args()
    nlp = load(args.pipeline)
    component = add_head(nlp)
    if args.rows and args.rows.is_file():
        kept = numpy.load(args.rows)
        X, y = kept["X"], kept["y"]
    else:
        parts = [
            read_rows(nlp, folder, args.limit, component.cfg["columns"])
            for folder in (args.notes, *args.more)
        ]
        X, y = (numpy.concatenate(part) for part in zip(*parts, strict=True))
        if args.rows:
            numpy.savez(args.rows, X=X, y=y)
    train_head(component.model, X, y, args.epochs)
    nlp.disable_pipe(NAME)
    nlp.to_disk(args.output)


def add_head(nlp: Language) -> Any:
    """Add a component with a new head to a pipeline.

    nlp: The pipeline; an earlier component of that name is removed.
    """
    if NAME in nlp.component_names:
        nlp.remove_pipe(NAME)
    component = nlp.add_pipe(NAME, after="clinical_ner", config=SETTINGS)
    component.initialize(list, nlp=nlp, labels=LABELS)
    return component


def read_rows(
    nlp: Language, folder: Path, limit: int, columns: list[str]
) -> tuple[Any, Any]:
    """Compute the encoder's rows (n_tokens, width) of notes, and their columns.

    folder: With BRAT files.
    limit: Maximum number of notes; 0 for all.
    columns: Tags by their number, as the head has them.
    """
    warnings.simplefilter("ignore", CodedWarning)
    encoder: Any = nlp.get_pipe("clinical_ner").model.get_ref("encoder")
    before = [
        p
        for name, p in nlp.pipeline
        if name in ("clinical_section_splitter", "clinical_sentencizer")
    ]
    corpus = BratCorpus(folder)
    paths = find_texts(folder)[: limit or None]
    rows, tags = [], []
    for first in tqdm(range(0, len(paths), BATCH_DOCS), file=sys.stderr):
        gold = [
            corpus.read_doc(nlp, path) for path in paths[first : first + BATCH_DOCS]
        ]
        docs = [nlp.make_doc(doc.text) for doc in gold]
        for pipe in before:
            docs = [pipe(doc) for doc in docs]
        for doc, encoded in zip(gold, encoder.predict(docs), strict=True):
            is_seen = encoded.pieces.is_seen
            found = [
                "-".join(filter(None, (t.ent_iob_, t.ent_type_))) or "O" for t in doc
            ]
            tags.append(numpy.array([columns.index(tag) for tag in found])[is_seen])
            rows.append(pool(encoded.X, encoded.pieces, "first")[is_seen])
    X = numpy.concatenate(rows).astype("float16")
    return X, numpy.concatenate(tags)


def train_head(model: Any, X: Any, y: Any, n_epochs: int) -> None:
    """Train the two layers of a head on rows, and put their weights into the model.

    X (n_tokens, width): Rows.
    y (n_tokens): Columns.
    """
    torch.manual_seed(0)
    layers = [model.get_ref(name) for name in ("hidden_layer", "output_layer")]
    linear = [torch.nn.Linear(n.get_dim("nI"), n.get_dim("nO")) for n in layers]
    head = torch.nn.Sequential(
        torch.nn.Dropout(0.1),
        linear[0],
        torch.nn.ReLU(),
        torch.nn.Dropout(DROPOUT),
        linear[1],
    )
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)
    optimizer = torch.optim.AdamW(head.parameters(), weight_decay=0.01)
    for epoch in range(n_epochs):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * (1 - epoch / n_epochs)
        total = 0.0
        order = torch.randperm(len(inputs))
        for batch in order.split(BATCH_TOKENS):
            optimizer.zero_grad()
            logits = head(inputs[batch].float())
            loss = torch.nn.functional.cross_entropy(logits, targets[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch + 1}: loss {total / len(inputs):.4f}", flush=True)
    for node, layer in zip(layers, linear, strict=True):
        node.set_param("W", node.ops.asarray2f(layer.weight.detach().numpy()))
        node.set_param("b", node.ops.asarray1f(layer.bias.detach().numpy()))


if __name__ == "__main__":
    main()
