"""Errors of notes, records, commands, codes and forms: C3xx, C4xx, C5xx."""

from spacy_clinical.errors.messages import Catalog


class FileErrors(metaclass=Catalog):
    """Errors of reading and writing files."""

    C301 = (
        "No file or folder '{path}'. Give .txt, .html, .xml, .hl7, .rtf or .docx "
        "files, .jsonl, .ndjson, .csv, .tsv or .parquet tables, folders of these, or - "
        "for one note from standard input."
    )
    C302 = "Can't read '{source}': {reason}."
    C303 = (
        "'{source}' isn't plain text: it looks like {kind}. Convert it to UTF-8 text "
        "first. To read PDFs and scans, use spacy-clinical forms."
    )
    C304 = (
        "'{source}' is neither UTF-8, nor UTF-16 with a byte-order mark, nor "
        "Windows-1252 (byte {offset} is invalid). Convert it to UTF-8."
    )
    C305 = (
        "Row {row} of '{source}' isn't a JSON object on one line (character {column}). "
        "The other rows are read."
    )
    C306 = (
        "Row {row} of '{source}' has {found} instead of text in its column '{column}'. "
        "The other rows are read."
    )
    C307 = (
        "'{source}' has no column '{column}' among the {n_columns} of its first row. "
        "Give the name of the column with {option}."
    )
    C308 = (
        "Can't read '{source}' after line {line}: its quotation marks or separators "
        "aren't valid in a {kind} file. The rows before are read."
    )
    C309 = (
        "Row {row} of '{source}' has text that isn't valid Unicode, such as half a "
        "surrogate pair. The other rows are read."
    )
    C310 = "Can't write to the output folder '{path}': {reason}."
    C311 = (
        "Unknown pipeline '{name}'. Shipped with this package: {available}. You can "
        "also give the folder of a saved spaCy pipeline or the name of an installed "
        "one."
    )
    C312 = (
        "Component '{name}' failed on this note ({n_chars} characters) with {error}. "
        "The other notes are not affected."
    )
    C313 = (
        "No notes in the folder '{source}': no file in it ends in {suffixes}. To read "
        "a file with another suffix as text, give its path."
    )
    C314 = "Can't load the pipeline '{name}': {error}."
    C315 = "Can't read '{source}': it isn't a regular file."
    C316 = (
        "Row {row} of '{source}' has {n_columns} columns, but the first row has "
        "{n_expected}. Check for unquoted separators. The other rows are read."
    )
    C317 = (
        "Parquet needs pyarrow, which isn't installed: pip install "
        "'spacy-clinical[parquet]'."
    )
    C318 = (
        "{source} isn't the record of a note. Give a notes.jsonl that spacy-clinical "
        "annotate has written."
    )
    C319 = (
        "'{path}' has part of a run with other settings: {what} differ. Give another "
        "folder, resume that run with --force, or delete it with --restart."
    )
    C320 = (
        "There are no records of notes in '{path}'. Give a notes.jsonl, or an output "
        "folder of spacy-clinical annotate."
    )
    C321 = (
        "Can't write the page to '{path}', because that file is its input. Give "
        "another file with --output."
    )
    C322 = (
        "There are more than {most} notes, which is too many for one page. Take fewer "
        "with --limit, or view some of the shards."
    )
    C324 = (
        "Data frames of {library} need {library}, which isn't installed: pip install "
        "{library}. Known libraries: pandas, polars."
    )
    C325 = (
        "The record from '{source}' has no text, which the format {kind} needs. "
        "Annotate without --no-text, or export to another format."
    )
    C326 = (
        "Can't write to '{path}': it isn't an empty folder. Give a new folder, or "
        "empty this one."
    )
    C327 = (
        "'{path}' isn't a Parquet file of records ({reason}). Give a file that "
        "spacy-clinical export has written."
    )
    C328 = "Can't use the date '{date}' with the format {kind}. Write it as {pattern}."
    C330 = (
        "Spark needs {name}, which isn't installed: pip install "
        "'spacy-clinical[spark]', on the driver and on all workers."
    )
    C331 = (
        "The data frame has no column '{column}' among its {n_columns}. Give the "
        "columns' exact names in text_col, id_col and keep_cols."
    )
    C332 = "Can't use the column '{column}' as {use}: {reason}."
    C333 = (
        "No pipeline '{name}' on this machine ({reason}). Give the name of a shipped "
        "or installed one, a folder that all machines can read, or the name after # of "
        "an archive: spark-submit --archives pipeline.tar.gz#pipeline"
    )
    C334 = (
        "The row has no {what} in its column '{column}': {found}. The other rows are "
        "annotated."
    )
    C335 = (
        "The process that annotated this note ({n_chars} characters) died twice, "
        "perhaps because memory was not enough. Try the note again with one process."
    )
    C336 = "Can't read '{source}' further: it isn't a complete Parquet file ({kind})."
    C337 = (
        "'{path}' has part of a run in shards of {size} notes. Use the same "
        "--shard-size, give another folder, or delete that run with --restart."
    )
    C338 = (
        "The notes of shard {shard} in '{path}' have changed: files were changed, "
        "added, removed, or left out by --limit. Use --force to redo such shards and "
        "to remove those without notes, or --restart to redo all."
    )
    C339 = "Another run is writing to '{path}'. Wait for it, or give another folder."
    C340 = (
        "'{path}' has a run in shards. Resume it with --shard-size, give another "
        "folder, or delete that run with --restart."
    )
    C341 = (
        "The settings of the shards in '{path}' are unknown: its run.json is {fault}. "
        "Give another folder, resume the run with --force, or delete the shards with "
        "--restart."
    )
    C342 = (
        "'{path}' is an input, but would be overwritten by the output. Give another "
        "output folder."
    )
    C350 = (
        "Can't read '{source}': it failed with an unexpected error ({kind}). The other "
        "files are read."
    )
    C351 = (
        "Can't read row {row} of '{source}': it failed with an unexpected error "
        "({kind}). The other rows are read."
    )
    C352 = (
        "Row {row} of '{source}' has values that are nested more than {limit} levels "
        "deep. The other rows are read."
    )
    C353 = (
        "Can't read rows {first} to {last} of '{source}': that part of the file is "
        "broken ({kind}). The other rows are read."
    )
    C354 = (
        "'{source}' is {form}, which can't be converted to text. {advice}. The other "
        "notes are read."
    )
    C355 = (
        "Can't convert '{source}' from {form} to text: {reason}. The other notes are "
        "read."
    )
    C356 = (
        "'{source}' has {n_notes} HL7 messages or reports, but a note must be a single "
        "one. Split it first. The other notes are read."
    )
    C357 = (
        "'{source}' is {form}, and notes that aren't plain text are refused. Convert "
        "it first, or use --markup convert. The other notes are read."
    )
    C358 = (
        "'{source}' has several columns '{column}', so it is unclear which of them has "
        "the notes or their ids. Give each column its own name."
    )
    C360 = (
        "Can't import the code in '{path}': {reason}. Give a Python file (.py) that "
        "runs without errors."
    )
    C361 = (
        "'{name}' isn't the name of a custom attribute. Give attributes of entities, "
        "notes and tokens like in code: span._.negex, doc._.language, token._.is_cue"
    )
    C362 = (
        "There is no attribute '{name}', or it is a method. Check that the component "
        "that sets it is in the pipeline, or give its file with --code."
    )
    C363 = (
        "Can't put the attribute '{name}' into the record of this note: {reason}. "
        "Values must be strings, numbers, booleans, None, or lists and dicts of these."
    )
    C364 = "Unknown {what} '{name}'. There are: {known}."
    C401 = (
        "Can't use {value} as setting '{setting}' of component '{name}': it must be "
        "between 0 and 1."
    )
    C402 = (
        "Component '{name}' has no labels: checkpoint '{checkpoint}' was published "
        "without a head for documents that is supported (transformers' "
        "ForSequenceClassification of BERT, DistilBERT, RoBERTa, Longformer, BigBird "
        "or ELECTRA). Train one (spacy train), or use another checkpoint."
    )
    C403 = (
        "Component '{name}' can't use the head of checkpoint '{checkpoint}': its "
        "config.json has the problem type '{problem}', but several codes per note need "
        "'multi_label_classification'. Train a new head (spacy train)."
    )
    C404 = (
        "Component '{name}' can't find ICD-9-CM codes among the {n} labels of "
        "'{source}' (such as 401, 401.9, V58 or E849). Use a checkpoint or data with "
        "such labels."
    )
    C405 = (
        "None of the labels of component '{name}' has a kind in its setting 'kinds' "
        "({kinds}). Its labels have these kinds: {known}."
    )
    C406 = (
        "Component '{name}' can't use thresholds for {n} labels that it doesn't "
        "predict, such as '{label}'. Remove them, or add their kind to 'kinds'."
    )
    C407 = (
        "Can't read thresholds from '{path}': {reason}. Give a JSON object of codes "
        'and numbers between 0 and 1: {{"401": 0.35}}.'
    )
    C408 = (
        "Component '{name}' can't compute gradients: its encoder is a listener, not "
        'its own checkpoint. Set evidence = "window".'
    )
    C409 = (
        "Component '{name}' can't explain the code '{code}', which it doesn't predict."
    )
    C410 = (
        "Can't read a CodiEsp corpus without a path. Give its folder in the config, or "
        "on the command line: --paths.train codiesp/train"
    )
    C411 = (
        "No CodiEsp corpus at '{path}': it needs a table of codes (such as trainD.tsv) "
        "and a folder of texts (text_files_en)."
    )
    C412 = (
        "Row {row} of '{name}' isn't in CodiEsp's format: it needs the name of a text "
        "and an ICD-10-CM code, separated by a tab."
    )
    C413 = "Pipeline '{name}' has no component made by '{factory}' to tune."
    C414 = "There are no labelled notes to tune thresholds on."
    C420 = (
        "Can't read '{path}' as one corpus. It has: {found}. Supported formats: "
        "{known}. Give a file, or a folder with one format."
    )
    C501 = "Can't open '{name}': the PDF is encrypted. Give its password."
    C502 = "Can't open '{name}': the PDF is broken, truncated or empty. Get a new copy."
    C503 = (
        "Can't read '{name}' as an image or a page ({kind}). Give a PDF, PNG, JPEG or "
        "TIFF file that other programs can open."
    )
    C504 = (
        "Can't read '{name}': it has more than {max_pixels} pixels. Scan it with a "
        "lower resolution, or raise max_pixels."
    )
    C505 = (
        "'{name}' has too many pages ({n_pages}; the limit is {max_pages}). Split it, "
        "or raise max_pages."
    )
    C506 = (
        "Can't read scans: Tesseract isn't installed. Install it (Debian, Ubuntu: "
        "apt-get install tesseract-ocr; macOS: brew install tesseract), or read text "
        'layers only with ocr="never".'
    )
    C507 = (
        "Tesseract can't read '{name}': {reason}. Check that the language is installed "
        "(tesseract --list-langs)."
    )
    C508 = "Can't read '{name}' as {kind}: {reason}. Export it again from its program."
    C509 = (
        "The format of the form '{name}' is unknown. Give a PDF, a scan (PNG, JPEG, "
        "TIFF), hOCR, ALTO, Tesseract TSV, or JSON of AWS Textract or Azure Read."
    )
    C510 = (
        "The labels of '{name}' don't include QUESTION and ANSWER: {known}. Map them "
        "with the setting label_map, or use a checkpoint tuned on forms. If labels are "
        'names of fields, as of receipts, set fields = "labelled".'
    )
    C511 = (
        "Can't read the annotated form '{name}' ({reason}). Give JSON in FUNSD's "
        'format: {{"form": [{{"id", "label", "box", "words": [{{"text", "box"}}], '
        '"linking"}}]}}.'
    )
    C512 = (
        "There are no annotated forms in '{path}'. Give a folder with "
        "annotations/*.json, or the .jsonl file that scripts/make_forms.py writes."
    )
    C513 = (
        "Can't read '{name}': it is larger than {max_bytes} bytes. Split it into "
        "smaller files."
    )
    C514 = (
        "Can't read all of '{name}': it has more than {limit} {what}. Split it into "
        "smaller parts."
    )
    C515 = (
        "Can't read '{name}': the time limit of {timeout} seconds for its file is "
        "over. The pages before are kept. For more time, use --timeout or the argument "
        "timeout."
    )
    C516 = (
        "{n_words} words of '{name}' are left out: they have no position, or one that "
        "isn't a valid number. The others are kept."
    )
    C517 = (
        "Can't read '{name}': it is an XFA form, which only Adobe's programs can show. "
        "Print it to a PDF there, or export it without XFA."
    )
    C518 = (
        "No forms in '{source}': no file in it ends in {suffixes}. To read a file with "
        "another suffix as a form, give its path. To read notes, use spacy-clinical "
        "annotate."
    )

    # "[C502] Can't open ..."
    C519 = (
        "The setting label_map of '{name}' names labels that the checkpoint doesn't have: "
        "{unknown}. It has: {known}."
    )
