from spacy.tokens import Span
from spacy.training.converters import conll_ner_to_docs
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.export.conll import format_conll, write_conll
from spacy_clinical.export.docs import load_tokenizer, make_docs
from tests.conftest import load_blank
from tests.export.made import annotate_notes, list_records


def describe(doc):
    """Entities as they are without tokens of white space."""
    found = []
    for ent in doc.ents:
        words = ["_".join(t.text.split()) for t in ent if not t.is_space]
        if words:
            found.append((ent.label_, words))
    return found


def test_spacy_reads_the_same_entities(tmp_path):
    docs = [doc for _, doc in annotate_notes()]
    path = tmp_path / "x.conll"
    assert write_conll(docs, path) == len(docs)
    text = path.read_text("utf8")
    read = list(conll_ner_to_docs(text, no_print=True))
    # What has no tokens is nothing to spaCy.
    docs = [doc for doc in docs if any(not token.is_space for token in doc)]
    assert len(read) == len(docs)
    for before, after in zip(docs, read, strict=True):
        ents = [(ent.label_, [t.text for t in ent]) for ent in after.ents]
        assert ents == describe(before)
        assert len(after) == sum(not token.is_space for token in before)


def test_our_own_command_reads_it(tmp_path):
    records = [record for record in list_records() if record["entities"]]
    docs = list(make_docs(records, load_tokenizer()))
    write_conll(docs, tmp_path / "x.conll")
    arguments = ["convert", str(tmp_path / "x.conll"), str(tmp_path / "x.spacy")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    counted = dict(line.split()[:2] for line in result.output.splitlines())
    assert int(counted["Docs"]) == len(docs)
    assert int(counted["Entities"]) == sum(len(describe(doc)) for doc in docs)


def test_places_lead_back_to_the_note():
    for note, doc in annotate_notes():
        for line in format_conll(doc, note.id).splitlines()[1:]:
            if line:
                word, _, place, _ = line.split(" ")
                start, end = map(int, place.rsplit(":", 1)[1].split("-"))
                assert (
                    "".join(c if not c.isspace() else "_" for c in doc.text[start:end])
                    == word
                )


def test_format_conll_by_hand():
    doc = load_blank()("Seen \n by Dr.\n\nFox today.")
    for i, token in enumerate(doc):
        token.is_sent_start = i in (0, 3, 5)
    doc.ents = [Span(doc, 1, 3, "Odd label"), Span(doc, 3, 6, label="Name")]
    assert [t.text for t in doc[3:6]] == ["Dr.", "\n\n", "Fox"]
    assert format_conll(doc, "a b").split("\n") == [
        "-DOCSTART- -X- O O",
        "",
        "Seen -X- a_b:0-4 O",
        "by -X- a_b:7-9 B-Odd_label",
        "",
        "Dr. -X- a_b:10-13 B-Name",
        "Fox -X- a_b:15-18 I-Name",
        "today -X- a_b:19-24 O",
        ". -X- a_b:24-25 O",
        "",
        "",
    ]


def test_a_doc_without_tokens_is_only_its_start():
    assert format_conll(load_blank()(""), "") == "-DOCSTART- -X- O O\n\n"
