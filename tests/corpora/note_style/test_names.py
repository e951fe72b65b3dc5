import pytest

from spacy_clinical.corpora.note_style.names import read_names
from tests.corpora.note_style.conftest import make_augmenter, make_example


def test_reads_a_name_from_each_line(tmp_path):
    path = tmp_path / "names.txt"
    path.write_bytes("\ufeff# ours\r\n gout \r\n\r\nfifth  disease".encode())
    assert read_names({"X": path}) == {"X": ["gout", "fifth disease"]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"", "no names"),
        (b"# nothing\n", "no names"),
        (b"gout\xe9", "byte 4"),
    ],
)
def test_files_that_are_no_lists_are_refused(tmp_path, content, reason):
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"\[C865\].*'X'.*names\.txt.*{reason}"):
        read_names({"X": path})
    with pytest.raises(ValueError, match=r"\[C865\].*regular"):
        read_names({"X": tmp_path})


def test_labels_that_nobody_knows_are_refused(nlp, tmp_path):
    (tmp_path / "names.txt").write_text("gout\n", encoding="utf8")
    names = {"Disorder": str(tmp_path / "names.txt")}
    example = make_example(nlp, "<Disease>asthma</Disease>")
    augmenter = make_augmenter(names=names)
    # As long as no component has labels, nothing is known.
    assert list(augmenter(nlp, example)) == [example]
    nlp.add_pipe("ner").add_label("Disease")
    with pytest.raises(ValueError, match=r"\[C867\].*'Disorder'.*are: Disease\."):
        list(augmenter(nlp, example))
    nlp.get_pipe("ner").add_label("Disorder")
    assert list(augmenter(nlp, example)) == [example]
    # So it is if only the corpus has it.
    nlp.remove_pipe("ner")
    nlp.add_pipe("ner").add_label("Disease")
    list(augmenter(nlp, make_example(nlp, "<Disorder>asthma</Disorder>")))
    assert list(augmenter(nlp, example)) == [example]
