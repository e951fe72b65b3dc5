"""Find the phrases of a note that stand where a title may stand.

One pass over the lines. No pattern has two unbounded parts that could match the
same characters, so the time is linear in the length of the note, whatever it holds.
"""

import re
from typing import NamedTuple

from spacy_clinical.section_titles import SectionTitles, TitleGroup

# Longest phrase that is looked at, in characters.
MAX_PHRASE = 80
_MARK = (
    r"(?:[#>*•·▪●○◦‣\[(<\"=~_\u2013\u2014-]{1,12}[ \t]*)?"
    r"(?:\(?(?:\d{1,2}(?:\.\d{1,2}){0,3}[.)\]]|[A-Za-z][.)](?=[ \t])|[IVX]{1,5}[.)])"
    r"[ \t]*)?(?:\*{1,3}|__)?"
)
_HEAD = re.compile(rf"[ \t]*({_MARK})([^\W\d_].*)", re.DOTALL)
_SPACED = re.compile(
    rf"[ \t]*({_MARK})([A-Z][A-Za-z&/' ]{{1,40}}?)"
    "(?:[ \t]{1,3}[-\u2013\u2014](?=[ \t])|\\*\\*(?=[ \t])|\t|  )[ \t]{0,20}(?=\\S)"
)
_RULE_STARTS = frozenset(" \t-=~*_")
_INLINE = re.compile(
    r"(?:[.;,!?)\]]\*{0,2}[ ]{0,3}|[ ]{2}|\t)\*{0,2}([A-Z][A-Za-z&/'\- ()]*)$"
)
_BREAK = re.compile(r"[.;,!?)\]][ *A-Z]|  |\t")
_RULE = re.compile(r"[ \t]*(?:[-=~*]{4,}|_{4,})[ \t]*(?=\n|\Z)")
_BODY = re.compile(
    r"[ \t]*[*_\])>\"=~#]{0,12}[ \t]*:*[ \t]*(?:[-\u2013\u2014](?=[ \t]))?"
    r"(?:(?:\*{1,3}|__|=+)(?=\s))?,?\s*"
)
_DECORATION = ' \t*_=#~->])"\u2013\u2014'
_FILLING = " \t*=#~"
_LINE_ENDS = "\v\f\x1c\x1d\x1e"
_WIDE_LINE_ENDS = "\x85\u2028\u2029"
_WIDE_SPACES = (
    "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000\u200b\ufeff"
)


class Phrase(NamedTuple):
    """A phrase that may be a title, with what its place says about it.

    start: Where a section of this title would start: its marker or first letter.
    title_start, title_end: The phrase itself.
    body_start: Its colon, or its end.
    group: What it opens if it is a title; None if no known title.
    sure: How sure it is that a known title before a colon is meant as one; else 0.
    never: Whether a known title opens nothing, unless inside its own section.
    mark: What stands before the phrase on its line: bullet, number, "#", "**".
    has_colon: Whether a colon ends it.
    own_line: Whether nothing else stands on its line.
    after_blank: Whether its line comes first or after a blank line or rule.
    inline: Whether other text stands before it on its line.
    spaced: Whether a dash, a tab or a wide gap ends it.
    """

    start: int
    title_start: int
    title_end: int
    body_start: int
    text: str
    group: TitleGroup | None = None
    sure: float = 0.0
    never: bool = False
    mark: str = ""
    has_colon: bool = False
    own_line: bool = False
    after_blank: bool = False
    inline: bool = False
    spaced: bool = False


class Head(NamedTuple):
    """What the start of a line says wherever it stands: offsets count from there."""

    start: int
    title_start: int
    title_end: int
    text: str
    mark: str
    group: TitleGroup | None
    sure: float
    never: bool


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


def find_phrases(flat: str, titles: SectionTitles) -> list[Phrase]:
    """List the phrases that may be titles, in note order.

    flat: A note, through `flatten`.
    """
    phrases: list[Phrase] = []
    known_heads = titles.heads
    after_blank, position = True, 0
    for line in flat.split("\n"):
        size = len(line)
        if not size:
            after_blank = True
            position += 1
            continue
        colon = line.find(":", 0, MAX_PHRASE + 1)
        text = line[:colon] if colon >= 0 else line if size <= MAX_PHRASE else ""
        head = known_heads.get(text)
        if head is None:
            head = _read_new_head(
                line, text, colon, position, after_blank, titles, phrases
            )
        if head is not None:
            start, title_start, title_end, title, mark, group, sure, never = head
            # This is done for every short line of a note, and calling tuple's
            # constructor takes half the time of Phrase's own.
            place = (
                position + start,
                position + title_start,
                position + title_end,
                position + (colon if colon >= 0 else size),
                title,
                group,
                sure if colon >= 0 else 0.0,
                never,
                mark,
                colon >= 0,
                colon < 0 or colon + 1 == size or _is_filling(line, colon + 1),
                after_blank,
                False,
                False,
            )
            phrases.append(tuple.__new__(Phrase, place))
            after_blank = False
        else:
            after_blank = line[0] in _RULE_STARTS and _is_blank_or_rule(line)
        if colon >= 0 or not text:
            # The colon that ends a title ends nothing else.
            skip = colon if head is not None and head.group is not None else -1
            if line.find(":", skip + 1) >= 0:
                _find_inline(line, position, colon, head, titles, phrases)
        position += size + 1
    return phrases


def has_break(text: str) -> bool:
    """Say whether a sentence or clause ends inside a phrase."""
    return _BREAK.search(text) is not None


def skip_to_body(flat: str, title_end: int) -> int:
    """Find where the text that a title heads starts."""
    behind = flat[title_end : title_end + 3]
    if behind[:2] in (": ", "\n\n") and behind[2:].isalpha():
        return title_end + 2
    start = _BODY.match(flat, title_end).end()  # type: ignore[union-attr]
    line_start = flat.rfind("\n", title_end, start) + 1
    if line_start:
        rule = _RULE.match(flat, line_start)
        if rule:
            start = _BODY.match(flat, rule.end()).end()  # type: ignore[union-attr]
    return start


def precedes_blank_line(flat: str, position: int) -> bool:
    """Say whether the line of a position comes last or before a blank line or rule."""
    end = flat.find("\n", position)
    if end < 0:
        return True
    stop = flat.find("\n", end + 1)
    line = flat[end + 1 : stop if stop >= 0 else len(flat)]
    return not line or _is_blank_or_rule(line)


def _replace_all(text: str, characters: str, by: str) -> str:
    # Far faster than str.translate where there is nothing to replace.
    for character in characters:
        if character in text:
            text = text.replace(character, by)
    return text


def _is_blank_or_rule(line: str) -> bool:
    return line.isspace() or _RULE.match(line) is not None


def _trim(text: str) -> str:
    """Take decoration off a phrase's end, but leave a bracket that it opens."""
    bare = text.rstrip(_DECORATION)
    return text[: len(bare) + 1] if bare.count("(") > bare.count(")") else bare


def _is_filling(line: str, start: int) -> bool:
    """Say whether only blanks and markers are left on a line."""
    return line[start] in _FILLING and not line[start:].strip(_FILLING)


def _read_new_head(
    line: str,
    text: str,
    colon: int,
    position: int,
    after_blank: bool,
    titles: SectionTitles,
    phrases: list[Phrase],
) -> Head | None:
    """Take the start of a line apart that no line before had.

    phrases: Gets the phrase, instead, if it ends in a gap.
    """
    head = None
    if text and not _is_prose(text, colon, after_blank):
        head = _read_head(text, colon, titles)
    if head is None or head.group is None:
        start = line[: MAX_PHRASE // 2]
        if (
            " - " in start
            or "  " in start
            or "\t" in start
            or "** " in start
            or (not start.isascii() and (" \u2013 " in start or " \u2014 " in start))
        ):
            spaced = _read_spaced(line, position, after_blank, titles)
            if spaced is not None:
                phrases.append(spaced)
                return None
    return head


def _is_prose(text: str, colon: int, after_blank: bool) -> bool:
    """Say whether a line is a sentence, or too long to head a paragraph."""
    if colon >= 0 or text[-1] not in ".,;?!" or not text[0].isalpha():
        return False
    return not after_blank or text.count(" ") > 9


def _read_head(text: str, colon: int, titles: SectionTitles) -> Head | None:
    match = _HEAD.fullmatch(text)
    if match is None:
        return None
    start, title_start = match.start(1), match.start(2)
    mark, title = match.groups()
    if title[-1] in _DECORATION:
        title = _trim(title)
    sentence = colon < 0 and title[-1] in ".,;?!"
    group = None if sentence else titles.find(title)
    end = title_start + len(title)
    sure = _rate(title) if group is not None else 0.0
    never = group is not None and titles.is_never(title)
    head = Head(start, title_start, end, title, mark.rstrip(), group, sure, never)
    if group is not None:
        titles.remember(text, head)
    return head


def _rate(title: str) -> float:
    if title[0].islower():
        return 0.7 if " " in title else 0.6
    return 0.9 if title.isupper() else 0.85


def _read_spaced(
    line: str, position: int, after_blank: bool, titles: SectionTitles
) -> Phrase | None:
    """Read a known title between the start of a line and its first gap."""
    match = _SPACED.match(line)
    if match is None:
        return None
    text = match[2].rstrip()
    group = titles.find(text)
    if group is None and not match[1].startswith("#"):
        return None
    title_start = position + match.start(2)
    return Phrase(
        start=position + match.start(1),
        title_start=title_start,
        title_end=title_start + len(text),
        body_start=position + match.end(),
        text=text,
        group=group,
        never=group is not None and titles.is_never(text),
        mark=match[1].rstrip(),
        after_blank=after_blank,
        spaced=True,
    )


def _find_inline(
    line: str,
    position: int,
    colon: int,
    head: Head | None,
    titles: SectionTitles,
    phrases: list[Phrase],
) -> None:
    """Look back from a line's colons, but not from the one that ends its head."""
    skip = -1
    if head is not None and (head.group is not None or not has_break(head.text)):
        skip = colon
    colon = line.find(":", skip + 1)
    while colon >= 0:
        left = line[colon - 1 : colon]
        if left.isalpha() or (left and left in ") *"):
            base = max(colon - MAX_PHRASE, skip + 1, 0)
            match = _INLINE.search(line, base, colon)
            group = titles.find(match[1].rstrip()) if match else None
            if match and group is not None:
                text, start = match[1].rstrip(), position + match.start(1)
                phrases.append(
                    Phrase(
                        start=start,
                        title_start=start,
                        title_end=start + len(text),
                        body_start=position + colon,
                        text=text,
                        group=group,
                        never=titles.is_never(text),
                        has_colon=True,
                        inline=True,
                    )
                )
        colon = line.find(":", colon + 1)
