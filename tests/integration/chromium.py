"""A headless Chromium with a profile of its own, told what to do through two pipes (the Chrome DevTools Protocol)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Self

from integration.jack import need

PATIENCE_S = 60.0
KEY_CODES = {"Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # which needs rights that a container does not give
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-pipe",
)

_MIDDLE = """(() => {
  const it = document.querySelector(%s);
  it.scrollIntoView({ block: "center" });
  const box = it.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
})()"""


def need_chromium() -> None:
    """Skips or fails where Chromium is not installed."""
    need("chromium", "bash")


class BrowserTab:
    """A browser with one page."""

    def __init__(self, profile: Path, allowed: tuple[str, ...] = ()) -> None:
        """
        Args:
            profile: a folder of its own; downloads lie in its ``downloads``.
            allowed: how addresses begin that the page may ask something of.
        """
        need_chromium()
        self._allowed = ("file:", "blob:", "about:", *allowed)
        self.downloads = profile / "downloads"
        self.downloads.mkdir(parents=True, exist_ok=True)
        heard, write = os.pipe()
        read, said = os.pipe()
        # It reads from 3 and writes to 4, whatever numbers ours have.
        command = ["bash", "-c", f'exec "$@" 3<&{heard} 4>&{said}', "bash", "chromium", *FLAGS]
        self._process = subprocess.Popen(
            [*command, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(heard, said),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(heard)
        os.close(said)
        self._to, self._from = os.fdopen(write, "wb", 0), os.fdopen(read, "rb")
        self._count, self._session = 0, ""
        self._events: list[dict[str, Any]] = []  # that nobody has waited for yet
        self.faults: list[str] = []  # what the page complained of, and what it asked of a network
        self._attach()

    def _attach(self) -> None:
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        where = str(self.downloads)
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=where, eventsEnabled=True)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers to a command."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._count:
            self._events.append(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def wait_for(self, method: str, **expected: Any) -> dict[str, Any]:
        """The parameters of the next event of a kind that has these among them."""
        while True:
            event = self._events.pop(0) if self._events else self._read()
            parameters: dict[str, Any] = event.get("params", {})
            if event.get("method") == method and expected.items() <= parameters.items():
                return parameters

    def open(self, page: Path | str, script: str = "") -> None:
        """A file from disk, or an address; the script runs before its own."""
        added = self.call("Page.addScriptToEvaluateOnNewDocument", source=script)["identifier"] if script else None
        self._events.clear()
        self.call("Page.navigate", url=page if isinstance(page, str) else page.resolve().as_uri())
        self.wait_for("Page.loadEventFired")
        if added is not None:
            self.call("Page.removeScriptToEvaluateOnNewDocument", identifier=added)

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited, as a person's own act."""
        found = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """A key of the keyboard: a letter, a digit, the space bar or one of KEY_CODES."""
        text = "\r" if key == "Enter" else "" if key in KEY_CODES else key
        number = KEY_CODES.get(key, ord(key[0].upper()))
        event = {"key": key, "windowsVirtualKeyCode": number, "code": f"Digit{key}" if key.isdigit() else key}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **event)
        self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    def click(self, selector: str) -> None:
        """The mouse on what is seen of an element."""
        box = self.run(_MIDDLE % json.dumps(selector))
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def downloaded(self) -> Path:
        """The file that a click has just begun to save."""
        began = self.wait_for("Browser.downloadWillBegin")
        self.wait_for("Browser.downloadProgress", guid=began["guid"], state="completed")
        return self.downloads / str(began["suggestedFilename"])

    def _read(self) -> dict[str, Any]:
        data = bytearray()
        while (letter := self._from.read(1)) != b"\0":
            assert letter, "Chromium has ended"
            data += letter
        found: dict[str, Any] = json.loads(data)
        self._note(found)
        return found

    def _note(self, event: dict[str, Any]) -> None:
        """Keeps complaints, and requests for anything but the page and what it makes itself."""
        parameters = event.get("params", {})
        match event.get("method"):
            case "Runtime.exceptionThrown":
                self.faults.append(json.dumps(parameters["exceptionDetails"]))
            case "Log.entryAdded":
                self.faults.append(parameters["entry"]["text"])
            case "Network.requestWillBeSent":
                url = parameters["request"]["url"]
                if not url.startswith(self._allowed):
                    self.faults.append(url)

    def close(self) -> None:
        """Ends the browser; can be done twice."""
        if self._process.poll() is None:
            self._session = ""
            self.call("Browser.close")
            self._process.wait(PATIENCE_S)
        self._to.close()
        self._from.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
