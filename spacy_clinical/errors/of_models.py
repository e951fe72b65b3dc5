"""Errors of checkpoints, models, sections, tokenizer and corpora: C0xx, C1xx, C2xx."""

from spacy_clinical.errors.messages import Catalog


class ModelErrors(metaclass=Catalog):
    """Errors of models and their training data."""

    C001 = (
        "Can't cut a note into windows of {size} wordpieces that start every {stride}: "
        "the stride must be between 1 and the window size, or some wordpieces would "
        "fall between two windows."
    )
    C002 = (
        "Unknown checkpoint '{name}'. Available cards: {available}. You can also give "
        "a hub id (owner/name) or the path of a local folder."
    )
    C003 = (
        "Can't read checkpoint '{name}': {fault}. A checkpoint needs config.json, the "
        "tokenizer files, and model.safetensors or pytorch_model.bin (plain weights, "
        "no pickled code), complete and from the same model. Download the file again."
    )
    C004 = (
        "Checkpoint '{name}' is missing {n} weights of its architecture, such as "
        "'{example}', which would be random. Check that the files belong to this model."
    )
    C005 = (
        "The tokenizer of checkpoint '{name}' knows {n_ids} pieces, but its embedding "
        "table has {n_rows} rows. Use the complete tokenizer files that belong to the "
        "weights."
    )
    C006 = (
        "The tokenizer '{kind}' gives no character offsets. Use a checkpoint with a "
        "fast tokenizer, or convert it: AutoTokenizer.from_pretrained(…, "
        "use_fast=True).save_pretrained(…)."
    )
    C007 = (
        "The head of checkpoint '{name}' ({kind}) isn't one linear layer named "
        "'classifier'. Use the checkpoint as an encoder and train a new head."
    )
    C008 = (
        "'{path}' isn't the encoder of a saved pipeline (origin.json is missing). Load "
        "the folder of the pipeline."
    )
    C009 = (
        "Can't download checkpoint '{name}' (revision {revision}) from the hub: "
        "{kind}. Without a network, give the path of its folder, or set "
        "SPACY_CLINICAL_CHECKPOINTS to the folder of an unpacked bundle."
    )
    C010 = (
        "Can't use the {n} labels of a token head: there must be an 'O' and at least "
        "one entity type (BIO, BILOU, BIOES or bare types)."
    )
    C011 = (
        "Component '{name}' has no labels: checkpoint '{checkpoint}' was published "
        "without a token head. Train one (spacy train), or use a checkpoint for token "
        "classification."
    )
    C012 = (
        "Component '{name}' can't learn the label '{label}', which its head doesn't "
        "have. Initialize it with the labels of all the data."
    )
    C013 = (
        "Windows of {size} wordpieces are too long for checkpoint '{name}', whose "
        "maximum is {max_pieces} without special tokens. Set a smaller 'size'."
    )
    C014 = (
        "Component '{name}' has unknown labels in its setting 'labels': {unknown}. Its "
        "model predicts: {known}."
    )
    C015 = (
        "Not enough memory for one window of {n_pieces} wordpieces. Set a smaller "
        "'size' for the encoder, or use a device with more memory."
    )
    C016 = (
        "The activations of component '{name}' for this Doc were freed after all its "
        "listeners had read them. Run the whole pipeline on the text again, or set "
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
        "Checkpoint '{name}' has the type '{kind}', which also reads images of pages "
        "and isn't supported. Microsoft's weights of this type are CC BY-NC-SA 4.0 and "
        "not for commercial use. Use LayoutLM (v1) or LiLT."
    )
    C020 = (
        "Can't download checkpoint '{name}' from the hub ({kind}). Check the network and "
        "your access, or copy it from another machine: checkpoints bundle."
    )
    C021 = (
        "The checkpoint in '{path}' failed verification: {reason}. Copy it again, or "
        "write a new manifest: spacy-clinical checkpoints convert."
    )
    C022 = (
        "Can't read checkpoint '{name}': {fault}. Only regular files inside its folder "
        "with the usual names are read and written."
    )
    C023 = (
        "Checkpoint '{name}' needs its own program code ({file}: {key}), which is "
        "never run. Use a checkpoint of a type that transformers knows."
    )
    C024 = (
        "Can't read checkpoint '{name}': {file} has {size} bytes, but the limit for "
        "this file is {limit}. Check that it is the right file and not damaged."
    )
    C025 = (
        "The tokenizer of checkpoint '{name}' failed on one of {n_texts} texts with "
        "{n_chars} characters in total ({kind}). If it fails on other texts too, use "
        "the tokenizer files that belong to the weights."
    )
    C026 = (
        "Component '{name}' can't restore its saved data ({reason}). Save the pipeline "
        "again, or get a new copy of it."
    )
    C027 = (
        "Two checkpoints would have the name '{name}' in the bundle. Pack them "
        "separately, or rename a folder."
    )
    C028 = (
        "Component '{name}' can't download its checkpoint '{checkpoint}' from the hub: "
        "{kind}. On a machine with a network, run: spacy-clinical checkpoints fetch "
        "{given} -o checkpoints (and checkpoints bundle, to copy it to another "
        "machine). Then give the path of its folder as 'checkpoint' in "
        "[components.{name}.{setting}], or set SPACY_CLINICAL_CHECKPOINTS to the "
        "folder with the unpacked bundle."
    )
    C029 = (
        "There is no folder of checkpoint '{name}' on this machine. Download it with: "
        "spacy-clinical checkpoints fetch {name} -o FOLDER. Then give the path of its "
        "folder, or set SPACY_CLINICAL_CHECKPOINTS=FOLDER."
    )
    C030 = "The component returned no Doc, because its error handler ignored an error."
    C031 = "'{setting}' has no effect on checkpoint '{name}': {reason}."
    C032 = (
        "Checkpoint '{name}' is an ONNX export, which has no weights for PyTorch. Use "
        "{original}."
    )
    C101 = (
        "Can't use '{label}' as a section label: labels must be in snake_case "
        "(letters, digits and underscores, starting with a letter)."
    )
    C102 = (
        "Title number {number} of the section label '{label}' has no letter or digit. "
        "Give the words of a title, such as 'past medical history'."
    )
    C103 = (
        "Component '{name}' has unknown categories in its setting 'categories': "
        "{unknown}. Known categories: {known}. Add new ones with the setting 'titles'."
    )
    C104 = (
        "Can't use {value} as setting '{setting}' of component '{name}': it must be "
        "between {low} and {high}."
    )
    C105 = (
        "Component '{name}' can't read rules in format {format}: this version of "
        "spacy_clinical reads format {known}. Upgrade it, or save the pipeline again."
    )
    C201 = (
        "Can't use the placeholder pattern {pattern!r} in the tokenizer: {reason}. "
        "Give Python regular expressions that match at least one character that isn't "
        "white space."
    )
    C202 = (
        "Can't use scispaCy's {what}: scispaCy isn't installed. Install it with pip "
        "install 'spacy-clinical[scispacy]', or leave this setting at its default."
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
        "No BRAT file to read at '{path}'. A BRAT corpus is a folder of .txt files, "
        "each with an .ann file of the same name (empty if nothing is annotated)."
    )
    C206 = (
        "Can't read line {line} of '{name}': it isn't BRAT standoff. Its columns must "
        "be separated by tabs: T1, label with offsets, text."
    )
    C207 = (
        "The span in line {line} of '{name}' is outside the text, or the text differs "
        "there. Offsets count characters: check that the .txt file still has the line "
        "ends and the encoding that it was annotated with."
    )
    C208 = "'{path}' isn't UTF-8 (byte {offset}). Convert it: offsets count characters."
    C209 = (
        "Can't read a table of labelled texts without a path. Give a .csv, .tsv or "
        ".jsonl file in the config, or on the command line: --paths.train train.csv"
    )
    C210 = (
        "'{source}' has no label in its column '{column}'. Name the column with "
        "label_column (--label-column)."
    )
    C211 = (
        "Can't read annotated texts from '{source}' ({reason}). Give a BRAT folder "
        "(.txt with .ann), PubTator, CoNLL (a token and its tags on each line) or .jsonl (text, "
        "and entities as start, end and label)."
    )
    C212 = (
        "An entity of '{source}' is outside its text: characters {start} to {end}. "
        "Offsets must count characters, not bytes, from the start of the text."
    )
    C213 = "Can't mix no corpora: give at least one reader under 'corpora', by a name."
