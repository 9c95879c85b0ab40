"""Every mitigation has a test that fails without it: switched off in a copy, and seen."""

import ast
import hashlib
import subprocess
from pathlib import Path

import pytest

from tests.architecture.tree import text, tree
from tests.attackers.mitigations import ATTACKS, FLAWS, ROOT, Check, checks, rows
from tests.attackers.switched_off import TreeCopy
from tests.attackers.table import BEGIN, END, PAGE, page_with

CHECKS = tuple(checks())
DRAWN = 2


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> TreeCopy:
    return TreeCopy.make(tmp_path_factory.mktemp("copy"))


def has_test(test: str) -> bool:
    path, _, name = test.partition("::")
    found = (ROOT / path).is_file() and [
        node for node in ast.walk(tree(Path(path))) if isinstance(node, ast.FunctionDef)
    ]
    return any(node.name == name for node in found or [])


def test_it_has_a_row_for_every_attack_and_flaw() -> None:
    assert tuple(row.id for row in rows()) == (*ATTACKS, *FLAWS)
    assert [row.id for row in rows() if not row.checks and not row.left] == []


def test_it_names_tests_that_exist() -> None:
    assert [check.name for check in CHECKS if not has_test(check.test)] == []


def test_it_names_what_each_row_leaves_out_once() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)


def test_it_knows_the_text_that_it_would_change() -> None:
    """A mitigation that moved must be found again, or its row proves nothing."""
    lost = [check.name for check in CHECKS if text(check.file).count(check.old) != 1]
    assert lost == []
    assert [check.name for check in CHECKS if check.old == check.new] == []


def test_it_is_shown_in_the_threat_model() -> None:
    """After a change: python -m tests.attackers.table."""
    page = text(PAGE)
    assert page.count(BEGIN) == page.count(END) == 1
    assert page == page_with(page)


def test_it_imports_the_copy_even_where_nothing_is_inherited(copy: TreeCopy) -> None:
    """As a party is started: python -I, which knows no PYTHONPATH."""
    program = "import mpcengine.party, nodes, stopping as s; print(nodes.__file__, s.__file__)"
    done = subprocess.run(
        [str(copy.root / ".venv" / "bin" / "python"), "-I", "-c", program],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert [Path(one).is_relative_to(copy.root) for one in done.stdout.split()] == [True, True]


def drawn(seed: int) -> list[Check]:
    """Return some quick checks, others with another seed of the run's order."""
    quick = [check for check in CHECKS if not check.slow]
    ranked = {_rank(seed, check): check for check in quick}
    return [ranked[key] for key in sorted(ranked)[:DRAWN]]


def _rank(seed: int, check: Check) -> bytes:
    return hashlib.sha256(f"{seed} {check.name}".encode()).digest()


def check_fails_without(copy: TreeCopy, check: Check) -> None:
    with copy.without(check):
        outcome = copy.run([check.test])
    assert outcome.has_failed(check.test), f"{check.name}\n{outcome.output[-3000:]}"


def test_it_fails_without_the_mitigation_in_some_drawn_rows(
    copy: TreeCopy, request: pytest.FixtureRequest
) -> None:
    for check in drawn(int(request.config.getoption("randomly_seed"))):
        assert copy.run([check.test]).has_passed
        check_fails_without(copy, check)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_it_passes_with_every_mitigation(copy: TreeCopy) -> None:
    outcome = copy.run(sorted({check.test for check in CHECKS}), seconds=3000)
    assert outcome.has_passed, outcome.output[-3000:]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name.replace(" ", "-"))
def test_it_fails_without_the_mitigation(copy: TreeCopy, check: Check) -> None:
    check_fails_without(copy, check)
