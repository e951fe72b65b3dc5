"""Label texts with the mean of several trained pipelines, as BRAT to train on.

Run: python scripts/label_texts.py TEXTS OUTPUT PIPELINE [PIPELINE ...]

Every .txt file below TEXTS is copied to OUTPUT with an .ann file beside it. The
pipelines must have been trained by one config: same tokenizer, same labels. A
student that learns from the gold and these silver labels together does better than
any of them (benchmarks/ner_tried.md).
"""

import argparse
import shutil
from pathlib import Path

import numpy
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from tqdm import tqdm

from spacy_clinical.export.brat import format_ann
from spacy_clinical.heads.spans import find_spans


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("texts", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("pipelines", type=Path, nargs="+")
    args = parser.parse_args()
    teachers = [spacy.load(path) for path in args.pipelines]
    args.output.mkdir(parents=True, exist_ok=True)
    for path in tqdm(sorted(args.texts.rglob("*.txt")), unit="text"):
        doc = label(teachers, path.read_text(encoding="utf8"))
        target = args.output / path.name
        shutil.copyfile(path, target)
        target.with_suffix(".ann").write_text(format_ann(doc), encoding="utf8")


def label(teachers: list[Language], text: str) -> Doc:
    """Set the entities that the teachers together find probable enough."""
    docs = [teacher(text) for teacher in teachers]
    components = [teacher.get_pipe("clinical_ner") for teacher in teachers]
    first = components[0]
    if any(other.scheme.columns != first.scheme.columns for other in components):
        raise SystemExit("The pipelines have different labels.")
    scored = [c.predict([d])[0] for c, d in zip(components, docs, strict=True)]
    seen = numpy.flatnonzero(scored[0].pieces.is_seen)
    doc = docs[0]
    doc.ents = []
    if len(seen):
        scores = numpy.mean([s.X[seen] for s in scored], axis=0).astype("float64")
        transitions = numpy.mean([c.transitions for c in components], axis=0)
        found = find_spans(scores, transitions, first.scheme, threshold=first.threshold)
        doc.ents = [
            Span(doc, int(seen[start]), int(seen[end - 1]) + 1, label=name)
            for start, end, name, _ in found
        ]
    return doc


if __name__ == "__main__":
    main()
