import json
import pickle
import shutil

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.identities import Place
from spacy_clinical.concepts.linking import Link, Linker, Query
from spacy_clinical.concepts.sources.source import Facts
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.files.cache import CACHE_VARIABLE

NOTE = "Heart Failure (HF), and type II diabetes mellitus. Worse HF."
LABEL = "Disease_disorder"


def make(folder, **config):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_abbreviations")
    nlp.add_pipe("clinical_linker", config={"vocabularies": [str(folder)], **config})
    return nlp


def annotate(nlp, text, *names, label=LABEL):
    """Run a pipeline on a text with entities."""
    doc = nlp.make_doc(text)
    starts = [text.index(name) for name in names]
    places = zip(starts, names, strict=True)
    doc.ents = [doc.char_span(s, s + len(name), label=label) for s, name in places]
    return nlp(doc)


def read(doc):
    return [(ent.kb_id_, ent._.kb_ents, ent._.concept) for ent in doc.ents]


@pytest.fixture(scope="module")
def nlp(heart_vocabulary):
    return make(heart_vocabulary)


def test_links_entities_to_concepts(nlp):
    text = NOTE
    doc = nlp.make_doc(text)
    last = doc.char_span(len(text) - 3, len(text) - 1, label=LABEL)
    first = doc.char_span(0, 13, label=LABEL)
    middle = text.index("type II")
    number = doc.char_span(middle, middle + 25, label=LABEL)
    doc.ents = [first, number, last]
    doc = nlp(doc)
    assert [ent.kb_id_ for ent in doc.ents] == ["T:1", "T:6", "T:1"]
    record = doc.ents[2]._.concept
    assert (record["name"], record["how"]) == ("heart failure", "long form")
    assert (record["vocabulary"], record["version"]) == ("heart", "7")
    assert record["xrefs"]["ICD10CM"] == ["I50.9"]
    assert doc.ents[0]._.kb_ents[0][0] == "T:1"


def test_links_each_part_of_a_composite(nlp):
    doc = annotate(nlp, "Breast and ovarian cancer.", "Breast and ovarian cancer")
    [ent] = doc.ents
    assert ent.kb_id_ == "T:3"
    assert [part["id"] for part in ent._.concept["parts"]] == ["T:3", "T:4"]


@pytest.mark.parametrize(
    ("whole", "n_parts"),
    [(("exact", 0.3), 2), (("exact", 0.6), 1), (("ngrams", 0.3), 2)],
)
def test_a_name_of_several_is_split_unless_it_surely_is_one(
    heart_vocabulary, monkeypatch, whole, n_parts
):
    """MONDO's syndrome of hereditary breast and ovarian cancer has that name, too."""
    linker = Linker([Vocabulary.open(heart_vocabulary)])
    name = "breast and ovarian cancer"

    def rank(keys):
        found = [whole if key[0] == name else ("exact", 0.55) for key in keys]
        return [
            [Link(("x",), Place(0, i), score, how, 1.0)]
            for i, (how, score) in enumerate(found)
        ]

    monkeypatch.setattr(linker, "_rank", rank)
    [parts] = linker.link([Query(name, (), False)])
    assert len(parts) == n_parts


def test_everything_survives(nlp):
    doc = annotate(nlp, "Acute heart failure.", "heart failure")
    found = read(doc)
    assert found[0][0] == "T:1"
    docbin = DocBin(store_user_data=True)
    docbin.add(doc)
    read_again = DocBin().from_bytes(docbin.to_bytes()).get_docs(nlp.vocab)
    copies = [
        Doc(nlp.vocab).from_bytes(doc.to_bytes()),
        *read_again,
        pickle.loads(pickle.dumps(doc)),
        doc.copy(),
        Doc.from_docs([doc]),
    ]
    assert [read(copy) for copy in copies] == [found] * len(copies)
    two = Doc.from_docs([nlp.make_doc("Other text."), doc])
    assert read(two) == found


def test_saves_which_vocabularies_it_had(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    doc = annotate(again, "Heart failure", "Heart failure")
    assert doc.ents[0].kb_id_ == "T:1"
    facts = doc._.clinical_provenance["clinical_linker"]["vocabularies"]
    assert facts["heart"]["version"] == "7"
    assert not list(tmp_path.rglob("*.npy"))


ODD = ["x", "\u5fc3\u4e0d\u5168", "y" * 10_000, "a " * 5000, "\u0644\u0627", "...", "1"]


@pytest.mark.parametrize("name", ODD)
def test_odd_names(nlp, name):
    doc = nlp.make_doc(f"{name} heart failure")
    place = len(doc) - 2
    doc.ents = [
        Span(doc, 0, place, label=LABEL),
        Span(doc, place, place + 2, label=LABEL),
    ]
    doc = nlp(doc)
    assert doc.ents[1].kb_id_ == "T:1"
    assert doc.ents[0].kb_id_ == ""


def build(folder, rows):
    source = folder / "rows.jsonl"
    text = "".join(json.dumps(row) + "\n" for row in rows)
    source.write_text(text, encoding="utf8")
    build_vocabulary([source], folder / "made", facts=Facts("rows", "1"))
    return folder / "made"


@pytest.mark.parametrize(
    "name",
    [
        *("K", "k", "5", "+", "\u75db", "\U0001f912", "UTI", "y" * 10_000),
        *("fever " * 2000, "\u5fc3\u529b\u8870\u7aed"),
        "\u0641\u0634\u0644 \u0627\u0644\u0642\u0644\u0628",
        "\u0441\u0435\u0440\u0434\u0446\u0435",
    ],
)
def test_odd_names_of_concepts(name, tmp_path):
    nlp = make(build(tmp_path, [{"id": "X:1", "name": name}]))
    doc = nlp.make_doc(name)
    doc.ents = [Span(doc, 0, len(doc), label=LABEL)]
    [ent] = nlp(doc).ents
    assert (ent.kb_id_, ent._.concept["how"]) == ("X:1", "exact")


def test_ids_that_are_there_twice_or_stand_for_each_other(tmp_path):
    rows = [
        {"id": "X:1", "name": "fever", "other_ids": ["X:2"], "xrefs": ["X:2", "X:1"]},
        {"id": "X:2", "name": "gout", "other_ids": ["X:1"], "xrefs": ["X:1"]},
        {"id": "X:1", "name": "chill"},
        {"id": "X:1", "name": "fever"},
    ]
    nlp = make(build(tmp_path, rows))
    doc = annotate(nlp, "Fever, gout, chill", "Fever", "gout", "chill")
    assert [ent.kb_id_ for ent in doc.ents] == ["X:1", "X:2", "X:1"]


def test_a_vocabulary_that_was_moved(heart_vocabulary, tmp_path):
    shutil.copytree(heart_vocabulary, tmp_path / "heart")
    make(tmp_path / "heart").to_disk(tmp_path / "nlp")
    (tmp_path / "heart").rename(tmp_path / "moved")
    with pytest.raises(FileNotFoundError, match=r"C909.*heart"):
        spacy.load(tmp_path / "nlp")
    config = {"components.clinical_linker.vocabularies": [str(tmp_path / "moved")]}
    nlp = spacy.load(tmp_path / "nlp", config=config)
    doc = annotate(nlp, "Heart failure", "Heart failure")
    assert doc.ents[0].kb_id_ == "T:1"


def test_links_span_groups(heart_vocabulary):
    nlp = make(heart_vocabulary, use_ents=False, spans_keys=["found"])
    doc = nlp.make_doc("Denies heart failure")
    doc.spans["found"] = [Span(doc, 1, 3, label=LABEL)]
    doc = nlp(doc)
    [span] = doc.spans["found"]
    assert span.kb_id_ == "T:1"
    assert span._.concept["name"] == "heart failure"


def test_types_of_a_label(heart_vocabulary):
    nlp = make(heart_vocabulary, types={"Event": ["event"]}, threshold=0.0)
    doc = annotate(nlp, "Failure", "Failure", label="Event")
    assert [key for key, _ in doc.ents[0]._.kb_ents] == ["T:5"]


def test_preferred_ids(heart_vocabulary):
    nlp = make(heart_vocabulary, preferred=["MESH", "OMIM"], threshold=0.0)
    doc = annotate(
        nlp,
        "Heart failure, hemolytic fever, digoxin",
        "Heart failure",
        "hemolytic fever",
        label="X",
    )
    assert [ent.kb_id_ for ent in doc.ents] == ["D006333", "OMIM:123456"]


def test_threshold_leaves_others_without_a_concept(heart_vocabulary):
    doc = annotate(make(heart_vocabulary), "Zebra quagga", "Zebra quagga")
    assert (doc.ents[0].kb_id_, doc.ents[0]._.concept) == ("", None)
    assert doc.ents[0]._.kb_ents == []


def test_a_score_that_many_share_is_no_concept(tmp_path):
    organs = [
        "palate",
        "breast",
        "ureter",
        "prostate",
        "colon",
        "neck",
        "groin",
        "lung",
    ]
    rows = [{"id": f"X:{i}", "name": f"{o} nodule"} for i, o in enumerate(organs)]
    nlp = make(build(tmp_path, rows), threshold=0.1)
    doc = annotate(nlp, "Nodule. Breast nodules.", "Nodule", "Breast nodules")
    assert [ent.kb_id_ for ent in doc.ents] == ["", "X:1"]
    [(parts,)] = [nlp.get_pipe("clinical_linker").linker.link([Query("Nodule")])]
    # All together have enough.
    assert parts[0][0].any_score > 0.1 > 2 * parts[0][0].score


def test_refuses_another_version_at_load(heart_vocabulary, tmp_path):
    copy = tmp_path / "heart"
    shutil.copytree(heart_vocabulary, copy)
    make(copy).to_disk(tmp_path / "nlp")
    shutil.rmtree(copy)
    with pytest.raises(FileNotFoundError, match="C909"):
        spacy.load(tmp_path / "nlp")
    source = tmp_path / "other.jsonl"
    source.write_text('{"id": "T:1", "name": "heart failure"}\n', encoding="utf8")
    build_vocabulary([source], copy, facts=Facts("heart", "8"))
    with pytest.raises(ValueError, match=r"C924.* 7 .* 8 "):
        spacy.load(tmp_path / "nlp")
    (copy / "names.bin").write_bytes(b"")
    with pytest.raises(ValueError, match="C907"):
        spacy.load(tmp_path / "nlp")


@pytest.mark.parametrize(
    "config", [{"threshold": 2.0}, {"top_k": 0}, {"n_candidates": 0}]
)
def test_refuses_settings(heart_vocabulary, config):
    with pytest.raises(ValueError, match="C925"):
        make(heart_vocabulary, **config)


def test_index_needs_a_folder(heart_vocabulary, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file" / "cache"))
    with pytest.raises(OSError, match="C923"):
        annotate(make(heart_vocabulary), "Heart failure", "Heart failure")


def test_a_damaged_index_is_built_again(heart_vocabulary, tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    annotate(make(heart_vocabulary), "Heart failure", "Heart failure")
    [path] = tmp_path.rglob("postings.npy")
    path.write_bytes(path.read_bytes()[:-8])
    doc = annotate(make(heart_vocabulary), "Heart failur", "Heart failur")
    assert doc.ents[0]._.kb_ents[0][0] == "T:1"


def test_processes_share_a_vocabulary(nlp):
    docs = []
    for text in ("Heart failure", "Digoxin"):
        doc = nlp.make_doc(text)
        doc.ents = [doc[:].char_span(0, len(text), label="X")]
        docs.append(doc)
    found = [doc.ents[0].kb_id_ for doc in nlp.pipe(docs, n_process=2)]
    assert found == ["T:1", "T:8"]


LOOKALIKES = [
    {
        "id": "R:1",
        "name": "MASS syndrome",
        "synonyms": ["MASS phenotype", "Mass phenotype"],
        "types": ["human disease"],
    },
    {
        "id": "R:2",
        "name": "chronic obstructive lung disease",
        "synonyms": ["cold", "COLD"],
        "types": ["human disease"],
    },
    {
        "id": "R:3",
        "name": "leukocyte adhesion deficiency",
        "synonyms": ["LAD", "lad"],
        "types": ["human disease"],
    },
    {
        "id": "R:4",
        "name": "Bloom syndrome",
        "synonyms": ["BS"],
        "types": ["human disease"],
    },
    {
        "id": "R:5",
        "name": "spinocerebellar ataxia with axonal neuropathy",
        "synonyms": ["SCAN"],
        "types": ["human disease"],
    },
    {
        "id": "R:6",
        "name": "dog disease",
        "types": ["disease", "non-human animal disease"],
    },
    {
        "id": "R:7",
        "name": "community-acquired pneumonia",
        "synonyms": ["pneumonia"],
        "types": ["human disease"],
    },
    {
        "id": "R:16",
        "name": "ichthyosis",
        "synonyms": ["HI"],
        "types": ["human disease"],
    },
    {
        "id": "R:8",
        "name": "catastrophic antiphospholipid syndrome",
        "synonyms": ["CAP"],
        "types": ["human disease"],
    },
    {
        "id": "R:9",
        "name": "lung neoplasm",
        "synonyms": ["lung"],
        "types": ["human disease"],
    },
    {"id": "R:10", "name": "lung", "types": ["Anatomy"]},
    {"id": "R:11", "name": "gold", "types": ["Chemicals and Drugs"]},
    {"id": "R:12", "name": "gold", "types": ["human disease"]},
    {"id": "R:13", "name": "canine fever", "types": ["non-human animal disease"]},
    {"id": "R:14", "name": "rheumatoid arthritis", "types": ["human disease"]},
    {
        "id": "R:15",
        "name": "refractory anemia",
        "synonyms": ["RA"],
        "types": ["human disease"],
    },
]


@pytest.fixture(scope="module")
def lookalikes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lookalikes")
    source = folder / "rows.jsonl"
    text = "".join(json.dumps(row) + "\n" for row in LOOKALIKES)
    source.write_text(text, encoding="utf8")
    build_vocabulary([source], folder / "made", facts=Facts("lookalikes", "1"))
    return folder / "made"


@pytest.mark.parametrize(
    ("text", "name", "label", "expected"),
    [
        # Words of everyday English are no acronyms, also where a sentence starts.
        ("A mass was felt.", "mass", "Sign_symptom", ""),
        ("Masses were felt.", "Masses", "Sign_symptom", ""),
        ("She has a cold.", "cold", "Disease_disorder", ""),
        ("The scan is due.", "scan", "Disease_disorder", ""),
        ("Known SCAN since birth.", "SCAN", "Disease_disorder", "R:5"),
        ("Family with MASS syndrome.", "MASS syndrome", LABEL, "R:1"),
        ("Family with mass syndrome.", "mass syndrome", LABEL, "R:1"),
        # The long form wins, also where the vocabulary doesn't have it.
        ("Treated for CAP.", "CAP", "Disease_disorder", "R:7"),
        ("No SI, no HI.", "HI", "Sign_symptom", ""),
        ("Left anterior descending (LAD), LAD closed.", "LAD", LABEL, ""),
        ("Refractory anemia (RA) was found.", "RA", LABEL, "R:15"),
        ("Her RA is stable.", "RA", "Disease_disorder", "R:14"),
        # What the text says nothing of may be anything.
        ("BS in all quadrants.", "BS", "Disease_disorder", ""),
        ("Bloom syndrome. BS since birth.", "BS", "Disease_disorder", "R:4"),
        # The concepts of one type only, and none of animals.
        ("Opacity of the lung.", "lung", "Biological_structure", "R:10"),
        ("Opacity of the LAD.", "LAD", "Biological_structure", ""),
        ("A dog bite.", "dog bite", "Sign_symptom", ""),
        ("A dog disease.", "dog disease", "Disease_disorder", ""),
        ("Had canine fever.", "canine fever", "Other", ""),
    ],
)
def test_words_and_short_forms_that_look_like_others(
    lookalikes, text, name, label, expected
):
    doc = annotate(make(lookalikes), text, name, label=label)
    assert doc.ents[0].kb_id_ == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MEDICATIONS:\ngold\n", "R:11"),
        ("PAST MEDICAL HISTORY:\ngold\n", "R:12"),
        # No drug has the name.
        ("MEDICATIONS:\npneumonia\n", "R:7"),
    ],
)
def test_sections_say_what_types_concepts_have(lookalikes, text, expected):
    nlp = make(lookalikes)
    nlp.add_pipe("clinical_section_splitter", first=True)
    name = text.split("\n")[1]
    assert annotate(nlp, text, name, label="ENTITY").ents[0].kb_id_ == expected
    # What the label says counts more.
    if name == "gold":
        doc = annotate(nlp, text, name, label="Medication")
        assert doc.ents[0].kb_id_ == "R:11"


def test_without_sections_labels_alone_count(lookalikes):
    nlp = make(lookalikes, use_sections=False)
    nlp.add_pipe("clinical_section_splitter", first=True)
    doc = annotate(nlp, "MEDICATIONS:\ngold\n", "gold", label="ENTITY")
    [first, second, *_] = doc.ents[0]._.kb_ents
    assert {first[0], second[0]} == {"R:11", "R:12"}


def test_types_of_the_vocabulary_itself_are_not_known(heart_vocabulary):
    # Its types aren't those that a disease's concept has in the vocabularies that ship.
    doc = annotate(make(heart_vocabulary), "Digoxin given.", "Digoxin")
    assert doc.ents[0].kb_id_ == "T:8"
