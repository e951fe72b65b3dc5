import shutil

import pytest

from tests.conftest import load_blank


@pytest.fixture(scope="module")
def vocab():
    return load_blank().vocab


@pytest.fixture(scope="module")
def tesseract():
    if shutil.which("tesseract") is None:
        pytest.skip("Tesseract is not installed")
