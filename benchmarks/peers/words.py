"""What training.py teaches: labels of words that follow from the words."""

import re

N_LABELS = 16
# Texts of a step.
BATCH = 8


def list_labels() -> list[str]:
    """List the labels of a token classifier: outside, and one for each kind of word."""
    return ["O", *(f"B-{i}" for i in range(N_LABELS))]


def label_words(text: str) -> list[tuple[int, int, str]]:
    """Find some of the words of a text, with a type that depends on their length.

    RETURNS: Start and end (characters), and the type.
    """
    words = re.finditer(r"(?<!\S)[^\W\d_]{5,}(?!\S)", text)
    return [(*w.span(), str(len(w.group()) % N_LABELS)) for w in words]


def cut_batches(texts: list[str]) -> list[list[str]]:
    """Cut texts into the batches of steps, in their order."""
    return [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
