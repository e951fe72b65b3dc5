"""Errors of notes, records, commands, codes and forms: C3xx, C4xx, C5xx."""

from spacy_clinical.errors.messages import Catalog


class FileErrors(metaclass=Catalog):
    """Errors of what is read and written."""

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
        "Can't read '{source}': it is broken in an unexpected way ({kind}). The "
        "other files are read."
    )
    C351 = (
        "Can't read row {row} of '{source}': it is broken in an unexpected way "
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
        "Can't tell what kind of form '{name}' is. Give a PDF, a scan (PNG, JPEG, TIFF), hOCR, "
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
    C850 = (
        "Unknown category in the cues '{key}'{where}. There are: {known}. A key is a "
        "category, a direction and perhaps a reach: 'negated before'."
    )
    C851 = (
        "Unknown direction or reach in the cues '{key}'{where}. Directions: {known}. "
        "Reaches: none, phrase, result."
    )
    C852 = (
        "Cue {number} of '{key}'{where} can't be looked for: it has no word, or names a "
        "list of words that there isn't."
    )
    C853 = "Can't read the cues in '{name}': line {line} isn't as in an INI file."
    C854 = "Component '{name}' knows no {setting} '{unknown}'. There are: {known}."
    C860 = (
        "No attribute of assertion is called '{name}', which '{key}' of a BRAT file is to "
        "set. There are: {known}."
    )
