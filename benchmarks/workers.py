"""Contestants in processes of their own, in whatever environment: see peers/worker.py."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

PEERS = Path(__file__).parent / "peers"


class Worker:
    """A contestant's process. It answers one line for each that it gets."""

    def __init__(self, python: str, script: str, order: dict[str, Any], log: Path):
        self.log = log
        with log.open("w", encoding="utf8") as errors:
            self.process = subprocess.Popen(
                [python, "-W", "ignore", str(PEERS / f"{script}.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf8",
                env={**os.environ, "OMP_NUM_THREADS": str(order["threads"])},
            )
        self.loaded = self.ask(order)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its answer.

        RAISES RuntimeError: With what the process last wrote, if it has ended.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        if not line:
            last = self.log.read_text(encoding="utf8")[-2000:]
            raise RuntimeError(f"{self.process.args!r} has ended:\n{last}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
