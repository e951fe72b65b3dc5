"""Split a note into sections by its titles: text in, offsets out."""

import re
from collections.abc import Collection

from spacy_clinical.sections.cuts import Section
from spacy_clinical.sections.headings import may_head_problem
from spacy_clinical.sections.lines import (
    FILLING,
    MAX_PHRASE,
    RULE,
    RULE_STARTS,
    SENTENCE_ENDS,
    has_break,
    is_blank_or_rule,
    read_head,
    read_inline,
    read_opener,
    read_spaced,
)
from spacy_clinical.sections.outline import Outline
from spacy_clinical.sections.state import OTHER, PREAMBLE
from spacy_clinical.sections.titles import SectionTitles

MAX_DEPTH = 3
_BODY = re.compile(
    r"[ \t]*[*_\])>\"=~#]{0,12}[ \t]*:*[ \t]*(?:[-\u2013\u2014](?=[ \t]))?"
    r"(?:(?:\*{1,3}|__|=+)(?=\s))?,?\s*"
)
# The most frequent separators of a title and its text.
_PLAIN_ENDS = (": ", ":\n", "\n\n")
_LINE_ENDS = "\v\f\x1c\x1d\x1e"
_WIDE_LINE_ENDS = "\x85\u2028\u2029"
_WIDE_SPACES = (
    "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000\u200b\ufeff"
)


def split_sections(
    text: str,
    titles: SectionTitles,
    *,
    categories: Collection[str] | None = None,
    min_confidence: float = 0.5,
    unknown_titles: bool = True,
    max_depth: int = MAX_DEPTH,
) -> list[Section]:
    """Split a note into sections and parts at its titles, in one pass.

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
    outline = Outline(flat, titles, min_confidence, unknown_titles, max_depth)
    _read_lines(flat, titles, outline)
    sections = _close(flat, outline)
    return sections if categories is None else _limit(sections, categories)


def _read_lines(flat: str, titles: SectionTitles, outline: Outline) -> None:
    """Read the lines of a note into its outline.

    Titles come again and again: what a line means is looked up before it is read.
    """
    position, after_blank = 0, True
    cut_at = outline.cut
    for line in flat.split("\n"):
        if not line:
            position += 1
            after_blank = True
            continue
        head, colon, rest = line.partition(":")
        if rest and head and rest[0].isdigit() and head[-1].isdigit():
            head, colon, rest = _pass_clock(line)
        if len(head) > MAX_PHRASE or (not colon and line[-1] in SENTENCE_ENDS):
            after_blank = _read_prose(line, position, after_blank, titles, outline)
        else:
            own_line = not rest or (rest[0] in FILLING and not rest.strip(FILLING))
            key = (head, colon, own_line, after_blank)
            cut = outline.meanings.get(key)
            if cut is None:
                after_blank = _read_line(line, position, key, titles, outline)
            else:
                cut_at(position, cut)
                after_blank = False
                if ":" in rest:
                    _read_inline(line, position, len(head), titles, outline)
        position += len(line) + 1


def _pass_clock(line: str) -> tuple[str, str, str]:
    """Split a line at its first colon that is not between the digits of a time."""
    colon = line.find(":")
    while (
        colon >= 0
        and line[colon - 1].isdigit()
        and line[colon + 1 : colon + 2].isdigit()
    ):
        colon = line.find(":", colon + 1)
    if colon < 0:
        return line, "", ""
    return line[:colon], ":", line[colon + 1 :]


def _read_line(
    line: str,
    position: int,
    key: tuple[str, str, bool, bool],
    titles: SectionTitles,
    outline: Outline,
) -> bool:
    """Read a line whose meaning is not known.

    key: Its text up to the first colon, the colon, whether nothing follows, and
        whether the line comes after a blank one.
    RETURNS: Whether the next line comes after a blank one.
    """
    head, colon, own_line, after_blank = key
    phrase = read_head(head, colon != "", own_line, after_blank, titles)
    if phrase is None or phrase.group is None:
        spaced = read_spaced(line, after_blank, titles) or read_opener(
            line, after_blank, titles
        )
        if spaced is not None:
            phrase = None
            outline.read(position, spaced)
    if phrase is not None:
        outline.read(position, phrase, key)
    if colon:
        ends_title = phrase is not None and (
            phrase.group is not None or not has_break(phrase.text)
        )
        skip = len(head) if ends_title else -1
        _read_inline(line, position, skip, titles, outline)
    return phrase is None and line[0] in RULE_STARTS and is_blank_or_rule(line)


def _read_prose(
    line: str, position: int, after_blank: bool, titles: SectionTitles, outline: Outline
) -> bool:
    """Read a long line or a sentence: it may start with a title, but is none.

    RETURNS: Whether the next line comes after a blank one.
    """
    spaced = read_spaced(line, after_blank, titles)
    starts = titles.opener_starts
    if spaced is None and (line[:4] in starts or line[0] in starts):
        spaced = read_opener(line, after_blank, titles)
    if spaced is not None:
        outline.read(position, spaced)
    elif outline.has_problems and may_head_problem(line, after_blank):
        phrase = read_head(line, False, True, after_blank, titles)
        if phrase is not None:
            outline.read(position, phrase)
    if ":" in line:
        _read_inline(line, position, -1, titles, outline)
    return line[0] in RULE_STARTS and is_blank_or_rule(line)


def _read_inline(
    line: str, position: int, skip: int, titles: SectionTitles, outline: Outline
) -> None:
    for phrase in read_inline(line, skip, titles):
        outline.read(position, phrase)


def _close(flat: str, outline: Outline) -> list[Section]:
    """Find where each cut's text ends, at the next one that is no deeper."""
    sections: list[Section] = []
    end = part_end = least_end = len(flat)
    for position, phrase, label, depth, confidence, loinc, parent in reversed(
        outline.cuts
    ):
        start = position + phrase.start
        if depth == 1:
            stop = end
            end = part_end = least_end = start
        elif depth == 2:
            stop = part_end
            part_end = least_end = start
        else:
            stop = least_end
            least_end = start
        title, body_start = None, start
        if phrase.text:
            title_end = position + phrase.title_end
            title = (position + phrase.title_start, title_end)
            body_start = title_end + 2
            if not (
                flat.startswith(_PLAIN_ENDS, title_end)
                and flat[body_start : body_start + 1].isalnum()
            ):
                body_start = min(_skip_to_body(flat, title_end), stop)
        # Calling tuple's constructor takes half the time of Section's own.
        values = (
            label,
            loinc,
            start,
            stop,
            title,
            body_start,
            confidence,
            depth,
            parent,
        )
        sections.append(tuple.__new__(Section, values))
    sections.reverse()
    if len(sections) > 1 and sections[1].depth == 1:
        first = sections[1]
        if not any(map(str.isalnum, flat[: first.start])):
            sections[:2] = [first._replace(start=0)]
    return sections


def _skip_to_body(flat: str, title_end: int) -> int:
    """Find where the text that a title heads starts."""
    start = _BODY.match(flat, title_end).end()  # type: ignore[union-attr]
    line_start = flat.rfind("\n", title_end, start) + 1
    if line_start:
        rule = RULE.match(flat, line_start)
        if rule:
            start = _BODY.match(flat, rule.end()).end()  # type: ignore[union-attr]
    return start


def _limit(sections: list[Section], categories: Collection[str]) -> list[Section]:
    """Turn sections of other categories into `other` ones."""
    kept = {*categories, PREAMBLE, ""}
    limited = []
    for section in sections:
        if section.depth == 1 and section.label not in kept:
            section = section._replace(label=OTHER, loinc="")
        elif section.parent not in kept:
            section = section._replace(parent=OTHER)
        limited.append(section)
    return limited


def flatten(text: str) -> str:
    """Turn all line ends into line feeds and all blanks into spaces.

    RETURNS: A text of the same length, so that offsets stay true.
    """
    if "\r" in text:
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    text = _replace_all(text, _LINE_ENDS, "\n")
    if text.isascii():
        return text
    text = _replace_all(text, _WIDE_LINE_ENDS, "\n")
    return _replace_all(text, _WIDE_SPACES, " ").replace("\uff1a", ":")


def _replace_all(text: str, characters: str, by: str) -> str:
    # Far faster than str.translate where there is nothing to replace.
    for character in characters:
        if character in text:
            text = text.replace(character, by)
    return text
