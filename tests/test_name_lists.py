"""The lists of names that scripts/make_name_lists.py writes from vocabularies."""

import gzip
import json
import sys

import pytest

from scripts import make_name_lists
from spacy_clinical.corpora.note_style.names import read_names

CLINICAL = [{"namespace": "SCTID", "id": "1"}]
MONDO = [
    {"id": "1", "name": "Crohn disease", "xrefs": CLINICAL},
    {"id": "2", "name": "type 2 diabetes mellitus", "xrefs": CLINICAL},
    {"id": "3", "name": "obsolete ague", "xrefs": CLINICAL},
    {"id": "4", "name": "ataxia, type 3", "xrefs": CLINICAL},
    {"id": "5", "name": "ABCA4-related retinopathy", "xrefs": CLINICAL},
    {"id": "6", "name": "susceptibility to malaria", "xrefs": CLINICAL},
    {"id": "7", "name": "a disease of six words here", "xrefs": CLINICAL},
    {"id": "8", "name": "rare thing", "xrefs": [{"namespace": "Orphanet", "id": "1"}]},
    {"id": "9", "name": "no codes"},
]
HP = [
    {"id": "HP:0000118", "name": "Phenotypic abnormality"},
    {
        "id": "HP:0000002",
        "name": "Muscle weakness",
        "relations": {"is_a": ["HP:0000118"]},
        "synonyms": ["Weak muscles", "Muscle weakness (all)"],
        "xrefs": [{"namespace": "SNOMEDCT_US", "id": "1"}],
    },
    {
        "id": "HP:0000003",
        "name": "Raynaud's sign",
        "relations": {"is_a": ["HP:0000002"]},
        "xrefs": [{"namespace": "SNOMEDCT_US", "id": "1"}],
    },
    {
        "id": "HP:0000005",
        "name": "Mode of passing on",
        "xrefs": [{"namespace": "SNOMEDCT_US", "id": "1"}],
    },
]
MESH = """\
D1\tAspirin\tAcetylsalicylic Acid\tD02.455.426.559\t
D2\tAbortifacient Agents\t\tD02.455.426.559\t
D3\tHydrocarbons\t\tD02.455\t
D4\tMendelevium\t\tD01.268.031.500\t
D5\tCalcitonin\t\tD06.472.699.631|D12.644.548\t
D6\tPepsin A\t\tD08.811.277.656\t
D7\tHand\t\tA01.378.800.667\t
"""


@pytest.fixture
def vocabularies(tmp_path):
    folder = tmp_path / "vocabularies"
    folder.mkdir()
    for name, text in (
        ("mondo.json", json.dumps(MONDO)),
        ("hp.json", json.dumps(HP)),
        ("mesh_id_label_mappings.tsv", MESH),
    ):
        with gzip.open(folder / f"{name}.gz", "wt", encoding="utf8") as file:
            file.write(text)
    return folder


def test_lists_have_short_names_without_clutter(vocabularies, tmp_path, monkeypatch):
    written = []
    for output in (tmp_path / "names", tmp_path / "again"):
        monkeypatch.setattr(sys, "argv", ["x", str(vocabularies), str(output)])
        make_name_lists.main()
        written.append({path.name: path.read_bytes() for path in output.iterdir()})
    assert written[0] == written[1]
    paths = {path.stem: path for path in (tmp_path / "names").iterdir()}
    assert read_names(paths) == {
        "Disease_disorder": ["Crohn disease", "type 2 diabetes mellitus"],
        "Sign_symptom": ["Raynaud's sign", "muscle weakness", "weak muscles"],
        "Medication": ["aspirin", "calcitonin"],
    }
