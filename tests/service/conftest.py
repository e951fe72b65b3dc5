from collections.abc import Iterator

import pytest

from tests.export.browser import Browser
from tests.service.running import Running, make_form_nlp, make_nlp, run_service


@pytest.fixture(scope="package")
def service() -> Iterator[Running]:
    """A service with a pipeline without weights, and rules for forms."""
    nlp = make_nlp("clinical_deidentifier", "test_service_odd")
    with run_service(nlp, make_form_nlp()) as running:
        yield running


@pytest.fixture(scope="package")
def browser(tmp_path_factory) -> Iterator[Browser]:
    """Chromium, which takes seconds to start."""
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()
