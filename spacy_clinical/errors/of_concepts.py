"""Errors of vocabularies: their sources, the folders they are built in, look-ups."""

from spacy_clinical.errors.messages import Catalog


class ConceptErrors(metaclass=Catalog):
    C900 = (
        "The format of the source '{name}' is unknown. Known formats: {kinds}. Give the "
        "main file or the folder of a release, unpacked; a table needs a header with "
        "the columns id and name."
    )
    C901 = (
        "Can't read '{name}' as {kind}: line {line} has {n_columns} columns instead of "
        "{n_expected}. Get the file again, or check the program that wrote it."
    )
    C902 = (
        "Can't read '{name}' as {kind}: it has no column '{column}'. Get the file of a "
        "whole release."
    )
    C903 = "Can't read '{name}', line {line}: {reason}. Correct the line, or get the file again."
    C904 = "Can't read '{name}' as {kind}: {reason}. Get the file again."
    C905 = (
        "No concept of '{name}' is left. With its {n_entries} entries, these filters "
        "were applied: {filters}. Languages found: {languages}. Sources found: "
        "{sources}."
    )
    C906 = (
        "'{path}' is no vocabulary: {reason}. Build it again with spacy-clinical "
        "vocabulary build."
    )
    C907 = (
        "The vocabulary in '{path}' is damaged: {reason}. Copy it or build it again; "
        "spacy-clinical vocabulary verify checks all of it."
    )
    C908 = (
        "The vocabulary in '{path}' has the format {found}, but this version of "
        "spacy-clinical reads the format {known}. Build it again from its sources."
    )
    C909 = (
        "Unknown vocabulary '{name}'. Available: {available}. Give the folder of a "
        "vocabulary, or put it into a folder in {variable}."
    )
    C910 = (
        "Can't unpack the vocabulary '{name}' into '{path}': {reason}. Name a folder "
        "that can be written in {variable}."
    )
    C911 = (
        "A vocabulary can't have more than {limit} concepts or names. Filter the "
        "sources, or build several vocabularies."
    )
    C920 = (
        "Component '{name}' can't look for abbreviations of type '{unknown}': no reading "
        "has it. There are: {known}."
    )
    C921 = "Can't use an abbreviation of one's own: it {reason}."
    C922 = (
        "Component '{name}' has nothing to do: set use_definitions = true, "
        "use_inventory = true, or both."
    )
    C923 = (
        "Can't build the index of the vocabulary '{name}' in '{path}': {reason}. Name a "
        "folder that can be written in {variable}."
    )
    C924 = (
        "Component '{name}' was saved with the vocabulary '{vocabulary}' of version "
        "{saved}, but here it has version {found}. Name the folder of the other version "
        "in the setting vocabularies, or make the pipeline anew with this one."
    )
    C925 = "Component '{name}' can't use {setting} = {value}. It has to be {expected}."
    C926 = (
        "Can't read '{name}' of a checkpoint: {reason}. Get the file again, or set "
        "sparse_weight in the model of the component."
    )
    C927 = (
        "Can't read pairs of names from a vocabulary: {reason}. Give the name or folder of "
        "one in the config, or on the command line: --paths.vocabulary mondo"
    )
    C928 = (
        "Can't read '{name}' as {kind}: its entry {number} has no id. Correct it, or get "
        "the file again."
    )
    C930 = (
        "Can't use '{link}' as a link of concepts: {reason}. Give SYSTEM=URL with "
        "{{code}} where the code goes, such as MESH=https://example.org/{{code}}, or one "
        "of these systems: {known}."
    )
