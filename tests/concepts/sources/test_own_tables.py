import pytest

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.filters import make_filters
from spacy_clinical.concepts.sources.source import Source
from spacy_clinical.concepts.sources.table import find_adapter
from spacy_clinical.concepts.vocabulary import Vocabulary
from tests.concepts import releases


def read(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf8")
    source = Source(path)
    return list(find_adapter(source).read(source).entries)


def build(tmp_path, name, text, **filters):
    path = tmp_path / name
    path.write_text(text, encoding="utf8")
    build_vocabulary([path], tmp_path / "out", filters=make_filters(**filters))
    return Vocabulary.open(tmp_path / "out")


def test_rows_with_the_same_id_are_one_concept(tmp_path):
    fever, formula = build(tmp_path, "local.csv", releases.CSV)
    assert fever.name == 'Fever, of "unknown" origin'
    assert fever.synonyms == ("FUO", "PUO", "Fieber unklarer Genese")
    assert fever.types == ("finding",)
    assert fever.xrefs == {"ICD10CM": ["R50.9"], "MESH": ["D005335"]}
    # A formula is a text like any other; tables that are written guard their cells.
    assert formula.name == '=HYPERLINK("x")'


def test_names_are_filtered_by_language(tmp_path):
    fever, other = build(tmp_path, "local.csv", releases.CSV, languages=["de"])
    assert (fever.name, fever.synonyms) == ("Fieber unklarer Genese", ())
    # Its language isn't stated.
    assert other.id == "L2"


@pytest.mark.parametrize(
    ("name", "separator"), [("a.tsv", "\t"), ("a.csv", ","), ("a.txt", "\t")]
)
def test_separators_come_from_suffixes_or_the_header(name, separator, tmp_path):
    rows = [
        ["Concept_ID", "Name", "aliases", "obsolete"],
        ["1", "flu", "grippe|influenza", "yes"],
    ]
    text = "\n".join(separator.join(row) for row in rows)
    [entry] = read(tmp_path, name, text)
    assert (entry.id, entry.name) == ("1", "flu")
    assert entry.synonyms == ("grippe", "influenza")
    assert entry.is_obsolete


def test_scispacys_lines_are_read(tmp_path):
    infarction, aspirin = build(tmp_path, "umls.jsonl", releases.SCISPACY)
    assert infarction.id == "C0027051"
    assert infarction.synonyms == ("Heart attack", "MI")
    assert infarction.definition == "NECROSIS of the MYOCARDIUM."
    assert aspirin.types == ("T109", "T121")


def test_lines_may_have_codes_by_system_and_other_keys(tmp_path):
    text = '{"id": 5, "name": "flu", "xrefs": {"ICD-10-CM": ["J11"]}, "x": {"y": 1}}\n'
    [entry] = read(tmp_path, "a.jsonl", text)
    assert (entry.id, entry.xrefs) == ("5", (("ICD10CM", "J11"),))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "id,name\n1,flu,more\n", r"C901.*line 2 has 3 columns instead of 2"),
        ("a.csv", 'id,name\n1,"flu\n', r"C903.*line \d: it has quotation marks"),
        ("a.csv", "id,name\n,flu\n", r"C903.*line 2: it has no id"),
        ("a.tsv", "id\tname\n1\tflu\n2\n", r"C901.*line 3 has 1 columns"),
        (
            "a.jsonl",
            '{"id": 1, "name": "flu"}\n{"id"',
            r"C903.*line 2: it isn't a JSON object",
        ),
        (
            "a.jsonl",
            '{"id": 1, "name": "flu"}\n{"name": "a"}',
            r"C903.*line 2: it has no id",
        ),
        (
            "a.jsonl",
            '{"id": 1, "name": "a"}\n{"id": 2, "name": ["b"]}',
            r"C903.*line 2: a value is",
        ),
        (
            "a.jsonl",
            '{"id": 1, "name": "a", "synonyms": {"b": 1}}',
            r"C903.*line 1: a value is",
        ),
        ("a.csv", "id,name,name\n1,flu,cold\n", r"C903.*line 1: .*the same name"),
        ("a.csv", "id,title\n", r"C905.*its 0 entries"),
        ("a.jsonl", '{"id": "\\ud800", "name": "flu"}', r"C928.*entry 1 has no id"),
        ("a.jsonl", '{"id": "\\u0000", "name": "flu"}', r"C928.*entry 1 has no id"),
        ("a.jsonl", '{"id": NaN, "name": "flu"}', r"C903.*line 1: it has no id"),
        ("a.csv", "code;name\n1;flu\n", r"C900.*columns id and name"),
        ("a.csv", "", r"C900"),
        ("a.json", '{\n"id": 1,\n"name": "flu"}', r"C900"),
    ],
)
def test_broken_tables_are_an_error_and_leave_nothing(name, text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        build(tmp_path, name, text)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_lines_that_are_no_utf8_or_too_long_are_an_error(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,name\n1,caf\xe9\n")
    with pytest.raises(ValueError, match=r"\[C903\].*line 2: it isn't UTF-8"):
        build_vocabulary([path], tmp_path / "out")
    monkeypatch.setattr("spacy_clinical.concepts.sources.source.MAX_LINE", 100)
    path.write_text("id,name\n1," + "a" * 200)
    with pytest.raises(ValueError, match=r"\[C903\].*line 2: it is too long"):
        build_vocabulary([path], tmp_path / "out")
