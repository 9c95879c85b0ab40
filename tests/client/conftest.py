"""Node.js for the tests of client/: left out where it is missing, but never in CI."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NODE = shutil.which("node")
TYPESCRIPT = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
IS_THERE = NODE is not None and TYPESCRIPT.is_file()

if not IS_THERE and os.environ.get("CI") != "true":
    collect_ignore_glob = ["test_*.py"]


class Respondent:
    """A respondent in Node.js: each step is a line of JSON, and so is what comes of it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, step: str, **values: object) -> Any:
        """Return what a step gives; ``{"refused": code}`` where it is refused."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"step": step, **values}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@pytest.fixture(scope="session")
def node() -> str:
    """Return Node.js; fail where it or the development packages are missing."""
    if NODE is None or not IS_THERE:
        pytest.fail("Node.js or its development packages (npm ci) are missing.")
    return NODE


@pytest.fixture(scope="module")
def respondent(node: str) -> Iterator[Respondent]:
    """Return one respondent for a module's tests."""
    program = str(ROOT / "tests" / "client" / "respondent.mjs")
    with subprocess.Popen(
        [node, "--no-warnings", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Respondent(process)
        assert process.stdin is not None
        process.stdin.close()
