"""Train the network that scores concepts, and write the names of mentions to link by.

From the training parts of NCBI Disease (CC0) and BC5CDR (public domain), in PubTator's
format. Writes resources/linker_weights.json, and the vocabulary `mentions`: the names that
articles have for concepts of MeSH and OMIM, each with the concept that it has most often.

For training, each text is linked with the names of the other texts only, and once more
without such names.

Run: python scripts/train_linker.py NCBItrainset_corpus.txt CDR_TrainingSet.PubTator.txt
"""

import argparse
import json
import lzma
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from configparser import ConfigParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import spacy
import torch

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.entity_types import TYPES
from spacy_clinical.concepts.linking import Linker
from spacy_clinical.concepts.mentions import list_short_forms, spell_out
from spacy_clinical.concepts.scoring import FEATURES, WEIGHTS, Scorer
from spacy_clinical.concepts.sources.source import Facts
from spacy_clinical.concepts.store import SHIPPED, open_vocabulary
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.corpora.pubtator import PubTatorCorpus
from spacy_clinical.evaluation.linker_scorer import NIL, list_gold
from spacy_clinical.files.digests import find_sha256

PREFERRED = ("MESH", "OMIM")
VOCABULARIES = ("mesh", "mesh_supplement", "mondo", "hpo")
CHEMICAL = "Chemical"
N_FOLDS = 4
N_HIDDEN, N_EPOCHS, BATCH, RATE, DECAY = 32, 20, 128, 5e-3, 0.3
# Networks, which are joined; names whose right concept is taken away.
N_NETWORKS, SHARE_WITHOUT = 3, 0.5
# Candidates of a name that the network learns from.
N_CANDIDATES = 40


class Mention(NamedTuple):
    """A name in a text, with its long form if the text defines it.

    gold: The ids that it may have.
    """

    text: int
    name: str
    long_form: str
    label: str
    gold: frozenset[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpora", type=Path, nargs="+", help="in PubTator's format")
    arguments = parser.parse_args()
    mentions = list(read_mentions(arguments.corpora))
    write_mentions(mentions)
    vocabularies = [open_vocabulary(name) for name in VOCABULARIES]
    rows = list(list_rows(mentions, vocabularies))
    rows += take_answers(rows)
    scorer = join([train(rows, seed) for seed in range(N_NETWORKS)])
    saved = {
        name: np.round(value, 4).tolist() for name, value in scorer._asdict().items()
    }
    WEIGHTS.write_text(
        json.dumps({"features": FEATURES, **saved}) + "\n", encoding="utf8"
    )
    print(f"{len(mentions)} mentions, {len(rows)} names to learn from")


def read_mentions(paths: Iterable[Path]) -> Iterator[Mention]:
    """Read the mentions of single concepts, and those without one."""
    nlp = spacy.blank("en")
    abbreviations = nlp.add_pipe(
        "clinical_abbreviations", config={"use_inventory": False}
    )
    number = 0
    for path in paths:
        for example in PubTatorCorpus(path)(nlp):
            doc = abbreviations(example.reference)
            shorts = list_short_forms(doc)
            number += 1
            for ent in doc.ents:
                if "+" in ent.kb_id_:
                    continue
                long_form = spell_out(ent.text, ent.start_char, shorts)
                label = CHEMICAL if ent.label_ == CHEMICAL else "Disease"
                gold = frozenset(list_gold(ent.kb_id_)) - NIL
                yield Mention(number, ent.text, long_form, label, gold)


def build_names(mentions: Iterable[Mention], folder: Path) -> Path:
    """Write the names of mentions as the source of a vocabulary.

    RETURNS: The file.
    """
    counts: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for mention in mentions:
        for key in sorted(mention.gold)[:1]:
            name = " ".join(mention.name.split())
            spellings[name.lower()][name] += 1
            concept = key if ":" in key else f"MESH:{key}", mention.label
            counts[name.lower()][concept] += 1
    names: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, concepts in counts.items():
        concept = max(concepts, key=lambda key: (concepts[key], key))
        names[concept].append(_choose_spelling(spellings[name]))
    path = folder / "mentions.jsonl"
    with path.open("w", encoding="utf8") as file:
        for (key, label), (name, *synonyms) in sorted(names.items()):
            kind = "Chemicals and Drugs" if label == CHEMICAL else "Diseases"
            row = {"id": key, "name": name, "synonyms": synonyms, "types": [kind]}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def _choose_spelling(spellings: Counter[str]) -> str:
    """Choose the usual spelling of a name: it may begin a sentence, but acronyms stay."""
    spelling = max(spellings, key=lambda name: (spellings[name], name))
    return spelling.lower() if spelling[1:].islower() else spelling


def write_mentions(mentions: Iterable[Mention]) -> None:
    """Write the vocabulary of mentions, and its card."""
    target = SHIPPED / "mentions.jsonl.xz"
    with TemporaryDirectory() as folder:
        text = build_names(mentions, Path(folder)).read_bytes()
    target.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
    card = ConfigParser(interpolation=None)
    card["vocabulary"] = {
        "version": "2",
        "license": "CC0 and public domain",
        "url": "https://www.ncbi.nlm.nih.gov/research/bionlp/Data/",
        "changes": "Names of the training parts, each with its most frequent concept.",
        "cite": "Dogan et al. 2014, NCBI disease corpus; Li et al. 2016, BioCreative V "
        "CDR task corpus",
        "sha256": find_sha256(target),
    }
    with (SHIPPED / "mentions.cfg").open("w", encoding="utf8") as file:
        file.write("# Written by scripts/train_linker.py.\n")
        card.write(file)


class Row(NamedTuple):
    """The candidates of a name.

    X (n_candidates, n_features): How they fit.
    y (n_candidates): Which are right.
    count: How often the name is in the corpora.
    """

    X: np.ndarray
    y: np.ndarray
    count: int


def list_rows(
    mentions: Sequence[Mention], vocabularies: Sequence[Vocabulary]
) -> Iterator[Row]:
    """List the candidates of all names: with the names of other texts, and without."""
    with TemporaryDirectory() as folder:
        for fold in range(N_FOLDS):
            some = [m for m in mentions if m.text % N_FOLDS == fold]
            others = [m for m in mentions if m.text % N_FOLDS != fold]
            made = Path(folder) / f"mentions_{fold}"
            facts = Facts("mentions", str(fold))
            build_vocabulary([build_names(others, Path(folder))], made, facts=facts)
            yield from describe(some, [Vocabulary.open(made), *vocabularies])
    yield from describe(mentions, vocabularies)


def describe(
    mentions: Iterable[Mention], vocabularies: Sequence[Vocabulary]
) -> Iterator[Row]:
    """Describe the candidates of names."""
    linker = Linker(vocabularies, preferred=PREFERRED, scorer=make_blank())
    counts = Counter((m.long_form, m.label, m.gold) for m in mentions)
    items = list(counts.items())
    for first in range(0, len(items), BATCH):
        some = items[first : first + BATCH]
        keys = [(name, tuple(TYPES[label])) for (name, label, _), _ in some]
        found = linker.find_candidates(keys)
        for ((name, _, gold), count), candidates in zip(some, found, strict=True):
            if candidates:
                X = linker.describe(name, candidates)
                y = np.array([key in gold for key in candidates])
                yield Row(X, y, count)


def make_blank() -> Scorer:
    """Make a network that scores nothing."""
    n = len(FEATURES)
    none = np.zeros((n, 1), dtype=np.float32)
    return Scorer(none[:, 0], none[:, 0], none, none[0], none[0], 0.0)


def take_answers(rows: Sequence[Row]) -> list[Row]:
    """Take the right candidates away from some names: then none of the others is right.

    In articles nearly all annotated names have a concept; in notes many don't.
    """
    chooser = random.Random(0)
    return [
        Row(row.X[~row.y], row.y[~row.y], row.count)
        for row in rows
        if chooser.random() < SHARE_WITHOUT and row.y.any() and not row.y.all()
    ]


def join(scorers: Sequence[Scorer]) -> Scorer:
    """Join networks into one whose scores are the means of theirs, before the softmax."""
    first, n = scorers[0], len(scorers)
    return first._replace(
        hidden=np.concatenate([one.hidden for one in scorers], 1),
        hidden_bias=np.concatenate([one.hidden_bias for one in scorers]),
        output=np.concatenate([one.output for one in scorers]) / n,
        nothing=sum(one.nothing for one in scorers) / n,
    )


def train(rows: Sequence[Row], seed: int) -> Scorer:
    """Train a network: right candidates against all others, and against none."""
    torch.manual_seed(seed)
    stacked = np.concatenate([row.X for row in rows])
    shift, scale = stacked.mean(0), 1 / (stacked.std(0) + 1e-3)
    X, is_right, is_there, weights = pack(rows, shift, scale)
    hidden = torch.nn.Linear(len(FEATURES), N_HIDDEN)
    output = torch.nn.Linear(N_HIDDEN, 1, bias=False)
    nothing = torch.nn.Parameter(torch.zeros(1))
    parameters = [*hidden.parameters(), *output.parameters(), nothing]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    for epoch in range(N_EPOCHS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - epoch / N_EPOCHS)
        for batch in torch.randperm(len(rows)).split(BATCH):
            scores = output(torch.relu(hidden(X[batch])))[..., 0]
            logits = torch.cat([scores, nothing.expand(len(batch), 1)], 1)
            logs = torch.log_softmax(logits.masked_fill(~is_there[batch], -1e9), 1)
            right = logs.masked_fill(~is_right[batch], -1e9).logsumexp(1)
            loss = -(right * weights[batch]).sum() / weights[batch].sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    trained = [p.detach().numpy() for p in parameters]
    weight, bias, out, none = trained
    return Scorer(shift, scale, weight.T, bias, out[0], float(none[0]))


def pack(
    rows: Sequence[Row], shift: np.ndarray, scale: np.ndarray
) -> tuple[torch.Tensor, ...]:
    """Pack rows into arrays of the same length; the last column is for no concept."""
    n = N_CANDIDATES
    X = np.zeros((len(rows), n, len(FEATURES)), dtype=np.float32)
    is_right = np.zeros((len(rows), n + 1), dtype=bool)
    is_there = np.zeros((len(rows), n + 1), dtype=bool)
    cosine = FEATURES.index("cosine")
    for number, row in enumerate(rows):
        best = np.argsort(-(row.X[:, 0] * 3 + row.X[:, cosine]), kind="stable")[:n]
        X[number, : len(best)] = (row.X[best] - shift) * scale
        is_there[number, : len(best)] = True
        is_right[number, : len(best)] = row.y[best]
    is_there[:, n] = True
    is_right[:, n] = ~is_right.any(1)
    weights = np.sqrt([row.count for row in rows]).astype(np.float32)
    return tuple(map(torch.from_numpy, (X, is_right, is_there, weights)))


if __name__ == "__main__":
    main()
