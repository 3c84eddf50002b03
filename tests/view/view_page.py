"""A page that shows a view, in a real browser, with a model in place of a notebook's: what it sends a real view gets,
and the other way round."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

from drypoint._view import widget

PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>view</title>
<style>body { margin: 12px; background: Canvas; color-scheme: light dark; }</style><div id="place"></div>
<script type="module">
const module = await import("data:text/javascript;base64,SCRIPT");
let sent = [], heard = [];
const model = {
  get: (name) => HOME[name], send: (message) => sent.push(message),
  on: (event, heard_by) => { if (event === "msg:custom") heard.push(heard_by); },
  off: (event, heard_by) => { heard = heard.filter((one) => one !== heard_by); },
};
const HOME = { home: TOLD };
window.take = () => { const taken = sent; sent = []; return taken; };
window.listeners = () => heard.length;
window.deliver = async (message, encoded) => {
  const buffers = encoded.map((text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer));
  for (const one of [...heard]) await one(message, buffers);
};
window.module = module;
window.leave = module.default.render({ model, el: document.getElementById("place") });
window.ready = true;
</script>"""


class Page:
    """A view on a page of a browser."""

    def __init__(self, chromium, view, folder: Path, width: int = 1000, dark: bool = False) -> None:
        self.chromium, self.view = chromium, view
        self.messages: list[dict] = []
        self._waiting: list[tuple[dict, list[bytes]]] = []
        view._send = lambda message, buffers: self._waiting.append((message, buffers))
        script = base64.b64encode(widget.script().encode()).decode()
        path = folder / "view.html"
        path.write_text(PAGE.replace("SCRIPT", script).replace("TOLD", json.dumps(view._home())), "utf-8")
        chromium.open(path, width, dark)
        self.until("window.ready === true")

    def run(self, expression: str):
        return self.chromium.run(expression)

    def until(self, expression: str, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not self.run(expression):
            assert time.monotonic() < end, (expression, self.chromium.told())
            self.pump()
            time.sleep(0.02)

    def pump(self) -> list[dict]:
        """Hand on what waits on either side; what the page asked."""
        taken = self.run("window.take ? take() : []")
        for message in taken:
            self.view._receive(message)
        assert self.view._newest.join(20)
        while self._waiting:
            message, buffers = self._waiting.pop(0)
            self.messages.append(message)
            encoded = json.dumps([base64.b64encode(buffer).decode() for buffer in buffers])
            self.run(f"deliver({json.dumps(message)}, {encoded})")
        return taken

    def settle(self) -> None:
        """Until the page asks for nothing more and has drawn what came."""
        quiet = 0
        while quiet < 3:
            quiet = 0 if self.pump() else quiet + 1
            time.sleep(0.04)
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    # ---- what people do, in pixels of the page within the plot, from its upper left corner

    def corner(self) -> tuple[float, float]:
        box = self.run(
            "[document.querySelector('.plot').getBoundingClientRect()].map((box) => [box.left, box.top])[0]"
        )
        return box[0], box[1]

    def mouse(self, kind: str, x: float, y: float, **more) -> None:
        left, top = self.corner()
        self.chromium.ask("Input.dispatchMouseEvent", type=kind, x=left + x, y=top + y, **more)

    def drag(self, start, end, steps: int = 4, **more) -> None:
        self.mouse("mousePressed", *start, button="left", buttons=1, clickCount=1, **more)
        for step in range(1, steps + 1):
            x, y = (a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
            self.mouse("mouseMoved", x, y, button="left", buttons=1, **more)
        self.mouse("mouseReleased", *end, button="left", clickCount=1, **more)

    def key(self, key: str, **more) -> None:
        for kind in ("keyDown", "keyUp"):
            self.chromium.ask("Input.dispatchKeyEvent", type=kind, key=key, **more)

    def shot(self, path: Path) -> None:
        self.chromium.shot(path)
