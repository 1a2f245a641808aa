"""Chromium as its user has it: pages are looked at, clicked and typed into. Spoken to with its own protocol, over pipes."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
WIDTH, HEIGHT = 1280, 800
_PATIENCE_S = 30.0
_SOON_S = 5.0
_ANSWER_S = 60.0
_SHOWN = 1500
# It reads commands from descriptor 3 and answers to 4.
_PIPES = 'exec "$@" 3<&0 4>&1 </dev/null >&2'
_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    f"--window-size={WIDTH},{HEIGHT}",
    "--remote-debugging-pipe",
]
_TEXT = r"document.body.innerText.replaceAll('\u00a0', ' ')"
# What is seen and can be clicked; of several with a text, the innermost.
_FIND = """(selector, text) => [...document.querySelectorAll(selector)].filter((node) => node.checkVisibility()
  && !node.disabled && (text === null || (node.innerText ?? "").trim() === text)).at(-1)"""
_UNTIL = """new Promise((resolve) => {
  const find = %s, end = Date.now() + %d;
  const look = () => {
    const found = (() => { try { return %s; } catch { return false; } })();
    if (found || Date.now() > end) resolve(Boolean(found)); else setTimeout(look, 20);
  };
  look();
})"""
# Dialogs fly in: what is to be clicked has to stand still, with nothing over it. Null if it does not.
_MIDDLE = """new Promise((resolve) => {
  const find = %s, end = Date.now() + %d;
  let before = "";
  const look = () => {
    const node = find(%s, %s);
    node?.scrollIntoView({block: "nearest"});
    const box = node?.getBoundingClientRect() ?? new DOMRect();
    const place = [box.x + box.width / 2, box.y + box.height / 2], still = before === String(place);
    before = String(place);
    if (still && node?.contains(document.elementFromPoint(...place))) resolve(place);
    else if (Date.now() > end) resolve(null); else setTimeout(look, 60);
  };
  look();
})"""


class Browser:
    """A running browser and its protocol."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._commands, self._answers = process.stdin, process.stdout
        self._unread, self._number = b"", 0

    def tell(self, method: str, params: dict[str, Any], session: str = "") -> Any:
        """One command of the protocol; its answer. What the browser reports in between is passed over."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": params}
        if session:
            command["sessionId"] = session
        self._commands.write(json.dumps(command).encode() + b"\0")
        self._commands.flush()
        while (message := self._read()).get("id") != self._number:
            pass
        assert "error" not in message, (method, message["error"])
        return message["result"]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._answers], [], [], _ANSWER_S)
            more = os.read(self._answers.fileno(), 1 << 20) if ready else b""
            assert more, "the browser does not answer"
            self._unread += more
        line, self._unread = self._unread.split(b"\0", 1)
        message: dict[str, Any] = json.loads(line)
        return message


class Page:
    """What one window of the browser shows."""

    def __init__(self, browser: Browser) -> None:
        self._browser, self._session = browser, ""
        target = self.tell("Target.createTarget", url="about:blank", newWindow=True)["targetId"]
        self._session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        size = {"width": WIDTH, "height": HEIGHT}
        self.tell("Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=False)
        self.tell("Emulation.setFocusEmulationEnabled", enabled=True)  # each as if it were the one in front

    @contextlib.contextmanager
    def another(self) -> Iterator[Page]:
        """One more window, with the same profile."""
        page = Page(self._browser)
        yield page
        page.tell("Page.close")

    def tell(self, method: str, **params: Any) -> Any:
        """One command of the protocol for this window; its answer."""
        return self._browser.tell(method, params, self._session)

    def run(self, expression: str) -> Any:
        """The value of an expression, or of what it promises."""
        answer = self.tell("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    @property
    def text(self) -> str:
        """What the page says."""
        return str(self.run(_TEXT))

    def open(self, url: str) -> None:
        """Load an address from nothing, so that nothing of the page before is left."""
        self.tell("Page.navigate", url="about:blank")
        self.until("location.href === 'about:blank'", "an empty page")
        self.tell("Page.navigate", url=url)
        self.until("location.href !== 'about:blank' && document.readyState === 'complete'", url)

    def reload(self) -> None:
        """Load the page again, as its user does to see what others did."""
        self.run("window.before = true")
        self.tell("Page.reload")
        self.until("window.before === undefined && document.readyState === 'complete'", "the page again")

    def answer(self, path: str) -> int:
        """Wait until a request that ends so is answered; the status. What was asked before `forget` counts no more."""
        requests = f"performance.getEntriesByType('resource').filter((one) => one.name.endsWith({json.dumps(path)}))"
        self.until(f"{requests}.at(-1).responseStatus", f"an answer to {path}")
        return int(self.run(f"{requests}.at(-1).responseStatus"))

    def forget(self) -> None:
        """Forget the requests that were made."""
        self.run("performance.clearResourceTimings()")

    def until(self, expression: str, what: str = "") -> None:
        """Wait until an expression holds; `find(selector, text)` is known to it."""
        holds = self._holds(expression)
        assert holds, f"in vain awaited: {what or expression}\n{self.text[-_SHOWN:]}"

    def _holds(self, expression: str) -> bool:
        """A page that is left while it is looked at is looked at again."""
        end = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return bool(self.run(_UNTIL % (_FIND, _PATIENCE_S * 1000, expression)))
            except AssertionError:
                if time.monotonic() > end:
                    raise

    def soon(self, selector: str) -> bool:
        """Whether something is seen within some seconds."""
        expression = f"find({json.dumps(selector)}, null)"
        return bool(self.run(_UNTIL % (_FIND, _SOON_S * 1000, expression)))

    def see(self, *texts: str) -> None:
        """Wait until the page says all of these."""
        for text in texts:
            self.until(f"{_TEXT}.includes({json.dumps(text)})", text)

    def lose(self, *texts: str) -> None:
        """Wait until the page says none of these any more."""
        for text in texts:
            self.until(f"!{_TEXT}.includes({json.dumps(text)})", f"no {text}")

    def click(self, selector: str, text: str | None = None) -> None:
        """Press the mouse in the middle of what is seen, with exactly this text."""
        found = json.dumps(selector), json.dumps(text)
        place = self.run(_MIDDLE % (_FIND, _PATIENCE_S * 1000, *found))
        assert place is not None, f"cannot be clicked: {selector} {text or ''}\n{self.text[-_SHOWN:]}"
        x, y = place
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = "none" if kind == "mouseMoved" else "left"
            self.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=1)

    def type(self, selector: str, text: str) -> None:
        """Put a text into a field, instead of what is there."""
        self.click(selector)
        self.press("a", modifiers=2, commands=["selectAll"])
        self.tell("Input.insertText", text=text)

    def choose(self, selector: str, text: str) -> None:
        """Type a value into a field that offers some, and take it."""
        self.click(selector)
        self.tell("Input.insertText", text=text)
        self.press("Enter")

    def press(self, key: str, **more: Any) -> None:
        """One key."""
        codes = {"Enter": 13, "Escape": 27, "Backspace": 8}
        given = {"key": key, "windowsVirtualKeyCode": codes.get(key, ord(key[0].upper())), **more}
        text = {"text": "\r"} if key == "Enter" else {}
        self.tell("Input.dispatchKeyEvent", type="keyDown", **given, **text)
        self.tell("Input.dispatchKeyEvent", type="keyUp", **given)

    def picture(self, path: Path) -> None:
        """What is seen, as PNG."""
        path.write_bytes(base64.b64decode(self.tell("Page.captureScreenshot", format="png")["data"]))


@contextlib.contextmanager
def browsing(folder: Path) -> Iterator[Page]:
    """A browser with a profile of its own, that asks nobody but this machine."""
    line = ["/bin/sh", "-c", _PIPES, "sh", str(BROWSER), *_OPTIONS, f"--user-data-dir={folder / 'profile'}"]
    with (folder / "browser.log").open("wb") as log:
        process = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
    with process:
        try:
            yield Page(Browser(process))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
