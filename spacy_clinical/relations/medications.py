"""Assemble records of medications: drugs, and what is said of how they are taken.

A drug has the parts of sigs that stand near it, and the attributes that a component for
entities has found and the text between attaches to it.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from spacy.tokens import Doc, Span

from spacy_clinical.extensions.doc_data import read_text
from spacy_clinical.relations.attachment import Drug, find_aliases
from spacy_clinical.relations.drug_names import DRUG_LABELS, names_drug
from spacy_clinical.relations.drug_tables import DrugTables, find_name
from spacy_clinical.relations.headings import (
    find_heading_statuses,
    find_label_status,
)
from spacy_clinical.relations.medication_records import (
    MedicationRecord,
    make_medication,
)
from spacy_clinical.relations.owners import (
    ATTRIBUTE_LABELS,
    Owners,
    guess_owners,
)
from spacy_clinical.relations.regions import (
    Lines,
    Region,
    find_lead,
    find_list_lines,
    find_regions,
    split_region,
)
from spacy_clinical.relations.rows import find_amounts
from spacy_clinical.relations.selection import (
    ITEM,
    PROSE,
    ROW,
    count_words,
    select_after,
    select_before,
)
from spacy_clinical.relations.sig.find import find_parts
from spacy_clinical.relations.sig.parts import Part
from spacy_clinical.relations.sig.statuses import choose_status
from spacy_clinical.relations.switches import find_switches
from spacy_clinical.tokenization.sentences import find_sentence_starts

# The label of drugs that only their table shows.
TABLE_LABEL = "Medication"
# Words between a verb and its drug, and between the drugs of a list.
_MAX_VERB_WORDS = 5
_MAX_LIST_WORDS = 2
# "Stop A and use B".
_OTHER_VERB = re.compile(
    r"\b(?:use|take|try|give|get|go back to|takes|taking|on|gave|given|received)\s",
    re.IGNORECASE,
)
_NEXT_VERB = re.compile(
    r"(?:\band|\bthen|\bbut|,)\s(?:\w+\s)?(?:use|take|try|give|takes|gave)\b",
    re.IGNORECASE,
)
_JOINED = re.compile(r"\s?(?:,|/|&|,? ?(?:and|or))\s?(?:the |his |her )?")


def assemble_medications(
    doc: Doc, *, drug_labels: Collection[str] = DRUG_LABELS
) -> list[MedicationRecord]:
    """Assemble the records of the medications of a Doc.

    drug_labels: Of the entities that are drugs.
    RETURNS: In the order of the text, one for each drug that isn't another name of the one
        before.
    """
    ents = [ent for ent in doc.ents if len(ent)]
    drugs = [ent for ent in ents if ent.label_ in drug_labels and names_drug(ent.text)]
    tables = DrugTables(read_text(doc))
    drugs = _complete(doc, drugs, tables)
    if not drugs:
        return []
    return _Assembler(doc, ents, drugs, tables).assemble()


def _complete(doc: Doc, drugs: list[Span], tables: DrugTables) -> list[Span]:
    """Leave out the heads of tables, and add the drugs of rows in which none was found."""
    if not tables.heads:
        return drugs
    drugs = [drug for drug in drugs if not tables.is_head(drug.start_char)]
    starts = [drug.start_char for drug in drugs]
    for row in tables.rows:
        index = bisect_left(starts, row.drug.start)
        if index < len(starts) and starts[index] < row.drug.end:
            continue
        name = find_name(row.drug, read_text(doc))
        span = name and doc.char_span(*name, label=TABLE_LABEL)
        if span:
            drugs.append(span)
    return sorted(drugs, key=lambda drug: drug.start)


class _Own(NamedTuple):
    """The parts of a sig that are said of a drug; what the verb before it says, and what
    those behind it do."""

    parts: list[Part]
    before: str | None = None
    after: Sequence[str] = ()

    @property
    def status(self) -> str | None:
        """Its status, by all of these."""
        return choose_status(self.before, self.after)


class _Assembler:
    def __init__(
        self, doc: Doc, ents: list[Span], spans: list[Span], tables: DrugTables
    ) -> None:
        self.text = read_text(doc)
        self.ents = ents
        places = [Drug(ent.start_char, ent.end_char) for ent in spans]
        names: dict[int, list[Span]] = {}
        aliases = find_aliases(self.text, places)
        for i, first in sorted(aliases.items()):
            names.setdefault(first, []).append(spans[i])
        kept = [i for i in range(len(spans)) if i not in aliases]
        self.other_names = [names.get(i, []) for i in kept]
        self.spans = [spans[i] for i in kept]
        self.drugs = [
            Drug(span.start_char, max([span.end_char, *(n.end_char for n in others)]))
            for span, others in zip(self.spans, self.other_names, strict=True)
        ]
        self.lines = Lines(self.text)
        sentences = find_sentence_starts(doc, self.text)
        items = find_list_lines(self.lines, self.drugs)
        self.sentences = sorted({*sentences, *items})
        self.tables = tables

    def assemble(self) -> list[MedicationRecord]:
        owners = guess_owners(self.text, self.ents, self.drugs, self.sentences)
        barriers = sorted(
            {ent.start_char for ent in self._list_barriers()}.union(self.sentences)
        )
        numbers = [self.lines.find(drug.start) for drug in self.drugs]
        labels = (
            find_label_status(self.text, self.lines.starts[number], drug.start)
            for number, drug in zip(numbers, self.drugs, strict=True)
        )
        statuses = find_heading_statuses(self.lines, numbers)
        headings = [
            label or status for label, status in zip(labels, statuses, strict=True)
        ]
        records: list[MedicationRecord] = []
        for region in find_regions(self.text, self.drugs, self.sentences, self.tables):
            records.extend(self._read_region(region, owners, barriers, headings))
        return records

    def _list_barriers(self) -> Iterator[Span]:
        """List the entities that what is said of a drug doesn't reach over."""
        drugs = {(span.start_char, span.end_char) for span in self.spans}
        for ent in self.ents:
            is_drug = (ent.start_char, ent.end_char) in drugs
            if ent.label_ not in ATTRIBUTE_LABELS and not is_drug:
                yield ent

    def _read_region(
        self,
        region: Region,
        owners: Owners,
        barriers: Sequence[int],
        headings: Sequence[str | None],
    ) -> Iterator[MedicationRecord]:
        found = find_parts(self.text[region.start : region.end])
        parts = [
            part._replace(start=part.start + region.start, end=part.end + region.start)
            for part in found
        ]
        # Where another drug stands, it isn't what a drug is taken for.
        names = [self.drugs[i] for i in region.drugs]
        parts = [p for p in parts if p.kind != "reason" or not _has_drug(p, names)]
        if region.is_row:
            parts = _merge(parts, find_amounts(self.tables, region.start))
        claims = [owners.find(part) for part in parts]
        if region.is_item:
            end = self.drugs[region.drugs[0]].end
            claims = list(_release(self.text, end, parts, claims))
        claimed: dict[int, list[Part]] = {}
        for part, claim in zip(parts, claims, strict=True):
            for i in claim or ():
                claimed.setdefault(i, []).append(part)
        stretches = split_region(self.text, region, self.drugs)
        owns: list[_Own] = []
        for i, (start, end) in zip(region.drugs, stretches, strict=True):
            free = [
                part
                for part, claim in self._list_between(start, end, parts, claims)
                if claim is None or i in claim
            ]
            owns.append(
                self._select(i, region, start, free, claimed.get(i, []), barriers)
            )
        statuses = self._share_statuses(region, owns, parts)
        switches = find_switches(self.text, self.drugs, region.drugs)
        for i, own, status in zip(region.drugs, owns, statuses, strict=True):
            yield make_medication(
                self.text,
                self.spans[i],
                self.other_names[i],
                own.parts,
                switches.get(i) or status or headings[i],
            )

    def _share_statuses(
        self, region: Region, owns: Sequence[_Own], parts: Sequence[Part]
    ) -> list[str | None]:
        """Say the status of each drug of a region, also where one verb is said of several:
        "start A and B", "A and B were stopped"."""
        leads: list[str | None] = []
        lead: str | None = None
        for i, own in zip(region.drugs, owns, strict=True):
            if own.before:
                lead = own.before
            elif own.after or not self._goes_on(i, region, parts):
                lead = None
            leads.append(own.before or lead)
        statuses: list[str | None] = []
        after: Sequence[str] = ()
        for n in range(len(owns) - 1, -1, -1):
            is_joined = n + 1 < len(owns) and self._is_joined(region.drugs[n])
            # What a verb before the next drug says isn't said of this one.
            is_shared = is_joined and owns[n + 1].before is None
            after = owns[n].after or (after if is_shared else [])
            statuses.append(choose_status(leads[n], after))
        return statuses[::-1]

    def _is_joined(self, i: int) -> bool:
        """Check whether nothing but "and", a comma or a slash separates a drug from the
        next one."""
        gap = self.text[self.drugs[i].end : self.drugs[i + 1].start]
        return _JOINED.fullmatch(gap) is not None

    def _goes_on(self, i: int, region: Region, parts: Sequence[Part]) -> bool:
        """Check whether a drug is in a list with the one before: their verb is the
        same."""
        if region.drugs[0] == i or region.is_row:
            return False
        start, end = self.drugs[i - 1].end, self.drugs[i].start
        if _OTHER_VERB.search(self.text, start, end):
            return False
        n_words = 0
        for number in range(bisect_left(parts, (start,)), len(parts)):
            part = parts[number]
            if part.start >= end:
                break
            n_words += count_words(self.text[start : part.start])
            start = max(start, part.end)
        return n_words + count_words(self.text[start:end]) <= _MAX_LIST_WORDS

    def _list_between(
        self,
        start: int,
        end: int,
        parts: Sequence[Part],
        claims: Sequence[set[int] | None],
    ) -> Iterator[tuple[Part, set[int] | None]]:
        """List the parts of a stretch (characters), and the drugs that they belong to."""
        for i in range(bisect_left(parts, (start,)), len(parts)):
            if parts[i].end > end:
                break
            yield parts[i], claims[i]

    def _select(
        self,
        i: int,
        region: Region,
        start: int,
        free: Sequence[Part],
        claimed: Sequence[Part],
        barriers: Sequence[int],
    ) -> _Own:
        """Select the parts that are said of a drug, and its status.

        start (character): Of the drug's stretch.
        free: The parts in that stretch that belong to no other drug.
        claimed: The parts of its attributes.
        """
        drug = self.drugs[i]
        reach = ROW if region.is_row else ITEM if region.is_item else PROSE
        lead = start if region.is_row else max(start, find_lead(self.text, start, drug))
        before = [
            part for part in free if lead <= part.start and part.end <= drug.start
        ]
        inside = [p for p in free if p.end > drug.start and p.start < drug.end]
        after = [part for part in free if part.start >= drug.end]
        near = [
            *select_before(self.text, before, drug.start, reach),
            *inside,
            *select_after(
                self.text, after, drug.end, barriers if reach is PROSE else (), reach
            ),
        ]
        chosen = _sort({*near, *claimed})
        verbs = [p.value for p in near if p.kind == "status" and p.start >= drug.end]
        return _Own(chosen, self._find_verb(free, drug.start), verbs)

    def _find_verb(self, free: Sequence[Part], start: int) -> str | None:
        """Find what the verb says that leads to a drug.

        start (character): Of the drug.
        """
        for part in reversed(free):
            if part.kind != "status" or part.end > start:
                continue
            gap = self.text[part.end : start]
            if set(".;\n") & set(gap) or _NEXT_VERB.search(gap):
                continue
            if count_words(gap) <= _MAX_VERB_WORDS:
                status: str = part.value
                return status
        return None


def _release(
    text: str, end: int, parts: Sequence[Part], claims: Iterable[set[int] | None]
) -> Iterator[set[int] | None]:
    """Let an item's drug have what was no drug's, where it stands right behind the drug or
    what is said of it: "q4h PRN temp >38".

    end (character): Of the drug.
    parts, claims: In the order of the text; a set without drugs if it is none's.
    """
    for part, claim in zip(parts, claims, strict=True):
        is_beside = not text[end : part.start].strip(" \t\n()")
        released = None if not claim and is_beside else claim
        if released is None or released:
            end = part.end
        yield released


def _sort(parts: Iterable[Part]) -> list[Part]:
    """Sort parts without verbs."""
    kept = (part for part in parts if part.kind != "status")
    return sorted(kept, key=lambda part: (part.start, part.end, part.kind))


def _has_drug(part: Part, drugs: Sequence[Drug]) -> bool:
    """Check whether a drug stands in a part.

    drugs: In the order of the text.
    """
    index = bisect_left(drugs, (part.end,)) - 1
    return index >= 0 and drugs[index].end > part.start


def _merge(parts: Sequence[Part], others: Iterable[Part]) -> list[Part]:
    """Add parts where there are none yet."""
    starts = {part.start for part in parts}
    return sorted([*parts, *(part for part in others if part.start not in starts)])
