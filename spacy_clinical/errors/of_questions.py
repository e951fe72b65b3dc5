"""Errors of questions to notes, and of pairs of texts: C96x, C97x."""

from spacy_clinical.errors.messages import Catalog


class QuestionErrors(metaclass=Catalog):
    """Errors of question answering and pair classification."""

    C960 = (
        "The head of checkpoint '{name}' ({kind}) isn't one linear layer named "
        "'qa_outputs' for the start and the end of an answer. Use the checkpoint as an "
        "encoder and train a new head."
    )
    C961 = (
        "A question or hypothesis of {n_pieces} wordpieces leaves too little of a window "
        "of {size} for the note. It may have {most}. Shorten it, or set a larger 'size' "
        "if the checkpoint allows it."
    )
    C962 = (
        "Question or hypothesis {number} of component '{name}' has no words. Give a "
        "sentence with letters or digits."
    )
    C963 = (
        "The setting '{setting}' of component '{name}' must be {expected}, not {value}."
    )
    C964 = (
        "Component '{name}' can't answer: checkpoint '{checkpoint}' was published "
        "without a head for question answering. Train one (spacy train "
        "configs/train_qa.cfg), or use a checkpoint for question answering."
    )
    C965 = (
        "Component '{name}' can't learn from examples without questions. Check that the "
        "reader gives doc._.answers, as spacy-clinical.SquadCorpus.v1 does."
    )
