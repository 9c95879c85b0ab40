"""A reader holds one file and one function in mind at a time."""

import ast

from tests.architecture.tree import ROOT, functions, sources, text

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines from its name to its end, its docstring apart."""
    first = node.body[0]
    docstring = 0
    if ast.get_docstring(node) is not None:
        docstring = (first.end_lineno or 0) - first.lineno + 1
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def test_it_keeps_files_short() -> None:
    lengths = {str(path): len(text(path).splitlines()) for path in sources()}
    assert len(lengths) > 100
    assert {path: n for path, n in lengths.items() if n > MAX_FILE_LINES} == {}


def test_it_keeps_functions_short() -> None:
    lengths = {
        f"{path}:{node.name}": code_lines(node)
        for path in sources()
        for node in functions(path)
    }
    assert len(lengths) > 500
    assert {name: n for name, n in lengths.items() if n > MAX_FUNCTION_LINES} == {}


def test_it_has_no_room_for_leftovers() -> None:
    """No ``utils``: a new file must say what it holds."""
    stray = {"utils.py", "helpers.py", "common.py", "misc.py"}
    assert [path for path in sources() if path.name in stray] == []
    assert not (ROOT / "common").exists()
