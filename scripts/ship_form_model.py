"""Put a trained form tagger into the package as a checkpoint that transformers can read.

Run: python scripts/ship_form_model.py training/forms/model-best \\
       --start training/forms_init --steps 1200 --words 1000000 --seen 5000 \\
       [--scores forms.json]
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import spacy
import torch
from transformers import LayoutLMConfig, LayoutLMForTokenClassification

from spacy_clinical.checkpoints import get_checkpoint

NAME = "layoutlm_forms_sm"
# Of trained weights, in the average with those before training.
SHARE = 0.75
CARD = """---
license: mit
library_name: transformers
pipeline_tag: token-classification
---
# {name}

A small LayoutLM (v1) that labels headers, questions and answers of forms, English. It is
the default of `clinical_form_extractor`.

| | |
| --- | --- |
| parameters | {n_parameters:,}: {layers} layers, {width} wide |
| size | {size:.1f} MB, half precision (safetensors), computed with in single |
| input | wordpieces (uncased) with the boxes of their words, 0 to 1000; 512 at once; the tokenizer puts "§" behind words in capitals |
| labels | {labels} |
| licenses | MIT; vocabulary and word embeddings are from all-MiniLM-L6-v2 (Apache-2.0) |

A demonstration and a starting point, not a medical device. Don't base care on it.

## How it was made

The version before, of 4 layers, was trained from random weights on 6,000 invented forms of
clinics. Two layers were put between its own (`scripts/grow_form_checkpoint.py`), and all
were trained on, as `configs/train_forms.cfg` has it but for {n_steps:,} steps only: {n_words:,}
words, about {n_forms_seen:,} forms of the 13,500 templates of clinics and of offices that
`scripts/make_forms.py --clinic 6000 --office 7500` makes: memos, fax sheets, requests,
reports, orders, letters. Most have noise as scanners, OCR and annotators leave it. The weights are averages of those after this
training (three parts) and before (one part). Word embeddings are the main components of
all-MiniLM-L6-v2's, and were not trained, so that words that no form has mean something.
No real form had a part in it.

## Scores

By `benchmarks/forms.py`, on {n_forms} forms of each kind: of clinics and of offices, of
templates that it has not seen, and typed by another hand (16 layouts that the generator
doesn't know). "Before" is the version of 4 layers, with the same rules and the same
linker. Exact borders and label; a link counts if both its ends are right.

| | word recall | parts | links | headers | questions | answers |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
{rows}

## Limits

The forms are invented: real ones differ more from these than these from each other, and
scores on real, noisy scans will be lower. It knows Latin
script and English only; it has no picture, so that shading, ticks by hand and
signatures are nothing to it. Of text in two columns that are not far apart it takes
lines for one. What it finds must be checked by people.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pipeline", type=Path)
    parser.add_argument("--scores", type=Path, help="JSON of benchmarks/forms.py")
    parser.add_argument("--start", type=Path, help="of scripts/grow_form_checkpoint.py")
    parser.add_argument("--steps", type=int, required=True, help="of the training")
    parser.add_argument("--words", type=int, required=True, help="that it saw in all")
    parser.add_argument("--seen", type=int, required=True, help="forms that it saw")
    args = parser.parse_args()
    folder = Path(get_checkpoint(NAME).location)
    nlp = spacy.load(args.pipeline)
    pipe = nlp.get_pipe("clinical_form_extractor")
    [shim] = pipe.shims
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = LayoutLMConfig(**shim.loaded.model.config.to_dict())
    config.id2label = dict(enumerate(pipe.cfg["columns"]))
    config.label2id = {label: i for i, label in config.id2label.items()}
    config.architectures = ["LayoutLMForTokenClassification"]
    # The pooler is of no use; the seed keeps the file the same each time.
    torch.manual_seed(0)
    model = LayoutLMForTokenClassification(config)
    model.layoutlm.load_state_dict(shim.loaded.model.state_dict(), strict=False)
    output = pipe.model.get_ref("output_layer")
    with torch.no_grad():
        model.classifier.weight.copy_(torch.from_numpy(output.get_param("W")))
        model.classifier.bias.copy_(torch.from_numpy(output.get_param("b")))
    if args.start:
        blend(model, LayoutLMForTokenClassification.from_pretrained(args.start), SHARE)
    model.half().save_pretrained(folder)
    shim.loaded.tokenizer.save(folder)
    # tokenizer.json has it all.
    (folder / "vocab.txt").unlink(missing_ok=True)
    results = json.loads(args.scores.read_text("utf8")) if args.scores else {}
    card = format_card(model, folder, results, args)
    (folder / "README.md").write_text(card, encoding="utf8")
    print(f"{folder}: {get_size(folder):.1f} MB")


def blend(model: Any, start: Any, share: float) -> None:
    """Average the weights of a model with those that its training started from.

    share: Of the trained weights.
    SOURCE: Wortsman et al. 2022, Robust fine-tuning of zero-shot models.
    """
    if start.config.id2label != model.config.id2label:
        raise ValueError("The two models have different labels.")
    weights = start.float().state_dict()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name in weights and "pooler" not in name:
                weight.mul_(share).add_(weights[name], alpha=1 - share)


def get_size(folder: Path) -> float:
    return sum(p.stat().st_size for p in folder.iterdir()) / 1e6


def format_card(
    model: Any, folder: Path, results: dict[str, Any], args: argparse.Namespace
) -> str:
    keys = ("word recall", "parts", "links", "header", "question", "answer")
    rows = [
        f"| {name} | " + " | ".join(f"{scores.get(k, 0):.3f}" for k in keys) + " |"
        for name, scores in results.get("scores", {}).items()
    ]
    return CARD.format(
        name=NAME,
        n_parameters=sum(p.numel() for p in model.parameters()),
        layers=model.config.num_hidden_layers,
        width=model.config.hidden_size,
        size=get_size(folder),
        labels=", ".join(model.config.id2label.values()),
        n_forms=results.get("forms", 0),
        n_steps=args.steps,
        n_words=args.words,
        n_forms_seen=args.seen,
        rows="\n".join(rows),
    )


if __name__ == "__main__":
    main()
