from types import SimpleNamespace

import pytest
import spacy
from spacy.cli.assemble import assemble_cli
from thinc.api import Config

import spacy_clinical
from spacy_clinical.errors import CodedValueError
from spacy_clinical.models.starter import DEFAULTS, PARTS, make_start

TEXT = "HPI:\nA 40-year-old man denies fever. Aspirin 81 mg daily. MRN 4481239.\n"
NER, DEID = "clinical_ner", "clinical_deidentifier"


def assemble(start, folder):
    """Run the first command, and load what it saves."""
    arguments = []
    if "--paths.shipped" in start.commands[0]:
        arguments = ["--paths.shipped", str(spacy_clinical.model_path())]
    config = folder.with_suffix(".cfg")
    config.write_text(start.config, encoding="utf8")
    assemble_cli(SimpleNamespace(args=arguments), config, folder, None, False)
    return spacy.load(folder)


@pytest.mark.parametrize(
    "components",
    [(), *((name,) for name in PARTS["notes"]), (NER, DEID), tuple(PARTS["notes"])],
    ids=lambda names: "+".join(names) if len(names) < 3 else "all",
)
def test_a_config_of_shipped_weights_runs(components, tmp_path):
    start = make_start("a.cfg", "notes", components)
    nlp = assemble(start, tmp_path / "pipeline")
    assert tuple(nlp.pipe_names) == start.components
    assert set(components or DEFAULTS["notes"]) <= set(start.components)
    doc = nlp(TEXT)
    assert [s.label_ for s in doc.spans["sections"]] == ["history_of_present_illness"]
    if NER in start.components:
        assert "fever" in [ent.text for ent in doc.ents]
    if "clinical_assertion" in start.components:
        assert [ent.text for ent in doc.ents if ent._.is_negated] == ["fever"]
    if "clinical_relations" in start.components:
        assert doc._.relations
    if DEID in start.components:
        assert "4481239" in [span.text for span in doc.spans["phi"]]


@pytest.mark.filterwarnings(r"ignore:\[W00[124]\]")
def test_a_config_of_checkpoints_runs(tiny_ner, tiny_core, tmp_path):
    checkpoints = {
        NER: str(tiny_ner),
        DEID: str(tiny_ner),
        "clinical_icd9_categorizer": str(tiny_core),
    }
    start = make_start("a.cfg", "notes", tuple(PARTS["notes"]), checkpoints)
    # Heads of the shipped encoder don't fit another one.
    assert "shipped" not in start.config
    assert "--paths.shipped" not in start.commands[0]
    doc = assemble(start, tmp_path / "pipeline")(TEXT)
    assert "4481239" in [span.text for span in doc.spans["phi"]]


def test_a_config_for_forms_runs(tiny_layoutlm, tmp_path):
    assemble(make_start("f.cfg", "forms"), tmp_path / "rules")(TEXT)
    checkpoints = {"clinical_form_extractor": str(tiny_layoutlm)}
    start = make_start("f.cfg", "forms", (), checkpoints)
    doc = assemble(start, tmp_path / "checkpoint")(TEXT)
    assert doc._.clinical_pieces["clinical_form_extractor"]["not_seen"] == 0


def test_configs_explain_themselves():
    for kind, parts in PARTS.items():
        lines = make_start("a.cfg", kind, tuple(parts)).config.splitlines()
        blocks = [i for i, line in enumerate(lines) if line.startswith("[components.")]
        assert len(blocks) == len(parts)
        assert all(lines[i - 1].startswith("# Finds ") for i in blocks)


def test_commands_are_safe_for_a_shell():
    first, second = make_start("my notes.cfg", "notes", is_offline=True).commands
    assert first == (
        "HF_HUB_OFFLINE=1 spacy assemble 'my notes.cfg' 'my notes_pipeline' "
        '--paths.shipped "$(spacy-clinical path)"'
    )
    assert second == (
        "spacy-clinical annotate notes --model 'my notes_pipeline' --output out"
    )


def test_paths_with_any_characters_are_kept():
    name = 'C:\\models\\"x"'
    config = make_start("a.cfg", "notes", (), {NER: name}).config
    assert Config().from_str(config, interpolate=False)["paths"][NER] == name


def test_what_is_unknown_is_refused():
    with pytest.raises(CodedValueError, match=r"\[C771\].*'ner' for notes"):
        make_start("a.cfg", "notes", ("ner",))
    with pytest.raises(CodedValueError, match=r"\[C771\].*for forms.*extractor"):
        make_start("a.cfg", "forms", (NER,))
    with pytest.raises(CodedValueError, match=r"\[C772\].*clinical_linker=x"):
        make_start("a.cfg", "notes", ("clinical_linker",), {"clinical_linker": "x"})
