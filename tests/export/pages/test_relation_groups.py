from spacy_clinical.export.pages.relation_groups import group_relations, name_relation

TEXT = "severe left knee pain, then gout"


def end(words, label="Sign_symptom"):
    start = TEXT.index(words)
    return {"label": label, "start": start, "end": start + len(words)}


def test_relations_are_grouped_by_head_and_label():
    entities = [end("severe", "Severity"), end("pain"), end("gout")]
    pairs = [
        *(("MODIFY", "left knee", "pain"), ("BEFORE", "pain", "gout")),
        *(("MODIFY", "severe", "pain"), ("OWN_LABEL", "severe", "gout")),
    ]
    relations = [
        {"label": label, "child": end(child), "head": end(head), "score": 0.5}
        for label, child, head in pairs
    ]
    pain, gout = group_relations(
        {"text": TEXT, "entities": entities, "relations": relations}
    )
    assert (pain.head.words, pain.head.entity) == ("pain", 1)
    # In the order of the note; the left knee is no entity.
    [(name, members)] = pain.members
    assert name == "with"
    assert [(one.words, one.entity) for one in members] == [
        ("severe", 0),
        ("left knee", None),
    ]
    assert [name for name, _ in gout.members] == ["own label", "after"]


def test_relations_without_text_show_places():
    relations = [{"label": "MODIFY", "child": end("severe"), "head": end("pain")}]
    [group] = group_relations({"entities": [], "relations": relations})
    assert group.head.words == "17\u201321"
    assert group_relations({"entities": []}) == []


def test_relations_are_read_from_their_heads():
    assert name_relation("CAUSE") == "caused by"
    assert name_relation("BEFORE") == "after"
    assert name_relation("Has_negation") == "has negation"
