"""Find the phrases of a note that may be titles by their position.

One pass over the lines. No pattern has two unbounded parts that could match the
same characters, so the time is linear in the length of the note, whatever it holds.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from spacy_clinical.sections.groups import TitleGroup
from spacy_clinical.sections.titles import SectionTitles

# The greatest length of a phrase, in characters.
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
RULE_STARTS = frozenset(" \t-=~*_")
_INLINE = re.compile(
    r"(?:[.:;,!?)\]]\*{0,2}[ ]{0,3}|[ ]{2}|\t)\*{0,2}([A-Z][A-Za-z&/'\- ()]*)$"
)
_BREAK = re.compile(r"[.;,!?)\]][ *A-Z]|  |\t")
RULE = re.compile(r"[ \t]*(?:[-=~*]{4,}|_{4,})[ \t]*(?=\n|\Z)")
SENTENCE_ENDS = frozenset(".,;?!")
_NO_ITEM_MARKS = ("#", "**", "=", "_", "<", "[", '"', ">")
_DECORATION = ' \t*_=#~->])"\u2013\u2014'
FILLING = " \t*=#~"
# A name follows.
_NAMED = ("Dr.", "Drs.", "Mr.", "Mrs.", "Ms.", "Prof.", "St.")
_SMALL_WORDS = frozenset(
    {
        *("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "per"),
        *("the", "to", "with"),
    }
)
_TITLE_WORD = re.compile("[^\\W_]+(?:['\u2019][^\\W_]+)?")
_SOAP = re.compile(r"(?:^|\n)[ \t]*([SOAP](?:/[SOAP])?)[ \t]*:")
_GAP = re.compile(r"[ ]*(?:\t|[ ]{2,}|\|)[ ]*")
_VERB = re.compile(r"\b(?:is|are|was|were|be|been|has|have|had|will|shows?|showed)\b")
# Text that may follow a title that only starts its line.
_OPENED = re.compile(
    r"[ \t]*(?:$|[:(\d\[#_*-]|[A-Z]|"
    r"(?:during|in|on|this|from|by|at|to|for|or|within|as|of|electronically)\b)"
)


class Phrase(NamedTuple):
    """A phrase that may be a title, with the features of its position.

    Offsets count from the start of its line, so that a title that comes again needs
    no other Phrase.

    start: Where a section of this title would start: its marker or first letter.
    title_start, title_end: The phrase itself.
    body_start: Its colon, or its end.
    group: What it opens if it is a title; None if no known title.
    sure: How sure it is that a known title before a colon is meant as one; else 0.
    never: Whether it opens nothing, or only inside its own section.
    mark: What stands before the phrase on its line: bullet, number, "#", "**".
    is_item: Whether that is a bullet or a number.
    capitals: Whether it is all in capitals.
    has_colon: Whether a colon ends it.
    own_line: Whether nothing else stands on its line.
    after_blank: Whether its line comes first or after a blank line or rule.
    inline: Whether other text stands before it on its line.
    spaced: Whether a dash, a tab or a wide gap ends it.
    opener: Whether the rest of its line goes on as a sentence does.
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
    is_item: bool = False
    capitals: bool = False
    has_colon: bool = False
    own_line: bool = False
    after_blank: bool = False
    inline: bool = False
    spaced: bool = False
    opener: bool = False


class Context:
    """The sections so far, as far as later titles depend on them.

    n_sections: Their number, up to 3: more make no difference.
    bare: Whether their titles have all been bare lines in capitals.
    seen: Those of the vocabulary's cues that the note has had.
    meanings: What lines open here, by what is read of them.
    next: The contexts that sections opened here lead to, by their step.
    """

    __slots__ = ("bare", "meanings", "n_sections", "next", "seen")

    def __init__(self, n_sections: int, bare: bool, seen: frozenset[str]) -> None:
        self.n_sections = n_sections
        self.bare = bare
        self.seen = seen
        self.meanings: dict[Any, Any] = {}
        self.next: dict[str, Context] = {}


def read_head(
    head: str, has_colon: bool, own_line: bool, after_blank: bool, titles: SectionTitles
) -> Phrase | None:
    """Read the phrase at the start of a line.

    head: The line up to its first colon, or whole.
    RETURNS: None for prose, and if there is no letter at the start.
    """
    match = _HEAD.fullmatch(head)
    if match is None:
        return None
    title_start = match.start(2)
    mark, title = match.groups()
    mark = mark.rstrip()
    if title[-1] in _DECORATION:
        title = _trim(title)
    sentence = not has_colon and title[-1] in SENTENCE_ENDS
    group = None if sentence else titles.find(title)
    return Phrase(
        match.start(1),
        title_start,
        title_start + len(title),
        len(head),
        title,
        group,
        _rate(title) if group is not None and has_colon else 0.0,
        ((group is not None or has_colon) and titles.is_never(title))
        or (group is not None and not has_colon and titles.needs_colon(title)),
        mark,
        mark != "" and not mark.startswith(_NO_ITEM_MARKS),
        title.isupper(),
        has_colon,
        own_line,
        after_blank,
    )


def read_spaced(line: str, after_blank: bool, titles: SectionTitles) -> Phrase | None:
    """Read a known title between the start of a line and its first gap."""
    start = line[: MAX_PHRASE // 2]
    if not (
        " - " in start
        or "  " in start
        or "\t" in start
        or "** " in start
        or (not start.isascii() and (" \u2013 " in start or " \u2014 " in start))
    ):
        return None
    match = _SPACED.match(line)
    if match is None:
        return None
    text, mark = match[2].rstrip(), match[1].rstrip()
    group = titles.find(text)
    if group is None and not match[1].startswith("#"):
        return None
    if group is not None and _heads_columns(line, text, titles):
        return None
    return Phrase(
        start=match.start(1),
        title_start=match.start(2),
        title_end=match.start(2) + len(text),
        body_start=match.end(),
        text=text,
        group=group,
        never=group is not None and (titles.is_never(text) or titles.needs_colon(text)),
        mark=mark,
        is_item=mark != "" and not mark.startswith(_NO_ITEM_MARKS),
        capitals=text.isupper(),
        after_blank=after_blank,
        spaced=True,
    )


def _heads_columns(line: str, first: str, titles: SectionTitles) -> bool:
    """Check whether a line is the head of a table: its cells name columns."""
    cells = [cell for cell in _GAP.split(line.strip()) if cell]
    return (
        len(cells) > 1
        and titles.is_column(first)
        and all(titles.is_column(cell) or len(cell) < 25 for cell in cells)
        and titles.is_column(cells[1])
    )


def read_opener(line: str, after_blank: bool, titles: SectionTitles) -> Phrase | None:
    """Read a known title that a line starts with and goes on from."""
    text = line.lstrip(FILLING)
    opener = titles.find_opener(text)
    if opener is None:
        return None
    title, group = opener
    rest = text[len(title) :]
    if not _OPENED.match(rest) or _VERB.search(rest):
        return None
    start = len(line) - len(text)
    return Phrase(
        start=start,
        title_start=start,
        title_end=start + len(title),
        body_start=start + len(title),
        text=text[: len(title)],
        group=group,
        sure=0.85,
        capitals=text[: len(title)].isupper(),
        after_blank=after_blank,
        opener=True,
    )


def read_inline(line: str, skip: int, titles: SectionTitles) -> Iterator[Phrase]:
    """Look back from a line's colons for known titles.

    skip: The colon that ends the title at the start of the line; -1 if none does.
    """
    colon = line.find(":", skip + 1)
    while colon >= 0:
        left = line[colon - 1 : colon]
        if left.isalpha() or (left and left in ") *"):
            base = max(colon - MAX_PHRASE, skip, 0)
            match = _INLINE.search(line, base, colon)
            group = titles.find(match[1].rstrip()) if match else None
            if match and line.endswith(_NAMED, 0, match.start() + 1):
                group = None
            if match and group is not None:
                text, start = match[1].rstrip(), match.start(1)
                yield Phrase(
                    start=start,
                    title_start=start,
                    title_end=start + len(text),
                    body_start=colon,
                    text=text,
                    group=group,
                    never=titles.is_never(text),
                    capitals=text.isupper(),
                    has_colon=True,
                    inline=True,
                )
        colon = line.find(":", colon + 1)


def is_blank_or_rule(line: str) -> bool:
    """Check whether a line is blank or a rule."""
    return line.isspace() or RULE.match(line) is not None


def has_break(text: str) -> bool:
    """Check whether a sentence or clause ends inside a phrase."""
    return _BREAK.search(text) is not None


def precedes_blank_line(flat: str, position: int) -> bool:
    """Check whether a position's line comes last or before a blank line or rule."""
    end = flat.find("\n", position)
    if end < 0:
        return True
    stop = flat.find("\n", end + 1)
    line = flat[end + 1 : stop if stop >= 0 else len(flat)]
    return not line or (line[0] in RULE_STARTS and is_blank_or_rule(line))


def _trim(text: str) -> str:
    """Take decoration off a phrase's end, but leave a bracket that it opens."""
    bare = text.rstrip(_DECORATION)
    if bare.count("(") <= bare.count(")"):
        return bare
    end = text.rfind(")") + 1
    return text[:end] if end > len(bare) else text[: len(bare) + 1]


def _rate(title: str) -> float:
    if title[0].islower():
        return 0.7 if " " in title else 0.6
    return 0.9 if title.isupper() else 0.85


def looks_like_title(flat: str, position: int, phrase: Phrase) -> bool:
    """Check whether an unknown phrase is written like a title."""
    text = phrase.text
    start = position + phrase.body_start
    behind = flat[start : start + 3]
    if behind[:1] == ":" and (behind[1:2].isdigit() and text[-1:].isdigit()):
        return False
    if behind == "://" or len(text) < 3 or not is_title_case(text):
        return False
    if has_break(text) or text.count("(") > text.count(")"):
        return False
    first = text.split(None, 1)[0].rstrip(".").lower()
    return first not in ("dr", "mr", "mrs", "ms")


def stands_alone(flat: str, position: int, phrase: Phrase) -> bool:
    """Check whether an unknown line in capitals has blank lines around it."""
    text = phrase.text
    if any(char.isdigit() for char in text) or not (" " in text or len(text) > 6):
        return False
    return phrase.after_blank and precedes_blank_line(flat, position)


def is_title_case(text: str) -> bool:
    """Check whether all words but the small ones start with a capital or digit."""
    words = _TITLE_WORD.findall(text)
    for word in words:
        if word[0].islower() and word not in _SMALL_WORDS:
            return False
    return 0 < len(words) <= 8


def make_label(text: str) -> str:
    """Make a label of a title."""
    text = text.lower()
    if "'" in text or "\u2019" in text:
        text = text.replace("\u2019", "").replace("'", "")
    return "_".join(_TITLE_WORD.findall(text))[:64]


def has_soap_letters(flat: str) -> bool:
    """Check whether S, O, A and P stand for the four parts of a note."""
    letters = set("".join(_SOAP.findall(flat)))
    return {"S", "O"} <= letters and bool(letters & {"A", "P"})


def is_neighbor(
    phrase: Phrase, title: Phrase, group: TitleGroup, holder: TitleGroup | None
) -> bool:
    """Check whether a known title looks like the section's own, and is on its level.

    title, holder: The section's title, and what it is of.
    """
    if phrase.inline or phrase.has_colon != title.has_colon:
        return False
    if phrase.own_line and not (phrase.has_colon and title.own_line):
        return False
    if not _marked_alike(phrase, title):
        return False
    if phrase.capitals != title.capitals and len(title.text) > 4:
        return False
    if title.own_line and not phrase.own_line:
        return phrase.capitals and phrase.after_blank and group.has_parts
    if phrase.after_blank or group.has_parts:
        return True
    if holder is None or not holder.has_parts:
        return True
    return phrase.capitals and holder.has_problems


def _marked_alike(phrase: Phrase, other: Phrase) -> bool:
    """Check whether two phrases have the same mark, or numbers of the same kind."""
    mark, mark_2 = phrase.mark, other.mark
    if not mark or not mark_2:
        return mark == mark_2
    return mark[-1] == mark_2[-1] and mark[0].isdigit() == mark_2[0].isdigit()
