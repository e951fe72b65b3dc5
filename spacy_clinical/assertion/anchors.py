"""Choose few, rare words without which no cue can be in a text."""

from collections.abc import Iterator, Mapping, Sequence

from spacy_clinical.assertion.matches import Node, find_sides

# A year is longer than any of the words that other names stand for.
_YEAR_LENGTH = 4


def find_anchors(root: Node, words: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Find words so that each cue that can say something has one of them.

    root: Of the tree of cues.
    words: Lists of words, by the names that stand for them in the tree.
    """
    phrases = [path for path in _list_paths(root, ()) if path]
    anchors = {path[0] for path in phrases if len(path) == 1}
    lengths = {f"{{{name}}}": min(map(len, values)) for name, values in words.items()}
    lengths["{year}"] = _YEAR_LENGTH
    for path in sorted(phrases, key=len):
        if anchors.isdisjoint(path):
            # Long words are rare.
            anchors.add(max(path, key=lambda word: lengths.get(word, len(word))))
    return frozenset(anchors)


def _list_paths(node: Node, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for word, following in node.items():
        if word == "":
            if find_sides(following[1]):
                yield path
        else:
            yield from _list_paths(following, path if word == "^" else (*path, word))
