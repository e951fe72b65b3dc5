"""Measure answers to questions about long texts, and the speed beside transformers.

    python benchmarks/qa.py --data path/to/data --model training/qa/model-best \\
        --output qa.json

Quality: COVID-QA, whose articles have 3,600 words on average; EM and F1 as SQuAD's script
defines them, on a fifth of the articles (fold 0), which training leaves out. Answers that
aren't where they are said to be are left out. Beside trained pipelines (--model), without
training:

    words              the sentence that shares most words with the question (BM25)
    words and vectors  the same, with the similarity of the shipped encoder's vectors
    vectors            the similarity alone

"Found" is the share of questions whose first answer overlaps the gold answer.

Speed: a random checkpoint of the size of the shipped encoder (6 layers, 384 wide), with the
same windows of 384 wordpieces for both: words of the text times questions in a second of
processor time.
"""

import argparse
import time
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import spacy
import torch
from console import add_data_option
from machine import read_machine
from peers.tables import format_table
from reports import OURS, SHARE, Row, compare_speed, make_row, write_report
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, BertConfig

import spacy_clinical
from spacy_clinical.commands.ask import make_pipeline
from spacy_clinical.corpora.folds import Folds
from spacy_clinical.corpora.squad import SquadCorpus, read_squad
from spacy_clinical.evaluation.qa_scorer import score_answers

PEER = "transformers"
SIZE, OVERLAP = 384, 128
# Windows in a batch of transformers.
BATCH = 8


def main() -> None:
    args = _parse_args()
    path = args.data / "covid_qa" / "train.json"
    shipped = Path(spacy_clinical.model_path()) / "clinical_ner" / "encoder"
    systems = {
        f"{OURS}, words": make_retrieval(None),
        f"{OURS}, words and vectors": make_retrieval(shipped),
        f"{OURS}, vectors": make_retrieval(shipped, weight=1e6),
    }
    for model in args.model:
        systems[f"{OURS}, {model.parent.name}"] = spacy.load(model)
    report: dict[str, Any] = {
        "machine": read_machine(threads=1),
        "settings": {"rounds": args.rounds, "articles": args.articles},
        "scores": {
            name: score(nlp, path, args.articles)
            for name, nlp in systems.items()
            if not args.only or name.endswith(tuple(args.only))
        },
        "speed": measure_speed(path, args.rounds, args.timed),
    }
    print(format_tables(report))
    if args.output:
        write_report(args.output, report, summarize(report))


def make_retrieval(encoder: Path | None, weight: float = 10.0) -> Any:
    """Make a pipeline that answers with sentences.

    encoder: Folder of an encoder whose vectors are compared, too.
    weight: Factor on their cosines.
    """
    nlp = make_pipeline(None)
    if encoder is not None:
        layer = {
            "@architectures": "spacy-clinical.HFEncoder.v1",
            "checkpoint": str(encoder),
        }
        model = {"@architectures": "spacy-clinical.SentenceRetrieval.v1"}
        nlp.remove_pipe("clinical_qa")
        nlp.add_pipe(
            "clinical_qa",
            config={"model": {**model, "encoder": layer, "weight": weight}},
        )
    return nlp


def score(nlp: Any, path: Path, n_articles: int) -> dict[str, Any]:
    """Score a pipeline on the articles that training leaves out."""
    with warnings.catch_warnings():
        # Of answers that aren't where they are said to be.
        warnings.simplefilter("ignore")
        corpus = SquadCorpus(
            path, fold=0, held_out=True, limit=n_articles, max_questions=0
        )
        examples = list(corpus(nlp))
    n_found = n_questions = 0
    for example in examples:
        example.predicted = next(nlp.pipe([example.predicted]))
        found = {one["question"]: one for one in example.predicted._.answers}
        for gold in example.reference._.answers:
            answer = found[gold["question"]]
            n_questions += 1
            n_found += (
                answer["start_char"] is not None
                and answer["start_char"] < gold["end_char"]
                and answer["end_char"] > gold["start_char"]
            )
    scores = score_answers(examples)
    return {
        "em": scores["qa_em"],
        "f": scores["qa_f"],
        "found": n_found / n_questions,
        "questions": n_questions,
        "articles": len(examples),
    }


def measure_speed(path: Path, n_rounds: int, n_articles: int) -> dict[str, Any]:
    """Take the time of questions to articles, ours and of transformers in turns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        contexts = read_squad(path, Folds(0, held_out=True), limit=n_articles)
    asked = [(c.text, [q.text for q in c.questions[:2]]) for c in contexts]
    n_words = sum(len(text.split()) * len(questions) for text, questions in asked)
    seconds: dict[str, list[float]] = {OURS: [], PEER: []}
    with TemporaryDirectory() as folder:
        save_checkpoint(Path(folder))
        nlp = make_ours(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
        # The first round warms up.
        for number in range(n_rounds + 1):
            start = time.process_time()
            for text, questions in asked:
                nlp.get_pipe("clinical_qa").ask(nlp.make_doc(text), questions)
            middle = time.process_time()
            for text, questions in asked:
                run_transformers(model, tokenizer, text, questions)
            if number:
                seconds[OURS].append(middle - start)
                seconds[PEER].append(time.process_time() - middle)
    return {"words": n_words, "seconds": seconds}


def save_checkpoint(folder: Path) -> None:
    """Save a random checkpoint with the shipped encoder's tokenizer and size."""
    shipped = Path(spacy_clinical.model_path()) / "clinical_ner" / "encoder"
    tokenizer = AutoTokenizer.from_pretrained(shipped)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
    )
    tokenizer.save_pretrained(folder)
    AutoModelForQuestionAnswering.from_config(config).save_pretrained(folder)


def make_ours(folder: str) -> Any:
    """Make a pipeline of the component alone, in the precision that it chooses."""
    nlp = spacy.blank("en")
    encoder = {"checkpoint": folder, "size": SIZE - 3, "stride": SIZE - 3 - OVERLAP}
    nlp.add_pipe("clinical_qa", config={"model": {"encoder": encoder}})
    return nlp


def run_transformers(model: Any, tokenizer: Any, text: str, questions: Any) -> None:
    """Score all windows of a text with each question, as transformers' examples do."""
    windows = tokenizer(
        questions,
        [text] * len(questions),
        truncation="only_second",
        max_length=SIZE,
        stride=OVERLAP,
        return_overflowing_tokens=True,
        padding="max_length",
        return_tensors="pt",
    )
    windows.pop("overflow_to_sample_mapping")
    with torch.inference_mode():
        for i in range(0, len(windows["input_ids"]), BATCH):
            output = model(**{k: v[i : i + BATCH] for k, v in windows.items()})
            output.start_logits.argmax(dim=1), output.end_logits.argmax(dim=1)


def summarize(report: dict[str, Any]) -> list[Row]:
    """Say in short what was measured.

    report: As `main` makes it.
    """
    task = "Answers, COVID-QA"
    rows = []
    for name, scores in report["scores"].items():
        for quantity, key in (("F1", "f"), ("EM", "em"), ("found", "found")):
            rows.append(make_row(task, name, quantity, SHARE, [scores[key]]))
    speed = report["speed"]
    amounts = dict.fromkeys(speed["seconds"], speed["words"])
    if not any(speed["seconds"].values()):
        return rows
    return [
        *rows,
        *compare_speed("Answers, speed", speed["seconds"], amounts, "words/s"),
    ]


def format_tables(report: dict[str, Any]) -> str:
    """Write scores and speed as Markdown.

    report: As `main` makes it.
    """
    cells = [
        [name, f"{s['questions']}", *(f"{s[key]:.3f}" for key in ("f", "em", "found"))]
        for name, s in report["scores"].items()
    ]
    columns = ["system", "questions", "F1", "EM", "found"]
    speed = report["speed"]
    rates = [
        [name, f"{speed['words'] * len(taken) / sum(taken):,.0f}"]
        for name, taken in speed["seconds"].items()
        if taken
    ]
    tables = [format_table(columns, cells, text=1)]
    if rates:
        tables.append(format_table(["system", "words/s"], rates, text=1))
    return "\n\n".join(tables)


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure question answering.")
    add_data_option(parser)
    parser.add_argument(
        "--model",
        type=Path,
        action="append",
        default=[],
        help="Trained pipeline with clinical_qa; may be repeated",
    )
    parser.add_argument("--articles", type=int, default=0, help="All by default")
    parser.add_argument("--timed", type=int, default=2, help="Articles to time")
    parser.add_argument("--rounds", type=int, default=3, help="0 for no speed")
    parser.add_argument("--only", action="append", help="Ends of systems' names")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
