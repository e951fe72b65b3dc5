import pytest
import spacy

from spacy_clinical.corpora.find import find_reader
from spacy_clinical.corpora.pubtator import PubTatorCorpus

TWO = (
    "12|t|Aspirin and asthma.\n"
    "12|a|It harms | helps.\n"
    "12\t0\t7\tAspirin\tChemical\tD001241\n"
    "12\t12\t18\tasthma\tDisease\tD001249|D0\n"
    "12\tCID\tD001241\tD001249\n"
    "\n"
    "13|t|Only a title\n"
)


@pytest.fixture
def nlp():
    return spacy.blank("en")


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_reads_texts_with_entities(nlp, tmp_path, ends, mark):
    path = tmp_path / "a.PubTator.txt"
    path.write_bytes(mark + TWO.replace("\n", ends).encode())
    first, second = (eg.reference for eg in PubTatorCorpus(path)(nlp))
    assert first.text == "Aspirin and asthma. It harms | helps."
    assert [(e.text, e.label_, e.kb_id_) for e in first.ents] == [
        ("Aspirin", "Chemical", "D001241"),
        ("asthma", "Disease", "D001249|D0"),
    ]
    assert (second.text, second.ents) == ("Only a title", ())
    # All commands that read labelled texts find it.
    assert isinstance(find_reader(path), PubTatorCorpus)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("12\t0\t6\tAspirin\tChemical", 3),
        ("12\t0\t99\tAspirin\tChemical", 3),
        ("12\t-1\t7\tAspirin\tChemical", 3),
        ("12\tone\t7\tAspirin\tChemical", 3),
        ("12\t7\t7\t\tChemical", 3),
        ("12\t0\t7\tAspirin\t", 3),
        ("nothing", 3),
    ],
)
def test_lines_that_cant_be_read_are_told_by_number(nlp, tmp_path, line, number):
    path = tmp_path / "a.txt"
    path.write_text(f"12|t|Aspirin and asthma.\n12|a|\n{line}\n")
    with pytest.raises(
        ValueError, match=rf"\[C874\].*line {number} of 'a.txt'"
    ) as caught:
        list(PubTatorCorpus(path)(nlp))
    assert "Aspirin" not in str(caught.value)


def test_other_broken_files_are_refused(nlp, tmp_path):
    path = tmp_path / "a.txt"
    for content in (b"12|t|\xff\n", b"12\t0\t7\tAspirin\tChemical\n"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"\[C874\]"):
            list(PubTatorCorpus(path)(nlp))
    with pytest.raises(ValueError, match=r"\[C302\]"):
        list(PubTatorCorpus(tmp_path / "none")(nlp))
    with pytest.raises(ValueError, match=r"\[C873\]"):
        PubTatorCorpus(None)
    path.write_bytes(b"")
    assert list(PubTatorCorpus(path)(nlp)) == []
