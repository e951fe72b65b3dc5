"""Errors of relations: C94x."""

from spacy_clinical.errors.messages import Catalog


class RelationErrors(metaclass=Catalog):
    """Errors of which mentions belong together."""

    C940 = (
        "Component '{name}' reads the encoder of component '{component}', which isn't in "
        "the pipeline or runs no checkpoint. Add it before '{name}', or set model = "
        "null, to take the nearest heads."
    )
    C941 = (
        "The head of component '{name}' hasn't been trained. Train it, load a trained "
        "pipeline, or set model = null, to take the nearest heads."
    )
    C942 = (
        "Component '{name}' can't learn from examples without relations between its "
        "entities. Check that the reader gives doc._.relations, and that the component's "
        "settings use_ents and spans_keys cover the annotated entities."
    )
    C943 = (
        "The setting '{setting}' of component '{name}' must be {expected}, not {value}."
    )
    C944 = (
        "A record of doc._.relations can't be read: it needs a label, and a child and a "
        "head with label, start_char and end_char."
    )
    C945 = (
        "Component '{name}' reads {size} wordpieces at a time, but the placeholders of two "
        "entities alone are {n_pieces}. Set a larger size in its encoder, or shorter "
        "placeholders."
    )
    C946 = (
        "The setting '{setting}' of the model of component '{name}' doesn't fit checkpoint "
        "'{checkpoint}', whose labels are {known}: {problem}."
    )
    C947 = (
        "Component '{name}' can't use the published head of '{checkpoint}' without knowing "
        'which entities it relates. Set pairs in its model, such as [["GENE","DISEASE"]], '
        "or train it."
    )
    C948 = (
        "Row {row} of '{name}' can't be read: it needs a sentence with exactly two "
        "placeholders, such as @GENE$ and @DISEASE$, and a label, with tabs between "
        "columns."
    )
    C949 = (
        "Component '{name}' can't use the head of checkpoint '{checkpoint}': its "
        "config.json has the problem type '{problem}', but a pair has one label. Train a "
        "new head (spacy train)."
    )
