"""Keep the titles of a note so far, and rate the next one by them."""

from typing import Any

from spacy_clinical.sections.cuts import START, Cut, PlacedCut
from spacy_clinical.sections.groups import TitleGroup
from spacy_clinical.sections.kinds import find_kinds
from spacy_clinical.sections.lines import (
    Context,
    Phrase,
    is_title_case,
    precedes_blank_line,
)
from spacy_clinical.sections.titles import SectionTitles

PREAMBLE = "preamble"
OTHER = "other"
HEADING_MARKS = ("#", "*", "=", "_", "<", "[", '"', ">", "~")


class OutlineState:
    """The state of reading a note: its last title and section, and all its cuts."""

    def __init__(
        self,
        flat: str,
        titles: SectionTitles,
        min_confidence: float,
        unknown_titles: bool,
        max_depth: int,
    ) -> None:
        self.flat = flat
        self.max_depth = max_depth
        self.titles = titles
        self.min_confidence = min_confidence
        self.unknown_titles = unknown_titles
        # A note starts in a section without title.
        self.last = self.title = START
        self.last_position = self.position = 0
        self.label = self._last_label = PREAMBLE
        self.group: TitleGroup | None = None
        self.has_problems = False
        self.block: Phrase | None = None
        self.cuts: list[PlacedCut] = [(0, START, PREAMBLE, 1, 1.0, "", "")]
        self._soap: bool | None = None
        kinds = find_kinds(flat)
        self.context = titles.contexts.setdefault(kinds, Context(0, True, kinds))
        self.meanings: dict[Any, Cut] = self.context.meanings

    def cut(self, position: int, cut: Cut) -> None:
        """Open the section or part of a title, if its confidence is high enough."""
        phrase, label, depth, confidence, group, step = cut
        if confidence < self.min_confidence:
            return
        self.last, self.last_position, self._last_label = phrase, position, label
        loinc = parent = ""
        if depth == 1:
            self.title, self.label, self.group, self.block = phrase, label, group, None
            self.has_problems = False
            if group is not None:
                self.has_problems = group.has_problems and self.unknown_titles
                loinc = group.loinc
            self.context = self.context.next.get(step) or self._enter(step)
            self.meanings = self.context.meanings
        else:
            parent = self.label
            if phrase.mark and self.block is not None and self._is_deeper(phrase):
                depth = 3
            else:
                self.block = phrase
        if depth <= self.max_depth:
            self.cuts.append(
                (position, phrase, label, depth, confidence, loinc, parent)
            )

    def _enter(self, step: str) -> Context:
        """Find the context that the section just opened leads to."""
        title, context = self.title, self.context
        bare = title.own_line and title.capitals and not title.has_colon
        seen = context.seen
        if self.label in self.titles.cues:
            seen |= {self.label}
        new = Context(min(context.n_sections + 1, 3), context.bare and bare, seen)
        key = (step, new.n_sections, new.bare, seen)
        context.next[step] = self.titles.contexts.setdefault(key, new)
        return context.next[step]

    def _rate(self, phrase: Phrase) -> float:
        """Rate the confidence that a known title is used as one."""
        text = phrase.text
        capitals = phrase.capitals
        several = " " in text
        if phrase.inline:
            last = self.last
            run_on = (
                last.text != ""
                and last is self.title
                and self.last_position == self.position
            )
            sure = several or run_on
            return 0.8 if capitals else 0.6 if sure else 0.45
        if phrase.spaced:
            return 0.7 if capitals else 0.55 if is_title_case(text) else 0.4
        if phrase.mark.startswith(HEADING_MARKS) or phrase.mark.endswith("**"):
            return 0.9 if phrase.mark != "*" else 0.6
        return self._rate_bare(phrase)

    def _rate_bare(self, phrase: Phrase) -> float:
        """Rate a known title without colon on a line of its own."""
        text = phrase.text
        if phrase.is_item and not phrase.capitals:
            return 0.6 if self.title.is_item else 0.3
        after_blank = phrase.after_blank
        if phrase.capitals:
            if len(text) > 4:
                return 0.9
            return 0.65 if after_blank or self._is_like_title(phrase) else 0.4
        if text[0].islower() or self._answers_title(phrase):
            return 0.3
        if " " not in text:
            return 0.6 if after_blank or self._is_bare_as_others(phrase) else 0.4
        if is_title_case(text.partition("(")[0]):
            return 0.8 if after_blank else 0.65
        return 0.65 if after_blank else 0.45

    def _is_bare_as_others(self, phrase: Phrase) -> bool:
        """Check whether a line over text is a bare title, as the section's own is."""
        if not self._is_like_title(phrase):
            return False
        end = self.position + phrase.title_end
        return not precedes_blank_line(self.flat, end)

    def _is_like_title(self, phrase: Phrase) -> bool:
        """Check whether a title may be bare, as the section's own title is."""
        if phrase.has_colon or not phrase.own_line:
            return False
        if self.title.has_colon or not self.title.own_line:
            return False
        return self.titles.is_major(phrase.text)

    def _answers_title(self, phrase: Phrase) -> bool:
        """Check whether a line is all that stands under a title of another style."""
        last = self.last
        other_style = last.capitals != phrase.capitals or last.has_colon
        return other_style and self._comes_first(phrase)

    def _comes_first(self, phrase: Phrase) -> bool:
        """Check whether nothing stands between the last title and a phrase."""
        end = self.last_position + self.last.title_end
        gap = self.flat[end : min(self.position + phrase.start, end + 80)]
        return self.last.text != "" and not gap.strip(" \t\n:*_=#")

    def _is_deeper(self, phrase: Phrase) -> bool:
        """Check whether a part is one of the part before it, by their marks."""
        mark, block = phrase.mark[:1], self.block
        return (
            block is not None
            and block.own_line
            and mark != block.mark[:1]
            and not mark.isdigit()
            and phrase.is_item
        )
