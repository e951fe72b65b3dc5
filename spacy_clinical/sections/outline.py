"""Decide whether a phrase is a title, by its form and the titles before it."""

from typing import Any

from spacy_clinical.sections.cuts import NO_CUT, Verdict, get_step, make_part
from spacy_clinical.sections.groups import TitleGroup
from spacy_clinical.sections.headings import heads_problem
from spacy_clinical.sections.lines import (
    SENTENCE_ENDS,
    Phrase,
    has_soap_letters,
    is_neighbor,
    looks_like_title,
    make_label,
    stands_alone,
)
from spacy_clinical.sections.state import HEADING_MARKS, OTHER, PREAMBLE, OutlineState
from spacy_clinical.sections.values import has_rate, has_value, starts_with_measure

# The section that is most often a table with the names of columns on lines of their own.
TABLE = "problem_list"


class Outline(OutlineState):
    """Decide about phrases one after the other, by the titles so far."""

    def read(
        self, position: int, phrase: Phrase, line: tuple[Any, ...] | None = None
    ) -> None:
        """Decide whether a phrase cuts.

        position: Where its line starts.
        line: What to remember the decision by, if it may be.
        """
        self.position = position
        end = self.last_position + self.last.title_end
        if position + phrase.start < end:
            return
        verdict = self._judge(phrase)
        cut = (*verdict, get_step(verdict)) if verdict is not None else NO_CUT
        if line is not None and self._is_settled(phrase):
            self.titles.remember(self.meanings, line, cut)
        self.cut(position, cut)

    def _is_settled(self, phrase: Phrase) -> bool:
        """Check whether the meaning of a phrase depends on nothing but the context."""
        group, text = phrase.group, phrase.text
        if group is None:
            return phrase.never and phrase.has_colon and not phrase.mark
        if len(text) == 1 or (
            self.context.n_sections < 2 and self._hangs_on_note(phrase)
        ):
            return False
        if phrase.never and self.label not in group.within:
            return False
        if self._hangs_on_parts(phrase, group):
            return False
        if PREAMBLE in group.within and self.label not in group.within:
            return self.title.has_colon
        if phrase.has_colon:
            return True
        if group.is_part:
            return self.label in group.within
        return phrase.capitals or phrase.mark.startswith(HEADING_MARKS)

    def _judge(self, phrase: Phrase) -> Verdict | None:
        text = phrase.text
        if not phrase.has_colon and text[-1] in SENTENCE_ENDS:
            return self._judge_heading(phrase)
        if self.context.n_sections < 2 and self._names_document(phrase):
            return None
        group = self._find_group(phrase)
        if group is None:
            return self._judge_unknown(phrase)
        inside = self.label in group.within
        if len(text) < 3:
            if (not inside or len(text) == 1) and self._opens_nothing(phrase):
                return None
        elif phrase.never and not inside and not self._follows_parts(phrase, group):
            return None
        if self._heads_column(phrase, group):
            return None
        if group.is_part:
            return self._judge_part(phrase, group, inside)
        confidence = phrase.sure or self._rate(phrase)
        if self._names_part(phrase, group, inside):
            label = make_label(text) if group.label == OTHER else group.label
            return make_part(phrase, label, confidence)
        return phrase, group.label, 1, confidence, group

    def _find_group(self, phrase: Phrase) -> TitleGroup | None:
        """Find what a title opens in this note."""
        group = None
        if phrase.group is not None and self.context.seen:
            group = self.titles.find_after(phrase.text, self.context.seen)
        if phrase.group is not None and group is None:
            group = self.titles.find_next(phrase.text, self._last_label)
        if self.context.n_sections > 1:
            return group or phrase.group
        start = self.position + phrase.body_start
        if phrase.own_line:
            if not phrase.has_colon:
                return group or phrase.group
            start = self.flat.find("\n", start) + 1 or len(self.flat)
        line = self.flat[start : start + 80].partition("\n")[0]
        return group or self.titles.find_naming(phrase.text, line) or phrase.group

    def _names_document(self, phrase: Phrase) -> bool:
        """Check whether a line names the whole note, above its header."""
        if phrase.has_colon or not phrase.own_line or self.label != PREAMBLE:
            return False
        if not self.titles.names_document(phrase.text):
            return False
        end = self.position + phrase.title_end
        below = self.flat[end : end + 200].lstrip("\n \t-=_*~#").partition("\n")[0]
        return ":" in below[:60] or self.titles.find(below) is not None

    def _opens_nothing(self, phrase: Phrase) -> bool:
        """Check whether one or two letters are no title at their place."""
        text = phrase.text
        if text.lower() == "cc":
            # At the end of a note it is the list of copy recipients.
            return self.context.n_sections > 2 or text == "cc"
        if len(text) == 1:
            start = self.position + phrase.body_start + 1
            followed = self.flat[start : start + 2].strip()
            return text not in "SOAP" or followed[:1].isdigit() or not self._is_soap()
        return phrase.never

    def _is_soap(self) -> bool:
        if self._soap is None:
            self._soap = has_soap_letters(self.flat)
        return self._soap

    def _names_part(self, phrase: Phrase, group: TitleGroup, inside: bool) -> bool:
        """Check whether a section's title names a part of the current section here."""
        if self.label == PREAMBLE or len(phrase.text) == 1 or phrase.opener:
            return False
        if inside:
            is_peer = self._is_peer(group)
            if self._is_lesser(phrase) and not is_peer:
                return True
            if self._is_bare_as_others(phrase) and group is not self.group:
                return phrase.capitals != self.title.capitals and not is_peer
            if phrase.inline and phrase.capitals and self.titles.is_major(phrase.text):
                # As if it stood at the start of a line.
                phrase = phrase._replace(inline=False)
            if self._starts_own_text(phrase) or is_neighbor(
                phrase, self.title, group, self.group
            ):
                return False
            free = phrase.own_line and not phrase.is_item
            strong = phrase.capitals or phrase.after_blank
            return not (free and strong)
        return phrase.is_item and not self.title.is_item and not phrase.own_line

    def _is_peer(self, group: TitleGroup) -> bool:
        """Check whether a plan or the like is on the level of the current section."""
        return (
            self.group is not None
            and group.has_problems
            and self.group.has_problems
            and group.label not in self.label
        )

    def _starts_own_text(self, phrase: Phrase) -> bool:
        """Check whether a title has its text below it, unlike the parts so far."""
        if self.group is None or self.group.has_problems or self.block is None:
            return False
        if self.block.own_line or not (phrase.own_line and phrase.has_colon):
            return False
        return not phrase.is_item and self.titles.is_major(phrase.text)

    def _follows_parts(self, phrase: Phrase, group: TitleGroup) -> bool:
        """Check whether the name of a measure names a part, as those before it."""
        if not group.is_part or phrase.inline or not phrase.has_colon:
            return False
        if self.block is None and "physical_exam" not in group.within:
            return False
        return not has_rate(self.flat, self.position + phrase.body_start + 1)

    def _heads_column(self, phrase: Phrase, group: TitleGroup) -> bool:
        """Check whether a phrase right under a title heads a column of its table."""
        if phrase.has_colon or phrase.inline or phrase.opener:
            return False
        if not (phrase.spaced or phrase.own_line) or not self.title.own_line:
            return False
        if not self.titles.is_column(phrase.text) or not self._comes_first(phrase):
            return False
        if phrase.spaced or not (phrase.capitals or phrase.mark):
            return phrase.capitals == self.last.capitals or group.label == self.label
        return self.label == TABLE and phrase.capitals == self.last.capitals

    def _is_lesser(self, phrase: Phrase) -> bool:
        """Check whether all sections so far have bare capital lines, unlike a phrase."""
        return (
            self.context.bare
            and self.context.n_sections > 1
            and not phrase.capitals
            and not (phrase.own_line and phrase.has_colon)
        )

    def _judge_part(
        self, phrase: Phrase, group: TitleGroup, inside: bool
    ) -> Verdict | None:
        if phrase.inline and not self.last.text:
            return None
        if phrase.spaced and not inside:
            return None
        is_field = PREAMBLE in group.within
        if is_field and inside and self.label != PREAMBLE and not phrase.has_colon:
            return None
        if is_field and not inside and phrase.has_colon:
            if not self.title.has_colon and self._comes_first(phrase):
                return make_part(phrase, group.label, phrase.sure)
            return (phrase, OTHER, 1, phrase.sure, None) if phrase.sure else None
        if not phrase.has_colon and not phrase.spaced:
            if not inside:
                return self._judge_unknown(phrase)
            return make_part(phrase, group.label, 0.7)
        return make_part(
            phrase, group.label, max(phrase.sure or self._rate(phrase), 0.6)
        )

    def _judge_unknown(self, phrase: Phrase) -> Verdict | None:
        heading = self._judge_heading(phrase)
        if heading is not None or not self.unknown_titles:
            return heading
        if phrase.inline or phrase.spaced or phrase.never:
            return None
        if not phrase.own_line and has_value(
            self.flat, self.position + phrase.body_start + 1
        ):
            return None
        if not looks_like_title(self.flat, self.position, phrase):
            return None
        if starts_with_measure(phrase.text, self.titles) or self._states(phrase):
            return None
        if not phrase.has_colon and self.titles.is_never(phrase.text):
            return None
        if not phrase.own_line:
            return self._judge_field(phrase)
        capitals = phrase.capitals
        if phrase.has_colon:
            confidence = 0.7 if capitals else 0.6
        elif phrase.mark.startswith(("#", "**", "==", "__")):
            confidence = 0.7
        elif capitals:
            confidence = 0.6 if stands_alone(self.flat, self.position, phrase) else 0.4
        else:
            confidence = 0.3
        if self._holds_parts(phrase) or phrase.is_item:
            return make_part(phrase, make_label(phrase.text), confidence)
        return (phrase, OTHER, 1, confidence, None)

    def _states(self, phrase: Phrase) -> bool:
        """Check whether a bare line is a short title and its text ("PMH HTN DM")."""
        first, gap, _ = phrase.text.partition(" ")
        if phrase.has_colon or not gap or len(first) > 4 or not first.isupper():
            return False
        group = self.titles.find(first)
        return group is not None and not group.is_part

    def _judge_field(self, phrase: Phrase) -> Verdict | None:
        """Judge an unknown title with text behind it on its line."""
        text = phrase.text
        if phrase.capitals and not phrase.is_item and (" " in text or len(text) > 5):
            if not self._holds_parts(phrase):
                return (phrase, OTHER, 1, 0.55, None)
        elif phrase.capitals and len(text) <= 5:
            return None
        return make_part(phrase, make_label(text), 0.5)

    def _holds_parts(self, phrase: Phrase) -> bool:
        """Check whether an unknown title belongs to the current section."""
        if self.group is None or not self.group.has_parts:
            return False
        # A title that looks just as the section's own is its neighbour.
        same_look = phrase.capitals and self.title.capitals
        bare = not phrase.has_colon and not self.title.has_colon
        return not (same_look and bare and phrase.mark == self.title.mark)

    def _judge_heading(self, phrase: Phrase) -> Verdict | None:
        if not self.has_problems or not heads_problem(self.flat, self.position, phrase):
            return None
        sure = 0.7 if phrase.mark.startswith("#") else 0.6
        return make_part(phrase, make_label(phrase.text), sure)

    def _hangs_on_parts(self, phrase: Phrase, group: TitleGroup) -> bool:
        """Check whether the meaning of a phrase depends on the parts of the section so far."""
        titles, text = self.titles, phrase.text
        if titles.hangs_on_part(text, self.label):
            return True
        if not phrase.has_colon:
            return self.label == TABLE and titles.is_column(text)
        inside = self.label in group.within
        return inside and phrase.own_line and titles.is_major(text)

    def _hangs_on_note(self, phrase: Phrase) -> bool:
        titles, text = self.titles, phrase.text
        return titles.hangs_on_line(text) or titles.names_document(text)
