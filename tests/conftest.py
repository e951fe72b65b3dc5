import functools
import json
import os
import pkgutil
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Before torch is there: commands that tests run have it from here. Two processes with two
# threads each on two cores wait for each other most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import spacy
import torch
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc
from spacy.util import fix_random_seed, registry

import spacy_clinical
from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.sources.source import Facts
from spacy_clinical.encoders import remembered
from tests.tiny import make_core, make_token_classifier

# Tiny products are slower on two threads than on one.
torch.set_num_threads(1)

# Where the public corpora are that some tests read.
ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("SPACY_CLINICAL_DATA") or ROOT.parent / "shared" / "data")

# All invented. Blank and odd ones are among them on purpose.
NOTES = [
    "CHIEF COMPLAINT:\nChest pain.\n\nHPI:\nThe patient denies fever and chest pain.\n",
    "",
    "   \n\t ",
    "x",
    "MEDICATIONS: aspirin 81 mg daily. ALLERGIES: penicillin.",
    "Pain \U0001f915 at 38.5°C\r\nnai\u0308ve caf\u00e9 \u05db\u05d0\u05d1 \u05d7\u05d6\u05e7",
    "The patient denies chest pain. " * 40,
    "a\x00b\x07c no fever",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--learning-seeds",
        type=int,
        default=1,
        help="how often tests that train are tried, each time with another seed",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    n_seeds = metafunc.config.getoption("learning_seeds")
    if n_seeds > 1 and metafunc.definition.get_closest_marker("learns"):
        metafunc.parametrize("seed", range(n_seeds), indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the runs at scale, whose fixtures (Spark) are dear.

    pytest-xdist's processes take tests from each other's ends: at the front, all of a
    module's tests meet its fixtures once, and no long test is left for the end.
    """
    items.sort(key=lambda item: "tests/scale/" not in item.nodeid)


@pytest.fixture
def refuse(monkeypatch) -> Callable[[str, Exception], None]:
    """Make functions fail from here on, such as refuse("time.sleep", error).

    Threads that are already there may go on: py4j's, which Spark leaves behind, sleep
    and send.
    """
    others = set(threading.enumerate()) - {threading.current_thread()}

    def make_fail(target: str, error: Exception) -> None:
        original = pkgutil.resolve_name(target)

        def fail(*args: Any, **kwargs: Any) -> Any:
            if threading.current_thread() in others:
                return original(*args, **kwargs)
            raise error

        monkeypatch.setattr(target, fail)

    return make_fail


@pytest.fixture(autouse=True)
def seed(request: pytest.FixtureRequest) -> int:
    """What all random numbers of a test follow from, not from the tests before it."""
    number: int = getattr(request, "param", 0)
    fix_random_seed(number)
    return number


@pytest.fixture(autouse=True)
def remember_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that earlier tests, or other versions, have found out is known."""
    nowhere = Path(os.devnull) / "cache"
    monkeypatch.setattr(remembered, "find_cache", lambda: nowhere)


def find_corpus(path: str) -> Path:
    """Find a file or folder of the public corpora, or skip the test."""
    found = DATA / path
    if not found.exists():
        pytest.skip(f"needs {path} in SPACY_CLINICAL_DATA or ../shared/data")
    return found


@pytest.fixture(scope="session")
def maccrobat_labels() -> list[str]:
    """The 84 labels of d4data/biomedical-ner-all today, two of them malformed."""
    path = Path(__file__).parent / "data" / "biomedical_ner_all_labels.json"
    return json.loads(path.read_text(encoding="utf8"))


@pytest.fixture(scope="session")
def tiny_ner(tmp_path_factory, maccrobat_labels) -> Path:
    """A tiny checkpoint with the architecture and labels of biomedical-ner-all."""
    folder = tmp_path_factory.mktemp("tiny_ner")
    return make_token_classifier(folder, "distilbert", maccrobat_labels, sharpness=30.0)


@pytest.fixture(scope="session")
def tiny_core(tmp_path_factory) -> Path:
    """A tiny checkpoint with CORe's files and kinds of labels."""
    labels = ["124", "401", "4019", "428", "E849", "V586", "hypertension"]
    return make_core(tmp_path_factory.mktemp("tiny_core"), labels)


@pytest.fixture(scope="session")
def tiny_layoutlm(tmp_path_factory) -> Path:
    """A tiny LayoutLM with FUNSD's seven labels."""
    names = ("HEADER", "QUESTION", "ANSWER")
    labels = ["O", *(f"{role}-{name}" for name in names for role in "BI")]
    folder = tmp_path_factory.mktemp("tiny_layoutlm")
    return make_token_classifier(folder, "layoutlm", labels, sharpness=20.0)


make_blank = spacy.blank
make_tokenizer = registry.get("tokenizers", "spacy.Tokenizer.v1")()


@functools.cache
def share_tokenizer() -> Tokenizer:
    """The tokenizer that pipelines of `spacy.blank("en")` share, with its vocabulary."""
    return make_blank("en").tokenizer


@registry.tokenizers("spacy.Tokenizer.v1")
def make_or_share_tokenizer() -> Callable[[Language], Tokenizer]:
    def make(nlp: Language) -> Tokenizer:
        # It is being made itself, as long as there is none.
        is_made = share_tokenizer.cache_info().currsize
        if is_made and nlp.vocab is share_tokenizer().vocab:
            return share_tokenizer()
        return make_tokenizer(nlp)

    return make


def blank(name: str, **settings: Any) -> Language:
    """Do what `spacy.blank` does, hundreds of times, in a fifth of its time.

    Most of that goes into a thousand exceptions of the English tokenizer, which no
    component changes. With any settings, such as a vocabulary, nothing is shared.
    """
    if name == "en" and not settings:
        settings["vocab"] = share_tokenizer().vocab
    return make_blank(name, **settings)


spacy.blank = blank


@functools.cache
def load_blank(*components: str) -> Language:
    """A pipeline that many tests share, as making one takes long: none changes it."""
    nlp = spacy.blank("en")
    for name in components:
        nlp.add_pipe(name)
    return nlp


def copy_examples(folder: Path) -> None:
    """Copy the example notes and forms; of each note the beginning, which is quick."""
    shutil.copytree(ROOT / "examples", folder)
    for path in (folder / "notes").glob("*.txt"):
        path.write_text(path.read_text("utf8")[:400], encoding="utf8")


@functools.cache
def load_shipped() -> Language:
    """The pipeline that ships, which many tests share: none changes it."""
    return spacy_clinical.load()


def add_ner(nlp: Language, checkpoint: Path, **settings) -> Language:
    """Add `clinical_ner` over a local checkpoint, to compare with transformers."""
    encoder = {"checkpoint": str(checkpoint), "precision": "fp32"}
    settings["model"] = {"encoder": encoder}
    nlp.add_pipe("clinical_ner", config=settings)
    return nlp


def doc_from_markup(nlp: Language, markup: str) -> Doc:
    """Make a Doc with entities: "denies <Sign_symptom>chest pain</Sign_symptom>"."""
    text, spans, done = "", [], 0
    for match in re.finditer(r"<(\w+)>(.*?)</\1>", markup):
        text += markup[done : match.start()]
        spans.append((len(text), len(text) + len(match[2]), match[1]))
        text += match[2]
        done = match.end()
    text += markup[done:]
    doc = nlp.make_doc(text)
    doc.ents = [doc.char_span(start, end, label) for start, end, label in spans]
    return doc


@pytest.fixture
def nlp() -> Language:
    return spacy.blank("en")


HEART = [
    {
        "id": "T:1",
        "name": "heart failure",
        "synonyms": ["cardiac failure", "HF"],
        "types": ["disease"],
        "xrefs": {"MESH": ["D006333"], "ICD10CM": ["I50.9"]},
    },
    {
        "id": "T:2",
        "name": "hemolytic fever",
        "synonyms": ["HF"],
        "types": ["disease"],
        "xrefs": {"OMIM": ["123456"]},
    },
    {"id": "T:3", "name": "breast cancer", "types": ["disease"]},
    {"id": "T:4", "name": "ovarian cancer", "types": ["disease"]},
    {"id": "T:5", "name": "failure", "types": ["event"]},
    {"id": "T:6", "name": "diabetes mellitus type 2", "types": ["disease"]},
    {"id": "T:7", "name": "diabetes mellitus type 1", "types": ["disease"]},
    {"id": "T:8", "name": "digoxin", "types": ["drug"]},
]


@pytest.fixture(scope="session")
def heart_vocabulary(tmp_path_factory) -> Path:
    """The folder of a small vocabulary."""
    folder = tmp_path_factory.mktemp("heart")
    source = folder / "heart.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in HEART), encoding="utf8")
    build_vocabulary([source], folder / "heart", facts=Facts("heart", "7"))
    return folder / "heart"
