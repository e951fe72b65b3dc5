"""The part of the model card on identifiers."""

from typing import Any

from spacy.language import Language

RULES, MODEL, BOTH = (
    f"spacy_clinical, {who}" for who in ("rules", "model", "rules and model")
)
CARD = """## Identifiers: how they were made

`clinical_deidentifier` is disabled until it is asked for:
`nlp.enable_pipe("clinical_deidentifier")`. Its rules always decide; on top, a head of
{n_weights:,} weights reads the vectors of the entity recognizer's encoder, which stays as
it is. `scripts/train_deid_head.py` trained it on 17,000 notes, messages and lines of
`scripts/make_deid_notes.py`: identifiers invented with Faker (MIT) and lists of our own,
planted into templates and among sentences of MACCROBAT2020, CodiEsp, ACI-BENCH and
MTS-Dialog train (all CC BY 4.0) that name nobody; and, as examples of what identifies
nobody, invented values, tables, orders and shorthand, with names of diseases and drugs from
MONDO and MeSH. A word is taken if everything that identifies is at least {threshold}
probable together (`threshold_sum`), or {neighbor_threshold} beside a word that is taken: a
missed name costs more than a lost word.

## Identifiers: scores

By `benchmarks/deid.py`, on {n_notes} planted notes whose names, places, formats and
templates are in none that it learned from (months, states and countries are the same).
Recall: the share of words of identifiers that
are taken as any; the rest leaks. Right type: the share that is taken as just that type.

| type | words | recall, rules | recall, model | recall, both | right type, both | precision, both |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
{rows}

Of the {words:,} words of MACCROBAT dev, {taken} ({per_1000:.1f} in 1,000) are taken that
aren't annotated as ages, dates or places, real names of firms and towns among them;
{lost:.1f} % of the clinical entities lose a word.

## Identifiers: limits

No score on the notes of i2b2, or on any notes of real patients, could be had here. A
model that has learned from planted identifiers, and is measured on them, is no claim that
notes are safe to give away: have people check a sample, and expect to find what it missed.
It reads English. The encoder doesn't see capitals. Patients and staff are often taken for
one another, as are hospitals, employers and places. Capitals that stand for something else
("VT", "p.o.", "CCU") are sometimes taken for initials.
"""


def format_identifiers(nlp: Language, report: dict[str, Any]) -> str:
    """Write the part of the card on identifiers.

    report: As benchmarks/deid.py writes it.
    """
    component: Any = nlp.get_pipe("clinical_deidentifier")
    head = component.model.get_ref("head")
    n_weights = sum(
        node.get_param(name).size
        for node in head.walk()
        for name in node.param_names
        if node.has_param(name)
    )
    planted = report["quality"]["planted"]
    rows = [
        f"| {name} | {row['words']} | {planted[RULES][name]['recall']:.3f} "
        f"| {planted[MODEL][name]['recall']:.3f} | {row['recall']:.3f} "
        f"| {row['typed_recall']:.3f} | {row['precision']:.3f} |"
        for name, row in planted[BOTH].items()
    ]
    clean = report["clean"][BOTH]
    return CARD.format(
        n_weights=n_weights,
        threshold=component.threshold,
        neighbor_threshold=component.neighbor_threshold,
        n_notes=report["settings"]["planted"],
        rows="\n".join(rows),
        words=clean["words"],
        taken=clean["taken"],
        per_1000=clean["taken_per_1000"],
        lost=100 * clean["lost"],
    )


def list_identifier_scores(report: dict[str, Any]) -> dict[str, float]:
    """List the scores that go to the pipeline's meta.json.

    report: As benchmarks/deid.py writes it.
    """
    planted = report["quality"]["planted"][BOTH]
    return {
        f"planted_{name}_{key}": planted[name][key]
        for name in ("names", "regular", "all")
        for key in ("recall", "precision")
    }
