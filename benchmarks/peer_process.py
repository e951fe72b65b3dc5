"""Run peers in environments of their own: scripts that answer orders line by line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, TypeAlias

Peer: TypeAlias = subprocess.Popen[str]
PEERS = Path(__file__).parent / "peers"


def start_peer(python: str, script: str, *words: str) -> Peer:
    """Start a peer.

    python: That has it installed.
    script: Name of a file in peers/.
    words: What is on its command line.
    """
    return subprocess.Popen(
        _make_command(python, script, *words),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def ask_peer(
    peer: Peer, order: dict[str, Any], *, log: Path | None = None
) -> dict[str, Any]:
    """Give an order to a peer, and wait for its answer.

    log: File that the peer writes its errors to.
    RAISES RuntimeError: With what it last wrote there, if it has ended.
    """
    assert peer.stdin is not None
    assert peer.stdout is not None
    try:
        peer.stdin.write(json.dumps(order) + "\n")
        peer.stdin.flush()
    except BrokenPipeError:
        pass
    line = peer.stdout.readline()
    if not line:
        last = "" if log is None else log.read_text(encoding="utf8")[-2000:]
        raise RuntimeError(f"{peer.args!r} has ended:\n{last}")
    answer: dict[str, Any] = json.loads(line)
    return answer


def ask_once(python: str, script: str, request: Any) -> Any:
    """Run a script of a peer that reads one request and writes one answer.

    python, script: See `start_peer`.
    request: Plain data.
    RAISES RuntimeError: With what it last wrote to standard error, if it fails.
    """
    done = subprocess.run(
        _make_command(python, script),
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{script} has failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


class Worker:
    """A process of peers/worker.py, in this environment or in a peer's.

    log: File for what it writes to standard error.
    """

    def __init__(self, python: str, script: str, order: dict[str, Any], log: Path):
        self.log = log
        with log.open("w", encoding="utf8") as errors:
            self.process = subprocess.Popen(
                _make_command(python, f"{script}.py"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf8",
                env={**os.environ, "OMP_NUM_THREADS": str(order["threads"])},
            )
        self.loaded = self.ask(order)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its answer; see `ask_peer`."""
        return ask_peer(self.process, request, log=self.log)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def _make_command(python: str, script: str, *words: str) -> list[str]:
    # Another environment has packages of its own, whatever PYTHONPATH says.
    options = [] if python == sys.executable else ["-E"]
    return [python, *options, "-W", "ignore", str(PEERS / script), *words]
