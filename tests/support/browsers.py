"""A real headless browser, spoken to in its own protocol over a pipe: no driver, no port, nothing to install with pip.

Source: https://chromedevtools.github.io/devtools-protocol/; with ``--remote-debugging-pipe`` the browser reads
commands from descriptor 3 and writes answers and events to descriptor 4, each a JSON text that ends with a NUL.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = (
    f"NO BROWSER: none of {', '.join(NAMES)} is installed, so the fairness page was NOT tested in a real one. "
    "`apt-get install chromium` brings one; .ci/run does so where it may."
)
INSECURE_HOST = "house.test"
"""A name for this machine that a browser does not count among the secure ones."""

FLAGS = (
    "--headless",
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--lang=en-US",
    f"--host-resolver-rules=MAP {INSECURE_HOST} 127.0.0.1",
    "--remote-debugging-pipe",
)
# Python can't hand a child two descriptors under numbers of its own choice; a shell can.
WITH_PIPES = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
SECONDS = 60.0
STOP_SECONDS = 10.0
CHUNK = 1 << 20


def browser_found() -> str | None:
    """The path of a browser, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A running browser with a profile of its own; both are gone afterwards."""

    def __init__(self, path: str) -> None:
        self._profile = tempfile.mkdtemp(prefix="sc-browser-")
        their_end, self._out = os.pipe()
        self._in, their_out = os.pipe()
        program = [path, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"]
        self._log = (Path(self._profile) / "said").open("wb")
        self._process = subprocess.Popen(
            ["bash", "-c", WITH_PIPES, "browser", str(their_end), str(their_out), *program],
            pass_fds=(their_end, their_out),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        os.close(their_end)
        os.close(their_out)
        self._read = b""
        self._last_id = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._out)  # which it takes as a request to end
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(STOP_SECONDS)
        os.close(self._in)
        self._log.close()
        shutil.rmtree(self._profile, ignore_errors=True)  # a last child may still be writing there

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command; its result. AssertionError when the browser refuses it or goes silent."""
        self._last_id += 1
        command = {"id": self._last_id, "method": method, "params": parameters}
        self._write(json.dumps(command if session is None else command | {"sessionId": session}).encode() + b"\0")
        deadline = time.monotonic() + SECONDS
        while (message := self._next(deadline)).get("id") != self._last_id:
            self.events.append(message)
        assert "error" not in message, f"{method}: {message['error']}"
        return dict(message["result"])

    def _write(self, content: bytes) -> None:
        while content:
            content = content[os.write(self._out, content) :]

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"the browser has said nothing for {SECONDS:g} s\n{self._said()}"
            chunk = os.read(self._in, CHUNK)
            assert chunk, f"the browser has ended\n{self._said()}"
            self._read += chunk
        message, _, self._read = self._read.partition(b"\0")
        return dict(json.loads(message))

    def _said(self) -> str:
        return Path(self._log.name).read_text(errors="replace")[-2000:]

    def page(self, languages: str = "en-US") -> Page:
        """A new, empty page whose reader prefers these languages."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, target, session, languages)


class Page:
    """A tab. Closed as a context manager."""

    def __init__(self, browser: Browser, target: str, session: str, languages: str) -> None:
        self._browser, self._target, self._session = browser, target, session
        for domain in ("Page", "Runtime", "Log", "DOM"):
            self.send(f"{domain}.enable")
        agent = self.evaluate("navigator.userAgent")
        self.send("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=languages)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.send("Target.closeTarget", targetId=self._target)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command for this page."""
        return self._browser.send(method, self._session, **parameters)

    def open(self, url: str) -> None:
        """Go there, and wait until everything is loaded."""
        told = self.send("Page.navigate", url=url)
        assert "errorText" not in told, f"{url}: {told['errorText']}"
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, awaited if it is a promise. AssertionError with what it throws."""
        told = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told.get("exceptionDetails")
        return told["result"].get("value")

    def until(self, condition: str, seconds: float = 30.0) -> None:
        """Poll until it holds; AssertionError that shows the page after so many seconds."""
        deadline = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < deadline, f"not within {seconds:g} s: {condition}\n{self.text}"
            time.sleep(0.02)

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return str(self.evaluate("document.body.innerText"))

    def click(self, selector: str) -> None:
        """Click in the middle of an element, with the mouse."""
        found = f"document.querySelector({json.dumps(selector)})"
        middle = f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({found}.getBoundingClientRect())"
        self.evaluate(f"{found}.scrollIntoView({{block: 'center'}})")
        x, y = self.evaluate(middle)
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def paste(self, selector: str, text: str) -> None:
        """Replace what stands in a field."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.evaluate(f"{found}.focus(); {found}.select()")
        self.send("Input.insertText", text=text)

    def choose_files(self, selector: str, paths: Sequence[Path]) -> None:
        """What a file chooser does."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])

    def resize(self, width: int, height: int, *, phone: bool) -> None:
        """The size of the window in CSS pixels."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=phone)

    def picture(self, path: Path) -> None:
        """A picture of the whole page, as PNG."""
        told = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(told["data"]))

    @property
    def complaints(self) -> list[str]:
        """What the browser had to complain about: exceptions, what the policy forbade; not what it could not load."""
        mine = [event for event in self._browser.events if event.get("sessionId") == self._session]
        thrown = [e["params"]["exceptionDetails"] for e in mine if e["method"] == "Runtime.exceptionThrown"]
        logged = [e["params"]["entry"] for e in mine if e["method"] == "Log.entryAdded"]
        errors = [entry["text"] for entry in logged if entry["level"] == "error" and entry["source"] != "network"]
        return [*map(str, thrown), *errors]
