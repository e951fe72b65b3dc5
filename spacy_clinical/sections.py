"""Split a note into sections by its titles: text in, offsets out."""

from collections.abc import Collection

from spacy_clinical.section_lines import (
    Phrase,
    find_phrases,
    flatten,
    skip_to_body,
)
from spacy_clinical.section_rules import (
    has_soap_letters,
    has_value,
    heads_list,
    is_item,
    is_sentence,
    is_title_case,
    looks_like_title,
    make_label,
    stands_alone,
)
from spacy_clinical.section_titles import SectionTitles, TitleGroup
from spacy_clinical.types import Section

PREAMBLE = "preamble"
OTHER = "other"
MAX_DEPTH = 3
_HEADING_MARKS = ("#", "*", "=", "_", "<", "[", '"', ">", "~")


def split_sections(
    text: str,
    titles: SectionTitles,
    *,
    categories: Collection[str] | None = None,
    min_confidence: float = 0.5,
    unknown_titles: bool = True,
    max_depth: int = MAX_DEPTH,
) -> list[Section]:
    """Cut a note at its titles, in one pass.

    categories: Labels to use; None for all. A title of another category still ends
        the section before it, and opens an `other` one.
    min_confidence: Titles that are less sure than this don't cut.
    unknown_titles: Whether titles that are not in the vocabulary cut, into `other`
        sections or into parts by their own name.
    max_depth: 1 for sections only, 2 with their parts, 3 with the parts' parts.
    RETURNS: Sections and parts in note order, a section before its parts. Those of
        depth 1 cover the note without gap or overlap; none for an empty note.
    """
    if not text:
        return []
    flat = flatten(text)
    outline = _Outline(flat, titles, min_confidence, unknown_titles, max_depth)
    for phrase in find_phrases(flat, titles):
        outline.read(phrase)
    return outline.finish(categories)


# A title that cuts: its phrase, the label, depth and confidence of what it opens,
# and the group of titles that it is of. A plain tuple, as there are many.
_Cut = tuple[Phrase, str, int, float, TitleGroup | None]


class _Outline:
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
        self.last = self.title = Phrase(0, 0, 0, 0, "")
        self.label = PREAMBLE
        self.group: TitleGroup | None = None
        self.block: Phrase | None = None
        self.cuts: list[_Cut] = [(self.title, PREAMBLE, 1, 1.0, None)]
        self.n_sections = 0
        self.all_bare_capitals = True
        self._soap: bool | None = None

    def read(self, phrase: Phrase) -> None:
        """Decide whether a phrase cuts, and where."""
        if phrase.start < self.last.title_end:
            return
        cut = self._judge(phrase)
        if cut is None or cut[3] < self.min_confidence:
            return
        self.last = phrase
        depth = cut[2]
        if depth == 1:
            self._open_section(cut)
        elif depth == 2:
            self.block = phrase
        if depth <= self.max_depth:
            self.cuts.append(cut)

    def _open_section(self, cut: _Cut) -> None:
        phrase, self.label, _, _, self.group = cut
        self.title, self.block = phrase, None
        self.n_sections += 1
        if self.all_bare_capitals:
            bare = phrase.own_line and not phrase.has_colon
            self.all_bare_capitals = bare and phrase.text.isupper()

    def finish(self, categories: Collection[str] | None) -> list[Section]:
        """Close all sections and parts, and list them."""
        cuts = self.cuts
        if len(cuts) > 1 and cuts[1][2] == 1 and not self._has_preamble():
            phrase, label, depth, confidence, group = cuts[1]
            first = phrase._replace(start=0)
            cuts[:2] = [(first, label, depth, confidence, group)]
        sections: list[Section] = []
        parent = ""
        for cut, end in zip(cuts, _find_ends(cuts, len(self.flat)), strict=True):
            phrase, label, depth, confidence, group = cut
            loinc = ""
            if depth == 1:
                loinc = group.loinc if group else ""
                if categories is not None and label not in (*categories, PREAMBLE):
                    label, loinc = OTHER, ""
                parent = label
            title, body_start = None, phrase.start
            if phrase.text:
                title = (phrase.title_start, phrase.title_end)
                body_start = min(skip_to_body(self.flat, phrase.title_end), end)
            holder = parent if depth > 1 else ""
            start = phrase.start
            # Calling tuple's constructor takes half the time of Section's own.
            sections.append(
                tuple.__new__(
                    Section,
                    (
                        label,
                        loinc,
                        start,
                        end,
                        title,
                        body_start,
                        confidence,
                        depth,
                        holder,
                    ),
                )
            )
        return sections

    def _has_preamble(self) -> bool:
        return any(map(str.isalnum, self.flat[: self.cuts[1][0].start]))

    def _judge(self, phrase: Phrase) -> _Cut | None:
        text, group = phrase.text, phrase.group
        if not phrase.has_colon and text[-1] in ".,;?!":
            return self._judge_heading(phrase)
        if group is None:
            return self._judge_unknown(phrase)
        inside = self.label in group.within
        if len(text) < 3:
            if (not inside or len(text) == 1) and self._opens_nothing(phrase):
                return None
        elif phrase.never and not inside:
            return None
        if group.is_part:
            return self._judge_part(phrase, group, inside)
        confidence = phrase.sure or self._rate(phrase)
        if self._names_part(phrase, inside):
            return self._part(phrase, group.label, confidence)
        return phrase, group.label, 1, confidence, group

    def _opens_nothing(self, phrase: Phrase) -> bool:
        """Say whether one or two letters mean something else where they stand."""
        text = phrase.text
        if text.lower() == "cc":
            # At a note's end it is the list of those who get a copy.
            return self.n_sections > 2 or text == "cc"
        if len(text) == 1:
            followed = self.flat[phrase.body_start + 1 : phrase.body_start + 3].strip()
            return text not in "SOAP" or followed[:1].isdigit() or not self._is_soap()
        return phrase.never

    def _is_soap(self) -> bool:
        if self._soap is None:
            self._soap = has_soap_letters(self.flat)
        return self._soap

    def _names_part(self, phrase: Phrase, inside: bool) -> bool:
        """Say whether a section's title names a part of the current section here."""
        if self.label == PREAMBLE or len(phrase.text) == 1:
            return False
        if self._is_lesser(phrase):
            return True
        if inside:
            free = phrase.own_line and not is_item(phrase)
            strong = phrase.text.isupper() or phrase.after_blank
            return not (free and strong)
        return is_item(phrase) and not is_item(self.title) and not phrase.own_line

    def _is_lesser(self, phrase: Phrase) -> bool:
        """Say whether all sections so far have bare capital lines, unlike a phrase."""
        return (
            self.all_bare_capitals
            and self.n_sections > 1
            and not phrase.text.isupper()
            and not (phrase.own_line and phrase.has_colon)
        )

    def _judge_part(
        self, phrase: Phrase, group: TitleGroup, inside: bool
    ) -> _Cut | None:
        if phrase.inline and not self.last.text:
            return None
        if phrase.spaced and not inside:
            return None
        if group.within == {PREAMBLE} and not inside and phrase.has_colon:
            return (phrase, OTHER, 1, phrase.sure, None) if phrase.sure else None
        if not phrase.has_colon and not phrase.spaced:
            if not inside:
                return self._judge_unknown(phrase)
            return self._part(phrase, group.label, 0.7)
        return self._part(
            phrase, group.label, max(phrase.sure or self._rate(phrase), 0.6)
        )

    def _rate(self, phrase: Phrase) -> float:
        """Say how sure it is that a known title is meant as one."""
        text = phrase.text
        capitals = text.isupper()
        several = " " in text
        if phrase.inline:
            last = self.last
            run_on = last.text and self.flat.find("\n", last.start, phrase.start) < 0
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
        if is_item(phrase) and not text.isupper():
            return 0.6 if is_item(self.title) else 0.3
        after_blank = phrase.after_blank
        if text.isupper():
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
        gap = self.flat[last.title_end : min(phrase.start, last.title_end + 80)]
        if not last.text or gap.strip(" \t\n:"):
            return False
        return last.text.isupper() != phrase.text.isupper() or last.has_colon

    def _judge_unknown(self, phrase: Phrase) -> _Cut | None:
        heading = self._judge_heading(phrase)
        if heading is not None or not self.unknown_titles:
            return heading
        if phrase.inline or phrase.spaced or not self._may_be_title(phrase):
            return None
        if not phrase.own_line:
            return self._judge_field(phrase)
        capitals = phrase.text.isupper()
        if phrase.has_colon:
            confidence = 0.7 if capitals else 0.6
        elif phrase.mark.startswith(("#", "**", "==", "__")):
            confidence = 0.7
        elif capitals:
            confidence = 0.6 if stands_alone(self.flat, phrase) else 0.4
        else:
            confidence = 0.3
        if self._holds_parts(phrase) or is_item(phrase):
            return self._part(phrase, make_label(phrase.text), confidence)
        return (phrase, OTHER, 1, confidence, None)

    def _judge_field(self, phrase: Phrase) -> _Cut | None:
        """Judge an unknown title with text behind it: a part, unless it is a value."""
        if has_value(self.flat, phrase.body_start + 1):
            return None
        text = phrase.text
        if text.isupper() and not is_item(phrase) and (" " in text or len(text) > 5):
            if not self._holds_parts(phrase):
                return (phrase, OTHER, 1, 0.55, None)
        elif text.isupper() and len(text) <= 5:
            return None
        return self._part(phrase, make_label(text), 0.5)

    def _may_be_title(self, phrase: Phrase) -> bool:
        return looks_like_title(self.flat, phrase) and not self.titles.is_never(
            phrase.text
        )

    def _holds_parts(self, phrase: Phrase) -> bool:
        """Say whether an unknown title belongs to the current section."""
        if self.group is None or not self.group.has_parts:
            return False
        # A title that looks just as the section's own is its neighbour.
        same_look = phrase.text.isupper() and self.title.text.isupper()
        bare = not phrase.has_colon and not self.title.has_colon
        return not (same_look and bare and phrase.mark == self.title.mark)

    def _judge_heading(self, phrase: Phrase) -> _Cut | None:
        """Judge a problem heading: a short line over a paragraph or list of a plan."""
        group = self.group
        if group is None or not group.has_problems or not self.unknown_titles:
            return None
        text, mark = phrase.text, phrase.mark
        n_words = text.count(" ") + 1
        if phrase.inline or n_words > 10 or is_sentence(text):
            return None
        if mark.startswith("#"):
            return self._part(phrase, make_label(text), 0.7)
        if mark[:1].isdigit() or mark[:1] == "(":
            if not (phrase.has_colon or heads_list(self.flat, phrase)):
                return None
            return self._part(phrase, make_label(text), 0.6)
        if mark or phrase.has_colon or phrase.spaced or text.isupper():
            return None
        if not phrase.after_blank:
            return None
        heads = heads_list(self.flat, phrase) and n_words <= 8
        return self._part(phrase, make_label(text), 0.6) if heads else None

    def _part(self, phrase: Phrase, label: str, confidence: float) -> _Cut | None:
        if not label:
            return None
        mark, block = phrase.mark[:1], self.block
        deeper = (
            block is not None
            and mark != ""
            and block.own_line
            and mark != block.mark[:1]
            and not mark.isdigit()
            and is_item(phrase)
        )
        return phrase, label, 3 if deeper else 2, confidence, None


def _find_ends(cuts: list[_Cut], n_chars: int) -> list[int]:
    """Find where each cut's text ends: at the next one that is no deeper."""
    ends = [n_chars] * (MAX_DEPTH + 1)
    found = []
    for phrase, _, depth, _, _ in reversed(cuts):
        found.append(ends[depth])
        for deeper in range(depth, MAX_DEPTH + 1):
            ends[deeper] = phrase.start
    return found[::-1]
