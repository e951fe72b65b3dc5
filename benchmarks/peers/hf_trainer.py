"""Steps of training by transformers' Trainer, as its example for entities has them."""

import tempfile
from typing import Any

from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    Trainer,
    TrainingArguments,
)
from words import BATCH, cut_batches, label_words
from worker import Contestant, Order, serve

# Pieces that the loss leaves out.
IGNORED = -100


class InOrder(Trainer):  # type: ignore[misc]
    """A Trainer that doesn't shuffle, so that both learn from the same batches."""

    def _get_train_sampler(self, *args: Any) -> None:
        return None


def make(order: Order) -> Contestant:
    is_mixed = order["precision"] == "bf16"
    tokenizer = AutoTokenizer.from_pretrained(order["checkpoint"])
    model = AutoModelForTokenClassification.from_pretrained(order["checkpoint"])
    folder = tempfile.mkdtemp()

    def read(text: str) -> dict[str, Any]:
        encoded = tokenizer(text, truncation=True, return_offsets_mapping=True)
        types = {start: label for start, _, label in label_words(text)}
        encoded["labels"] = [
            IGNORED
            if end == start or (start and not text[start - 1].isspace())
            else model.config.label2id[f"B-{types[start]}" if start in types else "O"]
            for start, end in encoded.pop("offset_mapping")
        ]
        return dict(encoded)

    def train(texts: list[str]) -> None:
        arguments = TrainingArguments(
            folder,
            per_device_train_batch_size=BATCH,
            num_train_epochs=1,
            learning_rate=order["learn_rate"],
            bf16=is_mixed,
            use_cpu=True,
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
        )
        collator = DataCollatorForTokenClassification(tokenizer)
        InOrder(
            model,
            arguments,
            data_collator=collator,
            train_dataset=[read(text) for text in texts],
        ).train()

    return Contestant(
        stages={"steps": train},
        count_entities=lambda _: len(cut_batches(order["texts"])),
        policy="padded to the longest of the batch",
        precision="bf16" if is_mixed else "fp32",
        packages=("transformers", "accelerate", "torch"),
    )


if __name__ == "__main__":
    serve(make)
