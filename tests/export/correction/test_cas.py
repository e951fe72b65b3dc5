import cassis
import pytest

from spacy_clinical.export.correction.annotated import Annotated
from spacy_clinical.export.correction.cas import (
    METADATA,
    NAMED_ENTITY,
    TYPES,
    TYPES_FILE,
    make_cas,
    make_types,
    read_folder,
    write_folder,
)
from spacy_clinical.types import Note, NoteFailure
from tests.export.correction.made import ANNOTATED, TEXT, make_made_record


@pytest.fixture
def folder(tmp_path):
    write_folder([make_made_record()], tmp_path / "out")
    return tmp_path / "out"


def test_cassis_reads_what_is_written(folder):
    system = cassis.load_typesystem(folder / TYPES_FILE)
    cas = cassis.load_cas_from_xmi(folder / "n_1.xmi", typesystem=system)
    assert cas.sofa_string == TEXT
    found = {one.get_covered_text() for one in cas.select(TYPES["entities"])}
    assert found == {"fever", "aspirin", "81 mg", "aspirin\n81 mg"}


def test_offsets_in_the_file_are_utf16(folder):
    start = TEXT.index("fever")
    xmi = (folder / "n_1.xmi").read_text("utf8")
    # One character before it has two units.
    assert f'begin="{start + 1}" end="{start + 6}"' in xmi


def test_entities_of_inceptions_own_layer_are_read(tmp_path):
    system = make_types()
    made = system.create_type(NAMED_ENTITY, "uima.tcas.Annotation")
    system.create_feature(made, "value", "uima.cas.String")
    system.create_feature(made, "identifier", "uima.cas.String")
    cas = make_cas(Annotated(Note("a", "No fever.", {}, "a"), [], []), system)
    cas.add(made(begin=3, end=8, value="Sign", identifier="C0015967"))
    cas.to_xmi(tmp_path / "a.xmi")
    system.to_xml(tmp_path / TYPES_FILE)
    [read] = read_folder(tmp_path)
    [mark] = read.marks
    assert (mark.label, mark.concepts) == ("Sign", (("C0015967", ""),))
    assert read.note.id == "a"


def test_broken_files_stop_no_other(folder):
    (folder / "a.xmi").write_text("<fever", "utf8")
    (folder / "b.xmi").touch()
    first, second, third = read_folder(folder)
    for failure in (first, second):
        assert isinstance(failure, NoteFailure)
        assert failure.message.startswith("[C760]")
        assert "fever" not in failure.message
    assert set(third.marks) == set(ANNOTATED.marks)


def test_files_without_types_are_refused(folder):
    (folder / TYPES_FILE).unlink()
    [failure] = read_folder(folder)
    assert TYPES_FILE in failure.message


def test_files_of_projects_have_the_names_of_documents(folder):
    system = cassis.load_typesystem((folder / TYPES_FILE).read_bytes().decode())
    metadata = system.create_type(METADATA, "uima.tcas.DocumentAnnotation")
    system.create_feature(metadata, "documentTitle", "uima.cas.String")
    [file] = folder.glob("*.xmi")
    cas = cassis.load_cas_from_xmi(file.read_bytes().decode(), typesystem=system)
    title = f"{file.stem}.xmi"
    cas.add(metadata(documentTitle=title, begin=0, end=len(TEXT)))
    project = folder / "annotation" / title
    project.mkdir(parents=True)
    system.to_xml(project / TYPES_FILE)
    cas.to_xmi(project / "admin.xmi")
    [read] = read_folder(project)
    assert read.note.id == file.stem
    assert set(read.marks) == set(ANNOTATED.marks)
