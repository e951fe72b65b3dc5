import csv
import html
import json
import re

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span

from spacy_clinical.export.arrow import read_parquet, write_parquet
from spacy_clinical.export.concepts import (
    FIELDS,
    find_icd10,
    list_concept_rows,
    shape_concept,
)
from spacy_clinical.export.docs import load_tokenizer, make_doc
from spacy_clinical.export.frames import to_frame
from spacy_clinical.export.html import render_note
from spacy_clinical.export.pages.concepts import (
    KNOWN_LINKS,
    parse_links,
    show_concepts,
)
from spacy_clinical.export.pages.viewer_rows import Tables, make_row
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.export.tables import write_tables
from spacy_clinical.extensions.attributes import add_to
from spacy_clinical.extensions.concept_attributes import (
    Linked,
    list_concepts,
    set_concept,
    set_concepts,
)
from spacy_clinical.types import Note
from tests.export.made import (
    CODE,
    LINKED,
    check_parquet,
    make_linked,
    make_linked_doc,
    make_one_record,
)

PNEUMONIA, CANCER = LINKED["pneumonia"], LINKED["breast and ovarian cancer"]


def test_an_entity_says_what_it_means():
    record = make_linked()
    by_text = {row["text"]: row for row in record["entities"]}
    row = by_text["pneumonia"]
    assert [name for name in row if name in FIELDS] == list(FIELDS)
    assert row["kb_id"] == "MONDO:0005249"
    assert row["kb_ents"] == [
        {"id": "MONDO:0005249", "score": 0.98},
        {"id": "D011014", "score": 0.6},
    ]
    assert row["concept"] == PNEUMONIA
    assert by_text["breast and ovarian cancer"]["concept"] == CANCER
    fever = by_text["fever"]
    assert (fever["kb_id"], fever["concept"]) == ("", None)
    assert fever["kb_ents"] == [{"id": "D005334", "score": 0.25}]
    [first, *_] = make_one_record()["entities"]
    assert [first[name] for name in FIELDS] == ["", [], None]
    json.dumps(record, allow_nan=False)


@pytest.mark.parametrize(
    "concept",
    [{"id": 7, "types": "x", "xrefs": [1], "score": "x", "parts": 3}, {"id": "7"}],
)
def test_concepts_of_others_get_the_fields_that_there_are(concept):
    doc = spacy.blank("en")("fever")
    doc.ents = [Span(doc, 0, 1, "X")]
    set_concept(doc.ents[0], [], concept)
    [row] = make_record(Note("n", doc.text, {}, ""), doc)["entities"]
    assert row["concept"] == {
        **{"id": "7", "name": "", "vocabulary": "", "version": "", "types": []},
        **{"xrefs": {}, "score": None, "how": ""},
    }
    assert shape_concept("fever") is shape_concept({"name": "fever"}) is None


def test_candidates_of_scispacy_are_in_records():
    doc = spacy.blank("en")("fever")
    doc.ents = [Span(doc, 0, 1, "X")]
    doc.user_data["._.", "kb_ents", 0, 5] = [("C0015967", float("nan"))]
    [row] = make_record(Note("n", doc.text, {}, ""), doc)["entities"]
    assert row["kb_ents"] == [{"id": "C0015967", "score": None}]


@pytest.mark.parametrize("with_text", [True, False])
def test_parquet_is_read_back_exactly(tmp_path, with_text):
    check_parquet(make_linked(), tmp_path / "x.parquet", with_text=with_text)


def test_records_make_docs_again():
    record = make_linked()
    doc = make_doc(record, load_tokenizer())
    made = make_linked_doc()
    assert list_concepts(doc) == list_concepts(made)
    assert [ent.kb_id_ for ent in doc.ents] == [ent.kb_id_ for ent in made.ents]
    assert [span.kb_id_ for span in doc.spans["ner"]] == [e.kb_id_ for e in made.ents]
    again = make_record(Note("n1", doc.text, {}, "x.txt"), doc)
    assert again["entities"] == record["entities"]
    packed = DocBin(docs=[doc], store_user_data=True).to_bytes()
    [unpacked] = DocBin().from_bytes(packed).get_docs(doc.vocab)
    assert list_concepts(unpacked) == list_concepts(made)


def make_old():
    record = make_linked()
    for row in record["entities"]:
        for name in FIELDS:
            del row[name]
    return record


def test_records_of_earlier_versions_are_read(tmp_path):
    old = make_old()
    doc = make_doc(old, load_tokenizer())
    assert list_concepts(doc) == []
    assert not any(ent.kb_id_ for ent in doc.ents)
    assert without_text(old)["entities"][0].keys().isdisjoint(FIELDS)
    write_parquet([old], tmp_path / "x.parquet")
    [again] = read_parquet(tmp_path / "x.parquet")
    assert again["entities"][0]["concept"] is None
    write_tables([old], tmp_path / "tables")
    assert not (tmp_path / "tables" / "concepts.csv").exists()
    assert to_frame([old])["kb_id"].isna().all()
    assert len(to_frame([old], "concepts")) == 0


# Without text


def test_concepts_of_known_vocabularies_stay_without_text():
    record = make_linked()
    bare = without_text(record)
    for row, before in zip(bare["entities"], record["entities"], strict=True):
        assert {name: row[name] for name in FIELDS} == {n: before[n] for n in FIELDS}
        assert "text" not in row
    assert bare["provenance"]["clinical_linker"] == {
        "vocabularies": record["provenance"]["clinical_linker"]["vocabularies"]
    }


@pytest.mark.parametrize(
    "vocabularies",
    [
        None,
        [],
        "mondo",
        [{"name": "mondo"}],
        [{"name": "zyxxo x", "version": "1", "sha256": "0" * 64}],
        [{"name": "other", "version": "1", "sha256": "0" * 64}],
    ],
)
def test_what_no_known_vocabulary_has_does_not_stay(vocabularies):
    doc = spacy.blank("en")("Zyxxo fever in Plugh")
    doc.ents = [Span(doc, 1, 2, "X", kb_id="Zyxxo")]
    concept = {"id": "Plugh", "name": "Zyxxo", "vocabulary": "mondo", "how": "Zyxxo"}
    set_concept(doc.ents[0], [], {**concept, "xrefs": {"Zyxxo": ["Plugh"]}})
    if vocabularies is not None:
        add_to(doc, "clinical_provenance", "x", {"vocabularies": vocabularies})
    bare = without_text(make_record(Note("n", doc.text, {}, ""), doc))
    [row] = bare["entities"]
    assert [row[name] for name in FIELDS] == ["", [], None]
    written = json.dumps(bare).lower()
    assert "zyxxo" not in written
    assert "plugh" not in written


def test_ids_that_are_no_concepts_do_not_stay():
    record = make_linked()
    record["entities"][0]["kb_id"] = "zyxxo"
    assert without_text(record)["entities"][0]["kb_id"] == ""


# Tables


def read_csv(path):
    with path.open(encoding="utf8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_tables_have_columns_and_a_table_of_their_own(tmp_path):
    write_tables([make_linked()], tmp_path / "x")
    by_text = {row["text"]: row for row in read_csv(tmp_path / "x" / "entities.csv")}
    row = by_text["pneumonia"]
    assert row["kb_id"] == "MONDO:0005249"
    assert row["concept_name"] == "pneumonia"
    assert (row["vocabulary"], row["concept_score"]) == ("mondo", "0.98")
    assert by_text["fever"]["kb_id"] == by_text["fever"]["concept_name"] == ""
    rows = read_csv(tmp_path / "x" / "concepts.csv")
    assert [row["kb_id"] for row in rows] == [
        *("MONDO:0005249", "MONDO:0007254", "MONDO:0008170", "1191")
    ]
    assert rows[0]["version"] == "2025-01"
    assert json.loads(rows[0]["xrefs"])["ICD9CM"] == ["486"]
    assert rows[1]["text"] == rows[2]["text"] == "breast and ovarian cancer"
    write_tables([make_one_record()], tmp_path / "none")
    assert not (tmp_path / "none" / "concepts.csv").exists()


@pytest.mark.parametrize("name", ["=1+1", "@x", "+1+1", "\t=1", "a\x00b\r\n,c"])
def test_names_are_no_formulas(tmp_path, name):
    record = make_linked()
    record["entities"][0]["concept"]["name"] = name
    record["entities"][0]["concept"]["id"] = name
    record["entities"][0]["kb_id"] = name
    write_tables([record], tmp_path / "x")
    for table, columns in (
        ("entities", ("kb_id", "concept_name")),
        ("concepts", ("kb_id", "name")),
    ):
        row = read_csv(tmp_path / "x" / f"{table}.csv")[0]
        for column in columns:
            assert row[column].lstrip()[:1] not in tuple("=+-@")


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_have_columns_and_rows(library):
    pytest.importorskip(library)
    records = [make_linked(), make_one_record()]
    frame = to_frame(records, "concept", library=library)
    assert list(frame["kb_id"])[:2] == ["MONDO:0005249", "MONDO:0007254"]
    assert frame["score"][0] == 0.98
    assert json.loads(frame["types"][0]) == ["disease"]
    ents = to_frame(records, library=library)
    assert ents["concept_name"][0] == "pneumonia"
    assert ents["concept_score"][0] == 0.98
    empty = to_frame([], "concepts", library=library)
    assert list(empty.columns) == list(frame.columns)


def test_ids_without_a_record_have_a_row():
    [row] = list_concept_rows([{"kb_id": "C1", "text": "x", "concept": None}])
    assert (row["kb_id"], row["text"], row.get("name")) == ("C1", "x", None)


# Beside codes of ICD-9-CM


def test_codes_get_those_of_icd10_that_concepts_have():
    record = make_linked()
    record["codes"] = [CODE, {**CODE, "code": "174"}, {**CODE, "code": "17"}]
    assert find_icd10(record) == [{"J18.9": "pneumonia"}, {"C50": "breast cancer"}, {}]
    record["entities"][0]["is_negated"] = True
    assert find_icd10(record)[0] == {}
    assert find_icd10(make_old() | {"codes": [CODE]}) == [{}]


# Pages


def test_pages_show_concepts_and_codes_beside_those_of_icd9():
    record = make_linked()
    record["codes"] = [{**CODE, "evidence": []}]
    page = render_note(record)
    assert "Disease disorder, score 0.50, in " in page
    assert ", pneumonia (MONDO:0005249)" in page
    assert ", breast cancer (MONDO:0007254), ovarian cancer (MONDO:0008170)" in page
    assert '<span class="soft">MONDO:0005249</span>' in page
    assert "<div>J18.9 pneumonia</div>" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "Concept</th>" not in render_note(make_one_record())


def test_pages_link_to_what_is_set_only():
    links = parse_links(["mesh", "MONDO=https://example.org/a?b={code}&c=1"])
    assert links["MESH"] == KNOWN_LINKS["MESH"]
    page = render_note(make_linked(), links=links)
    found = re.findall(r'href="(http[^"]*)" rel="noreferrer"', page)
    assert [html.unescape(url) for url in found] == [
        f"https://example.org/a?b={code}&c=1"
        for code in ("0005249", "0007254", "0008170")
    ]
    # RxNorm's have no link.
    assert '<span class="soft">1191</span>' in page


@pytest.mark.parametrize(
    "link",
    [
        "MESH=javascript:alert({code})",
        "MESH=javascript://x/%0aalert({code})",
        "MESH=data:text/html,{code}",
        "MESH=//example.org/{code}",
        "MESH=https:///{code}",
        "MESH=https://{code}/",
        "MESH=https://{code}.example.org/x",
        "MESH=https://user@example.org/{code}",
        "MESH=https://example.org/",
        'MESH=https://example.org/{code}" onclick="x',
        "MESH=https://example.org/{code}<b>",
        "MESH=https://example.org/\n{code}",
        "MESH=",
        "=https://example.org/{code}",
        "zyxxo",
        "",
    ],
)
def test_other_links_are_refused(link):
    with pytest.raises(ValueError, match=r"\[C930\].*SYSTEM=URL with {code}"):
        parse_links([link])


@pytest.mark.parametrize("system", KNOWN_LINKS)
def test_known_links_can_be_used(system):
    assert parse_links([system]) == {system: KNOWN_LINKS[system]}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('" onmouseover="x', "&#34; onmouseover=&#34;x"),
        ("a\x00b", "a\u2400b"),
        ("=1+1", "=1+1"),
        ("\u05d0", "\u05d0"),
    ],
)
def test_pages_run_none_of_a_name(name, shown):
    record = make_linked()
    concept = {**PNEUMONIA, "name": name, "id": f"MONDO:{name}"}
    record["entities"][0]["concept"] = concept
    record["codes"] = [{**CODE, "evidence": []}]
    page = render_note(record, links=parse_links(["MONDO"]))
    assert shown in page
    assert "<script" not in page
    assert '" onmouseover' not in page
    url = re.findall(r'href="(https[^"]*)"', page)[0]
    assert re.fullmatch(r"https://monarchinitiative.org/MONDO:[A-Za-z0-9%._~-]+", url)


def test_halves_of_pairs_are_no_fault():
    entity = {"kb_id": "MESH:\ud800", "concept": None}
    [one] = show_concepts(entity, parse_links(["MESH"]))
    assert one.url.endswith("ui=%3F")
    assert one.words == "MESH:\ud800"


def test_the_viewer_has_concepts_and_codes():
    record = make_linked()
    record["codes"] = [{**CODE, "evidence": []}, {**CODE, "code": "401"}]
    note = {"texts": [], "runs": [None]}
    tables = Tables()
    make_row(record, note, 0, tables)
    [row] = note["runs"]
    assert row["l"] == [(0, [0]), (2, [1, 2]), (3, [3])]
    assert next(iter(tables.concepts)) == ("MONDO:0005249", "pneumonia", "")
    assert row["i"] == [(0, [("J18.9", "pneumonia")])]


# Other processes


def test_processes_send_concepts_back():
    doc = make_linked_doc()
    nlp = spacy.blank("en")
    sent = list(nlp.pipe([doc, doc.copy()], n_process=2, batch_size=1))
    assert [list_concepts(one) for one in sent] == [list_concepts(doc)] * 2
    assert Doc.from_docs(sent).ents[0]._.concept == PNEUMONIA


def test_a_large_note_stays_fast():
    doc = spacy.blank("en")("pain " * 20_000)
    doc.ents = [Span(doc, i, i + 1, label="X") for i in range(len(doc))]
    rows = [
        Linked(ent.start_char, ent.end_char, "X", (("C1", 0.5),), PNEUMONIA)
        for ent in doc.ents
    ]
    set_concepts(doc, rows)
    record = make_record(Note("a", doc.text, {}, "a.txt"), doc)
    assert {ent["kb_id"] for ent in record["entities"]} == {"MONDO:0005249"}
