"""Errors of checkpoints, models, sections, tokenizer and corpora: C0xx, C1xx, C2xx."""

from spacy_clinical.errors.messages import Catalog


class ModelErrors(metaclass=Catalog):
    """Errors of models and of what they learn from."""

    C001 = (
        "Can't cut a note into windows of {size} wordpieces that start every "
        "{stride}: the stride must be between 1 and the window size, or some "
        "wordpieces would fall between two windows."
    )
    C002 = (
        "Unknown checkpoint '{name}'. Cards: {available}. Or give a hub id "
        "(owner/name) or the path of a local folder."
    )
    C003 = (
        "Can't read checkpoint '{name}': {fault}. Needed are config.json, the "
        "tokenizer's files and model.safetensors or pytorch_model.bin (plain weights, "
        "no pickled code), whole and of the same model. Get that file again."
    )
    C004 = (
        "Checkpoint '{name}' lacks {n} weights of its own architecture, such as "
        "'{example}': they would be random. Is it the folder of another model?"
    )
    C005 = (
        "The tokenizer of checkpoint '{name}' knows {n_ids} pieces, but its "
        "embedding table has {n_rows} rows. Use the tokenizer files that belong "
        "to the weights, whole."
    )
    C006 = (
        "The tokenizer '{kind}' gives no character offsets. Use a checkpoint with "
        "a fast tokenizer, or convert it: AutoTokenizer.from_pretrained(…, "
        "use_fast=True).save_pretrained(…)."
    )
    C007 = (
        "The head of checkpoint '{name}' ({kind}) isn't one linear layer named "
        "'classifier'. Use the checkpoint as an encoder and train a new head."
    )
    C008 = (
        "'{path}' doesn't hold an encoder that a saved pipeline has written "
        "(origin.json is missing). Load the pipeline's own folder."
    )
    C009 = (
        "Can't get checkpoint '{name}' (revision {revision}) from the hub: {kind}. "
        "Without a network, give the path of a folder that has its files, or set "
        "SPACY_CLINICAL_CHECKPOINTS to one where spacy-clinical checkpoints bundle was "
        "unpacked."
    )
    C010 = (
        "Can't read the {n} labels of a token head: they need an 'O' and at least "
        "one entity type (BIO, BILOU, BIOES or bare types)."
    )
    C011 = (
        "Component '{name}' has no labels: checkpoint '{checkpoint}' was published "
        "without a token head. Train one (spacy train), or use a checkpoint for "
        "token classification."
    )
    C012 = (
        "Component '{name}' can't learn the label '{label}': its head has none such. "
        "Initialize it with the labels of all the data."
    )
    C013 = (
        "Windows of {size} wordpieces are too long for checkpoint '{name}', which "
        "takes {max_pieces} besides its special tokens."
    )
    C014 = (
        "Component '{name}' has unknown labels in its setting 'labels': {unknown}. "
        "Its model predicts: {known}."
    )
    C015 = (
        "Not enough memory for one window of {n_pieces} wordpieces. Give the encoder "
        "a smaller 'size', or compute on a device with more memory."
    )
    C016 = (
        "What component '{name}' made of this Doc has been read by all its listeners "
        "and was let go. Run the whole pipeline on the text, or set "
        "keep_activations = true."
    )
    C017 = (
        "Checkpoint '{name}' can't encode notes: its config.json describes a model of "
        "type '{kind}', not an encoder of texts. Use a BERT-like checkpoint."
    )
    C018 = (
        "The tokenizer of checkpoint '{name}' can't cut texts into pieces that the "
        "model knows: {fault}. Use the tokenizer files that belong to the weights."
    )
    C019 = (
        "Checkpoint '{name}' is of the type '{kind}', which also reads pictures of pages "
        "and isn't supported; Microsoft's weights of that type are CC BY-NC-SA 4.0, not "
        "for commercial use. Use LayoutLM (v1) or LiLT."
    )
    C020 = (
        "Can't get checkpoint '{name}' from the hub ({kind}). Is there a network, and does "
        "the hub let you in? Else carry it here: spacy-clinical checkpoints bundle."
    )
    C021 = (
        "The checkpoint in '{path}' can't be trusted: {reason}. Copy it again from where "
        "it was fetched, or write a new manifest: spacy-clinical checkpoints convert."
    )
    C022 = (
        "Can't read checkpoint '{name}': {fault}. Only the files of a checkpoint are read, "
        "under their own names and inside its folder, and nothing else is written."
    )
    C023 = (
        "Checkpoint '{name}' needs program code of its own ({file}: {key}). Such code is "
        "never run. Use a checkpoint of a type that transformers knows."
    )
    C024 = (
        "Checkpoint '{name}' isn't read: {file} has {size} bytes, and no more than {limit} "
        "are read of such a file. Is it another file, or damaged?"
    )
    C025 = (
        "The tokenizer of checkpoint '{name}' failed on a text ({n_texts} texts of "
        "together {n_chars} characters; {kind}). If it fails on others too, use the "
        "tokenizer files that belong to the weights."
    )
    C026 = (
        "Component '{name}' can't restore what was saved ({reason}). Save the pipeline "
        "again, or get it again from where it came from."
    )
    C027 = (
        "Two checkpoints would have the name '{name}' in the bundle. Pack them one by one, "
        "or rename a folder."
    )
    C028 = (
        "Component '{name}' can't get its checkpoint '{checkpoint}' from the hub: {kind}. "
        "On a machine with a network: spacy-clinical checkpoints fetch {given} -o "
        "checkpoints (and, to carry it: checkpoints bundle). Without a network, in one of "
        "two ways: give the path of its folder as 'checkpoint' in "
        "[components.{name}.{setting}], or unpack the bundle in a folder that "
        "SPACY_CLINICAL_CHECKPOINTS names."
    )
    C029 = (
        "There is no folder of checkpoint '{name}' on this machine: it was never fetched, "
        "or not into a folder of its own. Get it with: spacy-clinical checkpoints fetch "
        "{name} -o FOLDER. Then name its folder, or set SPACY_CLINICAL_CHECKPOINTS=FOLDER."
    )
    C030 = "The component gave no Doc back: its error handler kept an error to itself."
    C031 = "'{setting}' has no effect on checkpoint '{name}': {reason}."
    C101 = (
        "Can't use '{label}' as a section label: labels are in snake_case (letters, "
        "digits and underscores, a letter first)."
    )
    C102 = (
        "Title number {number} of the section label '{label}' has no letter or digit. "
        "Give the words of a title, such as 'past medical history'."
    )
    C103 = (
        "Component '{name}' has unknown categories in its setting 'categories': "
        "{unknown}. Known: {known}. Add new ones with the setting 'titles'."
    )
    C104 = (
        "Can't use {value} as setting '{setting}' of component '{name}': it must be "
        "between {low} and {high}."
    )
    C105 = (
        "Component '{name}' can't read rules of format {format}: this version of "
        "spacy_clinical reads format {known}. Save the pipeline again, or upgrade."
    )
    C201 = (
        "Can't use the placeholder pattern {pattern!r} in the tokenizer: {reason}. "
        "Give regular expressions of Python's that match at least one character "
        "that isn't a space."
    )
    C202 = (
        "Can't use scispaCy's {what}: scispaCy isn't installed. Install it with "
        "pip install 'spacy-clinical[scispacy]', or leave this setting at its default."
    )
    C203 = (
        "Can't limit sentences to {max_tokens} tokens: give a positive number as "
        "max_tokens, or 0 for no limit."
    )
    C204 = (
        "Can't read a BRAT corpus without a path. Give the folder of .txt and .ann "
        "files in the config, or on the command line: --paths.train corpus/train"
    )
    C205 = (
        "No file to read at '{path}'. A BRAT corpus is a folder of .txt files, each "
        "with an .ann file of the same name beside it (empty if nothing is annotated)."
    )
    C206 = (
        "Can't read line {line} of '{name}': it isn't BRAT standoff. Columns are "
        "separated by tabs: T1, label with offsets, text."
    )
    C207 = (
        "The span in line {line} of '{name}' lies outside the text, or the text has "
        "other words there. Offsets count characters: check that the .txt file still "
        "has the line ends and the encoding it was annotated with."
    )
    C208 = "'{path}' isn't UTF-8 (byte {offset}). Convert it: offsets count its characters."
    C209 = (
        "Can't read a table of labelled texts without a path. Give a .csv, .tsv or "
        ".jsonl file in the config, or on the command line: --paths.train train.csv"
    )
    C210 = (
        "'{source}' has no label in its column '{column}'. Name the column with "
        "label_column (--label-column)."
    )
    C211 = (
        "Can't read annotated texts from '{source}' ({reason}). Formats are BRAT folders "
        "(.txt with .ann), CoNLL (a token and its tags in a line) and .jsonl (text, and "
        "entities as start, end and label)."
    )
    C212 = (
        "An entity of '{source}' lies outside of its text: characters {start} to {end}. "
        "Count characters, not bytes, from the start of the text."
    )
