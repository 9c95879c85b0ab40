"""The booth's modules: their own tests in Node.js, their types, their size, what they touch."""

import re
import subprocess
from pathlib import Path

import pytest

from booth.files import booth_files
from tests.client.conftest import ROOT, TYPESCRIPT

HERE = Path(__file__).parent
SOURCES = ROOT / "client" / "src"
MOST_LINES = 2_500
MOST_PROTOCOL_LINES = 1_310
# What would let a page run what it did not bring, or draw what is no secret.
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    r"|Math\.random|\.style\b|setAttribute\(\"(style|on)|import\("
)
PAGE = re.compile(r"\b(document\.(create|query|body)|window\.|fetch\(|localStorage|indexedDB)")


@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_they_pass_their_own_tests(node: str, name: str) -> None:
    command = [node, "--no-warnings", "--test", "--test-reporter=spec", str(HERE / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"pass (\d+)", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 0


def test_they_are_typed(node: str) -> None:
    command = [node, str(TYPESCRIPT), "-p", str(ROOT / "tsconfig.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout


def lines(folder: str = "") -> int:
    """Count the lines of the modules that the booth loads; those of other pages are not its."""
    loaded = {path: body for path, body in booth_files().items() if path.endswith(".js")}
    return sum(body.count(b"\n") for path, body in loaded.items() if path.startswith(folder))


def test_the_protocol_is_small_enough_to_read() -> None:
    assert 0 < lines("protocol/") <= MOST_PROTOCOL_LINES


def test_the_whole_program_is_small_enough_to_read() -> None:
    assert lines("protocol/") < lines() <= MOST_LINES


def test_a_module_of_another_page_is_not_the_booths() -> None:
    """What a page of the portal loads neither changes a release nor counts here."""
    assert {path.partition("/")[0] for path in booth_files()} == {"booth", "protocol", "style"}


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.js")), ids=lambda path: path.stem)
def test_they_bring_all_they_run_and_nothing_else(path: Path) -> None:
    text = path.read_text()
    code = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", text, flags=re.S)
    assert FORBIDDEN.search(code) is None
    for name in re.findall(r'from "([^"]+)"', code):
        assert name.startswith(("./", "../"))
        assert (path.parent / name).resolve().is_relative_to(SOURCES)
        assert (path.parent / name).is_file()
    if path.parent.name == "protocol":
        assert PAGE.search(code) is None
        assert "../" not in "".join(re.findall(r'from "([^"]+)"', code))
