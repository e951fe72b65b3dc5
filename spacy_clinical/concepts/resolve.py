"""Find the short forms of a note, and what each stands for."""

from collections.abc import Collection, Iterable, Sequence

from spacy.tokens import Doc

from spacy_clinical.concepts.abbreviations import Abbreviations
from spacy_clinical.concepts.contexts import Context
from spacy_clinical.concepts.definitions import find_defined, find_definitions
from spacy_clinical.concepts.readings import Chooser, find_forms
from spacy_clinical.extensions.abbreviation_attributes import (
    INVENTORY,
    UNKNOWN,
    ShortForm,
    get_place,
)
from spacy_clinical.extensions.attributes import SECTION_TITLES_KEY, SECTIONS_KEY
from spacy_clinical.extensions.span_groups import list_places, list_spans
from spacy_clinical.tokenization.sentences import find_sentence_starts


def resolve_defined(
    doc: Doc, text: str, abbreviations: Abbreviations
) -> list[ShortForm]:
    """Find the short forms that a note defines, wherever it uses them.

    text: Of the Doc.
    abbreviations: Says what types the long forms have.
    """
    if "(" not in text and "[" not in text:
        return []
    definitions = find_definitions(text, find_sentence_starts(doc, text))
    known: dict[tuple[int, int], tuple[str, str]] = {}
    found = []
    for start, end, one in find_defined(text, definitions):
        place = one.long_start, one.long_end
        if place not in known:
            long_form = " ".join(text[place[0] : place[1]].split())
            known[place] = long_form, _find_label(long_form, abbreviations)
        long_form, label = known[place]
        found.append(ShortForm(start, end, long_form, label, place=place))
    return found


def resolve_undefined(
    doc: Doc,
    text: str,
    abbreviations: Abbreviations,
    *,
    types: Collection[str] | None = None,
    use_ents: bool = True,
    use_context: bool = True,
) -> list[ShortForm]:
    """Find the short forms of the inventory in a note, and choose between their readings.

    text: Of the Doc.
    types: Of readings to look for; None for all.
    use_ents: Whether a reading has to fit the entity around it, if one does.
    use_context: Whether words around it and its section may decide.
    """
    titles = list_places(doc, SECTION_TITLES_KEY)
    chooser = Chooser(doc.ents if use_ents else (), text, abbreviations, titles)
    sections: Sequence[tuple[int, str]] = ()
    if use_context:
        sections = [(s.start_char, s.label_) for s in list_spans(doc, SECTIONS_KEY)]
    context = Context(text if use_context else "", abbreviations, sections)
    found = []
    for form in find_forms(text, abbreviations):
        readings = chooser.list_fitting(form)
        if types is not None:
            readings = [row for row in readings if row.label in types]
        chosen = context.choose(form.start, readings)
        if not readings or all(chooser.is_title(form, row) for row in readings):
            continue
        if chosen is None:
            longs = tuple(dict.fromkeys(row.long_forms[0] for row in readings))
            found.append(ShortForm(form.start, form.end, "", "", UNKNOWN, None, longs))
        elif not chooser.is_title(form, chosen):
            row = chosen.long_forms[0], chosen.label, INVENTORY
            found.append(ShortForm(form.start, form.end, *row))
    return found


def merge_forms(
    defined: Iterable[ShortForm], others: Iterable[ShortForm]
) -> list[ShortForm]:
    """Join what a note defines with what it doesn't, which gives way where they overlap.

    RETURNS: In the order of the text.
    """
    merged = sorted(defined, key=get_place)
    ends = iter([*((row.start, row.end) for row in merged), (1 << 62, 1 << 62)])
    start, end = next(ends)
    kept = []
    for row in sorted(others, key=get_place):
        while end <= row.start:
            start, end = next(ends)
        if row.end <= start:
            kept.append(row)
    return sorted([*merged, *kept], key=get_place)


def _find_label(long_form: str, abbreviations: Abbreviations) -> str:
    labels = {row.label for row in abbreviations.find_long(long_form)}
    return labels.pop() if len(labels) == 1 else ""
