"""Promises about the package as a whole: names, imports, errors, docstrings."""

import ast
import configparser
import inspect
import pkgutil
import re
import subprocess
import sys
import zlib
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import spacy_clinical
from spacy_clinical.errors import Errors, Warnings

OURS = "spacy-clinical"
ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "spacy_clinical"
SOURCES = sorted(PACKAGE.rglob("*.py"))
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(spacy_clinical.__path__, "spacy_clinical.")
    if not module.name.endswith("__main__")
)
# Which rooms import which: docs/architecture.md has the rows.
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf8")
ROWS = [
    frozenset(line.split())
    for line in re.findall(r"```rows\n(.*?)```", ARCHITECTURE, re.S)[0].splitlines()
]
# What an encoder knows: arrays, files and checkpoints; no Doc, no note and no form.
KNOWN_TO_ENCODERS = {"errors", "types", "files", "checkpoints", "pieces.batches"}
REGISTERED = {
    "spacy_factories": {
        "clinical_section_splitter",
        "clinical_sentencizer",
        "clinical_ner",
        "clinical_transformer",
        "clinical_long_transformer",
        "clinical_icd9_categorizer",
        "clinical_form_extractor",
        "clinical_assertion",
        "clinical_abbreviations",
        "clinical_linker",
        "clinical_relations",
        "clinical_qa",
        "clinical_pair_classifier",
        "clinical_deidentifier",
    },
    "spacy_misc": {"spacy-clinical.GeometricLinker.v1"},
    "spacy_tokenizers": {"spacy-clinical.ClinicalTokenizer.v1"},
    "spacy_architectures": {
        "spacy-clinical.HFEncoder.v1",
        "spacy-clinical.TokenClassifier.v1",
        "spacy-clinical.WordClassifier.v1",
        "spacy-clinical.DocumentClassifier.v1",
        "spacy-clinical.FormRules.v1",
        "spacy-clinical.SharedEncoder.v1",
        "spacy-clinical.AssertionHead.v1",
        "spacy-clinical.AssertionRules.v1",
        "spacy-clinical.RelationClassifier.v1",
        "spacy-clinical.RelationHead.v1",
        "spacy-clinical.IdentifierRules.v1",
        "spacy-clinical.ConceptEncoder.v1",
        "spacy-clinical.QuestionAnswerer.v1",
        "spacy-clinical.SentenceRetrieval.v1",
        "spacy-clinical.Tok2VecEncoder.v1",
    },
    "spacy_scorers": {
        "spacy-clinical.section_scorer.v1",
        "spacy-clinical.ner_scorer.v1",
        "spacy-clinical.icd9_scorer.v1",
        "spacy-clinical.form_scorer.v1",
        "spacy-clinical.assertion_scorer.v1",
        "spacy-clinical.relation_scorer.v1",
        "spacy-clinical.identifier_scorer.v1",
        "spacy-clinical.linker_scorer.v1",
        "spacy-clinical.qa_scorer.v1",
        "spacy-clinical.pair_scorer.v1",
    },
    "spacy_readers": {
        "spacy-clinical.MixedCorpus.v1",
        "spacy-clinical.PartialCorpus.v1",
        "spacy-clinical.PubTatorCorpus.v1",
        "spacy-clinical.SynonymCorpus.v1",
        "spacy-clinical.BratCorpus.v1",
        "spacy-clinical.RelationTableCorpus.v1",
        "spacy-clinical.TableCorpus.v1",
        "spacy-clinical.CodiEspCorpus.v1",
        "spacy-clinical.FunsdCorpus.v1",
        "spacy-clinical.FormCorpus.v1",
        "spacy-clinical.SquadCorpus.v1",
        "spacy-clinical.PairCorpus.v1",
    },
    "spacy_augmenters": {"spacy-clinical.note_style_augmenter.v1"},
    "spacy_callbacks": {"spacy-clinical.tune_thresholds.v1"},
}


def our_entries(group):
    return [entry for entry in entry_points(group=group) if entry.dist.name == OURS]


@pytest.mark.parametrize("group", REGISTERED)
def test_registers_what_it_promises(group):
    assert {entry.name for entry in our_entries(group)} == REGISTERED[group]
    setup = configparser.ConfigParser(delimiters=("=",))
    setup.read(ROOT / "setup.cfg", encoding="utf8")
    listed = setup["options.entry_points"][group].strip().splitlines()
    assert {line.split(" = ")[0] for line in listed} == REGISTERED[group]
    for entry in our_entries(group):
        assert callable(entry.load())


def test_factories_are_named_after_their_files():
    for entry in our_entries("spacy_factories"):
        stem = entry.name.removeprefix("clinical_")
        module, cls = entry.value.split(":")
        assert module == f"spacy_clinical.pipeline.{stem}"
        # ClinicalNER is of clinical_ner.
        assert cls.lower() == f"clinical{stem.replace('_', '')}"


def name_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


NAMES = {name_of(path) for path in SOURCES} - {"__init__"}
IMPORTED = {"spacy_clinical"} | {f"spacy_clinical.{name}" for name in NAMES}


@cache
def list_nodes(path):
    """The nodes of a module's syntax tree, which several tests look at."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf8"))))


def imported_modules(path):
    """The modules of the package that one imports, without the package's name."""
    for node in list_nodes(path):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in IMPORTED else node.module for name in whole]
        for name in names:
            if name.startswith("spacy_clinical."):
                yield name.removeprefix("spacy_clinical.")


def row_of(room):
    [i] = [i for i, row in enumerate(ROWS) if room in row]
    return i


def test_the_rows_name_the_rooms_that_there_are():
    assert len(ROWS) == 12
    folders = {
        path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in SOURCES
    }
    assert folders - {"__init__"} <= set().union(*ROWS)


def test_imports_run_one_way():
    """Rooms import from the rows above their own, and nothing beside them."""
    wrong = []
    for path in SOURCES:
        name = name_of(path)
        room = name.split(".")[0]
        if name not in NAMES or name == "__main__":
            continue
        for module in imported_modules(path):
            other = module.split(".")[0]
            if other.startswith("__") or other == room:
                continue
            is_known = room != "encoders" or {other, module} & KNOWN_TO_ENCODERS
            if row_of(other) >= row_of(room) or not is_known:
                wrong.append((name, module))
    assert wrong == []


def test_no_module_imports_one_that_imports_it():
    """Also inside a room, and also where an import stands in a function."""
    imports = {
        name_of(path): set(imported_modules(path)) & NAMES
        for path in SOURCES
        if name_of(path) in NAMES
    }
    left = dict(imports)
    while left:
        free = {name for name, needed in left.items() if not needed & set(left)}
        assert free, f"imports in a circle: {sorted(left)}"
        left = {name: needed for name, needed in left.items() if name not in free}


def test_only_encoders_import_torch():
    importers = set()
    for path in SOURCES:
        for node in list_nodes(path):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            roots = {name.split(".")[0] for name in names}
            if roots & {"torch", "transformers", "tokenizers"}:
                importers.add(name_of(path))
    assert {name for name in importers if not name.startswith("encoders")} == set()


def called(path):
    """What a module calls of other modules: json.dumps."""
    for node in list_nodes(path):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


@pytest.mark.parametrize(
    ("home", "names"),
    [
        ("files/json_text.py", {"json.dump", "json.dumps"}),
        ("files/cells.py", {"csv.writer", "csv.DictWriter"}),
    ],
)
def test_one_module_writes_a_format(home, names):
    """JSON has no NaN, and no cell is a formula, because there is one writer of each."""
    found = {path for path in SOURCES if names & set(called(path))}
    assert found == {PACKAGE / home}


@pytest.fixture(scope="module")
def loaded_by():
    """The modules that are loaded after each of three steps of one process."""
    steps = ["import spacy", "import spacy_clinical", "spacy.blank('en')"]
    code = "import sys\n" + "".join(f"{s}\nprint(*sys.modules)\n" for s in steps)
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    lines = out.stdout.splitlines()
    return {s: set(line.split()) for s, line in zip(steps, lines, strict=True)}


def test_blank_pipelines_do_not_pay_for_encoders(loaded_by):
    loaded = loaded_by["spacy.blank('en')"]
    assert "spacy_clinical.pipeline.ner" in loaded
    assert "spacy_clinical.pipeline.ner" not in loaded_by["import spacy_clinical"]
    assert "spacy_clinical.architectures.token_classifier" not in loaded
    # Where it is installed, spaCy imports it for its own factories.
    assert "transformers" not in loaded or "spacy_transformers" in loaded
    assert not {name for name in loaded if name.startswith("spacy_clinical.encoders")}


def test_blank_pipelines_do_not_pay_for_patterns_of_identifiers(loaded_by):
    loaded = loaded_by["spacy.blank('en')"]
    assert "spacy_clinical.pipeline.deidentifier" in loaded
    assert "spacy_clinical.identifiers.rules" not in loaded
    assert not {name for name in loaded if "identifiers.replace" in name}


def test_importing_the_package_costs_little_more_than_spacy(loaded_by):
    loaded = loaded_by["import spacy_clinical"]
    heavy = {"transformers", "pandas", "jinja2", "typer.main"}
    assert not heavy & (loaded - loaded_by["import spacy"])


@pytest.mark.parametrize("catalog", [Errors, Warnings], ids=["errors", "warnings"])
def test_every_code_is_used(catalog):
    source = "\n".join(p.read_text(encoding="utf8") for p in SOURCES)
    codes = [name for name in vars(catalog) if re.fullmatch(r"[CW]\d{3}", name)]
    assert codes == sorted(codes)
    for code in codes:
        assert f"{catalog.__name__}.{code}" in source, code
        # A placeholder for a note's text has no place in a message.
        assert not re.search(r"\{(text|note|doc|ent|span)\b", getattr(catalog, code))


def public_functions():
    for name in MODULES:
        module = import_module(name)
        for _, thing in inspect.getmembers(module):
            if getattr(thing, "__module__", None) != name:
                continue
            if inspect.isfunction(thing):
                yield f"{name}.{thing.__qualname__}", thing
            elif inspect.isclass(thing):
                for _, method in inspect.getmembers(thing, inspect.isfunction):
                    if method.__module__ == name:
                        yield f"{name}.{method.__qualname__}", method


PUBLIC = sorted(
    (name, function)
    for name, function in public_functions()
    if not any(part.startswith("_") for part in name.split("."))
)


def test_docstrings_name_only_real_arguments():
    wrong = {}
    for name, function in PUBLIC:
        documented = re.findall(
            r"^    ([a-z_][\w, ]*?)(?: \([^)]*\))?: ", function.__doc__ or "", re.M
        )
        names = {n.strip() for group in documented for n in group.split(",")}
        unknown = names - set(inspect.signature(function).parameters)
        if unknown:
            wrong[name] = unknown
    assert wrong == {}


def test_every_module_function_has_a_docstring():
    missing = [
        name
        for name, function in PUBLIC
        if not function.__doc__ and "." not in function.__qualname__
    ]
    assert missing == []


def test_the_wheel_stays_small():
    # It packs these files a little better.
    sizes = [
        len(zlib.compress(path.read_bytes(), 1))
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".pyo"}
    ]
    assert sum(sizes) < 90e6
