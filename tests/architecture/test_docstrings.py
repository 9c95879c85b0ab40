"""In the pure rooms, the party and every service, each public thing says what it does."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import sources, tree

Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

# A serializer is the shape of one message; its name and members say it.
REQUIRED = [
    path
    for path in sources(
        "mpcengine",
        "nodes",
        "connector",
        "cli",
        "config",
        "relay",
        "surveys",
        "accounts",
        "datarequests",
    )
    if path.name not in {"serializers.py", "__init__.py"}
]


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Documented]]:
    for node in body:
        if isinstance(node, Documented) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef) and node.name != "Meta":
                yield from public(node.body, f"{node.name}.")


@pytest.mark.parametrize("path", REQUIRED, ids=str)
def test_it_is_documented(path: Path) -> None:
    missing = [
        name
        for name, node in public(tree(path).body)
        if not ast.get_docstring(node) and name.rpartition(".")[2] != "Meta"
    ]
    assert missing == []


@pytest.mark.parametrize("path", REQUIRED, ids=str)
def test_it_opens_with_a_sentence(path: Path) -> None:
    opening = (ast.get_docstring(tree(path)) or "").partition("\n\n")[0].strip()
    assert opening, "a module says what it is for"
    assert opening[-1] in ".:?", opening
