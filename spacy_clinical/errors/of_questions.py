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
    C966 = (
        "Can't read questions without a path. Give a .json file in SQuAD's format in the "
        "config, or on the command line: --paths.train train.json"
    )
    C967 = (
        "'{name}' isn't in SQuAD's format: JSON with data, paragraphs, and in each of "
        "these a context and qas with question, id and answers (text, answer_start)."
    )
    C968 = (
        "Can't read pairs of texts without a path. Give PubMedQA's .json, or a table "
        "with two texts and a label in each row, in the config or on the command line."
    )
    C969 = (
        "Can't read pairs of texts from '{name}'. It needs JSON with QUESTION, CONTEXTS "
        "and final_decision by id, or rows with two texts and a label, in the columns of "
        "text_column, statement_column and label_column."
    )
    C970 = (
        "Component '{name}' needs an encoder of a checkpoint "
        "(spacy-clinical.HFEncoder.v1): it reads two texts together, but other encoders "
        "only read Docs."
    )
    C971 = (
        "Component '{name}' can't use the head of checkpoint '{checkpoint}' ({n} labels, "
        "problem type: {problem}): it expects one that chooses one of several labels. "
        "Train a new head (spacy train)."
    )
    C972 = (
        "The pipeline has no component clinical_qa (it has: {components}). Add one, or "
        "give a checkpoint for question answering: --checkpoint."
    )
    C973 = (
        "No section of these notes can be called '{label}'. Give one of the labels that "
        "the pipeline's section splitter has: {known}"
    )
    C974 = (
        "Questions and hypotheses are texts, or texts by their names, but number {number} "
        "of component '{name}' is of type {type}."
    )
    C975 = (
        "Question or hypothesis {number} of component '{name}' can't be saved in a "
        "config. Its name may not be empty, nor have spaces at its ends, line breaks, : "
        "or =, nor begin with # ; or [, and neither may have ${{ or several $."
    )
    C976 = (
        'doc._.{name} takes texts by their names, such as {{"smoking": "Does the '
        'patient smoke?"}}, not a value of type {type}.'
    )
