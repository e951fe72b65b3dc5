"""Judge whether a phrase is a title, by its look and the titles before it."""

from typing import Any

from spacy_clinical.section_lines import (
    SENTENCE_ENDS,
    Context,
    Phrase,
    has_soap_letters,
    has_value,
    heads_list,
    is_neighbor,
    is_sentence,
    is_title_case,
    looks_like_title,
    make_label,
    stands_alone,
)
from spacy_clinical.section_titles import SectionTitles, TitleGroup

PREAMBLE = "preamble"
OTHER = "other"
_HEADING_MARKS = ("#", "*", "=", "_", "<", "[", '"', ">", "~")

# A title that cuts: its phrase, the label, depth and confidence of what it opens,
# and the group of titles that it is of. Plain tuples, as there are many.
Verdict = tuple[Phrase, str, int, float, TitleGroup | None]
# The same, and the step to the context that it opens.
Cut = tuple[Phrase, str, int, float, TitleGroup | None, str]
# The same in its place: position of its line, phrase, label, depth, confidence,
# LOINC code and label of the section that holds a part.
PlacedCut = tuple[int, Phrase, str, int, float, str, str]
_HEAD = frozenset((PREAMBLE,))
_START = Phrase(0, 0, 0, 0, "")
_NO_CUT: Cut = (_START, "", 0, -1.0, None, "")


class Outline:
    """The titles read so far, and what the next phrase means after them."""

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
        self.last = self.title = _START
        self.last_position = self.position = 0
        self.label = PREAMBLE
        self.group: TitleGroup | None = None
        self.has_problems = False
        self.block: Phrase | None = None
        self.cuts: list[PlacedCut] = [(0, _START, PREAMBLE, 1, 1.0, "", "")]
        self._soap: bool | None = None
        self.context = titles.contexts.setdefault(None, Context(0, True, frozenset()))
        self.known: dict[Any, Cut] = self.context.known

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
        cut = (*verdict, _get_step(verdict)) if verdict is not None else _NO_CUT
        if line is not None and self._is_settled(phrase):
            self.titles.remember(self.known, line, cut)
        self.cut(position, cut)

    def cut(self, position: int, cut: Cut) -> None:
        """Open what a title opens, if it is sure enough."""
        phrase, label, depth, confidence, group, step = cut
        if confidence < self.min_confidence:
            return
        self.last, self.last_position = phrase, position
        loinc = parent = ""
        if depth == 1:
            self.title, self.label, self.group, self.block = phrase, label, group, None
            self.has_problems = False
            if group is not None:
                self.has_problems = group.has_problems and self.unknown_titles
                loinc = group.loinc
            self.context = self.context.next.get(step) or self._enter(step)
            self.known = self.context.known
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

    def _is_settled(self, phrase: Phrase) -> bool:
        """Say whether a phrase's meaning hangs on nothing but the context."""
        group, text = phrase.group, phrase.text
        if group is None:
            return phrase.never and phrase.has_colon and not phrase.mark
        if len(text) == 1 or (
            self.context.n_sections < 2 and self._hangs_on_note(phrase)
        ):
            return False
        if phrase.never and self.label not in group.within:
            return False
        if group.within == _HEAD and self.label != PREAMBLE:
            return self.title.has_colon
        if phrase.has_colon:
            return True
        if group.is_part:
            return self.label in group.within
        return phrase.capitals or phrase.mark.startswith(_HEADING_MARKS)

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
        if group.is_part:
            return self._judge_part(phrase, group, inside)
        confidence = phrase.sure or self._rate(phrase)
        if self._names_part(phrase, group, inside):
            label = make_label(text) if group.label == OTHER else group.label
            return _part(phrase, label, confidence)
        return phrase, group.label, 1, confidence, group

    def _find_group(self, phrase: Phrase) -> TitleGroup | None:
        """Find what a title opens in this note."""
        group = None
        if phrase.group is not None and self.context.seen:
            group = self.titles.find_after(phrase.text, self.context.seen)
        if phrase.own_line or self.context.n_sections > 1:
            return group or phrase.group
        start = self.position + phrase.body_start
        line = self.flat[start : start + 80].partition("\n")[0]
        return group or self.titles.find_naming(phrase.text, line) or phrase.group

    def _names_document(self, phrase: Phrase) -> bool:
        """Say whether a line is the name of the whole note, above its head."""
        if phrase.has_colon or not phrase.own_line or self.label != PREAMBLE:
            return False
        if not self.titles.names_document(phrase.text):
            return False
        end = self.position + phrase.title_end
        below = self.flat[end : end + 200].lstrip("\n \t-=_*~#").partition("\n")[0]
        return ":" in below[:60] or self.titles.find(below) is not None

    def _opens_nothing(self, phrase: Phrase) -> bool:
        """Say whether one or two letters mean something else where they stand."""
        text = phrase.text
        if text.lower() == "cc":
            # At a note's end it is the list of those who get a copy.
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
        """Say whether a section's title names a part of the current section here."""
        if self.label == PREAMBLE or len(phrase.text) == 1:
            return False
        if self._is_lesser(phrase):
            return True
        if inside:
            if is_neighbor(phrase, self.title, group, self.group):
                return False
            free = phrase.own_line and not phrase.is_item
            strong = phrase.capitals or phrase.after_blank
            return not (free and strong)
        return phrase.is_item and not self.title.is_item and not phrase.own_line

    def _follows_parts(self, phrase: Phrase, group: TitleGroup) -> bool:
        """Say whether the name of a measure names a part, as those before it."""
        if self.block is None or not group.is_part or phrase.inline:
            return False
        return not has_value(self.flat, self.position + phrase.body_start + 1)

    def _is_lesser(self, phrase: Phrase) -> bool:
        """Say whether all sections so far have bare capital lines, unlike a phrase."""
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
        if group.within == _HEAD and not inside and phrase.has_colon:
            if not self.title.has_colon and self._comes_first(phrase):
                return _part(phrase, group.label, phrase.sure)
            return (phrase, OTHER, 1, phrase.sure, None) if phrase.sure else None
        if not phrase.has_colon and not phrase.spaced:
            if not inside:
                return self._judge_unknown(phrase)
            return _part(phrase, group.label, 0.7)
        return _part(phrase, group.label, max(phrase.sure or self._rate(phrase), 0.6))

    def _rate(self, phrase: Phrase) -> float:
        """Say how sure it is that a known title is meant as one."""
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
        if phrase.mark.startswith(_HEADING_MARKS) or phrase.mark.endswith("**"):
            return 0.9 if phrase.mark != "*" else 0.6
        return self._rate_bare(phrase)

    def _rate_bare(self, phrase: Phrase) -> float:
        """Rate a known title without colon on a line of its own."""
        text = phrase.text
        if phrase.is_item and not phrase.capitals:
            return 0.6 if self.title.is_item else 0.3
        after_blank = phrase.after_blank
        if phrase.capitals:
            return 0.9 if len(text) > 4 else 0.65 if after_blank else 0.4
        if text[0].islower() or self._answers_title(phrase):
            return 0.3
        if " " not in text:
            return 0.6 if after_blank else 0.4
        if is_title_case(text):
            return 0.8 if after_blank else 0.65
        return 0.65 if after_blank else 0.45

    def _answers_title(self, phrase: Phrase) -> bool:
        """Say whether a line is all that stands under a title of another style."""
        last = self.last
        other_style = last.capitals != phrase.capitals or last.has_colon
        return other_style and self._comes_first(phrase)

    def _comes_first(self, phrase: Phrase) -> bool:
        """Say whether nothing stands between the last title and a phrase."""
        end = self.last_position + self.last.title_end
        gap = self.flat[end : min(self.position + phrase.start, end + 80)]
        return self.last.text != "" and not gap.strip(" \t\n:")

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
            return _part(phrase, make_label(phrase.text), confidence)
        return (phrase, OTHER, 1, confidence, None)

    def _judge_field(self, phrase: Phrase) -> Verdict | None:
        """Judge an unknown title with text behind it on its line."""
        text = phrase.text
        if phrase.capitals and not phrase.is_item and (" " in text or len(text) > 5):
            if not self._holds_parts(phrase):
                return (phrase, OTHER, 1, 0.55, None)
        elif phrase.capitals and len(text) <= 5:
            return None
        return _part(phrase, make_label(text), 0.5)

    def _holds_parts(self, phrase: Phrase) -> bool:
        """Say whether an unknown title belongs to the current section."""
        if self.group is None or not self.group.has_parts:
            return False
        # A title that looks just as the section's own is its neighbour.
        same_look = phrase.capitals and self.title.capitals
        bare = not phrase.has_colon and not self.title.has_colon
        return not (same_look and bare and phrase.mark == self.title.mark)

    def _judge_heading(self, phrase: Phrase) -> Verdict | None:
        """Judge a problem heading: a short line over a paragraph or list of a plan."""
        if not self.has_problems:
            return None
        text, mark = phrase.text, phrase.mark
        n_words = text.count(" ") + 1
        if phrase.inline or n_words > 10 or is_sentence(text):
            return None
        if mark.startswith("#"):
            return _part(phrase, make_label(text), 0.7)
        if mark[:1].isdigit() or mark[:1] == "(":
            if not (phrase.has_colon or heads_list(self.flat, self.position, phrase)):
                return None
            return _part(phrase, make_label(text), 0.6)
        if mark or phrase.has_colon or phrase.spaced or phrase.capitals:
            return None
        if not phrase.after_blank:
            return None
        heads = heads_list(self.flat, self.position, phrase) and n_words <= 8
        return _part(phrase, make_label(text), 0.6) if heads else None

    def _hangs_on_note(self, phrase: Phrase) -> bool:
        titles, text = self.titles, phrase.text
        return titles.hangs_on_line(text) or titles.names_document(text)

    def _is_deeper(self, phrase: Phrase) -> bool:
        """Say whether a part is one of the part before it, by their marks."""
        mark, block = phrase.mark[:1], self.block
        return (
            block is not None
            and block.own_line
            and mark != block.mark[:1]
            and not mark.isdigit()
            and phrase.is_item
        )


def _get_step(verdict: Verdict) -> str:
    """Name all that later titles are judged by in a section that a title opens."""
    title, label, depth, _, _ = verdict
    if depth > 1:
        return ""
    mark = title.mark and f"{title.mark[-1]}{title.mark[0].isdigit():d}"
    look = (title.is_item, title.capitals, title.has_colon, title.own_line)
    return f"{label} {mark} {look} {len(title.text) <= 4}"


def _part(phrase: Phrase, label: str, confidence: float) -> Verdict | None:
    return (phrase, label, 2, confidence, None) if label else None
