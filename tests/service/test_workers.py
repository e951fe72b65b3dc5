import multiprocessing
import os
import re
import signal
import time
from pathlib import Path

import httpx
import pytest

from spacy_clinical.service import workers
from spacy_clinical.service.metrics_folder import SHARED_MEMORY
from tests.service.running import run_process
from tests.service.test_load import saved  # noqa: F401


def list_children(process_id):
    children = Path(f"/proc/{process_id}/task/{process_id}/children")
    return [int(child) for child in children.read_text().split()]


def wait_until(check):
    end = time.monotonic() + 30
    while not check():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def service(saved, tmp_path):  # noqa: F811
    _, path, code = saved
    options = [str(path), "--no-forms", "--workers", "2"]
    with run_process(tmp_path, *options, code=code) as running:
        yield running


def test_a_worker_that_dies_is_replaced(service):
    parent = service.process.pid
    before = set(list_children(parent))
    assert len(before) == 2
    # Others that are younger than this are taken for workers that can't start.
    time.sleep(workers.MIN_SECONDS)
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: len(set(list_children(parent)) - {min(before)}) == 2)
    for _ in range(10):
        answer = httpx.post(
            f"{service.url}/v1/annotate", json={"text": "HPI: pain"}, trust_env=False
        )
        assert answer.status_code == 200
    assert service.stop() == 0
    assert "is replaced" in service.read_log()


def test_sighup_replaces_workers_one_set_after_the_other(service):
    parent = service.process.pid
    before = set(list_children(parent))
    service.process.send_signal(signal.SIGHUP)
    wait_until(lambda: not before & set(list_children(parent)))
    wait_until(lambda: len(list_children(parent)) == 2)
    answer = httpx.get(f"{service.url}/readyz", trust_env=False)
    assert answer.status_code == 200


def test_workers_end_if_their_parent_dies(service):
    children = list_children(service.process.pid)
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))


def test_counts_have_their_room_before_the_disk_is_full(service):
    wait_until(lambda: all(list_counts(p) for p in list_children(service.process.pid)))
    for child in list_children(service.process.pid):
        # Of counters, gauges and histograms.
        assert len(list_counts(child)) == 3
        for path in list_counts(child):
            found = path.stat()
            assert found.st_blocks * 512 >= found.st_size > 0
            if os.access(SHARED_MEMORY, os.W_OK):
                assert SHARED_MEMORY in path.parents


def list_counts(process_id):
    links = Path(f"/proc/{process_id}/fd").iterdir()
    paths = {Path(os.path.realpath(link)) for link in links}
    return [path for path in paths if path.name.endswith(f"_{process_id}.db")]


def test_metrics_are_those_of_all_workers(service):
    for _ in range(30):
        # A new connection each, so that both workers get some.
        httpx.post(f"{service.url}/v1/annotate", json={"text": "a b"}, trust_env=False)
    totals = []
    for _ in range(5):
        text = httpx.get(f"{service.url}/metrics", trust_env=False).text
        found = re.search(r"^spacy_clinical_words_total (\S+)$", text, re.M)
        totals.append(float(found[1]))
    assert totals == [60.0] * 5


def test_workers_that_can_not_start_end_the_service(saved, tmp_path):  # noqa: F811
    _, path, _ = saved
    code = tmp_path / "dying.py"
    code.write_text(
        (tmp_path / "odd.py").read_text()
        + "\nimport os\nos.register_at_fork(after_in_child=lambda: os._exit(3))\n"
    )
    with (
        pytest.raises(AssertionError, match=r"\[C999\]"),
        run_process(tmp_path, str(path), "--no-forms", "--workers", "2", code=code),
    ):
        pass


def test_systems_that_can_not_fork_say_so(monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    with pytest.raises(OSError, match=r"\[C998\].*--workers"):
        workers.check_system()
