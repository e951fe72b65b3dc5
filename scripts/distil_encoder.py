"""Distil a sentence encoder into one with fewer layers, on sentences of clinical texts.

Run: python scripts/distil_encoder.py path/to/corpora path/to/all-MiniLM-L6-v2 \
         training/sentence_encoder

It starts from some of the encoder's own layers, and learns to give sentences the same
vectors: the mean of the last rows, scaled to length 1. The sentences are those of the
training parts of CodiEsp, MACCROBAT2020, ACI-BENCH, MTS-Dialog, PubMedQA, BC5CDR, NCBI
Disease and PHEE, and the titles of ICD-9-CM. Nothing that is annotated is read. It takes
a quarter of an hour on two cores with AMX.

SOURCE: Sanh et al. 2019 (DistilBERT, start from the teacher's layers), Reimers & Gurevych
2020 (to learn a teacher's sentence vectors).
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import spacy
import torch
from make_ner_corpora import read_events
from make_weak_labels import (
    read_aci_bench,
    read_codiesp,
    read_mts_dialog,
    read_pubmedqa,
)
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR
from tqdm import tqdm
from transformers import AutoModel, AutoTokenizer, PreTrainedModel

from spacy_clinical.corpora.pubtator import PubTatorCorpus
from spacy_clinical.icd9.tables import find_title, list_billable, list_categories

LAYERS = (0, 2, 5)
MAX_PIECES = 256
# Pieces in a batch, with padding.
BATCH = 4096
LEARN_RATE = 3e-4
# One sentence in so many shows how far it has got.
HELD_BACK = 40
PUBTATOR = (
    "bc5cdr/CDR_TrainingSet.PubTator.txt",
    "ncbi_disease/NCBItrainset_corpus.txt",
)
CHARS = range(3, 1500)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder of the corpora")
    parser.add_argument("encoder", type=Path, help="folder of the teacher")
    parser.add_argument("output", type=Path, help="folder to write")
    parser.add_argument("--layers", type=int, nargs="+", default=LAYERS)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    random.seed(args.seed)
    torch.manual_seed(args.seed)
    tokenizer = AutoTokenizer.from_pretrained(args.encoder)
    sentences = sorted({*read_sentences(args.data), *read_titles()})
    random.shuffle(sentences)
    ids = tokenizer(sentences, truncation=True, max_length=MAX_PIECES)["input_ids"]
    teacher = AutoModel.from_pretrained(args.encoder, add_pooling_layer=False).eval()
    targets = encode(teacher, ids, "teacher")
    student = cut_layers(teacher, args.layers)
    train(student, ids, targets, args.epochs)
    student.save_pretrained(args.output)
    tokenizer.save_pretrained(args.output)


def read_sentences(data: Path) -> Iterator[str]:
    """Read the sentences of the training parts of all corpora, on one line each."""
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    maccrobat = sorted((data / "maccrobat2020/train").glob("*.txt"))
    texts = chain(
        (path.read_text("utf8") for path in maccrobat),
        *(
            read(data)
            for read in (read_codiesp, read_aci_bench, read_mts_dialog, read_pubmedqa)
        ),
        (eg.text for name in PUBTATOR for eg in PubTatorCorpus(data / name)(nlp)),
        (note.text for note in read_events(data / "phee/train.json")),
    )
    for doc in tqdm(nlp.pipe(texts), desc="texts", file=sys.stderr):
        for sentence in doc.sents:
            words = " ".join(sentence.text.split())
            if len(words) in CHARS:
                yield words


def read_titles() -> Iterator[str]:
    """Read the titles of ICD-9-CM, which the categorizer's head starts from."""
    for category in list_categories():
        for code in (category, *list_billable(category)):
            title = find_title(code)
            if title:
                yield title


def cut_layers(teacher: PreTrainedModel, layers: Sequence[int]) -> PreTrainedModel:
    """Copy a model, with some of its layers only."""
    student = type(teacher)(teacher.config, add_pooling_layer=False)
    student.load_state_dict(teacher.state_dict())
    kept = [student.encoder.layer[i] for i in layers]
    student.encoder.layer = nn.ModuleList(kept)
    student.config.num_hidden_layers = len(kept)
    for module in student.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    # Pieces that the sentences don't have keep their meaning.
    student.embeddings.word_embeddings.weight.requires_grad = False
    return student


def train(
    student: PreTrainedModel, ids: list[list[int]], targets: Tensor, n_epochs: int
) -> None:
    """Train a model to give the vectors of its teacher, and print how near they are."""
    held_back = range(0, len(ids), HELD_BACK)
    seen = [i for i in range(len(ids)) if i % HELD_BACK]
    epochs = [batch_by_length(seen, ids) for _ in range(n_epochs)]
    batches = list(chain.from_iterable(epochs))
    learned = [p for p in student.parameters() if p.requires_grad]
    optimizer = AdamW(learned, lr=LEARN_RATE, weight_decay=0.01)
    rate = OneCycleLR(optimizer, LEARN_RATE, len(batches), pct_start=0.05)
    student.train()
    for batch in tqdm(batches, desc="steps", file=sys.stderr):
        with torch.autocast("cpu", torch.bfloat16):
            vectors = embed(student, [ids[i] for i in batch])
        loss = 1 - (vectors * targets[batch]).sum(-1).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        rate.step()
        optimizer.zero_grad()
    near = encode(student.eval(), [ids[i] for i in held_back], "held back")
    cosine = (near * targets[list(held_back)]).sum(-1)
    print(
        f"Cosine of {len(cosine)} sentences that it wasn't trained on: "
        f"mean {cosine.mean():.3f}, 5th percentile {cosine.quantile(0.05):.3f}"
    )


def encode(model: PreTrainedModel, ids: list[list[int]], name: str) -> Tensor:
    """Compute the vectors of sentences (n_sentences, width).

    name: Shown on the progress bar.
    """
    vectors = torch.zeros(len(ids), model.config.hidden_size)
    batches = batch_by_length(range(len(ids)), ids)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for batch in tqdm(batches, desc=name, file=sys.stderr):
            vectors[batch] = embed(model, [ids[i] for i in batch])
    return vectors


def embed(model: PreTrainedModel, ids: list[list[int]]) -> Tensor:
    """Compute the mean of each sentence's rows, scaled to length 1."""
    padded = nn.utils.rnn.pad_sequence([torch.tensor(one) for one in ids], True)
    lengths = torch.tensor([len(one) for one in ids])
    mask = (torch.arange(padded.shape[1]) < lengths[:, None]).long()
    rows = model(padded, attention_mask=mask).last_hidden_state.float()
    return normalize((rows * mask[..., None]).sum(1), dim=-1)


def batch_by_length(indices: Sequence[int], ids: list[list[int]]) -> list[list[int]]:
    """Group sentences of about the same length, in a random order."""
    # Other sentences come together in each epoch.
    order = sorted(indices, key=lambda i: len(ids[i]) + 3 * random.random())
    batches: list[list[int]] = [[]]
    longest = 0
    for i in order:
        longest = max(longest, len(ids[i]))
        if longest * (len(batches[-1]) + 1) > BATCH:
            batches.append([])
            longest = len(ids[i])
        batches[-1].append(i)
    random.shuffle(batches)
    return batches


if __name__ == "__main__":
    main()
