import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.concepts.draft import Column, Draft
from spacy_clinical.concepts.entry import Entry
from spacy_clinical.concepts.filters import Filters, make_filters


def draft(*entries, **filters):
    made = Draft(make_filters(**filters))
    for entry in entries:
        made.add(entry)
    return list(made.read())


@given(st.lists(st.tuples(st.integers(0, 4), st.text("abcé", max_size=3))))
def test_columns_give_the_texts_of_each_owner_in_order_and_once(rows):
    column = Column()
    for owner, text in rows:
        column.add(owner, text)
    expected = [
        list(dict.fromkeys(t for o, t in rows if o == owner)) for owner in range(5)
    ]
    assert list(column.group(5)) == expected


def test_entries_with_the_same_id_are_one_concept():
    [concept] = draft(
        Entry("1", "flu", ("grippe",), types=("disease",), xrefs=(("UMLS", "C1"),)),
        Entry("1", "influenza", ("flu",), xrefs=(("UMLS", "C1"), ("MESH", "D1"))),
        Entry("1", definition="An infection."),
        Entry("1", definition="Another one."),
    )
    assert concept.names == ["flu", "grippe", "influenza"]
    assert concept.types == ["disease"]
    assert concept.xrefs == [("UMLS", "C1"), ("MESH", "D1")]
    assert concept.definition == "An infection."


def test_entries_without_a_name_add_to_concepts_that_are_there():
    [concept] = draft(
        Entry("2", synonyms=("too early",)),
        Entry("1", "flu"),
        Entry("1", synonyms=("grippe",)),
        Entry("2", synonyms=("nothing",)),
    )
    assert concept.names == ["flu", "grippe"]


def test_withdrawn_entries_add_nothing():
    [concept] = draft(
        Entry("1", "old", xrefs=(("A", "1"),), is_obsolete=True),
        Entry("1", "new"),
        Entry("1", "older", types=("x",), is_obsolete=True),
        Entry("2", "gone", is_obsolete=True),
        Entry("2", synonyms=("also gone",)),
    )
    assert (concept.names, concept.types, concept.xrefs) == (["new"], [], [])


def test_codes_of_other_concepts_do_not_wait():
    [concept] = draft(
        Entry("1", "a", xrefs=(("A", "1"),), source="X"),
        Entry("2", "b", xrefs=(("A", "2"),), source="X"),
        Entry("2", "c", xrefs=(("A", "3"),), source="Y"),
        sources=["y"],
    )
    assert concept.names == ["c"]
    assert concept.xrefs == [("A", "2"), ("A", "3")]


def test_names_are_kept_as_written_without_hidden_characters():
    long = "x" * 10_000
    [concept] = draft(
        Entry("1", "K\x00\n+"), Entry("1", long), Entry("1", "心不全\ud800")
    )
    assert concept.names == ["K +", long, "心不全"]


def test_blank_names_are_none():
    assert draft(Entry("1", "\x00 \n")) == []


def test_too_many_concepts_are_an_error(monkeypatch):
    monkeypatch.setattr("spacy_clinical.concepts.draft.MAX_COUNT", 1)
    made = Draft(Filters())
    made.add(Entry("1", "a"))
    with pytest.raises(ValueError, match=r"\[C911\].*more than 1 concepts"):
        made.add(Entry("2", "b"))
