"""MPyC is loaded without touching its host, by this room only, in the release that was read."""

import ast
import subprocess
import sys
from pathlib import Path

from mpcengine.party import isolated
from tests.party.harness import ROOT

HOST = """
import asyncio, logging, os, sys
sys.argv = ["celery", "worker", "-P", "prefork", "-B", "-M3"]
asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
policy, loop = asyncio.get_event_loop_policy(), asyncio.new_event_loop()
asyncio.set_event_loop(loop)
def state():
    root = logging.getLogger()
    return (list(sys.argv), dict(os.environ), list(root.handlers), root.level,
            asyncio.get_event_loop_policy() is policy, policy.get_event_loop() is loop,
            loop.get_exception_handler(), logging.basicConfig)
before = state()
%s
assert state() == before, (before, state())
loop.close()
"""


def run_host(statement: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-c", HOST % statement], capture_output=True, cwd=ROOT, check=False
    )


def test_it_leaves_its_host_as_it_was() -> None:
    """M13. The same host is changed by MPyC's own import (second half)."""
    ours = run_host("from mpcengine.party import isolated; isolated.load()")
    assert ours.returncode == 0, ours.stderr
    assert ours.stdout == b""
    assert run_host("import mpyc.runtime").returncode != 0


def test_it_loads_the_release_that_was_read() -> None:
    assert isolated.read_digest() == isolated.READ_DIGEST


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def sources() -> list[Path]:
    rooms = [path for path in ROOT.iterdir() if (path / "__init__.py").exists()]
    return [path for room in rooms for path in room.rglob("*.py") if "build" not in path.parts]


def test_it_is_the_only_importer_of_mpyc() -> None:
    """M13. Loading goes by name in ``isolated``; no module imports MPyC as others do."""
    assert [p for p in sources() if any(n.split(".")[0] == "mpyc" for n in imports(p))] == []
    party = ROOT / "mpcengine" / "party"
    calls = ('import_module("mpyc', '__import__("mpyc')
    named = [p for p in sources() if any(call in p.read_text() for call in calls)]
    named = [p for p in named if p.parent != party]
    assert [p for p in named if "tests" not in p.parts] == []


def test_it_never_peeks() -> None:
    """M15: MPyC's ``peek`` logs secret values and shares."""
    for path in sources():
        tree = ast.parse(path.read_text())
        attributes = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        assert "peek" not in attributes, path
