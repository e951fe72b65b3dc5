"""Measure forms: what is read, labelled and linked on templates that were never seen,
and how fast.

Forms are invented (scripts/make_forms.py): of clinics and of offices, of templates and
partly with questions that the shipped model did not learn from, and by another hand,
whose layouts its generator doesn't know. Each is read by its text layer, by OCR of a
clean picture, and by OCR of a bad copy: fewer dots, tilted, blurred, faded, speckled.
Scores are exact: a part counts if its borders and label are right, a link if the borders
of its question and its answer are. They are found among the words that were read; word
recall says how many those are.

Speed against transformers run plainly, a page at a time, on a random LayoutLM of the
base shape; both see the same words, and take turns.

    python benchmarks/forms.py --forms 100 --output forms.json
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import spacy
import torch
from machine import read_machine
from peers.tables import format_ratios, format_table
from reports import OURS, SHARE, Row, compare_speed, make_row, write_report
from spacy.language import Language
from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.training import Example
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    LayoutLMConfig,
    LayoutLMForTokenClassification,
)

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from synthetic_forms.layout import make_form
from synthetic_forms.office import make_office_form
from synthetic_forms.other_hand import make_other_form
from synthetic_forms.page import Page
from synthetic_forms.record import make_record
from synthetic_forms.render import degrade, draw_page, write_pdf

from spacy_clinical.checkpoints import get_checkpoint
from spacy_clinical.corpora.form_gold import GoldForm, annotate_gold, read_gold
from spacy_clinical.evaluation.form_scorer import score_forms
from spacy_clinical.forms import read_form
from spacy_clinical.forms.labels import Labelled
from spacy_clinical.forms.linking import FormEntity, find_drop, find_gap, make_entities
from spacy_clinical.forms.pages import Word
from spacy_clinical.forms.places import find_places

# Neither train.jsonl nor dev.jsonl has these templates.
FIRST_TEMPLATE = 2_000_000
KINDS: dict[str, Callable[[int], Page]] = {
    "clinics": lambda i: make_form(FIRST_TEMPLATE + i, 0),
    "offices": lambda i: make_office_form(FIRST_TEMPLATE + i, 0),
    "another hand": make_other_form,
}
DPI = 200
KEY = "form"
RULES = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
ENCODER, CLASSIFIER = "spacy-clinical.HFEncoder.v1", "spacy-clinical.TokenClassifier.v1"
PLAIN = "transformers"
WAYS = ("text layer", "OCR, clean", "OCR, bad copy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--forms", type=int, default=100)
    parser.add_argument("--no-ocr", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", help="pipeline to measure in place of what ships")
    parser.add_argument("--before", help="checkpoint to measure beside it")
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    machine = read_machine(threads=args.threads)
    pipelines = {"rules": make_pipeline(RULES), "model": make_pipeline({})}
    if args.model:
        pipelines["model"] = spacy.load(args.model)
    if args.before:
        encoder = {"@architectures": ENCODER, "checkpoint": args.before}
        model = {"@architectures": CLASSIFIER, "encoder": encoder}
        pipelines["model before"] = make_pipeline({"model": model})
    ways = WAYS[:1] if args.no_ocr else WAYS
    results: dict[str, Any] = {
        "machine": machine,
        "settings": {"rounds": args.rounds, "forms": args.forms},
        "forms": args.forms,
        "scores": {},
        "seconds": {},
        "links of gold parts": {},
    }
    linker = pipelines["rules"].get_pipe("clinical_form_extractor").linker
    docs: list[Doc] = []
    for kind, make in KINDS.items():
        pages = [make(i) for i in range(args.forms)]
        for way in ways:
            examples, seconds, recall = read_pages(pages, way)
            results["seconds"][f"reading, {kind}, {way}"] = seconds
            for name, nlp in pipelines.items():
                scores, seconds = measure(nlp, examples)
                case = f"{kind}, {way}, {name}"
                results["scores"][case] = {"word recall": recall, **scores}
                results["seconds"][f"{name}, {kind}, {way}"] = seconds
            if way == WAYS[0]:
                docs += [eg.predicted for eg in examples]
                results["links of gold parts"] |= {
                    f"ours, {kind}": score_linker(examples, linker),
                    f"left, else above, {kind}": score_linker(examples, link_simply),
                }
    results["speed"] = measure_speed(docs[:20], args.rounds)
    print("\n".join(list_lines(results)))
    if args.output:
        write_report(args.output, results, summarize(results))


def make_pipeline(config: dict[str, Any]) -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_form_extractor", config=config)
    return nlp


# Scores


def read_pages(pages: Sequence[Page], way: str) -> tuple[list[Example], float, float]:
    """Read forms, and mark on them what is known. RETURNS also seconds a page, and the
    share of the words that were read without a fault."""
    vocab = spacy.blank("en").vocab
    examples, seconds = [], []
    n_words = n_read = 0
    for i, page in enumerate(pages):
        data = make_file(page, way, i)
        start = time.perf_counter()
        doc = read_form(data, vocab, ocr="never" if way == WAYS[0] else "always")
        seconds.append(time.perf_counter() - start)
        gold = fit_gold(page, doc, way)
        reference = doc.copy()
        annotate_gold(reference, gold, spans_key=KEY)
        examples.append(Example(doc, reference))
        n_words += len(gold.words)
        n_read += count_read(doc, gold)
    return examples, statistics.mean(seconds), n_read / n_words


def make_file(page: Page, way: str, number: int) -> bytes:
    if way == WAYS[0]:
        return write_pdf(page)
    image = draw_page(page, dpi=DPI)
    if way == WAYS[2]:
        image = degrade(image, random.Random(number))
    with tempfile.SpooledTemporaryFile() as file:
        image.save(file, "PNG", dpi=image.info["dpi"])
        file.seek(0)
        return file.read()


def fit_gold(page: Page, doc: Doc, way: str) -> GoldForm:
    """Move what is on a page to where the reader has seen it: pictures are turned about
    their middle, and grow by that."""
    gold = read_gold(make_record(page, "x"), name="x")
    [seen] = doc._.pages
    if way == WAYS[0] or not seen["width"]:
        return gold
    scale = find_scale(page, seen)
    dx = (seen["width"] - page.width * scale) / 2
    dy = (seen["height"] - page.height * scale) / 2
    words = [
        Word(w.text, tuple(v * scale + (dx, dy)[i % 2] for i, v in enumerate(w.box)))
        for w in gold.words
    ]
    size = seen["width"], seen["height"]
    return GoldForm("x", *size, words, gold.owners, gold.labels, gold.links)


def find_scale(page: Page, seen: dict[str, Any]) -> float:
    """Find the number of pixels a point has. A turned picture is larger by what its
    corners need."""
    angle = abs(seen["rotation"]) * torch.pi / 180
    sin, cos = (
        float(torch.sin(torch.tensor(angle))),
        float(torch.cos(torch.tensor(angle))),
    )
    return float(seen["width"] / (page.width * cos + page.height * sin))


def count_read(doc: Doc, gold: GoldForm) -> int:
    """Count the words that were read without a fault, near where they stand."""
    left = [(t.text, t._.box) for t in doc if t._.box is not None]
    width = doc._.pages[0]["width"] or 1.0
    n_read = 0
    for word in gold.words:
        x, y = word.box[0] / gold.width, word.middle / gold.height
        for i, (text, box) in enumerate(left):
            height = doc._.pages[0]["height"] or 1.0
            near = (
                abs(box[0] / width - x) < 0.02
                and abs((box[1] + box[3]) / 2 / height - y) < 0.01
            )
            if near and text == word.text:
                n_read += 1
                del left[i]
                break
    return n_read


def measure(
    nlp: Language, examples: Sequence[Example]
) -> tuple[dict[str, float], float]:
    """Measure scores, and seconds a page."""
    found, start = [], time.perf_counter()
    for example in examples:
        doc = nlp(example.predicted.copy())
        found.append(Example(doc, example.reference))
    seconds = (time.perf_counter() - start) / len(examples)
    scores = score_forms(found, spans_key=KEY)
    by_label = scores["form_per_type"]
    return {
        "parts": scores["form_f"],
        "links": scores["form_links_f"],
        **{label.lower(): by_label[label]["f"] for label in sorted(by_label)},
    }, seconds


def score_linker(
    examples: Sequence[Example], linker: Callable[[Sequence[FormEntity]], Any]
) -> dict[str, float]:
    """Link the right parts."""
    score = PRFScore()
    for example in examples:
        group = example.reference.spans[KEY]
        parts = [Labelled(s.start, s.end, s.label_, 1.0) for s in group]
        places = find_places(example.reference)
        found = linker(make_entities(example.reference, parts, places))
        pairs = {(link[0], link[1]) for link in found}
        score.score_set(pairs, {tuple(pair) for pair in group.attrs["links"]})
    return {"p": score.precision, "r": score.recall, "f": score.fscore}


def link_simply(entities: Sequence[FormEntity]) -> list[tuple[int, int]]:
    """Link by the rule that links FUNSD's own entities with an F1 of 0.936."""
    links = []
    for a, answer in enumerate(entities):
        if answer.label != "ANSWER":
            continue
        costs = []
        for q, question in enumerate(entities):
            if question.label == "QUESTION":
                known = (find_gap(question, answer), find_drop(question, answer))
                costs += [(cost, q) for cost in known if cost is not None]
        if costs:
            links.append((min(costs)[1], a))
    return links


# Speed


def measure_speed(docs: Sequence[Doc], rounds: int) -> dict[str, Any]:
    """Measure the seconds of our component and of transformers, on the same weights."""
    labels = [
        "O",
        *(f"{r}-{n}" for n in ("HEADER", "QUESTION", "ANSWER") for r in "BI"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        make_base(Path(folder), labels)
        encoder = {
            "@architectures": ENCODER,
            "checkpoint": folder,
        }
        model = {
            "@architectures": CLASSIFIER,
            "encoder": encoder,
        }
        ours = {
            precision: make_pipeline(
                {"model": {**model, "encoder": {**encoder, "precision": precision}}}
            )
            for precision in ("fp32", "bf16")
        }
        plain = Plain(folder)
        runs: dict[str, list[float]] = {PLAIN: []}
        for _ in range(rounds + 1):
            start = time.perf_counter()
            for doc in docs:
                plain(doc)
            runs[PLAIN].append(time.perf_counter() - start)
            for precision, nlp in ours.items():
                copies = [doc.copy() for doc in docs]
                start = time.perf_counter()
                list(nlp.pipe(copies, batch_size=8))
                runs.setdefault(f"{OURS}, {precision}", []).append(
                    time.perf_counter() - start
                )
    # The first round warms up.
    return {"pages": len(docs), "seconds": {n: run[1:] for n, run in runs.items()}}


def make_base(folder: Path, labels: Sequence[str]) -> None:
    """Save a random LayoutLM of the base shape with the shipped tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(
        get_checkpoint("layoutlm_forms_sm").location
    )
    torch.manual_seed(0)
    config = LayoutLMConfig(
        vocab_size=len(tokenizer),
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    LayoutLMForTokenClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


class Plain:
    """transformers, as its documentation shows LayoutLM: a page at a time, cut at 512
    wordpieces."""

    def __init__(self, folder: str) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForTokenClassification.from_pretrained(folder).eval()

    def __call__(self, doc: Doc) -> Any:
        words = [token for token in doc if not token.is_space]
        encoding = self.tokenizer(
            [word.text for word in words],
            is_split_into_words=True,
            truncation=True,
            max_length=512,
            return_tensors="pt",
        )
        boxes = [
            words[i]._.box_1000 if i is not None else None for i in encoding.word_ids()
        ]
        boxes[0], boxes[-1] = (0, 0, 0, 0), (1000, 1000, 1000, 1000)
        with torch.no_grad():
            return self.model(**encoding, bbox=torch.tensor([boxes])).logits.argmax(-1)


# Report


def summarize(results: dict[str, Any]) -> list[Row]:
    """Say in rows what counts of a report.

    results: As `main` makes it.
    """
    names = {"model": OURS, "rules": "rules", "model before": f"{OURS}, before"}
    rows = []
    for quantity in ("parts", "links"):
        for case, scores in results["scores"].items():
            way, _, name = case.rpartition(", ")
            title = f"F1 of {quantity}, {way}"
            rows.append(
                make_row("Forms", names[name], title, SHARE, [scores[quantity]])
            )
    speed = results["speed"]
    pages = dict.fromkeys(speed["seconds"], speed["pages"])
    return rows + compare_speed(
        "Forms, LayoutLM base", speed["seconds"], pages, "pages/s"
    )


def list_lines(results: dict[str, Any]) -> Iterator[str]:
    """Write scores and speeds as Markdown.

    results: As `main` makes it.
    """
    keys = ("word recall", "parts", "links", "header", "question", "answer")
    yield format_table(
        [f"{results['forms']} forms", *keys],
        [
            [name, *(f"{scores.get(key, 0):.3f}" for key in keys)]
            for name, scores in results["scores"].items()
        ],
    )
    yield ""
    for name, scores in results["links of gold parts"].items():
        yield f"- links of the right parts, {name}: " + ", ".join(
            f"{k} {v:.3f}" for k, v in scores.items()
        )
    for name, seconds in results["seconds"].items():
        yield f"- {name}: {1000 * seconds:.0f} ms a page"
    yield ""
    n_pages, seconds = results["speed"]["pages"], results["speed"]["seconds"]
    rows = []
    for name, rounds in seconds.items():
        rate = 60 * n_pages / statistics.median(rounds)
        rows.append([name, f"{rate:,.0f}", format_ratios(seconds[PLAIN], rounds)])
    columns = ["LayoutLM base", "pages a minute", "x transformers: min / median / max"]
    yield format_table(columns, rows)


if __name__ == "__main__":
    main()
