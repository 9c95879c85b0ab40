"""The files of this repository, as the tests about its shape see them."""

import ast
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "accounts",
    "benchmarks",
    "booth",
    "cli",
    "client",
    "config",
    "connector",
    "datarequests",
    "deploy",
    "docs",
    "examples",
    "mpcengine",
    "mpcengine/circuits",
    "mpcengine/kernels",
    "mpcengine/party",
    "mpcengine/protocol",
    "nodes",
    "relay",
    "surveys",
    "tests",
)
PRODUCT = (
    "accounts",
    "booth",
    "cli",
    "config",
    "connector",
    "mpcengine",
    "nodes",
    "relay",
    "surveys",
    "datarequests",
)
TEXTS = {".py", ".md", ".toml", ".txt", ".in", ".json", ".csv", ""}
_LEFT_OUT = {"build", "node_modules", "__pycache__"}


@lru_cache
def files() -> tuple[Path, ...]:
    """Return every file of ours, relative to the root: no environment, no built thing."""
    return tuple(sorted(path.relative_to(ROOT) for path in _walk(ROOT)))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        is_ours = path.name in {".ci", ".gitignore"} or not path.name.startswith(".")
        if not is_ours or path.name in _LEFT_OUT or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.suffix in TEXTS:
            yield path


def sources(*folders: str) -> list[Path]:
    """Return our Python files, all of them or those under ``folders``; no migrations."""
    return [
        path
        for path in files()
        if path.suffix == ".py"
        and "migrations" not in path.parts
        and (not folders or any(path.is_relative_to(folder) for folder in folders))
    ]


def text(path: Path) -> str:
    """Return a file's text."""
    return (ROOT / path).read_text("utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """Return a Python file's syntax tree."""
    return ast.parse(text(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a file, methods and inner ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
