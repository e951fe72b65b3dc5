"""Every error and warning that the package raises, by code.

No text here has a place for a note's content: say which note (index, name,
length, offset), never what it says.

C0xx checkpoints, pieces, windows, encoders, entities · C1xx sections ·
C2xx tokenizer, sentences, corpora · C3xx command line, export · C4xx codes of notes ·
C5xx forms.
"""

import re
import warnings
from typing import Any

from spacy.errors import ErrorsWithCodes

# What spaCy's errors and warnings begin with, which have no attribute for it.
_CODE = re.compile(r"\[([CEW]\d{3,4})\]")


class CodedMessage(str):
    """A message of the catalog. It keeps its code when its places are filled in.

    code: Such as "C101".
    """

    code: str

    def __new__(cls, text: str, code: str = "") -> "CodedMessage":
        """Make a message. Copies and pickles get their code afterwards."""
        message = super().__new__(cls, text)
        message.code = code
        return message

    def format(self, *args: Any, **values: Any) -> "CodedMessage":
        """Fill in the places."""
        return CodedMessage(super().format(*args, **values), self.code)


class _Catalog(ErrorsWithCodes):
    def __getattribute__(cls, code: str) -> Any:
        text = super().__getattribute__(code)
        return text if code.startswith("__") else CodedMessage(text, code)


class Errors(metaclass=_Catalog):
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
    C301 = (
        "No file or folder '{path}'. Give .txt, .html, .xml, .hl7, .rtf or .docx files, "
        ".jsonl, .ndjson, .csv, .tsv or .parquet tables, folders of them, or - for one "
        "note on standard input."
    )
    C302 = "Can't read '{source}': {reason}."
    C303 = (
        "'{source}' isn't plain text: it looks like {kind}. Convert it to UTF-8 text "
        "first; PDFs and scans are read by spacy-clinical forms."
    )
    C304 = (
        "'{source}' is neither UTF-8, nor UTF-16 with a byte-order mark, nor "
        "Windows-1252 (byte {offset} has no meaning there). Convert it to UTF-8."
    )
    C305 = (
        "Row {row} of '{source}' isn't a JSON object on one line (character "
        "{column}). The other rows are read."
    )
    C306 = (
        "Row {row} of '{source}' has no text in its column '{column}': {found} "
        "found. The other rows are read."
    )
    C307 = (
        "'{source}' has no column '{column}' among the {n_columns} of its first row. "
        "Name the right one with {option}."
    )
    C308 = (
        "Can't read '{source}' beyond line {line}: its quotation marks or separators "
        "don't fit a {kind} file. The rows before are read."
    )
    C309 = (
        "Row {row} of '{source}' holds what is no Unicode text, such as half a "
        "surrogate pair. The other rows are read."
    )
    C310 = "Can't write to the output folder '{path}': {reason}."
    C311 = (
        "Unknown pipeline '{name}'. In this package: {available}. Or give the folder "
        "of a saved spaCy pipeline or the name of an installed one."
    )
    C312 = (
        "Component '{name}' failed on this note ({n_chars} characters) with {error}. "
        "The other notes are not affected."
    )
    C313 = (
        "No notes in the folder '{source}': no file in it ends in {suffixes}. Name "
        "a file of another kind itself to read it as text."
    )
    C314 = "Can't load the pipeline '{name}': {error}."
    C315 = "'{source}' isn't a regular file, so it isn't read."
    C316 = (
        "Row {row} of '{source}' has {n_columns} columns, the first row has "
        "{n_expected}: is a separator in it unquoted? The other rows are read."
    )
    C317 = (
        "Parquet needs pyarrow, which isn't installed: pip install "
        "'spacy-clinical[parquet]'."
    )
    C318 = (
        "{source} isn't the record of a note. Give the notes.jsonl that spacy-clinical "
        "annotate writes."
    )
    C319 = (
        "'{path}' has part of another run: {what} differ. Name another folder, go on all "
        "the same with --force, or throw that run away with --restart."
    )
    C320 = (
        "There are no records of notes in '{path}'. Name a notes.jsonl, or a folder "
        "that spacy-clinical annotate has written to."
    )
    C321 = (
        "Can't write the page to '{path}': it is made from that file. Name another one "
        "with --output."
    )
    C322 = (
        "There are more than {most} notes, which is too much for one page. Take some of "
        "them with --limit, or view a part of the shards."
    )
    C324 = (
        "Data frames of {library} need {library}, which isn't installed: pip install "
        "{library}. Known libraries: pandas, polars."
    )
    C325 = (
        "The record from '{source}' has no text, which the format {kind} needs. Annotate "
        "without --no-text, or export to another format."
    )
    C326 = (
        "'{path}' isn't an empty folder, so nothing is written to it. Name a new folder, "
        "or empty this one."
    )
    C327 = (
        "'{path}' isn't a Parquet file of records ({reason}). Give one that "
        "spacy-clinical export has written."
    )
    C328 = "Can't use the date '{date}' with the format {kind}: write it as {pattern}."
    C330 = (
        "Spark needs {name}, which isn't installed: pip install 'spacy-clinical[spark]', "
        "on the driver and on all workers."
    )
    C331 = (
        "The data frame has no column '{column}' among its {n_columns}. Name the columns "
        "with text_col, id_col and keep_cols as they are spelled there."
    )
    C332 = "Can't use the column '{column}' as {use}: {reason}."
    C333 = (
        "No pipeline '{name}' on this machine ({reason}). Give the name of a shipped or "
        "installed one, a folder that all machines see, or the name behind # of an "
        "archive: spark-submit --archives pipeline.tar.gz#pipeline"
    )
    C334 = (
        "The row has no {what} in its column '{column}': {found}. The other rows are "
        "annotated."
    )
    C335 = (
        "The process that worked on this note ({n_chars} characters) died, twice: its "
        "memory may not have sufficed. The note can be done again with one process."
    )
    C336 = "'{source}' isn't a whole Parquet file ({kind}), so it isn't read on."
    C337 = (
        "'{path}' has part of a run in shards of {size} notes. Give the same --shard-size, "
        "name another folder, or throw that run away with --restart."
    )
    C338 = (
        "The notes of shard {shard} in '{path}' aren't those that it was made from: files "
        "were changed, added, removed, or cut off by --limit. Do such shards again, and "
        "remove those of no notes, with --force; or do all again with --restart."
    )
    C339 = "Another run is writing to '{path}'. Wait for it, or name another folder."
    C340 = (
        "'{path}' has a run in shards. Go on with it by --shard-size, name another folder, "
        "or throw that run away with --restart."
    )
    C341 = (
        "Can't tell what made the shards in '{path}': its run.json is {fault}. Name "
        "another folder, go on all the same with --force, or throw them away with "
        "--restart."
    )
    C342 = (
        "'{path}' is named to be read, and would be written: the output folder is where "
        "it is. Name another folder."
    )
    C350 = (
        "Can't read '{source}': it is broken in a way that nobody foresaw ({kind}). The "
        "other files are read."
    )
    C351 = (
        "Can't read row {row} of '{source}': it is broken in a way that nobody foresaw "
        "({kind}). The other rows are read."
    )
    C352 = (
        "Row {row} of '{source}' has values inside of values, more than {limit} levels "
        "deep. The other rows are read."
    )
    C353 = (
        "Rows {first} to {last} of '{source}' can't be read: the part of the file that "
        "holds them is broken ({kind}). The other rows are read."
    )
    C354 = (
        "'{source}' is {form}, which isn't converted to text. {advice}. The other notes "
        "are read."
    )
    C355 = (
        "Can't convert '{source}' from {form} to text: {reason}. The other notes are "
        "read."
    )
    C356 = (
        "'{source}' holds {n_notes} messages or reports of HL7: a note is one of them. "
        "Split it first. The other notes are read."
    )
    C357 = (
        "'{source}' is {form}, and notes that aren't plain text are to be refused. "
        "Convert it first, or let it be converted: --markup convert. The other notes "
        "are read."
    )
    C358 = (
        "'{source}' has several columns '{column}': which of them holds the notes or their "
        "ids can't be told. Give each a name of its own."
    )
    C360 = (
        "Can't import the code in '{path}': {reason}. Give a Python file (.py) that "
        "python runs without an error."
    )
    C361 = (
        "'{name}' doesn't name an attribute. Name those of entities, notes and tokens as "
        "code does: span._.negex, doc._.language, token._.is_cue"
    )
    C362 = (
        "Nothing has added an attribute '{name}', or it is a method. Is the component that "
        "sets it in the pipeline, or its file named by --code?"
    )
    C363 = (
        "Can't put the attribute '{name}' into the record of this note: {reason}. Values "
        "are texts, numbers, truth values, None, and lists and dictionaries of them."
    )
    C364 = "Unknown {what} '{name}'. There are: {known}."
    C401 = (
        "Can't use {value} as setting '{setting}' of component '{name}': it must be "
        "between 0 and 1."
    )
    C402 = (
        "Component '{name}' has no labels: checkpoint '{checkpoint}' was published "
        "without a head for documents that can be read (transformers' "
        "ForSequenceClassification of BERT, DistilBERT, RoBERTa, Longformer, BigBird "
        "or ELECTRA). Train one (spacy train), or use another checkpoint."
    )
    C403 = (
        "Component '{name}' can't use the head of checkpoint '{checkpoint}': its "
        "config.json says '{problem}', but codes need several labels for a note "
        "('multi_label_classification'). Train a new head (spacy train)."
    )
    C404 = (
        "Component '{name}' can't find ICD-9-CM codes among the {n} labels of "
        "'{source}' (such as 401, 401.9, V58 or E849). Use a checkpoint or data with "
        "such labels."
    )
    C405 = (
        "None of the labels of component '{name}' is of the kinds in its setting "
        "'kinds' ({kinds}). It has: {known}."
    )
    C406 = (
        "Component '{name}' can't use thresholds for {n} labels that it does not "
        "predict, such as '{label}'. Remove them, or add their kind to 'kinds'."
    )
    C407 = (
        "Can't read thresholds from '{path}': {reason}. Give a JSON object of codes and "
        'numbers between 0 and 1: {{"401": 0.35}}.'
    )
    C408 = (
        "Component '{name}' can't show evidence by gradients: its encoder is a "
        'listener, not a checkpoint of its own. Set evidence = "window".'
    )
    C409 = (
        "Component '{name}' does not predict the code '{code}', so it can't explain it."
    )
    C410 = (
        "Can't read a CodiEsp corpus without a path. Give its folder in the config, or "
        "on the command line: --paths.train codiesp/train"
    )
    C411 = (
        "No CodiEsp corpus at '{path}': it needs a table of codes (trainD.tsv or the "
        "like) and a folder of texts (text_files_en)."
    )
    C412 = (
        "Row {row} of '{name}' isn't CodiEsp's: it needs the name of a text and an "
        "ICD-10-CM code, separated by a tab."
    )
    C413 = "Pipeline '{name}' has no component of the kind '{factory}' to tune."
    C414 = "There are no labelled notes to tune thresholds on."
    C420 = (
        "'{path}' can't be read here as one corpus. It has: {found}. What can be read: "
        "{known}. Give a file, or a folder of one kind."
    )
    C501 = "Can't open '{name}': the PDF is encrypted. Give its password."
    C502 = "Can't open '{name}': the PDF is broken, cut off or empty. Get it again."
    C503 = (
        "Can't read '{name}' as an image or a page ({kind}). Give PDF, PNG, JPEG or TIFF "
        "files that other programs open."
    )
    C504 = (
        "'{name}' has more than {max_pixels} pixels, so it isn't unpacked. Scan it with "
        "fewer dots an inch, or raise max_pixels."
    )
    C505 = (
        "'{name}' has too many pages ({n_pages}; the limit is {max_pages}). Cut it, or "
        "raise max_pages."
    )
    C506 = (
        "Can't read scans: Tesseract isn't installed. Install it (Debian, Ubuntu: apt-get "
        "install tesseract-ocr; macOS: brew install tesseract), or read text layers only "
        'with ocr="never".'
    )
    C507 = (
        "Tesseract can't read '{name}': {reason}. Is its language installed "
        "(tesseract --list-langs)?"
    )
    C508 = (
        "Can't read '{name}' as {kind}: {reason}. Export it again from the program that "
        "made it."
    )
    C509 = (
        "Nobody knows how to read '{name}'. Give a PDF, a scan (PNG, JPEG, TIFF), hOCR, "
        "ALTO, Tesseract's TSV, or the JSON of AWS Textract or Azure Read."
    )
    C510 = (
        "The labels of '{name}' have no QUESTION and ANSWER among them: {known}. Say what "
        "they mean by the setting label_map, or use a checkpoint tuned on forms."
    )
    C511 = (
        "Can't read the annotated form '{name}' ({reason}). Give JSON in FUNSD's format: "
        '{{"form": [{{"id", "label", "box", "words": [{{"text", "box"}}], "linking"}}]}}.'
    )
    C512 = (
        "There are no annotated forms in '{path}'. Give a folder with annotations/*.json, "
        "or the .jsonl file that scripts/make_forms.py writes."
    )
    C513 = (
        "'{name}' is larger than {max_bytes} bytes, so it isn't read. Cut it into files of "
        "fewer pages."
    )
    C514 = (
        "'{name}' has more than {limit} {what}, so it isn't read further. Cut it into "
        "parts of usual size."
    )
    C515 = (
        "'{name}' isn't read: the time for its file, {timeout} seconds, is over. The pages "
        "before are kept; for more time, use --timeout or the argument timeout."
    )
    C516 = (
        "{n_words} words of '{name}' are left out: they have no place on it, or one that "
        "isn't a number on any page. The others are kept."
    )
    C517 = (
        "Can't read '{name}': it is an XFA form, whose fields only Adobe's programs show. "
        "Print it to a PDF there, or export it without XFA."
    )
    C518 = (
        "No forms in '{source}': no file in it ends in {suffixes}. Name a file of another "
        "kind itself to read it as a form; spacy-clinical annotate reads notes."
    )


# "[C502] Can't open ..."
_CODED = re.compile(r"\[(C\d{3,4})\]")


def is_own_message(text: str) -> bool:
    """Whether a text is one of the errors above, with its places filled in.

    Such quote no note: they can be shown and kept. A message that only begins with a
    code may say anything.
    """
    found = _CODED.match(text)
    template = getattr(Errors, found[1], None) if found else None
    if template is None:
        return False
    # Doubled braces stand for single ones.
    parts = re.split(r"(?<!\{)\{[^{}]+\}(?!\})", template)
    fixed = (re.escape(part.replace("{{", "{").replace("}}", "}")) for part in parts)
    return re.fullmatch(".*?".join(fixed), text, re.DOTALL) is not None


class Warnings(metaclass=_Catalog):
    W001 = (
        "The tokenizer files of checkpoint '{name}' lower-case every text, but its "
        "vocabulary is cased: read with the case kept. To choose, put "
        "'do_lower_case' in its tokenizer_config.json."
    )
    W002 = (
        "{n} labels of component '{name}' have malformed names; repaired, and their "
        "probabilities added to those of the types they stand for."
    )
    W003 = (
        "The hub has no commit {revision} of checkpoint '{name}', which its card names: "
        "what its branch 'main' is today is used instead. Its provenance names the commit."
    )
    W201 = (
        "{n} of {n_spans} spans in '{path}' start or end inside a token; extended to "
        "whole tokens."
    )
    W301 = (
        "'{source}' isn't UTF-8; read as Windows-1252. Check its accents and "
        "symbols, or convert it to UTF-8."
    )
    W302 = (
        "Left out {n_files} files in '{source}' that don't end in {suffixes}. Name "
        "such a file itself to read it as text."
    )
    W303 = (
        "{n_notes} notes have the id of an earlier note. Their records keep it; the "
        "field 'source' tells them apart."
    )
    W304 = (
        "Plots need matplotlib, which isn't installed: pip install 'spacy-clinical[plots]'. "
        "The tables are written."
    )
    W305 = (
        "Removed from '{path}' what earlier runs had written there and this one doesn't: "
        "{names}."
    )
    W306 = (
        "{n_shards} shards in '{path}' are done again: they aren't as they were when they "
        "were finished, or nothing can tell."
    )
    W307 = (
        "Left out {n_files} files in '{source}' that spacy-clinical has written: records, "
        "pages, exports or pipelines. Name such a file itself to read it."
    )
    W308 = (
        "'{path}' still has files of earlier runs that may hold text of notes, though this "
        "run writes none: {names}. Remove what nobody needs."
    )
    W309 = (
        "Left out {n_links} links to folders in '{source}', as links may lead in circles. "
        "Name such a folder itself to read it."
    )


class CodedWarning(UserWarning):
    """A warning of the catalog."""


class CodedError(Exception):
    """An error of the catalog. Its message quotes no note, so it can be shown and kept.

    Each is also of the built-in type that its class is named after.

    code: Such as "C101".
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = get_code(message)


class CodedValueError(CodedError, ValueError):
    """A ValueError of the catalog."""


class CodedOSError(CodedError, OSError):
    """An OSError of the catalog."""


class CodedFileNotFoundError(CodedError, FileNotFoundError):
    """A FileNotFoundError of the catalog."""


class CodedFileExistsError(CodedError, FileExistsError):
    """A FileExistsError of the catalog."""


class CodedBlockingIOError(CodedError, BlockingIOError):
    """A BlockingIOError of the catalog."""


class CodedImportError(CodedError, ImportError):
    """An ImportError of the catalog."""


class CodedMemoryError(CodedError, MemoryError):
    """A MemoryError of the catalog."""


class CodedRuntimeError(CodedError, RuntimeError):
    """A RuntimeError of the catalog."""


def get_code(message: str) -> str:
    """The code of a message of the catalog; "" for other texts."""
    return message.code if isinstance(message, CodedMessage) else ""


def get_own_message(error: BaseException) -> CodedMessage | None:
    """The message of the catalog that an error was made with; None for errors of others,
    whose messages may quote a note."""
    message = error.args[0] if error.args else None
    return message if isinstance(message, CodedMessage) else None


def find_code(error: BaseException | str) -> str:
    """The code of an error or a warning, also of spaCy's own; "" if it has none.

    spaCy's (E050, W095) have their code only in the text: nothing else reads a text for it.
    """
    own = get_own_message(error) if isinstance(error, BaseException) else error
    if isinstance(own, CodedMessage):
        return own.code
    found = _CODE.match(str(error))
    return found[1] if found and found[1][0] in "EW" else ""


def name_type(error: BaseException) -> str:
    """The name of an error's type: the built-in one, if it is one of the catalog."""
    types = type(error).__mro__
    if isinstance(error, CodedError):
        types = tuple(kind for kind in types if kind.__module__ == "builtins")
    return types[0].__name__


def warn(message: str) -> None:
    """Issue a warning of the catalog as a UserWarning of the caller's caller."""
    warnings.warn(message, CodedWarning, stacklevel=3)
