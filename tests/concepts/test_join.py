from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.entry import Entry
from spacy_clinical.concepts.join import Join
from spacy_clinical.concepts.vocabulary import Vocabulary
from tests.concepts.releases import write_files

MESH = "id,name\nD003924,Diabetes Mellitus Type 2\nD006333,Heart Failure\n"
MONDO = (
    "id,name,synonyms,type,xrefs\n"
    "MONDO:0005148,type 2 diabetes,NIDDM,disease,MESH:D003924|ICD10CM:E11\n"
    "MONDO:0000001,disease,,,MESH:D004194\n"
    "MONDO:2,diabetes with heart failure,,,MESH:D003924|MESH:D006333\n"
)


def test_others_add_names_and_codes_to_the_first(tmp_path):
    write_files(tmp_path, {"mesh.csv": MESH, "mondo.csv": MONDO})
    sources = [tmp_path / "mesh.csv", tmp_path / "mondo.csv"]
    build_vocabulary(sources, tmp_path / "out", join="MSH")
    diabetes, failure = Vocabulary.open(tmp_path / "out")
    assert diabetes.name == "Diabetes Mellitus Type 2"
    assert diabetes.synonyms == ("type 2 diabetes", "NIDDM")
    assert diabetes.types == ()
    assert diabetes.xrefs["MONDO"] == ["0005148"]
    assert diabetes.xrefs["ICD10CM"] == ["E11"]
    # What has the codes of two concepts is neither of them.
    assert (failure.synonyms, failure.xrefs) == ((), {})


def test_the_first_may_have_the_codes_of_the_others():
    join = Join("DOID")
    first = Entry("MONDO:1", "disease", xrefs=(("DOID", "4"),))
    assert list(join.note(first)) == [first]
    [moved] = join.move(Entry("DOID:4", "illness", xrefs=(("ICD9CM", "799.9"),)))
    assert (moved.id, moved.name, moved.synonyms) == ("MONDO:1", "", ("illness",))
    assert moved.xrefs == (("ICD9CM", "799.9"), ("DOID", "4"))
    assert list(join.move(Entry("DOID:5", "other"))) == []
