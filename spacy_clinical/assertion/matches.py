"""Places where cues are found, and the states in between."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

# By word what comes next; "" has the cues that end here, and how many words they use.
Node: TypeAlias = dict[str, Any]


def copy_tree(root: Node) -> Node:
    """Copy a tree of cues."""
    made: Node = {}
    open_nodes = [(root, made)]
    while open_nodes:
        node, copied = open_nodes.pop()
        for word, following in node.items():
            copied[word] = {} if word else following
            if word:
                open_nodes.append((following, copied[word]))
    return made


@dataclass(frozen=True)
class Cue:
    """Some words that say something of a finding.

    phrase: As it was given.
    reach: How far it reaches, if it stands before or after: "" for through lists,
        "findings": so far, and not to tests; "phrase", or "result": as phrase, and not
        to tests.
    """

    phrase: str
    category: str
    direction: str
    reach: str = ""


# On which sides of a cue the findings are that it is about, as bits.
RIGHT, LEFT = 1, 2
_SIDES = {"before": RIGHT, "after": LEFT, "both": RIGHT | LEFT, "either": RIGHT | LEFT}


class Match:
    """A place where cues were found (words, half open).

    sides: Where what they are about may stand, as bits.
    limit: Where scopes to the right end, for cues inside a target.
    """

    __slots__ = ("cues", "end", "limit", "sides", "start")

    def __init__(
        self,
        start: int,
        end: int,
        cues: Sequence[Cue],
        sides: int | None = None,
        limit: int | None = None,
    ) -> None:
        self.start, self.end, self.cues, self.limit = start, end, cues, limit
        self.sides = find_sides(cues) if sides is None else sides


def find_sides(cues: Iterable[Cue]) -> int:
    """Find on which sides of some cues what they are about may stand, as bits."""
    sides = 0
    for cue in cues:
        sides |= _SIDES.get(cue.direction, 0)
    return sides


class Best(NamedTuple):
    """Cues that end somewhere, and how many words are theirs.

    barred: The category that they only look like, if that is all that they do.
    """

    n_used: int
    cues: tuple[Cue, ...]
    sides: int
    barred: str


class State:
    """A state that some words lead to.

    nodes: All places in the tree of cues that they lead to.
    steps: By the words of texts that were looked up so far, where they lead to from here.
    """

    __slots__ = ("best", "nodes", "steps")

    def __init__(self, nodes: "list[Node]") -> None:
        self.nodes = nodes
        self.steps: dict[str, State | None] = {}
        ends = [node[""] for node in nodes if "" in node]
        self.best: Best | None = None
        if ends:
            n_used = max(used for used, _ in ends)
            cues = [cue for used, c in ends if used == n_used for cue in c]
            unique = tuple(dict.fromkeys(cues))
            looks = {c.category if c.direction == "pseudo" else "" for c in unique}
            barred = looks.pop() if len(looks) == 1 else ""
            barred = "" if barred == "any" else barred
            self.best = Best(n_used, unique, find_sides(unique), barred)
