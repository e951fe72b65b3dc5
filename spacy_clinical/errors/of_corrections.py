"""Errors of files of corrections, C76x, C937 and C938, and of new configs, C77x."""

from spacy_clinical.errors.messages import Catalog


class CorrectionErrors(metaclass=Catalog):
    """Errors of files that annotation tools write, of what compares them, and of configs
    that are written for a start."""

    C760 = (
        "{source} can't be read as {kind}: {reason}. Export it from the tool again, in "
        "the format that docs/corrections.md names."
    )
    C761 = (
        "{source} has a place, characters {start} to {end}, that is outside its text. "
        "Offsets must count characters (code points), not bytes, from its start."
    )
    C762 = (
        "The words that {source} quotes at characters {start} to {end} aren't those of its "
        "text there: the text was changed after it was annotated."
    )
    C763 = (
        "The text of {source} differs from that of the note '{id}' (first at character "
        "{at}), so its places may be wrong. Correct a copy that was exported again."
    )
    C764 = (
        "There is no note '{id}' in '{path}' that {source} could belong to. Give the "
        "records that were exported."
    )
    C765 = (
        "'{path}' has no format of annotations that is known: {known}. Give --format if "
        "it is one of them."
    )
    C766 = (
        "UIMA CAS needs dkpro-cassis, which isn't installed: pip install "
        "'spacy-clinical[inception]'."
    )
    C767 = "There are no annotated notes in '{path}'."
    C768 = (
        "'{first}' and '{second}' have no note in common. Notes are the same if their ids "
        "are, or else their texts."
    )
    C770 = (
        "'{path}' exists. Give another name, or --force to overwrite it; changes that were "
        "made to it are lost."
    )
    C771 = "There is no component '{name}' for {what}. Known: {known}."
    C772 = (
        "The checkpoint '{value}' can't be used. Give COMPONENT=CHECKPOINT, where COMPONENT "
        "is in the pipeline and one of {known}; CHECKPOINT is a card, a hub id or a folder."
    )
    C773 = (
        "The checkpoint '{name}' isn't on this machine, so it can't be loaded offline. Fetch "
        "it with spacy-clinical checkpoints, or give a folder."
    )


class ImportErrors(metaclass=Catalog):
    """Errors of corrections that would count twice, or of no text."""

    C937 = (
        "{source} has the note '{id}' again, and isn't imported: a note that is there twice "
        "would count twice. Leave out one of them, or compare both with spacy-clinical "
        "agreement."
    )
    C938 = "{source} has no .txt beside it, so there is no text that it could be about."
