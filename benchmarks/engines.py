"""Run the booth's own code in a browser's engine: Node.js, or Chromium with its own page."""

import json
import os
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

JSON = Any
ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
ENGINES = ("node", "chromium")
_LONGEST_SECONDS = 300
_IMPORT = "async (asked) => (await import('/benchmarks/respondent.mjs')).measure(asked)"


# What a page computes in the meantime, to see that a throttle throttles.
_LOOP = """() => { const start = performance.now(); let x = 1;
  for (let n = 0; n < 3e7; n++) x = (x * 1103515245 + 12345) % 2147483648;
  return (performance.now() - start) / 1000 + 0 * x; }"""


def measured(engine: str, asked: dict[str, JSON], *, throttle: int = 1) -> dict[str, JSON]:
    """Return what ``respondent.mjs`` measures; raise FileNotFoundError without the engine.

    ``throttle``: how many times slower Chromium makes the page's thread; what it computes on
    other threads (WebCrypto) stays as fast. ``loop`` is the seconds of a plain loop, without
    and with it.
    """
    return _node(asked) if engine == "node" else _chromium(asked, throttle)


def _node(asked: dict[str, JSON]) -> dict[str, JSON]:
    node = shutil.which("node")
    if node is None:
        raise FileNotFoundError("Node.js is not there.")
    done = subprocess.run(  # noqa: S603 - a fixed program
        [node, "--no-warnings", str(ROOT / "benchmarks" / "prove_node.mjs")],
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        text=True,
        timeout=_LONGEST_SECONDS,
        check=True,
    )
    found: dict[str, JSON] = json.loads(done.stdout)
    return found


def _chromium(asked: dict[str, JSON], throttle: int) -> dict[str, JSON]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a package for tests only

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/benchmarks/README.md")
            loop = [page.evaluate(_LOOP)]
            tools = page.context.new_cdp_session(page)
            tools.send("Emulation.setCPUThrottlingRate", {"rate": throttle})
            loop.append(page.evaluate(_LOOP))
            found: dict[str, JSON] = page.evaluate(_IMPORT, asked)
            version = f"Chromium {browser.version}"
            browser.close()
    finally:
        server.shutdown()
    rest = {"cpu_seconds_all": None, "peak_rss_mb": None, "version": version, "loop": loop}
    return {**found, **rest}


class _Files(SimpleHTTPRequestHandler):
    """Serve the repository's files to one page, without a word."""

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        """Modules are told to be scripts; everything else is text."""
        return "text/javascript" if str(path).endswith(("js", "mjs")) else "text/plain"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""
