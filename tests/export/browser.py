"""Chromium, started once for many pages: it takes orders through a pipe."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--remote-debugging-pipe"]
FLAGS += ["--disable-quic", "--disable-component-update", "--disable-sync"]
# Seconds for an answer.
PATIENCE = 120
# Events of errors: of scripts, and of what a policy refuses.
COMPLAINTS = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")


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

    @contextmanager
    def open(
        self, url: str, *, width: int = 1400, height: int = 1000
    ) -> Iterator["Tab"]:
        """Open a page in a tab of its own, in real time, until the context ends."""
        target = self._order("Target.createTarget", url="about:blank")
        session = self._order("Target.attachToTarget", flatten=True, **target)
        tab = Tab(self, session["sessionId"])
        try:
            size = {"width": width, "height": height, "deviceScaleFactor": 1}
            tab.order("Emulation.setDeviceMetricsOverride", mobile=False, **size)
            for name in ("Page", "Runtime", "Log", "Accessibility"):
                tab.order(f"{name}.enable")
            self._events.clear()
            tab.order("Page.navigate", url=url)
            self._wait("Page.loadEventFired")
            yield tab
        finally:
            self._order("Target.closeTarget", **target)

    def list_complaints(self) -> list[str]:
        """List what the tab that is open has written to its console or its log."""
        found = [m for m in self._events if m.get("method") in COMPLAINTS]
        return [json.dumps(message["params"]) for message in found]

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


class Tab(NamedTuple):
    """A page that is open."""

    browser: Browser
    session: str

    def order(self, method: str, **params: Any) -> dict[str, Any]:
        """Give an order of the DevTools protocol."""
        return self.browser._order(method, sessionId=self.session, **params)

    def run(self, code: str) -> Any:
        """Run a script, and wait for its value."""
        options = {"awaitPromise": True, "returnByValue": True, "userGesture": True}
        found = self.order("Runtime.evaluate", expression=code, **options)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait_for(self, code: str) -> Any:
        """Run a script again and again, until its value is true."""
        end = time.monotonic() + PATIENCE
        while not (value := self.run(code)):
            assert time.monotonic() < end, code
            time.sleep(0.05)
        return value

    def press(self, key: str, *, modifiers: int = 0) -> None:
        """Press a key. `modifiers`: 2 is Control, 8 is Shift."""
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        facts = {"key": key, "modifiers": modifiers}
        facts |= {"windowsVirtualKeyCode": codes.get(key, 0)}
        text = {"Enter": "\r", " ": " "}.get(key)
        extra = {"text": text} if text and not modifiers else {}
        self.order("Input.dispatchKeyEvent", type="keyDown", **facts, **extra)
        self.order("Input.dispatchKeyEvent", type="keyUp", **facts)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.order("Input.insertText", text=text)

    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file in an input."""
        document = self.order("DOM.getDocument")["root"]["nodeId"]
        found = self.order("DOM.querySelector", nodeId=document, selector=selector)
        self.order("DOM.setFileInputFiles", files=[str(path)], **found)

    def take_picture(self, path: Path) -> None:
        """Save what the page looks like."""
        data = self.order("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))


def _make_pipe() -> tuple[int, int]:
    """Where to read and where to write, both beyond what Chromium's are called."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
