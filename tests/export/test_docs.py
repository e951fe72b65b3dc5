import json

import pytest
from spacy.tokens import DocBin

from spacy_clinical.export.docs import (
    SCORED_KEY,
    count_extended,
    get_note,
    load_tokenizer,
    make_doc,
    make_docs,
)
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.records import make_record, without_text
from tests.conftest import load_blank
from tests.export.made import TEXT, annotate_notes, list_records, make_one_record


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer()


def describe(doc):
    groups = {
        key: ([(s.start, s.end, s.label_, s.kb_id_) for s in group], group.attrs)
        for key, group in doc.spans.items()
    }
    ents = [(e.start, e.end, e.label_, e._.score) for e in doc.ents]
    sentences = [sent.start for sent in doc.sents] if len(doc) else []
    return doc.text, [token.text for token in doc], groups, ents, sentences


def test_records_become_the_docs_they_came_from(tokenizer):
    for note, doc in annotate_notes():
        record = json.loads(format_line(make_record(note, doc)))
        again = make_doc(record, tokenizer)
        before, after = describe(doc), describe(again)
        assert after[:2] == before[:2]
        assert after[4] == before[4]
        for key, (spans, _) in before[2].items():
            # Of a note without entities, a record doesn't say whether it was assessed.
            if key == "assertion_cues" and not doc.ents:
                continue
            assert after[2][key][0] == spans, key
        assert make_record(get_note(again), again) == record
        assert count_extended(again) == 0


def test_titles_and_bodies_are_known_again(tokenizer):
    for note, doc in annotate_notes():
        again = make_doc(make_record(note, doc), tokenizer)
        for key in ("sections", "subsections"):
            for old, new in zip(doc.spans[key], again.spans[key], strict=True):
                titles = [
                    span._.section_title and span._.section_title.text
                    for span in (old, new)
                ]
                assert titles[0] == titles[1]
                assert new._.section_body.text == old._.section_body.text


def test_what_failed_and_what_was_at_work_is_kept(tokenizer):
    *_, failed = list_records()
    doc = make_doc(failed, tokenizer)
    assert doc._.clinical_error == failed["error"]
    record = make_one_record()
    doc = make_doc(record, tokenizer)
    assert doc._.clinical_provenance == record["provenance"]
    assert doc.cats == {"486": 0.9}


def test_places_inside_tokens_are_extended_and_counted(tokenizer):
    record = make_one_record()
    start = TEXT.index("pneumonia")
    record["entities"] = [
        {**record["entities"][0], "start": start + 2, "end": start + 4},
        {**record["entities"][0], "start": start + 5, "end": start + 6},
    ]
    doc = make_doc(record, tokenizer)
    assert [ent.text for ent in doc.ents] == ["pneumonia"]
    assert [span.text for span in doc.spans["ner"]] == ["pneumonia"] * 2
    assert count_extended(doc) == 2
    for ent in record["entities"]:
        ent["score"] = None
    assert len(make_doc(record, tokenizer).spans["ner"]) == 2


def test_scores_stay_where_some_have_none(tokenizer):
    record = make_one_record()
    record["overlapping"] = [{**record["entities"][0], "label": "X", "score": None}]
    doc = make_doc(record, tokenizer)
    assert SCORED_KEY in doc.spans
    again = make_record(get_note(doc), doc)
    assert again["entities"] == record["entities"]
    assert again["overlapping"] == record["overlapping"]


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (5, 10_000)])
def test_places_outside_the_text_are_told(tokenizer, start, end):
    record = make_one_record()
    record["entities"][0].update(start=start, end=end)
    with pytest.raises(ValueError, match=rf"\[C212\].*'x.txt'.*{start} to {end}"):
        make_doc(record, tokenizer)


def test_records_without_text_are_told(tokenizer):
    bare = without_text(make_one_record())
    with pytest.raises(ValueError, match=r"\[C325\].*'x.txt'.*format conll"):
        list(make_docs([bare], tokenizer, kind="conll"))


def test_notes_survive_being_saved(tokenizer):
    record = make_one_record()
    record["meta"] = {"big": 10**30, "list": [1, {"a": None}], "\ud83d": "\ud83d"}
    found = DocBin(docs=[make_doc(record, tokenizer)], store_user_data=True)
    [doc] = DocBin().from_bytes(found.to_bytes()).get_docs(tokenizer.vocab)
    note = get_note(doc)
    assert (note.id, note.source, note.meta) == ("n1", "x.txt", record["meta"])
    assert get_note(load_blank()("x")) is None


def test_half_characters_take_one_place(tokenizer):
    record = make_one_record()
    record["text"] = record["text"].replace("<", "\ud83d")
    doc = make_doc(record, tokenizer)
    assert len(doc.text) == len(TEXT)
    assert doc.ents[0].text == "pneumonia"
