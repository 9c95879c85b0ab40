"""Every event that is not reserved is emitted somewhere, and a test has seen it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodes.services.attempt_events import NAMED_CAUSES
from security_events.catalogue import CATALOGUE, COUNT_ONLY
from tests.architecture.tree import sources, tree
from tests.events.test_emit import USED

AWAITED: set[str] = set()
EMITTERS = {"emit", "emit_anyway", "emit_rarely", "_tell", "tell", "count", "event_line"} | {
    "job_open"
}
ROOMS = (
    "accounts",
    "config",
    "mpcengine",
    "nodes",
    "relay",
    "security_events",
    "surveys",
    "datarequests",
)
ECS_CATEGORIES = {"api", "authentication", "configuration", "host", "iam"} | {
    "intrusion_detection",
    "network",
    "process",
}
ECS_TYPES = {"access", "allowed", "change", "creation", "deletion", "denied", "end"} | {
    "error",
    "info",
    "start",
}


def strings(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def emitted() -> set[str]:
    """Return the codes that are given to a call that emits."""
    found = set()
    for path in sources(*ROOMS, "problems.py"):
        if path.name in {"catalogue.py", "fields.py"}:
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and node.args and name_of(node.func) in EMITTERS:
                found |= {
                    given.value
                    for given in node.args
                    if isinstance(given, ast.Constant) and isinstance(given.value, str)
                }
    # Two are put together: by cause, and by kind of refusal.
    found |= {f"mpc.{cause}" for cause in NAMED_CAUSES}
    counters = set(strings(Path("security_events/counters.py")))
    return found | {code for code in counters if code in CATALOGUE}


def name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def test_every_event_is_emitted_somewhere_and_no_other() -> None:
    found = {code for code in emitted() if "." in code}
    assert set(USED) - AWAITED <= found
    unknown = {code for code in found if code not in USED}
    assert unknown == set()


@pytest.mark.parametrize("code", sorted(set(USED) - AWAITED))
def test_a_test_has_seen_it(code: str) -> None:
    seen = {
        text
        for path in sources("tests")
        if path.name not in {"test_catalogue.py", "test_emit.py", "test_documents.py"}
        for text in strings(path)
    }
    # By name, or by the cause or kind that a parametrized test puts behind it.
    cause = code.rpartition(".")[2]
    assert (
        code in seen
        or (cause in NAMED_CAUSES and code.startswith("mpc."))
        or (CATALOGUE[code].ocsf == COUNT_ONLY and cause in seen)
    )


def test_every_entry_is_well_formed() -> None:
    for code, entry in CATALOGUE.items():
        assert re.fullmatch(r"[a-z]+(\.[a-z_]+){1,2}", code)
        assert 1 <= entry.severity <= 5
        assert entry.category in ECS_CATEGORIES
        assert entry.type in ECS_TYPES
        assert entry.ocsf in {COUNT_ONLY, 2004, 3001, 3002, 3004, 6003}
        assert not (entry.is_act and entry.is_reserved)
        assert entry.when
        assert "|" not in entry.when
