"""Lists in the page: values as Python writes them, and the same in Chromium as in Node.js."""

import functools
import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.identifiers import TYPES, canonicalise
from tests.client.conftest import ROOT

VECTORS = json.loads((ROOT / "tests" / "vectors" / "canonicalisers.json").read_text())
# Letters that readers of names, numbers and spaces are known to take differently.
LETTERS = [*"0123456789abcdefABCDEFxnXN.:/-_%@?#&=[]() \t+*\\"]
LETTERS += [*"éßςİü。１²K中ﬀⅧ\u00a0\u2003\u0301\u200d\x85\x1c\u0378"]
CHROMIUM = shutil.which("chromium")
IN_CHROMIUM = """async () => {
  const { canonicalise } = await import("/client/src/lists/identifiers.js");
  const words = await import("/client/src/lists/words.js");
  const { fromHex } = await import("/client/src/protocol/bytes.js");
  const read = async (name) => (await fetch(`/tests/vectors/${name}.json`)).json();
  const { good, bad } = await read("canonicalisers");
  const of = ({ type, text }) => canonicalise(type, text).value;
  const wrong = good.filter((one) => of(one) !== one.value);
  const taken = bad.filter(({ type, text, code }) => {
    try {
      return Boolean(canonicalise(type, text));
    } catch (error) {
      return error.code !== code;
    }
  });
  const due = await read("words");
  const hasher = new words.Hasher(fromHex(due.federation), ["ipv4", "domain"]);
  const many = Array.from({ length: 20_000 }, (_, at) => due.words[at % 2 ? 0 : 3]);
  const begun = performance.now();
  const found = await hasher.words(many);
  const milliseconds = performance.now() - begun;
  const unequal = many.filter(({ word }, at) => found[at] !== BigInt(word)).length;
  return { wrong, taken, unequal, milliseconds };
}"""


def changed(chance: np.random.Generator) -> tuple[str, str]:
    """Return a value of the vectors with one to three letters changed, added or left out."""
    cases = VECTORS["good"] + VECTORS["bad"]
    case = cases[chance.integers(len(cases))]
    letters = list(case["text"][:200])
    for _ in range(chance.integers(1, 4)):
        place = int(chance.integers(len(letters) + 1))
        letters[place : place + int(chance.integers(2))] = [
            LETTERS[chance.integers(len(LETTERS))]
        ]
        if chance.random() < 0.3 and letters:
            letters.pop(min(place, len(letters) - 1))
    kind = case["type"] if chance.random() < 0.7 else TYPES[chance.integers(len(TYPES))]
    return kind, "".join(letters)


def of_python(kind: str, text: str) -> list[str] | None:
    try:
        found = canonicalise(kind, text)
    except MalformedInput:
        return None
    return [found.type, found.value]


def test_it_writes_values_as_python_does(node: str) -> None:
    chance = np.random.default_rng(20261125)
    cases = [changed(chance) for _ in range(12_000)]
    program = str(Path(__file__).parent / "list_values.mjs")
    done = subprocess.run(
        [node, "--no-warnings", program],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    made = json.loads(done.stdout)
    due = [of_python(kind, text) for kind, text in cases]
    both = [(one, other) for one, other in zip(due, made, strict=True) if one and other]
    # Two forms of one value would lose a match unseen: never. A name that only one of two
    # editions of Unicode knows may be left out by one side, which tells its owner so.
    assert [pair for pair in both if pair[0] != pair[1]] == []
    alone = [
        case
        for case, one, other in zip(cases, due, made, strict=True)
        if (one is None) != (other is None)
    ]
    assert [text for kind, text in alone if text.isascii()] == []
    assert len(alone) <= 12
    assert len(both) > 2_000


@pytest.fixture
def address() -> Iterator[str]:
    """Serve the checkout on this machine, and give its address."""
    handler = functools.partial(_Quiet, directory=str(ROOT))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def test_it_is_the_same_in_chromium(address: str) -> None:
    if CHROMIUM is None:
        pytest.fail("Chromium is missing.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(f"{address}/tests/vectors/words.json")
        found = page.evaluate(IN_CHROMIUM)
        browser.close()
    assert (found["wrong"], found["taken"], found["unequal"]) == ([], [], 0)
    # 100,000 values in well under a minute, also where two other programs are at work.
    assert found["milliseconds"] < 12_000
