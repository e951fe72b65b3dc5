from collections.abc import Iterator

import pytest

from tests.export.browser import Browser


@pytest.fixture(scope="session")
def browser(tmp_path_factory) -> Iterator[Browser]:
    """Chromium, which takes seconds to start."""
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()
