"""Chromium, started once for many pages: it takes orders through a pipe."""

import fcntl
import json
import os
import select
import shutil
import subprocess
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--remote-debugging-pipe"]
# Seconds for an answer.
PATIENCE = 120


class Browser:
    """Speaks the DevTools protocol: JSON in both directions, each message with a NUL.

    profile: Folder for Chromium's own files.
    """

    def __init__(self, profile: Path) -> None:
        orders, self._orders = _make_pipe()
        self._answers, answers = _make_pipe()
        # It reads from 3 and writes to 4.
        command = ["bash", "-c", f'exec "$@" 3<&{orders} 4>&{answers}', "bash"]
        self._process = subprocess.Popen(
            [*command, str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(orders, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(orders)
        os.close(answers)
        self._n_orders = 0
        self._read = b""
        self._events: list[dict[str, Any]] = []

    def show(self, url: str) -> str:
        """Open a page in a tab of its own.

        RETURNS: Its DOM after three seconds, in which timers run at once. Lines end in
            a line feed.
        """
        target = self._order("Target.createTarget", url="about:blank")
        session = self._order("Target.attachToTarget", flatten=True, **target)
        self._events.clear()
        self._order("Page.enable", **session)
        self._order("Page.navigate", url=url, **session)
        self._wait("Page.loadEventFired")
        policy = {"policy": "advance", "budget": 3000}
        self._order("Emulation.setVirtualTimePolicy", **policy, **session)
        self._wait("Emulation.virtualTimeBudgetExpired")
        code = {"expression": "document.documentElement.outerHTML"}
        found = self._order("Runtime.evaluate", **code, **session)
        self._order("Target.closeTarget", **target)
        dom: str = found["result"]["value"]
        return dom.replace("\r\n", "\n").replace("\r", "\n")

    def close(self) -> None:
        """End the browser."""
        self._order("Browser.close")
        self._process.wait(PATIENCE)
        os.close(self._orders)
        os.close(self._answers)

    def _order(self, method: str, **params: Any) -> dict[str, Any]:
        self._n_orders += 1
        session = {"sessionId": params.pop("sessionId", None)}
        order = {"id": self._n_orders, "method": method, "params": params}
        order |= {key: value for key, value in session.items() if value}
        os.write(self._orders, json.dumps(order).encode() + b"\0")
        while True:
            message = self._read_message()
            if message.get("id") == self._n_orders:
                return message["result"]
            self._events.append(message)

    def _wait(self, event: str) -> None:
        while not any(message.get("method") == event for message in self._events):
            self._events.append(self._read_message())

    def _read_message(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            is_there, _, _ = select.select([self._answers], [], [], PATIENCE)
            part = os.read(self._answers, 2**20) if is_there else b""
            if not part:
                raise TimeoutError("Chromium says nothing.")
            self._read += part
        message, _, self._read = self._read.partition(b"\0")
        return json.loads(message)


def _make_pipe() -> tuple[int, int]:
    """Where to read and where to write, both beyond what Chromium's are called."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
