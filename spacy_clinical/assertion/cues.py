"""The cues of assertion: what they say, where they stand, and how they are found."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from spacy_clinical.assertion.anchors import find_anchors
from spacy_clinical.assertion.clauses import CUE, OPENER, Clauses, Grammar
from spacy_clinical.assertion.matches import Cue, Match, Node, State, copy_tree
from spacy_clinical.assertion.spelling import read_number, spell
from spacy_clinical.assertion.words import Stretches, split_words
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.json_text import write_json

# By category, the attribute that it sets.
ATTRIBUTES = {
    "negated": "is_negated",
    "uncertain": "is_uncertain",
    "hypothetical": "is_hypothetical",
    "historical": "is_historical",
    "family": "is_family",
}
CATEGORIES = (*ATTRIBUTES, "current", "any")
# Direction and rule of what the head says, not words.
MODEL = "model"
DIRECTIONS = ("before", "after", "both", "either", "pseudo", "end", "pause")
REACHES = ("", "findings", "phrase", "result")
# Number of words, and of steps between them, that are kept before the tables are emptied.
_MAX_WORDS = 100_000
_MAX_STEPS = 500_000


def parse_key(key: str, where: str = "") -> tuple[str, str, str]:
    """Read the name of a block of cues, such as "negated before phrase".

    where: What to add to an error: the file, and the line.
    RAISES ValueError: C850 or C851, if its category or direction is unknown.
    """
    key = str(key)
    category, direction, reach = [*key.split(), "", "", ""][:3]
    category = category.removeprefix("is_")
    if category not in CATEGORIES:
        raise CodedValueError(
            Errors.C850.format(key=key[:80], known=", ".join(CATEGORIES), where=where)
        )
    if direction not in DIRECTIONS or reach not in REACHES or len(key.split()) > 3:
        raise CodedValueError(
            Errors.C851.format(key=key[:80], known=", ".join(DIRECTIONS), where=where)
        )
    return category, direction, reach


class CueSet:
    """Cues, and what else is needed to apply them.

    words: Lists of words by name, for {name} in phrases.
    sections: By the label of a section, the category of what is found there.
    labels: By kind (condition, test), labels of entities.
    """

    def __init__(
        self,
        *,
        words: Mapping[str, Iterable[str]] | None = None,
        sections: Mapping[str, str] | None = None,
        labels: Mapping[str, Iterable[str]] | None = None,
        version: str = "1",
    ) -> None:
        self.version = version
        self.words: dict[str, tuple[str, ...]] = {}
        self.sections: dict[str, str] = {}
        self.labels = {key: tuple(value) for key, value in (labels or {}).items()}
        self.cues: dict[str, list[str]] = {}
        self._root: Node = {}
        # Number of words on the longest path in the tree.
        self._longest = 0
        # Whether the tree is another set's, too.
        self._is_shared = False
        # By word, the names that it may also be looked up by.
        self._classes: dict[str, tuple[str, ...]] = {}
        self._forget()
        self.grammar = Grammar({})
        self.add_words(words or {})
        self.set_sections(sections or {})

    def add_words(self, words: Mapping[str, Iterable[str]]) -> None:
        """Add lists of words for {name} in the phrases that are added from now on."""
        for name, values in words.items():
            known = self.words.get(name, ())
            self.words[name] = tuple(dict.fromkeys([*known, *values]))
            for spelled in map(split_words, self.words[name]):
                if len(spelled) == 1:
                    classes = self._classes.get(spelled[0], ())
                    both = dict.fromkeys([*classes, f"{{{name}}}"])
                    self._classes[spelled[0]] = tuple(both)
        self.grammar = Grammar(self.words)
        self._forget()

    def set_sections(self, sections: Mapping[str, str], where: str = "") -> None:
        """Say what is found in sections, by their label: a category, or "" for nothing.

        where: What to add to an error: the file.
        RAISES ValueError: C850, if a category is unknown.
        """
        for label, category in sections.items():
            if category:
                category = parse_key(f"{category} before", where)[0]
            self.sections[label] = category
        self._digest = ""

    def _forget(self) -> None:
        self._digest = ""
        # By whether "current" counts, the words that no cue can be without that says
        # something.
        self._anchors: dict[bool, frozenset[str]] = {}
        self._forget_texts()

    def _forget_texts(self) -> None:
        """Forget what has been looked up so far."""
        self._names: dict[str, tuple[str, ...]] = {}
        self._kinds: dict[str, str] = {}
        self._stretches = Stretches()
        # As `_anchors`: whether a stretch of text has none of them.
        self._quiet: tuple[dict[str, bool], dict[str, bool]] = ({}, {})
        self._clear_steps()

    def _clear_steps(self) -> None:
        self._bits: dict[str, int] = {}
        # By the nodes that they stand for.
        self._states: dict[tuple[int, ...], State] = {}
        self._anywhere = State([self._root])
        self._at_start = State([self._root, self._root.get("^", {})])
        self._n_steps = 0

    def find_kind(self, label: str) -> str:
        """Find what kind an entity is by its label: condition, test or treatment."""
        if label not in self._kinds:
            kinds = (k for k, labels in self.labels.items() if label.lower() in labels)
            self._kinds[label] = next(kinds, "condition")
        return self._kinds[label]

    def copy(self) -> "CueSet":
        """Copy the set, without what it remembers of notes.

        Much faster than to build it again: the cues themselves are copied when some
        are added.
        """
        made = copy(self)
        made.words, made.sections = dict(self.words), dict(self.sections)
        made.labels, made._classes = dict(self.labels), dict(self._classes)
        made.cues = {key: list(phrases) for key, phrases in self.cues.items()}
        made._anchors = dict(self._anchors)
        made._forget_texts()
        made._is_shared = self._is_shared = True
        return made

    def copy_tables(self) -> "CueSet":
        """Copy all but the cues."""
        return CueSet(words=self.words, sections=self.sections, labels=self.labels)

    @property
    def digest(self) -> str:
        """SHA-256 of the rules: equal digests say the same of every note."""
        if not self._digest:
            rules = write_json(self.to_dict(), sort_keys=True)
            self._digest = hashlib.sha256(rules.encode("utf8")).hexdigest()
        return self._digest

    def add(self, key: str, phrases: Iterable[str], where: str = "") -> None:
        """Add cues. They win over older ones of the same words.

        key: As in the resource file: category, direction and perhaps reach.
        where: What to add to an error: the file, and the line.
        RAISES ValueError: C850 or C851, if the key is unknown; C852, if a phrase has no
            word, or names an unknown list of words.
        """
        category, direction, reach = parse_key(key, where)
        added = []
        for number, phrase in enumerate(phrases, start=1):
            cue = Cue(phrase, category, direction, reach)
            try:
                is_text = isinstance(phrase, str)
                spelled = list(spell(phrase, self.words)) if is_text else []
            except KeyError:
                spelled = []
            if not spelled:
                raise CodedValueError(
                    Errors.C852.format(number=number, key=key, where=where)
                )
            added.append((cue, spelled))
        if self._is_shared:
            self._root, self._is_shared = copy_tree(self._root), False
        phrases_so_far = self.cues.setdefault(key, [])
        for cue, spelled in added:
            phrases_so_far.append(cue.phrase)
            for words, n_used in spelled:
                self._insert(words, n_used, cue)
        self._forget()

    def _insert(self, words: Sequence[str], n_used: int, cue: Cue) -> None:
        self._longest = max(self._longest, len(words))
        node = self._root
        for word in words:
            node = node.setdefault(word, {})
        n_known, cues = node.get("", (0, ()))
        # The newest cue of some words and a category is the one that counts.
        kept = [c for c in cues if n_known == n_used and not _excludes(cue, c)]
        node[""] = n_used, (*kept, cue)

    def are_quiet(self, stretches: Sequence[str], *, with_current: bool) -> bool:
        """Check whether there surely is no cue in a text that says something.

        stretches: Of the text in lower case, between white space.
        with_current: Whether "current" counts: it only matters where sections do.
        """
        known = self._quiet[with_current]
        try:
            return all(map(known.__getitem__, stretches))
        except KeyError:
            if len(known) > _MAX_WORDS:
                known.clear()
            for stretch in stretches:
                if stretch not in known:
                    known[stretch] = self._is_quiet(stretch, with_current)
            return all(map(known.__getitem__, stretches))

    def find_anchors(self) -> dict[bool, frozenset[str]]:
        """Find the words that no cue can be without that says something.

        RETURNS: By whether "current" counts.
        """
        if not self._anchors:
            for others in (frozenset[str](), frozenset(["current"])):
                found = find_anchors(
                    self._root, self.words, {*ATTRIBUTES, "any"} | others
                )
                self._anchors[bool(others)] = found
        return self._anchors

    def _is_quiet(self, stretch: str, with_current: bool) -> bool:
        anchors = self.find_anchors()[with_current]
        return all(
            anchors.isdisjoint(self._list_names(word))
            for word in self._stretches[stretch]
        )

    def split(self, stretches: Sequence[str]) -> list[str]:
        """Split a text into the words that cues are looked up by.

        stretches: Of the text in lower case, between white space.
        """
        return self._stretches.split(stretches)

    def look_up(self, words: Sequence[str]) -> list[int]:
        """Look up what words of a text may be, as bits; see `clauses`."""
        known = self._bits
        try:
            return list(map(known.__getitem__, words))
        except KeyError:
            if len(known) > _MAX_WORDS or self._n_steps > _MAX_STEPS:
                self._clear_steps()
            for word in words:
                if word not in known:
                    known[word] = self._find_bits(word)
            return [known[word] for word in words]

    def _find_bits(self, word: str) -> int:
        is_cue = self._take(self._anywhere, word) is not None
        is_opener = bool(self._step([self._root.get("^", {})], word))
        return (
            self.grammar.find_bits(word)
            | CUE * (is_cue or is_opener)
            | OPENER * is_opener
        )

    def find(self, words: Sequence[str], clauses: Clauses) -> list[Match]:
        """Find the cues in a text: the longest at each place, none inside another.

        words: Of the text; see `split`.
        clauses: Of the text.
        """
        found: list[Match] = []
        done = 0
        barred, barred_to = "", 0
        all_bits = clauses.bits
        for i in [i for i, bits in enumerate(all_bits) if bits & CUE]:
            if i < done:
                continue
            state = self._anywhere
            if all_bits[i] & OPENER and clauses.is_start(i):
                state = self._at_start
            best = None
            for word in words[i : i + self._longest]:
                # Each step is one look-up, once it was taken before.
                try:
                    following = state.steps[word]
                except KeyError:
                    following = self._take(state, word)
                if following is None:
                    break
                state = following
                best = state.best or best
            if best is None:
                continue
            if i < barred_to:
                # Inside what only looks like a cue of that category.
                cues = [c for c in best.cues if c.category not in ("any", barred)]
                if cues:
                    done = i + best.n_used
                    found.append(Match(i, done, cues))
                continue
            found.append(Match(i, i + best.n_used, best.cues, best.sides))
            if best.barred:
                barred, barred_to = best.barred, i + best.n_used
            else:
                done = i + best.n_used
        return found

    def _take(self, state: "State", word: str) -> "State | None":
        """Find where a word leads to from a state, and keep it in mind."""
        nodes = self._step(state.nodes, word)
        following = None
        if nodes:
            key = tuple(map(id, nodes))
            following = self._states.get(key)
            if following is None:
                following = self._states[key] = State(nodes)
        self._n_steps += 1
        state.steps[word] = following
        return following

    def _step(self, nodes: Iterable[Node], word: str) -> list[Node]:
        names = self._list_names(word)
        return [node[name] for node in nodes for name in names if name in node]

    def _list_names(self, word: str) -> tuple[str, ...]:
        """List what a word may be looked up by: itself, and lists that it is in."""
        names = self._names.get(word)
        if names is None:
            if len(self._names) > _MAX_WORDS:
                self._names.clear()
            classes = self._classes.get(word) or self._classes.get(
                word.removesuffix("'s"), ()
            )
            names = (word, *classes, *read_number(word))
            self._names[word] = names
        return names

    def to_dict(self) -> dict[str, Any]:
        """Turn the rules into plain data."""
        return {
            "version": self.version,
            "words": {key: list(value) for key, value in self.words.items()},
            "sections": self.sections,
            "labels": {key: list(value) for key, value in self.labels.items()},
            "cues": self.cues,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "CueSet":
        """Build the rules from plain data."""
        cues = cls(
            words=data["words"],
            sections=data["sections"],
            labels=data["labels"],
            version=str(data["version"]),
        )
        for key, phrases in data["cues"].items():
            cues.add(key, phrases)
        return cues


def _excludes(new: Cue, old: Cue) -> bool:
    """Check whether of two cues of the same words only the newer one counts."""
    if new.direction == "pseudo" and new.category == "any":
        return old.direction != "end"
    if new.category != old.category:
        return False
    directions = {new.direction, old.direction}
    return len(directions) == 1 or ("pseudo" in directions and "end" not in directions)
