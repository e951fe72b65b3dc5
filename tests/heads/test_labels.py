import numpy
import pytest

from spacy_clinical.heads.labels import bio_labels, read_labels

TYPES = ["Clinical_event", "Lab_value", "Sex", "Sign_symptom"]


def test_read_labels_of_biomedical_ner_all(maccrobat_labels):
    scheme = read_labels(maccrobat_labels)
    assert len(maccrobat_labels) == 84
    assert scheme.n_repaired == 2
    assert len(scheme.types) == 41
    assert len(scheme.tags) == 82
    assert scheme.tags[scheme.tag_ids[24]] == "B-Nonbiological_location"
    assert scheme.tags[scheme.tag_ids[30]] == "B-Personal_background"


def test_read_labels_of_its_first_revision(maccrobat_labels):
    # 107 labels: the malformed ones of the model card's widget, by the same rule.
    malformed = ["B-Clinical_[even](Lab_value", "B-La[b](Sign_symptom"]
    types = read_labels(maccrobat_labels).types
    well_formed = bio_labels(types)
    more = [
        f"{role}-{name[:-3]}[{name[-3:-1]}](Lab_value"
        for name in types
        for role in "BI"
        if sum(other.startswith(name[:-1]) for other in types) == 1
    ]
    columns = (well_formed + malformed + more)[:107]
    scheme = read_labels(columns)
    assert len(scheme.columns) == 107
    assert scheme.types == types
    assert scheme.n_repaired == 107 - len(well_formed)


@pytest.mark.parametrize(
    ("malformed", "repaired"),
    [
        ("B-Clinical_[even](Lab_value", "B-Clinical_event"),
        ("B-La[b](Sign_symptom", "B-Lab_value"),
        ("I-Lab_[value](Age)", "I-Lab_value"),
        # Nothing begins so: the name stays readable.
        ("B-Un[known](Sex", "B-Unknown"),
    ],
)
def test_read_labels_repairs_names(malformed, repaired):
    scheme = read_labels([*bio_labels(TYPES), malformed])
    assert scheme.tags[scheme.tag_ids[-1]] == repaired
    assert scheme.n_repaired == 1


def test_read_labels_does_not_repair_what_is_ambiguous():
    scheme = read_labels(["O", "B-Drug_dose", "B-Drug_name", "B-Dru[g](Sex"])
    assert scheme.tags[-1] == "B-Drug"


@pytest.mark.parametrize("last", ["L", "E"])
def test_read_labels_bilou(last):
    single = "U" if last == "L" else "S"
    columns = ["O", *(f"{role}-DATE" for role in ("B", "I", last, single))]
    scheme = read_labels(columns)
    assert scheme.tags == ("O", "B-DATE", "I-DATE", "L-DATE", "U-DATE")
    assert scheme.n_repaired == 0


def test_read_labels_bare_types():
    scheme = read_labels(["O", "DATE", "B_cell"])
    assert scheme.tags == ("O", "I-DATE", "I-B_cell")
    assert scheme.types == ["B_cell", "DATE"]


@pytest.mark.parametrize("columns", [["O"], [], ["LABEL_0", "LABEL_1"], ["B-Sex"]])
def test_read_labels_refuses_an_inventory_without_entities(columns):
    with pytest.raises(ValueError, match=rf"\[C010\].*the {len(columns)} labels"):
        read_labels(columns)


def test_merge_adds_the_probabilities_of_repaired_labels():
    scheme = read_labels(["O", "B-Lab_value", "B-La[b](Sex", "B-Sex"])
    merged = scheme.merge(numpy.asarray([[0.3, 0.25, 0.2, 0.25]]))
    assert merged.tolist() == [[0.3, pytest.approx(0.45), 0.25]]


def test_column_by_tag_prefers_the_well_formed_label():
    scheme = read_labels(["O", "B-La[b](Sex", "B-Lab_value", "B-Sex"])
    assert scheme.column_by_tag == {"O": 0, "B-Lab_value": 2, "B-Sex": 3}
