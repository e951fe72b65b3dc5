import gzip

import pytest

from spacy_clinical.concepts.sources.source import Source
from spacy_clinical.concepts.sources.table import find_adapter
from tests.concepts import releases
from tests.concepts.releases import write_files


def test_a_source_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"\[C302\].*no such file or folder"):
        Source(tmp_path / "none.obo")


def test_files_high_up_in_a_folder_come_first(tmp_path):
    names = ("prescribe/rrf/RXNCONSO.RRF", "rrf/RXNCONSO.RRF", "z/y/x/RXNCONSO.RRF")
    write_files(tmp_path, dict.fromkeys(names, ""))
    found = Source(tmp_path).find_all(r"rxnconso\.rrf")
    assert [str(path.relative_to(tmp_path)) for path in found] == [
        names[1],
        names[0],
        names[2],
    ]


def test_a_folder_without_a_release_is_an_error(tmp_path):
    write_files(tmp_path, {"a.csv": releases.CSV})
    with pytest.raises(ValueError, match=r"\[C900\].*UMLS RRF, RxNorm RRF.*main file"):
        find_adapter(Source(tmp_path))


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(releases.MRCONSO.encode())[:-20],
        b"no gzip",
        gzip.compress(b"x") + b"rest",
    ],
    # Not by the data, which have the time in them.
    ids=["cut", "other", "more"],
)
def test_compressed_files_that_are_broken_are_an_error(data, tmp_path):
    path = tmp_path / "a.obo.gz"
    path.write_bytes(data)
    source = Source(path)
    with pytest.raises(ValueError, match=r"\[C904\] Can't read 'a.obo.gz' as gz"):
        list(source.read_lines(path))


def test_files_that_are_read_as_a_whole_have_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr("spacy_clinical.concepts.sources.source.MAX_WHOLE", 10)
    path = tmp_path / "a.json"
    path.write_text("[" + "1," * 20 + "1]")
    with pytest.raises(ValueError, match=r"\[C904\].*larger than 10 bytes"):
        Source(path).read_json("JSON")
