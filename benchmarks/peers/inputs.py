"""What all contestants of encoders.py get: the same notes, the same checkpoint.

Notes are real text (ACI-BENCH, MACCROBAT, CodiEsp), joined and cut to the lengths of
MIMIC-III's discharge summaries: log-normal with a median of 1,375 words and quartiles
of 965 and 1,900 (Edin et al. 2023, arXiv 2304.10909), within 100 and 6,000. One length
is drawn from each of as many equally likely parts of the distribution as there are
notes, so that few notes show its tail as well.

The checkpoint is as large as BERT base and random, with a WordPiece vocabulary as
large as Bio_ClinicalBERT's that spells these notes with about 1.5 pieces a word. Its
head is set so that a quarter of the pieces are in entities, of all types.
"""

import csv
import json
import math
import random
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist

import torch
from tokenizers import Tokenizer
from tokenizers.implementations import BertWordPieceTokenizer
from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast

MEDIAN_WORDS = 1375
SIGMA = math.log(1900 / 965) / 1.349
WORDS = (100, 6000)
VOCAB_SIZE = 28_996
PIECES_PER_WORD = 1.5
ENTITY_SHARE = 0.25
ACI_BENCH = ("train.csv", "valid.csv", "clinicalnlp_taskB_test1.csv")
TEXTS = ("maccrobat2020/train", "maccrobat2020/dev", "codiesp/train/text_files_en")


def read_texts(data: Path) -> list[str]:
    """Read all texts of the three corpora."""
    texts = []
    for name in ACI_BENCH:
        with (data / "aci_bench" / name).open(newline="", encoding="utf8") as file:
            texts += [row["note"] for row in csv.DictReader(file)]
    for name in TEXTS:
        paths = sorted((data / name).glob("*.txt"))
        texts += [path.read_text(encoding="utf8") for path in paths]
    return texts


def make_notes(texts: Sequence[str], n_notes: int, *, seed: int) -> list[str]:
    """Join texts in a random order, and cut that into notes."""
    generator = random.Random(seed)
    lengths = NormalDist(math.log(MEDIAN_WORDS), SIGMA)
    parts = list(range(n_notes))
    generator.shuffle(parts)
    words: list[str] = []
    notes = []
    for part in parts:
        share = (part + generator.uniform(0.01, 0.99)) / n_notes
        drawn = round(math.exp(lengths.inv_cdf(share)))
        n_words = min(max(drawn, WORDS[0]), WORDS[1])
        while len(words) < n_words:
            words += re.findall(r"\S+\s*", generator.choice(texts).strip() + "\n\n")
        notes.append("".join(words[:n_words]))
        words = words[n_words:]
    return notes


def make_checkpoint(
    folder: Path,
    texts: Sequence[str],
    notes: Sequence[str],
    labels: Sequence[str],
    *,
    n_layers: int,
    seed: int,
) -> None:
    """Save a random token classifier that any of the contestants can read."""
    folder.mkdir(parents=True)
    vocab = folder / "vocab.txt"
    vocab.write_text("\n".join(_make_vocab(texts, notes)), encoding="utf8")
    tokenizer = BertTokenizerFast(str(vocab), do_lower_case=False, model_max_length=512)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=VOCAB_SIZE,
        num_hidden_layers=n_layers,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    model = BertForTokenClassification(config).eval()
    sample = tokenizer(
        list(notes[:4]), truncation=True, padding=True, return_tensors="pt"
    )
    with torch.no_grad():
        logits = model(**sample).logits[sample["attention_mask"].bool()]
        logits -= logits.mean(0)
        outside = labels.index("O")
        others = logits[:, [i for i in range(len(labels)) if i != outside]].amax(1)
        lead = torch.quantile(others - logits[:, outside], 1 - ENTITY_SHARE)
        model.classifier.bias.copy_(-model(**sample).logits.flatten(0, 1).mean(0))
        model.classifier.bias[outside] += lead
    model.save_pretrained(folder)


def count_pieces(folder: Path, notes: Sequence[str]) -> list[int]:
    """Count the wordpieces of each note, without special tokens."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    encoded = tokenizer.encode_batch(list(notes), add_special_tokens=False)
    return [len(note) for note in encoded]


def count_useful_gflop(folder: Path, n_pieces: Sequence[int], window: int) -> float:
    """Count what an encoder must multiply for some notes, each piece once.

    n_pieces: Length of each note.
    window (pieces): What a piece attends to, at most.
    RETURNS: 2 operations for each weight of the linear layers, and those of the two
        products of attention. No padding, overlap, special tokens, embeddings, or
        head.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf8"))
    width, n_layers = config["hidden_size"], config["num_hidden_layers"]
    linear = 2 * (4 * width * width + 2 * width * config["intermediate_size"])
    total = sum(n * (linear + 4 * width * min(n, window)) for n in n_pieces)
    return float(n_layers * total / 1e9)


def _make_vocab(texts: Sequence[str], notes: Sequence[str]) -> list[str]:
    """Keep as many of the first merges as are needed so that words are cut as often as
    wanted."""
    trained = BertWordPieceTokenizer(lowercase=False)
    trained.train_from_iterator(
        texts, vocab_size=VOCAB_SIZE, min_frequency=1, show_progress=False
    )
    known = trained.get_vocab()
    entries = sorted(known, key=lambda entry: known[entry])
    n_letters = sum(len(entry.removeprefix("##")) == 1 for entry in entries)
    n_words = sum(len(note.split()) for note in notes)
    fewest, most = n_letters + 5, len(entries)
    while most - fewest > 50:
        middle = (fewest + most) // 2
        vocab = {entry: i for i, entry in enumerate(entries[:middle])}
        encoded = BertWordPieceTokenizer(vocab, lowercase=False).encode_batch(
            list(notes), add_special_tokens=False
        )
        if sum(map(len, encoded)) > PIECES_PER_WORD * n_words:
            fewest = middle
        else:
            most = middle
    unused = [f"[unused{i}]" for i in range(VOCAB_SIZE - most)]
    # Training again gives the same entries in another order, but for the special ones.
    return entries[:5] + sorted(entries[5:most]) + unused
