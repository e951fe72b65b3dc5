"""Choose few, rare words without which no cue can be in a text."""

from collections.abc import Container, Iterator, Mapping, Sequence

from spacy_clinical.assertion.checklist import MARKS
from spacy_clinical.assertion.matches import Node, find_sides

# How rare names of words are that stand for more than a list.
_RARITY = {"{number}": 0.5, "{many}": 0.5, "{year}": 4}
_COMMON = frozenset(
    [
        "the",
        "and",
        "for",
        "was",
        "has",
        "have",
        "had",
        "been",
        "with",
        "this",
        "that",
        "from",
        "in",
        "of",
        "to",
        "at",
    ]
)


def find_anchors(
    root: Node, words: Mapping[str, Sequence[str]], categories: Container[str]
) -> frozenset[str]:
    """Find words so that each cue that says something of a finding has one of them.

    Marks and answers of checklists are among them.

    root: Of the tree of cues.
    words: Lists of words, by the names that stand for them in the tree.
    categories: Of the cues.
    """
    rarity: dict[str, float] = {
        f"{{{name}}}": min(map(len, values)) for name, values in words.items()
    }
    rarity.update(_RARITY)

    def find_rarity(word: str) -> float:
        # Long words are rare.
        known = rarity.get(word, len(word))
        return 0 if word in _COMMON or not any(map(str.isalnum, word)) else known

    anchors = set(MARKS)
    paths = sorted(_list_paths(root, categories), key=len)
    for path in paths:
        if anchors.isdisjoint(path):
            anchors.add(max(reversed(path), key=find_rarity))
    # By word, the anchors of each cue that has it: it can go if all have others.
    having: dict[str, list[set[str]]] = {}
    for path in paths:
        found = anchors.intersection(path)
        for word in found:
            having.setdefault(word, []).append(found)
    for word in sorted(anchors - MARKS, key=lambda word: (find_rarity(word), word)):
        if all(len(found) > 1 for found in having[word]):
            anchors.remove(word)
            for found in having[word]:
                found.remove(word)
    return frozenset(anchors)


def _list_paths(root: Node, categories: Container[str]) -> Iterator[tuple[str, ...]]:
    """List the words of each cue that has a side, of some categories."""
    open_nodes: list[tuple[Node, tuple[str, ...]]] = [(root, ())]
    while open_nodes:
        node, path = open_nodes.pop()
        _, cues = node.get("", (0, ()))
        if find_sides(cue for cue in cues if cue.category in categories):
            yield path
        for word, following in node.items():
            if word:
                longer = path if word == "^" else (*path, word)
                open_nodes.append((following, longer))
