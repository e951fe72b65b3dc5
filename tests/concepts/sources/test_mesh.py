import pytest

from spacy_clinical.concepts.sources.mesh import (
    read_ascii,
    read_mesh_table,
    read_xml,
)
from spacy_clinical.concepts.sources.source import Source
from tests.concepts import releases

TYPES = ("Cardiovascular Diseases", "Diseases")


def read(tmp_path, name, text, reader):
    path = tmp_path / name
    path.write_text(text, encoding="utf8")
    facts, entries = reader(Source(path))
    return facts, {entry.id: entry for entry in entries}


def test_descriptors_in_xml(tmp_path):
    facts, entries = read(tmp_path, "desc2025.xml", releases.MESH_XML, read_xml)
    assert (facts.name, facts.version) == ("mesh", "2025")
    failure = entries["D006333"]
    assert failure.name == "Heart Failure"
    assert failure.synonyms == (
        "Heart Failure",
        "Cardiac Failure",
        "Congestive Heart Failure",
    )
    assert failure.types == TYPES
    assert failure.definition == "A heterogeneous condition."


def test_supplementary_records_in_xml(tmp_path):
    _, entries = read(tmp_path, "supp2025.xml", releases.MESH_SUPPLEMENT, read_xml)
    record = entries["C562694"]
    assert record.name == "Epilepsy, Idiopathic Generalized"
    assert (record.synonyms, record.types) == (("EIG",), ("Diseases",))


def test_descriptors_in_ascii(tmp_path):
    facts, entries = read(tmp_path, "d2025.bin", releases.MESH_ASCII, read_ascii)
    assert facts.version == "2025"
    failure = entries["D006333"]
    assert failure.name == "Heart Failure"
    assert set(failure.synonyms) == {
        "Cardiac Failure",
        "Heart Decompensation",
        "Myocardial Failure",
    }
    assert failure.types == TYPES
    assert failure.definition == "A heterogeneous condition."


def test_descriptors_in_a_table(tmp_path):
    _, entries = read(tmp_path, "mesh.tsv", releases.MESH_TABLE, read_mesh_table)
    assert entries["D006333"].synonyms == ("Cardiac Failure", "Failure, Heart")
    assert entries["D006333"].types == TYPES


def test_broken_xml_is_an_error_with_its_line(tmp_path):
    text = releases.MESH_XML.replace("</DescriptorName>", "", 1)
    with pytest.raises(
        ValueError, match=r"\[C904\].*MeSH XML: the XML is broken in line 8"
    ):
        read(tmp_path, "desc.xml", text, read_xml)


def test_records_without_an_id_are_an_error(tmp_path):
    text = releases.MESH_XML.replace("D006333", "")
    with pytest.raises(ValueError, match=r"\[C904\].*a record has no id"):
        read(tmp_path, "desc.xml", text, read_xml)
    text = releases.MESH_ASCII.replace("UI = D006333", "")
    with pytest.raises(ValueError, match=r"\[C904\].*no MH or no UI"):
        read(tmp_path, "d.bin", text, read_ascii)


def test_entities_in_xml_are_not_expanded(tmp_path):
    bomb = '<!DOCTYPE DescriptorRecordSet [<!ENTITY a "aaaa"><!ENTITY file SYSTEM "file:///etc/hostname">]>'
    text = bomb + (
        "<DescriptorRecordSet><DescriptorRecord><DescriptorUI>D1</DescriptorUI>"
        "<DescriptorName><String>x&file;y</String></DescriptorName>"
        "</DescriptorRecord></DescriptorRecordSet>"
    )
    _, entries = read(tmp_path, "desc.xml", text, read_xml)
    assert entries["D1"].name == "x"
