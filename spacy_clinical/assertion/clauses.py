"""The borders of clauses in a sentence, as far as they matter for the scopes of cues."""

from collections.abc import Iterable, Mapping, Sequence

MARKS = frozenset([",", ";", ":"])
JOINTS = frozenset(["and", "&", "or", "nor", "plus"])
BORDERS = MARKS | JOINTS


class Grammar:
    """The words that tell clauses from the items of lists: lists of the resource file."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        self.verbs = frozenset(words.get("verbs", ()))
        self.passive = frozenset(words.get("passive", ()))
        self.found = frozenset(words.get("found", ()))
        self.predicates = frozenset(words.get("predicates", ()))
        self.relatives = frozenset(words.get("relatives", ()))
        self.subjects = frozenset(words.get("subjects", ()))
        self.articles = frozenset(words.get("articles", ()))


class Clauses:
    """What stands between the borders of a sentence's clauses and lists.

    words: In lower case.
    """

    def __init__(self, words: Sequence[str], grammar: Grammar) -> None:
        n = len(words)
        self.words, self.grammar = words, grammar
        # After each word, the next border; before it, the last one.
        self.next_border = [n] * (n + 1)
        self.last_border = [-1] * (n + 1)
        for i in range(n - 1, -1, -1):
            self.next_border[i] = i if self.is_border(i) else self.next_border[i + 1]
        for i in range(n):
            border = i if self.is_border(i) else self.last_border[i - 1] if i else -1
            self.last_border[i] = border

    def is_border(self, i: int) -> bool:
        """Whether a word parts clauses or the items of a list."""
        word, words = self.words[i], self.words
        if word == ":":
            return not (
                0 < i < len(words) - 1
                and words[i + 1].isdigit()
                and words[i - 1].isdigit()
            )
        return word in BORDERS

    def list_starts(self) -> list[int]:
        """List the words that clauses and items of lists start with."""
        return [0, *(i + 1 for i in range(len(self.words)) if self.is_border(i))]

    def opens_clause(self, i: int) -> bool:
        """Whether a new clause, or a label with its colon, follows a border.

        i: The border. What goes on with a list is no clause.
        """
        words = self.words
        end = self.next_border[i + 1] if i + 1 <= len(words) else len(words)
        part = words[i + 1 : min(end, i + 30)]
        if not part or words[i] in ("or", "nor"):
            return False
        if end < len(words) and words[end] == ":" and len(part) <= 4:
            return True
        if part[0] in self.grammar.subjects or (
            part[0] in self.grammar.articles
            and len(part) > 1
            and part[1].removesuffix("'s") in ("patient", "pt")
        ):
            return True
        return self.has_verb(i + 1, end)

    def has_verb(self, start: int, end: int) -> bool:
        """Whether a stretch of words has a verb that makes it a clause of its own."""
        words, grammar = self.words, self.grammar
        for i in range(start, min(end, start + 30)):
            if words[i] in grammar.relatives:
                return False
            if words[i] in grammar.predicates and i > start and i + 1 == end:
                return True
            if words[i] in grammar.verbs:
                after = words[i + 1 : i + 4]
                return not (
                    words[i] in grammar.passive and not grammar.found.isdisjoint(after)
                )
        return False

    def is_verb(self, i: int) -> bool:
        """Whether a word is a verb that parts what stands before and behind it."""
        return self.words[i] in self.grammar.verbs
