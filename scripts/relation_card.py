"""The part of the model card on relations."""

from typing import Any

from spacy.language import Language

OURS, NEAREST = "spacy_clinical", "nearest head"
CARD = """## Relations: how they were made

A head of {n_weights:,} weights reads the vectors of the entity recognizer's encoder, which
stays as it is, in and between two entities of a sentence. `configs/train_relations.cfg`
trained it on the relations of MACCROBAT2020 train and on the drugs of PHEE train, each with
its doses, routes, frequencies and durations. What is at least {threshold} probable counts.
Medications, measurements and dates are assembled from entities and the text by rules.

## Relations: scores

By `benchmarks/relations.py`: a relation is right if both places and the label are. The dev
part chose the head among five, the epoch and the threshold.

| task | relations | gold | F1 | precision | recall | F1, nearest head |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
{rows}

## Relations: limits

It learned from annotated entities: with those that the recognizer finds, most that is lost
is lost there. What came after what (AFTER, BEFORE) is found poorly, and causes hardly ever.
OVERLAP isn't known. Case reports have one sentence a line; a relation across sentences is
never found. Of doses and values, only what is written near the drug or the test counts;
names of tests that the table of analytes doesn't have are only read in tables with a head.
"""


def format_relations(nlp: Language, report: dict[str, Any]) -> str:
    """Write the part of the card on relations.

    report: As benchmarks/relations.py writes it.
    """
    pipe: Any = nlp.get_pipe("clinical_relations")
    n_weights = sum(
        node.get_param(name).size
        for part in ("projection", "scores")
        for node in pipe.model.get_ref(part).walk()
        for name in node.param_names
        if node.has_param(name)
    )
    rows = [
        f"| {task} | {what} | {found['gold']} | {found['f']:.3f} | {found['p']:.3f} "
        f"| {found['r']:.3f} | {systems[NEAREST][what]['f']:.3f} |"
        for task, systems in report["tasks"].items()
        for what, found in systems[OURS].items()
    ]
    return CARD.format(
        n_weights=n_weights, threshold=pipe.threshold, rows="\n".join(rows)
    )


def list_relation_scores(report: dict[str, Any]) -> dict[str, float]:
    """List the scores on MACCROBAT dev, with annotated entities."""
    found = report["tasks"]["gold entities"][OURS]["all labels"]
    return {f"relations_{key}": found[key] for key in "prf"}
