import ast
import copy
import pickle
import re
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

import spacy_clinical
from spacy_clinical import errors
from spacy_clinical.errors import (
    CodedError,
    CodedMessage,
    CodedOSError,
    CodedValueError,
    Errors,
    find_code,
    get_code,
    get_own_message,
    is_own_message,
    name_type,
)
from spacy_clinical.extensions.attributes import record_error

PACKAGE = Path(spacy_clinical.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
CLASSES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, CodedError) and kind != CodedError
]
# On the CPU, torch has neither a class nor a code for it.
LOOKS_ALLOWED = {("encoders/runtime.py", "is_out_of_memory")}
CODES = sorted(code for code in vars(Errors) if code.startswith("C"))


def fill(code):
    template = getattr(Errors, code)
    names = re.findall(r"(?<!\{)\{(\w+)[^{}]*\}(?!\})", template)
    return template.format(**dict.fromkeys(names, 7))


def test_the_packages_own_messages_are_known():
    assert [code for code in CODES if not is_own_message(fill(code))] == []


@given(code=st.sampled_from(CODES), text=st.text())
def test_what_only_begins_with_a_code_is_no_message_of_ours(code, text):
    assert not is_own_message(f"[{code}] {text} Jane Roe")
    assert not is_own_message(text)


def test_the_message_of_an_own_error_is_kept_and_that_of_others_is_not():
    nlp = spacy.blank("en")
    doc = nlp("Jane Roe")
    message = Errors.C502.format(name="a.pdf")
    record_error(doc, "read_form", ValueError(message))
    assert doc._.clinical_error == {
        "component": "read_form",
        "code": "C502",
        "type": "ValueError",
        "message": message,
    }
    for text in ("[C502] Jane Roe", "[E999] Jane Roe", "Jane Roe", "[C999] Jane Roe"):
        doc = nlp("Jane Roe")
        record_error(doc, "ner", ValueError(text))
        assert "Jane" not in str(doc._.clinical_error)
        assert doc._.clinical_error["message"].startswith("[C312] Component 'ner'")


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_an_error_of_the_catalog_has_its_code_and_is_of_its_built_in_type(kind):
    for message in (Errors.C317, Errors.C502.format(name="a.pdf")):
        error = kind(message)
        code = message[1:5]
        sent = pickle.loads(pickle.dumps(error))
        for made in (error, sent, copy.copy(error), copy.deepcopy(sent)):
            assert (made.code, str(made), type(made)) == (code, message, kind)
            assert made.message.code == get_own_message(made).code == find_code(made)
        base = kind.__name__.removeprefix("Coded")
        assert name_type(error) == base
        assert base in {parent.__name__ for parent in kind.__mro__}


def test_a_message_keeps_its_code_when_it_is_filled_in_copied_or_pickled():
    message = Errors.C502.format(name="a {b}.pdf")
    for made in (message, copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert isinstance(made, CodedMessage)
        assert (get_code(made), made) == ("C502", str(message))
    assert get_code(str(message)) == ""


def raise_from():
    try:
        raise CodedOSError(Errors.C502.format(name="a.pdf"))
    except OSError as error:
        raise CodedValueError(Errors.C317) from error


def test_the_code_stays_with_an_error_that_is_raised_from_another():
    with pytest.raises(ValueError, match=r"\[C317\]") as caught:
        raise_from()
    assert (caught.value.code, caught.value.__cause__.code) == ("C317", "C502")


def test_only_spacys_codes_are_read_from_the_text():
    assert find_code(ValueError("[E050] Can't find model")) == "E050"
    assert find_code(UserWarning("[W095] Model")) == "W095"
    assert find_code(ValueError("[C502] Jane Roe")) == ""
    assert find_code(ValueError("Jane [E050]")) == ""


def test_messages_of_the_catalog_are_raised_as_errors_with_a_code():
    """ValueError(Errors.C101) would have none."""
    source = "\n".join(path.read_text(encoding="utf8") for path in SOURCES)
    found = re.findall(r"\b([A-Z]\w*Error)\(\s*Errors\.", source)
    # NotTextError is a CodedValueError.
    assert {kind for kind in found if not kind.startswith("Coded")} <= {"NotTextError"}


def caught_errors(tree):
    """The names that errors and warnings have in a module."""
    kinds = re.compile(r"Exception|Error|Warning")
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        elif isinstance(node, ast.arg) and node.annotation is not None:
            is_error = kinds.search(ast.unparse(node.annotation))
            yield from [node.arg] * bool(is_error)


def find_looks(tree):
    """Where a module decides by what a message says.

    The text of an error may be shown: be an argument of a function, or stand in a text.
    It may not be kept, compared or searched, and no code is searched for in a text.
    """
    names = set(caught_errors(tree))
    parents = {
        child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)
    }
    searches = {
        "match",
        "fullmatch",
        "search",
        "findall",
        "startswith",
        "endswith",
        "find",
    }
    for node in ast.walk(tree):
        parent = parents.get(node)
        call = ast.unparse(parent.func) if isinstance(parent, ast.Call) else ""
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "str":
            if ast.unparse(node.args[0]) not in names:
                continue
            shown = isinstance(parent, (ast.Call, ast.keyword, ast.FormattedValue))
            chosen = isinstance(parent, ast.IfExp) and parent.test is not node
            if not (shown or chosen) or call.split(".")[-1] in searches:
                yield node
        elif isinstance(node, ast.Attribute) and node.attr == "args":
            if isinstance(node.value, ast.Name) and node.value.id in names:
                yield node
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            is_code = re.match(r"\[?[CEW]\d{3}\b", node.value)
            is_searched = call.split(".")[-1] in searches or (
                isinstance(parent, ast.Compare)
                and isinstance(parent.ops[0], (ast.In, ast.NotIn))
            )
            if "[CEW]" in node.value or (is_code and is_searched):
                yield node


def outer_function(tree, node):
    functions = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)]
    return next((f.name for f in functions if node in set(ast.walk(f))), "")


def test_nothing_is_decided_by_what_a_message_says():
    places = set()
    for path in SOURCES:
        if path.parent.name == "errors":
            continue
        tree = ast.parse(path.read_text(encoding="utf8"))
        name = path.relative_to(PACKAGE).as_posix()
        places |= {(name, outer_function(tree, node)) for node in find_looks(tree)}
    assert places <= LOOKS_ALLOWED


@pytest.mark.parametrize(
    "line",
    [
        "text = str(error)",
        "found = CODE.match(str(error))",
        "if 'assword' in str(error): pass",
        "if str(error) == 'no': pass",
        "if error.args[0]: pass",
        "if text.startswith('[C311]'): pass",
        "if 'C311' in text: pass",
        "CODE = re.compile('([CEW]999)')",
    ],
)
def test_a_look_into_a_message_is_found(line):
    tree = ast.parse(f"try:\n    run()\nexcept ValueError as error:\n    {line}")
    assert list(find_looks(tree))
