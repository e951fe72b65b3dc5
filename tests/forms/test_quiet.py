"""Libraries that log what they read don't, while a form is read."""

import logging
import threading
import warnings
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin

from spacy_clinical.forms import read_form
from spacy_clinical.forms.quiet import quiet_libraries
from spacy_clinical.forms.read import open_forms
from spacy_clinical.notes.reader import NoteReader
from spacy_clinical.notes.sources import list_sources
from spacy_clinical.types import Note
from tests.conftest import load_blank
from tests.forms.papers import encode

NAME = "Zebulon"


def make_files():
    png = PngImagePlugin.PngInfo()
    png.add_text("Comment", NAME)
    png.add(b"zeBu", NAME.encode())
    image = Image.new("L", (300, 200), 255)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[270], tags[315] = NAME, NAME
    exif = Image.Exif()
    exif[270] = NAME
    return [
        encode(image, "PNG", pnginfo=png, icc_profile=NAME.encode()),
        encode(image, "TIFF", tiffinfo=tags),
        encode(image, "JPEG", exif=exif, comment=NAME),
    ]


@pytest.mark.parametrize("index", range(3))
def test_metadata_of_pictures_is_not_logged(index, caplog):
    data = make_files()[index]
    caplog.set_level(logging.DEBUG)
    logging.getLogger("PIL.TiffImagePlugin").setLevel(logging.DEBUG)
    try:
        with Image.open(BytesIO(data)) as image:
            image.load()
            image.getexif()
        shown = len(caplog.records)
        caplog.clear()
        try:
            read_form(data, load_blank().vocab)
        except OSError as error:
            # Without Tesseract.
            assert "[C506]" in str(error)
        assert [r for r in caplog.records if r.name.startswith("PIL")] == []
        assert NAME not in caplog.text
        assert index == 2 or shown
        assert logging.getLogger("PIL.TiffImagePlugin").level == logging.DEBUG
        assert logging.getLogger("PIL").level == logging.NOTSET
    finally:
        logging.getLogger("PIL.TiffImagePlugin").setLevel(logging.NOTSET)


def test_the_last_reader_sets_all_back():
    logger = logging.getLogger("PIL")
    filters = list(warnings.filters)
    started, done = threading.Event(), threading.Event()

    def read():
        with quiet_libraries():
            started.set()
            done.wait(10)

    thread = threading.Thread(target=read)
    with quiet_libraries():
        thread.start()
        started.wait(10)
    assert logger.getEffectiveLevel() > logging.CRITICAL
    done.set()
    thread.join()
    assert logger.level == logging.NOTSET
    assert list(warnings.filters) == filters


def test_levels_that_others_set_meanwhile_are_kept():
    logger = logging.getLogger("PIL")
    try:
        with quiet_libraries():
            logger.setLevel(logging.ERROR)
        assert logger.level == logging.ERROR
    finally:
        logger.setLevel(logging.NOTSET)


def test_no_reader_logs_what_it_reads(tmp_path, caplog, capfd):
    """A host program logs all that there is, and no line has a word of the files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tests.forms.papers import make_pdf
    from tests.forms.test_adapters import FILES

    for i, data in enumerate(make_files()):
        (tmp_path / f"form{i}").write_bytes(data)
    for i, data in enumerate(FILES.values()):
        (tmp_path / f"form-text{i}").write_bytes(data.replace(b"Roe", NAME.encode()))
    (tmp_path / "form.pdf").write_bytes(make_pdf([[(60, 60, 12, NAME)]]))
    (tmp_path / "note.txt").write_text(NAME)
    (tmp_path / "note.csv").write_text(f"text\n{NAME}\n")
    (tmp_path / "note.jsonl").write_text(f'{{"text": "{NAME}"}}\n{{"{NAME}\n')
    pq.write_table(pa.table({"text": [NAME]}), tmp_path / "note.parquet")
    caplog.set_level(logging.DEBUG)
    nlp = load_blank("clinical_section_splitter")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for form in open_forms(sorted(tmp_path.glob("form*")), nlp.vocab):
            list(form.pictures)
        names = [str(path) for path in tmp_path.glob("note*")]
        read = NoteReader(list_sources(names))
        docs = [nlp(note.text) for note in read if isinstance(note, Note)]
    assert len(docs) == 4
    said = [caplog.text, *capfd.readouterr(), *(str(w.message) for w in caught)]
    assert NAME not in "".join(said)
