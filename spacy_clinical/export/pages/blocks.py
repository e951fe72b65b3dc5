"""Split a note's text into the stretches that a page shows alike."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from spacy_clinical.export.abbreviations import AbbreviationRecord
from spacy_clinical.export.entities import EntityRecord
from spacy_clinical.export.pages.assertion import list_cues
from spacy_clinical.export.records import Record, SectionRecord


class Run(NamedTuple):
    """A stretch of text that is shown in one way.

    entity: Index of the entity it belongs to, None for plain text.
    is_first, is_last: Whether the entity starts or ends here.
    codes: Indices of the codes whose evidence it belongs to.
    anchors: Ids of the evidence that starts here.
    cues: Numbers of the cues that it belongs to, as `list_cues` counts them.
    long_form: What it stands for, if it is an abbreviation.
    record: Key of the record in a table that it belongs to; "" for none.
    links: Keys of the records that lead from its end to their rows.
    """

    text: str
    is_title: bool
    entity: int | None
    is_first: bool
    is_last: bool
    codes: tuple[int, ...] = ()
    anchors: tuple[str, ...] = ()
    cues: tuple[int, ...] = ()
    long_form: str = ""
    record: str = ""
    links: tuple[str, ...] = ()


class RecordPlace(NamedTuple):
    """The place of a table's record in the note (characters, half open).

    key: Of its row.
    link: Where the link to the row stands.
    """

    key: str
    start: int
    end: int
    link: int


class Part(NamedTuple):
    """A subsection, or the text between subsections (None).

    groups: Runs that follow each other and belong to one record, with its key or "".
    """

    subsection: SectionRecord | None
    groups: list[tuple[str, list[Run]]]


class Block(NamedTuple):
    """A section, or text outside all sections (None).

    anchor: Its place on the page, for links.
    """

    anchor: str
    section: SectionRecord | None
    n_entities: int
    parts: list[Part]


def make_blocks(record: Record, places: Sequence[RecordPlace] = ()) -> list[Block]:
    """Split a note's text into sections, subsections and runs that cover all of it.

    places: Of the records that tables show.
    """
    text, sections = record["text"], record["sections"]
    subsections, entities = record["subsections"], record["entities"]
    short_forms = [row for row in record.get("abbreviations", ()) if row["long_form"]]
    titled = [row for row in (*sections, *subsections) if row["title"]]
    titles = [(row["start"], row["body_start"]) for row in titled]
    spans = [
        [(row["start"], row["end"]) for row in sections],
        [(row["start"], row["end"]) for row in subsections],
        titles,
        [(row["start"], row["end"]) for row in entities],
        [(row["start"], row["end"]) for row in short_forms],
        [(place.start, place.end) for place in places],
    ]
    evidence = _list_evidence(record)
    links = [(place.link, place.link) for place in places]
    cues, _ = list_cues(entities)
    groups = [*spans, cues, links, [(start, end) for start, end, _, _ in evidence]]
    cuts = sorted(
        {0, len(text), *(i for group in groups for span in group for i in span)}
    )
    covers = [_find_innermost(cuts, group) for group in spans]
    shown = _find_codes(cuts, evidence)
    said, _ = _find_codes(cuts, [(*cue, i, "") for i, cue in enumerate(cues)])
    pieces = list(zip(cuts, cuts[1:], *covers, *shown, said, strict=False))
    starts, ends = _index_places(places)
    blocks: list[Block] = []
    for section, in_section in groupby(pieces, key=lambda piece: piece[2]):
        parts = []
        for subsection, in_part in groupby(in_section, key=lambda piece: piece[3]):
            runs = []
            for piece in in_part:
                run = _make_run(text, piece, entities, short_forms)
                key = places[piece[7]].key if piece[7] is not None else ""
                anchors = run.anchors + starts.get(piece[0], ())
                runs.append(
                    run._replace(
                        record=key, anchors=anchors, links=ends.get(piece[1], ())
                    )
                )
            part = subsections[subsection] if subsection is not None else None
            trimmed = groupby(_trim(runs), key=lambda run: run.record)
            parts.append(Part(part, [(key, list(group)) for key, group in trimmed]))
        n_entities = sum(
            run.is_first for part in parts for _, group in part.groups for run in group
        )
        row = sections[section] if section is not None else None
        anchor = f"s{len(blocks)}"
        blocks.append(
            Block(anchor, row, n_entities, [part for part in parts if part.groups])
        )
    return blocks


def _index_places(
    places: Sequence[RecordPlace],
) -> tuple[dict[int, tuple[str, ...]], dict[int, tuple[str, ...]]]:
    """List the anchors of records by where they start, and their keys by their links."""
    starts: dict[int, list[str]] = {}
    links: dict[int, list[str]] = {}
    for place in places:
        starts.setdefault(place.start, []).append(f"at-{place.key}")
        links.setdefault(place.link, []).append(place.key)
    return (
        {offset: tuple(anchors) for offset, anchors in starts.items()},
        {offset: tuple(keys) for offset, keys in links.items()},
    )


def _list_evidence(record: Record) -> list[tuple[int, int, int, str]]:
    """Start, end, code and anchor of each place that a code comes from."""
    return [
        (place["start"], place["end"], i, f"v{i}-{j}")
        for i, code in enumerate(record["codes"])
        for j, place in enumerate(code["evidence"])
    ]


def _find_codes(
    cuts: Sequence[int], evidence: Sequence[tuple[int, int, int, str]]
) -> tuple[list[tuple[int, ...]], list[tuple[str, ...]]]:
    """Find for each stretch its codes, and the anchors of evidence that starts there."""
    places = {cut: i for i, cut in enumerate(cuts)}
    codes: list[set[int]] = [set() for _ in cuts[:-1]]
    anchors: list[list[str]] = [[] for _ in cuts[:-1]]
    for start, end, code, anchor in evidence:
        if start < end:
            anchors[places[start]].append(anchor)
        for i in range(places[start], places[end]):
            codes[i].add(code)
    return [tuple(sorted(c)) for c in codes], [tuple(a) for a in anchors]


def _find_innermost(
    cuts: Sequence[int], spans: Sequence[tuple[int, int]]
) -> list[int | None]:
    """Find for each stretch between two cuts the span over it that starts last."""
    waiting = sorted(range(len(spans)), key=lambda i: spans[i], reverse=True)
    innermost: list[int | None] = []
    over: list[int] = []
    for cut in cuts[:-1]:
        while waiting and spans[waiting[-1]][0] <= cut:
            over.append(waiting.pop())
        over = [i for i in over if spans[i][1] > cut]
        innermost.append(over[-1] if over else None)
    return innermost


def _make_run(
    text: str,
    piece: Sequence[Any],
    entities: Sequence[EntityRecord],
    short_forms: Sequence[AbbreviationRecord],
) -> Run:
    start, end, _, _, title, entity, short_form, _, codes, anchors, cues = piece
    return Run(
        text[start:end],
        title is not None,
        entity,
        entity is not None and entities[entity]["start"] == start,
        entity is not None and entities[entity]["end"] == end,
        codes,
        anchors,
        cues,
        "" if short_form is None else short_forms[short_form]["long_form"],
    )


def _trim(runs: Sequence[Run]) -> Iterator[Run]:
    """Drop the blank lines around a part, as its frame already separates it."""
    shown = [i for i, run in enumerate(runs) if run.text.strip()]
    for i in range(shown[0], shown[-1] + 1) if shown else ():
        text = runs[i].text
        text = text.lstrip("\r\n") if i == shown[0] else text
        yield runs[i]._replace(text=text.rstrip() if i == shown[-1] else text)
